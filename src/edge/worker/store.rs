//! The storage of one object as a store of one session. Every statement is safe before the answer leaves.

use assize_service::{
    GovernorKind, Replaced, SessionRecord, SessionStore, StoreError, StoreFuture,
};
use worker::{SqlStorage, SqlStorageValue, State};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS session (
    one INTEGER PRIMARY KEY CHECK (one = 0),
    kind TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    snapshot BLOB NOT NULL
)";

pub(crate) struct SqlStore {
    sql: SqlStorage,
    /// The session that may be in it.
    id: String,
}

impl SqlStore {
    pub(crate) fn open(state: &State, id: String) -> Self {
        let sql = state.storage().sql();
        Self { sql, id }
    }

    /// Whether a session was ever written. An object that was only asked for leaves nothing behind.
    pub(crate) fn is_made(&self) -> Result<bool, StoreError> {
        let query = "SELECT 1 FROM sqlite_master WHERE name = 'session'";
        let cursor = self.sql.exec(query, None).map_err(failed)?;
        Ok(cursor.raw().next().is_some())
    }

    fn run(&self, query: &str, values: Vec<SqlStorageValue>) -> Result<usize, StoreError> {
        let cursor = self.sql.exec(query, values).map_err(failed)?;
        Ok(cursor.rows_written())
    }

    fn read(&self, id: &str) -> Result<Option<SessionRecord>, StoreError> {
        if id != self.id || !self.is_made()? {
            return Ok(None);
        }
        let query = "SELECT kind, sequence, created_ms, updated_ms, snapshot FROM session";
        let cursor = self.sql.exec(query, None).map_err(failed)?;
        let Some(row) = cursor.raw().next() else {
            return Ok(None);
        };
        record(&row.map_err(failed)?).map(Some)
    }

    fn write(&self, record: &SessionRecord) -> Result<(), StoreError> {
        let query = "INSERT OR REPLACE INTO session VALUES (0, ?, ?, ?, ?, ?)";
        let values = vec![
            record.kind.as_str().into(),
            whole(record.sequence)?,
            whole(record.created_ms)?,
            whole(record.updated_ms)?,
            record.snapshot.to_vec().into(),
        ];
        self.run(query, values).map(drop)
    }
}

fn record(row: &[SqlStorageValue]) -> Result<SessionRecord, StoreError> {
    let damaged = || StoreError::Failed("the stored session is damaged".to_owned());
    let [
        SqlStorageValue::String(kind),
        sequence,
        created_ms,
        updated_ms,
        SqlStorageValue::Blob(snapshot),
    ] = row
    else {
        return Err(damaged());
    };
    let number = |value: &SqlStorageValue| match value {
        SqlStorageValue::Integer(number) => u64::try_from(*number).map_err(|_| damaged()),
        SqlStorageValue::Float(number) => Ok(*number as u64),
        _ => Err(damaged()),
    };
    let kind = GovernorKind::ALL
        .into_iter()
        .find(|known| known.as_str() == kind);
    Ok(SessionRecord {
        kind: kind.ok_or_else(damaged)?,
        snapshot: snapshot.as_slice().into(),
        sequence: number(sequence)?,
        created_ms: number(created_ms)?,
        updated_ms: number(updated_ms)?,
    })
}

fn whole(number: u64) -> Result<SqlStorageValue, StoreError> {
    let number = i64::try_from(number).map_err(|error| StoreError::Failed(error.to_string()))?;
    SqlStorageValue::try_from_i64(number).map_err(failed)
}

#[expect(clippy::needless_pass_by_value, reason = "the argument of `map_err`")]
fn failed(error: worker::Error) -> StoreError {
    StoreError::Failed(error.to_string())
}

/// The storage answers at once; what is written is safe before the object's answer leaves.
fn ready<'a, T: Send + 'a>(result: Result<T, StoreError>) -> StoreFuture<'a, T> {
    Box::pin(std::future::ready(result))
}

impl SessionStore for SqlStore {
    fn create<'a>(&'a self, id: &'a str, record: SessionRecord) -> StoreFuture<'a, ()> {
        if id != self.id {
            return ready(Err(StoreError::Failed(format!("`{id}` lives elsewhere"))));
        }
        let created = self.run(TABLE, Vec::new());
        ready(created.and_then(|_| self.write(&record)))
    }

    fn load<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<SessionRecord>> {
        ready(self.read(id))
    }

    fn replace<'a>(&'a self, id: &'a str, record: SessionRecord) -> StoreFuture<'a, Replaced> {
        let replaced = || match self.read(id)? {
            None => Ok(Replaced::Missing),
            Some(current) if current.sequence.checked_add(1) != Some(record.sequence) => {
                Ok(Replaced::Changed)
            }
            Some(_) => self.write(&record).map(|()| Replaced::Stored),
        };
        ready(replaced())
    }

    fn delete<'a>(&'a self, id: &'a str) -> StoreFuture<'a, bool> {
        let deleted = || {
            let found = self.read(id)?.is_some();
            self.run("DROP TABLE IF EXISTS session", Vec::new())?;
            Ok(found)
        };
        ready(deleted())
    }

    fn count(&self) -> Option<u64> {
        None
    }
}
