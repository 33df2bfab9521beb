//! The storage of one object as a store of what lives in it. Every statement is safe before the answer leaves.
//!
//! A change first writes its event, and the new state where there is one, then makes both part of the chain in one
//! statement, then forgets the old state: whatever fails in between, the chain is as it was before, or as it is now.

use assize_edge::check_size;
use assize_service::{
    Append, Appended, ChainKind, Hash, Head, Store, StoreError, StoreFuture, Stored, ready,
};
use std::sync::atomic::{AtomicBool, Ordering};
use worker::{SqlStorage, SqlStorageValue, State};

/// A row holds 2 MB at most, and an event or a state may be larger: they are kept in parts.
const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS session (
        chain TEXT PRIMARY KEY,
        tenant TEXT NOT NULL,
        engine TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        hash TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        updated_ms INTEGER NOT NULL,
        closed INTEGER NOT NULL,
        snapshot INTEGER NOT NULL
    )",
    "CREATE TABLE IF NOT EXISTS part (
        chain TEXT NOT NULL,
        content TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        number INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (chain, content, sequence, number)
    )",
];
const EVENT: &str = "event";
const SNAPSHOT: &str = "snapshot";
const PART_BYTES: usize = 1024 * 1024;
/// Loaded, rules take some 25 times their bytes, and a Worker has 128 MB.
const MOST_KNOWLEDGE_BYTES: usize = 4 * 1024 * 1024;
/// What an earlier change left that failed in between.
const FORGET_UNDONE: &str = "DELETE FROM part WHERE chain = ?1
    AND sequence > coalesce((SELECT sequence FROM session WHERE chain = ?1), -1)";
/// Every state but the one that the chain has; a chain that ended has none.
const FORGET_STATES: &str = "DELETE FROM part WHERE chain = ?1 AND content = 'snapshot'
    AND (sequence IS NOT (SELECT snapshot FROM session WHERE chain = ?1)
        OR (SELECT closed FROM session WHERE chain = ?1))";

/// What an object holds.
#[derive(Debug)]
pub(crate) enum Holds {
    /// The session of this name.
    Session(String),
    /// All knowledge bases of this tenant.
    Knowledge(String),
}

impl Holds {
    fn has(&self, tenant: &str, chain: &str) -> bool {
        match self {
            Self::Session(name) => name == chain,
            Self::Knowledge(name) => name == tenant,
        }
    }
}

pub(crate) struct SqlStore {
    sql: SqlStorage,
    holds: Holds,
    /// Whether something was stored since this was last asked.
    changed: AtomicBool,
}

impl SqlStore {
    pub(crate) fn open(state: &State, holds: Holds) -> Self {
        let sql = state.storage().sql();
        Self {
            sql,
            holds,
            changed: AtomicBool::new(false),
        }
    }

    pub(crate) fn take_changed(&self) -> bool {
        self.changed.swap(false, Ordering::Relaxed)
    }

    /// Whether anything was ever written. An object that was only asked for leaves nothing behind.
    fn is_made(&self) -> Result<bool, StoreError> {
        let query = "SELECT 1 FROM sqlite_master WHERE name = 'session'";
        Ok(self.rows(query, Vec::new())?.next().is_some())
    }

    fn run(&self, query: &str, values: Vec<SqlStorageValue>) -> Result<(), StoreError> {
        self.sql.exec(query, values).map(drop).map_err(failed)
    }

    fn rows(
        &self,
        query: &str,
        values: Vec<SqlStorageValue>,
    ) -> Result<impl Iterator<Item = Result<Vec<SqlStorageValue>, StoreError>>, StoreError> {
        let cursor = self.sql.exec(query, values).map_err(failed)?;
        Ok(cursor.raw().map(|row| row.map_err(failed)))
    }

    /// Where a chain stands, and the event after which its state was kept.
    fn head(&self, chain: &str) -> Result<Option<(Head, u64)>, StoreError> {
        if !self.is_made()? {
            return Ok(None);
        }
        let query =
            "SELECT tenant, engine, sequence, hash, created_ms, updated_ms, closed, snapshot
            FROM session WHERE chain = ?";
        match self.rows(query, vec![chain.into()])?.next() {
            Some(row) => head(chain, &row?).map(Some),
            None => Ok(None),
        }
    }

    fn read(&self, tenant: &str, chain: &str) -> Result<Option<Stored>, StoreError> {
        let found = if self.holds.has(tenant, chain) {
            self.head(chain)?
        } else {
            None
        };
        let Some((head, snapshot)) = found else {
            return Ok(None);
        };
        if head.closed || head.tenant.as_ref() != tenant {
            return Ok(None);
        }
        let state = self.content(chain, SNAPSHOT, snapshot)?;
        let mut tail = Vec::new();
        for sequence in snapshot + 1..=head.sequence {
            let line = String::from_utf8(self.content(chain, EVENT, sequence)?);
            tail.push(line.map_err(|_| damaged("an event is no text"))?);
        }
        Ok(Some(Stored {
            head,
            snapshot: Some((snapshot, state.into())),
            tail,
        }))
    }

