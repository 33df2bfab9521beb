//! All entries of the table: their examples, their faults, and what is hostile.

mod arithmetic;
mod examples;
mod faults;
mod hostile;
mod semantics;

use super::{Context, Fault, Solutions, call, find};
use crate::rules::value::Value;

const CONTEXT: Context = Context {
    now_ms: Some(1_800_000_000_000),
    room: 1 << 20,
};

/// Calls a built-in by name.
fn run(name: &str, arguments: &[Value]) -> Result<Solutions, Fault> {
    call(find(name, arguments.len()).unwrap(), arguments, &CONTEXT)
}

/// The value of a function.
fn value(name: &str, arguments: &[Value]) -> Result<Value, Fault> {
    let mut arguments = arguments.to_vec();
    arguments.push(Value::Variable(0));
    match run(name, &arguments)? {
        Solutions::One(mut values) => Ok(values.pop().unwrap()),
        other => panic!("{name} gave {other:?}"),
    }
}
