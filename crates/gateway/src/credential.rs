//! The proxy credential of a request: the token of a device or session, as the password of `Basic`.
//!
//! The name of the user is what the browser shows and means nothing here. A credential never goes on to
//! the site, and never into a log: its `Debug` prints nothing.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use hyper::{HeaderMap, header::PROXY_AUTHORIZATION};

/// Longer ones are not ours.
const LONGEST: usize = 1024;

/// A token as it was given. Whether it is good, `WhoIs` says.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token, to be asked of `WhoIs`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// What a request says about who sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// Nothing.
    None,
    /// A token.
    Token(Token),
    /// Something that is no credential of ours. It is refused, never passed over.
    Malformed,
}

/// Reads the credential of a request.
pub fn credential(headers: &HeaderMap) -> Credential {
    let mut values = headers.get_all(PROXY_AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Credential::None,
        (Some(value), None) => parse(value.as_bytes()).map_or(Credential::Malformed, Credential::Token),
        (Some(_), Some(_)) => Credential::Malformed,
    }
}

/// Reads the value of `Proxy-Authorization`: `Basic base64(user:token)`.
fn parse(value: &[u8]) -> Option<Token> {
    if value.len() > LONGEST {
        return None;
    }
    let (scheme, rest) = value.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let decoded = STANDARD.decode(rest.trim_ascii()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (_user, token) = text.split_once(':')?;
    (!token.is_empty() && !token.chars().any(char::is_control)).then(|| Token(token.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_token_is_the_password() {
        let basic = |text: &str| parse(format!("Basic {}", STANDARD.encode(text)).as_bytes()).map(|it| it.0);
        assert_eq!(basic("maya.jones:s3cret").as_deref(), Some("s3cret"));
        assert_eq!(basic(":a:b").as_deref(), Some("a:b"));
        assert_eq!(basic("maya.jones:"), None);
        assert_eq!(basic("maya.jones"), None);
        assert_eq!(basic("x:a\nb"), None);
        assert_eq!(parse(b"basic OmE="), Some(Token("a".to_owned())));
        assert_eq!(parse(b"Bearer abc"), None);
        assert_eq!(parse(b"Basic !!!"), None);
        assert_eq!(format!("{:?}", Token("secret".to_owned())), "Token(..)");
    }

    #[test]
    fn two_credentials_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(PROXY_AUTHORIZATION, "Basic OmE=".parse().unwrap());
        assert_eq!(credential(&headers), Credential::Token(Token("a".to_owned())));
        headers.append(PROXY_AUTHORIZATION, "Basic OmI=".parse().unwrap());
        assert_eq!(credential(&headers), Credential::Malformed);
    }

    proptest! {
        #[test]
        fn no_value_panics(value in proptest::collection::vec(any::<u8>(), 0..200)) {
            parse(&value);
            let mut value = value;
            value.splice(0..0, *b"Basic ");
            parse(&value);
        }

        #[test]
        fn every_token_reads_back(user in "[^:\\p{Cc}]{0,20}", token in "[!-~]{1,60}") {
            let value = format!("Basic {}", STANDARD.encode(format!("{user}:{token}")));
            prop_assert_eq!(parse(value.as_bytes()), Some(Token(token)));
        }
    }
}
