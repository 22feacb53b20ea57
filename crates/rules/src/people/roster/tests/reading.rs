//! What is read, and what is refused with its file, line and reason.

use kernel::{Role, Year};

use super::*;

#[track_caller]
fn refuses_all(school: Small, expected: &str) {
    let error = school.parse().unwrap_err();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    assert_eq!(text, expected);
}

#[track_caller]
fn refuses(school: Small, expected: &[&str]) {
    let change = school.change(&Roll::default());
    let given: Vec<_> = change.refused.iter().map(ToString::to_string).collect();
    assert_eq!(given, expected);
}

#[track_caller]
fn warns(school: Small, expected: &[&str]) {
    let change = school.change(&Roll::default());
    let given: Vec<_> = change.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        (change.refused.as_slice(), given),
        ([].as_slice(), expected.iter().map(|it| (*it).to_owned()).collect())
    );
}

#[test]
fn both_versions_give_the_same_roll() {
    let roll = Small::old().roll();
    assert_eq!(roll, Small::new().roll());
    assert_eq!(roll.people.len(), 4);
    let ann = &roll.people[&id("p1")];
    assert_eq!((ann.full_name().as_str(), ann.year), ("Ann Bell", Year::numbered(5)));
    assert_eq!(ann.roles, [Role::Pupil].into());
    assert_eq!(roll.people[&id("p2")].year, Year::numbered(5), "`05` is Year 5");
    assert_eq!(roll.people[&id("g1")].children, [id("p1")].into());
    let teacher = &roll.people[&id("t1")];
    assert_eq!(teacher.roles, [Role::Teacher, Role::ClassTeacher].into());
    assert_eq!(teacher.classes[&id("c5")], Part::ClassTeacher);
    assert_eq!(roll.classes[&id("c5")].name, "5B");
}

#[test]
fn a_folder_that_is_wrong_as_a_whole_is_refused() {
    let old = Small::old;
    refuses_all(old().without("manifest.csv"), "there is no manifest.csv: this is not a folder of OneRoster files");
    refuses_all(
        old().swap("manifest.csv", "1.1", "1.0"),
        "manifest.csv says OneRoster 1.0: Gatehouse reads 1.1 and 1.2",
    );
    refuses_all(
        old().swap("manifest.csv", "oneroster.version,1.1\n", ""),
        "manifest.csv does not say which `oneroster.version` it follows",
    );
    refuses_all(
        old().swap("manifest.csv", "users,bulk", "users,all"),
        "manifest.csv says `all` of file.users: right are `bulk`, `delta` and `absent`",
    );
    refuses_all(
        old().swap("manifest.csv", "users,bulk", "users,absent"),
        "manifest.csv says that users.csv is absent: without it there is no roll",
    );
    refuses_all(old().without("users.csv"), "manifest.csv promises users.csv, and it is not there");
    refuses_all(old().swap("users.csv", "enabledUser", "enabled"), "users.csv has no column `enabledUser`");
    refuses_all(old().swap("users.csv", "orgSourcedIds", "orgs"), "users.csv has no column `orgSourcedIds`");
    refuses_all(Small::new().swap("roles.csv", "orgSourcedId", "org"), "roles.csv has no column `orgSourcedId`");
    refuses_all(Small::new().without("roles.csv"), "manifest.csv promises roles.csv, and it is not there");
    refuses_all(old().swap("orgs.csv", ",school", ",district"), "orgs.csv has no row of type `school`");
    refuses_all(
        old().add("orgs.csv", "S2,,Other,school\n"),
        "orgs.csv has 2 schools: say which one by its sourcedId or identifier (S, S2)",
    );
    refuses_all(
        old().put("users.csv", "\u{0}"),
        "users.csv cannot be read: it holds a zero byte at line 1: it is not a text file",
    );
    refuses_all(
        old().swap("users.csv", ",S,", ",X,"),
        "users.csv has no person of this school whom Gatehouse can take (3 rows refused; the first: enrollments.csv, line 2: the person `t1` is not in users.csv, or is refused there)",
    );
}

