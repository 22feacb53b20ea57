//! What went wrong, said honestly: whose fault it is, and what to do.

use askama::Template;
use hyper::{Response, StatusCode};

use super::{Form, Frame, Voice, answer, rendered};
use crate::{
    body::Body,
    destination::DestinationError,
    inspect::{BadCertificate, BadTls},
    target::BadTarget,
};

/// Why there is an answer of the gateway's instead of the site's, other than a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The request itself.
    BadRequest(BadTarget),
    /// No site was named: somebody looked at the gateway as if it were one.
    IsGateway,
    /// A port that CONNECT may not name.
    Port,
    /// The credential is not known, or one is wanted.
    Credential,
    /// It came round in a circle.
    Loop,
    /// An address inside.
    Closed,
    /// A gateway that opens certain sites only.
    NotNamed,
    /// No such name.
    Unknown,
    /// The site takes no connection, or breaks it off.
    NoConnection,
    /// The site is too slow.
    TimedOut,
    /// The site's certificate is not good.
    Certificate(BadCertificate),
    /// The site and the gateway have no way to speak TLS with one another.
    NoTls(BadTls),
    /// A request for another site than the connection was opened for.
    Misdirected,
}

impl From<&DestinationError> for Trouble {
    fn from(error: &DestinationError) -> Self {
        match error {
            DestinationError::Closed => Self::Closed,
            DestinationError::NotNamed => Self::NotNamed,
            DestinationError::Lookup(_) | DestinationError::NoAddress => Self::Unknown,
            DestinationError::TimedOut => Self::TimedOut,
            DestinationError::Parent(_) | DestinationError::Connect(_) => Self::NoConnection,
        }
    }
}

impl Trouble {
    /// The status of the answer.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::BadRequest(_) | Self::IsGateway => StatusCode::BAD_REQUEST,
            Self::Port | Self::Closed | Self::NotNamed => StatusCode::FORBIDDEN,
            Self::Credential => StatusCode::PROXY_AUTHENTICATION_REQUIRED,
            Self::Loop => StatusCode::LOOP_DETECTED,
            Self::Unknown | Self::NoConnection | Self::Certificate(_) | Self::NoTls(_) => StatusCode::BAD_GATEWAY,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// Whether the site is at fault and not the request.
    pub(crate) fn is_failure(self) -> bool {
        match self {
            Self::Unknown | Self::NoConnection | Self::TimedOut | Self::Certificate(_) | Self::NoTls(_) => true,
            Self::BadRequest(_)
            | Self::IsGateway
            | Self::Port
            | Self::Credential
            | Self::Loop
            | Self::Closed
            | Self::NotNamed
            | Self::Misdirected => false,
        }
    }

