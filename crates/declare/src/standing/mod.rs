//! How a clause stands by the entries of a register.
//!
//! Judged in this order: which entries count, none, wrong ones, overdue ones, who or what is covered, how fresh, kept.
//! One walk over the entries, which makes nothing on the heap for each.

mod cover;
mod say;

use std::sync::Arc;

use jiff::{Span, Timestamp, civil::Date};
use kernel::{
    Audience, AudienceAtom, Capacity, Every, Evidence, PersonId, SchoolTime, Standing, Subject, Year, period::Unit,
    time::date_in_words,
};

use self::{
    cover::Covered,
    say::{due, kept, not_kept},
};
use crate::{
    Context, Cover, CoverOf, Declaration, Empty, Entry, Overdue, Register, Rows, Sentence, Terms, Value, Wrong,
    sentence::{article, count, decapital, grouped},
};

/// Whether an audience means somebody: "class:5B" means the children of the class, and not who teaches it.
pub(crate) fn means(who: &Audience, subject: &Subject) -> bool {
    who.atoms().iter().any(|atom| match atom {
        AudienceAtom::Class(_) => subject.has_capacity(Capacity::Pupil) && atom.contains(subject),
        AudienceAtom::Everyone
        | AudienceAtom::All(_)
        | AudienceAtom::Years(..)
        | AudienceAtom::Stage(_)
        | AudienceAtom::Role(_)
        | AudienceAtom::Group(_)
        | AudienceAtom::Joiners
        | AudienceAtom::Relation(_) => atom.contains(subject),
    })
}

/// How long before its end it is due to say again that there is nothing to enter, in days.
const SOON: i64 = 30;

/// What is judged: a binding of a clause.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The key of the binding: `label#n`.
    pub key: String,
    /// The label of the clause.
    pub clause: String,
    /// Whom the clause binds, where it says so.
    pub who: Option<Audience>,
    /// Whom it excepts of these.
    pub except: Option<Audience>,
    /// How often the clause expects it, where it says so.
    pub every: Option<Every>,
    /// What the clause sets of the control's own terms.
    pub terms: Terms,
}

/// Somebody at the school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// What audiences ask.
    pub subject: Subject,
    /// When the person joined, where that is known.
    pub joined: Option<Date>,
}

/// A class of the school.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Its year group, where it has one.
    pub year: Option<Year>,
}

/// What there is: entries, people, classes.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The time.
    pub now: &'a SchoolTime,
    /// The entries of the register.
    pub entries: &'a [Arc<Entry>],
    /// The entries of another register, by its control.
    pub others: &'a dyn Fn(&str) -> &'a [Arc<Entry>],
    /// Everybody at the school.
    pub people: &'a [Person],
    /// Its classes.
    pub classes: &'a [Class],
    /// When somebody last said that there is nothing to enter.
    pub none: Option<Date>,
}

/// A standing with its evidence.
pub type Judgement = (Standing, Evidence);

/// What a walk over the entries finds.
struct Found<'a> {
    /// How many entries there are, whether they count or not.
    seen: usize,
    count: usize,
    ended: usize,
    latest: Option<Timestamp>,
    /// When the newest entry was made, whether it counts or not.
    newest: Option<Timestamp>,
    /// The last day in each field of which the sentences speak.
    days: Vec<(&'a str, Option<Date>)>,
    /// How many entries meet each rule of `wrong`.
    wrong: Vec<usize>,
    overdue: usize,
    /// The first day that was missed.
    overdue_since: Option<Date>,
    /// Until when the entry counts that counts longest.
    fresh: Option<Date>,
    covered: Option<Covered<'a>>,
}

/// Judges how a clause stands by the register of a declaration. A declaration without a register is not judged here.
pub fn judge(declaration: &Declaration, item: &Item, facts: &Facts<'_>) -> Judgement {
    let Some(register) = &declaration.register else {
        let why = "This is not kept as a register.";
        let standing = Standing::Unknown { why: why.to_owned() };
        return (standing, Evidence::new(why, facts.now.timestamp()));
    };
    let found = walk(register, item, facts);
    let judgement = Judge { declaration, register, item, facts, found: &found };
    let (standing, statement) = judgement.standing();
    (standing, judgement.evidence(statement))
}

