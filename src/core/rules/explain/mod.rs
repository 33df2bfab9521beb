//! Why an answer holds, and why there is none.
//!
//! Explanations come from an interpreter of their own over programs and values. It asks the engine for
//! answers only, and finds by itself how each of them follows.

mod aggregate;
mod bindings;
mod calls;
mod clauses;
mod evaluate;
mod failure;
mod graph;
mod heads;
mod heights;
mod join;
mod memory;
mod messages;
mod proof;
mod render;
#[cfg(test)]
mod tests;
pub(in crate::rules) mod text;
mod variables;
mod verify;
mod why_not;

pub(in crate::rules) use bindings::{is_instance, size, weight};
pub use clauses::Explainer;
pub use memory::Memory;
pub use proof::{Attempt, Justification, Proof, ProofStep, Statement, WhyNot};
pub(in crate::rules) use variables::open_variables;
pub use verify::verify;

use super::ast::Name;
use super::builtins::{Builtin, Context, Fault, Solutions};
use super::error::QueryError;
use super::value::Value;
use crate::limits::LimitReached;

/// Who answers what is not a built-in: the engine.
pub trait Solver {
    /// All answers of a predicate of the program, of input or of the host: a value for every argument of each;
    /// what remains unbound is a variable whose number counts within that answer only.
    ///
    /// # Errors
    ///
    /// A limit, or what ends a query.
    fn solve(&mut self, name: &str, arguments: &[Value]) -> Result<Vec<Vec<Value>>, SolveError>;

    /// The answers that are known, and why there may be more. Each of them must hold whatever else does.
    fn solve_some(
        &mut self,
        name: &str,
        arguments: &[Value],
    ) -> (Vec<Vec<Value>>, Option<SolveError>) {
        match self.solve(name, arguments) {
            Ok(answers) => (answers, None),
            Err(error) => (Vec::new(), Some(error)),
        }
    }
}

/// Why the engine has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SolveError {
    /// A bound was reached.
    #[error("{0}")]
    Limit(#[from] LimitReached),
    /// The call can't be answered.
    #[error("{0}")]
    Query(#[from] QueryError),
}

/// Who finds and computes built-ins.
pub trait Builtins {
    /// The built-in of a name and a number of arguments.
    fn find(&self, name: &str, arity: usize) -> Option<&'static Builtin>;

    /// What comes of a built-in with these arguments.
    ///
    /// # Errors
    ///
    /// Why it can't say.
    fn call(&self, builtin: &'static Builtin, arguments: &[Value]) -> Result<Solutions, Fault>;
}

/// The built-ins of the table, at a time that the caller gives.
#[derive(Debug, Clone, Copy)]
pub struct Table(pub Context);

impl Builtins for Table {
    fn find(&self, name: &str, arity: usize) -> Option<&'static Builtin> {
        super::builtins::find(name, arity)
    }

    fn call(&self, builtin: &'static Builtin, arguments: &[Value]) -> Result<Solutions, Fault> {
        super::builtins::call(builtin, arguments, &self.0)
    }
}

/// Bounds on one explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExplainLimits {
    /// Goals that are tried and answers that are looked at.
    pub max_steps: u64,
    /// Different goals that are considered.
    pub max_goals: u32,
    /// Bytes of terms that are held, about.
    pub max_bytes: u64,
    /// Solutions of one aggregate whose proofs are shown.
    pub max_shown: u32,
    /// Levels of reasons why a goal has no answer.
    pub max_levels: u32,
    /// Clauses per goal of which it is said why they gave no answer.
    pub max_attempts: u32,
    /// Facts per goal that are named because they come near.
    pub max_nearest: u32,
}

impl Default for ExplainLimits {
    fn default() -> Self {
        Self {
            max_steps: 1_000_000,
            max_goals: 100_000,
            max_bytes: 16 * 1024 * 1024,
            max_shown: 10,
            max_levels: 3,
            max_attempts: 20,
            max_nearest: 3,
        }
    }
}

/// What an explanation may ask and use.
pub struct Inquiry<'a> {
    /// Answers of predicates.
    pub solver: &'a mut dyn Solver,
    /// Built-ins.
    pub builtins: &'a dyn Builtins,
    /// Facts that came with the query.
    pub facts: &'a [(Name, Vec<Value>)],
    /// Bounds.
    pub limits: ExplainLimits,
}

impl std::fmt::Debug for Inquiry<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Inquiry")
            .field("facts", &self.facts)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Why there is no explanation.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ExplainError {
    /// None was found before a bound was reached.
    #[error("no explanation within the limits: {0}")]
    Limit(LimitReached),
    /// Something that the explanation needs can't be answered.
    #[error("{0}")]
    Query(QueryError),
    /// The goal does not hold, so there is nothing that proves it.
    #[error("nothing proves `{0}`")]
    Unproven(String),
    /// The goal holds, so nothing stands in its way.
    #[error("`{0}` holds")]
    Holds(String),
}

impl From<SolveError> for ExplainError {
    fn from(error: SolveError) -> Self {
        match error {
            SolveError::Limit(limit) => Self::Limit(limit),
            SolveError::Query(error) => Self::Query(error),
        }
    }
}
