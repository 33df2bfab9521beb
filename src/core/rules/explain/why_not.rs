//! Why a goal has no answer: how far each clause got that could have given one.

use super::bindings::{Key, RIGID, freeze, renumber};
use super::clauses::{Explainer, Predicate};
use super::evaluate::{Search, State, Stop, instantiate};
use super::failure::Failure;
use super::heads::{annotation, conjuncts, differs};
use super::proof::{Attempt, WhyNot};
use super::text;
use super::variables::{Prepared, Scope, prepare_goal};
use super::{ExplainError, Inquiry};
use crate::rules::ast::{Clause, Goal, GoalKind, Name, TermKind};
use crate::rules::value::Value;

/// The goals whose reasons are being given, the outermost first.
pub(super) type Ancestors = Vec<(Name, Key)>;

impl Explainer {
    /// Why a goal has no answer: for each rule that could have given one, the first goal that failed along the
    /// attempt that got furthest, and what would have satisfied it.
    ///
    /// # Errors
    ///
    /// `Holds` where the goal has an answer, `Limit` where a bound was reached, `Query` where the engine can't
    /// answer what is needed.
    pub fn why_not(&self, goal: &Goal, inquiry: &mut Inquiry<'_>) -> Result<WhyNot, ExplainError> {
        let mut search = Search::new(self, inquiry);
        let (goal, scope) = prepare_goal(goal);
        let state = State::from(&super::bindings::Bindings::new(scope.len()));
        let written = text::written(&goal).to_string();
        let outcome = search.goal(&goal, &scope, vec![state.clone()]);
        let is_limited = matches!(search.trouble, Some(ExplainError::Limit(_)));
        match outcome {
            Ok(found) if !found.is_empty() => return Err(ExplainError::Holds(written)),
            Ok(_) if !is_limited => {}
            _ => return Err(trouble(&search, written)),
        }
        let reasons = search.why_not_query(&goal, &scope, state);
        reasons.map_err(|Stop| trouble(&search, written))
    }
}

fn trouble(search: &Search<'_>, written: String) -> ExplainError {
    let trouble = search.trouble.clone();
    trouble.unwrap_or(ExplainError::Unproven(written))
}

