//! Documents of the program form: facts, rules and declarations.

use super::super::ast::{
    Annotation, Clause, Declaration, DeclarationKind, Goal, GoalKind, Item, Name, Program,
};
use super::super::diagnostic::{Diagnostic, EMPTY_SOURCE};
use super::goal::Role;
use super::node::{Entry, Node, NodeKind, shorten, value_of};
use super::reader::{Reader, enumerate};
use super::syntax;
use std::sync::Arc;

const DOCUMENT_KEYS: [&str; 4] = ["declarations", "facts", "rules", "items"];
const RULE_KEYS: [&str; 6] = ["comment", "id", "reason", "annotations", "head", "body"];
const FACT_KEYS: [&str; 5] = ["fact", "comment", "id", "reason", "annotations"];
const RULE_HELP: &str = "write `{head: [predicate, argument], body: [[predicate, argument]]}`";

impl Reader {
    /// All of a source.
    pub(super) fn program(&mut self, root: Option<&Node>, source: u16) -> Program {
        let mut program = Program::default();
        let empty = |node: &&Node| !matches!(node.kind, NodeKind::Missing);
        let Some(root) = root.filter(empty) else {
            if !self.problems.has_error() {
                self.nothing_said(source);
            }
            return program;
        };
        let NodeKind::Mapping(entries) = &root.kind else {
            let help = "write `facts: [[predicate, argument]]` and `rules: […]`";
            let expected = "a document is a mapping with `facts` and `rules`";
            self.mismatch::<()>("document-shape", root, expected, help);
            return program;
        };
        self.only_keys(entries, &DOCUMENT_KEYS, "a document");
        if let (Some(entry), true) = (
            entries.iter().find(|entry| entry.key.as_ref() == "items"),
            entries.len() > 1,
        ) {
            let message = "`items` stands alone, so that it gives the order of all";
            let help = "move the others into it, or remove it";
            self.error::<()>("mixed-items", entry.key_span, message, help);
        }
        let items = &mut program.items;
        self.section(entries, "declarations", items, Self::declaration);
        self.section(entries, "facts", items, Self::fact);
        self.section(entries, "rules", items, Self::rule);
        self.section(entries, "items", items, Self::item);
        if program.items.is_empty() && !self.problems.has_error() {
            self.nothing_said(source);
        }
        program
    }

    fn nothing_said(&mut self, source: u16) {
        let message = "there are no facts, rules or declarations";
        let diagnostic = Diagnostic::warning(EMPTY_SOURCE, syntax::span(source, 0, 0), message)
            .help("write `facts: [[predicate, argument]]`");
        self.problems.add(diagnostic);
    }

    fn section(
        &mut self,
        entries: &[Entry],
        key: &str,
        items: &mut Vec<Item>,
        read: impl Fn(&mut Self, &Node) -> Option<Item>,
    ) {
        let Some(node) = value_of(entries, key) else {
            return;
        };
        let expected = format!("`{key}` is a list");
        let help = format!("write `{key}: []` where there are none");
        let nodes = self.items(node, &expected, &help).unwrap_or_default();
        items.extend(nodes.iter().filter_map(|node| read(self, node)));
    }

    fn item(&mut self, node: &Node) -> Option<Item> {
        let help = "write `{fact: […]}`, `{rule: {head: […], body: […]}}` or `{declare: {input: \
                    role/2}}`";
        let expected = "each of `items` is a mapping";
        let NodeKind::Mapping(entries) = &node.kind else {
            return self.mismatch("item-shape", node, expected, help);
        };
        if value_of(entries, "fact").is_some() {
            return self.annotated_fact(node, entries);
        }
        match entries.as_slice() {
            [entry] if entry.key.as_ref() == "rule" => self.rule(&entry.value),
            [entry] if entry.key.as_ref() == "declare" => self.declaration(&entry.value),
            _ => {
                let message = "an item has `fact`, `rule` or `declare`, and only one of them";
                self.error("item-shape", node.span, message, help)
            }
        }
    }

