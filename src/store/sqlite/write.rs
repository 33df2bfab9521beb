//! What is written, each in one transaction.

use super::failed;
use super::read::{damaged, event_key, head, tombstone as tombstone_of};
use assize_journal::{Append, Appended, Checkpoint, Head, StoreError, Tombstone};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A chain as it is while a group is being written.
struct Held {
    id: i64,
    head: Head,
}

fn begin(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)
}

fn whole(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Failed(format!("{number} can't be stored")))
}

/// Appends a group, in order: all of them that follow their chains, or none.
pub(super) fn append_all<'a>(
    connection: &mut Connection,
    appends: impl Iterator<Item = &'a Append>,
) -> Result<Vec<Appended>, StoreError> {
    let transaction = begin(connection)?;
    let mut chains: BTreeMap<&str, Option<Held>> = BTreeMap::new();
    let mut outcomes = Vec::new();
    for append in appends {
        let name = append.head.chain.as_ref();
        let held = match chains.entry(name) {
            Entry::Occupied(held) => held.into_mut(),
            Entry::Vacant(place) => {
                place.insert(head(&transaction, name)?.map(|(id, head)| Held { id, head }))
            }
        };
        if !append.follows(held.as_ref().map(|held| &held.head)) {
            outcomes.push(Appended::Changed);
            continue;
        }
        let id = match held {
            Some(held) => {
                held.head = append.head.clone();
                held.id
            }
            None => {
                let id = insert_chain(&transaction, &append.head)?;
                *held = Some(Held {
                    id,
                    head: append.head.clone(),
                });
                id
            }
        };
        insert_event(&transaction, id, append)?;
        outcomes.push(Appended::Stored);
    }
    for held in chains.into_values().flatten() {
        update_chain(&transaction, &held)?;
    }
    transaction.commit().map_err(failed)?;
    Ok(outcomes)
}

fn insert_chain(transaction: &Transaction<'_>, head: &Head) -> Result<i64, StoreError> {
    let query = "INSERT INTO chain (name, kind, tenant, engine, sequence, hash, created_ms, updated_ms, closed)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut query = transaction.prepare_cached(query).map_err(failed)?;
    query
        .insert(params![
            head.chain,
            head.kind.as_str(),
            head.tenant,
            head.engine,
            whole(head.sequence)?,
            head.hash.as_bytes(),
            whole(head.created_ms)?,
            whole(head.updated_ms)?,
            head.closed,
        ])
        .map_err(failed)
}

fn update_chain(transaction: &Transaction<'_>, held: &Held) -> Result<(), StoreError> {
    let query = "UPDATE chain SET sequence = ?, hash = ?, updated_ms = ?, closed = ? WHERE id = ?";
    let mut query = transaction.prepare_cached(query).map_err(failed)?;
    let head = &held.head;
    let values = params![
        whole(head.sequence)?,
        head.hash.as_bytes(),
        whole(head.updated_ms)?,
        head.closed,
        held.id
    ];
    query.execute(values).map_err(failed)?;
    Ok(())
}

fn insert_event(
    transaction: &Transaction<'_>,
    chain: i64,
    append: &Append,
) -> Result<(), StoreError> {
    let sequence = append.head.sequence;
    let mut query = transaction
        .prepare_cached("INSERT INTO event VALUES (?, ?)")
        .map_err(failed)?;
    query
        .execute(params![event_key(chain, sequence)?, append.line])
        .map_err(failed)?;
    if append.head.closed {
        transaction
            .execute("DELETE FROM snapshot WHERE chain = ?", [chain])
            .map_err(failed)?;
    } else if let Some(snapshot) = &append.snapshot {
        let mut query = transaction
            .prepare_cached("INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?)")
            .map_err(failed)?;
        query
            .execute(params![chain, whole(sequence)?, snapshot.as_ref()])
            .map_err(failed)?;
    }
    Ok(())
}

fn set_tombstone(
    transaction: &Transaction<'_>,
    chain: i64,
    tombstone: &Tombstone,
) -> Result<(), StoreError> {
    let text = serde_json::to_string(tombstone).map_err(damaged)?;
    let query = "UPDATE chain SET tombstone = ? WHERE id = ?";
    transaction
        .execute(query, params![text, chain])
        .map_err(failed)?;
    Ok(())
}

pub(super) fn bury(connection: &mut Connection, tombstone: &Tombstone) -> Result<(), StoreError> {
    let transaction = begin(connection)?;
    let Some((id, _)) = head(&transaction, &tombstone.chain)? else {
        return Ok(());
    };
    let held = tombstone_of(&transaction, &tombstone.chain)?;
    if held.is_some_and(|held| held.sequence >= tombstone.sequence) {
        return Ok(());
    }
    let range = params![event_key(id, 0)?, event_key(id, tombstone.sequence)?];
    transaction
        .execute("DELETE FROM event WHERE id BETWEEN ? AND ?", range)
        .map_err(failed)?;
    set_tombstone(&transaction, id, tombstone)?;
    transaction.commit().map_err(failed)
}

pub(super) fn adopt(
    connection: &mut Connection,
    given: &Head,
    tombstone: &Tombstone,
) -> Result<bool, StoreError> {
    let transaction = begin(connection)?;
    if head(&transaction, &given.chain)?.is_some() {
        return Ok(false);
    }
    let id = insert_chain(&transaction, given)?;
    if let Some(state) = tombstone.state()? {
        let values = params![id, whole(tombstone.sequence)?, state];
        transaction
            .execute("INSERT INTO snapshot VALUES (?, ?, ?)", values)
            .map_err(failed)?;
    }
    set_tombstone(&transaction, id, tombstone)?;
    transaction.commit().map_err(failed)?;
    Ok(true)
}

pub(super) fn add_checkpoint(
    connection: &mut Connection,
    checkpoint: &Checkpoint,
) -> Result<bool, StoreError> {
    let transaction = begin(connection)?;
    let query = "SELECT coalesce(max(number) + 1, 0) FROM checkpoint";
    let next: i64 = transaction
        .query_row(query, (), |row| row.get(0))
        .map_err(failed)?;
    let number = whole(checkpoint.number)?;
    if number != next {
        return Ok(false);
    }
    let text = serde_json::to_string(checkpoint).map_err(damaged)?;
    transaction
        .execute(
            "INSERT INTO checkpoint VALUES (?, ?)",
            params![number, text],
        )
        .map_err(failed)?;
    {
        let query = "UPDATE chain SET marked = max(marked, ?) WHERE name = ?";
        let mut query = transaction.prepare_cached(query).map_err(failed)?;
        for mark in &checkpoint.marks {
            query
                .execute(params![whole(mark.sequence)?, mark.chain])
                .map_err(failed)?;
        }
    }
    transaction.commit().map_err(failed)?;
    Ok(true)
}

pub(super) fn put_key(
    connection: &mut Connection,
    id: &str,
    record: &str,
) -> Result<(), StoreError> {
    connection
        .execute("INSERT OR REPLACE INTO api_key VALUES (?, ?)", [id, record])
        .map_err(failed)?;
    Ok(())
}
