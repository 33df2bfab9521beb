//! Entries, read in batches.

use super::super::lines::{Line, Lines};
use super::super::{DONE, FAILED, complain, print};
use super::forms::{self, Header, MAGIC};
use super::{Session, SessionOptions, progress};
use anyhow::{Context, Result};
use assize_core::{FieldError, InvalidInput};
use assize_service::json::Document;
use assize_service::json::memory::EntryRequest;
use assize_service::{Plain, Problem};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Entries of a batch, at most.
const MOST_ENTRIES: usize = 1000;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The file to read; `-` for standard input. Its first bytes say in which form it is.
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Whom or what entries come from that do not say it; by this they can be forgotten.
    #[arg(long, value_name = "NAME")]
    source_name: Option<String>,
    /// The phase of entries that do not say one, 0 to 1; 0.1 is being awake [default: 0.1]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    phase: Option<f64>,
    /// Print one JSON object; what is wrong goes to standard error as a problem document.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    session: SessionOptions,
}

/// How far it came.
#[derive(Debug, Default, Serialize)]
struct Report {
    session: String,
    /// Whether all was read.
    complete: bool,
    stored: u64,
    /// For their confidence.
    refused: u64,
    /// What had to give way.
    evicted: u64,
    /// The last line, or vector, up to which everything is stored or refused.
    read_to: u64,
}

/// Why it ended before its end.
#[derive(Debug)]
enum Failure {
    /// In a line.
    Problem(Box<Problem>),
    /// Before or outside of any.
    Other(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

pub(super) fn run(options: &Options) -> Result<u8> {
    let input: Box<dyn Read> = if options.file == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        let name = options.file.display();
        let file = File::open(&options.file).with_context(|| format!("{name} can't be read"))?;
        Box::new(file)
    };
    let session = options.session.open()?;
    let mut import = Import {
        defaults: defaults(options)?,
        bar: progress("imported"),
        most_bytes: session.settings.server.max_body_bytes as usize,
        session: &session,
        report: Report {
            session: options.session.session.clone(),
            ..Report::default()
        },
        batch: Batch::default(),
    };
    let mut input = BufReader::new(input);
    let (form, ended) = import.all(&mut input);
    import.bar.finish_and_clear();
    let mut report = import.report;
    report.complete = ended.is_ok();
    let code = match ended {
        Ok(()) => DONE,
        Err(failure) => {
            complain_of(failure, form, options.json);
            FAILED
        }
    };
    tell(&report, form, options.json)?;
    Ok(code)
}

/// Fields of entries that do not say them.
fn defaults(options: &Options) -> Result<Map<String, Value>> {
    let mut defaults = Map::new();
    if let Some(name) = &options.source_name {
        defaults.insert("source_name".to_owned(), name.as_str().into());
    }
    if let Some(phase) = options.phase {
        anyhow::ensure!(
            (0.0..=1.0).contains(&phase),
            "--phase must be from 0 to 1, got {phase}"
        );
        defaults.insert("phase".to_owned(), phase.into());
    }
    Ok(defaults)
}

/// Says what is wrong, and in which line or vector.
fn complain_of(failure: Failure, form: &str, json: bool) {
    match failure {
        Failure::Problem(problem) if json => {
            complain(&String::from_utf8_lossy(&problem.to_json()));
        }
        Failure::Problem(problem) => {
            let text = problem.to_string();
            let text = match text.strip_prefix("line ") {
                Some(rest) => format!("{form} {rest}"),
                None => text,
            };
            for line in format!("error: {text}").lines() {
                complain(&Plain(line).to_string());
            }
        }
        Failure::Other(error) if json => {
            let error = serde_json::json!({"detail": format!("{error:#}")});
            complain(&error.to_string());
        }
        Failure::Other(error) => complain(&Plain(&format!("error: {error:#}")).to_string()),
    }
}

fn tell(report: &Report, form: &str, json: bool) -> Result<u8> {
    if json {
        return print(format!("{}\n", serde_json::to_string(report)?).as_bytes());
    }
    let Report {
        session,
        stored,
        refused,
        evicted,
        read_to,
        ..
    } = report;
    let session = Plain(session);
    let mut text = format!("stored {stored} entries in session `{session}`");
    if *refused > 0 {
        text.push_str(&format!(", refused {refused} for their confidence"));
    }
    if *evicted > 0 {
        text.push_str(&format!("; {evicted} older ones gave way"));
    }
    text.push('\n');
    if !report.complete {
        let next = read_to + 1;
        text.push_str(&match read_to {
            0 => "nothing of the input is stored\n".to_owned(),
            _ => format!(
                "everything up to {form} {read_to} is done, nothing from {form} {next} on\n"
            ),
        });
    }
    print(text.as_bytes())
}

/// Entries that are stored together.
#[derive(Debug, Default)]
struct Batch {
    /// The body of the request, up to its end.
    body: String,
    /// Of each entry, the line or the number of the vector.
    places: Vec<u64>,
}

/// What became of a batch, as far as it is counted.
#[derive(Deserialize)]
struct Inserted {
    stored: u64,
    refused: u64,
    entries: Vec<Value>,
}

struct Import<'o> {
    session: &'o Session<'o>,
    defaults: Map<String, Value>,
    bar: ProgressBar,
    /// Bytes of a line, and of a batch's body.
    most_bytes: usize,
    report: Report,
    batch: Batch,
}

