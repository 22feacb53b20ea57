//! The pages of drafts: the list, one draft, its folder. A handler is a sentence: permit, load, do, answer.

use std::collections::HashMap;

use axum::{
    Form,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use kernel::{PersonId, SchoolTime, time::date_in_words};
use policy::{
    Source,
    edit::{self, FrontKey},
};
use store::School;
use uuid::Uuid;
use webkit::{
    Action, PageError, PageResult, Permit, RouteRow, Routes, Visit, Who,
    error::refused,
    html,
    kit::{Field, Mistakes},
    permit::MayDraftPolicy,
    see_other,
    upload::Upload,
};

use super::{
    folder,
    service::{self, Draft, DraftError, State as Stands, Step},
    text,
    views::{DraftPage, DraftRow, Fault, FilePage, ListPage},
};
use crate::{
    policy_pages::{diff, views::LinkView},
    state::Governance,
};

/// The most bytes of an upload.
const UPLOAD: usize = service::MOST_BYTES + 100_000;

/// The routes of drafts.
pub fn routes() -> Routes<Governance> {
    let draft = Who::May(Action::DraftPolicy);
    Routes::new()
        .get("/policy/drafts", draft, list)
        .post("/policy/drafts", draft, begin)
        .row(RouteRow::post("/policy/drafts/upload", draft).up_to(UPLOAD), upload)
        .get("/policy/drafts/{id}", draft, page)
        .post("/policy/drafts/{id}", draft, front)
        .post("/policy/drafts/{id}/step", draft, step)
        .row(RouteRow::post("/policy/drafts/{id}/upload", draft).up_to(UPLOAD), replace)
        .get("/policy/drafts/{id}/folder", draft, download)
        .get("/policy/drafts/{id}/file/{number}", draft, file)
        .row(RouteRow::post("/policy/drafts/{id}/file/{number}", draft).up_to(UPLOAD), write_file)
}

impl From<DraftError> for PageError {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::Unknown => Self::NotFound,
            DraftError::Changed => Self::Conflict(
                "Somebody else has changed this draft. Open it again; nothing of theirs is lost".to_owned(),
            ),
            DraftError::Closed => {
                Self::Conflict("This draft is closed. Begin another from the policy in force".to_owned())
            }
            DraftError::TooLarge => Self::TooLarge,
            DraftError::TooMany => {
                Self::Conflict("There are many drafts already. Drop one that nobody writes any more".to_owned())
            }
            error @ (DraftError::OtherSchool | DraftError::Damaged(_) | DraftError::Store(_)) => Self::internal(error),
        }
    }
}

/// The names of everybody on the roll.
pub(crate) async fn names(
    state: &Governance,
    school: &School,
    visit: &Visit,
) -> Result<HashMap<PersonId, String>, PageError> {
    let people = state.roll().people(school, visit.now()).await?;
    Ok(people.into_iter().map(|person| (person.id, person.name)).collect())
}

/// "Priya Nair on 3 September 2026".
pub(crate) fn by_and_on(names: &HashMap<PersonId, String>, who: Option<PersonId>, at: jiff::Timestamp) -> String {
    let name = who.and_then(|who| names.get(&who)).map_or("somebody who has left", String::as_str);
    format!("{name} on {}", date_in_words(SchoolTime::new(at).date()))
}

/// A draft by the id in its address.
pub(crate) async fn find(school: &School, id: &str) -> Result<Draft, PageError> {
    let id: Uuid = id.parse().map_err(|_| PageError::NotFound)?;
    Ok(service::one(school, id).await?)
}

async fn list(State(state): State<Governance>, visit: Visit, may: MayDraftPolicy) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&list_page(&state, &school, &visit, &Mistakes::new()).await?)
}

async fn list_page(
    state: &Governance,
    school: &School,
    visit: &Visit,
    mistakes: &Mistakes,
) -> Result<ListPage, PageError> {
    let names = names(state, school, visit).await?;
    let in_force = state.in_force(school, visit.now()).await?;
    let drafts = service::all(school).await?;
    let row = |draft: &Draft| DraftRow {
        title: draft.title.clone(),
        href: draft.href(),
        state: state_in_words(draft.state).to_owned(),
        changed: by_and_on(&names, draft.changed_by, draft.changed_at),
        live: draft.state.is_live(),
    };
    let (live, closed): (Vec<_>, Vec<_>) = drafts.iter().partition(|draft| draft.state.is_live());
    let page = visit.page("Drafts of the policy").back("Our policy", "/policy");
    Ok(ListPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        rows: live.into_iter().chain(closed.into_iter().take(20)).map(row).collect(),
        in_force: in_force.map(|it| crate::policy_pages::version_page::name(&it.version).replace('V', "v")),
        file: upload_field(mistakes),
    })
}

