//! Makes the views of the policy page from the policy in force and what is known of it, for one reader.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ToSpan, civil::Date};
use kernel::{SchoolTime, Standing};
use policy::{Block, Clause, ClauseKind, Kind, Policy, Registry};

use crate::start::{
    asking::Asking,
    steps::{self, Step},
};

use super::{
    Speaker, chart,
    prose::{self, Piece},
    states::{BindingState, States},
    views::{Badge, BlockView, Choice, ClauseView, Count, Filter, NextStep, SectionView, Turn},
    wording::{anchor, clause_href, evidence, kind_title, module_title, todo},
};

/// What a reader asked the page to show.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct Query {
    /// Words that the clause must have.
    #[serde(default)]
    pub words: String,
    /// A [`Standing::id`], or nothing.
    #[serde(default)]
    pub standing: String,
    /// A module of controls, or nothing.
    #[serde(default)]
    pub about: String,
    /// A kind of controls, or nothing.
    #[serde(default)]
    pub kind: String,
}

impl Query {
    fn active(&self) -> bool {
        [&self.words, &self.standing, &self.about, &self.kind].iter().any(|part| !part.trim().is_empty())
    }
}

/// What the page is made from.
pub struct Ground<'a> {
    /// The policy in force.
    pub policy: &'a Policy,
    /// The controls.
    pub registry: &'a Registry,
    /// What is known.
    pub states: &'a States,
    /// The present moment.
    pub now: Timestamp,
    speaker: Speaker<'a>,
}

impl std::fmt::Debug for Ground<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ground").field("now", &self.now).finish_non_exhaustive()
    }
}

/// Everything of the page that follows from the clauses.
#[derive(Debug)]
pub struct Body {
    /// One sentence that sums it up.
    pub lead: String,
    /// How many clauses ask for something.
    pub total: usize,
    /// The counts.
    pub counts: Vec<Count>,
    /// The stretches of the bar.
    pub bar: Vec<chart::Stretch>,
    /// The bar in words.
    pub bar_label: String,
    /// What is to be done first.
    pub next: Option<NextStep>,
    /// What turns most clauses, where several wait for one thing.
    pub turns: Vec<Turn>,
    /// The filter.
    pub filter: Filter,
    /// The sections.
    pub sections: Vec<SectionView>,
}

impl Body {
    /// Says whom the reader asks for what others enter.
    pub fn ask(&mut self, asking: &Asking<'_>) {
        if let Some(next) = &mut self.next {
            let whom = asking.whom(&next.done_at);
            if !whom.is_empty() {
                next.why = format!("{} {whom}", next.why);
            }
        }
        self.turns.iter_mut().for_each(|turn| turn.ask = asking.whom(&turn.href));
    }
}

impl<'a> Ground<'a> {
    /// The ground of a page.
    pub fn new(policy: &'a Policy, registry: &'a Registry, states: &'a States, now: Timestamp) -> Self {
        let speaker = Speaker::new(policy, registry, SchoolTime::new(now).date());
        Self { policy, registry, states, now, speaker }
    }

    fn today(&self) -> Date {
        SchoolTime::new(self.now).date()
    }

    /// The bodies of the page for what was asked.
    pub fn body(&self, query: &Query) -> Body {
        let states: Vec<Option<BindingState>> =
            self.policy.clauses.iter().map(|clause| self.states.of_clause(clause, self.now)).collect();
        let counts = self.counts(&states);
        let steps = steps::steps(self.policy, self.states, self.now);
        let total = states.iter().flatten().count();
        let shown: Vec<bool> = self
            .policy
            .clauses
            .iter()
            .zip(&states)
            .map(|(clause, state)| !query.active() || self.answers(clause, state.as_ref(), query))
            .collect();
        Body {
            lead: lead(&counts, total),
            total,
            bar: chart::bar(&counts.iter().map(|row| (row.badge.look, row.count)).collect::<Vec<_>>()),
            bar_label: in_a_row(&counts),
            next: self.next(&states, &steps),
            turns: turns(steps),
            filter: self.filter(query, shown.iter().filter(|shown| **shown).count()),
            sections: self.sections(&states, &shown, query.active()),
            counts,
        }
    }

