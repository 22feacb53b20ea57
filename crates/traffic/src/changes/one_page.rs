//! `/filter/changes/{id}`: one change with every site of it, what lists have each as, and how each stands now. Whoever
//! agrees sees here all that they agree to.

use askama::Template;
use axum::extract::{Path, Query, State};
use filter::{Origin, Reason, Verdict};
use kernel::{PersonId, SchoolTime};
use store::{School, entity::filter_change};
use uuid::Uuid;
use webkit::{
    Action, Page, PageError, PageResult, Permit as _, Visit, html,
    kit::{Cell, PageNumber, Pager, Table, encode},
    permit::MaySeeChanges,
};

use super::{
    known::{Known, known},
    lines::{Line, lines, opens, waits},
    service::sites_of,
};
use crate::{Explained, Traffic, forms};

/// How many sites stand on a page.
const SIZE: u64 = 100;

#[derive(Template)]
#[template(path = "changes/one.html")]
struct OnePage {
    page: Page,
    line: Line,
    count: String,
    sites: Table,
    pager: Pager,
    /// Whether the reader is the second person.
    decides: bool,
    /// Whether the reader asked for it and may take it back.
    own: bool,
    /// Where the one who brought a file in sends it off.
    draft: Option<String>,
}

/// Which of its sites the reader sees.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Shown {
    #[serde(default)]
    page: PageNumber,
}

/// How a site stands now: in words, and where more is said.
fn stands(site: &str, explained: Option<&Explained>) -> Cell {
    let Some(Explained { decision, .. }) = explained else { return Cell::text("") };
    let change = decision.rule.as_ref().and_then(|rule| change_of(&rule.origin));
    let word = if decision.refuses() { "Closed" } else { "Open" };
    match (decision.verdict, change, &decision.clause) {
        (Verdict::Block(Reason::NotSigned | Reason::Suspended), ..) => Cell::text("Not known"),
        (_, Some(id), _) => Cell::link(format!("{word}, by a change"), format!("/filter/changes/{id}")),
        (_, None, Some(clause)) => {
            Cell::link(format!("{word}, by clause {}", clause.number), format!("/filter/why?address={}", encode(site)))
        }
        (_, None, None) => Cell::link(word, format!("/filter/why?address={}", encode(site))),
    }
}

/// The change that a rule is made of; none where the policy, or another act, made it.
pub(crate) fn change_of(origin: &Origin) -> Option<Uuid> {
    match origin {
        Origin::Policy => None,
        Origin::Act { act } => act.strip_prefix("change:")?.parse().ok(),
    }
}

async fn table(
    state: &Traffic,
    school: &School,
    by: PersonId,
    all: &[Known],
    now: &SchoolTime,
) -> Result<Table, PageError> {
    let texts: Vec<_> = all.iter().map(|it| it.site.as_str()).collect();
    let explained = state.decided_to(by, school, &texts, now.timestamp()).await?;
    let mut table = Table::new("The sites of the change", ["Site", "Lists have it as", "Now, for a pupil at school"]);
    for (site, explained) in all.iter().zip(explained) {
        let shown = forms::readable(&site.site);
        let harm = if site.harms() { "What harms" } else { "" };
        table.push([Cell::sub(shown, harm), Cell::text(site.listed()), stands(&site.site, explained.as_ref())]);
    }
    Ok(table)
}

pub(crate) async fn one(
    State(state): State<Traffic>,
    visit: Visit,
    may: MaySeeChanges,
    Path(id): Path<Uuid>,
    Query(shown): Query<Shown>,
) -> PageResult {
    let (school, now) = (state.school(may.school()).await?, visit.now());
    let row = school.read().get::<filter_change::Entity>(id).await.map_err(PageError::internal)?;
    // What was read from a file is nobody's but the reader's until it is sent off.
    let Some(row) = row.filter(|row| row.state != "draft" || row.asked_by == Some(may.by().0)) else {
        return Err(PageError::NotFound);
    };
    let may_change = visit.may(Action::ChangeFilter) && state.gate().provides(may.school()).change.is_some();
    let (waits, draft, opens) = (waits(&row, now), row.state == "draft", opens(&row));
    let sites = sites_of(&school, &[id]).await.map_err(PageError::internal)?;
    let all = known(state.gate(), school.id(), sites.into_iter().map(|site| site.site));
    let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let from = usize::try_from(shown.page.offset(SIZE)).unwrap_or(usize::MAX);
    let some = all.get(from..).unwrap_or_default();
    let some = some.get(..some.len().min(usize::try_from(SIZE).unwrap_or(usize::MAX))).unwrap_or_default();
    let lines =
        lines(&school, state.gate(), vec![row], may.by(), may_change, now).await.map_err(PageError::internal)?;
    let Some(mut line) = lines.into_iter().next() else { return Err(PageError::NotFound) };
    line.warning = opens.then(|| super::known::warning(&all)).flatten();
    let page = visit.page("A change to filtering");
    html(&OnePage {
        page: if draft {
            page.back("What the file would change", format!("/filter/changes/import/{id}"))
        } else {
            page.back("Changes to filtering", "/filter/changes")
        },
        count: match all.len() {
            1 => "1 site".to_owned(),
            more => format!("{} sites", forms::grouped(more)),
        },
        sites: table(&state, &school, may.by(), some, &SchoolTime::new(now)).await?,
        pager: Pager::new(&format!("/filter/changes/{id}"), "", shown.page, SIZE, total),
        decides: waits && may_change && !line.own,
        own: waits && may_change && line.own,
        draft: (draft && may_change).then(|| format!("/filter/changes/import/{id}")),
        line,
    })
}
