//! What hosts at the edge share: their settings and their log.
//!
//! What this crate does not do: know a platform. A host says where a variable's text comes from, and where a
//! line of the log goes.

#![forbid(unsafe_code)]

mod access;
mod failure;
mod log;
mod reader;
mod settings;
mod size;

pub use access::read_all;
pub use failure::failure;
pub use log::start_log;
pub use settings::{Settings, SettingsError};
pub use size::{check_size, is_knowledge};
