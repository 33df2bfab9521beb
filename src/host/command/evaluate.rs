//! `assize evaluate`: one evaluation for each line, in order, in constant memory.

use super::engine::{self, EngineOptions};
use super::lines::{Chunk, Line, Lines};
use super::settings::FileOptions;
use super::{DONE, FAILED, complain, start_log};
use anyhow::{Context, Result};
use assize_core::Verdict;
use assize_core::governor::CycleConfig;
use assize_service::json::{Document, EvaluateRequest, write_evaluation};
use assize_service::{Engines, Problem};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Some lines could not be judged; all others were.
const BAD_LINES: u8 = 1;
/// Every line was judged, and not every verdict is `allow`, or there is none.
const NOT_ALLOWED: u8 = 3;
/// Whoever read the answers went away before the end: what a shell says of a broken pipe.
const NOT_READ: u8 = 141;

/// Judge pairs of model outputs.
///
/// Reads one JSON object, or one on each line (NDJSON):
///
///   {"left": {"output": "...", "confidence": 0.9}, "right": {...},
///    "config": {...}, "budget": 1.0, "cycle": 1}
///
/// `config`, `budget` and `cycle` may be left out. Prints one evaluation on each line, in the order
/// of the input, as it goes: a million lines take no more memory than a thousand. A line that can't
/// be judged is reported with its number on standard error, and the rest goes on. Nothing is journaled:
/// `assize serve` does that.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_help = EXAMPLES)]
pub(super) struct Options {
    /// The file to read; `-` for standard input.
    #[arg(default_value = "-")]
    file: PathBuf,
    /// How many lines to judge at the same time [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Report bad lines as problem documents (JSON, with `input_line`) instead of text.
    #[arg(long)]
    json: bool,
    /// Put a bad line's problem document in its place on standard output, and an empty line in that of
    /// a blank one, so that output lines match input lines.
    #[arg(long)]
    inline_errors: bool,
    /// Exit with 3 unless there is a verdict, and every one is `allow`.
    #[arg(long)]
    require_allow: bool,
    /// Pass over lines that are longer.
    #[arg(long, value_name = "BYTES", default_value_t = 16 * 1024 * 1024)]
    max_line_bytes: usize,
    #[command(flatten)]
    config: FileOptions,
    #[command(flatten)]
    engine: EngineOptions,
}

const EXAMPLES: &str = "\
Examples:
  echo '{\"left\":{\"output\":\"yes\",\"confidence\":0.9},\"right\":{\"output\":\"yes\",\"confidence\":0.8}}' | assize evaluate
  assize evaluate pairs.ndjson --jobs 4 > evaluations.ndjson
  assize evaluate pair.json --require-allow && ./deploy

Exit codes:
  0  every line was judged
  1  some lines could not be judged
  2  nothing could be judged: wrong usage, no such file, no engine
  3  with --require-allow: every line was judged, and a verdict is not `allow`, or there is none
  141  whoever read the answers went away before the end";

pub(super) fn run(options: &Options) -> Result<u8> {
    start_log();
    let (input, bytes) = open(&options.file)?;
    let settings = options.config.load(&options.engine.flags())?.settings;
    let engines = engine::start(&settings)?;
    let default = engine::governor(&settings)?;
    let progress = progress(bytes);
    let jobs = options.jobs.map_or_else(
        || std::thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    );
    let mut lines = Lines::new(progress.wrap_read(input), options.max_line_bytes);
    let judge = Judge {
        engines: engines.as_ref(),
        default: &default,
        inline_errors: options.inline_errors,
        json: options.json,
        max_line_bytes: options.max_line_bytes,
    };
    let document = lines
        .document(is_json, |text| {
            Document::parse(text).is_err_and(|error| error.is_unfinished())
        })
        .context("the input can't be read")?;
    let outcome = match document {
        Some(text) => {
            let mut output = Judged::default();
            judge.text(&text, None, &mut output);
            let mut outcome = Outcome::default();
            outcome.write(output, &progress);
            outcome
        }
        None => judge_lines(&judge, &mut lines, jobs, &progress)?,
    };
    progress.finish_and_clear();
    Ok(outcome.code(options.require_allow))
}

fn open(file: &Path) -> Result<(Box<dyn Read + Send>, Option<u64>)> {
    if file == Path::new("-") {
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            complain("reading from the terminal: one JSON object on each line, Ctrl-D ends");
        }
        return Ok((Box::new(stdin), None));
    }
    let input = File::open(file).with_context(|| format!("{} can't be read", file.display()))?;
    let metadata = input.metadata()?;
    anyhow::ensure!(!metadata.is_dir(), "{} is a folder", file.display());
    let bytes = metadata.is_file().then_some(metadata.len());
    Ok((Box::new(input), bytes))
}

fn is_json(text: &[u8]) -> bool {
    Document::parse(text).is_ok()
}

