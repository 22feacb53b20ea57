//! One notice: its words for the reader, and what leads see of it.

use policy::Words;
use webkit::{
    error::refused,
    kit::{Choice, Choices, Field},
};

use super::{
    super::{
        href, may_issue, reading_age,
        service::NoticeFacts,
        views::{Details, IssueForm, IssueRow, NoticePage, TextRow},
    },
    list::{issued_in_words, state},
    *,
};
use crate::{Person, typed::longest};

/// The most names that one page lists.
const MOST_NAMES: usize = 200;

#[derive(Default)]
pub(super) struct Typed {
    how: String,
    text: usize,
    place: String,
    copies: String,
}

pub(super) async fn show(
    State(engines): State<Engines>,
    visit: Visit,
    session: Session,
    Path(key): Path<String>,
) -> PageResult {
    html(&page(&engines, &visit, &session, &key, &Typed::default(), &Mistakes::new()).await?)
}

async fn page(
    engines: &Engines,
    visit: &Visit,
    session: &Session,
    key: &str,
    typed: &Typed,
    mistakes: &Mistakes,
) -> Result<NoticePage, PageError> {
    let school = engines.school(session.school()).await?;
    let known = Known::read(engines, &school, visit.now()).await?.ok_or(PageError::NotFound)?;
    let items = known.items();
    let item = find(&items, key)?;
    let reader = session.subject();
    let bound = item.binds(reader);
    let scope = Scope::of(visit, session);
    let may = may_issue(session, item);
    if !bound && scope.is_none() && may.is_none() {
        return Err(PageError::NotFound);
    }
    let seen = stored(service::of_person(&school, session.person()).await)?;
    let own = bound.then(|| item.text_at_home(reader)).map(|text| section(&text, &[item], reader));
    let digest = item.digests().of(reader).to_string();
    let now = seen.get(&(item.binding.key.clone(), digest)).copied();
    let read = now.and_then(|seen| seen.read);
    let details = match (&scope, &may) {
        (None, None) => None,
        (scope, _) => {
            let mut people = engines.ports().people(&school, visit.now()).await?;
            people.retain(|person| scope.as_ref().is_none_or(|scope| scope.shows(&person.subject)));
            let mut facts =
                stored(service::facts(&school, std::slice::from_ref(item), &people, &*known.in_force).await)?;
            let facts = facts.remove(&item.binding.key).unwrap_or_default();
            Some(details(visit, &known, item, &facts, &people, scope.as_ref()))
        }
    };
    let title = own.as_ref().map_or_else(|| item.title(), |own| own.title.clone());
    let page = for_reader(visit.page("A notice").back("Notices", "/notices"), session);
    Ok(NoticePage {
        page: if mistakes.is_empty() { page } else { page.mistaken() },
        caption: format!("Clause {}", item.clause.number),
        title,
        read_on: read.map(|read| format!("You read this on {}.", day_of(read))),
        action: (bound && item.acknowledged && read.is_none() && item.waits_at_desk(reader))
            .then(|| format!("{}/read", href(&item.binding.key))),
        own,
        button: "I have read this",
        form: may.map(|_| form(item, typed, mistakes)),
        details,
        summary: mistakes.summary(),
    })
}

