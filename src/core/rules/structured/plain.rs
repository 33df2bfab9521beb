//! Values as plain JSON: an array is a list, an object a record.

use super::super::source::Span;
use super::super::value::Value;
use super::node::{Entry, Node, NodeKind, shorten, value_of};
use super::quote;
use super::reader::{Reader, enumerate};
use crate::rules::nearest::nearest;
use std::sync::Arc;

const SPECIAL_KEYS: [&str; 5] = ["$compound", "$variable", "$list", "$rest", "$record"];

/// What is still to be written.
enum Part<'value> {
    Value(&'value Value),
    Fields(&'value [(Arc<str>, Value)]),
    Text(&'static str),
    Quoted(&'value str),
    Number(u32),
}

/// Writes a value as plain JSON on one line.
pub(super) fn write(value: &Value, out: &mut String) {
    // A value made at run time may be deeper than the stack is.
    let mut parts = vec![Part::Value(value)];
    while let Some(part) = parts.pop() {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Quoted(text) => quote::quoted(text, out),
            Part::Number(number) => out.push_str(&number.to_string()),
            Part::Fields(fields) => push_fields(fields, &mut parts),
            Part::Value(value) => {
                if !quote::scalar(value, out) {
                    push_value(value, &mut parts);
                }
            }
        }
    }
}

/// Puts on the stack, last first, what a value with parts is written as.
fn push_value<'value>(value: &'value Value, parts: &mut Vec<Part<'value>>) {
    match value {
        Value::String(text) => parts.push(Part::Quoted(text)),
        Value::List(items) => {
            parts.push(Part::Text("]"));
            push_items(items, parts);
            parts.push(Part::Text("["));
        }
        Value::PartialList(items, rest) => {
            parts.push(Part::Text("}"));
            parts.push(Part::Value(rest));
            parts.push(Part::Text("], \"$rest\": "));
            push_items(items, parts);
            parts.push(Part::Text("{\"$list\": ["));
        }
        Value::Record(fields) if fields.iter().any(|(field, _)| field.starts_with('$')) => {
            parts.push(Part::Text("}"));
            parts.push(Part::Fields(fields));
            parts.push(Part::Text("{\"$record\": "));
        }
        Value::Record(fields) => parts.push(Part::Fields(fields)),
        Value::Compound(name, arguments) => {
            parts.push(Part::Text("]}"));
            push_items(arguments, parts);
            if !arguments.is_empty() {
                parts.push(Part::Text(", "));
            }
            parts.push(Part::Quoted(name));
            parts.push(Part::Text("{\"$compound\": ["));
        }
        Value::Variable(number) => {
            parts.push(Part::Text("}"));
            parts.push(Part::Number(*number));
            parts.push(Part::Text("{\"$variable\": "));
        }
        // Scalars are written by the caller.
        _ => {}
    }
}

fn push_items<'value>(items: &'value [Value], parts: &mut Vec<Part<'value>>) {
    for (place, item) in items.iter().enumerate().rev() {
        parts.push(Part::Value(item));
        if place > 0 {
            parts.push(Part::Text(", "));
        }
    }
}

fn push_fields<'value>(fields: &'value [(Arc<str>, Value)], parts: &mut Vec<Part<'value>>) {
    parts.push(Part::Text("}"));
    for (place, (field, value)) in fields.iter().enumerate().rev() {
        parts.push(Part::Value(value));
        parts.push(Part::Text(": "));
        parts.push(Part::Quoted(field));
        if place > 0 {
            parts.push(Part::Text(", "));
        }
    }
    parts.push(Part::Text("{"));
}

impl Reader {
    /// A value of the plain form.
    pub(super) fn value(&mut self, node: &Node) -> Option<Value> {
        self.nested(node.span, |reader| match &node.kind {
            NodeKind::Scalar(value) => Some(value.clone()),
            NodeKind::List(items) => reader.values(items).map(Value::list),
            NodeKind::Mapping(entries) => {
                match entries.iter().any(|entry| entry.key.starts_with('$')) {
                    true => reader.special_value(node.span, entries),
                    false => reader.plain_record(entries),
                }
            }
            NodeKind::Missing | NodeKind::Broken => None,
        })
    }

