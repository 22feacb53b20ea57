//! How clauses stand by what people enter, confirm and read: the judgement of every binding that the engines serve.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use declare::{
    CoverOf, Entry, Notice,
    attestation::{self, Asked},
    notice::{self, Seen, Told},
    standing,
};
use jiff::{Timestamp, civil::Date};
use kernel::{PersonId, SchoolTime};
use policy::{Binding, Clause, Policy};
use rules::{Judgement, served::Served, standing::server_of};
use sea_orm::FromQueryResult;
use store::{School, entity::people_person, query::QuerySelect as _, time::parse_day};
use uuid::Uuid;
use webkit::PageError;

use crate::{
    Engines, InForce, Person,
    attestations::{
        asked,
        service::{self, answers},
    },
    notices::{self, service::NoticeFacts, told},
    registers::none,
    roll::Roll,
    stored,
};

/// Judges every binding of the policy in force that the engines serve, by its key. Empty where no policy is in force.
///
/// # Errors
/// Where the store or a port refuses: then nothing is known, and nothing is kept.
pub async fn judge(
    engines: &Engines,
    school: &School,
    now: Timestamp,
) -> Result<BTreeMap<String, Judgement>, PageError> {
    let Some(in_force) = engines.in_force(school, now).await? else { return Ok(BTreeMap::new()) };
    let known = Known::read(engines, school, &*in_force, now).await?;
    let policy = in_force.policy();
    let mut judged = BTreeMap::new();
    for (clause, binding) in policy.all_bindings() {
        let judgement = match server_of(binding, policy) {
            Served::Control => known.by_register(clause, binding, &*in_force),
            Served::Attestation => known.by_answer(clause, binding, &*in_force),
            Served::Notice => known.by_readers(clause, binding, &*in_force),
            Served::Unseen(_) => None,
        };
        if let Some(judgement) = judgement {
            judged.insert(binding.key.clone(), judgement);
        }
    }
    Ok(judged)
}

/// Everything that the judgements rest on, read once.
struct Known {
    now: SchoolTime,
    people: Vec<standing::Person>,
    classes: Vec<standing::Class>,
    entries: HashMap<String, Arc<[Arc<Entry>]>>,
    answers: BTreeMap<String, asked::LastAnswer>,
    notices: BTreeMap<String, NoticeFacts>,
}

#[derive(FromQueryResult)]
struct Joined {
    id: Uuid,
    joined_on: Option<String>,
}

/// On which day each person joined, where that is known.
async fn joined(school: &School) -> Result<HashMap<Uuid, Date>, PageError> {
    use people_person::Column;
    let rows = school.read();
    let rows = rows
        .find::<people_person::Entity>()
        .with(|select| select.select_only().columns([Column::Id, Column::JoinedOn]));
    let found: Vec<Joined> = stored(rows.all_as().await)?;
    Ok(found.into_iter().filter_map(|row| Some((row.id, parse_day(row.joined_on.as_deref()?)?))).collect())
}

/// The registers that a policy asks for, and those that their standings look into.
fn registers(policy: &Policy, in_force: &dyn InForce) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, binding) in policy.all_bindings() {
        let control = binding.control.to_string();
        let Some(register) = in_force.declaration(&control).and_then(|declared| declared.register.as_ref()) else {
            continue;
        };
        if let Some(cover) = &register.standing.cover
            && let CoverOf::Entries { register, .. } = &cover.of
        {
            names.insert(register.clone());
        }
        names.insert(control);
    }
    names
}

impl Known {
    async fn read(
        engines: &Engines,
        school: &School,
        in_force: &dyn InForce,
        now: Timestamp,
    ) -> Result<Self, PageError> {
        let members = engines.ports().people(school, now).await?;
        let roll = stored(Roll::read(&school.read(), SchoolTime::new(now).date()).await)?;
        let classes =
            roll.classes().iter().map(|(name, year)| standing::Class { name: name.clone(), year: *year }).collect();
        let joined = joined(school).await?;
        let people = members.into_iter().map(|Person { id, subject, .. }| standing::Person {
            id,
            subject,
            joined: joined.get(&id.0).copied(),
        });
        let people = people.collect();
        let entries = stored(engines.entries_of(school, registers(in_force.policy(), in_force)).await)?;
        Ok(Self {
            now: SchoolTime::new(now),
            people,
            classes,
            entries,
            answers: stored(answers(school).await)?,
            notices: notices::facts(engines, school, now).await?.unwrap_or_default(),
        })
    }

    fn by_register(&self, clause: &Clause, binding: &Binding, in_force: &dyn InForce) -> Option<Judgement> {
        let declaration = in_force.declaration(&binding.control.to_string())?;
        let entries_of = |control: &str| self.entries.get(control).map_or(&[][..], |entries| entries);
        let facts = standing::Facts {
            now: &self.now,
            entries: entries_of(&declaration.control()),
            others: &entries_of,
            people: &self.people,
            classes: &self.classes,
            none: self.answers.get(&none::key(&declaration.control())).map(|said| said.on),
        };
        declaration.register.as_ref()?;
        Some(standing::judge(declaration, &rules::declared::item(clause, binding, declaration), &facts))
    }

    fn by_answer(&self, clause: &Clause, binding: &Binding, in_force: &dyn InForce) -> Option<Judgement> {
        let item = asked::Item::of(clause, binding, in_force)?;
        let last = self.answers.get(&binding.key).map(service::judged);
        let titles = |role| in_force.policy().front.title_of(role);
        Some(attestation::judge(&Asked {
            key: &binding.key,
            by: &item.by,
            anybody: self.people.iter().any(|person| item.by.contains(&person.subject)),
            every: item.every,
            since: in_force.binding_since(clause, binding),
            last: last.as_ref(),
            titles: &titles,
            now: &self.now,
        }))
    }

    fn by_readers(&self, clause: &Clause, binding: &Binding, in_force: &dyn InForce) -> Option<Judgement> {
        let item = told::Item::of(clause, binding, in_force)?;
        let none = NoticeFacts::default();
        let facts = self.notices.get(&binding.key).unwrap_or(&none);
        let bound: Vec<_> = self.people.iter().filter(|person| facts.bound.contains(&person.id)).cloned().collect();
        let seen = |person: PersonId| match (facts.read.contains(&person), facts.shown.contains(&person)) {
            (true, _) => Seen::Read,
            (false, true) => Seen::Shown,
            (false, false) => Seen::No,
        };
        let titles = |role| in_force.policy().front.title_of(role);
        let text = Notice {
            who: item.who.clone(),
            moments: item.moments.clone(),
            acknowledged: item.acknowledged,
            texts: Vec::new(),
        };
        Some(notice::judge(&Told {
            key: &binding.key,
            who: &item.who,
            notice: &text,
            since: in_force.binding_since(clause, binding),
            people: &bound,
            seen: &seen,
            published: facts.published,
            titles: &titles,
            now: &self.now,
        }))
    }
}
