//! The page of coverage: by role and by person, who has had the training and until when it lasts.

use askama::Template;
use axum::extract::{Path, Query, State};
use kernel::{Role, time::date_in_words};
use webkit::{
    Page, PageError, PageResult, RouteRow, Routes, Session, Visit, Who, html,
    kit::{Choice, Clear, Next},
};

use super::{CONTROLS, State as Covered, by_role, cover, read, together};
use crate::Learning;

/// The most bytes of a form with a certificate.
const WITH_FILE: usize = 25 * 1024 * 1024;

/// The routes of training.
pub(crate) fn routes() -> Routes<Learning> {
    Routes::new()
        .get("/registers/learning/{control}/coverage", Who::Named, show)
        .get("/registers/learning/{control}/together", Who::Named, together::ask)
        .row(RouteRow::post("/registers/learning/{control}/together", Who::Named).up_to(WITH_FILE), together::enter)
}

/// The register of an address, if it is one of training.
pub(super) fn control(name: &str) -> Result<String, PageError> {
    CONTROLS.iter().find(|known| **known == name).map(|known| format!("learning.{known}")).ok_or(PageError::NotFound)
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Wanted {
    role: String,
    state: String,
}

#[derive(Template)]
#[template(path = "learning/coverage.html")]
struct CoveragePage {
    page: Page,
    title: String,
    says: String,
    ring: Option<Ring>,
    next: Option<Next>,
    clear: Option<Clear>,
    together: Option<(&'static str, String)>,
    address: String,
    roles: Vec<RoleLine>,
    selects: Vec<(&'static str, &'static str, String, Vec<Choice>)>,
    shown: String,
    people: Vec<PersonLine>,
}

/// The circle that says how many of all are covered.
struct Ring {
    label: String,
    words: String,
    dash: String,
}

struct RoleLine {
    title: String,
    covered: String,
    counts: Vec<(Covered, usize)>,
}

struct PersonLine {
    name: String,
    roles: String,
    had: String,
    href: Option<String>,
    until: String,
    state: Covered,
}

/// The page.
async fn show(
    State(learning): State<Learning>,
    visit: Visit,
    session: Session,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> PageResult {
    let book = learning.book(&visit, &session, &control(&name)?).await?;
    let found = read::read(&book).await?;
    let today = book.today();
    let lines = cover(&found.people, &found.had, today, found.soon);
    let covered = lines.iter().filter(|line| line.state.counts()).count();
    let of = lines.len();
    let front = &book.in_force().policy().front;
    let roles = by_role(&found.people, &lines);
    let role = Role::parse(&wanted.role).ok();
    let state = Covered::ALL.into_iter().find(|state| state.picture() == wanted.state);
    let mut people: Vec<PersonLine> = Vec::new();
    for (person, line) in found.people.iter().zip(&lines) {
        let fits =
            role.is_none_or(|role| person.roles.contains(&role)) && state.is_none_or(|state| line.state == state);
        if !fits {
            continue;
        }
        let best = line.best.and_then(|nth| found.had.get(nth));
        people.push(PersonLine {
            name: found.roll.get(person.id).map(|member| member.sorted.clone()).unwrap_or_default(),
            roles: read::titles(&book, &person.roles),
            had: best.map(|had| had.title.clone()).unwrap_or_default(),
            href: best.map(|had| format!("{}/{}", book.address(), had.entry)),
            until: match best.map(|had| had.until) {
                Some(Some(until)) => date_in_words(until),
                Some(None) => "for good".to_owned(),
                None => String::new(),
            },
            state: line.state,
        });
    }
    people.sort_by(|one, two| (one.state, &one.name).cmp(&(two.state, &two.name)));
    let missing = of - covered;
    let writes = book.access().writes();
    let offer = super::OFFERS.into_iter().find(|offer| offer.writes && offer.control == book.control());
    let mut of_roles = vec![Choice::new("", "Every role")];
    of_roles.extend(read::roles(&found.people).into_keys().map(|role| Choice::new(role.id(), front.title_of(role))));
    let mut states = vec![Choice::new("", "Everybody")];
    states.extend(Covered::ALL.into_iter().map(|state| Choice::new(state.picture(), state.word())));
    html(&CoveragePage {
        page: visit.page("Who is covered").back(book.declaration().title.clone(), book.address()),
        title: format!("{}: who is covered", book.declaration().title),
        says: says(covered, of),
        ring: (of > 0).then(|| ring(covered, of)),
        next: (missing > 0 && writes && found.had.is_empty()).then(|| {
            let next = Next::new("Enter the last session with everybody who came", book.register().first.clone());
            next.eyebrow("Next step").button("Enter it", format!("{}/together", book.address()))
        }),
        clear: (missing == 0 && of > 0)
            .then(|| Clear::new("Everybody is covered.", "What runs out next stands first below.")),
        together: offer.filter(|_| writes).map(|offer| (offer.title, offer.href.to_owned())),
        address: format!("{}/coverage", book.address()),
        roles: roles
            .into_iter()
            .map(|own| RoleLine {
                title: front.title_of(own.role).to_owned(),
                covered: format!("{} of {}", own.covered(), own.of),
                counts: Covered::ALL.into_iter().zip(own.counts).filter(|(_, count)| *count > 0).collect(),
            })
            .collect(),
        selects: vec![("role", "Role", wanted.role.clone(), of_roles), ("state", "Show", wanted.state.clone(), states)],
        shown: match people.len() {
            1 => "1 person".to_owned(),
            more => format!("{more} people"),
        },
        people,
    })
}

fn says(covered: usize, of: usize) -> String {
    match of {
        0 => "Nobody on the roll is asked to have it.".to_owned(),
        of if covered == of => format!("All {of} are covered today."),
        of => format!("{covered} of {of} are covered today."),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of people are small")]
fn ring(covered: usize, of: usize) -> Ring {
    const ROUND: f64 = 339.3;
    Ring {
        label: format!("{covered} of {of} are covered"),
        words: format!("{covered}/{of}"),
        dash: format!("{:.1} {ROUND}", ROUND * covered as f64 / of as f64),
    }
}
