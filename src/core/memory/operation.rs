//! Changes of a phase memory as plain data, for journals.

use super::entry::{Inserted, NewEntry};
use super::phase_memory::PhaseMemory;
use crate::error::Error;

/// A change of a phase memory. The same changes at the same times make the same memory.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation<'a> {
    /// [`PhaseMemory::insert_batch`].
    Insert(Vec<NewEntry<'a>>),
    /// [`PhaseMemory::consolidate`].
    Consolidate(Vec<u64>),
    /// [`PhaseMemory::forget`].
    Forget(Vec<u64>),
    /// [`PhaseMemory::forget_source`].
    ForgetSource(&'a str),
    /// [`PhaseMemory::sweep`] with its limit.
    Sweep(u32),
}

/// What a change did.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// What became of each entry that was to be stored.
    Inserted(Vec<Inserted>),
    /// Number of entries that were consolidated.
    Consolidated(u32),
    /// Number of entries that were removed.
    Removed(u32),
}

impl PhaseMemory {
    /// Makes a change at a time, in milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// As the method of the same name; nothing has changed then.
    pub fn apply(&mut self, operation: &Operation<'_>, now: u64) -> Result<Outcome, Error> {
        Ok(match operation {
            Operation::Insert(entries) => Outcome::Inserted(self.insert_batch(entries, now)?),
            Operation::Consolidate(ids) => Outcome::Consolidated(self.consolidate(ids, now)),
            Operation::Forget(ids) => Outcome::Removed(self.forget(ids)),
            Operation::ForgetSource(name) => Outcome::Removed(self.forget_source(name)),
            Operation::Sweep(limit) => Outcome::Removed(self.sweep(now, *limit)),
        })
    }
}
