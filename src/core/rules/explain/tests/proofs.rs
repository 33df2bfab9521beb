//! What proofs look like.

use super::build::*;
use super::solve::Listed;
use super::*;
use crate::rules::ast::{AggregateFunction as Function, DeclarationKind as Kind, Term};
use crate::rules::explain::Justification;
use crate::rules::source::{Format, Source};
use proptest::{prop_assert, proptest};

fn edges(pairs: &[(i64, i64)]) -> Clauses {
    let pairs = pairs.iter();
    pairs
        .map(|(from, to)| fact("edge", [n(*from), n(*to)]))
        .collect()
}

/// `reach` by the edge first, and all that holds of some nodes.
fn reach(pairs: &[(i64, i64)]) -> (Case, Listed) {
    let mut clauses = edges(pairs);
    clauses.push(rule(
        call("reach", [v("x"), v("y")]),
        call("edge", [v("x"), v("y")]),
    ));
    clauses.push(rule(
        call("reach", [v("x"), v("y")]),
        and([
            call("edge", [v("x"), v("z")]),
            call("reach", [v("z"), v("y")]),
        ]),
    ));
    let pair = |(from, to): &(i64, i64)| vec![Value::Integer(*from), Value::Integer(*to)];
    let mut holds: Vec<_> = pairs.to_vec();
    let mut next = 0;
    while let Some((from, to)) = holds.get(next).copied() {
        for (start, end) in pairs {
            if *end == from && !holds.contains(&(*start, to)) {
                holds.push((*start, to));
            }
        }
        next += 1;
    }
    let known = pairs.iter().map(|edge| ("edge".into(), pair(edge)));
    let known = known.chain(holds.iter().map(|both| ("reach".into(), pair(both))));
    (case(clauses), Listed(known.collect()))
}

#[test]
fn a_chain_is_as_high_as_it_is_long() {
    let pairs: Vec<_> = (0..50).map(|node| (node, node + 1)).collect();
    let (case, mut solver) = reach(&pairs);
    let goal = call("reach", [n(0), n(50)]);
    let proof = case.explain_by(&mut solver, &goal, &[]).unwrap();
    let last = proof.steps.last().unwrap();
    assert_eq!(
        (last.height, proof.steps.len(), proof.minimal),
        (50, 100, true)
    );
    assert_eq!(last.goal.arguments, [Value::Integer(0), Value::Integer(50)]);
}

#[test]
fn the_shorter_way_round_a_cycle_is_taken() {
    let pairs: Vec<_> = (0..9).map(|node| (node, (node + 1) % 9)).collect();
    let (case, mut solver) = reach(&[&pairs[..], &[(2, 7)]].concat());
    let goal = call("reach", [v("x"), n(8)]);
    let found = answer(&[("x", Value::Integer(1))]);
    let proof = case.explain_by(&mut solver, &goal, &found).unwrap();
    let text = "
        reach(1, 8), by a rule
          edge(1, 2) is a fact
          reach(2, 8), by a rule
            edge(2, 7) is a fact
            reach(7, 8), by a rule
              edge(7, 8) is a fact
        ";
    assert_eq!(proof.to_text(&[]), lines(text));
    let itself = case.explain_by(&mut solver, &call("reach", [n(7), n(7)]), &[]);
    assert_eq!(itself.unwrap().steps.last().unwrap().height, 5);
}

#[test]
fn what_is_needed_twice_is_shown_once() {
    let down = |head: &str, left: &str, right: &str| {
        rule(call(head, []), and([call(left, []), call(right, [])]))
    };
    let mut clauses = vec![rule(call("p0", []), call("q", [])), fact("q", [])];
    for level in 1..=20 {
        let below = format!("p{}", level - 1);
        clauses.push(down(&format!("p{level}"), &below, &below));
    }
    let names = (0..=20).map(|level| (format!("p{level}").into(), Vec::new()));
    let mut solver = Listed(names.chain([("q".into(), Vec::new())]).collect());
    let proof = case(clauses)
        .explain_by(&mut solver, &call("p20", []), &[])
        .unwrap();
    assert_eq!(proof.steps.len(), 22);
    assert_eq!(proof.steps.last().unwrap().premises, [20, 20]);
    let text = proof.to_text(&[]);
    assert_eq!(text.lines().count(), 42);
    assert!(
        text.ends_with("    p18(), as shown above\n  p19(), as shown above\n"),
        "{text}"
    );
}