impl Import<'_> {
    /// What the parts of the input are called, and how it ended.
    fn all(&mut self, input: &mut impl Read) -> (&'static str, Result<(), Failure>) {
        let mut begun = Vec::new();
        let reading = input
            .by_ref()
            .take(MAGIC.len() as u64)
            .read_to_end(&mut begun);
        match reading.context("the input can't be read") {
            Err(error) => ("line", Err(error.into())),
            Ok(_) if begun == MAGIC => ("vector", self.vectors(input)),
            Ok(_) => ("line", self.lines(begun.as_slice().chain(input))),
        }
    }

    fn lines(&mut self, input: impl Read) -> Result<(), Failure> {
        let mut lines = Lines::new(input, self.most_bytes);
        let mut last = 0;
        while let Some(chunk) = lines.chunk().context("the input can't be read")? {
            for (number, line) in (chunk.first..).zip(chunk.lines) {
                match line {
                    Line::TooLong => {
                        let problem = Problem::too_long(self.most_bytes);
                        return Err(problem.in_line(number).into());
                    }
                    Line::Whole(line) if line.trim_ascii().is_empty() => {}
                    Line::Whole(line) => self.entry(&line, number)?,
                }
                last = number;
            }
        }
        self.store()?;
        self.report.read_to = last;
        Ok(())
    }

    fn vectors(&mut self, input: &mut impl Read) -> Result<(), Failure> {
        let header = Header::read(input)?;
        for number in 1..=u64::from(header.count) {
            let vector = forms::read_vector(input, header, number)?;
            let numbers: Vec<f64> = vector.into_iter().map(forms::exact).collect();
            let entry = serde_json::json!({"vector": numbers}).to_string();
            self.entry(entry.as_bytes(), number)?;
        }
        self.store()?;
        let mut rest = [0];
        if input.read(&mut rest).context("the input can't be read")? > 0 {
            let count = header.count;
            let more =
                anyhow::anyhow!("there is more after vector {count}, the last by the header");
            return Err(more.into());
        }
        Ok(())
    }

    /// Takes an entry, and stores the batch before it where that is full.
    fn entry(&mut self, json: &[u8], place: u64) -> Result<(), Failure> {
        let text = self.read(json).map_err(|problem| problem.in_line(place))?;
        let is_full = self.batch.places.len() >= MOST_ENTRIES
            || self.batch.body.len() + text.len() + 16 > self.most_bytes;
        if is_full {
            self.store()?;
        }
        let separator = if self.batch.places.is_empty() {
            "{\"entries\":["
        } else {
            ","
        };
        self.batch.body.push_str(separator);
        self.batch.body.push_str(&text);
        self.batch.places.push(place);
        Ok(())
    }

    /// The entry as it stands in a body, once it is known to be one.
    fn read(&self, json: &[u8]) -> Result<String, Problem> {
        let document = Document::parse(json)?;
        EntryRequest::read(&document)?;
        let mut text = String::from_utf8_lossy(json.trim_ascii()).into_owned();
        if !self.defaults.is_empty()
            && let Ok(Value::Object(mut members)) = serde_json::from_str(&text)
        {
            for (name, value) in &self.defaults {
                let member = members.entry(name.as_str()).or_insert(Value::Null);
                if member.is_null() {
                    *member = value.clone();
                }
            }
            text = Value::Object(members).to_string();
            EntryRequest::read(&Document::parse(text.as_bytes())?)?;
        }
        Ok(text)
    }

    /// Stores the batch, all of it or nothing.
    fn store(&mut self) -> Result<(), Failure> {
        let Some(last) = self.batch.places.last().copied() else {
            return Ok(());
        };
        let mut batch = std::mem::take(&mut self.batch);
        batch.body.push_str("]}");
        let operator = self.session.operator();
        let inserting = operator.insert(&batch.body);
        let answer = self.session.runtime.block_on(inserting);
        let answer = answer.map_err(|problem| located(problem, &batch.places))?;
        let inserted: Inserted =
            serde_json::from_str(&answer).context("the answer can't be read")?;
        let evicted = |entry: &Value| {
            let evicted = entry.pointer("/stored/evicted").and_then(Value::as_array);
            evicted.map_or(0, Vec::len) as u64
        };
        self.report.stored += inserted.stored;
        self.report.refused += inserted.refused;
        self.report.evicted += inserted.entries.iter().map(evicted).sum::<u64>();
        self.report.read_to = last;
        self.bar.inc(batch.places.len() as u64);
        Ok(())
    }
}

/// What is wrong with entries of a batch, told of the first one's line.
fn located(problem: Problem, places: &[u64]) -> Problem {
    let index = |error: &FieldError| -> Option<usize> {
        let rest = error.pointer.strip_prefix("/entries/")?;
        rest.split('/').next()?.parse().ok()
    };
    let Some(first) = problem.errors().iter().filter_map(index).min() else {
        return problem;
    };
    let Some(place) = places.get(first) else {
        return problem;
    };
    let part = format!("/entries/{first}");
    let own = problem
        .errors()
        .iter()
        .filter(|error| index(error) == Some(first));
    let own = own.map(|error| {
        let rest = error.pointer.strip_prefix(&part).unwrap_or_default();
        FieldError::new(rest, error.message.clone())
    });
    match InvalidInput::check(own.collect()) {
        Err(invalid) => Problem::from(invalid).in_line(*place),
        Ok(()) => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_batch_is_told_of_its_first_line() {
        let errors = [(3, "/vector"), (1, "/vector/7"), (1, "")]
            .map(|(index, rest)| FieldError::new(format!("/entries/{index}{rest}"), "is wrong"));
        let invalid = InvalidInput::check(errors.to_vec()).unwrap_err();
        let found = located(invalid.into(), &[10, 20, 30, 40]);
        assert!(found.to_string().starts_with("line 20: "), "{found}");
        let pointers: Vec<_> = found
            .errors()
            .iter()
            .map(|it| it.pointer.as_str())
            .collect();
        assert_eq!(pointers, ["/vector/7", ""]);
    }
}
