//! Values and goals in the text form, cut where they are long.

use super::bindings::{Bindings, RIGID};
use super::variables::{Scope, is_named};
use crate::rules::ast::{Aggregate, Atom, Comparison, Goal, GoalKind, Term, TermKind};
use crate::rules::value::Value;
use std::sync::Arc;

/// Characters of one goal.
const MAX_LENGTH: usize = 300;
/// How deep values are written.
const MAX_NESTING: usize = 100;

const KEYWORDS: &[&str] = &[
    "if", "then", "else", "and", "or", "not", "exists", "forall", "for", "by", "true", "false",
    "null", "input", "external", "tabled", "untabled",
];

/// A value.
pub(in crate::rules) fn value(value: &Value) -> String {
    Writer::plain().finish(|writer| writer.value(value, 0))
}

/// A predicate with arguments.
pub(super) fn call(name: &str, arguments: &[Value]) -> String {
    Writer::plain().finish(|writer| {
        writer.functor(name);
        writer.values("(", arguments, ")", 0);
    })
}

/// Two sides.
pub(super) fn comparison(comparison: Comparison, left: &Value, right: &Value) -> String {
    Writer::plain().finish(|writer| {
        writer.value(left, 0);
        writer.push(" ");
        writer.push(comparison.symbol());
        writer.push(" ");
        writer.value(right, 0);
    })
}

/// A goal as its author wrote it.
pub(in crate::rules) fn written(goal: &Goal) -> Arc<str> {
    Writer::plain().finish(|writer| writer.goal(goal)).into()
}

/// The head of a clause as its author wrote it.
pub(super) fn written_atom(atom: &Atom) -> String {
    Writer::plain().finish(|writer| writer.atom(atom))
}

/// A term as its author wrote it.
pub(in crate::rules) fn written_term(term: &Term) -> String {
    Writer::plain().finish(|writer| writer.term(term))
}

/// A goal with the values of its variables, where they have any.
pub(super) fn goal(goal: &Goal, scope: &Scope, bindings: &Bindings) -> String {
    Writer::bound(scope, bindings).finish(|writer| writer.goal(goal))
}

/// The same, in parentheses where it has parts.
pub(super) fn inner(goal: &Goal, scope: &Scope, bindings: &Bindings) -> String {
    Writer::bound(scope, bindings).finish(|writer| writer.inner(goal))
}

/// A term with the values of its variables, where they have any.
pub(super) fn term(term: &Term, scope: &Scope, bindings: &Bindings) -> String {
    Writer::bound(scope, bindings).finish(|writer| writer.term(term))
}

struct Writer<'a> {
    out: String,
    left: usize,
    known: Option<(&'a Scope, &'a Bindings)>,
}

impl<'a> Writer<'a> {
    const fn plain() -> Self {
        Self {
            out: String::new(),
            left: MAX_LENGTH,
            known: None,
        }
    }

    const fn bound(scope: &'a Scope, bindings: &'a Bindings) -> Self {
        Self {
            out: String::new(),
            left: MAX_LENGTH,
            known: Some((scope, bindings)),
        }
    }

    fn finish(mut self, write: impl FnOnce(&mut Self)) -> String {
        write(&mut self);
        self.out
    }

    fn push(&mut self, text: &str) {
        if self.left == 0 {
            return;
        }
        let length = text.chars().count();
        if length < self.left {
            self.left -= length;
            self.out.push_str(text);
            return;
        }
        self.out.extend(text.chars().take(self.left - 1));
        self.out.push('…');
        self.left = 0;
    }

    fn name(&mut self, name: &str) {
        if is_plain_name(name) {
            return self.push(name);
        }
        self.push("`");
        self.push(&name.replace('\\', "\\\\").replace('`', "\\`"));
        self.push("`");
    }

    /// A name before parentheses: `true()` and `false()` are calls.
    fn functor(&mut self, name: &str) {
        match name {
            "true" | "false" => self.push(name),
            name => self.name(name),
        }
    }