    fn fact(&mut self, node: &Node) -> Option<Item> {
        match &node.kind {
            NodeKind::Mapping(entries) if value_of(entries, "fact").is_some() => {
                self.annotated_fact(node, entries)
            }
            _ => {
                let head = self.atom(node, Role::Fact)?;
                let span = node.span;
                Some(Item::Clause(Clause {
                    head,
                    body: None,
                    annotations: Vec::new(),
                    comments: Vec::new(),
                    span,
                }))
            }
        }
    }

    fn annotated_fact(&mut self, node: &Node, entries: &[Entry]) -> Option<Item> {
        let keys_fit = self.only_keys(entries, &FACT_KEYS, "a fact");
        let head = self.atom(value_of(entries, "fact")?, Role::Fact);
        let (annotations, comments) = (self.annotations(entries), self.comments(entries));
        let clause = Clause {
            head: head?,
            body: None,
            annotations: annotations?,
            comments: comments?,
            span: node.span,
        };
        keys_fit.then_some(Item::Clause(clause))
    }

    fn rule(&mut self, node: &Node) -> Option<Item> {
        let NodeKind::Mapping(entries) = &node.kind else {
            return self.mismatch("rule-shape", node, "a rule is a mapping", RULE_HELP);
        };
        let keys_fit = self.only_keys(entries, &RULE_KEYS, "a rule");
        let head = match value_of(entries, "head") {
            Some(head) => self.atom(head, Role::Head),
            None => {
                let message = "the rule has no `head`";
                self.error("missing-head", node.span, message, RULE_HELP)
            }
        };
        let body = match value_of(entries, "body") {
            Some(body) => self.body(body),
            None => {
                let message = "the rule has no `body`";
                let help = "write what always holds as a fact, under `facts`: `[predicate, \
                            argument]`";
                self.error("missing-body", node.span, message, help)
            }
        };
        let (annotations, comments) = (self.annotations(entries), self.comments(entries));
        let clause = Clause {
            head: head?,
            body: Some(body?),
            annotations: annotations?,
            comments: comments?,
            span: node.span,
        };
        keys_fit.then_some(Item::Clause(clause))
    }

    fn body(&mut self, node: &Node) -> Option<Goal> {
        let help = "write each goal as a list of its own: `body: [[predicate, argument]]`";
        let items = self.items(node, "`body` is a list of goals", help)?;
        match items {
            [] => {
                let message = "the rule's body is empty";
                let help = "write what always holds as a fact, under `facts`";
                self.error("empty-body", node.span, message, help)
            }
            [first, ..] if first.text().is_some() => {
                let expected = "`body` is a list of goals, and a goal is a list";
                self.mismatch("body-shape", first, expected, help)
            }
            [goal] => self.goal(goal),
            goals => {
                let kind = GoalKind::And(self.each(goals, Self::goal)?);
                let span = node.span;
                Some(Goal { kind, span })
            }
        }
    }

    /// `id`, `reason`, then the others in order.
    fn annotations(&mut self, entries: &[Entry]) -> Option<Vec<Annotation>> {
        let mut found = Vec::new();
        let mut fits = true;
        for key in ["id", "reason"] {
            if let Some(entry) = entries.iter().find(|entry| entry.key.as_ref() == key) {
                fits &= self.annotation(entry, &mut found);
            }
        }
        let help = "write `annotations: {name: text}`, or `annotations: [{name: text}]` where a \
                    name is there twice";
        let expected = "`annotations` is a mapping of names to texts";
        match value_of(entries, "annotations").map(|node| (node, &node.kind)) {
            None => {}
            Some((_, NodeKind::Mapping(entries))) => {
                for entry in entries {
                    fits &= self.annotation(entry, &mut found);
                }
            }
            Some((_, NodeKind::List(items))) => {
                for item in items {
                    match &item.kind {
                        NodeKind::Mapping(entries) if entries.len() == 1 => {
                            for entry in entries {
                                fits &= self.annotation(entry, &mut found);
                            }
                        }
                        _ => {
                            fits = false;
                            let expected = "each of a list of annotations is a mapping of one name";
                            self.mismatch::<()>("wrong-shape", item, expected, help);
                        }
                    }
                }
            }
            Some((node, _)) => return self.mismatch("wrong-shape", node, expected, help),
        }
        fits.then_some(found)
    }