impl Search<'_> {
    fn why_not_query(&mut self, goal: &Goal, scope: &Scope, state: State) -> Result<WhyNot, Stop> {
        let mut ancestors = Ancestors::new();
        let written = text::goal(goal, scope, &state.bindings);
        if let GoalKind::Call(atom) = &goal.kind
            && self
                .explainer
                .predicate(&atom.name, atom.arguments.len())
                .is_some()
        {
            let (values, states) = self.terms(&atom.arguments, scope, state.clone())?;
            if let Some(state) = states.first() {
                let values = state.bindings.resolve_all(&values);
                let values = self.nested(values).unwrap_or_default();
                return self.why_not_call(&atom.name, &values, &written, &mut ancestors);
            }
        }
        let furthest = self.furthest(goal, scope, state)?;
        let mut attempts = Vec::new();
        if let Some(failure) = self.failing_furthest(&furthest, scope, &mut ancestors)? {
            attempts.push(failure.attempt(furthest.reached, furthest.goals));
        }
        Ok(WhyNot {
            goal: written,
            attempts,
            more: 0,
        })
    }

    /// Why a goal that another one needs has no answer; none where that is too far down. Of one whose
    /// reasons are being given already, there are no attempts.
    pub(super) fn why_not_below(
        &mut self,
        name: &Name,
        arguments: &[Value],
        written: &str,
        ancestors: &mut Ancestors,
    ) -> Result<Option<Box<WhyNot>>, Stop> {
        if ancestors.len() >= self.limits.max_levels as usize {
            return Ok(None);
        }
        let numbered = renumber(arguments).map(|(numbered, _)| Key(numbered));
        let Some(key) = self.nested(numbered) else {
            return Ok(None);
        };
        let goal = (name.clone(), key);
        if ancestors.contains(&goal) {
            return Ok(Some(Box::new(WhyNot {
                goal: written.to_owned(),
                attempts: Vec::new(),
                more: 0,
            })));
        }
        let reasons = self.why_not_call(name, arguments, written, ancestors)?;
        Ok(Some(Box::new(reasons)))
    }

    fn why_not_call(
        &mut self,
        name: &Name,
        arguments: &[Value],
        written: &str,
        ancestors: &mut Ancestors,
    ) -> Result<WhyNot, Stop> {
        let numbered = renumber(arguments).map(|(numbered, _)| numbered);
        let arguments = self.nested(numbered).unwrap_or_default();
        let mut reasons = WhyNot {
            goal: written.to_owned(),
            attempts: Vec::new(),
            more: 0,
        };
        let explainer = self.explainer;
        let Some(predicate) = explainer.predicate(name, arguments.len()) else {
            return Ok(reasons);
        };
        ancestors.push((name.clone(), Key(arguments.clone())));
        let (rules, more) = self.choose(predicate, &arguments);
        reasons.more = more;
        for index in rules {
            if let Some(attempt) = self.attempt(index, &arguments, ancestors)? {
                reasons.attempts.push(attempt);
            }
        }
        ancestors.pop();
        if predicate.rules.is_empty() || !predicate.facts.is_empty() || predicate.input {
            let attempt = self.facts_attempt(name, predicate, &arguments, written);
            reasons.attempts.push(attempt);
        }
        Ok(reasons)
    }

    /// The rules of which something is said, in order, and how many others there are. Those whose head fits
    /// come before others.
    fn choose(&self, predicate: &Predicate, arguments: &[Value]) -> (Vec<usize>, usize) {
        let fits = |index: &usize| {
            self.explainer
                .clause(*index)
                .is_some_and(|clause| differs(clause, arguments).is_none())
        };
        let (fitting, others): (Vec<_>, Vec<_>) = predicate.rules.iter().copied().partition(fits);
        let count = self.limits.max_attempts as usize;
        let mut chosen: Vec<_> = fitting.into_iter().chain(others).take(count).collect();
        chosen.sort_unstable();
        let more = predicate.rules.len().saturating_sub(count);
        (chosen, more)
    }

    fn attempt(
        &mut self,
        index: usize,
        arguments: &[Value],
        ancestors: &mut Ancestors,
    ) -> Result<Option<Attempt>, Stop> {
        self.spend(1)?;
        let explainer = self.explainer;
        let (Some(clause), Some(prepared)) = (explainer.clause(index), self.prepared(index)) else {
            return Ok(None);
        };
        let attempt = match self.head(&prepared, arguments) {
            None => self
                .head_failure(&prepared, arguments)
                .attempt(0, goals(clause)),
            Some(head) => self.body_attempt(&prepared, head.state, ancestors)?,
        };
        Ok(Some(Attempt {
            clause: Some(index),
            span: Some(clause.span),
            id: annotation(&clause.annotations, "id"),
            reason: annotation(&clause.annotations, "reason"),
            ..attempt
        }))
    }

    fn body_attempt(
        &mut self,
        prepared: &Prepared,
        state: State,
        ancestors: &mut Ancestors,
    ) -> Result<Attempt, Stop> {
        let scope = &prepared.scope;
        let mut count = 0;
        if let Some(body) = &prepared.body {
            let furthest = self.furthest(body, scope, state)?;
            count = furthest.goals;
            if let Some(failure) = self.failing_furthest(&furthest, scope, ancestors)? {
                return Ok(failure.attempt(furthest.reached, count));
            }
        }
        let failure = Failure {
            failed: text::written_atom(&prepared.head),
            span: prepared.head.span,
            message: "all of its goals hold, but for other values than those asked for".to_owned(),
            ..Failure::default()
        };
        Ok(failure.attempt(count, count))
    }

    /// Which argument of a head can't be what is asked for.
    fn head_failure(&mut self, prepared: &Prepared, arguments: &[Value]) -> Failure {
        let mut failure = Failure {
            failed: text::written_atom(&prepared.head),
            span: prepared.head.span,
            message: "it is about other values".to_owned(),
            ..Failure::default()
        };
        let Ok(arguments) = freeze(arguments) else {
            return failure;
        };
        let mut state = State::from(&super::bindings::Bindings::new(prepared.scope.len()));
        let mut evaluations = Vec::new();
        let terms = prepared.head.arguments.iter().zip(&arguments).enumerate();
        for (place, (term, argument)) in terms {
            let value = instantiate(term, &prepared.scope, &mut state.bindings, &mut evaluations);
            // What is not known can be anything.
            if matches!(argument, Value::Variable(number) if *number >= RIGID) {
                continue;
            }
            let before = text::term(term, &prepared.scope, &state.bindings);
            if !state.bindings.unify(&value, argument) {
                let is_constant = matches!(term.kind, TermKind::Constant(_));
                failure.span = term.span;
                failure.message = format!(
                    "it is about {before} as argument {}, not {}",
                    place + 1,
                    text::value(argument)
                );
                if is_constant {
                    failure.needed = vec![format!("argument {} to be {before}", place + 1)];
                }
                return failure;
            }
        }
        failure
    }

    fn facts_attempt(
        &mut self,
        name: &Name,
        predicate: &Predicate,
        arguments: &[Value],
        written: &str,
    ) -> Attempt {
        let mut failure = Failure {
            failed: written.to_owned(),
            needed: vec![written.to_owned()],
            ..Failure::default()
        };
        failure.message = if predicate.external {
            failure.needed.clear();
            format!("the host has no answer to `{written}`")
        } else {
            failure.nearest = self.nearest(name, arguments);
            match predicate.input {
                true => format!("no fact `{written}` was given"),
                false => format!("there is no fact `{written}`"),
            }
        };
        Attempt {
            failed_span: None,
            ..failure.attempt(0, 0)
        }
    }

    /// Facts that differ in one argument from a goal, in text form.
    pub(super) fn nearest(&mut self, name: &Name, arguments: &[Value]) -> Vec<String> {
        let mut nearest: Vec<String> = Vec::new();
        let limit = self.limits.max_nearest as usize;
        for place in 0..arguments.len() {
            let mut changed = arguments.to_vec();
            match changed.get_mut(place) {
                Some(argument) if !matches!(argument, Value::Variable(_)) => {
                    *argument = Value::Variable(RIGID - 1);
                }
                _ => continue,
            }
            let Ok((numbered, _)) = renumber(&changed) else {
                continue;
            };
            for answer in self.solver.solve(name, &numbered).unwrap_or_default() {
                if nearest.len() >= limit || self.spend(1).is_err() {
                    return nearest;
                }
                let text = text::call(name, &answer);
                if !nearest.contains(&text) {
                    nearest.push(text);
                }
            }
        }
        nearest
    }
}

/// How many goals the body of a clause has.
fn goals(clause: &Clause) -> usize {
    clause.body.as_ref().map_or(0, |body| conjuncts(body).len())
}
