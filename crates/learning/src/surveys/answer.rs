//! The pages of those who are asked: which surveys wait, and the questions, in words for their age; with faces for the
//! youngest.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
};
use kernel::time::date_in_words;
use uuid::Uuid;
use webkit::{Page, PageError, PageResult, Reader, Session, Visit, error::refused, html};

use super::{
    questions::{Kind, Question},
    service::{self, Survey},
    tally,
};
use crate::{Learning, fields::Sent, state::stored};

#[derive(Template)]
#[template(path = "learning/surveys.html")]
struct WaitingPage {
    page: Page,
    reader: Reader,
    lead: &'static str,
    surveys: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "learning/survey.html")]
struct SurveyPage {
    page: Page,
    reader: Reader,
    title: String,
    lead: &'static str,
    address: String,
    missing: bool,
    questions: Vec<Asked>,
}

/// A question as a form shows it.
struct Asked {
    key: String,
    text: String,
    options: Vec<Choosable>,
    /// Whether each option has a face.
    faces: bool,
    words: Option<String>,
}

/// An answer to choose.
struct Choosable {
    value: usize,
    label: String,
    chosen: bool,
}

fn page(visit: &Visit, session: &Session, title: &str) -> Page {
    let page = visit.page(title);
    match session.reader() {
        Reader::Young | Reader::Pupil => page.back("Home", "/").for_children(),
        Reader::Adult => page.back("Home", "/"),
    }
}

/// What waits.
pub(super) async fn waiting(State(learning): State<Learning>, visit: Visit, session: Session) -> PageResult {
    let surveys = learning.open_surveys(&session, visit.now()).await?;
    html(&WaitingPage {
        page: page(&visit, &session, "What do you think?"),
        reader: session.reader(),
        lead: match session.reader() {
            Reader::Young => "We want to know what you think. You do not write your name.",
            Reader::Pupil => "We want to know what you think. Nobody can see which answers are yours.",
            Reader::Adult => "Answers carry no name. What comes of them is told afterwards.",
        },
        surveys: surveys
            .into_iter()
            .map(|survey| {
                let until = format!("until {}", date_in_words(survey.until));
                (format!("/surveys/{}", survey.id), survey.title, until)
            })
            .collect(),
    })
}

fn survey_page(visit: &Visit, session: &Session, survey: &Survey, sent: &Sent, missing: bool) -> SurveyPage {
    let reader = session.reader();
    let own = page(visit, session, "What do you think?");
    let questions = survey.questions.as_deref().unwrap_or_default();
    SurveyPage {
        page: if missing { own.mistaken() } else { own },
        reader,
        title: survey.title.clone(),
        lead: match reader {
            Reader::Young => "Touch a picture for each one. You can leave one out.",
            Reader::Pupil => {
                "Nobody can see which answers are yours. Leave out what you do not want to answer. Do not write names."
            }
            Reader::Adult => {
                "Answers are kept without name or time, only with the day. Leave out what you do not want to answer."
            }
        },
        address: format!("/surveys/{}", survey.id),
        missing,
        questions: questions.iter().map(|question| asked(question, reader, sent)).collect(),
    }
}

fn asked(question: &Question, reader: Reader, sent: &Sent) -> Asked {
    let options = match reader {
        Reader::Young => question.kind.young_options(),
        Reader::Pupil | Reader::Adult => question.kind.options(),
    };
    let typed = sent.text(&question.key);
    Asked {
        key: question.key.clone(),
        text: question.text.clone(),
        options: options
            .into_iter()
            .enumerate()
            .map(|(value, label)| Choosable { chosen: typed == value.to_string(), value, label })
            .collect(),
        faces: question.kind == Kind::Agree,
        words: (question.kind == Kind::Words).then(|| typed.to_owned()),
    }
}

/// A survey of those that wait; no other is there.
async fn one(learning: &Learning, visit: &Visit, session: &Session, id: Uuid) -> Result<Survey, PageError> {
    let all = learning.open_surveys(session, visit.now()).await?;
    all.into_iter().find(|survey| survey.id == id).ok_or(PageError::NotFound)
}

/// The questions.
pub(super) async fn ask(
    State(learning): State<Learning>,
    visit: Visit,
    session: Session,
    Path(id): Path<Uuid>,
) -> PageResult {
    let survey = one(&learning, &visit, &session, id).await?;
    html(&survey_page(&visit, &session, &survey, &Sent::default(), false))
}

/// Keeps an answer. Nothing that is kept says whose it is.
pub(super) async fn answer(
    State(learning): State<Learning>,
    visit: Visit,
    session: Session,
    Path(id): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    let survey = one(&learning, &visit, &session, id).await?;
    let sent = Sent::new(pairs);
    let questions = survey.questions.as_deref().unwrap_or_default();
    let answer = tally::read(questions, |key| sent.text(key).to_owned());
    if answer.is_empty() {
        return refused(&survey_page(&visit, &session, &survey, &sent, true));
    }
    let school = learning.engines().school(session.school()).await?;
    let today = visit.school_time().date();
    if learning.once().take(session.id(), survey.id, survey.until, today)
        && let Err(error) = service::keep(&school, survey.id, &answer, visit.now()).await
    {
        learning.once().give_back(session.id(), survey.id);
        return stored(Err(error));
    }
    Ok(visit.see_other_saying(
        "/surveys",
        match session.reader() {
            Reader::Young => "Thank you!",
            Reader::Pupil => "Thank you. Later we tell you what came of it.",
            Reader::Adult => "Thank you. Your answer is kept without your name.",
        },
    ))
}
