//! The register of users (`access.user-register`): who has which username, first passwords, resets.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use kernel::{Capacity, PersonId, Role};
use serde::Deserialize;
use store::{Act, School, StoreError, entity::access_account};
use webkit::{
    Action, CsvFile, Page, PageError, PageResult, Permit, Visit, html,
    kit::{Choice, Filters, PageNumber, Pager, State as Mark},
    permit::MayManageAccounts,
};

use super::{
    super::{
        Access, AccessError,
        accounts::{Handout, Which},
        reach::Seer,
        subjects,
    },
    school_of,
};

const ON_A_PAGE: usize = 50;

/// A line of the register.
#[derive(Clone, PartialEq, Eq)]
struct Line {
    person: PersonId,
    name: String,
    username: String,
    what: String,
    state: UserState,
    mark: Mark,
    /// Whether the reader may see a new password of theirs.
    shown: bool,
}

impl Line {
    fn is_closed(&self) -> bool {
        self.state == UserState::Closed
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UserState {
    Ready,
    NoPassword,
    MustChange,
    Closed,
}

impl UserState {
    const ALL: [(Self, &str, &str); 4] = [
        (Self::NoPassword, "no-password", "No password yet"),
        (Self::MustChange, "must-change", "First password handed out"),
        (Self::Ready, "ready", "In use"),
        (Self::Closed, "closed", "Closed"),
    ];

    fn words(self) -> (&'static str, &'static str) {
        Self::ALL.iter().find(|row| row.0 == self).map_or(("", ""), |row| (row.1, row.2))
    }

    fn mark(self) -> Mark {
        let words = self.words().1;
        match self {
            Self::Ready => Mark::good(words),
            Self::MustChange | Self::NoPassword => Mark::due(words),
            Self::Closed => Mark::off(words),
        }
    }
}

#[derive(Template)]
#[template(path = "access/register.html")]
struct RegisterPage {
    page: Page,
    sums_up: String,
    without: usize,
    filters: Filters,
    export: String,
    find: String,
    filtered: bool,
    count: String,
    lines: Vec<Line>,
    pager: Pager,
    /// Whether there is somebody whose password the reader may not see.
    by_link: bool,
}

#[derive(Template)]
#[template(path = "access/handouts.html")]
struct HandoutsPage {
    page: Page,
    heading: String,
    handouts: Vec<Handout>,
    address: String,
    /// Those who get none here.
    others: Option<String>,
}

/// What the register is narrowed to. A name is never part of the address: it is posted.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(skip)]
    find: String,
    #[serde(default)]
    who: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    page: PageNumber,
}

impl Asked {
    fn filters(&self) -> Filters {
        let mut states = vec![Choice::new("", "Any state")];
        states.extend(UserState::ALL.iter().map(|row| Choice::new(row.1, row.2)));
        Filters::new("/accounts", "Filter the users")
            .select(
                "who",
                "Who",
                &self.who,
                vec![
                    Choice::new("", "Everybody"),
                    Choice::new("staff", "Staff"),
                    Choice::new("pupils", "Pupils"),
                    Choice::new("others", "Others"),
                ],
            )
            .select("state", "State", &self.state, states)
    }

    fn wants(&self, line: &Line, member: Option<&subjects::Member>) -> bool {
        let find = self.find.trim().to_lowercase();
        let is = |capacity| member.is_some_and(|member| member.subject.has_capacity(capacity));
        let who = match self.who.as_str() {
            "staff" => is(Capacity::Staff),
            "pupils" => is(Capacity::Pupil),
            "others" => !is(Capacity::Staff) && !is(Capacity::Pupil),
            _ => true,
        };
        let state = self.state.is_empty() || line.state.words().0 == self.state;
        who && state && (find.is_empty() || line.name.to_lowercase().contains(&find) || line.username.contains(&find))
    }
}

/// Who looks, as the guard of passwords knows them.
fn seer(visit: &Visit) -> Result<Seer<'_>, PageError> {
    Ok(Seer::new(visit.rights(), visit.session().ok_or(PageError::SignIn)?))
}

async fn lines(school: &School, visit: &Visit, asked: &Asked) -> Result<(Vec<Line>, usize, usize), PageError> {
    let seer = seer(visit)?;
    let found = read_lines(school, visit, asked, &seer).await;
    Ok(found.map_err(AccessError::from)?)
}

