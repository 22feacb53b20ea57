//! What may be reached: lists, rules, decisions and their trace.
