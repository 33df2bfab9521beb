//! Symbols and built-ins by the order in which a snapshot meets them: what nothing names any more is not in it,
//! and the same clauses have the same numbers, whatever came and went before.

use crate::rules::program::cell::Cell;

/// New numbers for old ones.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    /// By old number, the new one and 1; 0 where it was not met.
    new: Vec<u32>,
    /// By new number.
    old: Vec<u32>,
}

impl Numbering {
    pub(super) fn of(&mut self, old: u32) -> u32 {
        let place = old as usize;
        if self.new.len() <= place {
            self.new.resize(place + 1, 0);
        }
        match self.new.get_mut(place) {
            Some(0) => {
                self.old.push(old);
                let count = self.old.len() as u32;
                if let Some(new) = self.new.get_mut(place) {
                    *new = count;
                }
                count - 1
            }
            Some(known) => *known - 1,
            None => 0,
        }
    }

    /// The old numbers by their new ones.
    pub(super) fn met(&self) -> &[u32] {
        &self.old
    }
}

/// What is met in a program.
#[derive(Debug, Default)]
pub(super) struct Met {
    pub(super) texts: Numbering,
    pub(super) functors: Numbering,
    pub(super) builtins: Numbering,
}

impl Met {
    /// The number of an atomic constant that is no integer.
    pub(super) fn constant(&mut self, cell: Cell) -> u32 {
        let number = cell.payload() as u32;
        match number.checked_sub(Cell::FIRST_STRING) {
            Some(text) => self.texts.of(text) + Cell::FIRST_STRING,
            None => number,
        }
    }
}
