//! What a text is read as.

use super::{program, read};
use crate::rules::ast::{GoalKind, Item, TermKind};
use crate::rules::source::{Format, Source, Span};
use crate::rules::syntax::{
    format, parse, parse_atom, parse_fact, parse_query, parse_term, parse_value, print_goal,
    print_term,
};
use crate::rules::value::Value;
use std::sync::Arc;

fn term(text: &str) -> String {
    format!("{:?}", program(&format!("p() if q({text}).")).items)
}

#[test]
fn operators_bind_as_in_arithmetic() {
    for (short, long) in [
        ("a + b * c", "a + (b * c)"),
        ("a - b - c", "(a - b) - c"),
        ("a * b // c % d", "((a * b) // c) % d"),
        ("a ** b ** c", "a ** (b ** c)"),
        ("-a ** b", "-(a ** b)"),
        ("-2 ** 2", "-(2 ** 2)"),
        ("a ** -b", "a ** (-b)"),
        ("-a.b[0]", "-((a.b)[0])"),
        ("a - -5", "a - (-5)"),
        ("a[\"b\"]", "a.b"),
    ] {
        assert_eq!(term(short), term(long), "{short}");
    }
    assert_ne!(term("-5"), term("-(5)"));
    assert_ne!(term("5.0"), term("5"));
    assert_ne!(term("`lower`(x)"), term("lower(x)"));
    assert_ne!(term("`lower`"), term("lower(x)"));
    assert_eq!(term("`x`"), term("x"));
}

#[test]
fn words_bind_as_one_reads() {
    for (short, long) in [
        ("a() or b() and c()", "a() or (b() and c())"),
        ("not a() and b()", "(not a()) and b()"),
        (
            "if a() then b() else c() and d()",
            "(if a() then b() else c()) and d()",
        ),
        (
            "forall a() and b(): c() or d()",
            "(forall (a() and b()): c()) or d()",
        ),
        ("exists a() or b()", "(exists a()) or b()"),
        (
            "if a() then b() or c() else if d() then e() else f()",
            "if a() then (b() or c()) else (if d() then e() else f())",
        ),
    ] {
        let program = |goal: &str| program(&format!("p() if {goal}."));
        assert_eq!(program(short), program(long), "{short}");
    }
    assert_ne!(
        program("p() if (a() and b()) and c()."),
        program("p() if a() and b() and c().")
    );
}

#[test]
fn an_aggregate_may_stand_on_either_side() {
    let left = program("t(u, s) if u(u) and s = sum(a for order(u, _, a) by u).");
    let right = program("t(u, s) if u(u) and sum(a for order(u, _, a) by u) = s.");
    assert_eq!(left, right);
    program("t(n) if n = count(for a() or b() by x, y).");
    program("t(n) if count(n, x) and sum() and n = max(x, 1).");
}

#[test]
fn comments_directly_above_belong_to_a_statement() {
    let program = program(
        "# far\n\n# near\n#\n#  nearer\np(). # behind\nq().\n# of r\n@id(\"r\") # inside\nr().\n",
    );
    let comments: Vec<Vec<Arc<str>>> = program
        .items
        .iter()
        .map(|item| match item {
            Item::Clause(clause) => clause.comments.clone(),
            Item::Declaration(declaration) => declaration.comments.clone(),
        })
        .collect();
    let expected: [&[&str]; 3] = [&["near", "", " nearer"], &[], &["of r"]];
    let expected: Vec<Vec<Arc<str>>> = expected
        .map(|lines| lines.iter().map(|line| Arc::from(*line)).collect())
        .into();
    assert_eq!(comments, expected);
}

#[test]
fn spans_are_what_was_written() {
    let text = "a(). b(x) if not (c(x + 1) and d(x)) .";
    let source = Source {
        name: "a".into(),
        text: text.into(),
        format: Format::Text,
    };
    let (program, _) = parse(&source, 7);
    let Some(Item::Clause(clause)) = program.items.get(1) else {
        panic!("{program:?}");
    };
    let slice = |span: Span| {
        assert_eq!(span.source, 7);
        text.get(span.start as usize..span.end as usize).unwrap()
    };
    assert_eq!(slice(clause.span), "b(x) if not (c(x + 1) and d(x)) .");
    let body = clause.body.as_ref().unwrap();
    assert_eq!(slice(body.span), "not (c(x + 1) and d(x))");
    let GoalKind::Not(inner) = &body.kind else {
        panic!("{body:?}");
    };
    assert_eq!(slice(inner.span), "c(x + 1) and d(x)");
    let GoalKind::And(goals) = &inner.kind else {
        panic!("{inner:?}");
    };
    let GoalKind::Call(call) = &goals[0].kind else {
        panic!("{goals:?}");
    };
    assert!(matches!(call.arguments[0].kind, TermKind::Function(..)));
    assert_eq!(slice(call.arguments[0].span), "x + 1");
}

