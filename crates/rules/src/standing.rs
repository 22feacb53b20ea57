//! The standing of a binding: the cases that are the same for every control, then the control's own judgement.

use ::policy::{Binding, Condition, Kind, Policy};
use kernel::{Audience, AudienceAtom, Evidence, Role, SchoolTime, Standing, When};

use crate::{
    facts::Facts,
    judgement::{Judgement, count, due, listed, not_built, not_kept, unknown},
    served::{Served, served},
};

/// Judges one binding from what is known now.
pub fn judge(binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
    let now = &facts.now;
    match server_of(binding, policy) {
        Served::Unseen(system) => {
            return not_built(
                now,
                format!("This is kept by {system}. Gatehouse cannot see it yet, nor ask for a confirmation."),
            );
        }
        Served::Attestation | Served::Notice => return by_people(binding, policy, facts),
        Served::Control => {}
    }
    let Some(control) = crate::built_control(binding.control.module(), binding.control.name()) else {
        return if crate::declared::is_declared(&binding.control) {
            by_people(binding, policy, facts)
        } else {
            not_built(now, "Gatehouse cannot keep or show this yet.")
        };
    };
    if !(control.keeps)(binding) {
        return match (control.standing)(binding, policy, facts) {
            Some((Standing::NotBuilt, evidence)) => (Standing::NotBuilt, evidence),
            Some(_) | None => not_built(now, "Gatehouse cannot keep this with these terms yet."),
        };
    }
    if let Some(from) = binding.common.from.filter(|from| *from > now.date()) {
        return begins(from, now);
    }
    if binding.common.may && crate::filter::draft::drafts_of(binding).is_some() {
        return power(binding, facts);
    }
    if let Some(judgement) = nobody_answers(binding, policy, facts) {
        return judgement;
    }
    let Some(judged) = (control.standing)(binding, policy, facts) else {
        return unknown(now, "The terms of this clause could not be read.");
    };
    on_trial(by_calendar(judged, binding, policy, facts), binding, policy, facts)
}

/// A clause whose time the school's own calendar says is kept only where that calendar is read.
fn by_calendar(judged: Judgement, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
    let named = |name: &str| binding.common.when.as_ref().is_some_and(|when| names(when, name));
    let Some((name, word)) = policy.front.calendars.iter().find(|(name, _)| named(name)) else { return judged };
    let (now, calendars) = (&facts.now, &facts.filtering.calendars);
    if calendars.given == 0 {
        return not_kept(
            now,
            format!("The school’s calendar says when `{name}` is, and nobody has said where that calendar is."),
            "Write its address into gatehouse.toml: `calendars` under [school].",
        );
    }
    let why = calendars.fault.as_deref().unwrap_or("it has not been asked for yet");
    let Some(read) = calendars.read else {
        return not_kept(
            now,
            format!("The school’s calendar, which says when `{name}` is, was never read: {why}."),
            "Mend its address in gatehouse.toml: `calendars` under [school].",
        );
    };
    if now.timestamp().duration_since(read) > jiff::SignedDuration::from_hours(24 * CALENDAR_DAYS) {
        let day = kernel::time::date_in_words(SchoolTime::new(read).date());
        return not_kept(
            now,
            format!(
                "The school’s calendar, which says when `{name}` is, was not read since {day}: {why}. What it said then holds."
            ),
            "Mend its address in gatehouse.toml: `calendars` under [school].",
        );
    }
    let called = calendars.called.get(name).cloned().unwrap_or_default();
    if called.all == 0 {
        let words: Vec<_> = called.words.iter().map(|word| format!("‘{word}’")).collect();
        let words = match words.len() {
            0 => String::new(),
            _ => format!(" Words found: {}.", words.join(", ")),
        };
        return not_kept(
            now,
            format!("No event in the school’s calendar bears the word ‘{word}’, so `{name}` is never.{words}"),
            "Correct the word under [terms] in the policy, or enter the event in the calendar.",
        );
    }
    let to_come = called.to_come;
    let (standing, evidence) = judged;
    (
        standing,
        evidence.figure(
            format!("Entries to come in the calendar, called ‘{word}’"),
            u64::try_from(to_come).unwrap_or(u64::MAX),
        ),
    )
}

/// For how many days what a calendar said holds without a word.
const CALENDAR_DAYS: i64 = 7;

