//! Every journaled input through today's engines, and whether the answers are the same bytes.

use super::history::History;
use super::{CHAINS, PAGE};
use anyhow::{Context, Result};
use assize_core::governor::CycleConfig;
use assize_journal::{Archive, ChainKind, ChainPages, Event, Head, Row};
use assize_service::{Engines, Replay, Replayed};
use indicatif::ProgressBar;
use serde::Serialize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;

/// Events of a stream that one thread takes at a time.
const SHARE: u64 = 4 * PAGE as u64;

/// Which events.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReplayScope {
    pub(crate) chain: Option<String>,
    pub(crate) tenant: Option<String>,
}

/// An event whose answer is not the same.
#[derive(Debug, Serialize)]
pub(crate) struct Difference {
    pub(crate) event: String,
    pub(crate) operation: String,
    /// What was answered, where that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<String>,
    /// What is answered today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) now: Option<String>,
    /// Why there is no answer today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<String>,
    /// Whether another component judged then.
    pub(crate) component_changed: bool,
    /// Whether the settings that bear on decisions were others then.
    pub(crate) configuration_changed: bool,
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ReplayReport {
    pub(crate) events: u64,
    pub(crate) same: u64,
    pub(crate) different: u64,
    /// Sessions whose kept state is not the one that their events make.
    pub(crate) different_states: u64,
    pub(crate) skipped: u64,
    /// Why events were skipped, and how many.
    pub(crate) skipped_because: std::collections::BTreeMap<String, u64>,
}

/// Who judges, and what requests mean that say nothing.
pub(crate) struct Judge<'a> {
    pub(crate) engines: &'a dyn Engines,
    pub(crate) default: CycleConfig,
    /// Hash of the settings that bear on decisions.
    pub(crate) configuration: String,
}

/// A piece of work: a session, or a share of a stream.
struct Share {
    head: Head,
    from: u64,
    to: u64,
}

/// Replays all that is in scope on `threads` threads; `tell` gets each difference as it is found.
pub(crate) fn replay(
    runtime: &Handle,
    store: &Arc<dyn Archive>,
    judge: &Judge<'_>,
    scope: &ReplayScope,
    threads: usize,
    progress: &ProgressBar,
    mut tell: impl FnMut(Difference) -> Result<()> + Send,
) -> Result<ReplayReport> {
    let (shares, waiting) = sync_channel::<Share>(threads * 2);
    let waiting = Mutex::new(waiting);
    let (differences, found) = sync_channel::<Difference>(threads * 16);
    let report = Mutex::new(ReplayReport::default());
    let component = judge.engines.describe().name();
    std::thread::scope(|scoped| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let worker = Worker {
                    runtime: runtime.clone(),
                    store: Arc::clone(store),
                    judge,
                    component: &component,
                    progress,
                    differences: differences.clone(),
                };
                let (waiting, report) = (&waiting, &report);
                scoped.spawn(move || worker.run(waiting, report))
            })
            .collect();
        drop(differences);
        let listing = scoped.spawn(move || runtime.block_on(list(store.as_ref(), scope, shares)));
        let mut told = Ok(());
        for difference in found {
            if told.is_ok() {
                told = tell(difference);
            }
        }
        for worker in workers {
            join(worker)?;
        }
        join(listing)?;
        told
    })?;
    Ok(report.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn join(thread: std::thread::ScopedJoinHandle<'_, Result<()>>) -> Result<()> {
    thread
        .join()
        .unwrap_or_else(|_| Err(anyhow::anyhow!("a thread failed")))
}

/// Hands out the work, chain by chain.
async fn list(store: &dyn Archive, scope: &ReplayScope, shares: SyncSender<Share>) -> Result<()> {
    if let Some(chain) = &scope.chain {
        let head = store.head(chain).await?;
        hand_out(
            head.with_context(|| format!("there is no chain {chain}"))?,
            scope,
            &shares,
        );
        return Ok(());
    }
    let mut pages = ChainPages::new(store, CHAINS);
    while let Some(chains) = pages.next().await? {
        for head in chains {
            hand_out(head, scope, &shares);
        }
    }
    Ok(())
}

fn hand_out(head: Head, scope: &ReplayScope, shares: &SyncSender<Share>) {
    let is_stream = head.kind == ChainKind::Stream;
    // Events of a stream are each of their own tenant, those of a session all of one.
    if !is_stream
        && scope
            .tenant
            .as_ref()
            .is_some_and(|tenant| **tenant != *head.tenant)
    {
        return;
    }
    let step = if is_stream { SHARE } else { u64::MAX };
    let mut from = 0;
    while from <= head.sequence {
        let to = head.sequence.min(from.saturating_add(step - 1));
        // The workers take all of it.
        if shares
            .send(Share {
                head: head.clone(),
                from,
                to,
            })
            .is_err()
        {
            return;
        }
        from = to.saturating_add(1);
    }
}

struct Worker<'a> {
    runtime: Handle,
    store: Arc<dyn Archive>,
    judge: &'a Judge<'a>,
    component: &'a str,
    progress: &'a ProgressBar,
    differences: SyncSender<Difference>,
}

