//! The pages of those who ask: every survey with how far it is, and the form that makes one. The survey is an entry of
//! the register, made through the register.

use askama::Template;
use axum::{Form, extract::State};
use declare::{Field, Value};
use engines::registers::{Book, Draft, RegisterError};
use kernel::{Year, time::date_in_words};
use webkit::{
    Page, PageError, PageResult, Session, Visit,
    error::refused,
    html,
    kit::{Choice, Choices, ErrorSummary, Field as Line, Mistakes, Next, TextArea},
};

use super::{
    CONTROL, LIST,
    questions::{OwnWords, parse},
    results::number_in_words,
    service::{self, Stage, Survey},
};
use crate::{
    Learning,
    fields::{self, Input, Sent},
    state::stored,
};

/// The fields of the register that the form has as they are declared, each with what it asks here: the register speaks of
/// what has been, this form of what is to come.
const FIELDS: [(&str, &str); 2] = [("title", "What is it called?"), ("about", "What is it about?")];

#[derive(Template)]
#[template(path = "learning/survey_list.html")]
struct ListPage {
    page: Page,
    next: Option<Next>,
    new: Option<String>,
    rows: Vec<Row>,
}

struct Row {
    title: String,
    href: String,
    who: String,
    when: String,
    stage: &'static str,
    picture: &'static str,
    number: String,
}

/// Every survey.
pub(super) async fn list(State(learning): State<Learning>, visit: Visit, session: Session) -> PageResult {
    let book = learning.book(&visit, &session, CONTROL).await?;
    let all = service::surveys(&book).await?;
    let new = book.access().writes().then(|| format!("{LIST}/surveys/new"));
    let mut rows = Vec::new();
    for survey in &all {
        let number = stored(service::number(book.school(), survey.id).await)?;
        rows.push(row(survey, &book, number));
    }
    let next = new.clone().filter(|_| rows.is_empty()).map(|href| {
        let says =
            "Five questions are enough. Pupils answer without their name, and you see what they say when it is over.";
        Next::new("Make the first survey", says).eyebrow("Next step").button("Make a survey", href)
    });
    html(&ListPage {
        page: visit.page("Surveys").back(book.declaration().title.clone(), LIST),
        new: new.filter(|_| next.is_none()),
        next,
        rows,
    })
}

fn row(survey: &Survey, book: &Book, number: u64) -> Row {
    let (stage, picture) = match survey.stage(book.today()) {
        Stage::Faulty => ("Put its questions right", "late"),
        Stage::Coming => ("Opens on its first day", "clock"),
        Stage::Open => ("Open", "gate-open"),
        Stage::Over => ("Over", "gate-shut"),
    };
    let who = survey.years.iter().map(|year| year.title()).chain(survey.others.iter().cloned());
    Row {
        title: survey.title.clone(),
        href: format!("/surveys/{}/results", survey.id),
        who: who.collect::<Vec<_>>().join(", "),
        when: format!("{} to {}", date_in_words(survey.from), date_in_words(survey.until)),
        stage,
        picture,
        number: number_in_words(number),
    }
}

#[derive(Template)]
#[template(path = "learning/survey_new.html")]
struct NewPage {
    page: Page,
    summary: Option<ErrorSummary>,
    inputs: Vec<Input>,
    years: Choices,
    others: Choices,
    from: Line,
    until: Line,
    questions: TextArea,
    young: Choices,
}

fn field<'a>(book: &'a Book, name: &str) -> Option<&'a Field> {
    book.register().fields.iter().find(|field| field.name.as_str() == name)
}

async fn page(visit: &Visit, book: &Book, sent: &Sent, mistakes: &Mistakes) -> Result<NewPage, PageError> {
    let roll = book.roll().await?;
    let here: std::collections::BTreeSet<Year> =
        roll.among(&kernel::Audience::everyone()).iter().filter_map(|member| member.subject.year).collect();
    let years = here.into_iter().map(|year| Choice::new(year.to_string(), year.title())).collect();
    let years = Choices::checkboxes("years", "Which years are asked?", years)
        .hint("To compare two years, make a survey for each: an answer does not say the year.");
    let others = [("parents", "Parents and carers"), ("staff", "Staff"), ("governors", "Governors")];
    let others = others.map(|(name, label)| Choice::new(name, label)).to_vec();
    let others = Choices::checkboxes("others", "Is anybody else asked?", others);
    let day = |id: &str, label: &str| Line::text(id, label).width("10").value(sent.text(id)).check(mistakes);
    let own = visit.page("Make a survey").back("Surveys", format!("{LIST}/surveys"));
    Ok(NewPage {
        page: if mistakes.is_empty() { own } else { own.mistaken() },
        summary: mistakes.summary(),
        inputs: FIELDS
            .iter()
            .filter_map(|(name, label)| Some(Field { label: (*label).to_owned(), ..field(book, name)?.clone() }))
            .map(|field| fields::input(&field, sent, mistakes))
            .collect(),
        years: sent.all("years").fold(years, |years, name| years.chosen(name)).check(mistakes),
        others: sent.all("others").fold(others, |others, name| others.chosen(name)),
        from: day("from", "From which day?"),
        until: day("until", "Until which day?"),
        questions: TextArea::new("questions", "The questions, a line each")
            .hint(
                "Write how each is answered at its end: [agree] for five steps, [yes/no], [choose: one, two, three], \
                 [words] for words of their own. A question without brackets is answered by yes or no, a sentence by \
                 how far one agrees.",
            )
            .value(sent.text("questions"))
            .check(mistakes),
        young: Choices::radios(
            "young",
            "May pupils under 11 write words of their own?",
            vec![
                Choice::new("no", "No, they choose from answers"),
                Choice::new("yes", "Yes").hint(
                    "They may write a name or a worry. Somebody reads the words on the day that the survey ends.",
                ),
            ],
        )
        .chosen(sent.text("young")),
    })
}

