//! The desk's three cookies: the session, what stands in for it before sign-in, and a message that
//! survives one redirect. All are HttpOnly and SameSite=Lax; under TLS they are Secure and bear the
//! `__Host-` prefix, so that no other host and no plain connection can set them.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{Settings, Token};

/// Which of the cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jar {
    /// The session's token.
    Session,
    /// Random bytes that the forms of those who are not signed in are bound to.
    Before,
    /// What the next page should say.
    Said,
}

impl Jar {
    fn name(self, tls: bool) -> &'static str {
        match (self, tls) {
            (Self::Session, true) => "__Host-gatehouse",
            (Self::Session, false) => "gatehouse",
            (Self::Before, true) => "__Host-gatehouse-before",
            (Self::Before, false) => "gatehouse-before",
            (Self::Said, true) => "__Host-gatehouse-said",
            (Self::Said, false) => "gatehouse-said",
        }
    }

    pub(crate) fn read<'a>(self, headers: &'a HeaderMap, settings: &Settings) -> Option<&'a str> {
        let name = self.name(settings.tls);
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// The `Set-Cookie` for `value`; it lives as long as the browser is open.
    pub(crate) fn set(self, value: &str, settings: &Settings) -> Option<HeaderValue> {
        let secure = if settings.tls { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}", self.name(settings.tls));
        HeaderValue::from_str(&text).ok()
    }

    pub(crate) fn clear(self, settings: &Settings) -> Option<HeaderValue> {
        let secure = if settings.tls { "; Secure" } else { "" };
        let name = self.name(settings.tls);
        HeaderValue::from_str(&format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}")).ok()
    }
}

/// The session token that a request bears, if any.
pub(crate) fn session_token(headers: &HeaderMap, settings: &Settings) -> Option<Token> {
    Jar::Session.read(headers, settings).and_then(Token::parse)
}

/// Gives the browser a session.
pub fn start_session(headers: &mut HeaderMap, token: &Token, settings: &Settings) {
    for cookie in [Jar::Session.set(&token.reveal(), settings), Jar::Before.clear(settings)].into_iter().flatten() {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// Takes the session from the browser.
pub fn end_session(headers: &mut HeaderMap, settings: &Settings) {
    if let Some(cookie) = Jar::Session.clear(settings) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// Has the next page say `text`.
pub fn say(headers: &mut HeaderMap, text: &str, settings: &Settings) {
    let short: String = text.chars().take(400).collect();
    if let Some(cookie) = Jar::Said.set(&URL_SAFE_NO_PAD.encode(short), settings) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

pub(crate) fn said(headers: &HeaderMap, settings: &Settings) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(Jar::Said.read(headers, settings)?).ok()?;
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn under_tls_a_cookie_is_secure_and_bound_to_the_host() {
        let tls = Settings { tls: true, ..Settings::loopback() };
        let set = Jar::Session.set("x", &tls).unwrap();
        assert_eq!(set, "__Host-gatehouse=x; Path=/; HttpOnly; SameSite=Lax; Secure");
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; gatehouse=plain; __Host-gatehouse=mine"));
        assert_eq!(Jar::Session.read(&headers, &tls), Some("mine"));
        assert_eq!(Jar::Session.read(&headers, &Settings::loopback()), Some("plain"));
        assert_eq!(Jar::Said.read(&headers, &tls), None);
    }
}
