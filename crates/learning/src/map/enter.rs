//! Entering from a cell of the map: one skill for one class, or for several at once.

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
};
use declare::{Field, Value, Values};
use engines::registers::{Book, Draft, Kept, RegisterError};
use jiff::civil::Date;
use uuid::Uuid;
use webkit::{
    Page, PageError, PageResult, Session, Visit,
    error::refused,
    html,
    kit::{Choice, Choices, ErrorSummary, Field as Line, Mistakes, encode},
};

use super::{CONTROL, Class, LIST, SchoolYear, Skill, Stage, read};
use crate::{
    Learning,
    fields::{self, Input, Sent},
};

/// The fields that the form has besides class and day.
const FIELDS: [&str; 4] = ["lesson", "subject", "strands", "resource"];

#[derive(Template)]
#[template(path = "learning/map_enter.html")]
struct EnterPage {
    page: Page,
    summary: Option<ErrorSummary>,
    number: String,
    text: String,
    known: Vec<String>,
    label: String,
    from: String,
    year: String,
    classes: Choices,
    done: Choices,
    day: Line,
    inputs: Vec<Input>,
    cancel: String,
}

/// What a form is about.
struct About {
    book: Book,
    skill: Skill,
    classes: Vec<Class>,
    kept: Vec<Kept>,
    year: SchoolYear,
}

impl About {
    async fn open(learning: &Learning, visit: &Visit, session: &Session, sent: &Sent) -> Result<Self, PageError> {
        let book = learning.book(visit, session, CONTROL).await?;
        if book.writer().is_none() {
            return Err(PageError::Forbidden("change this register".to_owned()));
        }
        let skill = read::skills(&book).into_iter().find(|skill| skill.label == sent.text("clause"));
        let skill = skill.ok_or(PageError::NotFound)?;
        let all = read::classes(&book).await?;
        let classes: Vec<Class> = all.into_iter().filter(|class| class.is_for(&skill)).collect();
        let kept = read::of_clause(&book, &skill.label).await?;
        let year = sent.text("from").parse().ok().and_then(SchoolYear::beginning);
        let year = year.unwrap_or_else(|| SchoolYear::of(book.today()));
        Ok(Self { book, skill, classes, kept, year })
    }

    fn fields(&self) -> Vec<&Field> {
        let fields = &self.book.register().fields;
        FIELDS.iter().filter_map(|name| fields.iter().find(|field| field.name.as_str() == *name)).collect()
    }

    /// The lesson of a class that is in the plan of the year or was taught in it: the furthest.
    fn lesson(&self, class: &str) -> Option<(Uuid, Stage)> {
        let of = |kept: &Kept| {
            let lesson = read::lesson(kept).filter(|lesson| lesson.class == class)?;
            self.year.is_served(lesson.day, self.skill.every).then_some((lesson.stage, lesson.day, lesson.id))
        };
        self.kept.iter().filter_map(of).max().map(|(stage, _, id)| (id, stage))
    }

    /// Back to the map, at the skill.
    fn back(&self, year: &str) -> String {
        let year = if year.is_empty() { String::new() } else { format!("&year={}", encode(year)) };
        format!("{LIST}/map?from={}{year}#skill-{}", self.year.begins(), encode(&self.skill.label))
    }

