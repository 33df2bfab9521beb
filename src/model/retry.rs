//! When a call is made again.

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use std::time::Duration;

const FIRST_BOUND: Duration = Duration::from_millis(500);
const LAST_BOUND: Duration = Duration::from_secs(8);

/// How long to wait after so many failed attempts: anything from zero to a bound that doubles, so that those who failed
/// at once do not come back at once.
pub(crate) fn backoff(failed: u32, random: u64) -> Duration {
    let doublings = failed.saturating_sub(1).min(16);
    let bound = FIRST_BOUND.saturating_mul(1 << doublings).min(LAST_BOUND);
    let nanoseconds = (bound.as_nanos() * u128::from(random)) >> 64;
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

/// How long a server wants to be left alone: seconds, or a date beside the server's own.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let after = text(RETRY_AFTER)?.trim();
    if let Ok(seconds) = after.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(after).ok()?;
    let now = httpdate::parse_http_date(text(DATE)?.trim()).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn servers_say_seconds_or_a_date() {
        const NOW: &str = "Wed, 21 Oct 2026 07:28:00 GMT";
        for (after, date, expected) in [
            ("7", NOW, Some(7)),
            (" 0 ", NOW, Some(0)),
            ("Wed, 21 Oct 2026 07:28:30 GMT", NOW, Some(30)),
            ("Wednesday, 21-Oct-26 07:28:30 GMT", NOW, Some(30)),
            ("Wed, 21 Oct 2026 07:27:00 GMT", NOW, Some(0)),
            ("Wed, 21 Oct 2026 07:28:30 GMT", "yesterday", None),
            ("-1", NOW, None),
            ("soon", NOW, None),
            ("", NOW, None),
            ("99999999999999999999", NOW, None),
        ] {
            let headers: HeaderMap = [(RETRY_AFTER, after), (DATE, date)]
                .map(|(name, value)| (name, value.parse().unwrap()))
                .into_iter()
                .collect();
            let expected = expected.map(Duration::from_secs);
            assert_eq!(retry_after(&headers), expected, "{after}");
        }
    }

    proptest! {
        #[test]
        fn waits_are_below_a_bound_that_doubles(failed: u32, random: u64) {
            let wait = backoff(failed, random);
            prop_assert!(wait < LAST_BOUND);
            if failed <= 1 {
                prop_assert!(wait < FIRST_BOUND);
            }
            prop_assert!(backoff(failed.saturating_add(1), random) >= wait);
            prop_assert!(backoff(failed, random.saturating_add(1)) >= wait);
        }
    }
}