#[test]
fn of_two_rules_the_lower_and_then_the_first_is_taken() {
    let clauses = vec![
        noted("id", "long", rule(call("ok", []), call("step", []))),
        noted("id", "short", rule(call("ok", []), call("a", []))),
        noted("id", "late", rule(call("ok", []), call("b", []))),
        rule(call("step", []), call("a", [])),
        fact("b", []),
        fact("a", []),
        fact("a", []),
    ];
    let case = case(clauses);
    let proof = case.explain(&call("ok", []), &[]).unwrap();
    let Justification::Rule { clause, id, .. } = &proof.steps[1].justification else {
        panic!("a rule is needed");
    };
    assert_eq!((*clause, id.as_deref()), (1, Some("short")));
    assert!(matches!(
        proof.steps[0].justification,
        Justification::Fact { clause: 5, .. }
    ));
}

#[test]
fn a_policy_explains_itself() {
    let allow = rule(
        call("allow", [v("agent"), s("use"), v("tool")]),
        and([
            call("role", [v("agent"), v("r")]),
            call("grants", [v("r"), field(v("tool"), "name")]),
            compare(field(v("tool"), "risk"), "<", f(0.4)),
            not(call("suspended", [v("agent")])),
        ]),
    );
    let reason = "clerks may use the tools of their role";
    let clauses = vec![
        noted("reason", reason, noted("id", "tools-1", allow)),
        fact("role", [s("ann"), s("clerk")]),
        fact("grants", [s("clerk"), s("mail")]),
        declare(Kind::Input, "suspended", 1),
    ];
    let case = case(clauses);
    let tool = record(&[("name", s("mail")), ("risk", f(0.2))]);
    let proof = case
        .explain(&call("allow", [s("ann"), s("use"), tool]), &[])
        .unwrap();
    let source = Source {
        name: "policy.rules".into(),
        text: "a line...\n".repeat(9).into(),
        format: Format::Text,
    };
    let text = "
        allow(\"ann\", \"use\", {name: \"mail\", risk: 0.2}), by rule tools-1 (clerks may use the tools of their role) (policy.rules:1)
          role(\"ann\", \"clerk\") is a fact (policy.rules:2)
          grants(\"clerk\", \"mail\") is a fact (policy.rules:3)
          0.2 < 0.4, from tool.risk < 0.4
          not suspended(\"ann\"), for nothing says otherwise
        ";
    assert_eq!(proof.to_text(&[source]), lines(text));
}

#[test]
fn goals_about_goals_are_shown_with_what_they_rest_on() {
    let clauses = vec![
        fact("order", [s("ann"), n(1), n(20)]),
        fact("order", [s("ann"), n(2), n(20)]),
        fact("order", [s("ann"), n(3), n(5)]),
        fact("order", [s("bob"), n(4), n(50)]),
        fact("paid", [n(1)]),
        fact("paid", [n(2)]),
        fact("paid", [n(3)]),
        rule(
            call("good", [v("x")]),
            and([
                aggregate(
                    v("sum"),
                    Function::Sum,
                    Some(v("amount")),
                    call("order", [v("x"), any(), v("amount")]),
                    &[],
                ),
                either(
                    compare(v("sum"), ">", n(40)),
                    compare(v("level"), "=", s("high")),
                    compare(v("level"), "=", s("low")),
                ),
                compare(v("level"), "=", s("high")),
                forall(
                    call("order", [v("x"), v("o"), any()]),
                    call("paid", [v("o")]),
                ),
                exists(call("order", [v("x"), any(), n(5)])),
                or([call("paid", [n(9)]), call("paid", [n(2)])]),
            ]),
        ),
    ];
    let text = "
        good(\"ann\"), by a rule
          45 = sum(amount for order(\"ann\", _, amount)), over 3 solutions
            order(\"ann\", 1, 20) is a fact
            order(\"ann\", 2, 20) is a fact
            order(\"ann\", 3, 5) is a fact
          if sum > 40 then level = \"high\" else level = \"low\", where the condition holds
            45 > 40, from sum > 40
            level = \"high\"
          level = \"high\"
          forall order(\"ann\", o, _): paid(o), in all 3 cases
            order(\"ann\", 1, 20) is a fact
            paid(1) is a fact
            order(\"ann\", 2, 20) is a fact
            paid(2) is a fact
            order(\"ann\", 3, 5) is a fact
            paid(3) is a fact
          order(\"ann\", 3, 5) is a fact
          paid(2) is a fact
        ";
    let mut case = case(clauses);
    assert_eq!(case.shown(&call("good", [s("ann")])), lines(text));
    case.limits.max_shown = 1;
    let text = case.shown(&call("good", [s("ann")]));
    assert!(
        text.contains("over 3 solutions, 2 of them not shown"),
        "{text}"
    );
}

#[test]
fn aggregates_are_computed() {
    let values = [("a", n(3)), ("a", n(1)), ("b", n(1)), ("b", f(1.0))];
    let mut clauses: Clauses = values
        .into_iter()
        .enumerate()
        .map(|(id, (team, value))| fact("m", [n(i64::try_from(id).unwrap()), s(team), value]))
        .collect();
    clauses.push(declare(Kind::Input, "none", 1));
    let case = case(clauses);
    let all = |result: Term, function: Function| {
        let goal = call("m", [any(), any(), v("x")]);
        aggregate(result, function, Some(v("x")), goal, &[])
    };
    let four = [f(1.0), n(1), n(1), n(3)];
    let three = [f(1.0), n(1), n(3)];
    for goal in [
        all(n(4), Function::Count),
        all(f(6.0), Function::Sum),
        all(f(1.0), Function::Min),
        all(n(3), Function::Max),
        all(f(1.5), Function::Avg),
        all(list(four), Function::Collect),
        all(list(three), Function::Set),
        aggregate(n(0), Function::Count, None, call("none", [any()]), &[]),
        aggregate(
            n(2),
            Function::Count,
            None,
            call("m", [any(), v("t"), any()]),
            &["t"],
        ),
    ] {
        case.explain(&goal, &[]).unwrap();
    }
    let least = aggregate(
        v("x"),
        Function::Min,
        Some(v("y")),
        call("none", [v("y")]),
        &[],
    );
    assert!(matches!(
        case.explain(&least, &[]),
        Err(ExplainError::Unproven(_))
    ));
    let grouped = aggregate(
        v("n"),
        Function::Sum,
        Some(v("x")),
        call("m", [any(), v("t"), v("x")]),
        &["t"],
    );
    let right = answer(&[("n", Value::Integer(4)), ("t", Value::string("a"))]);
    let text = case.explain(&grouped, &right).unwrap().to_text(&[]);
    assert!(
        text.starts_with("4 = sum(x for m(_, \"a\", x) by t), over 2 solutions\n"),
        "{text}"
    );
    let wrong = answer(&[("n", Value::Integer(4)), ("t", Value::string("b"))]);
    assert!(case.explain(&grouped, &wrong).is_err());
}

#[test]
fn functions_and_built_ins_are_evaluated_where_they_stand() {
    let clauses = vec![
        fact("fib", [n(0), n(0)]),
        fact("fib", [n(1), n(1)]),
        rule(
            call("fib", [v("k"), apply("+", [v("a"), v("b")])]),
            and([
                compare(v("k"), ">", n(1)),
                call("fib", [apply("-", [v("k"), n(1)]), v("a")]),
                call("fib", [apply("-", [v("k"), n(2)]), v("b")]),
            ]),
        ),
        rule(
            call("ok", [v("u")]),
            and([
                call("member", [v("r"), field(v("u"), "roles")]),
                call("starts_with", [v("r"), s("ad")]),
                call("true", []),
                compare(apply(".", [field(v("u"), "roles"), n(0)]), "!=", v("r")),
            ]),
        ),
    ];
    let case = case(clauses);
    let proof = case.explain(&call("fib", [n(7), n(13)]), &[]).unwrap();
    assert_eq!(proof.steps.last().unwrap().height, 6);
    assert_eq!(proof.steps.len(), 14);
    assert!(case.explain(&call("fib", [n(7), n(12)]), &[]).is_err());
    let user = record(&[("roles", list([s("x"), s("admin")]))]);
    let text = "
        ok({roles: [\"x\", \"admin\"]}), by a rule
          member(\"admin\", [\"x\", \"admin\"]), from member(r, u.roles)
          starts_with(\"admin\", \"ad\"), from starts_with(r, \"ad\")
          true()
          \"x\" != \"admin\", from u.roles[0] != r
        ";
    assert_eq!(case.shown(&call("ok", [user])), lines(text));
}

#[test]
fn answers_may_hold_for_all_values() {
    let clauses = vec![
        fact("append", [list([]), v("l"), v("l")]),
        rule(
            call(
                "append",
                [cons(v("h"), v("t")), v("l"), cons(v("h"), v("r"))],
            ),
            call("append", [v("t"), v("l"), v("r")]),
        ),
        rule(
            call("some", [v("x")]),
            call("append", [list([v("x")]), any(), any()]),
        ),
    ];
    let case = case(clauses);
    let goal = call("append", [list([v("a"), n(2)]), v("l"), v("r")]);
    let (a, l) = (Value::Variable(4), Value::Variable(9));
    let joined = Value::PartialList([a.clone(), Value::Integer(2)].into(), l.clone().into());
    let found = answer(&[("a", a.clone()), ("l", l), ("r", joined)]);
    let text = "
        append([_1, 2], _2, [_1, 2 | _2]), by a rule
          append([2], _1, [2 | _1]), by a rule
            append([], _1, _1) is a fact
        ";
    assert_eq!(
        case.explain(&goal, &found).unwrap().to_text(&[]),
        lines(text)
    );
    let narrower = Value::list([a, Value::Integer(2), Value::Integer(3)]);
    let found = answer(&[("r", narrower.clone())]);
    assert!(case.explain(&goal, &found).is_ok());
    let wrong = answer(&[("l", Value::Variable(1)), ("r", narrower)]);
    assert!(matches!(
        case.explain(&goal, &wrong),
        Err(ExplainError::Unproven(_))
    ));
    assert_eq!(case.shown(&call("some", [n(1)])).lines().count(), 3);
}

#[test]
fn facts_from_outside_say_so() {
    let clauses = vec![
        declare(Kind::Input, "role", 2),
        declare(Kind::External, "tier", 2),
        fact("role", [s("ann"), s("clerk")]),
        rule(call("role", [v("x"), s("guest")]), call("known", [v("x")])),
        fact("known", [s("bob")]),
        rule(
            call("ok", []),
            and([
                call("role", [s("ann"), s("clerk")]),
                call("role", [s("bob"), s("clerk")]),
                call("role", [s("bob"), s("guest")]),
                call("tier", [s("bob"), v("t")]),
                call("http_get_json", [s("u"), v("t")]),
            ]),
        ),
    ];
    let mut case = case(clauses);
    let row = |name: &str, values: [Value; 2]| (name.into(), values.to_vec());
    case.facts = vec![row("role", ["bob", "clerk"].map(Value::string))];
    let mut solver = Listed(vec![
        row("role", ["ann", "clerk"].map(Value::string)),
        row("role", ["bob", "clerk"].map(Value::string)),
        row("role", ["bob", "guest"].map(Value::string)),
        row("tier", [Value::string("bob"), Value::Integer(1)]),
        row("http_get_json", [Value::string("u"), Value::Integer(1)]),
        ("known".into(), vec![Value::string("bob")]),
        ("ok".into(), Vec::new()),
    ]);
    let proof = case.explain_by(&mut solver, &call("ok", []), &[]).unwrap();
    let text = "
        ok(), by a rule
          role(\"ann\", \"clerk\") is a fact
          role(\"bob\", \"clerk\") was given
          role(\"bob\", \"guest\"), by a rule
            known(\"bob\") is a fact
          tier(\"bob\", 1) was answered by the host
          http_get_json(\"u\", 1) was answered by the host
        ";
    assert_eq!(proof.to_text(&[]), lines(text));
}

#[test]
fn a_query_of_several_goals_is_a_step_of_its_own() {
    let case = case(vec![fact("a", [n(1)]), fact("b", [n(1)])]);
    let goal = and([call("a", [v("x")]), call("b", [v("x")])]);
    let found = answer(&[("x", Value::Integer(1))]);
    let proof = case.explain(&goal, &found).unwrap();
    let text = "
        a(1) and b(1), for all of this holds
          a(1) is a fact
          b(1) is a fact
        ";
    assert_eq!(proof.to_text(&[]), lines(text));
    let one = or([call("a", [n(2)]), exists(call("b", [v("x")]))]);
    assert_eq!(case.shown(&one), "b(1) is a fact\n");
    let sum = compare(v("x"), "=", apply("+", [n(1), n(2)]));
    assert_eq!(case.shown(&sum), "x = 1 + 2, which is 3\n");
    let twice = and([call("a", [n(1)]), call("a", [n(1)])]);
    assert_eq!(case.shown(&twice).lines().count(), 3);
}

proptest! {
    /// Text is cut, never broken, and one line.
    #[test]
    fn goals_are_one_short_line(text in ".{0,400}", name in "\\PC{1,20}") {
        let case = case(vec![fact(&name, [s(&text), list([record(&[(&name, s(&text))])])])]);
        let goal = call(&name, [v("x"), v("y")]);
        let proof = case.explain(&goal, &[]).unwrap();
        let shown = &proof.steps[0].goal.text;
        prop_assert!(shown.chars().count() <= 300);
        prop_assert!(!shown.contains(['\n', '\r', '\0']));
    }
}
