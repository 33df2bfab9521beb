//! From a flat clause to instructions, with registers for what lives within a chunk.

use super::Block;
use super::chunks::Chunks;
use super::flatten::{FlatClause, Located, Pattern, Step, each_variable_of_step};
use super::instruction::Instruction;
use super::registers::Registers;
use crate::rules::source::Span;

/// A clause needs more registers than there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// Where a variable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// It was not met yet.
    Unknown,
    X(u8),
    Y(u8),
}

/// Compiles clauses into a block.
#[derive(Debug)]
pub(crate) struct Compiler<'a> {
    pub(super) block: &'a mut Block,
    pub(super) homes: Vec<Home>,
    /// The slot of each permanent variable in the frame.
    pub(super) slots: Vec<Option<u8>>,
    pub(super) occurrences: Vec<u32>,
    /// Occurrences that are still to come.
    pub(super) remaining: Vec<u32>,
    pub(super) registers: Registers,
    /// Where the next call wants which variable.
    pub(super) wishes: Vec<(u16, u8)>,
    /// Registers that are free after the instruction that is being made.
    pub(super) scratch: Vec<u8>,
    next_slot: u32,
    has_frame: bool,
}

/// What a query's caller must know of its code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Frame {
    /// The slot of each variable that has a name.
    pub(crate) slots: Vec<(crate::rules::ast::Name, u8)>,
}

impl<'a> Compiler<'a> {
    /// Compiles a clause; gives its first instruction.
    pub(crate) fn clause(
        block: &'a mut Block,
        clause: &FlatClause,
        span: Span,
    ) -> Result<u32, TooLarge> {
        let start = block.code.len();
        let mut compiler = Self::new(block, clause, false)?;
        compiler.mark(span);
        if compiler.has_frame {
            compiler.emit(Instruction::Allocate(0));
        }
        compiler.wish(&clause.body);
        compiler.head(&clause.head)?;
        compiler.body(&clause.body)?;
        compiler.finish_frame(start);
        u32::try_from(start).map_err(|_| TooLarge)
    }

    /// Compiles a query, which ends with [`Instruction::Halt`].
    pub(crate) fn query(block: &'a mut Block, clause: &FlatClause) -> Result<Frame, TooLarge> {
        let start = block.code.len();
        let mut compiler = Self::new(block, clause, true)?;
        compiler.emit(Instruction::Allocate(0));
        for slot in compiler.slots.clone().into_iter().flatten() {
            compiler.emit(Instruction::InitializeY(slot));
        }
        for (home, slot) in compiler.homes.iter_mut().zip(&compiler.slots) {
            if let Some(slot) = slot {
                *home = Home::Y(*slot);
            }
        }
        compiler.steps(&clause.body)?;
        compiler.emit(Instruction::Halt);
        let slots = clause
            .names
            .iter()
            .zip(&compiler.slots)
            .filter_map(|(name, slot)| Some((name.clone()?, (*slot)?)))
            .collect();
        compiler.finish_frame(start);
        Ok(Frame { slots })
    }

    fn new(block: &'a mut Block, clause: &FlatClause, is_query: bool) -> Result<Self, TooLarge> {
        let chunks = Chunks::of(clause, is_query);
        let mut slots = vec![None; chunks.permanent.len()];
        let mut next_slot = 0;
        for (slot, permanent) in slots.iter_mut().zip(&chunks.permanent) {
            if *permanent {
                *slot = Some(u8::try_from(next_slot).map_err(|_| TooLarge)?);
                next_slot += 1;
            }
        }
        Ok(Self {
            block,
            homes: vec![Home::Unknown; slots.len()],
            slots,
            remaining: chunks.occurrences.clone(),
            occurrences: chunks.occurrences,
            registers: Registers::new(chunks.most_arguments),
            wishes: Vec::new(),
            scratch: Vec::new(),
            next_slot,
            has_frame: chunks.needs_frame,
        })
    }

    /// The frame's size is known only at the end.
    fn finish_frame(&mut self, start: usize) {
        let size = self.next_slot as u8;
        for instruction in self.block.code.iter_mut().skip(start) {
            if let Instruction::Allocate(slots) = instruction {
                *slots = size;
            }
        }
    }

    pub(super) fn emit(&mut self, instruction: Instruction) {
        self.block.code.push(instruction);
    }

    fn here(&self) -> u32 {
        self.block.code.len() as u32
    }

    fn mark(&mut self, span: Span) {
        let here = self.here();
        self.block.spans.push((here, span));
    }

