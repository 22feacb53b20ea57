//! Control `filter.executables`: programs are stopped by what they are, for those whom the clause names.

use std::io::{Cursor, Write as _};

use activity::{Filter, HostIs, Query};
use testkit::Answer;

use super::https_inspection::{NETWORKS, open_one};
use crate::{browser::Surfer, school::*};

/// How programs for Windows begin.
const PROGRAM: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0This is no program, only its first bytes.\0";

/// What the log says of the last request to a site: `blocked file programs`.
pub(super) async fn last_row(school: &School, host: &str) -> String {
    school.written().await;
    let query = Query::newest(Filter { host: Some(HostIs::Exactly(host.to_owned())), ..Filter::default() });
    let page = school.app().log().query(school.installation().school.id(), query).await.unwrap();
    let Some(entry) = page.entries.first() else { panic!("no row of {host}") };
    let clause = entry.row.clause.as_ref().map(|clause| clause.label.as_str());
    format!("{} {} {}", entry.row.outcome, entry.row.reason, clause.unwrap_or("-"))
}

fn zipped(name: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(PROGRAM).unwrap();
    zip.finish().unwrap().into_inner()
}

/// Programs, files of commands and archives with them are stopped, also under the name of a page; what is no program and
/// what the clause permits pass.
#[tokio::test(flavor = "multi_thread")]
async fn executables() {
    let clause = "Pupils load no programs but ours. \
                  `programs: filter.executables { who = \"pupils\", permit = \"apps.test\" }`";
    let school = School::open(&[clause]).await;
    let (pupil, teacher, stranger) =
        (school.device_of(PUPIL).await, school.device_of(TEACHER).await, school.stranger());
    let answers = [
        ("/setup.exe", "application/octet-stream", PROGRAM.to_vec()),
        ("/holiday.html", "text/html", PROGRAM.to_vec()),
        ("/start.bat", "application/octet-stream", b"@echo off\r\nstart\r\n".to_vec()),
        ("/sums.zip", "application/zip", zipped("sums.exe")),
        ("/essay.txt", "text/plain", b"MZ is how this text begins.".to_vec()),
    ];
    for (path, media, body) in answers {
        school.site.answers(path, Answer { status: 200, media: media.to_owned(), body });
    }
    let status = async |surfer: &Surfer, path: &str| surfer.status(&format!("http://maths.test{path}")).await;
    for path in ["/setup.exe", "/holiday.html", "/start.bat", "/sums.zip"] {
        let statuses = (status(&pupil, path).await, status(&stranger, path).await, status(&teacher, path).await);
        assert_eq!(statuses, (403, 403, 200), "{path}: the clause binds pupils, and whoever is not known");
    }
    assert_eq!((status(&pupil, "/essay.txt").await, status(&pupil, "/").await), (200, 200));
    assert_eq!(pupil.status("http://apps.test/setup.exe").await, 200);
    let page = pupil.open("http://other.test/setup.exe").await.is(403);
    assert!(page.says("Files of this kind are not let in.") && page.says("clause 1.1"), "{}", page.body);
    assert_eq!(last_row(&school, "other.test").await, "blocked file programs");
    assert_eq!(last_row(&school, "apps.test").await, "allowed default -");

    // What comes encrypted is not looked at unless a clause has it opened, and the standing says so.
    school.standing("programs").await.are("not-kept", "only what comes in clear is looked at");
    let opened = "Devices of the school are looked into. `opened: filter.https-inspection { school-networks = [\"classrooms\"] }`";
    school.enact(&Draft::of(&[clause, opened]).front(NETWORKS)).await.unwrap();
    assert_eq!(status(&pupil, "/setup.exe").await, 403);
    school.standing("programs").await.are("not-kept", "No encrypted connection has been opened");
    open_one(&school).await;
    school.standing("programs").await.are("kept", "10 programs were stopped in 28 days");

    // On trial it is recorded and stops nothing.
    let trial = clause.replace("who =", "observe = true, who =");
    school.enact(&Draft::of(&[&trial, opened]).front(NETWORKS)).await.unwrap();
    assert_eq!(pupil.status("http://trial.test/setup.exe").await, 200);
    assert_eq!(last_row(&school, "trial.test").await, "observed file programs");
    assert_eq!(school.standing("programs").await.word, "due");
}
