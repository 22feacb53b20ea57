//! The policy in force, its page and its standings; agreements.
