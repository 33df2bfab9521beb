//! Names that a query adds to those of its program.

use super::Machine;
use crate::rules::program::cell::Cell;
use crate::rules::program::symbols::Functor;
use crate::rules::program::words::{Interner, Names};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Texts and functors that the program does not name. What a stranger sends decides what is in
/// here, so it is a tree and not a hash table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extra {
    texts: Vec<Arc<str>>,
    text_numbers: BTreeMap<Arc<str>, u32>,
    functors: Vec<Functor>,
    functor_numbers: BTreeMap<Functor, u32>,
    bytes: usize,
}

impl Extra {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn text(&self, number: u32) -> Option<&Arc<str>> {
        self.texts.get(number as usize)
    }

    pub(crate) fn functor(&self, number: u32) -> Option<&Functor> {
        self.functors.get(number as usize)
    }

    fn intern_text(&mut self, text: &Arc<str>) -> u32 {
        if let Some(number) = self.text_numbers.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.texts.push(text.clone());
        self.text_numbers.insert(text.clone(), number);
        self.bytes += text.len() + 96;
        number
    }

    fn intern_functor(&mut self, functor: Functor) -> u32 {
        if let Some(number) = self.functor_numbers.get(&functor) {
            return *number;
        }
        let number = self.functors.len() as u32;
        self.bytes += 160 + functor.arity() * 16;
        self.functors.push(functor.clone());
        self.functor_numbers.insert(functor, number);
        number
    }
}

impl Interner for Machine {
    fn string(&mut self, text: &Arc<str>) -> Cell {
        let texts = &self.program.symbols.texts;
        let number = match texts.find(text) {
            Some(number) => number,
            None => texts.len() + self.extra.intern_text(text),
        };
        Cell::constant(number + Cell::FIRST_STRING)
    }

    fn header(&mut self, functor: Functor) -> Cell {
        let functors = &self.program.symbols.functors;
        let arity = functor.arity() as u32;
        let number = match functors.find(&functor) {
            Some(number) => number,
            None => functors.len() + self.extra.intern_functor(functor),
        };
        Cell::header(number, arity)
    }
}

impl Machine {
    /// The string of a number of [`Cell::constant`], without [`Cell::FIRST_STRING`].
    pub(super) fn text_of(&self, number: u32) -> Option<&Arc<str>> {
        let texts = &self.program.symbols.texts;
        texts
            .get(number)
            .or_else(|| self.extra.text(number.checked_sub(texts.len())?))
    }

    pub(super) fn functor_of(&self, number: u32) -> Option<&Functor> {
        let functors = &self.program.symbols.functors;
        functors
            .get(number)
            .or_else(|| self.extra.functor(number.checked_sub(functors.len())?))
    }
}

impl Names for Machine {
    fn text(&self, number: u32) -> Option<Arc<str>> {
        self.text_of(number).cloned()
    }

    fn functor(&self, number: u32) -> Option<Functor> {
        self.functor_of(number).cloned()
    }
}
