//! A copy of everything, encrypted, and the way back from it.
