//! What a reader would see, in tables.

use proptest::prelude::*;

use super::{
    fold::{Fold, fold},
    *,
};

/// Gathers the folded words of each lane.
#[derive(Default)]
struct Words(Vec<(Fold, Vec<u8>)>);

impl Words {
    fn lane(&mut self, lane: usize) -> &mut (Fold, Vec<u8>) {
        self.0.resize_with(self.0.len().max(lane + 1), Default::default);
        &mut self.0[lane]
    }
}

impl Sink for Words {
    fn text(&mut self, lane: usize, piece: &str) {
        let (fold, out) = self.lane(lane);
        fold.push(piece, &mut |byte| out.push(byte));
    }
    fn gap(&mut self, lane: usize) {
        let (fold, out) = self.lane(lane);
        fold.gap(&mut |byte| out.push(byte));
    }
}

fn words(kind: TextKind, pieces: impl Iterator<Item = impl AsRef<str>>) -> String {
    let (mut extractor, mut sink) = (Extractor::new(kind), Words::default());
    for piece in pieces {
        extractor.push(piece.as_ref(), &mut sink);
    }
    extractor.finish(&mut sink);
    let lanes = sink.0.into_iter().map(|(_, bytes)| String::from_utf8(bytes).unwrap().trim().to_owned());
    lanes.filter(|lane| !lane.is_empty()).collect::<Vec<_>>().join(" | ")
}

/// All at once and character by character.
#[track_caller]
fn check(kind: TextKind, text: &str, seen: &str) {
    assert_eq!(words(kind, [text].iter()), seen);
    assert_eq!(words(kind, text.chars().map(String::from)), seen, "character by character");
}

#[test]
fn words_are_folded() {
    for (text, folded) in [
        ("Hello,  World!", "hello world"),
        ("self-harm SELF_HARM self\u{2010}harm", "self harm self harm self harm"),
        ("don't don\u{2019}t", "dont dont"),
        ("café ÉCOLE naïve ﬁne Straße", "cafe ecole naive fine straße"),
        ("su\u{ad}ic\u{200b}ide", "suicide"),
        ("𝐬𝐮𝐢𝐜𝐢𝐝𝐞 ｓｕｉ", "suicide sui"),
        ("ѕuісіdе", "suicide"),
        ("k1ll pr0n su1c1de s!lly h4ck3r d3ath", "kill pron suicide silly hacker death"),
        ("mp3 covid19 24/7 2024 a1b2 c4 1st 3rd 500g x1000y", "mp3 covid19 24 7 2024 aib2 c4 1st 3rd 500g x1000y"),
        ("me@home.test £5 5$ yes! ok!!", "meahome test 5 5 yes ok"),
        ("自殺 です", "自 殺 て す"),
        ("приветъ", "пpивeтъ"),
    ] {
        assert_eq!(fold(text), folded, "{text}");
    }
}

#[test]
fn html_is_read_as_a_reader_sees_it() {
    let check = |html, seen| check(TextKind::Html, html, seen);
    check("<p>One<p>two</p>three<br>four", "one two three four");
    check("s<b>ui</b>c<span class='x>y'>ide</span>", "suicide");
    check("<title>The &amp; title</title><style>p { color: red }</style><p>text", "the title text");
    check("a<script>if (a < b) { kill() } '</scrip>'</SCRIPT >b", "a b");
    check("a<!-- no <p>text</p> -- > -->b<!-->c<!---->d<!--x--!>e", "abcde");
    check("<!DOCTYPE html><?xml no?>yes<![CDATA[in <b>feeds</b>]]>", "yesin feeds");
    check("2 < 3 and 4<5 &lt;b&gt; x&nosuch;y R&D &copy 3", "2 3 and 4 5 b x y r d 3");
    check("caf&eacute; &#115;&#x75;ic&shy;ide don&rsquo;t&nbsp;go", "cafe suicide dont go");
    check("<img alt=\"A cat &amp; dog\" src='x.jpg' title=sleepy>text", "text | a cat dog sleepy");
    check("no<i title='tip'>thi</i>ng", "nothing | tip");
    check("<meta name=description content='About us'><meta content=\"Shared\" property='og:title'>", "about us shared");
    check("<meta name=viewport content='width'><input placeholder='Search here' value=no>", "search here");
    check("<a href=x>", "");
    check("<a href=\"x", "");
    check("end &eacute", "end e");
    check("<iframe>not</iframe><template>yes</template>", "yes");
    check("naïve<p>日本", "naive 日 本");
}

