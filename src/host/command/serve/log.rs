//! The server's log.

use anyhow::{Context, Result, anyhow};
use assize_config::settings::{LogFormat, LogSettings};
use std::io::IsTerminal;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::Handle;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

/// What is logged, changeable while the server runs.
#[derive(Debug, Clone)]
pub(super) struct Filter(Handle<EnvFilter, Registry>);

impl Filter {
    pub(super) fn set(&self, filter: &str) -> Result<()> {
        self.0
            .reload(parse(filter)?)
            .map_err(|error| anyhow!("{error}"))
    }
}

fn parse(filter: &str) -> Result<EnvFilter> {
    EnvFilter::try_new(filter).with_context(|| format!("`{filter}` is not a filter"))
}

/// As https://no-color.org has it.
fn has_colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|text| text.is_empty())
}

pub(super) fn start(settings: &LogSettings) -> Result<Filter> {
    let is_terminal = std::io::stderr().is_terminal();
    let (filter, handle) = reload::Layer::new(parse(&settings.filter)?);
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
    let is_text = match settings.format {
        LogFormat::Auto => is_terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let lines = if is_text {
        lines.with_ansi(is_terminal && has_colours()).boxed()
    } else {
        lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed()
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init()
        .map_err(|error| anyhow!("the log can't start: {error}"))?;
    Ok(Filter(handle))
}
