//! The pages of attestations: what is asked of me, one question, several in a row, and all of it for those who see it.

use std::collections::BTreeMap;

use axum::{
    Form,
    extract::{Path, Query, State},
    http::Method,
};
use kernel::{Capacity, SchoolTime, time::date_in_words};
use policy::Words;
use store::School;
use uuid::Uuid;
use webkit::{
    PageError, PageResult, RouteRow, Routes, Session, Visit, Who,
    error::refused,
    html,
    kit::{Mistakes, PageNumber, Todo, Urgency},
    upload::Upload,
};

use super::{
    Known, Looked,
    asked::{Answer, State as Stands, Turn, from_address, when},
    sees_all,
    service::{self, Given, Names},
    views::{Earlier, NonePage, QuestionPage},
};
use crate::{Engines, files, stored};

mod list;
mod several;

pub(crate) use list::{short, todos};

/// A form with a file, and room for its fields.
const LIMIT: usize = files::MOST + 256 * 1024;

/// The routes of attestations.
pub fn routes() -> Routes<Engines> {
    let answers = RouteRow { method: Method::POST, ..RouteRow::post("/attestations/{key}", Who::Named) }.up_to(LIMIT);
    Routes::new()
        .get("/attestations", Who::Named, list::show)
        .get("/attestations/several/{control}", Who::Named, several::show)
        .post("/attestations/several/{control}", Who::Named, several::send)
        .get("/attestations/{key}", Who::Named, show)
        .row(answers, send)
        .get("/attestations/{key}/files/{file}", Who::Named, file)
}

/// What is known, for a page; none where no policy is in force.
async fn known(engines: &Engines, visit: &Visit, session: &Session) -> Result<(School, Option<Known>), PageError> {
    let school = engines.school(session.school()).await?;
    let known = Known::read(engines, &school, visit.now()).await?;
    Ok((school, known))
}

fn none(visit: &Visit) -> PageResult {
    html(&NonePage { page: visit.page("Nothing is asked yet") })
}

async fn show(State(engines): State<Engines>, visit: Visit, session: Session, Path(key): Path<String>) -> PageResult {
    let (school, known) = known(&engines, &visit, &session).await?;
    let Some(known) = known else { return none(&visit) };
    let looked = seen(&known, &session, &from_address(&key))?;
    html(&question(&school, &visit, &session, &known, &looked, &service::Form::default(), &Mistakes::new()).await?)
}

/// The item of a key, for somebody who may see it: others learn nothing of it.
fn seen<'k>(known: &'k Known, session: &Session, key: &str) -> Result<Looked<'k>, PageError> {
    let looked = known.find(key).ok_or(PageError::NotFound)?;
    if looked.may(session).is_some() || sees_all(session).is_some() { Ok(looked) } else { Err(PageError::NotFound) }
}

async fn send(
    State(engines): State<Engines>,
    visit: Visit,
    session: Session,
    Path(key): Path<String>,
    upload: Upload,
) -> PageResult {
    let (school, known) = known(&engines, &visit, &session).await?;
    let Some(known) = known else { return none(&visit) };
    let looked = seen(&known, &session, &from_address(&key))?;
    let may = looked.may(&session).ok_or_else(|| PageError::Forbidden("confirm this".to_owned()))?;
    let text = |name: &str| upload.text(name).unwrap_or_default().to_owned();
    let form =
        service::Form { answer: text("answer"), words: text("words"), mend: text("mend"), mend_by: text("mend-by") };
    let mut mistakes = Mistakes::new();
    let taken = match upload.files("file").next().map(|part| files::take(part, files::MOST)).transpose() {
        Ok(taken) => taken,
        Err(why) => {
            mistakes.add("file", why.to_string());
            None
        }
    };
    let given = service::check(&form, &looked.item, taken.is_some(), known.today, Names(""), &mut mistakes);
    let Some(given) = given.filter(|_| mistakes.is_empty()) else {
        return refused(&question(&school, &visit, &session, &known, &looked, &form, &mistakes).await?);
    };
    stored(service::answer(&school, may, vec![given], taken, visit.now()).await)?;
    Ok(visit.see_other_saying("/attestations", "Your answer is kept."))
}

async fn file(
    State(engines): State<Engines>,
    visit: Visit,
    session: Session,
    Path((key, file)): Path<(String, Uuid)>,
) -> PageResult {
    let (school, known) = known(&engines, &visit, &session).await?;
    let Some(known) = known else { return Err(PageError::NotFound) };
    let looked = seen(&known, &session, &from_address(&key))?;
    if !opens_files(&session, &looked) {
        return Err(PageError::NotFound);
    }
    let earlier = stored(service::answers_to(&school, &looked.item.binding.key).await)?;
    if !earlier.iter().any(|one| one.file == Some(file)) {
        return Err(PageError::NotFound);
    }
    let row = stored(school.read().get::<store::entity::register_file::Entity>(file).await)?;
    files::download(&school, &row.ok_or(PageError::NotFound)?)
}

