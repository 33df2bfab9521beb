//! Changes that are no appends, each in one statement and so wholly or not at all.

use super::link::{Failure, Link};
use super::read::{column, damaged};
use super::write::whole;
use assize_journal::{Checkpoint, Head, StoreError, Tombstone};
use tokio_postgres::types::ToSql;

fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(damaged)
}

/// Whether a statement that counts what it did did something.
async fn did(
    link: &Link,
    query: &'static str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<bool, Failure> {
    match link.row(query, values).await? {
        Some(row) => Ok(column(&row, 0)?),
        None => Ok(false),
    }
}

pub(super) async fn bury(link: &Link, tombstone: &Tombstone) -> Result<(), Failure> {
    let query = "WITH buried AS (
            UPDATE assize.chain SET tombstone = $3
            WHERE name = $1 AND coalesce((tombstone::json->>'sequence')::int8, -1) < $2 RETURNING id
        )
        DELETE FROM assize.event USING buried WHERE event.chain = buried.id AND event.sequence <= $2";
    let sequence = whole(tombstone.sequence)?;
    link.rows(query, &[&tombstone.chain, &sequence, &json(tombstone)?])
        .await?;
    Ok(())
}

pub(super) async fn adopt(
    link: &Link,
    head: &Head,
    tombstone: &Tombstone,
) -> Result<bool, Failure> {
    let query = "WITH adopted AS (
            INSERT INTO assize.chain
                (name, kind, tenant, engine, sequence, hash, created_ms, updated_ms, closed, tombstone)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (name) DO NOTHING RETURNING id, kind, closed
        ), kept AS (
            INSERT INTO assize.snapshot SELECT id, $11::int8, $12::bytea FROM adopted WHERE $12::bytea IS NOT NULL
        ), counted AS (
            UPDATE assize.open_sessions SET amount = amount + 1
            WHERE slot = pg_backend_pid() % 16
                AND EXISTS (SELECT FROM adopted WHERE kind = 'session' AND NOT closed)
        )
        SELECT EXISTS (SELECT FROM adopted)";
    did(
        link,
        query,
        &[
            &head.chain.as_ref(),
            &head.kind.as_str(),
            &head.tenant.as_ref(),
            &head.engine.as_ref(),
            &whole(head.sequence)?,
            &head.hash.as_bytes().as_slice(),
            &whole(head.created_ms)?,
            &whole(head.updated_ms)?,
            &head.closed,
            &json(tombstone)?,
            &whole(tombstone.sequence)?,
            &tombstone.state()?,
        ],
    )
    .await
}

pub(super) async fn add_checkpoint(link: &Link, checkpoint: &Checkpoint) -> Result<bool, Failure> {
    // Chains are locked by name, as appends lock them.
    let query = "WITH added AS (
            INSERT INTO assize.checkpoint
            SELECT $1, $2 WHERE $1 = (SELECT coalesce(max(number) + 1, 0) FROM assize.checkpoint)
            ON CONFLICT DO NOTHING RETURNING number
        ), named AS (
            SELECT chain.id, mark.sequence
            FROM unnest($3::text[], $4::int8[]) AS mark (name, sequence) JOIN assize.chain USING (name)
            WHERE EXISTS (SELECT FROM added)
            ORDER BY chain.name FOR UPDATE OF chain
        ), marked AS (
            UPDATE assize.chain SET
                marked = greatest(marked, named.sequence),
                unmarked = greatest(marked, named.sequence) < chain.sequence
            FROM named WHERE chain.id = named.id
        )
        SELECT EXISTS (SELECT FROM added)";
    let names: Vec<&str> = checkpoint
        .marks
        .iter()
        .map(|mark| mark.chain.as_str())
        .collect();
    let sequences = checkpoint.marks.iter().map(|mark| whole(mark.sequence));
    let sequences = sequences.collect::<Result<Vec<_>, _>>()?;
    let number = whole(checkpoint.number)?;
    did(
        link,
        query,
        &[&number, &json(checkpoint)?, &names, &sequences],
    )
    .await
}

pub(super) async fn put_key(link: &Link, id: &str, record: &str) -> Result<(), Failure> {
    let query = "INSERT INTO assize.api_key VALUES ($1, $2)
        ON CONFLICT (id) DO UPDATE SET record = excluded.record";
    link.rows(query, &[&id, &record]).await?;
    Ok(())
}

/// Removes quotas of clients that nothing is counted for any more; those in use are left.
pub(super) async fn evict(link: &Link) -> Result<(), Failure> {
    let query = "DELETE FROM assize.quota WHERE client IN (
            SELECT client FROM assize.quota
            WHERE idle_ms < extract(epoch FROM clock_timestamp()) * 1000
            FOR UPDATE SKIP LOCKED
        )";
    link.rows(query, &[]).await?;
    Ok(())
}