fn details(
    visit: &Visit,
    known: &Known,
    item: &Item<'_>,
    facts: &NoticeFacts,
    people: &[Person],
    scope: Option<&Scope>,
) -> Details {
    let policy = known.in_force.policy();
    let words = Words::of(policy, known.today);
    let mut figures = Vec::new();
    if item.is_counted() {
        let verb = if facts.acknowledged { "Have read it" } else { "Have seen it" };
        figures.push((verb.to_owned(), format!("{} of {}", facts.reached().len(), facts.bound.len())));
    }
    for issue in facts.issues.iter().filter(|issue| issue.present).take(1) {
        figures.push((issued_in_words(issue), issue.copies.to_string()));
    }
    for (language, homes) in languages(item, people) {
        figures.push((format!("Speak {} at home", language_name(&language)), homes.to_string()));
    }
    let (waiting, more) = match scope {
        Some(scope) if item.is_counted() && !state(item, facts).0 => scope.waiting(facts, people, policy, MOST_NAMES),
        Some(_) | None => (Vec::new(), 0),
    };
    let digests = item.digests();
    let texts = item.texts();
    Details {
        facts: figures,
        texts: texts
            .iter()
            .enumerate()
            .map(|(nth, text)| {
                let digest = text.digest();
                let readers = people
                    .iter()
                    .map(|person| &person.subject)
                    .filter(|subject| item.binds(subject) && digests.of(subject) == digest);
                text_row(item, text, nth, &words, reading_age::youngest(readers))
            })
            .collect(),
        waiting,
        more,
        issues: facts
            .issues
            .iter()
            .map(|issue| IssueRow {
                on: day_of(issue.at),
                says: format!("{}: {} ({})", issued_in_words(issue), issue.place, issue.copies),
                old: !issue.present,
            })
            .collect(),
        public: item.moments.contains(&Moment::WebPage).then(|| visit.absolute(&public_href(&item.binding.key))),
    }
}

/// How many of those who are told speak another language at home, by language.
fn languages(item: &Item<'_>, people: &[Person]) -> Vec<(String, usize)> {
    let mut counts: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for person in people.iter().filter(|person| item.binds(&person.subject)) {
        for language in super::super::told::languages_of(&person.subject) {
            *counts.entry(language.to_owned()).or_default() += 1;
        }
    }
    counts.into_iter().collect()
}

pub(super) fn public_href(key: &str) -> String {
    format!("/notices/public/{}", crate::attestations::asked::to_address(key))
}

fn text_row(item: &Item<'_>, text: &Text<'_>, nth: usize, words: &Words, youngest: Option<u8>) -> TextRow {
    let sentences = text.sentences();
    let age = reading_age::age(reading_age::count(sentences.iter().map(String::as_str)));
    // The measure is for English.
    let age = age.filter(|_| text.language.is_none());
    let href = href(&item.binding.key);
    TextRow {
        title: text.title.clone(),
        who: format!("For {}", words.audience(&text.who)),
        from: match (text.origin, &text.language) {
            (Origin::File, Some(language)) => format!("In {}, from the policy’s folder", language_name(language)),
            (Origin::File, None) => "From the policy’s folder".to_owned(),
            (Origin::Declared, _) => {
                "Gatehouse’s own words; a file in the policy’s folder takes their place".to_owned()
            }
            (Origin::Clause, _) => {
                "The words of the clause; a file in the policy’s folder takes their place".to_owned()
            }
        },
        age: age.map(|age| format!("Easy to read from {age} years on.")).unwrap_or_default(),
        hint: match (age, youngest) {
            (Some(age), Some(youngest)) if age > youngest => Some(format!(
                "The youngest who read it are {youngest}. Shorter sentences and shorter words would make it theirs."
            )),
            _ => None,
        },
        html: prose::html(&text.blocks, 4),
        language: text.language.clone(),
        letter: format!("{href}/print?as=letter&text={nth}"),
        poster: format!("{href}/print?as=poster&text={nth}"),
    }
}

fn form(item: &Item<'_>, typed: &Typed, mistakes: &Mistakes) -> IssueForm {
    let mut how = Choices::radios(
        "how",
        "What was done with it?",
        vec![
            Choice::new("letter", "Sent as a letter"),
            Choice::new("poster", "Hung up as a poster"),
            Choice::new("hand-in", "Put where devices are handed in"),
            Choice::new("induction", "Handed to somebody who joins"),
            Choice::new("web-page", "Published on another page"),
        ],
    );
    let usual = item.moments.iter().find(|moment| is_issued(**moment)).copied();
    let chosen = if typed.how.is_empty() { usual.map(service::word).unwrap_or_default() } else { &typed.how };
    if !chosen.is_empty() {
        how = how.chosen(chosen);
    }
    let texts = item.texts();
    let choices: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(nth, text)| match &text.language {
            Some(language) => Choice::new(nth.to_string(), format!("{} ({})", text.title, language_name(language))),
            None => Choice::new(nth.to_string(), text.title.clone()),
        })
        .collect();
    let text = (choices.len() > 1)
        .then(|| Choices::select("text", "Which words?", choices).chosen(typed.text.to_string()).check(mistakes));
    IssueForm {
        open: usual.is_some() || !mistakes.is_empty(),
        action: format!("{}/issue", href(&item.binding.key)),
        how: how.check(mistakes),
        text,
        place: Field::text("place", "Where, or to whom?")
            .hint("For example: all homes of Year 5; the computing suite")
            .width("30")
            .value(typed.place.clone())
            .check(mistakes),
        copies: Field::text("copies", "How many?").width("5").numeric().value(typed.copies.clone()).check(mistakes),
    }
}

