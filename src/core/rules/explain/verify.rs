//! Whether a proof is one. Nothing here knows how proofs are found.

use super::Inquiry;
use super::aggregate::agree;
use super::bindings::{Key, freeze};
use super::clauses::Explainer;
use super::evaluate::{Search, State, Stop};
use super::heads::bind_answer;
use super::proof::{Justification, Proof, ProofStep};
use super::variables::{Scope, open_variables, prepare_goal};
use crate::rules::ast::{Aggregate, Atom, Comparison, Goal, GoalKind, Name, Term};
use crate::rules::value::Value;
use std::collections::BTreeSet;

/// Checks that a proof shows a goal for an answer: every rule step is an instance of its rule with its premises
/// in order, every fact stands in the program, and what is computed, asked or absent is so when looked at again.
///
/// # Errors
///
/// The first step that does not follow, and why.
pub fn verify(
    proof: &Proof,
    goal: &Goal,
    answer: &[(Name, Value)],
    explainer: &Explainer,
    inquiry: &mut Inquiry<'_>,
) -> Result<(), String> {
    let mut checker = Checker {
        search: Search::new(explainer, inquiry),
        steps: &proof.steps,
    };
    for (index, step) in proof.steps.iter().enumerate() {
        let problem = checker.shape(index, step).and_then(|()| {
            checker
                .step(step)
                .map_err(|Stop| "a limit was reached".to_owned())?
                .then_some(())
                .ok_or_else(|| "it does not follow".to_owned())
        });
        problem.map_err(|problem| format!("step {index} `{}`: {problem}", step.goal.text))?;
    }
    match checker.root(goal, answer) {
        Ok(true) => Ok(()),
        Ok(false) => Err("the last step is not what was asked".to_owned()),
        Err(Stop) => Err("a limit was reached".to_owned()),
    }
}

struct Checker<'a> {
    search: Search<'a>,
    steps: &'a [ProofStep],
}

/// Bindings, and how many premises were used.
type Cursor = (State, usize);

