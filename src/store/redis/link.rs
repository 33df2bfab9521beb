//! The connection: one for everything, made anew in the background when it is lost.
//!
//! The library's own manager stops trying after an error that is none of input or output, as when a restarted server
//! has no room for another client, and makes callers wait while it tries.

use super::failure::{failed, is_lost};
use super::keys::Keys;
use assize_journal::StoreError;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, Pipeline, PushInfo, PushKind, RedisError,
    ScriptInvocation,
};
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::runtime::Handle;

/// How the keys are laid out; later ones are refused.
pub(super) const FORMAT: i64 = 1;
/// Between the first two attempts to connect; doubled with each.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    #[error(transparent)]
    Redis(#[from] RedisError),
    #[error("its keys have format {0}, and this version reads up to {FORMAT}")]
    TooNew(i64),
    #[error("`{0}` is a key of another program")]
    Foreign(String),
}

/// Shared by all that use it.
#[derive(Debug, Clone)]
pub(super) struct Link(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    client: Client,
    timeout: Duration,
    format: String,
    place: String,
    runtime: Handle,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Up(Numbered),
    Away(String),
}

/// The number tells a connection from those before it.
#[derive(Debug, Clone)]
struct Numbered {
    number: u64,
    connection: MultiplexedConnection,
}

impl Link {
    /// Connects for the first time.
    pub(super) async fn open(
        client: Client,
        timeout: Duration,
        keys: &Keys,
        place: String,
    ) -> Result<Self, LinkError> {
        let link = Self(Arc::new(Shared {
            client,
            timeout,
            format: keys.format(),
            place,
            runtime: Handle::current(),
            state: Mutex::new(State::Away("it is being opened".to_owned())),
        }));
        let connection = link.0.connect(0).await?;
        *link.0.state() = State::Up(connection);
        Ok(link)
    }

    /// The connection as it is now.
    pub(super) fn connection(&self) -> Result<MultiplexedConnection, StoreError> {
        self.up().map(|up| up.connection)
    }

    fn up(&self) -> Result<Numbered, StoreError> {
        match &*self.0.state() {
            State::Up(up) => Ok(up.clone()),
            State::Away(reason) => Err(StoreError::Failed(format!(
                "{} is away: {reason}",
                self.0.place
            ))),
        }
    }

    /// How many connections were lost before this one.
    #[cfg(test)]
    pub(super) fn number(&self) -> Option<u64> {
        self.up().ok().map(|up| up.number)
    }

    /// Asks one thing.
    pub(super) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        let mut up = self.up()?;
        let answer = command.query_async(&mut up.connection).await;
        answer.map_err(|error| self.0.failed(up.number, &error))
    }

    /// Asks several things at once.
    pub(super) async fn pipeline<T: FromRedisValue>(
        &self,
        pipeline: &Pipeline,
    ) -> Result<T, StoreError> {
        let mut up = self.up()?;
        let answer = pipeline.query_async(&mut up.connection).await;
        answer.map_err(|error| self.0.failed(up.number, &error))
    }

    /// Runs a script.
    pub(super) async fn script<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        let mut up = self.up()?;
        let answer = script.invoke_async(&mut up.connection).await;
        answer.map_err(|error| self.0.failed(up.number, &error))
    }
}

impl Shared {
    /// What is in it is replaced as a whole, so a panic elsewhere does not spoil it.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(self: &Arc<Self>, number: u64, error: &RedisError) -> StoreError {
        if is_lost(error) {
            self.lost(number, error);
        }
        failed(error)
    }

    /// Ends a connection, unless another is in its place already, and begins to connect.
    fn lost(self: &Arc<Self>, number: u64, reason: impl Display) {
        {
            let mut state = self.state();
            match &*state {
                State::Up(up) if up.number == number => {
                    *state = State::Away(reason.to_string());
                }
                _ => return,
            }
        }
        tracing::warn!(place = self.place, %reason, "lost the connection to the store");
        self.runtime
            .spawn(reconnect(Arc::downgrade(self), number.saturating_add(1)));
    }

    async fn connect(self: &Arc<Self>, number: u64) -> Result<Numbered, LinkError> {
        let shared = Arc::downgrade(self);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout))
            .set_push_sender(move |push: PushInfo| {
                if push.kind == PushKind::Disconnection
                    && let Some(shared) = Weak::upgrade(&shared)
                {
                    shared.lost(number, "the connection was closed");
                }
                Ok::<_, redis::aio::SendError>(())
            });
        let mut connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        self.check_format(&mut connection).await?;
        Ok(Numbered { number, connection })
    }

    /// Also after a reconnection: another server may have taken the place.
    async fn check_format(&self, connection: &mut MultiplexedConnection) -> Result<(), LinkError> {
        let key = &self.format;
        let mut found: Option<String> = Cmd::get(key).query_async(connection).await?;
        if found.is_none() {
            Cmd::set_nx(key, FORMAT).exec_async(connection).await?;
            found = Cmd::get(key).query_async(connection).await?;
        }
        match found.and_then(|found| found.parse::<i64>().ok()) {
            Some(found) if found > FORMAT => Err(LinkError::TooNew(found)),
            Some(1..) => Ok(()),
            _ => Err(LinkError::Foreign(key.clone())),
        }
    }
}

/// Tries until there is a connection or nobody needs one.
async fn reconnect(shared: Weak<Shared>, number: u64) {
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(shared) = shared.upgrade() else {
            return;
        };
        match shared.connect(number).await {
            Ok(connection) => {
                tracing::info!(place = shared.place, "connected to the store again");
                *shared.state() = State::Up(connection);
                return;
            }
            Err(error) => *shared.state() = State::Away(error.to_string()),
        }
        drop(shared);
        tokio::time::sleep(pause).await;
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    }
}
