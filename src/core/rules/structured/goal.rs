//! Goals of the program form.

use super::super::ast::{
    Aggregate, AggregateFunction, Atom, Comparison, Goal, GoalKind, Name, Term, TermKind,
};
use super::super::source::Span;
use super::super::value::Value;
use super::node::{Node, NodeKind, shorten};
use super::reader::{Reader, enumerate};
use super::term::{name_help, variable};
use crate::rules::nearest::nearest;

/// Names that are no predicates where they begin a goal, each with how it is used.
pub(super) const RESERVED: [(&str, &str); 14] = [
    ("eq", "[eq, left, right]"),
    ("neq", "[neq, left, right]"),
    ("lt", "[lt, left, right]"),
    ("lte", "[lte, left, right]"),
    ("gt", "[gt, left, right]"),
    ("gte", "[gte, left, right]"),
    ("not", "[not, goal]"),
    ("exists", "[exists, goal]"),
    ("and", "[and, goal, goal]"),
    ("or", "[or, goal, goal]"),
    ("forall", "[forall, condition, goal]"),
    ("if", "[if, condition, then, else]"),
    (
        "aggregate",
        "[aggregate, sum, result, template, goal, [\"?By\"]]",
    ),
    ("$goal", "{$goal: [name, argument]}"),
];

fn usage(name: &str) -> Option<&'static str> {
    let (_, usage) = RESERVED.iter().find(|(reserved, _)| *reserved == name)?;
    Some(usage)
}

/// Whether an atom of this name is written with `$goal`.
pub(super) fn needs_escape(name: &str) -> bool {
    name.starts_with('?') || usage(name).is_some()
}

/// What an atom is, in the words of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Fact,
    Head,
    Goal,
}

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Self::Fact => "a fact",
            Self::Head => "a head",
            Self::Goal => "a goal",
        }
    }
}

/// Where a function stands in some terms.
fn computed(terms: &[Term]) -> Option<Span> {
    let mut pending: Vec<&Term> = terms.iter().rev().collect();
    while let Some(term) = pending.pop() {
        match &term.kind {
            TermKind::Function(..) => return Some(term.span),
            TermKind::List(items, rest) => pending.extend(items.iter().chain(rest.as_deref())),
            TermKind::Record(fields) => pending.extend(fields.iter().map(|(_, value)| value)),
            TermKind::Compound(_, arguments) => pending.extend(arguments),
            TermKind::Variable(_) | TermKind::Anonymous | TermKind::Constant(_) => {}
        }
    }
    None
}

impl Reader {
    /// A fact or a head.
    pub(super) fn atom(&mut self, node: &Node, role: Role) -> Option<Atom> {
        let (name, arguments) = match self.atom_parts(node, role)? {
            Parts::Atom(name, arguments) => (name, arguments),
            Parts::List(name, arguments) => {
                if let Some(usage) = usage(&name) {
                    let message = format!("`{name}` begins a goal, not {}", role.name());
                    let help = format!(
                        "`{usage}` is a goal; for a predicate of this name write \
                         `{{$goal: [{name}, argument]}}`"
                    );
                    return self.error("reserved-name", node.span, message, help);
                }
                (name, self.arguments(arguments)?)
            }
        };
        if let Some(span) = computed(&arguments) {
            let message = format!("nothing is computed in {}", role.name());
            let help =
                "put a variable here and bind it in the body of a rule: `[eq, \"?result\", …]`";
            return self.error("function-in-head", span, message, help);
        }
        let span = node.span;
        Some(Atom {
            name,
            arguments,
            span,
        })
    }

    /// A goal.
    pub(super) fn goal(&mut self, node: &Node) -> Option<Goal> {
        self.nested(node.span, |reader| {
            let kind = match reader.atom_parts(node, Role::Goal)? {
                Parts::Atom(name, arguments) => call(name, arguments, node.span),
                Parts::List(name, arguments) => reader.named_goal(node, name, arguments)?,
            };
            let span = node.span;
            Some(Goal { kind, span })
        })
    }

