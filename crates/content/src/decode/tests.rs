//! What is encoded is read again, and what is broken is refused.

use std::io::Write;

use flate2::{Compression, write};
use proptest::prelude::*;

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = write::GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = write::ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn raw(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = write::DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ::zstd::encode_all(bytes, 1).unwrap()
}

/// Brotli without an encoder at hand: stored meta-blocks of RFC 7932, each of at most 65,536 bytes.
fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    // WBITS 16 is the single bit 0. Then: ISLAST 0, MNIBBLES 00 (four), MLEN-1 (16 bits), ISUNCOMPRESSED 1.
    for (nth, block) in bytes.chunks(65_536).enumerate() {
        let length = u32::try_from(block.len() - 1).unwrap();
        let (bits, count) = (length << 3 | 1 << 19, 20);
        let (bits, count) = if nth == 0 { (bits << 1, count + 1) } else { (bits, count) };
        out.extend(bits.to_le_bytes().into_iter().take(usize::div_ceil(count, 8)));
        out.extend(block);
    }
    // ISLAST 1, ISLASTEMPTY 1; before any block the window bit comes first.
    out.push(if bytes.is_empty() { 0b110 } else { 0b11 });
    out
}

fn read(codings: &str, bytes: &[u8], step: usize) -> Result<Vec<u8>, DecodeError> {
    let mut decoder = Decoder::new(&Codings::parse(codings)?, Bounds::default());
    let mut out = Vec::new();
    for chunk in bytes.chunks(step.max(1)) {
        decoder.push(chunk, &mut |piece| out.extend_from_slice(piece))?;
    }
    decoder.finish()?;
    Ok(out)
}

#[track_caller]
fn check(codings: &str, encoded: &[u8], plain: &[u8]) {
    for step in [1, 2, 7, 1000, usize::MAX] {
        assert_eq!(read(codings, encoded, step).as_deref(), Ok(plain), "{codings} by {step}");
    }
    for cut in 1..encoded.len().min(200) {
        let short = &encoded[..encoded.len() - cut];
        if !short.is_empty() {
            assert!(read(codings, short, 64).is_err(), "{codings} short by {cut}");
        }
    }
}

#[test]
fn every_coding_is_read_in_any_pieces_and_not_when_cut_off() {
    let text: Vec<u8> = (0..40_000_u32).flat_map(|n| (n % 977).to_string().into_bytes()).collect();
    for plain in [&b"x"[..], b"What a reader would see.", &text] {
        check("gzip", &gzip(plain), plain);
        check("deflate", &zlib(plain), plain);
        check("deflate", &raw(plain), plain);
        check("zstd", &zstd(plain), plain);
        check("br", &brotli(plain), plain);
    }
}

/// What `brotli` (the program, at quality 11) made of the numbers below: real blocks, codes and distances.
#[test]
fn brotli_of_others_is_read() {
    let numbers: Vec<u8> = (0..40_000_u32).flat_map(|n| (n % 977).to_string().into_bytes()).collect();
    check("br", include_bytes!("../../testdata/numbers.br"), &numbers);
}

#[test]
fn two_codings_are_undone_in_turn_and_three_refused() {
    check("gzip, zstd", &zstd(&gzip(b"twice")), b"twice");
    assert_eq!(read("identity", b"as it is", 3), Ok(b"as it is".to_vec()));
    assert_eq!(Codings::parse("gzip, gzip, gzip"), Err(DecodeError::TooManyCodings));
    assert_eq!(Codings::parse("compress"), Err(DecodeError::Unknown { coding: "compress".into() }));
}

#[test]
fn an_empty_answer_is_empty() {
    for codings in ["gzip", "deflate", "br", "zstd", "gzip, br"] {
        assert_eq!(read(codings, b"", 1), Ok(Vec::new()));
    }
}

#[test]
fn members_follow_each_other_and_what_follows_them_is_passed_over() {
    let mut two = gzip(b"one ");
    two.extend(gzip(b"two"));
    two.extend(b"\0\0rest");
    assert_eq!(read("gzip", &two, 3), Ok(b"one two".to_vec()));
}

