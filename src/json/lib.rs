//! The JSON of Assize: requests are read strictly, answers are written from the core's types.
//!
//! The HTTP service, the command line and the JavaScript package share it, so that a decision has one
//! shape wherever it is asked for.
//!
//! What this crate does not do: decide anything, or know where a text came from.

#![forbid(unsafe_code)]

pub mod answers;
mod floats;
pub mod gate;
pub mod memory;
mod node;
mod ranges;
mod reader;
mod requests;
pub mod rules;
pub mod schemas;
#[cfg(test)]
mod testing;

pub use answers::write_evaluation;
pub use node::{Node, SyntaxError};
pub use requests::{
    BatchRequest, Document, EvaluateRequest, GovernorKind, OpenRequest, OutputsRequest, ReadError,
    StepRequest, read_wisdom,
};
