//! Keeps what the gates refuse because a sealed list holds it. The gates never wait for it: what does not find room in
//! the queue is told to the program's log, without its address.

use std::sync::Arc;

use gateway::SealedMatch;
use kernel::Clock;
use store::School;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use traffic::matches::service::{New, keep};

/// So many wait at most.
const ROOM: usize = 1_000;

/// Takes what was refused, from any thread.
pub(crate) type Keeper = Arc<dyn Fn(SealedMatch) + Send + Sync>;

/// Starts the task that keeps them until `stop`.
pub(crate) fn keeper(school: School, clock: Arc<dyn Clock>, stop: CancellationToken) -> Keeper {
    let (sender, mut waiting) = mpsc::channel::<SealedMatch>(ROOM);
    tokio::spawn(async move {
        loop {
            let next = tokio::select! {
                next = waiting.recv() => next,
                // What came before the stop is still kept.
                () = stop.cancelled() => waiting.try_recv().ok(),
            };
            let Some(SealedMatch { at, digest, device, clause, address }) = next else { return };
            let clause = clause.map(|clause| clause.label.clone());
            if let Err(error) = keep(&school, New { at, digest, device, clause, address }, clock.now()).await {
                tracing::error!(%error, "a refusal by a sealed list could not be kept");
            }
        }
    });
    Arc::new(move |found| {
        if sender.try_send(found).is_err() {
            tracing::error!("a refusal by a sealed list could not be kept: too many wait");
        }
    })
}
