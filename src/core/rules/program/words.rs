//! Terms as a row of words: what tables, constants and suspended goals hold. Equal rows are equal
//! terms, up to the names of their variables.
//!
//! A term is its first word and what follows it: for a pair its item and its rest, for a structure
//! its arguments, for a float its bits, for a big integer its digits.

use super::cell::{Cell, Tag};
use super::symbols::{Functor, Symbols};
use crate::rules::value::Value;
use num_bigint::{BigInt, Sign};
use std::sync::Arc;

/// Gives numbers to what a term names.
pub(crate) trait Interner {
    fn string(&mut self, text: &Arc<str>) -> Cell;
    fn header(&mut self, functor: Functor) -> Cell;
}

impl Interner for Symbols {
    fn string(&mut self, text: &Arc<str>) -> Cell {
        Self::string(self, text)
    }

    fn header(&mut self, functor: Functor) -> Cell {
        Self::header(self, functor)
    }
}

/// Names what has a number.
pub(crate) trait Names {
    fn text(&self, number: u32) -> Option<Arc<str>>;
    fn functor(&self, number: u32) -> Option<Functor>;
}

/// The words of a big integer.
pub(crate) fn encode_big(number: &BigInt, words: &mut Vec<u64>) {
    let digits = number.magnitude().to_u64_digits();
    let sign = u64::from(number.sign() == Sign::Minus);
    words.push(Cell::big(digits.len() << 1 | sign as usize).bits());
    words.extend(digits);
}

/// How many words of digits follow this first word of a big integer.
pub(crate) const fn big_digits(cell: Cell) -> usize {
    cell.place() >> 1
}

/// The big integer of a first word and its digits.
pub(crate) fn decode_big(cell: Cell, digits: &[u64]) -> BigInt {
    let halves: Vec<u32> = digits
        .iter()
        .flat_map(|digit| [*digit as u32, (*digit >> 32) as u32])
        .collect();
    let sign = if cell.place() & 1 == 1 {
        Sign::Minus
    } else {
        Sign::Plus
    };
    BigInt::from_slice(sign, &halves)
}

/// Appends the words of a value; its unbound variables keep their numbers.
pub(crate) fn encode_value(value: &Value, interner: &mut impl Interner, words: &mut Vec<u64>) {
    let mut pending = vec![Pending::Value(value)];
    while let Some(next) = pending.pop() {
        let value = match next {
            Pending::Value(value) => value,
            Pending::EmptyList => {
                words.push(Cell::EMPTY_LIST.bits());
                continue;
            }
            Pending::Pair => {
                words.push(Cell::pair(0).bits());
                continue;
            }
        };
        match value {
            Value::Null => words.push(Cell::NULL.bits()),
            Value::Boolean(truth) => words.push(Cell::boolean(*truth).bits()),
            Value::Integer(number) => match Cell::integer(*number) {
                Some(cell) => words.push(cell.bits()),
                None => encode_big(&BigInt::from(*number), words),
            },
            Value::BigInteger(number) => encode_big(number, words),
            Value::Float(number) => words.extend([Cell::float(0).bits(), number.to_bits()]),
            Value::String(text) => words.push(interner.string(text).bits()),
            Value::Variable(number) => words.push(Cell::reference(*number as usize).bits()),
            Value::List(items) => {
                pending.push(Pending::EmptyList);
                push_items(items, &mut pending);
            }
            Value::PartialList(items, rest) => {
                pending.push(Pending::Value(rest));
                push_items(items, &mut pending);
            }
            Value::Record(fields) => {
                let names = fields.iter().map(|(field, _)| field.clone()).collect();
                let header = interner.header(Functor::Record(names));
                words.push(header.with_tag(Tag::Structure).bits());
                pending.extend(fields.iter().rev().map(|(_, value)| Pending::Value(value)));
            }
            Value::Compound(name, arguments) => {
                let arity = arguments.len() as u32;
                let header = interner.header(Functor::Compound(name.clone(), arity));
                words.push(header.with_tag(Tag::Structure).bits());
                pending.extend(arguments.iter().rev().map(Pending::Value));
            }
        }
    }
}

/// The words of each of some values, which have no unbound variables.
pub(crate) fn encode_row(values: &[Value], interner: &mut impl Interner) -> Vec<Box<[u64]>> {
    values
        .iter()
        .map(|value| {
            let mut words = Vec::new();
            encode_value(value, interner, &mut words);
            words.into()
        })
        .collect()
}

enum Pending<'a> {
    Value(&'a Value),
    Pair,
    EmptyList,
}

fn push_items<'a>(items: &'a [Value], pending: &mut Vec<Pending<'a>>) {
    for item in items.iter().rev() {
        pending.push(Pending::Value(item));
        pending.push(Pending::Pair);
    }
}

