//! One clause of a draft: its words in a box, its terms in fields, a preview, and what is wrong with it.

use axum::{
    Form,
    extract::{Path, State},
};
use policy::{
    Source,
    edit::{self, ClauseText, EditError, New},
};
use store::School;
use webkit::{
    Action, PageError, PageResult, Permit, Routes, Visit, Who,
    error::refused,
    html,
    kit::{Field, Mistakes, TextArea},
    permit::MayDraftPolicy,
};

use super::{
    form::{self, Sent, first},
    pages::{conflict, find},
    service::{self, Draft, DraftError, Step},
    text,
    views::{BindingForm, ClauseFormPage},
};
use crate::{policy_pages::Speaker, state::Governance};

/// The routes of clauses.
pub fn routes() -> Routes<Governance> {
    let draft = Who::May(Action::DraftPolicy);
    Routes::new()
        .get("/policy/drafts/{id}/clause/{label}", draft, page)
        .post("/policy/drafts/{id}/clause/{label}", draft, save)
        .post("/policy/drafts/{id}/clause/{label}/add", draft, add)
        .post("/policy/drafts/{id}/clause/{label}/remove", draft, remove)
}

/// What a browser sends, by name.
type Pairs = Form<Vec<(String, String)>>;

fn sent(Form(pairs): Pairs) -> Sent {
    let mut sent = Sent::new();
    for (name, value) in pairs {
        sent.entry(name).or_default().push(value);
    }
    sent
}

/// An edit that was not made, as an answer.
fn not_made(error: EditError) -> PageError {
    match error {
        EditError::NoClause(_) => PageError::NotFound,
        EditError::NoBinding { .. }
        | EditError::NoWords
        | EditError::Cells { .. }
        | EditError::NotABinding(_)
        | EditError::BadValue(_)
        | EditError::HasClausesBelow(_)
        | EditError::NoFront(_)
        | EditError::BreaksOut => PageError::Conflict(sentence(&error)),
    }
}

/// What is to be put right, for a person.
fn sentence(error: &EditError) -> String {
    match error {
        EditError::NoWords => "Write what the clause says".to_owned(),
        EditError::HasClausesBelow(_) => "Other clauses stand below this one. Take those away first".to_owned(),
        EditError::NotABinding(_) => "Write it as module.control { terms }, texts in double quotes".to_owned(),
        EditError::BreaksOut => "This would change more than the clause. Change the file itself instead".to_owned(),
        EditError::NoClause(_)
        | EditError::NoBinding { .. }
        | EditError::Cells { .. }
        | EditError::BadValue(_)
        | EditError::NoFront(_) => "The clause has changed meanwhile. Open it again".to_owned(),
    }
}

async fn page(
    State(state): State<Governance>,
    visit: Visit,
    may: MayDraftPolicy,
    Path((id, label)): Path<(String, String)>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let draft = find(&school, &id).await?;
    let clause = edit::clause(&draft.source, &label).map_err(not_made)?;
    let shown = Shown { draft: &draft, clause: &clause, sent: None, after: None, meanwhile: false };
    html(&form_page(&state, &visit, &shown, &Mistakes::new())?)
}

/// What the page of a clause shows.
struct Shown<'a> {
    draft: &'a Draft,
    clause: &'a ClauseText,
    /// What was typed.
    sent: Option<&'a Sent>,
    /// The source with what was typed.
    after: Option<&'a Source>,
    /// Whether somebody else has changed the draft meanwhile.
    meanwhile: bool,
}

