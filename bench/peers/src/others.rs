//! Debian's proxies and resolver, each with the same lists, in a folder of its own.

use std::{
    collections::HashSet,
    fmt::Write as _,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use crate::{origin::Origin, process::Process};

/// Where Debian puts the programs; one that is not there is left out of the table.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Programs {
    /// Squid.
    #[arg(long, default_value = "/usr/sbin/squid")]
    squid: PathBuf,
    /// Squid with OpenSSL (of the package squid-openssl, which may be unpacked anywhere); its certificate maker is beside
    /// it, in `../lib/squid`.
    #[arg(long, default_value = "/usr/sbin/squid")]
    squid_tls: PathBuf,
    /// e2guardian.
    #[arg(long, default_value = "/usr/sbin/e2guardian")]
    e2guardian: PathBuf,
    /// The folder of e2guardian's own settings and phrases.
    #[arg(long, default_value = "/etc/e2guardian")]
    e2guardian_settings: PathBuf,
    /// Unbound.
    #[arg(long, default_value = "/usr/sbin/unbound")]
    unbound: PathBuf,
}

/// What all of them need.
pub(crate) struct Others {
    pub(crate) programs: Programs,
    folder: PathBuf,
    core: usize,
    banned: PathBuf,
    hosts: PathBuf,
}

/// A peer that is set up and can be started, more than once.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) at: SocketAddr,
    program: String,
    arguments: Vec<String>,
    says: PathBuf,
    core: usize,
    /// How it is told to read its lists again.
    reload: Option<Vec<String>>,
    /// The root of its authority, where it opens connections.
    pub(crate) root: Option<String>,
}

impl Peer {
    pub(crate) fn start(&self) -> anyhow::Result<Process> {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        Process::start(self.core, &self.program, &arguments, &self.says)
    }

    /// Has it read its lists again; none where there is no such thing.
    pub(crate) fn reload(&self, process: &Process) -> anyhow::Result<Option<std::process::Child>> {
        let Some((program, arguments)) = self.reload.as_ref().and_then(|all| all.split_first()) else {
            return Ok(None);
        };
        let arguments = arguments.iter().map(|it| it.replace("PID", &process.id.to_string()));
        Ok(Some(Command::new(program).args(arguments).spawn()?))
    }
}

/// Every name of the lists that is not below another of them: what peers take without a warning.
pub(crate) fn names(lists: &Path) -> anyhow::Result<Vec<String>> {
    let mut all: HashSet<String> = HashSet::new();
    for entry in fs::read_dir(lists).with_context(|| format!("cannot read {}", lists.display()))? {
        let path = entry?.path();
        if path.to_str().is_some_and(|name| name.ends_with(".txt.zst")) {
            let text = zstd::decode_all(fs::File::open(&path)?)?;
            let text = String::from_utf8_lossy(&text);
            let good = |line: &&str| {
                line.contains('.')
                    && line.len() < 200
                    && !line.starts_with(['.', '-', '#'])
                    && !line.contains("..")
                    && line.split('.').all(|label| (1..=63).contains(&label.len()))
                    && line
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte))
                    && line.bytes().any(|byte| byte.is_ascii_alphabetic())
            };
            all.extend(text.lines().map(str::trim).filter(good).map(str::to_owned));
        }
    }
    let above = |name: &str| {
        let mut rest = name;
        while let Some((_, parent)) = rest.split_once('.') {
            if all.contains(parent) {
                return true;
            }
            rest = parent;
        }
        false
    };
    let mut least: Vec<String> = all.iter().filter(|name| !above(name)).cloned().collect();
    least.sort_unstable();
    Ok(least)
}

