//! What is read, each in one statement: all of it as it was at one moment.

use super::link::{Failure, Link};
use assize_journal::{
    ChainKind, Checkpoint, Hash, Head, Mark, Row as Line, StoreError, Stored, Tombstone,
};
use tokio_postgres::Row;
use tokio_postgres::types::FromSqlOwned;

/// Columns of a chain in the order in which [`head_of`] reads them.
macro_rules! head_columns {
    () => {
        "chain.name, chain.kind, chain.tenant, chain.engine, chain.sequence, chain.hash, chain.created_ms, \
         chain.updated_ms, chain.closed"
    };
}
pub(super) use head_columns;

/// Number of columns of a head.
pub(super) const HEAD_COLUMNS: usize = 9;

pub(super) fn damaged(what: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(what.to_string())
}

/// What a column holds; a row that can't be read is damaged.
pub(super) fn column<T: FromSqlOwned>(row: &Row, at: usize) -> Result<T, StoreError> {
    row.try_get(at)
        .map_err(|error| damaged(super::link::describe(&error)))
}

fn number(row: &Row, at: usize) -> Result<u64, StoreError> {
    let number: i64 = column(row, at)?;
    u64::try_from(number).map_err(|_| damaged(format!("{number} is below 0")))
}

fn hash(row: &Row, at: usize) -> Result<Hash, StoreError> {
    let bytes: Vec<u8> = column(row, at)?;
    let bytes = bytes.as_slice().try_into();
    let bytes = bytes.map_err(|_| damaged("a hash has not 32 bytes"))?;
    Ok(Hash::from_bytes(bytes))
}

fn text(row: &Row, at: usize) -> Result<String, StoreError> {
    column(row, at)
}

pub(super) fn head_of(row: &Row) -> Result<Head, StoreError> {
    let kind = text(row, 1)?;
    Ok(Head {
        chain: text(row, 0)?.into(),
        kind: ChainKind::of(&text(row, 0)?, &kind)?,
        tenant: text(row, 2)?.into(),
        engine: text(row, 3)?.into(),
        sequence: number(row, 4)?,
        hash: hash(row, 5)?,
        created_ms: number(row, 6)?,
        updated_ms: number(row, 7)?,
        closed: column(row, 8)?,
    })
}

/// No text that the server stores holds a zero byte.
pub(super) fn storable(text: &str) -> bool {
    !text.contains('\0')
}

/// As a number that the server can compare; larger ones are beyond all that it holds.
fn bounded(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

pub(super) async fn load(
    link: &Link,
    tenant: &str,
    chain: &str,
) -> Result<Option<Stored>, Failure> {
    const QUERY: &str = concat!(
        "SELECT ",
        head_columns!(),
        ", snapshot.sequence, snapshot.bytes, ARRAY(
            SELECT line FROM assize.event
            WHERE event.chain = chain.id AND event.sequence > coalesce(snapshot.sequence, -1)
            ORDER BY event.sequence)
        FROM assize.chain LEFT JOIN assize.snapshot ON snapshot.chain = chain.id
        WHERE chain.name = $1 AND chain.tenant = $2 AND chain.kind = 'session' AND NOT chain.closed"
    );
    if !storable(tenant) || !storable(chain) {
        return Ok(None);
    }
    let Some(row) = link.row(QUERY, &[&chain, &tenant]).await? else {
        return Ok(None);
    };
    let bytes: Option<Vec<u8>> = column(&row, HEAD_COLUMNS + 1)?;
    let snapshot = match bytes {
        Some(bytes) => Some((number(&row, HEAD_COLUMNS)?, bytes.into())),
        None => None,
    };
    Ok(Some(Stored {
        head: head_of(&row)?,
        snapshot,
        tail: column(&row, HEAD_COLUMNS + 2)?,
    }))
}

pub(super) async fn count(link: &Link) -> Result<u64, Failure> {
    let query = "SELECT sum(amount)::int8 FROM assize.open_sessions";
    let row = link.row(query, &[]).await?;
    let row = row.ok_or_else(|| damaged("nothing counts the open sessions"))?;
    Ok(number(&row, 0)?)
}

pub(super) async fn ping(link: &Link) -> Result<(), Failure> {
    link.row("SELECT FROM assize.chain LIMIT 1", &[]).await?;
    Ok(())
}

pub(super) async fn chains(
    link: &Link,
    after: Option<&str>,
    most: usize,
) -> Result<Vec<Head>, Failure> {
    const FIRST: &str = concat!(
        "SELECT ",
        head_columns!(),
        " FROM assize.chain ORDER BY name LIMIT $1"
    );
    const AFTER: &str = concat!(
        "SELECT ",
        head_columns!(),
        " FROM assize.chain WHERE name > $2 ORDER BY name LIMIT $1"
    );
    // No name lies between a text and the text up to its first zero byte.
    let after = after.map(|after| after.split('\0').next().unwrap_or_default());
    let rows = match after {
        None => link.rows(FIRST, &[&limit(most)]).await?,
        Some(after) => link.rows(AFTER, &[&limit(most), &after]).await?,
    };
    Ok(rows.iter().map(head_of).collect::<Result<_, _>>()?)
}

