//! The home of each role: what needs doing today; for pupils, the few things that they need.

use askama::Template;
use axum::extract::State;
use kernel::{Capacity, SchoolTime};
use webkit::{
    Action, Page, PageResult, Session, Visit, html,
    kit::{Clear, Next, Todo, Urgency},
};

use super::{
    super::{Access, Banner, DueItem},
    school_of,
};

#[derive(Template)]
#[template(path = "access/home.html")]
struct HomePage {
    page: Page,
    caption: String,
    greeting: String,
    sums_up: String,
    next: Option<Next>,
    today: Vec<Todo>,
    week: Vec<Todo>,
    clear: Option<Clear>,
    /// What they were answered lately.
    answers: Vec<Banner>,
    banners: Vec<Banner>,
    links: Vec<(&'static str, &'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "access/home_pupil.html")]
struct PupilHome {
    page: Page,
    given: String,
    sign: Option<String>,
    /// The page on which they are asked what they think.
    asked: Option<String>,
    /// Whether there are sites for lessons.
    lessons: bool,
    /// What they were answered lately.
    answers: Vec<Banner>,
    banners: Vec<Banner>,
}

/// The home of whoever is signed in.
pub(super) async fn show(State(access): State<Access>, visit: Visit, session: Session) -> PageResult {
    let unsigned = access.ports().unsigned(&session, visit.now()).await?;
    // The agreement comes first; it says the same.
    let banners = if unsigned.is_some() { Vec::new() } else { access.ports().banners(&session, visit.now()).await? };
    let answers = access.ports().answers(&session, visit.now()).await?;
    if session.is(Capacity::Pupil) {
        let page = visit.page("Home").for_children();
        let asked = access.ports().asked(&session, visit.now()).await?;
        let lessons = access.ports().lessons(&session, visit.now()).await?;
        return html(&PupilHome {
            page,
            given: session.given().to_owned(),
            sign: unsigned,
            answers,
            asked,
            lessons,
            banners,
        });
    }
    let mut due = access.ports().due(&session, visit.now()).await?;
    if visit.may(Action::ReadConcerns) {
        let school = school_of(&access, &visit).await?;
        if let Some(item) = messages(access.unread(&school).await?) {
            due.insert(0, item);
        }
    }
    if let Some(href) = unsigned
        && !due.iter().any(|item| item.href == href)
    {
        due.push(DueItem {
            what: "Read and sign the agreement".to_owned(),
            why: "It says how we use the internet at school. Until you sign, it stays closed for you.".to_owned(),
            href,
            when: "Today".to_owned(),
            urgency: Urgency::Today,
        });
    }
    // Equal urgency keeps the order in which the areas gave it.
    due.sort_by_key(|item| item.urgency);
    html(&build(&visit, &session, due, answers, banners))
}

fn messages(unread: u64) -> Option<DueItem> {
    let what = match unread {
        0 => return None,
        1 => "Read 1 message for you".to_owned(),
        more => format!("Read {more} messages for you"),
    };
    Some(DueItem {
        what,
        why: "Somebody told something and was promised an answer today.".to_owned(),
        href: "/concerns".to_owned(),
        when: "Today".to_owned(),
        urgency: Urgency::Late,
    })
}

fn build(visit: &Visit, session: &Session, due: Vec<DueItem>, answers: Vec<Banner>, banners: Vec<Banner>) -> HomePage {
    let now = visit.school_time();
    let today_count = due.iter().filter(|item| item.urgency != Urgency::Later).count();
    let mut items = due.into_iter();
    let first = items.next().map(|item| {
        let next = Next::new(item.what, item.why).eyebrow(item.when).button("Go there", item.href);
        if item.urgency == Urgency::Late { next.urgent() } else { next }
    });
    let (mut today, mut week) = (Vec::new(), Vec::new());
    for item in items {
        let DueItem { what, why, href, when, urgency } = item;
        let later = urgency == Urgency::Later;
        let todo = Todo { what, why, href, when, urgency };
        if later { week.push(todo) } else { today.push(todo) }
    }
    let sums_up = match (today_count, first.is_some()) {
        (0, false) => String::new(),
        (0, true) => "Nothing needs you today. This comes next.".to_owned(),
        (1, _) => "One thing needs you today.".to_owned(),
        (count, _) => format!("{count} things need you today. One comes first."),
    };
    HomePage {
        page: visit.page("What needs doing today"),
        caption: format!("{}, {}", now.day_in_words(), now.clock_in_words()),
        greeting: format!("{}, {}", greeting(&now), session.given()),
        sums_up,
        clear: first.is_none().then(|| Clear::new("Nothing needs you today.", "When something does, it stands here.")),
        next: first,
        today,
        week,
        answers,
        banners,
        links: links(visit),
    }
}

fn greeting(now: &SchoolTime) -> &'static str {
    match now.clock().hour() {
        0..12 => "Good morning",
        12..18 => "Good afternoon",
        _ => "Good evening",
    }
}

/// Where a role goes from here: only what it may open.
fn links(visit: &Visit) -> Vec<(&'static str, &'static str, &'static str)> {
    let all = [
        (Some(Action::SeePolicy), "/policy", "Our policy", "Each clause, and whether it is kept today"),
        (
            Some(Action::SeePolicy),
            "/attestations",
            "Confirmations",
            "What people look at and confirm, and when it is due",
        ),
        (Some(Action::SeePolicy), "/notices", "Notices", "What the policy tells people, and how far it has reached"),
        (
            Some(Action::ImportPeople),
            "/people/import",
            "Bring in the roll",
            "Pupils, staff and classes, from the records system",
        ),
        (Some(Action::SeePeople), "/people", "People", "Who belongs to the school"),
        (Some(Action::ManageAccounts), "/accounts", "Accounts", "Usernames, first passwords, new passwords"),
        (Some(Action::SeeCoverage), "/agreements/coverage", "Agreements", "Who has signed"),
        (Some(Action::SeeActivity), "/monitor/activity", "Activity", "What was opened and refused"),
        (Some(Action::SeeLists), "/filter/lists", "Lists of sites", "What is blocked, and how old each list is"),
        (None, "/account", "My account", "Password and devices"),
    ];
    all.into_iter()
        .filter(|(action, ..)| action.is_none_or(|action| visit.may(action)))
        .map(|(_, href, text, says)| (href, text, says))
        .collect()
}
