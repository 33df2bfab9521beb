//! Terms: a number for each word, its kind in the lowest three bits.

use super::input::Input;
use super::numbering::Met;
use crate::rules::program::cell::{Cell, Tag};
use crate::rules::program::words::big_digits;
use crate::snapshot::{SnapshotError, Writer};

const INTEGER: u64 = 0;
const CONSTANT: u64 = 1;
const PAIR: u64 = 2;
const STRUCTURE: u64 = 3;
const FLOAT: u64 = 4;
const BIG: u64 = 5;
const ANY_KEY: u64 = 6;

/// A number whose sign is its lowest bit.
pub(super) const fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

pub(super) const fn from_zigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Writes an atomic constant.
pub(super) fn write_atomic(writer: &mut Writer, met: &mut Met, cell: Cell) {
    writer.number(if cell.is(Tag::Integer) {
        zigzag(cell.as_integer()) << 3 | INTEGER
    } else {
        u64::from(met.constant(cell)) << 3 | CONSTANT
    });
}

/// Writes the words of a term without variables.
pub(super) fn write_words(writer: &mut Writer, met: &mut Met, words: &[u64]) {
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        let cell = Cell::from_bits(*word);
        rest = after;
        match cell.tag() {
            Tag::Pair => writer.number(PAIR),
            Tag::Structure => {
                writer.number(u64::from(met.functors.of(cell.functor())) << 3 | STRUCTURE);
            }
            Tag::Float => {
                writer.number(FLOAT);
                rest = raw(writer, rest, 1);
            }
            Tag::Big => {
                writer.number(cell.payload() << 3 | BIG);
                rest = raw(writer, rest, big_digits(cell));
            }
            _ => write_atomic(writer, met, cell),
        }
    }
}

fn raw<'w>(writer: &mut Writer, words: &'w [u64], count: usize) -> &'w [u64] {
    let (raw, rest) = words.split_at(count.min(words.len()));
    raw.iter()
        .for_each(|word| writer.bytes(&word.to_le_bytes()));
    rest
}

/// Writes what an argument of a rule's head can match.
pub(super) fn write_key(writer: &mut Writer, met: &mut Met, key: Cell) {
    match key.tag() {
        Tag::Integer | Tag::Constant => write_atomic(writer, met, key),
        Tag::Pair => writer.number(PAIR),
        Tag::Structure => {
            writer.number(u64::from(met.functors.of(key.functor())) << 3 | STRUCTURE);
        }
        Tag::Float => {
            writer.number(FLOAT);
            writer.bytes(&key.payload().to_le_bytes());
        }
        Tag::Big => writer.number(BIG),
        Tag::Reference | Tag::Other => writer.number(ANY_KEY),
    }
}

const WRONG: SnapshotError = SnapshotError::Malformed("a term is of no known kind");

impl Input<'_> {
    fn integer(number: u64) -> Result<Cell, SnapshotError> {
        Cell::integer(from_zigzag(number >> 3))
            .ok_or(SnapshotError::Malformed("an integer is too large"))
    }

    fn constant(&self, number: u64) -> Result<Cell, SnapshotError> {
        let end = u64::from(self.texts) + u64::from(Cell::FIRST_STRING);
        if number >> 3 < end {
            Ok(Cell::constant((number >> 3) as u32))
        } else {
            Err(SnapshotError::Malformed(
                "a term has a string that there is not",
            ))
        }
    }

    /// A functor as a header.
    pub(super) fn header(&self, number: u64) -> Result<Cell, SnapshotError> {
        let found = usize::try_from(number)
            .ok()
            .and_then(|place| self.functors.get(place));
        match found {
            Some(arity) => Ok(Cell::header(number as u32, *arity)),
            None => Err(SnapshotError::Malformed(
                "a term has a functor that there is not",
            )),
        }
    }

    #[inline]
    pub(super) fn atomic(&mut self) -> Result<Cell, SnapshotError> {
        let number = self.reader.number()?;
        match number & 7 {
            INTEGER => Self::integer(number),
            CONSTANT => self.constant(number),
            _ => Err(SnapshotError::Malformed("a constant is not atomic")),
        }
    }

    /// A term without variables: an atomic cell, or the words of another one in `words`.
    #[inline]
    pub(super) fn term(&mut self, words: &mut Vec<u64>) -> Result<Option<Cell>, SnapshotError> {
        let first = self.reader.number()?;
        match first & 7 {
            INTEGER => return Self::integer(first).map(Some),
            CONSTANT => return self.constant(first).map(Some),
            _ => {}
        }
        words.clear();
        let mut number = first;
        // Terms that are still to come. Each needs a byte, so more than are left can't come.
        let mut missing = 1_usize;
        loop {
            missing = missing
                .saturating_sub(1)
                .saturating_add(self.word(number, words)?);
            if missing == 0 {
                return Ok(None);
            }
            if missing > self.reader.left() {
                return Err(SnapshotError::Malformed("a term ends too early"));
            }
            number = self.reader.number()?;
        }
    }

    /// A word of a term; gives how many terms are its parts.
    fn word(&mut self, number: u64, words: &mut Vec<u64>) -> Result<usize, SnapshotError> {
        let (cell, parts) = match number & 7 {
            INTEGER => (Self::integer(number)?, 0),
            CONSTANT => (self.constant(number)?, 0),
            PAIR if number == PAIR => (Cell::pair(0), 2),
            STRUCTURE => {
                let header = self.header(number >> 3)?;
                (header.with_tag(Tag::Structure), header.arity())
            }
            FLOAT if number == FLOAT => {
                let bits = self.reader.f64()?.to_bits();
                words.extend([Cell::float(0).bits(), bits]);
                return Ok(0);
            }
            BIG => return self.big(number >> 3, words).map(|()| 0),
            _ => return Err(WRONG),
        };
        words.push(cell.bits());
        Ok(parts)
    }

    fn big(&mut self, shape: u64, words: &mut Vec<u64>) -> Result<(), SnapshotError> {
        let count = usize::try_from(shape >> 1).unwrap_or(usize::MAX);
        if count > self.reader.left() / 8 {
            return Err(SnapshotError::Malformed("an integer ends too early"));
        }
        words.push(Cell::big(shape as usize).bits());
        let mut last = 0;
        for _ in 0..count {
            last = self.word_bits()?;
            words.push(last);
        }
        // Equal integers have equal words: no zeros before them, and none that fits a cell.
        let largest = (1 << 60) - 1 + (shape & 1);
        if last == 0 || (count == 1 && last <= largest) {
            return Err(SnapshotError::Malformed(
                "an integer is longer than it must be",
            ));
        }
        Ok(())
    }

    fn word_bits(&mut self) -> Result<u64, SnapshotError> {
        let bytes = self.reader.bytes(8)?;
        Ok(bytes.try_into().map_or(0, u64::from_le_bytes))
    }

    /// What an argument of a rule's head can match.
    pub(super) fn key(&mut self) -> Result<Cell, SnapshotError> {
        let number = self.reader.number()?;
        Ok(match number & 7 {
            INTEGER => Self::integer(number)?,
            CONSTANT => self.constant(number)?,
            PAIR if number == PAIR => Cell::pair(0),
            STRUCTURE => self.header(number >> 3)?.with_tag(Tag::Structure),
            FLOAT if number == FLOAT => {
                Cell::from_bits(self.word_bits()? << 3).with_tag(Tag::Float)
            }
            BIG if number == BIG => Cell::big(0),
            ANY_KEY if number == ANY_KEY => crate::rules::program::predicate::ANY,
            _ => return Err(WRONG),
        })
    }
}
