use super::{codes, finds, finds_nothing};

#[test]
fn a_goal_that_no_clause_can_match() {
    finds(
        "role(\"ann\", \"admin\"). role(\"bob\", \"clerk\"). p(x) if role(x, \"admln\").",
        &[
            "never-matches: no clause of `role/2` can match this goal [\"admln\"] argument 2 is `\"admln\"` in no clause; \
         ~ [role(\"ann\", \"admin\")] the first clause of `role/2`; help: did you mean `\"admin\"`?",
        ],
    );
    finds(
        "level(\"ann\", 1). p(x) if level(x, 7).",
        &[
            "never-matches: no clause of `level/2` can match this goal [7] argument 2 is `7` in no clause; \
         ~ [level(\"ann\", 1)] the first clause of `level/2`; help: correct `7`, or add a clause that has it",
        ],
    );
    finds(
        "level(\"ann\", 1). level(\"bob\", 2). p() if level(\"ann\", 2).",
        &[
            "never-matches: no clause of `level/2` can match this goal [level(\"ann\", 2)] \
         each clause differs in some argument; ~ [level(\"ann\", 1)] the first clause of `level/2`; \
         help: correct the arguments, or add a clause that has them",
        ],
    );
    for (facts, goal, underlined) in [
        ("q([]). q([_, _]).", "q([1])", "[1]"),
        ("q([]). q([_]).", "q([_, _ | _])", "[_, _ | _]"),
        ("q([_, _ | _]).", "q([1])", "[1]"),
        ("q(f(_)).", "q(f(1, 2))", "f(1, 2)"),
        ("q({a: 1}).", "q({a: 1, b: 2})", "{a: 1, b: 2}"),
        ("q(1).", "q(1.0)", "1.0"),
        ("q(f(1)).", "q(f(2))", "q(f(2))"),
        ("q(1).", "not q(true)", "true"),
    ] {
        codes(
            &format!("{facts} p() if {goal}."),
            &[("never-matches", underlined)],
        );
    }
}

#[test]
fn goals_that_a_clause_can_match() {
    for (facts, goal) in [
        ("q([_, _ | _]).", "q([1, 2, 3])"),
        ("q([_, _, _]).", "q([1 | _])"),
        ("q([_ | _]).", "q([1, 2 | _])"),
        ("q({b: 2, a: 1}).", "q({a: 1, b: 2})"),
        ("q(_).", "q(7)"),
        ("q(2).", "q(1 + 1)"),
        ("input q/1. q(1).", "q(7)"),
        ("external q/1.", "q(7)"),
    ] {
        finds_nothing(&[&format!("{facts} p() if {goal}.")]);
    }
}

#[test]
fn conditions_that_always_hold() {
    finds(
        "p() if 1 < 2.",
        &[
            "always-true: `1 < 2` always holds [1 < 2] this says nothing; help: remove it, or compare what was meant",
        ],
    );
    for goal in [
        "x = x",
        "x <= x",
        "1 != 1.0",
        "\"a\" < \"b\"",
        "[1, 2] = [1, 2]",
        "starts_with(\"abc\", \"a\")",
    ] {
        codes(
            &format!("input q/1. p(x) if q(x) and {goal}."),
            &[("always-true", goal)],
        );
    }
}

#[test]
fn conditions_that_never_hold() {
    finds(
        "input q/1. p(x) if q(x) and x < x.",
        &[
            "never-true: `x < x` never holds [x < x] what depends on this never holds either; \
         help: correct it, or remove what depends on it",
        ],
    );
    finds(
        "input q/1. p(x) if q(x) and x < true.",
        &[
            "never-true: `x < true` never holds [x < true] only numbers and strings have an order; \
         help: correct it, or remove what depends on it",
        ],
    );
    finds(
        "input q/1. p(x) if q(x) and x < 1 and 2 < x.",
        &[
            "never-true: `x > 2` never holds after `x < 1` [2 < x] this contradicts what was said before; \
         ~ [x < 1] before, here; help: correct one of them, or join them by `or`",
        ],
    );
    for goal in [
        "1 = 1.0",
        "1 > 2",
        "[x] = []",
        "f(x) = g(x)",
        "1 < \"a\"",
        "x != x",
        "x.a != x.a",
        "starts_with(\"b\", \"a\")",
    ] {
        codes(
            &format!("input q/1. p(x) if q(x) and {goal}."),
            &[("never-true", goal)],
        );
    }
    for (first, second) in [
        ("x = 1", "x = 2"),
        ("x = 1", "x != 1"),
        ("x != 1", "x = 1"),
        ("x = 1", "x > 1"),
        ("x >= 1.5", "x = 1"),
        ("x < 1", "x > 1"),
        ("x <= 1", "x > 1"),
        ("x < \"a\"", "x > 1"),
        ("x = \"clerk\"", "x = \"admin\""),
    ] {
        let text = format!("input q/1. p(x) if q(x) and {first} and {second}.");
        codes(&text, &[("never-true", second)]);
    }
}

