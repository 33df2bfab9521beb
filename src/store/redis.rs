//! One Redis or Valkey server. One connection for everything; appends go out in groups, each as one script.
//!
//! A script is all or nothing only if nothing in it fails: each of them checks everything first and writes last, and
//! its first write is the one that the server refuses where it has no room. Redis 6.2 and later, a single server or the
//! primary of one with replicas: a cluster has no scripts over keys of several slots.

mod durability;
mod failure;
mod keys;
mod link;
mod read;
#[cfg(test)]
mod server;
#[cfg(test)]
mod tests;
mod write;

pub use durability::Durability;

use crate::OpenError;
use crate::batch::{Queue, Waiting, queue};
use crate::open_end;
use ::redis::io::tcp::socket2::TcpKeepalive;
use ::redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, Script};
use assize_journal::{
    Append, Appended, Archive, Checkpoint, Head, Mark, Quota, Row, Store, StoreFuture, Stored,
    Taken, Tombstone,
};
use durability::ServerConfig;
use keys::Keys;
use link::{FORMAT, Link, LinkError};
use std::time::Duration;

/// The oldest version that has all commands.
const OLDEST: (u32, u32) = (6, 2);
/// How long the connection is idle before the system asks whether the server is there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Where the server is, and how it is used.
#[derive(Debug, Clone)]
pub struct RedisOptions {
    // Does not show its password.
    server: ConnectionInfo,
    /// Begins the name of every key; `assize:` where nothing is said. Stores with different ones are apart.
    pub prefix: String,
    /// How long to wait for a connection and for an answer; 5 seconds where nothing is said.
    pub timeout: Duration,
}

impl RedisOptions {
    /// Reads `redis://[user][:password@]host[:port][/database]`; `rediss` is with TLS, by the system's certificates.
    /// `unix:///path?db=0` is a socket of this machine.
    ///
    /// # Errors
    ///
    /// What is wrong with it, without the password.
    pub fn new(url: &str) -> Result<Self, OpenError> {
        let refused = |reason: String| OpenError::Server {
            place: "the address that was given".to_owned(),
            reason,
        };
        let server = url
            .into_connection_info()
            .map_err(|error| refused(error.to_string()))?;
        if let ConnectionAddr::TcpTls { insecure: true, .. } = server.addr() {
            return Err(refused("`#insecure` is not supported".to_owned()));
        }
        // A change is one small packet that must not wait for the next one.
        let tcp = server.tcp_settings().clone().set_nodelay(true);
        let tcp = tcp.set_keepalive(TcpKeepalive::new().with_time(KEEPALIVE));
        let settings = server.redis_settings().clone().set_skip_set_lib_name();
        let settings = settings.set_protocol(::redis::ProtocolVersion::RESP3);
        Ok(Self {
            server: server.set_tcp_settings(tcp).set_redis_settings(settings),
            prefix: "assize:".to_owned(),
            timeout: Duration::from_secs(5),
        })
    }

    /// Host, port and database.
    fn place(&self) -> String {
        format!(
            "{}/{}",
            self.server.addr(),
            self.server.redis_settings().db()
        )
    }
}

/// Keeps everything in one Redis or Valkey server. What was acknowledged is as safe as the server's configuration
/// makes it: see [`durability`](Self::durability). While the server is away every call fails at once.
pub struct RedisStore {
    queue: Queue<Waiting>,
    link: Link,
    keys: Keys,
    durability: Durability,
    evicts: Option<String>,
}

impl std::fmt::Debug for RedisStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = formatter.debug_struct("RedisStore");
        text.field("link", &self.link).finish_non_exhaustive()
    }
}

impl RedisStore {
    /// Connects, and checks that the server can hold a store. Must be called in a tokio runtime, which then also runs
    /// what writes: what was handed in when it ends may not be written.
    ///
    /// # Errors
    ///
    /// What is in the way.
    pub async fn open(options: RedisOptions) -> Result<Self, OpenError> {
        let place = options.place();
        let refused = |reason: String| OpenError::Server {
            place: place.clone(),
            reason,
        };
        if let ConnectionAddr::TcpTls { .. } = options.server.addr() {
            // Whoever chose before has chosen for the process.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let client = Client::open(options.server).map_err(|error| refused(error.to_string()))?;
        let keys = Keys::new(options.prefix);
        let link = Link::open(client, options.timeout, &keys, place.clone())
            .await
            .map_err(|error| match error {
                LinkError::TooNew(found) => OpenError::TooNew {
                    place: place.clone(),
                    found,
                    known: FORMAT,
                },
                error => refused(error.to_string()),
            })?;
        check_server(&link).await.map_err(refused)?;
        check_permitted(&link, &keys).await.map_err(refused)?;
        let mut connection = link
            .connection()
            .map_err(|error| refused(error.to_string()))?;
        let config = ServerConfig::read(&mut connection).await;
        let config = config.map_err(|error| refused(error.to_string()))?;
        let (queue, jobs) = queue();
        tokio::spawn(write::write_all(link.clone(), keys.clone(), jobs));
        Ok(Self {
            queue,
            link,
            keys,
            durability: config.durability(),
            evicts: config.evicts().map(str::to_owned),
        })
    }

    /// What the server's configuration promised when the store was opened.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.durability
    }

