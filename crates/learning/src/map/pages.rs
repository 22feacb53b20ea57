//! The page of the map.

use askama::Template;
use axum::extract::{Query, State};
use kernel::{Year, time::date_in_words};
use webkit::{
    Action, Page, PageResult, Routes, Session, Visit, Who, html,
    kit::{Choice, Next, encode},
};

use super::{Across, By, CONTROL, Cell, Class, Heading, LIST, Map, SchoolYear, Skill, Stage, Tally, draw, enter, read};
use crate::Learning;

/// The routes of the map.
pub(crate) fn routes() -> Routes<Learning> {
    Routes::new()
        .get("/registers/learning/curriculum/map", Who::Named, show)
        .get("/registers/learning/curriculum/map/enter", Who::Named, enter::ask)
        .post("/registers/learning/curriculum/map/enter", Who::Named, enter::enter)
}

/// What the address of the map says.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
struct Wanted {
    /// The calendar year in which the school year begins.
    from: String,
    /// The year group whose classes are shown, or `mixed`.
    year: String,
    /// `strand`, else by section.
    by: String,
}

#[derive(Template)]
#[template(path = "learning/map.html")]
struct MapPage {
    page: Page,
    title: String,
    says: String,
    next: Option<Next>,
    /// Whether a year has been chosen, so that its classes are the columns.
    chosen: bool,
    /// Whether whoever looks may enter lessons.
    writes: bool,
    selects: Vec<(&'static str, &'static str, String, Vec<Choice>)>,
    years: Vec<YearLine>,
    key: [Stage; 4],
    heads: Vec<Head>,
    groups: Vec<Section>,
    all: String,
    address: String,
    list: &'static str,
}

struct YearLine {
    title: String,
    href: String,
    says: String,
}

struct Head {
    title: String,
    says: String,
    href: Option<String>,
}

struct Section {
    title: String,
    says: String,
    rows: Vec<Line>,
}

struct Line {
    number: String,
    text: String,
    href: Option<String>,
    anchor: String,
    cells: Vec<Shown>,
    says: String,
    /// Enters the skill for every class of the chosen year at once.
    together: Option<(String, String)>,
}

struct Shown {
    column: String,
    look: &'static str,
    says: String,
    sub: String,
    href: Option<String>,
}

/// The map.
async fn show(
    State(learning): State<Learning>,
    visit: Visit,
    session: Session,
    Query(wanted): Query<Wanted>,
) -> PageResult {
    let book = learning.book(&visit, &session, CONTROL).await?;
    let found = read::read(&book).await?;
    let today = book.today();
    let year = wanted.from.parse().ok().and_then(SchoolYear::beginning).unwrap_or_else(|| SchoolYear::of(today));
    let across = across(&wanted.year, &found.classes);
    let by = if wanted.by == "strand" { By::Strand(found.strands.clone()) } else { By::Section };
    let map = draw(&found.skills, &found.classes, &found.lessons, (year, today), across, &by);
    let writes = book.access().writes();
    let shown = Showing { visit: &visit, skills: &found.skills, year, across, writes };
    let overview = draw(&found.skills, &found.classes, &found.lessons, (year, today), Across::Years, &By::Section);
    html(&MapPage {
        page: visit.page("What is taught where").back(book.declaration().title.clone(), LIST),
        title: format!("What is taught where, {}", year.title()),
        says: says(overview.tally, found.skills.len()),
        next: writes.then(|| next(&found.skills, &found.classes, overview.tally)).flatten(),
        writes,
        chosen: across != Across::Years,
        selects: selects(&wanted, year, today, &overview),
        years: overview
            .columns
            .iter()
            .map(|(heading, tally)| YearLine {
                title: heading.title(),
                href: address(year, Some(heading), &wanted.by),
                says: counts(*tally),
            })
            .collect(),
        key: Stage::ALL,
        heads: map
            .columns
            .iter()
            .map(|(heading, tally)| Head {
                title: heading.title(),
                says: share(*tally),
                href: (across == Across::Years).then(|| address(year, Some(heading), &wanted.by)),
            })
            .collect(),
        groups: map.groups.iter().map(|group| shown.section(group, &map)).collect(),
        all: share(map.tally),
        address: "/registers/learning/curriculum/map".to_owned(),
        list: LIST,
    })
}

