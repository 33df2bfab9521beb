//! Requests to a gate with its memory, and what it answers.

mod answers;
mod requests;
pub mod schemas;
#[cfg(test)]
mod tests;

pub use answers::{
    AdmissionAnswer, AlarmAnswer, GenerateAnswer, JudgementAnswer, QualityAnswer, SignalAnswer,
    StreamEvent,
};
pub(crate) use requests::NAME_BYTES;
pub use requests::{AdmitRequest, GenerateRequest, RecordRequest};
