//! A decision as the page tells it: the questions in the order in which the gateway asks them, the one that decided, and
//! what other cases would have come to. The other cases are decided by the same function, never guessed.

use filter::{Decision, Opened, Reason, Stage, Step, Verdict};
use jiff::{SignedDuration, civil::Weekday};
use kernel::SchoolTime;

use crate::state::Explained;

/// One question of the trace.
pub(super) struct Question {
    pub(super) asks: &'static str,
    pub(super) found: Vec<String>,
    /// Whether the answer to it decided.
    pub(super) decides: bool,
    /// Whether the decision was made before it was asked.
    pub(super) skipped: bool,
}

/// The clause that decided.
pub(super) struct Clause {
    pub(super) label: String,
    pub(super) number: String,
    pub(super) text: String,
}

/// What a decision came to, in two words for a table and a few for a heading.
pub(super) fn outcome(decision: &Decision) -> &'static str {
    match (decision.verdict, decision.observed) {
        (Verdict::Allow(_), _) => "Open",
        (Verdict::Block(_), true) => "Open, on trial",
        (Verdict::Block(_), false) => "Closed",
    }
}

/// The heading of the answer: "Closed, by clause 4.2".
pub(super) fn lead(decision: &Decision) -> String {
    let by = decision.clause.as_ref().map(|clause| format!(", by clause {}", clause.number)).unwrap_or_default();
    match (decision.verdict, decision.observed) {
        (Verdict::Block(_), true) => format!("Open, because it is on trial{by}"),
        (Verdict::Allow(_) | Verdict::Block(_), _) => format!("{}{by}", outcome(decision)),
    }
}

/// Why, as a sentence.
pub(super) fn because(decision: &Decision, known: bool) -> String {
    let on_list = || match (&decision.entry, decision.category) {
        (Some(entry), Some(category)) => match &entry.list {
            Some(list) => format!("{} is on the list “{list}” as {}.", entry.site, category.name().replace('-', " ")),
            None => format!("A rule names {}.", entry.site),
        },
        (Some(entry), None) => format!("A rule names {}.", entry.site),
        (None, _) => "A rule is for all sites.".to_owned(),
    };
    let says = match decision.verdict {
        Verdict::Allow(Opened::Desk) => "It is the school’s own desk, which is open to everybody.".to_owned(),
        Verdict::Allow(Opened::Help) => "It is help for children, which is open to everybody at all times.".to_owned(),
        Verdict::Allow(Opened::Unblock) => "Somebody has opened it for a time.".to_owned(),
        Verdict::Allow(Opened::Default) => "No rule closes it.".to_owned(),
        Verdict::Allow(Opened::Rule) | Verdict::Block(Reason::Rule) => on_list(),
        Verdict::Block(Reason::Sealed) => "It is closed for everyone. Nothing more is said of it.".to_owned(),
        Verdict::Block(Reason::Suspended) => "Their use of the internet is suspended.".to_owned(),
        Verdict::Block(Reason::NotSigned) if known => "They have not signed the agreement yet.".to_owned(),
        Verdict::Block(Reason::NotSigned) => "Nobody is known who could have signed the agreement.".to_owned(),
        Verdict::Block(Reason::OffSite) => "At home, devices may not be used at this time.".to_owned(),
        Verdict::Block(Reason::Carried(carried)) => carried.says().to_owned(),
        Verdict::Block(Reason::Default) => "No rule opens it.".to_owned(),
        Verdict::Block(Reason::Unreadable) => "The address cannot be read.".to_owned(),
    };
    if decision.observed { format!("{says} It would be closed if the clause were not on trial.") } else { says }
}

fn deciding(decision: &Decision) -> Stage {
    match decision.verdict {
        Verdict::Block(Reason::Sealed) => Stage::Sealed,
        Verdict::Allow(Opened::Desk | Opened::Help) => Stage::Own,
        Verdict::Block(Reason::Suspended | Reason::NotSigned | Reason::OffSite | Reason::Unreadable) => Stage::Gate,
        Verdict::Allow(Opened::Unblock) => Stage::Unblocks,
        Verdict::Allow(Opened::Rule) | Verdict::Block(Reason::Rule | Reason::Carried(_)) => Stage::Rules,
        Verdict::Allow(Opened::Default) | Verdict::Block(Reason::Default) => Stage::Otherwise,
    }
}

/// The questions after "who": what each asks, and what is said where it found nothing.
const ASKED: [(Stage, &str, &str); 7] = [
    (Stage::Sealed, "Is it illegal?", "No sealed list is loaded."),
    (Stage::Own, "Is it the desk, or help for children?", "No."),
    (Stage::Gate, "May they use the internet?", "Yes. The policy asks for no agreement first."),
    (Stage::Lists, "Which lists have it?", "No list has it."),
    (Stage::Unblocks, "Had somebody opened it for a time?", "No. Nothing that was opened for a time has it."),
    (Stage::Rules, "What does the policy say?", "No clause is about it for them, here and then."),
    (Stage::Otherwise, "Otherwise", "Not asked."),
];