    fn slot(&mut self) -> Result<u8, TooLarge> {
        let slot = u8::try_from(self.next_slot).map_err(|_| TooLarge)?;
        self.next_slot += 1;
        Ok(slot)
    }

    fn head(&mut self, head: &[Pattern]) -> Result<(), TooLarge> {
        let arity = u8::try_from(head.len()).map_err(|_| TooLarge)?;
        self.registers.reserve(arity);
        for (place, pattern) in head.iter().enumerate() {
            self.get(pattern, place as u8)?;
        }
        Ok(())
    }

    fn body(&mut self, body: &[Located]) -> Result<(), TooLarge> {
        if let Some((last, before)) = body.split_last() {
            self.steps(before)?;
            if let Step::Call(predicate, arguments) = &last.step {
                self.mark(last.span);
                self.wishes.clear();
                self.arguments(arguments)?;
                if self.has_frame {
                    self.emit(Instruction::Deallocate);
                }
                self.emit(Instruction::Execute(*predicate));
                return Ok(());
            }
            self.step(last)?;
        }
        if self.has_frame {
            self.emit(Instruction::Deallocate);
        }
        self.emit(Instruction::Proceed);
        Ok(())
    }

    fn steps(&mut self, steps: &[Located]) -> Result<(), TooLarge> {
        let mut rest = steps;
        while let Some((step, after)) = rest.split_first() {
            self.wish(rest);
            self.step(step)?;
            rest = after;
        }
        Ok(())
    }

    /// Looks at which registers the next call wants its variables in.
    fn wish(&mut self, steps: &[Located]) {
        self.wishes.clear();
        let call = steps
            .iter()
            .find(|located| !super::chunks::is_inline(&located.step));
        if let Some(Located {
            step: Step::Call(_, arguments),
            ..
        }) = call
        {
            for (register, pattern) in arguments.iter().enumerate() {
                if let Pattern::Variable(variable) = pattern {
                    self.wishes.push((*variable, register as u8));
                }
            }
        }
    }

    fn step(&mut self, located: &Located) -> Result<(), TooLarge> {
        self.mark(located.span);
        match &located.step {
            Step::Call(predicate, arguments) => {
                self.arguments(arguments)?;
                self.emit(Instruction::Call(*predicate));
                self.registers.clear();
                let live = self.homes.iter().filter_map(|home| match home {
                    Home::Y(slot) => Some(*slot),
                    _ => None,
                });
                let live = (self.here(), live.collect());
                self.block.live.push(live);
            }
            Step::Fail => self.emit(Instruction::Fail),
            Step::Or(branches) => self.or(located, branches)?,
            Step::Not(steps) => {
                self.initialize_shared(located, &[steps], true);
                self.not(steps)?;
            }
            Step::Exists(steps, cut) => {
                self.initialize_shared(located, &[steps], false);
                let level = self.slot()?;
                if *cut {
                    self.emit(Instruction::Level(level));
                }
                self.branch(steps)?;
                if *cut {
                    self.emit(Instruction::Cut(level));
                }
            }
            Step::If(condition, then, otherwise) => {
                self.initialize_shared(located, &[condition, then, otherwise], false);
                self.conditional(condition, then, otherwise)?;
            }
            Step::Aggregate(aggregate) => self.aggregate(aggregate)?,
            step => self.inline(step)?,
        }
        Ok(())
    }

    /// Steps that run with no register in use, and leave none.
    fn branch(&mut self, steps: &[Located]) -> Result<(), TooLarge> {
        let homes = self.homes.clone();
        self.registers.clear();
        self.steps(steps)?;
        self.registers.clear();
        self.homes = homes;
        Ok(())
    }

    /// Makes the permanent variables that are met here first, but not only in one branch.
    fn initialize_shared(&mut self, located: &Located, branches: &[&Vec<Located>], guard: bool) {
        let mut counts = vec![0; self.homes.len()];
        each_variable_of_step(&located.step, &mut |variable| {
            if let Some(count) = counts.get_mut(usize::from(variable)) {
                *count += 1;
            }
        });
        let mut by_branch = vec![vec![0; self.homes.len()]; branches.len()];
        for (counts, steps) in by_branch.iter_mut().zip(branches) {
            super::flatten::each_variable(steps, &mut |variable| {
                if let Some(count) = counts.get_mut(usize::from(variable)) {
                    *count += 1;
                }
            });
        }
        for variable in 0..self.homes.len() {
            let count = counts.get(variable).copied().unwrap_or(0);
            let all = self.occurrences.get(variable).copied().unwrap_or(0);
            let in_one_branch = by_branch
                .iter()
                .any(|counts| counts.get(variable).is_some_and(|count| *count == all));
            if count == 0 || in_one_branch {
                continue;
            }
            let Some(Some(slot)) = self.slots.get(variable).copied() else {
                continue;
            };
            if self.homes.get(variable) == Some(&Home::Unknown) {
                self.emit(Instruction::InitializeY(slot));
                self.set_home(variable as u16, Home::Y(slot));
            }
            if guard {
                self.emit(Instruction::Ground(super::instruction::Operand::y(slot)));
            }
        }
    }

