//! `/filter/requests`: who waits for an answer, and giving it.

use std::collections::{BTreeSet, HashMap};

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
};
use filter::Host;
use jiff::Timestamp;
use kernel::{Audience, PersonId, SiteItem};
use store::{
    School, StoreError,
    entity::{filter_request, people_class, people_class_member},
    query::ColumnTrait as _,
};
use uuid::Uuid;
use webkit::{
    Action, Page, PageError, PageResult, Permit as _, Session, Visit,
    error::refused,
    html,
    kit::{Choice, Choices, ErrorSummary, Field, Mistakes, TextArea},
    permit::{MayAnswerRequests, MayChangeFilter},
};

use super::service::{self, Answer, LATELY, Outcome};
use crate::{
    ActError, Traffic,
    changes::{self, New, Sort},
    forms,
    matches::{CLOSED_TO_ALL, SealedNames},
    provides::Provides,
    unblocks::{self, NewUnblock, Word},
};

#[derive(Template)]
#[template(path = "filter/requests.html")]
struct RequestsPage {
    page: Page,
    summary: Option<ErrorSummary>,
    lead: String,
    wait: Option<String>,
    hints: Vec<(String, usize)>,
    open: Vec<Waiting>,
    answered: Vec<Answered>,
    opens: bool,
}

/// A request that waits, with the form of its answer.
struct Waiting {
    id: Uuid,
    site: String,
    /// How the name is written, where it is not in plain letters.
    letters: Option<String>,
    reason: String,
    who: String,
    asked: String,
    others: usize,
    outcome: Choices,
    class: Option<Choices>,
    audience: Option<Choices>,
    until: Option<Field>,
    answer: TextArea,
}

struct Answered {
    site: String,
    reason: String,
    who: String,
    when: String,
    answer: String,
    outcome: &'static str,
}

/// An answer.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct AnswerForm {
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    class: String,
    #[serde(default)]
    who: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    answer: String,
}

