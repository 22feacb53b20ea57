//! What a survey says, for those who read the register: charts with their tables, and a file of counts. Shown when the
//! survey is over, so that nobody can take yesterday's counts from today's and see one answer.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::IntoResponse,
};
use engines::registers::Book;
use kernel::time::date_in_words;
use uuid::Uuid;
use webkit::{CsvFile, Page, PageError, PageResult, Session, Visit, html};

use super::{
    CONTROL, LIST, chart,
    questions::Kind,
    service::{self, Stage, Survey},
    tally::{self, Counted, FEWEST, Results},
};
use crate::{Learning, state::stored};

#[derive(Template)]
#[template(path = "learning/results.html")]
struct ResultsPage {
    page: Page,
    title: String,
    says: String,
    hidden: Option<String>,
    questions: Vec<Shown>,
    csv: Option<String>,
    step: Option<String>,
}

struct Shown {
    id: String,
    text: String,
    note: String,
    rows: Vec<(String, usize, String)>,
    bars: Vec<chart::Bar>,
    height: u32,
    label: String,
    words: Vec<String>,
    hidden_words: bool,
}

struct Found {
    book: Book,
    survey: Survey,
    results: Option<Results>,
    stage: Stage,
    number: u64,
}

async fn find(learning: &Learning, visit: &Visit, session: &Session, id: Uuid) -> Result<Found, PageError> {
    let book = learning.book(visit, session, CONTROL).await?;
    let survey = Survey::of(&book.get(id).await?).ok_or(PageError::NotFound)?;
    let stage = survey.stage(book.today());
    let number = stored(service::number(book.school(), id).await)?;
    let results = match (&survey.questions, stage) {
        (Ok(questions), Stage::Over) => {
            let answers = stored(service::answers(book.school(), id).await)?;
            Some(tally::count(questions, &answers))
        }
        (Ok(_), Stage::Coming | Stage::Open | Stage::Faulty) | (Err(_), _) => None,
    };
    Ok(Found { book, survey, results, stage, number })
}

/// How many have answered, never fewer than five by number.
pub(super) fn number_in_words(number: u64) -> String {
    match number {
        0 => "Nobody has answered yet".to_owned(),
        few if few < FEWEST as u64 => format!("Fewer than {FEWEST} have answered"),
        more => format!("{more} have answered"),
    }
}

/// The results.
pub(super) async fn show(
    State(learning): State<Learning>,
    visit: Visit,
    session: Session,
    Path(id): Path<Uuid>,
) -> PageResult {
    let found = find(&learning, &visit, &session, id).await?;
    let book = &found.book;
    let hidden = match (&found.results, found.stage) {
        (_, Stage::Faulty) => {
            Some("Its questions have to be put right first: open the entry and change them.".to_owned())
        }
        (_, Stage::Coming | Stage::Open) => Some(format!(
            "What they say is shown when the survey is over, after {}. Until then nobody can see what one answer changes.",
            date_in_words(found.survey.until)
        )),
        (Some(Results::TooFew) | None, Stage::Over) => Some(format!(
            "Fewer than {FEWEST} have answered. Counts of so few could show who said what, so they stay hidden."
        )),
        (Some(Results::Shown(..)), Stage::Over) => None,
    };
    let counted = match found.results {
        Some(Results::Shown(_, counted)) => counted,
        Some(Results::TooFew) | None => Vec::new(),
    };
    let writes = book.access().writes();
    let kept = book.get(id).await?;
    let read = book.steps(&kept).into_iter().any(|step| step.name == "read");
    html(&ResultsPage {
        page: visit.page("What a survey says").back("Surveys", format!("{LIST}/surveys")),
        title: found.survey.title.clone(),
        says: format!("{}.", number_in_words(found.number)),
        csv: (!counted.is_empty()).then(|| format!("/surveys/{id}/counts.csv")),
        step: (read && found.stage == Stage::Over).then(|| format!("{LIST}/{id}/move/read")),
        questions: counted.into_iter().enumerate().map(|(nth, one)| shown(nth, one, writes)).collect(),
        hidden,
    })
}

fn shown(nth: usize, counted: Counted, writes: bool) -> Shown {
    let Counted { question, counts, words, left_out, few } = counted;
    let of: usize = counts.iter().map(|(_, count)| count).sum();
    let numbers: Vec<usize> = counts.iter().map(|(_, count)| *count).collect();
    let sums: Vec<String> = counts.iter().map(|(option, count)| format!("{option} {count}")).collect();
    Shown {
        id: format!("question-{nth}"),
        note: match left_out {
            _ if few => format!("Fewer than {FEWEST} answered this one, so that what they said stays hidden."),
            0 => String::new(),
            1 => "1 left it out.".to_owned(),
            more => format!("{more} left it out."),
        },
        bars: chart::bars(&numbers, of),
        height: chart::height(numbers.len()),
        label: format!("{}: {}", question.text, sums.join(", ")),
        rows: counts.into_iter().map(|(option, count)| (option, count, format!("{count} of {of}"))).collect(),
        hidden_words: question.kind == Kind::Words && !few && !writes,
        words: if writes { words } else { Vec::new() },
        text: question.text,
    }
}

/// The counts as a file. Words of one's own are not in it.
pub(super) async fn csv(
    State(learning): State<Learning>,
    visit: Visit,
    session: Session,
    Path(id): Path<Uuid>,
) -> PageResult {
    let found = find(&learning, &visit, &session, id).await?;
    let Some(Results::Shown(number, counted)) = found.results else { return Err(PageError::NotFound) };
    let mut file = CsvFile::new("survey-counts", ["Question", "Answer", "Count", "Of"]);
    for one in counted.into_iter().filter(|one| one.question.kind != Kind::Words) {
        if one.few {
            let hidden = format!("Fewer than {FEWEST} answered");
            file.push([one.question.text, hidden, String::new(), number.to_string()]);
            continue;
        }
        let left = ("Left out".to_owned(), one.left_out);
        for (option, count) in one.counts.into_iter().chain([left]) {
            file.push([one.question.text.clone(), option, count.to_string(), number.to_string()]);
        }
    }
    Ok(file.into_response())
}
