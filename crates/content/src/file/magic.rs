//! What the first bytes of a file tell.

use super::kind::{FileKind, Inside, Program};

/// Formats that are read along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Zip,
    Tar,
    Gzip,
    /// The compound files of older Office documents and of MSI.
    Ole,
}

/// The end of a file's name, in lower case.
pub(super) fn extension(name: &str) -> String {
    let name = name.trim_end_matches([' ', '.']);
    let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
    file.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).filter(|end| end.len() <= 12).unwrap_or_default()
}

/// Names that Windows runs, and installers: programs inside an archive.
pub(super) fn is_program_name(extension: &str) -> bool {
    is_script_name_of_windows(extension)
        || matches!(
            extension,
            "exe"
                | "com"
                | "scr"
                | "pif"
                | "cpl"
                | "dll"
                | "sys"
                | "ocx"
                | "drv"
                | "msi"
                | "msp"
                | "msix"
                | "appx"
                | "msixbundle"
                | "appxbundle"
                | "jar"
                | "apk"
                | "aab"
                | "xapk"
                | "ipa"
                | "deb"
                | "rpm"
                | "dmg"
                | "pkg"
                | "iso"
                | "lnk"
                | "crx"
                | "xpi"
                | "appimage"
                | "gadget"
                | "application"
                | "class"
                | "dex"
        )
}

pub(super) fn is_script_name_of_windows(extension: &str) -> bool {
    matches!(
        extension,
        "bat" | "cmd" | "ps1" | "psm1" | "vbs" | "vbe" | "jse" | "wsf" | "wsh" | "hta" | "reg" | "sct" | "scf" | "msh"
    )
}

/// Names of scripts that count when the bytes of a download are text.
fn is_script_name(extension: &str) -> bool {
    is_script_name_of_windows(extension) || matches!(extension, "js" | "mjs" | "sh" | "command" | "py" | "applescript")
}

/// Which format that is read along the bytes begin.
pub(super) fn container(head: &[u8]) -> Option<Container> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") || head.starts_with(b"PK\x07\x08PK") {
        Some(Container::Zip)
    } else if head.starts_with(b"\x1f\x8b\x08") {
        Some(Container::Gzip)
    } else if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        Some(Container::Ole)
    } else if head.get(257..262) == Some(b"ustar") {
        Some(Container::Tar)
    } else {
        None
    }
}

/// Marks at the very beginning.
static MARKS: &[(&[u8], FileKind)] = &[
    (b"\x7fELF", FileKind::Program(Program::Linux)),
    (b"\xfe\xed\xfa\xce", FileKind::Program(Program::Mac)),
    (b"\xfe\xed\xfa\xcf", FileKind::Program(Program::Mac)),
    (b"\xce\xfa\xed\xfe", FileKind::Program(Program::Mac)),
    (b"\xcf\xfa\xed\xfe", FileKind::Program(Program::Mac)),
    (b"L\0\0\0\x01\x14\x02\0", FileKind::Program(Program::Windows)),
    (b"dex\n03", FileKind::Program(Program::Java)),
    (b"!<arch>\ndebian", FileKind::Program(Program::Package)),
    (b"\xed\xab\xee\xdb", FileKind::Program(Program::Package)),
    (b"Cr24", FileKind::Program(Program::Package)),
    (b"xar!", FileKind::Program(Program::Package)),
    (b"hsqs", FileKind::Program(Program::Package)),
    (b"x\x01s\rbb`", FileKind::Program(Program::DiskImage)),
    (b"7z\xbc\xaf\x27\x1c", FileKind::Archive(Inside::Unseen)),
    (b"Rar!\x1a\x07", FileKind::Archive(Inside::Unseen)),
    (b"MSCF\0\0\0\0", FileKind::Archive(Inside::Unseen)),
    (b"BZh", FileKind::Archive(Inside::Unseen)),
    (b"\xfd7zXZ\0", FileKind::Archive(Inside::Unseen)),
    (b"\x28\xb5\x2f\xfd", FileKind::Archive(Inside::Unseen)),
    (b"\x04\x22\x4d\x18", FileKind::Archive(Inside::Unseen)),
    (b"LZIP\x01", FileKind::Archive(Inside::Unseen)),
    (b"\x1f\x8b\x08", FileKind::Archive(Inside::Files)),
    (b"PK\x03\x04", FileKind::Archive(Inside::Files)),
    (b"PK\x05\x06", FileKind::Archive(Inside::Files)),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind::Document { macros: false }),
    (b"\x89PNG\r\n\x1a\n", FileKind::Image),
    (b"\xff\xd8\xff", FileKind::Image),
    (b"GIF87a", FileKind::Image),
    (b"GIF89a", FileKind::Image),
    (b"II*\0", FileKind::Image),
    (b"MM\0*", FileKind::Image),
    (b"8BPS\0\x01", FileKind::Image),
    (b"\0\0\x01\0", FileKind::Image),
    (b"\xff\x0a", FileKind::Image),
    (b"\0\0\0\x0cJXL ", FileKind::Image),
    (b"ID3", FileKind::Audio),
    (b"OggS", FileKind::Audio),
    (b"fLaC", FileKind::Audio),
    (b"MThd\0\0", FileKind::Audio),
    (b"#!AMR", FileKind::Audio),
    (b"\x1a\x45\xdf\xa3", FileKind::Video),
    (b"FLV\x01", FileKind::Video),
    (b"\0\0\x01\xba", FileKind::Video),
    (b"\0\0\x01\xb3", FileKind::Video),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", FileKind::Video),
    (b"wOFF", FileKind::Font),
    (b"wOF2", FileKind::Font),
    (b"OTTO\0", FileKind::Font),
    (b"\0\x01\0\0\0", FileKind::Font),
];

