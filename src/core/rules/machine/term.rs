//! Terms between the heap, words and values.

#![expect(
    clippy::indexing_slicing,
    reason = "places on the heap are made by the machine alone"
)]

use super::Machine;
use crate::rules::builtins::TypeTest;
use crate::rules::program::cell::{Cell, Tag};
use crate::rules::program::hash::{self, NumberTable};
use crate::rules::program::words::{
    Interner, WordReader, atomic, big_digits, decode_big, encode_big, encode_value,
};
use crate::rules::value::Value;
use std::sync::Arc;

/// Bytes that a word takes as a part of a value, about.
const WORD_AS_VALUE: usize = 64;
/// So many words need no look at the room.
const FREE_WORDS: usize = 1024;
/// Cells, bytes of strings and of whole numbers for which a step is counted.
const SIZE_OF_STEP: u64 = 64;

/// Rows of terms, each for the same number of places.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowSet {
    words: Vec<u64>,
    starts: Vec<u32>,
}

impl RowSet {
    pub(crate) fn push(&mut self, words: &[u64]) {
        self.starts.push(self.words.len() as u32);
        self.words.extend_from_slice(words);
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    #[inline]
    pub(crate) fn get(&self, row: u32) -> &[u64] {
        let row = row as usize;
        let start = self.starts.get(row).map_or(0, |start| *start as usize);
        let end = self
            .starts
            .get(row + 1)
            .map_or(self.words.len(), |end| *end as usize);
        self.words.get(start..end).unwrap_or(&[])
    }

    pub(crate) fn bytes(&self) -> usize {
        self.words.len() * 8 + self.starts.len() * 4
    }
}

/// Rows that differ.
#[derive(Debug, Clone, Default)]
pub(crate) struct DistinctRows {
    rows: RowSet,
    numbers: NumberTable,
}

impl DistinctRows {
    /// Adds a row; whether it was not there before.
    pub(crate) fn insert(&mut self, words: &[u64]) -> bool {
        let hash = hash::of_words(words);
        let rows = &self.rows;
        // Most rows are a word or two, for which a comparison of bytes is a call too many.
        let known = self.numbers.find(hash, |row| {
            let known = rows.get(*row);
            known.len() == words.len() && known.iter().zip(words).all(|(one, other)| one == other)
        });
        if known.is_some() {
            return false;
        }
        let row = self.rows.len() as u32;
        self.rows.push(words);
        let rows = &self.rows;
        self.numbers
            .insert(hash, row, |row| hash::of_words(rows.get(*row)));
        true
    }

    pub(crate) const fn rows(&self) -> &RowSet {
        &self.rows
    }

    pub(crate) fn bytes(&self) -> usize {
        self.rows.bytes() + self.numbers.bytes()
    }
}

/// Rows that are being gone through.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    pub(crate) set: Arc<RowSet>,
    /// What the variables of the rows' words are: those of the call that gave them.
    pub(crate) variables: Vec<Cell>,
    /// How many choices there were before it: those made later than it are gone.
    pub(crate) choices: usize,
}

impl Machine {
    /// Appends the words of a term. An unbound variable is a number: its place in `variables`.
    #[inline(always)]
    pub(crate) fn encode(&mut self, term: Cell, words: &mut Vec<u64>, variables: &mut Vec<Cell>) {
        let value = self.dereference(term);
        if value.is_atomic() {
            words.push(value.bits());
        } else {
            self.encode_parts(term, words, variables);
        }
    }

    fn encode_parts(&mut self, term: Cell, words: &mut Vec<u64>, variables: &mut Vec<Cell>) {
        let mut visiting = std::mem::take(&mut self.visiting);
        visiting.clear();
        visiting.push(term);
        // Parts that are shared are written as often as they stand there, which may be without end.
        let most = usize::try_from(self.limits.max_bytes / 8).unwrap_or(usize::MAX);
        let mut cells = 0;
        while let Some(mut cell) = visiting.pop() {
            if !self.walk(&mut cells) {
                break;
            }
            if words.len() > most {
                let limit = self.limits.max_bytes;
                self.walk_out("max-bytes", limit, words.len() as u64 * 8);
                break;
            }
            // A variable that has a number holds it until `forget_numbers`.
            while cell.is(Tag::Reference) {
                let next = self.heap[cell.place()];
                if next == cell || next.is(Tag::Other) {
                    break;
                }
                cell = next;
            }
            match cell.tag() {
                Tag::Integer | Tag::Constant => words.push(cell.bits()),
                // A variable that lies in a part of a term and has its number already.
                Tag::Other => words.push(Cell::reference(cell.place()).bits()),
                Tag::Reference => {
                    let place = cell.place();
                    if self.heap[place] == cell {
                        self.heap[place] = Cell::stored(variables.len() as u32);
                        variables.push(cell);
                    }
                    words.push(Cell::reference(self.heap[place].place()).bits());
                }
                Tag::Pair => {
                    words.push(Cell::pair(0).bits());
                    visiting.push(self.heap[cell.place() + 1]);
                    visiting.push(self.heap[cell.place()]);
                }
                Tag::Structure => {
                    let header = self.heap[cell.place()];
                    words.push(header.with_tag(Tag::Structure).bits());
                    let place = cell.place();
                    visiting.extend(self.heap[place + 1..=place + header.arity()].iter().rev());
                }
                Tag::Float => words.extend([Cell::float(0).bits(), self.heap[cell.place()].bits()]),
                Tag::Big => encode_big(&self.big(cell).clone(), words),
            }
        }
        self.visiting = visiting;
    }

