//! Why a policy was not put in force, or could not be read.

use jiff::civil::Date;
use policy::{Diagnostic, Severity};
use store::StoreError;

/// Why there is no answer about versions.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The store refused.
    #[error("cannot read the versions of the policy")]
    Store(#[from] StoreError),
    /// What is stored is not what was enacted.
    #[error("the stored policy {digest} is not what was enacted")]
    Damaged {
        /// The digest under which it is stored.
        digest: String,
    },
    /// This program no longer reads it: a control that it names is gone.
    #[error("the stored policy {digest} can no longer be read: {}", first(diagnostics))]
    Unreadable {
        /// Its digest.
        digest: String,
        /// Why not.
        diagnostics: Vec<Diagnostic>,
    },
}

fn first(diagnostics: &[Diagnostic]) -> &str {
    diagnostics.first().map_or("no reason is known", |diagnostic| diagnostic.message.as_str())
}

/// Why a policy was not put in force. The one before stays.
#[derive(Debug, thiserror::Error)]
pub enum EnactError {
    /// It does not check.
    #[error("the policy has {} that must be mended first", errors_in_words(diagnostics))]
    Check {
        /// Everything that was found, warnings too, in the order of the source.
        diagnostics: Vec<Diagnostic>,
    },
    /// An approval that its front matter names was not given.
    #[error("the policy asks for the approval of {}", missing.join(" and "))]
    Approval {
        /// Who has not approved it, in the school's words.
        missing: Vec<String>,
    },
    /// An approval was given that the policy does not ask for.
    #[error("`{given}` is none of those who approve this policy ({asked})")]
    NotAsked {
        /// What was given.
        given: String,
        /// Whom the front matter names.
        asked: String,
    },
    /// A day that is past.
    #[error("a policy cannot be in force from {from}, which is past")]
    Past {
        /// The day that was given.
        from: Date,
    },
    /// It is in force already.
    #[error("this policy is in force already (version {version})")]
    Same {
        /// Its version.
        version: String,
    },
    /// The draft was changed meanwhile, or does not wait for approval.
    #[error("the draft was changed meanwhile, or was not submitted")]
    Changed,
    /// The installation may only enact the first policy of a school.
    #[error("a policy is in force; only a person who may can put another in its place")]
    NotFirst,
    /// The permit is of another school.
    #[error("the permission was given in another school")]
    OtherSchool,
    /// The one in force could not be read.
    #[error("cannot look up the policy in force")]
    Policy(#[from] PolicyError),
    /// The store refused.
    #[error("cannot store the policy")]
    Store(#[from] StoreError),
}

fn errors_in_words(diagnostics: &[Diagnostic]) -> String {
    match diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count() {
        1 => "1 error".to_owned(),
        many => format!("{many} errors"),
    }
}
