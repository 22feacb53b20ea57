//! Gateways on machines of their own, beside a desk: the same records and keys, and a copy of the lists.

use std::{fs, path::Path, sync::Arc, time::Duration};

use gatehouse::{app::Gates, config::Config, installation::Installation};
use kernel::Clock as _;
use store::Actor;
use traffic::lists::service;

use crate::{browser::Surfer, school::*};

const GATE: &str = "Sign first. `gate: access.gated-on-agreement { who = [\"staff\", \"pupils\"] }`";
const GAMES: &str = "Games are closed to pupils. `games: filter.categories { who = \"pupils\", block = \"games\" }`";

/// How soon a gateway does what was decided at the desk.
const SOON: Duration = Duration::from_secs(3);

/// Copies a folder with its modes.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

/// A machine as docs/deploy.md says: its own folder, the records of the desk, copies of keys and lists.
async fn machine(school: &School, name: &str) -> (Config, Gates) {
    let mut config = school.config.clone();
    let (desk, own) = (&school.config.data.folder, school.folder().join(name));
    for folder in ["keys", "lists"] {
        copy(&desk.join(folder), &own.join(folder));
    }
    config.data.database = Some(format!("sqlite:{}", desk.join("gatehouse.sqlite").display()));
    config.data.folder = own;
    let installation = Installation::open(config.clone(), Arc::new(school.clock.clone())).await.unwrap();
    (config, Gates::start(installation).await.unwrap())
}

/// What is decided at the desk holds at every gateway, however many there are.
#[tokio::test(flavor = "multi_thread")]
async fn every_gateway_beside_a_desk_follows_it() {
    let school = School::open(&[GATE, GAMES]).await;
    let ((_, one), (_, other)) = (machine(&school, "one").await, machine(&school, "other").await);
    let browser = school.sign_in(PUPIL).await;
    browser.sign_agreement("pupils", "Maya Jones").await.is(303);
    let at = |gates: &Gates| Surfer::at(gates.gateway[0], browser.address);
    for surfer in [at(&one), at(&other)] {
        within(SOON, || async { surfer.status("http://maths.test/").await == 200 }).await;
        assert_eq!(surfer.status("http://games.test/").await, 403);
    }
    school.enact(&Draft::of(&[GATE])).await.unwrap();
    for surfer in [at(&one), at(&other)] {
        within(SOON, || async { surfer.status("http://games.test/").await == 200 }).await;
    }
    browser.sign_out().await;
    for surfer in [at(&one), at(&other)] {
        within(SOON, || async { surfer.status("http://maths.test/").await == 403 }).await;
    }
    one.stop().await.unwrap();
    other.stop().await.unwrap();
}

/// The lists come to its machine some time after the desk has them.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_beside_a_desk_takes_lists_that_are_copied_to_it() {
    let school = School::open(&[GAMES]).await;
    let (config, gates) = machine(&school, "beside").await;
    let surfer = Surfer::at(gates.gateway[0], crate::browser::own_address().into());
    fs::write(school.folder().join("list/games.txt"), "games.test\nmore-games.test\n").unwrap();
    let (installation, now) = (school.installation(), school.clock.now());
    service::update(&installation.school, &installation.lists(), None, Actor::Gatehouse, now).await.unwrap();
    school.settle().await;
    assert_eq!(school.stranger().status("http://more-games.test/").await, 403);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(surfer.status("http://more-games.test/").await, 200, "it has the lists of before");
    copy(&school.config.data.folder.join("lists"), &config.data.folder.join("lists"));
    gates.tend().await.unwrap();
    within(SOON, || async { surfer.status("http://more-games.test/").await == 403 }).await;
    gates.stop().await.unwrap();
}
