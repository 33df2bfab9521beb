//! What is said of goals without answers.

use super::build::*;
use super::*;
use crate::rules::ast::{AggregateFunction as Function, DeclarationKind as Kind, Term};

/// The reasons of a goal with one rule and the given facts.
fn one_rule(body: Goal, facts: Clauses) -> String {
    let mut clauses = vec![rule(call("ok", [v("x")]), body)];
    clauses.extend(facts);
    let text = case(clauses).reasons(&call("ok", [s("ann")]));
    let first = "ok(\"ann\") does not hold\n";
    text.strip_prefix(first)
        .unwrap_or_else(|| panic!("{text}"))
        .to_owned()
}

fn scores() -> Clauses {
    vec![
        fact("score", [s("ann"), f(0.7)]),
        fact("score", [s("bob"), f(0.9)]),
        fact("low", [f(0.4)]),
    ]
}

#[test]
fn a_comparison_says_which_side_must_change() {
    let check = |goal: Goal, message: &str, needed: &str| {
        let body = and([
            call("score", [v("x"), v("risk")]),
            call("low", [v("bar")]),
            goal,
        ]);
        let text = format!("  a rule: {message}\n{needed}");
        assert_eq!(one_rule(body, scores()), text);
    };
    check(
        compare(v("risk"), "<", f(0.4)),
        "`risk` is 0.7 and must be below 0.4",
        "    needed: risk < 0.4\n",
    );
    check(
        compare(n(1), "<=", v("risk")),
        "`risk` is 0.7 and must be at least 1",
        "    needed: risk >= 1\n",
    );
    check(
        compare(v("risk"), "<=", v("bar")),
        "`risk` is 0.7 and must be at most `bar`, which is 0.4",
        "    needed: risk <= 0.4\n",
    );
    check(
        compare(apply("+", [v("risk"), v("bar")]), ">", n(2)),
        "`risk + bar` is 1.1 and must be above 2 (`risk` is 0.7, `bar` is 0.4)",
        "    needed: risk + bar > 2\n",
    );
    check(
        compare(v("bar"), "=", s("0.4")),
        "`bar` is the float 0.4 and must be the string \"0.4\"",
        "    needed: bar = \"0.4\"\n",
    );
    check(
        compare(v("bar"), "!=", f(0.4)),
        "`bar` is 0.4 and must not be 0.4",
        "    needed: bar != 0.4\n",
    );
    check(compare(n(2), "<", n(1)), "1 must be above 2", "");
}

