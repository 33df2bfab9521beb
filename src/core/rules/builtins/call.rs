//! One call of a built-in, on values.

use super::arguments::{any, fit_items, holds, list, unacceptable, wrong_kind};
use super::{
    ArithmeticOperation, Builtin, Context, Fault, MachineOperation, Mode, Run, Solutions, TypeTest,
    arithmetic, kinds,
};
use crate::rules::value::{Value, compare_numbers};
use num_bigint::BigInt;
use std::cmp::Ordering;

/// How deep an argument may be nested.
pub(super) const MAX_NESTING: usize = 500;

/// Calls a built-in. Each solution has a value for each argument whose mode is not `Bound`, in
/// order, which the caller unifies with that argument.
///
/// # Errors
///
/// An argument is unbound, of the wrong kind or not acceptable; the result is undefined or too
/// large; the time is not known; only the host can answer.
pub fn call(
    builtin: &'static Builtin,
    arguments: &[Value],
    context: &Context,
) -> Result<Solutions, Fault> {
    check(builtin, arguments)?;
    match builtin.run {
        Run::Machine(operation) => run(operation, arguments, context),
        Run::Pure(function) => function(arguments, context),
        Run::External => Err(Fault::Undefined("only the host can answer it".to_owned())),
    }
    .map_err(|fault| with_name(builtin, fault))
}

/// Modes and kinds.
fn check(builtin: &'static Builtin, arguments: &[Value]) -> Result<(), Fault> {
    if arguments.len() != builtin.parameters.len() {
        return Err(Fault::Undefined(format!(
            "it takes {} arguments, but has {}",
            builtin.parameters.len(),
            arguments.len()
        )));
    }
    for (place, (parameter, value)) in builtin.parameters.iter().zip(arguments).enumerate() {
        let (argument, name) = (place + 1, parameter.name);
        if parameter.mode != Mode::Any {
            let look = Look::at(value);
            let bound = match parameter.mode {
                Mode::Bound => look.ground,
                _ => !matches!(value, Value::Variable(_)),
            };
            if !bound {
                return Err(Fault::Unbound { argument, name });
            }
            if look.too_deep {
                return Err(too_deep(place));
            }
            if !kinds::fits(parameter.kind, value) {
                return Err(Fault::Kind {
                    argument,
                    name,
                    expected: parameter.kind,
                    found: kinds::found(parameter.kind, value),
                });
            }
        }
    }
    Ok(())
}

pub(super) fn too_deep(place: usize) -> Fault {
    unacceptable(
        place,
        format!("must not be nested deeper than {MAX_NESTING} levels"),
    )
}

/// Adds the name of the argument that a fault is about.
fn with_name(builtin: &'static Builtin, mut fault: Fault) -> Fault {
    if let Fault::Unbound { argument, name }
    | Fault::Kind { argument, name, .. }
    | Fault::Unacceptable { argument, name, .. } = &mut fault
    {
        let parameter = builtin.parameters.get(argument.saturating_sub(1));
        *name = parameter.map_or("", |parameter| parameter.name);
    }
    fault
}

/// What a look at a whole term tells.
#[derive(Debug, Clone, Copy)]
struct Look {
    ground: bool,
    too_deep: bool,
}

impl Look {
    fn at(value: &Value) -> Self {
        let mut look = Self {
            ground: true,
            too_deep: false,
        };
        let mut open = vec![(value, 0)];
        while let Some((value, depth)) = open.pop() {
            look.too_deep |= depth > MAX_NESTING;
            match value {
                Value::Variable(_) => look.ground = false,
                Value::List(items) | Value::Compound(_, items) => {
                    open.extend(items.iter().map(|item| (item, depth + 1)));
                }
                Value::PartialList(items, rest) => {
                    open.extend(items.iter().map(|item| (item, depth + 1)));
                    open.push((rest, depth + 1));
                }
                Value::Record(fields) => {
                    open.extend(fields.iter().map(|(_, item)| (item, depth + 1)));
                }
                _ => {}
            }
        }
        look
    }
}