    fn atom_parts<'node>(&mut self, node: &'node Node, role: Role) -> Option<Parts<'node>> {
        let what = role.name();
        match &node.kind {
            NodeKind::List(items) => {
                let Some((first, arguments)) = items.split_first() else {
                    let message = format!("{what} has a predicate, but this list is empty");
                    let help = "write `[predicate, argument]`";
                    return self.error("empty-atom", node.span, message, help);
                };
                let name = self.predicate(first, role)?;
                Some(Parts::List(name, arguments))
            }
            NodeKind::Mapping(entries) => match entries.as_slice() {
                [entry] if entry.key.as_ref() == "$goal" => {
                    let (name, arguments) = self.named(&entry.value, "$goal")?;
                    Some(Parts::Atom(name, arguments))
                }
                [entry] if usage(&entry.key).is_some() => {
                    let help = format!("write `{}`", usage(&entry.key).unwrap_or_default());
                    self.mismatch("atom-shape", node, &format!("{what} is a list"), help)
                }
                _ => {
                    let help = "write `[predicate, argument]`; a record may be an argument, as in \
                                `[p, {field: 1}]`";
                    self.mismatch("atom-shape", node, &format!("{what} is a list"), help)
                }
            },
            NodeKind::Scalar(Value::String(text)) if text.starts_with('?') => {
                let help = "write `[predicate, argument]`: which predicate is meant is fixed";
                self.mismatch("atom-shape", node, &format!("{what} is a list"), help)
            }
            NodeKind::Scalar(Value::String(text)) => {
                let help = format!("write `[{0}]`, or `[{0}, argument]`", shorten(text));
                self.mismatch("atom-shape", node, &format!("{what} is a list"), help)
            }
            _ => {
                let help = "write `[predicate, argument]`";
                self.mismatch("atom-shape", node, &format!("{what} is a list"), help)
            }
        }
    }

    fn predicate(&mut self, node: &Node, role: Role) -> Option<Name> {
        let expected = format!("{} begins with the name of a predicate", role.name());
        match node.text() {
            Some(name) if name.starts_with('?') => {
                let help = format!(
                    "write the predicate's name; if it really begins with `?`, write \
                     `{{$goal: [\"{}\", argument]}}`",
                    shorten(name)
                );
                self.mismatch("predicate-name", node, &expected, help)
            }
            Some(name) => Some(name.clone()),
            None => {
                let otherwise = match (&node.kind, role) {
                    (NodeKind::List(_), Role::Goal) => {
                        "write `[and, goal, goal]` for several goals"
                    }
                    (NodeKind::List(_), _) => "write each one as a list of its own",
                    _ => "write `[predicate, argument]`",
                };
                let help = name_help(node, otherwise);
                self.mismatch("predicate-name", node, &expected, help)
            }
        }
    }

    fn named_goal(&mut self, node: &Node, name: Name, arguments: &[Node]) -> Option<GoalKind> {
        let comparison = Comparison::ALL
            .into_iter()
            .find(|comparison| comparison.name() == name.as_ref());
        match (name.as_ref(), arguments) {
            (_, [left, right]) if comparison.is_some() => {
                let (left, right) = (self.term(left), self.term(right));
                Some(GoalKind::Compare(comparison?, left?, right?))
            }
            ("not", [goal]) => Some(GoalKind::Not(Box::new(self.goal(goal)?))),
            ("exists", [goal]) => Some(GoalKind::Exists(Box::new(self.goal(goal)?))),
            ("and", [_, _, ..]) => Some(GoalKind::And(self.each(arguments, Self::goal)?)),
            ("or", [_, _, ..]) => Some(GoalKind::Or(self.alternatives(arguments)?)),
            ("forall", [condition, goal]) => {
                let (condition, goal) = (self.goal(condition), self.goal(goal));
                Some(GoalKind::Forall(Box::new(condition?), Box::new(goal?)))
            }
            ("if", [condition, then, otherwise]) => {
                let (condition, then) = (self.goal(condition), self.goal(then));
                let otherwise = Box::new(self.goal(otherwise)?);
                Some(GoalKind::If(
                    Box::new(condition?),
                    Box::new(then?),
                    otherwise,
                ))
            }
            ("aggregate", [function, result, template, goal]) => {
                self.aggregate(function, result, template, goal, None)
            }
            ("aggregate", [function, result, template, goal, by]) => {
                self.aggregate(function, result, template, goal, Some(by))
            }
            _ => match usage(&name) {
                Some(usage) => {
                    let message = format!("`{name}` does not take {} arguments", arguments.len());
                    let help = format!(
                        "write `{usage}`; for a predicate of this name write \
                         `{{$goal: [{name}, argument]}}`"
                    );
                    self.error("goal-arguments", node.span, message, help)
                }
                None => Some(call(name, self.arguments(arguments)?, node.span)),
            },
        }
    }

    /// The goals of `or`, which are easily taken for values.
    fn alternatives(&mut self, nodes: &[Node]) -> Option<Vec<Goal>> {
        self.each(nodes, |reader, node| {
            let is_value = match &node.kind {
                NodeKind::Scalar(_) | NodeKind::Missing => true,
                NodeKind::Mapping(entries) => {
                    !entries.iter().any(|entry| entry.key.as_ref() == "$goal")
                }
                _ => false,
            };
            match is_value {
                true => {
                    let help = "write `[or, [p, \"?X\"], [eq, \"?Y\", true]]`";
                    let expected = "`or` takes goals, which are lists";
                    reader.mismatch("or-of-values", node, expected, help)
                }
                false => reader.goal(node),
            }
        })
    }

    fn aggregate(
        &mut self,
        function: &Node,
        result: &Node,
        template: &Node,
        goal: &Node,
        by: Option<&Node>,
    ) -> Option<GoalKind> {
        let function = self.aggregate_function(function);
        let result = self.term(result);
        let counts = function == Some(AggregateFunction::Count);
        let template = match &template.kind {
            NodeKind::Scalar(Value::Null) if counts => Some(None),
            _ => self.term(template).map(Some),
        };
        let goal = self.goal(goal);
        let by = match by {
            Some(by) => self.by(by),
            None => Some(Vec::new()),
        };
        Some(GoalKind::Aggregate(Box::new(Aggregate {
            result: result?,
            function: function?,
            template: template?,
            goal: goal?,
            by: by?,
        })))
    }

    fn aggregate_function(&mut self, node: &Node) -> Option<AggregateFunction> {
        let names = AggregateFunction::ALL.map(AggregateFunction::name);
        let known = enumerate(&names);
        let Some(text) = node.text() else {
            let expected = "`aggregate` begins with what it computes";
            return self.mismatch(
                "unknown-aggregate",
                node,
                expected,
                format!("it is one of {known}"),
            );
        };
        let is_meant = |function: &AggregateFunction| function.name() == text.as_ref();
        if let Some(function) = AggregateFunction::ALL.into_iter().find(is_meant) {
            return Some(function);
        }
        let message = format!("`{}` is no aggregate", shorten(text));
        let help = match nearest(text, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it is one of {known}"),
        };
        self.error("unknown-aggregate", node.span, message, help)
    }

    fn by(&mut self, node: &Node) -> Option<Vec<(Name, Span)>> {
        let help = "write `[aggregate, sum, result, template, goal, [\"?Team\"]]`";
        let expected = "what an aggregate is grouped by is a list of variables";
        let items = self.items(node, expected, help)?;
        self.each(items, |reader, item| {
            match item.text().and_then(|text| variable(text)) {
                Some(TermKind::Variable(name)) => Some((name, item.span)),
                _ => reader.mismatch("wrong-shape", item, "a variable is expected", help),
            }
        })
    }
}

/// The beginnings of an atom.
enum Parts<'node> {
    /// By `$goal`: the name is a predicate's, whatever it is.
    Atom(Name, Vec<Term>),
    /// A name that may be reserved, and what follows it.
    List(Name, &'node [Node]),
}

fn call(name: Name, arguments: Vec<Term>, span: Span) -> GoalKind {
    GoalKind::Call(Atom {
        name,
        arguments,
        span,
    })
}
