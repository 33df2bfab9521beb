//! `assize query`: what a policy says, and why.

use super::policy::{LIMITED, PolicyOptions, Refused, indent};
use super::{DONE, complain, print};
use anyhow::Result;
use assize_core::rules::{Answers, Format, Limits, OrderKey, QueryOptions, Source};
use assize_service::json::rules::answers_text;

/// Nothing proves the query.
const NOT_PROVED: u8 = 1;
/// Warnings that are not meant for those who ask: whatever is asked here is not unused.
const OF_NO_USE: [&str; 1] = ["unused-predicate"];

/// Ask a policy.
///
/// Prints one answer on each line, and with --explain why each holds; with --why-not, why there is none. What
/// `assize rules check` warns of goes to standard error first. A query looks at no other predicate than it names:
/// whether something may be done is asked with `assize decide`, which looks at `deny` first. Runs in this process,
/// journals nothing, and reaches nothing outside: `assize serve` does the rest.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  assize query 'allow(who, \"read\")' policy.rules
  assize query 'allow(\"ann\", \"shell\")' policy.rules facts.yaml --explain --why-not
  assize query 'risk(x, r)' policy.rules --order-by=-r --json
  assize query 'open(shop)' hours.rules --now 2026-03-07T10:00:00Z --fact '[\"holiday\", \"2026-03-07\"]'

Exit codes:
  0  it holds
  1  nothing proves it
  2  it can't be asked: a file, the policy, the query, a built-in or an external that could not say
  3  a limit ended it before all answers were known; what was found is printed")]
pub(super) struct Options {
    /// The goal, in the language of docs/rules-language.md.
    goal: String,
    #[command(flatten)]
    policy: PolicyOptions,
    /// Say why each answer holds.
    #[arg(long)]
    explain: bool,
    /// Where there is no answer, say why.
    #[arg(long)]
    why_not: bool,
    /// Variables by which answers are sorted; `-` before one sorts from the greatest down.
    #[arg(
        long,
        value_name = "VARIABLE",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    order_by: Vec<String>,
    /// Most answers.
    #[arg(long, value_name = "ANSWERS", default_value_t = Limits::default().max_answers)]
    max_answers: u32,
}

pub(super) fn run(options: &Options) -> Result<u8> {
    Ok(options.policy.code(answer(options)))
}

fn answer(options: &Options) -> Result<u8, Refused> {
    let base = options.policy.load(&OF_NO_USE)?;
    let answers = base
        .ask(&options.goal, query_options(options)?)
        .map_err(|error| Refused::of_query(error, query(&options.goal)))?;
    let code = code(&answers);
    if options.policy.json {
        print(format!("{}\n", answers_text(answers, base.sources())).as_bytes())?;
        return Ok(code);
    }
    print(text(&answers, base.sources()).as_bytes())?;
    if let Some(limit) = answers.outcome.truncated_by {
        complain(&format!("incomplete: {limit}"));
    }
    Ok(code)
}

/// A query's text, as a place for what is wrong with it.
pub(super) fn query(goal: &str) -> Source {
    Source {
        name: "query".into(),
        text: goal.into(),
        format: Format::Text,
    }
}

fn query_options(options: &Options) -> Result<QueryOptions, Refused> {
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
    let shared = options.policy.query_options()?;
    Ok(QueryOptions {
        limits: Limits {
            max_answers: options.max_answers,
            ..shared.limits
        },
        order: options.order_by.iter().map(key).collect(),
        explain: options.explain,
        why_not: options.why_not,
        ..shared
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
        if bindings.is_empty() {
            text.push_str("yes\n");
        } else {
            text.push_str(&bindings.join(", "));
            text.push('\n');
        }
        if let Some(proof) = &answer.proof {
            indent(&proof.to_text(sources), "  ", &mut text);
        }
    }
    if answers.answers.is_empty() && answers.outcome.complete {
        text.push_str("no\n");
    }
    if let Some(why_not) = &answers.outcome.why_not {
        indent(&why_not.to_text(sources), "", &mut text);
    }
    text
}

fn code(answers: &Answers) -> u8 {
    match (answers.outcome.complete, answers.answers.is_empty()) {
        (false, _) => LIMITED,
        (true, true) => NOT_PROVED,
        (true, false) => DONE,
    }
}
