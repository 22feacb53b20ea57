//! The tables, one file each. Rows are reached through a [`crate::School`] only.
//!
//! Times are milliseconds since 1970 in UTC (`…_at`), days are text `YYYY-MM-DD` (`…_on`). The
//! `Debug` form of a row shows its key and nothing else, so that no name reaches a log.

/// A table whose rows belong to a school; what [`crate::Rows`] and [`crate::Tx`] can reach.
pub trait OfSchool: sea_orm::EntityTrait {
    /// The column that says which school.
    const SCHOOL: Self::Column;
}

macro_rules! of_school {
    () => {
        impl super::OfSchool for Entity {
            const SCHOOL: Column = Column::SchoolId;
        }
    };
}
pub(crate) use of_school;

macro_rules! debug_by_id {
    ($($key:ident),*) => {
        impl std::fmt::Debug for Model {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(Entity.table_name())$(.field(stringify!($key), &self.$key))*.finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use debug_by_id;

pub mod access_account;
pub mod access_attempt;
pub mod access_device;
pub mod access_invitation;
pub mod access_session;
pub mod agreements_signature;
pub mod attest_answer;
pub mod filter_approved;
pub mod filter_change;
pub mod filter_change_site;
pub mod filter_check;
pub mod filter_check_run;
pub mod filter_failure;
pub mod filter_feed;
pub mod filter_list;
pub mod filter_match;
pub mod filter_permit;
pub mod filter_request;
pub mod filter_status;
pub mod filter_suspension;
pub mod filter_unblock;
pub mod incident_report;
#[expect(unreachable_pub, reason = "the derive makes all of it public")]
pub(crate) mod installation;
pub mod learning_survey_answer;
#[expect(unreachable_pub, reason = "the derive makes all of it public")]
pub(crate) mod ledger_checkpoint;
#[expect(unreachable_pub, reason = "the derive makes all of it public")]
pub(crate) mod ledger_detail;
#[expect(unreachable_pub, reason = "the derive makes all of it public")]
pub(crate) mod ledger_entry;
#[expect(unreachable_pub, reason = "the derive makes all of it public")]
pub(crate) mod ledger_head;
#[expect(unreachable_pub, reason = "the derive makes all of it public")]
pub(crate) mod ledger_key;
pub mod notice_issue;
pub mod notice_view;
#[expect(unreachable_pub, reason = "the derive makes all of it public")]
pub(crate) mod outbox_done;
#[expect(unreachable_pub, reason = "the derive makes all of it public")]
pub(crate) mod outbox_event;
pub mod people_class;
pub mod people_class_member;
pub mod people_group_member;
pub mod people_person;
pub mod people_relation;
pub mod people_role;
pub mod policy_approval;
pub mod policy_draft;
pub mod policy_standing;
pub mod policy_standing_day;
pub mod policy_version;
pub mod register_entry;
pub mod register_feed;
pub mod register_file;
pub mod register_key;
pub mod register_stamp;
pub mod register_word;
pub mod school;
