//! The number of each instruction in a snapshot, and of what instructions hold.

use crate::rules::ast::{AggregateFunction, Comparison};
use crate::rules::builtins::{ArithmeticOperation, TypeTest};

/// Numbers for instructions; a new one takes the next, and changes the format's version.
macro_rules! opcodes {
    ($($name:ident)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Opcode {
            $($name),*
        }

        pub(super) const OPCODES: &[Opcode] = &[$(Opcode::$name),*];
    };
}

opcodes! {
    Fail Move GetVariableY GetValueX GetValueY GetConstant GetStored GetPair GetStructure
    UnifyVariableX UnifyVariableY UnifyValueX UnifyValueY UnifyConstant UnifyVoid
    PutVariableX PutVariableY PutValueY PutConstant PutStored PutPair PutStructure InitializeY
    Allocate Deallocate Call Execute Proceed Jump Try Level Cut
    Ground Compare Unify Arithmetic TypeTest Field Builtin Member Between
    AggregateBegin AggregateCollect
}

pub(super) const COMPARISONS: [Comparison; 6] = [
    Comparison::Equal,
    Comparison::NotEqual,
    Comparison::Less,
    Comparison::LessOrEqual,
    Comparison::Greater,
    Comparison::GreaterOrEqual,
];

pub(super) const OPERATIONS: [ArithmeticOperation; 7] = [
    ArithmeticOperation::Add,
    ArithmeticOperation::Subtract,
    ArithmeticOperation::Multiply,
    ArithmeticOperation::Divide,
    ArithmeticOperation::FloorDivide,
    ArithmeticOperation::Modulo,
    ArithmeticOperation::Negate,
];

pub(super) const TYPE_TESTS: [TypeTest; 11] = [
    TypeTest::Null,
    TypeTest::Boolean,
    TypeTest::Integer,
    TypeTest::Float,
    TypeTest::Number,
    TypeTest::String,
    TypeTest::List,
    TypeTest::Record,
    TypeTest::Compound,
    TypeTest::Bound,
    TypeTest::Ground,
];

pub(super) const FUNCTIONS: [AggregateFunction; 7] = [
    AggregateFunction::Count,
    AggregateFunction::Sum,
    AggregateFunction::Avg,
    AggregateFunction::Min,
    AggregateFunction::Max,
    AggregateFunction::Collect,
    AggregateFunction::Set,
];

/// Where a value stands in its table.
pub(super) fn place<T: PartialEq>(choices: &[T], value: &T) -> u8 {
    let place = choices.iter().position(|choice| choice == value);
    place.unwrap_or(0) as u8
}
