//! Goals about the solutions of other goals: `not`, `exists`, `forall`, `if` and aggregates.

use super::bindings::{Bindings, Key};
use super::evaluate::{Group, GroupKind, Leaf, Premise, Search, State, Stop};
use super::text;
use super::variables::{Scope, open_variables};
use crate::rules::ast::{Aggregate, AggregateFunction, Goal, Name};
use crate::rules::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One solution that counts: what its variables are, what is aggregated, and all ways in which it holds.
pub(super) struct Solution {
    pub(super) values: Vec<Value>,
    pub(super) ways: Vec<Vec<Premise>>,
}

/// What an aggregate yields for one combination of the variables that it groups by.
pub(super) struct Outcome {
    pub(super) group: Vec<Value>,
    pub(super) value: Value,
    pub(super) solutions: Vec<Vec<Vec<Premise>>>,
}

impl Search<'_> {
    pub(super) fn not(
        &mut self,
        goal: &Goal,
        inner: &Goal,
        scope: &Scope,
        mut state: State,
    ) -> Result<Vec<State>, Stop> {
        let found = self.all(inner, scope, &state.bindings)?;
        if found.is_none_or(|found| !found.is_empty()) {
            return Ok(Vec::new());
        }
        let text = text::goal(goal, scope, &state.bindings).into();
        state.premises.push(Premise::Leaf(Leaf::Absent(text)));
        Ok(vec![state])
    }

    pub(super) fn exists(
        &mut self,
        inner: &Goal,
        scope: &Scope,
        mut state: State,
    ) -> Result<Vec<State>, Stop> {
        let found = self.goal(inner, scope, vec![State::from(&state.bindings)])?;
        let ways = self.ways(&found);
        if ways.is_empty() {
            return Ok(Vec::new());
        }
        state.premises.push(Premise::Either(ways.into()));
        Ok(vec![state])
    }

    pub(super) fn every(
        &mut self,
        goal: &Goal,
        condition: &Goal,
        inner: &Goal,
        scope: &Scope,
        mut state: State,
    ) -> Result<Vec<State>, Stop> {
        let Some(cases) = self.all(condition, scope, &state.bindings)? else {
            return Ok(Vec::new());
        };
        let mut parts: Vec<Vec<Vec<Premise>>> = Vec::new();
        let mut known = BTreeMap::new();
        for case in cases {
            let Some(key) = self.values(scope.names(), scope, &case.bindings) else {
                return Ok(Vec::new());
            };
            let found = self.goal(inner, scope, vec![case])?;
            let ways = self.ways(&found);
            if ways.is_empty() {
                return Ok(Vec::new());
            }
            let next = parts.len();
            let place = *known.entry(Key(key)).or_insert(next);
            match parts.get_mut(place) {
                Some(part) => part.extend(ways),
                None => parts.push(ways),
            }
        }
        let group = Group {
            text: text::goal(goal, scope, &state.bindings),
            kind: GroupKind::Every,
            parts,
        };
        state.premises.push(Premise::Group(Arc::new(group)));
        Ok(vec![state])
    }

    pub(super) fn condition(
        &mut self,
        goal: &Goal,
        [condition, then, otherwise]: [&Goal; 3],
        scope: &Scope,
        state: State,
    ) -> Result<Vec<State>, Stop> {
        let Some(cases) = self.all(condition, scope, &state.bindings)? else {
            return Ok(Vec::new());
        };
        let held = !cases.is_empty();
        let found = if held {
            self.goal(then, scope, cases)?
        } else {
            let mut absent = State::from(&state.bindings);
            let text = format!("not {}", text::inner(condition, scope, &state.bindings));
            absent
                .premises
                .push(Premise::Leaf(Leaf::Absent(text.into())));
            self.goal(otherwise, scope, vec![absent])?
        };
        let mut states = Vec::new();
        for found in found {
            for way in self.ways(std::slice::from_ref(&found)) {
                let group = Group {
                    // Its values stand in what it rests on.
                    text: text::written(goal).to_string(),
                    kind: GroupKind::Condition { held },
                    parts: vec![vec![way]],
                };
                let mut premises = state.premises.clone();
                premises.push(Premise::Group(Arc::new(group)));
                states.push(State {
                    bindings: found.bindings.clone(),
                    premises,
                });
            }
        }
        Ok(states)
    }

    pub(super) fn aggregate(
        &mut self,
        goal: &Goal,
        aggregate: &Aggregate,
        scope: &Scope,
        state: State,
    ) -> Result<Vec<State>, Stop> {
        let Some(outcomes) = self.outcomes(aggregate, scope, &state.bindings)? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for outcome in outcomes {
            let mut state = state.clone();
            let by: Vec<_> = aggregate
                .by
                .iter()
                .filter_map(|(name, _)| scope.number(name))
                .map(Value::Variable)
                .collect();
            if !state.bindings.unify_all(&by, &outcome.group) {
                continue;
            }
            let (values, states) = self.terms([&aggregate.result], scope, state)?;
            for mut state in states {
                let Some(value) = values
                    .first()
                    .and_then(|result| agree(&mut state.bindings, result, &outcome.value))
                else {
                    continue;
                };
                let group = Group {
                    text: text::goal(goal, scope, &state.bindings),
                    kind: GroupKind::Aggregate {
                        value,
                        solutions: outcome.solutions.len(),
                    },
                    parts: outcome
                        .solutions
                        .iter()
                        .take(self.limits.max_shown as usize)
                        .cloned()
                        .collect(),
                };
                state.premises.push(Premise::Group(Arc::new(group)));
                found.push(state);
            }
        }
        Ok(found)
    }

    /// What an aggregate yields, by the values of the variables that it groups by; none, with a doubt,
    /// where it can't be known.
    pub(super) fn outcomes(
        &mut self,
        aggregate: &Aggregate,
        scope: &Scope,
        bindings: &Bindings,
    ) -> Result<Option<Vec<Outcome>>, Stop> {
        let Some(states) = self.all(&aggregate.goal, scope, bindings)? else {
            return Ok(None);
        };
        let open: Vec<_> = open_variables(&aggregate.goal).into_iter().collect();
        let by: Vec<_> = aggregate.by.iter().map(|(name, _)| name.clone()).collect();
        let mut groups: BTreeMap<Key, Vec<Solution>> = BTreeMap::new();
        if by.is_empty() {
            groups.insert(Key(Vec::new()), Vec::new());
        }
        let mut known: BTreeMap<Key, usize> = BTreeMap::new();
        for state in states {
            let (Some(group), Some(key)) = (
                self.values(&by, scope, &state.bindings),
                self.values(&open, scope, &state.bindings),
            ) else {
                return Ok(None);
            };
            let ways = self.ways(std::slice::from_ref(&state));
            let solutions = groups.entry(Key(group)).or_default();
            let next = solutions.len();
            let place = *known.entry(Key(key)).or_insert(next);
            if let Some(solution) = solutions.get_mut(place) {
                solution.ways.extend(ways);
                continue;
            }
            let Some(values) = self.templates(aggregate, scope, state)? else {
                return Ok(None);
            };
            solutions.push(Solution { values, ways });
        }
        let mut outcomes = Vec::new();
        for (Key(group), solutions) in groups {
            if let Some(value) = self.compute(aggregate.function, &solutions)? {
                let solutions = solutions
                    .into_iter()
                    .map(|solution| solution.ways)
                    .collect();
                outcomes.push(Outcome {
                    group,
                    value,
                    solutions,
                });
            }
        }
        Ok(Some(outcomes))
    }

    /// What is aggregated of one solution; none, with a doubt, where it can't be known.
    fn templates(
        &mut self,
        aggregate: &Aggregate,
        scope: &Scope,
        state: State,
    ) -> Result<Option<Vec<Value>>, Stop> {
        let before = std::mem::take(&mut self.doubt);
        let (terms, states) = self.terms(&aggregate.template, scope, state)?;
        let mut values = Vec::new();
        for state in states {
            let resolved = state.bindings.resolve_all(&terms);
            values.extend(self.nested(resolved).unwrap_or_default());
        }
        let complete = !self.doubt;
        self.doubt |= before;
        Ok(complete.then_some(values))
    }

    fn compute(
        &mut self,
        function: AggregateFunction,
        solutions: &[Solution],
    ) -> Result<Option<Value>, Stop> {
        let mut values: Vec<Value> = solutions
            .iter()
            .flat_map(|solution| solution.values.iter().cloned())
            .collect();
        values.sort_by(Value::standard_order);
        let count = |count: usize| Value::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        Ok(match function {
            AggregateFunction::Count => Some(count(solutions.len())),
            AggregateFunction::Min => values.first().cloned(),
            AggregateFunction::Max => values.last().cloned(),
            AggregateFunction::Collect => Some(Value::List(values.into())),
            AggregateFunction::Set => {
                values.dedup_by(|left, right| left.standard_order(right).is_eq());
                Some(Value::List(values.into()))
            }
            AggregateFunction::Sum => self.sum(&values)?,
            AggregateFunction::Avg if values.is_empty() => None,
            AggregateFunction::Avg => match self.sum(&values)? {
                Some(sum) => self.operate("/", [sum, count(values.len())])?,
                None => None,
            },
        })
    }

    fn sum(&mut self, values: &[Value]) -> Result<Option<Value>, Stop> {
        let mut sum = Value::Integer(0);
        for value in values {
            match self.operate("+", [sum, value.clone()])? {
                Some(next) => sum = next,
                None => return Ok(None),
            }
        }
        Ok(Some(sum))
    }

    /// The value of an operator.
    fn operate(&mut self, name: &str, sides: [Value; 2]) -> Result<Option<Value>, Stop> {
        let Some(builtin) = self.builtins.find(name, 3) else {
            return Ok(None);
        };
        let mut state = State::default();
        let result = state.bindings.fresh();
        let [left, right] = sides;
        let found = self.builtin(builtin, &[left, right, result.clone()], None, state)?;
        Ok(found
            .first()
            .and_then(|state| state.bindings.resolve(&result).ok()))
    }

    /// The values of variables; none, with a doubt, where one is nested too deep.
    pub(super) fn values(
        &mut self,
        names: &[Name],
        scope: &Scope,
        bindings: &Bindings,
    ) -> Option<Vec<Value>> {
        let variables: Vec<_> = names
            .iter()
            .filter_map(|name| scope.number(name))
            .map(Value::Variable)
            .collect();
        self.nested(bindings.resolve_all(&variables))
    }

    /// What each state rests on.
    pub(super) fn ways(&mut self, states: &[State]) -> Vec<Vec<Premise>> {
        states
            .iter()
            .filter_map(|state| self.nested(state.bindings.seal(&state.premises)))
            .collect()
    }
}

/// Makes a result equal to what was computed, and says what it is. Sums of floats may differ in their last
/// bits, for their order is not laid down; a result that is known counts then.
pub(super) fn agree(bindings: &mut Bindings, result: &Value, computed: &Value) -> Option<Value> {
    if let (Ok(Value::Float(known)), Value::Float(computed)) = (bindings.resolve(result), computed)
        && (known - computed).abs() <= computed.abs() * 1e-9
    {
        return Value::float(known);
    }
    bindings.unify(result, computed).then(|| computed.clone())
}
