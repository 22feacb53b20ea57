//! Builders of a small school: people, classes, roles, accounts, in few words.

use kernel::{ClassId, DeviceId, PersonId, Role, Year};
use store::{Act, Actor, School, Store, StoreError, entity, ids, time};

/// A school with a few invented people, built as a test needs it.
pub struct SmallSchool {
    /// The school.
    pub school: School,
    now: jiff::Timestamp,
    /// Since which day people hold what they hold.
    since: &'static str,
    /// The first day of people at the school, where it is known.
    joined: Option<&'static str>,
}

/// Since when roles are held where a test says nothing.
const SINCE: &str = "2026-09-01";

impl SmallSchool {
    /// A new school with nobody in it.
    pub async fn empty(store: &Store, slug: &str, now: jiff::Timestamp) -> Self {
        let school = must(store.create_school(slug, &format!("{slug} Primary School"), now).await);
        Self { school, now, since: SINCE, joined: None }
    }

    /// A school that is there already, to which people are added.
    pub fn of(school: School, now: jiff::Timestamp) -> Self {
        Self { school, now, since: SINCE, joined: None }
    }

    /// Whoever is added from now on holds roles since `since`, and joined on the day `joined`.
    pub fn since(self, since: &'static str, joined: &'static str) -> Self {
        Self { since, joined: Some(joined), ..self }
    }

    /// A school with a head, a teacher, a network manager, two pupils of Year 5 in class 5B, one of
    /// Year 1, and a parent of the first; usernames `head`, `teacher`, `tech`, `maya.jones`,
    /// `tom.reed`, `ava.hill`, `parent`, none with a password yet.
    pub async fn build(store: &Store, slug: &str, now: jiff::Timestamp) -> Self {
        let it = Self::empty(store, slug, now).await;
        let class = it.class("5B", Some("year-5")).await;
        let head = it.person("Helen", "Head", None).await;
        it.role(head, Role::Headteacher).await;
        it.role(head, Role::Staff).await;
        let teacher = it.person("Tariq", "Teacher", None).await;
        it.role(teacher, Role::Teacher).await;
        it.role(teacher, Role::Staff).await;
        it.teaches(teacher, class).await;
        let tech = it.person("Nina", "Network", None).await;
        it.role(tech, Role::NetworkManager).await;
        it.role(tech, Role::Staff).await;
        let maya = it.pupil("Maya", "Jones", "year-5", Some(class)).await;
        let tom = it.pupil("Tom", "Reed", "year-5", Some(class)).await;
        let ava = it.pupil("Ava", "Hill", "year-1", None).await;
        let parent = it.person("Priya", "Jones", None).await;
        it.role(parent, Role::Parent).await;
        it.parent_of(parent, maya).await;
        for (person, username) in [
            (head, "head"),
            (teacher, "teacher"),
            (tech, "tech"),
            (maya, "maya.jones"),
            (tom, "tom.reed"),
            (ava, "ava.hill"),
            (parent, "parent"),
        ] {
            it.account(person, username, None).await;
        }
        it
    }

    /// The person with this username.
    pub async fn who(&self, username: &str) -> PersonId {
        use store::query::ColumnTrait;
        let found = must(
            self.school
                .read()
                .find::<entity::access_account::Entity>()
                .filter(entity::access_account::Column::Username.eq(username))
                .one()
                .await,
        );
        match found {
            Some(row) => PersonId(row.person_id),
            None => panic!("nobody is called {username}"),
        }
    }

    /// Adds a person. The outside id is made of the name.
    pub async fn person(&self, given: &str, family: &str, year: Option<&str>) -> PersonId {
        if let Some(year) = year {
            assert!(Year::parse(year).is_ok(), "{year} is no year");
        }
        let id = must(ids::new_id(self.now));
        let row = entity::people_person::Model {
            id,
            school_id: self.school.id().0,
            outside_id: format!("{given}-{family}").to_lowercase(),
            given_name: given.to_owned(),
            family_name: family.to_owned(),
            preferred_name: None,
            year: year.map(str::to_owned),
            joined_on: self.joined.map(str::to_owned),
            left_on: None,
            email: None,
        };
        let act = Act::new("people.add", Actor::Gatehouse).about(id);
        must(self.school.act(act, self.now, async |tx| tx.insert(row).await).await);
        PersonId(id)
    }

