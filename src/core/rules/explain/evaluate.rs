//! Solutions of goals: all ways in which the body of a clause holds, with what each rests on.
//!
//! Predicates are not followed; their answers come from the solver.

use super::bindings::{Bindings, TooDeep, size};
use super::clauses::Explainer;
use super::memory::Memory;
use super::text;
use super::variables::Scope;
use super::{Builtins, ExplainError, ExplainLimits, Inquiry, Solver};
use crate::limits::LimitReached;
use crate::rules::ast::{Atom, Comparison, Goal, GoalKind, Name, Term, TermKind};
use crate::rules::error::QueryError;
use crate::rules::value::Value;
use std::sync::Arc;

/// A bound was reached; `Search::trouble` says which.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop;

/// One way in which some goals hold.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) bindings: Bindings,
    /// What they rest on, in order.
    pub(super) premises: Vec<Premise>,
}

/// What a solution rests on.
#[derive(Debug, Clone)]
pub(super) enum Premise {
    /// A predicate of the program.
    Call(Name, Vec<Value>),
    /// Something that needs no proof.
    Leaf(Leaf),
    /// Something with premises of its own: of each part one alternative.
    Group(Arc<Group>),
    /// One of these.
    Either(Arc<[Vec<Self>]>),
}

/// Something that needs no proof.
#[derive(Debug, Clone)]
pub(super) enum Leaf {
    External(Name, Vec<Value>),
    /// With how it is written.
    Builtin(Name, Vec<Value>, Arc<str>),
    /// With how it is written.
    Comparison(Comparison, Value, Value, Arc<str>),
    /// In text form.
    Absent(Arc<str>),
}

/// A goal with goals in it.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) text: String,
    pub(super) kind: GroupKind,
    /// For each part its alternatives.
    pub(super) parts: Vec<Vec<Vec<Premise>>>,
}

#[derive(Debug)]
pub(super) enum GroupKind {
    Every,
    Aggregate { value: Value, solutions: usize },
    Condition { held: bool },
}

/// A function that is evaluated before the goal that it stands in.
#[derive(Debug)]
pub(super) struct Evaluation<'t> {
    pub(super) term: &'t Term,
    pub(super) name: &'t Name,
    pub(super) arguments: Vec<Value>,
    pub(super) result: Value,
}

/// One explanation under way.
pub(super) struct Search<'a> {
    pub(super) explainer: &'a Explainer,
    pub(super) solver: &'a mut dyn Solver,
    pub(super) builtins: &'a dyn Builtins,
    pub(super) facts: &'a [(Name, Vec<Value>)],
    pub(super) limits: ExplainLimits,
    /// The first thing that kept a solution from being found.
    pub(super) trouble: Option<ExplainError>,
    /// Whether a solution may be missing since this was last made false.
    pub(super) doubt: bool,
    /// What it shares with other explanations of the same query.
    pub(super) memory: Memory,
}

impl<'a> Search<'a> {
    pub(super) fn new(explainer: &'a Explainer, inquiry: &'a mut Inquiry<'_>) -> Self {
        Self {
            explainer,
            solver: &mut *inquiry.solver,
            builtins: inquiry.builtins,
            facts: inquiry.facts,
            limits: inquiry.limits,
            trouble: None,
            doubt: false,
            memory: Memory::default(),
        }
    }

    /// Counts work.
    pub(super) fn spend(&mut self, steps: u64) -> Result<(), Stop> {
        self.memory.steps = self.memory.steps.saturating_add(steps);
        self.check("explain-steps", self.limits.max_steps, self.memory.steps)
    }

    /// Counts terms that are kept.
    pub(super) fn keep(&mut self, values: &[Value]) -> Result<(), Stop> {
        self.keep_bytes(size(values))
    }

    /// Counts bytes that are kept.
    pub(super) fn keep_bytes(&mut self, bytes: u64) -> Result<(), Stop> {
        self.memory.bytes = self.memory.bytes.saturating_add(bytes);
        self.check("explain-bytes", self.limits.max_bytes, self.memory.bytes)
    }

    pub(super) fn check(&mut self, name: &str, limit: u64, observed: u64) -> Result<(), Stop> {
        if observed <= limit {
            return Ok(());
        }
        self.doubt(ExplainError::Limit(LimitReached {
            name: name.to_owned(),
            limit,
            observed,
        }));
        Err(Stop)
    }

