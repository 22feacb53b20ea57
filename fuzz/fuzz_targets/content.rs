//! Any bytes as an answer of any form: nothing panics, and how the bytes are cut changes no score.

#![no_main]

use std::sync::{Arc, LazyLock};

use content::{Form, Limits, Phrases, Reach, Reader, Scores, phrases::starter};
use libfuzzer_sys::fuzz_target;

static PHRASES: LazyLock<Arc<Phrases>> =
    LazyLock::new(|| Arc::new(starter::with(&[]).expect("our own lists are right")));

fn scores(form: &Form, limits: &Limits, pieces: [&[u8]; 2]) -> Option<Scores> {
    let mut reader = Reader::new(form, Arc::clone(&PHRASES), limits, Reach::default());
    for piece in pieces {
        reader.push(piece).ok()?;
    }
    reader.finish().ok()
}

fuzz_target!(|input: (u8, u8, u16, &[u8])| {
    let (kind, coding, cut, bytes) = input;
    let kinds = ["text/html", "text/plain", "application/json", "text/event-stream", "text/html; charset=utf-16le"];
    let codings = [None, Some("gzip"), Some("deflate"), Some("br"), Some("zstd"), Some("br, gzip")];
    let kind = kinds[usize::from(kind) % kinds.len()];
    let coding = codings[usize::from(coding) % codings.len()];
    let form = Form::of(kind, coding).expect("known codings").expect("text");
    let limits: Limits = PHRASES.categories().map(|(name, _)| (name, 20)).collect();
    let cut = usize::from(cut).min(bytes.len());
    let (first, second) = bytes.split_at(cut);
    // The ratio of a bomb may be noticed sooner or later.
    let both = (scores(&form, &limits, [bytes, &[]]), scores(&form, &limits, [first, second]));
    if let (Some(whole), Some(cut)) = both {
        assert_eq!(whole, cut);
    }
});