/// Shown on a terminal only, and not before it is worth it.
fn progress(bytes: Option<u64>) -> ProgressBar {
    let stderr = std::io::stderr();
    let answers_are_seen = std::io::stdout().is_terminal();
    let Some(bytes) = bytes.filter(|_| stderr.is_terminal() && !answers_are_seen) else {
        return ProgressBar::hidden();
    };
    let bar = ProgressBar::new(bytes);
    let template = "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Reads, judges and writes at the same time; what is in between is bounded.
fn judge_lines<R: Read + Send>(
    judge: &Judge<'_>,
    lines: &mut Lines<R>,
    jobs: usize,
    progress: &ProgressBar,
) -> Result<Outcome> {
    let (to_judge, judged_by) = sync_channel::<(Chunk, SyncSender<Judged>)>(jobs);
    // Holds one receiver for each chunk, in the order of the chunks.
    let (in_order, to_write) = sync_channel::<Receiver<Judged>>(jobs * 4);
    let judged_by = Mutex::new(judged_by);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let next = judged_by
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .recv();
                    let Ok((chunk, answer)) = next else { break };
                    // The writer waits for it, or has ended the process.
                    let _ = answer.send(judge.chunk(&chunk));
                }
            });
        }
        let reader = scope.spawn(move || -> std::io::Result<()> {
            while let Some(chunk) = lines.chunk()? {
                let (answer, receiver) = sync_channel(1);
                if in_order.send(receiver).is_err() || to_judge.send((chunk, answer)).is_err() {
                    break;
                }
            }
            Ok(())
        });
        let mut outcome = Outcome::default();
        for receiver in to_write {
            let Ok(judged) = receiver.recv() else { break };
            outcome.write(judged, progress);
        }
        if let Ok(read) = reader.join() {
            read.context("the input can't be read")?;
        }
        Ok(outcome)
    })
}

/// Judges texts; shared by all workers.
struct Judge<'a> {
    engines: &'a dyn Engines,
    default: &'a CycleConfig,
    inline_errors: bool,
    json: bool,
    max_line_bytes: usize,
}

/// What became of some lines.
#[derive(Debug, Default)]
struct Judged {
    answers: Vec<u8>,
    errors: Vec<u8>,
    bad: u64,
    allowed: u64,
    not_allowed: u64,
}

impl Judge<'_> {
    fn chunk(&self, chunk: &Chunk) -> Judged {
        let mut judged = Judged::default();
        for (line, number) in chunk.lines.iter().zip(chunk.first..) {
            match line {
                Line::Whole(text) if text.iter().all(u8::is_ascii_whitespace) => {
                    if self.inline_errors {
                        judged.answers.push(b'\n');
                    }
                }
                Line::Whole(text) => self.text(text, Some(number), &mut judged),
                Line::TooLong => {
                    let problem = Problem::too_long(self.max_line_bytes);
                    self.report(problem, Some(number), &mut judged);
                }
            }
        }
        judged
    }

    fn text(&self, text: &[u8], number: Option<u64>, judged: &mut Judged) {
        let evaluation = Document::parse(text)
            .map_err(Problem::from)
            .and_then(|document| {
                let request = EvaluateRequest::read(&document, self.default)?;
                Ok(self
                    .engines
                    .evaluate_cycle(&request.config, &request.input)?)
            });
        match evaluation {
            Ok(evaluation) => {
                if evaluation.verdict == Verdict::Allow {
                    judged.allowed += 1;
                } else {
                    judged.not_allowed += 1;
                }
                write_evaluation(&evaluation, &mut judged.answers);
                judged.answers.push(b'\n');
            }
            Err(problem) => self.report(problem, number, judged),
        }
    }

    fn report(&self, problem: Problem, number: Option<u64>, judged: &mut Judged) {
        judged.bad += 1;
        if let Some(cause) = problem.cause() {
            tracing::error!("{cause}");
        }
        let problem = match number {
            Some(number) => problem.in_line(number),
            None => problem,
        };
        if self.inline_errors {
            judged.answers.extend(problem.to_json());
            judged.answers.push(b'\n');
        } else if self.json {
            judged.errors.extend(problem.to_json());
            judged.errors.push(b'\n');
        } else {
            judged.errors.extend(problem.to_string().into_bytes());
            judged.errors.push(b'\n');
        }
    }
}

/// What became of the whole input.
#[derive(Debug, Default)]
struct Outcome {
    bad: u64,
    allowed: u64,
    not_allowed: u64,
}

impl Outcome {
    /// Ends the process where the answers can't be written: a reader may be waiting for input that
    /// never comes, and nothing it reads matters any more.
    fn write(&mut self, judged: Judged, progress: &ProgressBar) {
        self.bad += judged.bad;
        self.allowed += judged.allowed;
        self.not_allowed += judged.not_allowed;
        if !judged.errors.is_empty() {
            // Without a standard error, the exit code has to do.
            progress.suspend(|| {
                let _ = std::io::stderr().write_all(&judged.errors);
            });
        }
        let mut stdout = std::io::stdout().lock();
        let written = stdout
            .write_all(&judged.answers)
            .and_then(|()| stdout.flush());
        let Err(error) = written else { return };
        progress.finish_and_clear();
        if error.kind() != ErrorKind::BrokenPipe {
            complain(&format!("error: the evaluations can't be written: {error}"));
            std::process::exit(FAILED.into());
        }
        std::process::exit(NOT_READ.into());
    }

    fn code(&self, require_allow: bool) -> u8 {
        if self.bad > 0 {
            return BAD_LINES;
        }
        if !require_allow {
            return DONE;
        }
        if self.allowed == 0 && self.not_allowed == 0 {
            complain("nothing was judged, so nothing is allowed");
            return NOT_ALLOWED;
        }
        if self.not_allowed > 0 {
            return NOT_ALLOWED;
        }
        DONE
    }
}
