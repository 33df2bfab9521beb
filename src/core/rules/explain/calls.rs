//! Answers of predicates and built-ins.

use super::ExplainError;
use super::bindings::{Key, renumber};
use super::evaluate::{Leaf, Premise, Search, State, Stop, unknown};
use super::memory::Known;
use crate::rules::ast::{Comparison, Name};
use crate::rules::builtins::{Builtin, MachineOperation, Mode, Run, Solutions};
use crate::rules::error::QueryError;
use crate::rules::fault::plain;
use crate::rules::source::Span;
use crate::rules::value::Value;
use std::sync::Arc;

impl Search<'_> {
    /// The built-in that a call means, where it is one that is computed.
    pub(super) fn builtin_of(&self, name: &str, arity: usize) -> Option<&'static Builtin> {
        if self.explainer.predicate(name, arity).is_some() {
            return None;
        }
        let builtin = self.builtins.find(name, arity)?;
        (!matches!(builtin.run, Run::External)).then_some(builtin)
    }

    /// Whether the host answers a call.
    pub(super) fn is_external(&self, name: &str, arity: usize) -> bool {
        match self.explainer.predicate(name, arity) {
            Some(predicate) => predicate.external,
            None => self.builtins.find(name, arity).is_some(),
        }
    }

    /// All answers of the solver that fit.
    pub(super) fn ask(
        &mut self,
        name: &Name,
        arguments: &[Value],
        state: State,
    ) -> Result<Vec<State>, Stop> {
        let external = self.is_external(name, arguments.len());
        let mut found = Vec::new();
        let resolved = state.bindings.resolve_all(arguments);
        let numbered = resolved.and_then(|resolved| Ok(renumber(&resolved)?.0));
        let Some(numbered) = self.nested(numbered) else {
            return Ok(Vec::new());
        };
        for answer in self.answers(name, numbered)?.iter() {
            self.spend(1)?;
            let mut state = state.clone();
            let mut known = Vec::new();
            let answer: Result<Vec<_>, _> = answer
                .iter()
                .map(|value| state.bindings.import(value, &mut known))
                .collect();
            let Some(answer) = self.nested(answer) else {
                continue;
            };
            if state.bindings.unify_all(arguments, &answer) {
                let (name, arguments) = (name.clone(), arguments.to_vec());
                state.premises.push(if external {
                    Premise::Leaf(Leaf::External(name, arguments))
                } else {
                    Premise::Call(name, arguments)
                });
                found.push(state);
            }
        }
        Ok(found)
    }

    /// What the solver answers to a call whose variables are numbered from 0; with a doubt where there may be more.
    pub(super) fn answers(
        &mut self,
        name: &Name,
        call: Vec<Value>,
    ) -> Result<Arc<[Vec<Value>]>, Stop> {
        let key = (name.clone(), Key(call));
        if let Some(known) = self.memory.answers.get(&key).cloned() {
            return Ok(self.recall(known));
        }
        let (found, trouble) = self.solver.solve_some(name, &key.1.0);
        let found: Arc<[_]> = found.into();
        let trouble = trouble.map(ExplainError::from);
        self.keep(&key.1.0)?;
        for answer in found.iter() {
            self.keep(answer)?;
        }
        if let Some(trouble) = &trouble {
            self.doubt(trouble.clone());
        }
        let known = Known {
            found: found.clone(),
            trouble,
        };
        self.memory.answers.insert(key, known);
        Ok(found)
    }

    /// All ways in which a built-in holds; it leaves no premise.
    pub(super) fn builtin(
        &mut self,
        builtin: &'static Builtin,
        arguments: &[Value],
        span: Option<Span>,
        mut state: State,
    ) -> Result<Vec<State>, Stop> {
        match (builtin.run, arguments) {
            (Run::Machine(MachineOperation::Unify), [left, right]) => {
                let holds = state.bindings.unify(left, right);
                return Ok(holds.then_some(state).into_iter().collect());
            }
            (Run::Machine(MachineOperation::True), _) => return Ok(vec![state]),
            (Run::Machine(MachineOperation::False), _) => return Ok(Vec::new()),
            _ => {}
        }
        let resolved = state.bindings.resolve_all(arguments);
        let numbered = resolved.and_then(|resolved| renumber(&resolved));
        let Some((numbered, variables)) = self.nested(numbered) else {
            return Ok(Vec::new());
        };
        let solutions = match self.builtins.call(builtin, &numbered) {
            Ok(Solutions::None) => Vec::new(),
            Ok(Solutions::Yes) => return Ok(vec![state]),
            Ok(Solutions::One(values)) => vec![values],
            Ok(Solutions::Many(solutions)) => solutions,
            Err(fault) => {
                self.doubt(ExplainError::Query(QueryError::Builtin {
                    name: builtin.name.into(),
                    arity: arguments.len(),
                    span,
                    message: plain(builtin.name, arguments.len(), &fault).into(),
                    fault,
                }));
                Vec::new()
            }
        };
        let given: Vec<_> = builtin
            .parameters
            .iter()
            .zip(arguments)
            .filter(|(parameter, _)| parameter.mode != Mode::Bound)
            .map(|(_, argument)| argument)
            .collect();
        let mut found = Vec::new();
        for solution in solutions {
            self.spend(1)?;
            let mut state = state.clone();
            let mut known: Vec<_> = (0..).zip(variables.iter().cloned()).collect();
            let mut fits = true;
            for (argument, value) in given.iter().zip(&solution) {
                let value = state.bindings.import(value, &mut known);
                fits &= self
                    .nested(value)
                    .is_some_and(|value| state.bindings.unify(argument, &value));
            }
            found.extend(fits.then_some(state));
        }
        Ok(found)
    }

    pub(super) fn compare(
        &mut self,
        comparison: Comparison,
        sides: &[Value],
        written: &Arc<str>,
        mut state: State,
    ) -> Result<Vec<State>, Stop> {
        let [left, right] = sides else {
            return Ok(Vec::new());
        };
        let mut found = if comparison == Comparison::Equal {
            let holds = state.bindings.unify(left, right);
            holds.then_some(state).into_iter().collect()
        } else if let Some(builtin) = self.builtins.find(comparison.name(), 2) {
            self.builtin(builtin, sides, None, state)?
        } else {
            self.doubt(unknown(comparison.symbol()));
            Vec::new()
        };
        for state in &mut found {
            state.premises.push(Premise::Leaf(Leaf::Comparison(
                comparison,
                left.clone(),
                right.clone(),
                written.clone(),
            )));
        }
        Ok(found)
    }
}
