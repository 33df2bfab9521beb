mod errors;
mod foreign;
mod formatting;
mod generated;
mod guide;
mod reading;
mod remarks;
mod suspects;

use super::parse_with;
use crate::rules::ast::{Atom, Goal, GoalKind, Item, Program, Term, TermKind};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::source::Span;

/// The functions of these tests.
fn functions(name: &str, arguments: usize) -> bool {
    matches!((name, arguments), ("lower", 1) | ("add" | "max", 2))
}

fn read(text: &str) -> (Program, Vec<Diagnostic>) {
    parse_with(text, 0, &functions)
}

/// The program without its places; the text must have no errors.
fn program(text: &str) -> Program {
    let (mut program, diagnostics) = read(text);
    assert!(diagnostics.is_empty(), "{text}\n{diagnostics:#?}");
    forget_places(&mut program);
    program
}

fn forget_places(program: &mut Program) {
    for item in &mut program.items {
        match item {
            Item::Declaration(declaration) => declaration.span = Span::default(),
            Item::Clause(clause) => {
                clause.span = Span::default();
                for annotation in &mut clause.annotations {
                    annotation.span = Span::default();
                }
                atom(&mut clause.head);
                clause.body.iter_mut().for_each(goal);
            }
        }
    }
}

fn atom(atom: &mut Atom) {
    atom.span = Span::default();
    atom.arguments.iter_mut().for_each(term);
}

fn term(place: &mut Term) {
    place.span = Span::default();
    match &mut place.kind {
        TermKind::Variable(_) | TermKind::Anonymous | TermKind::Constant(_) => {}
        TermKind::List(items, rest) => {
            items.iter_mut().for_each(term);
            rest.iter_mut().for_each(|rest| term(rest));
        }
        TermKind::Record(fields) => fields.iter_mut().for_each(|(_, value)| term(value)),
        TermKind::Compound(_, arguments) | TermKind::Function(_, arguments) => {
            arguments.iter_mut().for_each(term);
        }
    }
}

fn goal(place: &mut Goal) {
    place.span = Span::default();
    match &mut place.kind {
        GoalKind::Call(call) => atom(call),
        GoalKind::Compare(_, left, right) => {
            term(left);
            term(right);
        }
        GoalKind::And(goals) | GoalKind::Or(goals) => goals.iter_mut().for_each(goal),
        GoalKind::Not(inner) | GoalKind::Exists(inner) => goal(inner),
        GoalKind::Forall(condition, inner) => {
            goal(condition);
            goal(inner);
        }
        GoalKind::If(condition, then, otherwise) => {
            goal(condition);
            goal(then);
            goal(otherwise);
        }
        GoalKind::Aggregate(aggregate) => {
            term(&mut aggregate.result);
            aggregate.template.iter_mut().for_each(term);
            goal(&mut aggregate.goal);
            for (_, span) in &mut aggregate.by {
                *span = Span::default();
            }
        }
    }
}
