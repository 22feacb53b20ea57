//! `/sites`, the page of links for lessons, and `/filter/approved`, where staff keep it.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
};
use kernel::{Audience, Capacity, SiteItem};
use store::School;
use uuid::Uuid;
use webkit::{
    Action, Page, PageError, PageResult, Permit as _, Reader, Session, Visit,
    error::refused,
    html,
    kit::{Choices, ErrorSummary, Field, Mistakes},
    permit::MayApproveSites,
};

use super::service::{self, New, Unfit};
use crate::{
    Traffic,
    changes::cite,
    forms,
    matches::{CLOSED_TO_ALL, SealedNames},
    provides::Provides,
};

#[derive(Template)]
#[template(path = "approved/links.html")]
struct LinksPage {
    page: Page,
    lead: &'static str,
    subjects: Vec<(String, Vec<Link>)>,
    may_approve: bool,
    child: bool,
}

struct Link {
    title: String,
    address: String,
    about: String,
    /// For whom, where the reader is no pupil: pupils see what is for them alone.
    who: Option<String>,
}

pub(crate) async fn links(State(state): State<Traffic>, visit: Visit, session: Session) -> PageResult {
    let school = state.school(session.school()).await?;
    let provides = state.gate().provides(session.school());
    // Pupils see what is for them; whoever teaches sees all of it.
    let pupil = session.is(Capacity::Pupil);
    let mut subjects: BTreeMap<String, Vec<Link>> = BTreeMap::new();
    let rows = if provides.approved.is_some() {
        service::on_lists(&school, visit.now()).await.map_err(PageError::internal)?
    } else {
        Vec::new()
    };
    for row in rows {
        let who = forms::audience(&row.who).map_err(PageError::internal)?;
        if provides.counts(row.previewed_at) && (!pupil || who.contains(session.subject())) {
            subjects.entry(row.subject).or_default().push(Link {
                title: row.title,
                address: row.address,
                about: row.about,
                who: (!pupil).then(|| forms::audience_words(&row.who)),
            });
        }
    }
    let child = session.reader() == Reader::Young;
    let mut page = visit.page("Sites for lessons");
    page.child = child;
    html(&LinksPage {
        page,
        lead: match (subjects.is_empty(), pupil, child) {
            (true, true, _) => "There are none yet. Ask your teacher.",
            (true, false, _) => "There are none yet.",
            (false, _, true) => "Your teachers have looked at these.",
            (false, _, false) => "Teachers have looked at these and found them good.",
        },
        subjects: subjects.into_iter().collect(),
        may_approve: visit.may(Action::ApproveSites),
        child,
    })
}

#[derive(Template)]
#[template(path = "approved/all.html")]
struct ApprovedPage {
    page: Page,
    summary: Option<ErrorSummary>,
    lead: String,
    clause: Option<(String, String)>,
    preview: bool,
    opens: bool,
    rows: Vec<Row>,
    address: Field,
    title: Field,
    about: Field,
    subject: Field,
    who: Choices,
    looked: Choices,
}

struct Row {
    id: Uuid,
    title: String,
    address: String,
    says: String,
    looked: String,
    waits: bool,
}

#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct AddForm {
    #[serde(default)]
    address: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    who: String,
    #[serde(default)]
    looked: String,
}

/// The subjects that are offered; any other can be typed.
const SUBJECTS: [&str; 14] = [
    "Art",
    "Computing",
    "Design and technology",
    "Drama",
    "English",
    "French",
    "Geography",
    "History",
    "Maths",
    "Music",
    "Physical education",
    "PSHE",
    "Religious education",
    "Science",
];

