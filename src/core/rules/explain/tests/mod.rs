//! Programs built by hand, solvers of the simplest kind, and what is explained of them.

mod bounds;
mod build;
mod proofs;
mod random;
mod reasons;
mod solve;
mod table;
mod wrong;

use self::build::{Clauses, program};
use self::solve::Descent;
use self::table::TestTable;
use super::{ExplainError, ExplainLimits, Explainer, Inquiry, Proof, Solver, WhyNot, verify};
use crate::rules::ast::{Goal, Name};
use crate::rules::value::Value;

/// A program with everything that explains it.
struct Case {
    explainer: Explainer,
    facts: Vec<(Name, Vec<Value>)>,
    limits: ExplainLimits,
}

fn case(clauses: Clauses) -> Case {
    Case {
        explainer: Explainer::new(program(clauses).into()),
        facts: Vec::new(),
        limits: ExplainLimits::default(),
    }
}

impl Case {
    fn with<T>(&self, solver: &mut dyn Solver, run: impl FnOnce(&mut Inquiry<'_>) -> T) -> T {
        run(&mut Inquiry {
            solver,
            builtins: &TestTable,
            facts: &self.facts,
            limits: self.limits,
        })
    }

    fn descent(&self) -> Descent<'_> {
        Descent::new(&self.explainer, &self.facts)
    }

    /// A proof that was checked.
    fn explain(&self, goal: &Goal, answer: &[(Name, Value)]) -> Result<Proof, ExplainError> {
        self.explain_by(&mut self.descent(), goal, answer)
    }

    fn explain_by(
        &self,
        solver: &mut dyn Solver,
        goal: &Goal,
        answer: &[(Name, Value)],
    ) -> Result<Proof, ExplainError> {
        let proof = self.with(solver, |inquiry| {
            self.explainer.explain(goal, answer, inquiry)
        })?;
        let outcome = self.with(solver, |inquiry| {
            verify(&proof, goal, answer, &self.explainer, inquiry)
        });
        assert_eq!(outcome, Ok(()), "{}", proof.to_text(&[]));
        Ok(proof)
    }

    /// The text of the proof of a goal without answers to bind.
    fn shown(&self, goal: &Goal) -> String {
        match self.explain(goal, &[]) {
            Ok(proof) => proof.to_text(&[]),
            Err(error) => panic!("{error}"),
        }
    }

    fn why_not(&self, goal: &Goal) -> Result<WhyNot, ExplainError> {
        self.with(&mut self.descent(), |inquiry| {
            self.explainer.why_not(goal, inquiry)
        })
    }

    fn reasons(&self, goal: &Goal) -> String {
        match self.why_not(goal) {
            Ok(reasons) => reasons.to_text(&[]),
            Err(error) => panic!("{error}"),
        }
    }
}

/// The lines of a text without its common indentation.
fn lines(text: &str) -> String {
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let common = lines.iter().map(indent).min().unwrap_or(0);
    lines
        .iter()
        .map(|line| line.chars().skip(common).chain(['\n']).collect::<String>())
        .collect()
}
