//! Whether every chain is what was put into it.

use super::marks::{self, Marks};
use super::{CHAINS, PAGE};
use anyhow::{Result, bail};
use assize_journal::{
    Archive, Break, ChainKind, ChainPages, ChainVerifier, Damage, Event, EventPages, Head, Mark,
    StoreError, Tombstone, VerifyingKey,
};
use assize_service::DELETE;
use indicatif::ProgressBar;
use serde::Serialize;

/// How often a chain is read again that changed meanwhile.
const MOST_TRIES: usize = 5;

/// What was checked, and the first break of each chain that has one.
#[derive(Debug, Default, Serialize)]
pub(crate) struct VerifyReport {
    pub(crate) chains: u64,
    pub(crate) events: u64,
    pub(crate) checkpoints: u64,
    pub(crate) signed_checkpoints: u64,
    /// When the last one was made: an earlier one than it was would be a journal that was put back.
    pub(crate) last_checkpoint_ms: Option<u64>,
    /// Chains that went on since the last checkpoint: an end of theirs that is gone would not be seen.
    pub(crate) chains_without_checkpoint: u64,
    /// Events that were removed as old, by what tombstones say.
    pub(crate) removed_events: u64,
    /// Chains that have a tombstone.
    pub(crate) removed_from: u64,
    pub(crate) unsigned_tombstones: u64,
    pub(crate) broken: Vec<Broken>,
}

/// One thing that is not as it should be.
#[derive(Debug, Serialize)]
pub(crate) struct Broken {
    /// Empty where it is a checkpoint.
    pub(crate) chain: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sequence: Option<u64>,
    pub(crate) what: String,
}

impl From<Break> for Broken {
    fn from(found: Break) -> Self {
        let what = found.to_string();
        Self {
            chain: found.chain,
            sequence: Some(found.sequence),
            what,
        }
    }
}

impl Broken {
    fn of(head: &Head, what: String) -> Self {
        let what = format!("chain {}: {what}", head.chain);
        Self {
            chain: head.chain.to_string(),
            sequence: None,
            what,
        }
    }
}

impl VerifyReport {
    fn tombstone(
        &mut self,
        head: &Head,
        tombstone: Option<&Tombstone>,
        key: Option<&VerifyingKey>,
    ) {
        let Some(tombstone) = tombstone else {
            return;
        };
        self.removed_events += tombstone.sequence + 1;
        self.removed_from += 1;
        self.unsigned_tombstones += u64::from(tombstone.signature.is_none());
        if key.is_some_and(|key| !tombstone.is_signed_by(key)) {
            let what = "its events were removed by someone without the given key".to_owned();
            self.broken.push(Broken::of(head, what));
        }
    }
}

/// Checks all chains, or one.
pub(crate) async fn verify(
    store: &dyn Archive,
    only: Option<&str>,
    key: Option<&VerifyingKey>,
    progress: &ProgressBar,
) -> Result<VerifyReport> {
    let mut report = VerifyReport::default();
    let mut marks = marks::read(store, key).await?;
    report.checkpoints = marks.checkpoints;
    report.signed_checkpoints = marks.signed;
    report.last_checkpoint_ms = marks.last_ms;
    if let Some(what) = marks.broken.take() {
        report.broken.push(Broken {
            chain: String::new(),
            sequence: None,
            what,
        });
    }
    if key.is_some() && report.signed_checkpoints == 0 && report.broken.is_empty() {
        let what = "no checkpoint is signed: all of it may be another history".to_owned();
        report.broken.push(Broken {
            chain: String::new(),
            sequence: None,
            what,
        });
    }
    if let Some(chain) = only {
        match store.head(chain).await? {
            Some(head) => check(store, &head, &mut marks, key, progress, &mut report).await?,
            None => match marks.chains.remove(chain) {
                Some(marks) => missing(chain, Some(marks), &mut report),
                None => bail!("there is no chain {chain}"),
            },
        }
        return Ok(report);
    }
    let mut pages = ChainPages::new(store, CHAINS);
    loop {
        let chains = match pages.next().await {
            Err(StoreError::Damaged(what)) => {
                let what = format!("{what}; what comes after it was not checked");
                report.broken.push(Broken {
                    chain: String::new(),
                    sequence: None,
                    what,
                });
                return Ok(report);
            }
            chains => chains?,
        };
        let Some(chains) = chains else {
            break;
        };
        for head in chains {
            check(store, &head, &mut marks, key, progress, &mut report).await?;
        }
    }
    for (chain, marks) in std::mem::take(&mut marks.chains) {
        missing(&chain, Some(marks), &mut report);
    }
    Ok(report)
}

/// A chain that is not there, though a checkpoint names it.
fn missing(chain: &str, marks: Option<Vec<Mark>>, report: &mut VerifyReport) {
    let Some(last) = marks.and_then(|marks| marks.into_iter().next_back()) else {
        return;
    };
    let found = Break {
        chain: chain.to_owned(),
        sequence: 0,
        damage: Damage::Removed(last.sequence),
    };
    report.broken.push(found.into());
}