    fn counts(&self, states: &[Option<BindingState>]) -> Vec<Count> {
        let before = self.today().checked_sub(1.month()).ok().and_then(|day| self.states.counts_on(self.policy, day));
        let tally = tally(states.iter().flatten());
        Badge::ALL
            .into_iter()
            .map(|badge| Count {
                badge,
                count: tally.get(badge.id).copied().unwrap_or(0),
                before: before.as_ref().map(|counts| counts.get(badge.id).copied().unwrap_or(0)),
            })
            .filter(|row| {
                let always = matches!(row.badge.id, "kept" | "due" | "not-kept" | "not-built");
                always || row.count > 0 || row.before.is_some_and(|before| before > 0)
            })
            .collect()
    }

    fn answers(&self, clause: &Clause, state: Option<&BindingState>, query: &Query) -> bool {
        let Some(state) = state else { return false };
        let text = clause.text.to_lowercase();
        let words = query.words.to_lowercase();
        let has_words = words.split_whitespace().all(|word| text.contains(word) || clause.number == word)
            || clause.label.as_deref().is_some_and(|label| label == words.trim());
        let kinds = |clause: &Clause| {
            clause.bindings.iter().any(|binding| {
                self.registry.get(&binding.control).is_some_and(|control| control.card().kind.id() == query.kind)
            })
        };
        has_words
            && (query.standing.is_empty() || state.standing.id() == query.standing)
            && (query.about.is_empty() || clause.bindings.iter().any(|binding| binding.control.module() == query.about))
            && (query.kind.is_empty() || kinds(clause))
    }

    fn filter(&self, query: &Query, found: usize) -> Filter {
        let choice =
            |value: &str, text: String, asked: &str| Choice { value: value.to_owned(), text, chosen: value == asked };
        let mut standings = vec![choice("", "Any".into(), &query.standing)];
        standings.extend(Badge::ALL.iter().map(|badge| choice(badge.id, badge.word.to_owned(), &query.standing)));
        let bound: BTreeSet<&str> = self.policy.all_bindings().map(|(_, binding)| binding.control.module()).collect();
        let mut modules = vec![choice("", "Anything".into(), &query.about)];
        modules.extend(bound.into_iter().map(|module| choice(module, module_title(module), &query.about)));
        let mut kinds = vec![choice("", "In any way".into(), &query.kind)];
        kinds.extend(Kind::ALL.into_iter().map(|kind| choice(kind.id(), kind_title(kind).to_owned(), &query.kind)));
        Filter { words: query.words.clone(), standings, modules, kinds, active: query.active(), found }
    }

    fn next(&self, states: &[Option<BindingState>], steps: &[Step]) -> Option<NextStep> {
        let mut not_kept = self.policy.clauses.iter().zip(states).filter_map(|(clause, state)| match state {
            Some(BindingState { standing: Standing::NotKept { why, mend, .. }, .. }) => Some((clause, why, mend)),
            Some(_) | None => None,
        });
        let (clause, why, mend) = not_kept.next()?;
        let count = 1 + not_kept.count();
        // What turns several clauses at once comes before what stands first in the policy.
        if let Some(best) = steps.first().filter(|step| step.turns > 2) {
            return Some(NextStep {
                title: best.mend.clone(),
                why: format!("This turns {} clauses: {}.", best.turns, some(&best.numbers)),
                eyebrow: "Next step".to_owned(),
                button: "Go there".to_owned(),
                href: best.href.clone(),
                done_at: best.href.clone(),
                not_kept: count,
            });
        }
        Some(NextStep {
            title: if mend.trim().is_empty() {
                format!("Look at clause {}", clause.number)
            } else {
                mend.trim_end_matches('.').to_owned()
            },
            why: why.clone(),
            eyebrow: format!("Next step, for clause {}", clause.number),
            button: format!("Go to clause {}", clause.number),
            href: clause_href(clause),
            done_at: steps
                .iter()
                .find(|step| step.mend == mend.trim().trim_end_matches('.'))
                .map(|step| step.href.clone())
                .unwrap_or_default(),
            not_kept: count,
        })
    }

    fn sections(&self, states: &[Option<BindingState>], shown: &[bool], active: bool) -> Vec<SectionView> {
        let mut sections = split(self.policy)
            .into_iter()
            .map(|part| self.section(&part, states, shown, active))
            .filter(|section| !section.blocks.is_empty())
            .collect::<Vec<_>>();
        // A short policy is read, not unfolded.
        let clauses: usize = sections.iter().flat_map(|section| &section.counts).map(|count| count.count).sum();
        if clauses <= 40 {
            sections.iter_mut().for_each(|section| section.open = true);
        }
        sections
    }

