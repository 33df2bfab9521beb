//! Times, in milliseconds since 1970-01-01T00:00:00Z, and durations, in milliseconds.

use super::arguments::{holds, one, one_text, small, text, unacceptable};
use super::civil::{Civil, MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND};
use super::kinds::{INTEGER, RECORD, STRING};
use super::table::{function, gives, known, test};
use super::{Builtin, Context, Fault, Group, Solutions};
use crate::rules::value::Value;

const G: Group = Group::Time;

pub(super) static TABLE: &[Builtin] = &[
    function(
        G,
        "now",
        &[gives("time", INTEGER)],
        (
            "The time of the query, as the caller says.",
            "now() > parse_time(\"2020-01-01\")",
        ),
        now,
    ),
    function(
        G,
        "parse_time",
        &[known("text", STRING), gives("time", INTEGER)],
        (
            "The time that a text of RFC 3339 says, to the millisecond; a date alone is its midnight at UTC.",
            r#"parse_time("1970-01-02T01:00:00+01:00") = 86400000"#,
        ),
        parse_time,
    ),
    test(
        G,
        "is_time",
        &[known("text", STRING)],
        (
            "A text is a time that `parse_time` reads.",
            r#"is_time("2026-02-28T12:00:00Z")"#,
        ),
        |arguments, _| Ok(holds(time_of(text(arguments, 0)?).is_some())),
    ),
    function(
        G,
        "format_time",
        &[known("time", INTEGER), gives("text", STRING)],
        (
            "A time as RFC 3339 writes it, at UTC.",
            r#"format_time(86400500) = "1970-01-02T00:00:00.500Z""#,
        ),
        format_time,
    ),
    function(
        G,
        "format_time",
        &[
            known("time", INTEGER),
            known("offset", STRING),
            gives("text", STRING),
        ],
        (
            "A time as RFC 3339 writes it, at an offset from UTC such as `+02:00`.",
            r#"format_time(0, "-01:30") = "1969-12-31T22:30:00-01:30""#,
        ),
        format_time,
    ),
    function(
        G,
        "date_of",
        &[known("time", INTEGER), gives("date", STRING)],
        (
            "The day of a time as RFC 3339 writes it, at UTC; such texts are ordered as their days.",
            r#"date_of(86400500) = "1970-01-02""#,
        ),
        date_of,
    ),
    function(
        G,
        "date_of",
        &[
            known("time", INTEGER),
            known("offset", STRING),
            gives("date", STRING),
        ],
        (
            "The same at an offset from UTC such as `+02:00`.",
            r#"date_of(0, "-01:30") = "1969-12-31""#,
        ),
        date_of,
    ),
    function(
        G,
        "time_parts",
        &[known("time", INTEGER), gives("parts", RECORD)],
        (
            "Year, month, day, hour, minute, second, millisecond, weekday (1 for Monday to 7 for Sunday) and day of the year, at UTC.",
            "time_parts(0).weekday = 4",
        ),
        parts,
    ),
    function(
        G,
        "time_parts",
        &[
            known("time", INTEGER),
            known("offset", STRING),
            gives("parts", RECORD),
        ],
        (
            "The same at an offset from UTC such as `+02:00`.",
            r#"time_parts(0, "+02:00").hour = 2"#,
        ),
        parts,
    ),
    function(
        G,
        "time_add_months",
        &[
            known("time", INTEGER),
            known("months", INTEGER),
            gives("result", INTEGER),
        ],
        (
            "So many months later, at UTC; the last day of a month that has no such day.",
            r#"time_add_months(parse_time("2024-01-31"), 1) = parse_time("2024-02-29")"#,
        ),
        add_months,
    ),
    function(
        G,
        "parse_duration",
        &[known("text", STRING), gives("duration", INTEGER)],
        (
            "The milliseconds of a duration: ISO 8601 without years and months, as in `PT1H30M` and `P1DT12H`, or `1w`, `7d`, `1h30m`, `45s`, `250ms`.",
            r#"parse_duration("1h30m") = 5400000"#,
        ),
        parse_duration,
    ),
    test(
        G,
        "is_duration",
        &[known("text", STRING)],
        (
            "A text is a duration that `parse_duration` reads.",
            r#"is_duration("PT15M")"#,
        ),
        |arguments, _| Ok(holds(duration_of(text(arguments, 0)?).is_some())),
    ),
];

