//! Control `policy.amendment-notice`: whom a new version binds reads what changed, and says so.
//! Why: a rule that changed behind somebody's back binds nobody in fairness.

use std::fmt::Write as _;

use ::policy::{Binding, Change, Clause, Difference, Policy, TermProblem, Words, diff};
use jiff::{Span, civil::Date};
use kernel::{Audience, AudienceAtom, Capacity};

use crate::{
    built::Built,
    facts::Facts,
    judgement::{Judgement, count, due, kept, listed, not_kept, unknown},
};

/// How long after a version came into force its changes may be unread.
const READ_WITHIN_DAYS: i64 = 28;

/// The terms of `policy.amendment-notice`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AmendmentNotice {
    /// Whether each person acknowledges it; so it is, whatever is said here.
    pub acknowledge: bool,
    /// Whether it is discussed as well; whoever acknowledges it says so too.
    pub discussed: bool,
    /// How it reaches people: "discussion".
    pub mode: Option<String>,
    /// On which occasions it is discussed.
    pub occasions: Vec<String>,
    /// The number of the declaration in an agreement by which people undertake to read it.
    pub declaration: Option<u32>,
}

impl AmendmentNotice {
    fn is_discussed(&self) -> bool {
        self.discussed || !self.occasions.is_empty() || self.mode.as_deref() == Some("discussion")
    }

    /// What somebody says who acknowledges the changes.
    pub fn statement(&self) -> String {
        match (self.is_discussed(), self.occasions.as_slice()) {
            (false, _) => "I have read what changed.".to_owned(),
            (true, []) => "I have read what changed, and it was discussed with me.".to_owned(),
            (true, occasions) => {
                let occasions = occasions.join(" or ");
                format!("I have read what changed, and it was discussed with me: {occasions}.")
            }
        }
    }
}

/// Whom the changes are shown to: those of whom the binding speaks, else staff.
pub fn audience(binding: &Binding) -> Audience {
    let common = &binding.common;
    let asked = common.inform.as_ref().or(common.who.as_ref()).or(common.by.as_ref());
    asked.cloned().unwrap_or_else(|| Audience::of(AudienceAtom::All(Capacity::Staff)))
}

/// What changed from one version to the next for those in `audience`, as Markdown: what they read before they
/// acknowledge it. Empty where nothing changed that concerns them.
pub fn amendment_text(old: &Policy, new: &Policy, audience: &Audience, today: Date) -> String {
    let difference = concerning(old, new, audience, today);
    let mut out = String::new();
    for change in &difference.clauses {
        let _ = match (&change.before, &change.after) {
            (None, Some(number)) => writeln!(out, "**Clause {number} is new.** {}\n", plain(&change.text)),
            (Some(number), None) => writeln!(out, "**Clause {number} is gone.** It said: {}\n", plain(&change.text)),
            (Some(_) | None, number) => {
                let number = number.as_deref().unwrap_or_default();
                let words = if change.words.is_empty() { plain(&change.text) } else { marked(&change.words) };
                writeln!(out, "**Clause {number} has changed.** {words}\n")
            }
        };
        for line in change.terms.iter().filter(|line| !line.contains('`')) {
            let _ = writeln!(out, "{}\n", plain(line));
        }
    }
    for agreement in &difference.agreements {
        let _ = writeln!(out, "{}\n", plain(agreement));
    }
    out.trim_end().to_owned()
}

/// What changed from one version to the next that concerns somebody in `audience`: clauses that bind them, and
/// agreements.
pub fn concerning(old: &Policy, new: &Policy, audience: &Audience, today: Date) -> Difference {
    let (old_words, new_words) = (Words::of(old, today), Words::of(new, today));
    let controls = crate::controls_of_both(&old.source, &new.source);
    let mut difference = diff(old, new, &controls.registry, &old_words, &new_words);
    let in_one = |policy: &Policy, key: &str, number: &Option<String>| {
        let by_number = |it: &&Clause| number.as_ref() == Some(&it.number);
        let clause = policy.find(key).or_else(|| policy.clauses.iter().find(by_number));
        clause.is_some_and(|clause| concerns(clause, audience))
    };
    difference.clauses.retain(|it| in_one(new, &it.key, &it.after) || in_one(old, &it.key, &it.before));
    difference.front.clear();
    difference.registers.clear();
    difference
}

