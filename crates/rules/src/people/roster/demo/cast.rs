//! Those who are there whatever the seed: the examples of the guide and of the first start speak of them.

/// A pupil who is always there.
pub(super) struct Pupil {
    pub(super) given: &'static str,
    pub(super) family: &'static str,
    /// The grade, as a roster writes it.
    pub(super) grade: &'static str,
    /// The class, where it matters.
    pub(super) class: Option<&'static str>,
}

/// A family that is always there: the children, and the given names of the parents, who bear the same family name.
pub(super) struct Family {
    pub(super) children: &'static [Pupil],
    pub(super) parents: &'static [&'static str],
}

const fn pupil(given: &'static str, family: &'static str, grade: &'static str, class: Option<&'static str>) -> Pupil {
    Pupil { given, family, grade, class }
}

pub(super) const FAMILIES: &[Family] = &[
    Family {
        children: &[pupil("Maya", "Jones", "5", Some("5B")), pupil("Noah", "Jones", "2", None)],
        parents: &["Rhian", "Gethin"],
    },
    Family { children: &[pupil("Alfie", "Brennan", "5", Some("5B"))], parents: &["Siobhan"] },
    Family {
        children: &[pupil("Dilan", "Kaya", "5", Some("5B")), pupil("Elif", "Kaya", "R", None)],
        parents: &["Emine", "Mehmet"],
    },
    Family { children: &[pupil("Zara", "Iqbal", "6", None)], parents: &["Nasreen"] },
    Family { children: &[pupil("Ada", "Whitcombe", "1", None)], parents: &["Lorna", "Adaeze"] },
];

/// Somebody who works for the school and is always there: name, OneRoster's words for them in 1.1 and 1.2,
/// the class that they teach, and the responsibilities, each with whether as deputy.
pub(super) struct Adult {
    pub(super) given: &'static str,
    pub(super) family: &'static str,
    pub(super) word_1_1: &'static str,
    pub(super) word_1_2: &'static str,
    pub(super) teaches: Option<&'static str>,
    pub(super) answers_for: &'static [(&'static str, bool)],
}

const fn adult(
    name: (&'static str, &'static str),
    words: (&'static str, &'static str),
    teaches: Option<&'static str>,
    answers_for: &'static [(&'static str, bool)],
) -> Adult {
    Adult { given: name.0, family: name.1, word_1_1: words.0, word_1_2: words.1, teaches, answers_for }
}

const OFFICE: (&str, &str) = ("administrator", "siteAdministrator");
const TEACHER: (&str, &str) = ("teacher", "teacher");
const STAFF: (&str, &str) = ("aide", "aide");
const GOVERNOR: (&str, &str) = ("ext:governor", "ext:governor");

pub(super) const ADULTS: &[Adult] = &[
    adult(
        ("Helen", "Marsh"),
        ("administrator", "principal"),
        None,
        &[("headteacher", false), ("information-risk-owner", false)],
    ),
    adult(("Owen", "Pritchard"), TEACHER, None, &[("slt", false), ("headteacher", true), ("safeguarding-lead", true)]),
    adult(("Priya", "Nair"), TEACHER, None, &[("safeguarding-lead", false), ("slt", false)]),
    adult(("Lucia", "Ferreira"), TEACHER, Some("5B"), &[("online-safety-lead", false), ("computing-lead", false)]),
    adult(
        ("Tom", "Okafor"),
        ("aide", "systemAdministrator"),
        None,
        &[("network-manager", false), ("data-manager", true)],
    ),
    adult(("Bernadette", "Coles"), OFFICE, None, &[("data-manager", false)]),
    adult(("Iain", "Forsyth"), OFFICE, None, &[("business-manager", false), ("asset-owner", false)]),
    adult(("Samina", "Hussain"), STAFF, None, &[]),
    adult(("Astrid", "Lindqvist"), STAFF, None, &[]),
    adult(("Moira", "Castle"), GOVERNOR, None, &[("chair-of-governors", false)]),
    adult(("Anand", "Rao"), GOVERNOR, None, &[("online-safety-governor", false)]),
    adult(("Judith", "Penhaligon"), GOVERNOR, None, &[]),
    adult(("Terence", "Olusola"), GOVERNOR, None, &[]),
    adult(("Wanda", "Sykes-Moreau"), ("ext:contractor", "ext:contractor"), None, &[("data-protection-officer", false)]),
];