/// How a compound value is put together once its parts are known.
enum Frame {
    List(Vec<Value>),
    ListRest(Vec<Value>),
    Structure(Functor, usize, Vec<Value>),
}

/// Reads terms from words.
#[derive(Debug)]
pub(crate) struct WordReader<'a> {
    words: &'a [u64],
    place: usize,
    too_deep: bool,
}

/// How deep the parts of a value may lie that leaves the machine; the rest of a list is no part of its beginning.
/// Values are taken apart by recursion when they are dropped.
pub(crate) const MOST_DEPTH: usize = 1000;

impl<'a> WordReader<'a> {
    pub(crate) const fn new(words: &'a [u64]) -> Self {
        Self {
            words,
            place: 0,
            too_deep: false,
        }
    }

    /// The next word as it stands; null after the last.
    #[inline]
    pub(crate) fn word(&mut self) -> Cell {
        let word = self.words.get(self.place).copied();
        self.place += 1;
        word.map_or(Cell::NULL, Cell::from_bits)
    }

    pub(crate) fn digits(&mut self, count: usize) -> &'a [u64] {
        let digits = self
            .words
            .get(self.place..self.place.saturating_add(count))
            .unwrap_or(&[]);
        self.place += count;
        digits
    }

    /// Whether a value was given up because it is too deep.
    pub(crate) const fn is_too_deep(&self) -> bool {
        self.too_deep
    }

    /// The next term as a value; null where it is too deep.
    pub(crate) fn value(&mut self, names: &impl Names) -> Value {
        let mut frames: Vec<Frame> = Vec::new();
        loop {
            if frames.len() > MOST_DEPTH {
                self.too_deep = true;
                return Value::Null;
            }
            let cell = self.word();
            let mut value = match cell.tag() {
                Tag::Pair => {
                    frames.push(Frame::List(Vec::new()));
                    continue;
                }
                Tag::Structure => {
                    let functor = names
                        .functor(cell.functor())
                        .unwrap_or_else(|| Functor::Record(Arc::new([])));
                    let arity = functor.arity();
                    if arity > 0 {
                        frames.push(Frame::Structure(functor, arity, Vec::with_capacity(arity)));
                        continue;
                    }
                    structure(functor, Vec::new())
                }
                Tag::Float => Value::Float(f64::from_bits(self.word().bits())),
                Tag::Big => {
                    let digits = self.digits(big_digits(cell));
                    Value::integer(decode_big(cell, digits))
                }
                Tag::Reference => Value::Variable(cell.place() as u32),
                _ => atomic(cell, names),
            };
            loop {
                match frames.pop() {
                    None => return value,
                    Some(Frame::List(mut items)) => {
                        items.push(value);
                        // The rest follows: another pair goes on with the same list.
                        if self.peek_is_pair() {
                            self.place += 1;
                            frames.push(Frame::List(items));
                        } else {
                            frames.push(Frame::ListRest(items));
                        }
                        break;
                    }
                    Some(Frame::ListRest(items)) => value = list(items, value),
                    Some(Frame::Structure(functor, arity, mut parts)) => {
                        parts.push(value);
                        if parts.len() < arity {
                            frames.push(Frame::Structure(functor, arity, parts));
                            break;
                        }
                        value = structure(functor, parts);
                    }
                }
            }
        }
    }

    fn peek_is_pair(&self) -> bool {
        self.words
            .get(self.place)
            .is_some_and(|word| Cell::from_bits(*word).is(Tag::Pair))
    }
}

fn list(items: Vec<Value>, rest: Value) -> Value {
    match rest {
        Value::List(more) if more.is_empty() => Value::List(items.into()),
        rest => Value::PartialList(items.into(), Arc::new(rest)),
    }
}

fn structure(functor: Functor, parts: Vec<Value>) -> Value {
    match functor {
        Functor::Compound(name, _) => Value::Compound(name, parts.into()),
        Functor::Record(fields) => Value::Record(fields.iter().cloned().zip(parts).collect()),
    }
}

/// The value of a word that is an integer or a constant.
pub(crate) fn atomic(cell: Cell, names: &impl Names) -> Value {
    match cell {
        Cell::NULL => Value::Null,
        Cell::FALSE => Value::Boolean(false),
        Cell::TRUE => Value::Boolean(true),
        Cell::EMPTY_LIST => Value::List(Arc::new([])),
        cell if cell.is(Tag::Integer) => Value::Integer(cell.as_integer()),
        cell => names
            .text(cell.payload() as u32 - Cell::FIRST_STRING)
            .map_or(Value::Null, Value::String),
    }
}
