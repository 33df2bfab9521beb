//! Each program with a query and how it ends.

use super::SMALL;
use super::outcome::outcome;

/// Program, query, the ends of which it has one.
pub(crate) type Case = (&'static str, &'static str, &'static [&'static str]);

pub(crate) fn check(cases: &[Case]) {
    let mut wrong = Vec::new();
    for (program, query, expected) in cases {
        let found = outcome(program, query, SMALL);
        if !expected.contains(&found.as_str()) {
            wrong.push(format!("{query}: {found}, not {expected:?}\n{program}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

pub(crate) const LIMITS: &[&str] = &[
    "max-steps",
    "max-bytes",
    "max-integer-bytes",
    "max-depth",
    "max-table-answers",
    "max-answers",
];

#[test]
fn numbers() {
    check(&[
        ("", r#"is("9**9**9", x)"#, &["max-integer-bytes"]),
        ("", "x = 9 ** 9 ** 9", &["max-integer-bytes"]),
        ("", "x = 2 ** -1 and x = 0.5", &["answers 1"]),
        ("", "x = 0 ** -1", &["fault"]),
        ("", "x = 0.0 / 0", &["fault"]),
        ("", "x = 1e308 * 10", &["fault"]),
        ("", "x = 1e308 - -1e308", &["fault"]),
        ("", "x = sqrt(-1)", &["fault"]),
        ("", "x = ln(0)", &["fault"]),
        ("", "x = exp(1000)", &["fault"]),
        ("", "x = -0.0 and x = 0.0", &["answers 1"]),
        ("", "x = 0.0 * -1 and x = 0.0", &["answers 1"]),
        ("", "x = round(-0.4) and x = 0", &["answers 1"]),
        (
            "",
            "x = 1152921504606846976 - 1 and x = 1152921504606846975",
            &["answers 1"],
        ),
        (
            "",
            "x = -1152921504606846976 - 1 and x = -1152921504606846977",
            &["answers 1"],
        ),
        (
            "",
            "x = 9223372036854775807 + 1 and x = 9223372036854775808",
            &["answers 1"],
        ),
        (
            "",
            "x = -9223372036854775808 // -1 and x = 9223372036854775808",
            &["answers 1"],
        ),
        (
            "",
            "x = -9223372036854775808 % -1 and x = 0",
            &["answers 1"],
        ),
        (
            "",
            "x = abs(-9223372036854775808) and x = 9223372036854775808",
            &["answers 1"],
        ),
        (
            "",
            "x = -(-1152921504606846976) and x = 1152921504606846976",
            &["answers 1"],
        ),
        (
            "",
            "x = 4294967296 * 4294967296 and x // 4294967296 = 4294967296",
            &["answers 1"],
        ),
        ("", "x = 1 // 0", &["fault"]),
        ("", "x = 1 % 0", &["fault"]),
        ("", "x = 1 % 0.0", &["fault"]),
        (
            "",
            "x = 9223372036854775808 - 1 and x = 9223372036854775807",
            &["answers 1"],
        ),
        (
            "",
            "between(9223372036854775806, 9223372036854775807, x)",
            &["answers 2"],
        ),
        (
            "",
            "between(1152921504606846974, 1152921504606846978, x)",
            &["answers 5"],
        ),
        (
            "",
            "between(-1152921504606846978, -1152921504606846974, x)",
            &["answers 5"],
        ),
        ("", "between(0, 9223372036854775807, x) and x < 0", LIMITS),
        (
            "",
            "between(0, 99999999999999999999, x) and x < 0",
            &["max-steps", "max-bytes", "fault"],
        ),
        (
            "double(x, y) if x > 0 and double(x - 1, z) and y = z * z. double(0, 3). untabled double/2.",
            "double(100, x)",
            LIMITS,
        ),
        (
            "f(0.0, 1). f(-0.0, 2). f(0, 3).",
            "f(0.0, x)",
            &["answers 2", "duplicate-fact"],
        ),
        (
            "f(1.0, 1). f(1, 2). f(true, 3). f(\"1\", 4). f(9223372036854775808, 5).",
            "f(1.0, x)",
            &["answers 1"],
        ),
        (
            "f(1.0, 1). f(1, 2). f(true, 3). f(\"1\", 4). f(9223372036854775808, 5).",
            "f(9223372036854775808, x)",
            &["answers 1"],
        ),
        (
            "f(1e300, 1). f(1e-300, 2). f(1.5, 3). f(0.1, 4). f(1152921504606846976, 5). f(-1152921504606846977, 6). f(-1152921504606846976, 7).",
            "f(k, x) and f(k, y) and x != y",
            &["answers 0"],
        ),
        ("", "x = to_number(\"1e400\")", &["fault", "answers 0"]),
        ("", "x = to_number(\"NaN\")", &["fault", "answers 0"]),
        ("", "x = floor(1e300)", &["answers 1"]),
        ("", "x = 1e400", &["number-too-large", "invalid-number"]),
    ]);
}

#[test]
fn recursion() {
    check(&[
        ("p(x) if p(f(x)).", "p(1)", LIMITS),
        ("p(x) if p(f(x)). untabled p/1.", "p(1)", LIMITS),
        (
            "p(x) if p(x). untabled p/1.",
            "p(1)",
            &["left-recursion-untabled"],
        ),
        ("p(x) if p(x).", "p(1)", &["answers 0"]),
        ("p(x) if p(x) and p(x). p(1).", "p(x)", &["answers 1"]),
        ("p(f(x)) if p(x). p(1).", "p(x)", LIMITS),
        ("p([x | t]) if p(t) and x = 1. p([]).", "p(x)", LIMITS),
        ("p([x, x]) if p(x). p(1).", "p(x)", LIMITS),
        ("p([x, x]) if p(x). p(1).", "p(x) and x = 7", LIMITS),
        ("p(n) if p(m) and n = m * 2. p(3).", "p(x)", LIMITS),
        ("e(x) if o(x). o(x) if e(x). e(1).", "o(x)", &["answers 1"]),
        (
            "a(x) if b(x). b(x) if c(x). c(x) if a(x). c(x) if d(x). d(x) if e(x) and a(x). d(2). e(x) if d(x). e(x) if a(x). a(1).",
            "e(x)",
            &["answers 2"],
        ),
        (
            "ack(0, n, r) if r = n + 1. ack(m, 0, r) if m > 0 and ack(m - 1, 1, r). ack(m, n, r) if m > 0 and n > 0 and ack(m, n - 1, k) and ack(m - 1, k, r).",
            "ack(4, 1, r)",
            LIMITS,
        ),
        (
            "ack(0, n, r) if r = n + 1. ack(m, 0, r) if m > 0 and ack(m - 1, 1, r). ack(m, n, r) if m > 0 and n > 0 and ack(m, n - 1, k) and ack(m - 1, k, r). untabled ack/3.",
            "ack(4, 1, r)",
            LIMITS,
        ),
        (
            "ack(0, n, r) if r = n + 1. ack(m, 0, r) if m > 0 and ack(m - 1, 1, r). ack(m, n, r) if m > 0 and n > 0 and ack(m, n - 1, k) and ack(m - 1, k, r).",
            "ack(2, 3, r)",
            &["answers 1"],
        ),
        (
            "hanoi(0, _, _, _, []). hanoi(n, a, b, c, m) if n > 0 and hanoi(n - 1, a, c, b, x) and hanoi(n - 1, c, b, a, y) and m = list_concat(x, [[a, b] | y]).",
            "hanoi(40, 1, 2, 3, m)",
            LIMITS,
        ),
        (
            "hanoi(0). hanoi(n) if n > 0 and hanoi(n - 1) and hanoi(n - 1). untabled hanoi/1.",
            "hanoi(60)",
            LIMITS,
        ),
        (
            "hanoi(0). hanoi(n) if n > 0 and hanoi(n - 1) and hanoi(n - 1). tabled hanoi/1.",
            "hanoi(60)",
            &["answers 1"],
        ),
        (
            "bits([]). bits([0 | t]) if bits(t). bits([1 | t]) if bits(t).",
            "bits(l)",
            LIMITS,
        ),
        (
            "bits(0, []). bits(n, [0 | t]) if n > 0 and bits(n - 1, t). bits(n, [1 | t]) if n > 0 and bits(n - 1, t).",
            "bits(30, l)",
            LIMITS,
        ),
        (
            "bits(0, []). bits(n, [0 | t]) if n > 0 and bits(n - 1, t). bits(n, [1 | t]) if n > 0 and bits(n - 1, t).",
            "bits(30, l) and l = 1",
            LIMITS,
        ),
        (
            "sub([], []). sub([_ | t], s) if sub(t, s). sub([h | t], [h | s]) if sub(t, s).",
            "sub([1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25], x) and x = 1",
            LIMITS,
        ),
        (
            "p(x) if q(x) and p(x). q(x) if p(x). q(1). p(2).",
            "p(x)",
            &["answers 1", "answers 2"],
        ),
        ("p(x, y) if p(y, x). p(1, 2).", "p(x, y)", &["answers 2"]),
        (
            "p(x, y) if p(x, z) and p(z, y). p(x, f(x)) if n(x). n(1).",
            "p(1, y)",
            &["answers 1"],
        ),
        (
            "p(x) if q(x, _). q(x, y) if p(y) and p(x). p(1).",
            "q(x, y)",
            &["answers 1"],
        ),
        (
            "win(x) if move(x, y) and not win(y). move(1, 2).",
            "win(1)",
            &["recursion-through-negation"],
        ),
        (
            "p(x) if n(x) and forall n(y): p(y). n(1).",
            "p(1)",
            &["recursion-through-negation"],
        ),
        (
            "p(n) if n = count(for p(_)).",
            "p(n)",
            &["recursion-through-negation"],
        ),
    ]);
}

#[test]
fn aggregates_and_negation() {
    check(&[
        (
            "",
            "n = count(for between(1, 100000, x) and between(1, 100000, y))",
            LIMITS,
        ),
        (
            "",
            "l = collect([x, y] for between(1, 100000, x) and between(1, 100000, y))",
            LIMITS,
        ),
        ("", "l = set(x for between(1, 10000000, x))", LIMITS),
        (
            "nat(0). nat(n) if nat(m) and n = m + 1.",
            "l = collect(x for nat(x))",
            LIMITS,
        ),
        (
            "nat(x) if from(0, x). from(n, n). from(n, x) if from(n + 1, x). untabled from/2.",
            "l = collect(x for nat(x))",
            LIMITS,
        ),
        (
            "nat(x) if from(0, x). from(n, n). from(n, x) if from(n + 1, x). untabled from/2.",
            "exists nat(_)",
            &["answers 1"],
        ),
        (
            "nat(x) if from(0, x). from(n, n). from(n, x) if from(n + 1, x). untabled from/2.",
            "not nat(0)",
            &["answers 0"],
        ),
        (
            "nat(x) if from(0, x). from(n, n). from(n, x) if from(n + 1, x). untabled from/2.",
            "forall nat(x): x < 5",
            &["answers 0"],
        ),
        (
            "nat(x) if from(0, x). from(n, n). from(n, x) if from(n + 1, x). untabled from/2.",
            "forall nat(x): x >= 0",
            LIMITS,
        ),
        (
            "nat(x) if from(0, x). from(n, n). from(n, x) if from(n + 1, x). untabled from/2.",
            "if nat(x) then x = 0 else true()",
            &["answers 1"],
        ),
        (
            "nat(0). nat(n) if nat(m) and n = m + 1.",
            "exists nat(_)",
            &["answers 1", "max-steps", "max-bytes", "max-table-answers"],
        ),
        (
            "n(1). n(2). n(3).",
            "t = sum(c for n(x) and c = count(for n(y) and y <= x))",
            &["answers 1"],
        ),
        (
            "n(1). n(2). n(3).",
            "t = count(for n(x) and c = count(for n(y) and d = count(for n(z) and z < y) and d > 0))",
            &["answers 1"],
        ),
        ("n(1).", "x = sum(y for n(z) and y = \"a\")", &["fault"]),
        ("n(1).", "x = avg(y for n(y) and y > 1)", &["answers 0"]),
        (
            "n(1).",
            "x = sum(y for n(_))",
            &[
                "fault",
                "unbound-template",
                "unbound-variable",
                "answers 0",
                "answers 1",
            ],
        ),
        (
            "n(1). n(2).",
            "n(x) and not not not not n(x)",
            &["answers 2"],
        ),
        (
            "n(1). n(2).",
            "forall n(x): forall n(y): exists n(z) and z = x",
            &["answers 1", "fault", "answers 0"],
        ),
        (
            "s(x) if x = sum(y for between(1, 1000, i) and y = 10 ** 4000).",
            "s(x) and s(y) and x != y",
            &["answers 0", "max-bytes"],
        ),
        (
            "p(x, y, z) if n(x) and n(y) and n(z). n(x) if between(1, 200, x).",
            "c = count(for p(_, _, _))",
            LIMITS,
        ),
    ]);
}
