//! What variables stand for, and unification.
//!
//! A variable below `RIGID` is free to be bound. One from there on stands for a value that is not known:
//! it equals only itself.

use crate::rules::value::Value;
use std::cmp::Ordering;
use std::sync::Arc;

/// The first number of variables that can't be bound.
pub(super) const RIGID: u32 = 1 << 31;

/// How deep terms may be nested.
const MAX_NESTING: u32 = 200;

/// A term is nested deeper than is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooDeep;

/// Values in standard order.
#[derive(Debug, Clone)]
pub(super) struct Key(pub(super) Vec<Value>);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        order(&self.0, &other.0)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

/// The order of two rows of values.
pub(super) fn order(left: &[Value], right: &[Value]) -> Ordering {
    left.iter()
        .zip(right)
        .map(|(left, right)| left.standard_order(right))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| left.len().cmp(&right.len()))
}

/// What each free variable stands for, by its number.
#[derive(Debug, Clone, Default)]
pub(super) struct Bindings(Vec<Option<Value>>);

impl Bindings {
    /// Variables 0 to `count`, all unbound.
    pub(super) fn new(count: usize) -> Self {
        Self(vec![None; count])
    }

    /// A variable that is new here.
    pub(super) fn fresh(&mut self) -> Value {
        self.0.push(None);
        Value::Variable(u32::try_from(self.0.len() - 1).unwrap_or(RIGID - 1))
    }

    /// What a value is when bound variables are followed at its top.
    fn walk<'a>(&'a self, mut value: &'a Value) -> &'a Value {
        while let Value::Variable(number) = value {
            match self.0.get(*number as usize) {
                Some(Some(bound)) => value = bound,
                _ => break,
            }
        }
        value
    }

    /// Makes two values equal. After a failure some variables may be bound.
    pub(super) fn unify(&mut self, left: &Value, right: &Value) -> bool {
        let mut pending = vec![(left.clone(), right.clone())];
        while let Some((left, right)) = pending.pop() {
            let (left, right) = (self.walk(&left).clone(), self.walk(&right).clone());
            if !self.unify_step(&left, &right, &mut pending) {
                return false;
            }
        }
        true
    }

    /// Makes rows of values equal.
    pub(super) fn unify_all(&mut self, left: &[Value], right: &[Value]) -> bool {
        left.len() == right.len()
            && left
                .iter()
                .zip(right)
                .all(|(left, right)| self.unify(left, right))
    }

    fn unify_step(
        &mut self,
        left: &Value,
        right: &Value,
        pending: &mut Vec<(Value, Value)>,
    ) -> bool {
        match (left, right) {
            (Value::Variable(left), Value::Variable(right)) if left == right => true,
            (Value::Variable(number), value) if *number < RIGID => self.bind(*number, value),
            (value, Value::Variable(number)) if *number < RIGID => self.bind(*number, value),
            (Value::Null, Value::Null) => true,
            (Value::Boolean(left), Value::Boolean(right)) => left == right,
            (Value::Integer(left), Value::Integer(right)) => left == right,
            (Value::BigInteger(left), Value::BigInteger(right)) => left == right,
            (Value::Float(left), Value::Float(right)) => left.total_cmp(right).is_eq(),
            (Value::String(left), Value::String(right)) => left == right,
            (Value::Record(left), Value::Record(right)) => {
                pending.extend(
                    left.iter()
                        .zip(right.iter())
                        .map(|((_, left), (_, right))| (left.clone(), right.clone())),
                );
                left.len() == right.len() && left.iter().zip(right.iter()).all(|(l, r)| l.0 == r.0)
            }
            (Value::Compound(name, left), Value::Compound(other, right)) => {
                pending.extend(left.iter().cloned().zip(right.iter().cloned()));
                name == other && left.len() == right.len()
            }
            _ => match (list(left), list(right)) {
                (Some(left), Some(right)) => unify_lists(left, right, pending),
                _ => false,
            },
        }
    }

    fn bind(&mut self, number: u32, value: &Value) -> bool {
        if self.occurs(number, value) {
            return false;
        }
        match self.0.get_mut(number as usize) {
            Some(slot) => {
                *slot = Some(value.clone());
                true
            }
            None => false,
        }
    }

    /// Whether a variable stands somewhere in a value.
    fn occurs(&self, number: u32, value: &Value) -> bool {
        let mut pending = vec![value];
        while let Some(value) = pending.pop() {
            match self.walk(value) {
                Value::Variable(other) if *other == number => return true,
                value => push_parts(value, &mut pending),
            }
        }
        false
    }

