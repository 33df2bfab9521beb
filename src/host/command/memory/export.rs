//! Everything that a session remembers, written out.

use super::super::store::create;
use super::super::{DONE, complain};
use super::forms::{self, Header};
use super::{Session, SessionOptions, progress};
use anyhow::{Context, Result};
use assize_service::{Plain, Remembered};
use indicatif::ProgressBar;
use std::io::{BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Entries that are asked for at a time.
const PAGE: u32 = 500;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// An entry on each line.
    Ndjson,
    /// Vectors alone.
    Binary,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The file to write, which must not be there yet; `-` for standard output.
    #[arg(long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// The form.
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    format: Format,
    /// Say on standard error, as one JSON object, how many entries were written.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    session: SessionOptions,
}

pub(super) fn run(options: &Options) -> Result<u8> {
    let session = options.session.open_existing()?;
    let to_file = options.output != Path::new("-");
    let mut output: Box<dyn Write> = if to_file {
        Box::new(BufWriter::new(create(&options.output)?))
    } else {
        Box::new(BufWriter::new(std::io::stdout().lock()))
    };
    let is_seen = !to_file && std::io::stdout().is_terminal();
    let bar = if is_seen {
        ProgressBar::hidden()
    } else {
        progress("exported")
    };
    let written = write(&session, options.format, output.as_mut(), &bar);
    bar.finish_and_clear();
    let count = match written {
        // Whoever read it has seen enough.
        Err(error) if is_broken_pipe(&error) => return Ok(DONE),
        written => written.with_context(|| format!("{} can't be written", name(options)))?,
    };
    let session = &options.session.session;
    if options.json {
        complain(&serde_json::json!({"session": session, "exported": count}).to_string());
    } else if count == 0 {
        complain(&format!("session `{}` remembers nothing", Plain(session)));
    } else if to_file {
        let file = options.output.display().to_string();
        complain(&format!("exported {count} entries to {}", Plain(&file)));
    }
    Ok(DONE)
}

fn name(options: &Options) -> String {
    match options.output.to_str() {
        Some("-") => "standard output".to_owned(),
        _ => options.output.display().to_string(),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<std::io::Error>();
    error.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

fn write(
    session: &Session<'_>,
    format: Format,
    output: &mut dyn Write,
    bar: &ProgressBar,
) -> Result<u64> {
    let mut count = 0_u64;
    let mut vectors = Vec::new();
    let mut dimension = 0;
    each(session, |remembered| {
        match format {
            Format::Ndjson => writeln!(output, "{}", forms::line(remembered)?)?,
            // Their number stands before them.
            Format::Binary => {
                dimension = remembered.vector.len();
                let numbers = remembered.vector.iter();
                vectors.extend(numbers.flat_map(|number| number.to_le_bytes()));
            }
        }
        count += 1;
        bar.inc(1);
        Ok(())
    })?;
    if format == Format::Binary {
        let own = session.settings.memory.dimension as usize;
        let dimension = if count == 0 { own } else { dimension };
        let header = Header {
            dimension: u32::try_from(dimension)?,
            count: u32::try_from(count)?,
        };
        output.write_all(&header.write())?;
        output.write_all(&vectors)?;
    }
    output.flush()?;
    Ok(count)
}

fn each(session: &Session<'_>, mut take: impl FnMut(&Remembered) -> Result<()>) -> Result<()> {
    let operator = session.operator();
    let mut after = 0;
    loop {
        let page = session.runtime.block_on(operator.entries(after, PAGE));
        let page = page.map_err(|problem| anyhow::anyhow!("{problem}"))?;
        for remembered in &page {
            take(remembered)?;
        }
        match page.last() {
            Some(last) => after = last.entry.id,
            None => return Ok(()),
        }
    }
}