    fn page(&self, visit: &Visit, sent: &Sent, mistakes: &Mistakes) -> EnterPage {
        let choices = self.classes.iter().map(|class| {
            let choice = Choice::new(class.name.clone(), class.name.clone());
            match self.lesson(&class.name) {
                Some((_, stage)) => choice.hint(stage.word().to_lowercase()),
                None => choice,
            }
        });
        let classes = Choices::checkboxes("class", "Which classes?", choices.collect());
        let done = vec![Choice::new("taught", "It was taught"), Choice::new("planned", "It is in the plan")];
        let fields = self.fields();
        let year = sent.text("year").to_owned();
        let page = visit.page("Enter what is taught").back("What is taught where", self.back(&year));
        EnterPage {
            page: if mistakes.is_empty() { page } else { page.mistaken() },
            summary: mistakes.summary(),
            number: self.skill.number.clone(),
            text: self.skill.text.clone(),
            known: self
                .classes
                .iter()
                .filter_map(|class| {
                    let (_, stage) = self.lesson(&class.name)?;
                    Some(format!("{}: {}", class.name, stage.word().to_lowercase()))
                })
                .collect(),
            label: self.skill.label.clone(),
            from: self.year.begins().to_string(),
            classes: sent.all("class").fold(classes, |classes, name| classes.chosen(name)).check(mistakes),
            done: Choices::radios("done", "How far is it?", done).chosen(sent.text("done")).check(mistakes),
            day: Line::text("day", "On which day?")
                .hint("A day such as 2 October, or the Friday of the week")
                .width("10")
                .value(sent.text("day"))
                .check(mistakes),
            inputs: fields.iter().map(|field| fields::input(field, sent, mistakes)).collect(),
            cancel: self.back(&year),
            year,
        }
    }
}

/// The form, with the classes of the cell ticked and what the last lesson of the skill held.
pub(super) async fn ask(
    State(learning): State<Learning>,
    visit: Visit,
    session: Session,
    Query(pairs): Query<Vec<(String, String)>>,
) -> PageResult {
    let mut sent = Sent::new(pairs);
    let about = About::open(&learning, &visit, &session, &sent).await?;
    if let Some(own) = about.classes.iter().find(|class| class.name == sent.text("class")) {
        sent.or("year", own.year.map_or_else(|| "mixed".to_owned(), |year| year.to_string()));
    } else {
        let year = sent.text("year").to_owned();
        let of_year = |class: &&Class| class.year.map_or("mixed".to_owned(), |own| own.to_string()) == year;
        // Those that have had it already are not entered once more.
        let open = |class: &&Class| about.lesson(&class.name).is_none_or(|(_, stage)| stage < Stage::Taught);
        let names: Vec<(String, String)> = about
            .classes
            .iter()
            .filter(of_year)
            .filter(open)
            .map(|class| ("class".to_owned(), class.name.clone()))
            .collect();
        sent.extend(names);
    }
    sent.or("done", "taught");
    sent.or("day", kernel::time::date_in_words(about.book.today()));
    about.suggest(&mut sent).await?;
    html(&about.page(&visit, &sent, &Mistakes::new()))
}

impl About {
    /// Fills in what the newest lesson of the skill held, else the words of the clause.
    async fn suggest(&self, sent: &mut Sent) -> Result<(), PageError> {
        let newest = self.kept.iter().max_by_key(|kept| kept.entry.entered_at);
        let fields = self.fields();
        if let Some(kept) = newest {
            for field in fields {
                let texts: Vec<String> = match kept.entry.value(&field.name) {
                    Some(Value::Text(text) | Value::Choice(text)) => vec![text.clone()],
                    Some(Value::Choices(all)) => all.clone(),
                    Some(_) | None => Vec::new(),
                };
                let id = fields::id(field);
                sent.extend(texts.into_iter().map(|text| (id.clone(), text)));
            }
        } else if self.skill.text.chars().count() <= 200 {
            sent.or("f-lesson", self.skill.text.clone());
        }
        Ok(())
    }
}

/// Enters the skill for the classes that are ticked. What was in the plan of a class is marked as taught.
pub(super) async fn enter(
    State(learning): State<Learning>,
    visit: Visit,
    session: Session,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    let sent = Sent::new(pairs);
    let about = About::open(&learning, &visit, &session, &sent).await?;
    let mut mistakes = Mistakes::new();
    let asked = about.read(&sent, &mut mistakes).await?;
    let Some(asked) = asked.filter(|_| mistakes.is_empty()) else {
        return refused(&about.page(&visit, &sent, &mistakes));
    };
    match about.save(&asked).await {
        Ok(0) => {
            Ok(visit.see_other_saying(&about.back(sent.text("year")), "They had it already: nothing was entered."))
        }
        Ok(1) => Ok(visit.see_other_saying(&about.back(sent.text("year")), "It is entered for 1 class.")),
        Ok(more) => {
            let says = format!("It is entered for {more} classes.");
            Ok(visit.see_other_saying(&about.back(sent.text("year")), &says))
        }
        Err(RegisterError::Refused(refusals)) => {
            fields::refuse(refusals, &about.fields(), "class", &mut mistakes);
            refused(&about.page(&visit, &sent, &mistakes))
        }
        Err(other) => Err(other.into()),
    }
}