async fn page(
    visit: &Visit,
    school: &School,
    provides: &Provides,
    form: &AddForm,
    mistakes: &Mistakes,
) -> Result<ApprovedPage, PageError> {
    let now = visit.now();
    let found = service::on_lists(school, now).await.map_err(PageError::internal)?;
    let people = found.iter().flat_map(|row| [row.added_by, row.previewed_by]).collect::<Vec<_>>();
    let names = forms::names(school, people).await.map_err(PageError::internal)?;
    let waiting = found.iter().filter(|row| !provides.counts(row.previewed_at)).count();
    let rows = found
        .into_iter()
        .map(|row| Row {
            id: row.id,
            says: format!("{}, for {}", row.subject, forms::audience_words(&row.who)),
            looked: match row.previewed_at {
                Some(at) => format!("{} looked at it {}", forms::name(&names, row.previewed_by), forms::when(at, now)),
                None => format!("{} added it; nobody has looked at it yet", forms::name(&names, row.added_by)),
            },
            waits: !provides.counts(row.previewed_at),
            title: row.title,
            address: row.address,
        })
        .collect::<Vec<_>>();
    let page = visit.page("Approved sites").back("Sites for lessons", "/sites");
    let looked = vec![webkit::kit::Choice::new("yes", "I have looked through it, on the pages that pupils will see")];
    let ticked = Choices::checkboxes("looked", "Have you looked at it?", looked);
    Ok(ApprovedPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        lead: match (provides.approved.is_some(), rows.len(), waiting) {
            (false, ..) => "The policy in force keeps no list of approved sites.".to_owned(),
            (true, 0, _) => "No site is approved yet.".to_owned(),
            (true, all, 0) => format!("{all} on the list."),
            (true, all, waiting) => format!("{all} on the list; {waiting} wait until somebody has looked."),
        },
        clause: cite(provides.approved.as_ref().map(|it| &it.clause)),
        preview: provides.approved.as_ref().is_some_and(|it| it.preview),
        opens: provides.approved.as_ref().is_some_and(|it| it.opens),
        rows,
        address: Field::text("address", "Address")
            .hint("Such as https://www.example.org/maths")
            .as_typed()
            .value(form.address.clone())
            .check(mistakes),
        title: Field::text("title", "What is it called?").value(form.title.clone()).check(mistakes),
        about: Field::text("about", "What is it good for?").value(form.about.clone()).check(mistakes),
        subject: Field::text("subject", "Subject")
            .suggest(SUBJECTS.iter().map(|subject| (*subject).to_owned()).collect())
            .value(form.subject.clone())
            .check(mistakes),
        who: Choices::select("who", "Who sees the link?", forms::audiences(school).await.map_err(PageError::internal)?)
            .hint("The clause says for whom the site is open")
            .chosen(if form.who.is_empty() { "pupils" } else { &form.who })
            .check(mistakes),
        looked: if form.looked.is_empty() { ticked } else { ticked.chosen("yes") },
    })
}

pub(crate) async fn all(State(state): State<Traffic>, visit: Visit, may: MayApproveSites) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&page(&visit, &school, &state.gate().provides(may.school()), &AddForm::default(), &Mistakes::new()).await?)
}

/// The link: what was typed, where it is an address of the web; else the site.
fn link(typed: &str, site: &SiteItem) -> String {
    let typed = typed.trim();
    let lower = typed.to_lowercase();
    if lower.starts_with("https://") || lower.starts_with("http://") {
        typed.to_owned()
    } else {
        format!("https://{site}")
    }
}

pub(crate) async fn add(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayApproveSites,
    Form(mut form): Form<AddForm>,
) -> PageResult {
    let (school, provides) = (state.school(may.school()).await?, state.gate().provides(may.school()));
    let mut mistakes = Mistakes::new();
    let mut sealed = SealedNames::new(&state, &school, visit.now());
    let site = match forms::owned_site(&form.address) {
        Ok(site) if sealed.hold(&site) => {
            form.address.clear();
            mistakes.add("address", CLOSED_TO_ALL);
            None
        }
        Ok(site) => Some(site),
        Err(text) => {
            mistakes.add("address", text);
            None
        }
    };
    for text in [&mut form.title, &mut form.about, &mut form.subject] {
        *text = sealed.strip(text);
    }
    sealed.write_down(&school, may.by(), visit.now()).await?;
    let title = forms::words("title", &form.title, "Write what it is called", &mut mistakes);
    let subject = forms::words("subject", &form.subject, "Write the subject", &mut mistakes);
    let who = Audience::parse(&form.who).map_err(|_| mistakes.add("who", "Choose for whom")).ok();
    let about: String = form.about.trim().chars().take(forms::MOST_LETTERS).collect();
    if let Some(site) = &site {
        let known = state.known(&school, "", site, visit.now()).await?;
        match service::fit(&known, provides.second.is_some()) {
            Ok(()) => {}
            Err(Unfit::Listed) => mistakes.add(
                "address",
                format!("{site} is on a list of what harms people or computers, or leads round the filter"),
            ),
            Err(Unfit::Closed) => mistakes.add(
                "address",
                format!("A rule closes {site}, and two people decide about that here. Ask for it: “Ask for a site”"),
            ),
        }
    }
    let (Some(site), Some(who), true) = (site, who, mistakes.is_empty()) else {
        return refused(&page(&visit, &school, &provides, &form, &mistakes).await?);
    };
    let new = New {
        address: link(&form.address, &site),
        site,
        title,
        about,
        subject: forms::capital(&subject),
        who,
        until: None,
        previewed: !form.looked.is_empty(),
    };
    service::add(&school, &provides, may, new, visit.now()).await?;
    Ok(visit.see_other_saying("/filter/approved", "The site is on the list."))
}

pub(crate) async fn preview(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayApproveSites,
    Path(id): Path<Uuid>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    service::preview(&school, may, id, visit.now()).await?;
    Ok(visit.see_other_saying("/filter/approved", "It is kept that you have looked at it."))
}

pub(crate) async fn remove(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayApproveSites,
    Path(id): Path<Uuid>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    service::remove(&school, may, id, visit.now()).await?;
    Ok(visit.see_other_saying("/filter/approved", "The site is off the list."))
}
