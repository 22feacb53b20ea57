//! `gatehouse.toml`: what is about the machine. What the school's rules are stands in its policy alone.
//!
//! Every key is documented here, in `docs/gatehouse.toml`, and nowhere else; unknown keys are refused.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use jiff::civil::Time;
use serde::Deserialize;

/// The configuration of one installation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The format of this file; 1.
    pub format: u32,
    /// The school that a first start makes.
    pub school: School,
    /// Where everything is kept.
    #[serde(default)]
    pub data: Data,
    /// The lists of sites.
    #[serde(default)]
    pub lists: Lists,
    /// The web desk.
    #[serde(default)]
    pub desk: Desk,
    /// The filtering gateway.
    #[serde(default)]
    pub gateway: Gateway,
    /// The resolver of names, for devices that have no proxy; it listens nowhere where nothing is said.
    #[serde(default)]
    pub dns: dns::Config,
    /// What the program says of itself, on standard error.
    #[serde(default)]
    pub log: Log,
}

/// The school that a first start makes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct School {
    /// A short lasting name: lower-case letters, digits, hyphens.
    pub slug: String,
    /// As pages print it.
    pub name: String,
    /// Calendars (iCalendar) that the school keeps elsewhere, as paths or addresses of the web: the policy names times
    /// by what their entries are called.
    #[serde(default)]
    pub calendars: Vec<String>,
}

/// Where everything is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Data {
    /// The folder of the database, keys, activity log and lists. Readable by the owner alone.
    pub folder: PathBuf,
    /// A PostgreSQL address (`postgres://…`); without it the records are in SQLite, in `folder`.
    pub database: Option<String>,
}

impl Default for Data {
    fn default() -> Self {
        Self { folder: PathBuf::from("data"), database: None }
    }
}

/// The lists of sites.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Lists {
    /// When they are brought up to date.
    pub update: Update,
}

/// When lists are brought up to date by the program itself: each night within two hours from a time on, or not at all
/// (`"off"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Update(Option<Time>);

impl Update {
    /// From when on, on the school's clock; none where it is switched off.
    pub fn begins(self) -> Option<Time> {
        self.0
    }
}

impl Default for Update {
    fn default() -> Self {
        Self(Some(Time::constant(2, 0, 0, 0)))
    }
}

impl TryFrom<String> for Update {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(None));
        }
        let time = Time::strptime("%H:%M", &text);
        time.map(|time| Self(Some(time))).map_err(|_| format!("`{text}` is no time: write `02:00`, or `off`"))
    }
}

/// The web desk.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Desk {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its address as people type it, without a slash at the end: links on block pages begin with it.
    pub url: String,
    /// How it speaks TLS.
    pub tls: Tls,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8443),
            url: "https://localhost:8443".to_owned(),
            tls: Tls::Own,
        }
    }
}

/// How the desk speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "mode")]
pub enum Tls {
    /// With a certificate that it makes for itself at first start.
    Own,
    /// With a certificate and key from files (PEM).
    Files {
        /// The certificate and those above it.
        certificate: PathBuf,
        /// The private key; readable by the owner alone.
        key: PathBuf,
    },
    /// With a certificate from an ACME authority (TLS-ALPN-01: port 443 must reach the desk).
    Acme {
        /// The names that the certificate is for.
        domains: Vec<String>,
        /// Where the authority may write to.
        contact: String,
        /// The authority's directory; Let's Encrypt where none is given.
        directory: Option<String>,
    },
    /// Not at all; allowed on loopback addresses alone.
    Off,
}

/// The filtering gateway.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Gateway {
    /// Where it listens; none switches it off.
    pub listen: Vec<SocketAddr>,
    /// Where it listens for devices of the school that are elsewhere, over TLS with the desk's certificate: whoever has no
    /// token of a device gets nothing.
    pub listen_tls: Vec<SocketAddr>,
    /// Where a firewall brings plain HTTP.
    pub transparent: Vec<SocketAddr>,
    /// Where a firewall brings TLS.
    pub transparent_tls: Vec<SocketAddr>,
    /// Where a balancer in `proxies` brings the connections of clients by the PROXY protocol.
    pub behind_balancer: Vec<SocketAddr>,
    /// Where a proxy in `proxies` asks by ICAP (`reqmod`, `respmod`).
    pub icap: Vec<SocketAddr>,
    /// Balancers and proxies of the school, as networks; nobody where nothing is said.
    pub proxies: Vec<String>,
    /// The virus scanner (clamd): `unix:/run/clamav/clamd.ctl` or `127.0.0.1:3310`.
    pub scanner: Option<String>,
    /// The proxy of the present provider, through which sites are reached, so that its lists go on working:
    /// `192.0.2.10:8080`. The school's own computers are reached directly.
    pub parent: Option<SocketAddr>,
    /// Files (PEM) of authorities that sites may have their certificates from, besides those of the web: of the school's
    /// own servers. Asked where a connection is opened.
    pub roots: Vec<PathBuf>,
    /// Networks whose devices may use it, as `10.0.0.0/8`.
    pub clients: Vec<String>,
    /// Ports that an encrypted connection may go to.
    pub connect_ports: Vec<u16>,
    /// Destinations inside the school that may be reached although their address is private.
    pub allow: Vec<String>,
    /// Where set, nothing else can be reached at all.
    pub only: Option<Vec<String>>,
    /// Names with a fixed address: `"site.school.test" = "127.0.0.1:8090"`.
    pub resolve: BTreeMap<String, SocketAddr>,
    /// Whether a device that nobody is known for is asked for a credential.
    pub ask_for_credential: bool,
    /// How long open connections may go on when the program stops, in seconds.
    pub drain_seconds: u64,
}

