//! The rules of a policy, put together for the engine.

use ::policy::Binding;
use kernel::Sites;

use crate::{filter, judgement::listed};

/// What a clause closes and what it opens.
pub(crate) trait SiteRules {
    /// What is closed.
    fn closed(&self) -> Sites;
    /// What is open.
    fn open(&self) -> Sites;
}

/// What the gateway does about sites, in words.
pub(crate) fn site_words(closed: &Sites, open: &Sites) -> String {
    match (closed.0.is_empty(), open.0.is_empty()) {
        (true, true) => "applies the filter of this policy to every request".to_owned(),
        (false, true) => format!("closes {}", listed(&closed.0)),
        (true, false) => format!("keeps open {}", listed(&open.0)),
        (false, false) => format!("closes {}, and keeps open {}", listed(&closed.0), listed(&open.0)),
    }
}

/// What a binding closes and opens; none where it is not about sites.
pub(crate) fn sites_of(binding: &Binding) -> Option<(Sites, Sites)> {
    fn of<T: ::policy::Terms + SiteRules>(binding: &Binding) -> Option<(Sites, Sites)> {
        binding.terms::<T>().ok().map(|terms| (terms.closed(), terms.open()))
    }
    if binding.control.module() != "filter" {
        return None;
    }
    match binding.control.name() {
        "categories" => of::<filter::categories::Categories>(binding),
        "social" => of::<filter::social::Social>(binding),
        "media-shopping" => of::<filter::media_shopping::MediaShopping>(binding),
        "user-level" => of::<filter::user_level::UserLevel>(binding),
        "approved-sites" => of::<filter::approved_sites::ApprovedSites>(binding),
        _ => None,
    }
}