/// What a form says.
struct Asked {
    classes: Vec<String>,
    taught: bool,
    day: Date,
    values: Values,
}

impl About {
    async fn read(&self, sent: &Sent, mistakes: &mut Mistakes) -> Result<Option<Asked>, PageError> {
        let classes: Vec<String> = self
            .classes
            .iter()
            .filter(|class| sent.all("class").any(|name| name == class.name))
            .map(|class| class.name.clone())
            .collect();
        if classes.is_empty() {
            mistakes.add("class", "Tick at least one class");
        }
        let taught = sent.text("done") == "taught";
        if !taught && sent.text("done") != "planned" {
            mistakes.add("done", "Say whether it was taught or is in the plan");
        }
        let name = if taught { "taught-on" } else { "planned-for" };
        let mut asked: Vec<&Field> = self.fields();
        asked.extend(self.book.register().fields.iter().find(|field| field.name.as_str() == name));
        let meanings = self.book.meanings(&asked).await?;
        let day = match asked.last().map(|field| meanings.value(field, &[sent.text("day")], None)) {
            Some(Ok(Some(Value::Date(day)))) if taught && day > self.book.today() => {
                mistakes.add("day", "This day is still to come: say that it is in the plan");
                None
            }
            Some(Ok(Some(Value::Date(day)))) => Some(day),
            Some(Err(says)) => {
                mistakes.add("day", says);
                None
            }
            Some(Ok(_)) | None => {
                mistakes.add("day", "Enter the day");
                None
            }
        };
        let values = fields::read(&self.fields(), sent, &meanings, mistakes);
        Ok(day.map(|day| Asked { classes, taught, day, values }))
    }

    async fn save(&self, asked: &Asked) -> Result<usize, RegisterError> {
        let Some(writer) = self.book.writer() else { return Err(RegisterError::NotFound) };
        let (mut planned, mut drafts) = (Vec::new(), Vec::new());
        for class in &asked.classes {
            match (self.lesson(class), asked.taught) {
                (Some((id, Stage::Planned)), true) => planned.push(id),
                (Some((_, Stage::Planned | Stage::NotPlanned)), false) => {}
                (Some((_, Stage::Taught | Stage::Assessed | Stage::NotPlanned)), _) | (None, _) => {
                    drafts.push(self.draft(class, asked));
                }
            }
        }
        if asked.taught {
            // What cannot be entered anew stops everything before a plan is touched.
            drafts.iter().try_for_each(|draft| writer.look_at(draft))?;
        }
        let mut entered = 0;
        if !planned.is_empty() {
            let step = self.book.mover("taught").ok_or(RegisterError::NotNow)?;
            let values = Values::from([("taught-on".to_owned(), Value::Date(asked.day))]);
            entered += step.take_all(&planned, &values).await?;
        }
        if !drafts.is_empty() {
            entered += writer.enter_all(drafts, None).await?.len();
        }
        Ok(entered)
    }

    fn draft(&self, class: &str, asked: &Asked) -> Draft {
        let mut values = asked.values.clone();
        values.insert("class".to_owned(), Value::Class(class.to_owned()));
        let day = if asked.taught { "taught-on" } else { "planned-for" };
        values.insert(day.to_owned(), Value::Date(asked.day));
        let state = if asked.taught { "taught" } else { "in-plan" };
        Draft { clause: Some(self.skill.label.clone()), state: Some(state.to_owned()), values, ..Draft::default() }
    }
}
