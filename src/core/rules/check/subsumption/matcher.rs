//! Whether one clause covers another.

use super::super::walk::{conjuncts, each_goal_variable, each_variable, parts};
use crate::rules::ast::{Atom, Clause, Goal, GoalKind, Term, TermKind};
use std::collections::{BTreeMap, BTreeSet};

/// Whether two terms are the same, with the same variables. `_` is never the same as another `_`.
pub(in super::super) fn same(left: &Term, right: &Term) -> bool {
    match (&left.kind, &right.kind) {
        (TermKind::Variable(left), TermKind::Variable(right)) => left == right,
        (TermKind::Constant(left), TermKind::Constant(right)) => left == right,
        (TermKind::Record(left), TermKind::Record(right)) => {
            pairs(left, right).is_some_and(|pairs| pairs.into_iter().all(|(l, r)| same(l, r)))
        }
        _ => {
            has_same_top(left, right)
                && parts(left)
                    .zip(parts(right))
                    .all(|(left, right)| same(left, right))
        }
    }
}

/// Whether two lists, compounds or functions differ at most in their parts.
fn has_same_top(left: &Term, right: &Term) -> bool {
    match (&left.kind, &right.kind) {
        (TermKind::List(left, rest), TermKind::List(right, other)) => {
            left.len() == right.len() && rest.is_some() == other.is_some()
        }
        (TermKind::Compound(name, left), TermKind::Compound(other, right))
        | (TermKind::Function(name, left), TermKind::Function(other, right)) => {
            name == other && left.len() == right.len()
        }
        _ => false,
    }
}

type Field = (std::sync::Arc<str>, Term);

/// The values of two records by field; none if their fields differ.
fn pairs<'p>(left: &'p [Field], right: &'p [Field]) -> Option<Vec<(&'p Term, &'p Term)>> {
    let sorted = |fields: &'p [Field]| -> BTreeMap<&'p str, &'p Term> {
        fields
            .iter()
            .map(|(field, value)| (field.as_ref(), value))
            .collect()
    };
    let (left, right) = (sorted(left), sorted(right));
    left.keys()
        .eq(right.keys())
        .then(|| left.into_values().zip(right.into_values()).collect())
}

/// Whether an earlier clause gives every answer of a later one of the same predicate. It may be missed
/// that it does.
pub(super) fn covers(earlier: &Clause, later: &Clause) -> bool {
    if is_renamed(earlier, later) {
        return true;
    }
    let goals = |clause: &'_ Clause| clause.body.as_ref().map_or(0, |body| conjuncts(body).len());
    if goals(earlier) > MOST_GOALS {
        return false;
    }
    let mut matcher = Matcher {
        later,
        values: BTreeMap::new(),
        trail: Vec::new(),
        steps: MOST_STEPS,
    };
    if !matcher.atoms(&earlier.head, &later.head) {
        return false;
    }
    let mut wanted = earlier.body.as_ref().map_or_else(Vec::new, conjuncts);
    let given = later.body.as_ref().map_or_else(Vec::new, conjuncts);
    // What is under a negation may only be compared when all other variables have their values.
    wanted.sort_by_key(|goal| !is_plain(goal));
    matcher.goals(&wanted, &given)
}

/// Whether two clauses differ at most in the names of their variables.
fn is_renamed(earlier: &Clause, later: &Clause) -> bool {
    let mut local = BTreeSet::new();
    for argument in &later.head.arguments {
        each_variable(argument, &mut |name, _| {
            local.insert(name);
        });
    }
    if let Some(body) = &later.body {
        each_goal_variable(body, &mut |name, _| {
            local.insert(name);
        });
    }
    let values = BTreeMap::new();
    let mut scope = Scope {
        values: &values,
        renamed: BTreeMap::new(),
        taken: BTreeSet::new(),
        local,
    };
    scope.terms(&earlier.head.arguments, &later.head.arguments)
        && match (&earlier.body, &later.body) {
            (Some(earlier), Some(later)) => scope.goals(earlier, later),
            (None, None) => true,
            _ => false,
        }
}

/// More conditions of an earlier clause are not compared.
const MOST_GOALS: usize = 32;

/// Pairs of conditions that are tried for one pair of clauses.
const MOST_STEPS: usize = 200;

