//! Terms, goals and clauses in few words.

use crate::rules::ast::*;
use crate::rules::source::Span;
use crate::rules::value::Value;

pub(super) type Clauses = Vec<Item>;

fn term(kind: TermKind) -> Term {
    Term {
        kind,
        span: Span::default(),
    }
}

fn goal(kind: GoalKind) -> Goal {
    Goal {
        kind,
        span: Span::default(),
    }
}

pub(super) fn v(name: &str) -> Term {
    term(TermKind::Variable(name.into()))
}

pub(super) fn any() -> Term {
    term(TermKind::Anonymous)
}

pub(super) fn s(text: &str) -> Term {
    term(TermKind::Constant(Value::string(text)))
}

pub(super) fn n(number: i64) -> Term {
    term(TermKind::Constant(Value::Integer(number)))
}

pub(super) fn f(number: f64) -> Term {
    term(TermKind::Constant(Value::Float(number)))
}

pub(super) fn list(items: impl Into<Vec<Term>>) -> Term {
    term(TermKind::List(items.into(), None))
}

pub(super) fn cons(first: Term, rest: Term) -> Term {
    term(TermKind::List(vec![first], Some(Box::new(rest))))
}

pub(super) fn data(name: &str, arguments: impl Into<Vec<Term>>) -> Term {
    term(TermKind::Compound(name.into(), arguments.into()))
}

pub(super) fn record(fields: &[(&str, Term)]) -> Term {
    let fields = fields.iter();
    term(TermKind::Record(
        fields
            .map(|(name, value)| ((*name).into(), value.clone()))
            .collect(),
    ))
}

pub(super) fn apply(name: &str, arguments: impl Into<Vec<Term>>) -> Term {
    term(TermKind::Function(name.into(), arguments.into()))
}

pub(super) fn field(of: Term, name: &str) -> Term {
    apply(".", [of, s(name)])
}

pub(super) fn call(name: &str, arguments: impl Into<Vec<Term>>) -> Goal {
    goal(GoalKind::Call(Atom {
        name: name.into(),
        arguments: arguments.into(),
        span: Span::default(),
    }))
}

pub(super) fn compare(left: Term, symbol: &str, right: Term) -> Goal {
    let comparison = Comparison::ALL
        .into_iter()
        .find(|comparison| comparison.symbol() == symbol)
        .unwrap();
    goal(GoalKind::Compare(comparison, left, right))
}

pub(super) fn and(goals: impl Into<Vec<Goal>>) -> Goal {
    goal(GoalKind::And(goals.into()))
}

pub(super) fn or(goals: impl Into<Vec<Goal>>) -> Goal {
    goal(GoalKind::Or(goals.into()))
}

pub(super) fn not(inner: Goal) -> Goal {
    goal(GoalKind::Not(Box::new(inner)))
}

pub(super) fn exists(inner: Goal) -> Goal {
    goal(GoalKind::Exists(Box::new(inner)))
}

pub(super) fn forall(condition: Goal, inner: Goal) -> Goal {
    goal(GoalKind::Forall(Box::new(condition), Box::new(inner)))
}

pub(super) fn either(condition: Goal, then: Goal, otherwise: Goal) -> Goal {
    goal(GoalKind::If(
        Box::new(condition),
        Box::new(then),
        Box::new(otherwise),
    ))
}

pub(super) fn aggregate(
    result: Term,
    function: AggregateFunction,
    template: Option<Term>,
    inner: Goal,
    by: &[&str],
) -> Goal {
    let by = by.iter().map(|name| ((*name).into(), Span::default()));
    goal(GoalKind::Aggregate(Box::new(Aggregate {
        result,
        function,
        template,
        goal: inner,
        by: by.collect(),
    })))
}

fn clause(head: Goal, body: Option<Goal>) -> Item {
    let GoalKind::Call(head) = head.kind else {
        panic!("a head is a call");
    };
    Item::Clause(Clause {
        head,
        body,
        annotations: Vec::new(),
        comments: Vec::new(),
        span: Span::default(),
    })
}

pub(super) fn rule(head: Goal, body: Goal) -> Item {
    clause(head, Some(body))
}

pub(super) fn fact(name: &str, arguments: impl Into<Vec<Term>>) -> Item {
    clause(call(name, arguments), None)
}

pub(super) fn noted(name: &str, value: &str, item: Item) -> Item {
    let Item::Clause(mut clause) = item else {
        panic!("only clauses are noted");
    };
    clause.annotations.push(Annotation {
        name: name.into(),
        value: value.into(),
        span: Span::default(),
    });
    Item::Clause(clause)
}

pub(super) fn declare(kind: DeclarationKind, name: &str, arity: u8) -> Item {
    Item::Declaration(Declaration {
        kind,
        name: name.into(),
        arity,
        comments: Vec::new(),
        span: Span::default(),
    })
}

/// Each item stands on a line of its own, ten bytes long.
pub(super) fn program(items: Clauses) -> Program {
    let mut program = Program { items };
    for (index, item) in program.items.iter_mut().enumerate() {
        let start = 10 * u32::try_from(index).unwrap();
        let span = Span {
            source: 0,
            start,
            end: start + 9,
        };
        match item {
            Item::Declaration(declaration) => declaration.span = span,
            Item::Clause(clause) => clause.span = span,
        }
    }
    program
}

pub(super) fn answer(values: &[(&str, Value)]) -> Vec<(Name, Value)> {
    let values = values.iter();
    values
        .map(|(name, value)| ((*name).into(), value.clone()))
        .collect()
}