fn form_page(
    state: &Governance,
    visit: &Visit,
    shown: &Shown<'_>,
    mistakes: &Mistakes,
) -> Result<ClauseFormPage, PageError> {
    let Shown { draft, clause, sent, after, meanwhile } = shown;
    let controls = rules::controls_of(&draft.source);
    let registry = &controls.registry;
    let schema = state.schema(&controls);
    let today = visit.school_time().date();
    let looked = text::look(after.unwrap_or(&draft.source), registry, today);
    let found = looked.policy.find(&clause.label);
    let speaker = Speaker::new(&looked.policy, registry, today);
    let faults = text::faults(&looked.policy, &looked.diagnostics, &draft.href());
    let faults: Vec<_> = faults.into_iter().filter(|fault| fault.label.as_ref() == Some(&clause.label)).collect();
    let suggestions = suggestions();
    let mut bindings = Vec::new();
    for (at, written) in clause.bindings.iter().enumerate() {
        let number = at + 1;
        let (control, terms) = edit::read_binding(written).map_or_else(
            |_| (written.split([' ', '{']).next().unwrap_or("").to_owned(), policy::TermTable::default()),
            |(control, terms)| (control.to_string(), terms),
        );
        let fields = form::terms_of(&schema, &control, &suggestions);
        let mut own = Vec::new();
        let mut common = Vec::new();
        let mut open = false;
        for field in &fields {
            let value = terms.get(&field.key).map(|term| &term.value);
            let printed = field.print(number, value, *sent, mistakes)?;
            open |= field.common && (value.is_some() || mistakes.of(&field.id(number)).is_some());
            if field.common { common.push(printed) } else { own.push(printed) }
        }
        let typed = |name: &str| sent.and_then(|sent| first(sent, &format!("b{number}-{name}")).map(str::to_owned));
        bindings.push(BindingForm {
            number,
            purpose: registry.find(&control).map(|it| it.card().purpose.clone()).unwrap_or_default(),
            system: found.and_then(|it| it.bindings.get(at)).map(|binding| speaker.say(binding)),
            control,
            own,
            common,
            other: typed("other").unwrap_or_else(|| form::others(&fields, &terms)),
            other_error: mistakes.of(&format!("b{number}-other")),
            written: typed("written").unwrap_or_else(|| written.clone()),
            written_error: mistakes.of(&format!("b{number}-written")),
            as_written: typed("how").as_deref() == Some("written") || edit::read_binding(written).is_err(),
            gone: typed("gone").is_some(),
            open,
        });
    }
    let words = clause.parts.iter().enumerate().map(|(at, part)| {
        let id = format!("words-{at}");
        let label = match (&part.heading, clause.parts.len()) {
            (Some(heading), _) if !heading.is_empty() => heading.clone(),
            (_, 1) => "What the clause says".to_owned(),
            (_, _) => format!("Column {}", at + 1),
        };
        let typed = sent.and_then(|sent| first(sent, &id)).map(str::to_owned);
        TextArea::new(&id, &label).value(typed.unwrap_or_else(|| part.text.clone())).check(mistakes)
    });
    let number = found.map_or("", |it| it.number.as_str());
    let page = visit
        .page(format!("Clause {number} of a draft"))
        .back("The draft", format!("{}#c-{}", draft.href(), clause.label));
    Ok(ClauseFormPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        caption: clause.section.clone(),
        title: format!("Clause {number}"),
        href: format!("{}/clause/{}", draft.href(), clause.label),
        draft: draft.href(),
        version: draft.version,
        meanwhile: meanwhile.then(|| clause.parts.iter().map(|part| part.text.clone()).collect::<Vec<_>>().join(" | ")),
        words: words.collect(),
        bindings,
        of_table: clause.of_table.clone(),
        controls: registry.names().map(str::to_owned).collect(),
        more: Field::text("more", "Another thing that the system does about it")
            .hint("The name of a control, such as filter.categories; its terms come next")
            .value(sent.and_then(|sent| first(sent, "more")).unwrap_or_default().to_owned())
            .suggest(registry.names().map(str::to_owned).collect())
            .as_typed()
            .width("30")
            .check(mistakes),
        preview: after.is_some(),
        system: found.map(|it| it.bindings.iter().map(|binding| speaker.say(binding)).collect()).unwrap_or_default(),
        faults,
        live: draft.state.is_live(),
    })
}

/// Groups of people that a clause may name.
fn suggestions() -> Vec<String> {
    let groups = [
        "everyone",
        "staff",
        "pupils",
        "governors",
        "parents",
        "volunteers",
        "contractors",
        "guests",
        "joiners",
        "ks1",
        "ks2",
        "ks3",
        "year-3..year-6",
    ];
    let roles = kernel::Role::ALL.iter().map(|role| format!("role:{role}"));
    groups.into_iter().map(str::to_owned).chain(roles).collect()
}

/// What a form of a clause asks for, done to the source; nothing is stored.
fn change(
    state: &Governance,
    source: &Source,
    clause: &ClauseText,
    sent: &Sent,
    mistakes: &mut Mistakes,
) -> Option<Source> {
    let given =
        |at: usize, now: &str| first(sent, &format!("words-{at}")).map_or_else(|| now.to_owned(), str::to_owned);
    let words: Vec<String> = clause.parts.iter().enumerate().map(|(at, part)| given(at, &part.text)).collect();
    // A browser sends its own line ends; the same words are no change.
    let plain = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
    let same = words.iter().zip(&clause.parts).all(|(words, part)| plain(words) == plain(&part.text));
    let mut source = source.clone();
    if !same {
        match edit::set_words(&source, &clause.label, &words) {
            Ok(changed) => source = changed,
            Err(error) => mistakes.add("words-0", sentence(&error)),
        }
    }
    let suggestions = suggestions();
    let controls = rules::controls_of(&source);
    let schema = state.schema(&controls);
    let mut bindings = Vec::new();
    for (at, written) in clause.bindings.iter().enumerate() {
        let number = at + 1;
        if sent.contains_key(&format!("b{number}-gone")) {
            continue;
        }
        let control = edit::read_binding(written).map(|(control, _)| control.to_string()).unwrap_or_default();
        let fields = form::terms_of(&schema, &control, &suggestions);
        bindings.push(form::read(number, written, &fields, sent, mistakes).unwrap_or_else(|| written.clone()));
    }
    let more = first(sent, "more").map_or("", str::trim);
    if !more.is_empty() {
        match edit::read_binding(more) {
            Ok((control, _)) if controls.registry.get(&control).is_some() => bindings.push(more.to_owned()),
            Ok(_) | Err(_) => mistakes.add("more", "Choose the name of a control, such as filter.categories"),
        }
    }
    if bindings != clause.bindings && mistakes.is_empty() {
        match edit::set_bindings(&source, &clause.label, &bindings) {
            Ok(changed) => source = changed,
            Err(error) => mistakes.add("more", sentence(&error)),
        }
    }
    mistakes.is_empty().then_some(source)
}

