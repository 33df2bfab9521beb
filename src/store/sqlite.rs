//! One file. A thread of its own writes, in groups; readers have connections of their own.

mod read;
mod schema;
#[cfg(test)]
mod tests;
mod write;

use crate::OpenError;
use crate::batch::{MOST_APPENDS, Queue, Waiting, gone, queue};
use crate::open_end;
use assize_journal::{
    Append, Appended, Archive, Checkpoint, Head, Mark, Row, Store, StoreError, StoreFuture, Stored,
    Tombstone,
};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How long to wait for another process that writes to the same file.
const BUSY: Duration = Duration::from_secs(5);
/// Connections that are kept for readers.
const MOST_READERS: usize = 8;

/// When SQLite flushes its log to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// With every group of changes: what was acknowledged survives a power failure.
    #[default]
    Full,
    /// Now and then: what was acknowledged survives a crash of the process, and the last of it perhaps not a power
    /// failure.
    Normal,
}

/// Keeps everything in one SQLite file, in write-ahead-log mode.
#[derive(Debug)]
pub struct SqliteStore {
    queue: Option<Queue<Job>>,
    readers: Arc<Readers>,
    writer: Option<JoinHandle<()>>,
}

type Change = Box<dyn FnOnce(&mut Connection) + Send>;

enum Job {
    Append(Waiting),
    Change(Change),
}

impl From<Waiting> for Job {
    fn from(waiting: Waiting) -> Self {
        Self::Append(waiting)
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Job")
    }
}

#[derive(Debug)]
struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    fn read<T>(
        &self,
        read: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(&self.path, flags).map_err(failed)?;
                schema::set_up(&connection, Synchronous::Full).map_err(failed)?;
                connection
            }
        };
        let result = read(&mut connection);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_READERS {
            idle.push(connection);
        }
        result
    }
}

impl SqliteStore {
    /// Opens a file, or makes it where nobody else can read it, and brings it to this version's format.
    ///
    /// # Errors
    ///
    /// What is in the way.
    pub fn open(path: &Path, synchronous: Synchronous) -> Result<Self, OpenError> {
        let file = |reason: String| OpenError::File {
            path: path.to_owned(),
            reason,
        };
        create_private(path).map_err(|error| file(error.to_string()))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection =
            Connection::open_with_flags(path, flags).map_err(|error| file(error.to_string()))?;
        schema::set_up(&connection, synchronous).map_err(|error| file(error.to_string()))?;
        schema::migrate(&mut connection).map_err(|error| match error {
            schema::MigrateError::Sqlite(error) => file(error.to_string()),
            schema::MigrateError::TooNew { found, known } => OpenError::TooNew {
                place: path.display().to_string(),
                found,
                known,
            },
            schema::MigrateError::Foreign => file("it is a database of another program".to_owned()),
        })?;
        let (queue, jobs) = queue();
        let writer = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || write_all(connection, jobs))
            .map_err(|error| file(error.to_string()))?;
        Ok(Self {
            queue: Some(queue),
            readers: Arc::new(Readers {
                path: path.to_owned(),
                idle: Mutex::default(),
            }),
            writer: Some(writer),
        })
    }

    fn read<'a, T: Send + 'static>(
        &'a self,
        read: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreFuture<'a, T> {
        let readers = Arc::clone(&self.readers);
        Box::pin(async move {
            let task = tokio::task::spawn_blocking(move || readers.read(read));
            task.await.unwrap_or_else(|_| Err(gone()))
        })
    }

    fn change<'a, T: Send + 'static>(
        &'a self,
        change: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreFuture<'a, T> {
        let (answer, outcome) = oneshot::channel();
        let job = Job::Change(Box::new(move |connection| {
            // Nobody may be waiting any more: it is done all the same.
            let _ = answer.send(change(connection));
        }));
        let sent = self
            .queue
            .as_ref()
            .ok_or_else(gone)
            .and_then(|queue| queue.send(job));
        Box::pin(async move {
            sent?;
            outcome.await.unwrap_or_else(|_| Err(gone()))
        })
    }
}

/// Everything that was handed in is written before it ends.
impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

