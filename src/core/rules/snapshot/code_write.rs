//! Code as bytes: each instruction with all that belongs to it.

use super::numbering::Met;
use super::opcode::{COMPARISONS, FUNCTIONS, OPERATIONS, Opcode, TYPE_TESTS, place};
use super::terms::{write_atomic, write_words, zigzag};
use super::warnings::write_span;
use crate::rules::builtins;
use crate::rules::program::Block;
use crate::rules::program::instruction::{AggregateSpecification, Instruction, Operand, Place};
use crate::snapshot::Writer;

/// The first instruction of the first clause: those before it are the same in every program.
pub(super) const FIRST: usize = 2;

pub(super) fn write(writer: &mut Writer, met: &mut Met, block: &Block) {
    writer.number(block.stored.len() as u64);
    for words in &block.stored {
        write_words(writer, met, words);
    }
    writer.number(block.constants.len() as u64);
    for cell in &block.constants {
        write_atomic(writer, met, *cell);
    }
    writer.number(block.code.len().saturating_sub(FIRST) as u64);
    for (here, instruction) in block.code.iter().enumerate().skip(FIRST) {
        let mut code = CodeWriter {
            writer,
            met,
            block,
            here: here as u32,
        };
        code.instruction(*instruction);
    }
    writer.number(block.spans.len() as u64);
    let mut last = 0;
    for (start, span) in &block.spans {
        writer.number(u64::from(start.saturating_sub(last)));
        last = *start;
        write_span(writer, *span);
    }
}

struct CodeWriter<'a> {
    writer: &'a mut Writer,
    met: &'a mut Met,
    block: &'a Block,
    here: u32,
}