/// Looks at every entry once.
fn walk<'a>(register: &'a Register, item: &Item, facts: &Facts<'_>) -> Found<'a> {
    let rule = &register.standing;
    let today = facts.now.date();
    let every = item.every.or(rule.every);
    let mut found = Found {
        seen: 0,
        count: 0,
        ended: 0,
        latest: None,
        newest: None,
        days: days(register),
        wrong: vec![0; rule.wrong.len()],
        overdue: 0,
        overdue_since: None,
        fresh: None,
        covered: rule.cover.as_ref().map(|cover| Covered::expected(cover, register, item, facts)),
    };
    for entry in facts.entries {
        if register.rows == Rows::Clause && !entry.serves(&item.clause) {
            continue;
        }
        found.seen += 1;
        found.newest = found.newest.max(Some(entry.entered_at));
        let context = Context::of_entry(entry, today).for_clause(Some(&item.clause), every, &item.terms);
        if rule.counts.as_ref().is_some_and(|counts| !counts.holds(&context)) {
            continue;
        }
        found.count += 1;
        let ended = register.is_ended(context.state);
        found.ended += usize::from(ended);
        found.latest = found.latest.max(Some(entry.entered_at));
        for (field, last) in &mut found.days {
            if let Some(Value::Date(day)) = entry.values.get(*field) {
                *last = Ord::max(*last, Some(*day));
            }
        }
        for (number, Wrong { when, .. }) in found.wrong.iter_mut().zip(&rule.wrong) {
            *number += usize::from(when.holds(&context));
        }
        if let Some(on) = register.due_on(&context).filter(|on| !ended && *on < today) {
            found.overdue += 1;
            found.overdue_since = Some(found.overdue_since.map_or(on, |since| since.min(on)));
        }
        let until = match &rule.fresh {
            None => Some(Date::MAX),
            Some(fresh) => fresh.day(&context),
        };
        let Some(until) = until else { continue };
        match (&mut found.covered, &rule.cover) {
            (Some(covered), Some(cover)) => covered.cover(entry.value(&cover.field), until),
            (_, _) => found.fresh = found.fresh.max(Some(until)),
        }
    }
    found
}

/// The fields whose last day is said: `{latest.held-on}`.
fn days(register: &Register) -> Vec<(&str, Option<Date>)> {
    let rule = &register.standing;
    let places = rule.kept.places().chain(rule.due.iter().flat_map(Sentence::places));
    places.filter_map(|place| Some((place.strip_prefix("latest.")?, None))).collect()
}

impl Register {
    /// The last day on which an entry is not overdue; none where nothing falls due, or the entry is done with.
    pub fn due_on(&self, context: &Context<'_>) -> Option<Date> {
        let due = self.due.as_ref()?;
        let asked = due.only_if.as_ref().is_none_or(|condition| condition.holds(context));
        if asked && !self.is_ended(context.state) { due.on.day(context) } else { None }
    }

    /// The last day on which an entry is kept; none where that cannot be said, and it is kept.
    pub fn keep_until(&self, context: &Context<'_>, changed_at: Timestamp) -> Option<Date> {
        let from = match &self.keep.after {
            Some(after) => after.day(context)?,
            None => SchoolTime::new(changed_at).date(),
        };
        Some(self.keep.lasts.after(from))
    }

    /// The context of an entry for what belongs to no clause: how often something is expected is as declared.
    pub fn context<'a>(&self, entry: &'a Entry, today: Date) -> Context<'a> {
        Context { every: self.standing.every, ..Context::of_entry(entry, today) }
    }
}

struct Judge<'a, 'f> {
    declaration: &'a Declaration,
    register: &'a Register,
    item: &'a Item,
    facts: &'a Facts<'f>,
    found: &'a Found<'a>,
}

impl Judge<'_, '_> {
    fn standing(&self) -> (Standing, String) {
        let rule = &self.register.standing;
        if self.found.count == 0 {
            return self.empty();
        }
        for (number, wrong) in self.found.wrong.iter().zip(&rule.wrong) {
            if *number > 0 {
                return not_kept(self.words(&wrong.says, &number.to_string()), wrong.mend.clone());
            }
        }
        if self.found.overdue > 0 && rule.overdue == Overdue::NotKept {
            return self.overdue();
        }
        match &self.found.covered {
            Some(covered) => self.covered(covered),
            None if rule.fresh.is_some() => self.fresh(),
            None => kept(self.kept_words()),
        }
    }

    fn empty(&self) -> (Standing, String) {
        if let Some(said) = self.said_none() {
            return said;
        }
        let Register { item, items, .. } = self.register;
        let says = match self.found.seen {
            0 => format!("No {items} are recorded yet."),
            1 => format!("The only {item} on record does not count for this clause."),
            number => format!("None of the {} {items} on record counts for this clause.", grouped(number)),
        };
        match self.register.standing.empty {
            Empty::Untried => (Standing::Untried, says),
            Empty::NotKept => not_kept(says, self.register.first.clone()),
        }
    }

