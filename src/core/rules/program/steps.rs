//! Steps that are no calls: comparisons, arithmetic, built-ins, and unification.

use super::cell::Cell;
use super::compile::{Compiler, Home, TooLarge};
use super::flatten::{Generator, Pattern, Step};
use super::instruction::{Instruction, Operand};
use super::registers::Use;

impl Compiler<'_> {
    /// Where a step that is no call finds an operand.
    fn operand(&mut self, pattern: &Pattern) -> Result<Operand, TooLarge> {
        if let Pattern::Constant(cell) = pattern {
            let small = cell
                .is(super::cell::Tag::Integer)
                .then(|| Operand::integer(cell.as_integer()))
                .flatten();
            return Ok(small.unwrap_or_else(|| self.constant(*cell)));
        }
        if let Pattern::Variable(variable) = pattern {
            match self.home(*variable) {
                Home::X(register) => {
                    // It may be overwritten only after the instruction that reads it.
                    if self.count_use(*variable) == 0 {
                        self.scratch.push(register);
                    }
                    return Ok(Operand::x(register));
                }
                Home::Y(slot) => {
                    self.used(*variable);
                    return Ok(Operand::y(slot));
                }
                Home::Unknown => {}
            }
        }
        let register = self.build(pattern, None)?;
        // It is read by the very next instruction.
        if self.registers.get(register) == Use::Taken {
            self.scratch.push(register);
        }
        Ok(Operand::x(register))
    }

    fn constant(&mut self, cell: Cell) -> Operand {
        let known = self
            .block
            .constants
            .iter()
            .rev()
            .take(8)
            .position(|known| *known == cell);
        let number = match known {
            Some(back) => self.block.constants.len() - 1 - back,
            None => {
                self.block.constants.push(cell);
                self.block.constants.len() - 1
            }
        };
        Operand::constant(number as u32)
    }

    fn release_scratch(&mut self) {
        for register in std::mem::take(&mut self.scratch) {
            self.registers.set(register, Use::Free);
        }
    }

    /// The register for a result, and what it is then unified with, if it is not simply the variable's.
    fn result<'p>(&mut self, pattern: &'p Pattern) -> Result<(u8, Option<&'p Pattern>), TooLarge> {
        if let Pattern::Variable(variable) = pattern
            && self.home(*variable) == Home::Unknown
            && self.slot_of(*variable).is_none()
            && !self.is_void(pattern)
        {
            let preferred = self.preferred(*variable);
            let register = self.settle(*variable, preferred)?;
            self.used(*variable);
            return Ok((register, None));
        }
        Ok((self.registers.take(None)?, Some(pattern)))
    }

    /// A step that is no call.
    pub(super) fn inline(&mut self, step: &Step) -> Result<(), TooLarge> {
        match step {
            Step::Unify(left, right) => self.unify(left, right)?,
            Step::Compare(comparison, left, right) => {
                let (left, right) = (self.operand(left)?, self.operand(right)?);
                self.emit(Instruction::Compare(*comparison, left, right));
            }
            Step::TypeTest(test, pattern) => {
                let operand = self.operand(pattern)?;
                self.emit(Instruction::TypeTest(*test, operand));
            }
            Step::Arithmetic(operation, operands, result) => {
                let zero = Pattern::Constant(Cell::integer(0).unwrap_or(Cell::NULL));
                let left = self.operand(operands.first().unwrap_or(&zero))?;
                let right = self.operand(operands.get(1).unwrap_or(&zero))?;
                let (register, rest) = self.result(result)?;
                self.emit(Instruction::Arithmetic(*operation, register, left, right));
                if let Some(pattern) = rest {
                    self.get(pattern, register)?;
                }
            }
            Step::Field(term, key, value) => {
                let (term, key) = (self.operand(term)?, self.operand(key)?);
                let (register, rest) = self.result(value)?;
                self.emit(Instruction::Field(register, term, key));
                if let Some(pattern) = rest {
                    self.get(pattern, register)?;
                }
            }
            Step::Builtin(number, patterns) => {
                let start = self.operands(patterns)?;
                self.emit(Instruction::Builtin(*number, start));
            }
            Step::Generate(generator, patterns) => {
                let start = self.operands(patterns)?;
                self.emit(match generator {
                    Generator::Member => Instruction::Member(start),
                    Generator::Between => Instruction::Between(start),
                    Generator::Builtin(number) => Instruction::Builtin(*number, start),
                });
                self.scratch.clear();
                self.registers.clear();
            }
            _ => {}
        }
        self.release_scratch();
        Ok(())
    }

    fn operands(&mut self, patterns: &[Pattern]) -> Result<u32, TooLarge> {
        let operands = patterns
            .iter()
            .map(|pattern| self.operand(pattern))
            .collect::<Result<Vec<_>, _>>()?;
        let start = self.block.operands.len() as u32;
        self.block.operands.extend(operands);
        Ok(start)
    }

    fn unify(&mut self, left: &Pattern, right: &Pattern) -> Result<(), TooLarge> {
        let (left, right) = match (left, right) {
            (pattern, Pattern::Variable(variable)) => (Pattern::Variable(*variable), pattern),
            (left, right) => (left.clone(), right),
        };
        if self.is_void(&left) {
            return Ok(());
        }
        let Pattern::Variable(variable) = left else {
            let register = self.build(&left, None)?;
            return self.get(right, register);
        };
        match (self.home(variable), self.slot_of(variable)) {
            (Home::Unknown, slot) if !mentions(right, variable) => {
                // The variable becomes the term itself.
                let preferred = self.preferred(variable);
                let register = self.build(right, preferred)?;
                if let Some(slot) = slot {
                    self.emit(Instruction::GetVariableY(slot, register));
                    self.set_home(variable, Home::Y(slot));
                    self.registers.set(register, Use::Free);
                } else {
                    self.registers.set(register, Use::Variable(variable));
                    self.set_home(variable, Home::X(register));
                }
                self.used(variable);
                Ok(())
            }
            _ => {
                let left = self.operand(&Pattern::Variable(variable))?;
                let right = self.operand(right)?;
                self.emit(Instruction::Unify(left, right));
                Ok(())
            }
        }
    }
}

fn mentions(pattern: &Pattern, variable: u16) -> bool {
    let mut found = false;
    super::flatten::each_variable_of_pattern(pattern, &mut |mentioned| {
        found |= mentioned == variable;
    });
    found
}
