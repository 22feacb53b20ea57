//! What waits for a person from all engines, in one list: to confirm, to see to in registers, to read, to send.

use askama::Template;
use axum::extract::State;
use declare::Moment;
use jiff::{Span, Timestamp, civil::Date};
use kernel::{AudienceAtom, Capacity, Role};
use webkit::{
    Page, PageError, PageResult, Routes, Session, Visit, Who, html,
    kit::{Clear, Urgency},
};

use crate::{
    Engines,
    attestations::{self, asked::when},
    notices::{self, told::Item},
    registers::{DueIn, Together, words::figure},
    stored,
};

/// How many things a home shows before it says how many more there are.
pub const AT_HOME: usize = 8;
/// How many days somebody has to send or hang up what is new.
const TO_ISSUE: i64 = 14;

/// Where something comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// An entry of a register.
    Register,
    /// A clause to confirm.
    Attestation,
    /// A notice to read.
    Reading,
    /// A notice to send or hang up.
    Issuing,
}

impl Engine {
    /// The word beside it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Register => "Register",
            Self::Attestation => "Confirm",
            Self::Reading => "Read",
            Self::Issuing => "Send",
        }
    }

    /// Its picture in the sprite of the page.
    pub fn picture(self) -> &'static str {
        match self {
            Self::Register => "due-register",
            Self::Attestation => "due-confirm",
            Self::Reading => "due-read",
            Self::Issuing => "due-send",
        }
    }
}

/// Something that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// What to do, as a verb. No child's name.
    pub what: String,
    /// Why, in a sentence with its clause.
    pub why: String,
    /// The page where it is done.
    pub href: String,
    /// The last day on which it is not overdue.
    pub on: Date,
    /// The same in words.
    pub when: String,
    /// How soon.
    pub urgency: Urgency,
    /// Where it comes from.
    pub engine: Engine,
    /// Whether it stands before everything else, because hours count.
    pub first: bool,
}

/// Everything that waits for whoever is signed in, most urgent first. Nothing where no policy is in force.
///
/// # Errors
/// Where the store or a port refuses.
pub async fn due(engines: &Engines, session: &Session, now: Timestamp) -> Result<Vec<Due>, PageError> {
    let school = engines.school(session.school()).await?;
    // None of the three asks for what another finds.
    let (known, registers, seen) = tokio::try_join!(
        attestations::Known::read(engines, &school, now),
        async { engines.due_in(session, now).await.map_err(PageError::internal) },
        async { stored(notices::service::of_person(&school, session.person()).await) },
    )?;
    let Some(known) = known else { return Ok(Vec::new()) };
    let today = known.today;
    let confirm = attestations::todos(&known, session).into_iter().map(|(on, todo)| Due {
        what: todo.what,
        why: todo.why,
        href: todo.href,
        on,
        when: todo.when,
        urgency: todo.urgency,
        engine: Engine::Attestation,
        first: false,
    });
    let mut all: Vec<Due> = confirm.collect();
    all.extend(of_registers(registers, known.in_force.policy(), today));
    let items = notices::told::items(&*known.in_force, today);
    let reads = notices::things_to_read(&notices::waiting(&items, session.subject(), &seen), session.subject());
    // The agreement comes first: while it is not signed, nothing else is to be read.
    if reads > 0 && engines.ports().unsigned(session, now).await?.is_none() {
        all.extend(to_read(reads, today));
    }
    if session.is(Capacity::Staff) {
        let issuing: Vec<&Item<'_>> = items.iter().filter(|item| issues(item, session, &known)).collect();
        if !issuing.is_empty() {
            let issued = stored(notices::service::issues(&school, &items).await)?;
            all.extend(issuing.into_iter().filter_map(|item| {
                let done = issued.get(&item.binding.key).is_some_and(|all| all.iter().any(|issue| issue.present));
                (!done).then(|| to_issue(item, known.in_force.binding_since(item.clause, item.binding), today))
            }));
        }
    }
    // Equal urgency keeps the day; an equal day keeps the order of the engines.
    all.sort_by_key(|due| (!due.first, due.urgency, due.on, due.engine));
    Ok(all)
}

