//! Encrypted connections that the policy has opened: ended here under a certificate of the school's own
//! authority, judged request by request, and sent on over TLS that is verified strictly.
//!
//! Only devices of the school come here (`filter::Inspection` says so), never the exempt names: the issuing
//! authority is constrained from them, so that even a stolen key opens none of them.
//!
//! What happens when something fails: without an authority, or when a leaf cannot be made, a connection is
//! judged by its name alone, as on any other device. A client that does not trust the authority breaks the
//! connection off; that is counted, and the name is a candidate for the desk, never spliced by itself. A
//! site whose certificate is not good gets an honest page and hears nothing of the request.

mod authority;
mod handshakes;
mod request;
mod root;
mod session;
mod trust;

pub use authority::Authority;
pub(crate) use handshakes::Handshakes;
pub use handshakes::{BrokenName, ClientTrust};
pub use root::{AuthorityError, Made, Root, RootCertificate};
pub(crate) use session::{Entry, enter};
pub use trust::Roots;
pub(crate) use trust::{BadCertificate, BadTls, client_config};
