//! The database, the ledger, the outbox and the backup.
