//! Who is at the school, as forms and sentences need it: names, roles, classes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use declare::typed::{Found, fold};
use jiff::civil::Date;
use kernel::{Audience, PersonId, Role, Subject, Year};
use store::{
    Rows, StoreError,
    entity::{access_account, people_class, people_class_member, people_group_member, people_person, people_role},
    query::ColumnTrait,
    time::parse_day,
};
use uuid::Uuid;

use crate::Person;

/// A person of the school. Printing one for debugging shows no name.
#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub id: PersonId,
    /// "Maya Jones".
    pub name: String,
    /// "Jones, Maya": how lists sort.
    pub sorted: String,
    /// What audiences ask.
    pub subject: Subject,
    /// Whether the person is not at the school, or it was not asked.
    pub left: bool,
}

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Member({})", self.id)
    }
}

/// Everybody of a school, and its classes, on one day.
#[derive(Debug, Clone, Default)]
pub struct Roll {
    members: HashMap<PersonId, Member>,
    classes: BTreeMap<String, Option<Year>>,
    /// Whom typed words could mean: names, names with the class, usernames, all folded.
    called: HashMap<String, Vec<PersonId>>,
    usernames: HashMap<PersonId, String>,
}

impl Roll {
    /// Reads everybody with their roles, classes and groups, and those who have left: entries go on naming them.
    ///
    /// # Errors
    /// Where the store refuses, or what it has is damaged.
    pub async fn read(rows: &Rows, today: Date) -> Result<Self, StoreError> {
        let day = today.to_string();
        let mut members = HashMap::new();
        for row in rows.find::<people_person::Entity>().all().await? {
            let joined = row.joined_on.as_deref().and_then(parse_day);
            let left = row.left_on.as_deref().is_some_and(|left| left < day.as_str());
            let year = row.year.as_deref().map(Year::parse).transpose();
            let year = year.map_err(|_| StoreError::Damaged { what: "a year" })?;
            let mut member = member(row);
            member.left = left;
            member.subject.year = year;
            member.subject.joiner = joined.is_some_and(|day| day <= today && Subject::is_joiner(day, today));
            members.insert(member.id, member);
        }
        for row in rows.find::<people_role::Entity>().all().await? {
            let holds = row.since_on <= day && row.until_on.as_deref().is_none_or(|until| day.as_str() <= until);
            if let (true, Some(member)) = (holds, members.get_mut(&PersonId(row.person_id))) {
                let role = Role::parse(&row.role).map_err(|_| StoreError::Damaged { what: "a role" })?;
                member.subject.roles.insert(role);
            }
        }
        let classes = rows.find::<people_class::Entity>().all().await?;
        let names: HashMap<Uuid, String> = classes.into_iter().map(|row| (row.id, row.name)).collect();
        for row in rows.find::<people_class_member::Entity>().all().await? {
            if let (Some(member), Some(name)) = (members.get_mut(&PersonId(row.person_id)), names.get(&row.class_id)) {
                member.subject.classes.insert(name.clone());
            }
        }
        for row in rows.find::<people_group_member::Entity>().all().await? {
            if let Some(member) = members.get_mut(&PersonId(row.person_id)) {
                member.subject.groups.insert(row.group_name);
            }
        }
        Self::finish(rows, members).await
    }

