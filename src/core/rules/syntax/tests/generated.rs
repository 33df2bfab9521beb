//! Properties of generated programs and texts.

use super::{functions, program, read};
use crate::rules::ast::{
    Aggregate, AggregateFunction, Annotation, Atom, Clause, Comparison, Declaration,
    DeclarationKind, Goal, GoalKind, Item, Name, Program, Term, TermKind,
};
use crate::rules::render::render;
use crate::rules::source::{Format, Source, Span};
use crate::rules::syntax::format::arrange;
use crate::rules::syntax::{format, parse_value, print::print_with, print_value};
use crate::rules::value::Value;
use num_bigint::BigInt;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::Arc;

fn name() -> BoxedStrategy<Name> {
    let odd = [
        "if", "and", "_", "", "a b", "`", "lower", "add", "sum", "count", "input", "by", "größe",
        "+", "x\\y", "1a", "\u{202e}", "null", "is",
    ];
    prop_oneof![
        6 => "[a-z_][a-z0-9_]{0,6}",
        1 => select(odd.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
    .prop_map(Name::from)
    .boxed()
}

fn number() -> BoxedStrategy<Value> {
    prop_oneof![
        (-20i64..20).prop_map(Value::Integer),
        any::<i64>().prop_map(Value::Integer),
        any::<[u8; 20]>().prop_map(|bytes| Value::integer(BigInt::from_signed_bytes_le(&bytes))),
        select(vec![
            5.0,
            1e300,
            -0.0,
            1e-7,
            5e-324,
            123_456_789_012_345_680.0,
            f64::MAX
        ])
        .prop_filter_map("finite", Value::float),
        any::<f64>().prop_filter_map("finite", Value::float),
    ]
    .boxed()
}

fn constant() -> BoxedStrategy<Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        number(),
        any::<String>().prop_map(Value::string),
        "[\\u{0}-\\u{1f}\"\\\\\u{2028}\u{202a}/😀]{0,4}".prop_map(Value::string),
    ]
    .boxed()
}

fn at(kind: TermKind) -> Term {
    Term {
        kind,
        span: Span::default(),
    }
}

/// `computed`: with functions.
fn term(computed: bool) -> BoxedStrategy<Term> {
    let leaf = prop_oneof![
        name().prop_map(TermKind::Variable),
        Just(TermKind::Anonymous),
        constant().prop_map(TermKind::Constant),
    ]
    .prop_map(at);
    leaf.prop_recursive(4, 24, 3, move |inner| {
        let functions = prop_oneof![
            (
                select(vec!["+", "-", "*", "/", "//", "%", "**", ".", "add", "max"]),
                inner.clone(),
                inner.clone()
            )
                .prop_map(|(name, left, right)| TermKind::Function(name.into(), vec![left, right])),
            (inner.clone(), name()).prop_map(|(base, field)| TermKind::Function(
                ".".into(),
                vec![base, at(TermKind::Constant(Value::String(field)))]
            )),
            (select(vec!["-", "lower"]), inner.clone())
                .prop_map(|(name, only)| TermKind::Function(name.into(), vec![only])),
        ];
        let data = prop_oneof![
            (vec(inner.clone(), 1..3), option::of(inner.clone()))
                .prop_map(|(items, rest)| TermKind::List(items, rest.map(Box::new))),
            Just(TermKind::List(vec![], None)),
            vec((name(), inner.clone()), 0..3).prop_map(record),
            (name(), vec(inner, 0..3))
                .prop_map(|(name, arguments)| TermKind::Compound(name, arguments)),
        ];
        if computed {
            prop_oneof![functions, data].prop_map(at).boxed()
        } else {
            data.prop_map(at).boxed()
        }
    })
    .boxed()
}

fn record(fields: Vec<(Name, Term)>) -> TermKind {
    let mut known = std::collections::BTreeSet::new();
    let fields = fields
        .into_iter()
        .filter(|(field, _)| known.insert(field.clone()));
    TermKind::Record(fields.collect())
}

