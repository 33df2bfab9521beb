//! Reads a journal in.

use super::{Counts, Line, PAGE, VERSION};
use anyhow::{Context, Result, bail, ensure};
use assize_journal::{
    Append, Appended, Archive, ChainKind, ChainVerifier, Checkpoint, Event, Hash, Head, Row,
    StoreFuture, Tombstone,
};
use assize_service::access_control::KeyRecord;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use indicatif::ProgressBar;
use std::io::BufRead;
use std::sync::Arc;

/// Reads all of it into a store that may hold a part of it already, as after an import that was interrupted. Each
/// chain is checked on the way; what does not fit is an error, and what came before it stays.
pub(crate) async fn import(
    store: &dyn Archive,
    input: impl BufRead,
    progress: &ProgressBar,
) -> Result<Counts> {
    let mut import = Import {
        store,
        progress,
        counts: Counts::default(),
        chain: None,
        checkpoint: Hash::ZERO,
    };
    let mut begun = false;
    let mut end = None;
    for (number, line) in (1..).zip(input.lines()) {
        let line = line.context("the input can't be read")?;
        if line.trim().is_empty() {
            continue;
        }
        ensure!(end.is_none(), "line {number}: there is more after the end");
        let place = || format!("line {number}");
        if line.starts_with("{\"v\":") {
            ensure!(begun, "line {number}: this is no exported journal");
            import.event(&line).await.with_context(place)?;
            continue;
        }
        let line = serde_json::from_str(&line).with_context(place)?;
        import.finish_chain().await.with_context(place)?;
        match line {
            Line::AssizeJournal { version } => {
                ensure!(
                    version == VERSION,
                    "format {version} is not known: use a later version"
                );
                begun = true;
            }
            _ if !begun => bail!("line {number}: this is no exported journal"),
            Line::End(counts) => end = Some(counts),
            other => import.line(other).await.with_context(place)?,
        }
    }
    let end = end.context("the input ends before its end: it was cut off")?;
    ensure!(
        end == import.counts,
        "the input says that it has {end:?}, and has {:?}",
        import.counts
    );
    Ok(end)
}

struct Import<'a> {
    store: &'a dyn Archive,
    progress: &'a ProgressBar,
    counts: Counts,
    chain: Option<Chain<'a>>,
    /// Hash of the checkpoint that was read last.
    checkpoint: Hash,
}

/// A chain that is being read.
struct Chain<'a> {
    /// Where it ends in the input.
    head: Head,
    verifier: ChainVerifier,
    snapshot: Option<(u64, Arc<[u8]>)>,
    /// Where it ends in the store.
    held: Option<Head>,
    /// After the event that was read last.
    last: Option<Head>,
    writing: Vec<StoreFuture<'a, Appended>>,
}

impl<'a> Import<'a> {
    async fn line(&mut self, line: Line) -> Result<()> {
        match line {
            Line::Chain {
                head,
                tombstone,
                snapshot,
            } => {
                self.chain = Some(self.begin(&head, tombstone, snapshot).await?);
            }
            Line::Checkpoint(checkpoint) => self.checkpoint(checkpoint).await?,
            Line::Key { id, record } => self.key(&id, &record).await?,
            Line::AssizeJournal { .. } | Line::End(_) => {}
        }
        Ok(())
    }

    async fn checkpoint(&mut self, checkpoint: Checkpoint) -> Result<()> {
        let number = checkpoint.number;
        let fits = checkpoint.computed_hash() == checkpoint.hash
            && number == self.counts.checkpoints
            && checkpoint.previous == self.checkpoint;
        ensure!(
            fits,
            "checkpoint {number} was changed, or does not follow the one before it"
        );
        if !self.store.add_checkpoint(&checkpoint).await? {
            let held = self.store.checkpoints(number, 1).await?;
            ensure!(
                held.first() == Some(&checkpoint),
                "the store has another checkpoint {number}: import into an empty store"
            );
        }
        self.checkpoint = checkpoint.hash;
        self.counts.checkpoints += 1;
        Ok(())
    }

