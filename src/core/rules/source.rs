//! Where something stands in what an author wrote.

use std::sync::Arc;

/// A text that is to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What messages call it, as in `policy.rules`.
    pub name: Arc<str>,
    /// The text.
    pub text: Arc<str>,
    /// How it is written.
    pub format: Format,
}

/// How a source is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The language of `docs/rules-language.md`.
    Text,
    /// Facts and rules as YAML or JSON.
    Structured,
}

/// A range of bytes in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Which of the sources, from 0.
    pub source: u16,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// From the beginning of this one to the end of the other.
    #[must_use]
    pub const fn to(self, end: Self) -> Self {
        Self {
            source: self.source,
            start: self.start,
            end: end.end,
        }
    }
}

/// A place in a text, as people count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
}

impl Source {
    /// The line and column of a byte; the end of the text for one that is beyond it.
    #[must_use]
    pub fn position(&self, byte: u32) -> Position {
        let before = self.text.get(..byte as usize).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX - 1) + 1;
        Position {
            line: count(before.bytes().filter(|byte| *byte == b'\n').count()),
            column: count(before.get(line_start..).unwrap_or("").chars().count()),
        }
    }
}