    fn field(&mut self, name: &str) {
        if is_plain_name(name) {
            self.push(name);
        } else {
            self.string(name);
        }
    }

    fn string(&mut self, text: &str) {
        self.push("\"");
        for character in text.chars() {
            match character {
                '"' => self.push("\\\""),
                '\\' => self.push("\\\\"),
                '\n' => self.push("\\n"),
                '\r' => self.push("\\r"),
                '\t' => self.push("\\t"),
                control if control.is_control() => {
                    self.push(&format!("\\u{:04x}", u32::from(control)));
                }
                character => self.push(character.encode_utf8(&mut [0; 4])),
            }
            if self.left == 0 {
                return;
            }
        }
        self.push("\"");
    }

    fn values(&mut self, open: &str, values: &[Value], close: &str, depth: usize) {
        self.push(open);
        for (place, value) in values.iter().enumerate() {
            if self.left == 0 {
                return;
            }
            self.push(if place == 0 { "" } else { ", " });
            self.value(value, depth + 1);
        }
        self.push(close);
    }

    fn value(&mut self, value: &Value, depth: usize) {
        if depth > MAX_NESTING {
            return self.push("…");
        }
        match value {
            Value::Null => self.push("null"),
            Value::Boolean(boolean) => self.push(if *boolean { "true" } else { "false" }),
            Value::Integer(number) => self.push(&number.to_string()),
            Value::BigInteger(number) => self.push(&number.to_string()),
            Value::Float(number) => self.push(&format!("{number:?}")),
            Value::String(text) => self.string(text),
            Value::List(items) => self.values("[", items, "]", depth),
            Value::PartialList(items, rest) => {
                self.values("[", items, " | ", depth);
                self.value(rest, depth + 1);
                self.push("]");
            }
            Value::Record(fields) => {
                self.push("{");
                for (place, (name, value)) in fields.iter().enumerate() {
                    if self.left == 0 {
                        return;
                    }
                    self.push(if place == 0 { "" } else { ", " });
                    self.field(name);
                    self.push(": ");
                    self.value(value, depth + 1);
                }
                self.push("}");
            }
            Value::Compound(name, arguments) => {
                self.name(name);
                self.values("(", arguments, ")", depth);
            }
            // A number of the interpreter says nothing to a reader of a goal as written.
            Value::Variable(number) if self.known.is_some() && *number < RIGID => self.push("_"),
            Value::Variable(number) => self.push(&format!("_{}", (number & !RIGID) + 1)),
        }
    }

    fn variable(&mut self, name: &str) {
        if let Some((scope, bindings)) = self.known
            && let Some(number) = scope.number(name)
            && let Ok(value) = bindings.resolve(&Value::Variable(number))
            && !matches!(value, Value::Variable(number) if number < RIGID)
        {
            return self.value(&value, 0);
        }
        if is_named(name) {
            self.name(name);
        } else {
            self.push("_");
        }
    }

    fn terms(&mut self, open: &str, terms: &[Term], close: &str) {
        self.push(open);
        for (place, term) in terms.iter().enumerate() {
            self.push(if place == 0 { "" } else { ", " });
            self.term(term);
        }
        self.push(close);
    }

