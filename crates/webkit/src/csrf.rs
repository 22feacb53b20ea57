//! Forms are only taken from the desk's own pages.
//!
//! Three things must agree before a form is looked at: what the browser says of where it comes from
//! (`Sec-Fetch-Site`, `Origin`), a token in the form, and the cookie that the token is made of. Before
//! sign-in the cookie is a random one, so that nobody can sign a browser in to an account of their own.

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;

use crate::{Token, token::equal, upload};

/// The name of the field that every form carries.
pub const FIELD: &str = "csrf";

/// The token that belongs in the forms of one session, or of one browser before sign-in.
#[derive(Clone, PartialEq, Eq)]
pub struct Csrf(String);

impl Csrf {
    pub(crate) fn of_session(token: &Token) -> Self {
        Self(URL_SAFE_NO_PAD.encode(token.derive("gatehouse 2026 csrf field of a session")))
    }

    pub(crate) fn of_browser(cookie: &str) -> Self {
        let key = blake3::derive_key("gatehouse 2026 csrf field before sign-in", cookie.as_bytes());
        Self(URL_SAFE_NO_PAD.encode(key))
    }

    /// The text of the field.
    pub fn text(&self) -> &str {
        &self.0
    }

    fn is(&self, given: &str) -> bool {
        equal(self.0.as_bytes(), given.as_bytes())
    }
}

impl std::fmt::Debug for Csrf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Csrf(..)")
    }
}

/// Why a form was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// The browser says that another site sent it.
    #[error("the form came from another site")]
    OtherSite,
    /// The field is not there.
    #[error("the form has no token")]
    NoToken,
    /// The field is of another session, or made up.
    #[error("the token of the form is not of this session")]
    WrongToken,
}

/// Whether what the browser says of the form's origin agrees with `host`, the Host that it was sent to.
pub(crate) fn check_origin(headers: &HeaderMap, host: &str, tls: bool) -> Result<(), Forged> {
    if let Some(site) = headers.get("sec-fetch-site")
        && !matches!(site.as_bytes(), b"same-origin" | b"none")
    {
        return Err(Forged::OtherSite);
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let scheme = if tls { "https://" } else { "http://" };
        let same = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.strip_prefix(scheme))
            .is_some_and(|rest| rest.eq_ignore_ascii_case(host));
        if !same {
            return Err(Forged::OtherSite);
        }
    }
    Ok(())
}

/// Whether the form in `body` carries the token of this session. A program sends it in the header `X-CSRF`, which no
/// form can.
pub(crate) fn check_token(headers: &HeaderMap, body: &Bytes, own: &Csrf) -> Result<(), Forged> {
    if let Some(given) = headers.get("x-csrf") {
        let is_own = given.to_str().is_ok_and(|given| own.is(given));
        return if is_own { Ok(()) } else { Err(Forged::WrongToken) };
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = if let Some(boundary) = upload::boundary(kind) {
        upload::parts(body, boundary)
            .ok()
            .and_then(|parts| parts.into_iter().find(|part| part.name == FIELD))
            .and_then(|part| String::from_utf8(part.bytes.to_vec()).ok())
    } else {
        std::str::from_utf8(body).ok().and_then(|text| {
            text.split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|pair| pair.0 == FIELD)
                .map(|pair| pair.1.to_owned())
        })
    };
    match given {
        None => Err(Forged::NoToken),
        Some(given) if own.is(&given) => Ok(()),
        Some(_) => Err(Forged::WrongToken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_form_of_another_site_is_refused() {
        let check = |pairs: &[(&'static str, &'static str)]| check_origin(&headers(pairs), "desk.example:8443", true);
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[("origin", "https://desk.example:8443"), ("sec-fetch-site", "same-origin")]), Ok(()));
        for bad in [
            ("origin", "https://desk.example"),
            ("origin", "http://desk.example:8443"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert_eq!(check(&[bad]), Err(Forged::OtherSite), "{bad:?}");
        }
    }

    #[test]
    fn a_program_sends_the_token_in_a_header() {
        let own = Csrf::of_browser("cookie");
        let with = |token: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-csrf", token.parse().unwrap());
            check_token(&headers, &Bytes::from_static(b"{}"), &own)
        };
        assert_eq!(with(own.text()), Ok(()));
        assert_eq!(with(Csrf::of_browser("other").text()), Err(Forged::WrongToken));
    }

    #[test]
    fn the_token_is_looked_for_in_both_kinds_of_form() {
        let own = Csrf::of_browser("cookie");
        let form = |body: String| check_token(&headers(&[]), &Bytes::from(body), &own);
        assert_eq!(form(format!("a=b&csrf={}", own.text())), Ok(()));
        assert_eq!(form("a=b".into()), Err(Forged::NoToken));
        assert_eq!(form(format!("csrf={}", Csrf::of_browser("other").text())), Err(Forged::WrongToken));
        assert_eq!(form("csrf=".into()), Err(Forged::WrongToken));
        let multipart = headers(&[("content-type", "multipart/form-data; boundary=xyz")]);
        let body =
            format!("--xyz\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n--xyz--\r\n", own.text());
        assert_eq!(check_token(&multipart, &Bytes::from(body), &own), Ok(()));
        let body = "--xyz\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--xyz--\r\n";
        assert_eq!(check_token(&multipart, &Bytes::from(body), &own), Err(Forged::NoToken));
    }
}