/// The classes of those who ask.
async fn classes_of(
    school: &School,
    people: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, Vec<String>>, StoreError> {
    let people: BTreeSet<Uuid> = people.into_iter().collect();
    let found = school
        .read()
        .find::<people_class_member::Entity>()
        .filter(people_class_member::Column::PersonId.is_in(people))
        .all_with::<people_class::Entity>()
        .await?;
    let mut all: HashMap<Uuid, Vec<String>> = HashMap::new();
    for (member, class) in found {
        all.entry(member.person_id).or_default().extend(class.map(|class| class.name));
    }
    Ok(all)
}

/// What the reader may answer with.
struct Ground {
    now: Timestamp,
    lesson: bool,
    add: bool,
    audiences: Vec<Choice>,
    names: HashMap<Uuid, String>,
    classes: HashMap<Uuid, Vec<String>>,
}

impl Ground {
    fn waiting(&self, row: &filter_request::Model, others: usize, form: &AnswerForm, mistakes: &Mistakes) -> Waiting {
        let classes = row.person_id.and_then(|id| self.classes.get(&id)).cloned().unwrap_or_default();
        let mut outcomes = Vec::new();
        if self.lesson && !classes.is_empty() {
            outcomes.push(Choice::new("lesson", "Open it for the lesson"));
        }
        if self.add {
            outcomes.push(Choice::new("add", "Open it for longer"));
        }
        outcomes.push(Choice::new("no", "Not open it"));
        // Where there is nothing to choose, it is chosen.
        let chosen = if outcomes.len() == 1 { "no" } else { form.outcome.as_str() };
        let id = |field: &str| format!("{field}-{}", row.id);
        let named = |choices: Choices, field: &str, typed: &str| {
            let choices = choices.check(mistakes);
            if typed.is_empty() { choices } else { choices.chosen(typed.to_owned()) }.called(field)
        };
        let class_choices = classes.iter().map(|name| Choice::new(name.clone(), name.clone())).collect::<Vec<_>>();
        Waiting {
            id: row.id,
            who: forms::name(&self.names, row.person_id),
            asked: forms::when(row.asked_at, self.now),
            others,
            outcome: named(Choices::radios(&id("outcome"), "What do you do?", outcomes).close(), "outcome", chosen),
            class: (self.lesson && !classes.is_empty())
                .then(|| named(Choices::select(&id("class"), "For which class?", class_choices), "class", &form.class)),
            audience: self.add.then(|| {
                named(Choices::select(&id("who"), "For whom, where longer?", self.audiences.clone()), "who", &form.who)
            }),
            until: self.add.then(|| {
                Field::text(&id("until"), "Last day, where longer")
                    .hint("Such as 18/12/2026; empty where it stays open")
                    .value(form.until.clone())
                    .check(mistakes)
                    .called("until")
            }),
            answer: TextArea::new(&id("answer"), "Words for whoever asked")
                .value(form.answer.clone())
                .check(mistakes)
                .called("answer"),
            letters: row.site.split('/').next().and_then(|host| Host::parse(host).ok()?.in_other_letters()),
            site: row.site.clone(),
            reason: row.reason.clone(),
        }
    }
}

/// The queue; with an answer that was not taken, what is missing in it.
async fn requests_page(
    visit: &Visit,
    school: &School,
    provides: &Provides,
    wrong: Option<(Uuid, &AnswerForm, &Mistakes)>,
) -> Result<RequestsPage, PageError> {
    let now = visit.now();
    let waiting = service::open(school).await.map_err(PageError::internal)?;
    let lately = service::since(school, now - LATELY).await.map_err(PageError::internal)?;
    let people = waiting.iter().chain(&lately).flat_map(|row| [row.person_id, row.answered_by]).collect::<Vec<_>>();
    let add = provides.change.is_some() && visit.may(Action::ChangeFilter);
    let ground = Ground {
        now,
        lesson: provides.unblock.is_some(),
        add,
        audiences: if add { forms::audiences(school).await.map_err(PageError::internal)? } else { Vec::new() },
        names: forms::names(school, people).await.map_err(PageError::internal)?,
        classes: classes_of(school, waiting.iter().filter_map(|row| row.person_id))
            .await
            .map_err(PageError::internal)?,
    };
    let nothing = (AnswerForm::default(), Mistakes::new());
    let open = waiting
        .iter()
        .map(|row| {
            let (form, mistakes) = match wrong {
                Some((id, form, mistakes)) if id == row.id => (form, mistakes),
                Some(_) | None => (&nothing.0, &nothing.1),
            };
            let others = waiting.iter().filter(|other| other.site == row.site && other.person_id != row.person_id);
            ground.waiting(row, others.count(), form, mistakes)
        })
        .collect::<Vec<_>>();
    let mistaken = wrong.is_some_and(|(_, _, mistakes)| !mistakes.is_empty());
    let page = visit.page("Requests for sites").back("Changes to filtering", "/filter/changes");
    Ok(RequestsPage {
        page: if mistaken { page.mistaken() } else { page },
        summary: wrong.and_then(|(_, _, mistakes)| mistakes.summary()),
        lead: match open.len() {
            0 => "Nobody waits for an answer.".to_owned(),
            1 => "1 person waits for an answer.".to_owned(),
            more => format!("{more} requests wait for an answer."),
        },
        wait: service::usual_wait(&lately).map(service::in_words),
        hints: service::asked_by_many(&lately),
        opens: ground.lesson || ground.add,
        open,
        answered: lately
            .into_iter()
            .filter(|row| row.state != service::OPEN)
            .take(50)
            .map(|row| Answered {
                who: forms::name(&ground.names, row.person_id),
                when: row
                    .answered_at
                    .map(|at| {
                        let took = service::in_words((at - row.asked_at).max(0) / 60_000);
                        format!("Answered {}, after {took}", forms::when(at, now))
                    })
                    .unwrap_or_default(),
                outcome: match row.state.as_str() {
                    "lesson" => "Opened for a lesson",
                    "added" => "Opened for longer",
                    _ => "Answered",
                },
                site: row.site,
                reason: row.reason,
                answer: row.answer.unwrap_or_default(),
            })
            .collect(),
    })
}

pub(crate) async fn all(State(state): State<Traffic>, visit: Visit, may: MayAnswerRequests) -> PageResult {
    let school = state.school(may.school()).await?;
    html(&requests_page(&visit, &school, &state.gate().provides(may.school()), None).await?)
}

pub(crate) async fn answer(
    State(state): State<Traffic>,
    visit: Visit,
    may: MayAnswerRequests,
    session: Session,
    Path(id): Path<Uuid>,
    Form(form): Form<AnswerForm>,
) -> PageResult {
    let (school, provides, now) = (state.school(may.school()).await?, state.gate().provides(may.school()), visit.now());
    let row = service::waiting(&school, id).await?;
    let mut mistakes = Mistakes::new();
    let ground =
        Answering { state: &state, visit: &visit, school: &school, provides: &provides, row: &row, form: &form };
    match form.outcome.as_str() {
        "lesson" => ground.for_lesson(may, &mut mistakes).await?,
        "add" => ground.for_longer(MayChangeFilter::ask(&session, visit.rights())?, &mut mistakes).await?,
        "no" => {
            if let Some(answer) = ground.words(Outcome::No, None, &mut mistakes) {
                service::answer(&school, may.by(), answer, now).await?;
            }
        }
        _ => mistakes.add(&format!("outcome-{id}"), "Choose what you do"),
    }
    if !mistakes.is_empty() {
        return refused(&requests_page(&visit, &school, &provides, Some((id, &form, &mistakes))).await?);
    }
    Ok(visit.see_other_saying("/filter/requests", "Your answer is kept, and stands on the page of whoever asked."))
}

/// A request while it is answered. What is opened and what is answered is one transaction: of two who answer at once,
/// the second opens nothing.
struct Answering<'a> {
    state: &'a Traffic,
    visit: &'a Visit,
    school: &'a School,
    provides: &'a Provides,
    row: &'a filter_request::Model,
    form: &'a AnswerForm,
}

