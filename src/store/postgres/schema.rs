//! The tables, and how older databases become as they are now.

use super::link::{Failure, Link};
use assize_journal::StoreError;

/// `ASZE`: processes that migrate one database wait for each other under this number.
const LOCK: i64 = 0x4153_5A45;
/// The oldest server that is known to do.
const OLDEST_SERVER: i32 = 120_000;

/// What brings a database from one format to the next; never changed once it is released.
const MIGRATIONS: [&str; 1] = [concat!(
    include_str!("schema/tables.sql"),
    include_str!("schema/take.sql")
)];

/// Why a database can't be used.
#[derive(Debug)]
pub(super) enum MigrateError {
    Store(StoreError),
    TooNew { found: i64, known: i64 },
    Unfit(String),
}

impl From<Failure> for MigrateError {
    fn from(failure: Failure) -> Self {
        Self::Store(failure.into())
    }
}

impl From<tokio_postgres::Error> for MigrateError {
    fn from(error: tokio_postgres::Error) -> Self {
        Failure::from(error).into()
    }
}

/// Brings a database to this version's format. Where it has it, nothing is changed and no right to change is needed.
pub(super) async fn migrate(link: &Link) -> Result<(), MigrateError> {
    let query =
        "SELECT current_setting('server_version_num')::int4, current_setting('server_encoding')";
    let row = link.client.query_one(query, &[]).await?;
    let (server, encoding): (i32, String) = (row.try_get(0)?, row.try_get(1)?);
    if server < OLDEST_SERVER {
        return Err(MigrateError::Unfit(format!(
            "the server must be PostgreSQL 12 or later, and is {}",
            server / 10_000
        )));
    }
    if encoding != "UTF8" {
        return Err(MigrateError::Unfit(format!(
            "the database must be encoded in UTF8, and is in {encoding}"
        )));
    }
    let known = MIGRATIONS.len() as i64;
    if version(link).await? == known {
        return Ok(());
    }
    let begin = format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK})");
    link.client.batch_execute(&begin).await?;
    // Another process may have done it meanwhile.
    let version = version(link).await?;
    let missing = MIGRATIONS.iter().enumerate();
    for (number, migration) in missing.skip(usize::try_from(version).unwrap_or(0)) {
        link.client.batch_execute(migration).await?;
        let number = number as i64 + 1;
        let query = "INSERT INTO assize.migration (version) VALUES ($1)";
        link.client.execute(query, &[&number]).await?;
    }
    link.client.batch_execute("COMMIT").await?;
    Ok(())
}

/// The format that a database has; 0 where it has none.
async fn version(link: &Link) -> Result<i64, MigrateError> {
    let query = "SELECT
        EXISTS (SELECT FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
            WHERE nspname = 'assize' AND relname = 'migration'),
        EXISTS (SELECT FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname = 'assize')";
    let row = link.client.query_one(query, &[]).await?;
    let (ours, used): (bool, bool) = (row.try_get(0)?, row.try_get(1)?);
    if !ours && used {
        let text = "the schema `assize` in it is of another program";
        return Err(MigrateError::Unfit(text.to_owned()));
    }
    if !ours {
        return Ok(0);
    }
    let query = "SELECT coalesce(max(version), 0) FROM assize.migration";
    let found: i64 = link.client.query_one(query, &[]).await?.try_get(0)?;
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(MigrateError::TooNew { found, known });
    }
    Ok(found)
}
