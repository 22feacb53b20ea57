//! `/filter/failures`: reporting, the log, passing on, answering.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    response::{IntoResponse as _, Response},
};
use kernel::{Capacity, SchoolTime};
use store::{
    School,
    entity::filter_failure,
    time::{millis, timestamp},
};
use uuid::Uuid;
use webkit::{
    CsvFile, Page, PageError, PageResult, Permit as _, Visit,
    error::refused,
    html,
    kit::{Choice, Choices, ErrorSummary, Field, Mistakes, TextArea},
    permit::{MayHandleFailures, MayReportFailure},
};

use super::service::{self, New, Sort};
use crate::{
    Traffic,
    changes::cite,
    forms,
    matches::{NEVER_NAMED, SealedNames},
};

#[derive(Template)]
#[template(path = "failures/report.html")]
struct ReportPage {
    page: Page,
    summary: Option<ErrorSummary>,
    /// Whether a child reads it.
    pupil: bool,
    sort: Choices,
    site: Field,
    words: TextArea,
    mine: Vec<Mine>,
}

struct Mine {
    what: String,
    when: String,
    answer: String,
}

#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct ReportForm {
    #[serde(default)]
    sort: String,
    #[serde(default)]
    site: String,
    #[serde(default)]
    words: String,
}

fn what(row: &filter_failure::Model) -> String {
    let says = match Sort::parse(&row.sort).unwrap_or(Sort::Other) {
        Sort::Open => "Should have been blocked",
        Sort::Closed => "Should be open",
        Sort::Other => "Something else",
    };
    if row.site.is_empty() { says.to_owned() } else { format!("{}: {}", row.site, says.to_lowercase()) }
}

async fn report_page(
    visit: &Visit,
    school: &School,
    may: MayReportFailure,
    form: &ReportForm,
    mistakes: &Mistakes,
) -> Result<ReportPage, PageError> {
    let mine = service::of(school, may.by()).await.map_err(PageError::internal)?;
    let page = visit.page("Report a failure of the filter");
    let sorts = Sort::ALL.iter().map(|sort| Choice::new(sort.word(), sort.says())).collect();
    Ok(ReportPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        pupil: visit.session().is_some_and(|session| session.is(Capacity::Pupil)),
        sort: Choices::radios("sort", "What happened?", sorts)
            .chosen(if form.sort.is_empty() { "open" } else { &form.sort })
            .check(mistakes),
        site: Field::text("site", "Which site?")
            .hint("Leave it empty where you do not know")
            .as_typed()
            .value(form.site.clone())
            .check(mistakes),
        words: TextArea::new("words", "What did you see?").value(form.words.clone()).check(mistakes),
        mine: mine
            .into_iter()
            .map(|row| Mine {
                what: what(&row),
                when: forms::capital(&forms::when(row.reported_at, visit.now())),
                answer: row.answer.unwrap_or_else(|| "Somebody looks at it".to_owned()),
            })
            .collect(),
    })
}

pub(crate) async fn form(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayReportFailure,
    Query(form): Query<ReportForm>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&report_page(&visit, &school, may, &form, &Mistakes::new()).await?)
}

pub(crate) async fn report(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayReportFailure,
    Form(form): Form<ReportForm>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let mut mistakes = Mistakes::new();
    let sort = Sort::parse(&form.sort);
    if sort.is_none() {
        mistakes.add("sort", "Choose what happened");
    }
    let words = forms::words("words", &form.words, "Write what you saw", &mut mistakes);
    let site = form.site.trim();
    if site.chars().count() > 200 {
        mistakes.add("site", "Write the name of the site alone");
    }
    let (Some(sort), true) = (sort, mistakes.is_empty()) else {
        return refused(&report_page(&visit, &school, may, &form, &mistakes).await?);
    };
    let mut sealed = SealedNames::new(&state, &school, visit.now());
    // Telling is always right: the report is taken in, without the name that is kept nowhere.
    let site = match forms::site(site) {
        Ok(site) if sealed.hold(&site) => NEVER_NAMED.to_owned(),
        Ok(site) => site.to_string(),
        Err(_) => sealed.strip(site),
    };
    let words = sealed.strip(&words);
    sealed.write_down(&school, may.by(), visit.now()).await?;
    let new = New { sort, site, words };
    service::report(&school, &state.gate().provides(may.school()), may, new, visit.now()).await?;
    let says = match visit.session().is_some_and(|session| session.is(Capacity::Pupil)) {
        true => "Thank you. Telling was right. The answer will stand here.",
        false => "Thank you. The answer will stand here.",
    };
    Ok(visit.see_other_saying("/filter/failures/report", says))
}

