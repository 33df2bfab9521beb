//! Arguments as functions take them, and solutions as they give them.

use super::{Context, Fault, Solutions, kinds};
use crate::rules::value::{Value, big};
use num_bigint::BigInt;
use std::sync::Arc;

/// Fields with values, as in `Value::Record`.
pub(super) type Fields = [(Arc<str>, Value)];

/// The argument of a place, from 0.
pub(super) fn any(arguments: &[Value], place: usize) -> Result<&Value, Fault> {
    arguments.get(place).ok_or(Fault::Unbound {
        argument: place + 1,
        name: "",
    })
}

/// An argument is of the wrong kind; `call` adds its name.
pub(super) const fn wrong_kind(place: usize, expected: &'static str, found: &'static str) -> Fault {
    Fault::Kind {
        argument: place + 1,
        name: "",
        expected,
        found,
    }
}

/// An argument is not acceptable; `call` adds its name.
pub(super) fn unacceptable(place: usize, problem: impl Into<String>) -> Fault {
    Fault::Unacceptable {
        argument: place + 1,
        name: "",
        problem: problem.into(),
    }
}

pub(super) fn text(arguments: &[Value], place: usize) -> Result<&str, Fault> {
    match any(arguments, place)? {
        Value::String(text) => Ok(text),
        other => Err(wrong_kind(place, kinds::STRING, other.kind())),
    }
}

pub(super) fn list(arguments: &[Value], place: usize) -> Result<&Arc<[Value]>, Fault> {
    match any(arguments, place)? {
        Value::List(items) => Ok(items),
        other => Err(wrong_kind(place, kinds::LIST, other.kind())),
    }
}

pub(super) fn record(arguments: &[Value], place: usize) -> Result<&Fields, Fault> {
    match any(arguments, place)? {
        Value::Record(fields) => Ok(fields),
        other => Err(wrong_kind(place, kinds::RECORD, other.kind())),
    }
}

/// A whole number of any size.
pub(super) fn integer(arguments: &[Value], place: usize) -> Result<BigInt, Fault> {
    let value = any(arguments, place)?;
    big(value).ok_or_else(|| wrong_kind(place, kinds::INTEGER, value.kind()))
}

/// A whole number of 64 bits.
pub(super) fn small(arguments: &[Value], place: usize) -> Result<i64, Fault> {
    match any(arguments, place)? {
        Value::Integer(number) => Ok(*number),
        Value::BigInteger(_) => Err(unacceptable(place, "must fit 64 bits")),
        other => Err(wrong_kind(place, kinds::INTEGER, other.kind())),
    }
}

/// A number of things: not negative; more than there can be is as good as the most.
pub(super) fn count(arguments: &[Value], place: usize) -> Result<usize, Fault> {
    let number = integer(arguments, place)?;
    match number.sign() {
        num_bigint::Sign::Minus => Err(unacceptable(place, "must not be negative")),
        _ => Ok(usize::try_from(number).unwrap_or(usize::MAX)),
    }
}

/// One solution with one value.
#[expect(
    clippy::unnecessary_wraps,
    reason = "what every function that has a value ends with"
)]
pub(super) fn one(value: Value) -> Result<Solutions, Fault> {
    Ok(Solutions::One(vec![value]))
}

/// One solution with one string that fits the room.
pub(super) fn one_text(text: &str, context: &Context) -> Result<Solutions, Fault> {
    fit(text.len(), context)?;
    one(Value::string(text))
}

/// One solution with one list that fits the room.
pub(super) fn one_list(items: Vec<Value>, context: &Context) -> Result<Solutions, Fault> {
    fit_items(items.len(), context)?;
    one(Value::List(items.into()))
}

/// Holds or not.
pub(super) const fn holds(whether: bool) -> Solutions {
    match whether {
        true => Solutions::Yes,
        false => Solutions::None,
    }
}

/// Whether so many bytes fit the room.
pub(super) const fn fit(bytes: usize, context: &Context) -> Result<(), Fault> {
    if bytes <= context.room {
        return Ok(());
    }
    Err(Fault::TooLarge { room: context.room })
}

/// Whether so many items fit the room.
pub(super) const fn fit_items(items: usize, context: &Context) -> Result<(), Fault> {
    fit(items.saturating_mul(Value::BYTES), context)
}
