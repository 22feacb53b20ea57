//! Changes as the page of changes prints them: what each is called, how it stands, who asked and who agreed.

use std::collections::HashMap;

use jiff::Timestamp;
use kernel::PersonId;
use store::{
    School, StoreError,
    entity::filter_change,
    query::{ColumnTrait as _, Condition},
    time::millis,
};
use uuid::Uuid;

use super::{
    known::{Known, known, warning},
    service::sites_of,
};
use crate::{Gate, forms};

/// How many sites of a change stand beside it.
const FIRST: usize = 5;

/// A change, as the page prints it.
pub(super) struct Line {
    pub(super) id: Uuid,
    pub(super) title: String,
    pub(super) reason: String,
    pub(super) asked: String,
    pub(super) agreed: String,
    pub(super) ends: String,
    pub(super) state: &'static str,
    pub(super) more: Option<String>,
    /// Whether it waits because somebody wants to undo it.
    pub(super) undoing: bool,
    /// Whether the reader asked for what waits.
    pub(super) own: bool,
    pub(super) may_undo: bool,
    pub(super) site: String,
    /// How many sites it has, where there is more than one.
    pub(super) many: Option<String>,
    /// What is said of opening its sites, where it waits and lists have some of them as what harms.
    pub(super) warning: Option<String>,
}

/// Whether agreeing to what waits opens sites, or leaves them unopened.
pub(super) fn opens(row: &filter_change::Model) -> bool {
    match row.action.as_str() {
        "open" | "splice" => row.state != "active",
        "block" => row.state == "active" && row.end_asked_at.is_some(),
        _ => false,
    }
}

/// What a change is called: "maps.example open for pupils in Year 4".
fn title(row: &filter_change::Model, sites: &[String]) -> String {
    let what = match (sites, &row.name) {
        ([one], Some(file)) => format!("{} of {file}", forms::readable(one)),
        (many, Some(file)) => format!("{} sites of {file}", forms::grouped(many.len())),
        ([one], None) => forms::readable(one),
        (many, None) => format!("{} sites", forms::grouped(many.len())),
    };
    let who = forms::audience_words(&row.who);
    match (row.action.as_str(), &row.list) {
        ("list", Some(list)) => format!("{what} on the list {list}"),
        ("open", _) => format!("{what} open for {who}"),
        ("splice", _) => format!("{what} left unopened for {who}"),
        (_, _) => format!("{what} closed for {who}"),
    }
}

/// How a change stands, in words.
pub(super) fn state(row: &filter_change::Model, now: Timestamp) -> &'static str {
    match row.state.as_str() {
        "waiting" if row.until_at.is_some_and(|until| until <= millis(now)) => "Nobody agreed in time",
        "waiting" => "Waits for a second person",
        "active" if row.until_at.is_some_and(|until| until <= millis(now)) => "Has ended by itself",
        "active" => "Holds",
        "declined" => "Not agreed to",
        "withdrawn" => "Taken back",
        "undone" => "Undone",
        _ => "Not sent off",
    }
}

/// Whether a second person has to agree: to it, or to undoing it.
pub(super) fn waits(row: &filter_change::Model, now: Timestamp) -> bool {
    let over = row.until_at.is_some_and(|until| until <= millis(now));
    !over && (row.state == "waiting" || (row.state == "active" && row.end_asked_at.is_some()))
}

/// What waits for a second person, the oldest first, and what each is called: to be tried out before anybody agrees.
pub(crate) async fn waiting_titles(school: &School, now: Timestamp) -> Result<Vec<(Uuid, String)>, StoreError> {
    use filter_change::Column;
    let undoing = Condition::all().add(Column::State.eq("active")).add(Column::EndAskedAt.is_not_null());
    let either = Condition::any().add(Column::State.eq("waiting")).add(undoing);
    let rows = school.read().find::<filter_change::Entity>().filter(either).ascending(Column::AskedAt).all().await?;
    let rows: Vec<_> = rows.into_iter().filter(|row| waits(row, now)).collect();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut sites: HashMap<Uuid, Vec<String>> = HashMap::new();
    for row in sites_of(school, &ids).await? {
        sites.entry(row.change_id).or_default().push(row.site);
    }
    let titled = |row: filter_change::Model| {
        let title = title(&row, &sites.remove(&row.id).unwrap_or_default());
        (row.id, if row.state == "active" { format!("Undo: {title}") } else { title })
    };
    Ok(rows.into_iter().map(titled).collect())
}

/// Whether the change of this id waits for a second person: to begin, or to be undone.
///
/// # Errors
/// Where the store refuses.
pub async fn waits_for_second(school: &School, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    Ok(school.read().get::<filter_change::Entity>(id).await?.is_some_and(|row| waits(&row, now)))
}

/// The changes as lines for `reader`.
pub(super) async fn lines(
    school: &School,
    gate: &dyn Gate,
    rows: Vec<filter_change::Model>,
    reader: PersonId,
    may_change: bool,
    now: Timestamp,
) -> Result<Vec<Line>, StoreError> {
    let people = rows.iter().flat_map(|row| [row.asked_by, row.agreed_by, row.ended_by, row.end_asked_by]);
    let names = forms::names(school, people.collect::<Vec<_>>()).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut sites: HashMap<Uuid, Vec<String>> = HashMap::new();
    for row in sites_of(school, &ids).await? {
        sites.entry(row.change_id).or_default().push(row.site);
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let sites = sites.remove(&row.id).unwrap_or_default();
            // What waits is judged by whoever agrees: what harms stands first, and is said.
            let judged = if waits(&row, now) { known(gate, school.id(), sites.iter().cloned()) } else { Vec::new() };
            let first: Vec<String> = if judged.is_empty() {
                sites.iter().take(FIRST).map(|site| forms::readable(site)).collect()
            } else {
                judged.iter().take(FIRST).map(Known::named).collect()
            };
            let undoing = row.end_asked_at.is_some() && row.state == "active";
            let (asker, asked_at) = if undoing {
                (row.end_asked_by, row.end_asked_at.unwrap_or(row.asked_at))
            } else {
                (row.asked_by, row.asked_at)
            };
            let ended =
                row.ended_at.map(|at| format!("{}, {}", forms::name(&names, row.ended_by), forms::when(at, now)));
            Line {
                id: row.id,
                title: title(&row, &sites),
                reason: row.reason.clone(),
                asked: format!("{}, {}", forms::name(&names, asker), forms::when(asked_at, now)),
                agreed: match (row.second, row.agreed_at) {
                    (false, _) => "Not needed".to_owned(),
                    (true, Some(at)) => format!("{}, {}", forms::name(&names, row.agreed_by), forms::when(at, now)),
                    (true, None) => "Nobody yet".to_owned(),
                },
                ends: match (ended, row.until_at) {
                    (Some(ended), _) => ended,
                    (None, Some(until)) => forms::capital(&forms::until_words(until, now)),
                    (None, None) => "No end".to_owned(),
                },
                state: state(&row, now),
                more: (sites.len() > 1).then(|| {
                    let rest = match sites.len().saturating_sub(FIRST) {
                        0 => String::new(),
                        more => format!(" and {} more", forms::grouped(more)),
                    };
                    format!("{}{rest}", first.join(", "))
                }),
                many: (sites.len() > 1).then(|| forms::grouped(sites.len())),
                warning: opens(&row).then(|| warning(&judged)).flatten(),
                undoing,
                own: asker == Some(reader.0),
                may_undo: may_change && !undoing && state(&row, now) == "Holds",
                site: sites.into_iter().next().unwrap_or_default(),
            }
        })
        .collect())
}
