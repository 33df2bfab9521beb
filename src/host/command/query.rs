//! `assize query`: what a policy says, and why.

use super::rules::{complain_about, sources};
use super::{DONE, FAILED, complain, print};
use anyhow::{Context, Result};
use assize_core::rules::{
    Answers, Format, KnowledgeBase, Limits, OrderKey, QueryError, QueryOptions, Source,
};
use assize_service::json::rules::answers_text;
use std::fmt::Write;
use std::path::PathBuf;

/// Nothing proves the query.
const NOT_PROVED: u8 = 1;
/// A limit ended it before all answers were known.
const INCOMPLETE: u8 = 3;

/// Ask a policy.
///
/// Prints one answer on each line, and with --explain why each holds; with --why-not, why there is none. Runs in this
/// process, journals nothing, and reaches nothing outside: `assize serve` does the rest.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  assize query 'allow(who, \"read\")' policy.rules
  assize query 'allow(\"ann\", \"shell\")' policy.rules facts.yaml --explain --why-not
  assize query 'risk(x, r)' policy.rules --order-by=-r --json

Exit codes:
  0  it holds
  1  nothing proves it
  2  it can't be asked: a file, the policy, the query, a built-in that could not say
  3  a limit ended it before all answers were known; what was found is printed")]
pub(super) struct Options {
    /// The goal, in the language of docs/rules-language.md.
    goal: String,
    /// The policy's files; `-` for standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Say why each answer holds.
    #[arg(long)]
    explain: bool,
    /// Where there is no answer, say why.
    #[arg(long)]
    why_not: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
    /// Variables by which answers are sorted; `-` before one sorts from the greatest down.
    #[arg(
        long,
        value_name = "VARIABLE",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    order_by: Vec<String>,
    /// The time, as milliseconds since 1970-01-01T00:00:00Z [default: now].
    #[arg(long, value_name = "MS")]
    now: Option<i64>,
    /// Most calls of predicates and built-ins.
    #[arg(long, default_value_t = Limits::default().max_steps)]
    max_steps: u64,
    /// Most answers.
    #[arg(long, default_value_t = Limits::default().max_answers)]
    max_answers: u32,
    /// Most bytes of terms, stacks and tables.
    #[arg(long, default_value_t = Limits::default().max_bytes)]
    max_bytes: u64,
}

pub(super) fn run(options: &Options) -> Result<u8> {
    let sources = sources(&options.files)?;
    let base = match KnowledgeBase::load(&sources) {
        Ok(base) => base,
        Err(error) => {
            complain_about(&error.diagnostics, &sources);
            return Ok(FAILED);
        }
    };
    match base.ask(&options.goal, query_options(options)?) {
        Ok(answers) => {
            let code = code(&answers);
            let limit = answers.outcome.truncated_by.clone();
            if options.json {
                print(format!("{}\n", answers_text(answers, base.sources())).as_bytes())?;
            } else {
                print(text(&answers, base.sources()).as_bytes())?;
            }
            if let Some(limit) = limit {
                complain(&format!("incomplete: {limit}"));
            }
            Ok(code)
        }
        Err(QueryError::Query(error)) => {
            let query = Source {
                name: "query".into(),
                text: options.goal.as_str().into(),
                format: Format::Text,
            };
            let mut found = error.diagnostics;
            for diagnostic in &mut found {
                diagnostic.span.source = 0;
            }
            complain_about(&found, &[query]);
            Ok(FAILED)
        }
        Err(error) => Err(error.into()),
    }
}

fn query_options(options: &Options) -> Result<QueryOptions> {
    let now = match options.now {
        Some(now) => now,
        None => {
            let since = std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .context("the clock is before 1970: give --now")?;
            i64::try_from(since.as_millis())?
        }
    };
    let key = |text: &String| match text.strip_prefix('-') {
        Some(variable) => OrderKey {
            variable: variable.into(),
            descending: true,
        },
        None => OrderKey {
            variable: text.as_str().into(),
            descending: false,
        },
    };
    Ok(QueryOptions {
        limits: Limits {
            max_steps: options.max_steps,
            max_answers: options.max_answers,
            max_bytes: options.max_bytes,
            ..Limits::default()
        },
        now_ms: Some(now),
        order: options.order_by.iter().map(key).collect(),
        explain: options.explain,
        why_not: options.why_not,
        facts: Vec::new(),
    })
}

fn text(answers: &Answers, sources: &[Source]) -> String {
    let mut text = String::new();
    for answer in &answers.answers {
        let bindings: Vec<String> = answer
            .bindings
            .iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        let line = if bindings.is_empty() {
            "yes".to_owned()
        } else {
            bindings.join(", ")
        };
        // Writing to a string can't fail.
        let _ = writeln!(text, "{line}");
        if let Some(proof) = &answer.proof {
            for line in proof.to_text(sources).lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
    }
    if answers.answers.is_empty() && answers.outcome.complete {
        text.push_str("no\n");
    }
    if let Some(why_not) = &answers.outcome.why_not {
        text.push_str(&why_not.to_text(sources));
        if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    text
}

fn code(answers: &Answers) -> u8 {
    match (answers.outcome.complete, answers.answers.is_empty()) {
        (false, _) => INCOMPLETE,
        (true, true) => NOT_PROVED,
        (true, false) => DONE,
    }
}
