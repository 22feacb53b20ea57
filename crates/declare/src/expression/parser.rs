//! From words and signs to a tree that has no types yet.

use std::ops::Range;

use jiff::civil::Date;

use super::{ExpressionError, lexer::Token};

/// A part of an expression, with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Raw {
    pub(super) what: What,
    pub(super) span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    Or(Vec<Raw>),
    And(Vec<Raw>),
    Not(Box<Raw>),
    Compare(Op, Box<Raw>, Box<Raw>),
    In(Box<Raw>, Box<Raw>),
    Plus(Box<Raw>, Box<Raw>),
    Minus(Box<Raw>, Box<Raw>),
    Call(String, Range<usize>, Vec<Raw>),
    Name(String),
    Text(String),
    Number(f64),
    Date(Date),
    YesNo(bool),
    List(Vec<Raw>),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
}

impl Op {
    fn parse(sign: &str) -> Option<Self> {
        match sign {
            "==" => Some(Self::Equal),
            "!=" => Some(Self::Unequal),
            "<" => Some(Self::Less),
            "<=" => Some(Self::LessOrEqual),
            ">" => Some(Self::More),
            ">=" => Some(Self::MoreOrEqual),
            _ => None,
        }
    }

    /// Whether it asks which comes first.
    pub(super) fn orders(self) -> bool {
        match self {
            Self::Equal | Self::Unequal => false,
            Self::Less | Self::LessOrEqual | Self::More | Self::MoreOrEqual => true,
        }
    }
}

/// How deep parentheses, calls and `not` may stand in each other.
const DEEPEST: usize = 12;

struct Parser<'t> {
    tokens: &'t [(Token, Range<usize>)],
    at: usize,
    depth: usize,
    end: usize,
}

pub(super) fn parse(tokens: &[(Token, Range<usize>)], end: usize) -> Result<Raw, ExpressionError> {
    let mut parser = Parser { tokens, at: 0, depth: 0, end };
    let raw = parser.or()?;
    match parser.tokens.get(parser.at) {
        None => Ok(raw),
        Some((Token::Sign("<" | "<=" | ">" | ">=" | "==" | "!="), span)) => {
            Err(ExpressionError::new(span.clone(), "only two things are compared at a time")
                .help("join two comparisons with `and`"))
        }
        Some((_, span)) => Err(ExpressionError::new(span.clone(), "the expression should have ended here")
            .help("join conditions with `and` or `or`")),
    }
}

type Parsed = Result<Raw, ExpressionError>;

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Name(name)) if name == word);
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(it)) if *it == sign);
        self.at += usize::from(found);
        found
    }

    fn here(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.end..self.end, |(_, span)| span.clone())
    }

    fn want(&mut self, sign: &str) -> Result<Range<usize>, ExpressionError> {
        let span = self.here();
        if self.sign(sign) { Ok(span) } else { Err(ExpressionError::new(span, format!("`{sign}` is missing here"))) }
    }

    fn deeper(&mut self, inner: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth >= DEEPEST {
            return Err(ExpressionError::new(self.here(), "this expression is nested too deeply"));
        }
        self.depth += 1;
        let parsed = inner(self);
        self.depth -= 1;
        parsed
    }

    fn or(&mut self) -> Parsed {
        self.chain("or", Self::and, What::Or)
    }

    fn and(&mut self) -> Parsed {
        self.chain("and", Self::not, What::And)
    }

    /// Parts that are joined by a word, side by side, so that many of them are not deep.
    fn chain(&mut self, word: &str, part: impl Fn(&mut Self) -> Parsed, what: impl FnOnce(Vec<Raw>) -> What) -> Parsed {
        let first = part(self)?;
        let start = first.span.start;
        let mut parts = vec![first];
        while self.word(word) {
            parts.push(part(self)?);
        }
        match parts.pop() {
            Some(only) if parts.is_empty() => Ok(only),
            Some(last) => {
                let span = start..last.span.end;
                parts.push(last);
                Ok(Raw { what: what(parts), span })
            }
            None => Err(ExpressionError::new(self.here(), "something is missing here")),
        }
    }

    fn not(&mut self) -> Parsed {
        let start = self.here().start;
        if self.word("not") {
            let inner = self.deeper(Self::not)?;
            let span = start..inner.span.end;
            return Ok(Raw { what: What::Not(Box::new(inner)), span });
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Parsed {
        let left = self.sum()?;
        if self.word("in") {
            return Ok(join(left, self.sum()?, What::In));
        }
        let op = match self.peek() {
            Some(Token::Sign(sign)) => Op::parse(sign),
            Some(Token::Text(_) | Token::Number(_) | Token::Date(_) | Token::Name(_)) | None => None,
        };
        let Some(op) = op else { return Ok(left) };
        self.at += 1;
        Ok(join(left, self.sum()?, |left, right| What::Compare(op, left, right)))
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.value()?;
        for _ in 0..DEEPEST {
            if self.sign("+") {
                left = join(left, self.value()?, What::Plus);
            } else if self.sign("-") {
                left = join(left, self.value()?, What::Minus);
            } else {
                return Ok(left);
            }
        }
        Err(ExpressionError::new(left.span, "this adds up too many things"))
    }

    fn value(&mut self) -> Parsed {
        let Some((token, span)) = self.tokens.get(self.at).cloned() else {
            return Err(ExpressionError::new(self.end..self.end, "something is missing at the end"));
        };
        self.at += 1;
        let what = match token {
            Token::Text(text) => What::Text(text),
            Token::Number(number) => What::Number(number),
            Token::Date(date) => What::Date(date),
            Token::Name(name) => match name.as_str() {
                "true" => What::YesNo(true),
                "false" => What::YesNo(false),
                "and" | "or" | "in" | "not" => {
                    return Err(ExpressionError::new(span, format!("`{name}` stands between two conditions")));
                }
                _ if self.sign("(") => return self.call(name, span),
                _ => What::Name(name),
            },
            Token::Sign("(") => {
                let inner = self.deeper(Self::or)?;
                let end = self.want(")")?.end;
                return Ok(Raw { what: inner.what, span: span.start..end });
            }
            Token::Sign("[") => {
                let (items, end) = self.items("]")?;
                return Ok(Raw { what: What::List(items), span: span.start..end });
            }
            Token::Sign(sign) => {
                return Err(ExpressionError::new(span, format!("a value is missing before `{sign}`")));
            }
        };
        Ok(Raw { what, span })
    }

    fn call(&mut self, name: String, span: Range<usize>) -> Parsed {
        let (items, end) = self.items(")")?;
        Ok(Raw { span: span.start..end, what: What::Call(name, span, items) })
    }

    fn items(&mut self, close: &str) -> Result<(Vec<Raw>, usize), ExpressionError> {
        let mut items = Vec::new();
        let start = self.here();
        if self.sign(close) {
            return Ok((items, start.end));
        }
        loop {
            items.push(self.deeper(Self::or)?);
            if !self.sign(",") {
                return Ok((items, self.want(close)?.end));
            }
        }
    }
}

fn join(left: Raw, right: Raw, what: impl FnOnce(Box<Raw>, Box<Raw>) -> What) -> Raw {
    let span = left.span.start..right.span.end;
    Raw { what: what(Box::new(left), Box::new(right)), span }
}