    /// Takes the numbers from the variables again.
    #[inline(always)]
    pub(crate) fn forget_numbers(&mut self, variables: &[Cell]) {
        for variable in variables {
            self.heap[variable.place()] = *variable;
        }
    }

    /// Builds the next term of some words. Its variables are looked up in `variables`, or made.
    pub(crate) fn decode(
        &mut self,
        reader: &mut WordReader<'_>,
        variables: &mut Vec<Cell>,
    ) -> Cell {
        let cell = reader.word();
        if cell.is_atomic() {
            return cell;
        }
        // Parts are written where their term expects them.
        let root = self.heap.len();
        self.heap.push(Cell::NULL);
        let mut holes = vec![root];
        self.decode_into(cell, reader, variables, &mut holes);
        while !holes.is_empty() {
            let cell = reader.word();
            self.decode_into(cell, reader, variables, &mut holes);
        }
        self.heap[root]
    }

    fn decode_into(
        &mut self,
        cell: Cell,
        reader: &mut WordReader<'_>,
        variables: &mut Vec<Cell>,
        holes: &mut Vec<usize>,
    ) {
        let Some(hole) = holes.pop() else {
            return;
        };
        let start = self.heap.len();
        self.heap[hole] = match cell.tag() {
            Tag::Integer | Tag::Constant | Tag::Other => cell,
            Tag::Reference => {
                while variables.len() <= cell.place() {
                    let variable = self.new_variable();
                    variables.push(variable);
                }
                variables[cell.place()]
            }
            Tag::Pair => {
                self.heap.extend([Cell::NULL; 2]);
                holes.extend([start + 1, start]);
                Cell::pair(start)
            }
            Tag::Structure => {
                let header = cell.with_tag(Tag::Other);
                self.heap.push(header);
                let arity = header.arity();
                self.heap.resize(start + 1 + arity, Cell::NULL);
                holes.extend((start + 1..start + 1 + arity).rev());
                Cell::structure(start)
            }
            Tag::Float => {
                self.heap.push(reader.word());
                Cell::float(start)
            }
            Tag::Big => {
                let digits = reader.digits(big_digits(cell));
                self.push_big(decode_big(cell, digits))
            }
        };
    }

    /// Unifies a cell with the next term of some words.
    #[inline]
    pub(crate) fn unify_words(
        &mut self,
        cell: Cell,
        reader: &mut WordReader<'_>,
        variables: &mut Vec<Cell>,
    ) -> bool {
        let built = self.decode(reader, variables);
        self.unify(cell, built)
    }

    /// A term as a value; its variables are numbered on from those given.
    pub(crate) fn value(&mut self, term: Cell, variables: &mut Vec<Cell>) -> Value {
        self.value_within(term, variables, &mut 0)
    }

    /// The same where all words together take no more than the room there is; else the call ends.
    fn value_within(
        &mut self,
        term: Cell,
        variables: &mut Vec<Cell>,
        all_words: &mut usize,
    ) -> Value {
        let cell = self.dereference(term);
        if cell.is_atomic() {
            let value = atomic(cell, self);
            self.charge(&value);
            return value;
        }
        let mut words = Vec::new();
        self.encode(term, &mut words, variables);
        *all_words += words.len();
        let bytes = all_words.saturating_mul(WORD_AS_VALUE);
        if *all_words > FREE_WORDS && bytes > self.room() {
            let limit = self.limits.max_bytes;
            let observed = self.bytes().saturating_add(bytes) as u64;
            self.walk_out("max-bytes", limit, observed.max(limit.saturating_add(1)));
            return Value::Null;
        }
        let mut reader = WordReader::new(&words);
        let value = reader.value(self);
        self.too_deep |= reader.is_too_deep();
        self.charge(&value);
        value
    }

    /// Counts steps for the size of a value that a built-in is given or gives.
    pub(super) fn charge(&mut self, value: &Value) {
        let size = match value {
            Value::Null | Value::Boolean(_) | Value::Integer(_) | Value::Float(_) => return,
            Value::String(text) => text.len() as u64,
            value => crate::rules::explain::weight(value),
        };
        self.steps = self.steps.saturating_add(size / SIZE_OF_STEP);
    }

    /// Whether a term is of a kind. Only its first cell matters, however large it is.
    pub(super) fn is_of_kind(&mut self, term: Cell, kind: Cell) -> bool {
        let outline = match term.tag() {
            Tag::Pair if self.is_list(term) => Value::List(Arc::new([])),
            Tag::Pair => Value::PartialList(Arc::new([]), Arc::new(Value::Null)),
            Tag::Structure if self.has_type(TypeTest::Record, term) => Value::Record(Arc::new([])),
            Tag::Structure => Value::Compound("".into(), Arc::new([])),
            _ => self.value(term, &mut Vec::new()),
        };
        let found = self.string(&outline.kind().into());
        self.unify(kind, found)
    }

    /// Several terms as values; also what their variables are.
    pub(crate) fn values(&mut self, terms: &[Cell]) -> (Vec<Value>, Vec<Cell>) {
        let mut variables = Vec::new();
        let mut words = 0;
        let values = terms
            .iter()
            .map(|term| self.value_within(*term, &mut variables, &mut words))
            .collect();
        self.forget_numbers(&variables);
        (values, variables)
    }

    /// A value as a term; its variables are those given.
    pub(crate) fn term(&mut self, value: &Value, variables: &mut Vec<Cell>) -> Cell {
        self.charge(value);
        let mut words = Vec::new();
        encode_value(value, self, &mut words);
        self.decode(&mut WordReader::new(&words), variables)
    }
}
