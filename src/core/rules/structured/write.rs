//! Programs as JSON and as YAML.

use super::super::ast::{
    Aggregate, AggregateFunction, Annotation, Atom, Clause, Declaration, Goal, GoalKind, Item,
    Program, Term, TermKind,
};
use super::super::value::Value;
use super::goal::needs_escape;
use super::quote;
use std::sync::Arc;

/// What is written, with its layout.
pub(super) enum Out {
    Text(Arc<str>),
    /// Null, a boolean or a number.
    Scalar(Value),
    /// On one line.
    List(Vec<Out>),
    /// On one line.
    Mapping(Vec<(Arc<str>, Out)>),
    /// An item on each line.
    Lines(Vec<Out>),
    /// A key on each line.
    Block(Vec<(Arc<str>, Out)>),
}

/// A document: in three lists where that keeps the order, else in one.
pub(super) fn document(program: &Program) -> Out {
    let rank = |item: &Item| match item {
        Item::Declaration(_) => 0,
        Item::Clause(Clause { body: None, .. }) => 1,
        Item::Clause(_) => 2,
    };
    if !program.items.is_sorted_by_key(rank) {
        let items = program.items.iter().map(item).collect();
        return Out::Block(vec![("items".into(), Out::Lines(items))]);
    }
    let mut sections = Vec::new();
    for (number, key) in ["declarations", "facts", "rules"].into_iter().enumerate() {
        let of_section = program.items.iter().filter(|item| rank(item) == number);
        let entries: Vec<Out> = of_section
            .map(|item| match item {
                Item::Declaration(declared) => declaration(declared),
                Item::Clause(clause) if clause.body.is_some() => rule(clause),
                Item::Clause(clause) => fact(clause),
            })
            .collect();
        if !entries.is_empty() {
            sections.push((key.into(), Out::Lines(entries)));
        }
    }
    Out::Block(sections)
}

fn item(item: &Item) -> Out {
    match item {
        Item::Declaration(declared) => one("declare", declaration(declared)),
        Item::Clause(clause) if clause.body.is_some() => {
            Out::Block(vec![("rule".into(), rule(clause))])
        }
        Item::Clause(clause) => Out::Mapping(fact_entries(clause)),
    }
}

fn declaration(declaration: &Declaration) -> Out {
    let what = format!("{}/{}", declaration.name, declaration.arity);
    let mut entries = vec![(declaration.kind.name().into(), text(what))];
    entries.extend(comment(&declaration.comments));
    Out::Mapping(entries)
}

fn fact(clause: &Clause) -> Out {
    match clause.annotations.is_empty() && clause.comments.is_empty() {
        true => atom(&clause.head),
        false => Out::Mapping(fact_entries(clause)),
    }
}

fn fact_entries(clause: &Clause) -> Vec<(Arc<str>, Out)> {
    let mut entries = vec![("fact".into(), atom(&clause.head))];
    entries.extend(comment(&clause.comments));
    entries.extend(annotations(&clause.annotations));
    entries
}

fn rule(clause: &Clause) -> Out {
    let mut entries: Vec<(Arc<str>, Out)> = comment(&clause.comments).into_iter().collect();
    entries.extend(annotations(&clause.annotations));
    entries.push(("head".into(), atom(&clause.head)));
    let goals = match clause.body.as_ref().map(|body| &body.kind) {
        Some(GoalKind::And(goals)) => goals.iter().map(goal).collect(),
        _ => clause.body.iter().map(goal).collect(),
    };
    entries.push(("body".into(), Out::Lines(goals)));
    Out::Block(entries)
}

fn comment(lines: &[Arc<str>]) -> Option<(Arc<str>, Out)> {
    let comment = match lines {
        [] => return None,
        [line] => Out::Text(line.clone()),
        lines => Out::List(lines.iter().cloned().map(Out::Text).collect()),
    };
    Some(("comment".into(), comment))
}