fn is_issued(moment: Moment) -> bool {
    match moment {
        Moment::Letter | Moment::Poster | Moment::HandIn | Moment::Induction | Moment::WebPage => true,
        Moment::SignIn | Moment::Session | Moment::BlockPage => false,
    }
}

fn issued_moment(text: &str) -> Option<Moment> {
    const ALL: [Moment; 5] = [Moment::Letter, Moment::Poster, Moment::HandIn, Moment::Induction, Moment::WebPage];
    ALL.into_iter().find(|moment| service::word(*moment) == text)
}

/// Notes that this one notice was read.
pub(super) async fn have_read(
    State(engines): State<Engines>,
    visit: Visit,
    session: Session,
    Path(key): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> PageResult {
    let school = engines.school(session.school()).await?;
    let known = Known::read(&engines, &school, visit.now()).await?.ok_or(PageError::NotFound)?;
    let items = known.items();
    let item = find(&items, &key)?;
    if !item.waits_at_desk(session.subject()) {
        return Err(PageError::NotFound);
    }
    let shown = shown(item, session.subject(), moment_at_desk(item));
    if !tokens(&fields).contains(&token(&shown).as_str()) {
        return Err(PageError::Conflict("The words have changed while you read them. Read them once more".to_owned()));
    }
    stored(service::read(&school, &session, vec![shown], visit.now()).await)?;
    Ok(visit.see_other_saying("/notices", "Thank you. It is noted that you have read it."))
}

#[derive(serde::Deserialize)]
pub(super) struct IssueFields {
    #[serde(default)]
    how: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    copies: String,
}

/// Notes that it was sent or hung up.
pub(super) async fn issue(
    State(engines): State<Engines>,
    visit: Visit,
    session: Session,
    Path(key): Path<String>,
    Form(fields): Form<IssueFields>,
) -> PageResult {
    let school = engines.school(session.school()).await?;
    let known = Known::read(&engines, &school, visit.now()).await?.ok_or(PageError::NotFound)?;
    let items = known.items();
    let item = find(&items, &key)?;
    let may = may_issue(&session, item).ok_or(PageError::NotFound)?;
    let typed = Typed {
        how: fields.how,
        text: fields.text.trim().parse().unwrap_or_default(),
        place: fields.place,
        copies: fields.copies,
    };
    let mut mistakes = Mistakes::new();
    let moment = issued_moment(&typed.how);
    if moment.is_none() {
        mistakes.add("how", "Choose what was done with it");
    }
    let place = typed.place.trim();
    if place.is_empty() {
        mistakes.add("place", "Say where it is, or to whom it went");
    }
    longest(place, 200, "place", &mut mistakes);
    let copies = typed.copies.trim().parse::<u32>().ok().filter(|copies| (1..=100_000).contains(copies));
    if copies.is_none() {
        mistakes.add("copies", "Enter how many there are, as a figure such as 120");
    }
    let texts = item.texts();
    let text = texts.get(typed.text);
    let (Some(moment), Some(copies), Some(text), true) = (moment, copies, text, mistakes.is_empty()) else {
        return refused(&page(&engines, &visit, &session, &key, &typed, &mistakes).await?);
    };
    let text = Shown { key: item.binding.key.clone(), label: item.clause.label.clone(), digest: text.digest(), moment };
    stored(service::issue(&school, may, &text, place, copies, visit.now()).await)?;
    Ok(visit.see_other_saying(&href(&item.binding.key), "It is noted."))
}
