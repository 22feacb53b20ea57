//! What changes from one version of a policy to the next: clauses and terms, in words.

use std::{collections::BTreeSet, fmt::Write as _};

use similar::{ChangeTag, TextDiff};

use crate::{
    binding::Binding,
    model::{Clause, Policy},
    registry::Registry,
    words::Words,
};

/// What changes from one version to the next.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Difference {
    /// Changes of the front matter, each as a sentence.
    pub front: Vec<String>,
    /// Changes of clauses, in the order of the new version; those that are gone come last.
    pub clauses: Vec<ClauseChange>,
    /// Changes of agreements, each as a sentence.
    pub agreements: Vec<String>,
    /// Changes of the school's own registers and of the fields that it adds to ours, each as a sentence.
    pub registers: Vec<String>,
}

/// How one clause changes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ClauseChange {
    /// Its label, or else its number.
    pub key: String,
    /// Its number before; none where it is new.
    pub before: Option<String>,
    /// Its number after; none where it is gone.
    pub after: Option<String>,
    /// What it says now, or said.
    pub text: String,
    /// How its words change, where they do.
    pub words: Vec<Piece>,
    /// How its terms change, each as a sentence.
    pub terms: Vec<String>,
}

/// Some words of a text that changes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Piece {
    /// Whether they stay, go or come.
    pub change: Change,
    /// The words.
    pub text: String,
}

/// Whether words stay, go or come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// In both versions.
    Same,
    /// Only in the old one.
    Gone,
    /// Only in the new one.
    New,
}

impl Difference {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        let Self { front, clauses, agreements, registers } = self;
        front.is_empty() && clauses.is_empty() && agreements.is_empty() && registers.is_empty()
    }

    /// As people read it.
    pub fn to_text(&self) -> String {
        if self.is_empty() {
            return "Nothing changes.\n".to_owned();
        }
        let mut out = String::new();
        for sentence in self.front.iter().chain(&self.agreements).chain(&self.registers) {
            let _ = writeln!(out, "{sentence}");
        }
        for change in &self.clauses {
            if !out.is_empty() {
                out.push('\n');
            }
            let _ = match (&change.before, &change.after) {
                (None, Some(number)) => writeln!(out, "New: {number} ({}). {}", change.key, change.text),
                (Some(number), None) => writeln!(out, "Gone: {number} ({}). {}", change.key, change.text),
                (Some(before), Some(after)) if before != after => {
                    writeln!(out, "Changed: {after} ({}), before {before}.", change.key)
                }
                (Some(_) | None, after) => {
                    writeln!(out, "Changed: {} ({}).", after.as_deref().unwrap_or(""), change.key)
                }
            };
            if !change.words.is_empty() {
                let _ = writeln!(out, "  Words: {}", marked(&change.words));
            }
            for term in &change.terms {
                let _ = writeln!(out, "  {term}");
            }
        }
        out
    }
}

/// "Staff change it every [-90-] {+60+} days."
fn marked(pieces: &[Piece]) -> String {
    let pieces: Vec<_> = pieces
        .iter()
        .map(|piece| match piece.change {
            Change::Same => piece.text.clone(),
            Change::Gone => format!("[-{}-]", piece.text),
            Change::New => format!("{{+{}+}}", piece.text),
        })
        .collect();
    pieces.join(" ")
}

/// Compares two versions. `old_words` and `new_words` speak for each version.
pub fn diff(old: &Policy, new: &Policy, registry: &Registry, old_words: &Words, new_words: &Words) -> Difference {
    let mut clauses = Vec::new();
    let mut met = BTreeSet::new();
    for clause in &new.clauses {
        match counterpart(clause, old, &met) {
            Some((at, before)) => {
                met.insert(at);
                clauses.extend(changed(before, clause, registry, old_words, new_words));
            }
            None => clauses.push(ClauseChange {
                key: clause.key().to_owned(),
                before: None,
                after: Some(clause.number.clone()),
                text: clause.text.clone(),
                words: Vec::new(),
                terms: sentences(clause, registry, new_words).map(|words| format!("The system: {words}")).collect(),
            }),
        }
    }
    for (at, clause) in old.clauses.iter().enumerate().filter(|(at, _)| !met.contains(at)) {
        let _ = at;
        clauses.push(ClauseChange {
            key: clause.key().to_owned(),
            before: Some(clause.number.clone()),
            after: None,
            text: clause.text.clone(),
            words: Vec::new(),
            terms: sentences(clause, registry, old_words).map(|words| format!("No longer: {words}")).collect(),
        });
    }
    Difference { front: front(old, new), clauses, agreements: agreements(old, new), registers: registers(old, new) }
}

