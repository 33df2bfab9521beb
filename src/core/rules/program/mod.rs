//! A program in the form in which it is run.

pub(crate) mod cell;
pub(crate) mod chunks;
pub(crate) mod compile;
pub(crate) mod flatten;
pub(crate) mod hash;
pub(crate) mod index;
pub(crate) mod instruction;
pub(crate) mod load;
mod meant;
pub(crate) mod predicate;
pub(crate) mod registers;
pub(crate) mod steps;
pub(crate) mod symbols;
pub(crate) mod terms;
pub(crate) mod words;

use super::ast::Name;
use super::source::Span;
use cell::Cell;
use instruction::{AggregateSpecification, Instruction, Operand};
use predicate::Predicate;
use std::collections::BTreeMap;
use std::sync::Arc;
use symbols::Symbols;

/// Everything that is run together: a program's clauses, or a query.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    pub(crate) code: Vec<Instruction>,
    /// Constants of several words.
    pub(crate) stored: Vec<Box<[u64]>>,
    /// Constants that are operands.
    pub(crate) constants: Vec<Cell>,
    pub(crate) operands: Vec<Operand>,
    pub(crate) aggregates: Vec<AggregateSpecification>,
    /// From which instruction on the code stands for which place; sorted.
    pub(crate) spans: Vec<(u32, Span)>,
    /// Which permanent variables have a value when the call before an instruction returns; sorted.
    pub(crate) live: Vec<(u32, Box<[u8]>)>,
}

impl Block {
    /// Where an instruction comes from.
    pub(crate) fn span(&self, instruction: u32) -> Option<Span> {
        let after = self
            .spans
            .partition_point(|(start, _)| *start <= instruction);
        self.spans.get(after.checked_sub(1)?).map(|(_, span)| *span)
    }
}

impl Block {
    /// The permanent variables that have a value where a call returns to.
    pub(crate) fn live(&self, instruction: u32) -> Option<&[u8]> {
        let place = self
            .live
            .binary_search_by_key(&instruction, |(place, _)| *place)
            .ok()?;
        self.live.get(place).map(|(_, slots)| slots.as_ref())
    }
}

/// A compiled program.
#[derive(Debug, Clone, Default)]
pub(crate) struct Program {
    pub(crate) symbols: Arc<Symbols>,
    pub(crate) predicates: Vec<Arc<Predicate>>,
    pub(crate) numbers: BTreeMap<(Name, u8), u32>,
    pub(crate) block: Arc<Block>,
}

impl Program {
    /// Where [`Instruction::Halt`] stands in every program.
    pub(crate) const HALT: u32 = 0;
    /// Where [`Instruction::NewAnswer`] stands.
    pub(crate) const NEW_ANSWER: u32 = 1;

    pub(crate) fn predicate(&self, name: &str, arity: usize) -> Option<u32> {
        let arity = u8::try_from(arity).ok()?;
        self.numbers.get(&(Name::from(name), arity)).copied()
    }
}