async fn check(
    store: &dyn Archive,
    head: &Head,
    marks: &mut Marks,
    key: Option<&VerifyingKey>,
    progress: &ProgressBar,
    report: &mut VerifyReport,
) -> Result<()> {
    let marks = marks.chains.remove(head.chain.as_ref()).unwrap_or_default();
    report.chains += 1;
    if marks
        .last()
        .is_none_or(|mark| mark.sequence < head.sequence)
    {
        report.chains_without_checkpoint += 1;
    }
    let mut head = head.clone();
    for _ in 0..MOST_TRIES {
        let tombstone = match store.tombstone(&head.chain).await {
            Err(StoreError::Damaged(what)) => {
                report.broken.push(Broken::of(
                    &head,
                    format!("its tombstone is damaged: {what}"),
                ));
                return Ok(());
            }
            tombstone => tombstone?,
        };
        let found = check_chain(store, &head, tombstone.as_ref(), &marks, progress).await?;
        let Err(found) = found else {
            report.events += found.unwrap_or_default();
            report.tombstone(&head, tombstone.as_ref(), key);
            return Ok(());
        };
        // It may have been shortened or gone on while it was read.
        let now = store
            .head(&head.chain)
            .await?
            .unwrap_or_else(|| head.clone());
        if now == head
            && store
                .tombstone(&head.chain)
                .await
                .is_ok_and(|again| again == tombstone)
        {
            report.broken.push(found);
            return Ok(());
        }
        head = now;
    }
    report.broken.push(Broken::of(
        &head,
        "it changes faster than it can be read".to_owned(),
    ));
    Ok(())
}

async fn check_chain(
    store: &dyn Archive,
    head: &Head,
    tombstone: Option<&Tombstone>,
    marks: &[Mark],
    progress: &ProgressBar,
) -> Result<std::result::Result<u64, Broken>> {
    let mut verifier = ChainVerifier::new(head.clone(), tombstone, marks.to_vec());
    let mut pages = EventPages::new(store, &head.chain, 0, PAGE);
    let mut last = None;
    loop {
        let rows = match pages.next().await {
            Err(StoreError::Damaged(what)) => {
                return Ok(Err(Broken::of(
                    head,
                    format!("its events can't be read: {what}"),
                )));
            }
            rows => rows?,
        };
        let Some(rows) = rows else {
            break;
        };
        progress.inc(rows.len() as u64);
        for row in &rows {
            if row.sequence > head.sequence {
                // It goes on since its end was read, unless it does not.
                if store.head(&head.chain).await?.as_ref() == Some(head) {
                    let damage = Damage::Inserted;
                    let chain = head.chain.to_string();
                    return Ok(Err(Break {
                        chain,
                        sequence: row.sequence,
                        damage,
                    }
                    .into()));
                }
                return Ok(finish(verifier, head, last.as_ref()));
            }
            match verifier.push(row) {
                Ok(event) => {
                    if let Some(what) = foreign(head, &event) {
                        return Ok(Err(Broken {
                            sequence: Some(event.sequence),
                            ..Broken::of(head, what)
                        }));
                    }
                    last = Some(event);
                }
                Err(found) => return Ok(Err((*found).into())),
            }
        }
    }
    Ok(finish(verifier, head, last.as_ref()))
}

fn finish(
    verifier: ChainVerifier,
    head: &Head,
    last: Option<&Event>,
) -> std::result::Result<u64, Broken> {
    let events = verifier.finish().map_err(|found| Broken::from(*found))?;
    let Some(last) = last.filter(|last| last.sequence == head.sequence) else {
        return Ok(events);
    };
    // What is put under a knowledge base's name later goes on with its chain.
    let ends = head.kind == ChainKind::Session && !head.engine.starts_with("rules:");
    let is_deleted = ends && last.operation.as_ref() == DELETE;
    if is_deleted != head.closed {
        return Err(Broken::of(
            head,
            "whether it ended is not what its last event says".to_owned(),
        ));
    }
    if last.time_ms != head.updated_ms {
        return Err(Broken::of(
            head,
            "the time of its last event was changed".to_owned(),
        ));
    }
    Ok(events)
}

/// What of a chain's own record an event contradicts.
fn foreign(head: &Head, event: &Event) -> Option<String> {
    if head.kind == ChainKind::Session && event.tenant != head.tenant {
        return Some(format!(
            "it is said to be of tenant {}, and event {} is of {}",
            head.tenant,
            event.id(),
            event.tenant
        ));
    }
    if event.sequence == 0 && event.engine != head.engine {
        return Some(format!(
            "it is said to be of {}, and its first event is of {}",
            head.engine, event.engine
        ));
    }
    let began = event.sequence == 0 && event.time_ms != head.created_ms;
    began.then(|| "the time of its first event was changed".to_owned())
}
