//! Any text as a phrase list: nothing panics, what is read compiles, and each phrase finds itself.

#![no_main]

use std::sync::Arc;

use content::{Form, Limits, PhraseList, Phrases, Reach, Reader, phrases::Near};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(list) = PhraseList::parse("fuzz", text) else { return };
    let phrases = Arc::new(Phrases::compile([&list]).expect("what is read compiles"));
    let form = Form::of("text/plain; charset=utf-8", None).expect("no coding").expect("text");
    for phrase in list.phrases.iter().filter(|phrase| phrase.points > 0 && phrase.near == Near::Page) {
        let page: Vec<&str> = phrase.parts.iter().map(|part| part.words.as_str()).collect();
        let mut reader = Reader::new(&form, Arc::clone(&phrases), &Limits::none(), Reach::default());
        reader.push(page.join(" . ").as_bytes()).expect("no coding");
        let scores = reader.finish().expect("no coding");
        for category in &phrase.categories {
            assert!(scores.of(category).is_some(), "{} does not find itself", phrase.shown);
        }
    }
});
