//! `assize store`: the place where the journal is kept.

use super::settings::{ConfigOptions, location, open_store, opening, runtime};
use super::{DONE, print};
use crate::audit::progress;
use crate::storage::{Opened, open};
use crate::transfer::{Counts, export, import};
use anyhow::{Context, Result, bail};
use assize_journal::{Archive, ChainPages};
use indicatif::ProgressBar;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

/// Look after the store of the journal.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Say what the store holds, and whether it answers.
    Check {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigOptions,
    },
    /// Write everything out as lines of JSON (NDJSON), while a server may go on.
    #[command(after_help = "Example:\n  assize store export --output journal.ndjson")]
    Export {
        /// The file to write; `-` for standard output.
        #[arg(long, value_name = "FILE", default_value = "-")]
        output: PathBuf,
        #[command(flatten)]
        config: ConfigOptions,
    },
    /// Read an exported journal in, checking it on the way. An import that was interrupted can be done again.
    #[command(after_help = "Example:\n  assize store import journal.ndjson --store sqlite:new.db")]
    Import {
        /// The file to read; `-` for standard input.
        #[arg(default_value = "-")]
        file: PathBuf,
        #[command(flatten)]
        config: ConfigOptions,
    },
}

pub(super) fn run(command: &Command) -> Result<u8> {
    super::start_log();
    match command {
        Command::Check { json, config } => check(*json, config),
        Command::Export { output, config } => run_export(output, config),
        Command::Import { file, config } => run_import(file, config),
    }
}

fn check(json: bool, options: &ConfigOptions) -> Result<u8> {
    let settings = options.load(&[])?.settings;
    let location = location(&settings)?;
    let (runtime, store) = open_store(&settings)?;
    let (counts, sessions, bytes) = runtime.block_on(async {
        store.ping().await?;
        let counts = count(store.as_ref()).await?;
        anyhow::Ok((counts, store.count().await?, store.size().await?))
    })?;
    let text = if json {
        let report = serde_json::json!({
            "store": location.to_string(), "bytes": bytes, "open_sessions": sessions, "holds": counts,
        });
        format!("{report}\n")
    } else {
        format!(
            "{location}\n{} chains ({} open sessions), {} events, {} checkpoints, {} API keys, {bytes} bytes\n\
             `assize audit verify` checks each event\n",
            counts.chains,
            sessions.unwrap_or_default(),
            counts.events,
            counts.checkpoints,
            counts.keys,
        )
    };
    print(text.as_bytes())
}

async fn count(store: &dyn Archive) -> Result<Counts> {
    const PAGE: usize = 1000;
    let mut counts = Counts {
        keys: store.keys().await?.len() as u64,
        ..Counts::default()
    };
    counts.checkpoints = store
        .last_checkpoint()
        .await?
        .map_or(0, |last| last.number + 1);
    let mut pages = ChainPages::new(store, PAGE);
    while let Some(chains) = pages.next().await? {
        for head in chains {
            let tombstone = store.tombstone(&head.chain).await?;
            let removed = tombstone.map_or(0, |last| last.sequence + 1);
            counts.chains += 1;
            counts.events += (head.sequence + 1).saturating_sub(removed);
        }
    }
    Ok(counts)
}

fn run_export(output: &Path, options: &ConfigOptions) -> Result<u8> {
    let (runtime, store) = options.open_store()?;
    let is_seen = output == Path::new("-") && std::io::stdout().is_terminal();
    let bar = if is_seen {
        ProgressBar::hidden()
    } else {
        progress("exported")
    };
    let to_file = output != Path::new("-");
    let mut output: Box<dyn Write> = if to_file {
        Box::new(BufWriter::new(create(output)?))
    } else {
        Box::new(BufWriter::new(std::io::stdout().lock()))
    };
    let counts = runtime.block_on(export(store.as_ref(), output.as_mut(), &bar))?;
    bar.finish_and_clear();
    if to_file {
        print(format!("exported {}\n", told(counts)).as_bytes())?;
    }
    Ok(DONE)
}

/// It holds what callers said: nobody else may read it.
pub(super) fn create(path: &Path) -> Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .with_context(|| format!("{} can't be made", path.display()))
}

fn run_import(file: &Path, options: &ConfigOptions) -> Result<u8> {
    let input: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        let file = File::open(file).with_context(|| format!("{} can't be read", file.display()))?;
        Box::new(BufReader::new(file))
    };
    let runtime = runtime()?;
    let settings = options.load(&[])?.settings;
    let store = match runtime.block_on(open(&location(&settings)?, &opening(&settings)))? {
        Opened::Archive(store) => store,
        Opened::Memory(_) => bail!("a store in memory keeps no journal"),
    };
    let bar = progress("imported");
    let counts = runtime.block_on(import(store.as_ref(), input, &bar))?;
    bar.finish_and_clear();
    print(format!("imported {}\n", told(counts)).as_bytes())
}

fn told(counts: Counts) -> String {
    format!(
        "{} chains, {} events, {} checkpoints, {} API keys",
        counts.chains, counts.events, counts.checkpoints, counts.keys
    )
}
