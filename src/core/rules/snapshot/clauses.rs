//! Predicates and their clauses.

use super::input::Input;
use super::numbering::Met;
use super::terms::{from_zigzag, write_atomic, write_key, write_words, zigzag};
use super::warnings::write_text;
use crate::rules::builtins::{self, Run};
use crate::rules::program::Program;
use crate::rules::program::cell::Tag;
use crate::rules::program::predicate::{Clauses, Kind, Predicate};
use crate::snapshot::{SnapshotError, Writer};
use std::sync::Arc;

const KINDS: [Kind; 3] = [Kind::Defined, Kind::Input, Kind::External];

/// What a clause is, in the lowest bits of the number that begins it; its item follows in the others.
const FACT: u64 = 0;
const LATER_FACT: u64 = 1;
const RULE: u64 = 2;

pub(super) fn write(writer: &mut Writer, met: &mut Met, predicates: &[Arc<Predicate>]) {
    writer.number(predicates.len() as u64);
    for predicate in predicates {
        write_text(writer, &predicate.name);
        writer.u8(predicate.clauses.arity);
        let kind = KINDS.iter().position(|kind| *kind == predicate.kind);
        writer.u8(kind.unwrap_or(0) as u8);
        writer.boolean(predicate.is_tabled);
        writer.boolean(predicate.is_constant);
        write_clauses(writer, met, &predicate.clauses);
    }
}

fn write_clauses(writer: &mut Writer, met: &mut Met, clauses: &Clauses) {
    let is_there = |clause: &u32| clauses.code(*clause) != Clauses::REMOVED;
    let all = 0..clauses.len() as u32;
    writer.number(all.clone().filter(is_there).count() as u64);
    let mut expected = 0;
    for clause in all.filter(is_there) {
        let code = clauses.code(clause);
        let item = clauses.item(clause);
        if item == Clauses::NO_ITEM {
            writer.number(LATER_FACT);
        } else {
            let kind = if code == Clauses::FACT { FACT } else { RULE };
            writer.number(zigzag(i64::from(item) - expected) << 2 | kind);
            expected = i64::from(item) + 1;
        }
        if code == Clauses::FACT {
            for cell in clauses.head(clause) {
                if cell.is(Tag::Other) {
                    write_words(writer, met, clauses.stored(*cell));
                } else {
                    write_atomic(writer, met, *cell);
                }
            }
        } else {
            writer.number(u64::from(code));
            for key in clauses.head(clause) {
                write_key(writer, met, *key);
            }
        }
    }
}

/// Where a rule's code begins, and the number of its predicate.
pub(super) type Entry = (u32, u32);

impl Input<'_> {
    /// The predicates into a program; gives where the code of each rule begins, in order.
    pub(super) fn read_predicates(
        &mut self,
        program: &mut Program,
    ) -> Result<Vec<Entry>, SnapshotError> {
        let mut entries = Vec::new();
        let count = self.count()?;
        for number in 0..count as u32 {
            let name: Arc<str> = self.text()?.into();
            let arity = self.reader.u8()?;
            let kind = self
                .reader
                .choice(&KINDS, "a predicate has no known kind")?;
            let mut predicate = Predicate {
                name: name.clone(),
                kind,
                is_tabled: self.reader.boolean()?,
                is_constant: self.reader.boolean()?,
                clauses: Clauses::new(arity),
            };
            self.clauses(&mut predicate.clauses, number, &mut entries)?;
            program.predicates.push(Arc::new(predicate));
            if program.numbers.insert((name, arity), number).is_some() {
                return Err(SnapshotError::Malformed("a predicate is there twice"));
            }
        }
        entries.sort_unstable();
        let is_external = |builtin: &&builtins::Builtin| matches!(builtin.run, Run::External);
        for builtin in builtins::all()
            .iter()
            .filter(|builtin| is_external(builtin))
        {
            let number = program.predicate(builtin.name, builtin.parameters.len());
            let predicate = number.and_then(|number| program.predicates.get(number as usize));
            if predicate.is_none_or(|predicate| predicate.kind != Kind::External) {
                return Err(SnapshotError::Malformed(
                    "a predicate of the host is missing",
                ));
            }
        }
        Ok(entries)
    }

    fn clauses(
        &mut self,
        clauses: &mut Clauses,
        predicate: u32,
        entries: &mut Vec<Entry>,
    ) -> Result<(), SnapshotError> {
        let count = self.count()?;
        let mut expected = 0_i64;
        let mut head = Vec::new();
        let mut words = Vec::new();
        for _ in 0..count {
            let number = self.reader.number()?;
            let kind = number & 3;
            let item = expected.saturating_add(from_zigzag(number >> 2));
            let item = u32::try_from(item)
                .ok()
                .filter(|item| *item != Clauses::NO_ITEM)
                .ok_or(SnapshotError::Malformed("a clause is no item of a program"))?;
            head.clear();
            match kind {
                FACT | LATER_FACT => {
                    for _ in 0..clauses.arity {
                        let cell = self.term(&mut words)?;
                        head.push(cell.unwrap_or_else(|| clauses.store(words.as_slice().into())));
                    }
                }
                RULE => {
                    entries.push((self.number()?, predicate));
                    for _ in 0..clauses.arity {
                        head.push(self.key()?);
                    }
                }
                _ => return Err(SnapshotError::Malformed("a clause is of no known kind")),
            }
            match kind {
                LATER_FACT => {
                    clauses.push_row(&head, Clauses::NO_ITEM);
                    continue;
                }
                FACT => clauses.push_row(&head, item),
                _ => {
                    let code = entries.last().map_or(Clauses::REMOVED, |entry| entry.0);
                    clauses.push_rule(&head, code, item);
                }
            }
            expected = i64::from(item) + 1;
        }
        Ok(())
    }
}

/// The number of arguments of each predicate.
pub(super) fn arities(predicates: &[Arc<Predicate>]) -> Vec<u8> {
    predicates
        .iter()
        .map(|predicate| predicate.clauses.arity)
        .collect()
}
