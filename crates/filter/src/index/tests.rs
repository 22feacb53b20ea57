//! The index against a naive table, and against damage.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::{
    category::Category,
    host::Host,
    list::{ListEntry, entry_path},
};

fn category(nth: usize) -> Category {
    Category::all().nth(nth).unwrap()
}

/// `(category number, host, path)` to an image, all from the list `test`.
fn compile(entries: &[(usize, String, Option<String>)]) -> Vec<u8> {
    let mut builder = IndexBuilder::new();
    for (nth, host, path) in entries {
        let tag = builder.tag("test", Some(category(*nth))).unwrap();
        builder.add(tag, &ListEntry { host: host.into(), path: path.as_deref().and_then(entry_path) }).unwrap();
    }
    builder.build().unwrap()
}

fn open(bytes: Vec<u8>) -> ListIndex {
    ListIndex::open(Image::new(bytes)).unwrap()
}

/// The entries that cover an address, with their categories, as a person would look them up.
fn naive(
    entries: &[(usize, String, Option<String>)],
    host: &Host,
    path: Option<&str>,
) -> BTreeMap<String, BTreeSet<usize>> {
    let mut all: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (nth, name, entry) in entries {
        if !host.is_within(name) {
            continue;
        }
        let entry = entry.as_deref().and_then(entry_path);
        let covers = match &entry {
            None => true,
            Some(entry) => path.is_some_and(|path| {
                path.strip_prefix(entry.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '&']))
            }),
        };
        if covers {
            all.entry(format!("{name}{}", entry.unwrap_or_default())).or_default().insert(*nth);
        }
    }
    all
}

fn found(index: &ListIndex, host: &Host, path: Option<&str>) -> BTreeMap<String, BTreeSet<usize>> {
    let mut all = BTreeMap::new();
    index.find(host, path, |found| {
        let numbers = index.tags_of(found).map(|tag| index.tags()[usize::from(tag)].category.unwrap().number());
        all.insert(found.entry(host, path), numbers.collect());
    });
    all
}

#[track_caller]
fn check(entries: &[(usize, &str, &str)], address: &str, expected: &[&str]) {
    let entries: Vec<_> =
        entries.iter().map(|(nth, host, path)| (*nth, (*host).to_owned(), Some((*path).to_owned()))).collect();
    let address = crate::address::Address::parse(address).unwrap();
    let found = found(&open(compile(&entries)), &address.host, address.path());
    assert_eq!(found.keys().collect::<Vec<_>>(), expected, "{address}");
}

#[test]
fn entries_cover_what_lies_below_them_and_nothing_else() {
    let list =
        [(1, "games.example", ""), (2, "play.games.example", ""), (1, "news.example", "/sport/"), (3, "10.0.0.1", "")];
    check(&list, "http://games.example/", &["games.example"]);
    check(&list, "http://www.play.games.example/", &["games.example", "play.games.example"]);
    check(&list, "http://ames.example/", &[]);
    check(&list, "http://mygames.example/", &[]);
    check(&list, "http://example/", &[]);
    check(&list, "http://news.example/sport", &["news.example/sport"]);
    check(&list, "http://www.news.example/sport/today?x=1", &["news.example/sport"]);
    check(&list, "http://news.example/sports", &[]);
    check(&list, "http://10.0.0.1/", &["10.0.0.1"]);
    check(&list, "http://110.0.0.1/", &[]);
}

#[test]
fn a_child_that_says_the_same_as_its_parent_is_not_stored() {
    let entries: Vec<_> = [(1, "a.test"), (1, "b.a.test"), (2, "c.a.test"), (1, "d.c.a.test"), (2, "a-b.test")]
        .map(|(nth, host)| (nth, host.to_owned(), None))
        .to_vec();
    let index = open(compile(&entries));
    assert_eq!((index.names(), index.rows()), (5, 4));
    assert_eq!(index.category_counts(), [(category(1), 3), (category(2), 2)].into());
}

