//! The file that tells browsers which proxy to use (PAC). Pure: the desk serves it, also as `wpad.dat`.
//!
//! Nothing in it ever says `DIRECT` but for the school's own hosts: a browser that cannot reach the gateway
//! reaches nothing. A browser that asks for no file at all is the firewall's to stop.

use std::fmt::Write;

/// What a PAC file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pac {
    /// Proxies over TLS, as `host:port`, in the order in which to try them: for loaned devices.
    pub over_tls: Vec<String>,
    /// Proxies in clear, as `host:port`, tried after those: within the school.
    pub plain: Vec<String>,
    /// Hosts of the school itself that are reached without the gateway: the desk. Names alone.
    pub own: Vec<String>,
}

impl Pac {
    /// The file; none where it names no proxy, because a browser would go where it likes then.
    pub fn file(&self) -> Option<String> {
        let Self { over_tls, plain, own } = self;
        let proxies: Vec<String> = over_tls
            .iter()
            .filter(|it| is_place(it))
            .map(|it| format!("HTTPS {it}"))
            .chain(plain.iter().filter(|it| is_place(it)).map(|it| format!("PROXY {it}")))
            .collect();
        if proxies.is_empty() {
            return None;
        }
        let mut text = "function FindProxyForURL(url, host) {\n    host = host.toLowerCase();\n".to_owned();
        for host in own.iter().filter(|host| is_name(host)) {
            // Writing into a string does not fail.
            let _written = writeln!(text, "    if (host === \"{}\") return \"DIRECT\";", host.to_ascii_lowercase());
        }
        let _written = write!(text, "    return \"{}\";\n}}\n", proxies.join("; "));
        Some(text)
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

fn is_place(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_host = is_name(host) || host.parse::<std::net::Ipv6Addr>().is_ok();
    is_host && port.parse::<u16>().is_ok_and(|port| port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_go_by_the_gateway_and_nowhere_else() {
        let pac = Pac {
            over_tls: vec!["proxy.willow-lane.test:8443".to_owned()],
            plain: vec!["10.0.0.2:3128".to_owned(), "[fd00::2]:3128".to_owned()],
            own: vec!["Desk.willow-lane.test".to_owned()],
        };
        let expected = "function FindProxyForURL(url, host) {\n    host = host.toLowerCase();\n    \
                        if (host === \"desk.willow-lane.test\") return \"DIRECT\";\n    \
                        return \"HTTPS proxy.willow-lane.test:8443; PROXY 10.0.0.2:3128; PROXY [fd00::2]:3128\";\n}\n";
        assert_eq!(pac.file().as_deref(), Some(expected));
    }

    #[test]
    fn nothing_slips_into_the_file() {
        assert_eq!(Pac::default().file(), None);
        let bad = ["x ", "x:0", "x:y", "a\";alert(1);\":80", ":80", "DIRECT;x:80"].map(str::to_owned).to_vec();
        assert_eq!(Pac { plain: bad.clone(), ..Pac::default() }.file(), None);
        let file = Pac { plain: vec!["10.0.0.2:3128".to_owned()], own: bad, over_tls: vec![] }.file().unwrap();
        assert!(!file.contains("alert"), "{file}");
        assert!(!file.contains("DIRECT"), "{file}");
    }
}
