//! The tables, and how older files become as they are now.

use super::{BUSY, Synchronous};
use rusqlite::{Connection, TransactionBehavior};

/// `ASZE`: tells files of this program from others.
const APPLICATION: i64 = 0x4153_5A45;

const PAGE_BYTES: u32 = 16 * 1024;
const LOG_PAGES: u32 = 4 * 1024 * 1024 / PAGE_BYTES;

/// What brings a file from one format to the next; never changed once it is released.
const MIGRATIONS: [&str; 1] = [
    // An event's key is its chain's number times 2^32 plus its sequence: one tree, each chain in one piece.
    "CREATE TABLE chain (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        tenant TEXT NOT NULL,
        engine TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        hash BLOB NOT NULL,
        created_ms INTEGER NOT NULL,
        updated_ms INTEGER NOT NULL,
        closed INTEGER NOT NULL,
        marked INTEGER NOT NULL DEFAULT -1,
        tombstone TEXT
    ) STRICT;
    CREATE INDEX chain_open ON chain (kind) WHERE closed = 0;
    CREATE INDEX chain_unmarked ON chain (id) WHERE marked < sequence;
    CREATE TABLE event (id INTEGER PRIMARY KEY, line TEXT NOT NULL) STRICT;
    CREATE TABLE snapshot (chain INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
    CREATE TABLE checkpoint (number INTEGER PRIMARY KEY, record TEXT NOT NULL) STRICT;
    CREATE TABLE api_key (id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE VIEW journal AS
        SELECT chain.name AS chain, event.id & 4294967295 AS sequence, chain.tenant, event.line
        FROM event JOIN chain ON chain.id = event.id >> 32;",
];

pub(super) enum MigrateError {
    Sqlite(rusqlite::Error),
    TooNew { found: i64, known: i64 },
    Foreign,
}

impl From<rusqlite::Error> for MigrateError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// What holds for one connection.
pub(super) fn set_up(connection: &Connection, synchronous: Synchronous) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    // For a new file only. An event takes some two thousand bytes: in small pages, a fifth would be left empty.
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // 4 MiB: what the log takes beside the file must fit on a disk that is nearly full.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES, |_| Ok(()))?;
    let synchronous = match synchronous {
        Synchronous::Full => "full",
        Synchronous::Normal => "normal",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    // On systems whose usual flush stops at the disk's own memory.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    // What was removed, as old or with its session, is not left in free pages.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

pub(super) fn migrate(connection: &mut Connection) -> Result<(), MigrateError> {
    let known = MIGRATIONS.len() as i64;
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    // On a full disk, nothing can be written, and nothing needs to be.
    if number("application_id")? == APPLICATION && number("user_version")? == known {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let number =
        |name: &str| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 =
        transaction.query_row("SELECT count(*) FROM sqlite_master", (), |row| row.get(0))?;
    if application != APPLICATION && tables > 0 {
        return Err(MigrateError::Foreign);
    }
    if version > known {
        return Err(MigrateError::TooNew {
            found: version,
            known,
        });
    }
    for migration in MIGRATIONS
        .iter()
        .skip(usize::try_from(version).unwrap_or(0))
    {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}
