//! Variables of one clause: those that stand alone, and those of a head that nothing binds.

use super::Find;
use super::binding;
use super::codes::{SINGLETON_VARIABLE, UNBOUND_HEAD_VARIABLE, VARIABLE_IN_FACT};
use super::json::write_string;
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
        let name = variable.name;
        found.push(match (&clause.body, variable.in_head) {
            // Where it is marked as a variable, nobody meant a text.
            (None, _) if is_plain(name, *place) => in_fact(name, *place, &variables),
            (None, _) | (Some(_), 0) => singleton(name, *place, &variables),
            (Some(_), _) => unbound(name, *place, &variables),
        });
    }
}

/// A name as the text that was perhaps meant.
fn quoted(name: &str) -> String {
    let mut out = String::new();
    write_string(name, &mut out);
    out
}

/// The text that a name was perhaps meant to be, where it looks like a constant of another language.
pub(super) fn text_meant(name: &str) -> Option<String> {
    let is_word = name.chars().all(|letter| {
        letter.is_lowercase() || letter.is_ascii_digit() || letter == '_' || letter == '-'
    });
    (is_word && name.chars().nth(1).is_some()).then(|| quoted(name))
}

/// A name that is quoted, or marked as in YAML, takes more bytes and can't just be replaced.
fn is_plain(name: &str, place: Span) -> bool {
    usize::try_from(place.end.saturating_sub(place.start)) == Ok(name.len())
}

fn in_fact(name: &str, place: Span, variables: &Variables<'_>) -> Diagnostic {
    let text = quoted(name);
    let diagnostic = VARIABLE_IN_FACT
        .at(
            place,
            format!("`{name}` is a variable here, so this holds for everything"),
        )
        .label("not a text: texts stand in quotes");
    let either = format!("write `{text}` for the text, `_{name}` if it holds for everything");
    let diagnostic = match variables.nearest(name) {
        Some(other) => {
            return diagnostic.help(format!("did you mean `{other}`? otherwise {either}"));
        }
        None => diagnostic.help(either),
    };
    if is_plain(name, place) {
        diagnostic.suggestion(place, text)
    } else {
        diagnostic
    }
}

fn unbound(name: &str, place: Span, variables: &Variables<'_>) -> Diagnostic {
    let diagnostic = UNBOUND_HEAD_VARIABLE
        .at(place, format!("nothing in the body binds `{name}`"))
        .label("so the rule would hold for anything here");
    let bind = format!("bind `{name}` in the body, or write `_` if it may be anything");
    diagnostic.help(match (variables.nearest(name), text_meant(name)) {
        (Some(other), _) => format!("did you mean `{other}`? otherwise {bind}"),
        (None, Some(text)) => format!("write `{text}` if the text is meant; otherwise {bind}"),
        (None, None) => bind,
    })
}

fn singleton(name: &str, place: Span, variables: &Variables<'_>) -> Diagnostic {
    let diagnostic = SINGLETON_VARIABLE
        .at(place, format!("`{name}` occurs only once in this clause"))
        .label("so it may be anything");
    let any = format!("write `_{name}` to say that it may be anything");
    match (variables.nearest(name), text_meant(name)) {
        (Some(other), _) => diagnostic.help(format!("did you mean `{other}`? otherwise {any}")),
        // Which of both is meant is not certain enough for a suggestion.
        (None, Some(text)) => diagnostic.help(format!(
            "write `{text}` if the text is meant; otherwise {any}"
        )),
        (None, None) if is_plain(name, place) => {
            diagnostic.help(any).suggestion(place, format!("_{name}"))
        }
        (None, None) => diagnostic.help(any),
    }
}