fn across(text: &str, classes: &[Class]) -> Across {
    let year = match text {
        "mixed" => Some(None),
        text => Year::parse(text).ok().map(Some),
    };
    match year {
        Some(year) if classes.iter().any(|class| class.year == year) => Across::Classes(year),
        Some(_) | None => Across::Years,
    }
}

fn word(heading: &Heading) -> String {
    match heading {
        Heading::Year(year) => year.to_string(),
        Heading::Mixed => "mixed".to_owned(),
        Heading::Class(name) => name.clone(),
    }
}

fn address(year: SchoolYear, heading: Option<&Heading>, by: &str) -> String {
    let mut address = format!("/registers/learning/curriculum/map?from={}", year.begins());
    if let Some(heading) = heading {
        address.push_str(&format!("&year={}", encode(&word(heading))));
    }
    if by == "strand" {
        address.push_str("&by=strand");
    }
    address
}

fn selects(
    wanted: &Wanted,
    year: SchoolYear,
    today: jiff::civil::Date,
    overview: &Map,
) -> Vec<(&'static str, &'static str, String, Vec<Choice>)> {
    let now = SchoolYear::of(today);
    let mut around = vec![now.after(), now, now.before(), now.before().before()];
    if !around.contains(&year) {
        around.push(year);
    }
    let years = around.iter().map(|one| Choice::new(one.begins().to_string(), one.title())).collect();
    let mut columns = vec![Choice::new("", "Every year")];
    columns.extend(
        overview
            .columns
            .iter()
            .map(|(heading, _)| Choice::new(word(heading), format!("Classes of {}", heading.title()))),
    );
    let groups = vec![
        Choice::new("", "Section of the policy"),
        Choice::new("strand", "Strand of Education for a Connected World"),
    ];
    vec![
        ("year", "Show", wanted.year.clone(), columns),
        ("from", "School year", year.begins().to_string(), years),
        ("by", "Group by", wanted.by.clone(), groups),
    ]
}

/// "14 of 20 taught, 3 planned, 3 gaps".
fn counts(tally: Tally) -> String {
    match tally.of() {
        0 => "nothing to teach here".to_owned(),
        of => {
            let gaps = tally.at(Stage::NotPlanned);
            let planned = tally.at(Stage::Planned);
            let mut says = format!("{} of {of} taught", tally.taught());
            if planned > 0 {
                says.push_str(&format!(", {planned} planned"));
            }
            match gaps {
                0 => says.push_str(", no gap"),
                1 => says.push_str(", 1 gap"),
                more => says.push_str(&format!(", {more} gaps")),
            }
            says
        }
    }
}

/// "14 of 20", at the edges.
fn share(tally: Tally) -> String {
    match tally.of() {
        0 => String::new(),
        of => format!("{} of {of}", tally.taught()),
    }
}

fn says(tally: Tally, skills: usize) -> String {
    if skills == 0 {
        return "No clause of the policy in force says yet that something is taught.".to_owned();
    }
    let places = if tally.of() == 1 { "1 place".to_owned() } else { format!("{} places", tally.of()) };
    let clauses = if skills == 1 { "1 clause says".to_owned() } else { format!("{skills} clauses say") };
    format!(
        "{clauses} what is taught, to {places} on this map. {} are taught, {} planned, {} not planned.",
        tally.taught(),
        tally.at(Stage::Planned),
        tally.at(Stage::NotPlanned)
    )
}

fn next(skills: &[Skill], classes: &[Class], tally: Tally) -> Option<Next> {
    if skills.is_empty() {
        return None;
    }
    if classes.is_empty() {
        let says = "The map has a column for each class. They come with the roll.";
        return Some(
            Next::new("Bring in the classes first", says)
                .eyebrow("Next step")
                .button("Bring in the roll", "/people/import"),
        );
    }
    (tally.of() > 0 && tally.at(Stage::NotPlanned) == tally.of()).then(|| {
        let says = "A scheme of work in a spreadsheet comes in at once: a line a lesson, with its class and its day. Or choose a year and press a cell.";
        Next::new("Begin with the plan that the school has", says)
            .eyebrow("Next step")
            .button("Bring in the plan", format!("{LIST}/import"))
    })
}

