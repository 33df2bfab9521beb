//! Values of the rule engine as values of WIT, and back.

use crate::bindings::exports::assize::core::rules as wit;
use assize_core::rules as core;
use assize_core::{FieldError, InvalidInput};
use core::Value;
use core::explain::{Justification, Proof, WhyNot};
use std::sync::Arc;

impl From<core::Limits> for wit::Limits {
    fn from(limits: core::Limits) -> Self {
        let core::Limits {
            max_steps,
            max_depth,
            max_answers,
            max_table_answers,
            max_bytes,
        } = limits;
        Self {
            max_steps,
            max_depth,
            max_answers,
            max_table_answers,
            max_bytes,
        }
    }
}

impl From<wit::Limits> for core::Limits {
    fn from(limits: wit::Limits) -> Self {
        Self {
            max_steps: limits.max_steps,
            max_depth: limits.max_depth,
            max_answers: limits.max_answers,
            max_table_answers: limits.max_table_answers,
            max_bytes: limits.max_bytes,
        }
    }
}

pub(crate) fn sources(given: Vec<wit::Source>) -> Vec<core::Source> {
    let source = |source: wit::Source| core::Source {
        name: source.name.into(),
        text: source.text.into(),
        format: match source.format {
            wit::SourceFormat::Text => core::Format::Text,
            wit::SourceFormat::Structured => core::Format::Structured,
        },
    };
    given.into_iter().map(source).collect()
}

fn place(span: core::Span, sources: &[core::Source]) -> Option<wit::Place> {
    place_in(span, sources.get(usize::from(span.source))?)
}

