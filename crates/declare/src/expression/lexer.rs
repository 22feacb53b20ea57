//! The words and signs of an expression, each with its place.

use std::ops::Range;

use jiff::civil::Date;

use super::ExpressionError;

/// A word or sign.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Text(String),
    Number(f64),
    Date(Date),
    /// A name or a word of the language: `due-on`, `term.days`, `and`.
    Name(String),
    /// `==`, `!=`, `<`, `<=`, `>`, `>=`, `+`, `-`, `(`, `)`, `[`, `]`, `,`.
    Sign(&'static str),
}

pub(super) type Tokens = Vec<(Token, Range<usize>)>;

const SIGNS: [&str; 12] = ["==", "!=", "<=", ">=", "<", ">", "+", "(", ")", "[", "]", ","];

/// What people write who know other languages, and how it is said here.
const FOREIGN: [(&str, &str); 8] = [
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("!", "write `not`"),
    ("=", "write `==` to compare"),
    ("'", "texts stand between double quotes: \"laptop\""),
    ("“", "texts stand between straight double quotes: \"laptop\""),
    ("*", "the language adds and takes away, and no more"),
    ("/", "the language adds and takes away, and no more"),
];

pub(super) fn tokens(text: &str) -> Result<Tokens, ExpressionError> {
    let mut tokens = Tokens::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (token, length) = token(rest, at, text, &tokens)?;
        tokens.push((token, at..at + length));
        at += length.max(1);
    }
    Ok(tokens)
}

fn token(rest: &str, at: usize, text: &str, before: &Tokens) -> Result<(Token, usize), ExpressionError> {
    if let Some(inner) = rest.strip_prefix('"') {
        let Some(end) = inner.find('"') else {
            return Err(ExpressionError::new(at..text.len(), "this text has no end").help("close it with `\"`"));
        };
        return Ok((Token::Text(inner.get(..end).unwrap_or_default().to_owned()), end + 2));
    }
    if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        return Ok((Token::Sign(sign), sign.len()));
    }
    if rest.starts_with(|first: char| first.is_ascii_digit()) {
        return number(rest, at, false);
    }
    if rest.starts_with('-') {
        let spaced = |side: Option<char>| side.is_none_or(char::is_whitespace);
        let free = before.last().is_none_or(|(token, _)| !ends_value(token));
        if free && rest.get(1..).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit())) {
            return number(rest, at, true);
        }
        if spaced(text.get(..at).and_then(|before| before.chars().last())) && spaced(rest.chars().nth(1)) {
            return Ok((Token::Sign("-"), 1));
        }
        return Err(ExpressionError::new(at..at + 1, "a minus stands between spaces").help("write `a - b`"));
    }
    if rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
        let length = name_length(rest);
        return Ok((Token::Name(rest.get(..length).unwrap_or_default().to_owned()), length));
    }
    let length = rest.chars().next().map_or(1, char::len_utf8);
    let error = ExpressionError::new(at..at + length, format!("`{}` is no sign of the language", first_of(rest)));
    Err(match FOREIGN.iter().find(|(sign, _)| rest.starts_with(sign)) {
        Some((sign, help)) => ExpressionError { span: at..at + sign.len(), ..error }.help(*help),
        None => error,
    })
}

fn first_of(rest: &str) -> String {
    rest.chars().take(1).filter(|first| !first.is_control()).collect()
}

/// Whether a value ends with the token, so that a minus after it takes something away.
fn ends_value(token: &Token) -> bool {
    match token {
        Token::Text(_) | Token::Number(_) | Token::Date(_) => true,
        Token::Name(name) => !matches!(name.as_str(), "and" | "or" | "not" | "in"),
        Token::Sign(sign) => matches!(*sign, ")" | "]"),
    }
}

/// Letters, digits, dots, and hyphens that have something after them.
fn name_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let part = |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let mut at = 0;
    while part(at) || (matches!(bytes.get(at), Some(b'-' | b'.')) && part(at + 1)) {
        at += 1;
    }
    at
}

fn number(rest: &str, at: usize, negative: bool) -> Result<(Token, usize), ExpressionError> {
    let start = usize::from(negative);
    let end = rest
        .bytes()
        .enumerate()
        .skip(start)
        .find(|(_, byte)| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')))
        .map_or(rest.len(), |(end, _)| end);
    let word = rest.get(..end).unwrap_or_default().trim_end_matches(['-', '.']);
    let span = at..at + word.len();
    let digits = word.get(start..).unwrap_or_default();
    if digits.contains('-') {
        return match (negative, digits.parse::<Date>()) {
            (false, Ok(date)) if digits.len() == 10 => Ok((Token::Date(date), word.len())),
            (true | false, Ok(_) | Err(_)) => Err(ExpressionError::new(span, format!("`{word}` is no date"))
                .help("a date is written as 2026-09-01; a minus stands between spaces")),
        };
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && let Ok(number) = word.parse::<f64>()
        && number.is_finite()
    {
        return Ok((Token::Number(number), word.len()));
    }
    Err(ExpressionError::new(span, format!("`{word}` is no number"))
        .help("a number is written as 12 or 1.5; a length of time as `days(12)`, `months(12)` or `years(1)`"))
}
