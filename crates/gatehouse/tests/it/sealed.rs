//! Sealed lists that are not as they should be when the gateway starts.

use std::fs;

use crate::school::*;

const CLAUSE: &str = "Illegal material is blocked, always. `illegal: filter.illegal-lists`";

/// A school with a sealed list, kept.
async fn with_a_sealed_list() -> School {
    let school = School::open(&[CLAUSE]).await;
    let file = school.folder().join("sealed.txt");
    fs::write(&file, "forbidden.test\n").unwrap();
    let (installation, now) = (school.installation(), kernel::Clock::now(&school.clock));
    let source = traffic::lists::Source::Path(file);
    let (rows, lists) = (&installation.school, installation.lists());
    traffic::lists::service::add_sealed(rows, &lists, "sealed", &source, store::Actor::Gatehouse, now).await.unwrap();
    school.settle().await;
    school
}

/// Nothing may be open as if no sealed list were there.
#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_list_that_cannot_be_read_closes_the_gateway_at_start() {
    let mut school = with_a_sealed_list().await;
    school.restart().await;
    assert_eq!(school.stranger().status("http://maths.test/").await, 200);
    assert_eq!(school.stranger().status("http://forbidden.test/").await, 403);
    let path = school.installation().lists().sealed();
    let whole = fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    for bytes in [damaged, whole[..whole.len() - 1].to_vec(), Vec::new()] {
        fs::write(&path, bytes).unwrap();
        school.restart().await;
        let stranger = school.stranger();
        for site in ["http://maths.test/", "http://forbidden.test/"] {
            assert_eq!(stranger.status(site).await, 403, "{site}");
        }
        assert_eq!(school.browser().get("/sign-in").await.status, 200, "somebody must be able to mend it");
    }
    fs::write(&path, whole).unwrap();
    school.restart().await;
    assert_eq!(school.stranger().status("http://maths.test/").await, 200);
    assert_eq!(school.stranger().status("http://forbidden.test/").await, 403);
}

/// The row that says that there is one does not keep the clause.
#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_list_that_is_gone_is_not_called_kept() {
    let mut school = with_a_sealed_list().await;
    school.standing("illegal").await.are("kept", "1 sealed list is loaded");
    fs::remove_file(school.installation().lists().sealed()).unwrap();
    school.restart().await;
    assert_eq!(school.standing("illegal").await.word, "not-kept");
}
