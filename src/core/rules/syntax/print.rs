//! From programs to text that reads as the same program.

use super::literals::write_quoted;
use super::print_value::write_value;
use super::suspects::looks_computed;
use super::{format, token};
use crate::rules::ast::{
    Aggregate, Annotation, Atom, Clause, Declaration, Goal, GoalKind, Item, Name, Program, Term,
    TermKind,
};
use crate::rules::builtins;
use crate::rules::value::Value;
use std::fmt::Write as _;
use std::sync::Arc;

/// The program as a formatted text.
#[must_use]
pub fn print(program: &Program) -> String {
    print_with(program, &builtins::is_function)
}

/// One goal, on one line.
#[must_use]
pub fn print_goal(goal: &Goal) -> String {
    printed(&builtins::is_function, |printer| {
        printer.goal(goal, Place::Alone);
    })
}

/// One term, on one line.
#[must_use]
pub fn print_term(term: &Term) -> String {
    printed(&builtins::is_function, |printer| printer.term(term, 0))
}

/// One predicate with arguments, on one line.
#[must_use]
pub fn print_atom(atom: &Atom) -> String {
    printed(&builtins::is_function, |printer| printer.atom(atom))
}

/// A variable's or predicate's name, in backticks where it needs them.
#[must_use]
pub fn print_name(name: &str) -> String {
    printed(&builtins::is_function, |printer| printer.name(name))
}

/// Writes a name, in backticks where it needs them.
pub(super) fn write_name(name: &str, out: &mut dyn std::fmt::Write) -> std::fmt::Result {
    if token::is_name(name) && token::keyword(name).is_none() {
        out.write_str(name)
    } else {
        write_quoted(name, '`', out)
    }
}

/// Writes a field, in quotes where it needs them.
pub(super) fn write_field(field: &str, out: &mut dyn std::fmt::Write) -> std::fmt::Result {
    if token::is_name(field) {
        out.write_str(field)
    } else {
        write_quoted(field, '"', out)
    }
}

pub(super) fn print_with(program: &Program, functions: super::Functions<'_>) -> String {
    let text = printed(functions, |printer| {
        for item in &program.items {
            match item {
                Item::Declaration(declaration) => printer.declaration(declaration),
                Item::Clause(clause) => printer.clause(clause),
            }
        }
    });
    format::arrange(&text)
}

fn printed(functions: super::Functions<'_>, print: impl FnOnce(&mut Printer<'_>)) -> String {
    let mut printer = Printer {
        out: String::new(),
        functions,
    };
    print(&mut printer);
    printer.out
}

struct Printer<'a> {
    out: String,
    functions: super::Functions<'a>,
}

/// Where a goal stands, which says whether it needs parentheses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// As a body, or between words that enclose it.
    Alone,
    /// Between `or`s.
    InOr,
    /// Between `and`s, or behind `not` and the like.
    InAnd,
}

/// How tightly what begins with `-` binds, and what is a power, and what has fields.
const MINUS: u8 = 3;
const POWER: u8 = 4;
const POSTFIX: u8 = 5;

