//! Which predicates keep their answers in tables.
//!
//! Recursive predicates do, unless they are declared otherwise, or recur by building or taking apart
//! data, or by counting: those end by themselves, and a table would hold each step.

use super::Find;
use super::analysis::Recursion;
use super::codes::LEFT_RECURSION_UNTABLED;
use super::graph::{Edge, Graph};
use super::matching::clash;
use super::table::Table;
use super::walk::{Under, each_call, each_goal, holds, holds_variable};
use crate::rules::ast::{
    Atom, Clause, Comparison, DeclarationKind, Goal, GoalKind, Term, TermKind,
};
use crate::rules::builtins::{Group, Yields};
use crate::rules::diagnostic::Diagnostic;
use std::collections::{BTreeMap, BTreeSet};

/// By number of predicate.
pub(super) fn tabled(table: &Table<'_>, components: &[usize], recursive: &[bool]) -> Vec<bool> {
    let is_recursive = |number: usize| recursive.get(number).copied().unwrap_or_default();
    let mut by_data: BTreeSet<usize> = BTreeSet::new();
    let mut by_counting: BTreeSet<usize> = BTreeSet::new();
    for number in (0..table.entries.len()).filter(|number| is_recursive(*number)) {
        let Some(component) = components.get(number).copied() else {
            continue;
        };
        for clause in table.clauses_of(number) {
            let recurs = recurs(table, components, component, clause);
            if recurs.by_data {
                by_data.insert(component);
            }
            if recurs.by_counting {
                by_counting.insert(component);
            }
        }
    }
    let left = left_calls(table, components, &is_recursive);
    let loops = left.components();
    let left_recursive: BTreeSet<usize> = left
        .edges()
        .iter()
        .filter(|edge| loops.get(edge.from) == loops.get(edge.to))
        .filter_map(|edge| components.get(edge.from).copied())
        .collect();
    let is_tabled = |(number, entry): (usize, &super::table::Entry<'_>)| {
        if entry.declared(DeclarationKind::Tabled).is_some() {
            return true;
        }
        let component = components.get(number).copied().unwrap_or_default();
        is_recursive(number)
            && entry.declared(DeclarationKind::Untabled).is_none()
            && !by_data.contains(&component)
            && (!by_counting.contains(&component) || left_recursive.contains(&component))
    };
    table.entries.iter().enumerate().map(is_tabled).collect()
}

/// How a clause gets from its head to a call of its own component.
#[derive(Default)]
struct Recurs {
    by_data: bool,
    by_counting: bool,
}

fn recurs(table: &Table<'_>, components: &[usize], own: usize, clause: &Clause) -> Recurs {
    let Some(body) = &clause.body else {
        return Recurs::default();
    };
    let mut calls: Vec<&Atom> = Vec::new();
    each_call(body, &mut |atom, _| {
        let called = table.called(atom);
        if called.is_some_and(|called| components.get(called) == Some(&own)) {
            calls.push(atom);
        }
    });
    if calls.is_empty() {
        return Recurs::default();
    }
    let given = values(body, table.find);
    let value_of = |term: &Term| match &term.kind {
        TermKind::Variable(name) => given.get(name.as_ref()).copied(),
        _ => None,
    };
    let is_data = |term: &Term| is_open_data(term) || matches!(value_of(term), Some(Value::Data));
    let is_counted = |term: &Term| {
        is_arithmetic(term, table.find) || matches!(value_of(term), Some(Value::Number))
    };
    let mut passed = calls.iter().flat_map(|call| &call.arguments);
    Recurs {
        by_counting: passed.clone().any(is_counted),
        by_data: clause.head.arguments.iter().any(is_data) || passed.any(is_data),
    }
}

/// What a goal gives a variable.
#[derive(Clone, Copy)]
enum Value {
    /// A list, record or compound that holds variables.
    Data,
    /// A number that was computed.
    Number,
}

/// The variables that `=` or arithmetic built-ins of a body give such values.
fn values<'p>(body: &'p Goal, find: Find<'_>) -> BTreeMap<&'p str, Value> {
    let mut given = BTreeMap::new();
    each_goal(body, Under::Nothing, &mut |goal, _| match &goal.kind {
        GoalKind::Compare(Comparison::Equal, left, right) => {
            for (variable, value) in [(left, right), (right, left)] {
                let TermKind::Variable(name) = &variable.kind else {
                    continue;
                };
                if is_arithmetic(value, find) {
                    given.insert(name.as_ref(), Value::Number);
                } else if is_open_data(value) {
                    given.insert(name.as_ref(), Value::Data);
                }
            }
        }
        GoalKind::Call(atom) => {
            let builtin = find(&atom.name, atom.arguments.len());
            let computes = builtin.is_some_and(|builtin| {
                builtin.group == Group::Arithmetic && builtin.yields != Yields::Test
            });
            if let (true, Some(last)) = (computes, atom.arguments.last())
                && let TermKind::Variable(name) = &last.kind
            {
                given.insert(name.as_ref(), Value::Number);
            }
        }
        _ => {}
    });
    given
}