fn now(_: &[Value], context: &Context) -> Result<Solutions, Fault> {
    one(Value::Integer(context.now_ms.ok_or(Fault::NoTime)?))
}

fn parse_time(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let time = time_of(text(arguments, 0)?);
    one(Value::Integer(time.ok_or_else(|| {
        unacceptable(0, "must be a time such as `2026-02-28T12:00:00Z`")
    })?))
}

/// A cursor over ASCII.
#[derive(Debug, Clone, Copy)]
struct Cursor<'text>(&'text str);

impl<'text> Cursor<'text> {
    fn take(&mut self, accept: &[char]) -> Option<char> {
        let first = self
            .0
            .chars()
            .next()
            .filter(|first| accept.contains(first))?;
        self.0 = self.0.strip_prefix(first)?;
        Some(first)
    }

    /// Exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        let all = number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse().ok().filter(|_| all)
    }

    /// All digits that come.
    fn digits(&mut self) -> &'text str {
        let rest = self
            .0
            .trim_start_matches(|first: char| first.is_ascii_digit());
        let digits = self.0.get(..self.0.len() - rest.len()).unwrap_or("");
        self.0 = rest;
        digits
    }
}

/// RFC 3339, section 5.6; leap seconds are not known.
fn time_of(text: &str) -> Option<i64> {
    let mut text = Cursor(text);
    let year = text.number(4)?;
    text.take(&['-'])?;
    let month = text.number(2)?;
    text.take(&['-'])?;
    let day = text.number(2)?;
    if text.0.is_empty() {
        return Some(Civil::new(year, month, day, 0)?.to_ms());
    }
    text.take(&['T', 't', ' '])?;
    let hour = text.number(2)?;
    text.take(&[':'])?;
    let minute = text.number(2)?;
    text.take(&[':'])?;
    let second = text.number(2)?;
    let fraction = match text.take(&['.']) {
        Some(_) => thousandths(Some(text.digits()).filter(|digits| !digits.is_empty())?)?,
        None => 0,
    };
    let offset = offset_of(text.0)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let day_ms = hour * MS_PER_HOUR + minute * MS_PER_MINUTE + second * MS_PER_SECOND + fraction;
    let ms = Civil::new(year, month, day, day_ms)?.to_ms() - offset;
    // A time that can't be written again is not read.
    Civil::from_ms(ms).map(|_| ms)
}

/// The first three digits after a point, as if there were always three.
fn thousandths(digits: &str) -> Option<i64> {
    format!("{digits:0<3}").get(..3)?.parse().ok()
}

/// `Z`, `+02:00` and the like, in milliseconds.
fn offset_of(text: &str) -> Option<i64> {
    let mut text = Cursor(text);
    if text.take(&['Z', 'z']).is_some() {
        return text.0.is_empty().then_some(0);
    }
    let sign = text.take(&['+', '-'])?;
    let hour = text.number(2)?;
    text.take(&[':'])?;
    let minute = text.number(2)?;
    let offset = hour * MS_PER_HOUR + minute * MS_PER_MINUTE;
    let valid = hour <= 23 && minute <= 59 && text.0.is_empty();
    valid.then_some(if sign == '-' { -offset } else { offset })
}

/// A time of the arguments on a clock at their offset, and that offset.
fn civil(arguments: &[Value]) -> Result<(Civil, i64), Fault> {
    let offset = match arguments.len() {
        3 => offset_of(text(arguments, 1)?)
            .ok_or_else(|| unacceptable(1, "must be `Z` or an offset such as `+02:00`"))?,
        _ => 0,
    };
    let local = small(arguments, 0)?
        .checked_add(offset)
        .and_then(Civil::from_ms);
    let civil = local.ok_or_else(|| unacceptable(0, "must be in the years 0 to 9999"))?;
    Ok((civil, offset))
}

