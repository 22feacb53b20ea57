//! Any bytes as what a neighbour sends by ICAP: nothing panics, every bound is kept, and what was read of a head of HTTP is
//! read again as the same.

#![no_main]

// The one file alone, as `client_hello` says.
#[expect(dead_code, reason = "only the reader is fuzzed")]
#[path = "../../crates/gateway/src/icap/wire.rs"]
mod wire;

use libfuzzer_sys::fuzz_target;
use wire::{Head, Inner, Piece, Wire};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(head) = Head::parse(bytes) {
        assert!(!head.service.contains('?'));
        if let Ok(parts) = head.parts() {
            assert!(parts.request <= 64 * 1024 && parts.response <= 64 * 1024);
        }
        let _ = head.allows_204();
    }
    if let Ok(inner) = Inner::parse(bytes) {
        assert_eq!(Inner::parse(&inner.bytes()).as_ref().ok(), Some(&inner));
        let _ = (inner.method(), inner.status());
    }
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { return };
    runtime.block_on(async {
        let stream = tokio::io::join(bytes, tokio::io::sink());
        let mut wire = Wire::new(stream);
        let Ok(Some(_)) = wire.head().await else { return };
        let mut read = 0;
        while let Ok(Piece::Data(data)) = wire.piece().await {
            assert!(!data.is_empty() && data.len() <= 16 * 1024);
            read += data.len();
            assert!(read <= bytes.len());
        }
    });
});
