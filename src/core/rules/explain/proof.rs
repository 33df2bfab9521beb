//! Explanations as plain data.

use crate::rules::ast::{Annotation, Name};
use crate::rules::source::Span;
use crate::rules::value::Value;
use std::sync::Arc;

/// Why an answer holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// What was shown, each step after those that it needs; the last one is what was asked.
    // INVARIANT: not empty, and every premise is the index of an earlier step.
    pub steps: Vec<ProofStep>,
    /// Whether no proof of less height exists; otherwise a limit ended the search for one.
    pub minimal: bool,
}

/// One thing that holds, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct ProofStep {
    /// What holds. Unbound variables count within one step: it holds for all their values.
    pub goal: Statement,
    /// Steps on the longest way down to something that needs no premise; 0 for such a thing itself.
    pub height: u32,
    /// Why it holds.
    pub justification: Justification,
    /// The steps that it follows from, in the order of its clause's goals.
    pub premises: Vec<usize>,
}

impl ProofStep {
    /// What one is counted as without its parts: the same on every host, as limits must be.
    pub(super) const BYTES: usize = 192;
}

const _: () = assert!(size_of::<ProofStep>() <= ProofStep::BYTES);

/// A goal with its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// In the text form; cut with `…` where it is long.
    pub text: String,
    /// The predicate, built-in or comparison; none for a goal with goals in it.
    pub name: Option<Name>,
    /// Its arguments; empty without a name.
    pub arguments: Vec<Value>,
}

/// Why a step holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Justification {
    /// It stands in the program.
    Fact {
        /// Index in `Program::items`.
        clause: usize,
        /// Where it stands.
        span: Span,
        /// What is noted on it.
        annotations: Vec<Annotation>,
    },
    /// A rule says so; the premises are the goals of its body, of one alternative of each `or`.
    Rule {
        /// Index in `Program::items`.
        clause: usize,
        /// Where it stands.
        span: Span,
        /// Its annotation `@id`.
        id: Option<Arc<str>>,
        /// Its annotation `@reason`.
        reason: Option<Arc<str>>,
    },
    /// It came at run time.
    InputFact,
    /// The host said so.
    External,
    /// It was computed.
    Builtin {
        /// How the rule says it.
        written: String,
    },
    /// Its sides compare so.
    Comparison {
        /// How the rule says it.
        written: String,
    },
    /// A `not`: its goal has no solution.
    Absent,
    /// A `forall`: the premises are, for each solution of its condition, those of the condition and then
    /// those of the goal.
    Every {
        /// How many premises each solution has, in order.
        cases: Vec<usize>,
    },
    /// An aggregate; the premises are those of its first solutions.
    Aggregate {
        /// The outcome.
        value: Value,
        /// How many solutions there are.
        solutions: usize,
        /// How many premises each of the first solutions has, in order.
        shown: Vec<usize>,
        /// How many solutions are not shown.
        more: usize,
    },
    /// An `if`: the premises are those of the condition, or that it is absent, and those of the branch taken.
    Condition {
        /// Whether the condition held.
        held: bool,
    },
    /// All goals of the query.
    Query,
}

/// Why a goal has no answer.
#[derive(Debug, Clone, PartialEq)]
pub struct WhyNot {
    /// The goal in text form.
    pub goal: String,
    /// What could have answered it, in the order of the program; empty where it is being said already.
    pub attempts: Vec<Attempt>,
    /// How many more there are of which nothing is said.
    pub more: usize,
}

/// Why one rule, or all facts of a predicate together, gave no answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Index of the rule in `Program::items`; none for facts, the host and the query itself.
    pub clause: Option<usize>,
    /// Where the rule stands.
    pub span: Option<Span>,
    /// Its annotation `@id`.
    pub id: Option<Arc<str>>,
    /// Its annotation `@reason`.
    pub reason: Option<Arc<str>>,
    /// How many goals of the body held along the attempt that got furthest.
    pub reached: usize,
    /// How many goals the body has.
    pub goals: usize,
    /// What failed, in text form, with the values that were known there.
    pub failed: String,
    /// Where that stands.
    pub failed_span: Option<Span>,
    /// The variables of the rule and their values at that point.
    pub bindings: Vec<(Name, Value)>,
    /// One sentence for people.
    pub message: String,
    /// Facts or conditions that would have let it go on, in text form.
    pub needed: Vec<String>,
    /// What there is that comes nearest, in text form.
    pub nearest: Vec<String>,
    /// Why what failed has no answer.
    pub because: Option<Box<WhyNot>>,
    /// Why what must not hold does.
    pub obstacle: Option<Box<Proof>>,
}
