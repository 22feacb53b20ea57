//! `/filter/lists/{list}`: a list that came back much smaller, or with most of its entries gone, and accepting it all the
//! same.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
};
use store::School;
use webkit::{
    Page, PageError, PageResult, Permit as _, Visit,
    error::refused,
    html,
    kit::{ErrorSummary, Mistakes, TextArea},
    permit::MayManageLists,
};

use crate::{
    Traffic,
    changes::cite,
    forms,
    lists::{AcceptError, Accepted, Fewer, ListRow, Smaller, service, smaller},
};

#[derive(Template)]
#[template(path = "filter/smaller.html")]
struct SmallerPage {
    page: Page,
    summary: Option<ErrorSummary>,
    name: String,
    how: &'static str,
    came: String,
    since: String,
    fewer: Vec<String>,
    became: Option<Became>,
    digest: String,
    second: Option<(String, String)>,
    asked: Option<(String, String)>,
    own: bool,
    reason: TextArea,
}

/// How many of its entries stayed, went and came.
struct Became {
    stayed: u64,
    gone: u64,
    new: u64,
}

impl Became {
    fn of(whole: &Fewer) -> Option<Self> {
        Some(Self { stayed: whole.stayed?, gone: whole.gone()?, new: whole.fresh()? })
    }
}

/// Why a list is accepted, and which.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct AcceptForm {
    #[serde(default)]
    digest: String,
    #[serde(default)]
    reason: String,
}

/// The list of this name, with what waits.
async fn held(school: &School, name: &str) -> Result<(ListRow, Smaller), PageError> {
    let lists = service::all(school).await.map_err(PageError::internal)?;
    let list = lists.into_iter().find(|list| list.name == name).ok_or(PageError::NotFound)?;
    let held =
        list.held.clone().ok_or_else(|| PageError::Conflict("Nothing waits for this list any more".to_owned()))?;
    Ok((list, held))
}

async fn page(
    state: &Traffic,
    school: &School,
    visit: &Visit,
    may: MayManageLists,
    (name, typed): (&str, &str),
    mistakes: &Mistakes,
) -> Result<SmallerPage, PageError> {
    let (list, held) = held(school, name).await?;
    let asked = match &held.asked {
        Some(asked) => {
            let names = forms::names(school, [Some(asked.by.0)]).await.map_err(PageError::internal)?;
            Some((forms::name(&names, Some(asked.by.0)), asked.reason.clone()))
        }
        None => None,
    };
    let how = held.how();
    let page = visit.page(format!("A list that came back {how}")).back("Lists of sites", "/filter/lists");
    Ok(SmallerPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        how,
        became: held.whole.as_ref().and_then(Became::of),
        came: if held.entries == 1 { "1 entry".to_owned() } else { format!("{} entries", held.entries) },
        since: forms::when(held.since.as_millisecond(), visit.now()),
        fewer: held.fewer.iter().map(|fewer| forms::capital(&fewer.to_string())).collect(),
        name: list.name,
        digest: held.digest,
        second: cite(state.gate().provides(school.id()).second.as_ref()),
        own: held.asked.as_ref().is_some_and(|asked| asked.by == may.by()),
        asked,
        reason: TextArea::new("reason", &format!("Why is it right that it is {how}?"))
            .hint("Kept with the act, in the ledger")
            .value(typed)
            .check(mistakes),
    })
}

pub(crate) async fn look(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayManageLists,
    Path(name): Path<String>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&page(&state, &school, &visit, may, (&name, ""), &Mistakes::new()).await?)
}

pub(crate) async fn accept(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayManageLists,
    Path(name): Path<String>,
    Form(form): Form<AcceptForm>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let (_, held) = held(&school, &name).await?;
    let provides = state.gate().provides(school.id());
    let mut mistakes = Mistakes::new();
    let agrees = held.asked.is_some() && provides.second.is_some();
    let reason = if agrees { String::new() } else { forms::words("reason", &form.reason, "Write why", &mut mistakes) };
    if !mistakes.is_empty() {
        return refused(&page(&state, &school, &visit, may, (&name, &form.reason), &mistakes).await?);
    }
    let folder = state.gate().lists(school.id()).ok_or(PageError::NotFound)?;
    let accepted = smaller::accept(&school, &folder, &provides, may, (&name, &form.digest, reason), visit.now()).await;
    let says = match accepted.map_err(failed)? {
        Accepted::Now => "The list is accepted. What it does not hold any more, it does not close.",
        Accepted::Waiting => "You asked for it. The list before stays in force until a second person agrees.",
    };
    Ok(visit.see_other_saying("/filter/lists", says))
}

fn failed(error: AcceptError) -> PageError {
    match error {
        AcceptError::Act(error) => error.into(),
        AcceptError::List(error) => PageError::internal(error),
    }
}
