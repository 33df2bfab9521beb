//! Why an engine can't start.

use std::io;
use std::path::PathBuf;

/// Why an engine can't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineStartError {
    /// An option is out of its range.
    #[error("engine option `{option}` must be from {least} to {most} {unit}, got {given}")]
    Option {
        /// The field of [`EngineOptions`](crate::EngineOptions).
        option: &'static str,
        /// What the numbers count.
        unit: &'static str,
        /// What was given.
        given: u64,
        /// Smallest value that is acceptable.
        least: u64,
        /// Largest value that is acceptable.
        most: u64,
    },
    /// The program was built before the component was.
    #[error(
        "this build has no component inside: run `cargo xtask build` first, or name one with --component FILE"
    )]
    NoComponent,
    /// The component's file can't be read.
    #[error("component {} can't be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The bytes are no component, or one that this version can't run.
    #[error("this is not a component that this version can run: {0}")]
    Unsuitable(String),
    /// The component begins with more memory than an instance may have.
    #[error(
        "the component begins with {needed} bytes of memory; raise engine option `memory_bytes` from {limit}"
    )]
    MemoryTooSmall {
        /// What the component needs, in bytes.
        needed: u64,
        /// What an instance may have, in bytes.
        limit: u64,
    },
    /// The process may not have enough address space; memory is not the problem.
    #[error(
        "{instances} instances don't fit in this process's address space, at 4 GiB each: lower engine option `instances`, or raise the limit on virtual memory (ulimit -v)"
    )]
    AddressSpace {
        /// The option.
        instances: u32,
    },
    /// The engine itself fails.
    #[error("the engine fails: {0}")]
    Engine(String),
}
