//! The variables of clauses, each with a number.

use crate::rules::ast::{Atom, Clause, Goal, GoalKind, Name, Term, TermKind};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the name of a variable that has none begins with; no author can see it.
const NAMELESS: char = '\0';

/// A clause whose variables all have names and numbers.
#[derive(Debug)]
pub(super) struct Prepared {
    /// What it says, with a name for each anonymous variable.
    pub(super) head: Atom,
    /// When it holds.
    pub(super) body: Option<Goal>,
    /// Its variables.
    pub(super) scope: Scope,
}

/// The variables of a clause or query. The place of a name is its number.
// INVARIANT: sorted.
#[derive(Debug, Clone)]
pub(super) struct Scope(Arc<[Name]>);

impl Prepared {
    pub(super) fn clause(clause: &Clause) -> Self {
        let mut namer = Namer::default();
        let mut head = clause.head.clone();
        head.arguments.iter_mut().for_each(|term| namer.term(term));
        let mut body = clause.body.clone();
        if let Some(body) = &mut body {
            namer.goal(body);
        }
        Self {
            head,
            body,
            scope: namer.scope(),
        }
    }
}

/// A goal without anonymous variables, and its variables.
pub(super) fn prepare_goal(goal: &Goal) -> (Goal, Scope) {
    let mut namer = Namer::default();
    let mut goal = goal.clone();
    namer.goal(&mut goal);
    (goal, namer.scope())
}

/// Whether an author gave this name.
pub(super) fn is_named(name: &str) -> bool {
    !name.starts_with(NAMELESS)
}

impl Scope {
    /// How many variables there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The number of a variable.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        let place = self.0.binary_search_by(|known| known.as_ref().cmp(name));
        u32::try_from(place.ok()?).ok()
    }

    /// All names, in order of their numbers.
    pub(super) fn names(&self) -> &[Name] {
        &self.0
    }
}

/// Gives names to anonymous variables and collects all.
#[derive(Default)]
struct Namer {
    names: BTreeSet<Name>,
    nameless: usize,
}

impl Namer {
    fn scope(self) -> Scope {
        Scope(self.names.into_iter().collect())
    }

    fn term(&mut self, term: &mut Term) {
        match &mut term.kind {
            TermKind::Anonymous => {
                self.nameless += 1;
                let name: Name = format!("{NAMELESS}{}", self.nameless).into();
                self.names.insert(name.clone());
                term.kind = TermKind::Variable(name);
            }
            TermKind::Variable(name) => {
                self.names.insert(name.clone());
            }
            TermKind::Constant(_) => {}
            TermKind::List(items, rest) => {
                items.iter_mut().for_each(|item| self.term(item));
                if let Some(rest) = rest {
                    self.term(rest);
                }
            }
            TermKind::Record(fields) => fields.iter_mut().for_each(|(_, value)| self.term(value)),
            TermKind::Compound(_, arguments) | TermKind::Function(_, arguments) => {
                arguments
                    .iter_mut()
                    .for_each(|argument| self.term(argument));
            }
        }
    }

    fn goal(&mut self, goal: &mut Goal) {
        match &mut goal.kind {
            GoalKind::Call(atom) => atom.arguments.iter_mut().for_each(|term| self.term(term)),
            GoalKind::Compare(_, left, right) => {
                self.term(left);
                self.term(right);
            }
            GoalKind::And(goals) | GoalKind::Or(goals) => {
                goals.iter_mut().for_each(|goal| self.goal(goal));
            }
            GoalKind::Not(goal) | GoalKind::Exists(goal) => self.goal(goal),
            GoalKind::Forall(condition, goal) => {
                self.goal(condition);
                self.goal(goal);
            }
            GoalKind::If(condition, then, otherwise) => {
                self.goal(condition);
                self.goal(then);
                self.goal(otherwise);
            }
            GoalKind::Aggregate(aggregate) => {
                self.term(&mut aggregate.result);
                if let Some(template) = &mut aggregate.template {
                    self.term(template);
                }
                self.goal(&mut aggregate.goal);
                self.names
                    .extend(aggregate.by.iter().map(|(name, _)| name.clone()));
            }
        }
    }
}

/// The variables that solutions of a goal may differ in: those outside of `not`, `exists`, `forall` and
/// what an aggregate looks at.
pub(in crate::rules) fn open_variables(goal: &Goal) -> BTreeSet<Name> {
    let mut names = BTreeSet::new();
    let mut pending = vec![goal];
    let mut terms = Vec::new();
    while let Some(goal) = pending.pop() {
        match &goal.kind {
            GoalKind::Call(atom) => terms.extend(atom.arguments.iter()),
            GoalKind::Compare(_, left, right) => terms.extend([left, right]),
            GoalKind::And(goals) | GoalKind::Or(goals) => pending.extend(goals),
            GoalKind::Not(_) | GoalKind::Exists(_) | GoalKind::Forall(..) => {}
            GoalKind::If(condition, then, otherwise) => {
                pending.extend([condition.as_ref(), then, otherwise]);
            }
            GoalKind::Aggregate(aggregate) => {
                terms.push(&aggregate.result);
                names.extend(aggregate.by.iter().map(|(name, _)| name.clone()));
            }
        }
    }
    while let Some(term) = terms.pop() {
        match &term.kind {
            TermKind::Variable(name) => {
                names.insert(name.clone());
            }
            TermKind::Anonymous | TermKind::Constant(_) => {}
            TermKind::List(items, rest) => {
                terms.extend(items);
                terms.extend(rest.as_deref());
            }
            TermKind::Record(fields) => terms.extend(fields.iter().map(|(_, value)| value)),
            TermKind::Compound(_, arguments) | TermKind::Function(_, arguments) => {
                terms.extend(arguments);
            }
        }
    }
    names
}
