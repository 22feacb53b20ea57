//! `/filter/why`: how the gateway decides about an address, for whom, when, step by step; and what stands in the log
//! about a request that was made.

use activity::RowId;
use askama::Template;
use axum::extract::{Query, State};
use filter::{Address, Reason, Verdict};
use kernel::{PersonId, Place, SchoolTime};
use store::{
    School,
    entity::{access_account, people_person},
    query::ColumnTrait as _,
};
use uuid::Uuid;
use webkit::{
    Action, Page, PageError, PageResult, Permit as _, Visit,
    error::may_not,
    html,
    kit::{Choice, Choices, ErrorSummary, Field, Mistakes},
    permit::MayExplain,
};

use super::trace::{self, Clause, Question};
use crate::{
    Traffic,
    matches::service as matches,
    monitor::rows,
    state::{Asker, Explained},
};

#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    address: String,
    #[serde(default)]
    who: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    row: String,
}

#[derive(Template)]
#[template(path = "filter/why.html")]
struct WhyPage {
    page: Page,
    summary: Option<ErrorSummary>,
    address: Field,
    who: Field,
    at: Field,
    place: Choices,
    answer: Option<Answer>,
    recorded: Option<Recorded>,
    may_see_lists: bool,
    may_equip: bool,
    may_answer: bool,
    may_see_changes: bool,
    may_open_sealed: bool,
}

/// A decision that was made now, for the question.
struct Answer {
    lead: String,
    open: bool,
    because: String,
    /// The name that was decided about, and how it is written, where it is not in plain letters.
    letters: Option<(String, String)>,
    by: String,
    clause: Option<Clause>,
    /// The change that decided.
    change: Option<Uuid>,
    questions: Vec<Question>,
    others: Vec<Other>,
    says: &'static str,
    ask: Option<String>,
}

/// What another case would have come to.
struct Other {
    case: String,
    outcome: &'static str,
    clause: Option<String>,
    same: bool,
}

/// What the log holds of a request that was made.
struct Recorded {
    lead: String,
    site: String,
    clause: Option<String>,
    facts: Vec<(&'static str, String)>,
}

/// The question, where it can be understood.
struct Understood {
    address: Address,
    who: Asker,
    name: String,
    at: SchoolTime,
    place: Place,
}

pub(crate) async fn why(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayExplain,
    Query(mut asked): Query<Asked>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let mut mistakes = Mistakes::new();
    let recorded = match asked.row.parse::<RowId>() {
        // A row is a look at the log, whoever asks why.
        Ok(_) if !visit.may(Action::SeeActivity) => return Err(may_not(Action::SeeActivity)),
        Ok(row) => from_row(&state, may, row, &mut asked).await?,
        Err(_) => None,
    };
    // Whoever asked is not named in the log: without a name there is nobody to decide it for again.
    let answer = if asked.address.trim().is_empty() || (recorded.is_some() && asked.who.trim().is_empty()) {
        None
    } else {
        match understand(&school, &visit, &asked, &mut mistakes).await? {
            Some(question) => Some(answer(&state, &school, &visit, may, question).await?),
            None => None,
        }
    };
    let page = visit.page("Why is it open or closed?");
    html(&WhyPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        address: Field::text("address", "Address")
            .hint("Such as https://www.example.org/")
            .as_typed()
            .value(asked.address)
            .check(&mistakes),
        who: Field::text("who", "Who")
            .hint("A username; empty for somebody who is not known")
            .as_typed()
            .value(asked.who)
            .check(&mistakes),
        place: places(&state, may).chosen(asked.place).check(&mistakes),
        at: Field::text("at", "When").hint("Such as 2026-11-24 10:15; empty for now").value(asked.at).check(&mistakes),
        answer,
        recorded,
        may_see_lists: visit.may(Action::SeeLists),
        may_equip: visit.may(Action::EquipDevices),
        may_answer: visit.may(Action::AnswerRequests),
        may_see_changes: visit.may(Action::SeeChanges),
        may_open_sealed: visit.may(Action::OpenSealed),
    })
}