impl Answering<'_> {
    /// The words that were written, or else the usual ones; none where there is a mistake, before anything is opened.
    fn words(&self, outcome: Outcome, usual: Option<String>, mistakes: &mut Mistakes) -> Option<Answer> {
        let words = match (self.form.answer.trim().is_empty(), usual) {
            (true, Some(usual)) => usual,
            (true, None) | (false, _) => {
                forms::words(&format!("answer-{}", self.row.id), &self.form.answer, "Write an answer", mistakes)
            }
        };
        mistakes.is_empty().then_some(Answer { request: self.row.id, outcome, words })
    }

    /// The site; a mistake where nobody may open it.
    async fn site(&self, by: PersonId, mistakes: &mut Mistakes) -> Result<SiteItem, PageError> {
        let site = forms::site(&self.row.site).map_err(PageError::bad)?;
        let mut sealed = SealedNames::new(self.state, self.school, self.visit.now());
        sealed.hold(&site);
        if sealed.write_down(self.school, by, self.visit.now()).await? {
            mistakes.add(&format!("outcome-{}", self.row.id), CLOSED_TO_ALL);
        }
        Ok(site)
    }

    /// Opens what was asked for to the class of whoever asked.
    async fn for_lesson(&self, may: MayAnswerRequests, mistakes: &mut Mistakes) -> Result<(), PageError> {
        let (now, class) = (self.visit.now(), &self.form.class);
        let classes = classes_of(self.school, self.row.person_id).await.map_err(PageError::internal)?;
        let own = self.row.person_id.and_then(|id| classes.get(&id)).is_some_and(|own| own.contains(class));
        if !own {
            mistakes.add(&format!("class-{}", self.row.id), "Choose the class");
        }
        let site = self.site(may.by(), mistakes).await?;
        let until = forms::until_words(self.provides.lesson_ends(now).as_millisecond(), now);
        let usual = Some(format!("It is open for {class} {until}."));
        let Some(answer) = self.words(Outcome::Lesson, usual, mistakes) else { return Ok(()) };
        let known = self.state.known(self.school, class, &site, now).await?;
        let new = NewUnblock { class: class.clone(), site, reason: self.row.reason.clone(), answers: Some(answer) };
        match unblocks::service::open(self.school, self.provides, (may.by(), Word::Answer), new, &known, now).await {
            Ok(_) => Ok(()),
            Err(ActError::NotOpened) => {
                let text = "The policy does not let this site be opened for a lesson";
                mistakes.add(&format!("outcome-{}", self.row.id), text);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Asks for the change that opens the site for longer.
    async fn for_longer(&self, may: MayChangeFilter, mistakes: &mut Mistakes) -> Result<(), PageError> {
        let who = Audience::parse(&self.form.who);
        let who = who.map_err(|_| mistakes.add(&format!("who-{}", self.row.id), "Choose for whom")).ok();
        let site = self.site(may.by(), mistakes).await?;
        if let Some(clause) = self.state.gate().illegal(may.school(), &site) {
            mistakes.add(&format!("outcome-{}", self.row.id), changes::illegal(&clause));
        }
        let until = forms::until(&format!("until-{}", self.row.id), &self.form.until, self.visit.now(), mistakes);
        let says = match self.provides.second {
            None => "It is open now.",
            Some(_) => "A second person looks at it. When they agree, it opens.",
        };
        let answer = self.words(Outcome::Added, Some(says.to_owned()), mistakes);
        let (Some(who), Some(mut answer)) = (who, answer) else { return Ok(()) };
        // Whatever is written, nobody is to take what waits for what is open.
        if self.provides.second.is_some() && answer.words != says {
            answer.words = format!("{} {says}", answer.words);
        }
        let reason = &self.row.reason;
        let new = New {
            sort: Sort::Open,
            sites: vec![(site, String::new())],
            who,
            reason: if reason.is_empty() { "Somebody asked for it".to_owned() } else { reason.clone() },
            until,
            file: None,
            answers: Some(answer),
        };
        changes::service::ask(self.school, self.provides, may, new, self.visit.now()).await?;
        Ok(())
    }
}