    fn section(&self, part: &Part<'_>, states: &[Option<BindingState>], shown: &[bool], active: bool) -> SectionView {
        let mut blocks = Vec::new();
        let mut of_section: Vec<&BindingState> = Vec::new();
        // When a filter is set, a heading is only shown with a clause below it.
        let mut headings: Vec<BlockView> = Vec::new();
        for piece in &part.pieces {
            match piece {
                Piece::Heading(heading) => {
                    let level = (heading.level.saturating_sub(part.level) + 2).clamp(3, 6);
                    let view = BlockView::Heading { level, html: heading.html.clone() };
                    if active {
                        headings.retain(|it| matches!(it, BlockView::Heading { level: above, .. } if *above < level));
                        headings.push(view);
                    } else {
                        blocks.push(view);
                    }
                }
                Piece::Prose(html) => {
                    if !active {
                        blocks.push(BlockView::Prose(html.clone()));
                    }
                }
                Piece::Clause(ix, cells) => {
                    let Some(clause) = self.policy.clause(*ix) else { continue };
                    let state = states.get(ix.0).and_then(Option::as_ref);
                    of_section.extend(state);
                    if clause.kind == ClauseKind::Context && cells.is_empty() {
                        if !active {
                            let (anchor, html) = (anchor(clause), &clause.html);
                            blocks.push(BlockView::Prose(format!(
                                "<p class=\"govuk-body\" id=\"{anchor}\">{html}</p>\n"
                            )));
                        }
                        continue;
                    }
                    if shown.get(ix.0).copied().unwrap_or(false) {
                        blocks.append(&mut headings);
                        blocks.push(BlockView::Clause(Box::new(self.clause(clause, state, cells.clone()))));
                    }
                }
            }
        }
        let tally = tally(of_section.into_iter());
        let counts = Badge::ALL
            .into_iter()
            .filter_map(|badge| tally.get(badge.id).map(|count| Count { badge, count: *count, before: None }))
            .collect();
        SectionView { title: part.title.clone(), counts, open: active, blocks }
    }

    /// A clause as the page shows it.
    pub fn clause(&self, clause: &Clause, state: Option<&BindingState>, cells: Vec<super::views::Cell>) -> ClauseView {
        let history = match clause.kind {
            ClauseKind::Context => None,
            ClauseKind::Bound => self.history_in_words(clause, state),
        };
        ClauseView {
            number: clause.number.clone(),
            anchor: anchor(clause),
            href: clause_href(clause),
            html: clause.html.clone(),
            cells,
            badge: state.map(|state| Badge::from(&state.standing)),
            evidence: state.map(|state| evidence(state, self.today())).unwrap_or_default(),
            history,
            todo: state.and_then(|state| todo(&state.standing)),
            system: self.system(clause),
        }
    }

    /// "Kept on 211 of 213 days"; not for what is not built or never tried, which has no days to count.
    fn history_in_words(&self, clause: &Clause, state: Option<&BindingState>) -> Option<String> {
        match &state?.standing {
            Standing::NotBuilt | Standing::Untried => Some("What this rests on".to_owned()),
            Standing::Kept
            | Standing::Reserved { .. }
            | Standing::Due { .. }
            | Standing::Unknown { .. }
            | Standing::NotKept { .. } => {
                if clause.bindings.iter().any(|binding| binding.common.on_trial()) {
                    return Some("On trial".to_owned());
                }
                let history = self.states.history(clause);
                Some(history.map_or_else(|| "What this rests on".to_owned(), |history| history.in_words()))
            }
        }
    }

    /// What the system does about one binding.
    pub fn say(&self, binding: &policy::Binding) -> String {
        self.speaker.say(binding)
    }

    /// What the system does about a clause, one sentence a binding; equal ones once.
    pub fn system(&self, clause: &Clause) -> Vec<String> {
        let mut sentences: Vec<String> = Vec::new();
        for binding in &clause.bindings {
            let sentence = self.speaker.say(binding);
            if !sentences.contains(&sentence) {
                sentences.push(sentence);
            }
        }
        sentences
    }
}

