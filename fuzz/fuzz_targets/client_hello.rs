//! No bytes make the reader of TLS's first message panic, and a name that it reads is one in canonical form.
//!
//! `cargo +nightly fuzz run client_hello`

#![no_main]

// The two files alone: the whole gateway, with what it stands on, would be a thousand times as much to build.
#[path = "../../crates/gateway/src/hello.rs"]
mod hello;
#[expect(dead_code, reason = "only the reader is fuzzed")]
#[path = "../../crates/gateway/src/target.rs"]
mod target;

use libfuzzer_sys::fuzz_target;
use target::Host;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Some(hello)) = hello::parse(bytes)
        && let Some(name) = hello.server_name
    {
        assert!(matches!(&name, Host::Name(text) if Host::parse(text).as_ref() == Ok(&name)));
    }
});
