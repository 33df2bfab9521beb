//! Calls to other services that rules make: `http_get_json`, and external predicates that a URL answers.
//!
//! [`Outbound`] decides everything about such a call: whether it is allowed ([`AllowEntry`], [`AddressFilter`]), how
//! long it may take, whether its answer is known ([`Cache`]) or its service left alone ([`Breaker`]). A host supplies
//! one exchange of HTTP ([`Transport`]) and time ([`Clock`]). With the feature `native` there is a transport over
//! sockets. Calls to language models are made over the same transport.
//!
//! What this crate does not do: read values from JSON text, or record answers in the journal.

#![forbid(unsafe_code)]

mod address;
mod allow;
mod answer;
mod breaker;
mod cache;
mod calls;
mod connections;
mod error;
#[cfg(feature = "native")]
pub mod native;
mod outbound;
mod settings;
mod target;
#[cfg(test)]
mod tests;
mod transport;

pub use address::AddressFilter;
pub use allow::{AllowEntry, AllowEntryError};
pub use answer::is_json;
pub use breaker::{Breaker, BreakerOpen, BreakerPermit, BreakerPolicy, BreakerState};
pub use cache::Cache;
pub use error::OutboundError;
pub use outbound::{Outbound, OutboundAnswer};
pub use settings::{
    ExternalSettings, ExternalUrl, OutboundSettings, OutboundSettingsError, Predicate,
    PredicateError,
};
pub use target::{MAX_URL_BYTES, Origin, Target, UrlError};
pub use transport::{BodyStream, BoxFuture, Clock, Exchange, Transport, TransportError};