    /// The words of the activity log.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::BadRequest(_) | Self::IsGateway => "malformed",
            Self::Port => "port",
            Self::Credential => "credential",
            Self::Loop => "loop",
            Self::Closed => "private-address",
            Self::NotNamed => "not-opened",
            Self::Unknown => "no-such-name",
            Self::NoConnection => "no-connection",
            Self::TimedOut => "timed-out",
            Self::Certificate(BadCertificate::Expired) => "certificate-expired",
            Self::Certificate(BadCertificate::NotYet) => "certificate-not-yet-valid",
            Self::Certificate(BadCertificate::WrongName) => "certificate-of-another-name",
            Self::Certificate(BadCertificate::UnknownIssuer) => "certificate-of-unknown-issuer",
            Self::Certificate(BadCertificate::Revoked) => "certificate-revoked",
            Self::Certificate(BadCertificate::Broken) => "certificate-broken",
            Self::NoTls(BadTls::TooOld) => "no-tls",
            Self::NoTls(BadTls::WantsCertificate) => "wants-certificate",
            Self::NoTls(BadTls::NotEncrypted) => "not-encrypted",
            Self::NoTls(BadTls::Broken) => "tls-broken",
            Self::Misdirected => "misdirected",
        }
    }

    fn says(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::BadRequest(_) => (
                "This address cannot be read",
                "The address is not one that a site can have.",
                "Check how it is written, then try again.",
            ),
            Self::IsGateway => (
                "This is the gateway",
                "Browsers reach sites through it. It is not a site itself.",
                "To use it, enter its address as the proxy of your browser.",
            ),
            Self::Port => (
                "This way is closed",
                "Encrypted connections go to the usual port alone.",
                "If a site that you need uses another port, tell the network manager.",
            ),
            Self::Credential => (
                "This device is not known",
                "The name and token of the device were not given, or are no longer good.",
                "Sign in at the desk to get a new token.",
            ),
            Self::Loop => (
                "This address leads in a circle",
                "The request has been through this gateway before.",
                "Tell the network manager: two proxies are set to use each other.",
            ),
            Self::Closed => (
                "This address is inside the school",
                "The gateway opens sites on the internet, not machines on the school’s own network.",
                "If you need it, tell the network manager.",
            ),
            Self::NotNamed => (
                "This gateway opens certain sites only",
                "It is set up to open its own sites and no others.",
                "In the demonstration that is the test site alone.",
            ),
            Self::Unknown => (
                "There is no site of this name",
                "The name could not be found.",
                "Check how it is written. If it is right, try again in a few minutes.",
            ),
            Self::NoConnection => (
                "The site does not answer",
                "The gateway lets you through, but the site takes no connection.",
                "Try again in a few minutes.",
            ),
            Self::TimedOut => (
                "The site takes too long",
                "The gateway lets you through, but the site has not answered in time.",
                "Try again in a few minutes.",
            ),
            Self::Certificate(bad) => (
                "This site cannot prove who it is",
                match bad {
                    BadCertificate::Expired => "Its certificate has expired. Nothing was sent to it.",
                    BadCertificate::NotYet => "Its certificate is not valid yet. Nothing was sent to it.",
                    BadCertificate::WrongName => "Its certificate belongs to another site. Nothing was sent to it.",
                    BadCertificate::UnknownIssuer => {
                        "Its certificate was signed by nobody whom browsers know, or the site does not show by whom. Nothing was sent to it."
                    }
                    BadCertificate::Revoked => "Its certificate was called back. Nothing was sent to it.",
                    BadCertificate::Broken => "Its certificate is not in order. Nothing was sent to it.",
                },
                "Do not go round this. If you need the site, tell the network manager.",
            ),
            Self::NoTls(bad) => (
                match bad {
                    BadTls::WantsCertificate => "This site wants a certificate from you",
                    BadTls::TooOld | BadTls::NotEncrypted | BadTls::Broken => {
                        "This site does not speak a safe language"
                    }
                },
                match bad {
                    BadTls::TooOld => {
                        "It offers only ways of encryption that are too old to be safe, or it wants a certificate from you."
                    }
                    BadTls::WantsCertificate => "The filter has none to show, so the site closes the connection.",
                    BadTls::NotEncrypted => "What it answers is not encrypted. Nothing was sent to it.",
                    BadTls::Broken => "Its encryption is not in order. Nothing was sent to it.",
                },
                "If you need the site, tell the network manager.",
            ),
            Self::Misdirected => (
                "This connection is for another site",
                "The browser asked for one site on the connection of another.",
                "Load the page again.",
            ),
        }
    }

    /// The answer, in the form that the client reads, where it is not known whose words to use.
    pub(crate) fn answer(self, frame: Frame<'_>, site: Option<&str>, form: Form) -> Response<Body> {
        self.answer_to(Voice::Pupil, frame, site, form)
    }

    /// The answer, in the form that the client reads and for whom it is.
    pub(crate) fn answer_to(self, voice: Voice, frame: Frame<'_>, site: Option<&str>, form: Form) -> Response<Body> {
        let (heading, says, advice) = self.says();
        let text = match (form, voice) {
            (Form::Html, Voice::Child) => {
                let safe = self.is_safe();
                rendered(&ChildPage { frame, site, heading, says, advice, safe }, heading)
            }
            (Form::Html, Voice::Pupil | Voice::Adult) => {
                rendered(&TroublePage { frame, site, heading, says, advice }, heading)
            }
            (Form::Json, _) => serde_json::json!({ "error": heading, "site": site, "why": says }).to_string(),
            (Form::Text, _) => format!("{heading}. {says} {advice}\n"),
        };
        answer(self.status(), form, text)
    }

    /// Whether the site may be tried again without anybody looking at it.
    fn is_safe(self) -> bool {
        match self {
            Self::Certificate(_) | Self::NoTls(_) | Self::Closed | Self::NotNamed | Self::Port => false,
            Self::BadRequest(_)
            | Self::IsGateway
            | Self::Credential
            | Self::Loop
            | Self::Unknown
            | Self::NoConnection
            | Self::TimedOut
            | Self::Misdirected => true,
        }
    }
}

#[derive(Template)]
#[template(path = "gateway/trouble.html")]
struct TroublePage<'a> {
    frame: Frame<'a>,
    site: Option<&'a str>,
    heading: &'static str,
    says: &'static str,
    advice: &'static str,
}

/// The same for the youngest: by picture, with the facts below for whoever helps.
#[derive(Template)]
#[template(path = "gateway/trouble_child.html")]
struct ChildPage<'a> {
    frame: Frame<'a>,
    site: Option<&'a str>,
    heading: &'static str,
    says: &'static str,
    advice: &'static str,
    safe: bool,
}
