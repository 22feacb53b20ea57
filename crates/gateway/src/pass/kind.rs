//! Which classes of files a policy stops, by what they are; which answers are pictures, sound, video, fonts.

use std::collections::BTreeSet;

use content::{FileKind, Inside, Program};
use filter::FileClass;
use hyper::{HeaderMap, Uri, header};

/// Whether a file is of a class that is stopped.
pub(super) fn is_stopped(kind: FileKind, classes: &BTreeSet<FileClass>) -> bool {
    class_of(kind).is_some_and(|class| classes.contains(&class))
}

fn class_of(kind: FileKind) -> Option<FileClass> {
    match kind {
        FileKind::Program(Program::Windows | Program::Linux | Program::Mac | Program::Java) => {
            Some(FileClass::Programs)
        }
        FileKind::Program(Program::Package | Program::DiskImage) => Some(FileClass::Installers),
        FileKind::Program(Program::Script) => Some(FileClass::ScriptFiles),
        FileKind::Archive(Inside::Program) => Some(FileClass::InArchives),
        FileKind::Archive(Inside::Locked | Inside::Unseen) => Some(FileClass::LockedArchives),
        FileKind::Document { macros: true } => Some(FileClass::Macros),
        FileKind::Archive(Inside::Files)
        | FileKind::Document { macros: false }
        | FileKind::Pdf
        | FileKind::Image
        | FileKind::Video
        | FileKind::Audio
        | FileKind::Font
        | FileKind::Text
        | FileKind::Unknown => None,
    }
}

/// Whether nothing more can be learned of a file, so that it need not be looked at further.
pub(super) fn is_settled(kind: FileKind) -> bool {
    match kind {
        FileKind::Image | FileKind::Video | FileKind::Audio | FileKind::Font => true,
        FileKind::Program(_)
        | FileKind::Archive(_)
        | FileKind::Document { .. }
        | FileKind::Pdf
        | FileKind::Text
        | FileKind::Unknown => false,
    }
}

/// Whether bytes are those of a file that can do harm, whatever the answer says that it is.
pub(super) fn is_file(kind: FileKind) -> bool {
    match kind {
        FileKind::Program(_) | FileKind::Archive(_) | FileKind::Document { .. } | FileKind::Pdf => true,
        FileKind::Image | FileKind::Video | FileKind::Audio | FileKind::Font | FileKind::Text | FileKind::Unknown => {
            false
        }
    }
}

/// The `Content-Type` that browsers go by: of several the last that names a kind of media (WHATWG Fetch, "extract a MIME
/// type"). Where none does they look at the bytes, and this is empty.
pub(super) fn content_type(headers: &HeaderMap) -> &str {
    let values = headers.get_all(header::CONTENT_TYPE).iter().filter_map(|value| value.to_str().ok());
    let names_one = |value: &&str| {
        let (main, sub) = media_type(value).split_once('/').unwrap_or_default();
        !main.is_empty() && main != "*" && !sub.is_empty()
    };
    values.flat_map(|value| value.split(',')).map(str::trim).rfind(names_one).unwrap_or_default()
}

/// The name of a kind of media without its parameters.
pub(super) fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// Whether an answer says that it is a picture, sound, video or a font.
pub(super) fn is_media(media_type: &str) -> bool {
    let main = media_type.split('/').next().unwrap_or_default();
    matches!(main, "image" | "audio" | "video" | "font") && media_type != "image/svg+xml"
}

/// Whether an answer says that it is a part of a page: text that browsers show or run, which no scanner need see.
pub(super) fn is_page_part(media_type: &str) -> bool {
    matches!(
        media_type,
        "text/html"
            | "text/css"
            | "text/javascript"
            | "application/javascript"
            | "application/json"
            | "application/xhtml+xml"
            | "text/event-stream"
    ) || media_type.ends_with("+json")
}

/// How an answer is saved, where it is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Download {
    /// The name that it is saved under.
    pub(super) name: Option<String>,
    /// Whether its head says that it is to be saved.
    pub(super) attached: bool,
}

