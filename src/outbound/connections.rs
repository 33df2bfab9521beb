//! How many calls are made at once: bounded in all and for each origin. Who comes too early waits in line.

use crate::target::Origin;
use async_lock::{Semaphore, SemaphoreGuardArc};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug)]
pub(crate) struct Connections {
    all: Arc<Semaphore>,
    per_origin: usize,
    origins: Mutex<BTreeMap<Origin, Arc<Semaphore>>>,
}

/// One call under way.
#[derive(Debug)]
#[must_use = "the call is counted while this lives"]
pub(crate) struct Slot {
    _origin: SemaphoreGuardArc,
    _all: SemaphoreGuardArc,
}

impl Connections {
    pub(crate) fn new(all: usize, per_origin: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all)),
            per_origin,
            origins: Mutex::default(),
        }
    }

    pub(crate) async fn acquire(&self, origin: &Origin) -> Slot {
        // One origin's line holds up no other: a place among all is taken last.
        let own = self.of(origin).acquire_arc().await;
        let all = self.all.acquire_arc().await;
        Slot {
            _origin: own,
            _all: all,
        }
    }

    fn of(&self, origin: &Origin) -> Arc<Semaphore> {
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = origins.get(origin) {
            return Arc::clone(semaphore);
        }
        // Those that nobody holds or waits for are as good as new ones.
        origins.retain(|_, semaphore| Arc::strong_count(semaphore) > 1);
        let semaphore = Arc::new(Semaphore::new(self.per_origin));
        origins.insert(origin.clone(), Arc::clone(&semaphore));
        semaphore
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Target;
    use futures_util::FutureExt;

    fn origin(text: &str) -> Origin {
        Target::parse(text).unwrap().origin().clone()
    }

    #[test]
    fn bounds_hold_and_who_waits_comes_next() {
        let connections = Connections::new(3, 2);
        let (a, b) = (origin("http://a.example"), origin("http://b.example"));
        let now = |origin| connections.acquire(origin).now_or_never();
        let first = now(&a).unwrap();
        let _second = now(&a).unwrap();
        assert!(now(&a).is_none());
        let third = now(&b).unwrap();
        assert!(now(&b).is_none());
        let waiting = connections.acquire(&a);
        drop(first);
        assert!(waiting.now_or_never().is_some());
        drop(third);
        assert!(now(&b).is_some());
    }

    #[test]
    fn origins_without_calls_are_forgotten() {
        let connections = Connections::new(100, 2);
        for number in 0..50 {
            let origin = origin(&format!("http://{number}.example"));
            assert!(connections.acquire(&origin).now_or_never().is_some());
        }
        assert_eq!(connections.origins.lock().unwrap().len(), 1);
    }
}
