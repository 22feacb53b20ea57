//! Filter lists, explanations, and the views of the activity log.
