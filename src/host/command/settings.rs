//! Options about settings, shared by all commands: a file, a profile, and flags for single settings.

use crate::storage::{self, Location, open_existing};
use anyhow::{Context, Result};
use assize_config::{Flag, Loaded, Settings, Sources, load};
use assize_journal::Archive;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Where settings come from.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct FileOptions {
    /// The configuration file [default: assize.toml or assize.yaml here, then in the user's and the system's folder]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Which profile applies: dev, staging or prod [default: dev]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

/// Where settings come from, and the store that they name.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct ConfigOptions {
    #[command(flatten)]
    file: FileOptions,
    /// The data folder [default: assize in the user's data folder]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Where the journal is kept: sqlite:<file>, postgres://…, redis://…, or memory: for nowhere [default: assize.db in the data folder]
    #[arg(long, value_name = "URL")]
    store: Option<String>,
}

/// A flag that was given: the setting's key, the flag's name and its text.
pub(super) type Given<'a> = (&'static str, &'static str, Option<&'a String>);

impl FileOptions {
    /// Settings from the file, the environment and flags.
    pub(super) fn load(&self, flags: &[Given<'_>]) -> Result<Loaded> {
        let flags = flags.iter().filter_map(|(key, name, text)| {
            let text = (*text)?.clone();
            Some(Flag {
                key: (*key).to_owned(),
                name: (*name).to_owned(),
                text,
            })
        });
        let text = |text: OsString| text.into_string().ok();
        let sources = Sources {
            file: self.config.clone(),
            search: search(),
            profile: self.profile.clone(),
            environment: std::env::vars_os()
                .filter_map(|(name, value)| Some((text(name)?, text(value)?)))
                .collect(),
            flags: flags.collect(),
        };
        load(&sources)
            .map_err(|errors| anyhow::anyhow!("the configuration is not acceptable\n{errors}"))
    }
}

impl ConfigOptions {
    /// Settings from the file, the environment and flags.
    pub(super) fn load(&self, flags: &[Given<'_>]) -> Result<Loaded> {
        let own: [Given<'_>; 2] = [
            ("server.data", "--data", self.data.as_ref()),
            ("store.url", "--store", self.store.as_ref()),
        ];
        let flags: Vec<_> = own.iter().chain(flags).copied().collect();
        self.file.load(&flags)
    }

    /// The store that must be there already, and what its calls run on.
    pub(super) fn open_store(&self) -> Result<(Runtime, Arc<dyn Archive>)> {
        let settings = self.load(&[])?.settings;
        open_store(&settings)
    }
}

/// The store of some settings, which must be there already.
pub(super) fn open_store(settings: &Settings) -> Result<(Runtime, Arc<dyn Archive>)> {
    let runtime = runtime()?;
    let store = runtime.block_on(open_existing(&location(settings)?, &opening(settings)))?;
    Ok((runtime, store))
}

/// Folders of configuration files: the nearest first.
fn search() -> Vec<PathBuf> {
    use etcetera::BaseStrategy;
    let user = etcetera::choose_base_strategy().ok();
    let user = user.map(|folders| folders.config_dir().join("assize"));
    let here = std::env::current_dir().ok();
    let system = cfg!(unix).then(|| PathBuf::from("/etc/assize"));
    [here, user, system].into_iter().flatten().collect()
}

/// Where the settings keep the journal.
pub(super) fn location(settings: &Settings) -> Result<Location> {
    match &settings.store.url {
        Some(url) => Ok(Location::from(url)),
        None => Location::default_in(settings.server.data.as_deref()),
    }
}

/// How the settings open it.
pub(super) fn opening(settings: &Settings) -> storage::Options {
    let store = &settings.store;
    storage::Options {
        synchronous: match store.synchronous {
            assize_config::settings::Synchronous::Full => assize_store::Synchronous::Full,
            assize_config::settings::Synchronous::Normal => assize_store::Synchronous::Normal,
        },
        most_sessions: store.max_sessions as usize,
        most_session_bytes: store.max_sessions_mib as usize * 1024 * 1024,
        connect: std::time::Duration::from_secs(store.connect_seconds),
    }
}

pub(super) fn runtime() -> Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder
        .enable_all()
        .build()
        .context("the runtime can't start")
}