    /// A value with what its variables stand for.
    pub(super) fn resolve(&self, value: &Value) -> Result<Value, TooDeep> {
        self.resolve_at(value, 0)
    }

    /// Values with what their variables stand for.
    pub(super) fn resolve_all(&self, values: &[Value]) -> Result<Vec<Value>, TooDeep> {
        values.iter().map(|value| self.resolve(value)).collect()
    }

    fn resolve_at(&self, value: &Value, depth: u32) -> Result<Value, TooDeep> {
        let value = self.walk(value);
        if is_ground_at(value, depth)? {
            return Ok(value.clone());
        }
        rebuild(value, depth, &mut |part, depth| {
            self.resolve_at(part, depth)
        })
    }

    /// A value from elsewhere, whose variables become new ones here; `known` says which already have.
    pub(super) fn import(
        &mut self,
        value: &Value,
        known: &mut Vec<(u32, Value)>,
    ) -> Result<Value, TooDeep> {
        map_variables(value, 0, &mut |number| {
            if let Some((_, value)) = known.iter().find(|(known, _)| *known == number) {
                return value.clone();
            }
            let value = self.fresh();
            known.push((number, value.clone()));
            value
        })
    }
}

/// Values with their variables numbered from 0 as they come, and the variables that those were.
pub(super) fn renumber(values: &[Value]) -> Result<(Vec<Value>, Vec<Value>), TooDeep> {
    let mut known = Vec::new();
    let values = values
        .iter()
        .map(|value| {
            map_variables(value, 0, &mut |number| {
                let place = known.iter().position(|known| *known == number);
                let place = place.unwrap_or_else(|| {
                    known.push(number);
                    known.len() - 1
                });
                Value::Variable(u32::try_from(place).unwrap_or(RIGID - 1))
            })
        })
        .collect::<Result<_, _>>()?;
    Ok((values, known.into_iter().map(Value::Variable).collect()))
}

/// Values whose variables, numbered from 0, can't be bound any more.
pub(super) fn freeze(values: &[Value]) -> Result<Vec<Value>, TooDeep> {
    let freeze = &mut |number| Value::Variable(number | RIGID);
    values
        .iter()
        .map(|value| map_variables(value, 0, freeze))
        .collect()
}

/// Values with variables numbered from 0, as the outside sees them.
pub(super) fn thaw(values: &[Value]) -> Vec<Value> {
    let thaw = &mut |number| Value::Variable(number & !RIGID);
    values
        .iter()
        .map(|value| map_variables(value, 0, thaw).unwrap_or(Value::Null))
        .collect()
}

fn map_variables(
    value: &Value,
    depth: u32,
    change: &mut dyn FnMut(u32) -> Value,
) -> Result<Value, TooDeep> {
    match value {
        Value::Variable(number) => Ok(change(*number)),
        _ if is_ground_at(value, depth)? => Ok(value.clone()),
        _ => rebuild(value, depth, &mut |part, depth| {
            map_variables(part, depth, change)
        }),
    }
}

/// Whether some values are others with their variables bound.
pub(in crate::rules) fn is_instance(general: &[Value], values: &[Value]) -> bool {
    let Ok(values) = freeze(values) else {
        return false;
    };
    // Variables are numbered by the order in which they come.
    let count = general.iter().map(count_variables).sum();
    let mut bindings = Bindings::new(count);
    bindings.unify_all(general, &values)
}

fn count_variables(value: &Value) -> usize {
    let mut pending = vec![value];
    let mut count = 0;
    while let Some(value) = pending.pop() {
        count += usize::from(matches!(value, Value::Variable(_)));
        push_parts(value, &mut pending);
    }
    count
}

/// How many parts a value has, with the bytes of its strings and whole numbers.
pub(in crate::rules) fn weight(value: &Value) -> u64 {
    let mut pending = vec![value];
    let mut weight = 0_u64;
    while let Some(value) = pending.pop() {
        weight += match value {
            Value::String(text) => 1 + text.len() as u64,
            Value::BigInteger(number) => 1 + number.bits() / 8,
            _ => 1,
        };
        push_parts(value, &mut pending);
    }
    weight
}

