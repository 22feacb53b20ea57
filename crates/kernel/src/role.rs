//! The roles that controls know. Each school has titles of its own for them.

use std::fmt;

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $title:literal, $capacity:ident;)*) => {
        /// A responsibility, as controls know it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role { $($(#[$doc])* $name,)* }

        impl Role {
            /// Every role, in the order of the policy language.
            pub const ALL: &'static [Role] = &[$(Role::$name),*];

            /// The word in a policy: `safeguarding-lead`.
            pub fn id(self) -> &'static str {
                match self { $(Role::$name => $id,)* }
            }

            /// The title where the school has given none of its own.
            pub fn default_title(self) -> &'static str {
                match self { $(Role::$name => $title,)* }
            }

            /// In which capacity somebody who holds this role meets the school.
            pub fn capacity(self) -> Capacity {
                match self { $(Role::$name => Capacity::$capacity,)* }
            }
        }
    };
}

/// The capacity in which a person meets the school; audiences such as "staff" are made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capacity {
    /// Employed by the school.
    Staff,
    /// On the roll as a child.
    Pupil,
    /// On the governing body.
    Governor,
    /// Parent or carer of a pupil.
    Parent,
    /// Unpaid helper.
    Volunteer,
    /// Paid by somebody else to work for the school.
    Contractor,
    /// In the building for a while.
    Guest,
    /// From another organisation.
    Outside,
}

impl Capacity {
    /// The role of somebody of whom no more than the capacity is known: the one that carries no responsibility.
    pub fn plain_role(self) -> Role {
        match self {
            Self::Staff => Role::Staff,
            Self::Pupil => Role::Pupil,
            Self::Governor => Role::Governor,
            Self::Parent => Role::Parent,
            Self::Volunteer => Role::Volunteer,
            Self::Contractor => Role::Contractor,
            Self::Guest => Role::Guest,
            Self::Outside => Role::CommunityUser,
        }
    }
}

roles! {
    /// Head of the school.
    Headteacher = "headteacher", "Headteacher", Staff;
    /// Member of the senior leadership team.
    Slt = "slt", "Senior leader", Staff;
    /// Leads on online safety from day to day.
    OnlineSafetyLead = "online-safety-lead", "Online safety lead", Staff;
    /// Designated safeguarding lead.
    SafeguardingLead = "safeguarding-lead", "Designated safeguarding lead", Staff;
    /// Chairs the governing body.
    ChairOfGovernors = "chair-of-governors", "Chair of governors", Governor;
    /// The governor who watches over online safety.
    OnlineSafetyGovernor = "online-safety-governor", "Online safety governor", Governor;
    /// Any governor.
    Governor = "governor", "Governor", Governor;
    /// Leads the computing curriculum.
    ComputingLead = "computing-lead", "Computing lead", Staff;
    /// Runs the network.
    NetworkManager = "network-manager", "Network manager", Staff;
    /// Nominated contact with the provider.
    NominatedContact = "nominated-contact", "Nominated contact", Staff;
    /// Keeps the pupil and staff data.
    DataManager = "data-manager", "Data manager", Staff;
    /// Business manager.
    BusinessManager = "business-manager", "Business manager", Staff;
    /// Senior information risk owner.
    InformationRiskOwner = "information-risk-owner", "Senior information risk owner", Staff;
    /// Owns one of the school's information assets.
    AssetOwner = "asset-owner", "Information asset owner", Staff;
    /// Data protection officer.
    DataProtectionOfficer = "data-protection-officer", "Data protection officer", Staff;
    /// Leads a phase or key stage.
    PhaseLeader = "phase-leader", "Phase leader", Staff;
    /// Teacher of a class.
    ClassTeacher = "class-teacher", "Class teacher", Staff;
    /// Any teacher.
    Teacher = "teacher", "Teacher", Staff;
    /// Manages a member of staff.
    LineManager = "line-manager", "Line manager", Staff;
    /// Any member of staff.
    Staff = "staff", "Member of staff", Staff;
    /// School office.
    Office = "office", "School office", Staff;
    /// Volunteer.
    Volunteer = "volunteer", "Volunteer", Volunteer;
    /// Contractor.
    Contractor = "contractor", "Contractor", Contractor;
    /// Pupil.
    Pupil = "pupil", "Pupil", Pupil;
    /// Parent or carer.
    Parent = "parent", "Parent or carer", Parent;
    /// Guest.
    Guest = "guest", "Guest", Guest;
    /// An agency outside the school.
    ExternalAgency = "external-agency", "External agency", Outside;
    /// A community user of the school's systems.
    CommunityUser = "community-user", "Community user", Outside;
}

impl Role {
    /// Reads the word of a policy.
    pub fn parse(text: &str) -> Result<Self, crate::BadText> {
        Self::ALL
            .iter()
            .copied()
            .find(|role| role.id() == text)
            .ok_or_else(|| crate::BadText::new(text, "a role such as `safeguarding-lead` or `network-manager`"))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

crate::text_form!(Role);

impl schemars::JsonSchema for Role {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Role".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let ids: Vec<_> = Self::ALL.iter().map(|role| role.id()).collect();
        schemars::json_schema!({ "type": "string", "enum": ids, "description": "A role, as controls know it" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_reads_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.id()), Ok(*role));
            assert_eq!(role.capacity().plain_role().capacity(), role.capacity());
        }
        assert!(Role::parse("head").is_err());
    }
}
