//! JSON in and out: requests are read strictly, answers are written from the core's types.

pub(crate) mod answers;
mod node;
mod reader;
mod requests;
pub(crate) mod schemas;

pub use answers::write_evaluation;
pub use node::SyntaxError;
pub use requests::{
    BatchRequest, Document, EvaluateRequest, OpenRequest, OutputsRequest, ReadError, StepRequest,
    read_wisdom,
};
