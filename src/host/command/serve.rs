//! `assize serve`: the HTTP API.

mod live;
mod log;
mod production;

use super::engine::{self, EngineOptions};
use super::settings::{ConfigOptions, Given, location, opening, runtime};
use super::{DONE, FAILED};
use crate::access::{self, StoredKeys};
use crate::admission::Admission;
use crate::externals;
use crate::maintenance::{self, Keeper};
use crate::models;
use crate::platform::SystemPlatform;
use crate::server;
use crate::storage::{self, Opened};
use anyhow::{Context, Result};
use assize_config::settings::JournalInputs;
use assize_config::{Loaded, Settings};
use assize_core::rules::Limits as RuleLimits;
use assize_journal::SigningKey;
use assize_service::{
    Engines, InputPolicy, JournalSettings, Service, ServiceLimits, ServiceSettings,
};
use live::Live;
pub(super) use production::problems as production_problems;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Knowledge bases that stay loaded.
const MOST_KEPT_RULES: usize = 32;
/// Sessions of the gate that stay loaded, at most; with usual settings each takes some 60 MiB.
const MOST_KEPT_GATES: usize = 16;

/// How long tasks may take to end when everything is answered.
const END: Duration = Duration::from_secs(2);

/// Serve the HTTP API.
///
/// Routes are described at /docs for people and at /openapi.json for programs. Every change to a session is in the
/// journal before it is answered, and so is every other decision unless the settings say otherwise. SIGTERM or Ctrl-C
/// stops it after what is in flight is answered; SIGHUP reads the settings again.
///
/// Each flag is a setting that a file or a variable can say as well: `assize config show` lists them all.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Options {
    /// The address to listen on; port 0 takes a free one, which the log names [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// The largest request body [default: 1048576]
    #[arg(long, value_name = "BYTES")]
    max_body_bytes: Option<String>,
    /// The most sessions that are kept in memory, with --store memory: [default: 100000]
    #[arg(long, value_name = "N")]
    max_sessions: Option<String>,
    /// The most memory that all sessions together may take, in MiB, with --store memory: [default: 256]
    #[arg(long, value_name = "MIB")]
    max_sessions_mib: Option<String>,
    /// How long to wait for what is in flight when stopping, in seconds [default: 30]
    #[arg(long, value_name = "S")]
    shutdown_seconds: Option<String>,
    /// The most connections at one time; more wait to be accepted [default: 10000]
    #[arg(long, value_name = "N")]
    max_connections: Option<String>,
    /// The longest to wait for a request's head, or the next part of its body, in seconds [default: 30]
    #[arg(long, value_name = "S")]
    read_seconds: Option<String>,
    /// How to log, to standard error: text or json [default: text on a terminal, else json]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// What to log: a level, or levels by module (`warn` leaves out the line for each request) [default: info]
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    #[command(flatten)]
    config: ConfigOptions,
    #[command(flatten)]
    engine: EngineOptions,
}

impl Options {
    fn load(&self) -> Result<Loaded> {
        let own: [Given<'_>; 9] = [
            ("server.listen", "--listen", self.listen.as_ref()),
            (
                "server.max_body_bytes",
                "--max-body-bytes",
                self.max_body_bytes.as_ref(),
            ),
            (
                "store.max_sessions",
                "--max-sessions",
                self.max_sessions.as_ref(),
            ),
            (
                "store.max_sessions_mib",
                "--max-sessions-mib",
                self.max_sessions_mib.as_ref(),
            ),
            (
                "server.shutdown_seconds",
                "--shutdown-seconds",
                self.shutdown_seconds.as_ref(),
            ),
            (
                "server.max_connections",
                "--max-connections",
                self.max_connections.as_ref(),
            ),
            (
                "server.read_seconds",
                "--read-seconds",
                self.read_seconds.as_ref(),
            ),
            ("log.format", "--log-format", self.log_format.as_ref()),
            ("log.filter", "--log", self.log.as_ref()),
        ];
        let flags: Vec<_> = own.into_iter().chain(self.engine.flags()).collect();
        self.config.load(&flags)
    }
}

