//! What YAML and JSON have in common: scalars, lists and mappings with their places.

use super::super::diagnostic::{Diagnostic, Severity};
use super::super::source::Span;
use super::super::value::Value;
use super::scalar::{self, ScalarError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Levels of brackets. A term takes up to two, so this is more than the bound on terms.
pub(super) const MAX_BRACKETS: usize = 450;

/// After so many errors the rest is not told.
const MAX_PROBLEMS: usize = 100;

/// A scalar, a list or a mapping.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) kind: NodeKind,
}

/// The kinds of nodes.
#[derive(Debug)]
pub(super) enum NodeKind {
    /// Null, a boolean, a number or a string; nothing with parts.
    Scalar(Value),
    /// Nothing is written where a value belongs.
    Missing,
    List(Vec<Node>),
    /// Each key once.
    Mapping(Vec<Entry>),
    /// It was already reported.
    Broken,
}

/// A key with its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Arc<str>,
    pub(super) key_span: Span,
    pub(super) value: Node,
}

impl Node {
    /// The text, for a string.
    pub(super) fn text(&self) -> Option<&Arc<str>> {
        match &self.kind {
            NodeKind::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// What it is, in the words of messages.
    pub(super) fn describe(&self) -> String {
        match &self.kind {
            NodeKind::Scalar(Value::String(text)) => match text.strip_prefix('?') {
                Some(_) => format!("the variable `{}`", shorten(text)),
                None => format!("the string `{}`", shorten(text)),
            },
            NodeKind::Scalar(Value::Null) => "null".to_owned(),
            NodeKind::Scalar(Value::Boolean(truth)) => format!("`{truth}`"),
            NodeKind::Scalar(_) => "a number".to_owned(),
            NodeKind::Missing => "nothing".to_owned(),
            NodeKind::List(items) if items.is_empty() => "an empty list".to_owned(),
            NodeKind::List(_) => "a list".to_owned(),
            NodeKind::Mapping(_) | NodeKind::Broken => "a mapping".to_owned(),
        }
    }
}

/// The value of a key.
pub(super) fn value_of<'node>(entries: &'node [Entry], key: &str) -> Option<&'node Node> {
    let entry = entries.iter().find(|entry| entry.key.as_ref() == key)?;
    Some(&entry.value)
}

/// The beginning of a text, for a message.
pub(super) fn shorten(text: &str) -> String {
    const SHOWN: usize = 40;
    let mut shown: String = text.chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown.replace(['\n', '\r', '`'], " ")
}

/// Everything that is wrong, as it is found.
#[derive(Debug, Default)]
pub(super) struct Problems {
    list: Vec<Diagnostic>,
    untold: bool,
}

impl Problems {
    /// Adds a diagnostic.
    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        if self.list.len() < MAX_PROBLEMS {
            self.list.push(diagnostic);
        } else {
            self.untold = true;
        }
    }

    /// Adds an error with advice.
    pub(super) fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Diagnostic::error(code, span, message).help(help));
    }

    /// Whether there is an error.
    pub(super) fn has_error(&self) -> bool {
        let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
        self.untold || self.list.iter().any(is_error)
    }

    /// All, in the order of their places.
    pub(super) fn into_list(self) -> Vec<Diagnostic> {
        let mut list = self.list;
        list.sort_by_key(|diagnostic| diagnostic.span);
        if let (true, Some(last)) = (self.untold, list.last()) {
            let message = format!("there are more than {MAX_PROBLEMS} problems");
            let help = "mend these first; the others are told then";
            list.push(Diagnostic::error("too-many-problems", last.span, message).help(help));
        }
        list
    }
}

/// A mapping, whose keys must differ.
pub(super) fn mapping(span: Span, entries: Vec<Entry>, problems: &mut Problems) -> Node {
    let mut seen: BTreeMap<Arc<str>, Span> = BTreeMap::new();
    let mut kept = Vec::with_capacity(entries.len());
    for entry in entries {
        if let Some(first) = seen.get(&entry.key) {
            let key = shorten(&entry.key);
            let message = format!("the key `{key}` is there twice");
            let diagnostic = Diagnostic::error("duplicate-key", entry.key_span, message)
                .related(*first, "it is here first")
                .help("remove one of them, or give it another name");
            problems.add(diagnostic);
            continue;
        }
        seen.insert(entry.key.clone(), entry.key_span);
        kept.push(entry);
    }
    let kind = NodeKind::Mapping(kept);
    Node { span, kind }
}

/// A key, which must be a string; none where it is not, which is reported.
pub(super) fn key(node: &Node, problems: &mut Problems) -> Option<(Arc<str>, Span)> {
    if let Some(text) = node.text() {
        return Some((text.clone(), node.span));
    }
    if !matches!(node.kind, NodeKind::Broken) {
        let message = format!("a key is a string, not {}", node.describe());
        problems.error(
            "key-not-string",
            node.span,
            message,
            "put the key in quotes",
        );
    }
    None
}

/// A scalar without quotes.
pub(super) fn plain(text: &str, span: Span, problems: &mut Problems) -> Node {
    let kind = match scalar::resolve(text) {
        Ok(Some(value)) => NodeKind::Scalar(value),
        Ok(None) => NodeKind::Missing,
        Err(error) => {
            problems.add(scalar_problem(text, span, error));
            NodeKind::Broken
        }
    };
    Node { span, kind }
}

fn scalar_problem(text: &str, span: Span, error: ScalarError) -> Diagnostic {
    let shown = shorten(text);
    match error {
        ScalarError::Variable => {
            let message = format!("the variable `{shown}` is not in quotes");
            let diagnostic = Diagnostic::error("unquoted-variable", span, message)
                .help("put it in quotes: without them YAML may read `?` as the mark of a key");
            match text.chars().any(|character| "\"\\\n".contains(character)) {
                true => diagnostic,
                false => diagnostic.suggestion(span, format!("\"{text}\"")),
            }
        }
        ScalarError::Ambiguous { reading, help } => {
            let message = format!("`{shown}` is {reading} in YAML 1.1 and something else in 1.2");
            Diagnostic::error("ambiguous-scalar", span, message).help(help)
        }
        ScalarError::NotFinite => {
            let message = format!("`{shown}` is no finite number");
            let help = format!("a float is at most {:e}; put text in quotes", f64::MAX);
            Diagnostic::error("not-finite", span, message).help(help)
        }
        ScalarError::TooLong => {
            let message = format!("a number of {} characters is too long", text.len());
            let help = format!("a number has at most {} digits", scalar::MAX_DIGITS);
            Diagnostic::error("number-too-long", span, message).help(help)
        }
    }
}
