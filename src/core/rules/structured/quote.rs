//! Scalars as JSON and as YAML.

use super::super::value::Value;
use super::scalar;
use std::fmt::Write as _;

/// Writes a string in double quotes, as both JSON and YAML read it.
pub(super) fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{200b}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                // Writing to a string can't fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            character => out.push(character),
        }
    }
    out.push('"');
}

/// Writes a string without quotes where every reader of YAML takes it for that string.
pub(super) fn plain_or_quoted(text: &str, out: &mut String) {
    match is_plain(text) {
        true => out.push_str(text),
        false => quoted(text, out),
    }
}

fn is_plain(text: &str) -> bool {
    let is_word = |character: char| character.is_alphanumeric() || "_-./@+$ ".contains(character);
    text.starts_with(|first: char| first.is_alphabetic() || "_$".contains(first))
        && !text.ends_with(' ')
        && text.chars().all(is_word)
        && matches!(scalar::resolve(text), Ok(Some(Value::String(_))))
}

/// Writes null, a boolean or a number; whether it is one of them.
pub(super) fn scalar(value: &Value, out: &mut String) -> bool {
    // Writing to a string can't fail.
    let _ = match value {
        Value::Null => write!(out, "null"),
        Value::Boolean(truth) => write!(out, "{truth}"),
        Value::Integer(number) => write!(out, "{number}"),
        Value::BigInteger(number) => write!(out, "{number}"),
        Value::Float(float) => write!(out, "{}", float_text(*float)),
        _ => return false,
    };
    true
}

/// The shortest text for a float that is none for an integer, and a float in YAML 1.1 too.
fn float_text(float: f64) -> String {
    let text = format!("{float:?}");
    match text.split_once('e') {
        None => text,
        Some((mantissa, exponent)) => {
            let point = if mantissa.contains('.') { "" } else { ".0" };
            let sign = if exponent.starts_with('-') { "" } else { "+" };
            format!("{mantissa}{point}e{sign}{exponent}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_stay_floats() {
        for (float, text) in [
            (1.0, "1.0"),
            (-0.5, "-0.5"),
            (1e300, "1.0e+300"),
            (1.5e-9, "1.5e-9"),
            (1e16, "1.0e+16"),
        ] {
            assert_eq!(float_text(float), text);
        }
    }

    #[test]
    fn quotes_are_written_only_where_they_are_needed() {
        let write = |text: &str| {
            let mut out = String::new();
            plain_or_quoted(text, &mut out);
            out
        };
        for text in [
            "ann",
            "a_b-c",
            "role/2",
            "may act",
            "é",
            "a@b.c",
            "yesterday",
            "$list",
        ] {
            assert_eq!(write(text), text);
        }
        for text in [
            "", "yes", "N", "null", "true", "1", "012", "?x", "- a", "#", "a: b", "a #b", " a",
            "a ", "a,b", "[a]", "~", "&a", "*a", "!a", "%a", "@a", "`a`", "|", ">", "'a'", "-",
            "a\tb", "1e3", "a:b", "<<",
        ] {
            assert_eq!(write(text), format!("\"{}\"", text.replace('\t', "\\t")));
        }
        assert_eq!(write("\u{0}\u{85}\"\\"), r#""\u0000\u0085\"\\""#);
    }
}
