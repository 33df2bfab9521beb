//! Solvers for tests.

use super::TestTable;
use crate::rules::ast::Name;
use crate::rules::explain::bindings::{Bindings, freeze, renumber};
use crate::rules::explain::evaluate::Search;
use crate::rules::explain::{ExplainLimits, Explainer, Inquiry, SolveError, Solver};
use crate::rules::value::Value;

/// Follows rules down to a depth, each time anew.
pub(super) struct Descent<'a> {
    explainer: &'a Explainer,
    facts: &'a [(Name, Vec<Value>)],
    depth: u32,
}

impl<'a> Descent<'a> {
    pub(super) fn new(explainer: &'a Explainer, facts: &'a [(Name, Vec<Value>)]) -> Self {
        Self {
            explainer,
            facts,
            depth: 60,
        }
    }
}

impl Solver for Descent<'_> {
    fn solve(&mut self, name: &str, arguments: &[Value]) -> Result<Vec<Vec<Value>>, SolveError> {
        let given = self
            .facts
            .iter()
            .filter(|(other, _)| other.as_ref() == name);
        let given = given.map(|(_, values)| values.clone());
        let mut found: Vec<_> = given.filter(|values| fits(arguments, values)).collect();
        let Some(predicate) = self.explainer.predicate(name, arguments.len()) else {
            return Ok(found);
        };
        if self.depth == 0 {
            return Ok(found);
        }
        let mut below = Descent {
            explainer: self.explainer,
            facts: self.facts,
            depth: self.depth - 1,
        };
        let mut inquiry = Inquiry {
            solver: &mut below,
            builtins: &TestTable,
            facts: &[],
            limits: ExplainLimits::default(),
        };
        let mut search = Search::new(self.explainer, &mut inquiry);
        let mut clauses = [&predicate.rules[..], &predicate.facts].concat();
        clauses.sort_unstable();
        for index in clauses {
            let prepared = search.prepared(index).unwrap();
            let Some(head) = search.head(&prepared, arguments) else {
                continue;
            };
            let values = head.goal.clone();
            for state in search.after_head(&prepared, head).unwrap() {
                let values = state.bindings.resolve_all(&values).unwrap();
                let (values, _) = renumber(&values).unwrap();
                if !found.contains(&values) {
                    found.push(values);
                }
            }
        }
        Ok(found)
    }
}

/// Answers from a list.
pub(super) struct Listed(pub(super) Vec<(Name, Vec<Value>)>);

impl Solver for Listed {
    fn solve(&mut self, name: &str, arguments: &[Value]) -> Result<Vec<Vec<Value>>, SolveError> {
        let found = self
            .0
            .iter()
            .filter(|(other, values)| other.as_ref() == name && fits(arguments, values));
        Ok(found.map(|(_, values)| values.clone()).collect())
    }
}

/// Whether ground values are an instance of a call.
pub(super) fn fits(call: &[Value], values: &[Value]) -> bool {
    let mut bindings = Bindings::new(8);
    bindings.unify_all(call, &freeze(values).unwrap())
}