/// What the machine does on its own terms, on values.
fn run(
    operation: MachineOperation,
    arguments: &[Value],
    context: &Context,
) -> Result<Solutions, Fault> {
    let order = |accept: fn(Ordering) -> bool| {
        Ok(holds(accept(compare(
            any(arguments, 0)?,
            any(arguments, 1)?,
        )?)))
    };
    match operation {
        MachineOperation::True => Ok(Solutions::Yes),
        MachineOperation::False => Ok(Solutions::None),
        MachineOperation::Unify => {
            // Unifying both arguments with one of them unifies them with each other.
            let left = any(arguments, 0)?;
            Ok(Solutions::One(vec![left.clone(), left.clone()]))
        }
        MachineOperation::NotEqual => Ok(holds(any(arguments, 0)? != any(arguments, 1)?)),
        MachineOperation::Less => order(Ordering::is_lt),
        MachineOperation::LessOrEqual => order(Ordering::is_le),
        MachineOperation::Greater => order(Ordering::is_gt),
        MachineOperation::GreaterOrEqual => order(Ordering::is_ge),
        MachineOperation::Arithmetic(operation) => {
            let left = any(arguments, 0)?;
            let right = match operation {
                ArithmeticOperation::Negate => left,
                _ => any(arguments, 1)?,
            };
            Ok(Solutions::One(vec![arithmetic(
                operation,
                left,
                right,
                context.room,
            )?]))
        }
        MachineOperation::Member => member(arguments, context),
        MachineOperation::Between => between(arguments, context),
        MachineOperation::TypeTest(test) => Ok(holds(is(test, any(arguments, 0)?))),
        MachineOperation::Field => field(any(arguments, 0)?, any(arguments, 1)?),
    }
}

/// Numbers by value, strings by their bytes.
fn compare(left: &Value, right: &Value) -> Result<Ordering, Fault> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Ok(left.cmp(right)),
        (Value::String(_), _) => Err(wrong_kind(1, kinds::STRING, right.kind())),
        _ if !kinds::is_number(left) => Err(wrong_kind(0, kinds::NUMBER_OR_STRING, left.kind())),
        _ if !kinds::is_number(right) => Err(wrong_kind(1, kinds::NUMBER, right.kind())),
        _ => Ok(compare_numbers(left, right)),
    }
}

/// Whether a term is of a kind.
fn is(test: TypeTest, value: &Value) -> bool {
    match test {
        TypeTest::Null => matches!(value, Value::Null),
        TypeTest::Boolean => kinds::fits(kinds::BOOLEAN, value),
        TypeTest::Integer => kinds::fits(kinds::INTEGER, value),
        TypeTest::Float => kinds::fits(kinds::FLOAT, value),
        TypeTest::Number => kinds::is_number(value),
        TypeTest::String => kinds::fits(kinds::STRING, value),
        TypeTest::List => kinds::fits(kinds::LIST, value),
        TypeTest::Record => kinds::fits(kinds::RECORD, value),
        TypeTest::Compound => matches!(value, Value::Compound(..)),
        TypeTest::Bound => !matches!(value, Value::Variable(_)),
        TypeTest::Ground => Look::at(value).ground,
    }
}

fn member(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let items = list(arguments, 1)?;
    fit_items(items.len().saturating_mul(3), context)?;
    let whole = any(arguments, 1)?;
    let solution = |item: &Value| vec![item.clone(), whole.clone()];
    Ok(Solutions::Many(items.iter().map(solution).collect()))
}

fn between(arguments: &[Value], context: &Context) -> Result<Solutions, Fault> {
    let bound = |place| super::arguments::integer(arguments, place);
    let (low, high) = (bound(0)?, bound(1)?);
    if !matches!(any(arguments, 2)?, Value::Variable(_)) {
        let number = bound(2)?;
        let inside = low <= number && number <= high;
        return Ok(match inside {
            true => Solutions::One(vec![Value::integer(number)]),
            false => Solutions::None,
        });
    }
    let count = &high - &low + 1;
    if count <= BigInt::ZERO {
        return Ok(Solutions::None);
    }
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    fit_items(count.saturating_mul(2), context)?;
    let numbers = (0..count).map(|step| vec![Value::integer(&low + step)]);
    Ok(Solutions::Many(numbers.collect()))
}

/// A field of a record or an item of a list, counted from 0.
fn field(term: &Value, key: &Value) -> Result<Solutions, Fault> {
    let value = match (term, key) {
        (Value::Record(_), Value::String(name)) => term.field(name),
        (Value::List(items), Value::Integer(index)) => item(items, *index),
        (Value::List(_), Value::BigInteger(_)) => None,
        (Value::Record(_), _) => return Err(wrong_kind(1, kinds::STRING, key.kind())),
        _ => return Err(wrong_kind(1, kinds::INTEGER, key.kind())),
    };
    Ok(value.map_or(Solutions::None, |value| {
        Solutions::One(vec![term.clone(), value.clone()])
    }))
}

/// An item of a list, counted from 0; none where there is none.
pub(super) fn item(items: &[Value], index: i64) -> Option<&Value> {
    items.get(usize::try_from(index).ok()?)
}