const fn is_plain(goal: &Goal) -> bool {
    matches!(goal.kind, GoalKind::Call(_) | GoalKind::Compare(..))
}

struct Matcher<'p> {
    later: &'p Clause,
    /// Of the earlier clause's variables.
    values: BTreeMap<&'p str, &'p Term>,
    trail: Vec<&'p str>,
    steps: usize,
}

impl<'p> Matcher<'p> {
    /// Whether each wanted goal can be made one of those given.
    fn goals(&mut self, wanted: &[&'p Goal], given: &[&'p Goal]) -> bool {
        let Some((first, rest)) = wanted.split_first() else {
            return true;
        };
        for other in given {
            if self.steps == 0 {
                return false;
            }
            self.steps -= 1;
            let mark = self.trail.len();
            if self.goal(first, other) && self.goals(rest, given) {
                return true;
            }
            self.undo(mark);
        }
        false
    }

    fn undo(&mut self, mark: usize) {
        for name in self.trail.drain(mark..) {
            self.values.remove(name);
        }
    }

    fn goal(&mut self, wanted: &'p Goal, given: &'p Goal) -> bool {
        match (&wanted.kind, &given.kind) {
            (GoalKind::Call(wanted), GoalKind::Call(given)) => self.atoms(wanted, given),
            (
                GoalKind::Compare(wanted, left, right),
                GoalKind::Compare(given, other_left, other_right),
            ) => wanted == given && self.term(left, other_left) && self.term(right, other_right),
            _ if is_plain(wanted) || is_plain(given) => false,
            _ => {
                let mut scope = Scope::new(self, given);
                let is_same = scope.goals(wanted, given);
                let renamed = scope.renamed;
                if is_same {
                    for (name, term) in renamed {
                        self.set(name, term);
                    }
                }
                is_same
            }
        }
    }

    fn atoms(&mut self, wanted: &'p Atom, given: &'p Atom) -> bool {
        wanted.name == given.name
            && wanted.arguments.len() == given.arguments.len()
            && self.terms(wanted.arguments.iter(), given.arguments.iter())
    }

    fn terms(
        &mut self,
        wanted: impl Iterator<Item = &'p Term>,
        given: impl Iterator<Item = &'p Term>,
    ) -> bool {
        wanted
            .zip(given)
            .all(|(wanted, given)| self.term(wanted, given))
    }

    /// Whether values of variables make a term the same as another.
    fn term(&mut self, wanted: &'p Term, given: &'p Term) -> bool {
        match (&wanted.kind, &given.kind) {
            (TermKind::Anonymous, _) => true,
            (TermKind::Variable(name), _) => match self.values.get(name.as_ref()) {
                Some(value) => std::ptr::eq(*value, given) || same(value, given),
                None => {
                    self.set(name, given);
                    true
                }
            },
            (TermKind::Constant(wanted), TermKind::Constant(given)) => wanted == given,
            (TermKind::Record(wanted), TermKind::Record(given)) => pairs(wanted, given)
                .is_some_and(|pairs| {
                    pairs
                        .into_iter()
                        .all(|(wanted, given)| self.term(wanted, given))
                }),
            _ => has_same_top(wanted, given) && self.terms(parts(wanted), parts(given)),
        }
    }

    fn set(&mut self, name: &'p str, value: &'p Term) {
        self.values.insert(name, value);
        self.trail.push(name);
    }
}

/// Compares goals under a negation, a choice or an aggregate: there, variables may only have other
/// names, for fewer solutions can mean more answers.
struct Scope<'m, 'p> {
    values: &'m BTreeMap<&'p str, &'p Term>,
    renamed: BTreeMap<&'p str, &'p Term>,
    taken: BTreeSet<&'p str>,
    /// Variables of the later clause that occur in this goal and nowhere else.
    local: BTreeSet<&'p str>,
}