async fn read_lines(
    school: &School,
    visit: &Visit,
    asked: &Asked,
    seer: &Seer<'_>,
) -> Result<(Vec<Line>, usize, usize), StoreError> {
    let rows = school.read();
    let members = subjects::all(&rows, visit.school_time().date()).await?;
    let accounts = rows.find::<access_account::Entity>().ascending(access_account::Column::Username).all().await?;
    let (total, mut without, mut found) = (accounts.len(), 0, Vec::new());
    for account in accounts {
        let member = members.get(&PersonId(account.person_id));
        let state = match (&account.disabled_at, &account.password_hash, account.must_change) {
            (Some(_), _, _) => UserState::Closed,
            (None, None, _) => UserState::NoPassword,
            (None, Some(_), true) => UserState::MustChange,
            (None, Some(_), false) => UserState::Ready,
        };
        if state == UserState::NoPassword {
            without += 1;
        }
        let line = Line {
            person: PersonId(account.person_id),
            name: member.map_or_else(|| "Left the school".to_owned(), subjects::Member::full_name),
            username: account.username,
            what: member.map(|member| what(visit, school, member)).unwrap_or_default(),
            state,
            mark: state.mark(),
            shown: member.is_none_or(|member| seer.may_see(member)),
        };
        if asked.wants(&line, member) {
            found.push(line);
        }
    }
    Ok((found, total, without))
}

fn what(visit: &Visit, school: &School, member: &subjects::Member) -> String {
    if member.subject.has_capacity(Capacity::Pupil) {
        let class = member.subject.classes.iter().next().cloned();
        return match (class, member.subject.year) {
            (Some(class), _) => format!("Pupil, {class}"),
            (None, Some(year)) => format!("Pupil, {}", year.title()),
            (None, None) => "Pupil".to_owned(),
        };
    }
    let only = member.subject.roles.len() == 1;
    // That somebody who holds a role is also a member of staff needs no saying.
    let roles = member.subject.roles.iter().filter(|role| only || **role != Role::Staff);
    let titles = roles.map(|role| visit.desk().in_force.title(school.id(), *role));
    titles.collect::<Vec<_>>().join(", ")
}

/// The register.
pub(super) async fn show(
    State(access): State<Access>,
    visit: Visit,
    _may: MayManageAccounts,
    Query(asked): Query<Asked>,
) -> PageResult {
    narrowed(&access, &visit, &asked).await
}

#[derive(Deserialize)]
pub(super) struct FindForm {
    #[serde(default)]
    find: String,
}

/// The register, narrowed to a name.
pub(super) async fn find(
    State(access): State<Access>,
    visit: Visit,
    _may: MayManageAccounts,
    Form(form): Form<FindForm>,
) -> PageResult {
    narrowed(&access, &visit, &Asked { find: form.find, ..Asked::default() }).await
}

async fn narrowed(access: &Access, visit: &Visit, asked: &Asked) -> PageResult {
    let school = school_of(access, visit).await?;
    let (found, total, without) = lines(&school, visit, asked).await?;
    let filters = asked.filters();
    let query = filters.query();
    let count = found.len();
    // A search has no further pages: whoever has that many hits types more of the name.
    let searched = !asked.find.is_empty();
    let size = u64::try_from(ON_A_PAGE).unwrap_or(u64::MAX);
    let pager = Pager::new(
        "/accounts",
        &query,
        asked.page,
        size,
        if searched { 0 } else { u64::try_from(count).unwrap_or(u64::MAX) },
    );
    let skip = usize::try_from(asked.page.offset(size)).unwrap_or(usize::MAX);
    html(&RegisterPage {
        page: visit.page("Accounts"),
        sums_up: match without {
            0 => format!("{total} people have a username, and each has a password."),
            1 => format!("{total} people have a username. 1 of them has no password yet."),
            _ => format!("{total} people have a username. {without} of them have no password yet."),
        },
        without,
        find: asked.find.clone(),
        by_link: found.iter().any(|line| !line.shown),
        filtered: !query.is_empty() || !asked.find.is_empty(),
        export: if query.is_empty() { "/accounts.csv".to_owned() } else { format!("/accounts.csv?{query}") },
        filters,
        count: if count == 1 { "1 user".to_owned() } else { format!("{count} users") },
        lines: found.into_iter().skip(skip).take(ON_A_PAGE).collect(),
        pager,
    })
}

/// The register as a file. Taking it out of the house is an act.
pub(super) async fn export(
    State(access): State<Access>,
    visit: Visit,
    may: MayManageAccounts,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let school = school_of(&access, &visit).await?;
    let (found, ..) = lines(&school, &visit, &asked).await?;
    let mut file = CsvFile::new("users", ["Name", "Username", "Who", "State"]);
    for line in found {
        file.push([line.name, line.username, line.what, line.state.words().1.to_owned()]);
    }
    let act = Act::new("access.export-users", may.by());
    school.act(act, visit.now(), async |_| Ok::<_, StoreError>(())).await.map_err(AccessError::from)?;
    Ok(file.into_response())
}