/// The places to choose from: those that a clause can name, with the networks of the policy in force.
fn places(state: &Traffic, may: MayExplain) -> Choices {
    let mut choices = vec![
        Choice::new("", "At school"),
        Choice::new("home", "At home"),
        Choice::new("trip", "On a trip"),
        Choice::new("exam-room", "In an examination"),
    ];
    let networks = state.gate().networks(may.school());
    choices.extend(
        networks.into_iter().map(|name| Choice::new(format!("network:{name}"), format!("On the network {name}"))),
    );
    Choices::select("place", "Where", choices)
}

/// Fills in the question from a row of the activity log, and says what was recorded then.
async fn from_row(
    state: &Traffic,
    may: MayExplain,
    row: RowId,
    asked: &mut Asked,
) -> Result<Option<Recorded>, PageError> {
    let Some(entry) = state.log().get(may.school(), row).await.map_err(PageError::internal)? else { return Ok(None) };
    let row = &entry.row;
    let at = SchoolTime::new(row.at);
    let sealed = rows::is_sealed(&entry);
    // What a sealed list holds is not asked about again.
    asked.address = if sealed {
        String::new()
    } else {
        format!("{}://{}{}", row.scheme.id(), row.host, row.path.as_deref().unwrap_or("/"))
    };
    asked.at = at.in_tables();
    let clause = rows::clause(&entry);
    let by = clause.map(|clause| format!(", by clause {}", clause.number)).unwrap_or_default();
    let mut facts = vec![
        ("When", format!("{} at {}", at.day_in_words(), at.clock_in_words())),
        ("Who", rows::audience(&entry)),
        ("Address", rows::site(&entry)),
    ];
    if let Some(category) = &row.category {
        facts.push(("Category", category.replace('-', " ")));
    }
    if clause.is_none() {
        facts.push(("Reason", rows::reason(&entry)));
    }
    Ok(Some(Recorded {
        lead: format!("{}{by}", rows::word(row.outcome)),
        site: if sealed { "a site that is never named".to_owned() } else { row.host.clone() },
        clause: clause.map(|clause| clause.label.clone()),
        facts,
    }))
}

/// Reads the question; says what cannot be understood.
async fn understand(
    school: &School,
    visit: &Visit,
    asked: &Asked,
    mistakes: &mut Mistakes,
) -> Result<Option<Understood>, PageError> {
    let typed = asked.address.trim();
    let whole = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let address = Address::parse(&whole).ok();
    if address.is_none() {
        mistakes.add("address", "Write an address such as https://www.example.org/");
    }
    let who = match asked.who.trim() {
        "" => Some((Asker::Nobody, "Somebody who is not known. The strictest rules hold.".to_owned())),
        username => person(school, username).await?,
    };
    if who.is_none() {
        mistakes.add("who", "Nobody has this username. Look it up among the people");
    }
    let at = match asked.at.trim() {
        "" => Some(visit.school_time()),
        text => SchoolTime::parse(text).ok(),
    };
    if at.is_none() {
        mistakes.add("at", "Write the time as 2026-11-24 10:15");
    }
    let place = match asked.place.trim() {
        "" => Some(Place::School),
        text => Place::parse(text).ok(),
    };
    if place.is_none() {
        mistakes.add("place", "Choose where it is asked for");
    }
    let (Some(address), Some((who, name)), Some(at), Some(place)) = (address, who, at, place) else { return Ok(None) };
    Ok(Some(Understood { address, who, name, at, place }))
}

/// Who has this username, and what the page says of them.
async fn person(school: &School, username: &str) -> Result<Option<(Asker, String)>, PageError> {
    let account = school
        .read()
        .find::<access_account::Entity>()
        .filter(access_account::Column::Username.eq(username.to_lowercase()))
        .one()
        .await
        .map_err(PageError::internal)?;
    let Some(account) = account else { return Ok(None) };
    let found = school.read().get::<people_person::Entity>(account.person_id).await.map_err(PageError::internal)?;
    Ok(found.map(|person| {
        let name = format!("{} {}, as the roll and the signatures stand now.", person.given_name, person.family_name);
        (Asker::Person(PersonId(account.person_id)), name)
    }))
}

