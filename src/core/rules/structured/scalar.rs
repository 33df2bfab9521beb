//! What a scalar without quotes is, by the core schema of YAML 1.2.

use super::super::value::Value;
use num_bigint::BigInt;

/// Digits of a whole number; reading one takes time by the square of them.
pub(super) const MAX_DIGITS: usize = 10_000;

/// Why a scalar without quotes is not acceptable.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ScalarError {
    /// It begins with `?`.
    Variable,
    /// YAML 1.1 reads it otherwise than YAML 1.2.
    Ambiguous {
        /// What it is in YAML 1.1.
        reading: &'static str,
        /// What to write.
        help: String,
    },
    /// It is infinite, or no number, or beyond every float.
    NotFinite,
    /// A whole number with too many digits.
    TooLong,
}

/// The value of a scalar without quotes; none for nothing at all.
pub(super) fn resolve(text: &str) -> Result<Option<Value>, ScalarError> {
    Ok(Some(match text {
        "" => return Ok(None),
        "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Boolean(true),
        "false" | "False" | "FALSE" => Value::Boolean(false),
        ".nan" | ".NaN" | ".NAN" => return Err(ScalarError::NotFinite),
        "<<" => {
            let help = "write the fields out; for the text write `\"<<\"`".to_owned();
            let reading = "a merge of mappings";
            return Err(ScalarError::Ambiguous { reading, help });
        }
        _ if text.starts_with('?') => return Err(ScalarError::Variable),
        _ if text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) => {
            match number(text)? {
                Some(number) => number,
                None => Value::string(text),
            }
        }
        _ if is_word_of_truth(text) => {
            let help = format!(
                "write `true` or `false` for a boolean, `\"{text}\"` in quotes for the text"
            );
            let reading = "a boolean";
            return Err(ScalarError::Ambiguous { reading, help });
        }
        _ => Value::string(text),
    }))
}