#[derive(Deserialize)]
pub(super) struct WhichForm {
    #[serde(default)]
    who: String,
}

/// First passwords for all who have none; shown once, to be printed.
pub(super) async fn first_passwords(
    State(access): State<Access>,
    visit: Visit,
    may: MayManageAccounts,
    Form(form): Form<WhichForm>,
) -> PageResult {
    let which = match form.who.as_str() {
        "pupils" => Which::Pupils,
        "staff" => Which::Staff,
        _ => Which::Everybody,
    };
    let school = school_of(&access, &visit).await?;
    let seer = seer(&visit)?;
    let may_see = |member: &subjects::Member| seer.may_see(member);
    let (handouts, others) = access.first_passwords_of(&school, may.by(), which, &may_see, visit.now()).await?;
    if handouts.is_empty() {
        let says = match others {
            0 => "Nobody was without a password.",
            _ => "Those who have no password yet choose it themselves, by a link. How that goes is said below.",
        };
        return Ok(visit.see_other_saying("/accounts", says));
    }
    let others = match others {
        0 => None,
        1 => Some("1 person is not among them and chooses a password by a link".to_owned()),
        more => Some(format!("{more} people are not among them and choose a password by a link")),
    };
    let heading = match handouts.len() {
        1 => "1 first password".to_owned(),
        count => format!("{count} first passwords"),
    };
    handed_out(&visit, heading, handouts, others)
}

fn handed_out(visit: &Visit, heading: String, handouts: Vec<Handout>, others: Option<String>) -> PageResult {
    let page = visit.page("First passwords").back("Accounts", "/accounts");
    html(&HandoutsPage { page, heading, handouts, address: visit.absolute("/sign-in"), others })
}

/// Whoever reads what children tell is out of reach of those who do not: a new password would be a way in.
async fn within_reach(school: &School, visit: &Visit, text: &str) -> Result<PersonId, PageError> {
    let who = person(text)?;
    let member = subjects::one(&school.read(), who, visit.school_time().date()).await.map_err(AccessError::from)?;
    let reads = member.is_some_and(|member| visit.rights().allow(&member.subject.roles, Action::ReadConcerns));
    if reads && !visit.may(Action::ReadConcerns) {
        return Err(PageError::Forbidden("change the account of somebody who reads what children tell".to_owned()));
    }
    Ok(who)
}

fn person(text: &str) -> Result<PersonId, PageError> {
    PersonId::parse(text).map_err(|_| PageError::NotFound)
}

/// A new first password for one person.
pub(super) async fn reset(
    State(access): State<Access>,
    visit: Visit,
    may: MayManageAccounts,
    Path(who): Path<String>,
) -> PageResult {
    let school = school_of(&access, &visit).await?;
    let who = person(&who)?;
    let member = subjects::one(&school.read(), who, visit.school_time().date()).await.map_err(AccessError::from)?;
    if !seer(&visit)?.may_see(&member.ok_or(PageError::NotFound)?) {
        let text = "see the password of somebody who looks after children or changes the filter. They choose a new one \
                    by a link: the page of accounts says how";
        return Err(PageError::Forbidden(text.to_owned()));
    }
    let handout = access.reset(&school, may.by(), who, visit.now()).await?;
    handed_out(&visit, "A new password".to_owned(), vec![handout], None)
}

/// Closes an account.
pub(super) async fn close(
    State(access): State<Access>,
    visit: Visit,
    may: MayManageAccounts,
    Path(who): Path<String>,
) -> PageResult {
    let school = school_of(&access, &visit).await?;
    let who = within_reach(&school, &visit, &who).await?;
    if who == may.by() {
        return Err(PageError::Conflict("You cannot close your own account. Ask somebody else to".to_owned()));
    }
    access.set_open(&school, may.by(), who, false, visit.now()).await?;
    Ok(visit.see_other_saying("/accounts", "The account is closed. Nobody can sign in with it."))
}

/// Opens an account again.
pub(super) async fn open(
    State(access): State<Access>,
    visit: Visit,
    may: MayManageAccounts,
    Path(who): Path<String>,
) -> PageResult {
    let school = school_of(&access, &visit).await?;
    let who = within_reach(&school, &visit, &who).await?;
    access.set_open(&school, may.by(), who, true, visit.now()).await?;
    Ok(visit.see_other_saying("/accounts", "The account is open again."))
}
