//! Ways through goals and terms. Sources nest to a bounded depth, so these may recurse.

use crate::rules::ast::{Atom, Goal, GoalKind, Name, Term, TermKind};
use crate::rules::source::Span;

/// Under what a goal stands, if what is outside depends on all of its solutions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) enum Under {
    Nothing,
    Not,
    Forall,
    Condition,
    Aggregate,
}

impl Under {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Not => " under `not`",
            Self::Forall => " in a `forall`",
            Self::Condition => " in the condition of an `if`",
            Self::Aggregate => " in an aggregate",
        }
    }
}

/// Every goal that is not made of other goals, and every aggregate before its goal.
pub(in crate::rules) fn each_goal<'p>(
    goal: &'p Goal,
    under: Under,
    visit: &mut dyn FnMut(&'p Goal, Under),
) {
    let inner = |with: Under| if under == Under::Nothing { with } else { under };
    match &goal.kind {
        GoalKind::Call(_) | GoalKind::Compare(..) => visit(goal, under),
        GoalKind::And(goals) | GoalKind::Or(goals) => {
            for goal in goals {
                each_goal(goal, under, visit);
            }
        }
        GoalKind::Not(goal) => each_goal(goal, inner(Under::Not), visit),
        GoalKind::Exists(goal) => each_goal(goal, under, visit),
        GoalKind::Forall(condition, goal) => {
            each_goal(condition, inner(Under::Forall), visit);
            each_goal(goal, inner(Under::Forall), visit);
        }
        GoalKind::If(condition, then, otherwise) => {
            each_goal(condition, inner(Under::Condition), visit);
            each_goal(then, under, visit);
            each_goal(otherwise, under, visit);
        }
        GoalKind::Aggregate(aggregate) => {
            visit(goal, under);
            each_goal(&aggregate.goal, inner(Under::Aggregate), visit);
        }
    }
}

/// Every call of a predicate or built-in.
pub(super) fn each_call<'p>(goal: &'p Goal, visit: &mut dyn FnMut(&'p Atom, Under)) {
    each_goal(goal, Under::Nothing, &mut |goal, under| {
        if let GoalKind::Call(atom) = &goal.kind {
            visit(atom, under);
        }
    });
}

/// The goals of a conjunction, in order, without inner conjunctions.
pub(super) fn conjuncts(goal: &Goal) -> Vec<&Goal> {
    fn gather<'p>(goal: &'p Goal, found: &mut Vec<&'p Goal>) {
        match &goal.kind {
            GoalKind::And(goals) => goals.iter().for_each(|goal| gather(goal, found)),
            _ => found.push(goal),
        }
    }
    let mut found = Vec::new();
    gather(goal, &mut found);
    found
}

/// The parts of a term, in order.
pub(super) fn parts(term: &Term) -> impl Iterator<Item = &Term> {
    let (items, rest, fields): (&[Term], _, &[_]) = match &term.kind {
        TermKind::Variable(_) | TermKind::Anonymous | TermKind::Constant(_) => (&[], None, &[]),
        TermKind::List(items, rest) => (items, rest.as_deref(), &[]),
        TermKind::Record(fields) => (&[], None, fields),
        TermKind::Compound(_, arguments) | TermKind::Function(_, arguments) => {
            (arguments, None, &[])
        }
    };
    items
        .iter()
        .chain(rest)
        .chain(fields.iter().map(|(_, value)| value))
}

/// Whether a term or a part of it is such.
pub(super) fn holds(term: &Term, such: &dyn Fn(&Term) -> bool) -> bool {
    such(term) || parts(term).any(|part| holds(part, such))
}

/// Whether a term is or holds a variable.
pub(super) fn holds_variable(term: &Term) -> bool {
    holds(term, &|term| {
        matches!(term.kind, TermKind::Variable(_) | TermKind::Anonymous)
    })
}

/// Whether a term holds nothing but constants.
pub(super) fn is_constant(term: &Term) -> bool {
    !holds(term, &|term| {
        matches!(
            term.kind,
            TermKind::Variable(_) | TermKind::Anonymous | TermKind::Function(..)
        )
    })
}

/// Every variable with a name in a term.
pub(super) fn each_variable<'p>(term: &'p Term, visit: &mut dyn FnMut(&'p str, Span)) {
    if let TermKind::Variable(name) = &term.kind {
        visit(name, term.span);
    }
    for part in parts(term) {
        each_variable(part, visit);
    }
}

/// Every variable with a name in a goal, in the order in which it is written.
pub(in crate::rules) fn each_goal_variable<'p>(
    goal: &'p Goal,
    visit: &mut dyn FnMut(&'p str, Span),
) {
    match &goal.kind {
        GoalKind::Call(atom) => {
            for argument in &atom.arguments {
                each_variable(argument, visit);
            }
        }
        GoalKind::Compare(_, left, right) => {
            each_variable(left, visit);
            each_variable(right, visit);
        }
        GoalKind::And(goals) | GoalKind::Or(goals) => {
            for goal in goals {
                each_goal_variable(goal, visit);
            }
        }
        GoalKind::Not(goal) | GoalKind::Exists(goal) => each_goal_variable(goal, visit),
        GoalKind::Forall(condition, goal) => {
            each_goal_variable(condition, visit);
            each_goal_variable(goal, visit);
        }
        GoalKind::If(condition, then, otherwise) => {
            each_goal_variable(condition, visit);
            each_goal_variable(then, visit);
            each_goal_variable(otherwise, visit);
        }
        GoalKind::Aggregate(aggregate) => {
            each_variable(&aggregate.result, visit);
            if let Some(template) = &aggregate.template {
                each_variable(template, visit);
            }
            each_goal_variable(&aggregate.goal, visit);
            for (name, span) in &aggregate.by {
                visit(name, *span);
            }
        }
    }
}

/// Every term that a goal holds, without its parts.
pub(in crate::rules) fn each_goal_term<'p>(goal: &'p Goal, visit: &mut dyn FnMut(&'p Term)) {
    each_goal(goal, Under::Nothing, &mut |goal, _| match &goal.kind {
        GoalKind::Call(atom) => atom.arguments.iter().for_each(&mut *visit),
        GoalKind::Compare(_, left, right) => {
            visit(left);
            visit(right);
        }
        GoalKind::Aggregate(aggregate) => {
            let terms = aggregate.template.iter().chain([&aggregate.result]);
            terms.for_each(&mut *visit);
        }
        _ => {}
    });
}

/// A term and all of its parts.
pub(in crate::rules) fn each_part<'p>(term: &'p Term, visit: &mut dyn FnMut(&'p Term)) {
    visit(term);
    for part in parts(term) {
        each_part(part, visit);
    }
}

/// The name of every function in a goal.
pub(super) fn each_function<'p>(goal: &'p Goal, visit: &mut dyn FnMut(&'p Name)) {
    each_goal_term(goal, &mut |term| {
        each_part(term, &mut |part| {
            if let TermKind::Function(name, _) = &part.kind {
                visit(name);
            }
        });
    });
}
