//! Policies of other languages: what is said, and that reading goes on.

use super::read;
use crate::rules::ast::Item;

/// What is said, each as `code: message; help; put: replacement`.
fn said(text: &str) -> Vec<String> {
    let (_, diagnostics) = read(text);
    let shown = diagnostics.iter().map(|found| {
        let help = found.help.as_deref().unwrap_or_default();
        let put = found.suggestion.as_ref();
        let put = put.map(|put| format!("; put: {}", put.replacement));
        format!(
            "{}: {}; {help}{}",
            found.code,
            found.message,
            put.unwrap_or_default()
        )
    });
    shown.collect()
}

fn statements(text: &str) -> usize {
    let (program, _) = read(text);
    program
        .items
        .iter()
        .filter(|item| matches!(item, Item::Clause(_)))
        .count()
}

#[test]
fn operators_that_are_predicates_here() {
    for (goal, said_of_it) in [
        (
            "x in list",
            "`in` has no meaning between terms; write `member(left, right)`; put: member(x, list)",
        ),
        (
            "x.path like \"*.txt\"",
            "`like` has no meaning between terms; write `glob(left, right)`; put: glob(x.path, \"*.txt\")",
        ),
        (
            "x has role",
            "`has` has no meaning between terms; write `record_has(left, right)`; put: record_has(x, \"role\")",
        ),
        (
            "x contains \"a\"",
            "`contains` has no meaning between terms; write `member(right, left)`; put: member(\"a\", x)",
        ),
        (
            "every y in x",
            "`every` has no meaning before a goal; write `forall member(x, list): goal`",
        ),
        (
            "some y in x",
            "`some` has no meaning before a goal; write `member(x, list)`; variables are not declared",
        ),
    ] {
        let text = format!("a(x) if b(x) and {goal}. c().");
        assert_eq!(
            said(&text),
            [format!("foreign-operator: {said_of_it}")],
            "{goal}"
        );
    }
}

#[test]
fn words_in_capitals() {
    let text = "a(x) IF b(x)\n  AND NOT c(x)\n  OR d(x).";
    let found = said(text);
    let meant: Vec<&str> = found
        .iter()
        .filter_map(|line| line.split("; put: ").nth(1))
        .collect();
    assert_eq!(meant, ["if", "and", "not", "or"], "{found:#?}");
    assert_eq!(found.len(), 4, "{found:#?}");
}

#[test]
fn directives_and_the_cut_of_prolog() {
    let text = ":- dynamic role/2.\n:- table reach/2.\n:- module(a, [b/1]).\na(x) if b(x).";
    assert_eq!(
        said(text),
        [
            "foreign-statement: `:- dynamic` is no declaration; \
             write `input name/2.` if facts come at run time; else remove it; put: input",
            "foreign-statement: `:- table` is no declaration; write `tabled name/2.`; put: tabled",
            "foreign-statement: `:- module` is no declaration; \
             remove it: a source has facts, rules and declarations",
        ]
    );
    assert_eq!(statements(text), 1);
    let found = said("a(x) if b(x) and !. c() if d() and not e().");
    assert_eq!(
        found,
        ["foreign-operator: `!` has no meaning as a goal; \
          there is no cut: write `if … then … else …`, or `not` in the other rule"]
    );
}

#[test]
fn a_rego_file_is_read_to_its_end() {
    let text = r#"package authz

import rego.v1

default allow := false

allow if {
    input.user.role == "admin"
    some x in data.roles
}

deny contains msg if {
    msg := "no"
}

allow if {
    input.method == "GET"
}

role(x, "clerk") if x = {a: 1}.
"#;
    let found = said(text);
    let codes: Vec<&str> = found
        .iter()
        .filter_map(|line| line.split(": ").next())
        .collect();
    assert_eq!(
        codes,
        [
            "foreign-statement",
            "foreign-statement",
            "foreign-statement",
            "missing-parentheses",
            "foreign-body",
            "unexpected-token",
            "missing-parentheses",
            "foreign-body",
        ],
        "{found:#?}"
    );
    assert_eq!(statements(text), 3);
}

#[test]
fn records_are_no_bodies() {
    for text in [
        "a(x) if {b: 1} = x.",
        "a(x) if {} = x.",
        "a(x) if {\"b c\": 1, d: 2} = x.",
        "a(x) if {\n  b: 1\n} = x.",
        "a(x) if {\"\\\"\": 1} = x.",
        "a(x) if { # b\n  c: 1} = x.",
        "a(x) if x = sum(some for b(some)) and x = count(NOT for c(NOT)).",
        "package(x) if default(x) and import(x).",
        "import.",
        "a(every, some) if every = some and some(every).",
    ] {
        let found = said(text);
        assert!(
            !found.iter().any(|line| line.starts_with("foreign")),
            "{text}: {found:?}"
        );
    }
}