#[derive(Template)]
#[template(path = "failures/all.html")]
struct FailuresPage {
    page: Page,
    summary: Option<ErrorSummary>,
    lead: String,
    clause: Option<(String, String)>,
    open: Vec<Open>,
    answered: Vec<Answered>,
}

struct Open {
    id: Uuid,
    what: String,
    words: String,
    who: String,
    due: String,
    late: bool,
    escalated: Option<String>,
    to: Choices,
    answer: TextArea,
    kept_here: Option<TextArea>,
    change: Option<String>,
}

struct Answered {
    what: String,
    words: String,
    answer: String,
    escalated: Option<String>,
    kept_here: Option<String>,
    /// Where it can still be passed on: its id and to whom.
    pass_on: Option<(Uuid, Choices)>,
    when: String,
}

/// What somebody does with a report.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct HandleForm {
    #[serde(default)]
    to: String,
    #[serde(default)]
    reference: String,
    #[serde(default)]
    answer: String,
    #[serde(default)]
    kept_here: String,
}

/// To whom a failure is passed on where the policy names nobody.
const PROVIDER: &str = "the provider of our filter";

async fn failures_page(
    state: &Traffic,
    visit: &Visit,
    school: &School,
    wrong: Option<(Uuid, &HandleForm, &Mistakes)>,
) -> Result<FailuresPage, PageError> {
    let (provides, now) = (state.gate().provides(school.id()), visit.now());
    let rows = service::latest(school, 300).await.map_err(PageError::internal)?;
    let people = rows.iter().flat_map(|row| [row.person_id, row.answered_by, row.escalated_by]).collect::<Vec<_>>();
    let names = forms::names(school, people).await.map_err(PageError::internal)?;
    let named = provides.failures.as_ref().map(|it| it.providers.clone()).unwrap_or_default();
    let asks_why = !named.is_empty();
    let providers: Vec<String> = if named.is_empty() { vec![PROVIDER.to_owned()] } else { named };
    let choices = |id: Uuid| {
        let all = providers.iter().map(|name| Choice::new(name.clone(), forms::capital(&name.replace('-', " "))));
        Choices::select(&format!("to-{id}"), "To whom?", all.collect()).called("to")
    };
    let nothing = (HandleForm::default(), Mistakes::new());
    let (mut open, mut answered) = (Vec::new(), Vec::new());
    for row in rows {
        let who = forms::name(&names, row.person_id);
        let escalated = row.escalated_at.map(|at| {
            let reference = row.reference.as_ref().map(|text| format!(", number {text}")).unwrap_or_default();
            let to = row.escalated_to.as_deref().unwrap_or_default().replace('-', " ");
            format!(
                "{} passed it on to {to} {}{reference}",
                forms::name(&names, row.escalated_by),
                forms::when(at, now)
            )
        });
        if row.state == "answered" {
            answered.push(Answered {
                what: what(&row),
                when: row.answered_at.map(|at| forms::capital(&forms::when(at, now))).unwrap_or_default(),
                answer: format!("{}: {}", forms::name(&names, row.answered_by), row.answer.clone().unwrap_or_default()),
                words: format!("{who}: {}", row.words),
                escalated,
                pass_on: (asks_why && service::kept_silently(&row)).then(|| (row.id, choices(row.id))),
                kept_here: row.kept_here,
            });
            continue;
        }
        let (form, mistakes) = match wrong {
            Some((id, form, mistakes)) if id == row.id => (form, mistakes),
            Some(_) | None => (&nothing.0, &nothing.1),
        };
        let id = |field: &str| format!("{field}-{}", row.id);
        open.push(Open {
            id: row.id,
            what: what(&row),
            who: format!("{who}, {}", forms::when(row.reported_at, now)),
            due: forms::when(row.due_at, now),
            late: row.due_at < millis(now),
            escalated,
            to: choices(row.id),
            kept_here: (asks_why && service::stays_silently(&row)).then(|| {
                let label = format!("Why is it not passed on to {}?", providers.join(" or ").replace('-', " "));
                TextArea::new(&id("kept-here"), &label)
                    .hint("Such as: a change has closed the site. Nothing to write where you pass it on first, below")
                    .value(form.kept_here.clone())
                    .check(mistakes)
                    .called("kept_here")
            }),
            answer: TextArea::new(&id("answer"), "Answer to whoever reported it")
                .value(form.answer.clone())
                .check(mistakes)
                .called("answer"),
            change: (!row.site.is_empty() && row.site != NEVER_NAMED && visit.may(webkit::Action::ChangeFilter)).then(
                || {
                    let does = if row.sort == "closed" { "open" } else { "block" };
                    format!("/filter/changes/new?does={does}&site={}", webkit::kit::encode(&row.site))
                },
            ),
            words: row.words,
        });
    }
    open.sort_by_key(|row| !row.late);
    let mistaken = wrong.is_some_and(|(_, _, mistakes)| !mistakes.is_empty());
    let page = visit.page("Failures of the filter").back("Changes to filtering", "/filter/changes");
    let late = open.iter().filter(|row| row.late).count();
    Ok(FailuresPage {
        page: if mistaken { page.mistaken() } else { page },
        summary: wrong.and_then(|(_, _, mistakes)| mistakes.summary()),
        lead: match (open.len(), late) {
            (0, _) => "No report waits.".to_owned(),
            (1, 0) => "1 report waits for an answer.".to_owned(),
            (many, 0) => format!("{many} reports wait for an answer."),
            (1, _) => "1 report waits, and its time is over.".to_owned(),
            (many, late) => format!("{many} reports wait for an answer; the time of {late} is over."),
        },
        clause: cite(provides.failures.as_ref().map(|it| &it.clause)),
        open,
        answered,
    })
}