/// `id` and `reason` by themselves where that keeps the order.
fn annotations(all: &[Annotation]) -> Vec<(Arc<str>, Out)> {
    let entry =
        |annotation: &Annotation| (annotation.name.clone(), Out::Text(annotation.value.clone()));
    let mut entries = Vec::new();
    let mut others = all;
    for key in ["id", "reason"] {
        if let Some((first, rest)) = others.split_first()
            && first.name.as_ref() == key
        {
            entries.push(entry(first));
            others = rest;
        }
    }
    let mut names: Vec<&str> = others.iter().map(|other| other.name.as_ref()).collect();
    names.sort_unstable();
    let differ = names.windows(2).all(|pair| pair.first() != pair.last());
    let others = match (others, differ) {
        ([], _) => return entries,
        (others, true) => Out::Mapping(others.iter().map(entry).collect()),
        (others, false) => {
            let single = |annotation| Out::Mapping(vec![entry(annotation)]);
            Out::List(others.iter().map(single).collect())
        }
    };
    entries.push(("annotations".into(), others));
    entries
}

fn text(text: impl Into<Arc<str>>) -> Out {
    Out::Text(text.into())
}

fn one(key: &str, value: Out) -> Out {
    Out::Mapping(vec![(key.into(), value)])
}

/// `[name, argument…]`.
fn named(name: impl Into<Arc<str>>, arguments: impl IntoIterator<Item = Out>) -> Out {
    let first = std::iter::once(text(name));
    Out::List(first.chain(arguments).collect())
}

fn atom(atom: &Atom) -> Out {
    let list = named(atom.name.clone(), atom.arguments.iter().map(term));
    match needs_escape(&atom.name) {
        true => one("$goal", list),
        false => list,
    }
}

fn goal(of: &Goal) -> Out {
    match &of.kind {
        GoalKind::Call(called) => atom(called),
        GoalKind::Compare(comparison, left, right) => {
            named(comparison.name(), [term(left), term(right)])
        }
        GoalKind::And(goals) => named("and", goals.iter().map(goal)),
        GoalKind::Or(goals) => named("or", goals.iter().map(goal)),
        GoalKind::Not(inner) => named("not", [goal(inner)]),
        GoalKind::Exists(inner) => named("exists", [goal(inner)]),
        GoalKind::Forall(condition, inner) => named("forall", [goal(condition), goal(inner)]),
        GoalKind::If(condition, then, otherwise) => {
            named("if", [goal(condition), goal(then), goal(otherwise)])
        }
        GoalKind::Aggregate(of) => aggregate(of),
    }
}

fn aggregate(of: &Aggregate) -> Out {
    let template = match &of.template {
        None => Out::Scalar(Value::Null),
        Some(template)
            if of.function == AggregateFunction::Count
                && template.kind == TermKind::Constant(Value::Null) =>
        {
            one("$constant", Out::Scalar(Value::Null))
        }
        Some(template) => term(template),
    };
    let function = text(of.function.name());
    let mut arguments = vec![function, term(&of.result), template, goal(&of.goal)];
    if !of.by.is_empty() {
        let by = of.by.iter().map(|(name, _)| text(format!("?{name}")));
        arguments.push(Out::List(by.collect()));
    }
    named("aggregate", arguments)
}

fn term(of: &Term) -> Out {
    match &of.kind {
        TermKind::Variable(name) => text(format!("?{name}")),
        TermKind::Anonymous => text("?"),
        TermKind::Constant(value) => constant(value),
        TermKind::List(items, rest) => list(items.iter().map(term), rest.as_deref().map(term)),
        TermKind::Record(fields) => record(
            fields
                .iter()
                .map(|(field, value)| (field.clone(), term(value))),
        ),
        TermKind::Compound(name, arguments) => compound(name, arguments.iter().map(term)),
        TermKind::Function(name, arguments) => {
            one("$call", named(name.clone(), arguments.iter().map(term)))
        }
    }
}

/// A constant; one with parts as the term that is equal to it.
fn constant(value: &Value) -> Out {
    match value {
        Value::String(content) if content.starts_with('?') => {
            one("$string", Out::Text(content.clone()))
        }
        Value::String(content) => Out::Text(content.clone()),
        Value::List(items) => list(items.iter().map(constant), None),
        Value::PartialList(items, rest) => list(items.iter().map(constant), Some(constant(rest))),
        Value::Record(fields) => record(
            fields
                .iter()
                .map(|(field, value)| (field.clone(), constant(value))),
        ),
        Value::Compound(name, arguments) => compound(name, arguments.iter().map(constant)),
        Value::Variable(number) => text(format!("?_{number}")),
        scalar => Out::Scalar(scalar.clone()),
    }
}

