//! `assize serve`: the HTTP API.

use super::engine::EngineOptions;
use super::{DONE, FAILED};
use crate::platform::SystemPlatform;
use crate::server;
use anyhow::{Context, Result};
use assize_service::{MemoryStore, Service, ServiceLimits};
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Serve the HTTP API.
///
/// Routes are described at /docs for people and at /openapi.json for programs. Sessions are kept in memory, and
/// are gone when the server stops. SIGTERM or Ctrl-C stops it after what is in flight is answered.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The address to listen on; port 0 takes a free one, which the log names.
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8000",
        env = "ASSIZE_LISTEN"
    )]
    listen: SocketAddr,
    /// Where the server keeps what it may reuse: today, the compiled component [default: the user's cache folder]
    #[arg(long, value_name = "DIR", env = "ASSIZE_DATA")]
    data: Option<PathBuf>,
    /// The largest request body.
    #[arg(long, value_name = "BYTES", default_value_t = 1024 * 1024, env = "ASSIZE_MAX_BODY_BYTES")]
    max_body_bytes: usize,
    /// The most sessions that are kept.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 100_000,
        env = "ASSIZE_MAX_SESSIONS"
    )]
    max_sessions: usize,
    /// The most memory that all sessions together may take, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 256, env = "ASSIZE_MAX_SESSIONS_MIB",
        value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    max_sessions_mib: u32,
    /// How long to wait for what is in flight when stopping, in seconds.
    #[arg(
        long,
        value_name = "S",
        default_value_t = 30,
        env = "ASSIZE_SHUTDOWN_SECONDS"
    )]
    shutdown_seconds: u64,
    /// The most connections at one time; more wait to be accepted.
    #[arg(long, value_name = "N", default_value_t = 10_000, env = "ASSIZE_MAX_CONNECTIONS",
        value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    max_connections: u32,
    /// The longest to wait for a request's head, or the next part of its body, in seconds.
    #[arg(long, value_name = "S", default_value_t = 30, env = "ASSIZE_READ_SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=3600))]
    read_seconds: u64,
    /// How to log, to standard error [default: text on a terminal, else json]
    #[arg(long, value_enum, env = "ASSIZE_LOG_FORMAT")]
    log_format: Option<LogFormat>,
    /// What to log: a level, or levels by module (`warn` leaves out the line for each request).
    #[arg(
        long,
        value_name = "FILTER",
        default_value = "info",
        env = "ASSIZE_LOG"
    )]
    log: String,
    #[command(flatten)]
    engine: EngineOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum LogFormat {
    /// One JSON object on each line.
    Json,
    /// For people.
    Text,
}

pub(super) fn run(options: &Options) -> Result<u8> {
    start_log(options)?;
    let engines = options.engine.start(options.data.as_deref())?;
    let bytes = options.max_sessions_mib as usize * 1024 * 1024;
    let service = Arc::new(Service::new(
        engines,
        Arc::new(MemoryStore::new(options.max_sessions, bytes)),
        Arc::new(SystemPlatform::new()),
        ServiceLimits {
            body_bytes: options.max_body_bytes,
        },
    ));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime can't start")?;
    let limits = server::Limits {
        connections: options.max_connections as usize,
        read: Duration::from_secs(options.read_seconds),
        shutdown: Duration::from_secs(options.shutdown_seconds),
    };
    server::raise_file_limit();
    let finished = runtime.block_on(server::serve(options.listen, service, limits))?;
    // What did not end in time is not waited for again.
    runtime.shutdown_background();
    Ok(if finished { DONE } else { FAILED })
}

fn start_log(options: &Options) -> Result<()> {
    let is_terminal = std::io::stderr().is_terminal();
    let filter = EnvFilter::try_new(&options.log)
        .with_context(|| format!("`--log {}` is not a filter", options.log))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    let json = match options.log_format {
        Some(format) => format == LogFormat::Json,
        None => !is_terminal,
    };
    if json {
        log.json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .init();
    } else {
        log.with_ansi(is_terminal).init();
    }
    Ok(())
}