async fn save(
    State(state): State<Governance>,
    visit: Visit,
    may: MayDraftPolicy,
    Path((id, label)): Path<(String, String)>,
    pairs: Pairs,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let draft = find(&school, &id).await?;
    let sent = sent(pairs);
    let version: i64 = first(&sent, "version")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| PageError::bad("Open the clause again"))?;
    let clause = edit::clause(&draft.source, &label).map_err(not_made)?;
    let mut mistakes = Mistakes::new();
    let after = change(&state, &draft.source, &clause, &sent, &mut mistakes);
    if draft.version != version {
        // Somebody else was quicker: both are shown, and nothing is lost.
        let shown = Shown { draft: &draft, clause: &clause, sent: Some(&sent), after: after.as_ref(), meanwhile: true };
        return conflict(&form_page(&state, &visit, &shown, &mistakes)?);
    }
    let shown = Shown { draft: &draft, clause: &clause, sent: Some(&sent), after: after.as_ref(), meanwhile: false };
    let Some(source) = &after else { return refused(&form_page(&state, &visit, &shown, &mistakes)?) };
    let page = form_page(&state, &visit, &shown, &mistakes)?;
    if first(&sent, "do") == Some("preview") {
        return html(&page);
    }
    // A new control may want terms that it has not got yet: it is stored, and the page asks for them.
    let grown = !first(&sent, "more").map_or("", str::trim).is_empty();
    if page.faults.iter().any(|fault| fault.error) && !grown {
        return refused(&page);
    }
    let step = Step::Write { source: source.clone(), what: "clause".to_owned(), clause: Some(label.clone()) };
    match service::step(&school, may, draft.id, version, step, visit.now()).await {
        Ok(()) if grown => Ok(visit.see_other_saying(&page.href, "Added. Fill in its terms now.")),
        Ok(()) => Ok(visit.see_other_saying(&format!("{}#c-{label}", draft.href()), "The clause is saved.")),
        Err(DraftError::Changed) => raced(&state, &school, &visit, &draft, &label, &sent).await,
        Err(error) => Err(error.into()),
    }
}

/// Somebody else stored between reading and writing.
async fn raced(
    state: &Governance,
    school: &School,
    visit: &Visit,
    draft: &Draft,
    label: &str,
    sent: &Sent,
) -> PageResult {
    let draft = service::one(school, draft.id).await?;
    let clause = edit::clause(&draft.source, label).map_err(not_made)?;
    let shown = Shown { draft: &draft, clause: &clause, sent: Some(sent), after: None, meanwhile: true };
    conflict(&form_page(state, visit, &shown, &Mistakes::new())?)
}

async fn add(
    State(state): State<Governance>,
    visit: Visit,
    may: MayDraftPolicy,
    Path((id, label)): Path<(String, String)>,
    pairs: Pairs,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let draft = find(&school, &id).await?;
    let sent = sent(pairs);
    let version: i64 = first(&sent, "version")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| PageError::bad("Open the clause again"))?;
    let words = first(&sent, "new-words").unwrap_or("").to_owned();
    let (source, fresh) =
        edit::add_after(&draft.source, &label, &New { words, bindings: Vec::new() }).map_err(not_made)?;
    let step = Step::Write { source, what: "new clause".to_owned(), clause: Some(fresh.clone()) };
    service::step(&school, may, draft.id, version, step, visit.now()).await?;
    Ok(visit.see_other_saying(
        &format!("{}/clause/{fresh}", draft.href()),
        "The clause is there. Say what the system does about it.",
    ))
}

async fn remove(
    State(state): State<Governance>,
    visit: Visit,
    may: MayDraftPolicy,
    Path((id, label)): Path<(String, String)>,
    pairs: Pairs,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let draft = find(&school, &id).await?;
    let sent = sent(pairs);
    let version: i64 = first(&sent, "version")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| PageError::bad("Open the clause again"))?;
    let source = edit::remove(&draft.source, &label).map_err(not_made)?;
    let step = Step::Write { source, what: "clause gone".to_owned(), clause: Some(label) };
    service::step(&school, may, draft.id, version, step, visit.now()).await?;
    Ok(visit.see_other_saying(&draft.href(), "The clause is gone from the draft."))
}
