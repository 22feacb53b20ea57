//! What leaves the desk: a letter or poster to print, and the page that everybody may read.

use axum::{http::header, response::IntoResponse as _};
use kernel::{Capacity, Role};

use super::{
    super::{
        href, may_issue,
        views::{PrintPage, PublicPage},
    },
    notice::public_href,
    *,
};

#[derive(serde::Deserialize)]
pub(super) struct Which {
    #[serde(default, rename = "as")]
    form: String,
    #[serde(default)]
    text: usize,
}

/// A letter or poster, for those who send and hang up, and for staff whom it concerns.
pub(super) async fn show(
    State(engines): State<Engines>,
    visit: Visit,
    session: Session,
    Path(key): Path<String>,
    Query(which): Query<Which>,
) -> PageResult {
    let school = engines.school(session.school()).await?;
    let known = Known::read(&engines, &school, visit.now()).await?.ok_or(PageError::NotFound)?;
    let items = known.items();
    let item = find(&items, &key)?;
    may_print(&visit, &session, item)?;
    let texts = item.texts();
    let text = texts.get(which.text).ok_or(PageError::NotFound)?;
    let letter = which.form != "poster";
    let address = href(&item.binding.key);
    let form = if letter { "letter" } else { "poster" };
    let others = texts.iter().enumerate().filter(|(nth, _)| *nth != which.text).map(|(nth, other)| {
        let says = match &other.language {
            Some(language) => format!("{} in {}", other.title, language_name(language)),
            None => other.title.clone(),
        };
        (says, format!("{address}/print?as={form}&text={nth}"))
    });
    html(&PrintPage {
        pdf: (!letter).then(|| format!("{address}/poster.pdf?text={}", which.text)),
        page: visit.page("To print").back("The notice", address.clone()),
        school: school.name().to_owned(),
        today: date_in_words(known.today),
        title: text.title.clone(),
        html: prose::html(&text.blocks, 2),
        points: prose::points(&text.blocks),
        language: text.language.clone(),
        letter,
        signed: known.in_force.policy().front.title_of(Role::Headteacher),
        clauses: format!("{} of our online safety policy", clauses_of(&[item])),
        others: others.collect(),
    })
}

/// A poster as PDF, for those who may print it.
pub(super) async fn poster(
    State(engines): State<Engines>,
    visit: Visit,
    session: Session,
    Path(key): Path<String>,
    Query(which): Query<Which>,
) -> PageResult {
    let school = engines.school(session.school()).await?;
    let known = Known::read(&engines, &school, visit.now()).await?.ok_or(PageError::NotFound)?;
    let items = known.items();
    let item = find(&items, &key)?;
    may_print(&visit, &session, item)?;
    let texts = item.texts();
    let text = texts.get(which.text).ok_or(PageError::NotFound)?;
    let poster = pdf::Poster {
        title: text.title.clone(),
        school: school.name().to_owned(),
        made: format!("{} of our online safety policy", clauses_of(&[item])),
        lines: text.sentences(),
    };
    let made = tokio::task::spawn_blocking(move || pdf::poster(&poster)).await.map_err(PageError::internal)?;
    let bytes = made.map_err(PageError::internal)?;
    let headers =
        [(header::CONTENT_TYPE, "application/pdf"), (header::CONTENT_DISPOSITION, "inline; filename=\"poster.pdf\"")];
    Ok((headers, bytes).into_response())
}

/// Those who send and hang up, and staff whom it concerns; others learn nothing of it.
fn may_print(visit: &Visit, session: &Session, item: &Item<'_>) -> Result<(), PageError> {
    let own = session.is(Capacity::Staff) && item.binds(session.subject());
    if may_issue(session, item).is_some() || Scope::of(visit, session).is_some() || own {
        Ok(())
    } else {
        Err(PageError::NotFound)
    }
}

#[derive(serde::Deserialize)]
pub(super) struct InLanguage {
    #[serde(default)]
    language: String,
}

/// A notice that the policy publishes.
pub(super) async fn public(
    State(engines): State<Engines>,
    visit: Visit,
    Path(key): Path<String>,
    Query(wanted): Query<InLanguage>,
) -> PageResult {
    let school = engines.school(visit.need_school()?).await?;
    let known = Known::read(&engines, &school, visit.now()).await?.ok_or(PageError::NotFound)?;
    let items = known.items();
    let item = find(&items, &key)?;
    if !item.moments.contains(&Moment::WebPage) {
        return Err(PageError::NotFound);
    }
    // A public page is written for the homes.
    let reader = Subject { roles: [Role::Parent].into(), ..Subject::default() };
    let english = item.text_for(&reader);
    let text = match wanted.language.as_str() {
        "" => english.clone(),
        language => item.text_in(&reader, language).ok_or(PageError::NotFound)?,
    };
    let address = public_href(&item.binding.key);
    let mut others: Vec<_> = item
        .texts()
        .iter()
        .filter_map(|other| other.language.clone())
        .filter(|language| item.text_in(&reader, language).is_some() && text.language.as_ref() != Some(language))
        .map(|language| (language_name(&language), format!("{address}?language={language}")))
        .collect();
    others.dedup();
    if text.language.is_some() {
        others.insert(0, ("English".to_owned(), address));
    }
    html(&PublicPage {
        page: visit.page(english.title.clone()),
        title: text.title.clone(),
        html: prose::html(&text.blocks, 2),
        clauses: clauses_of(&[item]),
        language: text.language.clone(),
        others,
    })
}