/// Whether a term is a list, record or compound that holds a variable.
fn is_open_data(term: &Term) -> bool {
    let is_data = matches!(
        term.kind,
        TermKind::List(..) | TermKind::Record(_) | TermKind::Compound(..)
    );
    is_data && holds_variable(term)
}

fn is_arithmetic(term: &Term, find: Find<'_>) -> bool {
    holds(term, &|term| match &term.kind {
        TermKind::Function(name, arguments) => {
            let builtin = find(name, arguments.len() + 1);
            ["+", "-", "*", "/", "//", "%", "**"].contains(&name.as_ref())
                || builtin.is_some_and(|builtin| builtin.group == Group::Arithmetic)
        }
        _ => false,
    })
}

/// Calls that come first in a rule, and with which nothing has become smaller.
fn left_calls(
    table: &Table<'_>,
    components: &[usize],
    is_counted: &dyn Fn(usize) -> bool,
) -> Graph {
    let mut edges = Vec::new();
    for from in (0..table.entries.len()).filter(|number| is_counted(*number)) {
        for clause in table.clauses_of(from) {
            let Some(body) = &clause.body else { continue };
            let mut first = Vec::new();
            first_calls(body, table.find, &mut first);
            for atom in first {
                let Some(to) = table.called(atom).filter(|to| is_counted(*to)) else {
                    continue;
                };
                let is_inside = components.get(to) == components.get(from);
                if is_inside && is_no_step(&clause.head, atom, from == to) {
                    edges.push(Edge {
                        from,
                        to,
                        under: Under::Nothing,
                        span: atom.span,
                    });
                }
            }
        }
    }
    Graph::new(table.entries.len(), edges)
}

/// The calls before which nothing is bound. Gives whether a goal is but a test.
fn first_calls<'p>(goal: &'p Goal, find: Find<'_>, found: &mut Vec<&'p Atom>) -> bool {
    match &goal.kind {
        GoalKind::Call(atom) => match find(&atom.name, atom.arguments.len()) {
            Some(builtin) => builtin.yields == Yields::Test,
            None => {
                found.push(atom);
                false
            }
        },
        GoalKind::Compare(comparison, ..) => *comparison != Comparison::Equal,
        GoalKind::And(goals) => goals.iter().all(|goal| first_calls(goal, find, found)),
        GoalKind::Or(goals) => {
            let mut is_test = true;
            for goal in goals {
                is_test &= first_calls(goal, find, found);
            }
            is_test
        }
        GoalKind::Exists(goal) => first_calls(goal, find, found),
        GoalKind::Not(_) | GoalKind::Forall(..) => true,
        GoalKind::If(condition, then, otherwise) => {
            let mut is_test = first_calls(condition, find, found);
            if is_test {
                is_test = first_calls(then, find, found);
            }
            first_calls(otherwise, find, found) && is_test
        }
        GoalKind::Aggregate(_) => false,
    }
}

/// Whether a call asks for no less than the head was asked for.
fn is_no_step(head: &Atom, call: &Atom, is_same: bool) -> bool {
    let is_whole = |name: &str| {
        head.arguments
            .iter()
            .any(|argument| matches!(&argument.kind, TermKind::Variable(own) if **own == *name))
    };
    let is_inside = |name: &str| {
        head.arguments.iter().any(|argument| {
            holds(
                argument,
                &|term| matches!(&term.kind, TermKind::Variable(own) if **own == *name),
            )
        })
    };
    let repeats = call.arguments.iter().all(|argument| match &argument.kind {
        TermKind::Variable(name) => is_whole(name) || !is_inside(name),
        TermKind::Anonymous | TermKind::Constant(_) => true,
        _ => false,
    });
    let mut pairs = head.arguments.iter().zip(&call.arguments);
    repeats && !(is_same && pairs.any(|(left, right)| clash(left, right)))
}

/// Untabled predicates that would run in circles.
pub(super) fn check(table: &Table<'_>, recursion: &Recursion, found: &mut Vec<Diagnostic>) {
    let is_untabled =
        |number: usize| recursion.is_recursive(number) && !recursion.is_tabled(number);
    let left = left_calls(table, &recursion.components, &is_untabled);
    let loops = left.components();
    let mut seen = BTreeSet::new();
    for edge in left.edges() {
        let component = loops.get(edge.from);
        if component != loops.get(edge.to) || !seen.insert(component) {
            continue;
        }
        let Some(entry) = table.entry(edge.from) else {
            continue;
        };
        let indicator = entry.indicator();
        let mut diagnostic = LEFT_RECURSION_UNTABLED
            .at(
                edge.span,
                format!("`{indicator}` is not tabled, and calls itself again before anything else"),
            )
            .label("this asks again what the head was asked");
        for step in left.way(edge.to, edge.from, &loops) {
            diagnostic = diagnostic.related(step.span, "which leads on to this");
        }
        found.push(match entry.declared(DeclarationKind::Untabled) {
            Some(declaration) => diagnostic.related(declaration.span, "declared here").help(
                format!(
                    "remove the declaration, write `tabled {indicator}.`, or put another goal first"
                ),
            ),
            None => diagnostic.help(format!(
                "declare it with `tabled {indicator}.`, or put another goal first"
            )),
        });
    }
}
