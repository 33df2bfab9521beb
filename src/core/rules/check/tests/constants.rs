use crate::rules::check::check;
use crate::rules::source::{Format, Source};

/// What is found with all built-ins.
fn found(body: &str) -> Vec<String> {
    let text = format!("input q/1. p(x) if q(x) and {body}.");
    let source = Source {
        name: "p.rules".into(),
        text: text.as_str().into(),
        format: Format::Text,
    };
    let (program, found) = crate::rules::parse(&[source]);
    assert_eq!(found, [], "{text}");
    let found = check(&program).diagnostics;
    let found = found.iter().filter(|found| found.code == "never-works");
    found
        .map(|found| format!("[{}] {}", super::cut(&text, found.span), found.message))
        .collect()
}

#[test]
fn constants_with_which_a_builtin_never_works() {
    for (body, said) in [
        (
            "x = 5 / 0",
            "[5 / 0] `5 / 0` never works: a number can't be divided by 0",
        ),
        (
            "x // 0 > 3",
            "[x // 0] `x // 0` never works: a number can't be divided by 0",
        ),
        (
            "x > 5 % (3 - 3)",
            "[5 % (3 - 3)] `5 % 3 - 3` never works: a number can't be divided by 0",
        ),
        (
            "x > parse_time(\"2024-13-01\")",
            "[parse_time(\"2024-13-01\")] `parse_time(\"2024-13-01\")` never works: \
             argument 1 (`text`) must be a time such as `2026-02-28T12:00:00Z`",
        ),
        (
            "format_time(x, \"%Y\") = \"2024\"",
            "[format_time(x, \"%Y\")] `format_time(x, \"%Y\")` never works: \
             argument 2 (`offset`) must be `Z` or an offset such as `+02:00`",
        ),
        (
            "lower(5, x)",
            "[lower(5, x)] `lower(5, x)` never works: argument 1 (`text`) must be a string, but is an integer",
        ),
        (
            "x = 3 + \"a\"",
            "[3 + \"a\"] `3 + \"a\"` never works: argument 2 (`right`) must be a number, but is a string",
        ),
        (
            "cidr_contains(\"10.0.0.0/99\", x)",
            "[cidr_contains(\"10.0.0.0/99\", x)] `cidr_contains(\"10.0.0.0/99\", x)` never works: \
             argument 1 (`network`) must be a network such as `10.0.0.0/8` or `2001:db8::/32`",
        ),
    ] {
        assert_eq!(found(body), [said], "{body}");
    }
    let patterns = found("matches(x, \"([a\") and not matches(x, \"ok\")");
    let [pattern] = patterns.as_slice() else {
        panic!("{patterns:?}")
    };
    assert!(
        pattern.contains("argument 2 (`pattern`) must be a regular expression"),
        "{pattern}"
    );
}

#[test]
fn what_may_work_is_not_reported() {
    for body in [
        "x > parse_time(\"2024-12-01\")",
        "x / 2 > 1",
        "1 / x > 1",
        "0 // x > 1",
        "x < \"a\"",
        "x > now() - parse_duration(\"7d\")",
        "list_range(0, 1000000000, x)",
        "between(1, 1000000000, x)",
        "y = 10 ** 100000 and x = y",
        "member(x, [1, 2])",
        "x = [1, 2][7]",
        "q(y) and x = y[\"a\"] and y[1] = 3",
        "substring(x, 3, 5) = \"a\"",
        "starts_with(x, \"a\") and format_time(x, \"+01:00\") = \"b\"",
    ] {
        assert_eq!(found(body), <[String; 0]>::default(), "{body}");
    }
}

#[test]
fn what_is_tried_is_bounded() {
    let goals = vec!["matches(x, \"([a\")"; 2_000].join(" and ");
    let found = found(&goals);
    assert!((100..1_000).contains(&found.len()), "{}", found.len());
}

#[test]
fn every_kind_has_a_sample_if_it_is_one() {
    for builtin in crate::rules::builtins::all() {
        for parameter in builtin.parameters {
            let sample = crate::rules::builtins::sample(parameter.kind);
            let is_one = !parameter.kind.contains(" or ");
            assert_eq!(
                sample.is_some(),
                is_one,
                "{} {}",
                builtin.name,
                parameter.kind
            );
        }
    }
}
