//! What `assize query` and `assize decide` share: a policy, how it is asked, and how it is said that it can't be.

use super::rules::{complain_about, sources};
use super::{FAILED, complain, time};
use anyhow::{Context, anyhow};
use assize_core::rules::{
    Diagnostic, Fact, KnowledgeBase, Limits, LoadError, QueryError, QueryOptions, Source,
};
use assize_core::{Error, FieldError, InvalidInput, LimitReached};
use assize_service::json::rules::{Finding, read_facts_change};
use assize_service::json::{Document, ReadError};
use assize_service::{EngineError, Plain, Problem, RulesError};
use std::path::PathBuf;

/// A limit ended it before all was known.
pub(super) const LIMITED: u8 = 3;

/// A policy, and how it is asked.
#[derive(Debug, clap::Args)]
pub(super) struct PolicyOptions {
    /// The policy's files; `-` for standard input.
    #[arg(required = true, value_name = "POLICY")]
    files: Vec<PathBuf>,
    /// A fact for this question only, of a predicate declared `input`; as JSON, as in '["role", "ann", "clerk"]'.
    #[arg(long = "fact", value_name = "FACT")]
    facts: Vec<String>,
    /// Print one JSON document; what goes to standard error is JSON, too, a document on each line.
    #[arg(long)]
    pub(super) json: bool,
    /// The time: 2026-03-07, 2026-03-07T10:00:00Z, or milliseconds since 1970-01-01T00:00:00Z [default: now].
    #[arg(long, value_name = "TIME", value_parser = time::parse, allow_negative_numbers = true)]
    now: Option<i64>,
    /// Most calls of predicates and built-ins.
    #[arg(long, value_name = "STEPS", default_value_t = Limits::default().max_steps)]
    max_steps: u64,
    /// Most bytes of terms, stacks and tables.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().max_bytes)]
    max_bytes: u64,
}

impl PolicyOptions {
    /// How the program ends; why it was refused is said.
    pub(super) fn code(&self, ended: Result<u8, Refused>) -> u8 {
        ended.unwrap_or_else(|refused| refused.report(self.json))
    }

    /// The policy; what `check` warns of goes to standard error, but for the codes in `without`.
    pub(super) fn load(&self, without: &[&str]) -> Result<KnowledgeBase, Refused> {
        let sources = sources(&self.files)?;
        let base = KnowledgeBase::load(&sources)
            .map_err(|LoadError { diagnostics }| Refused::Rules(diagnostics, sources))?;
        let is_told = |warning: &&Diagnostic| !without.contains(&warning.code);
        let warnings: Vec<_> = base.warnings().iter().filter(is_told).cloned().collect();
        if self.json {
            for warning in Finding::all(&warnings, base.sources()) {
                // Texts and numbers, and into memory: it can't fail.
                complain(&serde_json::to_string(&warning).unwrap_or_default());
            }
        } else if !warnings.is_empty() {
            complain_about(&warnings, base.sources());
            complain("");
        }
        Ok(base)
    }

    /// How the policy is asked.
    pub(super) fn query_options(&self) -> Result<QueryOptions, Refused> {
        let now = match self.now {
            Some(now) => now,
            None => clock()?,
        };
        Ok(QueryOptions {
            limits: Limits {
                max_steps: self.max_steps,
                max_bytes: self.max_bytes,
                ..Limits::default()
            },
            now_ms: Some(now),
            facts: self.facts()?,
            ..QueryOptions::default()
        })
    }

    fn facts(&self) -> Result<Vec<Fact>, InvalidInput> {
        let (mut facts, mut errors) = (Vec::new(), Vec::new());
        for (number, text) in self.facts.iter().enumerate() {
            let pointer = format!("/facts/{number}");
            match fact(text, &pointer) {
                Ok(read) => facts.extend(read),
                Err(wrong) => errors.extend(wrong.into_errors()),
            }
        }
        InvalidInput::check(errors)?;
        Ok(facts)
    }
}

fn clock() -> anyhow::Result<i64> {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .context("the clock is before 1970: give --now")?;
    Ok(i64::try_from(since.as_millis())?)
}

fn fact(text: &str, pointer: &str) -> Result<Vec<Fact>, InvalidInput> {
    check_json(text, pointer)?;
    let change = format!("{{\"add\":[{text}]}}");
    match read_facts_change(change.as_bytes()) {
        Ok((_, facts)) => Ok(facts),
        Err(error) => Err(at(pointer, error, "/add/0")),
    }
}

