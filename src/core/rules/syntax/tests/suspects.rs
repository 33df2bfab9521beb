//! Data that was meant to be computed.

use crate::rules::diagnostic::Severity;
use crate::rules::syntax::{parse, parse_query};

fn found(text: &str) -> Vec<(Severity, String)> {
    let source = crate::rules::source::Source {
        name: "t.rules".into(),
        text: text.into(),
        format: crate::rules::source::Format::Text,
    };
    let (_, diagnostics) = parse(&source, 0);
    let shown = diagnostics.into_iter().map(|diagnostic| {
        let code = match diagnostic.severity {
            Severity::Error => "unknown-function",
            Severity::Warning => "data-like-function",
        };
        assert_eq!(diagnostic.code, code, "{text}");
        (
            diagnostic.severity,
            diagnostic.help.unwrap_or_default().to_string(),
        )
    });
    shown.collect()
}

#[test]
fn what_looks_computed_and_is_not_is_an_error() {
    for (goal, help) in [
        (r#"lowr(n) != "root""#, "did you mean `lower`?"),
        (r#"not lowr(n) = "root""#, "did you mean `lower`?"),
        ("n != len(n)", "did you mean `string_length`?"),
        ("n = count(q(n))", "`count(… for goal)`"),
        (r#"n = is("2+2*3")"#, "goal of its own"),
        ("n = lower(n, n)", "`lower` takes 1 argument"),
        (r#"n = upper(lowr(n))"#, "did you mean `lower`?"),
        ("n = roundd(n) + 1", "did you mean `round`?"),
    ] {
        let text = format!("allow(n) if user(n) and {goal}.");
        let found = found(&text);
        let [(Severity::Error, said)] = found.as_slice() else {
            panic!("{text}: {found:?}");
        };
        assert!(said.contains(help), "{text}: {said}");
        assert!(parse_query(goal, 0).is_err(), "{goal}");
    }
}

#[test]
fn elsewhere_it_is_a_warning() {
    let found = found("p(n) if q(lowr(n)).");
    assert!(
        matches!(found.as_slice(), [(Severity::Warning, _)]),
        "{found:?}"
    );
    assert!(parse_query("q(lowr(n))", 0).is_ok());
}

#[test]
fn data_is_left_alone() {
    for text in [
        r#"p(n) if q(n) and n != `lowr`(n)."#,
        "p(lowr(n)) if q(n). r(x) if p(lowr(x)).",
        "p(lowr(1)). r(x, n) if p(x) and x = lowr(n).",
        "r(x, n) if p(x) and x = point(n, 1).",
        "r(x) if p(x) and x = lowr(1).",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}