    /// How it stands where somebody said that there is nothing to enter, and nothing was entered since.
    fn said_none(&self) -> Option<(Standing, String)> {
        let rule = &self.register.standing;
        let (words, on) = (rule.none.as_ref()?, self.facts.none?);
        if self.found.newest.is_some_and(|newest| SchoolTime::new(newest).date() > on) {
            return None;
        }
        let (today, until) = (self.facts.now.date(), Every::new(12, Unit::Month).after(on));
        let words: String = decapital(words);
        if until < today {
            let why = format!("Last said on {}: {words}. That was over a year ago.", date_in_words(on));
            return Some(not_kept(why, format!("Say it again, or enter {}.", article(&self.register.item))));
        }
        let says = format!("Said on {}: {words}.", date_in_words(on));
        Some(match rule.empty {
            _ if today >= until.saturating_sub(Span::new().days(SOON)) => {
                due(until, says, "Look whether it is still so, and say it again.".to_owned())
            }
            Empty::NotKept => kept(says),
            Empty::Untried => (Standing::Untried, says),
        })
    }

    fn overdue(&self) -> (Standing, String) {
        let Register { item, items, .. } = self.register;
        let number = self.found.overdue;
        let says = format!("{} {} overdue.", count(number, item, items), if number == 1 { "is" } else { "are" });
        let day = self.found.overdue_since.map_or_else(String::new, |since| match number {
            1 => format!(": it was due by {}", date_in_words(since)),
            _ => format!(": the first was due by {}", date_in_words(since)),
        });
        let mend = format!("See to the overdue {} in the register{day}.", if number == 1 { item } else { items });
        not_kept(says, mend)
    }

    fn covered(&self, covered: &Covered<'_>) -> (Standing, String) {
        let today = self.facts.now.date();
        let Some(cover) = &self.register.standing.cover else { return kept(self.kept_words()) };
        let outcome = covered.outcome(today, cover.percent);
        if outcome.of == 0 {
            return self.nothing_to_cover(cover);
        }
        let item = article(&self.register.item);
        if outcome.missing > outcome.allowed {
            let says = outcome.says(&covered.noun(self.register), &covered.missing(today));
            if let Some(by) = covered.newcomers(today, self.register.standing.before, &outcome) {
                return due(by, says, format!("Enter {item} for each who joined lately."));
            }
            return not_kept(says, format!("Enter {item} for each that is missing."));
        }
        match outcome.runs_out {
            Some(until) if today >= self.soon(until) => {
                due(until, self.due_words(), format!("Enter {item} anew for each whose time runs out."))
            }
            Some(_) | None => kept(self.kept_words()),
        }
    }

    fn nothing_to_cover(&self, cover: &Cover) -> (Standing, String) {
        match &cover.of {
            CoverOf::People(_) | CoverOf::Classes | CoverOf::Years => {
                (Standing::Untried, "There is nobody at present whom this clause binds.".to_owned())
            }
            CoverOf::Entries { register, .. } if (self.facts.others)(register).is_empty() => not_kept(
                "Nothing is recorded yet in the register that this one covers.".to_owned(),
                "Begin with that register; then enter here what belongs to it.".to_owned(),
            ),
            CoverOf::Entries { .. } => kept(self.kept_words()),
        }
    }

    fn fresh(&self) -> (Standing, String) {
        let Register { item, items, .. } = self.register;
        let today = self.facts.now.date();
        let Some(until) = self.found.fresh else {
            let says = match self.found.count {
                1 => format!("The only {item} on record is not finished."),
                number => format!("None of the {} {items} on record is finished.", grouped(number)),
            };
            return not_kept(says, format!("Finish {}, and enter the day.", article(item)));
        };
        if until < today {
            let says = format!("The latest {item} counted until {}.", date_in_words(until));
            return not_kept(says, format!("Enter a new {item}."));
        }
        if today >= self.soon(until) {
            return due(until, self.due_words(), format!("Enter a new {item}."));
        }
        kept(self.kept_words())
    }

    /// The day from which on what counts until `until` is said to be due. Where a clause asks more often than is
    /// declared, the declared time before would be nearly always: half of the period is enough then.
    pub(super) fn soon(&self, until: Date) -> Date {
        let rule = &self.register.standing;
        let first = rule.before.before(until);
        match (self.item.every, rule.every) {
            (Some(clause), Some(declared)) if clause.before(until) > declared.before(until) => {
                let days = (until - clause.before(until)).get_days();
                first.max(until.saturating_sub(Span::new().days(i64::from(days / 2))))
            }
            (_, _) => first,
        }
    }
}
