//! What checkpoints say of chains.

use assize_journal::{Archive, Checkpoint, Hash, Mark, StoreError, VerifyingKey};
use std::collections::BTreeMap;

/// Checkpoints that are read at one time.
const PAGE: usize = 100;

/// What all checkpoints say, by chain and sequence, and what is wrong with them.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pub(super) chains: BTreeMap<String, Vec<Mark>>,
    pub(super) checkpoints: u64,
    pub(super) signed: u64,
    pub(super) last_ms: Option<u64>,
    pub(super) broken: Option<String>,
}

/// Reads and checks them, one after the other; after the first that is broken, none is believed.
pub(super) async fn read(
    store: &dyn Archive,
    key: Option<&VerifyingKey>,
) -> Result<Marks, StoreError> {
    let mut marks = Marks::default();
    let mut previous = Hash::ZERO;
    loop {
        let page = match store.checkpoints(marks.checkpoints, PAGE).await {
            Err(StoreError::Damaged(what)) => {
                marks.broken = Some(format!(
                    "a checkpoint from {} on can't be read: {what}",
                    marks.checkpoints
                ));
                return Ok(marks);
            }
            page => page?,
        };
        if page.is_empty() {
            break;
        }
        for checkpoint in page {
            if let Some(what) = wrong(&checkpoint, marks.checkpoints, previous, key) {
                marks.broken = Some(format!("checkpoint {} {what}", marks.checkpoints));
                return Ok(marks);
            }
            marks.checkpoints += 1;
            marks.signed += u64::from(checkpoint.signature.is_some());
            previous = checkpoint.hash;
            marks.last_ms = Some(checkpoint.time_ms);
            for mark in checkpoint.marks {
                marks
                    .chains
                    .entry(mark.chain.clone())
                    .or_default()
                    .push(mark);
            }
        }
    }
    Ok(marks)
}

fn wrong(
    checkpoint: &Checkpoint,
    number: u64,
    previous: Hash,
    key: Option<&VerifyingKey>,
) -> Option<&'static str> {
    if checkpoint.number != number {
        return Some("was removed");
    }
    if checkpoint.computed_hash() != checkpoint.hash {
        return Some("was changed");
    }
    if checkpoint.previous != previous {
        return Some("does not follow the one before it: one of them was replaced");
    }
    match key {
        Some(key) if !checkpoint.is_signed_by(key) => Some("is not signed by the given key"),
        _ => None,
    }
}