fn format_time(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let (civil, offset) = civil(arguments)?;
    let Civil {
        year,
        month,
        day,
        day_ms,
    } = civil;
    let (hour, minute) = (day_ms / MS_PER_HOUR, day_ms / MS_PER_MINUTE % 60);
    let (second, ms) = (day_ms / MS_PER_SECOND % 60, day_ms % MS_PER_SECOND);
    let fraction = match ms {
        0 => String::new(),
        ms => format!(".{ms:03}"),
    };
    let zone = match offset {
        0 => "Z".to_owned(),
        _ => {
            let (sign, size) = (if offset < 0 { '-' } else { '+' }, offset.abs());
            format!(
                "{sign}{:02}:{:02}",
                size / MS_PER_HOUR,
                size / MS_PER_MINUTE % 60
            )
        }
    };
    one_text(
        &format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}"),
        context,
    )
}

fn date_of(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let (civil, _) = civil(arguments)?;
    let Civil {
        year, month, day, ..
    } = civil;
    one_text(&format!("{year:04}-{month:02}-{day:02}"), context)
}

fn parts(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let (civil, _) = civil(arguments)?;
    let parts = [
        ("year", civil.year),
        ("month", civil.month),
        ("day", civil.day),
        ("hour", civil.day_ms / MS_PER_HOUR),
        ("minute", civil.day_ms / MS_PER_MINUTE % 60),
        ("second", civil.day_ms / MS_PER_SECOND % 60),
        ("millisecond", civil.day_ms % MS_PER_SECOND),
        ("weekday", civil.weekday()),
        ("day_of_year", civil.day_of_year()),
    ];
    one(Value::record(parts.map(|(name, number)| {
        (name.into(), Value::Integer(number))
    })))
}

fn add_months(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let time = Civil::from_ms(small(arguments, 0)?)
        .ok_or_else(|| unacceptable(0, "must be in the years 0 to 9999"))?;
    let later = time.add_months(small(arguments, 1)?);
    let later = later.ok_or_else(|| unacceptable(1, "must not lead out of the years 0 to 9999"))?;
    one(Value::Integer(later.to_ms()))
}

fn parse_duration(arguments: &[Value], _: &Context) -> Result<Solutions, Fault> {
    let duration = duration_of(text(arguments, 0)?);
    one(Value::Integer(duration.ok_or_else(|| {
        unacceptable(0, "must be a duration such as `PT1H30M`, `1h30m` or `7d`")
    })?))
}

/// Units from the largest to the smallest, each at most once, with at most one `-` before all.
fn duration_of(text: &str) -> Option<i64> {
    const SHORT: &[(&str, i64)] = &[
        ("w", 7 * MS_PER_DAY),
        ("d", MS_PER_DAY),
        ("h", MS_PER_HOUR),
        ("ms", 1),
        ("m", MS_PER_MINUTE),
        ("s", MS_PER_SECOND),
    ];
    const DATE: &[(&str, i64)] = &[("W", 7 * MS_PER_DAY), ("D", MS_PER_DAY)];
    const TIME: &[(&str, i64)] = &[
        ("H", MS_PER_HOUR),
        ("M", MS_PER_MINUTE),
        ("S", MS_PER_SECOND),
    ];
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let amount = match rest.strip_prefix('P') {
        None => units(rest, SHORT)?,
        Some(iso) => match iso.split_once('T') {
            None => units(iso, DATE)?,
            Some(("", time)) => units(time, TIME)?,
            Some((date, time)) => units(date, DATE)?.checked_add(units(time, TIME)?)?,
        },
    };
    amount.checked_mul(sign)
}

