//! Whose passwords somebody may see: a password that is shown is a way to be that person.
//!
//! What children tell and what a sealed list refused is for those who look after children alone; and where two people have
//! to agree, one who can sign in as the other is both.

use std::collections::BTreeSet;

use kernel::{PersonId, Role};
use webkit::{Action, Rights, Session};

use super::subjects::Member;

/// Nobody gets these through the account of another.
const KEPT_APART: [Action; 2] = [Action::ReadConcerns, Action::OpenSealed];

/// What a second person agrees to, where the policy wants one.
const BY_TWO: [Action; 2] = [Action::ChangeFilter, Action::ManageLists];

/// Whether whoever holds the roles `by` may see a new password of a holder of the roles `of`.
fn may_see(rights: &Rights, by: &BTreeSet<Role>, of: &BTreeSet<Role>) -> bool {
    // Who holds such a right would agree with themselves, who holds none would get one: neither sees the password.
    let agrees = BY_TWO.iter().any(|action| rights.allow(of, *action));
    let more = KEPT_APART.iter().any(|action| rights.allow(of, *action) && !rights.allow(by, *action));
    !agrees && !more
}

/// Who sees new passwords at the desk.
pub(super) struct Seer<'a> {
    rights: &'a Rights,
    who: PersonId,
    roles: &'a BTreeSet<Role>,
}

impl<'a> Seer<'a> {
    pub(super) fn new(rights: &'a Rights, session: &'a Session) -> Self {
        Self { rights, who: session.person(), roles: session.roles() }
    }

    /// Whether they may see a new password of somebody. Everybody may see their own.
    pub(super) fn may_see(&self, member: &Member) -> bool {
        member.id == self.who || may_see(self.rights, self.roles, &member.subject.roles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(by: Role, of: &[Role], sees: bool) {
        let of: BTreeSet<Role> = of.iter().copied().collect();
        assert_eq!(may_see(&Rights::built_in(), &BTreeSet::from([by]), &of), sees, "{by:?} of {of:?}");
    }

    #[test]
    fn nobody_becomes_the_second_person_or_hears_what_children_tell() {
        check(Role::NetworkManager, &[Role::OnlineSafetyLead], false);
        check(Role::Headteacher, &[Role::NetworkManager], false);
        check(Role::DataManager, &[Role::NetworkManager], false);
        check(Role::DataManager, &[Role::Staff, Role::SafeguardingLead], false);
        check(Role::NetworkManager, &[Role::Headteacher], false);
        // Who reads what children tell does not open what a sealed list refused.
        check(Role::Headteacher, &[Role::SafeguardingLead], false);
        check(Role::Headteacher, &[Role::Headteacher], true);
        check(Role::DataManager, &[Role::Staff, Role::ClassTeacher], true);
        check(Role::NetworkManager, &[Role::Pupil], true);
        check(Role::NetworkManager, &[Role::DataManager], true);
    }

    #[test]
    fn a_right_that_the_policy_gives_counts() {
        let rights = Rights::built_in().with(Action::ChangeFilter, [Role::ComputingLead]);
        let of = BTreeSet::from([Role::ComputingLead]);
        assert!(!may_see(&rights, &BTreeSet::from([Role::NetworkManager]), &of));
    }
}
