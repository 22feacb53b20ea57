//! What has happened so far.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! gauges {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// How the resolver does: counts since its start.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Figures {
            $($(#[$doc])* pub $name: u64,)*
            /// Answers that are kept now.
            pub kept: u64,
            /// Upstream servers that do not answer at present.
            pub upstream_down: u64,
        }

        #[derive(Debug, Default)]
        pub(crate) struct Gauges { $($name: AtomicU64,)* }

        impl Gauges {
            pub(crate) fn figures(&self) -> Figures {
                Figures { $($name: self.$name.load(Ordering::Relaxed),)* kept: 0, upstream_down: 0 }
            }

            $(pub(crate) fn $name(&self) {
                self.$name.fetch_add(1, Ordering::Relaxed);
            })*
        }
    };
}

gauges! {
    /// Questions.
    questions,
    /// Questions and connections from elsewhere, which got no answer.
    strangers,
    /// Questions above what one address may ask.
    crowded,
    /// Messages that could not be read.
    unreadable,
    /// Names that were closed.
    blocked,
    /// Answers from memory.
    remembered,
    /// Answers from memory beyond their time, because no server answered.
    stale,
    /// Questions to upstream servers.
    asked_upstream,
    /// Questions that no upstream server answered.
    failed,
    /// Addresses inside that were taken out of answers about names outside.
    rebinding,
    /// Datagrams that could not be sent.
    unsent,
}