#[test]
fn conditions_that_may_hold() {
    for goal in [
        "x = 1 or x = 2",
        "x > 1 and x < 2",
        "x >= 1 and x <= 1",
        "x != 1 and x != 2",
        "x > 1 and x > 2 and x < 3",
        "x.a = x.a",
        "x.a = 1",
        "x = [y] and y > 1",
        "starts_with(x, \"a\")",
        "x > 1 and not x > 5",
        "lower(\"A\") = \"a\"",
    ] {
        finds_nothing(&[&format!("input q/1. p(x) if q(x) and ({goal}).")]);
    }
}

const INPUTS: &str = "input role/2. input tool/1. input a/1. input b/2. ";

#[test]
fn a_fact_is_stated_once() {
    finds(
        "p(1, {a: 1, b: [2]}). p(1, {b: [2], a: 1}).",
        &[
            "duplicate-fact: this fact of `p/2` is stated twice [p(1, {b: [2], a: 1})] it adds nothing; \
         ~ [p(1, {a: 1, b: [2]})] first stated here; help: remove one of them",
        ],
    );
    codes("p(_x, 1). p(_y, 1).", &[("duplicate-fact", "p(_y, 1)")]);
    codes(
        "p(_). p(x) if q(x). q(1). p(_).",
        &[("shadowed-rule", "p(x)"), ("duplicate-fact", "p(_)")],
    );
    finds_nothing(&[
        "p(1). p(1.0). p(true). p(\"1\"). q(1). p([1]). p([[1]]). p([], 1). p(1, []).",
    ]);
}

#[test]
fn a_clause_that_adds_nothing() {
    let text = format!("{INPUTS}p(u) if role(u, _). p(x) if a(x) and role(x, \"admin\").");
    finds(
        &text,
        &[
            "shadowed-rule: this rule of `p/1` adds nothing [p(x)] an earlier clause already gives all of its answers; \
         ~ [p(u)] this clause; help: remove the rule, or correct what should make it differ",
        ],
    );
    finds(
        "p(_, \"x\"). p(1, \"x\").",
        &[
            "shadowed-rule: this fact of `p/2` adds nothing [p(1, \"x\")] an earlier clause already gives all of its answers; \
         ~ [p(_, \"x\")] this clause; help: remove the fact, or correct what should make it differ",
        ],
    );
    for (clauses, underlined) in [
        ("p(1). p(1) if a(1).", "p(1)"),
        ("p(x, y) if b(x, y). p(z, z) if b(z, z).", "p(z, z)"),
        (
            "p(x) if b(x, y) and b(y, z) and a(z). p(c) if b(c, c) and a(c).",
            "p(c)",
        ),
        (
            "p(x) if a(x) and not b(x, 1). p(y) if a(y) and not b(y, 1).",
            "p(y)",
        ),
        (
            "p(x) if a(x) and not (b(x, q) and a(q)). p(y) if a(y) and not (b(y, r) and a(r)) and y > 1.",
            "p(y)",
        ),
        ("p(x) if a(x) and x > 1. p(y) if a(y) and y > 1.", "p(y)"),
        (
            "p(x, n) if a(x) and n = count(for b(x, _)). p(y, m) if a(y) and m = count(for b(y, _)).",
            "p(y, m)",
        ),
        (
            "p([h | t]) if a(h) and a(t). p([1 | s]) if a(s) and a(1).",
            "p([1 | s])",
        ),
    ] {
        codes(
            &format!("{INPUTS}{clauses}"),
            &[("shadowed-rule", underlined)],
        );
    }
}

#[test]
fn clauses_that_add_something() {
    for clauses in [
        "p(x) if role(x, \"admin\"). p(x) if role(x, \"clerk\").",
        "p(x) if a(x) and role(x, \"admin\"). p(x) if a(x).",
        "p(z, z) if b(z, z). p(x, y) if b(x, y).",
        "p(1, 2). p(_, 3).",
        "p(x) if a(x) and not b(x, _). p(y) if a(y) and not b(y, 1).",
        "p(x) if a(x) and not b(q, r) and b(q, r). p(y) if a(y).",
        "p(x) if a(x) and not (b(q, r) and a(q) and a(r)). p(y) if a(y) and not (b(q, q) and a(q) and a(q)).",
        "p(x) if a(x) and not (b(q, q)). p(y) if a(y) and not (b(y, y)).",
        "p(x) if a(x) and x > 1. p(y) if a(y) and y > 2.",
        "p(x, n) if a(x) and n = count(for b(x, _)). p(x, n) if a(x) and n = count(for a(_)).",
        "p(x) if a(x) or b(x, 1). p(x) if a(x) or b(x, 2).",
    ] {
        let text = format!("{INPUTS}{clauses}");
        let found = super::run(&text);
        let shadowed = found
            .diagnostics
            .iter()
            .filter(|found| found.code == "shadowed-rule");
        assert_eq!(shadowed.count(), 0, "{text}");
    }
}
