//! What is large, long or deep, each under the limits that hold where none are given.

use super::outcome::outcome;
use assize_core::rules::{Fact, KnowledgeBase, Limits, QueryOptions, Value, syntax};

const LIMITS: &[&str] = &["max-steps", "max-bytes", "max-depth", "max-table-answers"];

fn check(program: &str, query: &str, expected: &[&str]) {
    let found = outcome(program, query, Limits::default());
    let shown: String = program.chars().chain(query.chars()).take(200).collect();
    assert!(
        expected.contains(&found.as_str()),
        "{found}, not {expected:?}: {shown}"
    );
}

#[test]
fn a_million_items() {
    for goal in [
        "list_range(0, 1000000, x) and list_length(x, n) and x = 1",
        "list_range(0, 1000000, x) and list_range(0, 1000000, y) and x = y and x = 1",
        "list_range(0, 1000000, x) and x = [_ | y] and x = y",
        "list_range(0, 1000000, x) and list_reverse(x, y) and list_sort(y, z) and z = 1",
        "list_range(0, 1000000, x) and compare(x, x, \"<\")",
        "list_range(0, 1000000, x) and to_json(x, y) and y = 1",
        "list_range(0, 1000000, x) and x != x",
        "l = collect(x for between(1, 1000000, x)) and l = 1",
        "t = set(x for between(1, 1000000, x)) and t = 1",
    ] {
        check("", goal, &[&["answers 0"], LIMITS].concat());
    }
    check("", "list_range(0, 1000000, x)", &["answers 1", "max-bytes"]);
    check("", "t = sum(x for between(1, 3000000, x))", LIMITS);
}

#[test]
fn patterns_of_a_megabyte() {
    let long = "a".repeat(1 << 20);
    let groups = "(a".repeat(100_000);
    let classes = "[a-z]{1,9}".repeat(100_000);
    for pattern in [&long, &groups, &classes] {
        let query = format!("matches(\"aaaa\", \"{pattern}\")");
        check("", &query, &["fault"]);
    }
}

#[test]
fn long_chains_of_records() {
    let program = "chain(0, null). chain(n, {next: c, n: n}) if n > 0 and chain(n - 1, c).\n\
        last(c, c) if c.next = null. last(c, l) if c.next != null and last(c.next, l).\n\
        equal(c, d) if c = d.";
    for goal in [
        "chain(20000, c) and c = 1",
        "chain(20000, c) and chain(20000, d) and equal(c, d) and c = 1",
        "chain(20000, c) and chain(20001, d) and equal(c, d)",
        "chain(20000, c) and is_ground(c) and c = 1",
    ] {
        check(program, goal, &[&["answers 0"], LIMITS].concat());
    }
    check(
        program,
        "chain(20000, c)",
        &[&["max-term-depth"], LIMITS].concat(),
    );
    check(
        program,
        "chain(20000, c) and last(c, l) and l.n = 2",
        &[&["answers 0", "fault", "max-term-depth"], LIMITS].concat(),
    );
}

#[test]
fn ten_thousand_rules_of_one_predicate() {
    let rules: Vec<String> = (0..10_000)
        .map(|n| format!("p(x, {n}) if q(x) and x > {n}."))
        .collect();
    let program = format!("q(1). q(5000). q(20000).\n{}", rules.join("\n"));
    check(&program, "p(x, 9999)", &["answers 1"]);
    check(&program, "p(20000, n)", &["answers 10000"]);
    check(&program, "p(0, n)", &["answers 0"]);
    let rules: Vec<String> = (0..10_000).map(|n| format!("p(x) if p(x, {n}).")).collect();
    let program = format!("input p/2. {}", rules.join("\n"));
    check(&program, "p(1)", &["answers 0"]);
}

#[test]
fn a_hundred_thousand_facts_come_and_go() {
    let mut base = KnowledgeBase::from_text(
        "facts.rules",
        "input edge/2. two(x, z) if edge(x, y) and edge(y, z).",
    )
    .unwrap();
    let fact = |n: i64| -> Fact { ("edge".into(), [n, n + 1].map(Value::Integer).into()) };
    let all: Vec<Fact> = (0..100_000).map(fact).collect();
    let answers = |base: &KnowledgeBase| {
        let found = base.ask("two(50000, z)", QueryOptions::default()).unwrap();
        found.answers.len()
    };
    for _ in 0..2 {
        assert_eq!(base.change_facts(&[], &all).unwrap().added, 100_000);
        assert_eq!(answers(&base), 1);
        assert_eq!(base.change_facts(&all, &[]).unwrap().removed, 100_000);
        assert_eq!(answers(&base), 0);
    }
    assert_eq!(base.change_facts(&all, &all).unwrap().added, 100_000);
    assert_eq!(base.change_facts(&all, &all).unwrap().removed, 100_000);
    assert_eq!(answers(&base), 1);
}

#[test]
fn queries_of_a_megabyte() {
    let program = "p(1). p(\"a\").";
    let megabyte = 1 << 20;
    check(
        program,
        &format!("p(\"{}\")", "a".repeat(megabyte)),
        &["answers 0", "max-bytes"],
    );
    check(
        program,
        &format!("p({})", "9".repeat(megabyte)),
        &["invalid-number"],
    );
    check(
        program,
        &format!("{}(1)", "p".repeat(megabyte)),
        &["unknown-predicate"],
    );
    check(
        program,
        &format!("p([{}])", vec!["1"; megabyte / 3].join(", ")),
        &["answers 0", "max-bytes", "too-large"],
    );
    check(
        program,
        &vec!["p(1)"; megabyte / 9].join(" and "),
        &["answers 1", "too-large"],
    );
    check(
        program,
        &vec!["p(1)"; megabyte / 8].join(" or "),
        &["answers 1", "too-large"],
    );
    check(program, &"(".repeat(megabyte), &["too-deep"]);
    check(program, &"not ".repeat(megabyte / 4), &["too-deep"]);
    check(
        program,
        &"\u{0}".repeat(megabyte),
        &["unexpected-character"],
    );
    // A value of a megabyte, alone.
    let text = format!("[{}]", vec!["1"; megabyte / 3].join(", "));
    assert!(syntax::parse_value(&text, 0).is_ok());
}