#[test]
fn numbers_and_strings_keep_their_value() {
    for (text, value) in [
        ("9223372036854775807", Value::Integer(i64::MAX)),
        ("-9223372036854775808", Value::Integer(i64::MIN)),
        ("1e3", Value::Float(1000.0)),
        ("2.50", Value::Float(2.5)),
        ("-0.0", Value::Float(0.0)),
        (r#""a\u00e9\ud83d\ude00\n\/""#, Value::string("aé😀\n/")),
        (
            "[1 | [2]]",
            Value::list([Value::Integer(1), Value::Integer(2)]),
        ),
        (
            "{b: 1, \"a c\": null}",
            Value::record([("b".into(), Value::Integer(1)), ("a c".into(), Value::Null)]),
        ),
        (
            "{if: true}.",
            Value::record([("if".into(), Value::Boolean(true))]),
        ),
        ("open()", Value::Compound("open".into(), Arc::new([]))),
    ] {
        assert_eq!(parse_value(text, 0), Ok(value), "{text}");
    }
    let large = parse_value("123456789012345678901234567890", 0).unwrap();
    assert_eq!(large.to_string(), "123456789012345678901234567890");
    assert_eq!(Value::Variable(1).to_string(), "_1");
}

#[test]
fn single_things_are_read_whole() {
    let goal = parse_query("a(x) and not b(x).", 0).unwrap();
    assert_eq!(print_goal(&goal), "a(x) and not b(x)");
    assert_eq!(
        print_term(&parse_term("(x + 1) * 2", 0).unwrap()),
        "(x + 1) * 2"
    );
    assert_eq!(
        parse_atom("role(\"ann\", r)", 0).unwrap().arguments.len(),
        2
    );
    let (name, values) = parse_fact("role(\"ann\", 1).", 0).unwrap();
    assert_eq!((name.as_ref(), values.len()), ("role", 2));
    assert!(parse_fact("role(x)", 0).is_err());
    assert!(parse_value("1 2", 0).is_err());
    assert!(parse_value("", 0).is_err());
    assert!(parse_query("a() if b()", 0).is_err());
    assert!(parse_atom("x = y", 0).is_err());
}

#[test]
fn deep_nesting_is_an_error_and_nothing_worse() {
    let deep = 100_000;
    for (open, middle, close) in [
        ("(", "a()", ")"),
        ("not ", "a()", ""),
        ("a(", "x", ")"),
        ("x = [", "1", "]"),
        ("x = -", "y", ""),
        ("x = 2 ** ", "y", ""),
        ("x = {a: ", "y", "}"),
        ("if ", "a()", " then b() else c()"),
        ("if a() then b() else ", "a()", ""),
        ("forall ", "a()", ": b()"),
        ("x = count(for ", "a()", ")"),
        ("x = 1 + ", "y", ""),
        ("x = y[", "0", "]"),
    ] {
        let open = open
            .strip_prefix("x = ")
            .map_or(open.to_owned(), str::to_owned);
        let text = format!(
            "p() if x = {}{middle}{}. q().",
            open.repeat(deep),
            close.repeat(deep)
        );
        let (_, diagnostics) = read(&text);
        assert!(!diagnostics.is_empty(), "{open}");
    }
    for chain in ["1 + ", "1 * "] {
        let (_, diagnostics) = read(&format!("p() if x = {}1.", chain.repeat(deep)));
        assert_eq!(diagnostics[0].code, "too-deep");
    }
    let (_, diagnostics) = read(&format!("p() if x = y{}.", ".z".repeat(deep)));
    assert_eq!(diagnostics[0].code, "too-deep");
}

#[test]
fn the_deepest_permitted_nesting_is_read_and_formatted() {
    for (before, open, middle, close, times) in [
        ("", "not (", "a()", ")", 49),
        ("", "f(", "x", ")", 98),
        ("x = ", "[", "x", "]", 98),
        ("x = ", "(", "x", ")", 98),
        ("x = ", "{a: ", "x", "}", 98),
        ("x = ", "-", "x", "", 98),
        ("", "if ", "a()", " then b() else c()", 98),
    ] {
        let (open, close) = (open.repeat(times), close.repeat(times));
        let text = format!("p() if {before}{open}{middle}{close}.");
        let formatted = format(&text).unwrap();
        assert_eq!(program(&formatted), program(&text), "{formatted}");
    }
}

#[test]
fn long_flat_things_are_no_problem() {
    let goals = vec!["a(x)"; 20_000].join(" and ");
    let items = vec!["1"; 100_000].join(", ");
    let text = format!("p(x) if {goals}. q([{items}]).");
    let first = program(&text);
    assert_eq!(first.items.len(), 2);
    assert_eq!(program(&format(&text).unwrap()), first);
}

#[test]
fn deep_values_are_printed() {
    let mut value = Value::Integer(0);
    for _ in 0..1_000 {
        value = Value::Compound("s".into(), Arc::new([value]));
    }
    assert_eq!(value.to_string().len(), 3_001);
}

#[test]
fn a_chain_of_signs_at_the_limit_can_be_written_and_read_again() {
    let mut longest = 0;
    for signs in 90..102 {
        for number in ["1", "0.0", "123456789012345678901234567890", "\"a\"", "(2)"] {
            let text = format!("p(x) if q({}{number}, x).", "-".repeat(signs));
            let (mut first, problems) = read(&text);
            if problems.is_empty() {
                longest = signs;
                super::forget_places(&mut first);
                let written = crate::rules::syntax::print(&first);
                assert_eq!(program(&written), first, "{written}");
            }
        }
    }
    assert!((95..101).contains(&longest), "{longest}");
}
