//! Files that a form sends (`multipart/form-data`, RFC 7578), read from a body that is already bounded.

use axum::{
    extract::{FromRequest, Request},
    http::header,
};
use bytes::Bytes;

use crate::PageError;

/// One field of the form.
#[derive(Clone)]
pub struct Part {
    /// The name of the field.
    pub name: String,
    /// The name of the file, where it is one. Never to be used as a path.
    pub file: Option<String>,
    /// The content.
    pub bytes: Bytes,
}

/// Why a body is not a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadUpload {
    /// A part begins or ends where it should not.
    #[error("the form is not well formed")]
    Malformed,
    /// More parts than any form of the desk has.
    #[error("the form has too many parts")]
    TooMany,
}

const MOST_PARTS: usize = 200;

/// The boundary of a multipart form, where `content_type` is one.
pub(crate) fn boundary(content_type: &str) -> Option<&str> {
    let mut pieces = content_type.split(';').map(str::trim);
    if !pieces.next()?.eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let (_, value) = pieces
        .filter_map(|piece| piece.split_once('='))
        .find(|(key, _)| key.trim().eq_ignore_ascii_case("boundary"))?;
    let value = value.trim().trim_matches('"');
    (1..=70).contains(&value.len()).then_some(value)
}

fn find(haystack: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let rest = haystack.get(from..)?;
    rest.windows(needle.len()).position(|window| window == needle).map(|at| at + from)
}

/// The parts of a multipart body.
pub fn parts(body: &Bytes, boundary: &str) -> Result<Vec<Part>, BadUpload> {
    let dashes = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut parts = Vec::new();
    let mut at = if body.starts_with(dashes.as_bytes()) {
        dashes.len()
    } else {
        find(body, between.as_bytes(), 0).ok_or(BadUpload::Malformed)? + between.len()
    };
    loop {
        match body.get(at..at + 2) {
            Some(b"--") => return Ok(parts),
            Some(b"\r\n") => at += 2,
            Some(_) | None => return Err(BadUpload::Malformed),
        }
        if parts.len() == MOST_PARTS {
            return Err(BadUpload::TooMany);
        }
        let head_end = find(body, b"\r\n\r\n", at).ok_or(BadUpload::Malformed)?;
        let end = find(body, between.as_bytes(), head_end + 2).ok_or(BadUpload::Malformed)?;
        let head =
            body.get(at..head_end).and_then(|head| std::str::from_utf8(head).ok()).ok_or(BadUpload::Malformed)?;
        let (name, file) = disposition(head).ok_or(BadUpload::Malformed)?;
        parts.push(Part { name, file, bytes: body.slice((head_end + 4).min(end)..end) });
        at = end + between.len();
    }
}

fn disposition(head: &str) -> Option<(String, Option<String>)> {
    let line = head.split("\r\n").find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    Some((quoted(line, "name")?, quoted(line, "filename")))
}

/// The value of `key="…"`; browsers write a quotation mark within it as `%22`.
fn quoted(line: &str, key: &str) -> Option<String> {
    let start = line.find(&format!("; {key}=\""))? + key.len() + 4;
    let rest = line.get(start..)?;
    rest.split_once('"').map(|(value, _)| value.replace("%22", "\""))
}

/// A form with files, as an extractor: `upload: Upload`. The guard has already checked its token.
pub struct Upload {
    parts: Vec<Part>,
}

impl Upload {
    /// The text of a field; nothing where it is not there or not text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.parts.iter().find(|part| part.name == name).and_then(|part| std::str::from_utf8(&part.bytes).ok())
    }

    /// The texts of every field, in the order of the form; what is not text is left out.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parts
            .iter()
            .filter(|part| part.file.is_none())
            .filter_map(|part| Some((part.name.as_str(), std::str::from_utf8(&part.bytes).ok()?)))
    }

    /// Every file, those that are empty too.
    pub fn into_files(self) -> Vec<Part> {
        self.parts.into_iter().filter(|part| part.file.is_some()).collect()
    }

    /// The files of a field that are not empty.
    pub fn files<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Part> {
        self.parts.iter().filter(move |part| part.name == name && part.file.is_some() && !part.bytes.is_empty())
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = PageError;

    async fn from_request(request: Request, _: &S) -> Result<Self, PageError> {
        let kind =
            request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let boundary = boundary(kind).ok_or_else(|| PageError::bad("Choose a file first"))?.to_owned();
        // The guard of the route has read the body within the route's limit and put it back.
        let body = axum::body::to_bytes(request.into_body(), usize::MAX)
            .await
            .map_err(|_| PageError::bad("The file did not arrive whole. Send it again"))?;
        let parts =
            parts(&body, &boundary).map_err(|_| PageError::bad("The file did not arrive whole. Send it again"))?;
        Ok(Self { parts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nabc\r\n\
        --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"users %22.csv\"\r\nContent-Type: text/csv\r\n\r\na,b\r\n1,2\r\n\r\n--b--\r\n";

    #[test]
    fn fields_and_files_are_told_apart() {
        let parts = parts(&Bytes::from_static(BODY.as_bytes()), "b").unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!(
            (parts[0].name.as_str(), parts[0].file.as_deref(), &parts[0].bytes[..]),
            ("csrf", None, &b"abc"[..])
        );
        assert_eq!(parts[1].file.as_deref(), Some("users \".csv"));
        assert_eq!(&parts[1].bytes[..], b"a,b\r\n1,2\r\n");
        assert_eq!(boundary("multipart/form-data; boundary=\"b\""), Some("b"));
        assert_eq!(boundary("text/plain; boundary=b"), None);
    }

    #[test]
    fn no_cut_body_panics() {
        for end in 0..BODY.len() {
            let cut = Bytes::copy_from_slice(&BODY.as_bytes()[..end]);
            let read = parts(&cut, "b");
            assert!(read.is_err() || end >= BODY.len() - 2, "{end}");
        }
    }
}