    /// Remembers that a solution may be missing.
    pub(super) fn doubt(&mut self, trouble: ExplainError) {
        self.doubt = true;
        self.trouble.get_or_insert(trouble);
    }

    /// What was computed; none, with a doubt, where a term is nested too deep.
    pub(super) fn nested<T>(&mut self, outcome: Result<T, TooDeep>) -> Option<T> {
        if outcome.is_err() {
            self.doubt(ExplainError::Limit(LimitReached {
                name: "explain-nesting".to_owned(),
                limit: 200,
                observed: 201,
            }));
        }
        outcome.ok()
    }

    /// All ways in which a goal holds after each of some states, in order.
    pub(super) fn goal(
        &mut self,
        goal: &Goal,
        scope: &Scope,
        mut states: Vec<State>,
    ) -> Result<Vec<State>, Stop> {
        if let GoalKind::And(goals) = &goal.kind {
            for goal in goals {
                states = match self.joined(goal, scope, &states)? {
                    Some(found) => found,
                    None => self.goal(goal, scope, states)?,
                };
            }
            return Ok(states);
        }
        let mut found = Vec::new();
        for state in states {
            self.spend(1)?;
            found.extend(self.goal_once(goal, scope, state)?);
        }
        Ok(found)
    }

    /// All solutions of a goal; none, with a doubt, where some may be missing.
    pub(super) fn all(
        &mut self,
        goal: &Goal,
        scope: &Scope,
        bindings: &Bindings,
    ) -> Result<Option<Vec<State>>, Stop> {
        let before = std::mem::take(&mut self.doubt);
        let found = self.goal(goal, scope, vec![State::from(bindings)])?;
        let complete = !self.doubt;
        self.doubt |= before;
        Ok(complete.then_some(found))
    }

    fn goal_once(&mut self, goal: &Goal, scope: &Scope, state: State) -> Result<Vec<State>, Stop> {
        match &goal.kind {
            GoalKind::And(_) => self.goal(goal, scope, vec![state]),
            GoalKind::Or(goals) => {
                let mut found = Vec::new();
                for goal in goals {
                    found.extend(self.goal(goal, scope, vec![state.clone()])?);
                }
                Ok(found)
            }
            GoalKind::Call(atom) => self.call_atom(goal, atom, scope, state),
            GoalKind::Compare(comparison, left, right) => {
                let (values, states) = self.terms([left, right], scope, state)?;
                let written = text::written(goal);
                self.for_each(states, |search, state| {
                    search.compare(*comparison, &values, &written, state)
                })
            }
            GoalKind::Not(inner) => self.not(goal, inner, scope, state),
            GoalKind::Exists(inner) => self.exists(inner, scope, state),
            GoalKind::Forall(condition, inner) => self.every(goal, condition, inner, scope, state),
            GoalKind::If(condition, then, otherwise) => {
                self.condition(goal, [condition, then, otherwise], scope, state)
            }
            GoalKind::Aggregate(aggregate) => self.aggregate(goal, aggregate, scope, state),
        }
    }

    fn for_each(
        &mut self,
        states: Vec<State>,
        mut step: impl FnMut(&mut Self, State) -> Result<Vec<State>, Stop>,
    ) -> Result<Vec<State>, Stop> {
        let mut found = Vec::new();
        for state in states {
            found.extend(step(self, state)?);
        }
        Ok(found)
    }

    fn call_atom(
        &mut self,
        goal: &Goal,
        atom: &Atom,
        scope: &Scope,
        state: State,
    ) -> Result<Vec<State>, Stop> {
        let (values, states) = self.terms(&atom.arguments, scope, state)?;
        let builtin = self.builtin_of(&atom.name, values.len());
        let Some(builtin) = builtin else {
            return self.for_each(states, |search, state| {
                search.ask(&atom.name, &values, state)
            });
        };
        let written = text::written(goal);
        self.for_each(states, |search, state| {
            let mut found = search.builtin(builtin, &values, Some(goal.span), state)?;
            for state in &mut found {
                let leaf = Leaf::Builtin(atom.name.clone(), values.clone(), written.clone());
                state.premises.push(Premise::Leaf(leaf));
            }
            Ok(found)
        })
    }