impl Download {
    /// What the head of an answer to this address says. The scripts and styles of pages are no downloads, but for what
    /// Windows would run: a link can save a page under the name of its address.
    pub(super) fn of(uri: &Uri, headers: &HeaderMap, media_type: &str) -> Self {
        let disposition = headers.get(header::CONTENT_DISPOSITION).map(|it| String::from_utf8_lossy(it.as_bytes()));
        let named = disposition.as_deref().and_then(file_name);
        let (attached, page_part) = (disposition.is_some(), is_page_part(media_type));
        let last = uri.path().rsplit('/').next().unwrap_or_default();
        let last = percent_encoding::percent_decode_str(last).decode_utf8_lossy();
        let counts = last.contains('.') && (attached || !page_part || content::is_run_by_name(&last));
        let name = named.or_else(|| counts.then(|| last.into_owned()));
        Self { name, attached }
    }
}

/// The name in a `Content-Disposition` (RFC 6266): `filename*` goes before `filename`.
fn file_name(disposition: &str) -> Option<String> {
    let mut quoted = false;
    let parts = disposition.split(|letter| {
        quoted ^= letter == '"';
        letter == ';' && !quoted
    });
    let fields = parts.filter_map(|part| part.split_once('=')).map(|(name, value)| (name.trim(), value.trim()));
    let (mut plain, mut coded) = (None, None);
    for (name, value) in fields {
        if name.eq_ignore_ascii_case("filename*") {
            let name = value.splitn(3, '\'').nth(2).unwrap_or(value);
            coded = Some(percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned());
        } else if name.eq_ignore_ascii_case("filename") {
            plain = Some(value.trim_matches('"').to_owned());
        }
    }
    coded.or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_download_has_a_name() {
        #[track_caller]
        fn check(path: &str, fields: &[(&'static str, &str)], expected: Option<&str>) {
            let headers = headers(fields);
            let download = Download::of(&path.parse().unwrap(), &headers, media_type(content_type(&headers)));
            assert_eq!(download.name.as_deref(), expected);
        }
        check("/a/setup.exe?x", &[], Some("setup.exe"));
        check("/a/set%75p%2Eexe", &[], Some("setup.exe"));
        check("/run.bat", &[("content-type", "text/html")], Some("run.bat"));
        check("/index.php", &[("content-type", "text/html")], None);
        check("/app.js", &[("content-type", "text/javascript; charset=utf-8")], None);
        check("/get", &[("content-disposition", "attachment; filename=\"run me.bat\"; size=3")], Some("run me.bat"));
        check("/get", &[("content-disposition", "attachment; filename=\"a;b.txt\"")], Some("a;b.txt"));
        check("/get", &[("content-disposition", "attachment; FILENAME=run.bat")], Some("run.bat"));
        check("/get", &[("content-disposition", "attachment; filename*=UTF-8''run%2Ebat")], Some("run.bat"));
        let both = "attachment; filename=a.txt; filename*=UTF-8''run.bat";
        check("/get", &[("content-disposition", both)], Some("run.bat"));
        check("/x.js", &[("content-type", "text/javascript"), ("content-disposition", "attachment")], Some("x.js"));
        check("/page", &[], None);
    }

    #[test]
    fn browsers_go_by_the_last_type_that_is_one() {
        #[track_caller]
        fn check(values: &[&str], expected: &str) {
            let fields: Vec<_> = values.iter().map(|value| ("content-type", *value)).collect();
            assert_eq!(content_type(&headers(&fields)), expected);
        }
        check(&["image/png", "text/html; charset=utf-8"], "text/html; charset=utf-8");
        check(&["image/png, text/html"], "text/html");
        check(&["text/html", "x"], "text/html");
        check(&["text/html", "*/*"], "text/html");
        check(&["x"], "");
        check(&[], "");
    }

    #[test]
    fn media_are_told_from_what_can_hold_words() {
        assert!(is_media("image/png") && is_media("video/mp4") && is_media("font/woff2"));
        assert!(!is_media("image/svg+xml") && !is_media("application/zip") && !is_media(""));
    }
}