    /// A key that is revoked on one side is revoked.
    async fn key(&mut self, id: &str, record: &str) -> Result<()> {
        let given: KeyRecord =
            serde_json::from_str(record).context("an API key's record is damaged")?;
        ensure!(
            given.id.as_str() == id,
            "the record of key {id} is of another key"
        );
        let held = match self.store.key(id).await? {
            Some(held) => Some(
                serde_json::from_str::<KeyRecord>(&held)
                    .context("an API key's record is damaged")?,
            ),
            None => None,
        };
        if held.is_none_or(|held| held.revoked_ms.is_none() && given.revoked_ms.is_some()) {
            self.store.put_key(id, record).await?;
        }
        self.counts.keys += 1;
        Ok(())
    }

    async fn begin(
        &mut self,
        head: &serde_json::Value,
        tombstone: Option<Tombstone>,
        snapshot: Option<(u64, String)>,
    ) -> Result<Chain<'a>> {
        self.counts.chains += 1;
        let head = Head::from_json(head.to_string().as_bytes())?;
        let snapshot = match snapshot {
            Some((sequence, state)) => Some((sequence, BASE64_STANDARD.decode(state)?.into())),
            None => None,
        };
        let mut held = self.store.head(&head.chain).await?;
        let mut last = None;
        if let Some(tombstone) = &tombstone {
            let cut = Head {
                sequence: tombstone.sequence,
                hash: tombstone.hash,
                closed: head.closed && tombstone.sequence == head.sequence,
                ..head.clone()
            };
            if held.is_none() {
                self.store.adopt(&cut, tombstone).await?;
                held = Some(cut.clone());
            }
            last = Some(cut);
        }
        let verifier = ChainVerifier::new(head.clone(), tombstone.as_ref(), Vec::new());
        Ok(Chain {
            head,
            verifier,
            snapshot,
            held,
            last,
            writing: Vec::new(),
        })
    }

    async fn event(&mut self, line: &str) -> Result<()> {
        let chain = self
            .chain
            .as_mut()
            .context("an event stands outside of a chain")?;
        let sequence = chain
            .last
            .as_ref()
            .map_or(0, |last| last.sequence.saturating_add(1));
        let row = Row {
            sequence,
            line: line.to_owned(),
        };
        let event = chain
            .verifier
            .push(&row)
            .map_err(|found| anyhow::anyhow!("{found}"))?;
        let is_last = event.sequence == chain.head.sequence;
        let state = chain
            .snapshot
            .as_ref()
            .filter(|(sequence, _)| *sequence == event.sequence);
        let state = state.map(|(_, state)| Arc::clone(state));
        let closes = is_last && chain.head.closed;
        let append = Append::new(chain.last.as_ref(), chain.head.kind, &event, state, closes);
        chain.last = Some(append.head.clone());
        self.counts.events += 1;
        self.progress.inc(1);
        match &chain.held {
            Some(held) if event.sequence <= held.sequence => {
                ensure!(
                    event.sequence < held.sequence || event.hash == held.hash,
                    "the store has another chain {}",
                    chain.head.chain
                );
            }
            _ => chain.writing.push(self.store.append(append)),
        }
        if chain.writing.len() >= PAGE {
            chain.settle().await?;
        }
        Ok(())
    }

    async fn finish_chain(&mut self) -> Result<()> {
        let Some(mut chain) = self.chain.take() else {
            return Ok(());
        };
        chain.settle().await?;
        chain
            .verifier
            .finish()
            .map_err(|found| anyhow::anyhow!("{found}"))?;
        let head = &chain.head;
        if let Some(held) = &chain.held
            && held.sequence > head.sequence
        {
            let there = self.store.events(&head.chain, head.sequence, 1).await?;
            let there = there
                .first()
                .and_then(|row| Event::from_line(&row.line).ok());
            // Where it was removed as old, the tombstone's chain has been compared by its end only.
            let is_same = there
                .is_none_or(|event| event.sequence != head.sequence || event.hash == head.hash);
            ensure!(is_same, "the store has another chain {}", head.chain);
        } else if head.kind == ChainKind::Session && !head.closed {
            let stored = self.store.load(&head.tenant, &head.chain).await?;
            let has_state = stored.is_some_and(|stored| stored.snapshot.is_some());
            ensure!(
                has_state,
                "session {} can't go on: the input lacks its state",
                head.chain
            );
        }
        Ok(())
    }
}

impl Chain<'_> {
    /// Waits for what is being written.
    async fn settle(&mut self) -> Result<()> {
        for writing in self.writing.drain(..) {
            if writing.await? == Appended::Changed {
                bail!(
                    "chain {} goes on in the store by itself: stop what writes to it",
                    self.head.chain
                );
            }
        }
        Ok(())
    }
}
