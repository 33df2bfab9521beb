//! What is asked and what is answered.

use super::ast::Name;
use super::explain::{Proof, WhyNot};
use super::value::Value;
use crate::limits::LimitReached;

/// Bounds on one query. Each is reported by the name of its field, in kebab case, when it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls of predicates and built-ins, and alternatives that are tried.
    pub max_steps: u64,
    /// Height of the proof that is being tried.
    pub max_depth: u32,
    /// Answers that are given.
    pub max_answers: u32,
    /// Answers that all tables may hold.
    pub max_table_answers: u32,
    /// Bytes of terms, stacks and tables.
    pub max_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_steps: 10_000_000,
            max_depth: 100_000,
            max_answers: 10_000,
            max_table_answers: 1_000_000,
            max_bytes: 64 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// The smaller of each: what a caller asks for under what a host permits.
    #[must_use]
    pub fn within(self, ceilings: Self) -> Self {
        Self {
            max_steps: self.max_steps.min(ceilings.max_steps),
            max_depth: self.max_depth.min(ceilings.max_depth),
            max_answers: self.max_answers.min(ceilings.max_answers),
            max_table_answers: self.max_table_answers.min(ceilings.max_table_answers),
            max_bytes: self.max_bytes.min(ceilings.max_bytes),
        }
    }
}

/// How a query is answered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QueryOptions {
    /// Bounds.
    pub limits: Limits,
    /// Milliseconds since 1970-01-01T00:00:00Z; none: built-ins that need the time say so.
    pub now_ms: Option<i64>,
    /// How answers are sorted; empty: in the order in which they are found.
    /// Sorted answers are given only when all are known.
    pub order: Vec<OrderKey>,
    /// Whether each answer carries a proof.
    pub explain: bool,
    /// Whether a query without an answer says why, in `Outcome::why_not`.
    pub why_not: bool,
    /// Facts that hold for this query only, of predicates declared `input`: name and ground arguments.
    pub facts: Vec<(Name, Vec<Value>)>,
}

/// One variable by which answers are sorted, in standard order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderKey {
    /// A variable of the query.
    pub variable: Name,
    /// From the greatest to the least.
    pub descending: bool,
}

/// What comes next of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// An answer; each differs from all before.
    Answer(Answer),
    /// The host is asked; give what it says to `provide`, then go on.
    NeedExternal(ExternalCall),
    /// Nothing yet: the steps of `pause_after` are used up. Go on, or give up.
    Pause,
    /// There is no more.
    Done(Outcome),
}

/// One way in which the query holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The query's variables, in order of their first occurrence, without those that begin with `_`.
    pub bindings: Vec<(Name, Value)>,
    /// Why it holds, where that was asked for and could be found within the limits.
    pub proof: Option<Proof>,
}

/// A question to the host.
#[derive(Debug, Clone, PartialEq)]
pub struct ExternalCall {
    /// Names this call within its query; counts from 1.
    pub id: u64,
    /// The predicate.
    pub name: Name,
    /// What it was called with; what is asked for is an unbound variable.
    pub arguments: Vec<Value>,
}

/// What the host says to a question.
#[derive(Debug, Clone, PartialEq)]
pub enum ExternalAnswer {
    /// Every solution, each with a value for every argument of the call.
    Solutions(Vec<Vec<Value>>),
    /// It could not be found out, and why; the query ends with an error.
    Failed(String),
}

/// How a query ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Whether all answers were given.
    pub complete: bool,
    /// The bound that ended it, where one did.
    pub truncated_by: Option<LimitReached>,
    /// Calls of predicates and built-ins, and alternatives that are tried.
    pub steps: u64,
    /// Answers that were given.
    pub answers: u32,
    /// Why there is no answer, where that was asked for and there is none.
    pub why_not: Option<WhyNot>,
}
