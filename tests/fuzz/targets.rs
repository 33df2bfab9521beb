//! What must hold for any bytes that come from outside.
//!
//! libFuzzer calls these functions without end, the test `fuzzing` over a fixed number of cases. A
//! property that does not hold is a panic.

mod checks;
pub mod gate;
mod json;
pub mod rules;
pub mod seeds;
mod snapshot;

pub use gate::{
    controller_snapshot, embedding, gate_request, gate_snapshot, memory_operations, memory_snapshot,
};
pub use json::json_input;
pub use rules::{
    query_request, rules_evaluation, rules_format, rules_load, rules_query, rules_snapshot,
    rules_structured, rules_text,
};
pub use snapshot::{cycle_snapshot, session_snapshot};

/// What was tried with the bytes, and whether it was accepted.
pub type Outcomes = Vec<(&'static str, bool)>;