    fn annotation(&mut self, entry: &Entry, found: &mut Vec<Annotation>) -> bool {
        let Some(value) = entry.value.text() else {
            let expected = format!("`{}` is a text", shorten(&entry.key));
            let help = "put it in quotes";
            self.mismatch::<()>("wrong-shape", &entry.value, &expected, help);
            return false;
        };
        found.push(Annotation {
            name: entry.key.clone(),
            value: value.clone(),
            span: entry.key_span.to(entry.value.span),
        });
        true
    }

    fn comments(&mut self, entries: &[Entry]) -> Option<Vec<Arc<str>>> {
        let Some(node) = value_of(entries, "comment") else {
            return Some(Vec::new());
        };
        let help = "write `comment: text`, or `comment: [line, line]`";
        let expected = "`comment` is a text or a list of lines";
        let texts = match &node.kind {
            NodeKind::List(items) => self.each(items, |reader, item| match item.text() {
                Some(text) => Some(text.clone()),
                None => reader.mismatch("wrong-shape", item, expected, help),
            })?,
            _ => match node.text() {
                Some(text) => vec![text.clone()],
                None => return self.mismatch("wrong-shape", node, expected, help),
            },
        };
        Some(texts.iter().flat_map(|text| lines(text)).collect())
    }

    fn declaration(&mut self, node: &Node) -> Option<Item> {
        let kinds = DeclarationKind::ALL.map(DeclarationKind::name);
        let help = "write `{input: role/2}`";
        let NodeKind::Mapping(entries) = &node.kind else {
            return self.mismatch(
                "declaration-shape",
                node,
                "a declaration is a mapping",
                help,
            );
        };
        let known: Vec<&str> = kinds.into_iter().chain(["comment"]).collect();
        let keys_fit = self.only_keys(entries, &known, "a declaration");
        let comments = self.comments(entries);
        let mut declared = entries
            .iter()
            .filter(|entry| kinds.contains(&entry.key.as_ref()));
        let (Some(entry), None) = (declared.next(), declared.next()) else {
            let message = format!("a declaration has one of {}", enumerate(&kinds));
            return match keys_fit {
                true => self.error("declaration-shape", node.span, message, help),
                false => None,
            };
        };
        let is_meant = |kind: &DeclarationKind| kind.name() == entry.key.as_ref();
        let kind = DeclarationKind::ALL.into_iter().find(is_meant)?;
        let (name, arity) = self.name_and_arity(&entry.value)?;
        let declaration = Declaration {
            kind,
            name,
            arity,
            comments: comments?,
            span: node.span,
        };
        keys_fit.then_some(Item::Declaration(declaration))
    }

    fn name_and_arity(&mut self, node: &Node) -> Option<(Name, u8)> {
        let help = "write `role/2` for `role` with two arguments";
        let expected =
            "a predicate is given as its name, `/` and its number of arguments, 0 to 255";
        let parts = node.text().and_then(|text| text.rsplit_once('/'));
        let digits = |arity: &str| arity.bytes().all(|byte| byte.is_ascii_digit());
        let found = parts.and_then(|(name, arity)| {
            let arity = arity.parse().ok().filter(|_| digits(arity))?;
            Some((name.into(), arity))
        });
        match found {
            Some(found) => Some(found),
            None => self.mismatch("name-and-arity", node, expected, help),
        }
    }
}

/// The lines of a comment, none of which holds a line break.
fn lines(text: &str) -> impl Iterator<Item = Arc<str>> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .flat_map(|line| line.split('\r'))
        .map(Arc::from)
}
