//! Notices: texts for an audience at a moment, shown, acknowledged and counted.
