//! Lists, scores and the starter lists against pages that help and pages that harm.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::{
    reader::{Form, Progress, Reach, Reader},
    text::{Extractor, TextKind},
};

fn compiled(text: &str) -> Arc<Phrases> {
    Arc::new(Phrases::compile([&PhraseList::parse("test", text).unwrap()]).unwrap())
}

fn scores(phrases: &Arc<Phrases>, limits: &Limits, text: &str) -> Scores {
    let (mut scan, mut extractor) = (Scan::new(Arc::clone(phrases), limits), Extractor::new(TextKind::Plain));
    extractor.push(text, &mut scan);
    extractor.finish(&mut scan);
    scan.scores(true)
}

#[track_caller]
fn check(list: &str, text: &str, printed: &str) {
    assert_eq!(scores(&compiled(list), &Limits::none().with("a", 100), text).to_string(), printed, "{text}");
}

#[test]
fn phrases_are_whole_words_however_they_are_written() {
    let list = "[a]\n40 blue moon\n30 starv*\n";
    check(list, "A Blue-Moon.", "a 40 points (limit 100): ‘blue moon’ (40)");
    check(list, "blue\n  m0on", "a 40 points (limit 100): ‘blue moon’ (40)");
    check(list, "blue moons, sky-blue mooning, blues moon, true blue Moone", "nothing found");
    check(list, "starving and starved and unstarved", "a 45 points (limit 100): ‘starv*’ ×2 (45)");
    check("[a]\n10 自殺\n", "彼は自殺した", "a 10 points (limit 100): ‘自殺’ (10)");
}

#[test]
fn a_phrase_counts_less_each_time_and_no_more_after_the_fourth() {
    check("[a]\n40 x y\n", "x y x y", "a 60 points (limit 100): ‘x y’ ×2 (60)");
    check("[a]\n40 x y\n", &"x y ".repeat(500), "a 75 points (limit 100): ‘x y’ ×4 (75)");
}

#[test]
fn parts_stand_near_each_other_in_any_order() {
    let list = "[a]\n50 ~3 red + blue\n20 ~page sun + moon + star\n";
    check(list, "red and then blue", "a 50 points (limit 100): ‘red + blue’ (50)");
    check(list, "blue and red", "a 50 points (limit 100): ‘red + blue’ (50)");
    check(list, "red and then a little blue", "nothing found");
    check(list, "red blue red blue", "a 75 points (limit 100): ‘red + blue’ ×2 (75)");
    let far = format!("moon {} sun {} star star sun moon", "and ".repeat(90), "or ".repeat(90));
    check(list, &far, "a 20 points (limit 100): ‘sun + moon + star’ (20)");
}

#[test]
fn excuses_take_off_three_quarters_at_most() {
    let list = "[a]\n60 harm one\n60 harm two\n-30 not meant\n[help excuses a]\n-500 great help\n";
    check(
        list,
        "harm one, harm two, not meant",
        "a 90 points (limit 100): ‘harm one’ (60), ‘harm two’ (60); less ‘not meant’ (30)",
    );
    check(
        list,
        "great help: harm one, harm two",
        "a 30 points (limit 100): ‘harm one’ (60), ‘harm two’ (60); less ‘great help’ (500)",
    );
    check(list, "great help", "nothing found");
}

#[test]
fn long_pages_do_not_score_by_their_length() {
    let list = "[a]\n80 harm one\n40 harm two\n";
    let page = |words: usize| format!("harm one {} harm two", "word ".repeat(words - 4));
    check(list, &page(1000), "a 120 points (limit 100): ‘harm one’ (80), ‘harm two’ (40)");
    let long = "a 60 points (limit 100): ‘harm one’ (80), ‘harm two’ (40); divided by 2.00 for the length of the page";
    check(list, &page(4000), long);
    let longest =
        "a 30 points (limit 100): ‘harm one’ (80), ‘harm two’ (40); divided by 4.00 for the length of the page";
    check(list, &page(90_000), longest);
}

#[test]
fn a_score_names_six_phrases_and_counts_the_rest() {
    let list: String = (1..=9).map(|n| format!("{n} phrase number{n}\n")).collect();
    let page: String = (1..=9).map(|n| format!("phrase number{n}. ")).collect();
    insta::assert_snapshot!(
        scores(&compiled(&format!("[a]\n{list}[b]\n70 phrase\n")), &Limits::none().with("b", 100), &page),
        @r"
    b 131 points (limit 100): ‘phrase’ ×4 (131)
    a 45 points: ‘phrase number9’ (9), ‘phrase number8’ (8), ‘phrase number7’ (7), ‘phrase number6’ (6), ‘phrase number5’ (5), ‘phrase number4’ (4) and 3 more
    "
    );
}