#[test]
fn a_row_that_is_wrong_is_refused_with_its_place() {
    let with = |row: &str| Small::old().add("users.csv", row);
    refuses(with("p1,,true,S,student,x,X,Y,,,5\n"), &["users.csv, line 6: the sourcedId `p1` is there twice"]);
    refuses(
        with(",,true,S,student,x,X,Y,,,5\n"),
        &["users.csv, line 6: `sourcedId`: `` is not an identifier of 1 to 255 characters without control characters"],
    );
    refuses(
        with("p3,,maybe,S,student,x,X,Y,,,5\n"),
        &["users.csv, line 6: `enabledUser` is neither `true` nor `false`"],
    );
    refuses(with("p3,,true,S,king,x,X,Y,,,5\n"), &["users.csv, line 6: the role `king` is not one of OneRoster's"]);
    refuses(with("p3,,true,S,student,x,,Y,,,5\n"), &["users.csv, line 6: `givenName` is blank"]);
    refuses(
        with("p3,,true,S,student,A.Bell,X,Y,,,5\n"),
        &["users.csv, line 6: the username stands at line 3 too: each person has their own"],
    );
    refuses(with("p3,,true,S,student,a b,X,Y,,,5\n"), &["users.csv, line 6: `username` holds a space"]);
    refuses(
        with("p3,gone,true,S,student,x,X,Y,,,5\n"),
        &["users.csv, line 6: the status `gone` is neither `active` nor `tobedeleted`"],
    );
    refuses(
        with("p3,,true,,student,x,X,Y,,,5\n"),
        &["users.csv, line 6: `orgSourcedIds` is blank: no school is named"],
    );
    refuses(
        with("r1,,true,S,relative,x,X,Y,,p1,\n"),
        &["users.csv, line 6: a relative who is neither parent nor guardian has no part in the school's roll"],
    );
    refuses(
        with("p3,,true,S,student,x,X,Y,,nobody,5\n"),
        &[
            "users.csv, line 6: the related person `nobody` is not on the roll: the person is taken, the relation is not",
        ],
    );
    refuses(
        with("\"p3\",,true,S,student,x,\"X\nZ\",Y,,,5\np4,,true,S,student,y\n"),
        &["users.csv, line 8: the row has 6 values where the headings have 11"],
    );
}

#[test]
fn an_enrolment_that_is_wrong_is_refused_with_its_place() {
    let with = |row: &str| Small::old().add("enrollments.csv", row);
    refuses(
        with("e4,,c6,S,p1,student,\n"),
        &["enrollments.csv, line 5: the class `c6` is not in classes.csv, or is refused there"],
    );
    refuses(
        with("e4,,c5,S,p9,student,\n"),
        &["enrollments.csv, line 5: the person `p9` is not in users.csv, or is refused there"],
    );
    refuses(with("e1,,c5,S,p1,student,\n"), &["enrollments.csv, line 5: the sourcedId `e1` is there twice"]);
    refuses(with("e4,,c5,S,t1,lodger,\n"), &["enrollments.csv, line 5: the role `lodger` has no part in a class"]);
    let pupil_teaches = with("").swap("enrollments.csv", "e3,,c5,S,p2,student,", "e3,,c5,S,p2,teacher,true");
    refuses(
        pupil_teaches.clone(),
        &["enrollments.csv, line 4: `p2` has no role that lets them be class teacher of a class"],
    );
    assert_eq!(pupil_teaches.roll().people[&id("p2")].roles, [Role::Pupil].into(), "a slip makes no child a teacher");
    refuses(
        Small::old().add("classes.csv", "c7,,5B,5,homeroom,S,\n"),
        &["classes.csv, line 3: the title `5B` stands at line 2 too: a policy could not tell the two classes apart"],
    );
}

#[test]
fn what_is_doubtful_is_taken_and_said() {
    warns(
        Small::old().swap("users.csv", ",g1,5", ",g1,XX").swap("classes.csv", ",5,homeroom", ",,homeroom"),
        &[
            "users.csv, line 3: no year is known for the grades `XX`",
            "users.csv, line 3: the pupil has no year, by `grades` or by a class: clauses for a year will not know them",
        ],
    );
    warns(
        Small::old().swap("users.csv", "t.reed@ash-hill.example", "t.reed"),
        &["users.csv, line 2: the address of mail has no `@` or holds a space: it is left out"],
    );
    warns(
        Small::old().swap("users.csv", "b.cole,Ben,Cole,,,", "b.cole,Ben,Cole,,p1,"),
        &["users.csv, line 4: of this person and `p1` neither is the other's parent: the relation is not taken"],
    );
    let by_class = Small::old().swap("users.csv", ",g1,5", ",g1,");
    assert_eq!(by_class.roll().people[&id("p1")].year, Year::numbered(5), "the year of the registration class");
}

