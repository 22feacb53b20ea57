//! `/filter/open`: which class, which site, what for, done. With one class it is two taps: the site, and what for.

use std::collections::BTreeSet;

use activity::{By, CountKey, Filter, Outcome};
use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
};
use filter::Category;
use jiff::SignedDuration;
use kernel::{PersonId, SiteItem};
use store::{School, entity::people_class};
use uuid::Uuid;
use webkit::{
    Page, PageError, PageResult, Permit as _, Session, Visit,
    error::refused,
    html,
    kit::{ErrorSummary, Field, Mistakes, encode},
    permit::MayOpenForClass,
};

use super::service::{self, NewUnblock, SHOWN, Word, is_open, may_open};
use crate::{
    Traffic,
    changes::cite,
    forms,
    matches::SealedNames,
    provides::{Provides, Unblocking},
};

#[derive(Template)]
#[template(path = "unblocks/open.html")]
struct OpenPage {
    page: Page,
    summary: Option<ErrorSummary>,
    lead: String,
    clause: Option<(String, String)>,
    step: Step,
    open: Vec<Row>,
    before: Vec<Row>,
}

/// What is chosen next.
enum Step {
    /// The policy does not provide for it, or there is no class.
    Nothing,
    /// Which class.
    Class(Vec<(String, String)>),
    /// Which site.
    Site { class: String, lately: Vec<Tile>, categories: Vec<Tile>, site: Field },
    /// What for.
    Purpose { class: String, site: String, says: String, until: String, purposes: Vec<String>, reason: Field },
    /// It cannot be opened; it can be asked for.
    Ask { site: String },
}

struct Tile {
    href: String,
    text: String,
    small: String,
}

struct Row {
    id: Uuid,
    site: String,
    class: String,
    who: String,
    when: String,
    reason: String,
}

/// What has been chosen so far.
#[derive(Debug, Default, Clone, serde::Deserialize)]
pub(crate) struct Chosen {
    #[serde(default)]
    class: String,
    #[serde(default)]
    site: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    reason: String,
}

/// What a teacher opens something for, where the policy names no purposes.
const PURPOSES: [&str; 3] = ["This lesson", "Research for homework", "Blocked by mistake"];

/// How far back a class was refused something that may be wanted now.
const LATELY: SignedDuration = SignedDuration::from_mins(60);

/// The classes that somebody may open for: their own, or every one where they teach none.
async fn classes(school: &School, session: &Session) -> Result<Vec<String>, PageError> {
    let own = &session.subject().classes;
    if !own.is_empty() {
        return Ok(own.iter().cloned().collect());
    }
    let all = school.read().find::<people_class::Entity>().all().await.map_err(PageError::internal)?;
    let all: BTreeSet<String> = all.into_iter().map(|class| class.name).collect();
    Ok(all.into_iter().collect())
}

fn of_class(class: &str) -> String {
    format!("/filter/open?class={}", encode(class))
}

fn of_site(class: &str, site: &str) -> String {
    format!("{}&site={}", of_class(class), encode(site))
}

/// A site, a category, as a person says it.
fn says(site: &SiteItem) -> String {
    match site {
        SiteItem::Category(name) => format!("All sites of: {}", name.replace('-', " ")),
        SiteItem::All
        | SiteItem::Domain(_)
        | SiteItem::Address { .. }
        | SiteItem::Pattern(_)
        | SiteItem::List(_)
        | SiteItem::Register(_) => site.to_string(),
    }
}

/// What was typed or tapped.
fn item(typed: &str) -> Result<SiteItem, String> {
    match SiteItem::parse(typed.trim()) {
        Ok(SiteItem::Category(name)) if Category::parse(&name).is_ok() => Ok(SiteItem::Category(name)),
        Ok(_) | Err(_) => forms::owned_site(typed),
    }
}

