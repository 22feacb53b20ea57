//! Any bytes as the head of a request of HTTP: a target that is read has one form, nothing that is between two neighbours
//! goes on, a body has one length, a loop is seen.

#![no_main]

// The two files alone, as `client_hello` says.
#[expect(dead_code, reason = "only what judges heads is fuzzed")]
#[path = "../../crates/gateway/src/headers.rs"]
mod headers;
#[expect(dead_code, reason = "only what judges heads is fuzzed")]
#[path = "../../crates/gateway/src/target.rs"]
mod target;

use hyper::{
    HeaderMap, Request, Uri, Version,
    header::{self, HeaderName, HeaderValue},
    http::uri::{Authority, Scheme},
};
use libfuzzer_sys::fuzz_target;
use target::Target;

/// A target as it goes on is the target that was judged.
fn again(target: &Target, usual: u16) {
    let authority = Authority::try_from(target.authority(usual).as_str()).expect("a target makes an authority");
    let read = Target::of_authority(&authority, Some(usual)).expect("what was written can be read");
    assert_eq!((read.host.to_string(), read.port), (target.host.to_string(), target.port));
}

fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let Ok(uri) = Uri::try_from(lines.next().unwrap_or_default()) else { return };
    let mut map = HeaderMap::new();
    for line in lines.take(100) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = line.split_at(colon);
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(&value[1..])) {
            map.append(name, value);
        }
    }
    for (read, usual) in [(Target::of_absolute(&uri), 80), (Target::of_connect(&uri), 443)] {
        if let Ok(target) = read {
            again(&target, usual);
        }
    }
    let mut request = Request::new(());
    *request.uri_mut() = uri;
    *request.headers_mut() = map.clone();
    if let Ok(target) = target::named(&request, Scheme::HTTPS, 443) {
        again(&target, 443);
    }
    let _ = headers::upgrade(&map);
    let ambiguous = headers::is_ambiguous(&map);
    headers::strip(&mut map);
    for name in ["connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "upgrade"] {
        assert!(!map.contains_key(name), "{name} goes on");
    }
    assert!(!map.contains_key(header::TRANSFER_ENCODING));
    assert!(ambiguous || map.get_all(header::CONTENT_LENGTH).iter().count() <= 1);
    headers::strip_connection_logins(&mut map);
    headers::join_cookies(&mut map);
    assert!(map.get_all(header::COOKIE).iter().count() <= 1);
    headers::add_via(&mut map, Version::HTTP_11, "gatehouse-fuzzed");
    assert!(headers::passed_here(&map, "gatehouse-fuzzed"));
});
