//! `/filter/changes/new`: asking for one change.

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
};
use filter::Shared;
use kernel::{Audience, SiteItem};
use store::School;
use uuid::Uuid;
use webkit::{
    Page, PageError, PageResult, Permit as _, Visit,
    error::refused,
    html,
    kit::{Choice, Choices, ErrorSummary, Field, Mistakes, TextArea},
    permit::MayChangeFilter,
};

use super::{
    known::{always_open, known, warning},
    list_page::cite,
    service::{self, Asked, New, Sort},
};
use crate::{
    Traffic, forms,
    matches::{CLOSED_TO_ALL, SealedNames},
    provides::Provides,
};

#[derive(Template)]
#[template(path = "changes/new.html")]
struct NewPage {
    page: Page,
    summary: Option<ErrorSummary>,
    provided: bool,
    second: Option<(String, String)>,
    does: Choices,
    site: Field,
    whole: Option<Choices>,
    who: Choices,
    reason: TextArea,
    until: Field,
    /// The change that has to be undone first.
    undo: Option<Uuid>,
}

/// What somebody asks for.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct NewForm {
    #[serde(default)]
    does: String,
    #[serde(default)]
    site: String,
    #[serde(default)]
    whole: String,
    #[serde(default)]
    who: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    until: String,
}

async fn page(
    visit: &Visit,
    school: &School,
    provides: &Provides,
    form: &NewForm,
    mistakes: &Mistakes,
) -> Result<NewPage, PageError> {
    let mut does = vec![Choice::new("open", "Open it"), Choice::new("block", "Close it")];
    if provides.inspects {
        let hint =
            "For a program that trusts no certificate but its maker's. What passes is then judged by the name alone";
        does.push(Choice::new("splice", "Leave its encrypted connections unopened").hint(hint));
    }
    does.extend(provides.lists.iter().map(|list| {
        Choice::new(format!("list:{list}"), format!("Put it on the list ‘{}’", list.replace('-', " ")))
            .hint("The policy says what holds for the sites of this list, and for whom")
    }));
    let chosen = |typed: &str, usual: &str| if typed.is_empty() { usual.to_owned() } else { typed.to_owned() };
    let page = visit.page("Ask for a change").back("Changes to filtering", "/filter/changes");
    Ok(NewPage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        summary: mistakes.summary(),
        provided: provides.change.is_some(),
        second: cite(provides.second.as_ref()),
        does: Choices::radios("does", "What should happen?", does).chosen(chosen(&form.does, "open")).check(mistakes),
        site: Field::text("site", "Which site?")
            .hint("Such as www.example.org, or an address with a path")
            .as_typed()
            .value(form.site.clone())
            .check(mistakes),
        whole: shared(form).filter(|_| !mistakes.is_empty()).map(|shared| {
            let label = format!("I mean all of {}, the sites of all its owners", shared.host);
            Choices::checkboxes("whole", "Or all of them?", vec![Choice::new("yes", label)]).chosen(form.whole.clone())
        }),
        who: Choices::select("who", "For whom?", forms::audiences(school).await.map_err(PageError::internal)?)
            .chosen(chosen(&form.who, "pupils"))
            .check(mistakes),
        reason: TextArea::new("reason", "What for?")
            .hint("It is kept with the change. Do not name a pupil")
            .value(form.reason.clone())
            .check(mistakes),
        until: Field::text("until", "Last day, where it has an end")
            .hint("Such as 18/12/2026. It ends by itself. Leave it empty where it has no end")
            .width("10")
            .value(form.until.clone())
            .check(mistakes),
        undo: None,
    })
}

pub(crate) async fn form(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayChangeFilter,
    Query(form): Query<NewForm>,
) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&page(&visit, &school, &state.gate().provides(may.school()), &form, &Mistakes::new()).await?)
}

/// The name that many owners share, where the form names such a one.
fn shared(form: &NewForm) -> Option<Shared> {
    Shared::of(&forms::site(&form.site).ok()?)
}

