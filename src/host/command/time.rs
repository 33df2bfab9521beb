//! Times as people write them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// `2026-03-07`.
const DATE_BYTES: usize = 10;

/// Milliseconds since 1970-01-01T00:00:00Z, of a date, of a date and time with its offset, or as they are.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    if let Ok(milliseconds) = text.parse() {
        return Ok(milliseconds);
    }
    // A longer text would be read as a date, too, and its time of day be passed over.
    let midnight = || {
        let date: Date = text.parse().ok().filter(|_| text.len() == DATE_BYTES)?;
        let midnight = date.to_zoned(TimeZone::UTC).ok()?;
        Some(midnight.timestamp())
    };
    let time = midnight().or_else(|| text.parse::<Timestamp>().ok());
    time.map(Timestamp::as_millisecond).ok_or_else(|| {
        "write 2026-03-07, 2026-03-07T10:00:00Z, 2026-03-07T10:00:00+01:00, or milliseconds since 1970"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn dates_times_and_milliseconds_are_read() {
        for (text, expected) in [
            ("1970-01-01", 0),
            ("1970-01-02", 86_400_000),
            ("1969-12-31", -86_400_000),
            ("1970-01-01T00:00:01Z", 1000),
            ("1970-01-01T01:00:00.25+01:00", 250),
            ("-7", -7),
            ("1772877600000", 1_772_877_600_000),
            ("2026-03-07T10:00:00Z", 1_772_877_600_000),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "now",
            "2026-02-30",
            "2026-03-07T10:00:00",
            "2026-03-07x",
            "12:00",
            "99999999999999999999",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