    pub(super) fn set_home(&mut self, variable: u16, home: Home) {
        if let Some(known) = self.homes.get_mut(usize::from(variable)) {
            *known = home;
        }
    }

    fn or(&mut self, located: &Located, branches: &[Vec<Located>]) -> Result<(), TooLarge> {
        self.initialize_shared(located, &branches.iter().collect::<Vec<_>>(), false);
        let mut exits = Vec::new();
        for (number, steps) in branches.iter().enumerate() {
            let is_last = number + 1 == branches.len();
            let choice = self.block.code.len();
            if !is_last {
                self.emit(Instruction::Try(0));
            }
            self.branch(steps)?;
            if !is_last {
                exits.push(self.block.code.len());
                self.emit(Instruction::Jump(0));
                self.patch(choice);
            }
        }
        exits.into_iter().for_each(|exit| self.patch(exit));
        Ok(())
    }

    /// Makes a jump go to what comes next.
    fn patch(&mut self, place: usize) {
        let here = self.here();
        if let Some(
            Instruction::Try(target)
            | Instruction::Jump(target)
            | Instruction::AggregateBegin(_, target),
        ) = self.block.code.get_mut(place)
        {
            *target = here;
        }
    }

    fn not(&mut self, steps: &[Located]) -> Result<(), TooLarge> {
        let level = self.slot()?;
        self.emit(Instruction::Level(level));
        let choice = self.block.code.len();
        self.emit(Instruction::Try(0));
        self.branch(steps)?;
        self.emit(Instruction::Cut(level));
        self.emit(Instruction::Fail);
        self.patch(choice);
        Ok(())
    }

    fn conditional(
        &mut self,
        condition: &[Located],
        then: &[Located],
        otherwise: &[Located],
    ) -> Result<(), TooLarge> {
        let level = self.slot()?;
        self.emit(Instruction::Level(level));
        let choice = self.block.code.len();
        self.emit(Instruction::Try(0));
        // What the condition binds, the branch that follows it may use.
        let homes = self.homes.clone();
        self.registers.clear();
        self.steps(condition)?;
        self.registers.clear();
        self.emit(Instruction::Cut(level));
        self.steps(then)?;
        self.registers.clear();
        self.homes = homes;
        let exit = self.block.code.len();
        self.emit(Instruction::Jump(0));
        self.patch(choice);
        self.branch(otherwise)?;
        self.patch(exit);
        Ok(())
    }

    fn aggregate(&mut self, aggregate: &super::flatten::FlatAggregate) -> Result<(), TooLarge> {
        use super::instruction::AggregateSpecification;
        let all = aggregate
            .variables
            .iter()
            .chain(&aggregate.by)
            .chain(&aggregate.template)
            .chain([&aggregate.result]);
        for variable in all {
            let place = usize::from(*variable);
            let slot = self.slots.get(place).copied().flatten().ok_or(TooLarge)?;
            if self.homes.get(place) == Some(&Home::Unknown) {
                self.emit(Instruction::InitializeY(slot));
                self.set_home(*variable, Home::Y(slot));
            }
        }
        let slots = &self.slots;
        let slot = |variable: &u16| {
            let slot = slots.get(usize::from(*variable)).copied().flatten();
            slot.ok_or(TooLarge)
        };
        let specification = AggregateSpecification {
            function: aggregate.function,
            template: aggregate.template.as_ref().map(slot).transpose()?,
            variables: aggregate
                .variables
                .iter()
                .map(slot)
                .collect::<Result<_, _>>()?,
            by: aggregate.by.iter().map(slot).collect::<Result<_, _>>()?,
            result: slot(&aggregate.result)?,
        };
        let number = self.block.aggregates.len() as u32;
        self.block.aggregates.push(specification);
        let begin = self.block.code.len();
        self.emit(Instruction::AggregateBegin(number, 0));
        self.branch(&aggregate.body)?;
        self.emit(Instruction::AggregateCollect(number));
        self.patch(begin);
        Ok(())
    }
}