fn upload_field(mistakes: &Mistakes) -> Field {
    Field::file("file", "A folder as zip, or a policy.md")
        .hint("At most 2 megabytes. Nothing changes until it is approved and put in force.")
        .check(mistakes)
}

fn state_in_words(state: Stands) -> &'static str {
    match state {
        Stands::Open => "Being written",
        Stands::Submitted => "Waits for approval",
        Stands::Enacted => "Put in force",
        Stands::Dropped => "Dropped",
    }
}

async fn begin(State(state): State<Governance>, visit: Visit, may: MayDraftPolicy) -> PageResult {
    let school = state.school(may.school()).await?;
    let in_force = state.in_force(&school, visit.now()).await?.ok_or(PageError::NotFound)?;
    let title = format!("Changes to {}", crate::policy_pages::version_page::name(&in_force.version).replace('V', "v"));
    let source = in_force.source.clone();
    let id = service::begin(&school, may, &title, Some(in_force.digest()), source, visit.now()).await?;
    Ok(visit
        .see_other_saying(&format!("/policy/drafts/{id}"), "The draft is begun. The policy in force stays as it is."))
}

fn uploaded(upload: &Upload) -> Result<Source, String> {
    let file = upload.files("file").next().ok_or_else(|| "Choose a file first".to_owned())?;
    folder::read(&file.bytes).map_err(|error| {
        let text = error.to_string();
        let mut letters = text.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    })
}

async fn upload(State(state): State<Governance>, visit: Visit, may: MayDraftPolicy, upload: Upload) -> PageResult {
    let school = state.school(may.school()).await?;
    match uploaded(&upload) {
        Ok(source) => {
            let base = state.in_force(&school, visit.now()).await?.map(|it| it.digest());
            let title = edit::front_value(&source, FrontKey::Title).ok().flatten();
            let version = edit::front_value(&source, FrontKey::Version).ok().flatten().unwrap_or_default();
            let title = format!("{} {version}", title.unwrap_or_else(|| "Uploaded policy".to_owned()));
            let id = service::begin(&school, may, &title, base, source, visit.now()).await?;
            Ok(see_other(&format!("/policy/drafts/{id}")))
        }
        Err(text) => {
            let mut mistakes = Mistakes::new();
            mistakes.add("file", text);
            refused(&list_page(&state, &school, &visit, &mistakes).await?)
        }
    }
}

async fn page(
    State(state): State<Governance>,
    visit: Visit,
    may: MayDraftPolicy,
    Path(id): Path<String>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let draft = find(&school, &id).await?;
    html(&draft_page(&state, &school, &visit, &draft, None, &Mistakes::new()).await?)
}

async fn draft_page(
    state: &Governance,
    school: &School,
    visit: &Visit,
    draft: &Draft,
    typed: Option<&HashMap<String, String>>,
    mistakes: &Mistakes,
) -> Result<DraftPage, PageError> {
    let registry = &rules::controls_of(&draft.source).registry;
    let today = visit.school_time().date();
    let looked = text::look(&draft.source, registry, today);
    let names = names(state, school, visit).await?;
    let in_force = state.in_force(school, visit.now()).await?;
    let href = draft.href();
    let faults = text::faults(&looked.policy, &looked.diagnostics, &href);
    let live = draft.state.is_live();
    let blocks = text::blocks(&looked.policy, registry, today, live.then_some(href.as_str()), &faults);
    let changes =
        in_force.as_ref().map(|it| diff::changes(&it.policy, &looked.policy, today, true)).unwrap_or_default();
    let not_built = looked.diagnostics.iter().filter(|it| it.code == policy::Code::NOT_BUILT).count();
    let (errors, mut warnings): (Vec<_>, Vec<_>) = faults.into_iter().partition(|fault| fault.error);
    let number = &looked.policy.front.version;
    if !changes.is_empty() && in_force.as_ref().is_some_and(|it| it.policy.front.version == *number) {
        warnings.insert(0, same_number(number));
    }
    let approved = match draft.state == Stands::Submitted && looked.sound {
        true => {
            let answers = super::approvals::answers(school, &service_digest(&looked.policy).to_string()).await;
            let bodies = super::approvals::bodies(in_force.as_deref(), &looked.policy);
            super::approvals::missing(&bodies, &answers.map_err(PageError::internal)?).is_empty()
        }
        false => false,
    };
    let page = visit.page("A draft of the policy").back("Drafts", "/policy/drafts");
    Ok(DraftPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        caption: format!(
            "{}, last changed by {}",
            state_in_words(draft.state),
            by_and_on(&names, draft.changed_by, draft.changed_at)
        ),
        title: draft.title.clone(),
        lead: lead(errors.len(), changes.len(), in_force.is_some()),
        version: draft.version,
        live,
        submitted: draft.state == Stands::Submitted,
        sound: looked.sound,
        approvals: (draft.state == Stands::Submitted && looked.sound)
            .then(|| format!("/policy/approvals/{}", service_digest(&looked.policy))),
        approved,
        what_if: (live && looked.sound && in_force.is_some() && visit.may(Action::Replay))
            .then(|| format!("/filter/what-if?what=draft:{}", draft.id)),
        front: front_fields(&draft.source, typed, mistakes),
        file: upload_field(mistakes),
        errors,
        warnings,
        not_built,
        compared: in_force.is_some(),
        changes,
        blocks,
        files: draft
            .source
            .files
            .iter()
            .enumerate()
            .map(|(at, file)| LinkView { text: file.path.clone(), href: format!("{href}/file/{}", at + 1) })
            .collect(),
        href,
    })
}

