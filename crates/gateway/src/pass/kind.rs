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

/// The name of the kind of media, in lower case and without its parameters.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
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

/// The name that a download is saved under, where the answer is one.
pub(super) fn download_name(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let disposition = headers.get(header::CONTENT_DISPOSITION).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let named = disposition.as_deref().and_then(|text| {
        let (_, name) = text.split_once("filename")?;
        let (_, name) = name.split_once('=')?;
        let name = name.trim().trim_start_matches("UTF-8''").trim_start_matches('"');
        Some(name.split(['"', ';']).next().unwrap_or(name).trim().to_owned())
    });
    let last = || uri.path().rsplit('/').next().filter(|name| name.contains('.')).map(str::to_owned);
    match (named, disposition) {
        (Some(name), _) => Some(name),
        (None, Some(_)) => last(),
        // The scripts and styles of pages are no downloads.
        (None, None) if is_page_part(&media_type(headers)) => None,
        (None, None) => last(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_has_a_name() {
        #[track_caller]
        fn check(path: &str, fields: &[(&'static str, &str)], expected: Option<&str>) {
            let fields = fields.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            let headers: HeaderMap = fields.map(|(name, value): (header::HeaderName, _)| (name, value)).collect();
            assert_eq!(download_name(&path.parse().unwrap(), &headers).as_deref(), expected);
        }
        check("/a/setup.exe?x", &[], Some("setup.exe"));
        check("/app.js", &[("content-type", "text/javascript; charset=utf-8")], None);
        check("/get", &[("content-disposition", "attachment; filename=\"run me.bat\"; size=3")], Some("run me.bat"));
        check("/get", &[("content-disposition", "attachment; filename*=UTF-8''run.bat")], Some("run.bat"));
        check("/x.js", &[("content-type", "text/javascript"), ("content-disposition", "attachment")], Some("x.js"));
        check("/page", &[], None);
    }

    #[test]
    fn media_are_told_from_what_can_hold_words() {
        assert!(is_media("image/png") && is_media("video/mp4") && is_media("font/woff2"));
        assert!(!is_media("image/svg+xml") && !is_media("application/zip") && !is_media(""));
    }
}
