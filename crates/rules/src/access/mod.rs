//! `access`: who may come in, and how.

pub mod gated_on_agreement;
pub mod idle_lock;
pub mod individual_logins;
pub mod password_strength;
pub mod user_register;

use kernel::{Audience, AudienceAtom, Capacity};

/// Those who have accounts where a clause does not say whom it binds: staff and pupils.
pub(crate) fn users() -> Audience {
    Audience::any(vec![AudienceAtom::All(Capacity::Staff), AudienceAtom::All(Capacity::Pupil)])
        .unwrap_or_else(Audience::everyone)
}