/// What the cells are shown by.
struct Showing<'a> {
    visit: &'a Visit,
    skills: &'a [Skill],
    year: SchoolYear,
    across: Across,
    writes: bool,
}

impl Showing<'_> {
    fn section(&self, group: &super::Group, map: &Map) -> Section {
        let rows = group.rows.iter().filter_map(|row| {
            let skill = self.skills.get(row.skill)?;
            let cells = row.cells.iter().zip(&map.columns);
            let open = row.tally.at(Stage::NotPlanned) + row.tally.at(Stage::Planned);
            Some(Line {
                number: skill.number.clone(),
                text: skill.text.clone(),
                href: self.visit.may(Action::SeePolicy).then(|| format!("/policy/clauses/{}", encode(&skill.label))),
                anchor: format!("skill-{}", skill.label),
                cells: cells.map(|(cell, (heading, _))| self.cell(skill, cell, heading)).collect(),
                says: share(row.tally),
                together: (self.writes && row.tally.of() > 1 && open > 0).then(|| self.together(skill)).flatten(),
            })
        });
        Section { title: group.title.clone(), says: share(group.tally), rows: rows.collect() }
    }

    /// "Enter for all of Year 5", where the classes of a year are shown.
    fn together(&self, skill: &Skill) -> Option<(String, String)> {
        match self.across {
            Across::Years => None,
            Across::Classes(year) => {
                let heading = year.map_or(Heading::Mixed, Heading::Year);
                let text = format!("Enter for all of {}", heading.title());
                Some((text, self.entering(skill, &heading)))
            }
        }
    }

    fn entering(&self, skill: &Skill, heading: &Heading) -> String {
        let column = match heading {
            Heading::Class(_) => "class",
            Heading::Year(_) | Heading::Mixed => "year",
        };
        let begins = self.year.begins();
        format!("{LIST}/map/enter?clause={}&{column}={}&from={begins}", encode(&skill.label), encode(&word(heading)))
    }

    fn cell(&self, skill: &Skill, cell: &Cell, heading: &Heading) -> Shown {
        let column = heading.title();
        let Some(stage) = cell.tally.least() else {
            return Shown { column, look: "none", says: "Not for them".to_owned(), sub: String::new(), href: None };
        };
        // A year of which some classes have it is shown as begun, not as a gap.
        let look = match stage {
            Stage::NotPlanned if cell.tally.at(Stage::NotPlanned) < cell.tally.of() => "part",
            Stage::NotPlanned | Stage::Planned | Stage::Taught | Stage::Assessed => stage.look(),
        };
        let sub = match (cell.lesson, stage) {
            _ if cell.late => "its day has passed".to_owned(),
            (Some((_, day)), Stage::Planned) => format!("for {}", short(day)),
            (Some((_, day)), Stage::Taught | Stage::Assessed | Stage::NotPlanned) => short(day),
            (None, _) => String::new(),
        };
        Shown { column, look, says: cell.tally.says(), sub, href: self.href(skill, cell, heading, stage) }
    }

    /// The one step that leads on: entering, marking as taught, entering what the class took from it.
    fn href(&self, skill: &Skill, cell: &Cell, heading: &Heading, stage: Stage) -> Option<String> {
        match (heading, self.writes, cell.lesson, stage) {
            (Heading::Class(_), true, Some((id, _)), Stage::Planned) => Some(format!("{LIST}/{id}/move/taught")),
            (Heading::Class(_), true, Some((id, _)), Stage::Taught) => Some(format!("{LIST}/{id}/move/assess")),
            (Heading::Class(_), _, Some((id, _)), _) => Some(format!("{LIST}/{id}")),
            (_, true, _, Stage::NotPlanned | Stage::Planned) => Some(self.entering(skill, heading)),
            (Heading::Year(_) | Heading::Mixed, _, _, _) => {
                Some(format!("{}#skill-{}", address(self.year, Some(heading), ""), encode(&skill.label)))
            }
            (Heading::Class(_), _, _, _) => None,
        }
    }
}

fn short(day: jiff::civil::Date) -> String {
    let words = date_in_words(day);
    words.rsplit_once(' ').map_or(words.clone(), |(day, _)| day.to_owned())
}