/// Whether a clause binds somebody of an audience; one that names nobody binds everybody.
fn concerns(clause: &Clause, audience: &Audience) -> bool {
    let all = clause.bindings.is_empty();
    all || clause.bindings.iter().any(|binding| {
        let common = &binding.common;
        let named: Vec<_> = [&common.who, &common.by, &common.inform].into_iter().flatten().collect();
        named.is_empty()
            || named.iter().flat_map(|who| who.atoms()).any(|one| audience.atoms().iter().any(|two| one.overlaps(two)))
    })
}

/// What stays, what went (struck through by words, since not every reader sees strokes) and what came.
fn marked(pieces: &[::policy::Piece]) -> String {
    let words = |piece: &::policy::Piece| match piece.change {
        Change::Same => plain(&piece.text),
        Change::Gone => format!("[before: *{}*]", plain(&piece.text)),
        Change::New => format!("**{}**", plain(&piece.text)),
    };
    pieces.iter().map(words).collect::<Vec<_>>().join(" ")
}

/// Text for Markdown that stands for itself.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if "\\`*_[]<>#|".contains(char) {
            out.push('\\');
        }
        out.push(if char.is_control() { ' ' } else { char });
    }
    out
}

impl ::policy::Terms for AmendmentNotice {
    fn in_words(&self, binding: &Binding, words: &Words) -> String {
        let who = words.audience(&audience(binding));
        let discussed = match (self.is_discussed(), self.occasions.as_slice()) {
            (false, _) => String::new(),
            (true, []) => ", and asks them whether it was discussed with them".to_owned(),
            (true, occasions) => {
                format!(", and asks them whether it was discussed with them on these occasions: {}", listed(occasions))
            }
        };
        format!("shows {who} what changed when a version comes into force, and keeps who has read it{discussed}")
    }

    fn check(&self, _: &Binding) -> Vec<TermProblem> {
        Vec::new()
    }
}

impl Built for AmendmentNotice {
    const MODULE: &'static str = "policy";
    const NAME: &'static str = "amendment-notice";
    const EXAMPLE: &'static str = r#"{ who = ["staff", "governors"] }"#;

    fn standing(&self, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
        let now = &facts.now;
        let amended = match &facts.policy.amended {
            Ok(amended) => amended,
            Err(why) => return unknown(now, why.clone()),
        };
        let version = &policy.front.version;
        let Some(amended) = amended else {
            return kept(now, format!("Version {version} is the first in force here; there is no change to read."));
        };
        let who = audience(binding);
        let people = match facts.people_in(&who) {
            Ok(people) => people,
            Err(why) => return unknown(now, why),
        };
        if people.is_empty() {
            return not_kept(
                now,
                "Nobody on the roll is to read it.",
                "Bring in the people of the school, on the page of imports.",
            );
        }
        let read = people.iter().filter(|person| amended.read.contains(&person.id)).count();
        let said = format!(
            "{read} of {} have read what changed with version {version}.",
            count(people.len(), "person", "people")
        );
        if read == people.len() {
            return kept(now, said);
        }
        let by = amended.on.saturating_add(Span::new().days(READ_WITHIN_DAYS));
        let mend = "Remind those who have not read the changes.";
        if now.date() <= by {
            return due(now, by, said, mend);
        }
        not_kept(now, said, mend)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn each_reads_the_changes_that_concern_them() {
        let old = crate::tests::policy(
            "- Staff lock their screens. `s: people.roll { who = \"staff\" }`\n\
             - Pupils sign. `p: agreements.sign { who = \"pupils\" }`\n- All is well. `w: policy.document`\n",
        );
        let new = crate::tests::policy(
            "- Staff lock their *own* screens. `s: people.roll { who = \"staff\" }`\n\
             - Pupils and parents sign. `p: agreements.sign { who = \"pupils\" }`\n- All is well. `w: policy.document`\n",
        );
        let text = |who: &str| amendment_text(&old, &new, &Audience::parse(who).unwrap(), date(2026, 11, 22));
        let staff = text("staff");
        assert!(staff.contains("**Clause 1.1 has changed.**") && staff.contains("**own**"), "{staff}");
        assert!(!staff.contains("Pupils"), "{staff}");
        assert!(text("pupils").contains("parents"));
        assert_eq!(text("governors"), "");
    }
}
