//! The school as OneRoster files, as an exporting system would write them.

use kernel::Year;

use super::{
    DOMAIN, Form, RESPONSIBILITIES, SCHOOL, Wish,
    families::{Family, Member},
    staff::Employee,
};
use crate::people::roster::Version;

const ORG: &str = "wl-school";
const TERM: &str = "wl-year";
const COURSE: &str = "wl-registration";

/// A CSV file while it is written.
struct Sheet(String);

impl Sheet {
    fn new(headings: &str) -> Self {
        Self(format!("{headings}\r\n"))
    }

    fn row(&mut self, values: &[&str]) {
        for (nth, value) in values.iter().enumerate() {
            if nth > 0 {
                self.0.push(',');
            }
            if value.contains(['"', ',', '\r', '\n']) {
                self.0.push('"');
                self.0.push_str(&value.replace('"', "\"\""));
                self.0.push('"');
            } else {
                self.0.push_str(value);
            }
        }
        self.0.push_str("\r\n");
    }
}

pub(super) fn write(wish: &Wish, classes: &[Form], staff: &[Employee], families: &[Family]) -> Vec<(String, String)> {
    let mut files = vec![
        ("manifest.csv", manifest(wish)),
        ("orgs.csv", orgs()),
        ("academicSessions.csv", sessions(wish)),
        ("courses.csv", courses()),
        ("classes.csv", class_rows(wish, classes)),
        ("users.csv", users(wish, staff, families)),
        ("enrollments.csv", enrolments(classes, staff, families)),
        (RESPONSIBILITIES, responsibilities(staff)),
    ];
    if wish.version == Version::V1_2 {
        files.push(("roles.csv", roles(staff, families)));
    }
    files.into_iter().map(|(name, sheet)| (name.to_owned(), sheet.0)).collect()
}

fn manifest(wish: &Wish) -> Sheet {
    let mut sheet = Sheet::new("propertyName,value");
    sheet.row(&["manifest.version", "1.0"]);
    sheet.row(&["oneroster.version", &wish.version.to_string()]);
    let there = ["academicSessions", "classes", "courses", "enrollments", "orgs", "users"];
    let absent =
        ["categories", "classResources", "courseResources", "demographics", "lineItems", "resources", "results"];
    for name in there {
        sheet.row(&[&format!("file.{name}"), "bulk"]);
    }
    match wish.version {
        Version::V1_1 => {}
        Version::V1_2 => sheet.row(&["file.roles", "bulk"]),
    }
    for name in absent {
        sheet.row(&[&format!("file.{name}"), "absent"]);
    }
    sheet.row(&["source.systemName", "Gatehouse demonstration"]);
    sheet.row(&["source.systemCode", "gatehouse-demo"]);
    sheet
}

fn orgs() -> Sheet {
    let mut sheet = Sheet::new("sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId");
    sheet.row(&[ORG, "", "", SCHOOL, "school", "9990001", ""]);
    sheet
}

fn sessions(wish: &Wish) -> Sheet {
    let mut sheet =
        Sheet::new("sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear");
    let next = wish.school_year.saturating_add(1);
    let title = format!("School year {}/{:02}", wish.school_year, next % 100);
    let (start, end) = (format!("{}-09-01", wish.school_year), format!("{next}-08-31"));
    sheet.row(&[TERM, "", "", &title, "schoolYear", &start, &end, "", &next.to_string()]);
    sheet
}

fn courses() -> Sheet {
    let mut sheet = Sheet::new(
        "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes",
    );
    sheet.row(&[COURSE, "", "", TERM, "Registration", "REG", "", ORG, "", ""]);
    sheet
}

fn class_id(name: &str) -> String {
    format!("cl-{}", name.to_lowercase().replace(' ', "-"))
}

/// The grade as British systems write it.
fn grade(year: Year) -> String {
    match year {
        Year::Nursery => "N2".to_owned(),
        Year::Reception => "R".to_owned(),
        Year::Numbered(_) => year.title().trim_start_matches("Year ").to_owned(),
    }
}

