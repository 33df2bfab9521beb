//! The engines of Assize: pure decisions about the outputs of AI systems.
//!
//! Nothing here reads a clock, a random source, a file or a network, and no state is global: the
//! same calls give the same answers, to the byte, on every host. What an engine needs from outside
//! is an argument.
//!
//! What this crate does not do: read requests, speak HTTP, keep sessions, write logs. Hosts do.

#![forbid(unsafe_code)]

pub mod controller;
mod decimal;
mod decision;
pub mod embedding;
mod error;
pub mod gate;
pub mod governor;
mod limits;
pub mod memory;
pub mod rules;
mod snapshot;
pub mod text;

pub use decision::{Reason, Verdict};
pub use error::{Error, FieldError, InvalidInput};
pub use limits::LimitReached;
pub use snapshot::SnapshotError;

/// Version of this crate, and of everything that is released with it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
