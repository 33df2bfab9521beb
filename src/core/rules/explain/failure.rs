//! Why one goal has no solution, and what would give it one.

use super::ExplainError;
use super::bindings::is_ground;
use super::evaluate::{Search, State, Stop, instantiate};
use super::heads::conjuncts;
use super::heights::prove;
use super::messages::{computed, unlike, without_value};
use super::proof::{Attempt, Proof, WhyNot};
use super::text;
use super::variables::Scope;
use super::why_not::Ancestors;
use crate::rules::ast::{Aggregate, Atom, Comparison, Goal, GoalKind, Name, Term};
use crate::rules::check::walk::each_goal_variable;
use crate::rules::source::Span;
use crate::rules::value::Value;
use std::collections::BTreeSet;

/// Why a goal failed.
#[derive(Debug, Default)]
pub(super) struct Failure {
    pub(super) failed: String,
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) needed: Vec<String>,
    pub(super) nearest: Vec<String>,
    pub(super) because: Option<Box<WhyNot>>,
    pub(super) obstacle: Option<Box<Proof>>,
    pub(super) bindings: Vec<(Name, Value)>,
}

impl Failure {
    pub(super) fn attempt(self, reached: usize, goals: usize) -> Attempt {
        Attempt {
            clause: None,
            span: None,
            id: None,
            reason: None,
            reached,
            goals,
            failed: self.failed,
            failed_span: Some(self.span),
            bindings: self.bindings,
            message: self.message,
            needed: self.needed,
            nearest: self.nearest,
            because: self.because,
            obstacle: self.obstacle,
        }
    }
}

/// How far some goals got, and why no further; no failure where all have a solution.
pub(super) struct Furthest<'g> {
    pub(super) reached: usize,
    pub(super) goals: usize,
    /// What failed, and the first of the states in which it did.
    pub(super) failed: Option<(&'g Goal, State)>,
    /// How many other states there were, and the first of them.
    pub(super) others: (usize, Vec<State>),
}

/// Other states that are kept to say how they differ.
const KEPT_STATES: usize = 4;

