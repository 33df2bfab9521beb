//! The storage of one object as a store of one session. Every statement is safe before the answer leaves.
//!
//! A change first writes the new snapshot beside the old one, then points to it in one statement, then forgets the
//! old one: whatever fails in between, the session is as it was before, or as it is now.

use assize_service::{
    GovernorKind, Replaced, SessionRecord, SessionStore, StoreError, StoreFuture, ready,
};
use std::sync::atomic::{AtomicBool, Ordering};
use worker::{SqlStorage, SqlStorageValue, State};

/// A row holds 2 MB at most, and a session may be larger: its snapshot is kept in parts.
const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS session (
        one INTEGER PRIMARY KEY CHECK (one = 0),
        kind TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        updated_ms INTEGER NOT NULL
    )",
    "CREATE TABLE IF NOT EXISTS part (
        sequence INTEGER NOT NULL,
        number INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (sequence, number)
    )",
];
const PART_BYTES: usize = 1024 * 1024;
/// Every part but those of the session as it is.
const FORGET: &str = "DELETE FROM part WHERE sequence IS NOT (SELECT sequence FROM session)";

pub(crate) struct SqlStore {
    sql: SqlStorage,
    /// The session that may be in it.
    id: String,
    /// Whether something was stored since this was last asked.
    changed: AtomicBool,
}

impl SqlStore {
    pub(crate) fn open(state: &State, id: String) -> Self {
        let sql = state.storage().sql();
        Self {
            sql,
            id,
            changed: AtomicBool::new(false),
        }
    }

    pub(crate) fn take_changed(&self) -> bool {
        self.changed.swap(false, Ordering::Relaxed)
    }

    /// Whether a session was ever written. An object that was only asked for leaves nothing behind.
    fn is_made(&self) -> Result<bool, StoreError> {
        let query = "SELECT 1 FROM sqlite_master WHERE name = 'session'";
        Ok(self.rows(query)?.next().is_some())
    }

    fn run(&self, query: &str, values: Vec<SqlStorageValue>) -> Result<(), StoreError> {
        self.sql.exec(query, values).map(drop).map_err(failed)
    }

    fn rows(
        &self,
        query: &str,
    ) -> Result<impl Iterator<Item = Result<Vec<SqlStorageValue>, StoreError>>, StoreError> {
        let cursor = self.sql.exec(query, None).map_err(failed)?;
        Ok(cursor.raw().map(|row| row.map_err(failed)))
    }

    fn exists(&self, id: &str) -> Result<bool, StoreError> {
        Ok(
            id == self.id
                && self.is_made()?
                && self.rows("SELECT 1 FROM session")?.next().is_some(),
        )
    }

    fn read(&self, id: &str) -> Result<Option<SessionRecord>, StoreError> {
        if !self.exists(id)? {
            return Ok(None);
        }
        let mut snapshot = Vec::new();
        let parts =
            "SELECT part.bytes FROM session JOIN part USING (sequence) ORDER BY part.number";
        for row in self.rows(parts)? {
            match row?.as_slice() {
                [SqlStorageValue::Blob(bytes)] => snapshot.extend_from_slice(bytes),
                _ => return Err(damaged("a part is no bytes")),
            }
        }
        let query = "SELECT kind, sequence, created_ms, updated_ms FROM session";
        match self.rows(query)?.next() {
            Some(row) => record(&row?, snapshot).map(Some),
            None => Ok(None),
        }
    }

    fn sequence(&self, id: &str) -> Result<Option<u64>, StoreError> {
        if !self.exists(id)? {
            return Ok(None);
        }
        match self.rows("SELECT sequence FROM session")?.next() {
            Some(row) => match row?.as_slice() {
                [sequence] => number(sequence).map(Some),
                _ => Err(damaged("its sequence is missing")),
            },
            None => Ok(None),
        }
    }

    fn write(&self, record: &SessionRecord) -> Result<(), StoreError> {
        // What an earlier change left that failed in between.
        self.run(FORGET, Vec::new())?;
        for (number, part) in (0_i32..).zip(record.snapshot.chunks(PART_BYTES)) {
            let values = vec![whole(record.sequence)?, number.into(), part.to_vec().into()];
            self.run("INSERT INTO part VALUES (?, ?, ?)", values)?;
        }
        let values = vec![
            record.kind.as_str().into(),
            whole(record.sequence)?,
            whole(record.created_ms)?,
            whole(record.updated_ms)?,
        ];
        self.run(
            "INSERT OR REPLACE INTO session VALUES (0, ?, ?, ?, ?)",
            values,
        )?;
        self.changed.store(true, Ordering::Relaxed);
        // The change is made, whether or not the old parts can be forgotten now.
        let _ = self.run(FORGET, Vec::new());
        Ok(())
    }
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}

fn record(row: &[SqlStorageValue], snapshot: Vec<u8>) -> Result<SessionRecord, StoreError> {
    let [
        SqlStorageValue::String(kind),
        sequence,
        created_ms,
        updated_ms,
    ] = row
    else {
        return Err(damaged("its row has another shape"));
    };
    let kind = GovernorKind::ALL
        .into_iter()
        .find(|known| known.as_str() == kind);
    Ok(SessionRecord {
        kind: kind.ok_or_else(|| damaged("its kind is unknown"))?,
        snapshot: snapshot.into(),
        sequence: number(sequence)?,
        created_ms: number(created_ms)?,
        updated_ms: number(updated_ms)?,
    })
}

fn number(value: &SqlStorageValue) -> Result<u64, StoreError> {
    match value {
        SqlStorageValue::Integer(number) => {
            u64::try_from(*number).map_err(|_| damaged("a number is negative"))
        }
        SqlStorageValue::Float(number) => Ok(*number as u64),
        _ => Err(damaged("a number is none")),
    }
}

fn whole(number: u64) -> Result<SqlStorageValue, StoreError> {
    let number = i64::try_from(number).map_err(|error| StoreError::Failed(error.to_string()))?;
    SqlStorageValue::try_from_i64(number).map_err(failed)
}

#[expect(clippy::needless_pass_by_value, reason = "the argument of `map_err`")]
fn failed(error: worker::Error) -> StoreError {
    StoreError::from_text(error.to_string())
}

impl SessionStore for SqlStore {
    fn create<'a>(&'a self, id: &'a str, record: SessionRecord) -> StoreFuture<'a, ()> {
        if id != self.id {
            return ready(Err(StoreError::Failed(format!("`{id}` lives elsewhere"))));
        }
        let create = || {
            for table in TABLES {
                self.run(table, Vec::new())?;
            }
            self.write(&record)
        };
        ready(create())
    }

    fn load<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<SessionRecord>> {
        ready(self.read(id))
    }

    fn replace<'a>(&'a self, id: &'a str, record: SessionRecord) -> StoreFuture<'a, Replaced> {
        let replace = || match self.sequence(id)? {
            None => Ok(Replaced::Missing),
            Some(current) if current.checked_add(1) != Some(record.sequence) => {
                Ok(Replaced::Changed)
            }
            Some(_) => self.write(&record).map(|()| Replaced::Stored),
        };
        ready(replace())
    }

    /// Also of a session that is damaged.
    fn delete<'a>(&'a self, id: &'a str) -> StoreFuture<'a, bool> {
        let delete = || {
            let found = self.exists(id)?;
            for table in ["session", "part"] {
                self.run(&format!("DROP TABLE IF EXISTS {table}"), Vec::new())?;
            }
            Ok(found)
        };
        ready(delete())
    }

    fn count(&self) -> Option<u64> {
        None
    }
}
