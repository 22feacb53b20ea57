//! Facts about reading rosters and about what they change.

mod laws;
mod reading;
mod rolling;

use std::collections::BTreeMap;

use jiff::civil::date;

use super::*;

/// A small school as files; tests change them.
#[derive(Debug, Clone)]
pub(super) struct Small(BTreeMap<&'static str, String>);

impl Small {
    /// Version 1.1: a teacher with a class, two pupils, a parent of the first.
    pub(super) fn old() -> Self {
        Self(
            [
                ("manifest.csv", "propertyName,value\noneroster.version,1.1\nfile.orgs,bulk\nfile.users,bulk\nfile.classes,bulk\nfile.enrollments,bulk\n"),
                ("orgs.csv", "sourcedId,status,name,type\nS,,Ash Hill School,school\n"),
                ("users.csv", "sourcedId,status,enabledUser,orgSourcedIds,role,username,givenName,familyName,email,agentSourcedIds,grades\nt1,,true,S,teacher,t.reed,Tam,Reed,t.reed@ash-hill.example,,\np1,,true,S,student,a.bell,Ann,Bell,,g1,5\np2,,true,S,student,b.cole,Ben,Cole,,,05\ng1,,true,S,parent,g.bell,Gus,Bell,,p1,\n"),
                ("classes.csv", "sourcedId,status,title,grades,classType,schoolSourcedId,termSourcedIds\nc5,,5B,5,homeroom,S,\n"),
                ("enrollments.csv", "sourcedId,status,classSourcedId,schoolSourcedId,userSourcedId,role,primary\ne1,,c5,S,t1,teacher,true\ne2,,c5,S,p1,student,\ne3,,c5,S,p2,student,\n"),
            ]
            .map(|(name, text)| (name, text.to_owned()))
            .into(),
        )
    }

    /// The same school in version 1.2.
    pub(super) fn new() -> Self {
        Self::old()
            .swap("manifest.csv", "1.1", "1.2")
            .add("manifest.csv", "file.roles,bulk\n")
            .put("users.csv", "sourcedId,status,enabledUser,username,givenName,familyName,email,agentSourcedIds,grades,userMasterIdentifier,preferredGivenName\nt1,,true,t.reed,Tam,Reed,t.reed@ash-hill.example,,,,\np1,,true,a.bell,Ann,Bell,,g1,5,UPN1,\np2,,true,b.cole,Benjamin,Cole,,,05,UPN2,Ben\ng1,,true,g.bell,Gus,Bell,,p1,,,\n")
            .put("roles.csv", "sourcedId,status,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId\nr1,,t1,primary,teacher,,,S\nr2,,p1,primary,student,,,S\nr3,,p2,primary,student,,,S\nr4,,g1,primary,parent,,,S\n")
    }

    pub(super) fn put(mut self, file: &'static str, text: &str) -> Self {
        self.0.insert(file, text.to_owned());
        self
    }

    pub(super) fn add(mut self, file: &'static str, rows: &str) -> Self {
        self.0.entry(file).or_default().push_str(rows);
        self
    }

    #[track_caller]
    pub(super) fn swap(mut self, file: &'static str, from: &str, to: &str) -> Self {
        let text = self.0.get_mut(file).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        *text = text.replace(from, to);
        self
    }

    pub(super) fn without(mut self, file: &'static str) -> Self {
        self.0.remove(file);
        self
    }

    pub(super) fn parse(&self) -> Result<Roster, RosterError> {
        let files = collect(self.0.iter().map(|(name, text)| (*name, text.as_bytes()))).unwrap();
        parse(&files, &Wanted { today: date(2026, 11, 24), school: None })
    }

    pub(super) fn change(&self, roll: &Roll) -> Difference {
        difference(roll, &self.parse().unwrap())
    }

    pub(super) fn roll(&self) -> Roll {
        apply(Roll::default(), &self.change(&Roll::default()))
    }
}

pub(super) fn id(text: &str) -> OutsideId {
    OutsideId::parse(text).unwrap()
}