#[test]
fn what_is_wrong_with_a_list_is_said_with_its_place() {
    let text = "# About.\n10 early\n[Bad Name]\n10 fine here\n[a]\nten words\n0 zero\n  10\n10 x\n10 one + + two\n\
                10 ~0 ab + cd\n10 see <b>\n10 ok ok\n5 OK, ok!\n[h excuses a]\n10 adds\n-10 a* b\n[x excuses ]\n10 p1 + p2 + p3 + p4 + p5\n";
    let errors = PhraseList::parse("mine", text).unwrap_err();
    insta::assert_snapshot!(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"), @r"
    mine, line 2, column 1: a phrase needs a [category] above it
    mine, line 3, column 1: a section is [category] or [name excuses category, category]
    mine, line 6, column 1: a line begins with its points: a whole number from -1000 to 1000, but not 0
    mine, line 7, column 1: a line begins with its points: a whole number from -1000 to 1000, but not 0
    mine, line 8, column 5: there is no phrase
    mine, line 9, column 4: a part needs two letters or digits at least
    mine, line 10, column 10: `+` cannot stand here
    mine, line 11, column 4: ~ is followed by a number of words from 1 to 500, or by `page`
    mine, line 12, column 8: `<` cannot stand here
    mine, line 14, column 1: the phrase is already in line 13
    mine, line 16, column 1: points of an excuse are negative
    mine, line 17, column 6: `*` cannot stand here
    mine, line 18, column 1: a section is [category] or [name excuses category, category]
    mine, line 19, column 24: a phrase has 4 parts at most
    ");
}

#[test]
fn early_findings_need_half_as_much_again_and_stay() {
    let phrases = compiled("[a]\n90 harm one\n60 harm two\n[help excuses a]\n-100 great help\n");
    let form = Form::of("text/plain", None).unwrap().unwrap();
    let limits = Limits::none().with("a", 100);
    let mut reader = Reader::new(&form, Arc::clone(&phrases), &limits, Reach::default());
    assert_eq!(reader.push(b"harm one "), Ok(Progress::Reading));
    assert_eq!(reader.push(b"harm one "), Ok(Progress::Reading), "135 points are over, but may be excused yet");
    assert_eq!(reader.push(b"great help "), Ok(Progress::Reading));
    assert_eq!(reader.finish().unwrap().over().count(), 0);
    let mut reader = Reader::new(&form, phrases, &limits, Reach::default());
    assert_eq!(reader.push(b"harm one harm two"), Ok(Progress::Reading), "the word may go on");
    assert_eq!(reader.push(b"."), Ok(Progress::Over));
    assert_eq!(reader.push(b"great help great help"), Ok(Progress::Over));
    assert_eq!(reader.finish().unwrap().over().count(), 1);
}

#[test]
fn the_compact_automaton_finds_the_same() {
    let many: String = (0..3000).map(|n| format!("5 some phrase number{n} here\n")).collect();
    let phrases = compiled(&format!("[a]\n40 blue moon\n{many}"));
    assert!(matches!(phrases.machine, compile::Machine::Compact(_)));
    let found = scores(&phrases, &Limits::none(), "some phrase number2999 here, blue moon");
    assert_eq!(found.to_string(), "a 45 points: ‘blue moon’ (40), ‘some phrase number2999 here’ (5)");
}

/// The pages of a test file: what stands behind `##`, and the page.
fn pages(text: &str) -> Vec<(&str, &str)> {
    text.split("\n## ").skip(1).filter_map(|page| page.split_once('\n')).collect()
}

fn all_limits(phrases: &Phrases) -> Limits {
    phrases.categories().map(|(name, _)| (name, 100)).collect()
}

#[test]
fn pages_that_help_inform_and_teach_pass() {
    let phrases = Arc::new(starter::with(&[]).unwrap());
    let limits = all_limits(&phrases);
    let all = pages(include_str!("../../testdata/fine.txt"));
    assert!(all.len() >= 20);
    let wrong: Vec<String> = all
        .iter()
        .map(|(what, page)| (what, scores(&phrases, &limits, page)))
        .filter(|(_, scores)| scores.over().next().is_some())
        .map(|(what, scores)| format!("{what}:\n{scores}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn pages_that_harm_do_not() {
    let phrases = Arc::new(starter::with(&[]).unwrap());
    let limits = all_limits(&phrases);
    let mut seen = std::collections::BTreeSet::new();
    for (what, page) in pages(include_str!("../../testdata/harmful.txt")) {
        let (category, _) = what.split_once(": ").unwrap();
        let scores = scores(&phrases, &limits, page);
        assert!(scores.of(category).is_some_and(|score| score.over), "{what}:\n{scores}");
        seen.insert(category);
    }
    let all: std::collections::BTreeSet<&str> = phrases.categories().map(|(name, _)| name).collect();
    assert_eq!(seen, all);
}

#[test]
fn every_starter_list_reads_and_says_how_thin_it_is() {
    for list in starter::lists().unwrap() {
        assert!(list.about.contains("How thin it is: about "), "{}", list.name);
        assert!(list.about.contains("Licence: "), "{}", list.name);
    }
    let phrases = starter::with(&[]).unwrap();
    let size = phrases.size();
    assert!(size < 4 << 20, "{size} bytes");
    assert!(matches!(phrases.machine, compile::Machine::Table(_)));
}

#[test]
fn a_readable_score_of_a_page() {
    let phrases = Arc::new(starter::with(&[]).unwrap());
    let (_, page) = pages(include_str!("../../testdata/harmful.txt"))[0];
    insta::assert_snapshot!(scores(&phrases, &all_limits(&phrases), page), @"self-harm 296 points (limit 100): ‘kill yourself’ (50), ‘the world is better without you’ (45), ‘pro suicide’ (45), ‘nobody would miss you’ (40), ‘just end it already’ (40), ‘suicide pact’ (40) and 3 more");
    let (_, page) = pages(include_str!("../../testdata/fine.txt"))[0];
    insta::assert_snapshot!(scores(&phrases, &all_limits(&phrases), page), @"self-harm 18 points (limit 100): ‘better off without me’ (25), ‘want to kill myself’ (20), ‘no reason to live’ (15), ‘suicide’ ×4 (7), ‘suicidal’ (4), ‘overdose’ (3); less ‘samaritans’ (25), ‘childline’ (25), ‘call 116 123’ (20), ‘helpline*’ (20), ‘call 999’ (15), ‘you are not alone’ (15) and 3 more");
}

proptest! {
    /// The automaton finds what a reader with a pencil finds.
    #[test]
    fn the_automaton_equals_a_naive_search(
        phrases in prop::collection::btree_set("(a|ab|ba|b|abb)( (a|ab|ba|b|abb)){1,3}", 1..8),
        page in "((a|ab|ba|b|abb)[ .,-]){0,40}",
    ) {
        let list: String = phrases.iter().map(|phrase| format!("8 {phrase}\n")).collect();
        let found = scores(&compiled(&format!("[a]\n{list}")), &Limits::none(), &page);
        let plain = format!(" {} ", crate::text::fold::fold(&page));
        for phrase in &phrases {
            let wanted = format!(" {phrase} ");
            let times = (0..plain.len()).filter(|at| plain[*at..].starts_with(&wanted)).count().min(4);
            let hits = found.of("a").map(|score| score.found.as_slice()).unwrap_or_default();
            let counted = hits.iter().find(|hit| hit.phrase == *phrase).map_or(0, |hit| usize::from(hit.times));
            prop_assert_eq!(counted, times, "{} in {}", phrase, plain);
        }
    }

    #[test]
    fn any_cutting_gives_the_same_scores(
        bits in prop::collection::vec(prop::sample::select(vec![
            "harm", " ", "one", "two", "<b>", "</b>", "&shy;", "h", "arm", "great help ", ". ", "é", "<p title='harm one'>",
            "harm one ", "harm two ", "word ", "\u{200b}", "<script>", "</script>",
        ]), 0..200),
        cuts in prop::collection::vec(1_usize..40, 1..20),
    ) {
        let phrases = compiled("[a]\n90 harm one\n60 harm two\n30 ~4 one + word\n[help excuses a]\n-100 great help\n");
        let limits = Limits::none().with("a", 60);
        let page = bits.concat();
        let form = Form::of("text/html", None).unwrap().unwrap();
        let mut whole = Reader::new(&form, Arc::clone(&phrases), &limits, Reach::default());
        whole.push(page.as_bytes()).unwrap();
        let mut cut = Reader::new(&form, phrases, &limits, Reach::default());
        let (mut rest, mut nth) = (page.as_bytes(), 0);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(cuts[nth % cuts.len()].min(rest.len()));
            cut.push(now).unwrap();
            (rest, nth) = (later, nth + 1);
        }
        prop_assert_eq!(whole.finish().unwrap(), cut.finish().unwrap());
    }

    #[test]
    fn no_bytes_make_a_reader_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        step in 1_usize..90,
        kind in prop::sample::select(vec!["text/html", "text/plain; charset=utf-16", "application/json", "text/event-stream"]),
        coding in prop::sample::select(vec!["", "gzip", "br", "zstd", "deflate"]),
    ) {
        let phrases = compiled("[a]\n90 harm one\n");
        let form = Form::of(kind, Some(coding)).unwrap().unwrap();
        let mut reader = Reader::new(&form, phrases, &Limits::none().with("a", 1), Reach::default());
        for piece in bytes.chunks(step) {
            let _ = reader.push(piece);
        }
        let _ = reader.finish();
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        if let Ok(list) = PhraseList::parse("any", &format!("[a]\n{text}")) {
            Phrases::compile([&list]).unwrap();
        }
    }
}
