//! Files told by their bytes, whatever they are called and however their bytes come.

use std::io::Write;

use flate2::{Compression, write};
use proptest::prelude::*;

use super::*;

const PE: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0This is no program, only its first bytes.\0";

/// A zip of these entries: name, bytes, deflated?, size told in the head?, locked?
fn zip(entries: &[(&str, &[u8], bool, bool, bool)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes, deflated, told, locked) in entries {
        let data = if *deflated {
            let mut encoder = write::DeflateEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        } else {
            bytes.to_vec()
        };
        let flags: u16 = u16::from(*locked) | if *told { 0 } else { 8 };
        let method: u16 = if *deflated { 8 } else { 0 };
        let size = u32::try_from(data.len()).unwrap();
        let told = if *told { size } else { 0 };
        out.extend(b"PK\x03\x04\x14\0");
        out.extend(flags.to_le_bytes());
        out.extend(method.to_le_bytes());
        out.extend([0; 8]);
        out.extend(told.to_le_bytes());
        out.extend(told.to_le_bytes());
        out.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        out.extend(4_u16.to_le_bytes());
        out.extend(name.as_bytes());
        out.extend([1, 2, 0, 0]);
        out.extend(&data);
        if told == 0 {
            out.extend(b"PK\x07\x08\0\0\0\0");
            out.extend([size.to_le_bytes(), size.to_le_bytes()].concat());
        }
        directory.extend(b"PK\x01\x02\x14\0\x14\0");
        directory.extend(flags.to_le_bytes());
        directory.extend(method.to_le_bytes());
        directory.extend([0; 8]);
        directory.extend([size.to_le_bytes(), size.to_le_bytes()].concat());
        directory.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        directory.extend([0; 16]);
        directory.extend(name.as_bytes());
    }
    out.extend(directory);
    out.extend(b"PK\x05\x06");
    out.extend([0; 18]);
    out
}

fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in entries {
        let mut head = [0; 512];
        head[..name.len()].copy_from_slice(name.as_bytes());
        head[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        head[156] = b'0';
        head[257..262].copy_from_slice(b"ustar");
        out.extend(head);
        out.extend(*bytes);
        out.resize(out.len().div_ceil(512) * 512, 0);
    }
    out.extend([0; 1024]);
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = write::GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn in_pieces(bytes: &[u8], name: Option<&str>, step: usize) -> FileKind {
    let mut detector = Detector::new(name);
    for piece in bytes.chunks(step) {
        detector.push(piece);
    }
    detector.finish()
}

#[track_caller]
fn check(name: &str, bytes: &[u8], words: &str) {
    for step in [1, 3, 64, 1000, usize::MAX] {
        assert_eq!(in_pieces(bytes, Some(name), step).words(), words, "{name} by {step}");
    }
}

#[test]
fn programs_are_known_by_their_bytes() {
    check("holiday.jpg", PE, "a program for Windows");
    check("essay.txt", b"MZ is how this text begins.", "text");
    check("a", b"\x7fELF\x02\x01\x01\0", "a program for Linux");
    check("a", b"\xcf\xfa\xed\xfe\x07\0\0\x01", "a program for a Mac");
    check("a", b"\xca\xfe\xba\xbe\0\0\0\x02\0\0", "a program for a Mac");
    check("a", b"\xca\xfe\xba\xbe\0\0\0\x3d\0\0", "a program for Java or Android");
    check("a", b"!<arch>\ndebian-binary   ", "a package that installs programs");
    check("a", b"#!/bin/sh\necho hello\n", "a script, which is a program in text");
    check("a.bat", b"@echo off\r\n", "a script, which is a program in text");
    check("a.vbs", b"\xff\xfeM\0s\0g\0", "a script, which is a program in text");
    // Windows runs it for its name, and passes over what it does not understand.
    check("a.bat", b"\x89PNG\r\n\x1a\n\0\0", "a script, which is a program in text");
    check("a.jpg", b"\x89PNG\r\n\x1a\n\0\0", "a picture");
    check("notes.txt", b"@echo off\r\n", "text");
}

#[test]
fn disk_images_are_known_by_marks_far_inside() {
    let mut disc = vec![0; 40_000];
    disc[32_769..32_774].copy_from_slice(b"CD001");
    check("films.bin", &disc, "a disk image, which installs programs");
    let mut mac = vec![7; 5000];
    mac[4488..4492].copy_from_slice(b"koly");
    check("a", &mac, "a disk image, which installs programs");
    check("a", &[0; 40_000], "a file of another kind");
}

#[test]
fn other_files_are_known() {
    check("a.exe", b"%PDF-1.7\n\xe2\xe3", "a PDF");
    check("a", b"RIFF\x10\0\0\0WEBPVP8 ", "a picture");
    check("a", b"\0\0\0\x20ftypavif\0\0", "a picture");
    check("a", b"\0\0\0\x20ftypisom\0\0", "a video");
    check("a", b"ID3\x04\0\0", "a sound");
    check("a", b"7z\xbc\xaf\x27\x1c\0\x04", "an archive that cannot be looked into");
    check("a", b"", "a file of another kind");
}

#[test]
fn archives_are_looked_into() {
    let long = vec![b'x'; 5000];
    for deflated in [false, true] {
        for told in [false, true] {
            let plain = zip(&[("a.txt", b"hello", deflated, told, false), ("b.txt", &long, deflated, told, false)]);
            check("a.zip", &plain, "an archive");
            let named = zip(&[("b.txt", &long, deflated, told, false), ("x/setup.EXE", b"?", deflated, told, false)]);
            check("a.zip", &named, "an archive with a program inside");
            let disguised = zip(&[("b.txt", &long, deflated, told, false), ("cat.jpg", PE, deflated, told, false)]);
            check("a.zip", &disguised, "an archive with a program inside");
        }
    }
    check("a.zip", &zip(&[("a.txt", b"????", false, true, true)]), "an archive with a password");
    check("a.zip", &zip(&[("a.exe", b"????", false, true, true)]), "an archive with a program inside");
    // Behind something else, where it is named as an archive or nothing else is known.
    let hidden = zip(&[("setup.exe", PE, false, true, false)]);
    check("a.zip", &[b"GIF89a".to_vec(), hidden.clone()].concat(), "an archive with a program inside");
    check("a", &[b"\n\n".to_vec(), hidden.clone(), vec![b'x'; 2000]].concat(), "an archive with a program inside");
    // A false size in the first head hides the second entry.
    let mut hiding = zip(&[("a.txt", b"hello", false, true, false), ("cat.jpg", PE, false, true, false)]);
    hiding[18..22].copy_from_slice(&1_000_000_u32.to_le_bytes());
    check("a.zip", &hiding, "an archive that cannot be looked into");
    let inner = zip(&[("a.exe", PE, false, true, false)]);
    check("a.zip", &zip(&[("inner.zip", &inner, true, true, false)]), "an archive that cannot be looked into");
    let letter =
        zip(&[("[Content_Types].xml", b"<x/>", true, true, false), ("word/d.xml", b"<x/>", true, true, false)]);
    check("a.zip", &zip(&[("letter.docx", &letter, true, true, false)]), "an archive");
}

#[test]
fn tar_and_gzip_are_looked_into() {
    let plain = tar(&[("a/run.sh", b"#!/bin/sh\n"), ("a/b.txt", &[b'x'; 900])]);
    check("a.tar", &plain, "an archive");
    check("a.tar.gz", &gzip(&plain), "an archive");
    let program = tar(&[("a/b.txt", &[b'x'; 900]), ("a/tool", b"\x7fELF\x02\x01\x01\0")]);
    check("a.tar", &program, "an archive with a program inside");
    check("a.tgz", &gzip(&program), "an archive with a program inside");
    check("a.gz", &gzip(PE), "an archive with a program inside");
    check("a.gz", &gzip(b"only text"), "an archive");
    check("a.gz", &gzip(&gzip(b"twice")), "an archive that cannot be looked into");
}

#[test]
fn documents_packages_and_macros_are_told_apart() {
    let types: (&str, &[u8], bool, bool, bool) = ("[Content_Types].xml", b"<Types/>", true, true, false);
    check("a.docx", &zip(&[types, ("word/document.xml", b"<w/>", true, true, false)]), "a document");
    let macros = zip(&[types, ("word/vbaProject.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", true, true, false)]);
    check("a.docx", &macros, "a document with macros");
    check("a.epub", &zip(&[("mimetype", b"application/epub+zip", false, true, false)]), "a document");
    let package =
        zip(&[("AndroidManifest.xml", b"x", true, true, false), ("classes.dex", b"dex\n035\0", true, true, false)]);
    check("game.zip", &package, "a package that installs programs");
    check("a.zip", &zip(&[("META-INF/MANIFEST.MF", b"x", true, true, false)]), "a package that installs programs");
    let mut old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    old.resize(3000, 0);
    check("a.doc", &old, "a document");
    let mut with_macros = old.clone();
    with_macros.extend(b"_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0");
    check("a.doc", &with_macros, "a document with macros");
    old.extend(b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46");
    check("a.doc", &old, "a package that installs programs");
}

proptest! {
    #[test]
    fn pieces_do_not_matter_and_nothing_panics(
        start in prop::sample::select(vec![
            &b""[..], b"PK\x03\x04", b"\x1f\x8b\x08\0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"MZ", b"PK\x05\x06",
        ]),
        rest in prop::collection::vec(prop_oneof![Just(0), Just(b'P'), Just(b'K'), Just(3), Just(4), any::<u8>()], 0..3000),
        step in 1_usize..700,
    ) {
        let bytes = [start, &rest].concat();
        prop_assert_eq!(in_pieces(&bytes, None, step), file_kind(&bytes, None));
    }

    #[test]
    fn a_mangled_archive_is_read_alike_in_any_pieces(at in 0_usize..700, byte in any::<u8>(), step in 1_usize..200) {
        let long = [b'x'; 300];
        let mut bytes = zip(&[("a.txt", &long, true, false, false), ("b.txt", &long, false, true, false), ("c", PE, true, true, false)]);
        let at = at % bytes.len();
        bytes[at] = byte;
        prop_assert_eq!(in_pieces(&bytes, None, step), file_kind(&bytes, None));
        let mut bytes = tar(&[("a.txt", &long), ("b", PE)]);
        let at = at % bytes.len();
        bytes[at] = byte;
        prop_assert_eq!(in_pieces(&bytes, None, step), file_kind(&bytes, None));
    }
}
