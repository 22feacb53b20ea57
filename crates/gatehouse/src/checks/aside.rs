//! The activity log of the gateway, but for what its own checks ask: that is set aside, so that nobody takes it for a
//! child's and no count has it.

use std::sync::Arc;

use activity::{Row, Rows};

use crate::live::Live;

/// A log from which checks are kept away.
pub(crate) struct Aside {
    log: Arc<dyn Rows>,
    live: Live,
}

impl Aside {
    /// Of this log.
    pub(crate) fn new(log: Arc<dyn Rows>, live: Live) -> Self {
        Self { log, live }
    }
}

impl Rows for Aside {
    fn append(&self, row: Row) {
        if let Some(row) = self.live.inner().checks.take(row) {
            self.log.append(row);
        }
    }
}