/// What is approved of a sound policy.
pub(crate) fn service_digest(policy: &policy::Policy) -> kernel::Digest {
    crate::policy_pages::service::digest_of(&policy::show(policy))
}

fn lead(errors: usize, changes: usize, compared: bool) -> String {
    let wrong = match errors {
        0 => "Nothing is wrong with it.".to_owned(),
        1 => "1 thing must be put right before it can be approved.".to_owned(),
        many => format!("{many} things must be put right before it can be approved."),
    };
    let changed = match (compared, changes) {
        (false, _) => "It would be the school's first policy here.".to_owned(),
        (true, 0) => "It says and does the same as the policy in force.".to_owned(),
        (true, 1) => "It changes 1 thing.".to_owned(),
        (true, many) => format!("It changes {many} things."),
    };
    format!("{changed} {wrong}")
}

/// A draft that changes something wants a number of its own.
fn same_number(number: &str) -> Fault {
    Fault {
        error: false,
        message: format!("It has the number of the version in force, {number}."),
        help: Some("Give it the next one, under title, version and dates.".to_owned()),
        place: "The version".to_owned(),
        label: None,
        href: None,
    }
}

fn front_fields(source: &Source, typed: Option<&HashMap<String, String>>, mistakes: &Mistakes) -> Vec<Field> {
    let field = |key: FrontKey| {
        let (label, hint) = match key {
            FrontKey::Title => ("Title of the policy", ""),
            FrontKey::Version => ("Version", "The next number, for example"),
            FrontKey::Issued => ("Day of issue", "As 2026-09-01"),
            FrontKey::Review => ("Day of the next review", "As 2027-09-01"),
        };
        let value = typed.and_then(|typed| typed.get(key.id()).cloned());
        let value = value.or_else(|| edit::front_value(source, key).ok().flatten()).unwrap_or_default();
        let field = Field::text(key.id(), label).value(value).check(mistakes);
        let field = if hint.is_empty() { field } else { field.hint(hint) };
        match key {
            FrontKey::Title => field.width("30"),
            FrontKey::Version | FrontKey::Issued | FrontKey::Review => field.width("10").as_typed(),
        }
    };
    FrontKey::ALL.into_iter().map(field).collect()
}

fn version_of(fields: &HashMap<String, String>) -> Result<i64, PageError> {
    let version = fields.get("version").and_then(|text| text.parse().ok());
    version.ok_or_else(|| PageError::bad("Open the draft again"))
}

async fn front(
    State(state): State<Governance>,
    visit: Visit,
    may: MayDraftPolicy,
    Path(id): Path<String>,
    Form(fields): Form<HashMap<String, String>>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let draft = find(&school, &id).await?;
    let count: i64 = fields
        .get("changes")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| PageError::bad("Open the draft again"))?;
    let mut source = draft.source.clone();
    let mut mistakes = Mistakes::new();
    for key in FrontKey::ALL {
        let Some(value) = fields.get(key.id()).map(|value| value.trim()) else { continue };
        let now = edit::front_value(&source, key).ok().flatten();
        if now.as_deref().unwrap_or("") == value {
            continue;
        }
        match edit::set_front(&source, key, value) {
            Ok(changed) => source = changed,
            Err(_) => mistakes.add(
                key.id(),
                match key {
                    FrontKey::Title => "Enter a title of one line",
                    FrontKey::Version => "Enter a version, such as 5",
                    FrontKey::Issued | FrontKey::Review => "Enter a day, such as 2026-09-01",
                },
            ),
        }
    }
    if !mistakes.is_empty() {
        return refused(&draft_page(&state, &school, &visit, &draft, Some(&fields), &mistakes).await?);
    }
    let step = Step::Write { source, what: "front matter".to_owned(), clause: None };
    service::step(&school, may, draft.id, count, step, visit.now()).await?;
    Ok(visit.see_other_saying(&draft.href(), "Saved."))
}