/// The clause of the old version: the same label; without label the same words, or else the same number.
fn counterpart<'a>(clause: &Clause, old: &'a Policy, met: &BTreeSet<usize>) -> Option<(usize, &'a Clause)> {
    let all = || old.clauses.iter().enumerate().filter(|(at, it)| !met.contains(at) && it.path == clause.path);
    match &clause.label {
        Some(label) => old
            .clauses
            .iter()
            .enumerate()
            .find(|(_, it)| it.label.as_ref() == Some(label))
            // A label that has just been written.
            .or_else(|| all().find(|(_, it)| it.label.is_none() && it.text == clause.text)),
        None => all()
            .find(|(_, it)| it.text == clause.text)
            .or_else(|| all().find(|(_, it)| it.label.is_none() && it.number == clause.number)),
    }
}

fn changed(
    before: &Clause,
    after: &Clause,
    registry: &Registry,
    old_words: &Words,
    new_words: &Words,
) -> Option<ClauseChange> {
    let words = if before.text == after.text { Vec::new() } else { pieces(&before.text, &after.text) };
    let mut terms = Vec::new();
    let mut olds: Vec<&Binding> = before.bindings.iter().collect();
    for binding in &after.bindings {
        // The same terms first, so that a new binding beside it is not taken for a change.
        let at = olds
            .iter()
            .position(|it| it.control == binding.control && it.given == binding.given)
            .or_else(|| olds.iter().position(|it| it.control == binding.control));
        match at.map(|at| olds.remove(at)) {
            Some(old) if old.given == binding.given => {}
            Some(old) => terms.extend(term_changes(old, binding, registry, old_words, new_words)),
            None => terms.extend(sentence(binding, registry, new_words).map(|words| format!("New: {words}"))),
        }
    }
    terms.extend(
        olds.into_iter()
            .filter_map(|binding| sentence(binding, registry, old_words))
            .map(|words| format!("No longer: {words}")),
    );
    if before.kind != after.kind {
        terms.push(match after.kind {
            crate::ClauseKind::Bound => "It asks for something now.".to_owned(),
            crate::ClauseKind::Context => "It is background now.".to_owned(),
        });
    }
    if words.is_empty() && terms.is_empty() {
        return None;
    }
    Some(ClauseChange {
        key: after.key().to_owned(),
        before: Some(before.number.clone()),
        after: Some(after.number.clone()),
        text: after.text.clone(),
        words,
        terms,
    })
}

fn term_changes(
    old: &Binding,
    new: &Binding,
    registry: &Registry,
    old_words: &Words,
    new_words: &Words,
) -> Vec<String> {
    let mut changes = Vec::new();
    for term in &new.given.terms {
        match old.given.get(&term.key) {
            Some(before) if before.value == term.value => {}
            Some(before) => {
                changes.push(format!("`{}`: {} instead of {}", term.key, term.value.to_toml(), before.value.to_toml()));
            }
            None => changes.push(format!("`{}`: {}, new", term.key, term.value.to_toml())),
        }
    }
    for term in old.given.terms.iter().filter(|term| new.given.get(&term.key).is_none()) {
        changes.push(format!("`{}`: no longer {}", term.key, term.value.to_toml()));
    }
    let before = sentence(old, registry, old_words).unwrap_or_default();
    let after = sentence(new, registry, new_words).unwrap_or_default();
    let mut said = vec![format!("{}: {}.", new.control, changes.join("; "))];
    if before != after {
        said.push(format!("Before: {before}"));
        said.push(format!("After: {after}"));
    }
    said
}

fn sentences<'a>(
    clause: &'a Clause,
    registry: &'a Registry,
    words: &'a Words,
) -> impl Iterator<Item = String> + use<'a> {
    clause.bindings.iter().filter_map(|binding| sentence(binding, registry, words))
}

fn sentence(binding: &Binding, registry: &Registry, words: &Words) -> Option<String> {
    registry.get(&binding.control).map(|control| words.sentence(control.as_ref(), binding))
}

fn pieces(old: &str, new: &str) -> Vec<Piece> {
    let diff = TextDiff::from_words(old, new);
    let mut pieces: Vec<Piece> = Vec::new();
    for change in diff.iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => Change::Same,
            ChangeTag::Delete => Change::Gone,
            ChangeTag::Insert => Change::New,
        };
        match pieces.last_mut() {
            Some(last) if last.change == kind => last.text.push_str(change.value()),
            _ => pieces.push(Piece { change: kind, text: change.value().to_owned() }),
        }
    }
    pieces.retain_mut(|piece| {
        piece.text = piece.text.trim().to_owned();
        !piece.text.is_empty()
    });
    pieces
}