    /// Content from its parts.
    fn content(&self, chain: &str, content: &str, sequence: u64) -> Result<Vec<u8>, StoreError> {
        let query = "SELECT bytes FROM part WHERE chain = ? AND content = ? AND sequence = ? ORDER BY number";
        let values = vec![chain.into(), content.into(), whole(sequence)?];
        let mut bytes = Vec::new();
        for row in self.rows(query, values)? {
            match row?.as_slice() {
                [SqlStorageValue::Blob(part)] => bytes.extend_from_slice(part),
                _ => return Err(damaged("a part is no bytes")),
            }
        }
        Ok(bytes)
    }

    fn write_parts(&self, head: &Head, content: &str, bytes: &[u8]) -> Result<(), StoreError> {
        for (number, part) in (0_i32..).zip(bytes.chunks(PART_BYTES)) {
            let values = vec![
                head.chain.as_ref().into(),
                content.into(),
                whole(head.sequence)?,
                number.into(),
                part.to_vec().into(),
            ];
            self.run("INSERT INTO part VALUES (?, ?, ?, ?, ?)", values)?;
        }
        Ok(())
    }

    fn write(&self, append: &Append) -> Result<Appended, StoreError> {
        let head = &append.head;
        if !self.holds.has(&head.tenant, &head.chain) {
            return Err(StoreError::Failed(format!(
                "`{}` lives elsewhere",
                head.chain
            )));
        }
        check_size(append, MOST_KNOWLEDGE_BYTES)?;
        let held = self.head(&head.chain)?;
        if !append.follows(held.as_ref().map(|(head, _)| head)) {
            return Ok(Appended::Changed);
        }
        if !self.is_made()? {
            for table in TABLES {
                self.run(table, Vec::new())?;
            }
        }
        self.run(FORGET_UNDONE, vec![head.chain.as_ref().into()])?;
        self.write_parts(head, EVENT, append.line.as_bytes())?;
        let mut kept = held.map_or(0, |(_, kept)| kept);
        if let Some(snapshot) = &append.snapshot {
            self.write_parts(head, SNAPSHOT, snapshot)?;
            kept = head.sequence;
        }
        self.write_head(head, kept)?;
        self.changed.store(true, Ordering::Relaxed);
        // The change is made, whether or not the old state can be forgotten now.
        let _ = self.run(FORGET_STATES, vec![head.chain.as_ref().into()]);
        Ok(Appended::Stored)
    }

    fn write_head(&self, head: &Head, kept: u64) -> Result<(), StoreError> {
        let values = vec![
            head.chain.as_ref().into(),
            head.tenant.as_ref().into(),
            head.engine.as_ref().into(),
            whole(head.sequence)?,
            head.hash.to_string().into(),
            whole(head.created_ms)?,
            whole(head.updated_ms)?,
            i32::from(head.closed).into(),
            whole(kept)?,
        ];
        self.run(
            "INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
    }
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}

fn head(chain: &str, row: &[SqlStorageValue]) -> Result<(Head, u64), StoreError> {
    let [
        SqlStorageValue::String(tenant),
        SqlStorageValue::String(engine),
        sequence,
        SqlStorageValue::String(hash),
        created_ms,
        updated_ms,
        closed,
        snapshot,
    ] = row
    else {
        return Err(damaged("its row has another shape"));
    };
    let hash: Hash = hash.parse().map_err(|_| damaged("its hash is none"))?;
    let head = Head {
        chain: chain.into(),
        kind: ChainKind::Session,
        tenant: tenant.as_str().into(),
        engine: engine.as_str().into(),
        sequence: number(sequence)?,
        hash,
        created_ms: number(created_ms)?,
        updated_ms: number(updated_ms)?,
        closed: number(closed)? != 0,
    };
    Ok((head, number(snapshot)?))
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

impl Store for SqlStore {
    fn append(&self, append: Append) -> StoreFuture<'_, Appended> {
        ready(self.write(&append))
    }

    fn load<'a>(&'a self, tenant: &'a str, chain: &'a str) -> StoreFuture<'a, Option<Stored>> {
        ready(self.read(tenant, chain))
    }

    fn count(&self) -> StoreFuture<'_, Option<u64>> {
        ready(Ok(None))
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        ready(self.is_made().map(drop))
    }
}
