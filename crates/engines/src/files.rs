//! Files of entries and answers: what they are is read from their bytes and not believed from their names; they lie
//! sealed, and leave as downloads that no browser runs.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use jiff::Timestamp;
use kernel::PersonId;
use store::{School, StoreError, entity::register_file, ids, time::millis};
use uuid::Uuid;
use webkit::{PageError, PageResult, upload::Part};

/// What the files are sealed for.
const PURPOSE: &str = "register.file";
/// The most bytes of a file where its field says nothing.
pub const MOST: usize = 10_000_000;

/// A file that was sent and looked at.
#[derive(Clone)]
pub struct Taken {
    name: String,
    media: &'static str,
    bytes: Vec<u8>,
}

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is of no kind that is kept.
    #[error("Choose a PDF, a picture, a text, a table or a document: this file is none of them")]
    Kind,
    /// Its name says another kind than its bytes.
    #[error("The name of this file says that it is something else than it is: save it again, then choose it")]
    Lies,
    /// It is too large.
    #[error("Choose a file of at most {0} MB")]
    Large(usize),
}

/// Looks at a file that was sent.
///
/// # Errors
/// What to do instead.
pub fn take(part: &Part, most: usize) -> Result<Taken, Refused> {
    if part.bytes.len() > most {
        return Err(Refused::Large(most / 1_000_000));
    }
    let name = tidy(part.file.as_deref().unwrap_or_default());
    let found = kind_of(&part.bytes).ok_or(Refused::Kind)?;
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let media = match found {
        Found::Media(media, endings) => {
            if ending.is_some_and(|ending| !endings.contains(&ending.as_str())) {
                return Err(Refused::Lies);
            }
            media
        }
        Found::Archive => {
            let ending = ending.unwrap_or_default();
            let named = PACKED.iter().find(|(known, ..)| *known == ending).ok_or(Refused::Kind)?;
            if !holds(&part.bytes, named.2) {
                return Err(Refused::Lies);
            }
            named.1
        }
        Found::Text => match ending.as_deref() {
            Some("csv") => "text/csv",
            Some("txt" | "md" | "log") | None => "text/plain",
            Some("eml") if is_mail(&part.bytes) => "message/rfc822",
            Some(_) => return Err(Refused::Lies),
        },
    };
    Ok(Taken { name, media, bytes: part.bytes.to_vec() })
}

impl Taken {
    /// What it was called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The row that keeps it, sealed.
    ///
    /// # Errors
    /// Where the machine gives no random bytes.
    pub fn row(
        &self,
        school: &School,
        register: &str,
        entry: Option<Uuid>,
        field: &str,
        by: Option<PersonId>,
        now: Timestamp,
    ) -> Result<register_file::Model, StoreError> {
        Ok(register_file::Model {
            id: ids::new_id(now)?,
            school_id: school.id().0,
            register: register.to_owned(),
            entry_id: entry,
            field: field.to_owned(),
            name: self.name.clone(),
            media: self.media.to_owned(),
            bytes: i64::try_from(self.bytes.len()).unwrap_or(i64::MAX),
            digest: store::ledger::sha256_of(&self.bytes).to_string(),
            content: school.seal(PURPOSE, &self.bytes)?,
            added_at: millis(now),
            added_by: by.map(|by| by.0),
        })
    }
}

/// A kept file as a download.
///
/// # Errors
/// Where what is kept is damaged.
pub fn download(school: &School, row: &register_file::Model) -> PageResult {
    let bytes = school.unseal(PURPOSE, &row.content).map_err(PageError::internal)?;
    if store::ledger::sha256_of(&bytes).to_string() != row.digest {
        return Err(PageError::internal("a kept file is not what was kept"));
    }
    let mut answer = Response::new(Body::from(bytes));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&row.media).map_err(PageError::internal)?);
    let plain: String = row
        .name
        .chars()
        .map(|char| if char.is_ascii_graphic() && char != '"' && char != '\\' { char } else { '_' })
        .collect();
    let disposition = format!("attachment; filename=\"{plain}\"");
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(PageError::internal)?);
    Ok(answer)
}

/// A name without a path, without signs that could mislead, and not too long.
fn tidy(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|char| !char.is_control() && !is_direction(*char)).collect();
    let kept = kept.trim().trim_start_matches('.');
    let short: String = match kept.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 5 => {
            format!("{}.{ending}", stem.chars().take(110).collect::<String>())
        }
        Some(_) | None => kept.chars().take(116).collect(),
    };
    if short.is_empty() { "file".to_owned() } else { short }
}

