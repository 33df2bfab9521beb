//! Terms as messages show them: in the text form, and short.

use super::json::write_string;
use crate::rules::ast::{Term, TermKind};
use crate::rules::value::Value;

/// A term; what is beyond 40 characters is left out.
pub(super) fn term(term: &Term) -> String {
    let mut out = String::new();
    write_term(term, &mut out);
    if let Some((end, _)) = out.char_indices().nth(MOST_CHARACTERS) {
        out.truncate(end);
        out.push('…');
    }
    out
}

const MOST_CHARACTERS: usize = 40;

fn write_term(term: &Term, out: &mut String) {
    // What would be cut off needs not be written.
    if out.len() > 4 * MOST_CHARACTERS {
        return;
    }
    match &term.kind {
        TermKind::Variable(name) => out.push_str(name),
        TermKind::Anonymous => out.push('_'),
        TermKind::Constant(value) => write_constant(value, out),
        TermKind::List(items, rest) => {
            out.push('[');
            write_terms(items, out);
            if let Some(rest) = rest {
                out.push_str(" | ");
                write_term(rest, out);
            }
            out.push(']');
        }
        TermKind::Record(fields) => {
            out.push('{');
            for (place, (field, value)) in fields.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                out.push_str(field);
                out.push_str(": ");
                write_term(value, out);
            }
            out.push('}');
        }
        TermKind::Function(name, arguments) => write_function(name, arguments, out),
        TermKind::Compound(name, arguments) => write_call(name, arguments, out),
    }
}

fn write_function(name: &str, arguments: &[Term], out: &mut String) {
    match arguments {
        [left, right] if !name.starts_with(char::is_alphabetic) => {
            write_term(left, out);
            if let (".", TermKind::Constant(Value::String(field))) = (name, &right.kind) {
                out.push('.');
                out.push_str(field);
                return;
            }
            out.push_str(&format!(" {name} "));
            write_term(right, out);
        }
        _ => write_call(name, arguments, out),
    }
}

fn write_call(name: &str, arguments: &[Term], out: &mut String) {
    out.push_str(name);
    out.push('(');
    write_terms(arguments, out);
    out.push(')');
}

fn write_terms(terms: &[Term], out: &mut String) {
    for (place, term) in terms.iter().enumerate().take(MOST_CHARACTERS) {
        if place > 0 {
            out.push_str(", ");
        }
        write_term(term, out);
    }
}

fn write_constant(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Boolean(value) => out.push_str(&value.to_string()),
        Value::Integer(number) => out.push_str(&number.to_string()),
        // The digits of a huge number take time that grows with the square.
        Value::BigInteger(number) if number.bits() > 4_096 => out.push_str("a huge number"),
        Value::BigInteger(number) => out.push_str(&number.to_string()),
        Value::Float(number) => out.push_str(&format!("{number:?}")),
        Value::String(text) => {
            let end = text.char_indices().nth(MOST_CHARACTERS).map(|(end, _)| end);
            write_string(end.and_then(|end| text.get(..end)).unwrap_or(text), out);
        }
        _ => out.push_str(value.kind()),
    }
}