pub(super) async fn head(link: &Link, chain: &str) -> Result<Option<Head>, Failure> {
    const QUERY: &str = concat!(
        "SELECT ",
        head_columns!(),
        " FROM assize.chain WHERE name = $1"
    );
    if !storable(chain) {
        return Ok(None);
    }
    let row = link.row(QUERY, &[&chain]).await?;
    Ok(row.as_ref().map(head_of).transpose()?)
}

pub(super) async fn events(
    link: &Link,
    chain: &str,
    from: u64,
    most: usize,
) -> Result<Vec<Line>, Failure> {
    if !storable(chain) {
        return Ok(Vec::new());
    }
    let query = "SELECT sequence, line FROM assize.event
        WHERE chain = (SELECT id FROM assize.chain WHERE name = $1) AND sequence >= $2
        ORDER BY sequence LIMIT $3";
    let rows = link
        .rows(query, &[&chain, &bounded(from), &limit(most)])
        .await?;
    let lines = rows.iter().map(|row| {
        Ok(Line {
            sequence: number(row, 0)?,
            line: text(row, 1)?,
        })
    });
    Ok(lines.collect::<Result<_, StoreError>>()?)
}

fn record<T: serde::de::DeserializeOwned>(row: &Row) -> Result<T, StoreError> {
    serde_json::from_str(&text(row, 0)?).map_err(damaged)
}

pub(super) async fn tombstone(link: &Link, chain: &str) -> Result<Option<Tombstone>, Failure> {
    if !storable(chain) {
        return Ok(None);
    }
    let query = "SELECT tombstone FROM assize.chain WHERE name = $1 AND tombstone IS NOT NULL";
    let row = link.row(query, &[&chain]).await?;
    Ok(row.as_ref().map(record).transpose()?)
}

pub(super) async fn unmarked(link: &Link, most: usize) -> Result<Vec<Mark>, Failure> {
    let query = "SELECT name, sequence, hash FROM assize.chain WHERE unmarked LIMIT $1";
    let rows = link.rows(query, &[&limit(most)]).await?;
    let marks = rows.iter().map(|row| {
        Ok(Mark {
            chain: text(row, 0)?,
            sequence: number(row, 1)?,
            hash: hash(row, 2)?,
        })
    });
    Ok(marks.collect::<Result<_, StoreError>>()?)
}

pub(super) async fn checkpoints(
    link: &Link,
    from: u64,
    most: usize,
) -> Result<Vec<Checkpoint>, Failure> {
    let query = "SELECT record FROM assize.checkpoint WHERE number >= $1 ORDER BY number LIMIT $2";
    let rows = link.rows(query, &[&bounded(from), &limit(most)]).await?;
    Ok(rows.iter().map(record).collect::<Result<_, _>>()?)
}

pub(super) async fn last_checkpoint(link: &Link) -> Result<Option<Checkpoint>, Failure> {
    let query = "SELECT record FROM assize.checkpoint ORDER BY number DESC LIMIT 1";
    let row = link.row(query, &[]).await?;
    Ok(row.as_ref().map(record).transpose()?)
}

/// Tables with their indexes and all that is kept beside them.
pub(super) async fn size(link: &Link) -> Result<u64, Failure> {
    // Tables do not shrink when rows go: what is in use is the rows that live, by their usual width. Before the
    // server has counted them for the first time, it is the tables.
    let query = "SELECT coalesce(sum(CASE
            WHEN coalesce(last_analyze, last_autoanalyze) IS NULL THEN pg_total_relation_size(relid)
            ELSE least(pg_total_relation_size(relid), n_live_tup * (28 + coalesce((
                SELECT sum(avg_width) FROM pg_stats
                WHERE pg_stats.schemaname = 'assize' AND tablename = relname
            ), 0)))
        END), 0)::int8
        FROM pg_stat_user_tables WHERE schemaname = 'assize'";
    let row = link.row(query, &[]).await?;
    Ok(row.map_or(Ok(0), |row| number(&row, 0))?)
}

pub(super) async fn key(link: &Link, id: &str) -> Result<Option<String>, Failure> {
    if !storable(id) {
        return Ok(None);
    }
    let query = "SELECT record FROM assize.api_key WHERE id = $1";
    let row = link.row(query, &[&id]).await?;
    Ok(row.map(|row| text(&row, 0)).transpose()?)
}

pub(super) async fn keys(link: &Link) -> Result<Vec<String>, Failure> {
    let rows = link
        .rows("SELECT record FROM assize.api_key ORDER BY id", &[])
        .await?;
    Ok(rows
        .iter()
        .map(|row| text(row, 0))
        .collect::<Result<_, _>>()?)
}
