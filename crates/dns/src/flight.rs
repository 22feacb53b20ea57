//! Questions under way: whoever asks what is being asked already waits for the same answer.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

use crate::cache::Kept;

type Landing = watch::Receiver<Option<Arc<Kept>>>;

/// The questions under way, by their keys.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<Arc<[u8]>, Landing>>);

/// A place on the way to an answer.
pub(crate) struct Waiting(Landing);

impl Waiting {
    /// The answer; none where whoever asked for it went down.
    pub(crate) async fn landed(&mut self) -> Option<Arc<Kept>> {
        self.0.wait_for(Option::is_some).await.ok()?.clone()
    }
}

impl Flights {
    /// How many are under way.
    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Waits with the others, or sets off: then `spawn` gets the way, to be gone in the background.
    pub(crate) fn join<F>(
        self: &Arc<Self>,
        key: &[u8],
        make: impl FnOnce() -> F,
        spawn: impl FnOnce(Journey),
    ) -> Waiting
    where
        F: Future<Output = Arc<Kept>> + Send + 'static,
    {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(landing) = flights.get(key).filter(|landing| landing.has_changed().is_ok()) {
            return Waiting(landing.clone());
        }
        let (end, landing) = watch::channel(None);
        let key: Arc<[u8]> = key.into();
        flights.insert(key.clone(), landing.clone());
        drop(flights);
        let (all, asking) = (self.clone(), make());
        spawn(Box::pin(async move {
            let kept = asking.await;
            all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
            end.send_replace(Some(kept));
        }));
        Waiting(landing)
    }
}

/// A way to an answer.
pub(crate) type Journey = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