pub(super) fn run(options: &Options) -> Result<u8> {
    let loaded = options.load()?;
    let filter = log::start(&loaded.settings.log)?;
    for note in &loaded.notes {
        tracing::info!("{note}");
    }
    let settings = &loaded.settings;
    let engines = engine::start(settings)?;
    let runtime = runtime()?;
    let location = location(settings)?;
    let store = runtime.block_on(storage::open(&location, &opening(settings)))?;
    tracing::info!(store = %location, "journal");
    if store.archive().is_none() {
        tracing::warn!("nothing that is decided is kept: the store is `memory:`");
    }
    runtime.block_on(production::check(&loaded, &store))?;
    let service = Arc::new(make_service(settings, engines, &store)?);
    if settings.auth.anonymous {
        tracing::warn!("callers need no key: `auth.anonymous` is true");
    }
    let admission = Arc::new(Admission::new(live::bounds(settings)));
    let live = Arc::new(Live::new(
        options.clone(),
        loaded.clone(),
        Arc::clone(&service),
        Arc::clone(&admission),
        filter,
    ));
    let keeper = start_tasks(&runtime, settings, &store, &live)?;
    let limits = server::Limits {
        connections: settings.server.max_connections as usize,
        read: Duration::from_secs(settings.server.read_seconds),
        shutdown: Duration::from_secs(settings.server.shutdown_seconds),
    };
    server::raise_file_limit();
    let listen = settings.server.listen;
    let finished = runtime.block_on(server::serve(
        listen,
        service,
        admission,
        limits,
        Arc::clone(&live) as Arc<dyn server::Reload>,
    ))?;
    // The ends of all chains are named once more, so that nothing that was decided is left out.
    if let Some(keeper) = keeper {
        let last = async { tokio::time::timeout(limits.shutdown, keeper.checkpoint()).await };
        if runtime.block_on(last).is_err() {
            tracing::warn!("the last checkpoint took too long");
        }
    }
    // What did not end in time is not waited for again.
    runtime.shutdown_timeout(END);
    // The last handle of the store: it writes what it has, and closes.
    drop((live, store));
    Ok(if finished { DONE } else { FAILED })
}

fn make_service(settings: &Settings, engines: Arc<dyn Engines>, store: &Opened) -> Result<Service> {
    let platform = Arc::new(SystemPlatform::new());
    let service = Service::new(
        engines,
        store.store(),
        platform,
        service_settings(settings, store)?,
    );
    let service = match store.archive() {
        Some(archive) => service.with_keys(Arc::new(StoredKeys(Arc::clone(archive)))),
        None => service,
    };
    let service = match externals::start(settings)? {
        Some(calls) => service.with_externals(Arc::new(calls)),
        None => service,
    };
    let service = match models::start(settings)? {
        Some(models) => service.with_models(Arc::new(models)),
        None => service,
    };
    service.set_access(access::load(settings)?);
    Ok(service)
}

/// How the service behaves over a store.
pub(super) fn service_settings(settings: &Settings, store: &Opened) -> Result<ServiceSettings> {
    let journal = &settings.journal;
    Ok(ServiceSettings {
        limits: ServiceLimits {
            body_bytes: settings.server.max_body_bytes as usize,
            rules: RuleLimits {
                max_steps: settings.rules.max_steps,
                max_depth: settings.rules.max_depth,
                max_answers: settings.rules.max_answers,
                max_table_answers: settings.rules.max_table_answers,
                // What is loaded must fit beside it.
                max_bytes: (u64::from(settings.rules.max_memory_mib) << 20)
                    .min((u64::from(settings.engine.call_memory_mib) << 20) / 4 * 3),
            },
            kept_rules: match settings.engine.calls_per_instance {
                0 | 1 => 0,
                // Most instances are for calls.
                _ => (settings.engine.instances as usize / 4).min(MOST_KEPT_RULES),
            },
            kept_gates: (settings.engine.instances as usize / 4).clamp(1, MOST_KEPT_GATES),
            rules_time: Duration::from_millis(settings.rules.max_time_ms),
        },
        journal: JournalSettings {
            stateless: journal.stateless && store.archive().is_some(),
            inputs: match journal.inputs {
                JournalInputs::Whole => InputPolicy::Whole,
                JournalInputs::Redacted => InputPolicy::Redacted,
                JournalInputs::Hash => InputPolicy::Hash,
            },
            configuration: settings.fingerprint().into(),
        },
        governor: engine::governor(settings)?,
        gate: engine::gate(settings)?,
        queries_call_out: settings.outbound.queries,
    })
}

/// What goes on beside the answers; what is to be done at the end is with the one that is returned.
fn start_tasks(
    runtime: &Runtime,
    settings: &Settings,
    store: &Opened,
    live: &Arc<Live>,
) -> Result<Option<Arc<Keeper>>> {
    runtime.spawn(live::refresh_keys(Arc::clone(live)));
    let key = signing_key(settings)?;
    let Some(archive) = store.archive() else {
        return Ok(None);
    };
    let keeper = Arc::new(Keeper {
        store: Arc::clone(archive),
        key,
    });
    let every = Duration::from_secs(settings.journal.checkpoint_seconds);
    let live = Arc::clone(live);
    runtime.spawn(maintenance::run(Arc::clone(&keeper), every, move || {
        live.retention()
    }));
    Ok(Some(keeper))
}

/// What checkpoints are signed with, where they are.
pub(super) fn signing_key(settings: &Settings) -> Result<Option<SigningKey>> {
    let Some(path) = &settings.journal.signing_key_file else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} can't be read", path.display()))?;
    let key = SigningKey::from_pem(&text).with_context(|| path.display().to_string())?;
    tracing::info!(
        public_key = key.verifying_key().to_text(),
        "checkpoints are signed"
    );
    Ok(Some(key))
}
