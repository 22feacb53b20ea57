//! Looking names up, so that a name server that is slow or down harms nobody but those who ask for new names: so many at
//! once and no more, those who ask for the same name together, and what was found is kept for a short while.
//!
//! The operating system looks names up on threads that the whole program shares, and cannot be told to stop. So each
//! look-up runs to its end, whoever still waits for it, and keeps its place until then. What is kept is what was found and
//! nothing else: where a connection may go is checked at each use.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use moka::{Expiry, sync::Cache};
use tokio::{
    sync::{Semaphore, watch},
    time::{Instant, timeout_at},
};

use crate::destination::{DestinationError, Resolve};

/// So many names are looked up at the same time: a quarter of the threads that there are.
const AT_ONCE: usize = 128;

/// What was found is kept of so many names.
const NAMES: u64 = 10_000;

/// For so long addresses are kept.
const GOOD: Duration = Duration::from_secs(30);

/// For so long it is kept that a name could not be looked up.
const BAD: Duration = Duration::from_secs(5);

/// What a look-up found.
type Found = Result<Arc<[IpAddr]>, Arc<io::Error>>;

/// A look-up under way; none until it has ended.
type UnderWay = watch::Receiver<Option<Found>>;

/// Looks names up.
pub(crate) struct Lookups {
    all: Arc<All>,
    most: Duration,
}

/// What look-ups share.
struct All {
    resolver: Arc<dyn Resolve>,
    free: Arc<Semaphore>,
    kept: Cache<String, Found>,
    under_way: Mutex<HashMap<String, UnderWay>>,
}

/// How long what was found is kept.
struct Times;

impl Expiry<String, Found> for Times {
    fn expire_after_create(&self, _: &String, found: &Found, _: std::time::Instant) -> Option<Duration> {
        Some(if found.is_ok() { GOOD } else { BAD })
    }
}

impl Lookups {
    /// Look-ups by `resolver`, for each of which somebody waits no longer than `most`.
    pub(crate) fn new(resolver: Arc<dyn Resolve>, most: Duration) -> Self {
        let all = All {
            resolver,
            free: Arc::new(Semaphore::new(AT_ONCE)),
            kept: Cache::builder().max_capacity(NAMES).expire_after(Times).build(),
            under_way: Mutex::default(),
        };
        Self { all: Arc::new(all), most }
    }

    /// The addresses of `name`.
    pub(crate) async fn find(&self, name: &str) -> Result<Arc<[IpAddr]>, DestinationError> {
        if let Some(found) = self.all.kept.get(name) {
            return plain(found);
        }
        let until = Instant::now() + self.most;
        let mut under_way = self.join(name, until);
        match timeout_at(until, under_way.wait_for(Option::is_some)).await {
            Ok(Ok(found)) => found.clone().map_or(Err(DestinationError::TimedOut), plain),
            // It takes too long, or there was no place for it in time.
            Ok(Err(_)) | Err(_) => Err(DestinationError::TimedOut),
        }
    }

    /// Waits with those who look the same name up, or sets off.
    fn join(&self, name: &str, until: Instant) -> UnderWay {
        let mut all_under_way = self.all.under_way();
        if let Some(under_way) = all_under_way.get(name).filter(|it| it.has_changed().is_ok()) {
            return under_way.clone();
        }
        let (ended, under_way) = watch::channel(None);
        all_under_way.insert(name.to_owned(), under_way.clone());
        drop(all_under_way);
        let (all, name) = (self.all.clone(), name.to_owned());
        tokio::spawn(async move {
            let found = all.look_up(&name, until).await;
            if let Some(found) = &found {
                all.kept.insert(name.clone(), found.clone());
            }
            all.under_way().remove(&name);
            ended.send_replace(found);
        });
        under_way
    }
}

impl All {
    fn under_way(&self) -> std::sync::MutexGuard<'_, HashMap<String, UnderWay>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is found by a look-up that begins before `until`; none where there is no place for it by then.
    async fn look_up(&self, name: &str, until: Instant) -> Option<Found> {
        let _place = timeout_at(until, self.free.acquire()).await.ok()?.ok()?;
        Some(self.resolver.lookup(name).await.map(Arc::from).map_err(Arc::new))
    }
}

fn plain(found: Found) -> Result<Arc<[IpAddr]>, DestinationError> {
    found.map_err(|error| DestinationError::Lookup(io::Error::new(error.kind(), error)))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    /// A name server that answers nobody until it is told to, but `known.test` at once.
    #[derive(Default)]
    struct Silent {
        asked: AtomicUsize,
        open: AtomicUsize,
        most: AtomicUsize,
        speak: Notify,
    }

    #[async_trait::async_trait]
    impl Resolve for Silent {
        async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            if name != "known.test" {
                let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
                self.most.fetch_max(open, Ordering::SeqCst);
                self.speak.notified().await;
                self.open.fetch_sub(1, Ordering::SeqCst);
            }
            if name.starts_with("no") { Err(io::ErrorKind::NotFound.into()) } else { Ok(vec![[8, 8, 8, 8].into()]) }
        }
    }

    fn lookups(milliseconds: u64) -> (Arc<Silent>, Lookups) {
        let server = Arc::new(Silent::default());
        (server.clone(), Lookups::new(server, Duration::from_millis(milliseconds)))
    }

    #[tokio::test]
    async fn a_server_that_is_silent_holds_so_many_places_and_no_more() {
        let (server, lookups) = lookups(200);
        assert!(lookups.find("known.test").await.is_ok());
        let names: Vec<String> = (0..1000).map(|number| format!("n{number}.test")).collect();
        let all = futures_util::future::join_all(names.iter().map(|name| lookups.find(name))).await;
        assert!(all.iter().all(|found| matches!(found, Err(DestinationError::TimedOut))));
        assert_eq!(server.most.load(Ordering::SeqCst), AT_ONCE);
        // Whoever waited has gone; the look-ups themselves have not ended, so nothing more is begun.
        assert!(matches!(lookups.find("another.test").await, Err(DestinationError::TimedOut)));
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(server.asked.load(Ordering::SeqCst), AT_ONCE + 1);
        assert_eq!(lookups.all.under_way().len(), AT_ONCE, "what had no place is forgotten");
        assert!(lookups.find("known.test").await.is_ok(), "what was found is kept");
        // It speaks again: what was asked for last serves those who ask now.
        server.speak.notify_waiters();
        for name in names.iter().take(AT_ONCE) {
            assert!(lookups.find(name).await.is_ok(), "{name}");
        }
        assert_eq!(server.asked.load(Ordering::SeqCst), AT_ONCE + 1);
        assert_eq!(lookups.all.free.available_permits(), AT_ONCE);
    }

    #[tokio::test]
    async fn those_who_ask_for_the_same_name_ask_once() {
        let (server, lookups) = lookups(5_000);
        for name in ["same.test", "none.test"] {
            let before = server.asked.load(Ordering::SeqCst);
            let asking = futures_util::future::join_all((0..50).map(|_| lookups.find(name)));
            let speaking = async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                server.speak.notify_waiters();
            };
            let (all, ()) = tokio::join!(asking, speaking);
            assert!(all.iter().all(|found| found.is_ok() == (name == "same.test")));
            assert_eq!(lookups.find(name).await.is_ok(), name == "same.test");
            assert_eq!(server.asked.load(Ordering::SeqCst), before + 1, "{name}");
        }
    }
}