    /// The same where those who are at the school are known already, with what audiences ask of them.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn with(rows: &Rows, people: Vec<Person>) -> Result<Self, StoreError> {
        let mut members = HashMap::new();
        for row in rows.find::<people_person::Entity>().all().await? {
            let member = member(row);
            members.insert(member.id, member);
        }
        for person in people {
            if let Some(member) = members.get_mut(&person.id) {
                member.subject = person.subject;
                member.left = false;
            }
        }
        Self::finish(rows, members).await
    }

    async fn finish(rows: &Rows, members: HashMap<PersonId, Member>) -> Result<Self, StoreError> {
        let classes = rows.find::<people_class::Entity>().all().await?;
        let classes = classes.into_iter().map(|row| (row.name, row.year.and_then(|year| Year::parse(&year).ok())));
        let mut roll = Self { members, classes: classes.collect(), called: HashMap::new(), usernames: HashMap::new() };
        let accounts = rows.find::<access_account::Entity>().all().await?;
        let mut called: HashMap<String, Vec<PersonId>> = HashMap::new();
        let mut call = |name: &str, id: PersonId| {
            let all = called.entry(fold(name)).or_default();
            if !all.contains(&id) {
                all.push(id);
            }
        };
        for member in roll.members.values() {
            for name in [member.name.as_str(), member.sorted.as_str(), roll.typed_name(member).as_str()] {
                call(name, member.id);
            }
        }
        for row in &accounts {
            call(&row.username, PersonId(row.person_id));
        }
        roll.called = called;
        roll.usernames = accounts.into_iter().map(|row| (PersonId(row.person_id), row.username)).collect();
        Ok(roll)
    }

    /// The people of these identifiers alone, without roles and classes: for their names.
    ///
    /// # Errors
    /// Where the store refuses.
    pub async fn names(rows: &Rows, ids: &BTreeSet<PersonId>) -> Result<Self, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let mut members = HashMap::new();
        for some in ids.chunks(500) {
            let found = rows.find::<people_person::Entity>();
            for row in found.filter(people_person::Column::Id.is_in(some.iter().copied())).all().await? {
                let member = member(row);
                members.insert(member.id, member);
            }
        }
        Ok(Self { members, ..Self::default() })
    }

    /// The person.
    pub fn get(&self, id: PersonId) -> Option<&Member> {
        self.members.get(&id)
    }

    /// What the person is called; "somebody" where nobody is known.
    pub fn name(&self, id: PersonId) -> String {
        self.get(id).map_or_else(|| "Somebody who is no longer known".to_owned(), |member| member.name.clone())
    }

    /// Everybody who is at the school and among `who`, by family name.
    pub fn among(&self, who: &Audience) -> Vec<&Member> {
        let mut found: Vec<&Member> =
            self.members.values().filter(|member| !member.left && who.contains(&member.subject)).collect();
        found.sort_by(|one, two| (&one.sorted, one.id).cmp(&(&two.sorted, two.id)));
        found
    }

    /// Everybody, those who have left too, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// The classes by name, with their years.
    pub fn classes(&self) -> &BTreeMap<String, Option<Year>> {
        &self.classes
    }
}

fn member(row: people_person::Model) -> Member {
    let given = row.preferred_name.unwrap_or(row.given_name);
    Member {
        id: PersonId(row.id),
        name: format!("{given} {}", row.family_name).trim().to_owned(),
        sorted: format!("{}, {given}", row.family_name),
        left: true,
        subject: Subject::default(),
    }
}

impl Roll {
    /// What somebody types to name this person and nobody else: a pupil with the class, whom others share a name with
    /// the year.
    pub fn typed_name(&self, member: &Member) -> String {
        let pupil = member.subject.has_capacity(kernel::Capacity::Pupil);
        match (pupil, member.subject.classes.iter().next(), member.subject.year) {
            (true, Some(class), _) => format!("{} ({class})", member.name),
            (true, None, Some(year)) => format!("{} ({})", member.name, year.title()),
            (true, None, None) | (false, _, _) => member.name.clone(),
        }
    }

    /// Everybody among `who` who is called so, by family name.
    pub fn called(&self, typed: &str, who: &Audience) -> Vec<PersonId> {
        let called = self.called.get(&fold(typed)).map(Vec::as_slice).unwrap_or_default();
        let fits = |id: &&PersonId| self.get(**id).is_some_and(|it| !it.left && who.contains(&it.subject));
        let mut found: Vec<PersonId> = called.iter().filter(fits).copied().collect();
        found.sort_by_key(|id| (self.get(*id).map(|it| it.sorted.clone()), *id));
        found
    }

    /// The person's username.
    pub fn username(&self, id: PersonId) -> Option<&str> {
        self.usernames.get(&id).map(String::as_str)
    }

    /// Whom a typed name means, among `who`: "Maya Jones", "Jones, Maya", "Maya Jones (5B)" or a username, in any case.
    pub fn find(&self, typed: &str, who: &Audience) -> Found<PersonId> {
        let found = self.called(typed, who);
        let typed = fold(typed);
        match found.as_slice() {
            [one] => Found::One(*one),
            [] => Found::Nothing,
            [_, ..] => {
                let exact = |id: &&PersonId| self.get(**id).is_some_and(|it| fold(&self.typed_name(it)) == typed);
                let exact: Vec<&PersonId> = found.iter().filter(exact).collect();
                if let [one] = exact.as_slice() { Found::One(**one) } else { Found::Several }
            }
        }
    }
}