fn is_word_of_truth(text: &str) -> bool {
    ["y", "n", "yes", "no", "on", "off"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

/// The number that a text is; none for what is text.
fn number(text: &str) -> Result<Option<Value>, ScalarError> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Err(ScalarError::NotFinite);
    }
    if is_digits(unsigned) {
        if unsigned.len() > 1 && unsigned.starts_with('0') {
            return Err(octal(text, unsigned));
        }
        return integer(text, 10).map(Some);
    }
    for (mark, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(mark)
            && !digits.is_empty()
            && digits.chars().all(|digit| digit.is_digit(radix))
        {
            return integer(digits, radix).map(Some);
        }
    }
    if is_float(unsigned) {
        let float = text.parse().ok().and_then(Value::float);
        return float.map(Some).ok_or(ScalarError::NotFinite);
    }
    match ambiguity(text, unsigned) {
        Some(error) => Err(error),
        None => Ok(None),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn integer(digits: &str, radix: u32) -> Result<Value, ScalarError> {
    if let Ok(number) = i64::from_str_radix(digits, radix) {
        return Ok(Value::Integer(number));
    }
    if digits.len() > MAX_DIGITS {
        return Err(ScalarError::TooLong);
    }
    BigInt::parse_bytes(digits.as_bytes(), radix)
        .map(Value::integer)
        .ok_or(ScalarError::TooLong)
}

/// `.5`, `1.`, `1.5`, `1e3`, without a sign.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits_or_none = |text: &str| text.is_empty() || is_digits(text);
    let mantissa_fits = digits_or_none(whole)
        && digits_or_none(fraction)
        && !(whole.is_empty() && fraction.is_empty());
    mantissa_fits
        && exponent
            .is_none_or(|exponent| is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

fn octal(text: &str, digits: &str) -> ScalarError {
    let plain = match digits.trim_start_matches('0') {
        "" => "0",
        plain => plain,
    };
    let help = format!("write `{plain}` for the number, `\"{text}\"` in quotes for the text");
    let reading = "an octal number";
    ScalarError::Ambiguous { reading, help }
}

/// What only YAML 1.1 takes for a number or a date.
fn ambiguity(text: &str, unsigned: &str) -> Option<ScalarError> {
    let quotes = format!("write `\"{text}\"` in quotes for the text");
    let ambiguous = |reading, help| Some(ScalarError::Ambiguous { reading, help });
    if unsigned.contains('_') {
        let plain = text.replace('_', "");
        if !matches!(number(&plain), Ok(None)) {
            let help = format!("write `{plain}` for the number; {quotes}");
            return ambiguous("a number", help);
        }
    }
    if let Some(digits) = unsigned.strip_prefix("0b")
        && !digits.is_empty()
        && digits.bytes().all(|digit| matches!(digit, b'0' | b'1'))
    {
        return ambiguous("a binary number", quotes);
    }
    if is_sexagesimal(unsigned) {
        return ambiguous("a number to the base 60", quotes);
    }
    if is_date(text) {
        return ambiguous("a date", quotes);
    }
    None
}

/// `1:30`, `190:20:30.15`.
fn is_sexagesimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':');
    let first_fits = parts.next().is_some_and(is_digits);
    let minutes: Vec<&str> = parts.collect();
    let minute_fits = |part: &&str| {
        is_digits(part) && part.len() <= 2 && part.parse::<u8>().is_ok_and(|number| number < 60)
    };
    first_fits
        && !minutes.is_empty()
        && minutes.iter().all(minute_fits)
        && (fraction.is_empty() || is_digits(fraction))
}

/// `2024-01-02`, alone or with a time after it.
fn is_date(text: &str) -> bool {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let short = |part: &str| is_digits(part) && part.len() <= 2;
    let starts_with_hour = |time: &str| {
        let hour = time.trim_start();
        hour.starts_with(|first: char| first.is_ascii_digit()) && hour.contains(':')
    };
    is_digits(year)
        && year.len() == 4
        && short(month)
        && short(day)
        && time.is_none_or(starts_with_hour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_what_yaml_1_2_says() {
        let big = BigInt::parse_bytes(b"123456789012345678901234567890", 10).unwrap();
        let cases = [
            ("~", Value::Null),
            ("NULL", Value::Null),
            ("True", Value::Boolean(true)),
            ("-7", Value::Integer(-7)),
            ("+7", Value::Integer(7)),
            ("0", Value::Integer(0)),
            ("-0", Value::Integer(0)),
            ("0x1F", Value::Integer(31)),
            ("0o14", Value::Integer(12)),
            ("123456789012345678901234567890", Value::integer(big)),
            ("1e3", Value::Float(1000.0)),
            ("1.", Value::Float(1.0)),
            (".5", Value::Float(0.5)),
            ("-1.5E-3", Value::Float(-0.0015)),
            ("012.5", Value::Float(12.5)),
            ("tRue", Value::string("tRue")),
            (".", Value::string(".")),
            ("-", Value::string("-")),
            ("1.2.3", Value::string("1.2.3")),
            ("1e", Value::string("1e")),
            ("10.0.0.0/8", Value::string("10.0.0.0/8")),
            ("2024-01", Value::string("2024-01")),
            ("2024-01-02x", Value::string("2024-01-02x")),
            ("1:99", Value::string("1:99")),
            ("yesterday", Value::string("yesterday")),
            ("a_b", Value::string("a_b")),
            ("1_a", Value::string("1_a")),
            ("0b12", Value::string("0b12")),
        ];
        for (text, value) in cases {
            assert_eq!(resolve(text), Ok(Some(value)), "{text}");
        }
        assert_eq!(resolve(""), Ok(None));
        assert!(matches!(resolve("-0.0"), Ok(Some(Value::Float(zero))) if zero.is_sign_positive()));
    }

    #[test]
    fn what_yaml_1_1_reads_otherwise_is_refused() {
        for text in [
            "yes",
            "No",
            "ON",
            "off",
            "y",
            "N",
            "012",
            "-012",
            "00",
            "1:30",
            "190:20:30.15",
            "1_000",
            "-1_000.5",
            "0b101",
            "0x1_f",
            "2024-01-02",
            "2024-1-2 10:00:00",
            "2024-01-02T10:00:00Z",
            "<<",
        ] {
            let error = resolve(text);
            assert!(
                matches!(error, Err(ScalarError::Ambiguous { .. })),
                "{text}: {error:?}"
            );
        }
    }

    #[test]
    fn numbers_have_bounds() {
        for text in [".inf", "-.Inf", ".nan", "1e999", "-1e999"] {
            assert_eq!(resolve(text), Err(ScalarError::NotFinite), "{text}");
        }
        assert_eq!(
            resolve(&"9".repeat(MAX_DIGITS + 1)),
            Err(ScalarError::TooLong)
        );
        assert!(matches!(
            resolve(&"9".repeat(MAX_DIGITS)),
            Ok(Some(Value::BigInteger(_)))
        ));
    }
}