impl<'m, 'p> Scope<'m, 'p> {
    fn new(matcher: &'m mut Matcher<'p>, given: &'p Goal) -> Self {
        let mut counts: BTreeMap<&str, isize> = BTreeMap::new();
        each_goal_variable(given, &mut |name, _| *counts.entry(name).or_default() += 1);
        for argument in &matcher.later.head.arguments {
            each_variable(argument, &mut |name, _| {
                *counts.entry(name).or_default() -= 1;
            });
        }
        let mut size = 0_usize;
        if let Some(body) = &matcher.later.body {
            each_goal_variable(body, &mut |name, _| {
                size += 1;
                *counts.entry(name).or_default() -= 1;
            });
        }
        matcher.steps = matcher.steps.saturating_sub(size / 16);
        Self {
            values: &matcher.values,
            renamed: BTreeMap::new(),
            taken: BTreeSet::new(),
            local: counts
                .into_iter()
                .filter(|(_, count)| *count == 0)
                .map(|(name, _)| name)
                .collect(),
        }
    }

    fn goals(&mut self, left: &'p Goal, right: &'p Goal) -> bool {
        match (&left.kind, &right.kind) {
            (GoalKind::Call(left), GoalKind::Call(right)) => {
                left.name == right.name && self.terms(&left.arguments, &right.arguments)
            }
            (GoalKind::Compare(one, left, right), GoalKind::Compare(other, left_2, right_2)) => {
                one == other && self.term(left, left_2) && self.term(right, right_2)
            }
            (GoalKind::And(left), GoalKind::And(right))
            | (GoalKind::Or(left), GoalKind::Or(right)) => {
                left.len() == right.len()
                    && left
                        .iter()
                        .zip(right)
                        .all(|(left, right)| self.goals(left, right))
            }
            (GoalKind::Not(left), GoalKind::Not(right))
            | (GoalKind::Exists(left), GoalKind::Exists(right)) => self.goals(left, right),
            (GoalKind::Forall(one, left), GoalKind::Forall(other, right)) => {
                self.goals(one, other) && self.goals(left, right)
            }
            (GoalKind::If(one, left, last), GoalKind::If(other, right, end)) => {
                self.goals(one, other) && self.goals(left, right) && self.goals(last, end)
            }
            (GoalKind::Aggregate(left), GoalKind::Aggregate(right)) => {
                left.function == right.function
                    && self.goals(&left.goal, &right.goal)
                    && self.term(&left.result, &right.result)
                    && match (&left.template, &right.template) {
                        (Some(left), Some(right)) => self.term(left, right),
                        (None, None) => true,
                        _ => false,
                    }
                    && left.by.len() == right.by.len()
                    && left
                        .by
                        .iter()
                        .zip(&right.by)
                        .all(|((left, _), (right, _))| self.is_same_name(left, right))
            }
            _ => false,
        }
    }

    fn terms(&mut self, left: &'p [Term], right: &'p [Term]) -> bool {
        left.len() == right.len()
            && left
                .iter()
                .zip(right)
                .all(|(left, right)| self.term(left, right))
    }

    fn term(&mut self, left: &'p Term, right: &'p Term) -> bool {
        match (&left.kind, &right.kind) {
            (TermKind::Variable(name), _) => self.variable(name, right),
            (TermKind::Anonymous, TermKind::Anonymous) => true,
            (TermKind::Constant(left), TermKind::Constant(right)) => left == right,
            (TermKind::Record(left), TermKind::Record(right)) => {
                pairs(left, right).is_some_and(|pairs| {
                    pairs
                        .into_iter()
                        .all(|(left, right)| self.term(left, right))
                })
            }
            _ => {
                has_same_top(left, right)
                    && parts(left)
                        .zip(parts(right))
                        .all(|(left, right)| self.term(left, right))
            }
        }
    }

    fn value(&self, name: &str) -> Option<&'p Term> {
        let value = self.values.get(name).or_else(|| self.renamed.get(name));
        value.copied()
    }

    /// Whether a variable whose value is known stands for one of this name.
    fn is_same_name(&self, name: &str, other: &str) -> bool {
        let value = self.value(name).map(|value| &value.kind);
        matches!(value, Some(TermKind::Variable(value)) if **value == *other)
    }

    fn variable(&mut self, name: &'p str, other: &'p Term) -> bool {
        if let Some(value) = self.value(name) {
            return same(value, other);
        }
        let TermKind::Variable(new) = &other.kind else {
            return false;
        };
        let is_free = self.local.contains(new.as_ref()) && self.taken.insert(new);
        if is_free {
            self.renamed.insert(name, other);
        }
        is_free
    }
}
