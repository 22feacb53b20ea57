//! The activity log of the gateway, but for what its own checks ask: that is set aside, so that nobody takes it for a
//! child's and no count has it.

use std::sync::Arc;

use activity::{
    ActivityLog, Alike, By, Counts, DayInfo, Dropped, Entry, Filter, LocalLog, LogError, Newest, Page, Query, Row,
    RowId, Status,
};
use async_trait::async_trait;
use jiff::civil::Date;
use kernel::SchoolId;
use tokio::sync::broadcast;

use crate::live::Live;

/// A log from which checks are kept away.
pub(crate) struct Aside {
    log: Arc<LocalLog>,
    live: Live,
}

impl Aside {
    /// Of this log.
    pub(crate) fn new(log: Arc<LocalLog>, live: Live) -> Self {
        Self { log, live }
    }
}

#[async_trait]
impl ActivityLog for Aside {
    fn append(&self, row: Row) {
        if let Some(row) = self.live.inner().checks.take(row) {
            self.log.append(row);
        }
    }

    async fn flush(&self) -> Result<(), LogError> {
        self.log.flush().await
    }

    async fn query(&self, school: SchoolId, query: Query) -> Result<Page, LogError> {
        self.log.query(school, query).await
    }

    async fn counts(&self, school: SchoolId, filter: Filter, by: By, limit: usize) -> Result<Counts, LogError> {
        self.log.counts(school, filter, by, limit).await
    }

    async fn alike(&self, school: SchoolId, day: Date) -> Result<Vec<Alike>, LogError> {
        self.log.alike(school, day).await
    }

    async fn get(&self, school: SchoolId, id: RowId) -> Result<Option<Entry>, LogError> {
        self.log.get(school, id).await
    }

    fn newest(&self, school: SchoolId, which: Newest, limit: usize) -> Vec<Arc<Entry>> {
        self.log.newest(school, which, limit)
    }

    fn subscribe(&self, school: SchoolId) -> broadcast::Receiver<Arc<Entry>> {
        self.log.subscribe(school)
    }

    async fn days(&self, school: SchoolId) -> Result<Vec<DayInfo>, LogError> {
        self.log.days(school).await
    }

    async fn drop_before(&self, school: SchoolId, day: Date) -> Result<Dropped, LogError> {
        self.log.drop_before(school, day).await
    }

    fn status(&self, school: SchoolId) -> Status {
        self.log.status(school)
    }

    async fn close(&self) -> Result<(), LogError> {
        self.log.close().await
    }
}
