//! `/filter/changes/import`: bringing in the lists of the filter that a school has today. First a look at what would
//! change and which lines cannot be taken; then it goes the way of every change.

use askama::Template;
use axum::extract::{Path, State};
use jiff::Timestamp;
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
    import::{self, Means, Read, RefusedLine, Taken},
    known::{Known, always_open, known, warning},
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
    /// How many lines cannot be taken, and how many of them the page has.
    refused_count: String,
    again: u64,
    unread: Option<String>,
    second: Option<(String, String)>,
}

/// What a file opens, or closes.
struct Part {
    id: Uuid,
    heading: String,
    button: &'static str,
    first: Vec<String>,
    more: Option<String>,
    /// What is said of opening them.
    warning: Option<String>,
}

/// The most lines and sites that a page shows.
const SHOWN: usize = 100;

fn part(id: Uuid, opens: bool, who: &str, sites: &[Known]) -> Part {
    let more = sites.len().saturating_sub(SHOWN);
    Part {
        id,
        heading: format!(
            "{} {} {} for {who}",
            forms::grouped(sites.len()),
            if sites.len() == 1 { "site" } else { "sites" },
            if opens { "open" } else { "closed" }
        ),
        button: if opens { "Open these sites" } else { "Close these sites" },
        first: sites.iter().take(SHOWN).map(Known::named).collect(),
        more: (more > 0).then(|| forms::grouped(more)),
        warning: opens.then(|| warning(sites)).flatten(),
    }
}

fn refused_table(lines: &[RefusedLine]) -> Option<Table> {
    let mut table = Table::new("Lines that cannot be taken", ["Line", "What it says", "Why"]);
    for line in lines.iter().take(SHOWN) {
        let number = if line.line == 0 { "Several".to_owned() } else { forms::grouped(line.line) };
        let why = match line.undo {
            Some(id) => Cell::link(line.why.clone(), format!("/filter/changes/{id}")),
            None => Cell::text(line.why.clone()),
        };
        table.push([Cell::text(number), Cell::sub(line.text.clone(), ""), why]);
    }
    (!table.is_empty()).then_some(table)
}

fn lines_in_words(number: usize) -> String {
    if number == 1 { "1 line".to_owned() } else { format!("{} lines", forms::grouped(number)) }
}

/// Refuses what would be a change and change nothing: to close what is always open, to open what a change closes.
async fn without_effect(
    state: &Traffic,
    school: &School,
    who: &Audience,
    found: &mut Read,
    now: Timestamp,
) -> Result<(), PageError> {
    let closed = service::closed_for(school, who, now).await.map_err(PageError::internal)?;
    let mut refused = Vec::new();
    let mut refuse = |taken: &Taken, why: &str, undo: Option<Uuid>| {
        refused.push(RefusedLine { line: taken.line, text: taken.site.to_string(), why: why.to_owned(), undo });
    };
    found.block.retain(|taken| match always_open(state.gate(), school.id(), &taken.site, now) {
        Some(why) => {
            refuse(taken, why, None);
            false
        }
        None => true,
    });
    found.open.retain(|taken| match closed.get(&taken.site.to_string()) {
        Some(id) => {
            refuse(taken, "A change closes this site for them, and would go on to: undo that one first", Some(*id));
            false
        }
        None => true,
    });
    found.refused.extend(refused);
    Ok(())
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
    for taken in found.open.iter_mut().chain(&mut found.block) {
        taken.note = sealed.strip(&taken.note);
    }
    sealed.write_down(&school, may.by(), visit.now()).await?;
    found.open.retain(|Taken { line, site, .. }| {
        let Some(clause) = state.gate().illegal(may.school(), site) else { return true };
        let (text, why) = (site.to_string(), super::illegal(&clause));
        found.refused.push(RefusedLine { line: *line, text, why, undo: None });
        false
    });
    without_effect(&state, &school, &who, &mut found, visit.now()).await?;
    let (not_taken, refused) = (found.not_taken(), refused_table(&found.refused));
    let name: String =
        file.file.as_deref().unwrap_or("a file").chars().filter(|it| !it.is_control()).take(80).collect();
    let mut parts = Vec::new();
    for (sort, sites) in [(Sort::Block, found.block), (Sort::Open, found.open)] {
        if sites.is_empty() {
            continue;
        }
        let all = known(state.gate(), school.id(), sites.iter().map(|taken| taken.site.to_string()));
        let opens = sort == Sort::Open;
        let new = New {
            sort,
            sites: sites.into_iter().map(|taken| (taken.site, taken.note)).collect(),
            who: who.clone(),
            reason: format!("Brought in from {name}"),
            until: None,
            file: Some(name.clone()),
            answers: None,
        };
        let id = service::draft(&school, &provides, may, new, visit.now()).await?;
        parts.push(part(id, opens, &forms::audience_words(&forms::store_audience(&who)), &all));
    }
    html(&DryRunPage {
        page: visit.page("What the file would change").back("Bring in lists", "/filter/changes/import"),
        lead: match (parts.is_empty(), not_taken) {
            (true, _) => "There is nothing in this file that could be taken. Nothing has changed.".to_owned(),
            (false, 0) => "Nothing has changed yet. Every line can be taken.".to_owned(),
            (false, more) => format!("Nothing has changed yet. {} cannot be taken.", lines_in_words(more)),
        },
        parts,
        refused,
        refused_count: if not_taken > SHOWN.min(found.refused.len()) {
            let shown = forms::grouped(SHOWN.min(found.refused.len()));
            format!("{}, the first {shown} of them", lines_in_words(not_taken))
        } else {
            lines_in_words(not_taken)
        },
        again: found.again,
        unread: (!found.unread.is_empty()).then(|| found.unread.join(", ")),
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
    let all = known(state.gate(), school.id(), sites.into_iter().map(|site| site.site));
    html(&DryRunPage {
        page: visit.page("What the file would change").back("Bring in lists", "/filter/changes/import"),
        lead: "Nothing has changed yet.".to_owned(),
        parts: vec![part(id, row.action == "open", &forms::audience_words(&row.who), &all)],
        refused: None,
        refused_count: String::new(),
        again: 0,
        unread: None,
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
