//! Any bytes as any content coding, and as a file: nothing panics, no bound is passed, pieces do not matter.

#![no_main]

use content::{Bounds, Codings, DecodeError, Decoder, Detector, file_kind};
use libfuzzer_sys::fuzz_target;

const BOUNDS: Bounds = Bounds { ratio: 100, free: 1 << 16, total: 1 << 20 };

fn read(codings: &Codings, bytes: &[u8], step: usize) -> (Vec<u8>, Result<(), DecodeError>) {
    let mut decoder = Decoder::new(codings, BOUNDS);
    let mut out = Vec::new();
    for piece in bytes.chunks(step) {
        if let Err(error) = decoder.push(piece, &mut |piece| out.extend_from_slice(piece)) {
            return (out, Err(error));
        }
    }
    (out, decoder.finish())
}

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (coding, step, bytes) = input;
    let step = usize::from(step) + 1;
    let headers = ["gzip", "deflate", "br", "zstd", "gzip, br", "zstd, gzip"];
    let codings = Codings::parse(headers[usize::from(coding) % headers.len()]).expect("known codings");
    let (whole, result) = read(&codings, bytes, usize::MAX);
    assert!(whole.len() as u64 <= BOUNDS.total);
    // The ratio of a bomb may be noticed sooner or later.
    let (again, also) = read(&codings, bytes, step);
    if result.is_ok() && also.is_ok() {
        assert_eq!(whole, again);
    }
    let mut detector = Detector::new(Some("a.bat"));
    for piece in bytes.chunks(step) {
        detector.push(piece);
    }
    assert_eq!(detector.finish(), file_kind(bytes, Some("a.bat")));
});
