//! PostgreSQL, shared by any number of processes. A task writes, in groups; readers have connections of their own.

mod change;
mod link;
mod read;
mod schema;
mod take;
#[cfg(test)]
mod tests;
mod tls;
mod url;
mod write;

use crate::OpenError;
use crate::batch::{Queue, queue};
use crate::open_end;
use assize_journal::{
    Append, Appended, Archive, Checkpoint, Head, Mark, Quota, Row, Store, StoreFuture, Stored,
    Taken, Tombstone,
};
use link::{Pool, Role, Server};
use schema::MigrateError;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Connections for work of the house: retention, checkpoints, keys.
const UPKEEP_CONNECTIONS: usize = 2;

/// How a [`PostgresStore`] uses its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostgresOptions {
    /// How long making a connection may take; 5 seconds where nothing is said.
    pub connect_timeout: Duration,
    /// How long one statement may take, and how long to wait for a free connection; 5 seconds where nothing is said.
    /// Retention, checkpoints, keys and the size may take twelve times as long.
    pub statement_timeout: Duration,
    /// Connections for readers, at least 1; 8 where nothing is said. A process has at most four more.
    pub readers: usize,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(5),
            readers: 8,
        }
    }
}

/// Keeps everything in the schema `assize` of a PostgreSQL database, version 12 or later.
///
/// Any number of processes may share one database. While the server is away, every call fails at once or within a
/// timeout, and the first one after it is back is served again.
pub struct PostgresStore {
    queue: Queue<write::Job>,
    takes: take::Takes,
    readers: Pool,
    upkeep: Arc<Pool>,
    server: Arc<Server>,
    tasks: [JoinHandle<()>; 2],
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = self.server.place();
        formatter
            .debug_struct("PostgresStore")
            .field("place", &place)
            .finish_non_exhaustive()
    }
}

/// Reads or changes in one statement on a connection of a pool.
macro_rules! on {
    ($pool:expr, $link:ident => $work:expr) => {
        Box::pin(async move {
            let lease = $pool.lease().await?;
            let $link = Arc::clone(&lease.link);
            lease.run(async { $work.await }).await
        })
    };
}

impl PostgresStore {
    /// Connects to `postgres://user:password@host:port/database?sslmode=…` and brings the database to this version's
    /// format. `sslmode` is `disable`, `prefer`, `require` or `verify-full`, with `sslrootcert` as libpq has them; a
    /// folder with a socket is given as `?host=/run/postgresql`. Call it within a tokio runtime: its tasks run there.
    ///
    /// # Errors
    ///
    /// What is in the way, without the password.
    pub async fn open(url: &str, options: PostgresOptions) -> Result<Self, OpenError> {
        let address = url::read(url).map_err(|error| OpenError::Server {
            place: "the URL".to_owned(),
            reason: error.to_string(),
        })?;
        let server = Arc::new(Server::new(address, options));
        let upkeep = Arc::new(Pool::new(&server, Role::Upkeep, UPKEEP_CONNECTIONS));
        prepare(&upkeep)
            .await
            .map_err(|error| open_error(server.place(), error))?;
        let (queue, jobs) = queue();
        let (takes, wanted) = take::takes();
        Ok(Self {
            queue,
            takes,
            readers: Pool::new(&server, Role::Read, options.readers),
            tasks: [
                tokio::spawn(write::write_all(Arc::clone(&server), jobs)),
                tokio::spawn(take::take_all(
                    Arc::clone(&server),
                    Arc::clone(&upkeep),
                    wanted,
                )),
            ],
            upkeep,
            server,
        })
    }

    /// Ends when everything that was handed in is written. A store that is only dropped writes it as well, as long
    /// as its runtime lives.
    pub async fn close(self) {
        let Self {
            queue,
            takes,
            tasks,
            ..
        } = self;
        drop((queue, takes));
        for task in tasks {
            // A task that panicked has nothing left to write.
            let _ = task.await;
        }
    }
}

