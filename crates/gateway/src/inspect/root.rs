//! The authority that the school's devices trust. Its root is made once, and its key sealed by the caller;
//! what the service holds from day to day is an issuing authority of one year, which the root constrains
//! from the exempt names.

use std::time::Duration;

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, GeneralSubtree, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, NameConstraints, SerialNumber,
};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use x509_parser::extensions::GeneralName;

use crate::target::Host;

/// How long a root is good: as long as a school keeps its devices, twice over.
const ROOT: Duration = Duration::from_secs(10 * 365 * 86_400);

/// How long an issuing authority is good.
const ISSUING: Duration = Duration::from_secs(365 * 86_400);

/// Clocks of devices go wrong by this much.
pub(super) const SLACK: Duration = Duration::from_secs(86_400);

/// Why an authority cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// Not PEM, or no certificate within.
    #[error("the certificate of the authority cannot be read")]
    Certificate,
    /// Not PEM, or no key within.
    #[error("the key of the authority cannot be read")]
    Key(#[source] rcgen::Error),
    /// A key of another certificate.
    #[error("the key does not belong to the certificate of the authority")]
    OtherKey,
    /// A certificate that is no authority's.
    #[error("the certificate is not that of an authority")]
    NoAuthority,
    /// Its end has come.
    #[error("the certificate of the authority is not good at this time")]
    NotNow,
    /// A name that a certificate cannot hold.
    #[error("`{name}` is not a name that an authority can be kept from")]
    Name {
        /// The name.
        name: String,
    },
    /// A certificate cannot be made.
    #[error("a certificate cannot be made")]
    Make(#[source] rcgen::Error),
    /// No random numbers, which a certificate needs.
    #[error("the system gives no random numbers")]
    Random,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
}

/// A certificate and its key, as PEM. The key is a secret: the caller seals it, and `Debug` prints none of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Made {
    /// The certificate, to be given to devices (of a root), or kept (of an issuing authority).
    pub certificate: String,
    /// The key.
    pub key: String,
}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Made").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// The certificate of the root, as it is given to devices. It is no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootCertificate {
    /// As text.
    pub pem: String,
    /// As bytes.
    pub der: Vec<u8>,
    /// What it is called.
    pub name: String,
    /// When it ends.
    pub ends: Timestamp,
}

impl RootCertificate {
    /// Reads the certificate of an authority.
    pub fn read(pem: &str) -> Result<Self, AuthorityError> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| AuthorityError::Certificate)?;
        let (_, parsed) = x509_parser::parse_x509_certificate(&der).map_err(|_| AuthorityError::Certificate)?;
        if !parsed.is_ca() {
            return Err(AuthorityError::NoAuthority);
        }
        let name = parsed.subject().iter_common_name().next().and_then(|it| it.as_str().ok());
        let name = name.unwrap_or_default().to_owned();
        let ends = Timestamp::from_second(parsed.validity().not_after.timestamp()).unwrap_or(Timestamp::MIN);
        Ok(Self { pem: pem.to_owned(), name, ends, der: der.to_vec() })
    }

    /// Its digest by SHA-256, as programs print it: `AB:12:…`.
    pub fn sha256(&self) -> String {
        self.printed(&aws_lc_rs::digest::SHA256)
    }

    /// Its digest by SHA-1, which Windows calls the thumbprint. It tells certificates apart and proves nothing.
    pub fn sha1(&self) -> String {
        self.printed(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY)
    }

    fn printed(&self, by: &'static aws_lc_rs::digest::Algorithm) -> String {
        let digest = aws_lc_rs::digest::digest(by, &self.der);
        let bytes: Vec<String> = digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        bytes.join(":")
    }
}

/// The school's root, unsealed for as long as it takes to make an issuing authority.
pub struct Root {
    issuer: Issuer<'static, KeyPair>,
    school: String,
    ends: i64,
}

impl Root {
    /// Makes a root for a school, good for ten years.
    pub fn make(school: &str, now: Timestamp) -> Result<Made, AuthorityError> {
        let name = format!("{} filtering root {}", shortened(school), now.strftime("%Y"));
        let key = KeyPair::generate().map_err(AuthorityError::Make)?;
        let mut params = authority(school, &name, now, at(now) + seconds(ROOT))?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
        let certificate = params.self_signed(&key).map_err(AuthorityError::Make)?;
        Ok(Made { certificate: certificate.pem(), key: key.serialize_pem() })
    }

