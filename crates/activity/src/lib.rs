//! The activity log: a journal and columnar day files, queried together.
