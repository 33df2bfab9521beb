//! What is written, each change by one script or one command.

use super::failure::damaged;
use super::keys::Keys;
use super::link::Link;
use super::read::fields_of;
use crate::batch::{MOST_APPENDS, Waiting};
use assize_journal::{
    Append, Appended, ChainKind, Checkpoint, Head, Quota, StoreError, Taken, Tombstone,
};
use redis::{Cmd, Pipeline, RedisError, Script};
use std::sync::LazyLock;
use tokio::sync::mpsc;

/// The most bytes of appends that are sent at once, but for a single append that is larger.
const MOST_BYTES: usize = 8 << 20;

const APPEND: &str = include_str!("append.lua");
static APPEND_SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(APPEND));
static BURY: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("bury.lua")));
static ADOPT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("adopt.lua")));
static ADD_CHECKPOINT: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("add_checkpoint.lua")));
static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("take.lua")));

/// Writes until every handle is gone.
pub(super) async fn write_all(link: Link, keys: Keys, mut jobs: mpsc::Receiver<Waiting>) {
    let mut next = Vec::with_capacity(MOST_APPENDS);
    while jobs.recv_many(&mut next, MOST_APPENDS).await > 0 {
        let mut group = Vec::with_capacity(next.len());
        let mut bytes = 0_usize;
        for waiting in next.drain(..) {
            let size = size(&waiting.append);
            if bytes > 0 && bytes.saturating_add(size) > MOST_BYTES {
                write_group(&link, &keys, std::mem::take(&mut group)).await;
                bytes = 0;
            }
            bytes = bytes.saturating_add(size);
            group.push(waiting);
        }
        write_group(&link, &keys, group).await;
    }
}

fn size(append: &Append) -> usize {
    let snapshot = append.snapshot.as_ref().map_or(0, |bytes| bytes.len());
    append.line.len().saturating_add(snapshot)
}

async fn write_group(link: &Link, keys: &Keys, group: Vec<Waiting>) {
    let mut pipeline = Pipeline::with_capacity(group.len());
    pipeline.ignore_errors();
    for (index, waiting) in group.iter().enumerate() {
        // The first one brings the script along, so that the server knows it when the others name it.
        let mut command = if index == 0 {
            redis::cmd("EVAL").arg(APPEND).take()
        } else {
            redis::cmd("EVALSHA").arg(APPEND_SCRIPT.get_hash()).take()
        };
        add_arguments(&mut command, keys, &waiting.append);
        pipeline.add_command(command);
    }
    match link
        .pipeline::<Vec<Result<i64, RedisError>>>(&pipeline)
        .await
    {
        Ok(outcomes) => {
            for (waiting, outcome) in group.into_iter().zip(outcomes) {
                waiting.done(match outcome {
                    Ok(1) => Ok(Appended::Stored),
                    Ok(_) => Ok(Appended::Changed),
                    Err(error) => Err(super::failure::failed(&error)),
                });
            }
        }
        Err(error) => {
            for waiting in group {
                waiting.done(Err(error.clone()));
            }
        }
    }
}

/// A snapshot as it is stored: after which event, and the state.
fn snapshot_value(sequence: u64, state: &[u8]) -> Vec<u8> {
    [sequence.to_string().as_bytes(), b" ", state].concat()
}

fn add_arguments(command: &mut Cmd, keys: &Keys, append: &Append) {
    let head = &append.head;
    let chain = head.chain.as_ref();
    let before = head.sequence.checked_sub(1);
    let before = before.map_or_else(String::new, |before| before.to_string());
    let snapshot = match &append.snapshot {
        Some(state) => snapshot_value(head.sequence, state),
        None => Vec::new(),
    };
    command
        .arg(6)
        .arg(keys.chains())
        .arg(keys.unmarked())
        .arg(keys.open())
        .arg(keys.chain(chain))
        .arg(keys.events(chain))
        .arg(keys.snapshot(chain))
        .arg(chain)
        .arg(head.sequence)
        .arg(before)
        .arg(append.previous.to_string())
        .arg(head.tenant.as_ref())
        .arg(head.hash.to_string())
        .arg(head.updated_ms)
        .arg(u8::from(head.closed))
        .arg(&append.line)
        .arg(snapshot)
        .arg(head.kind.as_str())
        .arg(head.engine.as_ref())
        .arg(head.created_ms);
}

pub(super) async fn bury(
    link: &Link,
    keys: &Keys,
    tombstone: &Tombstone,
) -> Result<(), StoreError> {
    let mut script = BURY.key(keys.chain(&tombstone.chain));
    script
        .key(keys.events(&tombstone.chain))
        // Just above the last event to go.
        .arg(format!("{}-2", tombstone.sequence))
        .arg(serde_json::to_string(tombstone).map_err(damaged)?)
        .arg(tombstone.sequence);
    link.script::<i64>(&script).await.map(drop)
}

pub(super) async fn adopt(
    link: &Link,
    keys: &Keys,
    head: &Head,
    tombstone: &Tombstone,
) -> Result<bool, StoreError> {
    let is_open = head.kind == ChainKind::Session && !head.closed;
    let state = tombstone
        .state()?
        .map(|state| snapshot_value(tombstone.sequence, &state));
    let mut script = ADOPT.key(keys.chains());
    script
        .key(keys.unmarked())
        .key(keys.open())
        .key(keys.chain(&head.chain))
        .key(keys.snapshot(&head.chain))
        .arg(head.chain.as_ref())
        .arg(u8::from(is_open))
        .arg(state.unwrap_or_default())
        .arg(&fields_of(head)[..])
        .arg("tombstone")
        .arg(serde_json::to_string(tombstone).map_err(damaged)?);
    link.script(&script).await
}

pub(super) async fn add_checkpoint(
    link: &Link,
    keys: &Keys,
    checkpoint: &Checkpoint,
) -> Result<bool, StoreError> {
    let before = checkpoint.number.checked_sub(1);
    let mut script = ADD_CHECKPOINT.key(keys.checkpoints());
    script
        .key(keys.unmarked())
        .arg(checkpoint.number)
        .arg(before.map_or_else(String::new, |before| before.to_string()))
        .arg(serde_json::to_string(checkpoint).map_err(damaged)?)
        .arg(keys.chain_prefix());
    for mark in &checkpoint.marks {
        script.arg(&mark.chain).arg(mark.sequence);
    }
    link.script(&script).await
}

pub(super) async fn put_key(
    link: &Link,
    keys: &Keys,
    id: &str,
    record: &str,
) -> Result<(), StoreError> {
    link.query(&Cmd::hset(keys.api_keys(), id, record)).await
}

/// `now_ms` takes the place of the server's clock.
pub(super) async fn take(
    link: &Link,
    keys: &Keys,
    client: &str,
    quota: Quota,
    now_ms: Option<u64>,
) -> Result<Taken, StoreError> {
    let (slots, slot_ms) = (quota.slots(), quota.slot_ms());
    let mut script = TAKE.key(keys.rate(slot_ms, client));
    script.arg(quota.requests).arg(slots).arg(slot_ms);
    if let Some(now_ms) = now_ms {
        script.arg(now_ms);
    }
    let (permitted, remaining, first, now): (bool, u32, u64, u64) = link.script(&script).await?;
    let leaves = first.saturating_add(slots).saturating_mul(slot_ms);
    Ok(Taken {
        permitted,
        remaining,
        reset_ms: leaves.saturating_sub(now).max(1),
    })
}
