//! Which registers are in use.

use super::compile::TooLarge;

/// What a register holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Free,
    /// An argument of the head that was not looked at yet, or a term under construction.
    Taken,
    Variable(u16),
}

/// The registers of one chunk.
#[derive(Debug)]
pub(crate) struct Registers {
    uses: [Use; Self::COUNT],
    /// New registers are taken from here on, so that the arguments of calls find theirs free.
    first_spare: u8,
}

impl Registers {
    pub(crate) const COUNT: usize = 256;

    /// For a clause whose head and calls have at most so many arguments.
    pub(crate) const fn new(most_arguments: u8) -> Self {
        Self {
            uses: [Use::Free; Self::COUNT],
            first_spare: most_arguments,
        }
    }

    pub(crate) fn reserve(&mut self, count: u8) {
        for register in 0..count {
            self.set(register, Use::Taken);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.uses = [Use::Free; Self::COUNT];
    }

    pub(crate) fn set(&mut self, register: u8, what: Use) {
        if let Some(known) = self.uses.get_mut(usize::from(register)) {
            *known = what;
        }
    }

    pub(crate) fn get(&self, register: u8) -> Use {
        self.uses
            .get(usize::from(register))
            .copied()
            .unwrap_or(Use::Taken)
    }

    /// A free register, taken from now on: the preferred one if it is free.
    pub(crate) fn take(&mut self, preferred: Option<u8>) -> Result<u8, TooLarge> {
        let preferred = preferred.filter(|register| self.get(*register) == Use::Free);
        let register = match preferred {
            Some(register) => register,
            None => (self.first_spare..=u8::MAX)
                .find(|register| self.get(*register) == Use::Free)
                .ok_or(TooLarge)?,
        };
        self.set(register, Use::Taken);
        Ok(register)
    }
}
