//! The gateway's own small page, by which a device tells whether it trusts the school's root: over plain HTTP it says
//! what is known of the device and leads to the same page over TLS, which only a device with the root shows without a
//! warning.

use askama::Template;
use hyper::{Response, StatusCode};
use kernel::Owner;

use super::{Form, Frame, answer, rendered};
use crate::body::Body;

/// The host of the page. Nobody else's: the domain is set aside for private use.
pub const CHECK: &str = "check.gatehouse.internal";

/// What the page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// Over plain HTTP: whose the device is, and whether its connections are opened.
    Plain(Owner, bool),
    /// Over TLS that ended here: the device trusts the root, or somebody has clicked a warning away.
    Trusted,
}

impl Check {
    fn says(self) -> (&'static str, &'static str, &'static str) {
        const TRY: &str = "Open the encrypted page. If the browser shows it without a warning, this device trusts the school’s certificate.";
        match self {
            Self::Trusted => (
                "This device trusts the school’s certificate",
                "You see this page over an encrypted connection that the filter has opened.",
                "If your browser warned you before it showed this page, the certificate is not on this device yet.",
            ),
            Self::Plain(_, true) => (
                "The filter opens connections of this device",
                "The filter takes this device for one of the school, so it needs the school’s certificate.",
                TRY,
            ),
            Self::Plain(Owner::School, false) => (
                "The filter opens no connections here",
                "This is a device of the school, but no clause has its connections opened at this moment.",
                TRY,
            ),
            Self::Plain(Owner::Personal, false) => (
                "The filter opens no connections of this device",
                "This device is somebody’s own: the filter goes by the names of sites alone.",
                "It needs no certificate of the school.",
            ),
            Self::Plain(Owner::Unknown, false) => (
                "The filter does not know whose this device is",
                "So it goes by the names of sites alone, and opens no connections.",
                "If the device is the school’s, the network manager enters its address in the register, or gives it a code.",
            ),
        }
    }

    /// The answer, in the form that the client reads.
    pub(crate) fn answer(self, frame: Frame<'_>, form: Form) -> Response<Body> {
        let (heading, says, advice) = self.says();
        let link = (self != Self::Trusted && self != Self::Plain(Owner::Personal, false)).then_some(CHECK);
        let text = match form {
            Form::Html => rendered(&CheckPage { frame, heading, says, advice, link }, heading),
            Form::Json => serde_json::json!({ "trusted": self == Self::Trusted, "says": heading }).to_string(),
            Form::Text => format!("{heading}. {says} {advice}\n"),
        };
        answer(StatusCode::OK, form, text)
    }
}

#[derive(Template)]
#[template(path = "gateway/check.html")]
struct CheckPage<'a> {
    frame: Frame<'a>,
    heading: &'static str,
    says: &'static str,
    advice: &'static str,
    link: Option<&'static str>,
}
