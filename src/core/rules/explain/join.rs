//! A goal about facts for many states at once: what all of them ask is asked once.

use super::bindings::{Key, is_ground};
use super::evaluate::{Premise, Search, State, Stop, instantiate};
use super::variables::Scope;
use crate::rules::ast::{Atom, Goal, GoalKind};
use crate::rules::value::Value;
use std::collections::BTreeMap;

/// So many states are worth a question of their own.
const MANY: usize = 8;
/// How many facts per state a predicate may have.
const FACTS_PER_STATE: usize = 64;

impl Search<'_> {
    /// All ways in which a goal holds after each of some states, where that can be found for all of them together.
    pub(super) fn joined(
        &mut self,
        goal: &Goal,
        scope: &Scope,
        states: &[State],
    ) -> Result<Option<Vec<State>>, Stop> {
        let GoalKind::Call(atom) = &goal.kind else {
            return Ok(None);
        };
        if states.len() < MANY || !self.is_about_few_facts(atom, states.len()) {
            return Ok(None);
        }
        let Some((values, calls)) = calls(atom, scope, states) else {
            return Ok(None);
        };
        let Some(first) = calls.first() else {
            return Ok(None);
        };
        let shared: Vec<bool> = (0..first.len())
            .map(|place| {
                let same =
                    |call: &Vec<Value>| Some(call.get(place)?.standard_order(first.get(place)?));
                calls
                    .iter()
                    .all(|call| same(call).is_some_and(std::cmp::Ordering::is_eq))
            })
            .collect();
        if !shared.contains(&true) {
            return Ok(None);
        }
        let general = first
            .iter()
            .zip(&shared)
            .zip(0..)
            .map(|((value, shared), number)| {
                if *shared {
                    value.clone()
                } else {
                    Value::Variable(number)
                }
            });
        let rows = self.answers(&atom.name, general.collect())?;
        if !rows.iter().flatten().all(is_ground) {
            return Ok(None);
        }
        let own = |row: &[Value]| {
            let own = row.iter().zip(&shared).filter(|(_, shared)| !**shared);
            Key(own.map(|(value, _)| value.clone()).collect())
        };
        let mut counts: BTreeMap<Key, usize> = BTreeMap::new();
        for row in rows.iter() {
            *counts.entry(own(row)).or_default() += 1;
        }
        let mut found = Vec::new();
        for (state, call) in states.iter().zip(&calls) {
            self.spend(1)?;
            for _ in 0..counts.get(&own(call)).copied().unwrap_or(0) {
                self.spend(1)?;
                let mut state = state.clone();
                state
                    .premises
                    .push(Premise::Call(atom.name.clone(), values.clone()));
                found.push(state);
            }
        }
        Ok(Some(found))
    }

    fn is_about_few_facts(&self, atom: &Atom, states: usize) -> bool {
        let predicate = self.explainer.predicate(&atom.name, atom.arguments.len());
        predicate.is_some_and(|predicate| {
            predicate.rules.is_empty()
                && !predicate.external
                && predicate.facts.len() + self.facts.len() <= states * FACTS_PER_STATE
        })
    }
}

/// The arguments of a call, and what they are in each state; none where these are not known in all.
fn calls(atom: &Atom, scope: &Scope, states: &[State]) -> Option<(Vec<Value>, Vec<Vec<Value>>)> {
    let mut bindings = states.first()?.bindings.clone();
    let mut evaluations = Vec::new();
    let values: Vec<_> = atom
        .arguments
        .iter()
        .map(|term| instantiate(term, scope, &mut bindings, &mut evaluations))
        .collect();
    if !evaluations.is_empty() {
        return None;
    }
    let calls = states.iter().map(|state| {
        let call = state.bindings.resolve_all(&values).ok()?;
        call.iter().all(is_ground).then_some(call)
    });
    let calls = calls.collect::<Option<Vec<_>>>()?;
    Some((values, calls))
}