#[test]
fn the_long_head_of_gzip_is_read() {
    let mut encoder = flate2::GzBuilder::new()
        .extra(b"xyz".to_vec())
        .filename("page.html")
        .comment("a comment")
        .write(Vec::new(), Compression::fast());
    encoder.write_all(b"hello").unwrap();
    check("gzip", &encoder.finish().unwrap(), b"hello");
}

#[test]
fn a_wrong_checksum_is_corrupt() {
    let mut bytes = gzip(b"hello");
    let last = bytes.len() - 6;
    bytes[last] ^= 1;
    assert_eq!(read("gzip", &bytes, 64), Err(DecodeError::Corrupt { coding: Coding::Gzip }));
}

#[test]
fn bombs_are_refused() {
    let zeros = vec![0; 8 << 20];
    for (codings, bomb) in [("gzip", gzip(&zeros)), ("zstd", zstd(&zeros)), ("zstd, gzip", gzip(&zstd(&zeros)))] {
        assert!(matches!(read(codings, &bomb, 512), Err(DecodeError::Ratio { .. })), "{codings}");
    }
    let mut decoder = Decoder::new(&Codings::one(Coding::Gzip), Bounds { ratio: 5000, free: 0, total: 100_000 });
    let mut given = 0;
    let result = decoder.push(&gzip(&zeros), &mut |piece| given += piece.len());
    assert_eq!(result, Err(DecodeError::Total { coding: Coding::Gzip, total: 100_000 }));
    assert_eq!(decoder.push(b"more", &mut |_| panic!("nothing comes after an error")), result);
    assert!(given <= 100_000);
}

/// What was hard to compress before buys no room for a burst.
#[test]
fn a_burst_is_refused() {
    let mut seed = 1_u32;
    let hard = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    });
    let plain: Vec<u8> = hard.take(1 << 20).chain(std::iter::repeat_n(0, 64 << 20)).collect();
    for (coding, bytes) in [(Coding::Zstd, zstd(&plain)), (Coding::Gzip, gzip(&plain))] {
        let mut decoder = Decoder::new(&Codings::one(coding), Bounds { ratio: 200, free: 1 << 20, total: 256 << 20 });
        let (mut most, mut result) = (0, Ok(()));
        for piece in bytes.chunks(16 * 1024) {
            let mut held = 0;
            result = decoder.push(piece, &mut |part| held += part.len());
            most = most.max(held);
            if result.is_err() {
                break;
            }
        }
        assert_eq!(result, Err(DecodeError::Ratio { coding, ratio: 200 }));
        assert!(most < 5 << 20, "{most}");
    }
}

#[test]
fn what_no_browser_undoes_is_as_it_is() {
    for word in ["aws-chunked", "utf-8", "none", "UTF-8"] {
        assert_eq!(Codings::parse(word), Ok(Codings::none()), "{word}");
    }
    assert_eq!(Codings::parse("x-deflate"), Ok(Codings::one(Coding::Deflate)));
    assert!(matches!(Codings::parse("gzip, utf-8"), Err(DecodeError::Unknown { .. })));
}

proptest! {
    #[test]
    fn what_is_encoded_is_read(plain in prop::collection::vec(any::<u8>(), 0..3000), step in 1_usize..400) {
        for (codings, bytes) in [
            ("gzip", gzip(&plain)), ("deflate", zlib(&plain)), ("deflate", raw(&plain)), ("zstd", zstd(&plain)),
            ("br", brotli(&plain)), ("br, gzip", gzip(&brotli(&plain))),
        ] {
            prop_assert_eq!(read(codings, &bytes, step), Ok(plain.clone()), "{}", codings);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), step in 1_usize..80) {
        for codings in ["gzip", "deflate", "br", "zstd", "gzip, deflate"] {
            let _ = read(codings, &bytes, step);
        }
    }
}
