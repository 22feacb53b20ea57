//! Asking upstream servers for what is not kept, once for all who wait, and keeping what they say.

use std::sync::Arc;

use tokio::time::Instant;

use crate::{
    cache::Kept,
    flight::Waiting,
    message::{Answer, Key, Query, accept, code},
    resolver::Resolver,
    upstream::Question,
};

/// Seconds for which it is kept that nobody could say.
const FAILURE_TTL: u32 = 2;

impl Resolver {
    /// Sets off to ask for `name` (as it travels: `wire`), or waits with those who did. None where too many are under way.
    pub(crate) fn ask(
        &self,
        name: &str,
        wire: &[u8],
        query: &Query<'_>,
        as_asked: bool,
        key: &Key,
        stale: Option<&Arc<Kept>>,
    ) -> Option<Waiting> {
        let inner = &self.inner;
        if inner.flights.len() >= inner.config.limits.open_upstream {
            return None;
        }
        let make = || {
            inner.gauges.asked_upstream();
            let (pool, strictness, _) = inner.servers(name);
            let (pool, strictness, all) = (pool.clone(), strictness.clone(), inner.clone());
            let mut bytes = wire.to_ascii_lowercase();
            bytes.extend_from_slice(&query.kind.to_be_bytes());
            bytes.extend_from_slice(&1u16.to_be_bytes());
            let question = Question {
                bytes,
                signatures: as_asked && query.wants_signatures(),
                unchecked: as_asked && query.unchecked,
                mixed_case: inner.config.mixed_case,
            };
            let (key, has_stale) = (*key, stale.is_some_and(|kept| kept.answer.code != code::FAILED));
            async move {
                let said = pool.ask(&question, |bytes| accept(bytes, &question.bytes, &strictness)).await;
                let since = Instant::now();
                match said {
                    Ok(accepted) => {
                        for _ in 0..accepted.private {
                            all.gauges.rebinding();
                        }
                        let kept = Arc::new(Kept { answer: accepted.answer, since });
                        all.cache.put(key.as_bytes(), kept.clone());
                        kept
                    }
                    Err(error) => {
                        tracing::debug!(%error, "no upstream server answers a question");
                        let kept = Arc::new(Kept { answer: Answer::failure(FAILURE_TTL), since });
                        if !has_stale {
                            all.cache.put(key.as_bytes(), kept.clone());
                        }
                        kept
                    }
                }
            }
        };
        Some(inner.flights.join(key.as_bytes(), make, |journey| {
            inner.tasks.spawn(journey);
        }))
    }
}
