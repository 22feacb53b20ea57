//! Who answers for what. What nobody answers for is said first, and in red.

use askama::Template;
use axum::{Form, extract::State, response::Response};
use kernel::{PersonId, Role};
use webkit::{
    Action, Page, PageError, PageResult, Visit,
    error::refused,
    html,
    kit::{Choice, Choices, Field, Mistakes},
    permit::MayManageRoles,
};

use super::{PeopleDesk, broken, day_in_words};
use crate::people::roles::{self as service, Called, EVERYDAY, RoleError, RoleHolder};

/// One responsibility as the page shows it.
struct RoleRow {
    id: &'static str,
    title: String,
    holders: Vec<HolderRow>,
    vacant: bool,
}

struct HolderRow {
    person: PersonId,
    name: String,
    says: String,
    may_end: bool,
}

/// The page.
#[derive(Template)]
#[template(path = "people/roles.html")]
struct RolesPage {
    page: Page,
    says: String,
    rows: Vec<RoleRow>,
    may_see_people: bool,
    give: Option<GiveForm>,
}

struct GiveForm {
    mistakes: Mistakes,
    person: Field,
    role: Choices,
    deputy: Choices,
}

/// What is given.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
pub struct Given {
    person: String,
    role: String,
    deputy: String,
}

/// What is ended.
#[derive(serde::Deserialize)]
pub struct Ended {
    person: String,
    role: String,
}

async fn page(visit: &Visit, desk: &PeopleDesk, given: &Given, mistakes: Mistakes) -> Result<RolesPage, PageError> {
    let school = desk.school(visit).await?;
    let held = service::responsibilities(&school.read()).await.map_err(broken)?;
    let title = |role: Role| visit.desk().in_force.title(school.id(), role);
    let may_give = visit.may(Action::ManageRoles);
    let of_school: Vec<Role> = Role::ALL.iter().copied().filter(|role| !EVERYDAY.contains(role)).collect();
    let mut rows = Vec::new();
    for role in &of_school {
        let holders: &[RoleHolder] = held.get(role).map_or(&[], Vec::as_slice);
        rows.push(RoleRow {
            id: role.id(),
            title: title(*role),
            vacant: !holders.iter().any(|one| !one.deputy),
            holders: holders
                .iter()
                .map(|one| HolderRow {
                    person: one.person,
                    name: one.name.clone(),
                    says: format!("{}since {}", if one.deputy { "deputy, " } else { "" }, day_in_words(&one.since)),
                    may_end: may_give && one.by_school,
                })
                .collect(),
        });
    }
    let vacant = rows.iter().filter(|row| row.vacant).count();
    rows.sort_by_key(|row| !row.vacant);
    let says = match vacant {
        0 => format!("Somebody holds each of the {} responsibilities.", rows.len()),
        1 => format!("Nobody holds 1 of the {} responsibilities.", rows.len()),
        _ => format!("Nobody holds {vacant} of the {} responsibilities.", rows.len()),
    };
    let adults = if may_give { service::adults(&school.read()).await.map_err(broken)? } else { Vec::new() };
    let give = may_give.then(|| GiveForm {
        person: Field::text("person", "Name or username")
            .as_typed()
            .suggest(adults)
            .value(given.person.clone())
            .check(&mistakes),
        role: Choices::select(
            "role",
            "Responsibility",
            of_school.iter().map(|role| Choice::new(role.id(), title(*role))).collect(),
        )
        .chosen(given.role.clone())
        .check(&mistakes),
        deputy: Choices::radios(
            "deputy",
            "As",
            vec![Choice::new("no", "Holder"), Choice::new("yes", "Deputy").hint("Sees what the holder sees.")],
        )
        .chosen(if given.deputy == "yes" { "yes" } else { "no" }),
        mistakes,
    });
    let page = visit.page("Responsibilities").back("People", "/people");
    let mistaken = give.as_ref().is_some_and(|give| !give.mistakes.is_empty());
    Ok(RolesPage {
        page: if mistaken { page.mistaken() } else { page },
        says,
        rows,
        may_see_people: visit.may(Action::SeePeople),
        give,
    })
}

/// Who answers for what.
pub async fn list(visit: Visit, State(desk): State<PeopleDesk>) -> PageResult {
    html(&page(&visit, &desk, &Given::default(), Mistakes::new()).await?)
}

/// Gives a responsibility.
pub async fn give(
    may: MayManageRoles,
    visit: Visit,
    State(desk): State<PeopleDesk>,
    Form(given): Form<Given>,
) -> Result<Response, PageError> {
    let school = desk.school(&visit).await?;
    let mut mistakes = Mistakes::new();
    let person = match service::called(&school.read(), given.person.trim()).await.map_err(broken)? {
        Called::One(person) => Some(person),
        Called::Nobody => {
            mistakes.add("person", "Enter the name or the username of somebody at the school");
            None
        }
        Called::Several(usernames) => {
            mistakes.add("person", format!("Several are called so: enter the username, {}", usernames.join(" or ")));
            None
        }
    };
    let role = Role::parse(&given.role).ok();
    if role.is_none() {
        mistakes.add("role", "Choose a responsibility");
    }
    let (Some(person), Some(role)) = (person, role) else {
        return refused(&page(&visit, &desk, &given, mistakes).await?);
    };
    let title = visit.desk().in_force.title(school.id(), role);
    match service::assign_role(&school, &may, person, role, given.deputy == "yes", visit.now()).await {
        Ok(()) => Ok(visit.see_other_saying("/people/roles", &format!("{title}: given."))),
        Err(RoleError::Store(error)) => Err(broken(error)),
        Err(error) => {
            mistakes.add("person", words(&error, &title));
            refused(&page(&visit, &desk, &given, mistakes).await?)
        }
    }
}

fn words(error: &RoleError, title: &str) -> String {
    match error {
        RoleError::NoPerson => "This person is no longer at the school".to_owned(),
        RoleError::ByRollAlone(_) => format!("{title}: only the roll says who that is"),
        RoleError::Pupil(_) => "This is a pupil: choose an adult".to_owned(),
        RoleError::Already(_) => format!("{title}: this person holds it already"),
        RoleError::NotHeld(_) => format!("{title}: this person does not hold it"),
        RoleError::FromRoll(_) => format!("{title}: it comes with the roll. Change it in the MIS"),
        RoleError::OtherSchool | RoleError::Table(_) | RoleError::Store(_) => "That could not be done".to_owned(),
    }
}

/// Ends a responsibility.
pub async fn end(
    may: MayManageRoles,
    visit: Visit,
    State(desk): State<PeopleDesk>,
    Form(ended): Form<Ended>,
) -> Result<Response, PageError> {
    let person = PersonId::parse(&ended.person).map_err(|_| PageError::NotFound)?;
    let role = Role::parse(&ended.role).map_err(|_| PageError::NotFound)?;
    let school = desk.school(&visit).await?;
    let title = visit.desk().in_force.title(school.id(), role);
    match service::end_role(&school, &may, person, role, visit.now()).await {
        Ok(()) => Ok(visit.see_other_saying("/people/roles", &format!("{title}: ended."))),
        Err(RoleError::Store(error)) => Err(broken(error)),
        Err(error) => Err(PageError::Conflict(words(&error, &title))),
    }
}
