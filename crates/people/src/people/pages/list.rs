//! Who is at the school: the list, one person, the classes.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use kernel::{Capacity, PersonId, Role, Year};
use store::Act;
use webkit::{
    Action, CsvFile, Page, PageError, PageResult, Permit, Visit, html,
    kit::{Cell, Choice, Filters, PageNumber, Pager, State as Mark, Table},
    page::title_in_sentence,
    permit::{MayImportPeople, MaySeePeople},
};

use super::{PeopleDesk, broken, day_in_words};
use crate::people::{
    read::{self, Listed, ListedClass, Narrowed, Person},
    standing,
};

/// How many people stand on a page.
const SIZE: u64 = 50;

/// What the address of the list says. It never holds a name.
#[derive(serde::Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    class: String,
    year: String,
    role: String,
    page: PageNumber,
}

/// What somebody looks for.
#[derive(serde::Deserialize)]
pub struct Find {
    name: String,
}

/// The list.
#[derive(Template)]
#[template(path = "people/list.html")]
struct ListPage {
    page: Page,
    says: String,
    filters: Filters,
    name: String,
    count: String,
    narrowed: bool,
    table: Option<Table>,
    pager: Option<Pager>,
    may_import: bool,
    may_see_roles: bool,
    csrf: String,
}

fn titles(visit: &Visit) -> impl Fn(Role) -> String {
    let (desk, school) = (visit.desk(), visit.school());
    let in_force = std::sync::Arc::clone(&desk.in_force);
    move |role| match school {
        Some(school) => in_force.title(school, role),
        None => role.default_title().to_owned(),
    }
}

async fn filters(
    rows: &store::Rows,
    asked: &Asked,
    titles: &impl Fn(Role) -> String,
) -> Result<Filters, store::StoreError> {
    let any = |label: &str| vec![Choice::new("", label)];
    let mut classes = any("Any class");
    for class in read::classes(rows).await? {
        classes.push(Choice::new(class.name.clone(), class.name));
    }
    let mut years = any("Any year");
    years.extend(Year::all().map(|year| Choice::new(year.to_string(), year.title())));
    let mut roles = any("Anybody");
    roles.extend(Role::ALL.iter().map(|role| Choice::new(role.id(), titles(*role))));
    Ok(Filters::new("/people", "Filter the people")
        .select("role", "Who", &asked.role, roles)
        .select("year", "Year", &asked.year, years)
        .select("class", "Class", &asked.class, classes))
}

fn table(people: &[Listed], titles: &impl Fn(Role) -> String) -> Option<Table> {
    let mut table = Table::new("People", ["Name", "Who", "Class", "Sign-in"]);
    for one in people {
        let mut roles: Vec<String> = one.roles.iter().map(|role| titles(*role)).collect();
        if let Some(year) = one.year {
            roles.push(year.title());
        }
        let mark = if one.account { Mark::good("Open") } else { Mark::off("Closed") };
        table.push([
            Cell::link(format!("{}, {}", one.family, one.given), format!("/people/{}", one.id)),
            Cell::text(roles.join(", ")),
            Cell::text(one.classes.join(", ")),
            Cell::State(mark),
        ]);
    }
    (!table.is_empty()).then_some(table)
}

fn people_in_words(count: usize) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

/// The list of everybody.
pub async fn list(
    _may: MaySeePeople,
    visit: Visit,
    State(desk): State<PeopleDesk>,
    Query(asked): Query<Asked>,
) -> PageResult {
    show(&visit, &desk, asked, String::new()).await
}

/// Finds people by name. Posted, so that no name stands in an address or a log.
pub async fn find(
    _may: MaySeePeople,
    visit: Visit,
    State(desk): State<PeopleDesk>,
    Form(find): Form<Find>,
) -> PageResult {
    show(&visit, &desk, Asked::default(), find.name).await
}

async fn show(visit: &Visit, desk: &PeopleDesk, asked: Asked, name: String) -> PageResult {
    let school = desk.school(visit).await?;
    let rows = school.read();
    let titles = titles(visit);
    let filters = filters(&rows, &asked, &titles).await.map_err(broken)?;
    let narrowed = Narrowed {
        name: name.trim().to_owned(),
        class: Some(asked.class.clone()).filter(|class| !class.is_empty()),
        year: Year::parse(&asked.year).ok(),
        role: Role::parse(&asked.role).ok(),
    };
    let found = read::list(&rows, &narrowed).await.map_err(broken)?;
    let counts = standing::counts(&school, visit.school_time().date()).await.map_err(broken)?;
    let total = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let first = usize::try_from(asked.page.offset(SIZE)).unwrap_or(usize::MAX);
    let shown: Vec<Listed> = found.into_iter().skip(first).take(usize::try_from(SIZE).unwrap_or(usize::MAX)).collect();
    // What was found by name has no address, so it has no second page: the first is enough to narrow it.
    let pager = narrowed.name.is_empty().then(|| Pager::new("/people", &filters.query(), asked.page, SIZE, total));
    let imported = match counts.imported {
        Some(at) => format!("last brought up to date on {}", kernel::SchoolTime::new(at).day_in_words()),
        None => "not yet brought in from a file".to_owned(),
    };
    let count = usize::try_from(total).unwrap_or(usize::MAX);
    let in_use = filters.in_use() || !narrowed.name.is_empty();
    html(&ListPage {
        says: format!(
            "{} pupils, {} staff, {} parents and carers in {} classes; {imported}.",
            counts.pupils, counts.staff, counts.parents, counts.classes
        ),
        filters,
        name: narrowed.name,
        count: people_in_words(count),
        narrowed: in_use,
        table: table(&shown, &titles),
        pager,
        may_import: visit.may(Action::ImportPeople),
        may_see_roles: visit.may(Action::SeePolicy),
        csrf: visit.page("People").csrf,
        page: visit.page("People"),
    })
}