/// The trace as questions; `who` says who it was.
pub(super) fn questions(who: String, explained: &Explained) -> Vec<Question> {
    let decided = deciding(&explained.decision);
    let stage_of = |step: &Step| match step.stage {
        // The verdict belongs to what decided.
        Stage::Verdict => decided,
        Stage::Sealed | Stage::Own | Stage::Gate | Stage::Lists | Stage::Unblocks | Stage::Rules | Stage::Otherwise => {
            step.stage
        }
    };
    let last = explained.steps.iter().map(stage_of).max().unwrap_or(decided).max(decided);
    let mut questions = vec![Question { asks: "Who is it?", found: vec![who], decides: false, skipped: false }];
    for (stage, asks, nothing) in ASKED {
        let mut found: Vec<String> =
            explained.steps.iter().filter(|step| stage_of(step) == stage).map(|step| step.says.clone()).collect();
        let skipped = stage > last;
        if found.is_empty() {
            found.push(if skipped { "Not asked: it was decided before." } else { nothing }.to_owned());
        }
        questions.push(Question { asks, found, decides: stage == decided, skipped });
    }
    questions
}

/// Other moments that are worth asking about: a lesson, the middle of the day and the evening of a school day, and the
/// weekend; each the next one after the moment that was asked about, but not that moment itself.
pub(super) fn other_times(asked: &SchoolTime) -> Vec<SchoolTime> {
    let weekend = |day: Weekday| matches!(day, Weekday::Saturday | Weekday::Sunday);
    let next = |clock: &str, at_weekend: bool| {
        (0..7).find_map(|days| {
            let day = SchoolTime::new(asked.timestamp() + SignedDuration::from_hours(24 * days));
            let at = SchoolTime::parse(&format!("{} {clock}", day.date())).ok()?;
            (weekend(at.weekday()) == at_weekend && at > *asked).then_some(at)
        })
    };
    let all = [next("10:30", false), next("12:30", false), next("17:30", false), next("10:30", true)];
    let mut times: Vec<_> = all.into_iter().flatten().collect();
    times.sort();
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(verdict: Verdict, stages: &[Stage]) -> Explained {
        let mut decision = Decision::unreadable();
        decision.verdict = verdict;
        let step = |stage: &Stage| Step {
            stage: *stage,
            says: format!("{stage:?} says"),
            rule: None,
            clause: None,
            entry: None,
        };
        Explained { decision, steps: stages.iter().map(step).collect(), policy: "version 4".to_owned() }
    }

    fn marks(questions: &[Question]) -> String {
        questions
            .iter()
            .map(|it| {
                if it.decides {
                    'D'
                } else if it.skipped {
                    '-'
                } else {
                    '.'
                }
            })
            .collect()
    }

    #[test]
    fn one_question_decides_and_those_after_it_are_not_asked() {
        let rule = explained(
            Verdict::Block(Reason::Rule),
            &[Stage::Sealed, Stage::Gate, Stage::Lists, Stage::Rules, Stage::Verdict],
        );
        let all = questions("Maya".to_owned(), &rule);
        assert_eq!(marks(&all), "......D-");
        assert_eq!(all[6].found, ["Rules says", "Verdict says"], "the verdict stands with what decided");
        assert_eq!(all[2].found, ["No."], "a question that was passed says so");

        let sealed = explained(Verdict::Block(Reason::Sealed), &[Stage::Verdict]);
        assert_eq!(marks(&questions(String::new(), &sealed)), ".D------");
        let otherwise = explained(Verdict::Allow(Opened::Default), &[Stage::Sealed, Stage::Gate, Stage::Otherwise]);
        assert_eq!(marks(&questions(String::new(), &otherwise)), ".......D");
    }

    #[test]
    fn an_agreement_on_trial_decides_although_the_rest_was_asked_too() {
        let mut trial =
            explained(Verdict::Block(Reason::NotSigned), &[Stage::Sealed, Stage::Gate, Stage::Lists, Stage::Otherwise]);
        trial.decision.observed = true;
        assert_eq!(marks(&questions(String::new(), &trial)), "...D....");
        assert_eq!(lead(&trial.decision), "Open, because it is on trial");
    }

    #[test]
    fn other_times_are_the_next_of_their_kind() {
        let asked = SchoolTime::parse("2026-11-20 11:00").unwrap();
        let times: Vec<_> = other_times(&asked).iter().map(SchoolTime::in_tables).collect();
        assert_eq!(times, ["2026-11-20 12:30:00", "2026-11-20 17:30:00", "2026-11-21 10:30:00", "2026-11-23 10:30:00"]);
    }
}