/// The five things for which most clauses wait.
fn turns(steps: Vec<Step>) -> Vec<Turn> {
    let several = steps.into_iter().filter(|step| step.turns > 1).take(5);
    several.map(|step| Turn { title: step.mend, href: step.href, clauses: step.turns, ask: String::new() }).collect()
}

/// The first numbers of clauses: "4.1, 4.2, 5.1 and 3 more".
fn some(numbers: &[String]) -> String {
    const SHOWN: usize = 6;
    let first = numbers.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match numbers.len().saturating_sub(SHOWN) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// A section before it is filled: a heading and what stands below it.
struct Part<'a> {
    title: String,
    level: u8,
    pieces: Vec<Piece<'a>>,
}

/// Divides the policy into sections: at its headings of the first level, or of the second where there is
/// only one of the first. Agreements and other texts with clauses come after it.
fn split(policy: &Policy) -> Vec<Part<'_>> {
    let level = section_level(&policy.main.blocks);
    let mut pieces = Vec::new();
    prose::walk(&policy.main.blocks, &mut pieces);
    let mut parts = vec![Part { title: "About this policy".to_owned(), level, pieces: Vec::new() }];
    for piece in pieces {
        match piece {
            Piece::Heading(heading) if heading.level < level => {}
            Piece::Heading(heading) if heading.level == level => {
                parts.push(Part { title: heading.text.clone(), level, pieces: Vec::new() });
            }
            Piece::Heading(_) | Piece::Prose(_) | Piece::Clause(..) => {
                if let Some(part) = parts.last_mut() {
                    part.pieces.push(piece);
                }
            }
        }
    }
    let others = policy
        .agreements
        .iter()
        .map(|it| (format!("Agreement: {}", it.title), &it.document))
        .chain(policy.notices.iter().map(|it| (it.front.title.clone(), &it.document)));
    for (title, document) in others.filter(|(_, document)| prose::holds_clause(&document.blocks)) {
        let mut pieces = Vec::new();
        prose::walk(&document.blocks, &mut pieces);
        pieces.retain(|piece| !matches!(piece, Piece::Heading(heading) if heading.level == 1));
        parts.push(Part { title, level: 1, pieces });
    }
    parts
}

/// The level of heading at which sections begin.
pub(crate) fn section_level(blocks: &[Block]) -> u8 {
    let first = blocks.iter().filter(|block| matches!(block, Block::Heading(heading) if heading.level == 1)).count();
    if first > 1 { 1 } else { 2 }
}

fn tally<'a>(states: impl Iterator<Item = &'a BindingState>) -> BTreeMap<&'static str, usize> {
    let mut tally = BTreeMap::new();
    for state in states {
        *tally.entry(state.standing.id()).or_insert(0) += 1;
    }
    tally
}

/// "103 kept, 9 due, 5 not kept, 7 not built".
fn in_a_row(counts: &[Count]) -> String {
    let parts: Vec<_> =
        counts.iter().filter(|row| row.count > 0).map(|row| format!("{} {}", row.count, row.badge.lower())).collect();
    if parts.is_empty() { "No clause asks for anything yet".to_owned() } else { parts.join(", ") }
}

fn lead(counts: &[Count], total: usize) -> String {
    let of = |id: &str| counts.iter().find(|row| row.badge.id == id).map_or(0, |row| row.count);
    let (kept, not_kept, unknown, not_built) = (of("kept"), of("not-kept"), of("unknown"), of("not-built"));
    if total == 0 {
        return "No clause of this policy asks for anything yet.".to_owned();
    }
    let mut text = format!("{kept} of its {total} clauses {} kept today.", if kept == 1 { "is" } else { "are" });
    let broken = match not_kept {
        0 => "None is broken".to_owned(),
        1 => "1 is not".to_owned(),
        many => format!("{many} are not"),
    };
    let others: Vec<String> = [(unknown, "Gatehouse cannot tell"), (not_built, "Gatehouse cannot keep or show yet")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    text.push_str(&match others.as_slice() {
        [] => format!(" {broken}."),
        [first @ .., last] => {
            let first: String = first.iter().map(|part| format!(", {part}")).collect();
            format!(" {broken}{first}, and {last}.")
        }
    });
    text
}
