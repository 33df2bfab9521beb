//! A predicate's clauses, as columns of what their heads can match.

use super::cell::{Cell, Tag};
use super::index::Index;
use crate::rules::ast::Name;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// A predicate of a program.
#[derive(Debug, Clone)]
pub(crate) struct Predicate {
    pub(crate) name: Name,
    pub(crate) kind: Kind,
    /// Whether its answers are kept in tables.
    pub(crate) is_tabled: bool,
    /// Whether its answers depend on nothing but the program.
    pub(crate) is_constant: bool,
    pub(crate) clauses: Clauses,
}

/// Where a predicate's answers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// From its clauses.
    Defined,
    /// From its clauses and from facts of the query.
    Input,
    /// From the host.
    External,
}

/// The clauses of one predicate, in order.
#[derive(Debug, Default)]
pub(crate) struct Clauses {
    pub(crate) arity: u8,
    /// What stands in each argument of each head: an atomic constant, a stored one, or the kind of what it matches.
    heads: Vec<Cell>,
    /// The first instruction of each; [`Clauses::FACT`] for a fact without variables, [`Clauses::REMOVED`] for none.
    codes: Vec<u32>,
    /// Which item of the program each is; [`Clauses::NO_ITEM`] where it came later.
    items: Vec<u32>,
    /// Constants of several words in facts.
    stored: Vec<Box<[u64]>>,
    /// How many heads have a variable in each argument that may be indexed.
    variables: Vec<u32>,
    removed: usize,
    indexes: Mutex<BTreeMap<u16, Arc<Index>>>,
}

impl Clone for Clauses {
    fn clone(&self) -> Self {
        Self {
            arity: self.arity,
            heads: self.heads.clone(),
            codes: self.codes.clone(),
            items: self.items.clone(),
            stored: self.stored.clone(),
            variables: self.variables.clone(),
            removed: self.removed,
            indexes: Mutex::default(),
        }
    }
}

/// The key of an argument that matches everything.
pub(crate) const ANY: Cell = Cell::reference(0);

impl Clauses {
    pub(crate) const FACT: u32 = u32::MAX;
    pub(crate) const REMOVED: u32 = u32::MAX - 1;
    pub(crate) const NO_ITEM: u32 = u32::MAX;
    /// Arguments beyond this many are not indexed.
    pub(crate) const INDEXED: usize = 16;
    /// So few clauses are looked through one by one.
    pub(crate) const FEW: usize = 8;

    pub(crate) fn new(arity: u8) -> Self {
        Self {
            arity,
            variables: vec![0; usize::from(arity).min(Self::INDEXED)],
            ..Self::default()
        }
    }

    /// Whether any clause is more than a fact.
    pub(crate) fn has_rules(&self) -> bool {
        self.codes.iter().any(|code| *code < Self::REMOVED)
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.codes.len()
    }

    #[inline(always)]
    pub(crate) fn code(&self, clause: u32) -> u32 {
        self.codes
            .get(clause as usize)
            .copied()
            .unwrap_or(Self::REMOVED)
    }

    pub(crate) fn item(&self, clause: u32) -> u32 {
        self.items
            .get(clause as usize)
            .copied()
            .unwrap_or(Self::NO_ITEM)
    }

    /// What stands in the arguments of a clause's head.
    #[inline(always)]
    pub(crate) fn head(&self, clause: u32) -> &[Cell] {
        let arity = usize::from(self.arity);
        let start = clause as usize * arity;
        self.heads.get(start..start + arity).unwrap_or(&[])
    }

    #[inline]
    pub(crate) fn stored(&self, cell: Cell) -> &[u64] {
        self.stored.get(cell.place()).map_or(&[], |words| words)
    }

    /// Adds a fact without variables; each argument is the words of a term.
    pub(crate) fn push_fact(&mut self, arguments: &[Box<[u64]>], item: u32) {
        for words in arguments {
            let cell = match **words {
                [word] if Cell::from_bits(word).is_atomic() => Cell::from_bits(word),
                _ => self.store(words.clone()),
            };
            self.heads.push(cell);
        }
        self.push_code(Self::FACT, item);
    }

    /// Keeps a constant of several words; gives what stands for it in a head.
    pub(crate) fn store(&mut self, words: Box<[u64]>) -> Cell {
        self.stored.push(words);
        Cell::stored(self.stored.len() as u32 - 1)
    }

    /// Adds a fact whose arguments are atomic constants and stored ones.
    pub(crate) fn push_row(&mut self, cells: &[Cell], item: u32) {
        self.heads.extend_from_slice(cells);
        self.push_code(Self::FACT, item);
    }

