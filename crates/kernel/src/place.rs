//! Places that a clause can name.

use std::fmt;

/// Where something happens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// On the school's premises.
    School,
    /// At home.
    Home,
    /// On a school trip.
    Trip,
    /// Where an examination is held.
    ExamRoom,
    /// On one named network of the school, such as `network:guest`.
    Network(String),
}

impl Place {
    /// Reads `school`, `home`, `trip`, `exam-room` or `network:NAME`.
    pub fn parse(text: &str) -> Result<Self, crate::BadText> {
        match text {
            "school" => Ok(Self::School),
            "home" => Ok(Self::Home),
            "trip" => Ok(Self::Trip),
            "exam-room" => Ok(Self::ExamRoom),
            _ => match text.strip_prefix("network:") {
                Some(name) if is_word(name) => Ok(Self::Network(name.to_owned())),
                Some(_) | None => {
                    Err(crate::BadText::new(text, "a place: `school`, `home`, `trip`, `exam-room` or `network:NAME`"))
                }
            },
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::School => f.write_str("school"),
            Self::Home => f.write_str("home"),
            Self::Trip => f.write_str("trip"),
            Self::ExamRoom => f.write_str("exam-room"),
            Self::Network(name) => write!(f, "network:{name}"),
        }
    }
}

/// Whether `text` is a name of the policy language: lower-case letters, digits and single hyphens.
pub fn is_word(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

crate::text_form!(Place);
crate::text_schema!(Place, "Place", "A place", ["school", "home", "network:guest"]);
