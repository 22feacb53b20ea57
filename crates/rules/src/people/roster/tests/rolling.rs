//! Who joins, moves and leaves.

use kernel::{Role, Year};

use super::*;

#[test]
fn the_dry_run_says_who_joins_moves_and_leaves() {
    let roll = Small::old().roll();
    let next = Small::old()
        .swap("users.csv", "p2,,true,S,student,b.cole,Ben,Cole,,,05\n", "p3,,true,S,student,c.dunn,Cat,Dunn,,,6\n")
        .swap("users.csv", "Bell,,g1,5", "Bell,,g1,6")
        .swap("classes.csv", "5B", "6B")
        .swap("enrollments.csv", "S,p2", "S,p3");
    let change = next.change(&roll);
    let words = words::in_words(&roll, &change, words::Detail::People);
    assert_eq!(
        words,
        "     1 join (1 pupils)
     1 change (1 pupils)
     1 leave (1 pupils)
     2 stay as they are
     1 classes open, change or close
     0 rows refused
  ~ class 5B is now called 6B
  + Cat Dunn, pupil, Year 6, 6B
  ~ Ann Bell: moves from Year 5 to Year 6
  - Ben Cole, pupil, Year 5, 6B: not in the file any more
"
    );
    assert!(!words::in_words(&roll, &change, words::Detail::Counts).contains("Bell"), "figures name nobody");
    assert!(!format!("{change:?}").contains("Bell"), "nor does the form for debugging");
}

#[test]
fn a_refused_row_makes_nobody_leave() {
    let roll = Small::old().roll();
    let slip = Small::old().swap("users.csv", "p1,,true", "p1,,tru");
    let change = slip.change(&roll);
    assert_eq!((change.leavers.len(), change.movers.len(), change.unchanged), (0, 0, 4), "{:?}", change.movers);
    assert_eq!(change.refused.len(), 1);
    let slip = Small::new().swap("roles.csv", "p1,primary,student", "p1,primary,stdent");
    assert_eq!(slip.change(&roll).leavers.len(), 0);
    let slip = Small::new().swap("roles.csv", "r2,,p1,primary,student,,,S\n", "");
    assert_eq!(slip.change(&roll).leavers.len(), 0);
}

#[test]
fn somebody_taken_out_leaves_and_may_return() {
    let roll = Small::old().roll();
    let out = Small::old().swap("users.csv", "p2,,", "p2,tobedeleted,").change(&roll);
    assert_eq!(out.leavers.len(), 1);
    assert_eq!(out.leavers[0].why, WhyLeaves::TakenOut);
    let roll = apply(roll, &out);
    assert!(roll.left.contains(&id("p2")));
    let back = Small::old().change(&roll);
    assert_eq!((back.joiners.len(), back.joiners[0].returns), (1, true));
    assert!(apply(roll, &back).left.is_empty());
}

#[test]
fn nobody_gets_the_username_of_another() {
    let roll = Small::old().roll();
    let taken_over = Small::old().swap("users.csv", "p2,,true,S,student,b.cole", "p7,,true,S,student,b.cole").swap(
        "enrollments.csv",
        "S,p2",
        "S,p7",
    );
    let change = taken_over.change(&roll);
    assert_eq!((change.joiners.len(), change.leavers.len()), (0, 1));
    assert_eq!(change.refused[0].to_string(), "enrollments.csv, line 4: the person `p7` is not on the roll");
    assert_eq!(
        change.refused[1].to_string(),
        "users.csv, line 4: the username belongs, or belonged, to somebody else: nobody gets another's"
    );
    // Nor later, when the first one is long gone.
    let roll = apply(roll, &change);
    assert_eq!(taken_over.change(&roll).joiners.len(), 0);
    // Nor that of somebody whom no roster knows.
    let mut roll = Small::old().roll();
    roll.reserved.insert("c.dunn".into(), None);
    let change = Small::old().add("users.csv", "p8,,true,S,student,C.Dunn,Cat,Dunn,,,5\n").change(&roll);
    assert_eq!((change.joiners.len(), change.refused.len()), (0, 1));
}

#[test]
fn two_may_change_usernames_with_each_other() {
    let roll = Small::old().roll();
    let swapped = Small::old().swap("users.csv", "a.bell", "x").swap("users.csv", "b.cole", "a.bell").swap(
        "users.csv",
        ",x,",
        ",b.cole,",
    );
    let change = swapped.change(&roll);
    assert_eq!((change.movers.len(), change.refused.len()), (2, 0));
}

