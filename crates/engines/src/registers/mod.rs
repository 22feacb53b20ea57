//! Registers: entries of what a declaration says, with their list, form, history and files.