#[cfg(unix)]
fn create_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    options
        .write(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map(drop)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> std::io::Result<()> {
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .open(path)
        .map(drop)
}

/// Writes until every handle is gone.
fn write_all(mut connection: Connection, mut jobs: mpsc::Receiver<Job>) {
    let mut next = Vec::with_capacity(MOST_APPENDS);
    let mut group = Vec::with_capacity(MOST_APPENDS);
    while jobs.blocking_recv_many(&mut next, MOST_APPENDS) > 0 {
        for job in next.drain(..) {
            match job {
                Job::Append(waiting) => group.push(waiting),
                Job::Change(change) => {
                    write_group(&mut connection, &mut group);
                    change(&mut connection);
                }
            }
        }
        write_group(&mut connection, &mut group);
    }
}

fn write_group(connection: &mut Connection, group: &mut Vec<Waiting>) {
    if group.is_empty() {
        return;
    }
    let appends = group.iter().map(|waiting| &waiting.append);
    match write::append_all(connection, appends) {
        Ok(outcomes) => {
            for (waiting, outcome) in group.drain(..).zip(outcomes) {
                waiting.done(Ok(outcome));
            }
        }
        // One of them can't be stored: the others must not suffer.
        Err(StoreError::Damaged(_) | StoreError::Failed(_)) if group.len() > 1 => {
            for waiting in group.drain(..) {
                write_group(connection, &mut vec![waiting]);
            }
        }
        Err(error) => {
            for waiting in group.drain(..) {
                waiting.done(Err(error.clone()));
            }
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the argument of `map_err`")]
fn failed(error: rusqlite::Error) -> StoreError {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error,
    };
    let text = error.to_string();
    if matches!(
        error,
        FromSqlConversionFailure(..)
            | IntegralValueOutOfRange(..)
            | InvalidColumnType(..)
            | Utf8Error(..)
    ) {
        return StoreError::Damaged(text);
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::NoRoom(text),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged(text),
        _ => StoreError::Failed(text),
    }
}

impl Store for SqliteStore {
    fn append(&self, append: Append) -> StoreFuture<'_, Appended> {
        match &self.queue {
            Some(queue) => queue.append(append),
            None => assize_journal::ready(Err(gone())),
        }
    }

    fn load<'a>(&'a self, tenant: &'a str, chain: &'a str) -> StoreFuture<'a, Option<Stored>> {
        let (tenant, chain) = (tenant.to_owned(), chain.to_owned());
        self.read(move |connection| read::load(connection, &tenant, &chain))
    }

    fn end<'a>(&'a self, tenant: &'a str, chain: &'a str) -> StoreFuture<'a, Option<Head>> {
        open_end(self, tenant, chain)
    }

    fn count(&self) -> StoreFuture<'_, Option<u64>> {
        self.read(|connection| read::count(connection).map(Some))
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        self.read(|connection| read::count(connection).map(drop))
    }
}

impl Archive for SqliteStore {
    fn chains<'a>(&'a self, after: Option<&'a str>, most: usize) -> StoreFuture<'a, Vec<Head>> {
        let after = after.map(str::to_owned);
        self.read(move |connection| read::chains(connection, after.as_deref(), most))
    }

    fn head<'a>(&'a self, chain: &'a str) -> StoreFuture<'a, Option<Head>> {
        let chain = chain.to_owned();
        self.read(move |connection| Ok(read::head(connection, &chain)?.map(|(_, head)| head)))
    }

    fn events<'a>(&'a self, chain: &'a str, from: u64, most: usize) -> StoreFuture<'a, Vec<Row>> {
        let chain = chain.to_owned();
        self.read(move |connection| read::events(connection, &chain, from, most))
    }

    fn tombstone<'a>(&'a self, chain: &'a str) -> StoreFuture<'a, Option<Tombstone>> {
        let chain = chain.to_owned();
        self.read(move |connection| read::tombstone(connection, &chain))
    }

    fn bury<'a>(&'a self, tombstone: &'a Tombstone) -> StoreFuture<'a, ()> {
        let tombstone = tombstone.clone();
        self.change(move |connection| write::bury(connection, &tombstone))
    }

    fn adopt<'a>(&'a self, head: &'a Head, tombstone: &'a Tombstone) -> StoreFuture<'a, bool> {
        let (head, tombstone) = (head.clone(), tombstone.clone());
        self.change(move |connection| write::adopt(connection, &head, &tombstone))
    }

    fn unmarked(&self, most: usize) -> StoreFuture<'_, Vec<Mark>> {
        self.read(move |connection| read::unmarked(connection, most))
    }

    fn add_checkpoint<'a>(&'a self, checkpoint: &'a Checkpoint) -> StoreFuture<'a, bool> {
        let checkpoint = checkpoint.clone();
        self.change(move |connection| write::add_checkpoint(connection, &checkpoint))
    }

    fn checkpoints(&self, from: u64, most: usize) -> StoreFuture<'_, Vec<Checkpoint>> {
        self.read(move |connection| read::checkpoints(connection, from, most))
    }

    fn last_checkpoint(&self) -> StoreFuture<'_, Option<Checkpoint>> {
        self.read(read::last_checkpoint)
    }

    fn size(&self) -> StoreFuture<'_, u64> {
        self.read(read::size)
    }

    fn put_key<'a>(&'a self, id: &'a str, record: &'a str) -> StoreFuture<'a, ()> {
        let (id, record) = (id.to_owned(), record.to_owned());
        self.change(move |connection| write::put_key(connection, &id, &record))
    }

    fn key<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<String>> {
        let id = id.to_owned();
        self.read(move |connection| read::key(connection, &id))
    }

    fn keys(&self) -> StoreFuture<'_, Vec<String>> {
        self.read(read::keys)
    }
}
