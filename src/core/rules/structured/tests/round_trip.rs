//! Every program comes back as it was.

use super::*;
use crate::rules::ast::{
    Aggregate, AggregateFunction, Annotation, Atom, Clause, Comparison, Declaration,
    DeclarationKind, GoalKind, Item, Name, Term, TermKind,
};
use proptest::prelude::*;
use std::sync::Arc;

/// Texts that a reader may take for something else.
const ODD: [&str; 28] = [
    "",
    "?",
    "?x",
    "$list",
    "$",
    "yes",
    "No",
    "null",
    "~",
    "true",
    "1",
    "012",
    "1e3",
    "1.0",
    "- a",
    "#",
    "a: b",
    "a #b",
    " a",
    "a ",
    "\n",
    "a\nb\r",
    "é\u{85}\u{2028}",
    "\u{0}\u{7}\u{1b}",
    "\u{feff}\u{202e}",
    "not",
    "aggregate",
    "2024-01-02",
];

fn odd_text() -> impl Strategy<Value = Arc<str>> {
    prop_oneof![
        prop::sample::select(ODD.as_slice()).prop_map(Arc::from),
        "[a-z]{1,3}".prop_map(Arc::from),
        any::<String>().prop_map(Arc::from),
        "[-?:,{}\\[\\]#&*!|>'\"%@`$/ \t0-9a]{0,6}".prop_map(Arc::from),
    ]
}

/// Any name that a variable may have.
fn variable_name() -> impl Strategy<Value = Name> {
    odd_text().prop_filter("a variable has a name", |name| {
        !matches!(name.as_ref(), "" | "_")
    })
}

fn line() -> impl Strategy<Value = Arc<str>> {
    odd_text().prop_map(|text| text.replace(['\n', '\r'], "").into())
}

fn constant() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        any::<i128>().prop_map(|number| Value::integer(number.into())),
        any::<i32>().prop_map(|number| Value::Float(f64::from(number) + 0.0)),
        any::<f64>().prop_filter_map("finite", Value::float),
        odd_text().prop_map(Value::String),
    ]
}

fn placed(kind: TermKind) -> Term {
    let span = Span::default();
    Term { kind, span }
}

fn term() -> impl Strategy<Value = Term> {
    let leaf = prop_oneof![
        3 => variable_name().prop_map(TermKind::Variable),
        1 => Just(TermKind::Anonymous),
        5 => constant().prop_map(TermKind::Constant),
    ];
    let leaf = leaf.prop_map(placed);
    leaf.prop_recursive(3, 12, 3, |inner| {
        let terms = prop::collection::vec(inner.clone(), 0..3);
        let fields = prop::collection::btree_map(odd_text(), inner.clone(), 0..3);
        let items = prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            terms.clone().prop_map(|terms| TermKind::List(terms, None)),
            (items, inner).prop_map(|(items, rest)| TermKind::List(items, Some(Box::new(rest)))),
            fields.prop_map(|fields| TermKind::Record(fields.into_iter().rev().collect())),
            (odd_text(), terms.clone()).prop_map(|(name, terms)| TermKind::Compound(name, terms)),
            (odd_text(), terms).prop_map(|(name, terms)| TermKind::Function(name, terms)),
        ]
        .prop_map(placed)
    })
}

fn atom() -> impl Strategy<Value = Atom> {
    let arguments = prop::collection::vec(term(), 0..3);
    (odd_text(), arguments).prop_map(|(name, arguments)| Atom {
        name,
        arguments,
        span: Span::default(),
    })
}

/// A head: what would be computed is data.
fn head() -> impl Strategy<Value = Atom> {
    fn given(term: &mut Term) {
        if let TermKind::Function(name, arguments) = &mut term.kind {
            term.kind = TermKind::Compound(name.clone(), std::mem::take(arguments));
        }
        match &mut term.kind {
            TermKind::List(items, rest) => {
                items.iter_mut().for_each(given);
                rest.iter_mut().for_each(|rest| given(rest));
            }
            TermKind::Record(fields) => fields.iter_mut().for_each(|(_, value)| given(value)),
            TermKind::Compound(_, arguments) => arguments.iter_mut().for_each(given),
            _ => {}
        }
    }
    atom().prop_map(|mut atom| {
        atom.arguments.iter_mut().for_each(given);
        atom
    })
}

fn aggregate(goal: impl Strategy<Value = Goal>) -> impl Strategy<Value = GoalKind> {
    let function = prop::sample::select(AggregateFunction::ALL.as_slice());
    let by = prop::collection::vec(variable_name(), 0..3);
    let parts = (function, term(), prop::option::of(term()), goal, by);
    parts.prop_map(|(function, result, template, goal, by)| {
        let template = match (template, function) {
            (None, AggregateFunction::Count) => None,
            (template, _) => {
                Some(template.unwrap_or_else(|| placed(TermKind::Constant(Value::Null))))
            }
        };
        let by = by.into_iter().map(|name| (name, Span::default())).collect();
        GoalKind::Aggregate(Box::new(Aggregate {
            result,
            function,
            template,
            goal,
            by,
        }))
    })
}

