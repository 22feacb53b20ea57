//! Leads words through the automaton as they come, and keeps the score.

use std::{collections::HashMap, sync::Arc};

use aho_corasick::{
    Anchored,
    automaton::{Automaton, StateID},
};

use super::{
    Hit, Limits, MOST_TIMES, Near, Phrases, Score, Scores,
    compile::{Entry, Machine},
};
use crate::text::{LANES, Sink, fold::Fold};

/// Points are kept in eighths, so that the fourth time counts.
const EIGHTHS: i64 = 8;

/// What was found of one phrase.
#[derive(Debug, Default)]
struct Found {
    times: u8,
    /// For each part the word after it was last seen, counted from 1; 0 when not seen.
    seen: [u64; 4],
}

/// What one category has.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    limit: Option<u32>,
    /// Points found and points excused, in eighths.
    plus: i64,
    minus: i64,
    over: bool,
}

#[derive(Debug)]
struct Lane {
    fold: Fold,
    state: StateID,
}

/// Everything but the lanes, so that a lane can be led while this changes.
#[derive(Debug)]
struct Book {
    words: u64,
    found: HashMap<u32, Found>,
    tallies: Vec<Tally>,
    any_over: bool,
}

/// Scans one page.
#[derive(Debug)]
pub struct Scan {
    phrases: Arc<Phrases>,
    lanes: Vec<Lane>,
    book: Book,
}

impl Scan {
    /// A scan of one page for an audience with these limits.
    #[must_use]
    pub fn new(phrases: Arc<Phrases>, limits: &Limits) -> Self {
        let tallies =
            phrases.categories.iter().map(|name| Tally { limit: limits.of(name), ..Tally::default() }).collect();
        let book = Book { words: 0, found: HashMap::new(), tallies, any_over: false };
        Self { phrases, lanes: Vec::new(), book }
    }

    /// Whether a category is over its limit and stays so.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.book.any_over
    }

    /// The scores so far; `last` when the page has ended.
    #[must_use]
    pub fn scores(&self, last: bool) -> Scores {
        let Book { words, found, tallies, .. } = &self.book;
        let mut all: Vec<Score> = (0_u16..)
            .zip(tallies.iter().zip(&self.phrases.categories))
            .filter(|(_, (tally, _))| tally.plus > 0)
            .map(|(number, (tally, category))| {
                let hits = |plus: bool| self.hits(found, number, plus);
                let over = tally.over || (last && tally.reaches(*words, 1, 1));
                Score {
                    category: category.clone(),
                    points: u32::try_from(tally.points(*words)).unwrap_or(u32::MAX),
                    limit: tally.limit,
                    over,
                    found: hits(true),
                    excused: hits(false),
                    divided: u32::try_from(divisor(*words)).unwrap_or(u32::MAX),
                }
            })
            .collect();
        all.sort_by(|a, b| (b.over, b.points).cmp(&(a.over, a.points)).then_with(|| a.category.cmp(&b.category)));
        Scores { all, words: *words, cut: false }
    }

    fn hits(&self, found: &HashMap<u32, Found>, category: u16, plus: bool) -> Vec<Hit> {
        let mut hits: Vec<(u32, Hit)> = found
            .iter()
            .filter(|(_, found)| found.times > 0)
            .filter_map(|(number, found)| {
                let entry = self.phrases.entries.get(usize::try_from(*number).ok()?)?;
                let counts = entry.categories.contains(&category) && (entry.points > 0) == plus;
                let eighths: i64 = (1..=found.times).map(|time| worth(entry, time)).sum();
                let points = u32::try_from(eighths.abs() / EIGHTHS).unwrap_or(u32::MAX);
                counts.then(|| (*number, Hit { phrase: entry.shown.to_string(), times: found.times, points }))
            })
            .collect();
        hits.sort_by_key(|(number, hit)| (u32::MAX - hit.points, *number));
        hits.into_iter().map(|(_, hit)| hit).collect()
    }

    /// Leads a piece of a lane, or the gap where there is none.
    #[inline]
    fn lead(&mut self, lane: usize, piece: Option<&str>) {
        let lane = lane.min(LANES - 1);
        let Self { phrases, lanes, book } = self;
        while lanes.len() <= lane {
            lanes.push(Lane { fold: Fold::default(), state: phrases.start });
        }
        let Some(lane) = lanes.get_mut(lane) else { return };
        match &phrases.machine {
            Machine::Table(table) => lead(table.as_ref(), phrases, lane, book, piece),
            Machine::Compact(compact) => lead(compact.as_ref(), phrases, lane, book, piece),
        }
    }
}

