//! Gatehouse's gateway, furnished by its own commands as a school's would be.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use crate::{origin::Origin, process::Process};

/// The clients of each network have a profile of their own, so that one gateway with everything loaded serves all cases.
pub(crate) const PLAIN: [u8; 4] = [127, 101, 0, 1];
pub(crate) const READING: [u8; 4] = [127, 102, 0, 1];
pub(crate) const OPENED: [u8; 4] = [127, 103, 0, 1];

const POLICY: &str = r#"+++
title = "Online Safety Policy"
version = "1"
issued = 2026-09-01
review = 2099-09-01

[networks]
plain = { stands-for = "staff", signed-for = true, addresses = ["127.101.0.0/16"] }
reading = { stands-for = "pupils", signed-for = true, addresses = ["127.102.0.0/16"] }
opened = { stands-for = "staff", signed-for = true, addresses = ["127.103.0.0/16"] }
+++

# 1 The internet

- Sites that attack computers, steal or spy are blocked for everyone. `danger: filter.categories { who = "everyone", block = ["malware", "phishing", "hacking", "stalkerware", "piracy", "cryptojacking", "botnets"] }`
- The ways around the filter are blocked for everyone. `around: filter.categories { who = "everyone", block = ["proxies", "vpn", "encrypted-dns"] }`
- Social networks, chat and shopping are blocked for everyone. `social: filter.social { who = "everyone", block = ["social-networks", "chat"] }` `filter.media-shopping { who = "everyone", block = ["music", "downloads", "file-sharing", "shopping"] }`
- Pornography and gambling are blocked for staff. `staff: filter.categories { who = "staff", block = ["adult", "gambling", "dating"], points = 0 }`
- Harmful material is blocked for pupils. `harm: filter.categories { who = "pupils", block = ["adult", "gambling", "drugs", "weapons", "violence", "hate", "extremism", "self-harm", "eating-disorder"] }`
- Connections of the school's computers are opened. `opened: filter.https-inspection { who = "staff", school-networks = ["opened"] }`
"#;

/// A furnished installation.
pub(crate) struct Ours {
    program: String,
    folder: PathBuf,
    lists: PathBuf,
    pub(crate) gateway: SocketAddr,
    pub(crate) names: SocketAddr,
    core: usize,
}

impl Ours {
    /// Brings in a school, its policy and all lists; nothing where the folder has them from an earlier run.
    pub(crate) fn furnish(
        program: &Path,
        folder: &Path,
        lists: &Path,
        origin: &Origin,
        core: usize,
    ) -> anyhow::Result<Self> {
        let program = fs::canonicalize(program).with_context(|| format!("no {}", program.display()))?;
        fs::create_dir_all(folder)?;
        let folder = fs::canonicalize(folder)?;
        let ours = Self {
            program: program.display().to_string(),
            lists: folder.join("lists"),
            gateway: crate::free_port()?,
            names: crate::free_port()?,
            folder,
            core,
        };
        let (at, root) = (ours.folder.display(), ours.folder.join("origin.pem"));
        fs::write(&root, &origin.root)?;
        fs::write(
            ours.folder.join("gatehouse.toml"),
            format!(
                "format = 1\n[school]\nslug = \"willow-lane\"\nname = \"Willow Lane Primary\"\n[data]\nfolder = \"{at}/data\"\n\
                 [desk]\nlisten = \"127.0.0.1:0\"\nurl = \"http://127.0.0.1:9\"\ntls = {{ mode = \"off\" }}\n\
                 [gateway]\nlisten = [\"{}\"]\nclients = [\"127.0.0.0/8\"]\nconnect-ports = [{}]\nroots = [\"{}\"]\n\
                 resolve = {{ \"*.origin.test\" = \"{}\", \"*.secure.test\" = \"{}\" }}\n\
                 [dns]\nlisten = [\"{}\"]\nclients = [\"127.0.0.0/8\"]\nupstream = [\"{}\"]\nlimits = {{ questions-per-second = 0 }}\n\
                 [log]\nlevel = \"warn\"\n",
                ours.gateway,
                origin.tls.port(),
                root.display(),
                origin.plain,
                origin.tls,
                ours.names,
                origin.names,
            ),
        )?;
        if !ours.folder.join("furnished").exists() {
            fs::create_dir_all(&ours.lists)?;
            for entry in fs::read_dir(lists).with_context(|| format!("cannot read {}", lists.display()))? {
                let path = entry?.path();
                let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
                let Some(stem) = name.strip_suffix(".zst") else { continue };
                fs::write(ours.lists.join(stem), zstd::decode_all(fs::File::open(&path)?)?)?;
            }
            let roll = format!("{at}/roll");
            ours.run(&["demo", "school", &roll, "--pupils", "420"])?;
            ours.run(&["people", "import", &roll, "--apply"])?;
            ours.run(&["people", "roles", &format!("{roll}/responsibilities.csv")])?;
            ours.run(&["lists", "add", "all", &ours.lists.display().to_string(), "--as", "tom.okafor"])?;
            let policy = ours.folder.join("policy");
            fs::create_dir_all(&policy)?;
            fs::write(policy.join("policy.md"), POLICY)?;
            ours.run(&["policy", "enact", &policy.display().to_string(), "--as", crate::HEAD])?;
            fs::write(ours.folder.join("furnished"), "")?;
        }
        Ok(ours)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(self.folder.join("gatehouse.toml")).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let ended = self.command(arguments).output()?;
        anyhow::ensure!(
            ended.status.success(),
            "gatehouse {}: {}{}",
            arguments.join(" "),
            String::from_utf8_lossy(&ended.stdout),
            String::from_utf8_lossy(&ended.stderr)
        );
        Ok(())
    }

    pub(crate) fn start(&self) -> anyhow::Result<Process> {
        let config = self.folder.join("gatehouse.toml").display().to_string();
        Process::start(self.core, &self.program, &["--config", &config, "gateway"], &self.folder.join("gateway.log"))
    }

    /// Changes a list by one line and has all compiled again, in a process of its own.
    pub(crate) fn reload(&self) -> anyhow::Result<std::process::Child> {
        let list = self.lists.join("warez.txt");
        let mut text = fs::read_to_string(&list)?;
        text.push_str(&format!("added-{}.test\n", text.len()));
        fs::write(&list, text)?;
        Ok(self.command(&["lists", "update", "--as", "tom.okafor"]).stdout(std::process::Stdio::null()).spawn()?)
    }

    /// The root of the school's own authority, by which connections are opened.
    pub(crate) fn root(&self) -> anyhow::Result<String> {
        Ok(fs::read_to_string(self.folder.join("data/keys/filtering-root.pem"))?)
    }
}