    fn term(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Variable(name) => self.variable(name),
            TermKind::Anonymous => self.push("_"),
            TermKind::Constant(value) => self.value(value, 0),
            TermKind::List(items, None) => self.terms("[", items, "]"),
            TermKind::List(items, Some(rest)) => {
                self.terms("[", items, " | ");
                self.term(rest);
                self.push("]");
            }
            TermKind::Record(fields) => {
                self.push("{");
                for (place, (name, value)) in fields.iter().enumerate() {
                    self.push(if place == 0 { "" } else { ", " });
                    self.field(name);
                    self.push(": ");
                    self.term(value);
                }
                self.push("}");
            }
            TermKind::Compound(name, arguments) => {
                self.name(name);
                self.terms("(", arguments, ")");
            }
            TermKind::Function(name, arguments) => {
                // What a function is applied to is said by name: the value may be large.
                let known = self.known.take();
                self.function(name, arguments);
                self.known = known;
            }
        }
    }

    fn function(&mut self, name: &str, arguments: &[Term]) {
        let is_operator = !name.chars().any(char::is_alphanumeric);
        match arguments {
            [record, key] if name == "." => {
                self.operand(record);
                match &key.kind {
                    TermKind::Constant(Value::String(field)) if is_plain_name(field) => {
                        self.push(".");
                        self.push(field);
                    }
                    _ => self.terms("[", std::slice::from_ref(key), "]"),
                }
            }
            [left, right] if is_operator => {
                self.operand(left);
                self.push(" ");
                self.push(name);
                self.push(" ");
                self.operand(right);
            }
            [only] if is_operator => {
                self.push(name);
                self.operand(only);
            }
            _ => {
                self.name(name);
                self.terms("(", arguments, ")");
            }
        }
    }

    /// A part of an operation, in parentheses where it is one itself.
    fn operand(&mut self, term: &Term) {
        let is_operation = matches!(
            &term.kind,
            TermKind::Function(name, _) if name.as_ref() != "."
                && !name.chars().any(char::is_alphanumeric)
        );
        self.push(if is_operation { "(" } else { "" });
        self.term(term);
        self.push(if is_operation { ")" } else { "" });
    }

    fn atom(&mut self, atom: &Atom) {
        self.functor(&atom.name);
        self.terms("(", &atom.arguments, ")");
    }

    fn goal(&mut self, goal: &Goal) {
        match &goal.kind {
            GoalKind::Call(atom) => self.atom(atom),
            GoalKind::Compare(comparison, left, right) => {
                self.term(left);
                self.push(" ");
                self.push(comparison.symbol());
                self.push(" ");
                self.term(right);
            }
            GoalKind::And(goals) => self.goals(goals, " and "),
            GoalKind::Or(goals) => self.goals(goals, " or "),
            GoalKind::Not(goal) => self.prefixed("not ", goal),
            GoalKind::Exists(goal) => self.prefixed("exists ", goal),
            GoalKind::Forall(condition, goal) => {
                self.prefixed("forall ", condition);
                self.prefixed(": ", goal);
            }
            GoalKind::If(condition, then, otherwise) => {
                self.prefixed("if ", condition);
                self.prefixed(" then ", then);
                self.prefixed(" else ", otherwise);
            }
            GoalKind::Aggregate(aggregate) => self.aggregate(aggregate),
        }
    }

    fn aggregate(&mut self, aggregate: &Aggregate) {
        self.term(&aggregate.result);
        self.push(" = ");
        self.push(aggregate.function.name());
        self.push("(");
        if let Some(template) = &aggregate.template {
            self.term(template);
            self.push(" ");
        }
        self.prefixed("for ", &aggregate.goal);
        for (place, (name, _)) in aggregate.by.iter().enumerate() {
            self.push(if place == 0 { " by " } else { ", " });
            self.name(name);
        }
        self.push(")");
    }

    fn goals(&mut self, goals: &[Goal], between: &str) {
        for (place, goal) in goals.iter().enumerate() {
            if self.left == 0 {
                return;
            }
            self.prefixed(if place == 0 { "" } else { between }, goal);
        }
    }

    fn prefixed(&mut self, prefix: &str, goal: &Goal) {
        self.push(prefix);
        self.inner(goal);
    }

    fn inner(&mut self, goal: &Goal) {
        let is_simple = matches!(
            goal.kind,
            GoalKind::Call(_) | GoalKind::Compare(..) | GoalKind::Not(_) | GoalKind::Aggregate(_)
        );
        self.push(if is_simple { "" } else { "(" });
        self.goal(goal);
        self.push(if is_simple { "" } else { ")" });
    }
}

fn is_plain_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || character == '_')
        && !KEYWORDS.contains(&name)
}
