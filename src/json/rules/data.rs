//! What the rule engine says, as plain data: places are lines and columns, explanations are flat lists.

use assize_core::rules::explain::{Attempt, Justification, Proof, ProofStep, WhyNot};
use assize_core::rules::source::Span;
use assize_core::rules::{Diagnostic, Severity, Source};
use serde::Serialize;
use utoipa::ToSchema;

/// A range in a source, in lines and characters from 1; the end is the character after the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Place {
    /// What the source is called.
    pub source: String,
    /// Of the first character.
    pub line: u32,
    /// Of the first character.
    pub column: u32,
    /// Of the character after the last.
    pub end_line: u32,
    /// Of the character after the last.
    pub end_column: u32,
}

impl Place {
    /// Where a span is; none where its source is not among these.
    #[must_use]
    pub fn of(span: Span, sources: &[Source]) -> Option<Self> {
        let source = sources.get(usize::from(span.source))?;
        let (start, end) = (source.position(span.start), source.position(span.end));
        Some(Self {
            source: source.name.as_ref().to_owned(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        })
    }
}

/// One thing that is wrong with rules or with a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// Stable, for machines.
    #[schema(example = "unbound-head-variable")]
    pub code: String,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where; in a query's own text, the source is `query`.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// What stands there, in a few words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Finding {
    /// A diagnostic of the core, placed in its sources.
    #[must_use]
    pub fn new(diagnostic: &Diagnostic, sources: &[Source]) -> Self {
        Self {
            code: diagnostic.code.to_owned(),
            severity: match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            message: diagnostic.message.clone(),
            place: Place::of(diagnostic.span, sources),
            label: diagnostic.label.clone(),
            help: diagnostic.help.clone(),
        }
    }

    /// What is wrong with a query, placed in its own text.
    #[must_use]
    pub fn of_query(diagnostics: &[Diagnostic], text: &Source) -> Vec<Self> {
        let text = std::slice::from_ref(text);
        let find = |diagnostic: &Diagnostic| Self {
            place: Place::of(
                Span {
                    source: 0,
                    ..diagnostic.span
                },
                text,
            ),
            ..Self::new(diagnostic, text)
        };
        diagnostics.iter().map(find).collect()
    }

    /// Diagnostics of the core, placed in their sources.
    #[must_use]
    pub fn all(diagnostics: &[Diagnostic], sources: &[Source]) -> Vec<Self> {
        let find = |diagnostic| Self::new(diagnostic, sources);
        diagnostics.iter().map(find).collect()
    }
}

/// One thing that holds, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProofStepAnswer {
    /// What holds, in text form.
    #[schema(example = "role(\"ann\", \"clerk\")")]
    pub goal: String,
    /// Steps on the longest way down to something that needs no premise.
    pub height: u32,
    /// `fact`, `rule`, `input-fact`, `external`, `built-in`, `comparison`, `absent`, `every`, `aggregate`,
    /// `condition` or `query`.
    #[schema(example = "rule")]
    pub justification: &'static str,
    /// Where the fact or rule stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The rule's annotation `@id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The rule's annotation `@reason`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The steps that it follows from, as indexes of earlier ones.
    pub premises: Vec<u32>,
}

fn owned(text: &Option<std::sync::Arc<str>>) -> Option<String> {
    text.as_deref().map(str::to_owned)
}

fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl ProofStepAnswer {
    /// The steps of a proof, each after those that it needs.
    #[must_use]
    pub fn all(proof: &Proof, sources: &[Source]) -> Vec<Self> {
        let step = |step| Self::new(step, sources);
        proof.steps.iter().map(step).collect()
    }

    fn new(step: &ProofStep, sources: &[Source]) -> Self {
        let (justification, span, id, reason) = match &step.justification {
            Justification::Fact {
                span, annotations, ..
            } => {
                let noted = |name: &str| {
                    let found = annotations.iter().find(|note| note.name.as_ref() == name);
                    found.map(|note| note.value.as_ref().to_owned())
                };
                ("fact", Some(*span), noted("id"), noted("reason"))
            }
            Justification::Rule {
                span, id, reason, ..
            } => ("rule", Some(*span), owned(id), owned(reason)),
            Justification::InputFact => ("input-fact", None, None, None),
            Justification::External => ("external", None, None, None),
            Justification::Builtin { .. } => ("built-in", None, None, None),
            Justification::Comparison { .. } => ("comparison", None, None, None),
            Justification::Absent => ("absent", None, None, None),
            Justification::Every { .. } => ("every", None, None, None),
            Justification::Aggregate { .. } => ("aggregate", None, None, None),
            Justification::Condition { .. } => ("condition", None, None, None),
            Justification::Query => ("query", None, None, None),
        };
        Self {
            goal: step.goal.text.clone(),
            height: step.height,
            justification,
            place: span.and_then(|span| Place::of(span, sources)),
            id,
            reason,
            premises: step.premises.iter().map(|step| index(*step)).collect(),
        }
    }
}

/// Why a goal has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExplanationAnswer {
    /// The goal in text form.
    pub goal: String,
    /// What could have answered it, in the order of the program.
    pub attempts: Vec<AttemptAnswer>,
}

/// Why one rule, or all facts of a predicate together, gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AttemptAnswer {
    /// Where the rule stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The rule's annotation `@id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The rule's annotation `@reason`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many goals of the body held along the attempt that got furthest.
    pub reached: u32,
    /// What failed, in text form, with the values that were known there.
    pub failed: String,
    /// One sentence for people.
    pub message: String,
    /// Facts or conditions that would have let it go on, in text form.
    pub needed: Vec<String>,
    /// Why what failed has no answer: the index of a later explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<u32>,
}

impl ExplanationAnswer {
    /// An explanation as a list: what was asked first, reasons after what they are reasons of.
    #[must_use]
    pub fn all(why_not: &WhyNot, sources: &[Source]) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        let mut pending = std::collections::VecDeque::from([why_not]);
        let mut given = 1;
        while let Some(next) = pending.pop_front() {
            let attempts = next.attempts.iter().map(|attempt| {
                let because = attempt.because.as_deref().map(|because| {
                    pending.push_back(because);
                    given += 1;
                    given - 1
                });
                AttemptAnswer::new(attempt, because, sources)
            });
            let attempts = attempts.collect();
            found.push(Self {
                goal: next.goal.clone(),
                attempts,
            });
        }
        found
    }
}

impl AttemptAnswer {
    fn new(attempt: &Attempt, because: Option<u32>, sources: &[Source]) -> Self {
        Self {
            place: attempt.span.and_then(|span| Place::of(span, sources)),
            id: owned(&attempt.id),
            reason: owned(&attempt.reason),
            reached: index(attempt.reached),
            failed: attempt.failed.clone(),
            message: attempt.message.clone(),
            needed: attempt.needed.clone(),
            because,
        }
    }
}