#[test]
fn the_same_entries_give_the_same_bytes() {
    let mut entries: Vec<_> = (0..500).map(|nth| (nth % 7, format!("site-{nth}.test"), None)).collect();
    let one = compile(&entries);
    entries.reverse();
    entries.push(entries[3].clone());
    assert_eq!(one, compile(&entries));
    entries.pop();
    entries.pop();
    assert_ne!(one, compile(&entries));
}

#[test]
fn an_empty_index_opens_and_finds_nothing() {
    let index = open(IndexBuilder::new().build().unwrap());
    assert_eq!(index.find_all(&Host::parse("games.example").unwrap(), Some("/")), []);
}

#[test]
fn a_damaged_image_says_what_is_wrong() {
    let image = compile(&[(1, "games.example".into(), None)]);
    let open = |bytes: Vec<u8>| ListIndex::open(Image::new(bytes)).unwrap_err().to_string();
    let length = image.len();
    assert_eq!(open(Vec::new()), "the file is not a compiled list");
    assert_eq!(open(vec![0; 4096]), "the file is not a compiled list");
    let short = format!("the compiled list should have {length} bytes and has {}", length - 1);
    assert_eq!(open(image[..length - 1].to_vec()), short);
    let mut flipped = image.clone();
    flipped[length - 3] ^= 1;
    assert_eq!(open(flipped), "the compiled list is damaged: its checksum is wrong");
    let mut later = image;
    later[8] = 9;
    assert_eq!(open(later), "the compiled list has format 9; this program reads format 1: compile it again");
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![Just("a".to_owned()), Just("b".to_owned()), Just("ab".to_owned()), "[a-c-]{0,2}x{0,14}y"]
}

fn name() -> impl Strategy<Value = String> {
    proptest::collection::vec(label(), 1..4).prop_map(|labels| format!("{}.test", labels.join(".")))
}

fn path() -> impl Strategy<Value = Option<String>> {
    proptest::option::weighted(0.4, "[/ab?&%.]{0,8}")
}

proptest! {
    #[test]
    fn the_index_finds_what_a_naive_table_finds(
        entries in proptest::collection::vec((0..4usize, name(), path()), 0..40),
        hosts in proptest::collection::vec((name(), path()), 1..20),
    ) {
        let index = open(compile(&entries));
        for (host, path) in &hosts {
            let host = Host::parse(host).unwrap();
            let path = path.as_deref().map(crate::address::canonical_path);
            let (naive, found) = (naive(&entries, &host, path.as_deref()), found(&index, &host, path.as_deref()));
            // A child that says the same as the parent above it is not stored: what remains must say it.
            for (entry, numbers) in &found {
                prop_assert_eq!(naive.get(entry), Some(numbers), "{}", entry);
            }
            let all = |of: &BTreeMap<String, BTreeSet<usize>>| of.values().flatten().copied().collect::<BTreeSet<_>>();
            prop_assert_eq!(all(&naive), all(&found));
            let longest = |of: &BTreeMap<String, BTreeSet<usize>>| {
                of.iter().filter(|(entry, _)| !entry.contains('/')).max_by_key(|(entry, _)| entry.len()).map(|(_, set)| set.clone())
            };
            prop_assert_eq!(longest(&naive), longest(&found));
        }
    }

    #[test]
    fn no_damage_panics(at: proptest::sample::Index, value: u8, cut: proptest::sample::Index, mend: bool) {
        let entries: Vec<_> = (0..60).map(|nth| (nth % 3, format!("s{nth}.test"), (nth % 4 == 0).then(|| "/a".to_owned()))).collect();
        let mut bytes = compile(&entries);
        let place = at.index(bytes.len());
        bytes[place] = value;
        if mend {
            // Somebody who also mends the checksum.
            let sum = image::checksum(&bytes);
            bytes[image::CHECKSUM].copy_from_slice(&sum.0);
        } else {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(index) = ListIndex::open(Image::new(bytes)) {
            for nth in 0..60 {
                for found in index.find_all(&Host::parse(&format!("s{nth}.test")).unwrap(), Some("/a/b")) {
                    index.tags_of(found).count();
                }
            }
        }
    }
}
