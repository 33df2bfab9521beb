//! Runs the Assize core as a WebAssembly component in a native process.
//!
//! [`ComponentEngines`] is the core in a sandbox that can touch nothing: no file, no clock, no
//! network, and no more time and memory than [`EngineOptions`] permits. It answers exactly as
//! [`NativeEngines`](assize_service::NativeEngines) does, to the byte.

mod engine;

pub use engine::{Component, ComponentEngines, EngineOptions, EngineStartError, InstanceReuse};
