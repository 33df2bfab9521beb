use super::{BUILTINS, find, reader, run};
use crate::rules::check::{PredicateKind, analyse};

fn tabled(text: &str, name: &str, arity: usize) -> bool {
    run(text).analysis.predicate(name, arity).unwrap().tabled
}

#[test]
fn predicates_are_described() {
    let text = "input user/1. external tier/2. role(\"ann\", \"clerk\"). \
        even(x) if user(x). even(x) if odd(x) and user(x). odd(x) if even(x) and not tier(x, 1). \
        count(n) if n = count(for even(_)).";
    let analysis = run(text).analysis;
    assert_eq!(analysis, analyse(&reader::read(text), &find));
    let described: Vec<_> = analysis
        .predicates
        .iter()
        .map(|found| {
            (
                found.name.as_ref(),
                found.arity,
                found.kind,
                found.recursive,
                found.tabled,
                found.stratum,
            )
        })
        .collect();
    assert_eq!(
        described,
        [
            ("count", 1, PredicateKind::Rules, false, false, 2),
            ("even", 1, PredicateKind::Rules, true, true, 1),
            ("odd", 1, PredicateKind::Rules, true, true, 1),
            ("role", 2, PredicateKind::Facts, false, false, 0),
            ("tier", 2, PredicateKind::External, false, false, 0),
            ("user", 1, PredicateKind::Input, false, false, 0),
        ]
    );
    let find = |name: &str, arity| analysis.predicate(name, arity).unwrap();
    assert_eq!(find("even", 1).component, find("odd", 1).component);
    assert!(find("even", 1).component > find("user", 1).component);
    assert!(find("count", 1).component > find("even", 1).component);
    assert_eq!(find("role", 2).clauses, [2]);
    assert_eq!(find("even", 1).clauses, [3, 4]);
    assert!(analysis.predicate("even", 2).is_none());
    assert!(BUILTINS.iter().all(|builtin| {
        analysis
            .predicate(builtin.name, builtin.parameters.len())
            .is_none()
    }));
}

#[test]
fn recursion_over_facts_is_tabled() {
    let edges = "input edge/2. reach(x, y) if edge(x, y). ";
    for rule in [
        "reach(x, y) if reach(x, z) and edge(z, y).",
        "reach(x, y) if edge(x, z) and reach(z, y).",
        "reach(x, y) if edge(x, e) and e = [z, y] and reach(x, z).",
        "reach(x, n) if reach(x, m) and edge(m, _) and n = m + 1.",
        "reach(x, y) if edge(x, z) and reach(z, w) and y = w + 1.",
        "reach(x, y) if edge(x, z) and reach(z.next, y).",
        "tabled reach/2. reach(x, [x | y]) if reach(x, y).",
    ] {
        assert!(tabled(&format!("{edges}{rule}"), "reach", 2), "{rule}");
    }
}

#[test]
fn recursion_over_data_and_numbers_is_not() {
    for (text, name, arity) in [
        (
            "append([], l, l). append([h | t], l, [h | r]) if append(t, l, r).",
            "append",
            3,
        ),
        ("p(x, l) if p(x, [x | l]) and x > 1. p(1, []).", "p", 2),
        (
            "p(x, l) if x > 1 and l = [x | m] and p(x, m). p(1, []).",
            "p",
            2,
        ),
        ("p(x) if x > 1 and p(f(x)). p(1).", "p", 1),
        (
            "fib(0, 0). fib(n, f) if n > 0 and m = n - 1 and fib(m, f).",
            "fib",
            2,
        ),
        ("fib(0, 0). fib(n, f) if n > 0 and fib(n - 1, f).", "fib", 2),
        (
            "fib(0, 0). fib(n, f) if n > 0 and add(n, 1, m) and fib(m, f).",
            "fib",
            2,
        ),
        ("untabled p/1. p(x) if q(x) and p(x). q(1).", "p", 1),
        ("p(x) if q(x). q(1).", "p", 1),
    ] {
        assert!(!tabled(text, name, arity), "{text}");
    }
}