    /// Adds a clause by the keys of its head.
    pub(crate) fn push_rule(&mut self, keys: &[Cell], code: u32, item: u32) {
        for (key, variables) in keys.iter().zip(&mut self.variables) {
            *variables += u32::from(*key == ANY);
        }
        self.heads.extend_from_slice(keys);
        self.push_code(code, item);
    }

    fn push_code(&mut self, code: u32, item: u32) {
        self.codes.push(code);
        self.items.push(item);
        self.forget_indexes();
    }

    /// Removes clauses by their numbers.
    pub(crate) fn remove(&mut self, clauses: &BTreeSet<u32>) {
        for clause in clauses {
            if let Some(code) = self.codes.get_mut(*clause as usize)
                && *code != Self::REMOVED
            {
                *code = Self::REMOVED;
                self.removed += 1;
            }
        }
        if self.removed > 64 && self.removed * 2 > self.codes.len() {
            self.compact();
        }
    }

    /// The fact with these arguments, each the words of a term.
    pub(crate) fn find_facts(&self, arguments: &[Box<[u64]>]) -> Vec<u32> {
        let is_it = |clause: &u32| {
            self.code(*clause) == Self::FACT
                && self
                    .head(*clause)
                    .iter()
                    .zip(arguments)
                    .all(|(cell, words)| {
                        if cell.is(Tag::Other) {
                            self.stored(*cell) == &**words
                        } else {
                            **words == [cell.bits()]
                        }
                    })
        };
        let usable = self.usable(u16::MAX);
        if usable == 0 || self.len() <= Self::FEW {
            return (0..self.len() as u32).filter(is_it).collect();
        }
        let keys: Vec<Cell> = arguments.iter().map(|words| key_of_words(words)).collect();
        let index = self.index(usable);
        let (start, end) = index.find(self, &keys);
        (start..end)
            .map(|place| index.clause(place))
            .filter(is_it)
            .collect()
    }

    fn compact(&mut self) {
        let old = std::mem::replace(self, Self::new(self.arity));
        self.variables.clone_from(&old.variables);
        for (clause, code) in old.codes.iter().enumerate() {
            let clause = clause as u32;
            if *code == Self::REMOVED {
                continue;
            }
            for cell in old.head(clause) {
                let cell = if cell.is(Tag::Other) {
                    self.stored.push(old.stored(*cell).into());
                    Cell::stored(self.stored.len() as u32 - 1)
                } else {
                    *cell
                };
                self.heads.push(cell);
            }
            self.codes.push(*code);
            self.items.push(old.item(clause));
        }
    }

    fn forget_indexes(&mut self) {
        let indexes = self.indexes.get_mut();
        indexes.unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What an argument of a head can match, as a key.
    #[inline]
    pub(crate) fn key(&self, cell: Cell) -> Cell {
        if cell.is(Tag::Other) {
            key_of_words(self.stored(cell))
        } else {
            cell
        }
    }

    /// The arguments, of those given as bits, that an index serves: all that never hold a variable,
    /// or else the one that does so least.
    pub(crate) fn usable(&self, bound: u16) -> u16 {
        let mut all = 0;
        let mut best: Option<(u32, u16)> = None;
        for (place, variables) in self.variables.iter().take(Self::INDEXED).enumerate() {
            let bit = 1 << place;
            if bound & bit == 0 {
                continue;
            }
            if *variables == 0 {
                all |= bit;
            } else if best.is_none_or(|(fewest, _)| *variables < fewest) {
                best = Some((*variables, bit));
            }
        }
        match best {
            Some((variables, bit)) if all == 0 && (variables as usize) < self.len() => bit,
            _ => all,
        }
    }

    /// The index over the given arguments; made when it is first asked for.
    pub(crate) fn index(&self, arguments: u16) -> Arc<Index> {
        let mut indexes = self.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        indexes
            .entry(arguments)
            .or_insert_with(|| Arc::new(Index::of(self, arguments)))
            .clone()
    }
}

/// The key of a term that is given as words.
pub(crate) fn key_of_words(words: &[u64]) -> Cell {
    let cell = words.first().map_or(ANY, |word| Cell::from_bits(*word));
    match cell.tag() {
        Tag::Reference => ANY,
        Tag::Float => key_of_float(words.get(1).copied().unwrap_or(0)),
        Tag::Big => Cell::big(0),
        _ => cell,
    }
}

/// The key of a float: equal floats have equal keys.
pub(crate) const fn key_of_float(bits: u64) -> Cell {
    Cell::from_bits(bits).with_tag(Tag::Float)
}
