//! What is easily written wrongly, each with its place.

use super::*;

/// A text, and what is wrong with it: line, column, code.
type Case = (&'static str, &'static [(u32, u32, &'static str)]);

fn check(cases: &[Case]) {
    for (text, expected) in cases {
        let found = refused(text);
        let places: Vec<_> = found
            .iter()
            .map(|(line, column, code, _)| (*line, *column, *code))
            .collect();
        assert_eq!(places, *expected, "{text}\n{found:?}");
    }
}

#[test]
fn variables_without_quotes() {
    check(&[
        ("facts: [[p, ?X]]", &[(1, 13, "unquoted-variable")]),
        (
            "facts:\n- [p, ?X, ?Y]",
            &[(2, 7, "unquoted-variable"), (2, 11, "unquoted-variable")],
        ),
        ("facts:\n- [p, ? X]", &[(2, 7, "unquoted-variable")]),
        ("facts:\n- - p\n  - ?X", &[(3, 5, "unquoted-variable")]),
        ("facts: [[p, {?X}]]", &[(1, 14, "unquoted-variable")]),
        ("facts: [[p, {a: ?X}]]", &[(1, 17, "unquoted-variable")]),
        ("facts: [[p, ?]]", &[(1, 13, "unquoted-variable")]),
        ("facts: [[p, {\"?X\": 1}]]", &[(1, 14, "variable-field")]),
        ("? facts\n: []", &[(1, 1, "unquoted-variable")]),
    ]);
    let source = source("facts: [[p, ?Who]]");
    let (_, diagnostics) = parse(&source, 3);
    let suggestion = diagnostics[0].suggestion.clone().unwrap();
    assert_eq!(suggestion.replacement, "\"?Who\"");
    assert_eq!(
        (
            suggestion.span.source,
            suggestion.span.start,
            suggestion.span.end
        ),
        (3, 12, 16)
    );
}

#[test]
fn nothing_is_computed_in_a_head() {
    check(&[
        (
            "facts: [[p, 1, {$call: ['+', 1, 2]}]]",
            &[(1, 16, "function-in-head")],
        ),
        (
            "rules: [{head: [p, {a: {$list: [{$call: [lower, '?x']}]}}], body: [[q, '?x']]}]",
            &[(1, 33, "function-in-head")],
        ),
        (
            "items: [{fact: [p, [f, {$call: ['.', '?x', a]}]]}]",
            &[(1, 24, "function-in-head")],
        ),
    ]);
}

#[test]
fn facts_that_are_none() {
    check(&[
        ("facts: [pq]", &[(1, 9, "atom-shape")]),
        ("facts: ['?F']", &[(1, 9, "atom-shape")]),
        ("facts: [{p: 1, x: 2}]", &[(1, 9, "atom-shape")]),
        (
            "facts: [1, null]",
            &[(1, 9, "atom-shape"), (1, 12, "atom-shape")],
        ),
        ("facts:\n- \n- [p]", &[(2, 3, "atom-shape")]),
        ("facts: [[]]", &[(1, 9, "empty-atom")]),
        ("facts: [[1, 2]]", &[(1, 10, "predicate-name")]),
        ("facts: [[true]]", &[(1, 10, "predicate-name")]),
        ("facts: [['?P', 1]]", &[(1, 10, "predicate-name")]),
        ("facts: [[[p, 1], [q, 2]]]", &[(1, 10, "predicate-name")]),
        ("facts: [[not, [p]]]", &[(1, 9, "reserved-name")]),
        ("facts: [[p, []]]", &[(1, 13, "empty-compound")]),
        ("facts: [[p, [1, 2]]]", &[(1, 14, "compound-name")]),
        ("facts: [[p, ['?X', 2]]]", &[(1, 14, "compound-name")]),
        ("facts: [[p, {a: }]]", &[(1, 15, "missing-value")]),
        ("facts: [[p, {a}]]", &[(1, 15, "missing-value")]),
        ("facts: [[p, a: 1]]", &[(1, 13, "implicit-mapping")]),
        ("facts: [[p, \"a\": 1]]", &[(1, 13, "implicit-mapping")]),
        ("facts: [[p, 1 \"b\"]]", &[(1, 13, "stray-quote")]),
        ("facts: [{fact: [p], reson: x}]", &[(1, 21, "unknown-key")]),
    ]);
}

#[test]
fn rules_that_are_none() {
    check(&[
        ("rules: [[p, q]]", &[(1, 8 + 1, "rule-shape")]),
        ("rules: [{body: [[p]]}]", &[(1, 9, "missing-head")]),
        ("rules: [{head: [p]}]", &[(1, 9, "missing-body")]),
        (
            "rules: [{}]",
            &[(1, 9, "missing-head"), (1, 9, "missing-body")],
        ),
        ("rules: [{head: [], body: [[q]]}]", &[(1, 16, "empty-atom")]),
        ("rules: [{head: p, body: [[q]]}]", &[(1, 16, "atom-shape")]),
        (
            "rules: [{head: [1], body: [[q]]}]",
            &[(1, 17, "predicate-name")],
        ),
        ("rules: [{head: [p], body: []}]", &[(1, 27, "empty-body")]),
        (
            "rules: [{head: [p], body: null}]",
            &[(1, 27, "wrong-shape")],
        ),
        ("rules: [{head: [p], body: q}]", &[(1, 27, "wrong-shape")]),
        ("rules: [{head: [p], body: [q1]}]", &[(1, 28, "body-shape")]),
        (
            "rules: [{head: [p], body: [q, '?X']}]",
            &[(1, 28, "body-shape")],
        ),
        (
            "rules: [{head: [p], body: ['?G']}]",
            &[(1, 28, "body-shape")],
        ),
        (
            "rules: [{head: [p], body: [[q], r]}]",
            &[(1, 33, "atom-shape")],
        ),
        (
            "rules: [{head: [p], body: [{not: [q]}]}]",
            &[(1, 28, "atom-shape")],
        ),
        (
            "rules: [{head: [p], body: [[[q], [r]]]}]",
            &[(1, 29, "predicate-name")],
        ),
    ]);
}

#[test]
fn goals_that_are_none() {
    check(&[
        (
            "rules: [{head: [p], body: [[not, [q], [r]]]}]",
            &[(1, 28, "goal-arguments")],
        ),
        (
            "rules: [{head: [p], body: [[eq, 1]]}]",
            &[(1, 28, "goal-arguments")],
        ),
        (
            "rules: [{head: [p], body: [[and, [q]]]}]",
            &[(1, 28, "goal-arguments")],
        ),
        (
            "rules: [{head: [p], body: [[or, '?A', 1, {a: 1}]]}]",
            &[
                (1, 33, "or-of-values"),
                (1, 39, "or-of-values"),
                (1, 42, "or-of-values"),
            ],
        ),
        (
            "rules: [{head: [p], body: [[or, [q], true]]}]",
            &[(1, 38, "or-of-values")],
        ),
        (
            "rules: [{head: [p], body: [[aggregate, summ, '?N', '?X', [q, '?X'], ['?X', z]]]}]",
            &[(1, 40, "unknown-aggregate"), (1, 76, "wrong-shape")],
        ),
        (
            "rules: [{head: [p], body: [[q]], id: 1, comment: [2], annotations: x}]",
            &[
                (1, 38, "wrong-shape"),
                (1, 51, "wrong-shape"),
                (1, 68, "wrong-shape"),
            ],
        ),
    ]);
}

#[test]
fn documents_that_are_none() {
    check(&[
        ("", &[(1, 1, "empty-source")]),
        ("# nothing\n", &[(1, 1, "empty-source")]),
        ("---\n", &[(1, 1, "empty-source")]),
        ("{}", &[(1, 1, "empty-source")]),
        ("facts: []", &[(1, 1, "empty-source")]),
        ("null", &[(1, 1, "document-shape")]),
        ("[[p]]", &[(1, 1, "document-shape")]),
        ("word", &[(1, 1, "document-shape")]),
        ("facts:", &[(1, 6, "wrong-shape")]),
        ("facts: null", &[(1, 8, "wrong-shape")]),
        (
            "facts: 1\nrules: x",
            &[(1, 8, "wrong-shape"), (2, 8, "wrong-shape")],
        ),
        ("facts: {p: 1}", &[(1, 8, "wrong-shape")]),
        ("fact: []\nrules: []", &[(1, 1, "unknown-key")]),
        (
            "items: [{fact: [p]}]\nfacts: [[q]]",
            &[(1, 1, "mixed-items")],
        ),
        ("items: [[p]]", &[(1, 9, "item-shape")]),
        ("items: [{head: [p]}]", &[(1, 9, "item-shape")]),
        ("facts: [[p]]\nfacts: [[q]]", &[(2, 1, "duplicate-key")]),
        ("facts: [[p, {a: 1, a: 2}]]", &[(1, 20, "duplicate-key")]),
        (
            "{\"facts\": [[\"p\", {\"a\": 1, \"\\u0061\": 2}]]}",
            &[(1, 27, "duplicate-key")],
        ),
        (
            "facts: [[p]]\n---\nfacts: [[q]]",
            &[(2, 1, "several-documents")],
        ),
        ("facts: !!python/tuple [[p]]", &[(1, 8, "tag")]),
        ("facts: [[p, !!str 1]]", &[(1, 13, "tag")]),
        ("facts: [&a [p], *a]", &[(1, 9, "anchor"), (1, 17, "alias")]),
        ("facts: [*a]", &[(1, 9, "alias")]),
        ("facts: [[p, {1: a}]]", &[(1, 14, "key-not-string")]),
        ("facts: [[p, {[a]: 1}]]", &[(1, 14, "key-not-string")]),
        ("facts: [[p]\nrules: []", &[(2, 1, "invalid-syntax")]),
        ("facts:\n\t- [p]", &[(2, 2, "invalid-syntax")]),
        (
            "facts: [[p, \"\\ud83d\\ude00\"]]",
            &[(1, 13, "invalid-syntax")],
        ),
        ("facts: [[p]]\u{0}\nrules: [", &[(1, 13, "invalid-syntax")]),
        (
            "facts: [[p, \"\u{202e}\"]]",
            &[(1, 14, "direction-control")],
        ),
    ]);
}

#[test]
fn the_reader_that_came_further_is_heard() {
    check(&[
        (
            "{\"facts\": [[\"p\", 1] [\"q\"]]}",
            &[(1, 21, "invalid-syntax")],
        ),
        (
            "{\"facts\": [[\"p\", \"\\ud83d\"]]}",
            &[(1, 19, "invalid-syntax")],
        ),
    ]);
    // Not strictly JSON, but YAML.
    accepted("{\"facts\": [[\"p\", 1],],}");
    accepted("{facts: [[p, 1]]}");
}

#[test]
fn scalars_that_readers_disagree_about() {
    check(&[(
        "facts:\n- [p, yes, 012, 1:30, 1_000]\n- [p, 2024-01-02, .inf, 1e999, {on: 1}]",
        &[
            (2, 7, "ambiguous-scalar"),
            (2, 12, "ambiguous-scalar"),
            (2, 17, "ambiguous-scalar"),
            (2, 23, "ambiguous-scalar"),
            (3, 7, "ambiguous-scalar"),
            (3, 19, "not-finite"),
            (3, 25, "not-finite"),
            (3, 33, "ambiguous-scalar"),
        ],
    )]);
    accepted("facts: [[p, 'yes', \"012\", '1:30', ~, 0x1f, 0o14, 1e3]]");
}

#[test]
fn special_keys() {
    check(&[
        (
            "facts: [[p, {$lst: [1]}]]",
            &[(1, 14, "unknown-special-key")],
        ),
        (
            "facts: [[p, {$odd: 1, a: 2}]]",
            &[(1, 14, "unknown-special-key")],
        ),
        (
            "facts: [[p, {$list: [1], a: 2}]]",
            &[(1, 13, "special-key-not-alone")],
        ),
        (
            "facts: [[p, {$rest: '?X'}]]",
            &[(1, 13, "special-key-not-alone")],
        ),
        (
            "facts: [[p, {$list: [], $rest: '?X'}]]",
            &[(1, 32, "rest-alone")],
        ),
        ("facts: [[p, {$list: 1}]]", &[(1, 21, "wrong-shape")]),
        ("facts: [[p, {$string: 1}]]", &[(1, 23, "wrong-shape")]),
        ("facts: [[p, {$constant: [a]}]]", &[(1, 25, "wrong-shape")]),
        ("facts: [[p, {$record: 1}]]", &[(1, 23, "wrong-shape")]),
        ("facts: [[p, {$call: [1, 2]}]]", &[(1, 22, "wrong-shape")]),
        ("facts: [[p, {$compound: []}]]", &[(1, 25, "wrong-shape")]),
        ("facts: [{$goal: p}]", &[(1, 17, "wrong-shape")]),
    ]);
}

#[test]
fn declarations_that_are_none() {
    check(&[
        ("declarations: [role/2]", &[(1, 16, "declaration-shape")]),
        (
            "declarations: [{input: role}]",
            &[(1, 24, "name-and-arity")],
        ),
        (
            "declarations: [{input: role/256}]",
            &[(1, 24, "name-and-arity")],
        ),
        (
            "declarations: [{input: role/+2}]",
            &[(1, 24, "name-and-arity")],
        ),
        (
            "declarations: [{inputs: role/2}]",
            &[(1, 17, "unknown-key")],
        ),
        (
            "declarations: [{comment: x}]",
            &[(1, 16, "declaration-shape")],
        ),
        (
            "declarations: [{input: a/1, tabled: a/1}]",
            &[(1, 16, "declaration-shape")],
        ),
    ]);
}

#[test]
fn bounds() {
    let nested = |levels: usize| {
        format!(
            "{{\"facts\": [[\"p\", {}1{}]]}}",
            "[\"f\", ".repeat(levels),
            "]".repeat(levels)
        )
    };
    accepted(&nested(199));
    assert_eq!(refused(&nested(200))[0].2, "too-deep");
    assert_eq!(refused(&nested(100_000))[0].2, "too-deep");
    assert_eq!(refused(&"- ".repeat(100_000))[0].2, "too-deep");
    assert_eq!(refused(&"[a, ".repeat(100_000))[0].2, "too-deep");
    assert_eq!(refused(&"{a: ".repeat(100_000))[0].2, "too-deep");
    let arguments = |number: usize| format!("facts: [[p{}]]", ", 1".repeat(number));
    accepted(&arguments(255));
    assert_eq!(refused(&arguments(256))[0].2, "too-many-arguments");
    let digits = |number: usize| format!("facts: [[p, {}]]", "9".repeat(number));
    accepted(&digits(10_000));
    assert_eq!(refused(&digits(10_001))[0].2, "number-too-long");
    let wrong = refused(&format!("facts: [{}]", "1, ".repeat(1000)));
    assert_eq!(wrong.len(), 101);
    assert_eq!(wrong[100].2, "too-many-problems");
}

#[test]
fn messages_say_what_to_write() {
    let source = source("rules:\n- {head: [ok], body: [[or, \"?X\", [q]], {not: [p]}]}\nfact: []");
    let (_, diagnostics) = parse(&source, 0);
    let told: Vec<_> = diagnostics
        .iter()
        .map(|diagnostic| {
            (
                diagnostic.message.as_str(),
                diagnostic.help.as_deref().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                "`or` takes goals, which are lists, not the variable `?X`",
                "write `[or, [p, \"?X\"], [eq, \"?Y\", true]]`"
            ),
            ("a goal is a list, not a mapping", "write `[not, goal]`"),
            ("a document has no key `fact`", "did you mean `facts`?"),
        ]
    );
}
