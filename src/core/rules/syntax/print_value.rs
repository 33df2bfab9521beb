//! Values as text. A value may be nested as deeply as memory permits, so nothing here recurs.

use super::literals::write_quoted;
use super::print::{write_field, write_name};
use super::suspects::is_taken;
use crate::rules::value::Value;
use std::fmt::{self, Display, Formatter, Write};

/// A value, on one line; an unbound variable is `_` with its number.
#[must_use]
pub fn print_value(value: &Value) -> String {
    value.to_string()
}

impl Display for Value {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write_value(self, out)
    }
}

/// What is still to be written.
enum Work<'a> {
    Value(&'a Value),
    Field(&'a str),
    Text(&'static str),
}

/// Writes a value as the text form has it.
pub(super) fn write_value(value: &Value, out: &mut dyn Write) -> fmt::Result {
    let mut work = vec![Work::Value(value)];
    while let Some(next) = work.pop() {
        match next {
            Work::Text(text) => out.write_str(text)?,
            Work::Field(field) => write_field(field, out)?,
            Work::Value(value) => {
                let from = work.len();
                write_outside(value, &mut work, out)?;
                if let Some(added) = work.get_mut(from..) {
                    added.reverse();
                }
            }
        }
    }
    Ok(())
}

/// Writes what needs no recursion, and adds the rest in order.
fn write_outside<'a>(
    value: &'a Value,
    work: &mut Vec<Work<'a>>,
    out: &mut dyn Write,
) -> fmt::Result {
    match value {
        Value::Null => out.write_str("null")?,
        Value::Boolean(truth) => write!(out, "{truth}")?,
        Value::Integer(number) => write!(out, "{number}")?,
        Value::BigInteger(number) => write!(out, "{number}")?,
        // This form has a point or an exponent, and is the shortest that reads as the same number.
        Value::Float(number) => write!(out, "{number:?}")?,
        Value::String(text) => write_quoted(text, '"', out)?,
        Value::Variable(number) => write!(out, "_{number}")?,
        Value::List(items) => {
            out.write_char('[')?;
            add_items(items, work);
            work.push(Work::Text("]"));
        }
        Value::PartialList(items, rest) => {
            out.write_char('[')?;
            add_items(items, work);
            work.push(Work::Text(" | "));
            work.push(Work::Value(rest));
            work.push(Work::Text("]"));
        }
        Value::Record(fields) => {
            out.write_char('{')?;
            for (place, (field, value)) in fields.iter().enumerate() {
                if place > 0 {
                    work.push(Work::Text(", "));
                }
                work.push(Work::Field(field));
                work.push(Work::Text(": "));
                work.push(Work::Value(value));
            }
            work.push(Work::Text("}"));
        }
        Value::Compound(name, arguments) => {
            if is_taken(name) {
                write_quoted(name, '`', out)?;
            } else {
                write_name(name, out)?;
            }
            out.write_char('(')?;
            add_items(arguments, work);
            work.push(Work::Text(")"));
        }
    }
    Ok(())
}

fn add_items<'a>(items: &'a [Value], work: &mut Vec<Work<'a>>) {
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            work.push(Work::Text(", "));
        }
        work.push(Work::Value(item));
    }
}