fn goal() -> impl Strategy<Value = Goal> {
    let place = |kind| Goal {
        kind,
        span: Span::default(),
    };
    let comparison = prop::sample::select(Comparison::ALL.as_slice());
    let leaf = prop_oneof![
        atom().prop_map(GoalKind::Call),
        (comparison, term(), term())
            .prop_map(|(comparison, left, right)| GoalKind::Compare(comparison, left, right)),
    ];
    leaf.prop_map(place).prop_recursive(3, 8, 3, move |inner| {
        let goals = prop::collection::vec(inner.clone(), 2..4);
        let boxed = inner.clone().prop_map(Box::new);
        prop_oneof![
            goals.clone().prop_map(GoalKind::And),
            goals.prop_map(GoalKind::Or),
            boxed.clone().prop_map(GoalKind::Not),
            boxed.clone().prop_map(GoalKind::Exists),
            (boxed.clone(), boxed.clone())
                .prop_map(|(condition, goal)| GoalKind::Forall(condition, goal)),
            (boxed.clone(), boxed.clone(), boxed)
                .prop_map(|(condition, then, other)| GoalKind::If(condition, then, other)),
            aggregate(inner),
        ]
        .prop_map(place)
    })
}

fn annotations() -> impl Strategy<Value = Vec<Annotation>> {
    let name = prop_oneof![Just("id".into()), Just("reason".into()), odd_text()];
    let annotation = (name, odd_text()).prop_map(|(name, value)| Annotation {
        name,
        value,
        span: Span::default(),
    });
    prop::collection::vec(annotation, 0..4)
}

fn item() -> impl Strategy<Value = Item> {
    let comments = || prop::collection::vec(line(), 0..3);
    let kind = prop::sample::select(DeclarationKind::ALL.as_slice());
    let declaration = (kind, odd_text(), any::<u8>(), comments());
    let declaration = declaration.prop_map(|(kind, name, arity, comments)| {
        Item::Declaration(Declaration {
            kind,
            name,
            arity,
            comments,
            span: Span::default(),
        })
    });
    let clause = (head(), prop::option::of(goal()), annotations(), comments());
    let clause = clause.prop_map(|(head, body, annotations, comments)| {
        Item::Clause(Clause {
            head,
            body,
            annotations,
            comments,
            span: Span::default(),
        })
    });
    prop_oneof![1 => declaration, 4 => clause]
}

fn assert_comes_back(program: &Program) {
    for text in [to_json(program), to_yaml(program)] {
        let (found, diagnostics) = parse(&source(&text), 0);
        let is_error = |diagnostic: &Diagnostic| diagnostic.code != "empty-source";
        let errors: Vec<_> = diagnostics.iter().filter(|one| is_error(one)).collect();
        assert!(errors.is_empty(), "{errors:?}\n{text}");
        assert_same(&found, program, &text);
    }
}

proptest! {
    #[test]
    fn every_program_comes_back(
        items in prop::collection::vec(item(), 0..4),
        ordered in any::<bool>(),
    ) {
        let mut items = items;
        if ordered {
            items.sort_by_key(|item| match item {
                Item::Declaration(_) => 0,
                Item::Clause(clause) => 1 + u8::from(clause.body.is_some()),
            });
        }
        assert_comes_back(&Program { items });
    }

    #[test]
    fn every_goal_comes_back(goal in goal()) {
        let head = Atom { name: "p".into(), arguments: Vec::new(), span: Span::default() };
        let clause = Clause {
            head,
            body: Some(goal),
            annotations: Vec::new(),
            comments: Vec::new(),
            span: Span::default(),
        };
        assert_comes_back(&Program { items: vec![Item::Clause(clause)] });
    }
}

#[test]
fn deep_programs_come_back() {
    let list = |inner| TermKind::List(vec![inner], None);
    let call = |inner| TermKind::Function("-".into(), vec![inner]);
    let field = |inner| TermKind::Record(vec![("$".into(), inner)]);
    for wrap in [list, call, field] {
        let mut term = placed(TermKind::Anonymous);
        for _ in 0..198 {
            term = placed(wrap(term));
        }
        let atom = |arguments| Atom {
            name: "p".into(),
            arguments,
            span: Span::default(),
        };
        let body = Goal {
            kind: GoalKind::Call(atom(vec![term])),
            span: Span::default(),
        };
        let clause = Clause {
            head: atom(Vec::new()),
            body: Some(body),
            annotations: Vec::new(),
            comments: Vec::new(),
            span: Span::default(),
        };
        assert_comes_back(&Program {
            items: vec![Item::Clause(clause)],
        });
    }
}
