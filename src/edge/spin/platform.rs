//! Time and identifiers from the host.

use assize_service::Platform;
use spin_sdk::wasip3::clocks::{monotonic_clock, system_clock};
use spin_sdk::wasip3::random::random::get_random_u64;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct WasiPlatform;

impl Platform for WasiPlatform {
    fn unix_ms(&self) -> u64 {
        let now = system_clock::now();
        // A clock before 1970 is a clock that was never set.
        let seconds = u64::try_from(now.seconds).unwrap_or(0);
        seconds
            .saturating_mul(1000)
            .saturating_add(u64::from(now.nanoseconds / 1_000_000))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(monotonic_clock::now())
    }

    fn identifier(&self) -> String {
        let random = u128::from(get_random_u64()) << 64 | u128::from(get_random_u64());
        uuid::Builder::from_random_bytes(random.to_le_bytes())
            .into_uuid()
            .to_string()
    }

    fn memory_bytes(&self) -> Option<u64> {
        None
    }
}