async fn answer(
    state: &Traffic,
    school: &School,
    visit: &Visit,
    may: MayExplain,
    question: Understood,
) -> Result<Answer, PageError> {
    let Understood { address, who, name, at, place } = question;
    let ask = |who: Asker, at: &SchoolTime| state.gate().explain(school.id(), who, &place, at, &address);
    let Some(explained) = ask(who, &at) else {
        return Err(PageError::Conflict("No policy is in force, so the gateway has nothing to decide by".to_owned()));
    };
    let decision = &explained.decision;
    matches::asked(school, decision.sealed, may.by().into(), visit.now()).await.map_err(PageError::internal)?;
    let mut others = Vec::new();
    let mut other = |case: String, explained: Option<Explained>| {
        others.extend(explained.map(|explained| Other {
            case,
            outcome: trace::outcome(&explained.decision),
            clause: explained.decision.clause.as_ref().map(|clause| clause.number.clone()),
            same: trace::outcome(&explained.decision) == trace::outcome(decision),
        }));
    };
    if who != Asker::Person(may.by()) {
        other("You yourself ask".to_owned(), ask(Asker::Person(may.by()), &at));
    }
    if who != Asker::Nobody {
        other("It is not known who asks".to_owned(), ask(Asker::Nobody, &at));
    }
    for time in trace::other_times(&at) {
        other(format!("{} at {}", time.day_in_words(), time.clock_in_words()), ask(who, &time));
    }
    let may_be_asked_for = match decision.verdict {
        Verdict::Block(Reason::Rule | Reason::Default) => decision.refuses() && visit.may(Action::AskForSite),
        Verdict::Block(
            Reason::Sealed
            | Reason::Suspended
            | Reason::NotSigned
            | Reason::OffSite
            | Reason::Carried(_)
            | Reason::Unreadable,
        )
        | Verdict::Allow(_) => false,
    };
    let says = match decision.verdict {
        Verdict::Block(Reason::NotSigned) if who == Asker::Nobody => {
            "Signing in on the device, by somebody who has signed the agreement. Then the rules decide."
        }
        Verdict::Block(Reason::NotSigned) => "Signing the agreement. Then the rules decide.",
        Verdict::Block(Reason::Suspended) => "The end of the suspension. Then the rules decide.",
        Verdict::Block(Reason::OffSite) => "The hours that the clause names. Then the rules decide.",
        Verdict::Block(Reason::Sealed) => "Nothing that anybody at school can do.",
        Verdict::Allow(_)
        | Verdict::Block(Reason::Rule | Reason::Carried(_) | Reason::Default | Reason::Unreadable) => {
            if others.iter().any(|other| !other.same) { "" } else { "None of these would." }
        }
    };
    Ok(Answer {
        lead: trace::lead(decision),
        open: !decision.refuses(),
        letters: address.host.in_other_letters().map(|written| (address.host.to_string(), written)),
        because: trace::because(decision, who != Asker::Nobody),
        by: format!(
            "Decided for {} at {} by {} of the policy, with the lists that are loaded now.",
            at.day_in_words(),
            at.clock_in_words(),
            explained.policy
        ),
        clause: decision.clause.as_ref().map(|it| Clause {
            label: it.label.clone(),
            number: it.number.clone(),
            text: it.text.clone(),
        }),
        change: decision
            .rule
            .as_ref()
            .filter(|_| visit.may(Action::SeeChanges))
            .and_then(|rule| crate::changes::change_of(&rule.origin)),
        ask: may_be_asked_for.then(|| format!("/filter/ask?site={}", address.host)),
        questions: trace::questions(name, &explained),
        others,
        says,
    })
}