/// What a home shows of it: the first of them, and in the last line how many more there are.
pub fn at_home(mut due: Vec<Due>) -> Vec<Due> {
    if due.len() <= AT_HOME {
        return due;
    }
    let rest = due.split_off(AT_HOME);
    let late = rest.iter().filter(|one| one.urgency == Urgency::Late).count();
    if let Some(first) = rest.first() {
        due.push(Due {
            what: format!("And {} more", rest.len()),
            why: match late {
                0 => "They stand in the list of everything that waits for you.".to_owned(),
                late => format!(
                    "{late} of them should be done by now. They stand in the list of everything that waits for you."
                ),
            },
            href: "/due".to_owned(),
            on: first.on,
            when: first.when.clone(),
            // It stands last, whatever it holds.
            urgency: Urgency::Later,
            engine: first.engine,
            first: false,
        });
    }
    due
}

fn urgency(on: Date, today: Date) -> Urgency {
    match on.cmp(&today) {
        std::cmp::Ordering::Less => Urgency::Late,
        std::cmp::Ordering::Equal => Urgency::Today,
        std::cmp::Ordering::Greater => Urgency::Later,
    }
}

/// Entries that fall due; many of one register are one line that leads to its list.
fn of_registers(all: Vec<DueIn>, policy: &policy::Policy, today: Date) -> Vec<Due> {
    let mut dues = Vec::new();
    for DueIn { control, register, href, items, together } in all {
        let number = |label: Option<&str>| {
            let of_label = label.and_then(|label| policy.find(label));
            let (module, name) = control.split_once('.').unwrap_or((&control, ""));
            of_label
                .or_else(|| policy.bindings(module, name).map(|(clause, _)| clause).next())
                .map(|it| it.number.clone())
        };
        let cited = |label: Option<&str>| number(label).map(|number| format!(" (clause {number})")).unwrap_or_default();
        if let Some(Together { number, late, on, when }) = together {
            let number = figure(number);
            let what = match late {
                0 => format!("See to {number} things: {register}"),
                late => format!("See to {number} things, {} overdue: {register}", figure(late)),
            };
            dues.push(Due {
                what,
                why: format!("They stand in the register{}.", cited(None)),
                href: format!("{href}?show=due"),
                on,
                when,
                urgency: urgency(on, today),
                engine: Engine::Register,
                first: false,
            });
        }
        dues.extend(items.into_iter().map(|item| Due {
            why: format!("{}{}", item.register, cited(item.clause.as_deref())),
            what: item.what,
            href: item.href,
            urgency: urgency(item.on, today),
            on: item.on,
            when: item.when,
            engine: Engine::Register,
            first: item.first,
        }));
    }
    dues
}

fn to_read(count: usize, today: Date) -> Option<Due> {
    let what = match count {
        0 => return None,
        1 => "Read a notice".to_owned(),
        many => format!("Read {many} notices"),
    };
    Some(Due {
        what,
        why: "They are part of the policy, and they concern you. All of them stand on one page.".to_owned(),
        href: "/notices/waiting".to_owned(),
        on: today,
        when: "Today".to_owned(),
        urgency: Urgency::Today,
        engine: Engine::Reading,
        first: false,
    })
}

/// Whether it is this person's to send or hang up: whom the clause names, else the office, else the head.
fn issues(item: &Item<'_>, session: &Session, known: &attestations::Known) -> bool {
    if !item.is_issued() {
        return false;
    }
    if let Some(by) = &item.binding.common.by {
        return by.contains(session.subject());
    }
    let held = |role: Role| known.people.iter().any(|person| person.subject.roles.contains(&role));
    let role = if held(Role::Office) { Role::Office } else { Role::Headteacher };
    AudienceAtom::Role(role).contains(session.subject())
}

fn to_issue(item: &Item<'_>, since: Date, today: Date) -> Due {
    let on = since.saturating_add(Span::new().days(TO_ISSUE));
    let what = if item.moments.contains(&Moment::Letter) { "Send a letter" } else { "Hang up a poster" };
    Due {
        what: format!("{what}: {}", item.title()),
        why: format!("Clause {}: {}", item.clause.number, attestations::short(&item.clause.text, 120)),
        href: notices::href(&item.binding.key),
        on,
        when: when(on, today),
        urgency: urgency(on, today),
        engine: Engine::Issuing,
        first: false,
    }
}

