//! The HTTP API of Assize, written once for every host.
//!
//! A host supplies three traits: [`Engines`] to judge with, [`SessionStore`] to keep sessions in, and
//! [`Platform`] for time and identifiers. [`router`] answers requests over them. Nothing here knows a
//! runtime or a socket.
//!
//! What this crate does not do: decide anything (the core does), listen, or read configuration.

#![forbid(unsafe_code)]

mod engines;
mod http;
mod metrics;
mod pages;
mod platform;
mod problem;
mod record;
mod routes;
mod service;
mod store;

pub use crate::http::{REQUEST_ID, request_id};
/// Requests and answers as JSON.
pub use assize_json as json;
pub use assize_json::GovernorKind;
pub use engines::{
    CycleSession, EngineDescription, EngineError, Engines, GovernorSession, NativeEngines,
    SessionStatus, StepSession,
};
pub use pages::Page;
pub use platform::Platform;
pub use problem::Problem;
pub use service::{Service, ServiceLimits, router};
pub use store::{
    MemoryStore, NoStore, Replaced, SessionRecord, SessionStore, StoreError, StoreFuture, ready,
};