impl Checker<'_> {
    fn shape(&self, index: usize, step: &ProofStep) -> Result<(), String> {
        let mut height = 0;
        for premise in &step.premises {
            match self.steps.get(*premise) {
                Some(premise_step) if *premise < index => {
                    height = height.max(premise_step.height + 1);
                }
                _ => return Err(format!("premise {premise} does not come before it")),
            }
        }
        if height == step.height {
            return Ok(());
        }
        Err(format!("its height is {height}, not {}", step.height))
    }

    fn root(&mut self, goal: &Goal, answer: &[(Name, Value)]) -> Result<bool, Stop> {
        let Some((index, last)) = self.steps.iter().enumerate().next_back() else {
            return Ok(false);
        };
        let premises = match last.justification {
            Justification::Query => last.premises.clone(),
            _ => vec![index],
        };
        let (goal, scope) = prepare_goal(goal);
        let Some(state) = bind_answer(&mut self.search, &scope, answer) else {
            return Ok(false);
        };
        let found = self.matches(&goal, &scope, &premises, vec![(state, 0)])?;
        Ok(found.iter().any(|(_, used)| *used == premises.len()))
    }

    /// Whether a step follows by itself. Goals with goals in them are looked at where they are used.
    fn step(&mut self, step: &ProofStep) -> Result<bool, Stop> {
        let Ok(arguments) = freeze(&step.goal.arguments) else {
            return Ok(false);
        };
        let Some(name) = &step.goal.name else {
            return Ok(matches!(
                step.justification,
                Justification::Absent
                    | Justification::Every { .. }
                    | Justification::Aggregate { .. }
                    | Justification::Condition { .. }
                    | Justification::Query
            ));
        };
        let predicate = self.search.explainer.predicate(name, arguments.len());
        let without_premises = step.premises.is_empty();
        match &step.justification {
            Justification::Fact { clause, .. } => {
                Ok(without_premises && self.clause(*clause, name, &arguments, None)?)
            }
            Justification::Rule { clause, .. } => {
                self.clause(*clause, name, &arguments, Some(&step.premises))
            }
            Justification::InputFact => {
                let is_input = predicate.is_some_and(|predicate| predicate.input);
                Ok(without_premises && is_input && self.answered(name, &arguments)?)
            }
            Justification::External => Ok(without_premises
                && self.search.is_external(name, arguments.len())
                && self.answered(name, &arguments)?),
            Justification::Builtin { .. } => {
                let Some(builtin) = self.search.builtin_of(name, arguments.len()) else {
                    return Ok(false);
                };
                let state = State::default();
                let found = self.search.builtin(builtin, &arguments, None, state)?;
                Ok(without_premises && !found.is_empty())
            }
            Justification::Comparison { .. } => {
                let comparison = comparison_of(name);
                let state = State::default();
                Ok(match comparison {
                    Some(comparison) => !self
                        .search
                        .compare(comparison, &arguments, &"".into(), state)?
                        .is_empty(),
                    None => false,
                } && without_premises)
            }
            _ => Ok(false),
        }
    }

    fn answered(&mut self, name: &Name, arguments: &[Value]) -> Result<bool, Stop> {
        let found = self.search.ask(name, arguments, State::default())?;
        Ok(!found.is_empty())
    }

    /// Whether a clause gives a goal from premises; a fact from none.
    fn clause(
        &mut self,
        index: usize,
        name: &Name,
        arguments: &[Value],
        premises: Option<&[usize]>,
    ) -> Result<bool, Stop> {
        let Some(prepared) = self.search.prepared(index) else {
            return Ok(false);
        };
        if prepared.head.name != *name || prepared.head.arguments.len() != arguments.len() {
            return Ok(false);
        }
        let Some(head) = self.search.head(&prepared, arguments) else {
            return Ok(false);
        };
        let found = match (&prepared.body, premises) {
            (None, None) => vec![(head.state, 0)],
            (Some(body), Some(premises)) => {
                self.matches(body, &prepared.scope, premises, vec![(head.state, 0)])?
            }
            _ => return Ok(false),
        };
        let count = premises.map_or(0, <[usize]>::len);
        for (state, _) in found.into_iter().filter(|(_, used)| *used == count) {
            let mut states = vec![state];
            for evaluation in &head.evaluations {
                let mut next = Vec::new();
                for state in states {
                    next.extend(self.search.apply(evaluation, state)?);
                }
                states = next;
            }
            if !states.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// All ways to read premises as what a goal rests on, from where each cursor is.
    fn matches(
        &mut self,
        goal: &Goal,
        scope: &Scope,
        premises: &[usize],
        mut cursors: Vec<Cursor>,
    ) -> Result<Vec<Cursor>, Stop> {
        if let GoalKind::And(goals) = &goal.kind {
            for goal in goals {
                cursors = self.matches(goal, scope, premises, cursors)?;
            }
            return Ok(cursors);
        }
        let mut found = Vec::new();
        for cursor in cursors {
            self.search.spend(1)?;
            found.extend(self.matches_once(goal, scope, premises, cursor)?);
        }
        Ok(found)
    }

    fn matches_once(
        &mut self,
        goal: &Goal,
        scope: &Scope,
        premises: &[usize],
        (state, used): Cursor,
    ) -> Result<Vec<Cursor>, Stop> {
        match &goal.kind {
            GoalKind::And(_) => return self.matches(goal, scope, premises, vec![(state, used)]),
            GoalKind::Or(goals) => {
                let mut found = Vec::new();
                for goal in goals {
                    let cursor = (state.clone(), used);
                    found.extend(self.matches(goal, scope, premises, vec![cursor])?);
                }
                return Ok(found);
            }
            GoalKind::Exists(inner) => {
                let cursor = (State::from(&state.bindings), used);
                let found = self.matches(inner, scope, premises, vec![cursor])?;
                let places: BTreeSet<_> = found.into_iter().map(|(_, used)| used).collect();
                return Ok(places
                    .into_iter()
                    .map(|used| (state.clone(), used))
                    .collect());
            }
            _ => {}
        }
        let steps = self.steps;
        let Some(step) = premises.get(used).and_then(|premise| steps.get(*premise)) else {
            return Ok(Vec::new());
        };
        let states = match (&goal.kind, &step.justification) {
            (GoalKind::Call(atom), _) => self.call(atom, scope, step, state)?,
            (GoalKind::Compare(comparison, left, right), Justification::Comparison { .. })
                if step.goal.name.as_deref() == Some(comparison.name()) =>
            {
                self.comparison(*comparison, [left, right], scope, step, state)?
            }
            (GoalKind::Not(inner), Justification::Absent) => {
                let absent = self.is_absent(inner, scope, &state)?;
                absent.then_some(state).into_iter().collect()
            }
            (GoalKind::Forall(condition, inner), Justification::Every { cases }) => {
                let every = self.every([condition, inner], scope, step, cases, &state)?;
                every.then_some(state).into_iter().collect()
            }
            (GoalKind::If(condition, then, otherwise), Justification::Condition { held }) => {
                self.condition([condition, then, otherwise], scope, step, *held, state)?
            }
            (GoalKind::Aggregate(aggregate), Justification::Aggregate { .. }) => {
                self.aggregate(aggregate, scope, step, &state)?
            }
            _ => Vec::new(),
        };
        Ok(states.into_iter().map(|state| (state, used + 1)).collect())
    }

    fn call(
        &mut self,
        atom: &Atom,
        scope: &Scope,
        step: &ProofStep,
        state: State,
    ) -> Result<Vec<State>, Stop> {
        if step.goal.name.as_ref() != Some(&atom.name) {
            return Ok(Vec::new());
        }
        let (values, mut states) = self.search.terms(&atom.arguments, scope, state)?;
        let builtin = self.search.builtin_of(&atom.name, values.len());
        if builtin.is_some() != matches!(step.justification, Justification::Builtin { .. }) {
            return Ok(Vec::new());
        }
        if let Some(builtin) = builtin {
            let mut found = Vec::new();
            for state in states {
                found.extend(self.search.builtin(builtin, &values, None, state)?);
            }
            states = found;
        }
        Ok(keep_equal(states, &values, step))
    }

    fn comparison(
        &mut self,
        comparison: Comparison,
        sides: [&Term; 2],
        scope: &Scope,
        step: &ProofStep,
        state: State,
    ) -> Result<Vec<State>, Stop> {
        let (values, states) = self.search.terms(sides, scope, state)?;
        let mut found = Vec::new();
        for state in states {
            let holds = self
                .search
                .compare(comparison, &values, &"".into(), state)?;
            found.extend(holds);
        }
        Ok(keep_equal(found, &values, step))
    }

    fn is_absent(&mut self, goal: &Goal, scope: &Scope, state: &State) -> Result<bool, Stop> {
        let found = self.search.all(goal, scope, &state.bindings)?;
        Ok(found.is_some_and(|found| found.is_empty()))
    }

    fn every(
        &mut self,
        [condition, inner]: [&Goal; 2],
        scope: &Scope,
        step: &ProofStep,
        cases: &[usize],
        state: &State,
    ) -> Result<bool, Stop> {
        let Some(segments) = segments(&step.premises, cases) else {
            return Ok(false);
        };
        let Some(expected) = self.search.all(condition, scope, &state.bindings)? else {
            return Ok(false);
        };
        let names = scope.names();
        let mut missing: BTreeSet<Key> = expected
            .iter()
            .filter_map(|state| self.search.values(names, scope, &state.bindings).map(Key))
            .collect();
        if missing.len() != segments.len() {
            return Ok(false);
        }
        for segment in segments {
            let start = (State::from(&state.bindings), 0);
            for case in self.matches(condition, scope, segment, vec![start])? {
                let key = self.search.values(names, scope, &case.0.bindings);
                let found = self.matches(inner, scope, segment, vec![case])?;
                let Some(key) = key else { continue };
                if found.iter().any(|(_, used)| *used == segment.len()) {
                    missing.remove(&Key(key));
                }
            }
        }
        Ok(missing.is_empty())
    }

    fn condition(
        &mut self,
        [condition, then, otherwise]: [&Goal; 3],
        scope: &Scope,
        step: &ProofStep,
        held: bool,
        state: State,
    ) -> Result<Vec<State>, Stop> {
        let premises = &step.premises;
        let found = if held {
            let cases = self.matches(condition, scope, premises, vec![(state, 0)])?;
            self.matches(then, scope, premises, cases)?
        } else {
            let first = premises.first().and_then(|first| self.steps.get(*first));
            let noted = first.is_some_and(|step| step.justification == Justification::Absent);
            if !noted || !self.is_absent(condition, scope, &state)? {
                return Ok(Vec::new());
            }
            self.matches(otherwise, scope, premises, vec![(state, 1)])?
        };
        Ok(found
            .into_iter()
            .filter(|(_, used)| *used == premises.len())
            .map(|(state, _)| state)
            .collect())
    }

    fn aggregate(
        &mut self,
        aggregate: &Aggregate,
        scope: &Scope,
        step: &ProofStep,
        state: &State,
    ) -> Result<Vec<State>, Stop> {
        let Justification::Aggregate {
            value,
            solutions,
            shown,
            more,
        } = &step.justification
        else {
            return Ok(Vec::new());
        };
        let Some(segments) = segments(&step.premises, shown) else {
            return Ok(Vec::new());
        };
        let outcomes = self.search.outcomes(aggregate, scope, &state.bindings)?;
        let by: Vec<_> = aggregate
            .by
            .iter()
            .filter_map(|(name, _)| scope.number(name))
            .map(Value::Variable)
            .collect();
        let mut found = Vec::new();
        for outcome in outcomes.unwrap_or_default() {
            let mut state = State::from(&state.bindings);
            let counts = outcome.solutions.len() == *solutions && shown.len() + more == *solutions;
            if !counts
                || !state.bindings.unify_all(&by, &outcome.group)
                || !self.solutions(aggregate, scope, &segments, &state)?
            {
                continue;
            }
            let (values, states) = self.search.terms([&aggregate.result], scope, state)?;
            for mut state in states {
                let agreed = values
                    .first()
                    .and_then(|result| agree(&mut state.bindings, result, &outcome.value));
                if agreed.is_some_and(|agreed| agreed.standard_order(value).is_eq()) {
                    found.push(state);
                }
            }
        }
        Ok(found)
    }

    /// Whether segments of premises show as many different solutions.
    fn solutions(
        &mut self,
        aggregate: &Aggregate,
        scope: &Scope,
        segments: &[&[usize]],
        state: &State,
    ) -> Result<bool, Stop> {
        let open: Vec<_> = open_variables(&aggregate.goal).into_iter().collect();
        let mut keys = BTreeSet::new();
        for segment in segments {
            let start = (State::from(&state.bindings), 0);
            let found = self.matches(&aggregate.goal, scope, segment, vec![start])?;
            let whole = found.iter().find(|(_, used)| *used == segment.len());
            let key =
                whole.and_then(|(state, _)| self.search.values(&open, scope, &state.bindings));
            keys.extend(key.map(Key));
        }
        Ok(keys.len() == segments.len())
    }
}

/// The states in which values are what a step says; what it leaves unbound holds for all values.
fn keep_equal(states: Vec<State>, values: &[Value], step: &ProofStep) -> Vec<State> {
    let fits = |mut state: State| {
        let mut known = Vec::new();
        let arguments: Vec<_> = step
            .goal
            .arguments
            .iter()
            .map(|value| state.bindings.import(value, &mut known).ok())
            .collect::<Option<_>>()?;
        state
            .bindings
            .unify_all(values, &arguments)
            .then_some(state)
    };
    states.into_iter().filter_map(fits).collect()
}

fn comparison_of(name: &str) -> Option<Comparison> {
    Comparison::ALL
        .into_iter()
        .find(|comparison| comparison.name() == name)
}

/// Premises in pieces of these lengths.
fn segments<'p>(premises: &'p [usize], lengths: &[usize]) -> Option<Vec<&'p [usize]>> {
    let mut rest = premises;
    let segments = lengths
        .iter()
        .map(|length| {
            let (segment, after) = rest.split_at_checked(*length)?;
            rest = after;
            Some(segment)
        })
        .collect::<Option<_>>()?;
    rest.is_empty().then_some(segments)
}
