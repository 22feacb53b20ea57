//! Files of the lists that somebody changes beneath the running gateway.

use std::{fs, io::Write as _};

use crate::{
    school::*,
    sealed::{Feed, feed},
};

const GAMES: &str = "Games are closed. `games: filter.categories { who = \"everyone\", block = \"games\" }`";

/// Somebody cuts or overwrites the compiled lists in their place, while the gateway runs: it decides as before, is not
/// ended by it, and the file is whole again without anybody's doing.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_change_beneath_the_gateway_open_nothing() {
    let clause = "Illegal material is blocked, always. `illegal: filter.illegal-lists`";
    let mut school = School::open(&[GAMES, clause]).await;
    feed(&school, "makers", &Feed::default()).await.unwrap();
    school.restart().await;
    let (index, sealed) = (school.installation().lists().index(), school.installation().lists().sealed());
    let whole = fs::read(&index).unwrap();
    let closed = async |school: &School| {
        let stranger = school.stranger();
        for site in ["http://games.test/", "http://forbidden.test/"] {
            assert_eq!(stranger.status(site).await, 403, "{site}");
        }
        assert_eq!(stranger.status("http://maths.test/").await, 200);
    };
    closed(&school).await;
    for path in [&index, &sealed] {
        let length = fs::metadata(path).unwrap().len();
        let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.write_all(&vec![0; usize::try_from(length).unwrap()]).unwrap();
        closed(&school).await;
        file.set_len(0).unwrap();
        closed(&school).await;
    }
    school.app().upkeep().await.unwrap();
    school.settle().await;
    closed(&school).await;
    assert_eq!(fs::read(&index).unwrap(), whole, "it is compiled anew");
}
