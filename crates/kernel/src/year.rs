//! Year groups and key stages of schools in England.

use std::fmt;

/// A year group, from Nursery to Year 13.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Year {
    /// The year before Reception.
    Nursery,
    /// The first year at school, ages 4 to 5.
    Reception,
    /// Year 1 to Year 13.
    Numbered(YearNumber),
}

/// 1 to 13, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YearNumber(u8);

impl Year {
    /// Year `number`, where it is from 1 to 13.
    pub fn numbered(number: u8) -> Option<Self> {
        (1..=13).contains(&number).then_some(Self::Numbered(YearNumber(number)))
    }

    /// Reads `nursery`, `reception` or `year-3`.
    pub fn parse(text: &str) -> Result<Self, crate::BadText> {
        let bad = || crate::BadText::new(text, "a year such as `reception` or `year-3`");
        match text {
            "nursery" => Ok(Self::Nursery),
            "reception" => Ok(Self::Reception),
            _ => {
                let number = text.strip_prefix("year-").ok_or_else(bad)?.parse().map_err(|_| bad())?;
                Self::numbered(number).ok_or_else(bad)
            }
        }
    }

    /// Reads the grade codes that pupil-data exports use: `N1`, `N2`, `R`, `1`, `01`, `Y3`, `Year 3`
    /// (the codes of the Common Basic Data Set and OneRoster's `grades`).
    pub fn from_grade(code: &str) -> Option<Self> {
        let code = code.trim().to_ascii_lowercase();
        match code.as_str() {
            "n" | "n1" | "n2" | "nursery" | "pk" => return Some(Self::Nursery),
            "r" | "reception" | "kg" => return Some(Self::Reception),
            _ => {}
        }
        let digits = code.strip_prefix("year").or_else(|| code.strip_prefix('y')).unwrap_or(&code);
        digits.trim_start_matches(['-', ' ']).parse().ok().and_then(Self::numbered)
    }

    /// The key stage that the year belongs to.
    pub fn key_stage(self) -> KeyStage {
        match self {
            Self::Nursery | Self::Reception => KeyStage::Early,
            Self::Numbered(YearNumber(1..=2)) => KeyStage::Ks1,
            Self::Numbered(YearNumber(3..=6)) => KeyStage::Ks2,
            Self::Numbered(YearNumber(7..=9)) => KeyStage::Ks3,
            Self::Numbered(YearNumber(10..=11)) => KeyStage::Ks4,
            Self::Numbered(YearNumber(_)) => KeyStage::Ks5,
        }
    }

    /// Every year, youngest first.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Nursery, Self::Reception].into_iter().chain((1..=13).filter_map(Self::numbered))
    }

    /// As a person says it: "Year 3".
    pub fn title(self) -> String {
        match self {
            Self::Nursery => "Nursery".to_owned(),
            Self::Reception => "Reception".to_owned(),
            Self::Numbered(YearNumber(number)) => format!("Year {number}"),
        }
    }
}

impl fmt::Display for Year {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nursery => f.write_str("nursery"),
            Self::Reception => f.write_str("reception"),
            Self::Numbered(YearNumber(number)) => write!(f, "year-{number}"),
        }
    }
}

crate::text_form!(Year);
crate::text_schema!(Year, "Year", "A year group", ["reception", "year-3"]);

/// A key stage of the national curriculum; `Early` is the early years foundation stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyStage {
    /// Early years: Nursery and Reception.
    Early,
    /// Years 1 and 2.
    Ks1,
    /// Years 3 to 6.
    Ks2,
    /// Years 7 to 9.
    Ks3,
    /// Years 10 and 11.
    Ks4,
    /// Years 12 and 13.
    Ks5,
}

impl KeyStage {
    /// Every stage, youngest first.
    pub const ALL: [Self; 6] = [Self::Early, Self::Ks1, Self::Ks2, Self::Ks3, Self::Ks4, Self::Ks5];

    /// Reads `early-years` or `ks1` to `ks5`.
    pub fn parse(text: &str) -> Result<Self, crate::BadText> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.to_string() == text)
            .ok_or_else(|| crate::BadText::new(text, "a key stage such as `ks2` or `early-years`"))
    }
}

impl fmt::Display for KeyStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Early => "early-years",
            Self::Ks1 => "ks1",
            Self::Ks2 => "ks2",
            Self::Ks3 => "ks3",
            Self::Ks4 => "ks4",
            Self::Ks5 => "ks5",
        })
    }
}

crate::text_form!(KeyStage);
crate::text_schema!(KeyStage, "KeyStage", "A key stage", ["ks1", "early-years"]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_read_back_and_know_their_stage() {
        for year in Year::all() {
            assert_eq!(Year::parse(&year.to_string()), Ok(year));
        }
        assert_eq!(Year::from_grade("03"), Year::numbered(3));
        assert_eq!(Year::from_grade("Year 11"), Year::numbered(11));
        assert_eq!(Year::from_grade("R"), Some(Year::Reception));
        assert_eq!(Year::from_grade("14"), None);
        assert_eq!(Year::numbered(6).map(Year::key_stage), Some(KeyStage::Ks2));
    }
}