fn atom(computed: bool) -> BoxedStrategy<Atom> {
    (name(), vec(term(computed), 0..3))
        .prop_map(|(name, arguments)| Atom {
            name,
            arguments,
            span: Span::default(),
        })
        .boxed()
}

fn aggregate(goal: BoxedStrategy<Goal>) -> BoxedStrategy<GoalKind> {
    let function = select(AggregateFunction::ALL.to_vec());
    (
        term(true),
        function,
        option::of(term(true)),
        goal,
        vec(name(), 0..3),
    )
        .prop_map(|(result, function, template, goal, by)| {
            let is_count = function == AggregateFunction::Count;
            let template = template.or_else(|| (!is_count).then(|| at(TermKind::Anonymous)));
            GoalKind::Aggregate(Box::new(Aggregate {
                result,
                function,
                template,
                goal,
                by: by.into_iter().map(|name| (name, Span::default())).collect(),
            }))
        })
        .boxed()
}

fn goal() -> BoxedStrategy<Goal> {
    let place = |kind| Goal {
        kind,
        span: Span::default(),
    };
    let leaf = prop_oneof![
        atom(true).prop_map(GoalKind::Call),
        (select(Comparison::ALL.to_vec()), term(true), term(true))
            .prop_map(|(comparison, left, right)| GoalKind::Compare(comparison, left, right)),
    ]
    .prop_map(place);
    leaf.prop_recursive(4, 16, 3, move |inner| {
        let one = inner.clone().prop_map(Box::new);
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(GoalKind::And),
            vec(inner.clone(), 2..4).prop_map(GoalKind::Or),
            one.clone().prop_map(GoalKind::Not),
            one.clone().prop_map(GoalKind::Exists),
            (one.clone(), one.clone()).prop_map(|(left, right)| GoalKind::Forall(left, right)),
            (one.clone(), one.clone(), one).prop_map(|(a, b, c)| GoalKind::If(a, b, c)),
            aggregate(inner.boxed()),
        ]
        .prop_map(place)
    })
    .boxed()
}

fn comments() -> BoxedStrategy<Vec<Arc<str>>> {
    vec("( {0,2}[a-z#.]{1,6})?", 0..3)
        .prop_map(|lines| lines.into_iter().map(Arc::from).collect())
        .boxed()
}

fn item() -> BoxedStrategy<Item> {
    let span = Span::default();
    let annotation = (name(), any::<String>()).prop_map(move |(name, value)| Annotation {
        name,
        value: value.into(),
        span,
    });
    let clause = (
        atom(false),
        option::of(goal()),
        vec(annotation, 0..3),
        comments(),
    )
        .prop_map(move |(head, body, annotations, comments)| {
            Item::Clause(Clause {
                head,
                body,
                annotations,
                comments,
                span,
            })
        });
    let kind = select(DeclarationKind::ALL.to_vec());
    let declaration =
        (kind, name(), any::<u8>(), comments()).prop_map(move |(kind, name, arity, comments)| {
            Item::Declaration(Declaration {
                kind,
                name,
                arity,
                comments,
                span,
            })
        });
    prop_oneof![4 => clause, 1 => declaration].boxed()
}

fn programs() -> BoxedStrategy<Program> {
    vec(item(), 0..4)
        .prop_map(|items| Program { items })
        .boxed()
}

/// A formatted text with a comment put in at some of its spaces.
fn commented(text: &str, seeds: &[u8]) -> String {
    let mut seeds = seeds.iter().cycle();
    let mut out = String::new();
    let mut inside = None;
    let mut is_escaped = false;
    let mut is_comment = false;
    let mut number = 0;
    for character in text.chars() {
        is_comment = (is_comment || character == '#' && inside.is_none()) && character != '\n';
        if !is_comment
            && !is_escaped
            && matches!(character, '"' | '`')
            && inside.is_none_or(|quote| quote == character)
        {
            inside = inside.xor(Some(character));
        }
        is_escaped = character == '\\' && !is_escaped && inside.is_some();
        out.push(character);
        let seed = seeds.next().copied().unwrap_or(0);
        if character == ' ' && inside.is_none() && !is_comment && seed % 4 == 0 {
            number += 1;
            let before = ["", "\n", "\n\n"][usize::from(seed / 4) % 3];
            out.push_str(&format!("{before}# note {number}\n"));
        }
    }
    out
}

