//! Any bytes as a list, as a compiled image, as a sealed image and as an address: nothing panics, and what was read
//! from a list is found in its image.

#![no_main]

use filter::{Address, Host, Image, IndexBuilder, ListFormat, ListIndex, SealedList, parse_list};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for format in [ListFormat::Domains, ListFormat::Urls, ListFormat::Hosts] {
        let (entries, _) = parse_list(format, bytes);
        let mut builder = IndexBuilder::new();
        let tag = builder.tag("fuzz", None).expect("one tag fits");
        for entry in &entries {
            builder.add(tag, entry).expect("a few entries fit");
        }
        let image = builder.build().expect("a few entries fit");
        let index = ListIndex::open(Image::new(image)).expect("what was written is read");
        for entry in &entries {
            let host = Host::parse(&entry.host).or_else(|_| Host::parse(&format!("[{}]", entry.host)));
            let host = host.expect("the host of an entry is a host");
            assert!(!index.find_all(&host, entry.path.as_deref()).is_empty(), "{entry:?} is not found");
        }
    }
    if let Ok(index) = ListIndex::open(Image::new(bytes.to_vec())) {
        let host = Host::parse("www.games.example").expect("a host");
        for found in index.find_all(&host, Some("/a/b?c")) {
            index.tags_of(found).count();
        }
    }
    if let Ok(sealed) = SealedList::open(Image::new(bytes.to_vec()), &[0; 32]) {
        sealed.find(&Host::parse("www.games.example").expect("a host"), Some("/a/b?c"));
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(address) = Address::parse(text)
    {
        assert_eq!(Address::parse(&address.to_string()).as_ref(), Ok(&address));
    }
});
