//! Who is at the small school of the facts, by the tokens that facts write. Its staff are three; others are there only
//! in facts that name them.

use kernel::Role::{self, *};

/// Somebody whom facts name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Somebody {
    /// How facts name the person: "@teacher".
    pub token: &'static str,
    /// The given name.
    pub given: &'static str,
    /// The family name.
    pub family: &'static str,
    /// What the person is at the school.
    pub roles: &'static [Role],
    /// The class that the person teaches or learns in.
    pub class: Option<&'static str>,
    /// Whether the person is there in facts that name somebody else alone.
    pub always: bool,
    /// The first day at the school.
    pub joined: &'static str,
}

/// When whoever helps out joined, who is new: there would be nobody to welcome else.
const NEW: &str = "2026-09-01";

impl Somebody {
    /// "Tariq Tanner".
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    /// Whether the person is new at the school.
    pub fn is_new(&self) -> bool {
        self.joined == NEW
    }

    /// Whether the person learns here.
    pub fn is_pupil(&self) -> bool {
        self.roles.contains(&Pupil)
    }
}

const fn of(
    always: bool,
    token: &'static str,
    (given, family): (&'static str, &'static str),
    roles: &'static [Role],
    class: Option<&'static str>,
) -> Somebody {
    Somebody { token, given, family, roles, class, always, joined: "2020-09-01" }
}

const fn new(one: Somebody) -> Somebody {
    Somebody { joined: NEW, ..one }
}

/// The classes of the school.
pub const CLASSES: [&str; 2] = ["3A", "5B"];

/// Everybody.
pub const CAST: [Somebody; 21] = [
    of(true, "@headteacher", ("Helen", "Hart"), &[Headteacher], None),
    of(true, "@network-manager", ("Nadia", "Noor"), &[NetworkManager, Staff], None),
    of(true, "@teacher", ("Tariq", "Tanner"), &[Teacher, ClassTeacher, Staff], Some("5B")),
    of(true, "@governor", ("Gwen", "Gale"), &[Governor, OnlineSafetyGovernor], None),
    of(true, "@pupil-5b", ("Maya", "Jones"), &[Pupil], Some("5B")),
    of(true, "@pupil-3a", ("Tom", "Reed"), &[Pupil], Some("3A")),
    of(true, "@parent", ("Priya", "Jones"), &[Parent], None),
    of(false, "@slt", ("Sam", "Lake"), &[Slt], None),
    of(false, "@safeguarding-lead", ("Sasha", "Lee"), &[SafeguardingLead], None),
    of(false, "@online-safety-lead", ("Olive", "Long"), &[OnlineSafetyLead], None),
    of(false, "@computing-lead", ("Colin", "Low"), &[ComputingLead], None),
    of(false, "@data-manager", ("Dana", "Moss"), &[DataManager], None),
    of(false, "@data-protection-officer", ("Dev", "Patel"), &[DataProtectionOfficer], None),
    of(false, "@business-manager", ("Beth", "Mole"), &[BusinessManager], None),
    of(false, "@office", ("Orla", "Finch"), &[Office, Staff], None),
    of(false, "@chair-of-governors", ("Chris", "Gold"), &[ChairOfGovernors], None),
    of(false, "@teacher-3a", ("Tess", "Archer"), &[Teacher, ClassTeacher, Staff], Some("3A")),
    new(of(false, "@assistant", ("Ana", "Stone"), &[Staff], None)),
    of(false, "@volunteer", ("Vera", "Olm"), &[Volunteer], None),
    of(false, "@contractor", ("Carl", "Tran"), &[Contractor], None),
    of(false, "@guest", ("Gail", "Stern"), &[Guest], None),
];

/// Those who are at the school of a fact that is written as `text`.
pub fn of_text(text: &str) -> impl Iterator<Item = &'static Somebody> {
    CAST.iter().filter(move |one| {
        one.always
            || text.match_indices(one.token).any(|(at, token)| {
                let after = text.get(at + token.len()..).and_then(|rest| rest.chars().next());
                after.is_none_or(|char| !(char.is_ascii_alphanumeric() || char == '-'))
            })
    })
}
