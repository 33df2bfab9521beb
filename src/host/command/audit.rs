//! `assize audit`: what was decided, whether the record of it is whole, and whether it would be decided again.

mod show;

pub(super) use show::time;

use super::engine::{self, EngineOptions};
use super::settings::{ConfigOptions, open_store};
use super::{DONE, complain, print};
use crate::audit::{
    Difference, Judge, ReplayReport, ReplayScope, VerifyReport, progress, replay, verify,
};
use anyhow::{Context, Result};
use assize_journal::VerifyingKey;
use assize_service::Plain;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

/// The journal is broken, or answers differ.
const FOUND: u8 = 1;

/// Look into the journal of decisions.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    Verify(VerifyOptions),
    Show(show::Options),
    Replay(ReplayOptions),
}

/// Check that nothing in the journal was changed, removed or inserted.
///
/// Each event holds the hash of the one before it; checkpoints name where all chains ended. Prints the first break of
/// each chain that has one.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes:\n  0  all of it is whole\n  1  something was changed, removed or inserted\n  2  it could not be checked"
)]
pub(super) struct VerifyOptions {
    /// Check one chain only: a session, or a stream.
    #[arg(long, value_name = "CHAIN")]
    chain: Option<String>,
    /// The public key (PEM) that every checkpoint must be signed by.
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOptions,
}

/// Judge every journaled input again, and compare the answers to the byte.
///
/// Differences are printed as they are found: what was answered, and what is answered now.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes:\n  0  every answer is the same\n  1  some are not\n  2  it could not be done"
)]
pub(super) struct ReplayOptions {
    /// Replay one chain only: a session, or a stream.
    #[arg(long, value_name = "CHAIN")]
    chain: Option<String>,
    /// Replay sessions of one tenant only, and all streams.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// How many chains to replay at the same time [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Print each difference as a line of JSON, and the summary as the last one.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOptions,
    #[command(flatten)]
    engine: EngineOptions,
}

pub(super) fn run(command: &Command) -> Result<u8> {
    super::start_log();
    match command {
        Command::Verify(options) => run_verify(options),
        Command::Show(options) => show::run(options),
        Command::Replay(options) => run_replay(options),
    }
}

fn run_verify(options: &VerifyOptions) -> Result<u8> {
    let key = options.public_key.as_ref().map(|file| {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("{} can't be read", file.display()))?;
        VerifyingKey::from_pem(&text).with_context(|| file.display().to_string())
    });
    let key = key.transpose()?;
    let (runtime, store) = options.config.open_store()?;
    let bar = progress("checked");
    let report = verify(store.as_ref(), options.chain.as_deref(), key.as_ref(), &bar);
    let report = runtime.block_on(report)?;
    bar.finish_and_clear();
    let text = if options.json {
        format!("{}\n", serde_json::to_string(&report)?)
    } else {
        describe(&report, key.is_some())?
    };
    print(text.as_bytes())?;
    Ok(if report.broken.is_empty() {
        DONE
    } else {
        FOUND
    })
}

fn describe(report: &VerifyReport, has_key: bool) -> Result<String> {
    let mut text = String::new();
    for broken in &report.broken {
        writeln!(text, "{}", Plain(&broken.what))?;
    }
    let VerifyReport {
        chains,
        events,
        checkpoints,
        signed_checkpoints,
        ..
    } = report;
    let signed = match (*signed_checkpoints, has_key) {
        (0, _) => "none signed".to_owned(),
        (signed, true) => format!("{signed} signed by the key"),
        (signed, false) => format!("{signed} signed, which --public-key would check"),
    };
    let last = report
        .last_checkpoint_ms
        .map_or_else(String::new, |last| format!(", the last at {}", time(last)));
    writeln!(
        text,
        "{chains} chains, {events} events, {checkpoints} checkpoints ({signed}{last})"
    )?;
    if report.chains_without_checkpoint > 0 {
        let count = report.chains_without_checkpoint;
        writeln!(
            text,
            "{count} chains went on since the last checkpoint: it can't be told whether their ends are all there"
        )?;
    }
    if report.removed_events > 0 {
        let VerifyReport {
            removed_events,
            removed_from,
            ..
        } = report;
        let signed = if report.unsigned_tombstones == 0 {
            "each signed"
        } else {
            "not signed: nobody can tell whether they were old"
        };
        writeln!(
            text,
            "{removed_events} events of {removed_from} chains were removed as old ({signed})"
        )?;
    }
    match report.broken.len() {
        0 => writeln!(text, "all of it is whole")?,
        1 => writeln!(text, "1 break")?,
        breaks => writeln!(text, "{breaks} breaks")?,
    }
    Ok(text)
}