fn comment_count(text: &str) -> usize {
    let mut lexer = super::super::lexer::Lexer::new(text, 0);
    while lexer.next().kind != super::super::token::Kind::End {}
    lexer.comments.len()
}

fn value() -> BoxedStrategy<Value> {
    constant()
        .prop_recursive(3, 16, 3, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..3).prop_map(Value::list),
                vec((name(), inner.clone()), 0..3).prop_map(Value::record),
                (name(), vec(inner.clone(), 0..3))
                    .prop_map(|(name, arguments)| Value::Compound(name, arguments.into())),
                (vec(inner, 1..3), constant())
                    .prop_map(|(items, rest)| Value::PartialList(items.into(), Arc::new(rest))),
            ]
        })
        .boxed()
}

/// Texts made of pieces of the language.
fn soup() -> BoxedStrategy<String> {
    let pieces = [
        "p(x)",
        "if",
        "and",
        "or",
        "not",
        "exists",
        "forall",
        "then",
        "else",
        ".",
        ". ",
        ",",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "\"a\"",
        "\"",
        "`",
        "#c\n",
        "\n",
        "x",
        "_",
        "1",
        "1.5",
        "1e",
        "-",
        "**",
        "=",
        "<",
        ":",
        "|",
        "@id",
        "sum(x for",
        "by",
        "input p/1",
        ":-",
        ";",
        "'",
        "\\u12",
        "😀",
        "\u{202e}",
        "/*",
        "%",
        "--",
        "x.y",
        ".5",
        "adn",
        "is",
        "!",
    ];
    vec(select(pieces.to_vec()), 0..40)
        .prop_flat_map(|pieces| select(vec!["", " "]).prop_map(move |gap| pieces.join(gap)))
        .boxed()
}

fn check_any_text(text: &str) {
    let (_, diagnostics) = read(text);
    for diagnostic in &diagnostics {
        let span = diagnostic.span;
        assert!(
            text.get(span.start as usize..span.end as usize).is_some(),
            "{span:?} {text:?}"
        );
    }
    let source = Source {
        name: "a".into(),
        text: text.into(),
        format: Format::Text,
    };
    let rendered = render(&diagnostics, &[source], true);
    assert_eq!(rendered.is_empty(), diagnostics.is_empty());
    _ = parse_value(text, 0);
    if let Ok(formatted) = format(text) {
        assert_eq!(format(&formatted).as_deref(), Ok(formatted.as_str()));
    }
}

proptest! {
    #[test]
    fn what_is_printed_reads_the_same(original in programs()) {
        let text = print_with(&original, &functions);
        prop_assert_eq!(program(&text), original, "{}", text);
    }

    #[test]
    fn formatting_keeps_the_program_and_its_comments(original in programs(), seeds in vec(any::<u8>(), 1..64)) {
        let text = commented(&print_with(&original, &functions), &seeds);
        let formatted = arrange(&text);
        prop_assert_eq!(program(&formatted), program(&text), "{}\n---\n{}", text, formatted);
        prop_assert_eq!(comment_count(&formatted), comment_count(&text), "{}\n---\n{}", text, formatted);
        let again = arrange(&formatted);
        prop_assert_eq!(&again, &formatted, "{}\n---\n{}\n---\n{}", text, formatted, again);
    }

    #[test]
    fn printed_values_read_the_same(original in value()) {
        let text = print_value(&original);
        prop_assert_eq!(parse_value(&text, 0), Ok(original), "{}", text);
    }

    #[test]
    fn no_text_is_too_odd(text in any::<String>()) {
        check_any_text(&text);
    }

    #[test]
    fn no_mixture_is_too_odd(text in soup()) {
        check_any_text(&text);
    }
}
