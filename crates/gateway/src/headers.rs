//! Header fields that are between two neighbours only, and what a proxy adds.

use hyper::{
    HeaderMap, Version,
    header::{self, HeaderName, HeaderValue},
};

/// Fields that never go on (RFC 9110, 7.6.1), besides those that `Connection` names.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// What a request or answer wants to become, where it asks for it by `Connection: upgrade`: a WebSocket, and nothing
/// else. Within HTTP/2 (`h2c`) one could ask for other pages, which nobody would judge.
pub(crate) fn upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    let asked = named_by_connection(headers).any(|name| name == header::UPGRADE);
    let mut offered = headers.get_all(header::UPGRADE).iter().filter_map(|value| value.to_str().ok());
    let socket = offered.any(|all| all.split(',').any(|one| one.trim().eq_ignore_ascii_case("websocket")));
    (asked && socket).then_some(HeaderValue::from_static("websocket"))
}

/// Whether a request says in two ways how long its body is, so that two servers could read it differently.
pub(crate) fn is_ambiguous(headers: &HeaderMap) -> bool {
    let lengths = headers.get_all(header::CONTENT_LENGTH).iter().count();
    lengths > 1 || (lengths == 1 && headers.contains_key(header::TRANSFER_ENCODING))
}

/// Takes away what was meant for the gateway alone.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = named_by_connection(headers)
        // A client cannot make the gateway drop what it writes itself or what says how long the body is.
        .filter(|name| ![header::HOST, header::CONTENT_LENGTH, header::VIA].contains(name))
        .collect();
    // A body that comes in chunks has no other length, whatever else the head says.
    if headers.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
    headers.remove("proxy-connection");
}

/// Takes away logins that hold for a whole connection (NTLM, Negotiate): the gateway's connections to a site
/// serve several people, and one must not go on with what another signed in.
pub(crate) fn strip_connection_logins(headers: &mut HeaderMap) {
    for name in [header::AUTHORIZATION, header::WWW_AUTHENTICATE] {
        let all: Vec<HeaderValue> = headers.get_all(&name).iter().cloned().collect();
        if all.iter().any(is_connection_login) {
            headers.remove(&name);
            for value in all.into_iter().filter(|value| !is_connection_login(value)) {
                headers.append(&name, value);
            }
        }
    }
}

/// HTTP/2 sends cookies apart; HTTP/1.1 must have them in one field.
pub(crate) fn join_cookies(headers: &mut HeaderMap) {
    let all: Vec<&[u8]> = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if all.len() > 1
        && let Ok(joined) = HeaderValue::from_bytes(&all.join(&b"; "[..]))
    {
        headers.insert(header::COOKIE, joined);
    }
}

fn is_connection_login(value: &HeaderValue) -> bool {
    let scheme = value.as_bytes().split(|byte| *byte == b' ').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case(b"ntlm") || scheme.eq_ignore_ascii_case(b"negotiate")
}

fn named_by_connection(headers: &HeaderMap) -> impl Iterator<Item = HeaderName> + '_ {
    headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        // Nearly every message says one of these; neither is a field of its own that had to be found.
        .filter(|name| !name.eq_ignore_ascii_case(b"keep-alive") && !name.eq_ignore_ascii_case(b"close"))
        .filter_map(|name| HeaderName::from_bytes(name).ok())
}

/// How the gateway names itself in `Via` (RFC 9110, 7.6.3).
pub(crate) struct Via {
    name: String,
    /// The field of what came by HTTP/1.0, and of all else; none where the name cannot stand in a field.
    of_ten: Option<HeaderValue>,
    of_eleven: Option<HeaderValue>,
}

impl Via {
    pub(crate) fn new(name: &str) -> Self {
        let field = |version: &str| HeaderValue::from_str(&format!("{version} {name}")).ok();
        Self { name: name.to_owned(), of_ten: field("1.0"), of_eleven: field("1.1") }
    }

    /// Says that the message passed here.
    pub(crate) fn add(&self, headers: &mut HeaderMap, version: Version) {
        let field = if version == Version::HTTP_10 { &self.of_ten } else { &self.of_eleven };
        if let Some(field) = field {
            headers.append(header::VIA, field.clone());
        }
    }

    /// Whether the message passed here before.
    pub(crate) fn is_in(&self, headers: &HeaderMap) -> bool {
        headers
            .get_all(header::VIA)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|hop| hop.split_whitespace().nth(1) == Some(&self.name))
    }
}

#[cfg(test)]
mod tests {
    use hyper::{
        Request, Uri,
        http::uri::{Authority, Scheme},
    };
    use proptest::prelude::*;

    use super::*;
    use crate::target::{Target, named};

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        fields.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn what_is_between_neighbours_stays_there() {
        let mut map = headers(&[
            ("connection", "close, X-Mine, Host"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic OmE="),
            ("proxy-connection", "keep-alive"),
            ("te", "trailers"),
            ("x-mine", "1"),
            ("host", "site.example"),
            ("accept", "*/*"),
        ]);
        strip(&mut map);
        let mut left: Vec<_> = map.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["accept", "host"]);
    }

