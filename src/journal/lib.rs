//! The journal: every acknowledged decision as an event in a hash chain.
//!
//! A *chain* is a session, or the *stream* of what one process decided without a session. Each event holds the hash
//! of the one before it, so that nothing in a chain can be changed, removed or inserted unseen; [`Checkpoint`]s over
//! the ends of all chains make it visible when a chain's end, or all of it, is gone. [`Store`] is what keeps chains,
//! [`Archive`] what also gives them out.
//!
//! What this crate does not do: decide, listen, or know the time.

#![forbid(unsafe_code)]

mod bundle;
mod checkpoint;
mod event;
mod hash;
mod memory;
mod pages;
mod rate;
#[cfg(test)]
mod rate_vectors;
mod redact;
mod store;
mod tombstone;
mod verify;

pub use bundle::Bundle;
pub use checkpoint::{Checkpoint, Mark, SigningKey, SigningKeyError, VerifyingKey};
pub use event::{Content, Draft, Event, LineError};
pub use hash::{Hash, HashError};
pub use memory::MemoryStore;
pub use pages::{ChainPages, EventPages};
pub use rate::{Quota, Taken, Window};
pub use redact::{InputPolicy, keep};
pub use store::{
    Append, Appended, Archive, ChainKind, Head, NoStore, Row, Store, StoreError, StoreFuture,
    Stored, ready,
};
pub use tombstone::Tombstone;
pub use verify::{Break, ChainVerifier, Damage};
