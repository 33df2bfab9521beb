//! What is read.

use super::failed;
use assize_journal::{ChainKind, Checkpoint, Hash, Head, Mark, Row, StoreError, Stored, Tombstone};
use rusqlite::{Connection, OptionalExtension, params};

/// A chain's number leaves this many values for its sequence.
const SEQUENCES: u64 = 1 << 32;

const HEAD: &str = "SELECT id, name, kind, tenant, engine, sequence, hash, created_ms, updated_ms, closed FROM chain";

/// The key of an event.
pub(super) fn event_key(chain: i64, sequence: u64) -> Result<i64, StoreError> {
    if sequence >= SEQUENCES {
        return Err(StoreError::Full {
            name: "chain-events",
            limit: SEQUENCES,
        });
    }
    Ok(chain << 32 | sequence as i64)
}

pub(super) fn damaged(what: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(what.to_string())
}

type Unchecked = (i64, [String; 4], [i64; 3], Vec<u8>, bool);

fn unchecked(row: &rusqlite::Row<'_>) -> rusqlite::Result<Unchecked> {
    let texts = [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?];
    let numbers = [row.get(5)?, row.get(7)?, row.get(8)?];
    Ok((row.get(0)?, texts, numbers, row.get(6)?, row.get(9)?))
}

fn checked(row: Unchecked) -> Result<(i64, Head), StoreError> {
    let (id, [name, kind, tenant, engine], [sequence, created_ms, updated_ms], hash, closed) = row;
    let head = Head {
        kind: ChainKind::of(&name, &kind)?,
        chain: name.into(),
        tenant: tenant.into(),
        engine: engine.into(),
        sequence: number(sequence)?,
        hash: hash_of(&hash)?,
        created_ms: number(created_ms)?,
        updated_ms: number(updated_ms)?,
        closed,
    };
    Ok((id, head))
}

fn number(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| damaged(format!("{number} is below 0")))
}

fn hash_of(bytes: &[u8]) -> Result<Hash, StoreError> {
    let bytes = bytes
        .try_into()
        .map_err(|_| damaged(format!("a hash has {} bytes", bytes.len())))?;
    Ok(Hash::from_bytes(bytes))
}

pub(super) fn head(
    connection: &Connection,
    chain: &str,
) -> Result<Option<(i64, Head)>, StoreError> {
    let mut query = connection
        .prepare_cached(&format!("{HEAD} WHERE name = ?"))
        .map_err(failed)?;
    let row = query
        .query_row([chain], unchecked)
        .optional()
        .map_err(failed)?;
    row.map(checked).transpose()
}

pub(super) fn load(
    connection: &mut Connection,
    tenant: &str,
    chain: &str,
) -> Result<Option<Stored>, StoreError> {
    // All of it as it was at one moment.
    let transaction = connection.transaction().map_err(failed)?;
    let Some((id, head)) = head(&transaction, chain)? else {
        return Ok(None);
    };
    if !head.is_open_session_of(tenant) {
        return Ok(None);
    }
    let mut query = transaction
        .prepare_cached("SELECT sequence, bytes FROM snapshot WHERE chain = ?")
        .map_err(failed)?;
    let snapshot: Option<(i64, Vec<u8>)> = query
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .map_err(failed)?;
    let snapshot = match snapshot {
        Some((sequence, bytes)) => Some((number(sequence)?, bytes.into())),
        None => None,
    };
    let from = snapshot.as_ref().map_or(0, |(sequence, _)| sequence + 1);
    let tail = if from > head.sequence {
        Vec::new()
    } else {
        rows(&transaction, id, from, usize::MAX)?
    };
    let tail = tail.into_iter().map(|row| row.line).collect();
    Ok(Some(Stored {
        head,
        snapshot,
        tail,
    }))
}

fn rows(
    connection: &Connection,
    chain: i64,
    from: u64,
    most: usize,
) -> Result<Vec<Row>, StoreError> {
    let query = "SELECT id, line FROM event WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?";
    let mut query = connection.prepare_cached(query).map_err(failed)?;
    let range = params![
        event_key(chain, from)?,
        event_key(chain, SEQUENCES - 1)?,
        limit(most)
    ];
    let rows = query
        .query_map(range, |row| {
            let id: i64 = row.get(0)?;
            Ok(Row {
                sequence: id as u64 & (SEQUENCES - 1),
                line: row.get(1)?,
            })
        })
        .map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}

fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

pub(super) fn count(connection: &mut Connection) -> Result<u64, StoreError> {
    let query = "SELECT count(*) FROM chain WHERE kind = 'session' AND closed = 0";
    let mut query = connection.prepare_cached(query).map_err(failed)?;
    number(query.query_row((), |row| row.get(0)).map_err(failed)?)
}

pub(super) fn chains(
    connection: &mut Connection,
    after: Option<&str>,
    most: usize,
) -> Result<Vec<Head>, StoreError> {
    let query = format!("{HEAD} WHERE ?1 IS NULL OR name > ?1 ORDER BY name LIMIT ?2");
    let mut query = connection.prepare_cached(&query).map_err(failed)?;
    let rows = query
        .query_map(params![after, limit(most)], unchecked)
        .map_err(failed)?;
    rows.map(|row| Ok(checked(row.map_err(failed)?)?.1))
        .collect()
}

pub(super) fn events(
    connection: &mut Connection,
    chain: &str,
    from: u64,
    most: usize,
) -> Result<Vec<Row>, StoreError> {
    match head(connection, chain)? {
        Some((id, _)) if from < SEQUENCES => rows(connection, id, from, most),
        _ => Ok(Vec::new()),
    }
}

pub(super) fn tombstone(
    connection: &Connection,
    chain: &str,
) -> Result<Option<Tombstone>, StoreError> {
    let mut query = connection
        .prepare_cached("SELECT tombstone FROM chain WHERE name = ?")
        .map_err(failed)?;
    let text: Option<Option<String>> = query
        .query_row([chain], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    let text = text.flatten();
    text.map(|text| serde_json::from_str(&text).map_err(damaged))
        .transpose()
}

pub(super) fn unmarked(connection: &mut Connection, most: usize) -> Result<Vec<Mark>, StoreError> {
    let query = "SELECT name, sequence, hash FROM chain WHERE marked < sequence LIMIT ?";
    let mut query = connection.prepare_cached(query).map_err(failed)?;
    let rows = query
        .query_map([limit(most)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .map_err(failed)?;
    rows.map(|row| {
        let (chain, sequence, hash): (String, i64, Vec<u8>) = row.map_err(failed)?;
        Ok(Mark {
            chain,
            sequence: number(sequence)?,
            hash: hash_of(&hash)?,
        })
    })
    .collect()
}

pub(super) fn checkpoints(
    connection: &mut Connection,
    from: u64,
    most: usize,
) -> Result<Vec<Checkpoint>, StoreError> {
    let query = "SELECT record FROM checkpoint WHERE number >= ? ORDER BY number LIMIT ?";
    let mut query = connection.prepare_cached(query).map_err(failed)?;
    let range = params![i64::try_from(from).unwrap_or(i64::MAX), limit(most)];
    let texts = query
        .query_map(range, |row| row.get::<_, String>(0))
        .map_err(failed)?;
    texts
        .map(|text| serde_json::from_str(&text.map_err(failed)?).map_err(damaged))
        .collect()
}

pub(super) fn last_checkpoint(
    connection: &mut Connection,
) -> Result<Option<Checkpoint>, StoreError> {
    let query = "SELECT record FROM checkpoint ORDER BY number DESC LIMIT 1";
    let text: Option<String> = connection
        .query_row(query, (), |row| row.get(0))
        .optional()
        .map_err(failed)?;
    text.map(|text| serde_json::from_str(&text).map_err(damaged))
        .transpose()
}

pub(super) fn size(connection: &mut Connection) -> Result<u64, StoreError> {
    let query = "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    number(
        connection
            .query_row(query, (), |row| row.get(0))
            .map_err(failed)?,
    )
}

pub(super) fn key(connection: &mut Connection, id: &str) -> Result<Option<String>, StoreError> {
    let mut query = connection
        .prepare_cached("SELECT record FROM api_key WHERE id = ?")
        .map_err(failed)?;
    query
        .query_row([id], |row| row.get(0))
        .optional()
        .map_err(failed)
}

pub(super) fn keys(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    let mut query = connection
        .prepare_cached("SELECT record FROM api_key ORDER BY id")
        .map_err(failed)?;
    let rows = query.query_map((), |row| row.get(0)).map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}
