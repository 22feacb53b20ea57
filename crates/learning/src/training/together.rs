//! Entering one session for everybody who came: an INSET day, a governors' evening, a course. Where the register has an
//! entry a session, one entry names them all; where it has an entry a person, each gets one. Either way one transaction.

use askama::Template;
use axum::extract::{Path, State};
use declare::{Field, FieldKind, FieldName, Value, Values};
use engines::{
    files::{self, Taken},
    registers::{Book, Draft, RegisterError, Writer},
};
use kernel::{Audience, PersonId};
use webkit::{
    Page, PageError, PageResult, Session, Visit,
    error::refused,
    html,
    kit::{Choice, Choices, ErrorSummary, Mistakes},
    upload::Upload,
};

use super::{pages::control, read};
use crate::{
    Learning,
    fields::{self, Input, Sent},
};

#[derive(Template)]
#[template(path = "learning/together.html")]
struct TogetherPage {
    page: Page,
    title: String,
    lead: String,
    summary: Option<ErrorSummary>,
    address: String,
    inputs: Vec<Input>,
    how: Choices,
    people: Choices,
    save: String,
    cancel: String,
}

/// What a form is about.
struct About {
    book: Book,
    /// The field that names those who came.
    named: Field,
    many: bool,
    people: Vec<(PersonId, String, String)>,
}

impl About {
    async fn open(learning: &Learning, visit: &Visit, session: &Session, name: &str) -> Result<Self, PageError> {
        let book = learning.book(visit, session, &control(name)?).await?;
        if book.writer().is_none() {
            return Err(PageError::Forbidden("change this register".to_owned()));
        }
        let named = read::field_of(&book).cloned().ok_or(PageError::NotFound)?;
        let FieldKind::Person { who, many } = named.kind.clone() else { return Err(PageError::NotFound) };
        let people = people(&book, &who).await?;
        Ok(Self { book, named, many, people })
    }

    /// The fields of the form: those that are not about one person alone.
    fn fields(&self) -> Vec<&Field> {
        let seen = self.book.access().fields(self.book.register());
        seen.filter(|field| field.name != self.named.name && !field.unique && fields::fits(field)).collect()
    }

    fn page(&self, visit: &Visit, sent: &Sent, mistakes: &Mistakes) -> TogetherPage {
        let book = &self.book;
        let all = self.people.iter().map(|(id, name, roles)| {
            let choice = Choice::new(id.to_string(), name.clone());
            if roles.is_empty() { choice } else { choice.hint(roles.clone()) }
        });
        let people = Choices::checkboxes("people", "Tick people", all.collect());
        let how = vec![
            Choice::new("but", "Everybody, but not those whom I tick")
                .hint("Quickest after an INSET day: tick who was away."),
            Choice::new("only", "Only those whom I tick"),
        ];
        let page = visit.page("Enter for several people").back(book.declaration().title.clone(), book.address());
        let item = &book.register().item;
        TogetherPage {
            page: if mistakes.is_empty() { page } else { page.mistaken() },
            title: format!("{}: enter one {item} for several people", book.declaration().title),
            lead: if self.many {
                "What is the same for all is entered once; everybody who came stands in one entry.".to_owned()
            } else {
                "What is the same for all is entered once; everybody gets an entry of their own.".to_owned()
            },
            summary: mistakes.summary(),
            address: format!("{}/together", book.address()),
            inputs: self.fields().into_iter().map(|field| fields::input(field, sent, mistakes)).collect(),
            how: Choices::radios("how", "Who came?", how).chosen(sent.text("how")).check(mistakes),
            people: sent.all("people").fold(people, |people, id| people.chosen(id)).check(mistakes),
            save: if self.many { format!("Save the {item}") } else { "Save for each of them".to_owned() },
            cancel: format!("{}/coverage", book.address()),
        }
    }

    /// Those who came, as the form says.
    fn came(&self, sent: &Sent, mistakes: &mut Mistakes) -> Vec<PersonId> {
        let ticked = |id: &PersonId| sent.all("people").any(|text| text == id.to_string());
        let ids = self.people.iter().map(|(id, ..)| *id);
        let came: Vec<PersonId> = match sent.text("how") {
            "but" => ids.filter(|id| !ticked(id)).collect(),
            "only" => ids.filter(ticked).collect(),
            _ => {
                mistakes.add("how", "Say whether everybody came, or only some");
                return Vec::new();
            }
        };
        if came.is_empty() {
            mistakes.add("people", "Nobody is left: tick others");
        }
        came
    }