/// Signs that turn the direction of writing: `exe.fdp` would be read as a PDF.
fn is_direction(char: char) -> bool {
    matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

enum Found {
    /// It is this, and its name may end so.
    Media(&'static str, &'static [&'static str]),
    /// A ZIP: a document or table of an office program, by its name.
    Archive,
    /// Text.
    Text,
}

/// The ending, what it is, and what is packed inside it: a file by its path, or a file with these words in it.
const PACKED: [(&str, &str, (&str, &str)); 6] = [
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("word/document.xml", "")),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xl/workbook.xml", "")),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", ("ppt/presentation.xml", "")),
    ("odt", "application/vnd.oasis.opendocument.text", ("mimetype", "application/vnd.oasis.opendocument.text")),
    (
        "ods",
        "application/vnd.oasis.opendocument.spreadsheet",
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
    ),
    (
        "odp",
        "application/vnd.oasis.opendocument.presentation",
        ("mimetype", "application/vnd.oasis.opendocument.presentation"),
    ),
];

/// Whether a ZIP has a file inside, which begins with `words`. Reads no more of it than they are long.
fn holds(bytes: &[u8], (path, words): (&str, &str)) -> bool {
    use std::io::Read as _;
    let Ok(mut archive) = zip::ZipArchive::new(std::io::Cursor::new(bytes)) else { return false };
    let Ok(file) = archive.by_name(path) else { return false };
    let mut begin = Vec::new();
    let most = u64::try_from(words.len()).unwrap_or(u64::MAX);
    file.take(most).read_to_end(&mut begin).is_ok() && begin == words.as_bytes()
}

/// Whether text begins as a mail does: with lines of a head, one of which says from whom, when or what it is.
fn is_mail(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(16_384)).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines().take_while(|line| !line.is_empty());
    let named = |line: &str| line.split_once(':').map(|(name, _)| name.to_ascii_lowercase());
    let first = head.lines().next().and_then(named).is_some_and(|name| !name.is_empty() && !name.contains(' '));
    first
        && lines.any(|line| {
            named(line).is_some_and(|name| ["from", "date", "message-id", "received"].contains(&name.as_str()))
        })
}

/// What bytes are, by the marks at their beginning.
fn kind_of(bytes: &[u8]) -> Option<Found> {
    let begins = |mark: &[u8]| bytes.starts_with(mark);
    let at = |from: usize, mark: &[u8]| bytes.get(from..from + mark.len()) == Some(mark);
    if begins(b"%PDF-") {
        return Some(Found::Media("application/pdf", &["pdf"]));
    }
    if begins(b"\x89PNG\r\n\x1a\n") {
        return Some(Found::Media("image/png", &["png"]));
    }
    if begins(b"\xff\xd8\xff") {
        return Some(Found::Media("image/jpeg", &["jpg", "jpeg", "jfif"]));
    }
    if begins(b"GIF87a") || begins(b"GIF89a") {
        return Some(Found::Media("image/gif", &["gif"]));
    }
    if begins(b"RIFF") && at(8, b"WEBP") {
        return Some(Found::Media("image/webp", &["webp"]));
    }
    if at(4, b"ftypheic") || at(4, b"ftypheix") || at(4, b"ftypmif1") {
        return Some(Found::Media("image/heic", &["heic", "heif"]));
    }
    if begins(b"PK\x03\x04") {
        return Some(Found::Archive);
    }
    // Sheets and mail often come in Windows-1252, which has no control characters either.
    let plain = !bytes.is_empty()
        && !bytes.iter().any(|byte| byte.is_ascii_control() && !matches!(byte, b'\n' | b'\r' | b'\t'));
    // A page of the web is text that a browser would run.
    let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(1_024)).unwrap_or_default());
    let page = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']).starts_with('<');
    (plain && !page).then_some(Found::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, bytes: &[u8]) -> Part {
        Part { name: "file".to_owned(), file: Some(name.to_owned()), bytes: bytes.to_vec().into() }
    }

    fn packed(path: &str, words: &str) -> Vec<u8> {
        use std::io::Write as _;
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        archive.start_file(path, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(words.as_bytes()).unwrap();
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn a_file_is_what_its_bytes_say() {
        let media = |name: &str, bytes: &[u8]| take(&part(name, bytes), MOST).map(|taken| (taken.media, taken.name));
        assert_eq!(media("scan.PDF", b"%PDF-1.7 ...").unwrap(), ("application/pdf", "scan.PDF".to_owned()));
        assert_eq!(media("C:\\fake\\rack.jpg", b"\xff\xd8\xff\xe0").unwrap().1, "rack.jpg");
        assert_eq!(media("list.csv", b"a,b\n1,2\n").unwrap().0, "text/csv");
        assert_eq!(media("list.csv", b"caf\xe9,\xa3 5\n").unwrap().0, "text/csv");
        assert_eq!(media("list.xlsx", &packed("xl/workbook.xml", "<workbook/>")).unwrap().0, PACKED[1].1);
        assert_eq!(media("a.odt", &packed("mimetype", PACKED[3].1)).unwrap().0, PACKED[3].1);
        assert_eq!(
            media("a.eml", b"Received: by mx.test\r\nFrom: a@school.test\r\n\r\n<p>x").unwrap().0,
            "message/rfc822"
        );
        for (name, bytes, why) in [
            ("scan.pdf", &b"\x89PNG\r\n\x1a\n"[..], Refused::Lies),
            ("run.exe", b"MZ\x90\x00", Refused::Kind),
            ("page.txt", b"<html><script>", Refused::Kind),
            ("page.svg", b"<svg>", Refused::Kind),
            ("run.bat", b"del *", Refused::Lies),
            ("all.zip", b"PK\x03\x04....", Refused::Kind),
            ("list.xlsx", b"PK\x03\x04....", Refused::Lies),
            ("list.docx", &packed("xl/workbook.xml", "<workbook/>"), Refused::Lies),
            ("a.odt", &packed("mimetype", "application/epub+zip"), Refused::Lies),
            ("a.eml", b"just words", Refused::Lies),
            ("empty.txt", b"", Refused::Kind),
            ("odd.txt", b"\x00\x01", Refused::Kind),
        ] {
            assert_eq!(media(name, bytes).unwrap_err(), why, "{name}");
        }
        assert_eq!(take(&part("a.txt", b"abc"), 2).map(|it| it.name).unwrap_err(), Refused::Large(0));
        assert_eq!(media("a\u{202e}fdp.txt", b"abc").unwrap().1, "afdp.txt");
    }
}