/// Everybody as a file, and an entry in the ledger that it was taken.
pub async fn export(may: MayImportPeople, visit: Visit, State(desk): State<PeopleDesk>) -> Result<Response, PageError> {
    let school = desk.school(&visit).await?;
    let people = read::list(&school.read(), &Narrowed::default()).await.map_err(broken)?;
    let mut file = CsvFile::new("people", ["Family name", "Given name", "Roles", "Year", "Classes"]);
    for one in &people {
        let roles: Vec<_> = one.roles.iter().map(|role| role.id()).collect();
        let year = one.year.map_or_else(String::new, Year::title);
        file.push([one.family.clone(), one.given.clone(), roles.join(" "), year, one.classes.join(" ")]);
    }
    let act = Act::new("people.export", may.by()).about(school.id().0);
    let count = people.len();
    school
        .act(act, visit.now(), move |tx| async move {
            tx.detail("people", count);
            Ok(())
        })
        .await
        .map_err(broken)?;
    Ok(file.into_response())
}

/// The classes.
#[derive(Template)]
#[template(path = "people/classes.html")]
struct ClassesPage {
    page: Page,
    table: Option<Table>,
}

/// The classes with their teachers and numbers.
pub async fn classes(_may: MaySeePeople, visit: Visit, State(desk): State<PeopleDesk>) -> PageResult {
    let school = desk.school(&visit).await?;
    let mut table = Table::new("Classes", ["Class", "Year", "Class teacher", "Pupils"]);
    for ListedClass { name, year, pupils, teachers } in read::classes(&school.read()).await.map_err(broken)? {
        let teacher = match teachers.as_slice() {
            [] => Cell::State(Mark::bad("Nobody")),
            some => Cell::text(some.join(", ")),
        };
        table.push([
            Cell::text(name),
            Cell::text(year.map_or_else(String::new, Year::title)),
            teacher,
            Cell::figure(pupils),
        ]);
    }
    let page = visit.page("Classes").back("People", "/people");
    html(&ClassesPage { page, table: (!table.is_empty()).then_some(table) })
}

/// One person.
#[derive(Template)]
#[template(path = "people/person.html")]
struct PersonPage {
    page: Page,
    name: String,
    line: String,
    facts: Vec<(&'static str, String)>,
    related: Vec<(&'static str, Vec<(PersonId, String)>)>,
    roles: Option<Table>,
    account: Mark,
    account_says: String,
}

/// One person: facts, roles, classes, account. The title of the page names nobody.
pub async fn person(
    _may: MaySeePeople,
    visit: Visit,
    State(desk): State<PeopleDesk>,
    Path(id): Path<String>,
) -> PageResult {
    let id = PersonId::parse(&id).map_err(|_| PageError::NotFound)?;
    let school = desk.school(&visit).await?;
    let person = read::person(&school.read(), id).await.map_err(broken)?.ok_or(PageError::NotFound)?;
    let titles = titles(&visit);
    html(&page_of(visit.page("Person").back("People", "/people"), person, &titles))
}

fn page_of(page: Page, person: Person, titles: &impl Fn(Role) -> String) -> PersonPage {
    let name = person.full_name();
    let Person { id: _, given: _, family: _, year, email, joined, left, roles, classes, parents, children, account } =
        person;
    let pupil = roles.iter().any(|held| held.until.is_none() && held.role.capacity() == Capacity::Pupil);
    let now: Vec<String> = roles
        .iter()
        .filter(|held| held.until.is_none())
        .map(|held| title_in_sentence(&titles(held.role)) + if held.deputy { " (deputy)" } else { "" })
        .collect();
    let mut facts = Vec::new();
    facts.extend(year.filter(|_| pupil).map(|year| ("Year", year.title())));
    if !classes.is_empty() {
        let classes: Vec<_> = classes.iter().map(|(name, part)| format!("{name} ({})", part.title())).collect();
        facts.push(("Classes", classes.join(", ")));
    }
    facts.extend(email.map(|email| ("Mail", email)));
    facts.extend(joined.map(|day| ("First day here", day_in_words(&day))));
    facts.extend(left.map(|day| ("Last day here", day_in_words(&day))));
    let mut table = Table::new("Roles", ["Role", "Since", "Until", "Given by"]);
    for held in &roles {
        let title = titles(held.role);
        table.push([
            Cell::text(if held.deputy { format!("{title} (deputy)") } else { title }),
            Cell::text(day_in_words(&held.since)),
            Cell::text(held.until.as_deref().map_or_else(String::new, day_in_words)),
            Cell::text(if held.by_school { "the school" } else { "the roll" }),
        ]);
    }
    let (mark, says) = match account {
        None => (Mark::off("None"), "There is no account, so nobody can sign in.".to_owned()),
        Some(account) => match (account.closed, account.password) {
            (Some(at), _) => (
                Mark::off("Closed"),
                format!("{} was closed on {}.", account.username, kernel::SchoolTime::new(at).day_in_words()),
            ),
            (None, false) => {
                (Mark::due("No password yet"), format!("{} waits for its first password.", account.username))
            }
            (None, true) => (Mark::good("Open"), format!("{} can sign in.", account.username)),
        },
    };
    let related = [("Parents and carers", parents), ("Children", children)];
    PersonPage {
        page,
        name,
        line: now.join(", "),
        facts,
        related: related.into_iter().filter(|(_, some)| !some.is_empty()).collect(),
        roles: (!table.is_empty()).then_some(table),
        account: mark,
        account_says: says,
    }
}