impl Default for Gateway {
    fn default() -> Self {
        let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Self {
            listen: vec![SocketAddr::new(any, 3128)],
            listen_tls: Vec::new(),
            transparent: Vec::new(),
            transparent_tls: Vec::new(),
            behind_balancer: Vec::new(),
            icap: Vec::new(),
            proxies: Vec::new(),
            scanner: None,
            parent: None,
            roots: Vec::new(),
            clients: ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]
                .map(str::to_owned)
                .to_vec(),
            connect_ports: vec![443],
            allow: Vec::new(),
            only: None,
            resolve: BTreeMap::new(),
            ask_for_credential: false,
            drain_seconds: 10,
        }
    }
}

/// What the program says of itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Log {
    /// `text` or `json`.
    pub format: LogFormat,
    /// What is said: `error`, `warn`, `info`, `debug`, or a filter such as `info,gateway=debug`.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines, one object a line.
    Json,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The file is not right; the cause names line and column.
    #[error("the configuration {path} is not right")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        #[source]
        cause: Box<toml::de::Error>,
    },
    /// Two settings do not go together.
    #[error("the configuration {path}: {what}")]
    Contradiction {
        /// The file.
        path: PathBuf,
        /// What does not go together, and what would.
        what: String,
    },
}

impl Config {
    /// A configuration with everything as it is where nothing is said.
    pub fn of_school(slug: &str, name: &str) -> Self {
        Self {
            format: 1,
            school: School { slug: slug.to_owned(), name: name.to_owned(), calendars: Vec::new() },
            data: Data::default(),
            lists: Lists::default(),
            desk: Desk::default(),
            gateway: Gateway::default(),
            dns: dns::Config::default(),
            log: Log::default(),
        }
    }

    /// Reads and checks the file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::Read { path: path.to_owned(), cause })?;
        Self::parse(&text, path)
    }

    /// Checks the text of a file.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text)
            .map_err(|cause| ConfigError::Syntax { path: path.to_owned(), cause: Box::new(cause) })?;
        let contradiction = |what: String| Err(ConfigError::Contradiction { path: path.to_owned(), what });
        if config.format != 1 {
            return contradiction(format!("format {} is not known; this version reads format 1", config.format));
        }
        if config.desk.tls == Tls::Off && !config.desk.listen.ip().is_loopback() {
            return contradiction(format!(
                "desk.tls is off, but desk.listen = {} is not a loopback address; children's data must not cross a network in the clear",
                config.desk.listen
            ));
        }
        if !kernel::place::is_word(&config.school.slug) {
            return contradiction(format!(
                "school.slug = `{}` may have lower-case letters, digits and hyphens",
                config.school.slug
            ));
        }
        if config.desk.url.ends_with('/') || !config.desk.url.starts_with("http") {
            return contradiction(format!(
                "desk.url = `{}` is an address such as https://desk.school.example, without a slash at its end",
                config.desk.url
            ));
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("gatehouse.toml")).map_err(|error| {
            use std::error::Error as _;
            format!("{error}: {}", error.source().map(ToString::to_string).unwrap_or_default())
        })
    }

    #[test]
    fn the_documented_file_is_the_default() {
        let config = parse(include_str!("../../../docs/gatehouse.toml")).unwrap();
        let least = parse("format = 1\n[school]\nslug = \"willow-lane\"\nname = \"Willow Lane Primary\"\n").unwrap();
        assert_eq!(format!("{config:?}"), format!("{least:?}"));
    }

    #[test]
    fn unknown_keys_are_refused_with_their_place() {
        let wrong =
            parse("format = 1\n[school]\nslug = \"a\"\nname = \"A\"\n[desk]\nlistne = \"127.0.0.1:1\"\n").unwrap_err();
        assert!(wrong.contains("line 6") && wrong.contains("listne"), "{wrong}");
    }

    #[test]
    fn a_desk_without_tls_stays_on_loopback() {
        let wrong = parse("format = 1\n[school]\nslug = \"a\"\nname = \"A\"\n[desk]\nlisten = \"0.0.0.0:80\"\ntls = { mode = \"off\" }\n").unwrap_err();
        assert!(wrong.contains("loopback"), "{wrong}");
    }

    #[test]
    fn lists_are_brought_up_to_date_at_night_or_not_by_itself() {
        let update = |lines: &str| {
            let text = format!("format = 1\n[school]\nslug = \"willow-lane\"\nname = \"Willow Lane\"\n{lines}");
            parse(&text).map(|config| config.lists.update.begins().map(|from| from.to_string()))
        };
        assert_eq!(update("").unwrap().as_deref(), Some("02:00:00"));
        assert_eq!(update("[lists]\nupdate = \"23:30\"").unwrap().as_deref(), Some("23:30:00"));
        assert_eq!(update("[lists]\nupdate = \"off\"").unwrap(), None);
        assert!(update("[lists]\nupdate = \"nightly\"").unwrap_err().contains("write `02:00`, or `off`"));
    }
}