#[test]
fn whoever_is_refused_another_username_keeps_the_present_one() {
    let mut roll = Small::old().roll();
    roll.reserved.insert("c.dunn".into(), None);
    let chain = Small::old().swap("users.csv", "a.bell", "c.dunn").swap("users.csv", "b.cole", "a.bell");
    let change = chain.change(&roll);
    assert_eq!((change.movers.len(), change.refused.len()), (0, 2), "{:?}", change.refused);
    let names: Vec<_> = apply(roll, &change).people.into_values().map(|one| one.username).collect();
    assert!(names.contains(&"a.bell".to_owned()) && names.contains(&"b.cole".to_owned()), "{names:?}");
}

#[test]
fn a_delta_says_nothing_of_others() {
    let delta = |users: &str, enrolments: &str| {
        Small::old()
            .swap("manifest.csv", "users,bulk", "users,delta")
            .swap("manifest.csv", "classes,bulk", "classes,absent")
            .swap("manifest.csv", "enrollments,bulk", "enrollments,delta")
            .put("users.csv", &format!("sourcedId,status,enabledUser,orgSourcedIds,role,username,givenName,familyName,email,agentSourcedIds,grades\n{users}"))
            .put("enrollments.csv", &format!("sourcedId,status,classSourcedId,schoolSourcedId,userSourcedId,role,primary\n{enrolments}"))
    };
    let roll = Small::old().roll();
    let change =
        delta("p3,active,true,S,student,c.dunn,Cat,Dunn,,g1,5\n", "e4,active,c5,S,p3,student,\n").change(&roll);
    assert_eq!((change.joiners.len(), change.leavers.len(), change.movers.len()), (1, 0, 1), "{:?}", change.refused);
    assert_eq!(change.movers[0].changes(), [Change::ChildGained(id("p3"))]);
    let next = apply(roll.clone(), &change);
    assert!(next.people[&id("p3")].classes.contains_key(&id("c5")));
    assert_eq!(next.people[&id("t1")], roll.people[&id("t1")], "the class teacher stays one");
    let change = delta("p2,tobedeleted,true,S,student,b.cole,Ben,Cole,,,5\n", "").change(&roll);
    assert_eq!((change.leavers.len(), change.unchanged), (1, 3));
    let change =
        delta("p2,active,true,S,student,b.cole,Ben,Cole,,,5\n", "e3,tobedeleted,c5,S,p2,student,\n").change(&roll);
    assert_eq!(change.movers[0].changes(), [Change::ClassLeft(id("c5"))]);
}

#[test]
fn what_the_desk_closed_no_file_opens() {
    let mut roll = Small::old().roll();
    roll.people.get_mut(&id("p1")).unwrap().enabled = false;
    assert!(Small::old().change(&roll).is_empty());
    let change = Small::old().swap("users.csv", "p2,,true", "p2,,false").change(&Small::old().roll());
    assert_eq!(change.movers[0].changes(), [Change::Access(false)]);
}

#[test]
fn many_do_not_leave_by_a_slip() {
    let mut school = Small::old();
    for nth in 0..18 {
        school = school.add("users.csv", &format!("q{nth},,true,S,student,q{nth},Q,N{nth},,,5\n"));
    }
    let roll = school.roll();
    let leave = |count: usize| {
        let mut roll = roll.clone();
        for facts in roll.people.values_mut().filter(|facts| facts.roles.contains(&Role::Pupil)) {
            facts.year = Year::numbered(5);
        }
        let mut next = roll.clone();
        for nth in 0..count {
            next.people.remove(&id(&format!("q{nth}")));
        }
        (roll.clone(), difference::between(&roll, &next))
    };
    let (roll_of_20, four) = leave(4);
    assert_eq!(guard(&roll_of_20, &four, None), Ok(()), "a fifth");
    let (_, five) = leave(5);
    let refused = guard(&roll_of_20, &five, None).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "5 of 20 pupils would leave (5 people in all): is the file complete? If they do leave, allow 5 leavers"
    );
    assert!(guard(&roll_of_20, &five, Some(4)).is_err());
    assert_eq!(guard(&roll_of_20, &five, Some(5)), Ok(()));
    // All staff is a small part of everybody, and still all staff.
    let mut staff = Small::old();
    for nth in 0..200 {
        staff = staff.add("users.csv", &format!("q{nth},,true,S,student,q{nth},Q,N{nth},,,5\n"));
    }
    let staff = staff.add("users.csv", "t2,,true,S,teacher,t2,T,Two,,,\nt3,,true,S,aide,t3,T,Three,,,\n");
    let roll = staff.roll();
    let mut next = roll.clone();
    for id in ["t1", "t2", "t3"].map(id) {
        next.people.remove(&id);
    }
    let change = difference::between(&roll, &next);
    assert_eq!(guard(&roll, &change, None).unwrap_err().group, Group::Staff);
}