impl Others {
    /// Writes what they share: the names in their form, the addresses of the site.
    pub(crate) fn prepare(programs: Programs, folder: &Path, names: &[String], core: usize) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let folder = fs::canonicalize(folder)?;
        let (banned, hosts) = (folder.join("banned"), folder.join("hosts"));
        let mut text = String::new();
        for name in names {
            let _ = writeln!(text, ".{name}");
        }
        fs::write(&banned, &text)?;
        let mut text = String::from("127.0.0.1 localhost\n");
        for nth in 0..20_000 {
            let _ = writeln!(text, "127.0.0.1 n{nth}.origin.test n{nth}.secure.test");
        }
        fs::write(&hosts, text)?;
        Ok(Self { programs, folder, core, banned, hosts })
    }

    fn own(&self, name: &str) -> anyhow::Result<PathBuf> {
        let own = self.folder.join(name);
        fs::create_dir_all(&own)?;
        // Some give up their rights and go on as another user.
        drop(Command::new("chmod").arg("777").args([&self.folder, &own]).status());
        Ok(own)
    }

    /// Squid with the lists as ACL; with OpenSSL it opens every connection.
    pub(crate) fn squid(&self, opens: bool, origin: &Origin) -> anyhow::Result<Option<Peer>> {
        let program = if opens { &self.programs.squid_tls } else { &self.programs.squid };
        if !program.exists() {
            return Ok(None);
        }
        let own = self.own(if opens { "squid-tls" } else { "squid" })?;
        let (at, at_own) = (crate::free_port()?, own.display());
        let mut text = format!(
            "pid_filename {at_own}/pid\ncache_log {at_own}/cache.log\naccess_log stdio:{at_own}/access.log\ncache deny all\n\
             cache_mem 8 MB\nhosts_file {}\nvisible_hostname peers.test\npinger_enable off\nshutdown_lifetime 1 seconds\n\
             max_filedescriptors 16384\nbuffered_logs on\nclient_db off\nacl banned dstdomain \"{}\"\nhttp_access deny banned\nhttp_access allow all\n",
            self.hosts.display(),
            self.banned.display(),
        );
        let mut root = None;
        if opens {
            let mut wanted = rcgen::CertificateParams::new(Vec::new())?;
            wanted.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            wanted.distinguished_name.push(rcgen::DnType::CommonName, "A peer's authority");
            let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
            let made = wanted.self_signed(&key)?.pem();
            fs::write(own.join("ca.pem"), format!("{made}{}", key.serialize_pem()))?;
            fs::write(own.join("origin.pem"), &origin.root)?;
            let maker = program.with_file_name("../lib/squid/security_file_certgen");
            let database = own.join("leaves");
            if !database.exists() {
                let ended = Command::new(&maker).arg("-c").arg("-s").arg(&database).args(["-M", "16MB"]).status()?;
                anyhow::ensure!(ended.success(), "{} made no folder of certificates", maker.display());
                drop(Command::new("chmod").args(["-R", "777"]).arg(&database).status());
            }
            let _ = write!(
                text,
                "http_port {at} ssl-bump tls-cert={at_own}/ca.pem generate-host-certificates=on dynamic_cert_mem_cache_size=16MB\n\
                 sslcrtd_program {} -s {} -M 16MB\nsslcrtd_children 2 startup=2 idle=1\ntls_outgoing_options cafile={at_own}/origin.pem\n\
                 acl step1 at_step SslBump1\nssl_bump peek step1\nssl_bump bump all\n",
                maker.display(),
                database.display(),
            );
            root = Some(made);
        } else {
            let _ = writeln!(text, "http_port {at}");
        }
        let config = own.join("squid.conf");
        fs::write(&config, text)?;
        let config = config.display().to_string();
        let program = program.display().to_string();
        Ok(Some(Peer {
            name: if opens { "Squid, opening TLS" } else { "Squid" },
            at,
            arguments: ["-N", "-f", &config].map(str::to_owned).to_vec(),
            reload: Some(["kill", "-HUP", "PID"].map(str::to_owned).to_vec()),
            program,
            says: own.join("says"),
            core: self.core,
            root,
        }))
    }

    /// e2guardian with its own phrases, and the lists as banned sites.
    pub(crate) fn e2guardian(&self) -> anyhow::Result<Option<Peer>> {
        let (program, settings) = (&self.programs.e2guardian, &self.programs.e2guardian_settings);
        if !program.exists() || !settings.exists() {
            return Ok(None);
        }
        let own = self.own("e2guardian")?;
        let copy = own.join("settings");
        if !copy.exists() {
            anyhow::ensure!(Command::new("cp").arg("-r").arg(settings).arg(&copy).status()?.success(), "cannot copy");
        }
        let (from, to) = (settings.display().to_string(), copy.display().to_string());
        let at = crate::free_port()?;
        rewrite(&copy, &from, &to)?;
        let plain: String =
            fs::read_to_string(&self.banned)?.lines().map(|it| format!("{}\n", &it.trim_start_matches('.'))).collect();
        fs::write(own.join("banned"), plain)?;
        fs::write(copy.join("lists/bannedsitelist"), format!(".Include<{}>\n", own.join("banned").display()))?;
        let config = copy.join("e2guardian.conf");
        let text = fs::read_to_string(&config)?;
        let replaced = [("filterports", at.port().to_string()), ("filterip", "127.0.0.1".to_owned())];
        let mut text: String = text
            .lines()
            .filter(|line| {
                let key = line.split('=').next().unwrap_or_default().trim().to_owned();
                !replaced.iter().any(|(known, _)| *known == key)
                    && key != "nodaemon"
                    && key != "transparenthttpsport"
                    && key != "checkip"
            })
            .map(|line| format!("{line}\n"))
            .collect();
        for (key, value) in &replaced {
            let _ = writeln!(text, "{key} = {value}");
        }
        let _ = write!(
            text,
            "nodaemon = on\ndaemonuser = 'root'\ndaemongroup = 'root'\nloglocation = '{0}/access.log'\npidfilename = '{0}/pid'\n",
            own.display()
        );
        fs::write(&config, text)?;
        Ok(Some(Peer {
            name: "e2guardian",
            at,
            program: program.display().to_string(),
            arguments: vec!["-N".to_owned(), "-c".to_owned(), config.display().to_string()],
            says: own.join("says"),
            core: self.core,
            reload: None,
            root: None,
        }))
    }

    /// Unbound with every name of the lists as a zone that does not exist.
    pub(crate) fn unbound(&self, names: &[String], origin: &Origin) -> anyhow::Result<Option<Peer>> {
        if !self.programs.unbound.exists() {
            return Ok(None);
        }
        let own = self.own("unbound")?;
        let at = crate::free_port()?;
        let mut text = format!(
            "server:\n  interface: 127.0.0.1@{}\n  do-daemonize: no\n  username: \"\"\n  chroot: \"\"\n  directory: \"{1}\"\n  pidfile: \"{1}/pid\"\n  \
             use-syslog: no\n  logfile: \"\"\n  module-config: \"iterator\"\n  do-not-query-localhost: no\n  num-threads: 1\n  \
             access-control: 127.0.0.0/8 allow\n  local-zone: \"example.\" nodefault\n  local-zone: \"test.\" nodefault\n",
            at.port(),
            own.display(),
        );
        for name in names {
            let _ = writeln!(text, "  local-zone: \"{name}.\" always_nxdomain");
        }
        let _ = write!(text, "forward-zone:\n  name: \".\"\n  forward-addr: 127.0.0.1@{}\n", origin.names.port());
        let config = own.join("unbound.conf");
        fs::write(&config, text)?;
        Ok(Some(Peer {
            name: "Unbound",
            at,
            program: self.programs.unbound.display().to_string(),
            arguments: vec!["-d".to_owned(), "-c".to_owned(), config.display().to_string()],
            says: own.join("says"),
            core: self.core,
            reload: Some(["kill", "-HUP", "PID"].map(str::to_owned).to_vec()),
            root: None,
        }))
    }
}

/// Replaces a path in every file below a folder.
fn rewrite(folder: &Path, from: &str, to: &str) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            rewrite(&path, from, to)?;
        } else if let Ok(bytes) = fs::read(&path)
            && bytes.windows(from.len()).any(|window| window == from.as_bytes())
            && !bytes.windows(to.len()).any(|window| window == to.as_bytes())
        {
            // Phrases come in old charsets: bytes are kept as they are.
            let mut out = Vec::with_capacity(bytes.len() + 1024);
            let mut rest = bytes.as_slice();
            while let Some(at) = rest.windows(from.len()).position(|window| window == from.as_bytes()) {
                out.extend_from_slice(rest.get(..at).unwrap_or_default());
                out.extend_from_slice(to.as_bytes());
                rest = rest.get(at + from.len()..).unwrap_or_default();
            }
            out.extend_from_slice(rest);
            fs::write(&path, out)?;
        }
    }
    Ok(())
}