/// What the class was refused within the last hour and the policy lets a teacher open.
async fn lately(
    state: &Traffic,
    school: &School,
    visit: &Visit,
    unblocking: &Unblocking,
    class: &str,
) -> Result<Vec<Tile>, PageError> {
    let filter = Filter {
        from: Some(visit.now() - LATELY),
        class: Some(class.to_owned()),
        outcomes: vec![Outcome::Blocked],
        ..Filter::default()
    };
    let counts = state.log().counts(school.id(), filter, By::Host, 30).await.map_err(PageError::internal)?;
    let mut tiles = Vec::new();
    for count in counts.counts {
        let CountKey::Word(host) = count.key else { continue };
        let Ok(site) = forms::site(&host) else { continue };
        if tiles.len() < 8 && may_open(unblocking, &site, &state.known(school, class, &site, visit.now()).await?) {
            let times = if count.rows == 1 { "once".to_owned() } else { format!("{} times", count.rows) };
            tiles.push(Tile {
                href: of_site(class, &host),
                small: format!("blocked {times} in the last hour"),
                text: host,
            });
        }
    }
    Ok(tiles)
}

async fn step(
    state: &Traffic,
    school: &School,
    visit: &Visit,
    provides: &Provides,
    (by, chosen, classes): (PersonId, &Chosen, Vec<String>),
    mistakes: &mut Mistakes,
) -> Result<Step, PageError> {
    let Some(unblocking) = provides.unblock.as_ref().filter(|it| !it.sites.0.is_empty()) else {
        return Ok(Step::Nothing);
    };
    let class = match (classes.as_slice(), chosen.class.as_str()) {
        ([], _) => return Ok(Step::Nothing),
        ([one], "") => one.clone(),
        (all, typed) if all.iter().any(|class| class == typed) => typed.to_owned(),
        (all, _) => {
            // A site that was named already is not asked for again.
            let href = |class: &str| match chosen.site.trim() {
                "" => of_class(class),
                site => of_site(class, site),
            };
            return Ok(Step::Class(all.iter().map(|class| (href(class), class.clone())).collect()));
        }
    };
    let site = match chosen.site.trim() {
        "" => None,
        typed => item(typed).map_err(|text| mistakes.add("site", text)).ok(),
    };
    let Some(site) = site else {
        let tile = |category: Category| Tile {
            href: of_site(&class, category.name()),
            text: category.name().replace('-', " "),
            small: category.says().to_owned(),
        };
        return Ok(Step::Site {
            lately: lately(state, school, visit, unblocking, &class).await?,
            categories: unblocking.categories().into_iter().map(tile).collect(),
            site: Field::text("site", "Which site?")
                .hint("Such as www.example.org")
                .as_typed()
                .value(chosen.site.clone())
                .check(mistakes),
            class,
        });
    };
    let known = state.known_to(by, school, &class, &site, visit.now()).await?;
    if !may_open(unblocking, &site, &known) {
        return Ok(Step::Ask { site: site.to_string() });
    }
    let purposes = if unblocking.purposes.is_empty() {
        PURPOSES.iter().map(|purpose| (*purpose).to_owned()).collect()
    } else {
        unblocking.purposes.iter().map(|purpose| forms::capital(&purpose.replace('-', " "))).collect()
    };
    Ok(Step::Purpose {
        says: says(&site),
        site: site.to_string(),
        until: forms::until_words(provides.lesson_ends(visit.now()).as_millisecond(), visit.now()),
        purposes,
        reason: Field::text("reason", "Another reason").value(chosen.reason.clone()).check(mistakes),
        class,
    })
}