impl Worker<'_> {
    fn run(&self, waiting: &Mutex<Receiver<Share>>, total: &Mutex<ReplayReport>) -> Result<()> {
        let mut report = ReplayReport::default();
        let mut result = Ok(());
        loop {
            let share = waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .recv();
            let Ok(share) = share else {
                break;
            };
            // After a failure the rest is taken and left, so that whoever hands it out comes to an end.
            if result.is_ok() {
                result = self.share(&share, &mut report);
            }
        }
        let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
        total.events += report.events;
        total.same += report.same;
        total.different += report.different;
        total.different_states += report.different_states;
        total.skipped += report.skipped;
        for (reason, count) in report.skipped_because {
            *total.skipped_because.entry(reason).or_default() += count;
        }
        result
    }

    fn share(&self, share: &Share, report: &mut ReplayReport) -> Result<()> {
        let head = &share.head;
        let history = History {
            runtime: &self.runtime,
            store: self.store.as_ref(),
        };
        let mut replay = Replay::new(
            self.judge.engines,
            self.judge.default,
            &history,
            (head.kind, head.created_ms),
        );
        if head.kind == ChainKind::Session
            && let Some(tombstone) = self.runtime.block_on(self.store.tombstone(&head.chain))?
            && let Some(state) = tombstone.state()?
        {
            replay.restore(&head.engine, &state)?;
        }
        // The state that is kept must be the one that the events make.
        let kept = match head.kind {
            ChainKind::Session if !head.closed => self
                .runtime
                .block_on(self.store.load(&head.tenant, &head.chain))?,
            _ => None,
        };
        let kept = kept.and_then(|stored| stored.snapshot);
        let mut from = share.from;
        while from <= share.to {
            let most = PAGE.min(usize::try_from(share.to - from + 1).unwrap_or(PAGE));
            let rows = self
                .runtime
                .block_on(self.store.events(&head.chain, from, most))?;
            let Some(last) = rows.last() else {
                break;
            };
            from = last.sequence.saturating_add(1);
            for row in rows.iter().filter(|row| row.sequence <= share.to) {
                self.row(head, row, &mut replay, report)?;
                if let Some((sequence, state)) = &kept
                    && *sequence == row.sequence
                {
                    self.state(head, *sequence, state, &mut replay, report)?;
                }
            }
            self.progress.inc(rows.len() as u64);
        }
        Ok(())
    }

    /// Compares the state that the store has with the one that was replayed.
    fn state(
        &self,
        head: &Head,
        sequence: u64,
        kept: &[u8],
        replay: &mut Replay<'_>,
        report: &mut ReplayReport,
    ) -> Result<()> {
        match replay.state()? {
            Some(state) if state != kept => {}
            _ => return Ok(()),
        }
        report.different_states += 1;
        let difference = Difference {
            event: format!("{}.{sequence}", head.chain),
            operation: "state".to_owned(),
            before: None,
            now: None,
            refused: Some(
                "the state that is kept after it is not the one that the events make".to_owned(),
            ),
            component_changed: false,
            configuration_changed: false,
        };
        // Whoever listens stops only when the whole replay fails.
        let _ = self.differences.send(difference);
        Ok(())
    }

    fn row(
        &self,
        head: &Head,
        row: &Row,
        replay: &mut Replay<'_>,
        report: &mut ReplayReport,
    ) -> Result<()> {
        report.events += 1;
        let event = Event::from_line(&row.line).with_context(|| {
            format!(
                "event {}.{} can't be read; `assize audit verify` says more",
                head.chain, row.sequence
            )
        })?;
        let (now, refused) = match replay.event(&event) {
            Replayed::Same => {
                report.same += 1;
                return Ok(());
            }
            Replayed::Skipped(reason) => {
                report.skipped += 1;
                *report.skipped_because.entry(reason.to_owned()).or_default() += 1;
                return Ok(());
            }
            Replayed::Different(answer) => (Some(answer), None),
            Replayed::Refused(reason) => (None, Some(reason)),
        };
        report.different += 1;
        let difference = Difference {
            event: event.id(),
            operation: event.operation.to_string(),
            before: event.answer.text().map(str::to_owned),
            now,
            refused,
            component_changed: event.component.as_ref() != self.component,
            configuration_changed: *event.configuration != self.judge.configuration,
        };
        // Whoever listens stops only when the whole replay fails.
        let _ = self.differences.send(difference);
        Ok(())
    }
}
