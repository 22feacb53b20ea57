//! An installation: its configuration, records, policies and folders, opened for a command or for serving.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use jiff::Timestamp;
use kernel::{Clock, PersonId, SessionId};
use store::{School, Settings, Store};
use traffic::lists::Folder;
use webkit::{Rights, Session, session::SessionParts};

use crate::{config::Config, rights::rights_of};

/// An opened installation.
#[derive(Clone)]
pub struct Installation {
    /// What is about the machine.
    pub config: Config,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// The records.
    pub store: Store,
    /// The school that the configuration names.
    pub school: School,
    /// The policies of the school.
    pub policies: Arc<governance::Policies>,
}

impl Installation {
    /// Opens the records, makes them at the first start, and finds or makes the school.
    ///
    /// # Errors
    /// Where keys or database cannot be used.
    pub async fn open(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let now = clock.now();
        private_folder(&config.data.folder)?;
        let settings = Settings {
            before_migration: Some(crate::cli::before_migration(
                config.data.folder.join("before-migration"),
                config.data.folder.join("keys"),
                now,
            )),
            ..Settings::new(database_url(&config), config.data.folder.join("keys"))
        };
        let store = Store::open(&settings, now).await.context("cannot open the records")?;
        let slug = &config.school.slug;
        let school = match store.school(slug).await {
            Ok(school) => school,
            Err(store::StoreError::NoSchool(_)) => {
                store.create_school(slug, &config.school.name, now).await.context("cannot make the school")?
            }
            Err(error) => return Err(error).context("cannot find the school"),
        };
        let policies = Arc::new(governance::Policies::default());
        Ok(Self { config, clock, store, school, policies })
    }

    /// Where the lists lie.
    pub fn lists(&self) -> Folder {
        Folder::new(&self.config.data.folder.join("lists"), self.school.slug())
    }

    /// Where the activity log lies.
    pub fn activity_folder(&self) -> PathBuf {
        self.config.data.folder.join("activity")
    }

    /// Who may do what by the policy in force; as built in where none is.
    ///
    /// # Errors
    /// Where the policy in force cannot be read.
    pub async fn rights(&self, now: Timestamp) -> anyhow::Result<Rights> {
        let in_force = self.policies.in_force(&self.school, now).await.context("cannot read the policy in force")?;
        Ok(in_force.map_or_else(Rights::built_in, |in_force| rights_of(&in_force.policy)))
    }

    /// A person whom a command acts as, by username: the same permissions are asked, and the same ledger is written, as
    /// at the desk.
    ///
    /// # Errors
    /// Where nobody has the username.
    pub async fn act_as(&self, username: &str, now: Timestamp) -> anyhow::Result<Session> {
        let person = people::people::named(&self.school.read(), username)
            .await
            .context("cannot look up the username")?
            .with_context(|| format!("nobody is called `{username}`"))?;
        self.session_of(person, now).await
    }

    /// A session of somebody on the roll.
    pub(crate) async fn session_of(&self, person: PersonId, now: Timestamp) -> anyhow::Result<Session> {
        let today = kernel::SchoolTime::new(now).date();
        let member = people::access::subjects::one(&self.school.read(), person, today)
            .await
            .context("cannot read the roll")?
            .context("this person is not at the school any more")?;
        let random = store::ids::new_id(now).context("cannot make an identifier")?;
        Ok(Session::new(SessionParts {
            id: SessionId(random),
            school: self.school.id(),
            person,
            given: member.given,
            family: member.family,
            subject: member.subject,
            first: None,
        }))
    }
}

/// Where the database is.
pub(crate) fn database_url(config: &Config) -> String {
    config
        .data
        .database
        .clone()
        .unwrap_or_else(|| format!("sqlite:{}", config.data.folder.join("gatehouse.sqlite").display()))
}

/// Makes a folder that only its owner may open.
pub fn private_folder(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(path).with_context(|| format!("cannot make the folder {}", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
        .with_context(|| format!("cannot keep the folder {} to its owner", path.display()))
}
