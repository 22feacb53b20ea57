//! Control `filter.fair-use`: large transfers are stopped or slowed, for those whom the clause names.

use std::time::{Duration, Instant};

use testkit::Answer;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::executables::last_row;
use crate::school::*;

/// The status of what whoever is not known sends: so much is told, this much comes.
async fn sends(school: &School, length: usize, body: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(school.gateway()).await.unwrap();
    let head = format!("POST http://up.test/ HTTP/1.1\r\nHost: up.test\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    String::from_utf8_lossy(&start[9..]).parse().unwrap()
}

/// One transfer is not larger than the clause says, down or up, but from where it permits; what it closes is closed.
#[tokio::test(flavor = "multi_thread")]
async fn fair_use() {
    let clause = "Films are not loaded in lessons. `fair: filter.fair-use { who = \"pupils\", \
                  when = \"mon-fri 09:00-15:30\", limit-mb = 1, permit = \"lessons.test\", block = \"swap.test\" }`";
    let school = School::open(&[clause]).await;
    let (pupil, teacher) = (school.device_of(PUPIL).await, school.device_of(TEACHER).await);
    for (path, bytes) in [("/film", 1_000_001), ("/picture", 1_000_000)] {
        let answer = Answer { status: 200, media: "application/octet-stream".to_owned(), body: vec![0; bytes] };
        school.site.answers(path, answer);
    }
    let page = pupil.open("http://films.test/film").await.is(403);
    assert!(page.says("larger than what may be loaded at once") && page.says("clause 1.1"), "{}", page.body);
    assert_eq!(last_row(&school, "films.test").await, "blocked size fair");
    let picture = pupil.open("http://films.test/picture").await.is(200);
    assert_eq!(picture.body.len(), 1_000_000, "just as much is whole");
    assert_eq!(pupil.status("http://lessons.test/film").await, 200);
    assert_eq!(pupil.status("http://swap.test/").await, 403);
    assert_eq!(teacher.status("http://films.test/film").await, 200);
    assert_eq!(teacher.status("http://swap.test/").await, 200);
    assert_eq!((sends(&school, 1_000_001, b"").await, sends(&school, 3, b"abc").await), (403, 200));
    assert_eq!(school.reached("up.test"), 1);
    school.standing("fair").await.are("kept", "2 transfers were stopped for their size in 28 days");
    school.at("2026-11-24 16:00").await;
    assert_eq!(pupil.status("http://films.test/film").await, 200);
    assert_eq!(pupil.status("http://swap.test/").await, 200);

    // A pace holds for all that a device loads, and stops nothing.
    let pace = "Nobody takes all of the line. `fair: filter.fair-use { who = \"pupils\", rate-kb = 400 }`";
    school.enact(&Draft::of(&[pace])).await.unwrap();
    let begun = Instant::now();
    assert_eq!(pupil.open("http://films.test/film").await.is(200).body.len(), 1_000_001);
    // What goes in the first second does not wait.
    assert!(begun.elapsed() > Duration::from_millis(1_200), "{:?}", begun.elapsed());
    school.standing("fair").await.are("kept", "2 transfers");
}
