//! What is wrong with a program as a whole, found before it runs, and what its machine must know.
//!
//! Both forms of a program are read before, so that nothing here parses. Everything takes time that
//! grows with the program and not much faster. `docs/rules-checks.md` describes what can be found.

mod analysis;
mod annotations;
mod binding;
mod codes;
mod conditions;
mod constants;
mod decisions;
pub(super) mod graph;
mod json;
mod matching;
mod negation;
mod predicates;
mod reading;
mod sarif;
mod show;
mod subsumption;
mod table;
mod tabling;
#[cfg(test)]
mod tests;
mod variables;
pub(in crate::rules) mod walk;

use super::ast::{Item, Program};
use super::builtins::{self, Builtin};
use super::diagnostic::{Diagnostic, Severity};
use analysis::Recursion;
use table::Table;

pub use analysis::{Analysis, Predicate, PredicateKind};
pub use codes::{CODES, Code, code};
pub use sarif::sarif;

/// Finds a built-in by its name and number of arguments.
pub type Find<'a> = &'a dyn Fn(&str, usize) -> Option<&'static Builtin>;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What is wrong, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// What the machine needs to know; of use only if there is no error.
    pub analysis: Analysis,
}

impl Checked {
    /// Whether the program must not be loaded.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
        self.diagnostics.iter().any(is_error)
    }
}

/// Checks a program.
#[must_use]
pub fn check(program: &Program) -> Checked {
    check_with(program, &builtins::find, builtins::all())
}

/// Checks a program that has these built-ins: `all` of them, which `find` finds.
#[must_use]
pub fn check_with(program: &Program, find: Find<'_>, all: &[&'static Builtin]) -> Checked {
    let table = Table::new(program, find);
    let recursion = Recursion::new(&table);
    let mut found = Vec::new();
    predicates::check(&table, all, &mut found);
    annotations::check(program, &mut found);
    decisions::check(&table, &mut found);
    negation::check(&table, &recursion, &mut found);
    tabling::check(&table, &recursion, &mut found);
    let mut budget = constants::Budget::new();
    for item in &program.items {
        if let Item::Clause(clause) = item {
            variables::check(clause, find, &mut found);
            if let Some(body) = &clause.body {
                conditions::check(body, find, &mut found);
                constants::check(body, find, &mut budget, &mut found);
            }
        }
    }
    matching::check(&table, &mut found);
    subsumption::check(&table, &mut found);
    found.sort_by_key(|diagnostic| (diagnostic.span, diagnostic.severity, diagnostic.code));
    Checked {
        diagnostics: found,
        analysis: analysis::analysis(&table, &recursion),
    }
}

/// What the machine needs to know of a program, without a check.
#[must_use]
pub fn analyse(program: &Program, find: Find<'_>) -> Analysis {
    let table = Table::new(program, find);
    let recursion = Recursion::new(&table);
    analysis::analysis(&table, &recursion)
}
