//! What a binding asks of the gateway, before it is a rule: each control drafts, `rule_set` makes the rules.

use ::filter::{Action, Measure};
use ::policy::Binding;
use kernel::{Audience, Place, SiteItem, Sites};

use super::rule_set::SiteRules;

/// Whom and when a draft is for, as against its binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Turn {
    /// As the binding says.
    AsSaid,
    /// At all times, whatever the binding says of time.
    Always,
    /// For everyone but these.
    AllBut(Audience),
}

/// Something that a binding closes, opens or has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    /// Closes or asks; opens or spares.
    pub(crate) action: Action,
    /// Of which sites.
    pub(crate) sites: Sites,
    /// The last part of the id of its rule; unique among the drafts of one binding.
    pub(crate) word: &'static str,
    /// For whom and when.
    pub(crate) turn: Turn,
    /// Where, in place of where the binding says.
    pub(crate) place: Option<Place>,
    /// What is done; none where sites are closed or opened.
    pub(crate) measure: Option<Measure>,
}

impl Draft {
    /// Closes sites.
    pub(crate) fn close(sites: Sites) -> Self {
        Self { action: Action::Block, sites, word: "closed", turn: Turn::AsSaid, place: None, measure: None }
    }

    /// Opens sites.
    pub(crate) fn open(sites: Sites) -> Self {
        Self { action: Action::Permit, word: "open", ..Self::close(sites) }
    }

    /// Asks for a measure, for every site.
    pub(crate) fn ask(word: &'static str, measure: Measure) -> Self {
        Self { word, measure: Some(measure), ..Self::close(Sites(vec![SiteItem::All])) }
    }

    /// Spares sites from a measure.
    pub(crate) fn spare(word: &'static str, sites: Sites, measure: Measure) -> Self {
        Self { word, measure: Some(measure), ..Self::open(sites) }
    }

    /// At all times.
    pub(crate) fn always(self) -> Self {
        Self { turn: Turn::Always, ..self }
    }

    /// At home, at all times.
    pub(crate) fn at_home(self) -> Self {
        Self { place: Some(Place::Home), ..self.always() }
    }

    /// For everyone but these.
    pub(crate) fn all_but(self, who: Audience) -> Self {
        Self { turn: Turn::AllBut(who), ..self }
    }
}

/// A control that drafts rules from its terms.
pub(crate) trait Drafts {
    /// What the binding asks of the gateway. Drafts without sites are dropped.
    fn drafts(&self, binding: &Binding) -> Vec<Draft>;
}

impl<T: SiteRules> Drafts for T {
    fn drafts(&self, _: &Binding) -> Vec<Draft> {
        vec![Draft::close(self.closed()), Draft::open(self.open())]
    }
}

/// What a binding asks of the gateway; none where its control asks nothing of it.
pub(crate) fn drafts_of(binding: &Binding) -> Option<Vec<Draft>> {
    fn of<T: ::policy::Terms + Drafts>(binding: &Binding) -> Option<Vec<Draft>> {
        let mut drafts = binding.terms::<T>().ok()?.drafts(binding);
        drafts.retain(|draft| !draft.sites.0.is_empty());
        Some(drafts)
    }
    match (binding.control.module(), binding.control.name()) {
        ("filter", "categories") => of::<super::categories::Categories>(binding),
        ("filter", "social") => of::<super::social::Social>(binding),
        ("filter", "media-shopping") => of::<super::media_shopping::MediaShopping>(binding),
        ("filter", "user-level") => of::<super::user_level::UserLevel>(binding),
        ("filter", "approved-sites") => of::<super::approved_sites::ApprovedSites>(binding),
        ("filter", "safe-search") => of::<super::safe_search::SafeSearch>(binding),
        ("filter", "image-search") => of::<super::image_search::ImageSearch>(binding),
        ("filter", "executables") => of::<super::executables::Executables>(binding),
        ("filter", "schedules") => of::<super::schedules::Schedules>(binding),
        ("filter", "nominated-users") => of::<super::nominated_users::NominatedUsers>(binding),
        ("filter", "bypass") => of::<super::bypass::Bypass>(binding),
        ("filter", "https-inspection") => of::<super::https_inspection::HttpsInspection>(binding),
        ("filter", "fair-use") => of::<super::fair_use::FairUse>(binding),
        ("filter", "timeouts") => of::<super::timeouts::Timeouts>(binding),
        ("filter", "off-site") => of::<super::off_site::OffSite>(binding),
        ("malware", "gateway-scan") => of::<crate::malware::gateway_scan::GatewayScan>(binding),
        ("policy", "use-matrix") => of::<crate::policy::use_matrix::UseMatrix>(binding),
        _ => None,
    }
}