#[test]
fn a_missing_fact_is_named_with_what_comes_nearest() {
    let facts = vec![
        fact("role", [s("ann"), s("guest")]),
        fact("role", [s("bob"), s("clerk")]),
        fact("role", [s("eve"), s("admin")]),
    ];
    let text = "
          a rule: there is no fact `role(\"ann\", \"clerk\")`
            needed: role(\"ann\", \"clerk\")
            nearest: role(\"bob\", \"clerk\"), role(\"ann\", \"guest\")
        ";
    let body = call("role", [v("x"), s("clerk")]);
    let text = lines(text).replace("\n  ", "\n    ");
    assert_eq!(one_rule(body, facts), format!("  {text}"));
    let open = one_rule(
        call("role", [v("x"), v("r")]),
        vec![declare(Kind::Input, "role", 2)],
    );
    assert!(
        open.starts_with("  a rule: no fact `role(\"ann\", r)` was given\n"),
        "{open}"
    );
    let host = one_rule(
        call("tier", [v("x"), any()]),
        vec![declare(Kind::External, "tier", 2)],
    );
    assert_eq!(
        host,
        "  a rule: the host has no answer to `tier(\"ann\", _)`\n"
    );
}

#[test]
fn what_stands_in_the_way_is_proved() {
    let facts = vec![
        rule(call("out", [v("x")]), call("ill", [v("x"), any()])),
        fact("ill", [s("ann"), n(3)]),
    ];
    let text = "
        a rule: `out(\"ann\")` holds and must not
          needed: not out(\"ann\")
          in the way:
            out(\"ann\"), by a rule
              ill(\"ann\", 3) is a fact
        ";
    let shown = one_rule(not(call("out", [v("x")])), facts);
    assert_eq!(lines(&shown), lines(text));
}

#[test]
fn a_missing_field_is_named_with_those_there_are() {
    let user = record(&[
        ("age", n(3)),
        ("name", s("x")),
        ("tags", list([n(1), n(2)])),
    ]);
    let facts = vec![fact("user", [user])];
    let check = |term, text: &str| {
        let body = and([call("user", [v("u")]), compare(term, "=", n(9))]);
        assert_eq!(lines(&one_rule(body, facts.clone())), lines(text));
    };
    let u = || v("u");
    check(
        field(u(), "agee"),
        "
        a rule: `u` has no field `agee`; it has `age`, `name`, `tags`
          needed: a field `agee` of `u`
        ",
    );
    check(
        apply(".", [field(u(), "tags"), n(5)]),
        "
        a rule: `u.tags` has 2 items and none at 5
          needed: a value for `u.tags[5]`
        ",
    );
    check(
        field(field(u(), "age"), "x"),
        "
        a rule: `u.age` is an integer, which has no fields
          needed: a value for `u.age.x`
        ",
    );
    check(
        apply("+", [field(u(), "name"), n(1)]),
        "
        a rule: `+`: argument 1 (`x`) must be a number, but is a string
          needed: a value for `u.name + 1`
        ",
    );
}

#[test]
fn a_head_that_differs_says_where() {
    let clauses = vec![
        rule(call("may", [v("x"), s("view"), any()]), call("true", [])),
        rule(call("may", [v("x"), any(), v("x")]), call("true", [])),
        rule(
            call("may", [data("user", [v("x")]), any(), any()]),
            call("true", []),
        ),
        rule(
            call("may", [any(), any(), apply("+", [n(1), n(1)])]),
            call("true", []),
        ),
        fact("may", [s("bob"), s("edit"), n(1)]),
    ];
    let case = case(clauses);
    let text = "
        may(\"ann\", \"edit\", 1) does not hold
          a rule: it is about \"view\" as argument 2, not \"edit\"
            needed: argument 2 to be \"view\"
          a rule: it is about \"ann\" as argument 3, not 1
          a rule: it is about user(x) as argument 1, not \"ann\"
          a rule: all of its goals hold, but for other values than those asked for
          there is no fact `may(\"ann\", \"edit\", 1)`
            needed: may(\"ann\", \"edit\", 1)
            nearest: may(\"bob\", \"edit\", 1), may(\"ann\", \"view\", _1), may(\"ann\", _1, \"ann\")
        ";
    let shown = case.reasons(&call("may", [s("ann"), s("edit"), n(1)]));
    // Rules come near as well as facts, each in the order of the solver.
    assert_eq!(
        lines(&shown).lines().count(),
        lines(text).lines().count(),
        "{shown}"
    );
    for line in lines(text).lines().filter(|line| !line.contains("nearest")) {
        assert!(shown.contains(line), "{line}\nin\n{shown}");
    }
}

#[test]
fn goals_about_goals_say_which_part_failed() {
    let facts = || {
        vec![
            fact("d", [s("ann"), n(1)]),
            fact("d", [s("ann"), n(2)]),
            fact("e", [n(1)]),
            declare(Kind::Input, "none", 2),
        ]
    };
    let check = |body: Goal, text: &str| {
        assert_eq!(lines(&one_rule(body, facts())), lines(text));
    };
    let d = |y: Term| call("d", [v("x"), y]);
    check(
        forall(d(v("y")), call("e", [v("y")])),
        "
        a rule: in the case `d(\"ann\", 2)`, there is no fact `e(2)`
          needed: e(2)
          nearest: e(1)
        ",
    );
    check(
        exists(and([d(v("y")), compare(v("y"), ">", n(7))])),
        "
        a rule: `y` is 1 and must be above 7; the same for 1 other value of `y`: 2
          needed: y > 7
        ",
    );
    check(
        either(d(n(1)), call("e", [n(5)]), call("e", [n(6)])),
        "
        a rule: as `d(x, 1)` holds: there is no fact `e(5)`
          needed: e(5)
          nearest: e(1)
        ",
    );
    check(
        either(d(n(9)), call("e", [n(5)]), compare(v("x"), "=", s("eve"))),
        "
        a rule: as `d(x, 9)` does not hold: `x` is \"ann\" and must be \"eve\"
          needed: x = \"eve\"
        ",
    );
    check(
        or([d(n(7)), and([d(v("y")), compare(v("y"), "<", n(0))])]),
        "
        a rule: none of 2 alternatives holds
          needed: d(\"ann\", 7), or y < 0
          d(\"ann\", 7) or (d(\"ann\", y) and y < 0) does not hold
            there is no fact `d(\"ann\", 7)`
              needed: d(\"ann\", 7)
              nearest: d(\"ann\", 1), d(\"ann\", 2)
            `y` is 1 and must be below 0; the same for 1 other value of `y`: 2
              needed: y < 0
        ",
    );
    check(
        aggregate(n(5), Function::Sum, Some(v("y")), d(v("y")), &[]),
        "a rule: the sum over `d(\"ann\", y)` is 3 and must be 5",
    );
    check(
        aggregate(
            any(),
            Function::Max,
            Some(v("y")),
            call("none", [v("x"), v("y")]),
            &[],
        ),
        "a rule: there is no `none(\"ann\", y)` of which to take the max",
    );
    check(
        call("starts_with", [v("x"), s("b")]),
        "
        a rule: `starts_with(\"ann\", \"b\")` does not hold
          needed: starts_with(\"ann\", \"b\")
        ",
    );
}

#[test]
fn the_attempt_that_got_furthest_is_described() {
    let clauses = vec![
        noted(
            "reason",
            "elders decide",
            noted(
                "id",
                "elder",
                rule(
                    call("ok", [v("x")]),
                    and([
                        call("knows", [v("x"), v("y")]),
                        call("age", [v("y"), v("a")]),
                        compare(v("a"), ">", n(60)),
                        call("free", [v("y")]),
                    ]),
                ),
            ),
        ),
        fact("knows", [s("ann"), s("bob")]),
        fact("knows", [s("ann"), s("eve")]),
        fact("age", [s("bob"), n(9)]),
        fact("age", [s("eve"), n(70)]),
        declare(Kind::Input, "free", 1),
    ];
    let case = case(clauses);
    let reasons = case.why_not(&call("ok", [s("ann")])).unwrap();
    let [attempt] = reasons.attempts.as_slice() else {
        panic!("one attempt");
    };
    assert_eq!((attempt.reached, attempt.goals), (3, 4));
    assert_eq!(attempt.clause, Some(0));
    assert_eq!(attempt.id.as_deref(), Some("elder"));
    assert_eq!(attempt.failed, "free(\"eve\")");
    let known = [
        ("a", Value::Integer(70)),
        ("x", Value::string("ann")),
        ("y", Value::string("eve")),
    ];
    assert_eq!(attempt.bindings, answer(&known));
    let text = case.reasons(&call("ok", [s("ann")]));
    let line = "  rule elder (elders decide): no fact `free(\"eve\")` was given\n";
    assert!(text.contains(line), "{text}");
}

#[test]
fn reasons_go_down_to_a_level_and_never_round() {
    let step = |from: &str, to: &str| rule(call(from, []), call(to, []));
    let around = vec![step("a", "b"), step("b", "a")];
    let text = "
        a() does not hold
          a rule: nothing shows `b()`
            needed: b()
            b() does not hold
              a rule: nothing shows `a()`
                needed: a()
                a() does not hold, as shown above
        ";
    assert_eq!(case(around).reasons(&call("a", [])), lines(text));
    let mut down: Clauses = (0..9)
        .map(|level| step(&format!("p{level}"), &format!("p{}", level + 1)))
        .collect();
    down.push(declare(Kind::Input, "p9", 0));
    let text = case(down).reasons(&call("p0", []));
    assert!(text.contains("p2() does not hold"), "{text}");
    assert!(!text.contains("p3() does not hold"), "{text}");
}

#[test]
fn a_recursive_predicate_says_how_far_it_came() {
    let mut clauses: Clauses = (1..4)
        .map(|item| fact("folder", [n(item), n(item + 1)]))
        .collect();
    let inside = |x: &str, y: &str| call("inside", [v(x), v(y)]);
    let folder = |x: &str, y: &str| call("folder", [v(x), v(y)]);
    clauses.push(rule(inside("x", "y"), folder("x", "y")));
    clauses.push(rule(
        inside("x", "y"),
        and([inside("x", "z"), folder("z", "y")]),
    ));
    let text = "
        inside(1, 99) does not hold
          a rule: there is no fact `folder(1, 99)`
            needed: folder(1, 99)
            nearest: folder(1, 2)
          a rule: there is no fact `folder(2, 99)`; the same for 2 other values of `z`: 3, 4
            needed: folder(2, 99)
            nearest: folder(2, 3)
        ";
    let shown = case(clauses).reasons(&call("inside", [n(1), n(99)]));
    assert_eq!(shown, lines(text));
}

#[test]
fn what_was_said_is_not_said_again() {
    let clauses = vec![
        rule(call("a", []), call("c", [])),
        rule(call("a", []), and([call("d", []), call("c", [])])),
        rule(call("c", []), call("e", [])),
        fact("d", []),
        declare(Kind::Input, "e", 0),
    ];
    let text = "
        a() does not hold
          a rule: nothing shows `c()`
            needed: c()
            c() does not hold
              a rule: no fact `e()` was given
                needed: e()
          a rule: nothing shows `c()`
            needed: c()
            c() does not hold, as shown above
        ";
    assert_eq!(case(clauses).reasons(&call("a", [])), lines(text));
}

#[test]
fn of_many_rules_those_that_fit_come_first() {
    let mut clauses: Clauses = (0..50)
        .map(|number| rule(call("p", [n(number)]), call("q", [])))
        .collect();
    clauses.push(rule(call("p", [v("x")]), compare(v("x"), "=", n(-2))));
    clauses.push(declare(Kind::Input, "q", 0));
    let reasons = case(clauses).why_not(&call("p", [n(-1)])).unwrap();
    assert_eq!((reasons.attempts.len(), reasons.more), (20, 31));
    assert_eq!(reasons.attempts[19].clause, Some(50));
    assert_eq!(reasons.attempts[18].clause, Some(18));
}

#[test]
fn a_query_of_several_goals_says_which_failed() {
    let case = case(vec![fact("a", [n(1)]), fact("b", [n(2)])]);
    let goal = and([call("a", [v("x")]), call("b", [v("x")])]);
    let text = "
        a(x) and b(x) does not hold
          there is no fact `b(1)`
            needed: b(1)
            nearest: b(2)
        ";
    assert_eq!(case.reasons(&goal), lines(text));
    let holds = case.why_not(&call("a", [v("x")]));
    assert_eq!(holds, Err(ExplainError::Holds("a(x)".to_owned())));
}
