//! Which addresses are on the open internet. All others lead back into the school, to this machine, or to
//! a management service, and are refused unless the configuration names them. The resolver takes the same out of
//! answers, so the table is the kernel's.

pub use kernel::is_public;
