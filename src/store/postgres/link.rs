//! Connections: how they are made, what holds for each, and how they are shared.

use super::PostgresOptions;
use super::url::Address;
use crate::batch::gone;
use assize_journal::StoreError;
use std::collections::BTreeMap;
use std::error::Error as _;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

/// The first pause after a server could not be reached; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How much longer than a request work of the house may take.
const UPKEEP_FACTOR: u32 = 12;

/// Why something was not done.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server said so, or is gone.
    Server(tokio_postgres::Error),
    /// It took longer than it may.
    Late(Duration),
    /// A number that the server has no room for.
    Unstorable(u64),
    /// It is known already.
    Known(StoreError),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Known(error)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Known(error) => error,
            Failure::Late(limit) => {
                Self::Failed(format!("the server did not answer within {limit:?}"))
            }
            Failure::Unstorable(number) => Self::Failed(format!("{number} can't be stored")),
            Failure::Server(error) => {
                let text = describe(&error);
                match error.code() {
                    Some(code) if *code == SqlState::DISK_FULL => Self::NoRoom(text),
                    Some(code) if code.code().starts_with("54") => Self::NoRoom(text),
                    Some(code)
                        if *code == SqlState::DATA_CORRUPTED
                            || *code == SqlState::INDEX_CORRUPTED =>
                    {
                        Self::Damaged(text)
                    }
                    _ => Self::Failed(text),
                }
            }
        }
    }
}

/// What an error says. Its details are left out: they may hold what is stored.
pub(super) fn describe(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return format!("{} ({})", error.message(), error.code().code());
    }
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// What requests read.
    Read,
    /// Appends.
    Append,
    /// Quotas: nothing is lost that matters when the last of them is.
    Take,
    /// Work of the house, which may take longer.
    Upkeep,
}

/// A connection and the statements that it knows.
pub(super) struct Link {
    pub(super) client: Client,
    pub(super) limit: Duration,
    statements: Mutex<BTreeMap<&'static str, Statement>>,
}

impl Link {
    pub(super) async fn statement(
        &self,
        query: &'static str,
    ) -> Result<Statement, tokio_postgres::Error> {
        if let Some(statement) = lock(&self.statements).get(query) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(query).await?;
        lock(&self.statements).insert(query, statement.clone());
        Ok(statement)
    }

    pub(super) async fn rows(
        &self,
        query: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Failure> {
        let statement = self.statement(query).await?;
        Ok(self.client.query(&statement, values).await?)
    }

    pub(super) async fn row(
        &self,
        query: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, Failure> {
        Ok(self.rows(query, values).await?.pop())
    }

    /// Runs something on this connection, as long as it may take.
    pub(super) async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let done = timeout(self.limit, work).await;
        done.unwrap_or(Err(Failure::Late(self.limit)))
    }
}

/// Since when a server can't be reached.
struct Away {
    /// Nobody tries before.
    until: Instant,
    pause: Duration,
    reason: StoreError,
}

/// Makes connections. While the server is away, one caller at a time tries, and the others are told at once.
pub(super) struct Server {
    address: Address,
    options: PostgresOptions,
    away: Mutex<Option<Away>>,
}

impl Server {
    pub(super) fn new(address: Address, options: PostgresOptions) -> Self {
        Self {
            address,
            options,
            away: Mutex::default(),
        }
    }

    pub(super) fn place(&self) -> &str {
        &self.address.place
    }

    fn limit(&self, role: Role) -> Duration {
        let limit = self.options.statement_timeout;
        match role {
            Role::Upkeep => limit.saturating_mul(UPKEEP_FACTOR),
            Role::Read | Role::Append | Role::Take => limit,
        }
    }

    /// Goes on where its caller gave up, so that what became of it is known to the next one.
    pub(super) async fn connect(self: &Arc<Self>, role: Role) -> Result<Link, StoreError> {
        self.may_try()?;
        let server = Arc::clone(self);
        let tried = tokio::spawn(async move { server.try_to_connect(role).await });
        tried.await.unwrap_or_else(|_| Err(gone()))
    }

    async fn try_to_connect(&self, role: Role) -> Result<Link, StoreError> {
        let limit = self.options.connect_timeout;
        let connected = timeout(limit, self.connect_now(role)).await;
        let connected = connected.unwrap_or(Err(Failure::Late(limit)));
        let connected = connected.map_err(|failure| match StoreError::from(failure) {
            StoreError::Failed(reason) => {
                StoreError::Failed(format!("can't connect to {}: {reason}", self.place()))
            }
            other => other,
        });
        self.tried(connected.as_ref().err());
        connected
    }

