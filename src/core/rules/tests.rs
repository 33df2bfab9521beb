mod bounds;
mod explained;
mod large;
mod names;

use super::*;

fn answers(program: &str, query: &str) -> Vec<String> {
    let base =
        KnowledgeBase::from_text("test.rules", program).unwrap_or_else(|error| panic!("{error:?}"));
    let answers = base.ask(query, QueryOptions::default()).unwrap();
    assert!(answers.outcome.complete, "{:?}", answers.outcome);
    let mut texts = Vec::new();
    for answer in answers.answers {
        let bindings: Vec<String> = answer
            .bindings
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        texts.push(bindings.join(" "));
    }
    texts
}

#[test]
fn facts() {
    let program = r#"p("a", 1). p("b", 2). p("c", 1.5). q([1, 2], {x: 1}). e()."#;
    assert_eq!(
        answers(program, "p(x, y)"),
        [r#"x="a" y=1"#, r#"x="b" y=2"#, r#"x="c" y=1.5"#]
    );
    assert_eq!(answers(program, r#"p("b", y)"#), ["y=2"]);
    assert_eq!(answers(program, "p(x, 1.5)"), [r#"x="c""#]);
    assert_eq!(answers(program, "q([a | b], {x: c})"), ["a=1 b=[2] c=1"]);
    assert_eq!(answers(program, "e()"), [""]);
    assert!(answers(program, r#"p("z", _)"#).is_empty());
}

#[test]
fn terms_hold_variables_beside_constants_of_several_words() {
    let program = r#"
        q(1). r("b"). made(f(1, 2.5, 3)). same(x, x).
        p(f(x, 1.5, y, [1, 2], y)) if q(x) and r(y).
        g(z) if q(x) and r(y) and same(g(x, {a: 1.5}, [x, 2.5 | [y]]), z).
        u(x, y) if made(f(x, 2.5, y)).
    "#;
    assert_eq!(
        answers(program, "p(z)"),
        [r#"z=f(1, 1.5, "b", [1, 2], "b")"#]
    );
    assert_eq!(answers(program, "p(f(a, 1.5, b, _, _))"), [r#"a=1 b="b""#]);
    assert_eq!(
        answers(program, "g(z)"),
        [r#"z=g(1, {a: 1.5}, [1, 2.5, "b"])"#]
    );
    assert_eq!(answers(program, "u(x, y)"), ["x=1 y=3"]);
}

#[test]
fn rules_and_lists() {
    let program = r#"
        append([], l, l).
        append([h | t], l, [h | r]) if append(t, l, r).
        nrev([], []).
        nrev([h | t], r) if nrev(t, rt) and append(rt, [h], r).
        grand(x, z) if parent(x, y) and parent(y, z).
        parent("a", "b"). parent("b", "c"). parent("b", "d").
    "#;
    assert_eq!(
        answers(program, "append(x, y, [1, 2])"),
        ["x=[] y=[1, 2]", "x=[1] y=[2]", "x=[1, 2] y=[]"]
    );
    assert_eq!(answers(program, "nrev([1, 2, 3], r)"), ["r=[3, 2, 1]"]);
    assert_eq!(
        answers(program, "grand(x, z)"),
        [r#"x="a" z="c""#, r#"x="a" z="d""#]
    );
    assert_eq!(
        answers(program, r#"grand("a", z) and z != "c""#),
        [r#"z="d""#]
    );
}

#[test]
fn variables_within_terms_that_are_given_twice() {
    let program = r#"
        p([x, _, x]).
        pair(point(_, x), x).
        kept([x, y | z], [x, y | z]).
        tabled same/2.
        same(x, y) if kept(x, y).
    "#;
    assert_eq!(
        answers(program, "p(l) and l = [a | r]"),
        ["l=[_0, _1, _0] a=_0 r=[_1, _0]"]
    );
    assert_eq!(
        answers(program, "pair(p, x) and p = q"),
        ["p=point(_0, _1) x=_1 q=point(_0, _1)"]
    );
    assert_eq!(
        answers(program, "kept([a | r], l) and s = [r, l] and is_list(s)"),
        ["a=_0 r=[_1 | _2] l=[_0, _1 | _2] s=[[_1 | _2], [_0, _1 | _2]]"]
    );
    assert_eq!(
        answers(program, "same([a | r], l) and same(r, m)"),
        ["a=_0 r=[_1, _2 | _3] l=[_0, _1, _2 | _3] m=[_1, _2 | _3]"]
    );
}

#[test]
fn tabling() {
    let program = r#"
        reach(x, y) if reach(x, z) and edge(z, y).
        reach(x, y) if edge(x, y).
        path(x, y) if edge(x, y).
        path(x, y) if edge(x, z) and path(z, y).
        twice(x, y) if edge(x, y).
        twice(x, y) if twice(x, z) and twice(z, y).
        edge("a", "b"). edge("b", "c"). edge("c", "a"). edge("c", "d").
    "#;
    for predicate in ["reach", "path", "twice"] {
        let mut found = answers(program, &format!(r#"{predicate}("a", y)"#));
        found.sort();
        assert_eq!(
            found,
            [r#"y="a""#, r#"y="b""#, r#"y="c""#, r#"y="d""#],
            "{predicate}"
        );
        assert_eq!(
            answers(program, &format!("{predicate}(x, y)")).len(),
            12,
            "{predicate}"
        );
        assert!(answers(program, &format!(r#"{predicate}("d", y)"#)).is_empty());
    }
}

#[test]
fn control() {
    let program = r#"
        n(1). n(2). n(3). s(2).
        odd(x) if n(x) and not s(x).
        level(x, l) if n(x) and if s(x) then l = "s" else l = "o".
        either(x) if s(x) or x = 9.
        some() if exists n(_).
        every() if forall n(x): m(x).
        m(1). m(2). m(3).
        total(t) if t = count(for n(_)).
        all(l) if l = collect(x for n(x)).
        pair("a", 1). pair("a", 2). pair("b", 5).
        per(k, l) if l = collect(v for pair(k, v) by k).
    "#;
    assert_eq!(answers(program, "odd(x)"), ["x=1", "x=3"]);
    assert_eq!(
        answers(program, "level(x, l)"),
        [r#"x=1 l="o""#, r#"x=2 l="s""#, r#"x=3 l="o""#]
    );
    assert_eq!(answers(program, "either(x)"), ["x=2", "x=9"]);
    assert_eq!(answers(program, "some()"), [""]);
    assert_eq!(answers(program, "every()"), [""]);
    assert_eq!(answers(program, "total(t)"), ["t=3"]);
    assert_eq!(answers(program, "all(l)"), ["l=[1, 2, 3]"]);
    assert_eq!(
        answers(program, "per(k, l)"),
        [r#"k="a" l=[1, 2]"#, r#"k="b" l=[5]"#]
    );
}

#[test]
fn backtracking_into_calls_before_an_exists() {
    let program = r#"
        append([], l, l).
        append([h | t], l, [h | r]) if append(t, l, r).
        nrev([], []).
        nrev([h | t], r) if nrev(t, rt) and append(rt, [h], r).
        tick(1). tick(2). tick(3).
        both(l, n, r) if tick(n) and nrev(l, r).
        once(l, n) if tick(n) and exists nrev(l, _).
    "#;
    assert_eq!(answers(program, "both([1, 2], n, r)").len(), 3);
    assert_eq!(answers(program, "once([1, 2], n)").len(), 3);
    assert_eq!(
        answers(program, "nrev([1, 2, 3, 4, 5, 6, 7, 8, 9], r)").len(),
        1
    );
}

#[test]
fn facts_change() {
    let program = r#"
        input role/2.
        role("ann", "clerk").
        reach(x, y) if reach(x, z) and edge(z, y).
        reach(x, y) if edge(x, y).
        edge(1, 2). edge(2, 3).
    "#;
    let mut base = KnowledgeBase::from_text("test.rules", program).unwrap();
    let before = base.clone();
    let edge = |from, to| {
        (
            "edge".into(),
            vec![Value::Integer(from), Value::Integer(to)],
        )
    };
    let changed = base
        .change_facts(
            &[edge(1, 2), edge(7, 8)],
            &[edge(3, 4), edge(3, 4), edge(2, 3)],
        )
        .unwrap();
    assert_eq!(
        changed,
        Changed {
            added: 1,
            removed: 1
        }
    );
    let count = |base: &KnowledgeBase| {
        base.ask("reach(x, y)", QueryOptions::default())
            .unwrap()
            .answers
            .len()
    };
    assert_eq!((count(&before), count(&base)), (3, 3));
    assert!(
        base.ask("reach(1, _)", QueryOptions::default())
            .unwrap()
            .answers
            .is_empty()
    );
    let error = base
        .change_facts(
            &[],
            &[
                ("nobody".into(), vec![]),
                ("edge".into(), vec![Value::Variable(0), Value::Null]),
            ],
        )
        .unwrap_err();
    assert_eq!(error.errors().len(), 2);
    let many: Vec<Fact> = (10..2000).map(|n| edge(n, 0)).collect();
    assert_eq!(base.change_facts(&[], &many).unwrap().added, 1990);
    assert_eq!(
        base.change_facts(&many, &many[..5]).unwrap(),
        Changed {
            added: 5,
            removed: 1990
        }
    );
    assert_eq!(
        base.ask("edge(x, 0)", QueryOptions::default())
            .unwrap()
            .answers
            .len(),
        5
    );
}

#[test]
fn facts_of_a_query() {
    let base = KnowledgeBase::from_text(
        "test.rules",
        r#"input role/2. role("ann", "a"). ok(x) if role(x, "b")."#,
    )
    .unwrap();
    let options = QueryOptions {
        facts: vec![(
            "role".into(),
            vec![Value::string("bob"), Value::string("b")],
        )],
        ..QueryOptions::default()
    };
    assert_eq!(base.ask("ok(x)", options).unwrap().answers.len(), 1);
    assert_eq!(
        base.ask("ok(x)", QueryOptions::default())
            .unwrap()
            .answers
            .len(),
        0
    );
    let options = QueryOptions {
        facts: vec![("ok".into(), vec![Value::Null])],
        ..QueryOptions::default()
    };
    assert!(base.ask("ok(x)", options).is_err());
}

#[test]
fn every_example_of_the_built_ins_holds() {
    for builtin in builtins::all() {
        if matches!(builtin.run, builtins::Run::External) {
            continue;
        }
        let base = KnowledgeBase::from_text("none.rules", "").unwrap();
        let options = QueryOptions {
            now_ms: Some(1_764_000_000_000),
            ..QueryOptions::default()
        };
        let answers = base
            .ask(builtin.example, options)
            .unwrap_or_else(|error| panic!("{}: {error:?}", builtin.example));
        assert!(!answers.answers.is_empty(), "{}", builtin.example);
    }
}

#[test]
fn arithmetic() {
    let program = r#"
        fib(0, 0). fib(1, 1).
        fib(n, f) if n > 1 and a = n - 1 and b = n - 2 and fib(a, x) and fib(b, y) and f = x + y.
        factorial(0, 1).
        factorial(n, f) if n > 0 and factorial(n - 1, g) and f = n * g.
        loop(0).
        loop(n) if n > 0 and loop(n - 1).
        item("a", 3). item("b", 4.5).
        total(t) if t = sum(x for item(_, x)).
        adult(p) if person(p) and p.age >= 18.
        person({name: "ann", age: 20}). person({name: "bob", age: 7}).
    "#;
    assert_eq!(answers(program, "fib(15, f)"), ["f=610"]);
    assert_eq!(
        answers(program, "factorial(25, f)"),
        ["f=15511210043330985984000000"]
    );
    assert_eq!(answers(program, "loop(50000)"), [""]);
    assert_eq!(answers(program, "total(t)"), ["t=7.5"]);
    assert_eq!(
        answers(program, "adult(p) and n = p.name"),
        [r#"p={age: 20, name: "ann"} n="ann""#]
    );
    assert_eq!(
        answers(program, "between(1, 3, x) and member(y, [x, 9])").len(),
        6
    );
    assert_eq!(
        answers(program, "x = 2 + 3 * 4 and y = x // 4 and z = -x"),
        ["x=14 y=3 z=-14"]
    );
    assert_eq!(answers(program, "add(1, 2, 3)"), [""]);
}

#[test]
fn faults_and_limits_have_names() {
    let program = r#"
        big(x) if is("9**9**9", x).
        wrong(x) if x < "a".
        deep(x) if deep(f(x)).
        untabled deep/1.
        count(n) if count(m) and n = m + 1.
        count(0).
        pair(x, y) if between(1, 2000, x) and between(1, 2000, y).
        open(x) if not item(x).
        item(1).
    "#;
    let base = KnowledgeBase::from_text("test.rules", program).unwrap();
    let ask = |query: &str, limits: Limits| {
        base.ask(
            query,
            QueryOptions {
                limits,
                ..QueryOptions::default()
            },
        )
    };
    let small = Limits {
        max_bytes: 1 << 20,
        max_steps: 100_000,
        ..Limits::default()
    };
    let limit = |query: &str| {
        ask(query, small)
            .unwrap()
            .outcome
            .truncated_by
            .unwrap()
            .name
    };
    assert_eq!(limit("big(x)"), "max-integer-bytes");
    assert!(["max-steps", "max-bytes"].contains(&limit("count(x)").as_str()));
    assert_eq!(limit("pair(x, y)"), "max-answers");
    assert!(["max-depth", "max-steps", "max-bytes"].contains(&limit("deep(1)").as_str()));
    assert!(matches!(
        ask("wrong(1)", small),
        Err(QueryError::Builtin { .. })
    ));
    assert!(matches!(
        ask("open(x)", small),
        Err(QueryError::Builtin { .. })
    ));
    assert!(matches!(
        ask("x < 1", small),
        Err(QueryError::Builtin { .. })
    ));
}

#[test]
fn answers_and_their_absence_are_explained() {
    let program = r#"
        @id("clerks") @reason("clerks use the tools of their role")
        allow(who, tool) if role(who, r) and grants(r, tool) and not suspended(who) and risk(tool) < 0.4.
        role("ann", "clerk"). role("bob", "clerk"). role("eve", "guest").
        grants("clerk", "search"). grants("clerk", "shell").
        suspended("bob").
        tool("search", 0.1). tool("shell", 0.9).
        reach(x, y) if reach(x, z) and edge(z, y).
        reach(x, y) if edge(x, y).
        edge(1, 2). edge(2, 3). edge(3, 1). edge(3, 4).
    "#
    .replace("risk(tool) < 0.4", "tool(tool, x) and x < 0.4");
    let base = KnowledgeBase::from_text("test.rules", &program).unwrap();
    let options = QueryOptions {
        explain: true,
        why_not: true,
        ..QueryOptions::default()
    };
    for query in [
        r#"allow("ann", tool)"#,
        "reach(1, y)",
        "reach(x, y) and x != y",
    ] {
        let answers = base.ask(query, options.clone()).unwrap();
        assert!(!answers.answers.is_empty());
        for answer in answers.answers {
            let proof = answer.proof.unwrap();
            assert!(proof.minimal, "{query}");
        }
    }
    for (query, part) in [
        (r#"allow("bob", "search")"#, "suspended"),
        (r#"allow("ann", "shell")"#, "0.9"),
        (r#"allow("eve", "search")"#, "grants"),
        ("reach(4, 1)", "edge(4"),
    ] {
        let answers = base.ask(query, options.clone()).unwrap();
        let why_not = answers.outcome.why_not.unwrap().to_text(base.sources());
        assert!(why_not.contains(part), "{query}: {why_not}");
    }
    let answers = base.ask(r#"allow("ann", "search")"#, options).unwrap();
    let text = answers.answers[0]
        .proof
        .as_ref()
        .unwrap()
        .to_text(base.sources());
    assert!(
        text.contains("clerks use the tools of their role"),
        "{text}"
    );
}

#[test]
fn a_variable_in_several_parts_of_an_answer_is_one() {
    for (body, expected) in [
        ("v = [x, x]", "x=[_0, _0]"),
        ("v = [x, y, x]", "x=[_0, _1, _0]"),
        ("v = f(x, g(x))", "x=f(_0, g(_0))"),
        ("v = [g(x), {a: x}]", "x=[g(_0), {a: _0}]"),
    ] {
        let program = format!("p(v) if {body}. tabled q/1. q(v) if p(v).");
        for query in ["p(x)", "q(x)"] {
            assert_eq!(answers(&program, query), [expected], "{program}");
        }
    }
}

#[test]
fn variables_of_negations_and_aggregates_are_no_part_of_answers() {
    let program = "p(1). p(2). q(2).";
    for (query, expected) in [
        ("n = count(for p(x))", vec!["n=2"]),
        ("p(y) and not q(y) and forall p(x): x > 0", vec!["y=1"]),
        ("exists p(x)", vec![""]),
        ("s = sum(x for p(x)) and p(y)", vec!["s=3 y=1", "s=3 y=2"]),
        ("p(x) and exists q(x)", vec!["x=2"]),
        ("n = count(for q(x) by x)", vec!["n=1 x=2"]),
    ] {
        let mut found = answers(program, query);
        for answer in &mut found {
            let mut parts: Vec<&str> = answer.split(' ').collect();
            parts.sort_unstable();
            *answer = parts.join(" ");
        }
        assert_eq!(found, expected, "{query}");
    }
}

#[test]
fn answers_that_differ_in_what_is_not_shown_are_one() {
    let program = "path(1, 2). path(1, 3). path(2, 3).";
    assert_eq!(answers(program, "path(x, _path)"), ["x=1", "x=2"]);
    assert_eq!(answers(program, "path(_x, _y)"), [""]);
}
