//! What a host knows and the core does not: time, fresh identifiers, its own memory.

use std::time::Duration;

/// A host's clock and source of identifiers.
pub trait Platform: Send + Sync + 'static {
    /// Milliseconds since 1970-01-01 UTC.
    fn unix_ms(&self) -> u64;

    /// Time since an arbitrary start; never goes back.
    fn monotonic(&self) -> Duration;

    /// Unique, and hard to guess; letters, digits and hyphens.
    fn identifier(&self) -> String;

    /// Does work that may take long, so that nothing else has to wait for it.
    fn compute(&self, work: &mut dyn FnMut()) {
        work();
    }

    /// Memory of the process in bytes, where that can be known.
    fn memory_bytes(&self) -> Option<u64>;
}

/// What [`Platform::compute`] comes to.
pub(crate) fn compute<T>(platform: &dyn Platform, mut work: impl FnMut() -> T) -> T {
    let mut done = None;
    platform.compute(&mut || done = Some(work()));
    // A host that did not do it leaves it to be done here.
    done.unwrap_or_else(work)
}
