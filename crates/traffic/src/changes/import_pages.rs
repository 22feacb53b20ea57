//! `/filter/changes/import`: bringing in the lists of the filter that a school has today. First a look at what would
//! change and which lines cannot be taken; then it goes the way of every change.

use askama::Template;
use axum::extract::{Path, State};
use kernel::Audience;
use store::{
    School,
    entity::{filter_change, filter_change_site},
    query::ColumnTrait as _,
};
use uuid::Uuid;
use webkit::{
    Page, PageError, PageResult, Permit as _, Visit,
    error::refused,
    html,
    kit::{Cell, Choice, Choices, ErrorSummary, Field, Mistakes, Table},
    permit::MayChangeFilter,
    see_other,
    upload::Upload,
};

use super::{
    import::{self, Means, RefusedLine},
    list_page::cite,
    service::{self, Asked, New, Sort},
};
use crate::{Traffic, forms, matches::SealedNames, provides::Provides};

#[derive(Template)]
#[template(path = "changes/import.html")]
struct ImportPage {
    page: Page,
    summary: Option<ErrorSummary>,
    provided: bool,
    file: Field,
    means: Choices,
    who: Choices,
}

async fn page(
    visit: &Visit,
    school: &School,
    provides: &Provides,
    (means, who): (&str, &str),
    mistakes: &Mistakes,
) -> Result<ImportPage, PageError> {
    let page = visit.page("Bring in lists").back("Changes to filtering", "/filter/changes");
    let choices = vec![Choice::new("block", "They are to be closed"), Choice::new("open", "They are to be open")];
    Ok(ImportPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        provided: provides.change.is_some(),
        file: Field::file("file", "File of sites").check(mistakes),
        means: Choices::radios("means", "Sites of which the file says nothing more", choices)
            .hint("Where the file has a column for the action (allow, block), that column decides")
            .chosen(if means.is_empty() { "block" } else { means })
            .check(mistakes),
        who: Choices::select("who", "For whom?", forms::audiences(school).await.map_err(PageError::internal)?)
            .chosen(if who.is_empty() { "pupils" } else { who })
            .check(mistakes),
    })
}

pub(crate) async fn form(State(state): State<Traffic>, visit: Visit, may: MayChangeFilter) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&page(&visit, &school, &state.gate().provides(may.school()), ("", ""), &Mistakes::new()).await?)
}

#[derive(Template)]
#[template(path = "changes/dry_run.html")]
struct DryRunPage {
    page: Page,
    lead: String,
    parts: Vec<Part>,
    refused: Option<Table>,
    refused_count: usize,
    again: u64,
    second: Option<(String, String)>,
}

/// What a file opens, or closes.
struct Part {
    id: Uuid,
    heading: String,
    button: &'static str,
    first: Vec<String>,
    more: usize,
}

/// The most lines and sites that a page shows.
const SHOWN: usize = 100;

fn part(id: Uuid, opens: bool, who: &str, sites: &[String]) -> Part {
    Part {
        id,
        heading: format!(
            "{} {} {} for {who}",
            sites.len(),
            if sites.len() == 1 { "site" } else { "sites" },
            if opens { "open" } else { "closed" }
        ),
        button: if opens { "Open these sites" } else { "Close these sites" },
        first: sites.iter().take(SHOWN).cloned().collect(),
        more: sites.len().saturating_sub(SHOWN),
    }
}

fn refused_table(lines: &[RefusedLine]) -> Option<Table> {
    let mut table = Table::new("Lines that cannot be taken", ["Line", "What it says", "Why"]);
    for line in lines.iter().take(SHOWN) {
        let number = if line.line == 0 { "Several".to_owned() } else { line.line.to_string() };
        table.push([Cell::text(number), Cell::sub(line.text.clone(), ""), Cell::text(line.why.clone())]);
    }
    (!table.is_empty()).then_some(table)
}

