//! What is known at a place of a clause's code.

use super::Program;
use crate::rules::program::instruction::{Operand, Place};
use crate::rules::snapshot::RestoreError;
use std::ops::Range;

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Set([u64; 4]);

impl Set {
    fn word(&mut self, byte: u8) -> Option<&mut u64> {
        self.0.get_mut(usize::from(byte >> 6))
    }

    pub(super) fn insert(&mut self, byte: u8) {
        if let Some(word) = self.word(byte) {
            *word |= 1 << (byte & 63);
        }
    }

    pub(super) fn remove(&mut self, byte: u8) {
        if let Some(word) = self.word(byte) {
            *word &= !(1 << (byte & 63));
        }
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        let word = self.0.get(usize::from(byte >> 6));
        word.is_some_and(|word| word >> (byte & 63) & 1 == 1)
    }

    fn intersection(mut self, other: Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(other.0) {
            *word &= other;
        }
        self
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    Without,
    /// With so many slots.
    Open(u8),
    Closed,
}

/// Something that is not over where it began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) what: What,
    /// Where it ends; for a barrier, where it must have ended.
    pub(super) end: usize,
    /// The permanent variables that have a value at its end, as far as it is known where it began.
    pub(super) y: Set,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Between `level` and `cut`: the slot.
    Barrier(u8),
    /// Between `try` and its alternative; whether it stands right behind a `level`.
    Branch(bool),
    /// Between an alternative and where branches join.
    Alternative,
    Aggregate(u32),
}

pub(super) type Checked = Result<(), &'static str>;

pub(super) const fn require(holds: bool, problem: &'static str) -> Checked {
    if holds { Ok(()) } else { Err(problem) }
}

/// Follows the code of one clause from its first instruction to its last.
#[derive(Debug)]
pub(super) struct Region<'a> {
    pub(super) program: &'a Program<'a>,
    pub(super) range: Range<usize>,
    pub(super) predicate: u32,
    pub(super) place: usize,
    pub(super) frame: Frame,
    /// Registers with a value.
    pub(super) x: Set,
    /// Permanent variables with a value.
    pub(super) y: Set,
    /// Slots for which there is an instruction that gives them a value.
    pub(super) given: Set,
    /// Parts of a term that must follow.
    pub(super) parts: usize,
    /// The register that has a value when they have.
    pub(super) built: Option<u8>,
    pub(super) open: Vec<Open>,
    /// How many barriers and aggregates are open.
    pub(super) guards: usize,
    /// Whether nothing goes on behind the last instruction.
    pub(super) has_ended: bool,
    pub(super) is_over: bool,
}

impl<'a> Region<'a> {
    pub(super) fn new(program: &'a Program<'a>, range: Range<usize>, predicate: u32) -> Self {
        let arity = program.arities.get(predicate as usize);
        let mut x = Set::default();
        for register in 0..arity.copied().unwrap_or(0) {
            x.insert(register);
        }
        Self {
            program,
            place: range.start,
            range,
            predicate,
            frame: Frame::Without,
            x,
            y: Set::default(),
            given: Set::default(),
            parts: 0,
            built: None,
            open: Vec::new(),
            guards: 0,
            has_ended: false,
            is_over: false,
        }
    }

    pub(super) fn verify(mut self) -> Result<(), RestoreError> {
        for place in self.range.clone() {
            self.place = place;
            self.step().map_err(|problem| RestoreError::Code {
                place: place as u32,
                problem,
            })?;
        }
        let problem = "a rule does not end";
        require(self.is_over, problem).map_err(|problem| RestoreError::Code {
            place: self.place as u32,
            problem,
        })
    }

    fn step(&mut self) -> Checked {
        require(!self.is_over, "code follows the end of a rule")?;
        self.end_what_ends()?;
        self.has_ended = false;
        match self.program.block.code.get(self.place) {
            Some(instruction) => self.instruction(*instruction),
            None => Err("there is no instruction"),
        }
    }

    /// Leaves what ends before the present instruction.
    fn end_what_ends(&mut self) -> Checked {
        while let Some(open) = self.open.last().copied() {
            if open.end != self.place {
                break;
            }
            require(self.parts == 0, "a term has too few parts")?;
            match open.what {
                What::Barrier(_) => return Err("a cut barrier is not cut"),
                What::Branch(_) => {
                    require(self.has_ended, "a branch runs into its alternative")?;
                    self.y = open.y;
                }
                What::Alternative => self.y = self.y.intersection(open.y),
                What::Aggregate(_) => {
                    require(self.has_ended, "an aggregate does not collect")?;
                    self.y = open.y;
                    self.guards -= 1;
                }
            }
            self.open.pop();
            self.x = Set::default();
            self.has_ended = false;
        }
        Ok(())
    }

    /// Begins something that ends at a later place, within what it stands in.
    pub(super) fn begin(&mut self, what: What, end: usize) -> Checked {
        require(
            matches!(self.frame, Frame::Open(_)),
            "there is no frame to come back to",
        )?;
        require(
            end > self.place && end <= self.limit(),
            "a jump does not lead forward within what it stands in",
        )?;
        self.guards += usize::from(matches!(what, What::Barrier(_) | What::Aggregate(_)));
        self.open.push(Open {
            what,
            end,
            y: self.y,
        });
        Ok(())
    }

    /// The last place at which something that begins here can end.
    pub(super) fn limit(&self) -> usize {
        let all = self.range.end.saturating_sub(1);
        self.open.last().map_or(all, |open| open.end)
    }

    pub(super) fn read_x(&self, register: u8) -> Checked {
        require(self.x.contains(register), "a register has no value")
    }

    pub(super) fn read_y(&self, slot: u8) -> Checked {
        require(self.y.contains(slot), "a permanent variable has no value")
    }

    /// Takes a slot for the one instruction that gives it a value.
    pub(super) fn take_slot(&mut self, slot: u8) -> Checked {
        let is_there = matches!(self.frame, Frame::Open(size) if slot < size);
        require(is_there, "a permanent variable is not in the frame")?;
        let is_first = !self.given.contains(slot);
        require(is_first, "a permanent variable is given a value twice")?;
        self.given.insert(slot);
        Ok(())
    }

    pub(super) fn write_y(&mut self, slot: u8) -> Checked {
        self.take_slot(slot)?;
        self.y.insert(slot);
        Ok(())
    }

    pub(super) fn read(&self, operand: Operand) -> Checked {
        match operand.place() {
            Place::X(register) => self.read_x(register),
            Place::Y(slot) => self.read_y(slot),
            Place::Integer(_) => Ok(()),
            Place::Constant(number) => require(
                (number as usize) < self.program.block.constants.len(),
                "there is no such constant",
            ),
        }
    }

    pub(super) fn stored(&self, number: u32) -> Checked {
        let is_there = (number as usize) < self.program.block.stored.len();
        require(is_there, "there is no such stored constant")
    }
}