impl CodeWriter<'_> {
    fn begin(&mut self, opcode: Opcode) {
        self.writer.u8(opcode as u8);
    }

    fn bytes(&mut self, opcode: Opcode, bytes: &[u8]) {
        self.begin(opcode);
        self.writer.bytes(bytes);
    }

    fn number(&mut self, opcode: Opcode, number: u32) {
        self.begin(opcode);
        self.writer.number(u64::from(number));
    }

    /// How far ahead something is.
    fn ahead(&mut self, target: u32) {
        let distance = target.saturating_sub(self.here);
        self.writer.number(u64::from(distance));
    }

    fn slots(&mut self, slots: &[u8]) {
        self.writer.number(slots.len() as u64);
        self.writer.bytes(slots);
    }

    fn operand(&mut self, operand: Operand) {
        self.writer.number(match operand.place() {
            Place::X(register) => u64::from(register) << 2,
            Place::Y(slot) => u64::from(slot) << 2 | 1,
            Place::Integer(number) => zigzag(number) << 2 | 2,
            Place::Constant(number) => u64::from(number) << 2 | 3,
        });
    }

    fn operands(&mut self, start: u32, count: usize) {
        for operand in self.block.operands.iter().skip(start as usize).take(count) {
            self.operand(*operand);
        }
    }

    fn instruction(&mut self, instruction: Instruction) {
        use Instruction as I;
        match instruction {
            I::Halt | I::NewAnswer | I::Fail => self.begin(Opcode::Fail),
            I::Move(from, to) => self.bytes(Opcode::Move, &[from, to]),
            I::GetVariableY(slot, x) => self.bytes(Opcode::GetVariableY, &[slot, x]),
            I::GetValueX(known, x) => self.bytes(Opcode::GetValueX, &[known, x]),
            I::GetValueY(slot, x) => self.bytes(Opcode::GetValueY, &[slot, x]),
            I::GetConstant(cell, x) => self.constant(Opcode::GetConstant, x, cell),
            I::GetStored(number, x) => self.stored(Opcode::GetStored, x, number),
            I::GetPair(x) => self.bytes(Opcode::GetPair, &[x]),
            I::GetStructure(header, x) => self.structure(Opcode::GetStructure, x, header),
            I::UnifyVariableX(x) => self.bytes(Opcode::UnifyVariableX, &[x]),
            I::UnifyVariableY(slot) => self.bytes(Opcode::UnifyVariableY, &[slot]),
            I::UnifyValueX(x) => self.bytes(Opcode::UnifyValueX, &[x]),
            I::UnifyValueY(slot) => self.bytes(Opcode::UnifyValueY, &[slot]),
            I::UnifyConstant(cell) => {
                self.begin(Opcode::UnifyConstant);
                write_atomic(self.writer, self.met, cell);
            }
            I::UnifyVoid(count) => self.bytes(Opcode::UnifyVoid, &[count]),
            I::PutVariableX(own, x) => self.bytes(Opcode::PutVariableX, &[own, x]),
            I::PutVariableY(slot, x) => self.bytes(Opcode::PutVariableY, &[slot, x]),
            I::PutValueY(slot, x) => self.bytes(Opcode::PutValueY, &[slot, x]),
            I::PutConstant(cell, x) => self.constant(Opcode::PutConstant, x, cell),
            I::PutStored(number, x) => self.stored(Opcode::PutStored, x, number),
            I::PutPair(x) => self.bytes(Opcode::PutPair, &[x]),
            I::PutStructure(header, x) => self.structure(Opcode::PutStructure, x, header),
            I::InitializeY(slot) => self.bytes(Opcode::InitializeY, &[slot]),
            I::Level(slot) => self.bytes(Opcode::Level, &[slot]),
            I::Cut(slot) => self.bytes(Opcode::Cut, &[slot]),
            other => self.control(other),
        }
    }

    fn control(&mut self, instruction: Instruction) {
        use Instruction as I;
        match instruction {
            I::Allocate(size) => self.bytes(Opcode::Allocate, &[size]),
            I::Deallocate => self.begin(Opcode::Deallocate),
            I::Call(predicate) => {
                self.number(Opcode::Call, predicate);
                self.slots(self.block.live(self.here + 1).unwrap_or(&[]));
            }
            I::Execute(predicate) => self.number(Opcode::Execute, predicate),
            I::Proceed => self.begin(Opcode::Proceed),
            I::Jump(target) => {
                self.begin(Opcode::Jump);
                self.ahead(target);
            }
            I::Try(target) => {
                self.begin(Opcode::Try);
                self.ahead(target);
            }
            I::AggregateBegin(number, exit) => {
                self.begin(Opcode::AggregateBegin);
                self.ahead(exit);
                if let Some(specification) = self.block.aggregates.get(number as usize) {
                    self.aggregate(specification);
                }
            }
            I::AggregateCollect(number) => self.number(Opcode::AggregateCollect, number),
            other => self.goal(other),
        }
    }

    fn goal(&mut self, instruction: Instruction) {
        use Instruction as I;
        match instruction {
            I::Ground(operand) => {
                self.begin(Opcode::Ground);
                self.operand(operand);
            }
            I::Compare(comparison, left, right) => {
                self.bytes(Opcode::Compare, &[place(&COMPARISONS, &comparison)]);
                self.operand(left);
                self.operand(right);
            }
            I::Unify(left, right) => {
                self.begin(Opcode::Unify);
                self.operand(left);
                self.operand(right);
            }
            I::Arithmetic(operation, x, left, right) => {
                let operation = place(&OPERATIONS, &operation);
                self.bytes(Opcode::Arithmetic, &[operation, x]);
                self.operand(left);
                self.operand(right);
            }
            I::TypeTest(test, operand) => {
                self.bytes(Opcode::TypeTest, &[place(&TYPE_TESTS, &test)]);
                self.operand(operand);
            }
            I::Field(x, term, key) => {
                self.bytes(Opcode::Field, &[x]);
                self.operand(term);
                self.operand(key);
            }
            I::Builtin(number, start) => {
                let met = self.met.builtins.of(u32::from(number));
                self.number(Opcode::Builtin, met);
                let count = builtins::by_index(number).map_or(0, |found| found.parameters.len());
                self.operands(start, count);
            }
            I::Member(start) => {
                self.begin(Opcode::Member);
                self.operands(start, 2);
            }
            I::Between(start) => {
                self.begin(Opcode::Between);
                self.operands(start, 3);
            }
            _ => {}
        }
    }

    fn constant(&mut self, opcode: Opcode, x: u8, cell: crate::rules::program::cell::Cell) {
        self.bytes(opcode, &[x]);
        write_atomic(self.writer, self.met, cell);
    }

    fn stored(&mut self, opcode: Opcode, x: u8, number: u32) {
        self.bytes(opcode, &[x]);
        self.writer.number(u64::from(number));
    }

    fn structure(&mut self, opcode: Opcode, x: u8, header: crate::rules::program::cell::Cell) {
        self.bytes(opcode, &[x]);
        let functor = self.met.functors.of(header.functor());
        self.writer.number(u64::from(functor));
    }

    fn aggregate(&mut self, specification: &AggregateSpecification) {
        self.writer.u8(place(&FUNCTIONS, &specification.function));
        self.writer.option(specification.template, Writer::u8);
        self.slots(&specification.variables);
        self.slots(&specification.by);
        self.writer.u8(specification.result);
    }
}
