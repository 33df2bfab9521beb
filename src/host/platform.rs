//! The operating system's clock, randomness and memory figures.

use assize_service::Platform;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970-01-01 UTC.
pub(crate) fn now_ms() -> u64 {
    // A clock before 1970 is a clock that was never set.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}

#[derive(Debug)]
pub(crate) struct SystemPlatform {
    started: Instant,
}

impl SystemPlatform {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Platform for SystemPlatform {
    fn unix_ms(&self) -> u64 {
        now_ms()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn identifier(&self) -> String {
        uuid::Uuid::new_v4().to_string()
    }

    fn compute(&self, work: &mut dyn FnMut()) {
        let runtime = tokio::runtime::Handle::try_current();
        match runtime.map(|runtime| runtime.runtime_flavor()) {
            Ok(tokio::runtime::RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
            _ => work(),
        }
    }

    fn memory_bytes(&self) -> Option<u64> {
        memory_stats::memory_stats().map(|memory| memory.physical_mem as u64)
    }
}