impl Search<'_> {
    /// Goes through the goals of a body as far as they have solutions.
    pub(super) fn furthest<'g>(
        &mut self,
        body: &'g Goal,
        scope: &Scope,
        state: State,
    ) -> Result<Furthest<'g>, Stop> {
        let goals = conjuncts(body);
        let mut states = vec![state];
        for (reached, goal) in goals.iter().enumerate() {
            let first = states.first().cloned();
            let kept = states.iter().skip(1).take(KEPT_STATES).cloned().collect();
            let others = (states.len().saturating_sub(1), kept);
            let mut next = self.goal(goal, scope, states)?;
            if let (Some(first), true) = (first, next.is_empty()) {
                return Ok(Furthest {
                    reached,
                    goals: goals.len(),
                    failed: Some((goal, first)),
                    others,
                });
            }
            next.iter_mut().for_each(|state| state.premises.clear());
            states = next;
        }
        Ok(Furthest {
            reached: goals.len(),
            goals: goals.len(),
            failed: None,
            others: (0, Vec::new()),
        })
    }

    /// Where goals failed that stand behind others: for which other values they did as well.
    fn elsewhere(
        &mut self,
        (goal, state): (&Goal, &State),
        scope: &Scope,
        (count, others): &(usize, Vec<State>),
    ) -> String {
        if *count == 0 {
            return String::new();
        }
        let mut names = BTreeSet::new();
        each_goal_variable(goal, &mut |name, _| {
            names.insert(name);
        });
        for name in names
            .into_iter()
            .filter(|name| super::variables::is_named(name))
        {
            let name = [Name::from(name)];
            let value = |search: &mut Self, state: &State| {
                let values = search.values(&name, scope, &state.bindings);
                values.and_then(|mut values| values.pop()).filter(is_ground)
            };
            let Some(first) = value(self, state) else {
                continue;
            };
            let mut seen = vec![first];
            for other in others {
                seen.extend(value(self, other).filter(|value| !seen.contains(value)));
            }
            if seen.len() > 1 {
                let shown: Vec<String> = seen.iter().skip(1).map(text::value).collect();
                let more = if *count > shown.len() { ", …" } else { "" };
                let values = if *count == 1 { "value" } else { "values" };
                let [name] = &name;
                return format!(
                    "; the same for {count} other {values} of `{name}`: {}{more}",
                    shown.join(", ")
                );
            }
        }
        String::new()
    }

    /// Why the goals of a body failed where they got furthest, and for which other values they did.
    pub(super) fn failing_furthest(
        &mut self,
        furthest: &Furthest<'_>,
        scope: &Scope,
        ancestors: &mut Ancestors,
    ) -> Result<Option<Failure>, Stop> {
        let Some((goal, state)) = &furthest.failed else {
            return Ok(None);
        };
        let mut failure = self.failing(goal, scope, state, ancestors)?;
        let elsewhere = self.elsewhere((goal, state), scope, &furthest.others);
        failure.message.push_str(&elsewhere);
        Ok(Some(failure))
    }

    /// Why some goals, which must all hold, do not.
    fn failing_body(
        &mut self,
        body: &Goal,
        scope: &Scope,
        state: State,
        ancestors: &mut Ancestors,
    ) -> Result<Failure, Stop> {
        let furthest = self.furthest(body, scope, state)?;
        let failure = self.failing_furthest(&furthest, scope, ancestors)?;
        Ok(failure.unwrap_or_default())
    }

    /// Why a goal does not hold in a state.
    pub(super) fn failing(
        &mut self,
        goal: &Goal,
        scope: &Scope,
        state: &State,
        ancestors: &mut Ancestors,
    ) -> Result<Failure, Stop> {
        let failed = text::goal(goal, scope, &state.bindings);
        let mut failure = match &goal.kind {
            GoalKind::And(_) | GoalKind::Exists(_) => {
                let inner = match &goal.kind {
                    GoalKind::Exists(inner) => inner,
                    _ => goal,
                };
                let bare = State::from(&state.bindings);
                return self.failing_body(inner, scope, bare, ancestors);
            }
            GoalKind::Call(atom) => self.failing_call(atom, &failed, scope, state, ancestors)?,
            GoalKind::Compare(comparison, left, right) => {
                self.failing_comparison(*comparison, [left, right], scope, state)?
            }
            GoalKind::Not(inner) => self.failing_not(goal, inner, scope, state)?,
            GoalKind::Or(goals) => self.failing_or(&failed, goals, scope, state, ancestors)?,
            GoalKind::Forall(condition, inner) => {
                self.failing_every([condition, inner], scope, state, ancestors)?
            }
            GoalKind::If(condition, then, otherwise) => {
                self.failing_condition([condition, then, otherwise], scope, state, ancestors)?
            }
            GoalKind::Aggregate(aggregate) => self.failing_aggregate(aggregate, scope, state)?,
        };
        if failure.failed.is_empty() {
            failure.failed = failed;
        }
        if failure.span == Span::default() {
            failure.span = goal.span;
        }
        if failure.bindings.is_empty() {
            failure.bindings = self.known(scope, state);
        }
        Ok(failure)
    }

    /// The variables that have a value.
    pub(super) fn known(&mut self, scope: &Scope, state: &State) -> Vec<(Name, Value)> {
        let names = scope.names();
        let values = self.values(names, scope, &state.bindings);
        names
            .iter()
            .cloned()
            .zip(values.unwrap_or_default())
            .filter(|(name, value)| super::variables::is_named(name) && is_ground(value))
            .collect()
    }

    /// The values of terms in the first state after their functions; a failure where one has no value.
    fn evaluated<'t>(
        &mut self,
        terms: impl IntoIterator<Item = &'t Term>,
        scope: &Scope,
        state: &State,
    ) -> Result<Result<(Vec<Value>, State), Failure>, Stop> {
        let mut state = State::from(&state.bindings);
        let mut evaluations = Vec::new();
        let values: Vec<_> = terms
            .into_iter()
            .map(|term| instantiate(term, scope, &mut state.bindings, &mut evaluations))
            .collect();
        for evaluation in &evaluations {
            let (found, fault) = self.with_fault(|search| {
                Ok(search.apply(evaluation, state.clone())?.into_iter().next())
            })?;
            match found {
                Some(next) => state = next,
                None => return Ok(Err(without_value(evaluation, scope, &state, fault))),
            }
        }
        let values = state.bindings.resolve_all(&values);
        Ok(Ok((self.nested(values).unwrap_or_default(), state)))
    }

    /// Runs something and says what went wrong in it.
    fn with_fault<T>(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<(T, Option<String>), Stop> {
        let before = self.trouble.take();
        let outcome = run(self)?;
        let fault = match &self.trouble {
            Some(ExplainError::Query(error)) => Some(error.to_string()),
            Some(ExplainError::Limit(limit)) => Some(limit.to_string()),
            _ => None,
        };
        self.trouble = before.or(self.trouble.take());
        Ok((outcome, fault))
    }

    fn failing_call(
        &mut self,
        atom: &Atom,
        failed: &str,
        scope: &Scope,
        state: &State,
        ancestors: &mut Ancestors,
    ) -> Result<Failure, Stop> {
        let (values, state) = match self.evaluated(&atom.arguments, scope, state)? {
            Ok(evaluated) => evaluated,
            Err(failure) => return Ok(failure),
        };
        let Some(builtin) = self.builtin_of(&atom.name, values.len()) else {
            return self.failing_predicate(&atom.name, &values, failed, ancestors);
        };
        let (_, fault) =
            self.with_fault(|search| search.builtin(builtin, &values, Some(atom.span), state))?;
        Ok(Failure {
            message: fault
                .unwrap_or_else(|| format!("`{}` does not hold", text::call(&atom.name, &values))),
            needed: vec![failed.to_owned()],
            ..Failure::default()
        })
    }

    /// Why a predicate of the program, of input or of the host has no answer.
    fn failing_predicate(
        &mut self,
        name: &Name,
        arguments: &[Value],
        failed: &str,
        ancestors: &mut Ancestors,
    ) -> Result<Failure, Stop> {
        let mut failure = Failure {
            needed: vec![failed.to_owned()],
            ..Failure::default()
        };
        let predicate = self.explainer.predicate(name, arguments.len());
        failure.message = match predicate {
            _ if self.is_external(name, arguments.len()) => {
                failure.needed.clear();
                format!("the host has no answer to `{failed}`")
            }
            Some(predicate) if !predicate.rules.is_empty() => {
                failure.because = self.why_not_below(name, arguments, failed, ancestors)?;
                format!("nothing shows `{failed}`")
            }
            Some(predicate) if predicate.input => {
                failure.nearest = self.nearest(name, arguments);
                format!("no fact `{failed}` was given")
            }
            _ => {
                failure.nearest = self.nearest(name, arguments);
                format!("there is no fact `{failed}`")
            }
        };
        Ok(failure)
    }

    fn failing_comparison(
        &mut self,
        comparison: Comparison,
        sides: [&Term; 2],
        scope: &Scope,
        state: &State,
    ) -> Result<Failure, Stop> {
        let (values, state) = match self.evaluated(sides, scope, state)? {
            Ok(evaluated) => evaluated,
            Err(failure) => return Ok(failure),
        };
        let (_, fault) = self
            .with_fault(|search| search.compare(comparison, &values, &"".into(), state.clone()))?;
        if let Some(message) = fault {
            return Ok(Failure {
                message,
                ..Failure::default()
            });
        }
        let mut failure = unlike(comparison, sides, &values);
        failure.message.push_str(&computed(sides, scope, &state));
        Ok(failure)
    }

    fn failing_not(
        &mut self,
        goal: &Goal,
        inner: &Goal,
        scope: &Scope,
        state: &State,
    ) -> Result<Failure, Stop> {
        let found = self.goal(inner, scope, vec![State::from(&state.bindings)])?;
        let needed = vec![text::goal(goal, scope, &state.bindings)];
        let Some(found) = found.first() else {
            return Ok(Failure {
                message: format!("whether `{}` can't be known", text::written(goal)),
                needed,
                ..Failure::default()
            });
        };
        let names = scope.names();
        let values = self.values(names, scope, &found.bindings);
        let answer: Vec<_> = names
            .iter()
            .cloned()
            .zip(values.unwrap_or_default())
            .filter(|(_, value)| is_ground(value))
            .collect();
        let inner_text = text::goal(inner, scope, &found.bindings);
        Ok(Failure {
            message: format!("`{inner_text}` holds and must not"),
            needed,
            obstacle: prove(self, inner, &answer).ok().map(Box::new),
            ..Failure::default()
        })
    }

    fn failing_or(
        &mut self,
        failed: &str,
        goals: &[Goal],
        scope: &Scope,
        state: &State,
        ancestors: &mut Ancestors,
    ) -> Result<Failure, Stop> {
        let mut attempts = Vec::new();
        for goal in goals {
            let furthest = self.furthest(goal, scope, State::from(&state.bindings))?;
            if let Some(failure) = self.failing_furthest(&furthest, scope, ancestors)? {
                attempts.push(failure.attempt(furthest.reached, furthest.goals));
            }
        }
        Ok(Failure {
            message: format!("none of {} alternatives holds", goals.len()),
            needed: attempts
                .iter()
                .flat_map(|attempt| attempt.needed.clone())
                .collect(),
            because: Some(Box::new(WhyNot {
                goal: failed.to_owned(),
                attempts,
                more: 0,
            })),
            ..Failure::default()
        })
    }

    fn failing_every(
        &mut self,
        [condition, inner]: [&Goal; 2],
        scope: &Scope,
        state: &State,
        ancestors: &mut Ancestors,
    ) -> Result<Failure, Stop> {
        let cases = self.goal(condition, scope, vec![State::from(&state.bindings)])?;
        for case in cases {
            let bare = State::from(&case.bindings);
            let furthest = self.furthest(inner, scope, bare)?;
            let Some(mut failure) = self.failing_furthest(&furthest, scope, ancestors)? else {
                continue;
            };
            let condition = text::goal(condition, scope, &case.bindings);
            failure.message = format!("in the case `{condition}`, {}", failure.message);
            return Ok(failure);
        }
        Ok(Failure {
            message: format!(
                "the cases of `{}` can't be known",
                text::goal(condition, scope, &state.bindings)
            ),
            ..Failure::default()
        })
    }

    fn failing_condition(
        &mut self,
        [condition, then, otherwise]: [&Goal; 3],
        scope: &Scope,
        state: &State,
        ancestors: &mut Ancestors,
    ) -> Result<Failure, Stop> {
        let written = text::written(condition);
        let cases = self.goal(condition, scope, vec![State::from(&state.bindings)])?;
        let (branch, state, holds) = match cases.first() {
            Some(case) => (then, State::from(&case.bindings), "holds"),
            None => (otherwise, State::from(&state.bindings), "does not hold"),
        };
        let mut failure = self.failing_body(branch, scope, state, ancestors)?;
        failure.message = format!("as `{written}` {holds}: {}", failure.message);
        Ok(failure)
    }

    fn failing_aggregate(
        &mut self,
        aggregate: &Aggregate,
        scope: &Scope,
        state: &State,
    ) -> Result<Failure, Stop> {
        let (outcomes, fault) =
            self.with_fault(|search| search.outcomes(aggregate, scope, &state.bindings))?;
        let inner = text::goal(&aggregate.goal, scope, &state.bindings);
        let function = aggregate.function.name();
        let message = match (fault, outcomes.unwrap_or_default().as_slice()) {
            (Some(fault), _) => fault,
            (None, []) => format!("there is no `{inner}` of which to take the {function}"),
            (None, [outcome, ..]) => format!(
                "the {function} over `{inner}` is {} and must be {}",
                text::value(&outcome.value),
                text::term(&aggregate.result, scope, &state.bindings)
            ),
        };
        Ok(Failure {
            message,
            ..Failure::default()
        })
    }
}