    fn may_try(&self) -> Result<(), StoreError> {
        let mut away = lock(&self.away);
        if let Some(away) = away.as_mut() {
            let now = Instant::now();
            if now < away.until {
                return Err(away.reason.clone());
            }
            away.until = now + self.options.connect_timeout;
        }
        Ok(())
    }

    fn tried(&self, failed: Option<&StoreError>) {
        let mut away = lock(&self.away);
        let Some(reason) = failed else {
            if away.take().is_some() {
                tracing::info!(place = self.place(), "the store answers again");
            }
            return;
        };
        if away.is_none() {
            tracing::warn!(place = self.place(), %reason, "the store is away");
        }
        let pause = match away.as_ref() {
            Some(away) => (away.pause * 2).min(LONGEST_PAUSE),
            None => FIRST_PAUSE,
        };
        *away = Some(Away {
            until: Instant::now() + pause,
            pause,
            reason: reason.clone(),
        });
    }

    async fn connect_now(&self, role: Role) -> Result<Link, Failure> {
        let (client, connection) = self
            .address
            .config
            .connect(self.address.tls.clone())
            .await?;
        // It ends when the client is dropped or the server is gone; who waits for an answer is told why.
        tokio::spawn(connection);
        let limit = self.limit(role);
        client.batch_execute(&set_up(role, limit)).await?;
        Ok(Link {
            client,
            limit,
            statements: Mutex::default(),
        })
    }
}

/// What holds for one connection, whatever the server's defaults are.
fn set_up(role: Role, limit: Duration) -> String {
    let milliseconds = limit.as_millis().clamp(1, i32::MAX as u128);
    let durable = match role {
        Role::Take => "SET synchronous_commit = off",
        // `remote_apply` promises more.
        _ => {
            "SELECT set_config('synchronous_commit', 'on', false)
                WHERE current_setting('synchronous_commit') <> 'remote_apply'"
        }
    };
    format!(
        "SET search_path = pg_catalog;
        SET statement_timeout = {milliseconds};
        SET lock_timeout = {milliseconds};
        SET idle_in_transaction_session_timeout = {milliseconds};
        SET default_transaction_isolation = 'read committed';
        SET default_transaction_read_only = off;
        {durable}"
    )
}

/// A few connections of one role.
pub(super) struct Pool {
    server: Arc<Server>,
    role: Role,
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Arc<Link>>>>,
}

impl Pool {
    pub(super) fn new(server: &Arc<Server>, role: Role, most: usize) -> Self {
        Self {
            server: Arc::clone(server),
            role,
            places: Arc::new(Semaphore::new(most.max(1))),
            idle: Arc::default(),
        }
    }

    pub(super) async fn lease(&self) -> Result<Lease, StoreError> {
        let limit = self.server.limit(self.role);
        let place = timeout(limit, Arc::clone(&self.places).acquire_owned()).await;
        let Ok(Ok(place)) = place else {
            let text = format!("all connections were busy for {limit:?}");
            return Err(StoreError::Failed(text));
        };
        let idle = std::iter::from_fn(|| lock(&self.idle).pop());
        let idle = idle.into_iter().find(|link| !link.client.is_closed());
        let link = match idle {
            Some(link) => link,
            None => Arc::new(self.server.connect(self.role).await?),
        };
        Ok(Lease {
            link,
            usable: true,
            idle: Arc::clone(&self.idle),
            _place: place,
        })
    }
}

/// A connection of a pool. Every use is one statement, so that it can be used again also where nobody waited for
/// the answer.
pub(super) struct Lease {
    pub(super) link: Arc<Link>,
    usable: bool,
    idle: Arc<Mutex<Vec<Arc<Link>>>>,
    _place: OwnedSemaphorePermit,
}

impl Lease {
    /// Runs something on the connection, which is given up if it fails.
    pub(super) async fn run<T>(
        mut self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, StoreError> {
        let result = self.link.within(work).await;
        self.usable = result.is_ok();
        Ok(result?)
    }

    /// Gives the connection back, or up.
    pub(super) fn keep_if(mut self, usable: bool) {
        self.usable = usable;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.usable && !self.link.client.is_closed() {
            lock(&self.idle).push(Arc::clone(&self.link));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
