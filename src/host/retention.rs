//! Removing what is old.

use assize_journal::{
    Archive, ChainKind, ChainPages, Event, Head, SigningKey, StoreError, Tombstone,
};
use std::time::Duration;

/// Chains that are looked at in one step.
const PAGE: usize = 500;
/// Events that are removed in one step: others write in between.
const STEP: u64 = 2_000;

/// How long events are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Retention {
    /// Older ones are removed.
    pub(crate) age: Option<Duration>,
    /// The oldest are removed while the store is larger, in bytes.
    pub(crate) size: Option<u64>,
}

/// Removes what is too old; how many events that were.
pub(crate) async fn retain(
    store: &dyn Archive,
    now_ms: u64,
    retention: Retention,
    key: Option<&SigningKey>,
) -> Result<u64, StoreError> {
    let remover = Remover { store, now_ms, key };
    let mut removed = 0;
    if let Some(age) = retention.age {
        let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        removed += remover
            .before(now_ms.saturating_sub(age_ms), u64::MAX)
            .await?;
    }
    if let Some(limit) = retention.size {
        let size = store.size().await?;
        if size > limit {
            removed += remover.share(1.0 - limit as f64 / size as f64).await?;
        }
    }
    Ok(removed)
}

struct Remover<'a> {
    store: &'a dyn Archive,
    now_ms: u64,
    key: Option<&'a SigningKey>,
}

impl Remover<'_> {
    /// Removes the oldest share of all events. Within a chain they count as coming evenly; never more than the share
    /// is removed at once, and what is left over is removed the next time.
    async fn share(&self, share: f64) -> Result<u64, StoreError> {
        let mut spans = Vec::new();
        let mut pages = ChainPages::new(self.store, PAGE);
        while let Some(chains) = pages.next().await? {
            for head in chains {
                let first = self.first(&head).await?;
                if first <= head.sequence
                    && let Some(from) = self.time_of(&head, first).await?
                {
                    let events = head.sequence - first + 1;
                    spans.push(Span {
                        from,
                        to: head.updated_ms.max(from),
                        events,
                    });
                }
            }
        }
        let all: u64 = spans.iter().map(|span| span.events).sum();
        let wanted = ((all as f64 * share).ceil() as u64).max(1);
        self.before(moment_of(&spans, wanted, self.now_ms), wanted)
            .await
    }

    async fn time_of(&self, head: &Head, sequence: u64) -> Result<Option<u64>, StoreError> {
        let rows = self.store.events(&head.chain, sequence, 1).await?;
        let event = rows
            .first()
            .and_then(|row| Event::from_line(&row.line).ok());
        Ok(event.map(|event| event.time_ms))
    }

    /// Sequence of the first event that may be there.
    async fn first(&self, head: &Head) -> Result<u64, StoreError> {
        let tombstone = self.store.tombstone(&head.chain).await?;
        Ok(tombstone.map_or(0, |last| last.sequence.saturating_add(1)))
    }

    async fn before(&self, moment: u64, most: u64) -> Result<u64, StoreError> {
        let mut removed = 0;
        let mut pages = ChainPages::new(self.store, PAGE);
        while let Some(chains) = pages.next().await? {
            for head in chains.iter().filter(|head| head.created_ms < moment) {
                if removed >= most {
                    return Ok(removed);
                }
                match self.shorten(head, moment, most - removed).await {
                    Ok(events) => removed += events,
                    // One that can't be read must not keep the others.
                    Err(StoreError::Damaged(what)) => {
                        tracing::warn!(chain = %head.chain, what, "old events can't be removed");
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(removed)
    }

    /// Removes the events of a chain from before a moment. Of an open session those stay that are needed to restore
    /// it; if a cut falls on the event after which its state was kept, what follows can still be replayed.
    async fn shorten(&self, head: &Head, moment: u64, most: u64) -> Result<u64, StoreError> {
        let store = self.store;
        let mut first = self.first(head).await?;
        if first > head.sequence {
            return Ok(0);
        }
        let is_open = head.kind == ChainKind::Session && !head.closed;
        let stored = if is_open {
            store.load(&head.tenant, &head.chain).await?
        } else {
            None
        };
        let state = stored.and_then(|stored| stored.snapshot);
        let bound = match &state {
            Some((sequence, _)) => *sequence,
            None if is_open => return Ok(0),
            None => head.sequence,
        };
        let mut removed = 0;
        while first <= bound && removed < most {
            let step = STEP.min(bound - first + 1).min(most - removed);
            let rows = store.events(&head.chain, first, step as usize).await?;
            let old = rows.iter().map_while(|row| {
                let event = Event::from_line(&row.line).ok()?;
                (row.sequence <= bound && event.time_ms < moment).then_some(event)
            });
            let Some(last) = old.last() else {
                break;
            };
            let kept = state
                .as_ref()
                .filter(|(sequence, _)| *sequence == last.sequence);
            let kept = kept.map(|(_, state)| state.as_ref());
            let tombstone = Tombstone::after(&last, self.now_ms, kept);
            store.bury(&tombstone.signed(self.key)).await?;
            removed += last.sequence + 1 - first;
            first = last.sequence + 1;
        }
        Ok(removed)
    }
}

/// Events of a chain, and from when to when they came.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: u64,
    to: u64,
    events: u64,
}

/// The moment before which so many events came.
fn moment_of(spans: &[Span], wanted: u64, now_ms: u64) -> u64 {
    let before = |moment: u64| -> f64 {
        let part = |span: &Span| match (moment > span.to, moment > span.from) {
            (true, _) => span.events as f64,
            (_, false) => 0.0,
            _ => {
                span.events as f64 * (moment - span.from) as f64
                    / (span.to - span.from).max(1) as f64
            }
        };
        spans.iter().map(part).sum()
    };
    let (mut low, mut high) = (0, now_ms.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) >= wanted as f64 {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_share_is_before_the_moment() {
        let span = |from, to, events| Span { from, to, events };
        assert_eq!(moment_of(&[span(100, 200, 100)], 50, 1_000), 150);
        // A burst, and nothing since.
        assert_eq!(moment_of(&[span(100, 110, 1_000)], 500, 1_000_000), 105);
        assert_eq!(
            moment_of(&[span(100, 200, 10), span(500, 600, 90)], 55, 1_000),
            550
        );
        assert_eq!(moment_of(&[span(5, 5, 7)], 7, 1_000), 6);
        assert_eq!(moment_of(&[], 1, 1_000), 1_001);
    }
}