/// How much room a value takes, in bytes, about.
pub(in crate::rules) fn size(values: &[Value]) -> u64 {
    let mut pending: Vec<&Value> = values.iter().collect();
    let mut count = 0_u64;
    while let Some(value) = pending.pop() {
        count += match value {
            Value::String(text) => 32 + text.len() as u64,
            Value::BigInteger(number) => 32 + number.bits() / 8,
            _ => 32,
        };
        push_parts(value, &mut pending);
    }
    count
}

/// Whether a value holds no variable.
pub(super) fn is_ground(value: &Value) -> bool {
    is_ground_at(value, 0) == Ok(true)
}

/// Whether a value holds a variable that can be bound.
pub(super) fn has_free(value: &Value) -> bool {
    let mut pending = vec![value];
    while let Some(value) = pending.pop() {
        if matches!(value, Value::Variable(number) if *number < RIGID) {
            return true;
        }
        push_parts(value, &mut pending);
    }
    false
}

/// Whether a value that stands at some depth of another holds no variable.
fn is_ground_at(value: &Value, depth: u32) -> Result<bool, TooDeep> {
    let mut pending = vec![(value, depth)];
    let mut parts = Vec::new();
    let mut ground = true;
    while let Some((value, depth)) = pending.pop() {
        if depth > MAX_NESTING {
            return Err(TooDeep);
        }
        ground &= !matches!(value, Value::Variable(_));
        push_parts(value, &mut parts);
        pending.extend(parts.drain(..).map(|part| (part, depth + 1)));
    }
    Ok(ground)
}

fn push_parts<'a>(value: &'a Value, parts: &mut Vec<&'a Value>) {
    match value {
        Value::List(items) => parts.extend(items.iter()),
        Value::PartialList(items, rest) => {
            parts.push(rest);
            parts.extend(items.iter());
        }
        Value::Record(fields) => parts.extend(fields.iter().map(|(_, value)| value)),
        Value::Compound(_, arguments) => parts.extend(arguments.iter()),
        _ => {}
    }
}

/// A value with other parts.
fn rebuild(
    value: &Value,
    depth: u32,
    change: &mut dyn FnMut(&Value, u32) -> Result<Value, TooDeep>,
) -> Result<Value, TooDeep> {
    if depth > MAX_NESTING {
        return Err(TooDeep);
    }
    let mut each = |items: &[Value]| -> Result<Vec<Value>, TooDeep> {
        items.iter().map(|item| change(item, depth + 1)).collect()
    };
    Ok(match value {
        Value::List(items) => Value::List(each(items)?.into()),
        Value::PartialList(items, rest) => {
            let items = each(items)?;
            join(items, change(rest, depth + 1)?)
        }
        Value::Compound(name, arguments) => Value::Compound(name.clone(), each(arguments)?.into()),
        Value::Record(fields) => Value::Record(
            fields
                .iter()
                .map(|(name, value)| Ok((name.clone(), change(value, depth + 1)?)))
                .collect::<Result<_, TooDeep>>()?,
        ),
        _ => value.clone(),
    })
}

/// The list that begins with items and goes on with a rest.
pub(super) fn join(mut items: Vec<Value>, rest: Value) -> Value {
    match rest {
        rest if items.is_empty() => rest,
        Value::List(more) => {
            items.extend(more.iter().cloned());
            Value::List(items.into())
        }
        Value::PartialList(more, rest) => {
            items.extend(more.iter().cloned());
            Value::PartialList(items.into(), rest)
        }
        rest => Value::PartialList(items.into(), Arc::new(rest)),
    }
}

type List<'a> = (&'a [Value], Option<&'a Value>);

fn list(value: &Value) -> Option<List<'_>> {
    match value {
        Value::List(items) => Some((items, None)),
        Value::PartialList(items, rest) => Some((items, Some(rest))),
        _ => None,
    }
}

fn unify_lists(left: List<'_>, right: List<'_>, pending: &mut Vec<(Value, Value)>) -> bool {
    let shared = left.0.len().min(right.0.len());
    pending.extend(left.0.iter().cloned().zip(right.0.iter().cloned()));
    let left = (left.0.get(shared..).unwrap_or(&[]), left.1);
    let right = (right.0.get(shared..).unwrap_or(&[]), right.1);
    let tail = |(items, rest): List<'_>| match rest {
        None => Value::List(items.into()),
        Some(rest) => join(items.to_vec(), rest.clone()),
    };
    match (left, right) {
        (([], None), ([], None)) => true,
        ((_, None), ([_, ..], _)) | (([_, ..], _), (_, None)) => false,
        _ => {
            pending.push((tail(left), tail(right)));
            true
        }
    }
}
