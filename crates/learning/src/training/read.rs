//! What a page of coverage is worked out from: whom the training is for, and what the register has.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use declare::{CoverOf, Field, FieldKind, Value};
use engines::{
    registers::{Asked, Book, Shown},
    roll::Roll,
};
use jiff::civil::Date;
use kernel::{Audience, PersonId, Role};
use webkit::PageError;

use super::{Had, Person};

/// How many entries are read.
const MOST: u64 = 20_000;

/// What a page of coverage is worked out from.
pub(super) struct Read {
    pub(super) people: Vec<Person>,
    pub(super) had: Vec<Had>,
    pub(super) roll: Arc<Roll>,
    /// The last day on which something runs out soon.
    pub(super) soon: Date,
}

/// The field that names those who had the training.
pub(super) fn field_of(book: &Book) -> Option<&Field> {
    let register = book.register();
    let name = match &register.standing.cover {
        Some(cover) => Some(&cover.field),
        None => register.subject.as_ref(),
    };
    register.fields.iter().find(|field| Some(&field.name) == name)
}

/// Whom the training is for: those whom the clauses in force name, else those whom the register is declared for. An
/// induction is for those who joined lately.
fn expected(book: &Book) -> (Option<Audience>, bool) {
    let declaration = book.declaration();
    let usual = match book.register().standing.cover.as_ref().map(|cover| &cover.of) {
        Some(CoverOf::People(who)) => Some(who.clone()),
        Some(CoverOf::Classes | CoverOf::Years | CoverOf::Entries { .. }) => None,
        None => {
            let who = match field_of(book).map(|field| &field.kind) {
                Some(FieldKind::Person { who, .. }) => Some(who.clone()),
                Some(_) | None => None,
            };
            return (who, true);
        }
    };
    let mut atoms = Vec::new();
    for (_, binding) in book.in_force().policy().bindings(&declaration.module, &declaration.name) {
        let common = &binding.common;
        if common.inform.is_some() || common.attest.is_some() || common.may || !common.systems.is_empty() {
            continue;
        }
        let who = common.who.as_ref().or(usual.as_ref());
        atoms.extend(who.into_iter().flat_map(|who| who.atoms().iter().cloned()));
    }
    (Audience::any(atoms).or(usual), false)
}

/// Reads everything.
pub(super) async fn read(book: &Book) -> Result<Read, PageError> {
    let roll = book.roll().await?;
    let today = book.today();
    let register = book.register();
    let standing = &register.standing;
    let (who, joiners) = expected(book);
    let named = field_of(book).map(|field| field.name.clone()).ok_or(PageError::NotFound)?;
    // A clause for everyone means those whom the field can name.
    let able = match field_of(book).map(|field| &field.kind) {
        Some(FieldKind::Person { who, .. }) => who.clone(),
        Some(_) | None => return Err(PageError::NotFound),
    };
    let mut people: Vec<Person> = roll
        .among(&able)
        .into_iter()
        .filter(|member| who.as_ref().is_none_or(|who| who.contains(&member.subject)))
        .filter(|member| !joiners || member.subject.joiner)
        .map(|member| Person { id: member.id, roles: member.subject.roles.clone() })
        .collect();
    let asked = Asked { shown: Shown::All, limit: Some(MOST), known: Some(MOST), ..Asked::default() };
    let mut had = Vec::new();
    for kept in book.list(&asked).await?.entries {
        let context = register.context(&kept.entry, today);
        let day = match ["held-on", "done-on", "started-on"].iter().find_map(|name| kept.entry.values.get(*name)) {
            Some(Value::Date(day)) => *day,
            Some(_) | None => context.entered(),
        };
        let named: Vec<PersonId> = match kept.entry.value(&named) {
            Some(Value::People(all)) => all.clone(),
            Some(Value::Person(one)) => vec![*one],
            Some(_) | None => Vec::new(),
        };
        if joiners {
            // Whoever has been through it, or is going through it, stands on the page also when no longer new.
            for id in &named {
                let member = roll.get(*id).filter(|member| !member.left);
                if let Some(member) = member.filter(|_| people.iter().all(|person| person.id != *id) && !kept.ended) {
                    people.push(Person { id: *id, roles: member.subject.roles.clone() });
                }
            }
        }
        let counts = kept.struck.is_none()
            && standing.counts.as_ref().is_none_or(|counts| counts.holds(&context))
            && (!joiners || kept.ended);
        if !counts {
            continue;
        }
        let until = standing.fresh.as_ref().map(|fresh| fresh.day(&context).unwrap_or(day));
        had.push(Had { entry: kept.entry.id, title: kept.title.clone(), day, people: named, until });
    }
    people.sort_by_key(|person| roll.get(person.id).map(|member| member.sorted.clone()));
    Ok(Read { people, had, roll, soon: standing.before.after(today) })
}

/// The roles that stand on the page: those that the people hold besides the team that all belong to.
pub(super) fn roles(people: &[Person]) -> BTreeMap<Role, usize> {
    let mut roles: BTreeMap<Role, usize> = BTreeMap::new();
    for role in people.iter().flat_map(|person| &person.roles) {
        *roles.entry(*role).or_default() += 1;
    }
    roles
}

/// The roles of somebody, as the school calls them.
pub(super) fn titles(book: &Book, roles: &BTreeSet<Role>) -> String {
    let front = &book.in_force().policy().front;
    let team = |role: &&Role| **role != Role::Staff || roles.len() == 1;
    roles.iter().filter(team).map(|role| front.title_of(*role)).collect::<Vec<_>>().join(", ")
}
