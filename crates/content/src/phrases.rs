//! Phrases that show what a page is about, with points, and what a page scores.
//!
//! A *list* is a text file ([`PhraseList::parse`] describes the format). Lists are compiled into one automaton
//! ([`Phrases`]), and a [`Scan`] leads the folded words of a page through it as they come, without going back. What it
//! finds is in [`Scores`], in words that a safeguarding lead can read to a parent.
//!
//! How a page is scored, for each category:
//! 1. A phrase counts its points the first time, half of them the second, a quarter the third, an eighth the fourth,
//!    and nothing more after that: many different phrases say more than one that is repeated.
//! 2. Excuses (phrases with negative points: help lines, lessons, newspapers) take points off in the same way, but
//!    never more than three quarters of what was found, so that a page cannot excuse itself by naming a charity.
//! 3. Beyond 1,000 words the sum is divided by the square root of the thousands of words, and by 4 at most: a long page
//!    does not score by its length, and padding does not hide it.
//! 4. At the end of a page a category is *over* when its points reach the limit. While bytes still arrive it is over
//!    when they reach the limit and half as much again, because an excuse may still come; then it stays over.

mod compile;
mod parse;
mod scan;
mod score;
pub mod starter;

pub use compile::{CompileError, Phrases};
pub use parse::{ListError, ListFault, Near, Part, Phrase, PhraseList};
pub use scan::Scan;
pub use score::{Hit, Limits, Score, Scores};

/// A phrase counts at most so many times.
pub const MOST_TIMES: u8 = 4;

#[cfg(test)]
mod tests;
