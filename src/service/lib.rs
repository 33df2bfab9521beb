//! The HTTP API of Assize, written once for every host.
//!
//! A host supplies three traits: [`Engines`] to judge with, [`Store`] to keep sessions in, and
//! [`Platform`] for time and identifiers. [`router`] answers requests over them. Nothing here knows a
//! runtime or a socket.
//!
//! What this crate does not do: decide anything (the core does), listen, or read configuration.

#![forbid(unsafe_code)]

mod access;
mod admit;
mod client;
mod decide;
mod embeddings;
mod engines;
mod externals;
mod flights;
mod gate_engines;
mod gate_metrics;
mod gates;
mod http;
mod inquire;
mod journal;
mod knowledge;
mod metrics;
mod models;
mod operator;
mod pages;
mod platform;
mod problem;
mod quotas;
mod routes;
mod rule_engines;
mod service;
mod stream;

pub use crate::http::{DECISION_ID, REQUEST_ID, request_id};
pub use access::{AccessSettings, KeySource, Limits};
/// Who may call what.
pub use assize_access as access_control;
pub use assize_journal::{
    Append, Appended, Bundle, ChainKind, Hash, Head, InputPolicy, MemoryStore, NoStore, Quota,
    Store, StoreError, StoreFuture, Stored, Taken, ready,
};
/// Requests and answers as JSON.
pub use assize_json as json;
pub use assize_json::GovernorKind;
pub use client::{PeerAddress, TrustedProxies};
pub use decide::{ChainPart, Chains, DELETE, Replay, Replayed};
pub use engines::{
    CycleSession, EngineDescription, EngineError, Engines, GovernorSession, NativeEngines,
    SessionStatus, StepSession,
};
pub use externals::{ExternalFuture, Externals};
pub use gate_engines::ControllerHandle;
pub use journal::JournalSettings;
pub use models::{ModelFuture, Models};
pub use operator::{Operator, Remembered};
pub use pages::Page;
pub use platform::Platform;
pub use problem::{Plain, Problem};
pub use rule_engines::{RulesCursor, RulesError, RulesHandle, RulesStep};
pub use service::{Service, ServiceLimits, ServiceSettings, router, router_within};
