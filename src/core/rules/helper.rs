//! Explanations of a query's answers: machines of their own answer what these ask, within the query's bounds.

use super::answer::QueryOptions;
use super::ast::{Goal, Name};
use super::builtins;
use super::error::QueryError;
use super::explain::{
    ExplainLimits, Explainer, Inquiry, Memory, Proof, SolveError, Solver, Table, WhyNot,
};
use super::machine::{Machine, Stop};
use super::value::Value;
use crate::limits::LimitReached;

/// Explains the answers of one query.
#[derive(Debug)]
pub(super) struct Helper {
    solver: MachineSolver,
    table: Table,
    memory: Memory,
}

impl Helper {
    pub(super) fn new(machine: &Machine, options: &QueryOptions) -> Self {
        let room = usize::try_from(options.limits.max_bytes).unwrap_or(usize::MAX);
        Self {
            solver: MachineSolver::new(machine, options.limits.max_steps),
            table: Table(builtins::Context {
                now_ms: options.now_ms,
                room,
            }),
            memory: Memory::default(),
        }
    }

    /// Takes over what the host has answered since.
    pub(super) fn renew(&mut self, machine: &Machine) {
        self.solver = MachineSolver::new(machine, self.solver.steps_left);
        self.memory.forget();
    }

    pub(super) fn proof(
        &mut self,
        explainer: &Explainer,
        goal: &Goal,
        bindings: &[(Name, Value)],
        options: &QueryOptions,
    ) -> Option<Proof> {
        let mut inquiry = inquiry(&mut self.solver, &self.table, options);
        let proof = explainer.explain_further(goal, bindings, &mut inquiry, &mut self.memory);
        proof.ok()
    }

    pub(super) fn why_not(
        &mut self,
        explainer: &Explainer,
        goal: &Goal,
        options: &QueryOptions,
    ) -> Option<WhyNot> {
        let mut inquiry = inquiry(&mut self.solver, &self.table, options);
        explainer.why_not(goal, &mut inquiry).ok()
    }
}

fn inquiry<'a>(
    solver: &'a mut MachineSolver,
    table: &'a Table,
    options: &'a QueryOptions,
) -> Inquiry<'a> {
    let limits = options.limits;
    let defaults = ExplainLimits::default();
    Inquiry {
        solver,
        builtins: table,
        facts: &options.facts,
        limits: ExplainLimits {
            max_steps: defaults.max_steps.min(limits.max_steps),
            // What is searched takes some times what is held at its end.
            max_bytes: defaults.max_bytes.min(limits.max_bytes / 4),
            ..defaults
        },
    }
}

/// Answers what an explanation asks.
#[derive(Debug)]
struct MachineSolver {
    /// Keeps all that it found: an explanation asks for each part of what it asked for before.
    tabled: Machine,
    /// For what tables have no room for, or what goes on beyond what the host was asked.
    plain: Machine,
    /// For all questions together.
    steps_left: u64,
    max_steps: u64,
}

impl MachineSolver {
    fn new(machine: &Machine, steps_left: u64) -> Self {
        let mut tabled = machine.fork();
        tabled.table_rules();
        Self {
            tabled,
            plain: machine.fork(),
            steps_left,
            max_steps: machine.limits.max_steps,
        }
    }

    fn run(
        &mut self,
        predicate: u32,
        arguments: &[Value],
        is_tabled: bool,
    ) -> (Vec<Vec<Value>>, Option<Stop>) {
        if self.steps_left == 0 {
            let limit = LimitReached {
                name: "max-steps".to_owned(),
                limit: self.max_steps,
                observed: self.max_steps.saturating_add(1),
            };
            return (Vec::new(), Some(Stop::Limit(limit)));
        }
        let machine = match is_tabled {
            true => &mut self.tabled,
            false => &mut self.plain,
        };
        machine.limits.max_steps = self.steps_left;
        let solved = machine.solve(predicate, arguments);
        self.steps_left = self.steps_left.saturating_sub(machine.steps);
        solved
    }
}

impl Solver for MachineSolver {
    fn solve(&mut self, name: &str, arguments: &[Value]) -> Result<Vec<Vec<Value>>, SolveError> {
        let (answers, error) = self.solve_some(name, arguments);
        error.map_or(Ok(answers), Err)
    }

    fn solve_some(
        &mut self,
        name: &str,
        arguments: &[Value],
    ) -> (Vec<Vec<Value>>, Option<SolveError>) {
        let Some(predicate) = self.plain.program.predicate(name, arguments.len()) else {
            return (Vec::new(), None);
        };
        let mut solved = self.run(predicate, arguments, true);
        if solved.1.is_some() {
            solved = self.run(predicate, arguments, false);
        }
        let error = solved.1.map(|stop| match QueryError::from(stop) {
            QueryError::Limit(limit) => SolveError::Limit(limit),
            error => SolveError::Query(error),
        });
        (solved.0, error)
    }
}