fn front(old: &Policy, new: &Policy) -> Vec<String> {
    let (old, new) = (&old.front, &new.front);
    let mut said = Vec::new();
    let mut say = |what: &str, before: String, after: String| {
        if before != after {
            let empty = |text: String| if text.is_empty() { "nothing".to_owned() } else { text };
            said.push(format!("{what}: {} instead of {}.", empty(after), empty(before)));
        }
    };
    let day = |date: Option<jiff::civil::Date>| date.map_or(String::new(), kernel::time::date_in_words);
    say("Title", old.title.clone(), new.title.clone());
    say("Version", old.version.clone(), new.version.clone());
    say("Issued", day(old.issued), day(new.issued));
    say("Review", day(old.review), day(new.review));
    let approval = |front: &crate::Front| {
        front.approval.as_ref().map_or(String::new(), |it| it.in_words(&|role| front.title_of(role)))
    };
    say("Approved by", approval(old), approval(new));
    for role in kernel::Role::ALL {
        say(&format!("Title of the role `{role}`"), old.title_of(*role), new.title_of(*role));
    }
    let names = |one: Vec<&String>, two: Vec<&String>| one.into_iter().chain(two).cloned().collect::<BTreeSet<_>>();
    for name in names(old.times.keys().collect(), new.times.keys().collect()) {
        let time = |front: &crate::Front| front.times.get(&name).map_or(String::new(), ToString::to_string);
        say(&format!("The time `{name}`"), time(old), time(new));
    }
    for name in names(old.terms.keys().collect(), new.terms.keys().collect()) {
        let term = |front: &crate::Front| {
            front.terms.get(&name).map_or(String::new(), |(first, last)| format!("{first} to {last}"))
        };
        say(&format!("The term `{name}`"), term(old), term(new));
    }
    for name in names(old.calendars.keys().collect(), new.calendars.keys().collect()) {
        let called = |front: &crate::Front| {
            front
                .calendars
                .get(&name)
                .map_or(String::new(), |word| format!("entries of the calendar called \"{word}\""))
        };
        say(&format!("The days of `{name}`"), called(old), called(new));
    }
    for name in names(old.systems.keys().collect(), new.systems.keys().collect()) {
        let system = |front: &crate::Front| {
            front.systems.get(&name).map_or(String::new(), |it| {
                let by = it.by.map_or(String::new(), |role| format!(", {} answers for it", front.title_of(role)));
                let seen = match it.seen {
                    crate::Seen::Ours => "ours",
                    crate::Seen::Probe => "probed",
                    crate::Seen::Import => "imported",
                    crate::Seen::Attest => "confirmed by a person",
                };
                format!("{}{by}, {seen}", it.name)
            })
        };
        say(&format!("The system `{name}`"), system(old), system(new));
    }
    for name in names(old.networks.keys().collect(), new.networks.keys().collect()) {
        let network = |front: &crate::Front| {
            front.networks.get(&name).map_or(String::new(), |it| {
                let who = it
                    .stands_for
                    .as_ref()
                    .map(|who| format!("stands for {}", who.in_words(&|role| front.title_of(role))));
                let signed = it.signed_for.then(|| "signed for".to_owned());
                let addresses = it.addresses.iter().map(ToString::to_string);
                who.into_iter().chain(signed).chain(addresses).collect::<Vec<_>>().join(", ")
            })
        };
        say(&format!("The network `{name}`"), network(old), network(new));
    }
    said
}

fn agreements(old: &Policy, new: &Policy) -> Vec<String> {
    let mut said = Vec::new();
    for agreement in &new.agreements {
        match old.agreement(&agreement.name) {
            None => said.push(format!("New agreement: {}, version {}.", agreement.title, agreement.version)),
            Some(before) if before.version != agreement.version => said.push(format!(
                "{}: version {} instead of {}; it is signed again.",
                agreement.title, agreement.version, before.version
            )),
            Some(before) if before.document.blocks != agreement.document.blocks || before.title != agreement.title => {
                said.push(format!(
                    "{}: its words change, but its version stays {}.",
                    agreement.title, agreement.version
                ));
            }
            Some(before) if before.audience != agreement.audience => {
                said.push(format!("{}: others sign it.", agreement.title));
            }
            Some(_) => {}
        }
    }
    for agreement in old.agreements.iter().filter(|it| new.agreement(&it.name).is_none()) {
        said.push(format!("No longer an agreement: {}.", agreement.title));
    }
    said
}

/// What a file of `registers/` is, in words.
fn of_registers(path: &str) -> String {
    let name = path.strip_prefix("registers/").unwrap_or(path);
    let name = name.strip_suffix(".toml").unwrap_or(name);
    if name.contains('.') {
        format!("the school's own fields in the register `{name}`")
    } else {
        format!("the school's own register `own.{name}`")
    }
}

fn registers(old: &Policy, new: &Policy) -> Vec<String> {
    let mut said = Vec::new();
    for file in new.source.registers() {
        let what = of_registers(&file.path);
        match old.source.file(&file.path) {
            None => said.push(format!("New: {what}.")),
            Some(before) if before.text != file.text => said.push(format!("Declared differently: {what}.")),
            Some(_) => {}
        }
    }
    let gone = old.source.registers().filter(|file| new.source.file(&file.path).is_none());
    said.extend(gone.map(|file| format!("No longer: {}.", of_registers(&file.path))));
    said
}