/// What the words of the form mean.
fn understand(form: &NewForm, provides: &Provides, now: jiff::Timestamp, mistakes: &mut Mistakes) -> Option<New> {
    let sort = match (form.does.as_str(), form.does.strip_prefix("list:")) {
        ("open", _) => Some(Sort::Open),
        ("block", _) => Some(Sort::Block),
        ("splice", _) if provides.inspects => Some(Sort::Splice),
        (_, Some(list)) if provides.lists.iter().any(|known| known == list) => Some(Sort::List(list.to_owned())),
        (_, _) => {
            mistakes.add("does", "Choose what should happen");
            None
        }
    };
    let site: Option<SiteItem> = match mistakes.of("site") {
        Some(_) => None,
        None => forms::site(&form.site).map_err(|text| mistakes.add("site", text)).ok(),
    };
    if let Some(shared) = shared(form).filter(|_| form.whole.is_empty()) {
        mistakes.add("site", forms::many_owners(&shared));
    }
    // Before a connection is opened nothing is known but the name.
    if sort == Some(Sort::Splice) && site.as_ref().is_some_and(|site| !matches!(site, SiteItem::Domain(_))) {
        mistakes.add("site", "Enter one name without a path, such as app.example.org");
    }
    let who = Audience::parse(&form.who).map_err(|_| mistakes.add("who", "Choose for whom")).ok();
    let reason = forms::words("reason", &form.reason, "Write what it is for", mistakes);
    let until = forms::until("until", &form.until, now, mistakes);
    if !mistakes.is_empty() {
        return None;
    }
    Some(New { sort: sort?, sites: vec![(site?, String::new())], who: who?, reason, until, file: None, answers: None })
}

pub(crate) async fn ask(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayChangeFilter,
    Form(mut form): Form<NewForm>,
) -> PageResult {
    let (school, provides) = (state.school(may.school()).await?, state.gate().provides(may.school()));
    let mut mistakes = Mistakes::new();
    let mut sealed = SealedNames::new(&state, &school, visit.now());
    if forms::site(&form.site).is_ok_and(|site| sealed.hold(&site)) {
        form.site.clear();
        mistakes.add("site", CLOSED_TO_ALL);
    }
    form.reason = sealed.strip(&form.reason);
    sealed.write_down(&school, may.by(), visit.now()).await?;
    let new = understand(&form, &provides, visit.now(), &mut mistakes);
    let mut undo = None;
    if let Some(New { sort, sites, who, .. }) = &new {
        for (site, _) in sites {
            if *sort == Sort::Open {
                let closed = service::closed_for(&school, who, visit.now()).await.map_err(PageError::internal)?;
                undo = closed.get(&site.to_string()).copied();
            }
            let always = always_open(state.gate(), school.id(), site, visit.now()).filter(|_| *sort == Sort::Block);
            if let Some(why) = always.or(undo.map(|_| "A change closes this site for them, and would go on to")) {
                mistakes.add("site", why);
            }
        }
    }
    let Some(new) = new.filter(|_| mistakes.is_empty()) else {
        let page = page(&visit, &school, &provides, &form, &mistakes).await?;
        return refused(&NewPage { undo, ..page });
    };
    let illegal = |site: &SiteItem| state.gate().illegal(may.school(), site);
    if new.sort == Sort::Open
        && let Some(clause) = new.sites.iter().find_map(|(site, _)| illegal(site))
    {
        mistakes.add("site", super::illegal(&clause));
        return refused(&page(&visit, &school, &provides, &form, &mistakes).await?);
    }
    let opens = matches!(new.sort, Sort::Open | Sort::Splice);
    let all = known(state.gate(), school.id(), new.sites.iter().map(|(site, _)| site.to_string()));
    let harm = warning(&all).filter(|_| opens).map(|warning| format!(" {warning}")).unwrap_or_default();
    let says = match service::ask(&school, &provides, may, new, visit.now()).await? {
        Asked::Active(_) => "The change holds now.",
        Asked::Waiting(_) => "A second person has to agree. Until then nothing changes.",
    };
    Ok(visit.see_other_saying("/filter/changes", &format!("{says}{harm}")))
}
