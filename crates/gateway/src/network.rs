//! Networks by address and prefix: which clients the gateway serves, and which destinations the
//! configuration opens. The resolver serves the same, so they are the kernel's.

pub use kernel::{BadNetwork, Network};
