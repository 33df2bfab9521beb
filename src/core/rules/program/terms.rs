//! Getting, putting and unifying terms: the part of the compiler that knows registers.

use super::compile::{Compiler, Home, TooLarge};
use super::flatten::Pattern;
use super::instruction::Instruction;
use super::registers::Use;

impl Compiler<'_> {
    pub(super) fn home(&self, variable: u16) -> Home {
        self.homes
            .get(usize::from(variable))
            .copied()
            .unwrap_or(Home::Unknown)
    }

    /// Whether a variable occurs nowhere else and is not kept.
    pub(super) fn is_void(&self, pattern: &Pattern) -> bool {
        match pattern {
            Pattern::Void => true,
            Pattern::Variable(variable) => {
                let place = usize::from(*variable);
                self.occurrences.get(place) == Some(&1)
                    && self.slots.get(place).copied().flatten().is_none()
            }
            _ => false,
        }
    }

    /// One occurrence is done; a register whose variable has no more is free.
    pub(super) fn used(&mut self, variable: u16) {
        if self.count_use(variable) == 0
            && let Home::X(register) = self.home(variable)
        {
            self.registers.set(register, Use::Free);
        }
    }

    /// Counts an occurrence; gives how many are still to come.
    pub(super) fn count_use(&mut self, variable: u16) -> u32 {
        let Some(remaining) = self.remaining.get_mut(usize::from(variable)) else {
            return 0;
        };
        *remaining = remaining.saturating_sub(1);
        *remaining
    }

    pub(super) fn slot_of(&self, variable: u16) -> Option<u8> {
        self.slots.get(usize::from(variable)).copied().flatten()
    }

    /// Gives a temporary variable a register.
    pub(super) fn settle(&mut self, variable: u16, preferred: Option<u8>) -> Result<u8, TooLarge> {
        let register = self.registers.take(preferred)?;
        self.registers.set(register, Use::Variable(variable));
        self.set_home(variable, Home::X(register));
        Ok(register)
    }

    /// Unifies what a register holds with a pattern; the register is free afterwards, unless it is a variable's.
    pub(super) fn get(&mut self, pattern: &Pattern, register: u8) -> Result<(), TooLarge> {
        if self.is_void(pattern) {
            self.registers.set(register, Use::Free);
            return Ok(());
        }
        match pattern {
            Pattern::Void => {}
            Pattern::Variable(variable) => return self.get_variable(*variable, register),
            Pattern::Constant(cell) => self.emit(Instruction::GetConstant(*cell, register)),
            Pattern::Stored(number) => self.emit(Instruction::GetStored(*number, register)),
            Pattern::List(..) | Pattern::Structure(..) => {
                return self.get_compound(pattern, register);
            }
        }
        self.registers.set(register, Use::Free);
        Ok(())
    }

    fn get_variable(&mut self, variable: u16, register: u8) -> Result<(), TooLarge> {
        match (self.home(variable), self.slot_of(variable)) {
            (Home::Unknown, Some(slot)) => {
                self.emit(Instruction::GetVariableY(slot, register));
                self.set_home(variable, Home::Y(slot));
                self.registers.set(register, Use::Free);
            }
            (Home::Unknown, None) => {
                self.registers.set(register, Use::Variable(variable));
                self.set_home(variable, Home::X(register));
            }
            (Home::X(known), _) => {
                self.emit(Instruction::GetValueX(known, register));
                self.registers.set(register, Use::Free);
            }
            (Home::Y(slot), _) => {
                self.emit(Instruction::GetValueY(slot, register));
                self.registers.set(register, Use::Free);
            }
        }
        self.used(variable);
        Ok(())
    }

    fn get_compound(&mut self, pattern: &Pattern, register: u8) -> Result<(), TooLarge> {
        // Breadth first: parts with parts of their own wait in registers.
        let mut waiting = vec![(pattern.clone(), register)];
        while let Some((pattern, register)) = waiting.pop() {
            match pattern {
                Pattern::List(items, rest) => {
                    let mut items = std::collections::VecDeque::from(items);
                    let Some(first) = items.pop_front() else {
                        self.get(&rest, register)?;
                        continue;
                    };
                    self.emit(Instruction::GetPair(register));
                    self.registers.set(register, Use::Free);
                    self.unify_part(&first, &mut waiting)?;
                    let rest = if items.is_empty() {
                        *rest
                    } else {
                        Pattern::List(items.into(), rest)
                    };
                    self.unify_part(&rest, &mut waiting)?;
                    self.get_stored(&mut waiting);
                }
                Pattern::Structure(header, parts) => {
                    self.emit(Instruction::GetStructure(header, register));
                    self.registers.set(register, Use::Free);
                    for part in &parts {
                        self.unify_part(part, &mut waiting)?;
                    }
                    self.get_stored(&mut waiting);
                }
                pattern => self.get(&pattern, register)?,
            }
        }
        Ok(())
    }

    /// Gets what takes no more registers at once, so that they do not wait for the rest of a long list.
    fn get_stored(&mut self, waiting: &mut Vec<(Pattern, u8)>) {
        waiting.retain(|(pattern, register)| {
            let Pattern::Stored(number) = pattern else {
                return true;
            };
            self.emit(Instruction::GetStored(*number, *register));
            self.registers.set(*register, Use::Free);
            false
        });
    }

    fn unify_part(
        &mut self,
        part: &Pattern,
        waiting: &mut Vec<(Pattern, u8)>,
    ) -> Result<(), TooLarge> {
        match part {
            Pattern::List(items, rest) if items.is_empty() => self.unify_part(rest, waiting),
            // Constants of several words are got later: parts are written one next to the other.
            Pattern::List(..) | Pattern::Structure(..) | Pattern::Stored(_) => {
                let register = self.registers.take(None)?;
                self.emit(Instruction::UnifyVariableX(register));
                waiting.push((part.clone(), register));
                Ok(())
            }
            part => self.unify_simple(part),
        }
    }

    fn unify_simple(&mut self, part: &Pattern) -> Result<(), TooLarge> {
        if self.is_void(part) {
            self.emit(Instruction::UnifyVoid(1));
            return Ok(());
        }
        match part {
            Pattern::Constant(cell) => self.emit(Instruction::UnifyConstant(*cell)),
            Pattern::Variable(variable) => {
                match (self.home(*variable), self.slot_of(*variable)) {
                    (Home::Unknown, Some(slot)) => {
                        self.emit(Instruction::UnifyVariableY(slot));
                        self.set_home(*variable, Home::Y(slot));
                    }
                    (Home::Unknown, None) => {
                        let preferred = self.preferred(*variable);
                        let register = self.settle(*variable, preferred)?;
                        self.emit(Instruction::UnifyVariableX(register));
                    }
                    (Home::X(register), _) => self.emit(Instruction::UnifyValueX(register)),
                    (Home::Y(slot), _) => self.emit(Instruction::UnifyValueY(slot)),
                }
                self.used(*variable);
            }
            Pattern::Void | Pattern::Stored(_) | Pattern::List(..) | Pattern::Structure(..) => {}
        }
        Ok(())
    }

    /// The register in which the chunk's call wants a variable.
    pub(super) fn preferred(&self, variable: u16) -> Option<u8> {
        self.wishes
            .iter()
            .find(|(wished, _)| *wished == variable)
            .map(|(_, register)| *register)
    }

    /// Builds a term in a register.
    pub(super) fn build(
        &mut self,
        pattern: &Pattern,
        preferred: Option<u8>,
    ) -> Result<u8, TooLarge> {
        match pattern {
            Pattern::List(items, rest) if items.is_empty() => self.build(rest, preferred),
            Pattern::List(items, rest) => {
                let mut tail = match rest.as_ref() {
                    rest if is_built(rest) => Some(self.build(rest, None)?),
                    _ => None,
                };
                for (number, item) in items.iter().enumerate().rev() {
                    let built = match item {
                        item if is_built(item) => Some(self.build(item, None)?),
                        _ => None,
                    };
                    let register = self.registers.take(preferred.filter(|_| number == 0))?;
                    self.emit(Instruction::PutPair(register));
                    self.part(item, built)?;
                    self.part(rest, tail)?;
                    tail = Some(register);
                }
                tail.ok_or(TooLarge)
            }
            Pattern::Structure(header, parts) => {
                let mut built = Vec::with_capacity(parts.len());
                for part in parts {
                    built.push(match part {
                        part if is_built(part) => Some(self.build(part, None)?),
                        _ => None,
                    });
                }
                let register = self.registers.take(preferred)?;
                self.emit(Instruction::PutStructure(*header, register));
                for (part, built) in parts.iter().zip(built) {
                    self.part(part, built)?;
                }
                Ok(register)
            }
            simple => {
                let register = self.registers.take(preferred)?;
                self.put(simple, register)?;
                Ok(register)
            }
        }
    }

    fn part(&mut self, pattern: &Pattern, built: Option<u8>) -> Result<(), TooLarge> {
        match built {
            Some(register) => {
                self.emit(Instruction::UnifyValueX(register));
                self.registers.set(register, Use::Free);
                Ok(())
            }
            None => self.unify_simple(pattern),
        }
    }

    /// Puts something that needs no building into a register that is free or about to be overwritten.
    fn put(&mut self, pattern: &Pattern, register: u8) -> Result<(), TooLarge> {
        if self.is_void(pattern) {
            self.emit(Instruction::PutVariableX(register, register));
            return Ok(());
        }
        match pattern {
            Pattern::Constant(cell) => self.emit(Instruction::PutConstant(*cell, register)),
            Pattern::Stored(number) => self.emit(Instruction::PutStored(*number, register)),
            Pattern::Variable(variable) => {
                match (self.home(*variable), self.slot_of(*variable)) {
                    (Home::Unknown, Some(slot)) => {
                        self.emit(Instruction::PutVariableY(slot, register));
                        self.set_home(*variable, Home::Y(slot));
                    }
                    (Home::Unknown, None) => {
                        let own = self.settle(*variable, None)?;
                        self.emit(Instruction::PutVariableX(own, register));
                    }
                    (Home::X(known), _) if known == register => {}
                    (Home::X(known), _) => self.emit(Instruction::Move(known, register)),
                    (Home::Y(slot), _) => self.emit(Instruction::PutValueY(slot, register)),
                }
                self.used(*variable);
            }
            Pattern::Void | Pattern::List(..) | Pattern::Structure(..) => {}
        }
        Ok(())
    }

    /// Loads the arguments of a call into the registers from 0 on.
    pub(super) fn arguments(&mut self, patterns: &[Pattern]) -> Result<(), TooLarge> {
        let count = u8::try_from(patterns.len()).map_err(|_| TooLarge)?;
        let mut built = Vec::with_capacity(patterns.len());
        for (place, pattern) in patterns.iter().enumerate() {
            built.push(match pattern {
                Pattern::List(items, rest) if items.is_empty() && !is_compound(rest) => None,
                Pattern::List(..) | Pattern::Structure(..) => {
                    Some(self.build(pattern, Some(place as u8))?)
                }
                _ => None,
            });
        }
        self.evict(patterns, count)?;
        for ((place, pattern), built) in patterns.iter().enumerate().zip(built) {
            let target = place as u8;
            match (built, pattern) {
                (Some(register), _) if register == target => {}
                (Some(register), _) => self.emit(Instruction::Move(register, target)),
                (None, Pattern::List(_, rest)) => self.put(rest, target)?,
                (None, pattern) => {
                    let was_free = self.registers.get(target) == Use::Free;
                    if was_free {
                        self.registers.set(target, Use::Taken);
                    }
                    self.put(pattern, target)?;
                    if !matches!(self.registers.get(target), Use::Variable(_)) {
                        self.registers.set(target, Use::Taken);
                    }
                }
            }
        }
        Ok(())
    }

    /// Moves variables out of the registers that arguments are going to overwrite.
    fn evict(&mut self, patterns: &[Pattern], count: u8) -> Result<(), TooLarge> {
        for register in 0..count {
            let Use::Variable(variable) = self.registers.get(register) else {
                continue;
            };
            // Arguments are loaded in order: it is in the way only of what needs it later.
            let at_home = patterns.get(usize::from(register)) == Some(&Pattern::Variable(variable));
            let later = patterns
                .iter()
                .skip(usize::from(register) + 1)
                .any(|pattern| *pattern == Pattern::Variable(variable));
            if at_home || !later {
                continue;
            }
            let spare = self.registers.take(None)?;
            self.emit(Instruction::Move(register, spare));
            self.registers.set(spare, Use::Variable(variable));
            self.registers.set(register, Use::Free);
            self.set_home(variable, Home::X(spare));
        }
        Ok(())
    }
}

/// Whether a part of a term is built before the term: its own parts can't stand between the term's.
const fn is_built(pattern: &Pattern) -> bool {
    is_compound(pattern) || matches!(pattern, Pattern::Stored(_))
}

const fn is_compound(pattern: &Pattern) -> bool {
    matches!(pattern, Pattern::List(..) | Pattern::Structure(..))
}
