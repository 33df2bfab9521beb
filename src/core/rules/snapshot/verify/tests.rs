//! Code that no rule has, by what is wrong with it.

use super::verify;
use crate::rules::program::Block;
use crate::rules::program::cell::Cell;
use crate::rules::program::instruction::Instruction::{self, *};
use crate::rules::program::instruction::{AggregateSpecification, Operand};
use crate::rules::snapshot::RestoreError;

/// What is wrong with the code of one rule of predicate 0, which has one argument as predicate 1 has.
fn problem(code: &[Instruction]) -> Option<&'static str> {
    let count = AggregateSpecification {
        function: crate::rules::ast::AggregateFunction::Count,
        template: None,
        variables: Vec::new(),
        by: Vec::new(),
        result: 0,
    };
    let block = Block {
        code: [&[Halt, NewAnswer], code].concat(),
        aggregates: vec![count],
        live: vec![(5, [0].into())],
        ..Block::default()
    };
    match verify(&block, &[1, 1], &[(2, 0)]) {
        Ok(()) => None,
        Err(RestoreError::Code { problem, .. }) => Some(problem),
        Err(error) => panic!("{error}"),
    }
}

const LEAVE: [Instruction; 2] = [Deallocate, Proceed];

fn framed(code: &[Instruction]) -> Option<&'static str> {
    problem(&[&[Allocate(3)], code, &LEAVE].concat())
}

#[test]
fn code_of_rules_is_accepted() {
    assert_eq!(problem(&[Proceed]), None);
    assert_eq!(problem(&[Execute(1)]), None);
    assert_eq!(framed(&[Level(0), Try(7), Cut(0), Fail]), None);
    assert_eq!(
        framed(&[Try(5), Jump(6), Move(0, 1)]),
        Some("a register has no value")
    );
    assert_eq!(framed(&[Try(5), Jump(6), Fail]), None);
    let count = [InitializeY(0), AggregateBegin(0, 6), AggregateCollect(0)];
    assert_eq!(framed(&count), None);
}

#[test]
fn calls_need_their_arguments_and_a_frame() {
    assert_eq!(problem(&[Execute(2)]), Some("there is no such predicate"));
    assert_eq!(
        problem(&[Call(1), Proceed]),
        Some("there is no frame to come back to")
    );
    assert_eq!(
        framed(&[GetVariableY(0, 0), Call(1), Call(1)]),
        Some("a register has no value")
    );
    assert_eq!(
        framed(&[PutVariableX(1, 1), Call(1)]),
        Some("a permanent variable has no value")
    );
    assert_eq!(
        problem(&[Move(9, 0), Proceed]),
        Some("a register has no value")
    );
}

#[test]
fn frames_hold_what_is_read() {
    assert_eq!(
        framed(&[PutValueY(0, 1)]),
        Some("a permanent variable has no value")
    );
    assert_eq!(
        framed(&[InitializeY(3)]),
        Some("a permanent variable is not in the frame")
    );
    assert_eq!(
        framed(&[InitializeY(0), InitializeY(0)]),
        Some("a permanent variable is given a value twice")
    );
    assert_eq!(
        problem(&[Proceed, Proceed]),
        Some("code follows the end of a rule")
    );
    assert_eq!(
        problem(&[Allocate(0), Proceed]),
        Some("a rule ends where it can't")
    );
    assert_eq!(problem(&[Fail]), Some("a rule does not end"));
}

#[test]
fn terms_have_their_parts() {
    assert_eq!(
        problem(&[GetPair(0), UnifyVoid(1), Proceed]),
        Some("a term has too few parts")
    );
    assert_eq!(
        problem(&[GetPair(0), UnifyVoid(3), Proceed]),
        Some("a term has too many parts")
    );
    let itself = [PutPair(1), UnifyValueX(1), UnifyVoid(1), Proceed];
    assert_eq!(problem(&itself), Some("a register has no value"));
    assert_eq!(
        problem(&[
            PutStructure(Cell::header(0, 1), 1),
            UnifyValueX(0),
            Execute(1)
        ]),
        None
    );
}

#[test]
fn jumps_barriers_and_aggregates_nest() {
    const FORWARD: Option<&str> = Some("a jump does not lead forward within what it stands in");
    assert_eq!(framed(&[Try(3)]), FORWARD);
    assert_eq!(framed(&[Try(90)]), FORWARD);
    assert_eq!(framed(&[Jump(4)]), Some("a jump does not end a branch"));
    assert_eq!(
        framed(&[Try(5), Unify(Operand::x(0), Operand::x(0))]),
        Some("a branch runs into its alternative")
    );
    assert_eq!(
        framed(&[Try(5), Level(0)]),
        Some("a cut barrier is not cut")
    );
    assert_eq!(
        framed(&[InitializeY(0), Cut(0)]),
        Some("a cut has no barrier")
    );
    let out_of_an_aggregate = [
        InitializeY(0),
        Level(1),
        AggregateBegin(0, 8),
        Cut(1),
        AggregateCollect(0),
    ];
    assert_eq!(framed(&out_of_an_aggregate), Some("a cut has no barrier"));
    let itself = [Level(1), Call(0), Cut(1)];
    assert_eq!(
        framed(&itself),
        Some("a rule depends on its own negation or aggregate")
    );
}