/// Reads the file and shows what it would change. Nothing is changed.
pub(crate) async fn read(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayChangeFilter,
    upload: Upload,
) -> PageResult {
    let (school, provides) = (state.school(may.school()).await?, state.gate().provides(may.school()));
    let mut mistakes = Mistakes::new();
    let typed = (upload.text("means").unwrap_or_default(), upload.text("who").unwrap_or_default());
    let means = match typed.0 {
        "open" => Means::Open,
        _ => Means::Block,
    };
    let who = Audience::parse(typed.1).map_err(|_| mistakes.add("who", "Choose for whom")).ok();
    let file = upload.files("file").next().cloned();
    if file.is_none() {
        mistakes.add("file", "Choose a file first");
    }
    let (Some(who), Some(file), true) = (who, file, mistakes.is_empty()) else {
        return refused(&page(&visit, &school, &provides, typed, &mistakes).await?);
    };
    let mut sealed = SealedNames::new(&state, &school, visit.now());
    let mut found = import::read(&file.bytes, means, |site| sealed.hold(site));
    for (_, note) in found.open.iter_mut().chain(&mut found.block) {
        *note = sealed.strip(note);
    }
    sealed.write_down(&school, may.by(), visit.now()).await?;
    let name: String =
        file.file.as_deref().unwrap_or("a file").chars().filter(|it| !it.is_control()).take(80).collect();
    let mut parts = Vec::new();
    for (sort, sites) in [(Sort::Block, found.block), (Sort::Open, found.open)] {
        if sites.is_empty() {
            continue;
        }
        let texts: Vec<String> = sites.iter().map(|(site, _)| site.to_string()).collect();
        let opens = sort == Sort::Open;
        let new = New {
            sort,
            sites,
            who: who.clone(),
            reason: format!("Brought in from {name}"),
            until: None,
            file: Some(name.clone()),
            answers: None,
        };
        let id = service::draft(&school, &provides, may, new, visit.now()).await?;
        parts.push(part(id, opens, &forms::audience_words(&forms::store_audience(&who)), &texts));
    }
    html(&DryRunPage {
        page: visit.page("What the file would change").back("Bring in lists", "/filter/changes/import"),
        lead: match (parts.is_empty(), found.refused.len()) {
            (true, _) => "There is nothing in this file that could be taken. Nothing has changed.".to_owned(),
            (false, 0) => "Nothing has changed yet. Every line can be taken.".to_owned(),
            (false, 1) => "Nothing has changed yet. 1 line cannot be taken.".to_owned(),
            (false, more) => format!("Nothing has changed yet. {more} lines cannot be taken."),
        },
        parts,
        refused: refused_table(&found.refused),
        refused_count: found.refused.len(),
        again: found.again,
        second: cite(provides.second.as_ref()),
    })
}

/// Shows again what was read, until it is sent off.
pub(crate) async fn show(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayChangeFilter,
    Path(id): Path<Uuid>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let row = school.read().get::<filter_change::Entity>(id).await.map_err(PageError::internal)?;
    let Some(row) = row.filter(|row| row.state == "draft" && row.asked_by == Some(may.by().0)) else {
        return Ok(see_other("/filter/changes"));
    };
    let sites = school
        .read()
        .find::<filter_change_site::Entity>()
        .filter(filter_change_site::Column::ChangeId.eq(id))
        .ascending(filter_change_site::Column::Site)
        .all()
        .await
        .map_err(PageError::internal)?;
    let texts: Vec<String> = sites.into_iter().map(|site| site.site).collect();
    html(&DryRunPage {
        page: visit.page("What the file would change").back("Bring in lists", "/filter/changes/import"),
        lead: "Nothing has changed yet.".to_owned(),
        parts: vec![part(id, row.action == "open", &forms::audience_words(&row.who), &texts)],
        refused: None,
        refused_count: 0,
        again: 0,
        second: cite(state.gate().provides(may.school()).second.as_ref()),
    })
}

/// Sends off what was read.
pub(crate) async fn apply(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayChangeFilter,
    Path(id): Path<Uuid>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    let asked = service::take_draft(&school, &state.gate().provides(may.school()), may, id, visit.now()).await?;
    let says = match asked {
        Asked::Active(_) => "The sites of the file are in force.",
        Asked::Waiting(_) => "A second person has to agree. Until then nothing changes.",
    };
    Ok(visit.see_other_saying("/filter/changes", says))
}
