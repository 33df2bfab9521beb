//! Values of the rule engine as arguments of the component, and its results as values of the service.
//!
//! The handler for Spin compiles this file as well: its bindings have the same shapes, and only the types differ.

use super::owning_wit::{rules as wit, types};
use assize_core::rules::{Changed, ExternalAnswer, Fact, Format, QueryOptions, Source, Value};
use assize_core::{Error, FieldError, InvalidInput, LimitReached};
use assize_service::json::rules::{
    AttemptAnswer, Ending, ExplanationAnswer, Finding, Need, Place, ProofStepAnswer, Solution,
};
use assize_service::{EngineError, RulesError, RulesStep};
use std::sync::Arc;

pub(super) fn sources(given: &[Source]) -> Vec<wit::Source> {
    let source = |source: &Source| wit::Source {
        name: source.name.to_string(),
        text: source.text.to_string(),
        format: match source.format {
            Format::Text => wit::SourceFormat::Text,
            Format::Structured => wit::SourceFormat::Structured,
        },
    };
    given.iter().map(source).collect()
}

fn place(place: wit::Place) -> Place {
    Place {
        source: place.source,
        line: place.line,
        column: place.column,
        end_line: place.end_line,
        end_column: place.end_column,
    }
}

pub(super) fn finding(found: wit::Diagnostic) -> Finding {
    Finding {
        code: found.code,
        severity: match found.severity {
            wit::Severity::Fault => "error",
            wit::Severity::Warning => "warning",
        },
        message: found.message,
        place: found.place.map(place),
        label: found.label,
        help: found.help,
    }
}

pub(super) const fn changed(changed: wit::Changed) -> Changed {
    Changed {
        added: changed.added,
        removed: changed.removed,
    }
}

fn limit_reached(limit: types::LimitReached) -> LimitReached {
    LimitReached {
        name: limit.name,
        limit: limit.limit,
        observed: limit.observed,
    }
}

/// What the core says that it refuses.
pub(super) fn refusal(error: types::Error) -> EngineError {
    let error = match error {
        types::Error::InvalidInput(errors) => {
            let fields = errors
                .into_iter()
                .map(|error| FieldError::new(error.pointer, error.message));
            match InvalidInput::check(fields.collect()) {
                Err(error) => Error::InvalidInput(error),
                Ok(()) => return EngineError::Failed("it was refused without a reason".to_owned()),
            }
        }
        types::Error::Limit(limit) => Error::Limit(limit_reached(limit)),
        types::Error::Conflict(text) | types::Error::NotFound(text) => Error::Conflict(text),
        types::Error::CorruptSnapshot(text) => Error::CorruptSnapshot(text),
        types::Error::Other(text) => return EngineError::Failed(text),
    };
    EngineError::Refused(error)
}

enum Work<'a> {
    Enter(&'a Value),
    Leave(&'a Value),
}

/// A value as nodes, the root last.
fn term(value: &Value) -> wit::Term {
    let mut nodes: Vec<wit::Node> = Vec::new();
    let mut done: Vec<u32> = Vec::new();
    let mut work = vec![Work::Enter(value)];
    while let Some(next) = work.pop() {
        match next {
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
            }
            Work::Leave(value) => {
                let node = node(value, &mut done);
                done.push(nodes.len() as u32);
                nodes.push(node);
            }
        }
    }
    nodes
}

fn node(value: &Value, done: &mut Vec<u32>) -> wit::Node {
    let mut take = |count: usize| done.split_off(done.len().saturating_sub(count));
    match value {
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
    }
}

/// Nodes as a value; none where they are none, which the component does not give.
fn value(term: wit::Term) -> Option<Value> {
    let mut values: Vec<Value> = Vec::with_capacity(term.len());
    for node in term {
        let part = |index: u32| values.get(index as usize).cloned();
        let parts = |indices: &[u32]| {
            indices
                .iter()
                .map(|index| part(*index))
                .collect::<Option<Vec<_>>>()
        };
        let value = match node {
            wit::Node::Null => Value::Null,
            wit::Node::Boolean(truth) => Value::Boolean(truth),
            wit::Node::Integer(number) => Value::Integer(number),
            wit::Node::BigInteger(digits) => Value::integer(digits.parse().ok()?),
            wit::Node::Float(number) => Value::float(number)?,
            wit::Node::Text(text) => Value::String(text.into()),
            wit::Node::Variable(number) => Value::Variable(number),
            wit::Node::List(items) => Value::list(parts(&items)?),
            wit::Node::PartialList((items, rest)) => {
                Value::PartialList(parts(&items)?.into(), Arc::new(part(rest)?))
            }
            wit::Node::Fields(fields) => Value::record(
                fields
                    .into_iter()
                    .map(|(name, index)| Some((name.into(), part(index)?)))
                    .collect::<Option<Vec<_>>>()?,
            ),
            wit::Node::Compound((name, arguments)) => {
                Value::Compound(name.into(), parts(&arguments)?.into())
            }
        };
        values.push(value);
    }
    values.pop()
}