#[test]
fn dates_count() {
    let roles = |row: &str| Small::new().swap("roles.csv", "r1,,t1,primary,teacher,,,S", row).roll();
    assert!(roles("r1,,t1,primary,teacher,2026-09-01,2026-11-24,S").people.contains_key(&id("t1")));
    assert!(!roles("r1,,t1,primary,teacher,,2026-11-23,S").people.contains_key(&id("t1")), "over");
    assert!(!roles("r1,,t1,primary,teacher,2026-11-25,,S").people.contains_key(&id("t1")), "not yet");
    let terms = |end: &str| {
        Small::old()
            .add("manifest.csv", "file.academicSessions,bulk\n")
            .put("academicSessions.csv", &format!("sourcedId,endDate\nT,{end}\n"))
            .swap("classes.csv", "homeroom,S,", "homeroom,S,T")
            .roll()
    };
    assert_eq!(terms("2027-08-31").classes.len(), 1);
    assert_eq!(terms("2026-08-31").classes.len(), 0, "a class of last year is no class");
}

#[test]
fn only_the_school_asked_for_is_read() {
    let two = Small::old()
        .add("orgs.csv", "S2,,Other,school\n")
        .add("users.csv", "p9,,true,S2,student,a.bell,Abe,Bell,,,4\n")
        .add("enrollments.csv", "e9,,c9,S2,p9,student,\n")
        .add("classes.csv", "c9,,5B,5,homeroom,S2,\n");
    let files = collect(two.0.iter().map(|(name, text)| (*name, text.as_bytes()))).unwrap();
    let of = |school: &str| {
        parse(&files, &Wanted { today: date(2026, 11, 24), school: Some(school.to_owned()) })
            .map(|roster| roster.people.len())
    };
    assert_eq!((of("S"), of("S2")), (Ok(4), Ok(1)));
    assert!(of("S3").is_err());
}

#[test]
fn roles_of_1_2_are_ours() {
    let roles = |word: &str| {
        Small::new().swap("roles.csv", "primary,teacher", &format!("primary,{word}")).roll().people[&id("t1")]
            .roles
            .clone()
    };
    assert!(roles("principal").contains(&Role::Headteacher));
    assert!(roles("siteAdministrator").contains(&Role::Office));
    assert!(!roles("systemAdministrator").contains(&Role::NetworkManager), "a responsibility is the school's to give");
    let both = Small::new().add("roles.csv", "r5,,t1,secondary,parent,,,S\n").roll();
    assert!(both.people[&id("t1")].roles.is_superset(&[Role::Teacher, Role::Parent].into()));
    refuses(
        Small::new().add("roles.csv", "r5,,p1,secondary,principal,,,S\n"),
        &["users.csv, line 3: a pupil is no member of staff: the role among staff is not taken"],
    );
    refuses(
        Small::new().add("users.csv", "x1,,true,x,X,Y,,,,,\n"),
        &["users.csv, line 6: `x1` has no role in roles.csv"],
    );
}

#[test]
fn responsibilities_are_read() {
    let text = "person,role,deputy\nt.reed,safeguarding-lead,yes\nt.reed,network-manager,\nt.reed,network-manager,no\nt.reed,king,\na.bell,pupil,\n,slt,\nt.reed,slt,perhaps\n";
    let (rows, refused) = parse_responsibilities("r.csv", text.as_bytes()).unwrap();
    let rows: Vec<_> = rows.iter().map(|row| format!("{} {} {}", row.person, row.role, row.deputy)).collect();
    assert_eq!(rows, ["t.reed safeguarding-lead true", "t.reed network-manager false"]);
    assert_eq!(refused.iter().map(|row| row.line).collect::<Vec<_>>(), [4, 5, 6, 7, 8]);
}
