//! The file format of phrase lists.

use std::fmt;

use crate::text::fold::fold;

/// A phrase has at most so many parts.
const MOST_PARTS: usize = 4;
/// A line of a list is at most so long.
const LONGEST_LINE: usize = 400;
/// Points of one phrase.
const MOST_POINTS: i32 = 1000;
/// How far apart parts may lie when the line does not say.
const USUAL_WORDS: u32 = 20;

/// How far apart the parts of a phrase may lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Near {
    /// Within so many words.
    Words(u32),
    /// Anywhere on the page; such a phrase counts once.
    Page,
}

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// The categories that it counts for.
    pub categories: Vec<String>,
    /// Its points; negative for an excuse.
    pub points: i32,
    /// The phrase as it stands in the list.
    pub shown: String,
    /// Its parts as they are looked for: folded, and with a star where the last word may go on.
    pub parts: Vec<Part>,
    /// How far apart the parts may lie.
    pub near: Near,
}

/// One part of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The folded words.
    pub words: String,
    /// Whether the last word may go on: `starv*`.
    pub open: bool,
}

/// A phrase list, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhraseList {
    /// The name that errors and pages call it by.
    pub name: String,
    /// The comment at its head: what it is, who wrote it, how thin it is.
    pub about: String,
    /// Its lines.
    pub phrases: Vec<Phrase>,
}

/// What is wrong with a line of a list, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{list}, line {line}, column {column}: {fault}")]
pub struct ListError {
    /// The name of the list.
    pub list: String,
    /// The line, from 1.
    pub line: usize,
    /// The character within the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub fault: ListFault,
}

/// What may be wrong with a line of a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListFault {
    /// A phrase stands before the first `[category]`.
    #[error("a phrase needs a [category] above it")]
    NoCategory,
    /// A section line that cannot be read.
    #[error("a section is [category] or [name excuses category, category]")]
    BadSection,
    /// The line does not begin with points.
    #[error("a line begins with its points: a whole number from -{MOST_POINTS} to {MOST_POINTS}, but not 0")]
    BadPoints,
    /// A phrase of a section that excuses adds points.
    #[error("points of an excuse are negative")]
    ExcuseAdds,
    /// `~` without a distance.
    #[error("~ is followed by a number of words from 1 to 500, or by `page`")]
    BadNear,
    /// No phrase after the points.
    #[error("there is no phrase")]
    NoPhrase,
    /// A part with no letter or digit, or with one alone.
    #[error("a part needs two letters or digits at least")]
    ShortPart,
    /// Too many parts.
    #[error("a phrase has {MOST_PARTS} parts at most")]
    ManyParts,
    /// Markup, or a star within a phrase.
    #[error("`{0}` cannot stand here")]
    Sign(char),
    /// The line is too long.
    #[error("a line has {LONGEST_LINE} characters at most")]
    LongLine,
    /// The same phrase twice for one category.
    #[error("the phrase is already in line {line}")]
    Twice {
        /// Where it stands already.
        line: usize,
    },
}

/// What the section says about the lines below it.
struct Section {
    categories: Vec<String>,
    excuses: bool,
}

