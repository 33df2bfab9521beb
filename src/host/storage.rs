//! Which store the host keeps its journal in.

use anyhow::{Context, Result, bail};
use assize_config::{StoreKind, StoreUrl};
use assize_journal::{Archive, MemoryStore, Store};
use assize_store::{
    Durability, PostgresOptions, PostgresStore, RedisOptions, RedisStore, SqliteStore, Synchronous,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The file in the data folder that is used where no store is named.
const FILE: &str = "assize.db";

/// Where a journal is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// Nowhere: sessions are gone when the process ends, and decisions leave nothing behind.
    Memory,
    /// In a file.
    Sqlite(PathBuf),
    /// With a server that several processes can share.
    Server(StoreUrl),
}

impl From<&StoreUrl> for Location {
    fn from(url: &StoreUrl) -> Self {
        match (url.kind(), url.sqlite_path()) {
            (StoreKind::Memory, _) => Self::Memory,
            (_, Some(path)) => Self::Sqlite(path.strip_prefix("//").unwrap_or(path).into()),
            _ => Self::Server(url.clone()),
        }
    }
}

impl Location {
    /// The file in a data folder, or in the user's.
    pub(crate) fn default_in(data: Option<&Path>) -> Result<Self> {
        use etcetera::BaseStrategy;
        let folder = match data {
            Some(data) => data.to_owned(),
            None => etcetera::choose_base_strategy()
                .context("this user has no home folder: say where to keep data with --data")?
                .data_dir()
                .join("assize"),
        };
        Ok(Self::Sqlite(folder.join(FILE)))
    }
}

/// Without passwords.
impl std::fmt::Display for Location {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Memory => formatter.write_str("memory:"),
            Self::Sqlite(path) => write!(formatter, "sqlite:{}", path.display()),
            Self::Server(url) => write!(formatter, "{url}"),
        }
    }
}

/// How to open a store.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) synchronous: Synchronous,
    pub(crate) most_sessions: usize,
    pub(crate) most_session_bytes: usize,
    pub(crate) connect: Duration,
}

/// An open store.
pub(crate) enum Opened {
    Memory(Arc<MemoryStore>),
    Archive(Arc<dyn Archive>),
}

impl Opened {
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory(store) => Arc::clone(store) as Arc<dyn Store>,
            Self::Archive(store) => Arc::clone(store) as Arc<dyn Store>,
        }
    }

    pub(crate) fn archive(&self) -> Option<&Arc<dyn Archive>> {
        match self {
            Self::Memory(_) => None,
            Self::Archive(store) => Some(store),
        }
    }
}

/// Opens a store; a file and its folder, or a database's tables, are made where they are missing.
pub(crate) async fn open(location: &Location, options: &Options) -> Result<Opened> {
    Ok(match location {
        Location::Memory => Opened::Memory(Arc::new(MemoryStore::new(
            options.most_sessions,
            options.most_session_bytes,
        ))),
        Location::Sqlite(path) => {
            if let Some(folder) = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty())
            {
                create_private_folder(folder)
                    .with_context(|| format!("can't make the folder {}", folder.display()))?;
            }
            Opened::Archive(Arc::new(SqliteStore::open(path, options.synchronous)?))
        }
        Location::Server(url) if url.kind() == StoreKind::Redis => {
            let mut redis = RedisOptions::new(url.expose())?;
            redis.timeout = options.connect;
            let store = RedisStore::open(redis).await?;
            if store.durability() == Durability::Always {
                tracing::info!(durability = %store.durability(), "the store is a Redis server");
            } else {
                tracing::warn!(durability = %store.durability(), "the store is a Redis server");
            }
            if let Some(warning) = store.eviction_warning() {
                tracing::warn!("{warning}");
            }
            Opened::Archive(Arc::new(store))
        }
        Location::Server(url) => {
            let postgres = PostgresOptions {
                connect_timeout: options.connect,
                ..PostgresOptions::default()
            };
            Opened::Archive(Arc::new(PostgresStore::open(url.expose(), postgres).await?))
        }
    })
}

/// Opens what must exist already, and keeps a journal.
pub(crate) async fn open_existing(
    location: &Location,
    options: &Options,
) -> Result<Arc<dyn Archive>> {
    if let Location::Sqlite(path) = location {
        let is_there = std::fs::metadata(path).is_ok_and(|file| file.len() > 0);
        anyhow::ensure!(is_there, "there is no journal at {}", path.display());
    }
    match open(location, options).await? {
        Opened::Archive(store) => {
            // A slip in a database's name must not look like a journal that is whole.
            let is_server = matches!(location, Location::Server(_));
            let is_empty = is_server
                && store.chains(None, 1).await?.is_empty()
                && store.keys().await?.is_empty();
            anyhow::ensure!(!is_empty, "there is no journal at {location}");
            Ok(store)
        }
        Opened::Memory(_) => bail!("a store in memory keeps no journal"),
    }
}

#[cfg(unix)]
fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}