async fn page(
    state: &Traffic,
    school: &School,
    visit: &Visit,
    session: &Session,
    (chosen, mut mistakes): (&Chosen, Mistakes),
) -> Result<OpenPage, PageError> {
    let (provides, now) = (state.gate().provides(school.id()), visit.now());
    let own = classes(school, session).await?;
    let step = step(state, school, visit, &provides, (session.person(), chosen, own), &mut mistakes).await?;
    let rows = service::since(school, now - SHOWN).await.map_err(PageError::internal)?;
    let names = forms::names(school, rows.iter().map(|row| row.opened_by).collect::<Vec<_>>()).await;
    let names = names.map_err(PageError::internal)?;
    let (open, before): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| is_open(row, now));
    let row = |row: store::entity::filter_unblock::Model| Row {
        id: row.id,
        who: forms::name(&names, row.opened_by),
        when: if is_open(&row, now) {
            forms::capital(&forms::until_words(row.until_at, now))
        } else {
            forms::capital(&forms::when(row.opened_at, now))
        },
        site: SiteItem::parse(&row.site).map(|site| says(&site)).unwrap_or(row.site),
        class: row.class,
        reason: row.reason,
    };
    let page = visit.page("Open a site for a class");
    Ok(OpenPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        lead: match (&provides.unblock, &step) {
            (None, _) => "The policy in force does not let a teacher open a site for a lesson.".to_owned(),
            (Some(unblocking), Step::Nothing) if unblocking.sites.0.is_empty() => {
                "Ask for the site that a class needs: somebody opens it for the lesson, and it closes by itself."
                    .to_owned()
            }
            (Some(_), Step::Nothing) => "There is no class yet to open a site for.".to_owned(),
            (Some(_), Step::Class(_) | Step::Site { .. } | Step::Purpose { .. } | Step::Ask { .. }) => {
                "It closes by itself when the lesson ends.".to_owned()
            }
        },
        clause: cite(provides.unblock.as_ref().map(|it| &it.clause)),
        step,
        open: open.into_iter().map(row).collect(),
        before: before.into_iter().take(20).map(row).collect(),
    })
}

pub(crate) async fn choose(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayOpenForClass,
    session: Session,
    Query(chosen): Query<Chosen>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&page(&state, &school, &visit, &session, (&chosen, Mistakes::new())).await?)
}

pub(crate) async fn open(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayOpenForClass,
    session: Session,
    Form(chosen): Form<Chosen>,
) -> PageResult {
    let (school, provides) = (state.school(may.school()).await?, state.gate().provides(may.school()));
    if provides.unblock.is_none() {
        return Err(crate::ActError::NotProvided.into());
    }
    let mut mistakes = Mistakes::new();
    // A reason that was typed counts before a button.
    let typed = if chosen.reason.trim().is_empty() { &chosen.purpose } else { &chosen.reason };
    let reason = forms::words("reason", typed, "Write what it is for", &mut mistakes);
    let own = classes(&school, &session).await?;
    let site = item(&chosen.site).map_err(|text| mistakes.add("site", text)).ok();
    let (Some(site), true, true) = (site, mistakes.is_empty(), own.contains(&chosen.class)) else {
        return refused(&page(&state, &school, &visit, &session, (&chosen, mistakes)).await?);
    };
    let known = state.known_to(may.by(), &school, &chosen.class, &site, visit.now()).await?;
    let mut sealed = SealedNames::new(&state, &school, visit.now());
    let reason = sealed.strip(&reason);
    sealed.write_down(&school, may.by(), visit.now()).await?;
    let new = NewUnblock { class: chosen.class.clone(), site: site.clone(), reason, answers: None };
    let until = service::open(&school, &provides, (may.by(), Word::Teacher), new, &known, visit.now()).await?;
    let until = forms::until_words(until.as_millisecond(), visit.now());
    let text = format!("Open for {} {until}: {}. It closes by itself.", chosen.class, says(&site));
    Ok(visit.see_other_saying(&of_class(&chosen.class), &text))
}

pub(crate) async fn close(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayOpenForClass,
    Path(id): Path<Uuid>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    service::close(&school, may.by(), id, visit.now()).await?;
    Ok(visit.see_other_saying("/filter/open", "It is closed again."))
}