fn place_in(span: core::Span, source: &core::Source) -> Option<wit::Place> {
    let (start, end) = (source.position(span.start), source.position(span.end));
    Some(wit::Place {
        source: source.name.to_string(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    })
}

pub(crate) fn diagnostics(
    found: &[core::Diagnostic],
    sources: &[core::Source],
) -> Vec<wit::Diagnostic> {
    found
        .iter()
        .map(|found| diagnostic(found, place(found.span, sources)))
        .collect()
}

fn diagnostic(found: &core::Diagnostic, place: Option<wit::Place>) -> wit::Diagnostic {
    wit::Diagnostic {
        code: found.code.to_owned(),
        severity: match found.severity {
            core::Severity::Error => wit::Severity::Fault,
            core::Severity::Warning => wit::Severity::Warning,
        },
        message: found.message.clone(),
        place,
        label: found.label.clone(),
        help: found.help.clone(),
    }
}

/// A value as nodes, the root last.
pub(crate) fn term(value: &Value) -> wit::Term {
    enum Work<'a> {
        Enter(&'a Value),
        Leave(&'a Value),
    }
    let mut nodes: Vec<wit::Node> = Vec::new();
    let mut done: Vec<u32> = Vec::new();
    let mut work = vec![Work::Enter(value)];
    while let Some(next) = work.pop() {
        let value = match next {
            Work::Enter(value) => {
                work.push(Work::Leave(value));
                match value {
                    Value::List(items) | Value::Compound(_, items) => {
                        work.extend(items.iter().rev().map(Work::Enter));
                    }
                    Value::PartialList(items, rest) => {
                        work.push(Work::Enter(rest));
                        work.extend(items.iter().rev().map(Work::Enter));
                    }
                    Value::Record(fields) => {
                        work.extend(fields.iter().rev().map(|(_, value)| Work::Enter(value)));
                    }
                    _ => {}
                }
                continue;
            }
            Work::Leave(value) => value,
        };
        let mut take = |count: usize| done.split_off(done.len().saturating_sub(count));
        let node = match value {
            Value::Null => wit::Node::Null,
            Value::Boolean(truth) => wit::Node::Boolean(*truth),
            Value::Integer(number) => wit::Node::Integer(*number),
            Value::BigInteger(number) => wit::Node::BigInteger(number.to_string()),
            Value::Float(number) => wit::Node::Float(*number),
            Value::String(text) => wit::Node::Text(text.to_string()),
            Value::Variable(number) => wit::Node::Variable(*number),
            Value::List(items) => wit::Node::List(take(items.len())),
            Value::PartialList(items, _) => {
                let rest = take(1);
                wit::Node::PartialList((take(items.len()), rest.first().copied().unwrap_or(0)))
            }
            Value::Record(fields) => {
                let parts = take(fields.len());
                let names = fields.iter().map(|(name, _)| name.to_string());
                wit::Node::Fields(names.zip(parts).collect())
            }
            Value::Compound(name, arguments) => {
                wit::Node::Compound((name.to_string(), take(arguments.len())))
            }
        };
        done.push(nodes.len() as u32);
        nodes.push(node);
    }
    nodes
}

/// Nodes as a value.
pub(crate) fn value(term: wit::Term) -> Result<Value, String> {
    let mut values: Vec<Value> = Vec::with_capacity(term.len());
    let part = |values: &[Value], index: u32| {
        values.get(index as usize).cloned().ok_or_else(|| {
            format!(
                "node {} names node {index}, which does not come before it",
                values.len()
            )
        })
    };
    let parts = |values: &[Value], indices: &[u32]| {
        indices
            .iter()
            .map(|index| part(values, *index))
            .collect::<Result<Vec<_>, _>>()
    };
    for node in term {
        let value = match node {
            wit::Node::Null => Value::Null,
            wit::Node::Boolean(truth) => Value::Boolean(truth),
            wit::Node::Integer(number) => Value::Integer(number),
            wit::Node::BigInteger(digits) => big(&digits)?,
            wit::Node::Float(number) => Value::float(number)
                .ok_or_else(|| format!("a float must be finite, got {number}"))?,
            wit::Node::Text(text) => Value::string(text),
            wit::Node::Variable(number) => Value::Variable(number),
            wit::Node::List(items) => Value::list(parts(&values, &items)?),
            wit::Node::PartialList((items, rest)) => {
                let items = parts(&values, &items)?;
                match part(&values, rest)? {
                    Value::List(more) => Value::list(items.into_iter().chain(more.iter().cloned())),
                    rest if items.is_empty() => rest,
                    rest => Value::PartialList(items.into(), Arc::new(rest)),
                }
            }
            wit::Node::Fields(fields) => Value::record(
                fields
                    .into_iter()
                    .map(|(name, index)| Ok((name.into(), part(&values, index)?)))
                    .collect::<Result<Vec<_>, String>>()?,
            ),
            wit::Node::Compound((name, arguments)) => {
                Value::Compound(name.into(), parts(&values, &arguments)?.into())
            }
        };
        values.push(value);
    }
    values
        .pop()
        .ok_or_else(|| "a term has at least one node".to_owned())
}

/// The longest number that is read, in digits.
const MOST_DIGITS: usize = 10_000;

fn big(digits: &str) -> Result<Value, String> {
    if digits.len() > MOST_DIGITS {
        return Err(format!(
            "a number has at most {MOST_DIGITS} digits, got {}",
            digits.len()
        ));
    }
    digits
        .parse()
        .map(Value::integer)
        .map_err(|_| "a big integer is decimal digits with a sign".to_owned())
}

pub(crate) fn facts(given: Vec<wit::Fact>, list: &str) -> Result<Vec<core::Fact>, InvalidInput> {
    let mut facts = Vec::with_capacity(given.len());
    let mut errors = Vec::new();
    for (number, fact) in given.into_iter().enumerate() {
        let arguments: Result<Vec<Value>, String> = fact.arguments.into_iter().map(value).collect();
        match arguments {
            Ok(arguments) => facts.push((fact.predicate.into(), arguments)),
            Err(message) => errors.push(FieldError::new(format!("/{list}/{number}"), message)),
        }
    }
    InvalidInput::check(errors)?;
    Ok(facts)
}

pub(crate) fn query_options(given: wit::QueryOptions) -> Result<core::QueryOptions, InvalidInput> {
    Ok(core::QueryOptions {
        limits: given.limits.into(),
        now_ms: given.now_ms,
        order: given
            .order
            .into_iter()
            .map(|key| core::OrderKey {
                variable: key.variable.into(),
                descending: key.descending,
            })
            .collect(),
        explain: given.explain,
        why_not: given.why_not,
        facts: facts(given.facts, "facts")?,
    })
}

pub(crate) fn call_rows(
    rows: Result<Vec<Vec<wit::Term>>, String>,
) -> Result<core::ExternalAnswer, String> {
    Ok(match rows {
        Ok(rows) => core::ExternalAnswer::Solutions(
            rows.into_iter()
                .map(|row| row.into_iter().map(value).collect())
                .collect::<Result<_, _>>()?,
        ),
        Err(problem) => core::ExternalAnswer::Failed(problem),
    })
}

pub(crate) fn query_error(
    error: core::QueryError,
    sources: &[core::Source],
    goal: Option<&str>,
) -> wit::QueryError {
    match error {
        core::QueryError::Query(error) => {
            let query = core::Source {
                name: "query".into(),
                text: goal.unwrap_or_default().into(),
                format: core::Format::Text,
            };
            let found = error.diagnostics.iter();
            wit::QueryError::Invalid(
                found
                    .map(|found| diagnostic(found, place_in(found.span, &query)))
                    .collect(),
            )
        }
        core::QueryError::Builtin {
            name,
            arity,
            span,
            message,
            ..
        } => wit::QueryError::BuiltIn(wit::BuiltInFault {
            name: format!("{name}/{arity}"),
            message: message.into(),
            place: span.and_then(|span| place(span, sources)),
        }),
        error @ core::QueryError::External { .. } => wit::QueryError::External(error.to_string()),
        core::QueryError::Limit(limit) => wit::QueryError::Limit(limit.into()),
        core::QueryError::Conflict(message) => wit::QueryError::Conflict(message),
    }
}

/// What came next of a query.
pub(crate) fn answer_step(step: core::Step, sources: &[core::Source]) -> wit::Step {
    match step {
        core::Step::Answer(answer) => wit::Step::Answer(wit::Answer {
            bindings: answer
                .bindings
                .iter()
                .map(|(name, value)| wit::Binding {
                    variable: name.to_string(),
                    value: term(value),
                })
                .collect(),
            proof: answer
                .proof
                .map(|proof| proof_steps(&proof, sources))
                .unwrap_or_default(),
        }),
        core::Step::NeedExternal(call) => wit::Step::NeedExternal(wit::ExternalCall {
            id: call.id,
            predicate: call.name.to_string(),
            arguments: call.arguments.iter().map(term).collect(),
        }),
        core::Step::Pause => wit::Step::Pause,
        core::Step::Done(outcome) => wit::Step::Done(wit::Outcome {
            complete: outcome.complete,
            truncated_by: outcome.truncated_by.map(Into::into),
            steps: outcome.steps,
            answers: outcome.answers,
            why_not: outcome
                .why_not
                .map(|why_not| explanations(&why_not, sources))
                .unwrap_or_default(),
        }),
    }
}

fn proof_steps(proof: &Proof, sources: &[core::Source]) -> Vec<wit::ProofStep> {
    let text = |text: &Option<Arc<str>>| text.as_ref().map(ToString::to_string);
    let step = |step: &core::explain::ProofStep| {
        let (justification, at, id, reason) = match &step.justification {
            Justification::Fact {
                span, annotations, ..
            } => {
                let note = |name: &str| {
                    annotations
                        .iter()
                        .find(|annotation| annotation.name.as_ref() == name)
                        .map(|annotation| annotation.value.to_string())
                };
                let at = place(*span, sources);
                (wit::Justification::Fact, at, note("id"), note("reason"))
            }
            Justification::Rule {
                span, id, reason, ..
            } => {
                let at = place(*span, sources);
                (wit::Justification::Rule, at, text(id), text(reason))
            }
            other => (simple(other), None, None, None),
        };
        wit::ProofStep {
            goal: step.goal.text.clone(),
            height: step.height,
            justification,
            place: at,
            id,
            reason,
            premises: step
                .premises
                .iter()
                .map(|premise| *premise as u32)
                .collect(),
        }
    };
    proof.steps.iter().map(step).collect()
}

const fn simple(justification: &Justification) -> wit::Justification {
    match justification {
        Justification::Fact { .. } => wit::Justification::Fact,
        Justification::Rule { .. } => wit::Justification::Rule,
        Justification::InputFact => wit::Justification::InputFact,
        Justification::External => wit::Justification::External,
        Justification::Builtin { .. } => wit::Justification::BuiltIn,
        Justification::Comparison { .. } => wit::Justification::Comparison,
        Justification::Absent => wit::Justification::Absent,
        Justification::Every { .. } => wit::Justification::Every,
        Justification::Aggregate { .. } => wit::Justification::Aggregate,
        Justification::Condition { .. } => wit::Justification::Condition,
        Justification::Query => wit::Justification::Query,
    }
}

/// Explanations in a row, each with the numbers of those that it rests on.
fn explanations(why_not: &WhyNot, sources: &[core::Source]) -> Vec<wit::Explanation> {
    let mut waiting = std::collections::VecDeque::from([why_not]);
    let mut named = 1;
    let mut explanations = Vec::new();
    while let Some(why_not) = waiting.pop_front() {
        let mut attempts = Vec::with_capacity(why_not.attempts.len());
        for attempt in &why_not.attempts {
            let because = attempt.because.as_deref().map(|because| {
                waiting.push_back(because);
                named += 1;
                named - 1
            });
            attempts.push(wit::Attempt {
                place: attempt.span.and_then(|span| place(span, sources)),
                id: attempt.id.as_ref().map(ToString::to_string),
                reason: attempt.reason.as_ref().map(ToString::to_string),
                reached: attempt.reached as u32,
                failed: attempt.failed.clone(),
                message: attempt.message.clone(),
                needed: attempt.needed.clone(),
                because,
            });
        }
        explanations.push(wit::Explanation {
            goal: why_not.goal.clone(),
            attempts,
        });
    }
    explanations
}
