//! Notices: read by those whom they concern, counted for those who may see it, sent and published.