/// Numbers with units; only the last may have a fraction.
fn units(text: &str, known: &[(&str, i64)]) -> Option<i64> {
    let (mut text, mut sum, mut before) = (Cursor(text), 0_i64, i64::MAX);
    loop {
        let number: i64 = text.digits().parse().ok()?;
        let fraction = match text.take(&['.', ',']) {
            Some(_) => Some(text.digits())
                .filter(|digits| !digits.is_empty())
                .map(thousandths)??,
            None => 0,
        };
        let has_fraction = fraction > 0;
        let (unit, size) = known.iter().find(|(unit, _)| text.0.starts_with(unit))?;
        text.0 = text.0.strip_prefix(unit)?;
        let in_order = *size < before;
        before = *size;
        let part = number
            .checked_mul(*size)?
            .checked_add(fraction * size / 1000)?;
        sum = sum.checked_add(part).filter(|_| in_order)?;
        if text.0.is_empty() {
            return Some(sum);
        }
        if has_fraction {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times() {
        for (text, ms) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01 00:00:00.0019z", Some(1)),
            ("1970-01-01T00:00:00.5Z", Some(500)),
            ("1969-12-31T23:59:59.999Z", Some(-1)),
            ("2024-02-29", Some(1_709_164_800_000)),
            ("2023-02-29", None),
            ("2024-02-29T24:00:00Z", None),
            ("2024-02-29T23:59:60Z", None),
            ("2024-02-29T23:59:59", None),
            ("2024-02-29T23:59:59+2:00", None),
            ("2024-02-29T23:59:59.Z", None),
            ("2024-2-29", None),
            ("+024-02-29", None),
            ("2024-02-29T00:00:00ZZ", None),
            ("0000-01-01T00:00:00+01:00", None),
            ("é024-02-29", None),
            ("", None),
        ] {
            assert_eq!(time_of(text), ms, "{text}");
        }
    }

    #[test]
    fn durations() {
        for (text, ms) in [
            ("PT1H30M", Some(5_400_000)),
            ("P1W", Some(604_800_000)),
            ("P1DT0.5S", Some(86_400_500)),
            ("PT1,5H", Some(5_400_000)),
            ("-PT1S", Some(-1000)),
            ("90m", Some(5_400_000)),
            ("1h30m", Some(5_400_000)),
            ("1s250ms", Some(1250)),
            ("1.5d", Some(129_600_000)),
            ("30m1h", None),
            ("1h1h", None),
            ("1.5h30m", None),
            ("P1Y", None),
            ("P1M", None),
            ("P", None),
            ("PT", None),
            ("P1DT", None),
            ("", None),
            ("-", None),
            ("5", None),
            ("m", None),
            ("99999999999999999999d", None),
            ("9223372036854775807d", None),
        ] {
            assert_eq!(duration_of(text), ms, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_formatted_is_parsed(ms in -62_167_219_200_000_i64..=253_402_300_799_999, minutes in -1439_i64..1440) {
            let size = minutes.abs();
            let offset = format!("{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, size / 60, size % 60);
            let context = Context { now_ms: None, room: 100 };
            let arguments = [Value::Integer(ms), Value::string(&offset), Value::Variable(0)];
            if let Ok(Solutions::One(values)) = format_time(&arguments, &context) {
                let Value::String(text) = &values[0] else { panic!("a string") };
                prop_assert_eq!(time_of(text), Some(ms));
                let other: jiff::Timestamp = text.parse().unwrap();
                prop_assert_eq!(other.as_millisecond(), ms);
                let date = date_of(&arguments, &context).unwrap();
                prop_assert_eq!(date, Solutions::One(vec![Value::string(text.get(..10).unwrap())]));
            } else {
                prop_assert!(!(-62_167_000_000_000..253_402_200_000_000).contains(&ms));
            }
        }

        #[test]
        fn what_is_parsed_is_as_others_parse(text in "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-][0-2][0-9]:[0-5][0-9])") {
            if let Some(ms) = time_of(&text) {
                let other: jiff::Timestamp = text.parse().unwrap();
                let nanoseconds = other.as_nanosecond().div_euclid(1_000_000);
                prop_assert_eq!(i128::from(ms), nanoseconds);
            }
        }
    }
}
