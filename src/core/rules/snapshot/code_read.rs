//! Code from bytes. What it names is there; whether it may run is for the verifier to say.

use super::RestoreError;
use super::code_write::FIRST;
use super::input::Input;
use super::opcode::{COMPARISONS, FUNCTIONS, OPCODES, OPERATIONS, Opcode, TYPE_TESTS};
use super::terms::from_zigzag;
use crate::rules::builtins::{self, Run};
use crate::rules::program::Block;
use crate::rules::program::instruction::{AggregateSpecification, Instruction, Operand};
use crate::snapshot::SnapshotError;

/// Places beyond this are those of a query's code.
const MOST_CODE: usize = 1 << 31;
const MOST_OPERANDS: usize = 1 << 30;

impl Input<'_> {
    /// The built-ins that the code names, as this build knows them.
    pub(super) fn read_builtins(&mut self) -> Result<(), RestoreError> {
        for _ in 0..self.count()? {
            let name = self.text()?;
            let arity = usize::from(self.reader.u8()?);
            let number = builtins::index_of(name, arity);
            let found = number.and_then(builtins::by_index);
            match (number, found) {
                (Some(number), Some(builtin)) if matches!(builtin.run, Run::Pure(_)) => {
                    self.builtins.push(number);
                }
                _ => {
                    let name = name.to_owned();
                    return Err(RestoreError::UnknownBuiltin { name, arity });
                }
            }
        }
        Ok(())
    }

    pub(super) fn read_block(&mut self) -> Result<Block, SnapshotError> {
        let mut block = Block {
            code: vec![Instruction::Halt, Instruction::NewAnswer],
            ..Block::default()
        };
        let mut words = Vec::new();
        for _ in 0..self.count()? {
            if self.term(&mut words)?.is_some() {
                return Err(SnapshotError::Malformed("a stored constant is atomic"));
            }
            block.stored.push(words.as_slice().into());
        }
        for _ in 0..self.count()? {
            block.constants.push(self.atomic()?);
        }
        let count = self.count()?;
        if count + FIRST >= MOST_CODE || block.constants.len() >= MOST_OPERANDS {
            return Err(SnapshotError::Malformed("there is too much code"));
        }
        for _ in 0..count {
            let instruction = self.instruction(&mut block)?;
            block.code.push(instruction);
        }
        let mut start = 0_u32;
        for _ in 0..self.count()? {
            start = start
                .checked_add(self.number()?)
                .ok_or(SnapshotError::Malformed("a number is too large"))?;
            let span = self.span()?;
            block.spans.push((start, span));
        }
        Ok(block)
    }

    fn ahead(&mut self, block: &Block) -> Result<u32, SnapshotError> {
        let here = block.code.len() as u32;
        here.checked_add(self.number()?)
            .ok_or(SnapshotError::Malformed("a number is too large"))
    }

    fn slots(&mut self) -> Result<Vec<u8>, SnapshotError> {
        let count = self.count()?;
        self.reader.bytes(count).map(<[u8]>::to_vec)
    }

    fn operand(&mut self) -> Result<Operand, SnapshotError> {
        const WRONG: SnapshotError = SnapshotError::Malformed("an operand is not possible");
        let number = self.reader.number()?;
        let value = number >> 2;
        let byte = u8::try_from(value).map_err(|_| WRONG);
        match number & 3 {
            0 => byte.map(Operand::x),
            1 => byte.map(Operand::y),
            2 => Operand::integer(from_zigzag(value)).ok_or(WRONG),
            _ if value < MOST_OPERANDS as u64 => Ok(Operand::constant(value as u32)),
            _ => Err(WRONG),
        }
    }

    fn operands(&mut self, block: &mut Block, count: usize) -> Result<u32, SnapshotError> {
        let start = block.operands.len();
        for _ in 0..count {
            block.operands.push(self.operand()?);
        }
        Ok(start as u32)
    }

    fn named_header(&mut self) -> Result<crate::rules::program::cell::Cell, SnapshotError> {
        let number = self.reader.number()?;
        self.header(number)
    }

    fn instruction(&mut self, block: &mut Block) -> Result<Instruction, SnapshotError> {
        use Instruction as I;
        let opcode = self.reader.choice(OPCODES, "an instruction is unknown")?;
        Ok(match opcode {
            Opcode::Fail => I::Fail,
            Opcode::Move => I::Move(self.u8()?, self.u8()?),
            Opcode::GetVariableY => I::GetVariableY(self.u8()?, self.u8()?),
            Opcode::GetValueX => I::GetValueX(self.u8()?, self.u8()?),
            Opcode::GetValueY => I::GetValueY(self.u8()?, self.u8()?),
            Opcode::GetConstant => swap(self.u8()?, self.atomic()?, I::GetConstant),
            Opcode::GetStored => swap(self.u8()?, self.number()?, I::GetStored),
            Opcode::GetPair => I::GetPair(self.u8()?),
            Opcode::GetStructure => swap(self.u8()?, self.named_header()?, I::GetStructure),
            Opcode::UnifyVariableX => I::UnifyVariableX(self.u8()?),
            Opcode::UnifyVariableY => I::UnifyVariableY(self.u8()?),
            Opcode::UnifyValueX => I::UnifyValueX(self.u8()?),
            Opcode::UnifyValueY => I::UnifyValueY(self.u8()?),
            Opcode::UnifyConstant => I::UnifyConstant(self.atomic()?),
            Opcode::UnifyVoid => I::UnifyVoid(self.u8()?),
            Opcode::PutVariableX => I::PutVariableX(self.u8()?, self.u8()?),
            Opcode::PutVariableY => I::PutVariableY(self.u8()?, self.u8()?),
            Opcode::PutValueY => I::PutValueY(self.u8()?, self.u8()?),
            Opcode::PutConstant => swap(self.u8()?, self.atomic()?, I::PutConstant),
            Opcode::PutStored => swap(self.u8()?, self.number()?, I::PutStored),
            Opcode::PutPair => I::PutPair(self.u8()?),
            Opcode::PutStructure => swap(self.u8()?, self.named_header()?, I::PutStructure),
            Opcode::InitializeY => I::InitializeY(self.u8()?),
            Opcode::Level => I::Level(self.u8()?),
            Opcode::Cut => I::Cut(self.u8()?),
            other => return self.control(other, block),
        })
    }

    fn control(&mut self, opcode: Opcode, block: &mut Block) -> Result<Instruction, SnapshotError> {
        use Instruction as I;
        Ok(match opcode {
            Opcode::Allocate => I::Allocate(self.u8()?),
            Opcode::Deallocate => I::Deallocate,
            Opcode::Call => {
                let predicate = self.number()?;
                let live = self.slots()?;
                block.live.push((block.code.len() as u32 + 1, live.into()));
                I::Call(predicate)
            }
            Opcode::Execute => I::Execute(self.number()?),
            Opcode::Proceed => I::Proceed,
            Opcode::Jump => I::Jump(self.ahead(block)?),
            Opcode::Try => I::Try(self.ahead(block)?),
            Opcode::AggregateBegin => {
                let exit = self.ahead(block)?;
                let specification = self.aggregate()?;
                block.aggregates.push(specification);
                I::AggregateBegin(block.aggregates.len() as u32 - 1, exit)
            }
            Opcode::AggregateCollect => I::AggregateCollect(self.number()?),
            other => return self.goal(other, block),
        })
    }

    fn goal(&mut self, opcode: Opcode, block: &mut Block) -> Result<Instruction, SnapshotError> {
        use Instruction as I;
        Ok(match opcode {
            Opcode::Ground => I::Ground(self.operand()?),
            Opcode::Compare => {
                let comparison = self
                    .reader
                    .choice(&COMPARISONS, "a comparison is unknown")?;
                I::Compare(comparison, self.operand()?, self.operand()?)
            }
            Opcode::Unify => I::Unify(self.operand()?, self.operand()?),
            Opcode::Arithmetic => {
                let operation = self.reader.choice(&OPERATIONS, "an operation is unknown")?;
                I::Arithmetic(operation, self.u8()?, self.operand()?, self.operand()?)
            }
            Opcode::TypeTest => {
                let test = self.reader.choice(&TYPE_TESTS, "a test is unknown")?;
                I::TypeTest(test, self.operand()?)
            }
            Opcode::Field => I::Field(self.u8()?, self.operand()?, self.operand()?),
            Opcode::Builtin => {
                let met = self.number()? as usize;
                let number = self.builtins.get(met).copied();
                let found = number.and_then(|number| Some((number, builtins::by_index(number)?)));
                let (number, builtin) =
                    found.ok_or(SnapshotError::Malformed("a built-in is not in its list"))?;
                I::Builtin(number, self.operands(block, builtin.parameters.len())?)
            }
            Opcode::Member => I::Member(self.operands(block, 2)?),
            _ => I::Between(self.operands(block, 3)?),
        })
    }

    fn aggregate(&mut self) -> Result<AggregateSpecification, SnapshotError> {
        Ok(AggregateSpecification {
            function: self.reader.choice(&FUNCTIONS, "an aggregate is unknown")?,
            template: self.reader.option(crate::snapshot::Reader::u8)?,
            variables: self.slots()?,
            by: self.slots()?,
            result: self.u8()?,
        })
    }

    fn u8(&mut self) -> Result<u8, SnapshotError> {
        self.reader.u8()
    }
}

/// The register stands first in a snapshot, but last in some instructions.
fn swap<T>(register: u8, what: T, make: impl FnOnce(T, u8) -> Instruction) -> Instruction {
    make(what, register)
}
