//! Heads of clauses and answers of queries: where evaluation begins.

use super::bindings::{Bindings, freeze, has_free, renumber};
use super::evaluate::{Evaluation, Search, State, Stop, instantiate};
use super::variables::{Prepared, Scope};
use crate::rules::ast::{Annotation, Clause, Goal, GoalKind, Name, TermKind};
use crate::rules::value::Value;
use std::sync::Arc;

/// The head of a clause that is what a goal asks for.
pub(super) struct Head<'t> {
    pub(super) state: State,
    /// Functions in the head, which are evaluated after the body.
    pub(super) evaluations: Vec<Evaluation<'t>>,
    /// The values that the goal asks for, in the variables of the state.
    #[cfg(test)]
    pub(super) goal: Vec<Value>,
}

impl Search<'_> {
    /// All ways in which a clause gives a goal.
    pub(super) fn body(
        &mut self,
        prepared: &Prepared,
        arguments: &[Value],
    ) -> Result<Vec<State>, Stop> {
        match self.head(prepared, arguments) {
            Some(head) => self.after_head(prepared, head),
            None => Ok(Vec::new()),
        }
    }

    /// All ways in which the body holds, with the functions of the head evaluated.
    pub(super) fn after_head(
        &mut self,
        prepared: &Prepared,
        head: Head<'_>,
    ) -> Result<Vec<State>, Stop> {
        let mut states = match &prepared.body {
            Some(body) => self.goal(body, &prepared.scope, vec![head.state])?,
            None => vec![head.state],
        };
        for evaluation in &head.evaluations {
            let mut found = Vec::new();
            for state in states {
                found.extend(self.apply(evaluation, state)?);
            }
            states = found;
        }
        Ok(states)
    }

    /// Makes the head of a clause equal to a goal.
    pub(super) fn head<'t>(
        &mut self,
        prepared: &'t Prepared,
        arguments: &[Value],
    ) -> Option<Head<'t>> {
        let mut state = State::from(&Bindings::new(prepared.scope.len()));
        let mut evaluations = Vec::new();
        let terms = &prepared.head.arguments;
        let values: Vec<_> = terms
            .iter()
            .map(|term| instantiate(term, &prepared.scope, &mut state.bindings, &mut evaluations))
            .collect();
        // The free variables of a goal have the numbers of others here.
        let mut known = Vec::new();
        let goal: Result<Vec<_>, _> = arguments
            .iter()
            .map(|value| match has_free(value) {
                true => state.bindings.import(value, &mut known),
                false => Ok(value.clone()),
            })
            .collect();
        let goal = self.nested(goal)?;
        state.bindings.unify_all(&values, &goal).then_some(Head {
            state,
            evaluations,
            #[cfg(test)]
            goal,
        })
    }
}

/// The first argument in which the head of a clause can't be what a goal asks for, from 0.
pub(super) fn differs(clause: &Clause, arguments: &[Value]) -> Option<usize> {
    let terms = &clause.head.arguments;
    terms.iter().zip(arguments).position(|(term, value)| {
        matches!(&term.kind, TermKind::Constant(constant)
            if !matches!(value, Value::Variable(_)) && constant.standard_order(value).is_ne())
    })
}

/// The value of an annotation.
pub(super) fn annotation(annotations: &[Annotation], name: &str) -> Option<Arc<str>> {
    annotations
        .iter()
        .find(|annotation| annotation.name.as_ref() == name)
        .map(|annotation| annotation.value.clone())
}

/// A query whose variables have the values of an answer; what an answer leaves unbound stays so.
pub(super) fn bind_answer(
    search: &mut Search<'_>,
    scope: &Scope,
    answer: &[(Name, Value)],
) -> Option<State> {
    let mut state = State::from(&Bindings::new(scope.len()));
    let values: Vec<_> = answer.iter().map(|(_, value)| value.clone()).collect();
    let numbered = renumber(&values).and_then(|(numbered, _)| freeze(&numbered));
    let values = search.nested(numbered)?;
    for ((name, _), value) in answer.iter().zip(&values) {
        if let Some(number) = scope.number(name)
            && !state.bindings.unify(&Value::Variable(number), value)
        {
            return None;
        }
    }
    Some(state)
}

/// The goals of a body that must all hold, in order.
pub(super) fn conjuncts(goal: &Goal) -> Vec<&Goal> {
    let mut goals = Vec::new();
    let mut pending = vec![goal];
    while let Some(goal) = pending.pop() {
        match &goal.kind {
            GoalKind::And(parts) => pending.extend(parts.iter().rev()),
            _ => goals.push(goal),
        }
    }
    goals
}