/// What the first bytes and the name tell. A name that Windows runs is that of a script whatever comes first, unless the
/// bytes are those of another program; other names count only where the bytes are text or nothing known.
pub(super) fn of(head: &[u8], extension: &str) -> FileKind {
    match by_bytes(head) {
        program @ Some(FileKind::Program(_)) => program,
        _ if is_script_name_of_windows(extension) && !head.is_empty() => Some(FileKind::Program(Program::Script)),
        known => known,
    }
    .unwrap_or_else(|| by_name(head, extension))
}

/// What a mark at its place tells.
fn by_bytes(head: &[u8]) -> Option<FileKind> {
    if let Some((_, kind)) = MARKS.iter().find(|(mark, _)| head.starts_with(mark)) {
        return Some(*kind);
    }
    let first = head.get(..4).unwrap_or_default();
    match first {
        // A text may begin with these letters; the head of a program has empty bytes.
        [b'M', b'Z', ..] if head.get(..64).unwrap_or(head).contains(&0) => {
            return Some(FileKind::Program(Program::Windows));
        }
        b"\xca\xfe\xba\xbe" => {
            // The number of programs in the file, or the version of Java, which is 45 at least.
            let java = head.get(7).is_some_and(|version| *version >= 45);
            return Some(FileKind::Program(if java { Program::Java } else { Program::Mac }));
        }
        b"RIFF" => return Some(riff(head.get(8..12).unwrap_or_default())),
        [b'B', b'M', ..] if head.get(6..10) == Some(&[0; 4]) => return Some(FileKind::Image),
        [0xff, second, ..] if second & 0xe6 == 0xe2 || second & 0xf6 == 0xf0 => return Some(FileKind::Audio),
        [0x47, ..] if head.get(188) == Some(&0x47) && head.get(376) == Some(&0x47) => return Some(FileKind::Video),
        _ => {}
    }
    if head.get(4..8) == Some(b"ftyp") {
        return Some(brand(head.get(8..12).unwrap_or_default()));
    }
    if container(head) == Some(Container::Tar) {
        return Some(FileKind::Archive(Inside::Files));
    }
    memchr::memmem::find(head, b"%PDF-").map(|_| FileKind::Pdf)
}

/// What the name tells of bytes that have no mark.
fn by_name(head: &[u8], extension: &str) -> FileKind {
    if is_text(head) {
        let script = head.starts_with(b"#!") || head.starts_with(b"\xef\xbb\xbf#!") || is_script_name(extension);
        return if script { FileKind::Program(Program::Script) } else { FileKind::Text };
    }
    match extension {
        "iso" | "dmg" | "img" | "vhd" | "vhdx" => FileKind::Program(Program::DiskImage),
        _ => FileKind::Unknown,
    }
}

fn riff(form: &[u8]) -> FileKind {
    match form {
        b"WEBP" => FileKind::Image,
        b"WAVE" => FileKind::Audio,
        b"AVI " => FileKind::Video,
        _ => FileKind::Unknown,
    }
}

fn brand(brand: &[u8]) -> FileKind {
    match brand {
        b"avif" | b"avis" | b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1" => FileKind::Image,
        b"M4A " | b"M4B " => FileKind::Audio,
        _ => FileKind::Video,
    }
}

/// Whether bytes are text: no control character but those of lines, or UTF-16 with its mark.
fn is_text(head: &[u8]) -> bool {
    if head.is_empty() {
        return false;
    }
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return head.get(2..).unwrap_or_default().as_chunks::<2>().0.iter().all(|pair| *pair != [0, 0]);
    }
    head.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b | 0x20..=0x7e | 0x80..))
}

/// What the first bytes and the name of an entry of an archive tell.
pub(super) fn of_entry(head: &[u8], extension: &str) -> Inside {
    let is_document = matches!(
        extension,
        "docx"
            | "dotx"
            | "xlsx"
            | "xltx"
            | "pptx"
            | "potx"
            | "ppsx"
            | "docm"
            | "xlsm"
            | "pptm"
            | "odt"
            | "ods"
            | "odp"
            | "odg"
            | "epub"
            | "doc"
            | "xls"
            | "ppt"
            | "pub"
            | "msg"
            | "svgz"
    );
    match container(head) {
        // Documents are archives themselves; an archive within the archive is not looked into.
        Some(_) if !is_document => Inside::Unseen,
        Some(_) => Inside::Files,
        None => Inside::of(of(head, "")),
    }
}
