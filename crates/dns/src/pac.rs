//! The file by which browsers find the proxy (PAC), for one audience on one network.
//!
//! What is not the desk and not the machine itself goes by the proxy, always: where the proxy is down, pupils have no web,
//! and not a web without a filter. The file asks no resolver, so that it is fast and tells nobody what is visited.
//!
//! To have it found: name its address in the devices' management; or by WPAD: DHCP option 252 with the address of the file,
//! or the name `wpad` in the school's own zone and the file at `/wpad.dat`, over plain HTTP and with the type [`TYPE`]. WPAD
//! by name is weak: whoever can answer for `wpad` is everybody's proxy, so that name is to be taken in the school's zone in
//! any case, even where the file is given otherwise.

use std::fmt::Write;

use filter::Host;

/// The type of the file.
pub const TYPE: &str = "application/x-ns-proxy-autoconfig";

/// The paths at which programs look for the file.
pub const PATHS: [&str; 2] = ["/proxy.pac", "/wpad.dat"];

/// A proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its host.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// Whether it is spoken to over TLS.
    pub secure: bool,
}

/// Whether anything besides the desk goes round the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// Nothing does: pupils, and everybody unknown.
    Strictly,
    /// These domains do: staff.
    Exempting(Vec<Host>),
}

/// What a file is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pac {
    /// The proxies; the first that answers is used.
    pub proxies: Vec<Proxy>,
    /// The hosts of the desk, so that it can be reached where the proxy cannot.
    pub desk: Vec<Host>,
    /// What goes round the proxy.
    pub held: Held,
}

/// Why there is no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPac {
    /// Without a proxy nothing could be reached.
    #[error("no proxy is named, so that nothing could be reached")]
    NoProxy,
}

/// The file. Its language is that of the oldest programs that read such files.
pub fn pac(pac: &Pac) -> Result<String, BadPac> {
    let proxies: Vec<String> = pac
        .proxies
        .iter()
        .map(|proxy| format!("{} {}:{}", if proxy.secure { "HTTPS" } else { "PROXY" }, proxy.host, proxy.port))
        .collect();
    if proxies.is_empty() {
        return Err(BadPac::NoProxy);
    }
    let desk = table(pac.desk.iter());
    let exempt = match &pac.held {
        Held::Strictly => String::new(),
        Held::Exempting(domains) => format!(
            "  var exempt = {};\n  for (var name = host; ; name = name.substring(name.indexOf(\".\") + 1)) {{\n    \
             if (exempt[\".\" + name] === 1) return \"DIRECT\";\n    if (name.indexOf(\".\") < 0) break;\n  }}\n",
            table(domains.iter())
        ),
    };
    Ok(format!(
        "function FindProxyForURL(url, host) {{\n  host = String(host).toLowerCase();\n  \
         if (host.charAt(0) === \"[\") host = host.substring(1, host.length - 1);\n  \
         if (host.charAt(host.length - 1) === \".\") host = host.substring(0, host.length - 1);\n  \
         if (host === \"localhost\" || /\\.localhost$/.test(host)) return \"DIRECT\";\n  \
         if (/^127\\.\\d{{1,3}}\\.\\d{{1,3}}\\.\\d{{1,3}}$/.test(host) || host === \"::1\") return \"DIRECT\";\n  \
         var desk = {desk};\n  if (desk[\".\" + host] === 1) return \"DIRECT\";\n{exempt}  return {};\n}}\n",
        quoted(&proxies.join("; "))
    ))
}

/// An object whose keys are hosts, each with a dot before it, so that no host is the name of something else in it.
fn table<'a>(hosts: impl Iterator<Item = &'a Host>) -> String {
    let each: Vec<String> = hosts.map(|host| format!("{}: 1", quoted(&format!(".{}", host.as_str())))).collect();
    format!("{{{}}}", each.join(", "))
}

/// A text as the language writes it, whatever is in it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || " .:;-_[]".contains(character) {
            out.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn host(text: &str) -> Host {
        Host::parse(text).unwrap()
    }

    fn file(held: Held) -> String {
        let proxy = |name: &str, secure| Proxy { host: host(name), port: 3128, secure };
        let proxies = vec![proxy("proxy.school.test", false), proxy("[fd00::1]", true)];
        pac(&Pac { proxies, desk: vec![host("desk.school.test"), host("10.0.0.1")], held }).unwrap()
    }

    /// What the file says of hosts, by running it; none where there is nothing to run it.
    fn said(file: &str, hosts: &[&str]) -> Option<Vec<String>> {
        let hosts: Vec<String> = hosts.iter().map(|host| format!("{host:?}")).collect();
        let program = format!(
            "{file}\nfor (const h of [{}]) console.log(FindProxyForURL('https://' + h + '/', h));",
            hosts.join(",")
        );
        let output = Command::new("node").arg("-e").arg(program).output().ok()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
    }

    const BY_PROXY: &str = "PROXY proxy.school.test:3128; HTTPS [fd00::1]:3128";

    #[track_caller]
    fn check(held: Held, direct: &[&str], proxied: &[&str]) {
        let file = file(held);
        let hosts = [direct, proxied].concat();
        let Some(said) = said(&file, &hosts) else { return };
        for (nth, (host, said)) in hosts.iter().zip(&said).enumerate() {
            assert_eq!(said, if nth < direct.len() { "DIRECT" } else { BY_PROXY }, "{host}");
        }
        assert_eq!(said.len(), hosts.len());
    }

    #[test]
    fn pupils_reach_the_desk_alone_without_the_proxy() {
        check(
            Held::Strictly,
            &["desk.school.test", "DESK.School.test.", "10.0.0.1", "localhost", "x.localhost", "127.0.0.1", "[::1]"],
            &[
                "games.example",
                "school.test",
                "x.desk.school.test",
                "desk",
                "127.0.0.1.example",
                "10.0.0.2",
                "notlocalhost",
                "constructor",
                "__proto__",
                "toString",
                "",
                "xn--bcher-kva.example",
            ],
        );
        assert_eq!(file(Held::Strictly).matches("DIRECT").count(), 3);
    }

    #[test]
    fn staff_have_the_exceptions_that_are_named() {
        check(
            Held::Exempting(vec![host("bank.example")]),
            &["bank.example", "www.bank.example", "desk.school.test"],
            &["notbank.example", "bank.example.evil.test", "example", "constructor"],
        );
    }

    #[test]
    fn nothing_escapes_its_quotes() {
        assert_eq!(quoted("a\"\\\n</é𝄞"), "\"a\\u0022\\u005c\\u000a\\u003c\\u002f\\u00e9\\ud834\\udd1e\"");
        assert_eq!(pac(&Pac { proxies: vec![], desk: vec![], held: Held::Strictly }), Err(BadPac::NoProxy));
    }
}
