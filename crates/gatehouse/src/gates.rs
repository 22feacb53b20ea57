//! The gates of the running installation: the filtering gateway and the resolver of names, put together from the
//! configuration and from what is known at this moment.

pub(crate) mod gateway;
pub(crate) mod inspection;
pub(crate) mod matches;
pub(crate) mod names;
pub(crate) mod pac;
