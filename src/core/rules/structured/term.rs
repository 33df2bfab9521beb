//! Terms of the program form.

use super::super::ast::{Name, Term, TermKind};
use super::super::source::Span;
use super::super::value::Value;
use super::node::{Entry, Node, NodeKind, shorten, value_of};
use super::reader::{Reader, enumerate};
use crate::rules::nearest::nearest;

/// Keys of mappings that are no records.
pub(super) const SPECIAL_KEYS: [&str; 7] = [
    "$list",
    "$rest",
    "$string",
    "$constant",
    "$record",
    "$compound",
    "$call",
];

const LIST_HELP: &str = "write `{$list: [1, 2]}` for a list; `[name, argument]` is a compound";

/// Arguments that a predicate, a compound or a function may have.
const MAX_ARGUMENTS: usize = 255;

/// What a string that begins with `?` stands for.
pub(super) fn variable(text: &str) -> Option<TermKind> {
    text.strip_prefix('?').map(|name| match name {
        "" | "_" => TermKind::Anonymous,
        name => TermKind::Variable(name.into()),
    })
}

impl Reader {
    /// A term.
    pub(super) fn term(&mut self, node: &Node) -> Option<Term> {
        self.nested(node.span, |reader| {
            let kind = reader.term_kind(node)?;
            let span = node.span;
            Some(Term { kind, span })
        })
    }

    /// The arguments of a predicate, a compound or a function.
    pub(super) fn arguments(&mut self, nodes: &[Node]) -> Option<Vec<Term>> {
        let arguments = self.each(nodes, Self::term);
        match nodes.get(MAX_ARGUMENTS) {
            None => arguments,
            Some(node) => {
                let message = format!(
                    "there are at most {MAX_ARGUMENTS} arguments, not {}",
                    nodes.len()
                );
                let help = "put them into a list, as in `{$list: [1, 2]}`, or a record";
                self.error("too-many-arguments", node.span, message, help)
            }
        }
    }

    fn term_kind(&mut self, node: &Node) -> Option<TermKind> {
        match &node.kind {
            NodeKind::Scalar(value) => Some(match value {
                Value::String(text) => {
                    variable(text).unwrap_or_else(|| TermKind::Constant(value.clone()))
                }
                value => TermKind::Constant(value.clone()),
            }),
            NodeKind::List(items) => self.compound(node, items),
            NodeKind::Mapping(entries) => {
                if entries.iter().any(|entry| entry.key.starts_with('$')) {
                    return self.special(node, entries);
                }
                self.record(entries, false).map(TermKind::Record)
            }
            NodeKind::Missing => {
                let message = "a term is expected, but nothing is written";
                let help = "write `null` for null, `\"\"` for a text without characters";
                self.error("missing-value", node.span, message, help)
            }
            NodeKind::Broken => None,
        }
    }

    fn compound(&mut self, node: &Node, items: &[Node]) -> Option<TermKind> {
        let Some((first, arguments)) = items.split_first() else {
            let message = "an empty list is no term";
            let help = "write `{$list: []}` for a list without items, `[name]` for a compound \
                        without arguments";
            return self.error("empty-compound", node.span, message, help);
        };
        let name = match first.text() {
            Some(name) if name.starts_with('?') => {
                let expected = "a compound begins with its name";
                let help = format!(
                    "write `{{$list: [\"{0}\"]}}` for a list, `{{$compound: [\"{0}\"]}}` for a name \
                     that begins with `?`",
                    shorten(name)
                );
                self.mismatch("compound-name", first, expected, help)
            }
            Some(name) => Some(name.clone()),
            None => {
                let expected = "a compound begins with its name";
                self.mismatch(
                    "compound-name",
                    first,
                    expected,
                    name_help(first, LIST_HELP),
                )
            }
        };
        let arguments = self.arguments(arguments);
        Some(TermKind::Compound(name?, arguments?))
    }

    /// Fields with their values; with `free` names, any name is a field's.
    fn record(&mut self, entries: &[Entry], free: bool) -> Option<Vec<(Name, Term)>> {
        let mut fields = Some(Vec::new());
        for entry in entries {
            let name_fits = free || !entry.key.starts_with('?');
            if !name_fits {
                let key = shorten(&entry.key);
                let message = format!("the field's name `{key}` looks like a variable");
                let help = format!(
                    "a field's name is always text; write `{{$record: {{\"{key}\": …}}}}` if \
                     it really begins with `?`"
                );
                self.problems
                    .error("variable-field", entry.key_span, message, help);
            }
            let value = self.term(&entry.value).filter(|_| name_fits);
            fields = match (fields, value) {
                (Some(mut fields), Some(value)) => {
                    fields.push((entry.key.clone(), value));
                    Some(fields)
                }
                _ => None,
            };
        }
        fields
    }

