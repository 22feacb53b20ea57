//! Two people at one entry: their changes meet field by field.
//!
//! A form carries a mark of each field as it was when it was opened. What only one of the two touched is kept from that
//! one; where both did, somebody has to say which stays.

use std::collections::{BTreeMap, BTreeSet};

use declare::Field;
use webkit::kit::{Choice, Choices, Mistakes};

use super::{
    fields::Input,
    form::{Read, Sent, Typed, both_id},
};
use crate::registers::{Kept, words::Names};

/// What a form was made of.
pub(super) struct Was {
    /// The mark of each of its fields, by their names; nothing where a form carries none.
    marks: BTreeMap<String, String>,
    /// The other clauses that the entry served.
    also: BTreeSet<String>,
}

/// How two changes of one entry meet.
#[derive(Default)]
pub(super) struct Met<'a> {
    /// Fields that both changed, and nobody has said yet which stays.
    pub(super) both: Vec<&'a Field>,
    /// Fields that only the other one changed.
    pub(super) theirs: Vec<&'a Field>,
}

/// What a form carries of its fields: "place=0123456789abcdef".
pub(super) fn marks(fields: &[&Field], typed: &Typed) -> Vec<String> {
    fields.iter().map(|field| format!("{}={}", field.name, mark(field, typed))).collect()
}

/// What tells the texts of a field from others. How a browser ends lines makes no difference, nor in what order boxes
/// are ticked.
fn mark(field: &Field, typed: &Typed) -> String {
    let mut lines: Vec<&str> =
        typed.texts(field).into_iter().flat_map(|text| text.trim().lines()).map(str::trim_end).collect();
    if field.kind.takes_several() {
        lines.retain(|line| !line.is_empty());
        lines.sort_unstable();
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(lines.join("\n").as_bytes());
    if let Some((id, _)) = typed.file(field) {
        hasher.update(id.as_bytes());
    }
    hasher.finalize().to_hex().chars().take(16).collect()
}

impl Was {
    /// What the form that was sent was made of.
    pub(super) fn of_sent(sent: &Sent) -> Self {
        let marks = sent.all("was").filter_map(|text| text.split_once('='));
        Self {
            marks: marks.map(|(name, mark)| (name.to_owned(), mark.to_owned())).collect(),
            also: sent.all("was-also").map(str::to_owned).collect(),
        }
    }

    /// The other clauses that the entry serves once what was ticked and what was cleared is done to those of now.
    pub(super) fn also(&self, sent: &Sent, now: &[String]) -> Vec<String> {
        let ticked: BTreeSet<String> = sent.all("also").map(str::to_owned).collect();
        if self.marks.is_empty() {
            return ticked.into_iter().collect();
        }
        let stays = now.iter().filter(|label| ticked.contains(*label) || !self.also.contains(*label));
        stays.chain(ticked.difference(&self.also)).cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Lets what was typed meet what is kept `now`. Fields that whoever typed did not touch become what is kept, and
    /// nothing in them has to be put right. `stale` is whether the form was made of an older entry.
    pub(super) fn meet<'a>(
        &self,
        fields: &[&'a Field],
        sent: &Sent,
        read: &mut Read,
        kept: &Kept,
        now: &Typed,
        stale: bool,
    ) -> Met<'a> {
        let mut met = Met::default();
        for field in fields {
            let (mine, theirs) = (mark(field, &read.typed), mark(field, now));
            let base = self.marks.get(field.name.as_str());
            let untouched = match base {
                Some(base) => *base == mine && !read.sends(field),
                // It was not on the form.
                None => !self.marks.is_empty(),
            };
            let pick = sent.text(&both_id(field));
            if untouched || pick == "theirs" {
                if base.is_some_and(|base| *base != theirs) {
                    met.theirs.push(field);
                }
                read.leave(field, kept, now);
                continue;
            }
            let moved = base.map_or(stale, |base| *base != theirs);
            let asked = sent.all("both").any(|name| name == field.name.as_str()) && pick.is_empty();
            if asked {
                read.mistakes.add(&both_id(field), format!("{}: choose which of the two stays", field.column));
            }
            if (moved && mine != theirs) || asked {
                met.both.push(field);
            }
        }
        met
    }
}

/// Puts before each field that both changed the question which of the two stays.
pub(super) fn ask(inputs: &mut [Input], both: &[(&Field, String, String)], who: &str, mistakes: &Mistakes) {
    for (field, theirs, mine) in both {
        let choices = vec![
            Choice::new("theirs", format!("{}, which {who} saved", quoted(theirs))),
            Choice::new(
                "mine",
                format!("{}, which you typed: it stands below, and you can still change it", quoted(mine)),
            ),
        ];
        let label = format!("{}: which of the two stays?", field.column);
        let question = Choices::radios(&both_id(field), &label, choices).check(mistakes);
        if let Some(input) = inputs.iter_mut().find(|input| input.is_of(field)) {
            input.ask_first(question);
        }
    }
}

fn quoted(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    if text.is_empty() {
        "Nothing".to_owned()
    } else if short.len() < text.len() {
        format!("“{}…”", short.trim_end())
    } else {
        format!("“{text}”")
    }
}

/// What stands in a field, in words; what was typed where it could not be read.
pub(super) fn said(field: &Field, value: Option<&declare::Value>, typed: &Typed, names: &Names) -> String {
    match (value, typed.file(field)) {
        (Some(value), _) => names.say(field, value),
        (None, Some((_, name))) => name.to_owned(),
        (None, None) => typed.texts(field).join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(texts: &[(&str, &str)]) -> Sent {
        Sent::of_texts(texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn clauses_that_one_ticks_and_another_clears_are_both_heeded() {
        let form = sent(&[("was", "x=1"), ("was-also", "a"), ("was-also", "b"), ("also", "a"), ("also", "c")]);
        let now = ["a".to_owned(), "b".to_owned(), "d".to_owned()];
        assert_eq!(Was::of_sent(&form).also(&form, &now), ["a", "c", "d"]);
        let bare = sent(&[("also", "c")]);
        assert_eq!(Was::of_sent(&bare).also(&bare, &now), ["c"]);
    }
}