    /// The values of terms, and all states after their functions were evaluated.
    pub(super) fn terms<'t>(
        &mut self,
        terms: impl IntoIterator<Item = &'t Term>,
        scope: &Scope,
        mut state: State,
    ) -> Result<(Vec<Value>, Vec<State>), Stop> {
        let mut evaluations = Vec::new();
        let values = terms
            .into_iter()
            .map(|term| instantiate(term, scope, &mut state.bindings, &mut evaluations))
            .collect();
        let mut states = vec![state];
        for evaluation in &evaluations {
            states = self.for_each(states, |search, state| search.apply(evaluation, state))?;
        }
        Ok((values, states))
    }

    /// All states after a function was evaluated.
    pub(super) fn apply(
        &mut self,
        evaluation: &Evaluation<'_>,
        state: State,
    ) -> Result<Vec<State>, Stop> {
        self.spend(1)?;
        let mut arguments = evaluation.arguments.clone();
        arguments.push(evaluation.result.clone());
        match self.builtins.find(evaluation.name, arguments.len()) {
            Some(builtin) => self.builtin(builtin, &arguments, Some(evaluation.term.span), state),
            None => {
                self.doubt(unknown(evaluation.name));
                Ok(Vec::new())
            }
        }
    }
}

pub(super) fn unknown(name: &str) -> ExplainError {
    ExplainError::Query(QueryError::Conflict(format!("`{name}` is not known")))
}

/// The value of a term, with a new variable for each function in it.
pub(super) fn instantiate<'t>(
    term: &'t Term,
    scope: &Scope,
    bindings: &mut Bindings,
    evaluations: &mut Vec<Evaluation<'t>>,
) -> Value {
    let mut all = |terms: &'t [Term], bindings: &mut Bindings| -> Vec<Value> {
        terms
            .iter()
            .map(|term| instantiate(term, scope, bindings, evaluations))
            .collect()
    };
    match &term.kind {
        TermKind::Variable(name) => match scope.number(name) {
            Some(number) => Value::Variable(number),
            None => bindings.fresh(),
        },
        TermKind::Anonymous => bindings.fresh(),
        TermKind::Constant(value) => value.clone(),
        TermKind::List(items, rest) => {
            let items = all(items, bindings);
            let rest = rest.as_deref().map(std::slice::from_ref);
            match rest.map(|rest| all(rest, bindings)).as_deref() {
                Some([rest]) => super::bindings::join(items, rest.clone()),
                _ => Value::List(items.into()),
            }
        }
        TermKind::Record(fields) => Value::record(
            fields
                .iter()
                .map(|(name, value)| {
                    let value = instantiate(value, scope, bindings, evaluations);
                    (name.clone(), value)
                })
                .collect::<Vec<_>>(),
        ),
        TermKind::Compound(name, arguments) => {
            Value::Compound(name.clone(), all(arguments, bindings).into())
        }
        TermKind::Function(name, arguments) => {
            let arguments = all(arguments, bindings);
            let result = bindings.fresh();
            evaluations.push(Evaluation {
                term,
                name,
                arguments,
                result: result.clone(),
            });
            result
        }
    }
}

impl From<&Bindings> for State {
    fn from(bindings: &Bindings) -> Self {
        Self {
            bindings: bindings.clone(),
            premises: Vec::new(),
        }
    }
}

impl Bindings {
    /// Premises with what their variables stand for now.
    pub(super) fn seal(&self, premises: &[Premise]) -> Result<Vec<Premise>, TooDeep> {
        premises
            .iter()
            .map(|premise| {
                Ok(match premise {
                    Premise::Call(name, arguments) => {
                        Premise::Call(name.clone(), self.resolve_all(arguments)?)
                    }
                    Premise::Leaf(Leaf::External(name, arguments)) => {
                        Premise::Leaf(Leaf::External(name.clone(), self.resolve_all(arguments)?))
                    }
                    Premise::Leaf(Leaf::Builtin(name, arguments, written)) => {
                        let arguments = self.resolve_all(arguments)?;
                        Premise::Leaf(Leaf::Builtin(name.clone(), arguments, written.clone()))
                    }
                    Premise::Leaf(Leaf::Comparison(comparison, left, right, written)) => {
                        let (left, right) = (self.resolve(left)?, self.resolve(right)?);
                        Premise::Leaf(Leaf::Comparison(*comparison, left, right, written.clone()))
                    }
                    sealed => sealed.clone(),
                })
            })
            .collect()
    }
}