impl Printer<'_> {
    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    // Writing to a string never fails.

    fn name(&mut self, name: &str) {
        _ = write_name(name, &mut self.out);
    }

    fn value(&mut self, value: &Value) {
        _ = write_value(value, &mut self.out);
    }

    fn string(&mut self, text: &str) {
        _ = write_quoted(text, '"', &mut self.out);
    }

    fn comments(&mut self, comments: &[Arc<str>]) {
        for line in comments.iter().flat_map(|comment| comment.split('\n')) {
            let line = line.trim_end();
            self.text(if line.is_empty() { "#" } else { "# " });
            let visible = line
                .chars()
                .filter(|character| !token::is_direction_control(*character));
            self.out.extend(visible);
            self.text("\n");
        }
    }

    fn declaration(&mut self, declaration: &Declaration) {
        if !declaration.comments.is_empty() {
            self.text("\n");
        }
        self.comments(&declaration.comments);
        self.text(declaration.kind.name());
        self.text(" ");
        self.name(&declaration.name);
        _ = writeln!(self.out, "/{}.", declaration.arity);
    }

    fn clause(&mut self, clause: &Clause) {
        if !clause.comments.is_empty() || !clause.annotations.is_empty() {
            self.text("\n");
        }
        self.comments(&clause.comments);
        for Annotation { name, value, .. } in &clause.annotations {
            self.text("@");
            self.name(name);
            self.text("(");
            self.string(value);
            self.text(")\n");
        }
        self.atom(&clause.head);
        if let Some(body) = &clause.body {
            self.text(" if ");
            self.goal(body, Place::Alone);
        }
        self.text(".\n");
    }

    fn atom(&mut self, atom: &Atom) {
        self.name(&atom.name);
        self.arguments(&atom.arguments);
    }

    fn arguments(&mut self, arguments: &[Term]) {
        self.text("(");
        self.terms(arguments);
        self.text(")");
    }

    fn terms(&mut self, terms: &[Term]) {
        for (place, term) in terms.iter().enumerate() {
            if place > 0 {
                self.text(", ");
            }
            self.term(term, 0);
        }
    }

    fn goals(&mut self, goals: &[Goal], between: &str, place: Place) {
        for (number, goal) in goals.iter().enumerate() {
            if number > 0 {
                self.text(between);
            }
            self.goal(goal, place);
        }
    }

    fn goal(&mut self, goal: &Goal, place: Place) {
        let needs_parentheses = match goal.kind {
            GoalKind::Or(_) => place != Place::Alone,
            GoalKind::And(_) => place == Place::InAnd,
            _ => false,
        };
        if needs_parentheses {
            self.text("(");
        }
        self.bare_goal(goal);
        if needs_parentheses {
            self.text(")");
        }
    }

    fn bare_goal(&mut self, goal: &Goal) {
        match &goal.kind {
            GoalKind::Call(atom) => self.atom(atom),
            GoalKind::Compare(comparison, left, right) => {
                self.term(left, 0);
                _ = write!(self.out, " {} ", comparison.symbol());
                self.term(right, 0);
            }
            GoalKind::And(goals) => self.goals(goals, " and ", Place::InAnd),
            GoalKind::Or(goals) => self.goals(goals, " or ", Place::InOr),
            GoalKind::Not(goal) => {
                self.text("not ");
                self.goal(goal, Place::InAnd);
            }
            GoalKind::Exists(goal) => {
                self.text("exists ");
                self.goal(goal, Place::InAnd);
            }
            GoalKind::Forall(condition, goal) => {
                self.text("forall ");
                self.goal(condition, Place::Alone);
                self.text(": ");
                self.goal(goal, Place::InAnd);
            }
            GoalKind::If(condition, then, otherwise) => {
                self.text("if ");
                self.goal(condition, Place::Alone);
                self.text(" then ");
                self.goal(then, Place::Alone);
                self.text(" else ");
                self.goal(otherwise, Place::InAnd);
            }
            GoalKind::Aggregate(aggregate) => self.aggregate(aggregate),
        }
    }

    fn aggregate(&mut self, aggregate: &Aggregate) {
        self.term(&aggregate.result, 0);
        _ = write!(self.out, " = {}(", aggregate.function.name());
        if let Some(template) = &aggregate.template {
            self.term(template, 0);
            self.text(" ");
        }
        self.text("for ");
        self.goal(&aggregate.goal, Place::Alone);
        for (place, (name, _)) in aggregate.by.iter().enumerate() {
            self.text(if place == 0 { " by " } else { ", " });
            self.name(name);
        }
        self.text(")");
    }

    /// A term where at least `tightness` is needed without parentheses.
    fn term(&mut self, term: &Term, tightness: u8) {
        let needs_parentheses = tightness_of(term) < tightness;
        if needs_parentheses {
            self.text("(");
        }
        self.bare_term(term);
        if needs_parentheses {
            self.text(")");
        }
    }

    fn bare_term(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Variable(name) => self.name(name),
            TermKind::Anonymous => self.text("_"),
            TermKind::Constant(value) => self.value(value),
            TermKind::List(items, rest) => {
                self.text("[");
                self.terms(items);
                if let Some(rest) = rest {
                    self.text(" | ");
                    self.term(rest, 0);
                }
                self.text("]");
            }
            TermKind::Record(fields) => self.record(fields),
            TermKind::Compound(name, arguments) => {
                if (self.functions)(name, arguments.len()) || looks_computed(name, arguments) {
                    _ = write_quoted(name, '`', &mut self.out);
                } else {
                    self.name(name);
                }
                self.arguments(arguments);
            }
            TermKind::Function(name, arguments) => self.function(name, arguments),
        }
    }

    fn record(&mut self, fields: &[(Name, Term)]) {
        self.text("{");
        for (place, (field, value)) in fields.iter().enumerate() {
            if place > 0 {
                self.text(", ");
            }
            _ = write_field(field, &mut self.out);
            self.text(": ");
            self.term(value, 0);
        }
        self.text("}");
    }

    fn function(&mut self, name: &str, arguments: &[Term]) {
        match (name, arguments) {
            (".", [base, key]) => self.field(base, key),
            ("-", [operand]) => {
                // A number would be a negative one; zero has no sign, so it takes a second one.
                let constant = match &operand.kind {
                    TermKind::Constant(value) => Some(value),
                    _ => None,
                };
                let is_zero = constant.is_some_and(is_zero);
                self.text(if is_zero { "--" } else { "-" });
                let joins = !is_zero
                    && constant.is_some_and(|value| is_number(value) && !is_negative(value));
                self.term(operand, if joins { u8::MAX } else { MINUS });
            }
            ("**", [base, exponent]) => {
                self.term(base, POSTFIX);
                self.text(" ** ");
                self.term(exponent, MINUS);
            }
            (operator, [left, right]) if tightness_between(operator).is_some() => {
                let tightness = tightness_between(operator).unwrap_or_default();
                self.term(left, tightness);
                _ = write!(self.out, " {operator} ");
                self.term(right, tightness + 1);
            }
            _ => {
                self.name(name);
                self.arguments(arguments);
            }
        }
    }

    fn field(&mut self, base: &Term, key: &Term) {
        let is_number = matches!(&base.kind, TermKind::Constant(value) if is_number(value));
        self.term(base, if is_number { u8::MAX } else { POSTFIX });
        match &key.kind {
            TermKind::Constant(Value::String(field)) if token::is_name(field) => {
                self.text(".");
                self.text(field);
            }
            _ => {
                self.text("[");
                self.term(key, 0);
                self.text("]");
            }
        }
    }
}

fn tightness_between(operator: &str) -> Option<u8> {
    Some(match operator {
        "+" | "-" => 1,
        "*" | "/" | "//" | "%" => 2,
        _ => return None,
    })
}

/// How tightly a term's own operator binds.
fn tightness_of(term: &Term) -> u8 {
    match &term.kind {
        TermKind::Function(name, arguments) => match (name.as_ref(), arguments.len()) {
            ("-", 1) => MINUS,
            ("**", 2) => POWER,
            (operator, 2) => tightness_between(operator).unwrap_or(POSTFIX),
            _ => POSTFIX,
        },
        TermKind::Constant(value) if is_negative(value) => MINUS,
        _ => POSTFIX,
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Integer(number) => *number == 0,
        Value::Float(number) => *number == 0.0,
        _ => false,
    }
}

const fn is_number(value: &Value) -> bool {
    matches!(
        value,
        Value::Integer(_) | Value::BigInteger(_) | Value::Float(_)
    )
}

fn is_negative(value: &Value) -> bool {
    match value {
        Value::Integer(number) => *number < 0,
        Value::BigInteger(number) => number.sign() == num_bigint::Sign::Minus,
        Value::Float(number) => *number < 0.0,
        _ => false,
    }
}