fn list(items: impl Iterator<Item = Out>, rest: Option<Out>) -> Out {
    let mut entries = vec![("$list".into(), Out::List(items.collect()))];
    entries.extend(rest.map(|rest| ("$rest".into(), rest)));
    Out::Mapping(entries)
}

fn record(fields: impl Iterator<Item = (Arc<str>, Out)>) -> Out {
    let fields: Vec<_> = fields.collect();
    match fields
        .iter()
        .any(|(field, _)| field.starts_with(['$', '?']))
    {
        true => one("$record", Out::Mapping(fields)),
        false => Out::Mapping(fields),
    }
}

fn compound(name: &Arc<str>, arguments: impl Iterator<Item = Out>) -> Out {
    let list = named(name.clone(), arguments);
    match name.starts_with('?') {
        true => one("$compound", list),
        false => list,
    }
}

/// How scalars and indentation differ between the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Json,
    Yaml,
}

impl Out {
    /// Levels of brackets.
    pub(super) fn brackets(&self) -> usize {
        match self {
            Self::Text(_) | Self::Scalar(_) => 0,
            Self::List(items) | Self::Lines(items) => {
                1 + items.iter().map(Self::brackets).max().unwrap_or(0)
            }
            Self::Mapping(entries) | Self::Block(entries) => {
                let inner = entries.iter().map(|(_, value)| value.brackets());
                1 + inner.max().unwrap_or(0)
            }
        }
    }

    /// Writes it, with what is on further lines indented by `indent` spaces.
    pub(super) fn write(&self, style: Style, indent: usize, out: &mut String) {
        match (self, style) {
            (Self::Lines(items), Style::Json) => {
                json_lines(items, ('[', ']'), indent, out, |item, out| {
                    item.write(style, indent + 2, out);
                });
            }
            (Self::Block(entries), Style::Json) => {
                json_lines(entries, ('{', '}'), indent, out, |(key, value), out| {
                    quote::quoted(key, out);
                    out.push_str(": ");
                    value.write(style, indent + 2, out);
                });
            }
            (Self::Lines(items), Style::Yaml) if !items.is_empty() => {
                for (place, item) in items.iter().enumerate() {
                    new_line(place > 0, indent, out);
                    out.push_str("- ");
                    item.write(style, indent + 2, out);
                }
            }
            (Self::Block(entries), Style::Yaml) if !entries.is_empty() => {
                for (place, (key, value)) in entries.iter().enumerate() {
                    new_line(place > 0, indent, out);
                    quote::plain_or_quoted(key, out);
                    out.push(':');
                    match value {
                        Self::Lines(_) | Self::Block(_) => new_line(true, indent + 2, out),
                        _ => out.push(' '),
                    }
                    value.write(style, indent + 2, out);
                }
            }
            _ => self.write_on_one_line(style, out),
        }
    }

    fn write_on_one_line(&self, style: Style, out: &mut String) {
        let string = match style {
            Style::Json => quote::quoted,
            Style::Yaml => quote::plain_or_quoted,
        };
        match self {
            Self::Text(text) => string(text, out),
            Self::Scalar(value) => {
                quote::scalar(value, out);
            }
            Self::List(items) | Self::Lines(items) => {
                separated(items, ('[', ']'), out, |item, out| {
                    item.write_on_one_line(style, out);
                });
            }
            Self::Mapping(entries) | Self::Block(entries) => {
                separated(entries, ('{', '}'), out, |(key, value), out| {
                    string(key, out);
                    out.push_str(": ");
                    value.write_on_one_line(style, out);
                });
            }
        }
    }
}

fn new_line(wanted: bool, indent: usize, out: &mut String) {
    if wanted {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent));
    }
}

fn separated<T>(
    items: &[T],
    (open, close): (char, char),
    out: &mut String,
    write: impl Fn(&T, &mut String),
) {
    out.push(open);
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push_str(", ");
        }
        write(item, out);
    }
    out.push(close);
}

fn json_lines<T>(
    items: &[T],
    (open, close): (char, char),
    indent: usize,
    out: &mut String,
    write: impl Fn(&T, &mut String),
) {
    out.push(open);
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        new_line(true, indent + 2, out);
        write(item, out);
    }
    new_line(!items.is_empty(), indent, out);
    out.push(close);
}
