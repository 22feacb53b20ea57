//! The resolver for devices that have no proxy: the same decisions, by name.