fn run_replay(options: &ReplayOptions) -> Result<u8> {
    let settings = options.config.load(&options.engine.flags())?.settings;
    let engines = engine::start(&settings)?;
    let judge = Judge {
        engines: engines.as_ref(),
        default: engine::governor(&settings)?,
        configuration: settings.fingerprint(),
    };
    let (runtime, store) = open_store(&settings)?;
    let jobs = options.jobs.map_or_else(
        || std::thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    );
    let scope = ReplayScope {
        chain: options.chain.clone(),
        tenant: options.tenant.clone(),
    };
    let bar = progress("replayed");
    let started = Instant::now();
    let json = options.json;
    let tell = |difference: Difference| {
        let line = if json {
            format!("{}\n", serde_json::to_string(&difference)?)
        } else {
            row(&difference)?
        };
        bar.suspend(|| {
            let mut output = std::io::stdout().lock();
            output.write_all(line.as_bytes())
        })?;
        Ok(())
    };
    let report = replay(runtime.handle(), &store, &judge, &scope, jobs, &bar, tell)?;
    let seconds = started.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let text = if json {
        format!(
            "{}\n",
            serde_json::json!({"summary": report, "seconds": seconds})
        )
    } else {
        summary(&report, seconds)?
    };
    print(text.as_bytes())?;
    if report.events == 0 {
        complain("there was nothing to replay");
    }
    Ok(if report.different + report.different_states == 0 {
        DONE
    } else {
        FOUND
    })
}

fn summary(report: &ReplayReport, seconds: f64) -> Result<String> {
    let rate = report.events as f64 / seconds.max(1e-9);
    let mut text = format!(
        "{} events in {seconds:.1} s ({rate:.0} in a second): {} the same, {} different, {} not run\n",
        report.events, report.same, report.different, report.skipped
    );
    if report.different_states > 0 {
        let states = report.different_states;
        writeln!(
            text,
            "  {states} sessions have another state than their events make"
        )?;
    }
    for (reason, count) in &report.skipped_because {
        writeln!(text, "  not run: {count}, as {reason}")?;
    }
    Ok(text)
}

/// A difference for people: the part of the answers that is not the same.
fn row(difference: &Difference) -> Result<String> {
    let mut text = format!(
        "{}  {}",
        Plain(&difference.event),
        Plain(&difference.operation)
    );
    if difference.component_changed {
        text.push_str("  (judged by another component)");
    }
    if difference.configuration_changed {
        text.push_str("  (under other settings)");
    }
    text.push('\n');
    match (&difference.before, &difference.now, &difference.refused) {
        (_, _, Some(refused)) => writeln!(text, "  refused now: {}", Plain(refused))?,
        (Some(before), Some(now), _) => {
            let common = before
                .bytes()
                .zip(now.bytes())
                .take_while(|(one, other)| one == other);
            let at = common.count();
            writeln!(text, "  then: {}", Plain(&around(before, at)))?;
            writeln!(text, "  now:  {}", Plain(&around(now, at)))?;
        }
        _ => writeln!(
            text,
            "  another answer than then, of which only the hash was kept"
        )?,
    }
    Ok(text)
}

/// What stands around a byte.
fn around(text: &str, at: usize) -> String {
    const BEFORE: usize = 24;
    const SHOWN: usize = 72;
    let from = text.floor_char_boundary(at.saturating_sub(BEFORE));
    let to = text.floor_char_boundary(from.saturating_add(SHOWN));
    let part = text.get(from..to).unwrap_or_default();
    let (left, right) = (
        if from > 0 { "…" } else { "" },
        if to < text.len() { "…" } else { "" },
    );
    format!("{left}{part}{right}")
}