pub(crate) async fn all(State(state): State<Traffic>, visit: Visit, may: MayHandleFailures) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&failures_page(&state, &visit, &school, None).await?)
}

pub(crate) async fn export(State(state): State<Traffic>, may: MayHandleFailures) -> Result<Response, PageError> {
    let school = state.school(may.school()).await?;
    let rows = service::latest(&school, 10_000).await.map_err(PageError::internal)?;
    let at = |at: Option<i64>| at.map(|at| SchoolTime::new(timestamp(at)).in_tables()).unwrap_or_default();
    let mut file = CsvFile::new(
        "failures-of-the-filter",
        [
            "Reported",
            "What",
            "Site",
            "Words",
            "State",
            "Due",
            "Passed on",
            "To",
            "Number",
            "Answered",
            "Answer",
            "Not passed on because",
        ],
    );
    for row in rows {
        file.push([
            at(Some(row.reported_at)),
            row.sort,
            row.site,
            row.words,
            row.state,
            at(Some(row.due_at)),
            at(row.escalated_at),
            row.escalated_to.unwrap_or_default(),
            row.reference.unwrap_or_default(),
            at(row.answered_at),
            row.answer.unwrap_or_default(),
            row.kept_here.unwrap_or_default(),
        ]);
    }
    Ok(file.into_response())
}

pub(crate) async fn escalate(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayHandleFailures,
    Path(id): Path<Uuid>,
    Form(form): Form<HandleForm>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let to = if form.to.trim().is_empty() { PROVIDER } else { form.to.trim() };
    let cut = |text: &str| text.chars().filter(|letter| !letter.is_control()).take(100).collect::<String>();
    service::escalate(&school, may, id, cut(to), cut(form.reference.trim()), visit.now()).await?;
    Ok(visit.see_other_saying("/filter/failures", "It is noted that this was passed on."))
}

pub(crate) async fn answer(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayHandleFailures,
    Path(id): Path<Uuid>,
    Form(form): Form<HandleForm>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let mut mistakes = Mistakes::new();
    let words = forms::words(&format!("answer-{id}"), &form.answer, "Write an answer", &mut mistakes);
    let row = school.read().get::<filter_failure::Entity>(id).await.map_err(PageError::internal)?;
    let named = state.gate().provides(may.school()).failures.as_ref().is_some_and(|it| !it.providers.is_empty());
    let asked = named && row.is_some_and(|row| service::stays_silently(&row));
    let kept_here = asked.then(|| {
        let missing = "Pass it on first, or write why it is not passed on";
        forms::words(&format!("kept-here-{id}"), &form.kept_here, missing, &mut mistakes)
    });
    if !mistakes.is_empty() {
        return refused(&failures_page(&state, &visit, &school, Some((id, &form, &mistakes))).await?);
    }
    service::answer(&school, may, id, (words, kept_here), visit.now()).await?;
    Ok(visit
        .see_other_saying("/filter/failures", "Your answer is kept, and stands on the page of whoever reported it."))
}
