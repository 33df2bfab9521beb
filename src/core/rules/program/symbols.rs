//! Texts and functors by number.

use super::cell::Cell;
use super::hash::{self, NumberTable};
use std::sync::Arc;

/// Texts by number, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts {
    texts: Vec<Arc<str>>,
    numbers: NumberTable,
}

impl Texts {
    /// Makes room for so many more.
    pub(crate) fn reserve(&mut self, count: usize) {
        self.texts.reserve(count);
        let texts = &self.texts;
        self.numbers.reserve(count, |number| {
            texts
                .get(*number as usize)
                .map_or(0, |text| hash::of_text(text))
        });
    }

    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        self.numbers.find(hash::of_text(text), |number| {
            self.texts
                .get(*number as usize)
                .is_some_and(|known| known.as_ref() == text)
        })
    }

    pub(crate) fn intern(&mut self, text: &Arc<str>) -> u32 {
        if let Some(number) = self.find(text) {
            return number;
        }
        let number = self.len();
        self.texts.push(text.clone());
        let texts = &self.texts;
        self.numbers.insert(hash::of_text(text), number, |number| {
            texts
                .get(*number as usize)
                .map_or(0, |text| hash::of_text(text))
        });
        number
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Arc<str>> {
        self.texts.get(number as usize)
    }

    pub(crate) fn len(&self) -> u32 {
        self.texts.len() as u32
    }
}

/// What a structure is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Functor {
    /// A compound's name, and its number of arguments.
    Compound(Arc<str>, u32),
    /// A record's fields, sorted.
    Record(Arc<[Arc<str>]>),
}

impl Functor {
    pub(crate) fn arity(&self) -> usize {
        match self {
            Self::Compound(_, arity) => *arity as usize,
            Self::Record(fields) => fields.len(),
        }
    }

    fn hash(&self) -> u64 {
        match self {
            Self::Compound(name, arity) => hash::mix(hash::of_text(name), u64::from(*arity)),
            Self::Record(fields) => fields
                .iter()
                .fold(1, |hash, field| hash::mix(hash, hash::of_text(field))),
        }
    }
}

/// Functors by number, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Functors {
    functors: Vec<Functor>,
    numbers: NumberTable,
}

impl Functors {
    pub(crate) fn find(&self, functor: &Functor) -> Option<u32> {
        self.numbers.find(functor.hash(), |number| {
            self.functors.get(*number as usize) == Some(functor)
        })
    }

    pub(crate) fn intern(&mut self, functor: Functor) -> u32 {
        if let Some(number) = self.find(&functor) {
            return number;
        }
        let number = self.functors.len() as u32;
        let hash = functor.hash();
        self.functors.push(functor);
        let functors = &self.functors;
        self.numbers.insert(hash, number, |number| {
            functors.get(*number as usize).map_or(0, Functor::hash)
        });
        number
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Functor> {
        self.functors.get(number as usize)
    }

    pub(crate) fn len(&self) -> u32 {
        self.functors.len() as u32
    }
}

/// Everything that has a number: what the program names, and what a query adds to it for its time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Symbols {
    /// The first of them are the strings of [`Cell::FIRST_STRING`] and on.
    pub(crate) texts: Texts,
    pub(crate) functors: Functors,
}

impl Symbols {
    pub(crate) fn string(&mut self, text: &Arc<str>) -> Cell {
        Cell::constant(self.texts.intern(text) + Cell::FIRST_STRING)
    }

    pub(crate) fn header(&mut self, functor: Functor) -> Cell {
        let arity = functor.arity() as u32;
        Cell::header(self.functors.intern(functor), arity)
    }
}