pub(super) fn facts(given: &[Fact]) -> Vec<wit::Fact> {
    let fact = |(name, arguments): &Fact| wit::Fact {
        predicate: name.to_string(),
        arguments: arguments.iter().map(term).collect(),
    };
    given.iter().map(fact).collect()
}

pub(super) fn query_options(given: &QueryOptions) -> wit::QueryOptions {
    let limits = given.limits;
    wit::QueryOptions {
        limits: wit::Limits {
            max_steps: limits.max_steps,
            max_depth: limits.max_depth,
            max_answers: limits.max_answers,
            max_table_answers: limits.max_table_answers,
            max_bytes: limits.max_bytes,
        },
        now_ms: given.now_ms,
        order: given
            .order
            .iter()
            .map(|key| wit::OrderKey {
                variable: key.variable.to_string(),
                descending: key.descending,
            })
            .collect(),
        explain: given.explain,
        why_not: given.why_not,
        facts: facts(&given.facts),
    }
}

pub(super) fn rows(answer: &ExternalAnswer) -> Result<Vec<Vec<wit::Term>>, String> {
    match answer {
        ExternalAnswer::Solutions(rows) => Ok(rows
            .iter()
            .map(|row| row.iter().map(term).collect())
            .collect()),
        ExternalAnswer::Failed(problem) => Err(problem.clone()),
    }
}

pub(super) fn query_error(error: wit::QueryError) -> RulesError {
    match error {
        wit::QueryError::Invalid(found) => {
            RulesError::Invalid(found.into_iter().map(finding).collect())
        }
        wit::QueryError::BuiltIn(fault) => RulesError::Fault(fault.message),
        wit::QueryError::External(problem) => RulesError::Fault(problem),
        wit::QueryError::Limit(limit) => RulesError::Limit(limit_reached(limit)),
        wit::QueryError::Conflict(text) => RulesError::Conflict(text),
    }
}

const fn justification(given: wit::Justification) -> &'static str {
    match given {
        wit::Justification::Fact => "fact",
        wit::Justification::Rule => "rule",
        wit::Justification::InputFact => "input-fact",
        wit::Justification::External => "external",
        wit::Justification::BuiltIn => "built-in",
        wit::Justification::Comparison => "comparison",
        wit::Justification::Absent => "absent",
        wit::Justification::Every => "every",
        wit::Justification::Aggregate => "aggregate",
        wit::Justification::Condition => "condition",
        wit::Justification::Query => "query",
    }
}

fn proof_step(step: wit::ProofStep) -> ProofStepAnswer {
    ProofStepAnswer {
        goal: step.goal,
        height: step.height,
        justification: justification(step.justification),
        place: step.place.map(place),
        id: step.id,
        reason: step.reason,
        premises: step.premises,
    }
}

fn attempt(attempt: wit::Attempt) -> AttemptAnswer {
    AttemptAnswer {
        place: attempt.place.map(place),
        id: attempt.id,
        reason: attempt.reason,
        reached: attempt.reached,
        failed: attempt.failed,
        message: attempt.message,
        needed: attempt.needed,
        because: attempt.because,
    }
}

fn explanation(given: wit::Explanation) -> ExplanationAnswer {
    ExplanationAnswer {
        goal: given.goal,
        attempts: given.attempts.into_iter().map(attempt).collect(),
    }
}

/// What the component says next; a term that is none is a failure of the engine.
pub(super) fn step(step: wit::Step) -> Result<RulesStep, RulesError> {
    let broken = || {
        let text = "the component gave a term without a root".to_owned();
        RulesError::Engine(EngineError::Failed(text))
    };
    Ok(match step {
        wit::Step::Answer(answer) => RulesStep::Answer(Solution {
            bindings: answer
                .bindings
                .into_iter()
                .map(|binding| Some((binding.variable.into(), value(binding.value)?)))
                .collect::<Option<_>>()
                .ok_or_else(broken)?,
            proof: answer.proof.into_iter().map(proof_step).collect(),
        }),
        wit::Step::NeedExternal(call) => {
            let arguments = call.arguments.into_iter().map(value);
            RulesStep::NeedExternal(
                call.id,
                Need {
                    name: call.predicate.into(),
                    arguments: arguments.collect::<Option<_>>().ok_or_else(broken)?,
                },
            )
        }
        wit::Step::Pause => RulesStep::Pause,
        wit::Step::Done(outcome) => RulesStep::Done(Ending {
            complete: outcome.complete,
            truncated_by: outcome.truncated_by.map(limit_reached),
            steps: outcome.steps,
            why_not: outcome.why_not.into_iter().map(explanation).collect(),
        }),
    })
}