fn class_rows(wish: &Wish, classes: &[Form]) -> Sheet {
    let headings = "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods";
    let more = match wish.version {
        Version::V1_1 => "",
        Version::V1_2 => ",resourceSourcedIds",
    };
    let mut sheet = Sheet::new(&format!("{headings}{more}"));
    for form in classes {
        let (id, grade) = (class_id(&form.name), grade(form.year));
        let mut row = vec![&*id, "", "", &form.name, &grade, COURSE, &form.name, "homeroom", "", ORG, TERM, "", "", ""];
        if !more.is_empty() {
            row.push("");
        }
        sheet.row(&row);
    }
    sheet
}

fn users(wish: &Wish, staff: &[Employee], families: &[Family]) -> Sheet {
    let mut sheet = Sheet::new(match wish.version {
        Version::V1_1 => {
            "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password"
        }
        Version::V1_2 => {
            "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns"
        }
    });
    let mut user = |id: &str, role: &str, names: [&str; 3], agents: &str, grade: &str| {
        let [username, given, family] = names;
        let email = format!("{username}@{DOMAIN}");
        match wish.version {
            Version::V1_1 => sheet.row(&[
                id, "", "", "true", ORG, role, username, "", given, family, "", "", &email, "", "", agents, grade, "",
            ]),
            Version::V1_2 => sheet.row(&[
                id, "", "", "true", username, "", given, family, "", "", &email, "", "", agents, grade, "", "", "", "",
                "", "", ORG, "",
            ]),
        }
    };
    for one in staff {
        user(&one.id, one.word_1_1, [&one.username, &one.given, &one.family], "", "");
    }
    let ids = |members: &[&Member]| members.iter().map(|member| member.id.as_str()).collect::<Vec<_>>().join(",");
    for family in families {
        let children = ids(&family.children.iter().map(|child| &child.who).collect::<Vec<_>>());
        let parents = ids(&family.parents.iter().collect::<Vec<_>>());
        for child in &family.children {
            let Member { id, given, family, username } = &child.who;
            user(id, "student", [username, given, family], &parents, &grade(child.year));
        }
        for Member { id, given, family, username } in &family.parents {
            user(id, "parent", [username, given, family], &children, "");
        }
    }
    sheet
}

fn roles(staff: &[Employee], families: &[Family]) -> Sheet {
    let mut sheet = Sheet::new(
        "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId",
    );
    let mut role = |id: &str, word: &str| {
        sheet.row(&[&format!("ro-{id}"), "", "", id, "primary", word, "", "", ORG, ""]);
    };
    for one in staff {
        role(&one.id, one.word_1_2);
    }
    for family in families {
        for child in &family.children {
            role(&child.who.id, "student");
        }
        for parent in &family.parents {
            role(&parent.id, "parent");
        }
    }
    sheet
}

fn enrolments(classes: &[Form], staff: &[Employee], families: &[Family]) -> Sheet {
    let mut sheet = Sheet::new(
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate",
    );
    let mut count = 0_u32;
    let mut enrol = |class: &str, user: &str, role: &str, primary: &str| {
        count += 1;
        sheet.row(&[&format!("en-{count:05}"), "", "", &class_id(class), ORG, user, role, primary, "", ""]);
    };
    for form in classes {
        for one in staff {
            for (_, teaches) in one.classes.iter().filter(|(class, _)| *class == form.name) {
                let (role, primary) = if *teaches { ("teacher", "true") } else { ("aide", "") };
                enrol(&form.name, &one.id, role, primary);
            }
        }
        let children = families.iter().flat_map(|family| &family.children);
        for child in children.filter(|child| child.class == form.name) {
            enrol(&form.name, &child.who.id, "student", "");
        }
    }
    sheet
}

fn responsibilities(staff: &[Employee]) -> Sheet {
    let mut sheet = Sheet::new("person,role,deputy");
    for one in staff {
        for (role, deputy) in &one.answers_for {
            sheet.row(&[&one.username, role, if *deputy { "yes" } else { "no" }]);
        }
    }
    sheet
}