#[test]
fn json_gives_its_strings() {
    let check = |json, seen| check(TextKind::Json, json, seen);
    check(r#"{"title":"One","body":"two\nthree","n":4,"deep":{"body":["five","six"]}}"#, "one | two three five six");
    check(r#"["su\u0069cide","\ud835\udc2c\"x\"","\u00e9t\u00E9"]"#, "suicide s x ete");
    check("{\"t\":\"sui\"}\n{\"t\":\"cide\"}", "suicide");
    check(r#"{"name only":1}"#, "");
    check(r#"{"broken": "yes"#, "yes");
}

#[test]
fn event_streams_join_their_fragments() {
    let check = |events, seen| check(TextKind::Events, events, seen);
    check(
        "event: delta\ndata: {\"id\":\"c1\",\"choices\":[{\"delta\":{\"content\":\"sui\"}}]}\n\n: comment\n\n\
         data: {\"id\":\"c1\",\"choices\":[{\"delta\":{\"content\":\"cide\"}}]}\r\n\r\ndata: [DONE]\n\n",
        "cic1 | suicide",
    );
    check("data: He\n\ndata: llo\n\ndata:  you\ndata: there\n\n", "hello you there");
    check("data:{\"v\":\"a\"}\r\rdata:{\"v\":\"b\"}\r\r", "ab");
    check("data: {\"broken\":\"x\n\ndata: {\"broken\":\"y\"}\n\n", "xy");
    check("date: no\ndata\ndat: no\nid: 1\n\n", "");
}

#[test]
fn types_are_known() {
    for (header, kind) in [
        ("text/html; charset=utf-8", Some(TextKind::Html)),
        ("Application/XHTML+XML", Some(TextKind::Html)),
        ("application/rss+xml", Some(TextKind::Html)),
        ("text/plain", Some(TextKind::Plain)),
        ("application/problem+json", Some(TextKind::Json)),
        ("text/event-stream", Some(TextKind::Events)),
        ("text/css", None),
        ("text/javascript", None),
        ("image/png", None),
        ("application/octet-stream", None),
        ("", Some(TextKind::Html)),
    ] {
        assert_eq!(TextKind::of(header), kind, "{header}");
    }
}

/// Text with much of what the grammars know.
fn lively() -> impl Strategy<Value = String> {
    let bits = [
        "<",
        ">",
        "</",
        "<p",
        " alt=",
        "'",
        "\"",
        "&",
        "&amp;",
        "&#65",
        ";",
        "<!--",
        "-->",
        "-",
        "!",
        "<script>",
        "</script",
        "<meta name=description content=",
        "[CDATA[",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\\",
        "\\u00e9",
        "\\ud835",
        "data:",
        "\n",
        "\r",
        "\r\n",
        " ",
        "sui",
        "cide",
        "k1",
        "ll",
        "é",
        "\u{200b}",
        "日",
        "𝐬",
        "0",
        "a",
    ];
    prop::collection::vec(prop::sample::select(bits.to_vec()), 0..60).prop_map(|bits| bits.concat())
}

proptest! {
    #[test]
    fn pieces_do_not_matter(text in prop_oneof![lively(), any::<String>()], cut in any::<prop::sample::Index>()) {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let (first, second) = text.split_at(places[cut.index(places.len())]);
        for kind in [TextKind::Html, TextKind::Plain, TextKind::Json, TextKind::Events] {
            let whole = words(kind, [&text].iter());
            prop_assert_eq!(&words(kind, [first, second].iter()), &whole, "{:?} in two", kind);
            prop_assert_eq!(&words(kind, text.chars().map(String::from)), &whole, "{:?} by characters", kind);
        }
    }

    #[test]
    fn folding_twice_changes_nothing_in_plain_words(text in "[a-zA-Z ,.éÉ-]{0,60}") {
        let once = fold(&text);
        prop_assert_eq!(&fold(&once), &once);
    }
}