    /// A sentence for the log where the server may forget keys when its memory is full: the policy that lets it.
    #[must_use]
    pub fn eviction_warning(&self) -> Option<String> {
        self.evicts.as_ref().map(|policy| {
            format!("the server may forget events when its memory is full: set maxmemory-policy to noeviction, it is {policy}")
        })
    }
}

/// Version and mode, where the server tells.
async fn check_server(link: &Link) -> Result<(), String> {
    let mut info = ::redis::cmd("INFO");
    let Ok(text) = link.query::<String>(info.arg("server")).await else {
        return Ok(());
    };
    if read::info_field(&text, "redis_mode") == Some("cluster") {
        return Err("it is a cluster, and only a single server will do".to_owned());
    }
    let version = read::info_field(&text, "redis_version").unwrap_or_default();
    let mut parts = version.split('.').map(str::parse);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) if (major, minor) < OLDEST => Err(format!(
            "it is version {version}, and 6.2 or later is needed"
        )),
        _ => Ok(()),
    }
}

async fn check_permitted(link: &Link, keys: &Keys) -> Result<(), String> {
    let script = Script::new(include_str!("redis/permitted.lua"));
    let denied: Result<Option<String>, _> = link.script(&script.key(keys.probe())).await;
    match denied {
        Ok(None) => Ok(()),
        Ok(Some(command)) => Err(format!(
            "its user may not use {command} on keys that begin with what the store's do"
        )),
        Err(error) => Err(error.to_string()),
    }
}

impl Store for RedisStore {
    fn append(&self, append: Append) -> StoreFuture<'_, Appended> {
        self.queue.append(append)
    }

    fn load<'a>(&'a self, tenant: &'a str, chain: &'a str) -> StoreFuture<'a, Option<Stored>> {
        Box::pin(read::load(&self.link, &self.keys, tenant, chain))
    }

    fn end<'a>(&'a self, tenant: &'a str, chain: &'a str) -> StoreFuture<'a, Option<Head>> {
        open_end(self, tenant, chain)
    }

    fn count(&self) -> StoreFuture<'_, Option<u64>> {
        Box::pin(async { read::count(&self.link, &self.keys).await.map(Some) })
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        Box::pin(async { self.link.query(&::redis::cmd("PING")).await })
    }

    fn take<'a>(&'a self, client: &'a str, quota: Quota) -> StoreFuture<'a, Option<Taken>> {
        Box::pin(async move {
            let taken = write::take(&self.link, &self.keys, client, quota, None).await;
            taken.map(Some)
        })
    }
}

impl Archive for RedisStore {
    fn chains<'a>(&'a self, after: Option<&'a str>, most: usize) -> StoreFuture<'a, Vec<Head>> {
        Box::pin(read::chains(&self.link, &self.keys, after, most))
    }

    fn head<'a>(&'a self, chain: &'a str) -> StoreFuture<'a, Option<Head>> {
        Box::pin(read::head(&self.link, &self.keys, chain))
    }

    fn events<'a>(&'a self, chain: &'a str, from: u64, most: usize) -> StoreFuture<'a, Vec<Row>> {
        Box::pin(read::events(&self.link, &self.keys, chain, from, most))
    }

    fn tombstone<'a>(&'a self, chain: &'a str) -> StoreFuture<'a, Option<Tombstone>> {
        Box::pin(read::tombstone(&self.link, &self.keys, chain))
    }

    fn bury<'a>(&'a self, tombstone: &'a Tombstone) -> StoreFuture<'a, ()> {
        Box::pin(write::bury(&self.link, &self.keys, tombstone))
    }

    fn adopt<'a>(&'a self, head: &'a Head, tombstone: &'a Tombstone) -> StoreFuture<'a, bool> {
        Box::pin(write::adopt(&self.link, &self.keys, head, tombstone))
    }

    fn unmarked(&self, most: usize) -> StoreFuture<'_, Vec<Mark>> {
        Box::pin(read::unmarked(&self.link, &self.keys, most))
    }

    fn add_checkpoint<'a>(&'a self, checkpoint: &'a Checkpoint) -> StoreFuture<'a, bool> {
        Box::pin(write::add_checkpoint(&self.link, &self.keys, checkpoint))
    }

    fn checkpoints(&self, from: u64, most: usize) -> StoreFuture<'_, Vec<Checkpoint>> {
        Box::pin(read::checkpoints(&self.link, &self.keys, from, most))
    }

    fn last_checkpoint(&self) -> StoreFuture<'_, Option<Checkpoint>> {
        Box::pin(read::last_checkpoint(&self.link, &self.keys))
    }

    /// The memory that the whole server uses, other programs' keys included.
    fn size(&self) -> StoreFuture<'_, u64> {
        Box::pin(read::size(&self.link))
    }

    fn put_key<'a>(&'a self, id: &'a str, record: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(write::put_key(&self.link, &self.keys, id, record))
    }

    fn key<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<String>> {
        Box::pin(read::key(&self.link, &self.keys, id))
    }

    fn keys(&self) -> StoreFuture<'_, Vec<String>> {
        Box::pin(read::api_keys(&self.link, &self.keys))
    }
}
