//! The journal as a replay looks things up in it.

use super::PAGE;
use assize_journal::{Archive, Event, StoreError};
use assize_service::{ChainPart, Chains};
use tokio::runtime::Handle;

/// Chains of a store, read by a thread that may wait.
pub(super) struct History<'a> {
    pub(super) runtime: &'a Handle,
    pub(super) store: &'a dyn Archive,
}

impl Chains for History<'_> {
    fn part(&self, chain: &str, sequence: u64) -> Result<Option<ChainPart>, String> {
        let part = self.runtime.block_on(read(self.store, chain, sequence));
        part.map_err(|error| error.to_string())
    }
}

async fn read(
    store: &dyn Archive,
    chain: &str,
    sequence: u64,
) -> Result<Option<ChainPart>, StoreError> {
    let damaged = |what: String| StoreError::Damaged(what);
    let mut part = ChainPart::default();
    let mut from = 0;
    if let Some(tombstone) = store.tombstone(chain).await? {
        from = tombstone.sequence.saturating_add(1);
        part.state = tombstone
            .state()
            .map_err(|error| damaged(error.to_string()))?;
        // It was asked before what is left begins.
        if part.state.is_none() || from > sequence.saturating_add(1) {
            return Ok(None);
        }
    }
    while from <= sequence {
        let rows = store.events(chain, from, PAGE).await?;
        let Some(last) = rows.last() else {
            return Ok(None);
        };
        from = last.sequence.saturating_add(1);
        for row in rows.iter().filter(|row| row.sequence <= sequence) {
            let event = Event::from_line(&row.line).map_err(|error| damaged(error.to_string()))?;
            part.events.push(event);
        }
    }
    Ok(Some(part))
}
