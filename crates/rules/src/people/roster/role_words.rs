//! OneRoster's words for roles, and what they are here. A roster gives employment and kinship; the
//! responsibilities of a school (safeguarding lead, network manager, …) it does not know: the school gives them.

use kernel::Role;

/// What a word of a roster means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleWord {
    /// One of our roles.
    Is(Role),
    /// A word that gives nobody access here, and why.
    Not(&'static str),
}

const WORDS: [(&str, RoleWord); 20] = [
    // 1.1 and 1.2
    ("student", RoleWord::Is(Role::Pupil)),
    ("teacher", RoleWord::Is(Role::Teacher)),
    ("aide", RoleWord::Is(Role::Staff)),
    ("proctor", RoleWord::Is(Role::Staff)),
    ("parent", RoleWord::Is(Role::Parent)),
    ("guardian", RoleWord::Is(Role::Parent)),
    ("relative", RoleWord::Not("a relative who is neither parent nor guardian has no part in the school's roll")),
    // 1.1
    ("administrator", RoleWord::Is(Role::Office)),
    // 1.2
    ("principal", RoleWord::Is(Role::Headteacher)),
    ("counselor", RoleWord::Is(Role::Staff)),
    ("siteAdministrator", RoleWord::Is(Role::Office)),
    // Not the network manager: that is a responsibility, and the school gives it.
    ("systemAdministrator", RoleWord::Is(Role::Staff)),
    ("districtAdministrator", RoleWord::Is(Role::ExternalAgency)),
    // 1.2 lets a school add words of its own with this prefix.
    ("ext:governor", RoleWord::Is(Role::Governor)),
    ("ext:volunteer", RoleWord::Is(Role::Volunteer)),
    ("ext:contractor", RoleWord::Is(Role::Contractor)),
    ("ext:guest", RoleWord::Is(Role::Guest)),
    ("ext:communityUser", RoleWord::Is(Role::CommunityUser)),
    ("ext:staff", RoleWord::Is(Role::Staff)),
    ("ext:office", RoleWord::Is(Role::Office)),
];

/// What `word` means; none where it is not known. Words count capital letters, as the standard does.
pub fn role_of(word: &str) -> Option<RoleWord> {
    WORDS.iter().find(|row| row.0 == word).map(|row| row.1)
}

/// The roles that a roster can give and take. All others are the school's to give.
pub fn given_by_rosters() -> impl Iterator<Item = Role> {
    let mut roles: Vec<Role> = WORDS
        .iter()
        .filter_map(|row| match row.1 {
            RoleWord::Is(role) => Some(role),
            RoleWord::Not(_) => None,
        })
        .collect();
    roles.push(Role::ClassTeacher);
    roles.sort();
    roles.dedup();
    roles.into_iter()
}
