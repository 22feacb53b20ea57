//! What the files of other filters are read as.

use super::*;

#[track_caller]
fn check(file: &str, otherwise: Means, open: &[&str], block: &[&str], refused: &[(u64, &str)]) -> Read {
    let read = read(file.as_bytes(), otherwise, |site| site.to_string() == "sealed.example");
    let sites = |of: &[Taken]| of.iter().map(|it| it.site.to_string()).collect::<Vec<_>>();
    assert_eq!(sites(&read.open), open, "open");
    assert_eq!(sites(&read.block), block, "block");
    assert_eq!(read.refused.iter().map(|it| (it.line, it.text.as_str())).collect::<Vec<_>>(), refused, "refused");
    read
}

#[test]
fn the_exports_of_products_are_read() {
    let read = check(
        "\u{feff}URL,Action,Comment\r\nhttps://maps.example/uk,Allow,\"Geography, Year 4\"\r\n\r\n*.games.example,Block,\r\n\
         games.example,BLOCKED,again\r\nco.uk,block,\r\nother.example,maybe,\r\n",
        Means::Block,
        &["maps.example/uk"],
        &["games.example"],
        &[(5, "co.uk"), (6, "other.example")],
    );
    assert_eq!((read.again, read.open[0].note.as_str()), (1, "Geography, Year 4"));
    check("Domain;Notes\nquiz.example;ok\n", Means::Open, &["quiz.example"], &[], &[]);
    check("# ours\none.example\ntwo.example\n", Means::Block, &[], &["one.example", "two.example"], &[]);
    check("site,action\nboth.example,allow\nboth.example,deny\n", Means::Open, &[], &[], &[(0, "both.example")]);
}

#[test]
fn no_line_is_lost_in_the_cell_of_another() {
    let file = "url,action,note\none.example,block,\"see T-17\ntwo.example,block,\nthree.example,block,\n";
    let read = check(file, Means::Block, &[], &[], &[(2, "one.example")]);
    assert!(read.refused[0].why.contains("up to line 4"), "{:?}", read.refused);
    let file = "url,note\none.example,\"two\nlines\"\ntwo.example,\"no, one\"\n";
    check(file, Means::Block, &[], &["two.example"], &[(2, "one.example")]);
    check("\"url\nnote\",action\none.example,block\n", Means::Open, &[], &[], &[(1, "url")]);
}

#[test]
fn what_is_never_named_is_not_repeated() {
    let never = (2, "A site that is never named");
    check("url\nhttps://sealed.example/\none.example\n", Means::Open, &["one.example"], &[], &[never]);
}

#[test]
fn what_opens_is_never_read_as_closing() {
    let unread = "The column ‘Access’ seems to say what is to be open or closed: give it the heading Action";
    let read =
        check("Domain,Access,Comment\na.example,Allow,\nb.example,Block,x\n", Means::Block, &[], &[], &[(0, "Access")]);
    assert_eq!(read.refused[0].why, unread);
    check("a.example,Allow\n", Means::Block, &[], &[], &[(0, "")]);
    let read = check("sep=;\r\nDomain;Owner;Action\r\na.example;IT;Allow\r\n", Means::Block, &["a.example"], &[], &[]);
    assert_eq!(read.unread, ["Owner"]);
    check(
        "Lists of our filter\n\nDomain,Action\na.example,Allow\n",
        Means::Block,
        &["a.example"],
        &[],
        &[(1, "Lists of our filter")],
    );
}

#[test]
fn what_means_many_sites_or_none_is_refused() {
    let (file, refused) = (
        "blogspot.com\n*.github.io\nuser@mail.example\n192.0.2.0/24\nmine.blogspot.com\n",
        [(1, "blogspot.com"), (2, "*.github.io"), (3, "user@mail.example"), (4, "192.0.2.0/24")],
    );
    check(file, Means::Block, &[], &["mine.blogspot.com"], &refused);
}

#[test]
fn hosts_files_and_what_spreadsheets_save_are_read() {
    let hosts = "127.0.0.1\tlocalhost\n::1 localhost\n0.0.0.0\tads.example # bad\n0.0.0.0 one.example two.example\n";
    check(hosts, Means::Block, &[], &["ads.example", "one.example", "two.example"], &[]);
    let wide: Vec<u8> =
        "\u{feff}Domain\tAction\r\na.example\tAllow\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&wide, Means::Block, |_| false).open[0].site.to_string(), "a.example");
    for bytes in [&b"PK\x03\x04more\nand\nmore"[..], b"a\0b\n\0\n"] {
        let read = read(bytes, Means::Block, |_| false);
        assert_eq!(read.refused.len(), 1);
        assert!(read.refused[0].why.contains("save it as CSV"), "{read:?}");
    }
}

#[test]
fn every_line_beyond_the_most_is_counted() {
    let file: String = (0..MOST_LINES + 5).map(|nth| format!("s{nth}.example\n")).collect();
    let read = read(file.as_bytes(), Means::Block, |_| false);
    assert_eq!((read.block.len(), read.refused.len(), read.not_taken()), (MOST_LINES, 1, 5));
    assert_eq!(read.refused[0].why, "The file has more than 50,000 sites: divide it");
}

#[test]
fn nothing_that_is_sent_panics() {
    for bytes in [&b""[..], b"\xff\xfe", b"\"", b",,,\n;;;", b"url,action\n\"a", b"\0\0"] {
        let _ = read(bytes, Means::Open, |_| false);
    }
}
