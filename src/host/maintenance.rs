//! What a server does beside answering: checkpoints over the ends of all chains, and removing what is old.

use crate::platform::now_ms;
use crate::retention::{Retention, retain};
use assize_journal::{Archive, Checkpoint, SigningKey, StoreError};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Chains in one checkpoint; more take several.
const MOST_MARKS: usize = 10_000;
/// Of so many parts of its time, one is spent on removing.
const RETENTION_SHARE: u32 = 20;

/// Looks after one store.
pub(crate) struct Keeper {
    pub(crate) store: Arc<dyn Archive>,
    pub(crate) key: Option<SigningKey>,
}

impl Keeper {
    /// Names where all chains end; a failure is logged.
    pub(crate) async fn checkpoint(&self) {
        let made = checkpoint(self.store.as_ref(), now_ms(), self.key.as_ref()).await;
        if let Err(error) = made {
            tracing::warn!(%error, "no checkpoint could be made");
        }
    }
}

/// Does it until it is dropped.
pub(crate) async fn run(
    keeper: Arc<Keeper>,
    every: Duration,
    retention: impl Fn() -> Retention + Send + 'static,
) {
    let mut due = Instant::now();
    loop {
        tokio::time::sleep(every).await;
        keeper.checkpoint().await;
        if Instant::now() < due {
            continue;
        }
        let started = Instant::now();
        let removed = retain(
            keeper.store.as_ref(),
            now_ms(),
            retention(),
            keeper.key.as_ref(),
        );
        match removed.await {
            Ok(0) => {}
            Ok(events) => tracing::info!(events, "old events were removed from the journal"),
            Err(error) => tracing::warn!(%error, "old events could not be removed"),
        }
        // All chains are looked at: in a large store not every time.
        due = Instant::now() + started.elapsed() * RETENTION_SHARE;
    }
}

/// Names the ends of all chains that went on; how many there were.
pub(crate) async fn checkpoint(
    store: &dyn Archive,
    now_ms: u64,
    key: Option<&SigningKey>,
) -> Result<usize, StoreError> {
    let mut named = 0;
    loop {
        let marks = store.unmarked(MOST_MARKS).await?;
        let count = marks.len();
        if count == 0 {
            return Ok(named);
        }
        let last = store.last_checkpoint().await?;
        let checkpoint = Checkpoint::after(last.as_ref(), now_ms, marks, key);
        if !store.add_checkpoint(&checkpoint).await? {
            // Another process was first: its checkpoint names them.
            return Ok(named);
        }
        named += count;
        if count < MOST_MARKS {
            return Ok(named);
        }
    }
}