    fn drafts(&self, came: &[PersonId], values: &Values, files: &[(FieldName, Taken)]) -> Vec<Draft> {
        let draft = |value: Value| {
            let mut values = values.clone();
            values.insert(self.named.name.to_string(), value);
            Draft { values, files: files.to_vec(), ..Draft::default() }
        };
        if self.many {
            vec![draft(Value::People(came.to_vec()))]
        } else {
            came.iter().map(|id| draft(Value::Person(*id))).collect()
        }
    }
}

/// Those whom the field may name, with their roles; whom the training is for comes before all others.
async fn people(book: &Book, who: &Audience) -> Result<Vec<(PersonId, String, String)>, PageError> {
    let found = read::read(book).await?;
    let expected: Vec<PersonId> = found.people.iter().map(|person| person.id).collect();
    let mut all: Vec<_> = found.roll.among(who);
    // An INSET day is for those whom the training is for; others are named in the entry itself.
    if !expected.is_empty() {
        all.retain(|member| expected.contains(&member.id));
    }
    Ok(all
        .into_iter()
        .map(|member| (member.id, member.sorted.clone(), read::titles(book, &member.subject.roles)))
        .collect())
}

/// The form.
pub(super) async fn ask(
    State(learning): State<Learning>,
    visit: Visit,
    session: Session,
    Path(name): Path<String>,
) -> PageResult {
    let about = About::open(&learning, &visit, &session, &name).await?;
    let mut sent = Sent::default();
    sent.start(&about.fields(), &session, about.book.today());
    sent.or("how", if about.many { "but" } else { "only" });
    html(&about.page(&visit, &sent, &Mistakes::new()))
}

/// Saves it, in one transaction.
pub(super) async fn enter(
    State(learning): State<Learning>,
    visit: Visit,
    session: Session,
    Path(name): Path<String>,
    upload: Upload,
) -> PageResult {
    let about = About::open(&learning, &visit, &session, &name).await?;
    let sent = Sent::new(upload.texts().map(|(name, text)| (name.to_owned(), text.to_owned())).collect());
    let mut mistakes = Mistakes::new();
    let form = about.fields();
    let meanings = about.book.meanings(&form).await?;
    let values = fields::read(&form, &sent, &meanings, &mut mistakes);
    let taken = certificates(&form, &upload, &mut mistakes);
    let came = about.came(&sent, &mut mistakes);
    let drafts = about.drafts(&came, &values, &taken);
    let writer = about.book.writer().ok_or(PageError::NotFound)?;
    match save(&writer, drafts, &mut mistakes, &form).await? {
        Some(entries) => {
            let people = if came.len() == 1 { "1 person".to_owned() } else { format!("{} people", came.len()) };
            let says = match entries {
                1 => format!("It is saved for {people}."),
                more => format!("{more} entries are saved, for {people}."),
            };
            Ok(visit.see_other_saying(&format!("{}/coverage", about.book.address()), &says))
        }
        None => {
            if !taken.is_empty() {
                // A browser does not keep a file in a form that comes back.
                for (field, _) in &taken {
                    mistakes.add(&format!("f-{field}"), "Choose the file once more");
                }
            }
            refused(&about.page(&visit, &sent, &mistakes))
        }
    }
}

async fn save(
    writer: &Writer<'_>,
    drafts: Vec<Draft>,
    mistakes: &mut Mistakes,
    form: &[&Field],
) -> Result<Option<usize>, RegisterError> {
    let saved = if mistakes.is_empty() {
        writer.enter_all(drafts, None).await.map(|ids| Some(ids.len()))
    } else {
        match drafts.first().map(|draft| writer.look_at(draft)) {
            Some(Err(error)) => Err(error),
            Some(Ok(())) | None => Ok(None),
        }
    };
    match saved {
        Err(RegisterError::Refused(refusals)) => {
            fields::refuse(refusals, form, "people", mistakes);
            Ok(None)
        }
        other => other,
    }
}

/// The files that came with the form.
fn certificates(form: &[&Field], upload: &Upload, mistakes: &mut Mistakes) -> Vec<(FieldName, Taken)> {
    let mut taken = Vec::new();
    for field in form {
        let FieldKind::File { most_bytes } = &field.kind else { continue };
        let id = fields::id(field);
        let Some(part) = upload.files(&id).next() else { continue };
        match files::take(part, *most_bytes) {
            Ok(file) => taken.push((field.name.clone(), file)),
            Err(why) => mistakes.add(&id, why.to_string()),
        }
    }
    taken
}
