//! The built program, as whoever runs the machine meets it: an installation in a folder of its own, commands with their
//! ends, and a service that is started and told to stop.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use crate::school::{HEAD, write_list};

/// The folder of the example policies.
pub(crate) fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Holds how it ended.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }

    /// Holds what it said, on either stream.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text) || self.err.contains(text), "no `{text}` in\n{}\n{}", self.out, self.err);
        self
    }
}

/// Runs the program.
pub(crate) fn run(arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_gatehouse")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// An installation in a folder of its own.
pub(crate) struct Place {
    folder: tempfile::TempDir,
    pub(crate) desk: SocketAddr,
    pub(crate) gateway: SocketAddr,
}

impl Place {
    /// With a configuration and nothing else; `tls` is the desk's mode, or the whole of its table.
    pub(crate) fn empty(tls: &str) -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
            desk: testkit::free_address(),
            gateway: testkit::free_address(),
        };
        place.configure("data", tls);
        place
    }

    /// Writes a configuration whose data are in a folder.
    pub(crate) fn configure(&self, data: &str, tls: &str) {
        let (desk, gateway, data) = (self.desk, self.gateway, self.path(data));
        let scheme = if tls == "off" { "http" } else { "https" };
        let tls = if tls.starts_with('{') { tls.to_owned() } else { format!("{{ mode = \"{tls}\" }}") };
        let text = format!(
            "format = 1\n[school]\nslug = \"willow-lane\"\nname = \"Willow Lane Primary\"\n[data]\nfolder = \"{}\"\n\
             [desk]\nlisten = \"{desk}\"\nurl = \"{scheme}://{desk}\"\ntls = {tls}\n\
             [gateway]\nlisten = [\"{gateway}\"]\n[log]\nlevel = \"warn\"\n",
            data.display()
        );
        fs::write(self.path("gatehouse.toml"), text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Runs a command of this installation.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run(&[&["--config", &self.text("gatehouse.toml")], arguments].concat())
    }

    /// With a roll, responsibilities, a list and a policy, each by its command.
    pub(crate) fn furnished() -> Self {
        Self::empty("off").furnish()
    }

    /// Its records in another database than a file of its own.
    pub(crate) fn with_database(url: &str) -> Self {
        let place = Self::empty("off");
        let path = place.path("gatehouse.toml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replace("[data]\n", &format!("[data]\ndatabase = \"{url}\"\n"))).unwrap();
        place
    }

    /// Brings in the school of [`Place::furnished`].
    pub(crate) fn furnish(self) -> Self {
        let place = self;
        run(&["demo", "school", &place.text("roll"), "--pupils", "40"]).ends(0);
        place.run(&["people", "import", &place.text("roll"), "--apply"]).ends(0);
        place.run(&["people", "roles", &place.text("roll/responsibilities.csv")]).ends(0);
        write_list(&place.path("list"));
        place.run(&["lists", "add", "starter", &place.text("list"), "--as", "tom.okafor"]).ends(0);
        place.policy("policy", &[]);
        place.run(&["policy", "enact", &place.text("policy"), "--as", HEAD]).ends(0).says("is in force");
        place
    }

    /// Writes a policy with a clause about games, and these.
    pub(crate) fn policy(&self, folder: &str, clauses: &[&str]) {
        let version = clauses.len() + 1;
        let mut text = format!(
            "+++\ntitle = \"Online Safety Policy\"\nversion = \"{version}\"\nissued = 2026-09-01\nreview = 2099-09-01\n+++\n\n\
             # 1 Our rules\n\n- Games are closed to everyone. \
             `games: filter.categories {{ who = \"everyone\", block = \"games\" }}`\n"
        );
        for clause in clauses {
            text.push_str(&format!("- {clause}\n"));
        }
        fs::create_dir_all(self.path(folder)).unwrap();
        fs::write(self.path(folder).join("policy.md"), text).unwrap();
    }

    /// Starts the desk and the gateway.
    pub(crate) fn serve(&self) -> Service {
        Service::start(&["--config", &self.text("gatehouse.toml"), "serve"])
    }
}

/// The program as a service.
pub(crate) struct Service {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Service {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatehouse"));
        let mut child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// What it says, up to a line that has this.
    pub(crate) fn says(&mut self, until: &str) -> String {
        let mut said = String::new();
        loop {
            let before = said.len();
            if self.out.read_line(&mut said).unwrap() == 0 {
                let mut err = String::new();
                self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
                panic!("it ended before it said `{until}`:\n{said}\n{err}");
            }
            if said[before..].contains(until) {
                return said;
            }
        }
    }

    /// Tells it to stop, as the system does; how it ended.
    pub(crate) fn stop(mut self) -> i32 {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Where a test failed before it stopped the service.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