async fn prepare(upkeep: &Pool) -> Result<(), MigrateError> {
    let lease = upkeep.lease().await.map_err(MigrateError::Store)?;
    // It goes back with nothing begun: whatever failed ends with the connection.
    let migrated = schema::migrate(&lease.link).await;
    lease.keep_if(migrated.is_ok());
    migrated
}

fn open_error(place: &str, error: MigrateError) -> OpenError {
    let server = |reason: String| OpenError::Server {
        place: place.to_owned(),
        reason,
    };
    match error {
        MigrateError::Store(error) => server(error.to_string()),
        MigrateError::Unfit(reason) => server(reason),
        MigrateError::TooNew { found, known } => OpenError::TooNew {
            place: place.to_owned(),
            found,
            known,
        },
    }
}

impl Store for PostgresStore {
    fn append(&self, append: Append) -> StoreFuture<'_, Appended> {
        self.queue.append(append)
    }

    fn load<'a>(&'a self, tenant: &'a str, chain: &'a str) -> StoreFuture<'a, Option<Stored>> {
        on!(self.readers, link => read::load(&link, tenant, chain))
    }

    fn end<'a>(&'a self, tenant: &'a str, chain: &'a str) -> StoreFuture<'a, Option<Head>> {
        open_end(self, tenant, chain)
    }

    fn count(&self) -> StoreFuture<'_, Option<u64>> {
        on!(self.readers, link => async { read::count(&link).await.map(Some) })
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        on!(self.readers, link => read::ping(&link))
    }

    fn take<'a>(&'a self, client: &'a str, quota: Quota) -> StoreFuture<'a, Option<Taken>> {
        self.takes.take(client, quota)
    }
}

impl Archive for PostgresStore {
    fn chains<'a>(&'a self, after: Option<&'a str>, most: usize) -> StoreFuture<'a, Vec<Head>> {
        on!(self.readers, link => read::chains(&link, after, most))
    }

    fn head<'a>(&'a self, chain: &'a str) -> StoreFuture<'a, Option<Head>> {
        on!(self.readers, link => read::head(&link, chain))
    }

    fn events<'a>(&'a self, chain: &'a str, from: u64, most: usize) -> StoreFuture<'a, Vec<Row>> {
        on!(self.readers, link => read::events(&link, chain, from, most))
    }

    fn tombstone<'a>(&'a self, chain: &'a str) -> StoreFuture<'a, Option<Tombstone>> {
        on!(self.readers, link => read::tombstone(&link, chain))
    }

    fn bury<'a>(&'a self, tombstone: &'a Tombstone) -> StoreFuture<'a, ()> {
        on!(self.upkeep, link => change::bury(&link, tombstone))
    }

    fn adopt<'a>(&'a self, head: &'a Head, tombstone: &'a Tombstone) -> StoreFuture<'a, bool> {
        on!(self.upkeep, link => change::adopt(&link, head, tombstone))
    }

    fn unmarked(&self, most: usize) -> StoreFuture<'_, Vec<Mark>> {
        on!(self.upkeep, link => read::unmarked(&link, most))
    }

    fn add_checkpoint<'a>(&'a self, checkpoint: &'a Checkpoint) -> StoreFuture<'a, bool> {
        on!(self.upkeep, link => change::add_checkpoint(&link, checkpoint))
    }

    fn checkpoints(&self, from: u64, most: usize) -> StoreFuture<'_, Vec<Checkpoint>> {
        on!(self.readers, link => read::checkpoints(&link, from, most))
    }

    fn last_checkpoint(&self) -> StoreFuture<'_, Option<Checkpoint>> {
        on!(self.readers, link => read::last_checkpoint(&link))
    }

    fn size(&self) -> StoreFuture<'_, u64> {
        on!(self.upkeep, link => read::size(&link))
    }

    fn put_key<'a>(&'a self, id: &'a str, record: &'a str) -> StoreFuture<'a, ()> {
        on!(self.upkeep, link => change::put_key(&link, id, record))
    }

    fn key<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<String>> {
        on!(self.readers, link => read::key(&link, id))
    }

    fn keys(&self) -> StoreFuture<'_, Vec<String>> {
        on!(self.readers, link => read::keys(&link))
    }
}
