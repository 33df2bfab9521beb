//! Does a logic policy permit it, with what proof?

pub mod answer;
pub mod ast;
pub mod builtins;
mod change;
pub mod check;
pub mod diagnostic;
pub mod error;
mod evaluator;
pub mod explain;
mod fault;
mod helper;
mod knowledge_base;
mod machine;
mod nearest;
mod program;
mod query;
mod render;
mod snapshot;
pub mod source;
pub mod structured;
pub mod syntax;
pub mod value;

#[cfg(test)]
mod tests;

pub use answer::{
    Answer, ExternalAnswer, ExternalCall, Limits, OrderKey, Outcome, QueryOptions, Step,
};
pub use change::{Changed, Fact};
pub use diagnostic::{Diagnostic, Severity};
pub use error::{LoadError, QueryError};
pub use evaluator::{ConstantHandle, Evaluator, PredicateHandle};
pub use knowledge_base::{KnowledgeBase, check as check_sources, parse};
pub use query::{Answers, Query};
pub use render::render;
pub use snapshot::RestoreError;
pub use source::{Format, Position, Source, Span};
pub use value::Value;