/// Governors see what was answered, and not the files: these may show more than the clause asks.
fn opens_files(session: &Session, looked: &Looked<'_>) -> bool {
    looked.may(session).is_some() || (sees_all(session).is_some() && session.is(Capacity::Staff))
}

async fn question(
    school: &School,
    visit: &Visit,
    session: &Session,
    known: &Known,
    looked: &Looked<'_>,
    form: &service::Form,
    mistakes: &Mistakes,
) -> Result<QuestionPage, PageError> {
    let item = &looked.item;
    let earlier = stored(service::answers_to(school, &item.binding.key).await)?;
    let who = earlier.iter().filter_map(|one| one.answer.by).collect();
    let names = stored(service::names(school, &who).await)?;
    let may = looked.may(session).is_some();
    let page = visit.page("Confirm a clause").back("What is confirmed", "/attestations");
    let same =
        known.waiting_for(session).iter().filter(|other| other.item.binding.control == item.binding.control).count();
    Ok(QuestionPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        caption: caption(looked),
        question: item.question().to_owned(),
        clause: item.clause.html.clone(),
        system: system(known, looked),
        kept_in: (!item.systems.is_empty()).then(|| item.systems.join(" and ")),
        help: item.help().to_owned(),
        asked: asked(known, looked),
        when: match looked.last {
            Some(last) if last.answer == Answer::No => format!("To be put right. {}", when(looked.due, known.today)),
            Some(_) | None => when(looked.due, known.today),
        },
        late: looked.state == Stands::Overdue,
        action: looked.href(),
        fields: may.then(|| several::fields(item, form, Names(""), mistakes, true)),
        summary: mistakes.summary(),
        several: (may && same > 1).then(|| {
            (format!("Answer {same} of these in a row"), format!("/attestations/several/{}", item.binding.control))
        }),
        earlier: earlier.into_iter().map(|one| row(one, &names, looked, opens_files(session, looked))).collect(),
    })
}

fn caption(looked: &Looked<'_>) -> String {
    let clause = looked.item.clause;
    if clause.section.is_empty() {
        format!("Clause {}", clause.number)
    } else {
        format!("Clause {}, {}", clause.number, clause.section)
    }
}

/// What the system does about the binding, in words.
fn system(known: &Known, looked: &Looked<'_>) -> String {
    let words = Words::of(known.in_force.policy(), known.today);
    let binding = looked.item.binding;
    let control = known.in_force.registry().get(&binding.control);
    control.map(|control| words.sentence(control.as_ref(), binding)).unwrap_or_default()
}

/// Who is asked, how often, and how far it has gone.
fn asked(known: &Known, looked: &Looked<'_>) -> String {
    let words = Words::of(known.in_force.policy(), known.today);
    let by = words.audience(&looked.item.by);
    let every = looked.item.every.to_string();
    let every = every.strip_prefix("1 ").unwrap_or(&every);
    let gone = match looked.turn {
        Turn::Holder => "",
        Turn::Deputy if looked.state == Stands::Overdue => " It is overdue, so those who stand in are asked too.",
        Turn::Deputy => " Nobody holds that role, so those who stand in are asked.",
        Turn::Head if looked.asked.is_empty() => " Nobody holds that role, and nobody can be asked.",
        Turn::Head if looked.state == Stands::Overdue => " It is overdue, so the head is asked too.",
        Turn::Head => " Nobody holds that role, so the head is asked.",
    };
    format!("Asked every {every}: {by}.{gone}")
}

fn row(one: service::Kept, names: &BTreeMap<kernel::PersonId, String>, looked: &Looked<'_>, opens: bool) -> Earlier {
    use webkit::kit::State as Mark;
    let answer = one.answer;
    let word = answer.answer.words();
    let who = answer.by.and_then(|by| names.get(&by)).map_or("Somebody", String::as_str);
    Earlier {
        on: SchoolTime::new(one.at).day_in_words(),
        who: who.to_owned(),
        state: match answer.answer {
            Answer::Yes => Mark::good(word),
            Answer::No => Mark::bad(word),
            Answer::NotApplicable => Mark::off(word),
        },
        words: answer.words,
        mend: match answer.mend_by {
            Some(by) => format!("{}, by {}", answer.mend.trim_end_matches('.'), date_in_words(by)),
            None => answer.mend,
        },
        file: one.file.filter(|_| opens).map(|file| format!("{}/files/{file}", looked.href())),
    }
}
