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
pub const MOST: usize = 10 * 1024 * 1024;

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
        return Err(Refused::Large(most / (1024 * 1024)));
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
            PACKED.iter().find(|(known, _)| *known == ending).map(|(_, media)| *media).ok_or(Refused::Kind)?
        }
        Found::Text => match ending.as_deref() {
            Some("csv") => "text/csv",
            Some("txt" | "md" | "log") | None => "text/plain",
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

const PACKED: [(&str, &str); 6] = [
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
];

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
    let text = std::str::from_utf8(bytes).ok()?;
    let plain = !bytes.is_empty() && !text.chars().any(|char| char.is_control() && !matches!(char, '\n' | '\r' | '\t'));
    // A page of the web is text that a browser would run.
    let page = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']).starts_with('<');
    (plain && !page).then_some(Found::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, bytes: &[u8]) -> Part {
        Part { name: "file".to_owned(), file: Some(name.to_owned()), bytes: bytes.to_vec().into() }
    }

    #[test]
    fn a_file_is_what_its_bytes_say() {
        let media = |name: &str, bytes: &[u8]| take(&part(name, bytes), MOST).map(|taken| (taken.media, taken.name));
        assert_eq!(media("scan.PDF", b"%PDF-1.7 ...").unwrap(), ("application/pdf", "scan.PDF".to_owned()));
        assert_eq!(media("C:\\fake\\rack.jpg", b"\xff\xd8\xff\xe0").unwrap().1, "rack.jpg");
        assert_eq!(media("list.csv", b"a,b\n1,2\n").unwrap().0, "text/csv");
        assert_eq!(media("list.xlsx", b"PK\x03\x04....").unwrap().0, PACKED[1].1);
        for (name, bytes, why) in [
            ("scan.pdf", &b"\x89PNG\r\n\x1a\n"[..], Refused::Lies),
            ("run.exe", b"MZ\x90\x00", Refused::Kind),
            ("page.txt", b"<html><script>", Refused::Kind),
            ("page.svg", b"<svg>", Refused::Kind),
            ("run.bat", b"del *", Refused::Lies),
            ("all.zip", b"PK\x03\x04....", Refused::Kind),
            ("empty.txt", b"", Refused::Kind),
            ("odd.txt", b"\x00\x01", Refused::Kind),
        ] {
            assert_eq!(media(name, bytes).unwrap_err(), why, "{name}");
        }
        assert_eq!(take(&part("a.txt", b"abc"), 2).map(|it| it.name).unwrap_err(), Refused::Large(0));
        assert_eq!(media("a\u{202e}fdp.txt", b"abc").unwrap().1, "afdp.txt");
    }
}
