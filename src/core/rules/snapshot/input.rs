//! A snapshot that is being read, and what was read of it so far.

use super::RestoreError;
use crate::rules::program::symbols::{Functor, Symbols};
use crate::rules::source::{Format, Source, Span};
use crate::snapshot::{Reader, SnapshotError};
use std::sync::Arc;

/// The most parts that a term may have.
const MOST_PARTS: u32 = 1 << 24;

/// The bytes that are left, and what their numbers may name.
#[derive(Debug)]
pub(super) struct Input<'a> {
    pub(super) reader: Reader<'a>,
    /// How many texts there are.
    pub(super) texts: u32,
    /// The number of arguments of each functor.
    pub(super) functors: Vec<u32>,
    /// The length of each source.
    pub(super) sources: Vec<u32>,
    /// The number of each built-in in this build's table.
    pub(super) builtins: Vec<u16>,
}

impl<'a> Input<'a> {
    pub(super) const fn new(reader: Reader<'a>) -> Self {
        Self {
            reader,
            texts: 0,
            functors: Vec::new(),
            sources: Vec::new(),
            builtins: Vec::new(),
        }
    }

    /// A number of 32 bits.
    pub(super) fn number(&mut self) -> Result<u32, SnapshotError> {
        let number = self.reader.number()?;
        u32::try_from(number).map_err(|_| SnapshotError::Malformed("a number is too large"))
    }

    /// How many things follow, each of at least one byte.
    pub(super) fn count(&mut self) -> Result<usize, SnapshotError> {
        let count = self.number()? as usize;
        if count > self.reader.left() {
            return Err(SnapshotError::Malformed(
                "a count is larger than what follows",
            ));
        }
        Ok(count)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, SnapshotError> {
        let length = self.count()?;
        std::str::from_utf8(self.reader.bytes(length)?)
            .map_err(|_| SnapshotError::Malformed("a text is not UTF-8"))
    }

    /// A place in one of the sources.
    pub(super) fn span(&mut self) -> Result<Span, SnapshotError> {
        let source = self.number()?;
        let start = self.number()?;
        let end = start.checked_add(self.number()?);
        let length = self.sources.get(source as usize).copied();
        match (u16::try_from(source), end, length) {
            (Ok(source), Some(end), Some(length)) if end <= length => {
                Ok(Span { source, start, end })
            }
            _ => Err(SnapshotError::Malformed("a place is in no source")),
        }
    }

    pub(super) fn read_sources(&mut self) -> Result<Arc<[Source]>, SnapshotError> {
        let count = self.count()?;
        let mut sources = Vec::new();
        for _ in 0..count {
            let name = self.text()?.into();
            let format = self.reader.choice(
                &[Format::Text, Format::Structured],
                "a source has no known format",
            )?;
            let text: Arc<str> = self.text()?.into();
            self.sources.push(text.len() as u32);
            sources.push(Source { name, text, format });
        }
        Ok(sources.into())
    }

    pub(super) fn read_symbols(&mut self) -> Result<Symbols, RestoreError> {
        let mut symbols = Symbols::default();
        let texts = self.count()?;
        symbols.texts.reserve(texts);
        for number in 0..texts {
            let text: Arc<str> = self.text()?.into();
            if symbols.texts.intern(&text) as usize != number {
                return Err(SnapshotError::Malformed("a string is there twice").into());
            }
        }
        self.texts = texts as u32;
        let functors = self.count()?;
        for number in 0..functors {
            let functor = self.functor()?;
            // No more parts than a header can count.
            let arity = u32::try_from(functor.arity())
                .ok()
                .filter(|arity| *arity <= MOST_PARTS)
                .ok_or(SnapshotError::Malformed("a term has too many parts"))?;
            self.functors.push(arity);
            if symbols.functors.intern(functor) as usize != number {
                return Err(SnapshotError::Malformed("a functor is there twice").into());
            }
        }
        Ok(symbols)
    }

    fn functor(&mut self) -> Result<Functor, SnapshotError> {
        if self.reader.boolean()? {
            let count = self.count()?;
            let mut fields: Vec<Arc<str>> = Vec::new();
            for _ in 0..count {
                let field = self.text()?;
                if fields.last().is_some_and(|last| last.as_ref() >= field) {
                    return Err(SnapshotError::Malformed("a record's fields are not sorted"));
                }
                fields.push(field.into());
            }
            return Ok(Functor::Record(fields.into()));
        }
        let name = self.text()?.into();
        let arity = self.number()?;
        Ok(Functor::Compound(name, arity))
    }
}