    /// A mapping with a key that begins with `$`.
    fn special(&mut self, node: &Node, entries: &[Entry]) -> Option<TermKind> {
        match entries {
            [entry] => match entry.key.as_ref() {
                "$list" => self.list(&entry.value, None),
                "$string" => self.string(&entry.value),
                "$constant" => self.constant(&entry.value),
                "$record" => match &entry.value.kind {
                    NodeKind::Mapping(fields) => self.record(fields, true).map(TermKind::Record),
                    _ => {
                        let help = "write `{$record: {\"$field\": 1}}`";
                        let expected = "`$record` takes a mapping";
                        self.mismatch("wrong-shape", &entry.value, expected, help)
                    }
                },
                "$compound" => {
                    let (name, arguments) = self.named(&entry.value, "$compound")?;
                    Some(TermKind::Compound(name, arguments))
                }
                "$call" => {
                    let (name, arguments) = self.named(&entry.value, "$call")?;
                    Some(TermKind::Function(name, arguments))
                }
                _ => self.unknown_special(node.span, entries),
            },
            [_, _] => match (value_of(entries, "$list"), value_of(entries, "$rest")) {
                (Some(list), Some(rest)) => self.list(list, Some(rest)),
                _ => self.unknown_special(node.span, entries),
            },
            _ => self.unknown_special(node.span, entries),
        }
    }

    fn unknown_special<T>(&mut self, span: Span, entries: &[Entry]) -> Option<T> {
        let unknown = |entry: &&Entry| {
            entry.key.starts_with('$') && !SPECIAL_KEYS.contains(&entry.key.as_ref())
        };
        let escape = "write a record with fields that begin with `$` as `{$record: {…}}`";
        if let Some(entry) = entries.iter().find(unknown) {
            let message = format!("`{}` is no special key", shorten(&entry.key));
            let help = match nearest(&entry.key, SPECIAL_KEYS) {
                Some(near) => format!("did you mean `{near}`? {escape}"),
                None => format!("they are {}; {escape}", enumerate(&SPECIAL_KEYS)),
            };
            return self.error("unknown-special-key", entry.key_span, message, help);
        }
        let message = "a special key stands alone, but for `$rest` beside `$list`";
        self.error("special-key-not-alone", span, message, escape)
    }

    fn list(&mut self, list: &Node, rest: Option<&Node>) -> Option<TermKind> {
        let help = "write `{$list: [1, 2]}`";
        let items = self.items(list, "`$list` takes a list", help);
        if let (Some([]), Some(rest)) = (items, rest) {
            let message = "`$rest` follows at least one item of `$list`";
            let help = "write the rest itself, without `$list`";
            return self.error("rest-alone", rest.span, message, help);
        }
        let items = items.and_then(|items| self.each(items, Self::term));
        let rest = match rest {
            Some(rest) => Some(Box::new(self.term(rest)?)),
            None => None,
        };
        Some(TermKind::List(items?, rest))
    }

    fn string(&mut self, node: &Node) -> Option<TermKind> {
        let help = "write `{$string: \"?text\"}`";
        match node.text() {
            Some(text) => Some(TermKind::Constant(Value::String(text.clone()))),
            None => self.mismatch("wrong-shape", node, "`$string` takes a string", help),
        }
    }

    fn constant(&mut self, node: &Node) -> Option<TermKind> {
        let help = "write `{$constant: null}`";
        let expected = "`$constant` takes null, a boolean, a number or a string";
        match &node.kind {
            NodeKind::Scalar(value) => Some(TermKind::Constant(value.clone())),
            _ => self.mismatch("wrong-shape", node, expected, help),
        }
    }

    /// The list `[name, argument…]` of a special key, whatever the name.
    pub(super) fn named(&mut self, node: &Node, key: &str) -> Option<(Name, Vec<Term>)> {
        let expected = format!("`{key}` takes a list that begins with a name");
        let help = format!("write `{{{key}: [name, argument]}}`");
        let items = self.items(node, &expected, &help)?;
        let Some((first, arguments)) = items.split_first() else {
            return self.mismatch("wrong-shape", node, &expected, help);
        };
        let name = match first.text() {
            Some(name) => Some(name.clone()),
            None => self.mismatch("wrong-shape", first, &expected, name_help(first, &help)),
        };
        let arguments = self.arguments(arguments);
        Some((name?, arguments?))
    }
}

/// Advice where a name is expected: a name that YAML reads as something else needs quotes.
pub(super) fn name_help(node: &Node, otherwise: &str) -> String {
    match &node.kind {
        NodeKind::Scalar(Value::Boolean(truth)) => {
            format!("put the name in quotes, `\"{truth}\"`; {otherwise}")
        }
        NodeKind::Scalar(Value::Null) => format!("put the name in quotes, `\"null\"`; {otherwise}"),
        _ => otherwise.to_owned(),
    }
}
