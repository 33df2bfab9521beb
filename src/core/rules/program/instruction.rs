//! The intermediate code: an abstract machine of argument registers `x`, permanent variables `y`
//! in frames, and a heap, after D. H. D. Warren, "An abstract Prolog instruction set" (1983).

use super::cell::Cell;
use crate::rules::ast::{AggregateFunction, Comparison};
use crate::rules::builtins::{ArithmeticOperation, TypeTest};

/// Where an operand is found: a register, a permanent variable, a small integer, or a constant of the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operand(u32);

/// What an operand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    X(u8),
    Y(u8),
    Integer(i64),
    Constant(u32),
}

impl Operand {
    const KIND: u32 = 30;

    pub(crate) const fn x(register: u8) -> Self {
        Self(register as u32)
    }

    pub(crate) const fn y(variable: u8) -> Self {
        Self(1 << Self::KIND | variable as u32)
    }

    /// None where it has more than 30 bits.
    pub(crate) const fn integer(number: i64) -> Option<Self> {
        if number < -(1 << 29) || number >= 1 << 29 {
            return None;
        }
        Some(Self(2 << Self::KIND | (number as u32 & 0x3fff_ffff)))
    }

    pub(crate) const fn constant(number: u32) -> Self {
        Self(3 << Self::KIND | number)
    }

    #[inline(always)]
    pub(crate) const fn place(self) -> Place {
        match self.0 >> Self::KIND {
            0 => Place::X(self.0 as u8),
            1 => Place::Y(self.0 as u8),
            2 => Place::Integer(((self.0 << 2) as i32 >> 2) as i64),
            _ => Place::Constant(self.0 & 0x3fff_ffff),
        }
    }
}

/// One step of the machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Instruction {
    /// The query holds.
    Halt,
    /// The call of a tabled predicate holds.
    NewAnswer,
    /// Go back to the last choice.
    Fail,

    /// Copies register to register: from, to.
    Move(u8, u8),
    GetVariableY(u8, u8),
    GetValueX(u8, u8),
    GetValueY(u8, u8),
    GetConstant(Cell, u8),
    /// A constant of several words.
    GetStored(u32, u8),
    GetPair(u8),
    GetStructure(Cell, u8),

    /// Parts of the pair or structure that was got or put last.
    UnifyVariableX(u8),
    UnifyVariableY(u8),
    UnifyValueX(u8),
    UnifyValueY(u8),
    UnifyConstant(Cell),
    UnifyVoid(u8),

    /// A new variable in one or two registers.
    PutVariableX(u8, u8),
    PutVariableY(u8, u8),
    PutValueY(u8, u8),
    PutConstant(Cell, u8),
    PutStored(u32, u8),
    PutPair(u8),
    PutStructure(Cell, u8),
    /// A new variable.
    InitializeY(u8),

    Allocate(u8),
    Deallocate,
    Call(u32),
    Execute(u32),
    Proceed,
    Jump(u32),
    /// Goes on; after a failure at the given place.
    Try(u32),
    /// Keeps how many choices there are.
    Level(u8),
    /// Gives up the choices since.
    Cut(u8),

    /// A fault unless it holds no unbound variable.
    Ground(Operand),
    Compare(Comparison, Operand, Operand),
    Unify(Operand, Operand),
    Arithmetic(ArithmeticOperation, u8, Operand, Operand),
    TypeTest(TypeTest, Operand),
    /// Into the register, the field of a record or the item of a list.
    Field(u8, Operand, Operand),
    /// A built-in by its number, with its operands from the given place on.
    Builtin(u16, u32),
    /// `member` and `between`: two and three operands.
    Member(u32),
    Between(u32),

    /// Solves what follows up to `AggregateCollect` for all solutions, then goes on at the given place.
    AggregateBegin(u32, u32),
    AggregateCollect(u32),
}

/// What an aggregate computes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AggregateSpecification {
    pub(crate) function: AggregateFunction,
    /// The permanent variable of what is computed; none for `count`.
    pub(crate) template: Option<u8>,
    /// The permanent variables that make a solution.
    pub(crate) variables: Vec<u8>,
    /// Those by which solutions are grouped.
    pub(crate) by: Vec<u8>,
    /// The permanent variable of the outcome.
    pub(crate) result: u8,
}
