//! The deciding half of every module: one folder a module, one file a control, with its terms, its judgement and its
//! tests.
//!
//! Pure: what is known of the school comes in as [`facts::Facts`], the time with it.

pub mod access;
pub mod agreements;
mod built;
mod catalogue;
pub mod declared;
pub mod facts;
pub mod filter;
mod judgement;
pub mod malware;
pub mod monitor;
mod own;
pub mod people;
pub mod policy;
pub mod served;
pub mod standing;

pub use built::{BuiltControl, ours};
pub use catalogue::{Entry, controls, entries};
pub use judgement::Judgement;
pub use own::{Controls, check, controls_of, controls_of_both};

/// Every control that has code of its own.
pub const BUILT: &[fn() -> BuiltControl] = &[
    built::built::<policy::document::Document>,
    built::built::<policy::review::Review>,
    built::built::<policy::roles::Roles>,
    built::built::<policy::approve::Approve>,
    built::built::<policy::publish::Publish>,
    built::built::<policy::amendment_notice::AmendmentNotice>,
    built::built::<people::roll::Roll>,
    built::built::<access::individual_logins::IndividualLogins>,
    built::built::<access::user_register::UserRegister>,
    built::built::<access::password_strength::PasswordStrength>,
    built::built::<access::idle_lock::IdleLock>,
    built::built::<access::gated_on_agreement::GatedOnAgreement>,
    built::built::<agreements::sign::Sign>,
    built::built::<agreements::coverage::Coverage>,
    built::built::<filter::categories::Categories>,
    built::built::<filter::user_level::UserLevel>,
    built::built::<filter::illegal_lists::IllegalLists>,
    built::built::<filter::social::Social>,
    built::built::<filter::media_shopping::MediaShopping>,
    built::built::<filter::approved_sites::ApprovedSites>,
    built::built::<filter::help_sites::HelpSites>,
    built::built::<filter::block_page::BlockPage>,
    built::built::<filter::safe_search::SafeSearch>,
    built::built::<filter::image_search::ImageSearch>,
    built::built::<filter::executables::Executables>,
    built::built::<filter::schedules::Schedules>,
    built::built::<filter::nominated_users::NominatedUsers>,
    built::built::<filter::guest_wifi::GuestWifi>,
    built::built::<filter::bypass::Bypass>,
    built::built::<filter::https_inspection::HttpsInspection>,
    built::built::<filter::fair_use::FairUse>,
    built::built::<filter::timeouts::Timeouts>,
    built::built::<filter::off_site::OffSite>,
    built::built::<filter::temporary_unblock::TemporaryUnblock>,
    built::built::<filter::change_log::ChangeLog>,
    built::built::<filter::management_status::ManagementStatus>,
    built::built::<filter::dual_control::DualControl>,
    built::built::<filter::failure_report::FailureReport>,
    built::built::<filter::checks::Checks>,
    built::built::<malware::gateway_scan::GatewayScan>,
    built::built::<policy::use_matrix::UseMatrix>,
    built::built::<monitor::activity_log::ActivityLog>,
    built::built::<monitor::log_access::LogAccess>,
];

/// The built control of a name.
pub fn built_control(module: &str, name: &str) -> Option<BuiltControl> {
    BUILT.iter().map(|built| built()).find(|built| *built.id == [module, name])
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    /// A policy of one section with these clauses, which must be without error.
    #[track_caller]
    pub(crate) fn policy(clauses: &str) -> ::policy::Policy {
        let text = format!(
            "+++\ntitle = \"Online Safety Policy\"\nversion = \"1\"\nissued = 2026-09-01\nreview = 2027-09-01\n+++\n\n# 1 Clauses\n\n{clauses}"
        );
        let source = ::policy::Source::of_text(text);
        let checked = ::policy::check(&source, &crate::controls(), date(2026, 11, 22));
        match checked.policy {
            Some(policy) => policy,
            None => panic!("{:#?}", checked.diagnostics),
        }
    }
}
