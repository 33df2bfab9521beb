//! Variables of one clause: those that stand alone, and those of a head that nothing binds.

use super::Find;
use super::binding;
use super::codes::{SINGLETON_VARIABLE, UNBOUND_HEAD_VARIABLE};
use super::walk::{each_goal_variable, each_variable};
use crate::rules::ast::Clause;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::nearest::nearest;
use crate::rules::source::Span;
use std::collections::BTreeMap;

/// The variables of a clause, numbered.
pub(super) struct Variables<'p> {
    numbers: BTreeMap<&'p str, usize>,
    all: Vec<Variable<'p>>,
}

/// One variable of a clause.
pub(super) struct Variable<'p> {
    pub(super) name: &'p str,
    /// Where it occurs.
    pub(super) places: Vec<Span>,
    /// How many of these are in the head.
    pub(super) in_head: usize,
}

impl<'p> Variables<'p> {
    fn new(clause: &'p Clause) -> Self {
        let mut variables = Self {
            numbers: BTreeMap::new(),
            all: Vec::new(),
        };
        for argument in &clause.head.arguments {
            each_variable(argument, &mut |name, span| variables.add(name, span));
        }
        for variable in &mut variables.all {
            variable.in_head = variable.places.len();
        }
        if let Some(body) = &clause.body {
            each_goal_variable(body, &mut |name, span| variables.add(name, span));
        }
        variables
    }

    fn add(&mut self, name: &'p str, span: Span) {
        let next = self.all.len();
        let number = *self.numbers.entry(name).or_insert(next);
        if number == next {
            self.all.push(Variable {
                name,
                places: Vec::new(),
                in_head: 0,
            });
        }
        if let Some(variable) = self.all.get_mut(number) {
            variable.places.push(span);
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    pub(super) fn get(&self, number: usize) -> Option<&Variable<'p>> {
        self.all.get(number)
    }

    pub(super) fn all(&self) -> &[Variable<'p>] {
        &self.all
    }

    /// Another variable of the clause whose name is almost the same.
    pub(super) fn nearest(&self, name: &str) -> Option<&'p str> {
        // More variables are not looked through for each that stands alone.
        let others = self.all.iter().take(100).map(|variable| variable.name);
        nearest(name, others.filter(|other| !other.starts_with('_')))
    }
}

pub(super) fn check(clause: &Clause, find: Find<'_>, found: &mut Vec<Diagnostic>) {
    let variables = Variables::new(clause);
    if variables.all.is_empty() && clause.body.is_none() {
        return;
    }
    let reported = match &clause.body {
        Some(body) => binding::check(body, &variables, find, found),
        None => Vec::new(),
    };
    for (number, variable) in variables.all.iter().enumerate() {
        let is_reported = reported.get(number).copied().unwrap_or_default();
        let [place] = variable.places.as_slice() else {
            continue;
        };
        if is_reported || variable.name.starts_with('_') {
            continue;
        }
        found.push(if variable.in_head > 0 && clause.body.is_some() {
            unbound(variable.name, *place, &variables)
        } else {
            singleton(variable.name, *place, &variables)
        });
    }
}

fn unbound(name: &str, place: Span, variables: &Variables<'_>) -> Diagnostic {
    let diagnostic = UNBOUND_HEAD_VARIABLE
        .at(place, format!("nothing in the body binds `{name}`"))
        .label("so the rule would hold for anything here");
    match variables.nearest(name) {
        Some(other) => diagnostic.help(format!(
            "did you mean `{other}`? otherwise bind `{name}` in the body, or write `_` if it may be anything"
        )),
        None => diagnostic.help(format!("bind `{name}` in the body, or write `_` if it may be anything")),
    }
}

fn singleton(name: &str, place: Span, variables: &Variables<'_>) -> Diagnostic {
    let diagnostic = SINGLETON_VARIABLE
        .at(place, format!("`{name}` occurs only once in this clause"))
        .label("so it may be anything");
    if let Some(other) = variables.nearest(name) {
        return diagnostic.help(format!(
            "did you mean `{other}`? otherwise write `_{name}` to say that it may be anything"
        ));
    }
    let diagnostic = diagnostic.help(format!("write `_{name}` to say that it may be anything"));
    // A name that is quoted, or marked as in YAML, takes more bytes and can't just be replaced.
    let is_plain = usize::try_from(place.end.saturating_sub(place.start)) == Ok(name.len());
    if is_plain {
        diagnostic.suggestion(place, format!("_{name}"))
    } else {
        diagnostic
    }
}
