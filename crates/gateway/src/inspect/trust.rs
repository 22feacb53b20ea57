//! Which authorities sites must have their certificates from, and what is wrong with a certificate that is
//! refused. Verification is that of rustls, without exception: chain, name, time, purpose. Revocation is not
//! asked for; short-lived certificates are the web's answer to it.

use std::{fmt, sync::Arc, time::Duration};

use kernel::Clock;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, InvalidMessage, RootCertStore, client::Resumption,
    crypto::aws_lc_rs, time_provider::TimeProvider,
};
use rustls_pki_types::{CertificateDer, UnixTime};

/// Sessions with sites that are kept to be resumed.
const SESSIONS: usize = 4_096;

/// The authorities that sites are trusted by.
#[derive(Debug, Clone, Default)]
pub enum Roots {
    /// Those that Mozilla's programme includes, as of this build.
    #[default]
    Web,
    /// Those, and these besides: a school's own servers, a provider's filter further up.
    WebAnd(Vec<CertificateDer<'static>>),
    /// These alone.
    Only(Vec<CertificateDer<'static>>),
}

impl Roots {
    /// What cannot be read is left out, and said in the program's log: fewer sites are trusted then, not more.
    fn store(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        let own = match self {
            Self::Web => &[],
            Self::WebAnd(own) | Self::Only(own) => own.as_slice(),
        };
        match self {
            Self::Web | Self::WebAnd(_) => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Self::Only(_) => {}
        }
        for certificate in own {
            if let Err(error) = store.add(certificate.clone()) {
                tracing::error!(%error, "a root certificate for sites cannot be read and is left out");
            }
        }
        store
    }
}

/// The time of rustls is that of the gateway.
pub(crate) struct ClockTime(pub(crate) Arc<dyn Clock>);

impl fmt::Debug for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClockTime")
    }
}

impl TimeProvider for ClockTime {
    fn current_time(&self) -> Option<UnixTime> {
        let second = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(second)))
    }
}

/// How the gateway speaks TLS with sites, for these protocols.
pub(crate) fn client_config(
    roots: &Roots,
    clock: Arc<dyn Clock>,
    protocols: &[&[u8]],
) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(ClockTime(clock)))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots.store())
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    config.resumption = Resumption::in_memory_sessions(SESSIONS);
    Ok(config)
}

/// What is wrong with a site's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadCertificate {
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYet,
    /// It is another site's.
    WrongName,
    /// Nobody knows who signed it; a site that signed its own among them.
    UnknownIssuer,
    /// It was called back.
    Revoked,
    /// It is broken, or is for another purpose.
    Broken,
}

impl BadCertificate {
    /// What the error of a handshake says of the certificate, if it is about that.
    pub(crate) fn of(error: &rustls::Error) -> Option<Self> {
        let rustls::Error::InvalidCertificate(error) = error else { return None };
        use CertificateError as Error;
        let is = |alone: Error| *error == alone;
        Some(if is(Error::Expired) || matches!(error, Error::ExpiredContext { .. }) {
            Self::Expired
        } else if is(Error::NotValidYet) || matches!(error, Error::NotValidYetContext { .. }) {
            Self::NotYet
        } else if is(Error::NotValidForName) || matches!(error, Error::NotValidForNameContext { .. }) {
            Self::WrongName
        } else if is(Error::Revoked) {
            Self::Revoked
        } else if is(Error::UnknownIssuer) || is_own_authority(error) {
            Self::UnknownIssuer
        } else {
            Self::Broken
        })
    }
}

/// Why TLS with a site does not come about, where its certificate is not the matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadTls {
    /// There is no version or cipher that both sides have; some sites say the same where they want a certificate.
    TooOld,
    /// The site wants a certificate of whoever comes.
    WantsCertificate,
    /// What it answers is no TLS.
    NotEncrypted,
    /// What it answers breaks the rules of TLS, or is larger than they allow.
    Broken,
}

impl BadTls {
    /// What the error of a handshake, or of the first reading after it, says.
    pub(crate) fn of(error: &rustls::Error) -> Self {
        use AlertDescription as Alert;
        let alert = |all: &[Alert]| matches!(error, rustls::Error::AlertReceived(said) if all.contains(said));
        let wants = [
            Alert::CertificateRequired,
            Alert::BadCertificate,
            Alert::CertificateUnknown,
            Alert::UnknownCA,
            Alert::AccessDenied,
        ];
        if matches!(error, rustls::Error::PeerIncompatible(_))
            || alert(&[Alert::HandshakeFailure, Alert::ProtocolVersion, Alert::InsufficientSecurity])
        {
            Self::TooOld
        } else if alert(&wants) {
            Self::WantsCertificate
        } else if matches!(error, rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)) {
            Self::NotEncrypted
        } else {
            Self::Broken
        }
    }
}

/// A site that shows the certificate of an authority of its own as its own.
fn is_own_authority(error: &CertificateError) -> bool {
    matches!(error, CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity"))
}