    /// Opens a root that was made before.
    pub fn open(made: &Made) -> Result<Self, AuthorityError> {
        let Opened { issuer, school, ends, .. } = Opened::read(made)?;
        Ok(Self { issuer, school, ends })
    }

    /// Makes an issuing authority that is good for one year, but for no name of `exempt` nor any below one.
    pub fn issue(&self, exempt: &[String], now: Timestamp) -> Result<Made, AuthorityError> {
        let excluded_subtrees = exempt
            .iter()
            .map(|name| match Host::parse(name.trim_start_matches("*.")) {
                Ok(Host::Name(name)) => Ok(GeneralSubtree::DnsName(name)),
                Ok(Host::Address(_)) | Err(_) => Err(AuthorityError::Name { name: name.clone() }),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let ends = (at(now) + seconds(ISSUING)).min(self.ends);
        if ends <= at(now) {
            return Err(AuthorityError::NotNow);
        }
        let name = format!("{} filtering {}", shortened(&self.school), now.strftime("%Y-%m-%d"));
        let key = KeyPair::generate().map_err(AuthorityError::Make)?;
        let mut params = authority(&self.school, &name, now, ends)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.name_constraints = Some(NameConstraints { permitted_subtrees: Vec::new(), excluded_subtrees });
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).map_err(AuthorityError::Make)?;
        Ok(Made { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

/// A certificate of an authority with its key, read.
pub(super) struct Opened {
    pub(super) issuer: Issuer<'static, KeyPair>,
    pub(super) certificate: CertificateDer<'static>,
    /// The name of the organisation.
    pub(super) school: String,
    pub(super) begins: i64,
    pub(super) ends: i64,
    /// Names that it is kept from.
    pub(super) excluded: Vec<String>,
}

impl Opened {
    pub(super) fn read(made: &Made) -> Result<Self, AuthorityError> {
        let unreadable = |_| AuthorityError::Certificate;
        let certificate = CertificateDer::from_pem_slice(made.certificate.as_bytes()).map_err(unreadable)?;
        let key = KeyPair::from_pem(&made.key).map_err(AuthorityError::Key)?;
        let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).map_err(|_| AuthorityError::Certificate)?;
        if parsed.public_key().subject_public_key.data.as_ref() != key.public_key_raw() {
            return Err(AuthorityError::OtherKey);
        }
        if !parsed.is_ca() {
            return Err(AuthorityError::NoAuthority);
        }
        let constraints = parsed.name_constraints().map_err(|_| AuthorityError::Certificate)?;
        let excluded = constraints.and_then(|it| it.value.excluded_subtrees.as_ref()).into_iter().flatten();
        let excluded = excluded.filter_map(|subtree| {
            let GeneralName::DNSName(name) = &subtree.base else { return None };
            Some((*name).to_owned())
        });
        let excluded = excluded.collect();
        let school = parsed.subject().iter_organization().next().and_then(|it| it.as_str().ok());
        let school = school.unwrap_or("School").to_owned();
        let (begins, ends) = (parsed.validity().not_before.timestamp(), parsed.validity().not_after.timestamp());
        let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(AuthorityError::Make)?;
        Ok(Self { issuer, school, begins, ends, excluded, certificate: certificate.clone() })
    }
}

/// What all authorities have in common.
fn authority(school: &str, name: &str, now: Timestamp, ends: i64) -> Result<CertificateParams, AuthorityError> {
    let mut distinguished_name = DistinguishedName::new();
    distinguished_name.push(DnType::OrganizationName, shortened(school));
    distinguished_name.push(DnType::CommonName, name);
    let mut params = lasting(at(now) - seconds(SLACK), ends);
    params.serial_number = Some(serial()?);
    params.distinguished_name = distinguished_name;
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

/// Parameters of a certificate that is good from one second to another.
pub(super) fn lasting(begins: i64, ends: i64) -> CertificateParams {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let after = |second: i64| epoch + Duration::from_secs(second.max(0).unsigned_abs());
    let mut params = CertificateParams::default();
    (params.not_before, params.not_after) = (after(begins), after(ends));
    params
}

/// A number that no other certificate has. Browsers refuse two certificates of one authority with the same.
pub(super) fn serial() -> Result<SerialNumber, AuthorityError> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| AuthorityError::Random)?;
    let [first, ..] = &mut bytes;
    *first = *first & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

/// A name within a certificate has at most 64 characters.
fn shortened(school: &str) -> String {
    school.chars().take(36).collect()
}

pub(super) fn at(now: Timestamp) -> i64 {
    now.as_second()
}

pub(super) fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
