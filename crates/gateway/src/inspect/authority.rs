//! Certificates for inspected connections: made on demand by the issuing authority, kept while they are good.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use kernel::Clock;
use moka::sync::Cache;
use rcgen::{DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType};
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    server::ServerSessionMemoryCache,
    sign::{CertifiedKey, SigningKey, SingleCertAndKey},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::{
    root::{AuthorityError, Made, Opened, SLACK, at, lasting, seconds, serial},
    trust::ClockTime,
};
use crate::target::Host;

/// How long a leaf is good.
const LEAF: Duration = Duration::from_secs(30 * 86_400);

/// A leaf is made anew when it has less time left than this.
const RENEWED: i64 = 10 * 86_400;

/// An issuing authority is due to be renewed when it has less time left than this.
const DUE: i64 = 60 * 86_400;

/// Leaves that are kept.
const KEPT: u64 = 10_000;

/// Sessions that are kept for clients that resume without a ticket.
const SESSIONS: usize = 4_096;

/// Makes leaves: one key for all of them, in memory alone and another one in each process.
///
/// Where it cannot make one, the connection is not opened and is judged by its name.
pub struct Authority {
    clock: Arc<dyn Clock>,
    key: KeyPair,
    signing: Arc<dyn SigningKey>,
    issuing: ArcSwap<Opened>,
    leaves: Cache<Host, Leaf>,
    /// What all configurations share: tickets, sessions, protocols.
    base: ServerConfig,
}

#[derive(Clone)]
struct Leaf {
    config: Arc<ServerConfig>,
    /// From when on another one is made.
    until: i64,
}

impl Authority {
    /// An authority that issues by `issuing` (`Root::issue`).
    pub fn new(issuing: &Made, clock: Arc<dyn Clock>) -> Result<Self, AuthorityError> {
        let issuing = readable(issuing, clock.now())?;
        let key = KeyPair::generate().map_err(AuthorityError::Make)?;
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let signing = provider.key_provider.load_private_key(private).map_err(AuthorityError::Tls)?;
        let base = base(provider, clock.clone(), signing.clone()).map_err(AuthorityError::Tls)?;
        Ok(Self { clock, key, signing, issuing: ArcSwap::from_pointee(issuing), leaves: Cache::new(KEPT), base })
    }

    /// When the issuing authority ends.
    pub fn ends(&self) -> Timestamp {
        Timestamp::from_second(self.issuing.load().ends).unwrap_or(Timestamp::MIN)
    }

    /// Whether the caller should make another issuing authority and hand it to [`Self::replace`]: sixty days
    /// before the end of this one, or because the exempt names are others now.
    pub fn is_due(&self, exempt: &[String], now: Timestamp) -> bool {
        let issuing = self.issuing.load();
        let (mut known, mut wanted) = (issuing.excluded.clone(), exempt.to_vec());
        wanted.iter_mut().for_each(|name| *name = name.trim_start_matches("*.").to_ascii_lowercase());
        known.sort_unstable();
        wanted.sort_unstable();
        wanted.dedup();
        issuing.ends - at(now) < DUE || known != wanted
    }

    /// Issues by another authority from now on. Connections that are open stay; leaves are made anew.
    pub fn replace(&self, issuing: &Made) -> Result<(), AuthorityError> {
        self.issuing.store(Arc::new(readable(issuing, self.clock.now())?));
        self.leaves.invalidate_all();
        Ok(())
    }

    /// Whether the authority is kept from a name, so that it cannot be opened whatever the policy says.
    pub fn is_kept_from(&self, host: &Host) -> bool {
        let Host::Name(name) = host else { return false };
        self.issuing.load().excluded.iter().any(|excluded| {
            name.strip_suffix(excluded.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }

    /// How the gateway ends TLS for a host.
    pub(crate) fn config(&self, host: &Host) -> Result<Arc<ServerConfig>, AuthorityError> {
        let now = at(self.clock.now());
        if let Some(leaf) = self.leaves.get(host)
            && now < leaf.until
        {
            return Ok(leaf.config);
        }
        let leaf = self.make(host, now)?;
        self.leaves.insert(host.clone(), leaf.clone());
        Ok(leaf.config)
    }

    fn make(&self, host: &Host, now: i64) -> Result<Leaf, AuthorityError> {
        let issuing = self.issuing.load();
        let (leaf, ends) = self.certify(&issuing, host, now)?;
        let chain = vec![leaf, issuing.certificate.clone()];
        let certified = CertifiedKey::new(chain, self.signing.clone());
        let mut config = self.base.clone();
        config.cert_resolver = Arc::new(SingleCertAndKey::from(certified));
        Ok(Leaf { config: Arc::new(config), until: (ends - RENEWED).max(now + 60).min(ends) })
    }

    /// A leaf, and its end.
    fn certify(
        &self,
        issuing: &Opened,
        host: &Host,
        now: i64,
    ) -> Result<(CertificateDer<'static>, i64), AuthorityError> {
        let ends = (now + seconds(LEAF)).min(issuing.ends);
        if ends <= now {
            return Err(AuthorityError::NotNow);
        }
        let begins = (now - seconds(SLACK)).max(issuing.begins);
        let san = match host {
            Host::Name(name) => SanType::DnsName(name.as_str().try_into().map_err(AuthorityError::Make)?),
            Host::Address(address) => SanType::IpAddress(address.to_canonical()),
        };
        let mut params = lasting(begins, ends);
        params.serial_number = Some(serial()?);
        params.subject_alt_names = vec![san];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.distinguished_name = rcgen::DistinguishedName::new();
        // Longer names stand among the alternative names alone.
        let name = host.to_string();
        if name.len() <= 64 {
            params.distinguished_name.push(DnType::CommonName, name);
        }
        let leaf = params.signed_by(&self.key, &issuing.issuer).map_err(AuthorityError::Make)?;
        Ok((leaf.der().clone(), ends))
    }
}

fn readable(issuing: &Made, now: Timestamp) -> Result<Opened, AuthorityError> {
    let opened = Opened::read(issuing)?;
    let good = (opened.begins..opened.ends).contains(&at(now));
    if good { Ok(opened) } else { Err(AuthorityError::NotNow) }
}

fn base(
    provider: Arc<CryptoProvider>,
    clock: Arc<dyn Clock>,
    signing: Arc<dyn SigningKey>,
) -> Result<ServerConfig, rustls::Error> {
    let nothing = Arc::new(SingleCertAndKey::from(CertifiedKey::new(Vec::new(), signing)));
    let mut config = ServerConfig::builder_with_details(provider, Arc::new(ClockTime(clock)))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(nothing);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = aws_lc_rs::Ticketer::new()?;
    config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
    config.send_tls13_tickets = 1;
    Ok(config)
}

#[cfg(test)]
mod tests;