#[derive(Template)]
#[template(path = "due/list.html")]
struct DuePage {
    page: Page,
    lead: String,
    clear: Option<Clear>,
    parts: Vec<(&'static str, Vec<Due>)>,
    all: bool,
}

/// The route of the list.
pub fn routes() -> Routes<Engines> {
    Routes::new().get("/due", Who::SignedIn, show)
}

async fn show(State(engines): State<Engines>, visit: Visit, session: Session) -> PageResult {
    let all = due(&engines, &session, visit.now()).await?;
    let today = visit.school_time().date();
    let week = today.saturating_add(Span::new().days(7));
    let late = all.iter().filter(|due| due.urgency == Urgency::Late).count();
    let lead = match (all.len(), late) {
        (0, _) => String::new(),
        (1, 0) => "One thing waits for you.".to_owned(),
        (1, _) => "One thing waits for you, and it should be done by now.".to_owned(),
        (many, 0) => format!("{many} things wait for you."),
        (many, late) => format!("{many} things wait for you; {late} should be done by now."),
    };
    let clear = all.is_empty().then(|| Clear::new("Nothing waits for you.", "When something does, it stands here."));
    let (now, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|due| due.urgency != Urgency::Later);
    let (soon, later): (Vec<_>, Vec<_>) = rest.into_iter().partition(|due| due.on <= week);
    let parts = [("Today", now), ("This week", soon), ("Later", later)];
    html(&DuePage {
        page: visit.page("What waits for you").back("Home", "/"),
        lead,
        clear,
        parts: parts.into_iter().filter(|(_, list)| !list.is_empty()).collect(),
        all: session.is(Capacity::Staff) || session.is(Capacity::Governor),
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::registers::DueItem;

    fn one(nth: usize, urgency: Urgency) -> Due {
        Due {
            what: format!("Do {nth}"),
            why: String::new(),
            href: "/x".to_owned(),
            on: date(2026, 11, 24),
            when: "Today".to_owned(),
            urgency,
            engine: Engine::Register,
            first: false,
        }
    }

    #[test]
    fn a_home_shows_eight_and_says_how_many_more() {
        let eight: Vec<_> = (0..8).map(|nth| one(nth, Urgency::Late)).collect();
        assert_eq!(at_home(eight.clone()), eight);
        let mut many = eight;
        many.extend((8..20).map(|nth| one(nth, if nth < 10 { Urgency::Late } else { Urgency::Later })));
        let shown = at_home(many);
        let last = shown.last().unwrap();
        assert_eq!((shown.len(), last.what.as_str(), last.href.as_str()), (9, "And 12 more", "/due"));
        assert!(last.why.starts_with("2 of them should be done by now"));
        assert!(shown.is_sorted_by_key(|one| one.urgency), "it stays last where a home sorts");
    }

    #[test]
    fn many_of_one_register_are_one_line() {
        let item = |nth: u128, on: Date| DueItem {
            control: "assets.loans".to_owned(),
            register: "Equipment on loan".to_owned(),
            entry: uuid::Uuid::from_u128(nth),
            what: format!("Get Laptop {nth} back"),
            on,
            when: "Overdue since 2 November".to_owned(),
            late: on < date(2026, 11, 24),
            clause: None,
            first: false,
            href: format!("/registers/assets/loans/{nth}"),
        };
        let due = |items: Vec<DueItem>, together: Option<Together>| DueIn {
            control: "assets.loans".to_owned(),
            register: "Equipment on loan".to_owned(),
            href: "/registers/assets/loans".to_owned(),
            items,
            together,
        };
        let text = "+++\ntitle = \"P\"\nversion = \"1\"\n+++\n\n# 1 Loans\n\n- Loans are recorded. `a: assets.loans`\n";
        let policy =
            policy::check(&policy::Source::of_text(text), &rules::controls(), date(2026, 11, 24)).policy.unwrap();
        let today = date(2026, 11, 24);
        let few = of_registers(vec![due(vec![item(1, date(2026, 11, 1)), item(2, today)], None)], &policy, today);
        assert_eq!(few.iter().map(|due| due.urgency).collect::<Vec<_>>(), [Urgency::Late, Urgency::Today]);
        assert_eq!(few[0].why, "Equipment on loan (clause 1.1)");
        let on = date(2026, 11, 21);
        let together = Together { number: 1_005, late: 3, on, when: "Overdue since 22 November".to_owned() };
        let many = of_registers(vec![due(Vec::new(), Some(together))], &policy, today);
        assert_eq!(many.len(), 1);
        assert_eq!(many[0].what, "See to 1,005 things, 3 overdue: Equipment on loan");
        assert_eq!((many[0].href.as_str(), many[0].on), ("/registers/assets/loans?show=due", on));
    }
}