impl PhraseList {
    /// Reads a list, or says everything that is wrong with it.
    ///
    /// ```text
    /// # A comment. Those at the head of the file say what the list is.
    /// [self-harm]                          a category; the lines below count for it
    /// 40  a phrase                         points, then the phrase
    /// 30  starv*                           the last word may go on: starve, starving
    /// 50  one part + another part          all parts within 20 words of each other, in any order
    /// 50 ~8  one part + another part       within 8 words
    /// 20 ~page  one part + another part    anywhere on the page
    /// -30  a help line                     takes points off this category
    /// [health excuses self-harm, drugs]    the lines below take points off these categories
    /// -20  side effects
    /// ```
    /// Phrases stand for whole words. They are folded as pages are (see [`crate::text::fold`]), so that capitals,
    /// accents, hyphens and apostrophes do not matter. Where one phrase lies within another, both count.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<ListError>> {
        let mut list = Self { name: name.to_owned(), about: String::new(), phrases: Vec::new() };
        let mut errors = Vec::new();
        let mut section: Option<Section> = None;
        let mut lines_of: Vec<usize> = Vec::new();
        for (nth, line) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
            let trimmed = line.trim();
            let mut wrong = |at: &str, fault: ListFault| {
                // Where the rest of the line begins within it.
                let column = line.get(..line.len().saturating_sub(at.len())).unwrap_or_default().chars().count() + 1;
                errors.push(ListError { list: name.to_owned(), line: nth + 1, column, fault });
            };
            if trimmed.is_empty() {
                continue;
            }
            if let Some(comment) = trimmed.strip_prefix('#') {
                if section.is_none() && list.phrases.is_empty() {
                    list.about.push_str(comment.trim());
                    list.about.push('\n');
                }
                continue;
            }
            let line_from = line.trim_start();
            if trimmed.starts_with('[') {
                section = read_section(trimmed);
                if section.is_none() {
                    wrong(line_from, ListFault::BadSection);
                    // So that the lines below are not wrong as well.
                    section = Some(Section { categories: Vec::new(), excuses: false });
                }
                continue;
            }
            let Some(section) = &section else {
                wrong(line_from, ListFault::NoCategory);
                continue;
            };
            match read_phrase(line_from, section) {
                Err((at, fault)) => wrong(at, fault),
                Ok(phrase) => {
                    let twice = list.phrases.iter().position(|other| {
                        other.parts == phrase.parts && other.categories.iter().any(|it| phrase.categories.contains(it))
                    });
                    if let Some(line) = twice.and_then(|twice| lines_of.get(twice)) {
                        wrong(line_from, ListFault::Twice { line: *line });
                        continue;
                    }
                    list.phrases.push(phrase);
                    lines_of.push(nth + 1);
                }
            }
        }
        if errors.is_empty() { Ok(list) } else { Err(errors) }
    }

    /// The categories that the list adds points to, each with the number of its phrases, by name.
    #[must_use]
    pub fn categories(&self) -> Vec<(&str, usize)> {
        let mut all: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
        for phrase in self.phrases.iter().filter(|phrase| phrase.points > 0) {
            for category in &phrase.categories {
                *all.entry(category).or_default() += 1;
            }
        }
        all.into_iter().collect()
    }
}

fn read_section(line: &str) -> Option<Section> {
    let inner = line.strip_prefix('[')?.strip_suffix(']')?;
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let (categories, excuses) = match inner.split_once(" excuses ") {
        None => (vec![inner.trim().to_owned()], false),
        Some((name, excused)) => {
            if !is_name(name.trim()) {
                return None;
            }
            (excused.split(',').map(|it| it.trim().to_owned()).collect(), true)
        }
    };
    categories.iter().all(|name| is_name(name)).then_some(Section { categories, excuses })
}

fn read_phrase<'a>(line: &'a str, section: &Section) -> Result<Phrase, (&'a str, ListFault)> {
    if line.chars().count() > LONGEST_LINE {
        return Err((line, ListFault::LongLine));
    }
    let (points, rest) = word(line);
    let rest_at = rest;
    let points = points.parse::<i32>().ok().filter(|it| *it != 0 && it.abs() <= MOST_POINTS);
    let points = points.ok_or((line, ListFault::BadPoints))?;
    if section.excuses && points > 0 {
        return Err((line, ListFault::ExcuseAdds));
    }
    let (near, phrase) = match rest.strip_prefix('~') {
        None => (Near::Words(USUAL_WORDS), rest),
        Some(rest) => {
            let (distance, phrase) = word(rest);
            let near = match distance.parse::<u32>() {
                _ if distance == "page" => Near::Page,
                Ok(words @ 1..=500) => Near::Words(words),
                Ok(_) | Err(_) => return Err((rest_at, ListFault::BadNear)),
            };
            (near, phrase)
        }
    };
    if phrase.trim().is_empty() {
        return Err((phrase, ListFault::NoPhrase));
    }
    let mut parts = Vec::new();
    let mut at = phrase;
    loop {
        let (text, next) = at.split_once(" + ").map_or((at, None), |(text, next)| (text, Some(next)));
        if parts.len() == MOST_PARTS {
            return Err((at, ListFault::ManyParts));
        }
        parts.push(part(text).map_err(|(skip, fault)| (at.get(skip..).unwrap_or(at), fault))?);
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    let shown = phrase.trim().to_owned();
    Ok(Phrase { categories: section.categories.clone(), points, shown, parts, near })
}

/// The first word and what follows it.
fn word(text: &str) -> (&str, &str) {
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (first, rest.trim_start())
}

fn part(text: &str) -> Result<Part, (usize, ListFault)> {
    let whole = text.trim_end();
    let (words, open) = whole.strip_suffix('*').map_or((whole, false), |words| (words, true));
    if let Some((at, sign)) = words.char_indices().find(|(_, sign)| matches!(sign, '<' | '>' | '*' | '+' | '~')) {
        return Err((at, ListFault::Sign(sign)));
    }
    let words = fold(words);
    if words.chars().filter(|it| it.is_alphanumeric()).count() < 2 {
        return Err((0, ListFault::ShortPart));
    }
    Ok(Part { words, open })
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) => write!(f, "within {words} words"),
            Self::Page => f.write_str("anywhere on the page"),
        }
    }
}
