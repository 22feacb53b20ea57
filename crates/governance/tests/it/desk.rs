//! The area behind the real gate, with sessions that the test hands out.

use std::{ops::Deref, sync::Arc};

use async_trait::async_trait;
use governance::{Governance, Policies, Roll, RollPerson};
use jiff::Timestamp;
use kernel::{PersonId, SchoolId, Subject};
use store::School;
use testkit::{Page, Pages, TestStore};
use webkit::PortError;

use super::sample::{policies, session};

struct Listed(Vec<RollPerson>);

#[async_trait]
impl Roll for Listed {
    async fn people(&self, _: &School, _: Timestamp) -> Result<Vec<RollPerson>, PortError> {
        Ok(self.0.clone())
    }
}

/// A desk with this area alone.
pub(crate) struct TestDesk {
    pages: Pages,
    /// The policies that it reads.
    pub(crate) policies: Arc<Policies>,
}

impl Deref for TestDesk {
    type Target = Pages;
    fn deref(&self) -> &Pages {
        &self.pages
    }
}

impl TestDesk {
    /// Opens it over a store.
    pub(crate) fn open(kit: &TestStore, roll: Vec<RollPerson>) -> Self {
        let policies = Arc::new(policies());
        let state = Governance::new(kit.store.clone(), policies.clone(), Arc::new(Listed(roll)));
        Self { pages: Pages::open(&kit.clock, None, [governance::routes(state)]), policies }
    }

    /// Signs somebody in, and gives the cookie.
    pub(crate) fn sign_in(&self, school: SchoolId, person: PersonId, given: &str, subject: Subject) -> String {
        self.hand(session(school, person, given, subject))
    }

    /// Sends a form with the token of the page that it stands on.
    pub(crate) async fn post(&self, cookie: &str, path: &str, fields: &str) -> Page {
        let page = self.get(cookie, path).await;
        let token = page.token().unwrap();
        self.post_raw(cookie, path, &format!("csrf={token}&{fields}")).await
    }
}
