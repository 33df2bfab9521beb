//! What each instruction needs and leaves.

use super::region::{Checked, Frame, Region, Set, What, require};
use crate::rules::builtins::{self, Yields};
use crate::rules::program::instruction::Instruction;

impl Region<'_> {
    pub(super) fn instruction(&mut self, instruction: Instruction) -> Checked {
        use Instruction as I;
        let is_part = matches!(
            instruction,
            I::UnifyVariableX(_)
                | I::UnifyVariableY(_)
                | I::UnifyValueX(_)
                | I::UnifyValueY(_)
                | I::UnifyConstant(_)
                | I::UnifyVoid(_)
        );
        if is_part {
            return self.part(instruction);
        }
        require(self.parts == 0, "a term has too few parts")?;
        let is_end = matches!(instruction, I::Proceed | I::Execute(_));
        require(
            is_end || self.frame != Frame::Closed,
            "code follows the end of a frame",
        )?;
        match instruction {
            I::Halt | I::NewAnswer => Err("an instruction is none of a rule"),
            I::Move(from, to) => {
                self.read_x(from)?;
                self.x.insert(to);
                Ok(())
            }
            I::GetVariableY(slot, x) => {
                self.read_x(x)?;
                self.write_y(slot)
            }
            I::GetValueX(known, x) => {
                self.read_x(known)?;
                self.read_x(x)
            }
            I::GetValueY(slot, x) => {
                self.read_y(slot)?;
                self.read_x(x)
            }
            I::GetConstant(_, x) => self.read_x(x),
            I::GetStored(number, x) => {
                self.stored(number)?;
                self.read_x(x)
            }
            I::GetPair(x) => {
                self.read_x(x)?;
                self.expect(2, None);
                Ok(())
            }
            I::GetStructure(header, x) => {
                self.read_x(x)?;
                self.expect(header.arity(), None);
                Ok(())
            }
            other => self.put(other),
        }
    }

    /// So many parts must follow; then the register has a value.
    fn expect(&mut self, parts: usize, built: Option<u8>) {
        if let Some(register) = built {
            self.x.remove(register);
        }
        self.parts = parts;
        self.built = built;
        self.finish_term();
    }

    fn finish_term(&mut self) {
        if self.parts == 0
            && let Some(register) = self.built.take()
        {
            self.x.insert(register);
        }
    }

    fn part(&mut self, instruction: Instruction) -> Checked {
        use Instruction as I;
        let mut count = 1;
        match instruction {
            I::UnifyVariableX(x) => self.x.insert(x),
            I::UnifyVariableY(slot) => self.write_y(slot)?,
            I::UnifyValueX(x) => self.read_x(x)?,
            I::UnifyValueY(slot) => self.read_y(slot)?,
            I::UnifyVoid(void) => count = usize::from(void),
            _ => {}
        }
        require(
            count > 0 && count <= self.parts,
            "a term has too many parts",
        )?;
        self.parts -= count;
        self.finish_term();
        Ok(())
    }

    fn put(&mut self, instruction: Instruction) -> Checked {
        use Instruction as I;
        match instruction {
            I::PutVariableX(own, x) => {
                self.x.insert(own);
                self.x.insert(x);
            }
            I::PutVariableY(slot, x) => {
                self.write_y(slot)?;
                self.x.insert(x);
            }
            I::PutValueY(slot, x) => {
                self.read_y(slot)?;
                self.x.insert(x);
            }
            I::PutConstant(_, x) => self.x.insert(x),
            I::PutStored(number, x) => {
                self.stored(number)?;
                self.x.insert(x);
            }
            I::PutPair(x) => self.expect(2, Some(x)),
            I::PutStructure(header, x) => self.expect(header.arity(), Some(x)),
            I::InitializeY(slot) => self.write_y(slot)?,
            other => return self.control(other),
        }
        Ok(())
    }

    fn control(&mut self, instruction: Instruction) -> Checked {
        use Instruction as I;
        match instruction {
            I::Allocate(size) => {
                let is_first = self.place == self.range.start;
                require(is_first, "a frame is made too late")?;
                self.frame = Frame::Open(size);
                Ok(())
            }
            I::Deallocate => {
                let is_open = matches!(self.frame, Frame::Open(_)) && self.open.is_empty();
                require(is_open, "a frame ends where it can't")?;
                self.frame = Frame::Closed;
                Ok(())
            }
            I::Call(predicate) => self.call(predicate),
            I::Execute(predicate) => {
                self.arguments(predicate)?;
                self.finish()
            }
            I::Proceed => self.finish(),
            I::Jump(target) => self.jump(target as usize),
            I::Try(target) => {
                let previous = self.place.checked_sub(1);
                let previous = previous.and_then(|place| self.program.block.code.get(place));
                let top = self.open.last().map(|open| open.what);
                let is_guard = matches!((previous, top),
                    (Some(I::Level(level)), Some(What::Barrier(slot))) if *level == slot);
                self.begin(What::Branch(is_guard), target as usize)
            }
            I::Level(slot) => {
                self.take_slot(slot)?;
                self.begin(What::Barrier(slot), self.limit())
            }
            I::Cut(slot) => self.cut(slot),
            I::Fail => {
                self.has_ended = true;
                Ok(())
            }
            other => self.goal(other),
        }
    }

    /// The end of the clause.
    fn finish(&mut self) -> Checked {
        let is_closed = !matches!(self.frame, Frame::Open(_)) && self.open.is_empty();
        require(is_closed, "a rule ends where it can't")?;
        self.is_over = true;
        Ok(())
    }

    fn arguments(&self, predicate: u32) -> Checked {
        let Some(arity) = self.program.arities.get(predicate as usize) else {
            return Err("there is no such predicate");
        };
        (0..*arity).try_for_each(|register| self.read_x(register))
    }

    fn call(&mut self, predicate: u32) -> Checked {
        self.arguments(predicate)?;
        self.needs_frame()?;
        let component = |number: u32| self.program.components.get(number as usize);
        let may_wait = component(predicate) == component(self.predicate);
        require(
            self.guards == 0 || !may_wait,
            "a rule depends on its own negation or aggregate",
        )?;
        let live = self.program.block.live(self.place as u32 + 1);
        let live = live.unwrap_or_default();
        live.iter().try_for_each(|slot| self.read_y(*slot))?;
        self.x = Set::default();
        Ok(())
    }

    fn needs_frame(&self) -> Checked {
        require(
            matches!(self.frame, Frame::Open(_)),
            "there is no frame to come back to",
        )
    }

    /// From the end of a branch to where it joins its alternative.
    fn jump(&mut self, target: usize) -> Checked {
        match self.open.pop() {
            Some(branch)
                if matches!(branch.what, What::Branch(_)) && branch.end == self.place + 1 =>
            {
                self.begin(What::Alternative, target)?;
                self.y = branch.y;
                self.x = Set::default();
                Ok(())
            }
            _ => Err("a jump does not end a branch"),
        }
    }

    fn cut(&mut self, slot: u8) -> Checked {
        const PROBLEM: &str = "a cut has no barrier";
        let top = self.open.pop().ok_or(PROBLEM)?;
        if top.what != What::Barrier(slot) {
            // The condition of an `if` or what a `not` denies: the alternative is given up with the rest.
            let below = self.open.pop().ok_or(PROBLEM)?;
            let is_guard = top.what == What::Branch(true) && below.what == What::Barrier(slot);
            require(is_guard, PROBLEM)?;
            self.open
                .push(crate::rules::snapshot::verify::region::Open {
                    what: What::Branch(false),
                    ..top
                });
        }
        self.guards -= 1;
        Ok(())
    }

    fn goal(&mut self, instruction: Instruction) -> Checked {
        use Instruction as I;
        match instruction {
            I::Ground(operand) | I::TypeTest(_, operand) => self.read(operand),
            I::Compare(_, left, right) | I::Unify(left, right) => {
                self.read(left)?;
                self.read(right)
            }
            I::Arithmetic(_, x, left, right) | I::Field(x, left, right) => {
                self.read(left)?;
                self.read(right)?;
                self.x.insert(x);
                Ok(())
            }
            I::Builtin(number, start) => {
                let builtin = builtins::by_index(number).ok_or("there is no such built-in")?;
                self.operands(start, builtin.parameters.len())?;
                if builtin.yields == Yields::Many {
                    return self.generate();
                }
                Ok(())
            }
            I::Member(start) => {
                self.operands(start, 2)?;
                self.generate()
            }
            I::Between(start) => {
                self.operands(start, 3)?;
                self.generate()
            }
            I::AggregateBegin(number, exit) => self.aggregate(number, exit as usize),
            I::AggregateCollect(number) => {
                let is_its_end = self.open.last().is_some_and(|open| {
                    open.what == What::Aggregate(number) && open.end == self.place + 1
                });
                require(is_its_end, "an aggregate collects where it can't")?;
                self.has_ended = true;
                Ok(())
            }
            _ => Err("an instruction is none of a rule"),
        }
    }

    fn operands(&self, start: u32, count: usize) -> Checked {
        let start = start as usize;
        let operands = self.program.block.operands.get(start..start + count);
        let operands = operands.ok_or("there is no such operand")?;
        operands.iter().try_for_each(|operand| self.read(*operand))
    }

    /// What may hold many times comes back here from choices, with no register as it was.
    fn generate(&mut self) -> Checked {
        self.needs_frame()?;
        self.x = Set::default();
        Ok(())
    }

    fn aggregate(&mut self, number: u32, exit: usize) -> Checked {
        let Some(specification) = self.program.block.aggregates.get(number as usize) else {
            return Err("there is no such aggregate");
        };
        let slots = specification
            .variables
            .iter()
            .chain(&specification.by)
            .chain(&specification.template);
        for slot in slots.chain([&specification.result]) {
            self.read_y(*slot)?;
        }
        self.begin(What::Aggregate(number), exit)
    }
}