    #[test]
    fn an_upgrade_must_be_asked_for_twice() {
        assert_eq!(upgrade(&headers(&[("upgrade", "websocket")])), None);
        assert!(upgrade(&headers(&[("upgrade", "websocket"), ("connection", "keep-alive, Upgrade")])).is_some());
        assert_eq!(
            upgrade(&headers(&[("upgrade", "h2c, WebSocket"), ("connection", "upgrade")])).unwrap(),
            "websocket"
        );
        for other in ["h2c", "TLS/1.0", "websockets", ""] {
            assert_eq!(upgrade(&headers(&[("upgrade", other), ("connection", "upgrade")])), None, "{other}");
        }
    }

    #[test]
    fn logins_of_a_connection_do_not_pass() {
        let mut map = headers(&[("www-authenticate", "NTLM"), ("authorization", "negotiate abc")]);
        map.append("www-authenticate", "Basic realm=\"x\"".parse().unwrap());
        strip_connection_logins(&mut map);
        assert_eq!(map.len(), 1);
        assert_eq!(map["www-authenticate"], "Basic realm=\"x\"");
    }

    #[test]
    fn cookies_are_one_field() {
        let mut map = headers(&[("cookie", "a=1")]);
        map.append("cookie", "b=2".parse().unwrap());
        join_cookies(&mut map);
        assert_eq!(map.get_all("cookie").iter().collect::<Vec<_>>(), ["a=1; b=2"]);
    }

    #[test]
    fn a_body_has_one_length() {
        assert!(!is_ambiguous(&headers(&[("content-length", "5")])));
        assert!(is_ambiguous(&headers(&[("content-length", "5"), ("transfer-encoding", "chunked")])));
        let mut map = headers(&[("content-length", "5"), ("transfer-encoding", "chunked")]);
        strip(&mut map);
        assert!(map.is_empty());
    }

    #[test]
    fn a_loop_is_seen() {
        let mut map = headers(&[("via", "1.0 other, 1.1 gatehouse (x)")]);
        let gate = Via::new("gate");
        assert!(Via::new("gatehouse").is_in(&map));
        assert!(!gate.is_in(&map));
        gate.add(&mut map, Version::HTTP_11);
        assert!(gate.is_in(&map));
    }

    /// Pieces of heads that have been used against proxies.
    const PIECES: &[&[u8]] = &[
        b"http://site.example/x?y",
        b"http://[2001:db8::1]:81/",
        b"site.example:443",
        b"/x",
        b"*",
        b"\r\n",
        b"\n",
        b"Connection: close, X-Mine, Host\r\n",
        b"Connection:transfer-encoding",
        b"Content-Length: 5\r\n",
        b"Content-Length: +5, 5\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: xchunked, identity\r\n",
        b"Host: site.example\r\n",
        b"Host: user@site.example:0\r\n",
        b"Cookie: a=1\r\n",
        b"Via: 1.1 gatehouse\r\n",
        b"WWW-Authenticate: NTLM\r\n",
        b"Upgrade: websocket\r\n",
        b"Proxy-Connection: keep-alive\r\n",
        b" ",
        b":",
        b"\0",
        b"\xff",
    ];

    /// Such pieces and any bytes, in any order.
    fn any_head() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            3 => proptest::sample::select(PIECES).prop_map(<[u8]>::to_vec),
            1 => proptest::collection::vec(any::<u8>(), 0..12),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_head_passes_on_what_is_between_neighbours(bytes in any_head()) {
            let mut lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
            let uri = Uri::try_from(lines.next().unwrap_or_default());
            let mut map = HeaderMap::new();
            for line in lines {
                let Some((name, value)) = line.iter().position(|byte| *byte == b':').map(|at| line.split_at(at)) else { continue };
                if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(&value[1..])) {
                    map.append(name, value);
                }
            }
            if let Ok(uri) = uri {
                let mut request = Request::new(());
                *request.uri_mut() = uri.clone();
                *request.headers_mut() = map.clone();
                let read = [Target::of_absolute(&uri), Target::of_connect(&uri), named(&request, Scheme::HTTPS, 443)];
                for target in read.into_iter().flatten() {
                    let written = Authority::try_from(target.authority(443).as_str()).unwrap();
                    let again = Target::of_authority(&written, Some(443)).unwrap();
                    prop_assert_eq!((again.host.to_string(), again.port), (target.host.to_string(), target.port));
                }
            }
            let ambiguous = is_ambiguous(&map);
            strip(&mut map);
            strip_connection_logins(&mut map);
            join_cookies(&mut map);
            for name in HOP_BY_HOP.iter().map(HeaderName::as_str).chain(["proxy-connection"]) {
                prop_assert!(!map.contains_key(name), "{} goes on", name);
            }
            prop_assert!(ambiguous || map.get_all(header::CONTENT_LENGTH).iter().count() <= 1);
            prop_assert!(map.get_all(header::COOKIE).iter().count() <= 1);
            let gate = Via::new("gate");
            gate.add(&mut map, Version::HTTP_11);
            prop_assert!(gate.is_in(&map));
        }
    }
}