async fn step(
    State(state): State<Governance>,
    visit: Visit,
    may: MayDraftPolicy,
    Path(id): Path<String>,
    Form(fields): Form<HashMap<String, String>>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let draft = find(&school, &id).await?;
    let version = version_of(&fields)?;
    let (step, to, says) = match fields.get("do").map_or("", String::as_str) {
        "submit" => {
            let Some((digest, _)) = draft.digest(visit.now()) else {
                return Err(PageError::Conflict("Put right what is wrong first; the draft lists it".to_owned()));
            };
            let to = format!("/policy/approvals/{digest}");
            (Step::Submit { digest }, to, "The draft waits for approval now. A change takes it back.")
        }
        "reopen" => (Step::Reopen, draft.href(), "You can write again."),
        "drop" => (Step::Drop, "/policy/drafts".to_owned(), "The draft is dropped. It stays in the list."),
        _ => return Err(PageError::bad("Choose what to do")),
    };
    service::step(&school, may, draft.id, version, step, visit.now()).await?;
    Ok(visit.see_other_saying(&to, says))
}

async fn replace(
    State(state): State<Governance>,
    visit: Visit,
    may: MayDraftPolicy,
    Path(id): Path<String>,
    upload: Upload,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let draft = find(&school, &id).await?;
    let version: i64 = upload
        .text("version")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| PageError::bad("Open the draft again"))?;
    match uploaded(&upload) {
        Ok(source) => {
            let source = policy::label(&source).source;
            let step = Step::Write { source, what: "upload".to_owned(), clause: None };
            service::step(&school, may, draft.id, version, step, visit.now()).await?;
            Ok(visit.see_other_saying(&draft.href(), "The draft is now what you uploaded."))
        }
        Err(text) => {
            let mut mistakes = Mistakes::new();
            mistakes.add("file", text);
            refused(&draft_page(&state, &school, &visit, &draft, None, &mistakes).await?)
        }
    }
}

async fn download(State(state): State<Governance>, may: MayDraftPolicy, Path(id): Path<String>) -> PageResult {
    let school = state.school(may.school()).await?;
    let draft = find(&school, &id).await?;
    let bytes = folder::zip(&draft.source).map_err(PageError::internal)?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"policy.zip\""),
    ];
    Ok((headers, bytes).into_response())
}

/// The file of a draft that is the `number`th, from 1.
fn file_of(draft: &Draft, number: usize) -> Result<&policy::SourceFile, PageError> {
    number.checked_sub(1).and_then(|at| draft.source.files.get(at)).ok_or(PageError::NotFound)
}

async fn file(
    State(state): State<Governance>,
    visit: Visit,
    may: MayDraftPolicy,
    Path((id, number)): Path<(String, usize)>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let draft = find(&school, &id).await?;
    html(&file_page(&visit, &draft, number, None)?)
}

fn file_page(visit: &Visit, draft: &Draft, number: usize, typed: Option<String>) -> Result<FilePage, PageError> {
    let file = file_of(draft, number)?;
    Ok(FilePage {
        page: visit.page("A file of a draft").back("The draft", draft.href()),
        path: file.path.clone(),
        href: format!("{}/file/{number}", draft.href()),
        version: draft.version,
        meanwhile: typed.is_some(),
        text: typed.unwrap_or_else(|| file.text.clone()),
        live: draft.state.is_live(),
    })
}

async fn write_file(
    State(state): State<Governance>,
    visit: Visit,
    may: MayDraftPolicy,
    Path((id, number)): Path<(String, usize)>,
    Form(fields): Form<HashMap<String, String>>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let draft = find(&school, &id).await?;
    let version = version_of(&fields)?;
    let before = file_of(&draft, number)?;
    let typed = fields.get("text").cloned().unwrap_or_default();
    // Browsers send line ends of their own; the file keeps those that it has.
    let unix = typed.replace("\r\n", "\n");
    let text = if before.text.contains("\r\n") { unix.replace('\n', "\r\n") } else { unix };
    let mut source = draft.source.clone();
    if let Some(file) = number.checked_sub(1).and_then(|at| source.files.get_mut(at)) {
        file.text = text;
    }
    let step = Step::Write { source: policy::label(&source).source, what: before.path.clone(), clause: None };
    match service::step(&school, may, draft.id, version, step, visit.now()).await {
        Ok(()) => Ok(visit.see_other_saying(&draft.href(), "Saved.")),
        Err(DraftError::Changed) => conflict(&file_page(&visit, &draft, number, Some(typed))?),
        Err(error) => Err(error.into()),
    }
}

/// Answers with a page that says that somebody else was quicker (409), with what was typed.
pub(crate) fn conflict(page: &impl askama::Template) -> PageResult {
    let mut response: Response = html(page)?;
    *response.status_mut() = axum::http::StatusCode::CONFLICT;
    Ok(response)
}
