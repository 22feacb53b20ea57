//! How encrypted connections are opened at present: for the page of those who look after the school's devices.

use std::{collections::BTreeSet, net::IpAddr, sync::PoisonError};

use filter::Measure;
use gateway::Client;
use kernel::SiteItem;
use traffic::certificate::{Candidate, Certificate, Opening, Seen};

use super::Live;
use crate::gates::inspection;

impl Live {
    /// Makes the issuing authority anew where that is due: it ends soon, or other names are exempt by now.
    pub(crate) fn renew_authority(&self) {
        let Some(Some(authority)) = self.inner().authority.get() else { return };
        let _one_at_a_time = self.inner().renewing.lock().unwrap_or_else(PoisonError::into_inner);
        let policy = self.policy();
        let rules = policy.as_deref().map(|in_force| rules::filter::rule_set::rule_set(&in_force.policy));
        // The present one goes on working; the gateway judges by name what has become exempt.
        if let Err(error) = inspection::renew(authority, self.installation(), rules.as_ref()) {
            tracing::error!(error = format!("{error:#}"), "the filter's issuing authority could not be renewed");
        }
    }

    /// How connections are opened; none where the gateway does not run.
    pub(super) fn how_opened(&self) -> Option<Opening> {
        let inner = self.inner();
        let (gateway, root) = (inner.gateway.get()?, inner.root.get()?);
        let authority = inner.authority.get().and_then(Option::as_ref)?;
        let policy = self.policy();
        let rules = policy.as_deref().map(|in_force| rules::filter::rule_set::rule_set(&in_force.policy));
        let rules = rules.unwrap_or_default();
        let mut exempt: Vec<SiteItem> = rules.never_opened().cloned().collect();
        exempt.sort_by_key(ToString::to_string);
        exempt.dedup();
        let devices = self.seen();
        let known = inner.roster.load().as_ref().map(|roster| roster.with_code()).unwrap_or_default();
        let come: BTreeSet<&str> = devices.iter().filter_map(|device| device.tag.as_deref()).collect();
        let is_quiet = |device: &&registers::SchoolDevice| {
            (device.address.is_some() || known.contains(&device.entry)) && !come.contains(device.tag.as_str())
        };
        let quiet = inner.devices.load().school.iter().filter(is_quiet).count();
        Some(Opening {
            certificate: Certificate {
                name: root.name.clone(),
                pem: root.pem.clone(),
                der: root.der.clone(),
                sha256: root.sha256(),
                sha1: root.sha1(),
                ends: root.ends,
            },
            issuing_ends: authority.ends(),
            asked: rules.treatments.iter().any(|it| matches!(it.measure, Measure::Inspect { .. })),
            exempt,
            check: gateway::CHECK,
            devices,
            quiet,
            candidates: self.candidates(gateway),
        })
    }

    /// What clients showed of their trust in the root; the checks of the gateway itself are no device of the school.
    pub(crate) fn client_trust(&self) -> Vec<gateway::ClientTrust> {
        let mut all = self.inner().gateway.get().map(gateway::Gateway::client_trust).unwrap_or_default();
        all.retain(|trust| match trust.client {
            Client::Device(device) => !self.inner().checks.is_check(Some(device)),
            Client::Address(_) => true,
        });
        all
    }

    fn seen(&self) -> Vec<Seen> {
        let (roster, devices) = (self.inner().roster.load(), self.inner().devices.load());
        let tag = |asset| devices.school.iter().find(|device| Some(device.entry) == asset).map(|it| it.tag.clone());
        let at =
            |address: IpAddr| devices.school.iter().find(|it| it.address == Some(address)).map(|it| it.tag.clone());
        let seen = self.client_trust().into_iter().map(|trust| {
            let (tag, address) = match trust.client {
                Client::Device(device) => (tag(roster.as_ref().and_then(|roster| roster.asset(device))), None),
                Client::Address(address) => (at(address), Some(address)),
            };
            Seen { tag, address, opened: trust.completed, broken: trust.broken, last: trust.last }
        });
        seen.collect()
    }

    fn candidates(&self, gateway: &gateway::Gateway) -> Vec<Candidate> {
        let beyond = self.inner().beyond.load();
        let spliced = |name: &str| {
            beyond.spliced.iter().flat_map(|it| &it.rule.sites.0).any(|site| match site {
                SiteItem::Domain(domain) => {
                    name.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                }
                SiteItem::All
                | SiteItem::Address { .. }
                | SiteItem::Category(_)
                | SiteItem::Pattern(_)
                | SiteItem::List(_)
                | SiteItem::Register(_) => false,
            })
        };
        let mut all: Vec<Candidate> = gateway
            .broken_names()
            .into_iter()
            .map(|it| Candidate {
                spliced: spliced(&it.name),
                name: it.name,
                broken: it.broken,
                opened: it.completed,
                last: it.last,
            })
            .collect();
        // A name that nobody opens is more likely a program's own.
        all.sort_by_key(|it| it.opened > 0);
        all
    }
}