/// Whether a name is anywhere in a condition.
fn names(when: &Condition<When>, name: &str) -> bool {
    match when {
        Condition::One(one) => *one == When::Named(name.to_owned()),
        Condition::Any(many) | Condition::All(many) => many.iter().any(|part| names(part, name)),
    }
}

/// Who serves a binding, by its terms and by what its control is at its centre.
pub fn server_of<'a>(binding: &'a Binding, policy: &'a Policy) -> Served<'a> {
    // What code keeps is not left to its declaration; that serves those who are told of it or asked about it.
    let built = crate::built_control(binding.control.module(), binding.control.name()).is_some();
    let declared = !built && crate::declared::is_declared(&binding.control);
    let kind = crate::catalogue::kind_of(&binding.control).unwrap_or(Kind::Record);
    served(&policy.front, binding, kind, declared)
}

/// What people enter, answer and read is judged by the engines; their judgement is among the facts.
fn by_people(binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
    let now = &facts.now;
    if let Some(from) = binding.common.from.filter(|from| *from > now.date()) {
        return begins(from, now);
    }
    let judged = match &facts.engines {
        Ok(judged) => judged.get(&binding.key).cloned(),
        Err(why) => return unknown(now, why.clone()),
    };
    match judged {
        Some(judged) => on_trial(judged, binding, policy, facts),
        None if binding.common.may => {
            (Standing::Reserved { used: 0 }, Evidence::new("It may be done; nobody has to.", now.timestamp()))
        }
        None => unknown(now, "It has not been looked at yet."),
    }
}

/// A power over sites: the clause by itself asks nothing of the gateway, a change to filtering does.
fn power(binding: &Binding, facts: &Facts) -> Judgement {
    let now = &facts.now;
    match crate::filter::beyond::used(binding, facts) {
        Err(why) => unknown(now, why),
        Ok(used) => {
            let sites = count(usize::try_from(used).unwrap_or(usize::MAX), "site is", "sites are");
            let statement = format!(
                "It may be done. By itself this clause closes nothing; {sites} closed at present by a change to filtering."
            );
            (Standing::Reserved { used }, Evidence::new(statement, now.timestamp()).link("Changes", "/filter/changes"))
        }
    }
}

fn begins(from: jiff::civil::Date, now: &SchoolTime) -> Judgement {
    let day = kernel::time::date_in_words(from);
    due(now, from, format!("It begins on {day}."), "Nothing needs doing until then.")
}

/// What is on trial is due and never kept.
fn on_trial((standing, evidence): Judgement, binding: &Binding, policy: &Policy, facts: &Facts) -> Judgement {
    let now = &facts.now;
    if binding.common.observe && matches!(standing, Standing::Kept | Standing::Due { .. }) {
        let by = policy.front.review.unwrap_or_else(|| now.date());
        return (
            Standing::Due { by, what: "It is on trial: it records, and refuses nothing yet.".to_owned() },
            evidence,
        );
    }
    (standing, evidence)
}

/// The roles that an audience names.
pub fn roles_of(audience: &Audience) -> Vec<Role> {
    let role = |atom: &AudienceAtom| match atom {
        AudienceAtom::Role(role) => Some(*role),
        AudienceAtom::Everyone
        | AudienceAtom::All(_)
        | AudienceAtom::Years(..)
        | AudienceAtom::Stage(_)
        | AudienceAtom::Class(_)
        | AudienceAtom::Group(_)
        | AudienceAtom::Joiners
        | AudienceAtom::Relation(_) => None,
    };
    audience.atoms().iter().filter_map(role).collect()
}

/// Where `by` names roles and nobody holds any of them, the binding is not kept.
fn nobody_answers(binding: &Binding, policy: &Policy, facts: &Facts) -> Option<Judgement> {
    let by = binding.common.by.as_ref()?;
    let roles = roles_of(by);
    if roles.is_empty() {
        return None;
    }
    let held = match &facts.holders {
        Ok(held) => held,
        Err(why) => return Some(unknown(&facts.now, why.clone())),
    };
    if roles.iter().any(|role| held.get(role).is_some_and(|role| !role.holders.is_empty())) {
        return None;
    }
    let titles: Vec<_> = roles.iter().map(|role| policy.front.title_of(*role)).collect();
    Some(not_kept(
        &facts.now,
        format!("Nobody holds the role of {}.", listed(&titles)),
        "Say who holds it, on the page of responsibilities.",
    ))
}