impl Sink for Scan {
    fn text(&mut self, lane: usize, piece: &str) {
        self.lead(lane, Some(piece));
    }

    fn gap(&mut self, lane: usize) {
        if lane < self.lanes.len() {
            self.lead(lane, None);
        }
    }
}

/// Leads what a fold gives out through the automaton.
#[inline(always)]
fn lead<A: Automaton>(automaton: &A, phrases: &Phrases, lane: &mut Lane, book: &mut Book, piece: Option<&str>) {
    let Lane { fold, state } = lane;
    let mut at = *state;
    let mut out = |byte| {
        at = automaton.next_state(Anchored::No, at, byte);
        if byte == b' ' {
            book.words += 1;
        }
        if automaton.is_special(at) && automaton.is_match(at) {
            for nth in 0..automaton.match_len(at) {
                let pattern = automaton.match_pattern(at, nth).as_usize();
                for (entry, part) in phrases.uses.get(pattern).into_iter().flatten() {
                    book.part_seen(phrases, *entry, *part);
                }
            }
        }
    };
    match piece {
        Some(piece) => fold.push(piece, &mut out),
        None => fold.gap(&mut out),
    }
    *state = at;
}

impl Book {
    fn part_seen(&mut self, phrases: &Phrases, number: u32, part: u8) {
        let Some(entry) = usize::try_from(number).ok().and_then(|at| phrases.entries.get(at)) else { return };
        let most = if entry.near == Near::Page && entry.parts > 1 { 1 } else { MOST_TIMES };
        let found = self.found.entry(number).or_default();
        if found.times >= most {
            return;
        }
        if entry.parts > 1 {
            let now = self.words + 1;
            if let Some(seen) = found.seen.get_mut(usize::from(part)) {
                *seen = now;
            }
            let reach = match entry.near {
                Near::Words(words) => u64::from(words),
                Near::Page => u64::MAX,
            };
            let mut parts = found.seen.iter().take(usize::from(entry.parts));
            if !parts.all(|seen| *seen > 0 && now - *seen <= reach) {
                return;
            }
            found.seen = [0; 4];
        }
        found.times += 1;
        let worth = worth(entry, found.times);
        for category in &entry.categories {
            let Some(tally) = self.tallies.get_mut(usize::from(*category)) else { continue };
            if worth < 0 {
                tally.minus -= worth;
            } else {
                tally.plus += worth;
                if !tally.over && tally.reaches(self.words, 3, 2) {
                    tally.over = true;
                    self.any_over = true;
                }
            }
        }
    }
}

impl Tally {
    /// Points in eighths after excuses.
    fn kept(&self) -> i64 {
        self.plus - self.minus.min(self.plus * 3 / 4)
    }

    fn points(&self, words: u64) -> i64 {
        self.kept() * 100 / divisor(words) / EIGHTHS
    }

    /// Whether the points reach `times / of` limits.
    fn reaches(&self, words: u64, times: i64, of: i64) -> bool {
        self.limit.is_some_and(|limit| self.points(words) * of >= i64::from(limit) * times && self.plus > 0)
    }
}

/// The points of a phrase for the nth time, in eighths.
fn worth(entry: &Entry, time: u8) -> i64 {
    (i64::from(entry.points) * EIGHTHS) >> (time - 1)
}

/// What the sum is divided by for the length of a page, in hundredths.
fn divisor(words: u64) -> i64 {
    let hundredths = (words.min(16_000) * 10).isqrt();
    i64::try_from(hundredths).unwrap_or(400).clamp(100, 400)
}