/// Whether a text is one JSON text, so that it can be a part of another one.
pub(super) fn check_json(text: &str, pointer: &str) -> Result<(), InvalidInput> {
    match Document::parse(text.as_bytes()) {
        Ok(_) => Ok(()),
        Err(error) => {
            let message = format!("is not JSON: {}", error.message);
            Err(InvalidInput::single(FieldError::new(pointer, message)))
        }
    }
}

/// What is wrong at a place, told of another one.
pub(super) fn at(pointer: &str, error: ReadError, instead_of: &str) -> InvalidInput {
    let errors = match error {
        ReadError::Syntax(error) => vec![FieldError::new("", error.to_string())],
        ReadError::Input(error) => error.into_errors(),
    };
    let moved = errors.into_iter().map(|error| {
        let rest = error.pointer.strip_prefix(instead_of);
        FieldError::new(
            format!("{pointer}{}", rest.unwrap_or(&error.pointer)),
            error.message,
        )
    });
    match InvalidInput::check(moved.collect()) {
        Err(invalid) => invalid,
        Ok(()) => InvalidInput::single(FieldError::new(pointer, "is not acceptable")),
    }
}

/// Why a policy was not asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// What is wrong with the policy or the query, and the sources that it stands in.
    #[error("the policy or the query is not acceptable")]
    Rules(Vec<Diagnostic>, Vec<Source>),
    /// The command line's values; pointers are as in the body of the HTTP API.
    #[error(transparent)]
    Input(#[from] InvalidInput),
    /// A limit was reached before there was anything to give with it.
    #[error(transparent)]
    Limit(#[from] LimitReached),
    /// The policy has nothing to answer with.
    #[error("{0}")]
    Conflict(String),
    /// A file, the clock, a built-in.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl Refused {
    /// What a query's text or its course says.
    pub(super) fn of_query(error: QueryError, query: Source) -> Self {
        match error {
            QueryError::Query(LoadError { mut diagnostics }) => {
                for diagnostic in &mut diagnostics {
                    diagnostic.span.source = 0;
                }
                Self::Rules(diagnostics, vec![query])
            }
            QueryError::Limit(limit) => limit.into(),
            QueryError::Conflict(text) => Self::Conflict(text),
            error @ (QueryError::Builtin { .. } | QueryError::External { .. }) => {
                Self::Other(anyhow!(error))
            }
        }
    }

    /// Says it on standard error, as text or as a problem document; answers the exit code.
    pub(super) fn report(self, json: bool) -> u8 {
        let code = match self {
            Self::Limit(_) => LIMITED,
            _ => FAILED,
        };
        if json {
            complain(&String::from_utf8_lossy(&self.problem().to_json()));
            return code;
        }
        match self {
            Self::Rules(found, sources) => complain_about(&found, &sources),
            Self::Input(invalid) => {
                for error in invalid.into_errors() {
                    let text = format!("{} {}", flag(&error.pointer), error.message);
                    complain(&format!("error: {}", Plain(&text)));
                }
            }
            other => {
                for line in format!("error: {other}").lines() {
                    complain(&Plain(line).to_string());
                }
            }
        }
        code
    }

    fn problem(&self) -> Problem {
        match self {
            Self::Rules(found, sources) => RulesError::Invalid(Finding::all(found, sources)).into(),
            Self::Input(invalid) => invalid.clone().into(),
            Self::Limit(limit) => EngineError::Refused(Error::Limit(limit.clone())).into(),
            Self::Conflict(text) => EngineError::Refused(Error::Conflict(text.clone())).into(),
            Self::Other(error) => {
                InvalidInput::single(FieldError::new("", format!("{error:#}"))).into()
            }
        }
    }
}

/// The flag that a pointer's value came from.
fn flag(pointer: &str) -> String {
    let mut steps = pointer.splitn(3, '/').skip(1);
    let name = steps.next().unwrap_or_default();
    let rest = steps.next();
    let fact = rest.and_then(|rest| rest.split('/').next()?.parse::<usize>().ok());
    match (name, fact, rest) {
        ("facts", Some(number), _) => format!("`--fact` {}", number.saturating_add(1)),
        (_, _, Some(rest)) => format!("`--{name}` at `/{rest}`"),
        _ => format!("`--{name}`"),
    }
}

/// Lines of a policy's text, each indented, none of which can move the terminal's cursor.
pub(super) fn indent(text: &str, by: &str, out: &mut String) {
    for line in text.lines() {
        out.push_str(&format!("{by}{}\n", Plain(line)));
    }
}