async fn opened(learning: &Learning, visit: &Visit, session: &Session) -> Result<Book, PageError> {
    let book = learning.book(visit, session, CONTROL).await?;
    if book.writer().is_none() {
        return Err(PageError::Forbidden("make surveys".to_owned()));
    }
    Ok(book)
}

/// The form.
pub(super) async fn new(State(learning): State<Learning>, visit: Visit, session: Session) -> PageResult {
    let book = opened(&learning, &visit, &session).await?;
    let mut sent = Sent::default();
    let today = book.today();
    sent.or("from", date_in_words(today));
    sent.or("until", date_in_words(today.saturating_add(jiff::Span::new().days(14))));
    sent.or("young", "no");
    html(&page(&visit, &book, &sent, &Mistakes::new()).await?)
}

/// Makes the survey.
pub(super) async fn make(
    State(learning): State<Learning>,
    visit: Visit,
    session: Session,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    let book = opened(&learning, &visit, &session).await?;
    let sent = Sent::new(pairs);
    let mut mistakes = Mistakes::new();
    let draft = draft(&book, &session, &sent, &mut mistakes).await?;
    if mistakes.is_empty() {
        let writer = book.writer().ok_or(PageError::NotFound)?;
        match writer.enter(draft).await {
            Ok(_) => {
                let says = "The survey is saved. Whoever is asked finds it on their own page.";
                return Ok(visit.see_other_saying(&format!("{LIST}/surveys"), says));
            }
            Err(RegisterError::Refused(refusals)) => {
                let known: Vec<&Field> = FIELDS.iter().filter_map(|(name, _)| field(&book, name)).collect();
                fields::refuse(refusals, &known, "questions", &mut mistakes);
            }
            Err(other) => return Err(other.into()),
        }
    }
    refused(&page(&visit, &book, &sent, &mistakes).await?)
}

/// What a form says, as an entry of the register.
async fn draft(book: &Book, session: &Session, sent: &Sent, mistakes: &mut Mistakes) -> Result<Draft, PageError> {
    let known: Vec<&Field> = FIELDS.iter().filter_map(|(name, _)| field(book, name)).collect();
    let days: Vec<&Field> = ["open-from", "open-until"].iter().filter_map(|name| field(book, name)).collect();
    let meanings = book.meanings(&known).await?;
    let mut values = fields::read(&known, sent, &meanings, mistakes);
    for field in &known {
        let id = fields::id(field);
        if sent.text(&id).is_empty() && mistakes.of(&id).is_none() {
            mistakes.add(
                &id,
                if field.name.as_str() == "title" { "Write what it is called" } else { "Choose what it is about" },
            );
        }
    }
    let years: Vec<Year> = sent.all("years").filter_map(|text| Year::parse(text).ok()).collect();
    if years.is_empty() {
        mistakes.add("years", "Choose at least one year");
    }
    let mut read = Vec::new();
    for (id, field) in ["from", "until"].into_iter().zip(days) {
        match meanings.value(field, &[sent.text(id)], None) {
            Ok(Some(Value::Date(day))) => {
                values.insert(field.name.to_string(), Value::Date(day));
                read.push(day);
            }
            Ok(_) => mistakes.add(id, "Enter the day"),
            Err(says) => mistakes.add(id, says),
        }
    }
    if let [from, until] = read.as_slice() {
        if until < from {
            mistakes.add("until", "The last day is before the first");
        } else if *until < book.today() {
            mistakes.add("until", "This day is past");
        }
        // The register counts a survey from the day on which it is over.
        values.insert("asked-on".to_owned(), Value::Date(*until));
    }
    let young = sent.text("young") == "yes";
    if let Err(wrongs) = parse(sent.text("questions"), OwnWords::of(&years, young)) {
        for wrong in wrongs {
            mistakes.add("questions", format!("Line {}: {}", wrong.line, wrong.says));
        }
    }
    values.insert("questions".to_owned(), Value::Text(sent.text("questions").replace("\r\n", "\n")));
    values.insert("young-words".to_owned(), Value::YesNo(young));
    values.insert("for-years".to_owned(), Value::Years(years));
    values.insert("how".to_owned(), Value::Choice("survey".to_owned()));
    values.insert("run-by".to_owned(), Value::Person(session.person()));
    let others: Vec<String> = sent.all("others").map(str::to_owned).collect();
    if !others.is_empty() {
        values.insert("others".to_owned(), Value::Choices(others));
    }
    Ok(Draft { values, ..Draft::default() })
}
