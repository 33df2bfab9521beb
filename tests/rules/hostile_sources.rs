//! Sources and queries that are deep, wide or long.

use super::SMALL;
use super::outcome::outcome;

#[test]
fn long_sources() {
    let wide = |open: &str, close: &str, depth: usize| {
        format!("p({}1{}).", open.repeat(depth), close.repeat(depth))
    };
    let list = |length: usize, item: &str| vec![item; length].join(", ");
    let numbered = |length: usize, joint: &str, part: &dyn Fn(usize) -> String| {
        (0..length).map(part).collect::<Vec<_>>().join(joint)
    };
    let cases: Vec<(String, String)> = vec![
        (wide("[", "]", 90), "p(x)".into()),
        (wide("[", "]", 100_000), "p(x)".into()),
        (wide("(", ")", 100_000), "p(x)".into()),
        (wide("f(", ")", 100_000), "p(x)".into()),
        (wide("{a: ", "}", 100_000), "p(x)".into()),
        (
            format!("p(x) if {}q(x).", "not ".repeat(100_000)),
            "p(1)".into(),
        ),
        (
            format!("p(x) if {}q(x).", "exists ".repeat(100_000)),
            "p(1)".into(),
        ),
        (
            format!("p(x) if {}q(x).", "forall q(x): ".repeat(100_000)),
            "p(1)".into(),
        ),
        (
            format!("p(x) if {}q(x).", "if q(x) then q(x) else ".repeat(100_000)),
            "p(1)".into(),
        ),
        (
            format!(
                "p(x) if {}q(x){}.",
                "(".repeat(100_000),
                ")".repeat(100_000)
            ),
            "p(1)".into(),
        ),
        (
            format!("q(1). p(x) if {}.", vec!["q(x)"; 20_000].join(" and ")),
            "p(x)".into(),
        ),
        (
            format!("q(1). p(x) if {}.", vec!["q(x)"; 20_000].join(" or ")),
            "p(x)".into(),
        ),
        (
            format!("p(x) if x = {}.", vec!["1"; 20_000].join(" + ")),
            "p(x)".into(),
        ),
        (
            format!("p(x) if x = {}1.", "-".repeat(100_000)),
            "p(x)".into(),
        ),
        (
            format!("p(x) if x = 1{}.", "**1".repeat(100_000)),
            "p(x)".into(),
        ),
        (
            format!("p(x) if y = 1 and x = y{}.", ".a".repeat(100_000)),
            "p(x)".into(),
        ),
        (
            format!("p(x) if y = 1 and x = y{}.", "[0]".repeat(100_000)),
            "p(x)".into(),
        ),
        (
            format!("p({}).", list(255, "1")),
            format!("p({})", numbered(255, ", ", &|n| format!("x{n}"))),
        ),
        (format!("p({}).", list(256, "1")), "p(x)".into()),
        (format!("p({}).", list(100_000, "1")), "p(x)".into()),
        (format!("p([{}]).", list(100_000, "1")), "p(x)".into()),
        (format!("p([{}]).", list(1_000, "x")), "p([1 | _])".into()),
        (
            format!(
                "p({{{}}}).",
                numbered(1_000, ", ", &|n| format!("f{n}: {n}"))
            ),
            "p(x) and y = x.f999".into(),
        ),
        (
            format!(
                "p({{{}}}).",
                numbered(1_000, ", ", &|n| format!("f{n}: {n}"))
            ),
            format!("p({{{}}})", numbered(200, ", ", &|n| format!("f{n}: x{n}"))),
        ),
        (
            format!("p({{{}}}).", numbered(300, ", ", &|n| format!("f{n}: {n}"))),
            format!("p({{{}}})", numbered(300, ", ", &|n| format!("f{n}: x{n}"))),
        ),
        (
            format!("p(\"{}\").", "é".repeat(500_000)),
            "p(x) and string_length(x) = 500000".into(),
        ),
        (
            format!("p(\"{}\").", "é".repeat(500_000)),
            "p(x) and matches(x, \"a\")".into(),
        ),
        (format!("p({}).", "9".repeat(10_000)), "p(x)".into()),
        (format!("p({}).", "9".repeat(10_001)), "p(x)".into()),
        (
            format!(
                "input q/3. p(x) if {}.",
                numbered(300, " and ", &|n| format!("q(x, v{n}, v{})", (n + 1) % 300))
            ),
            "p(1)".into(),
        ),
        (
            format!(
                "p(x) if p(x) and {}. q(1, 1, 1).",
                numbered(300, " and ", &|n| format!("q(x, v{n}, v{})", (n + 1) % 300))
            ),
            "p(1)".into(),
        ),
        (
            format!(
                "p(x) if p(x) and {}. p(1). q(1, 1, 1).",
                numbered(200, " and ", &|n| format!("q(x, v{n}, v{})", (n + 1) % 200))
            ),
            "p(1)".into(),
        ),
        (
            numbered(3_000, "\n", &|n| {
                format!("p{n}(x) if p{}(x).", (n + 1) % 3_000)
            }),
            "p0(x)".into(),
        ),
        (
            numbered(3_000, "\n", &|n| format!("p{n}(x) if p{}(x).", n + 1)) + " p3000(1).",
            "p0(x)".into(),
        ),
        (
            numbered(200, "\n", &|n| {
                format!(
                    "p{n}(x) if {}.",
                    numbered(200, " or ", &|m| format!("p{m}(x)"))
                )
            }) + " p3(1).",
            "p0(x)".into(),
        ),
        (
            numbered(20_000, "\n", &|n| format!("p({n}, {}).", n / 2)),
            "p(19999, x)".into(),
        ),
        (
            numbered(20_000, "\n", &|n| format!("p({n}, {}).", n / 2)),
            "p(x, 77)".into(),
        ),
        (numbered(20_000, "\n", &|_| ")(".into()), "p(x, 77)".into()),
        (
            numbered(2_000, "\n", &|n| format!("q(x) if r(x, {n}).")),
            "q(x)".into(),
        ),
        (
            numbered(2_000, " ", &|_| "@a(\"b\")".into()) + " p(1).",
            "p(x)".into(),
        ),
        (
            "p(1).".into(),
            format!("p({}1{})", "[".repeat(100_000), "]".repeat(100_000)),
        ),
        (
            "p(1).".into(),
            numbered(300, " and ", &|n| format!("p(x{n})")),
        ),
        (
            "p(1).".into(),
            numbered(300, " or ", &|n| format!("p(x{n})")),
        ),
        (
            "p(1).".into(),
            numbered(100, " or ", &|n| format!("p(x{n})")),
        ),
        (
            "p(1). p(2).".into(),
            numbered(60, " and ", &|n| format!("p(x{n})")),
        ),
        (
            "p(1).".into(),
            format!("x = \"{}\"", "\\u0041".repeat(100_000)),
        ),
    ];
    let expected = "answers 1,too-deep,too-deep,too-deep,too-deep,too-deep,too-deep,too-deep,too-deep,too-deep,\
        answers 1,answers 1,too-deep,too-deep,too-deep,too-deep,too-deep,answers 1,too-many-arguments,\
        too-many-arguments,answers 1,answers 1,answers 1,answers 0,too-large,answers 1,fault,answers 1,\
        invalid-number,too-large,too-large,answers 1,answers 0,answers 1,answers 1,answers 1,answers 2,\
        unexpected-token,unknown-predicate,answers 1,too-deep,too-large,too-large,answers 100,max-answers,\
        answers 1";
    assert_eq!(expected.split(',').count(), cases.len());
    for (number, ((program, query), expected)) in cases.iter().zip(expected.split(',')).enumerate()
    {
        assert_eq!(outcome(program, query, SMALL), expected, "case {number}");
    }
}