    /// Adds a pupil, in a class where one is given.
    pub async fn pupil(&self, given: &str, family: &str, year: &str, class: Option<ClassId>) -> PersonId {
        let person = self.person(given, family, Some(year)).await;
        self.role(person, Role::Pupil).await;
        if let Some(class) = class {
            self.member(person, class, "pupil").await;
        }
        person
    }

    /// Adds a class.
    pub async fn class(&self, name: &str, year: Option<&str>) -> ClassId {
        let id = must(ids::new_id(self.now));
        let row = entity::people_class::Model {
            id,
            school_id: self.school.id().0,
            outside_id: format!("class-{name}"),
            name: name.to_owned(),
            year: year.map(str::to_owned),
        };
        must(self.school.bookkeep(self.now, async |tx| tx.insert(row).await).await);
        ClassId(id)
    }

    /// Says that a person teaches a class.
    pub async fn teaches(&self, person: PersonId, class: ClassId) {
        self.member(person, class, "teacher").await;
    }

    /// Says that a person belongs to a class, as `pupil` or `teacher`.
    pub async fn member(&self, person: PersonId, class: ClassId, member_as: &str) {
        let row = entity::people_class_member::Model {
            school_id: self.school.id().0,
            class_id: class.0,
            person_id: person.0,
            member_as: member_as.to_owned(),
        };
        must(self.school.bookkeep(self.now, async |tx| tx.insert(row).await).await);
    }

    /// Gives a person a role, from 1 September 2026 on where nothing else is said.
    pub async fn role(&self, person: PersonId, role: Role) {
        let row = entity::people_role::Model {
            id: must(ids::new_id(self.now)),
            school_id: self.school.id().0,
            person_id: person.0,
            role: role.id().to_owned(),
            deputy: false,
            since_on: self.since.to_owned(),
            until_on: None,
            source: "roll".to_owned(),
        };
        must(self.school.bookkeep(self.now, async |tx| tx.insert(row).await).await);
    }

    /// Lets a person leave, with `last` as the last day at the school.
    pub async fn leaves(&self, person: PersonId, last: &str) {
        use store::query::ColumnTrait;
        let last = last.to_owned();
        must(
            self.school
                .bookkeep(self.now, async |tx| {
                    tx.change::<entity::people_person::Entity>()
                        .set(entity::people_person::Column::LeftOn, Some(last))
                        .filter(entity::people_person::Column::Id.eq(person.0))
                        .run()
                        .await
                })
                .await,
        );
    }

    /// Says that a person is a parent of a child.
    pub async fn parent_of(&self, parent: PersonId, child: PersonId) {
        let row = entity::people_relation::Model {
            school_id: self.school.id().0,
            person_id: parent.0,
            other_id: child.0,
            relation: "parent".to_owned(),
        };
        must(self.school.bookkeep(self.now, async |tx| tx.insert(row).await).await);
    }

    /// Puts a person into a group that the school keeps.
    pub async fn in_group(&self, person: PersonId, group: &str) {
        let row = entity::people_group_member::Model {
            school_id: self.school.id().0,
            group_name: group.to_owned(),
            person_id: person.0,
        };
        must(self.school.bookkeep(self.now, async |tx| tx.insert(row).await).await);
    }

    /// Gives a person an account; the hash is in PHC form.
    pub async fn account(&self, person: PersonId, username: &str, password_hash: Option<&str>) {
        let row = entity::access_account::Model {
            id: must(ids::new_id(self.now)),
            school_id: self.school.id().0,
            person_id: person.0,
            username: username.to_owned(),
            password_hash: password_hash.map(str::to_owned),
            must_change: false,
            created_at: time::millis(self.now),
            disabled_at: None,
        };
        must(self.school.bookkeep(self.now, async |tx| tx.insert(row).await).await);
    }

    /// Gives a person a device, known by the digest of its token.
    pub async fn device(&self, person: PersonId, label: &str, token_digest: &str) -> DeviceId {
        let id = must(ids::new_id(self.now));
        let row = entity::access_device::Model {
            id,
            school_id: self.school.id().0,
            person_id: Some(person.0),
            network: None,
            asset_id: None,
            label: label.to_owned(),
            token_digest: token_digest.to_owned(),
            created_at: time::millis(self.now),
            revoked_at: None,
        };
        must(self.school.bookkeep(self.now, async |tx| tx.insert(row).await).await);
        DeviceId(id)
    }
}

#[track_caller]
fn must<T>(result: Result<T, StoreError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("the store refused: {error}: {:?}", std::error::Error::source(&error)),
    }
}
