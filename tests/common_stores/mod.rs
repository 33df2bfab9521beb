//! What the tests of durability and of replicas share: the real program on real stores, connections that outlive it,
//! and a ledger of what was asked and answered to hold the journal against.

pub(crate) mod http;
pub(crate) mod journal;
pub(crate) mod ledger;
pub(crate) mod place;
pub(crate) mod process;
pub(crate) mod random;
pub(crate) mod requests;

#[expect(dead_code, reason = "the store's own tests use all of it")]
#[path = "../../src/store/postgres/tests/server.rs"]
mod postgres;
#[path = "../../src/store/redis/server.rs"]
mod redis;

use std::time::{Duration, Instant};

/// Long enough for a debug build to compile the component on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// Waits until something holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "waited too long until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