    fn values(&mut self, nodes: &[Node]) -> Option<Vec<Value>> {
        self.each(nodes, Self::value)
    }

    fn plain_record(&mut self, entries: &[Entry]) -> Option<Value> {
        let fields: Vec<_> = entries
            .iter()
            .map(|entry| Some((entry.key.clone(), self.value(&entry.value)?)))
            .collect();
        let fields: Option<Vec<_>> = fields.into_iter().collect();
        fields.map(Value::record)
    }

    fn special_value(&mut self, span: Span, entries: &[Entry]) -> Option<Value> {
        match entries {
            [entry] => match (entry.key.as_ref(), &entry.value.kind) {
                ("$record", NodeKind::Mapping(fields)) => self.plain_record(fields),
                ("$variable", NodeKind::Scalar(Value::Integer(number)))
                    if u32::try_from(*number).is_ok() =>
                {
                    u32::try_from(*number).ok().map(Value::Variable)
                }
                ("$compound", NodeKind::List(items)) => self.plain_compound(&entry.value, items),
                _ => self.no_special_value(span, entries),
            },
            [_, _] => match (value_of(entries, "$list"), value_of(entries, "$rest")) {
                (Some(list), Some(rest)) => self.partial_list(list, rest),
                _ => self.no_special_value(span, entries),
            },
            _ => self.no_special_value(span, entries),
        }
    }

    fn plain_compound(&mut self, node: &Node, items: &[Node]) -> Option<Value> {
        let expected = "`$compound` takes a list that begins with a name";
        let help = "write `{\"$compound\": [\"point\", 1, 2]}`";
        let Some((first, arguments)) = items.split_first() else {
            return self.mismatch("wrong-shape", node, expected, help);
        };
        let arguments = self.values(arguments);
        match first.text() {
            Some(name) => Some(Value::Compound(name.clone(), arguments?.into())),
            None => self.mismatch("wrong-shape", first, expected, help),
        }
    }

    fn partial_list(&mut self, list: &Node, rest: &Node) -> Option<Value> {
        let help = "write `{\"$list\": [1], \"$rest\": {\"$variable\": 1}}`";
        let items = self.items(list, "`$list` takes a list", help)?;
        if items.is_empty() {
            let expected = "`$list` beside `$rest` has at least one item";
            return self.mismatch("rest-alone", list, expected, "write the rest itself");
        }
        let (items, value) = (self.values(items), self.value(rest));
        match value? {
            Value::List(_) | Value::PartialList(..) => {
                let expected = "`$rest` is no list";
                let help = "put its items at the end of `$list`";
                self.mismatch("rest-is-list", rest, expected, help)
            }
            value => Some(Value::PartialList(items?.into(), Arc::new(value))),
        }
    }

    fn no_special_value(&mut self, span: Span, entries: &[Entry]) -> Option<Value> {
        let escape = "write a record with fields that begin with `$` as `{\"$record\": {…}}`";
        let unknown = |entry: &&Entry| {
            entry.key.starts_with('$') && !SPECIAL_KEYS.contains(&entry.key.as_ref())
        };
        if let Some(entry) = entries.iter().find(unknown) {
            let message = format!("`{}` is no special key", shorten(&entry.key));
            let help = match nearest(&entry.key, SPECIAL_KEYS) {
                Some(near) => format!("did you mean `{near}`? {escape}"),
                None => format!("they are {}; {escape}", enumerate(&SPECIAL_KEYS)),
            };
            return self.error("unknown-special-key", entry.key_span, message, help);
        }
        let message = "this is none of `{\"$compound\": [name, …]}`, `{\"$variable\": 1}`, \
                       `{\"$list\": […], \"$rest\": …}` and `{\"$record\": {…}}`";
        self.error("wrong-shape", span, message, escape)
    }
}
