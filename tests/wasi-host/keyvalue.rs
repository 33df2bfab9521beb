//! `wasi:keyvalue@0.2.0-draft2` over one table of SQLite, as Spin has it: a value is in the file, and the file on
//! the disk, before a call returns.

use crate::guest::State;
use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, params};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wasmtime::component::{HasSelf, Linker, Resource};

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "wasi:keyvalue/imports",
        with: {
            "wasi:keyvalue/store.bucket": super::Bucket,
            "wasi:keyvalue/atomics.cas": super::Swap,
        },
        imports: { default: trappable },
    });
}

use bindings::wasi::keyvalue::{atomics, store};

/// Where a store is, and how much it may take.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) file: PathBuf,
    /// The most pages of 4 KiB.
    pub(crate) pages: Option<u32>,
}

/// The store `default`.
#[derive(Clone)]
pub(crate) struct Database(Arc<Mutex<Connection>>);

impl Database {
    pub(crate) fn open(options: &Options) -> Result<Self> {
        let file = &options.file;
        let connection = Connection::open(file)
            .with_context(|| format!("the store {} can't be opened", file.display()))?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        if let Some(pages) = options.pages {
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS value (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT",
        )?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Each statement is a transaction of its own: a panic elsewhere leaves nothing half done.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, rusqlite::Error> {
        self.connection()
            .prepare_cached("SELECT value FROM value WHERE key = ?1")?
            .query_row([key], |row| row.get(0))
            .optional()
    }

    fn run(
        &self,
        statement: &str,
        values: impl rusqlite::Params,
    ) -> Result<usize, rusqlite::Error> {
        self.connection().prepare_cached(statement)?.execute(values)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<usize, rusqlite::Error> {
        self.run(
            "INSERT OR REPLACE INTO value VALUES (?1, ?2)",
            params![key, value],
        )
    }

    /// Puts `value` in the place of `expected`; false where something else is there.
    fn swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
    ) -> Result<bool, rusqlite::Error> {
        let changed = match expected {
            Some(expected) => self.run(
                "UPDATE value SET value = ?3 WHERE key = ?1 AND value = ?2",
                params![key, expected, value],
            ),
            None => self.run(
                "INSERT OR IGNORE INTO value VALUES (?1, ?2)",
                params![key, value],
            ),
        }?;
        Ok(changed == 1)
    }
}

pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    store::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    atomics::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
}

/// An open store.
#[expect(unreachable_pub, reason = "the bindings name it")]
pub struct Bucket(Database);

/// A change that is begun: what is to be replaced is what was read last.
#[expect(unreachable_pub, reason = "the bindings name it")]
pub struct Swap {
    database: Database,
    key: String,
    current: Option<Vec<u8>>,
}

impl Swap {
    fn begin(database: Database, key: String) -> Result<Self, rusqlite::Error> {
        let current = database.get(&key)?;
        Ok(Self {
            database,
            key,
            current,
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the argument of `map_err`")]
fn other(error: rusqlite::Error) -> store::Error {
    store::Error::Other(error.to_string())
}

impl store::Host for State {
    fn open(&mut self, name: String) -> wasmtime::Result<Result<Resource<Bucket>, store::Error>> {
        let Some(database) = self.database.clone().filter(|_| name == "default") else {
            return Ok(Err(store::Error::NoSuchStore));
        };
        Ok(Ok(self.table.push(Bucket(database))?))
    }
}

impl store::HostBucket for State {
    fn get(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, store::Error>> {
        Ok(self.table.get(&bucket)?.0.get(&key).map_err(other))
    }

    fn set(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), store::Error>> {
        let set = self.table.get(&bucket)?.0.set(&key, &value);
        Ok(set.map(drop).map_err(other))
    }

    fn delete(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
    ) -> wasmtime::Result<Result<(), store::Error>> {
        let database = &self.table.get(&bucket)?.0;
        let deleted = database.run("DELETE FROM value WHERE key = ?1", [key]);
        Ok(deleted.map(drop).map_err(other))
    }

    fn exists(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
    ) -> wasmtime::Result<Result<bool, store::Error>> {
        let found = self.table.get(&bucket)?.0.get(&key);
        Ok(found.map(|value| value.is_some()).map_err(other))
    }

    fn list_keys(
        &mut self,
        bucket: Resource<Bucket>,
        _: Option<String>,
    ) -> wasmtime::Result<Result<store::KeyResponse, store::Error>> {
        let connection = self.table.get(&bucket)?.0.connection();
        let keys = connection
            .prepare_cached("SELECT key FROM value ORDER BY key")
            .and_then(|mut query| query.query_map([], |row| row.get(0))?.collect());
        let keys = keys.map(|keys| store::KeyResponse { keys, cursor: None });
        Ok(keys.map_err(other))
    }

    fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl atomics::Host for State {
    fn increment(
        &mut self,
        _: Resource<Bucket>,
        _: String,
        _: i64,
    ) -> wasmtime::Result<Result<i64, store::Error>> {
        let text = "this host has no `increment`: nothing here uses it".to_owned();
        Ok(Err(store::Error::Other(text)))
    }

    fn swap(
        &mut self,
        handle: Resource<Swap>,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), atomics::CasError>> {
        let Swap {
            database,
            key,
            current,
        } = self.table.delete(handle)?;
        let failed = |error| Ok(Err(atomics::CasError::StoreError(other(error))));
        match database.swap(&key, current.as_deref(), &value) {
            Ok(true) => Ok(Ok(())),
            Ok(false) => match Swap::begin(database, key) {
                Ok(again) => Ok(Err(atomics::CasError::CasFailed(self.table.push(again)?))),
                Err(error) => failed(error),
            },
            Err(error) => failed(error),
        }
    }
}

impl atomics::HostCas for State {
    fn new(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
    ) -> wasmtime::Result<Result<Resource<Swap>, store::Error>> {
        let database = self.table.get(&bucket)?.0.clone();
        match Swap::begin(database, key) {
            Ok(begun) => Ok(Ok(self.table.push(begun)?)),
            Err(error) => Ok(Err(other(error))),
        }
    }

    fn current(
        &mut self,
        handle: Resource<Swap>,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, store::Error>> {
        let begun = self.table.get_mut(&handle)?;
        let read = begun.database.get(&begun.key);
        if let Ok(current) = &read {
            begun.current.clone_from(current);
        }
        Ok(read.map_err(other))
    }

    fn drop(&mut self, handle: Resource<Swap>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}
