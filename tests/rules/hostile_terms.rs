//! Terms and texts that are cyclic, shared, deep or long.

use super::hostile::{LIMITS, check};

#[test]
fn terms() {
    check(&[
        ("", "x = f(x)", &["answers 0"]),
        ("", "x = [1 | x]", &["answers 0"]),
        ("", "x = {a: x}", &["answers 0"]),
        ("", "x = f(y) and y = f(x)", &["answers 0"]),
        ("", "f(x, y) = f(g(y), g(x))", &["answers 0"]),
        (
            "append([], l, l). append([h | t], l, [h | r]) if append(t, l, r).",
            "append(x, [1], x)",
            LIMITS,
        ),
        (
            "append([], l, l). append([h | t], l, [h | r]) if append(t, l, r). untabled append/3.",
            "append(x, [1], x)",
            LIMITS,
        ),
        (
            "append([], l, l). append([h | t], l, [h | r]) if append(t, l, r).",
            "append(x, x, x)",
            LIMITS,
        ),
        (
            "append([], l, l). append([h | t], l, [h | r]) if append(t, l, r).",
            "append(x, y, z)",
            LIMITS,
        ),
        ("t(x, x). t(x, y) if t(x, y).", "t(x, f(x))", &["answers 0"]),
        (
            "t(x, x). t(x, y) if t(x, y).",
            "t([a | b], b)",
            &["answers 0"],
        ),
        (
            "big(0, 1). big(n, [x, x]) if n > 0 and big(n - 1, x). untabled big/2.",
            "big(100, x)",
            LIMITS,
        ),
        (
            "big(0, 1). big(n, [x, x]) if n > 0 and big(n - 1, x). untabled big/2.",
            "big(60, x) and big(60, y) and x = y and 1 = 2",
            LIMITS,
        ),
        (
            "big(0, 1). big(n, [x, x]) if n > 0 and big(n - 1, x). untabled big/2.",
            "big(60, x) and is_ground(x) and 1 = 2",
            LIMITS,
        ),
        (
            "big(0, 1). big(n, [x, x]) if n > 0 and big(n - 1, x). untabled big/2.",
            "big(60, x) and big(60, y) and x != y",
            LIMITS,
        ),
        (
            "big(0, 1). big(n, [x, x]) if n > 0 and big(n - 1, x). untabled big/2.",
            "big(60, x) and compare(x, x, \"<\")",
            LIMITS,
        ),
        (
            "big(0, _). big(n, [x, x]) if n > 0 and big(n - 1, x). untabled big/2.",
            "big(60, x) and y = [x | y]",
            &["answers 0", "max-steps", "max-bytes"],
        ),
        (
            "big(0, 1). big(n, [x, x]) if n > 0 and big(n - 1, x).",
            "big(100, x)",
            LIMITS,
        ),
        (
            "big(0, 1). big(n, [x, x]) if n > 0 and big(n - 1, x). untabled big/2.",
            "l = collect(x for big(60, x))",
            LIMITS,
        ),
        (
            "deep(0, 1). deep(n, f(x)) if n > 0 and deep(n - 1, x). untabled deep/2.",
            "deep(10000, x)",
            &["max-term-depth", "max-bytes", "max-depth"],
        ),
        (
            "deep(0, 1). deep(n, f(x)) if n > 0 and deep(n - 1, x). untabled deep/2.",
            "deep(10000, x) and deep(10000, y) and x = y and 1 = 2",
            &["answers 0", "max-term-depth"],
        ),
        (
            "deep(0, 1). deep(n, f(x)) if n > 0 and deep(n - 1, x). untabled deep/2.",
            "deep(10000, x) and to_string(x, y)",
            &["fault", "max-term-depth", "max-bytes"],
        ),
        (
            "deep(0, 1). deep(n, f(x)) if n > 0 and deep(n - 1, x). untabled deep/2.",
            "deep(10000, x) and compare(x, x, c) and c = 1",
            &["answers 0", "fault", "max-term-depth", "max-bytes"],
        ),
        (
            "deep(0, 1). deep(n, f(x)) if n > 0 and deep(n - 1, x). untabled deep/2.",
            "l = collect(x for deep(10000, x)) and l = 1",
            &["answers 0", "fault", "max-term-depth", "max-bytes"],
        ),
        (
            "deep(0, 1). deep(n, f(x)) if n > 0 and deep(n - 1, x). untabled deep/2. t(x, x). t(x, y) if t(x, y).",
            "deep(10000, x) and t(x, y) and y = 1",
            &["answers 0", "fault", "max-term-depth", "max-bytes"],
        ),
        (
            "deep(0, 1). deep(n, f(x)) if n > 0 and deep(n - 1, x).",
            "deep(10000, x)",
            &["max-term-depth", "max-bytes", "max-depth", "max-steps"],
        ),
        ("", "x = list_range(0, 1000000)", &["max-bytes"]),
        (
            "append([], l, l). append([h | t], l, [h | r]) if append(t, l, r). untabled append/3.",
            "list_range(0, 10000, x) and append(x, [1], y) and list_length(y) = 10001 and z = 1",
            &["answers 1"],
        ),
        (
            "",
            "list_range(0, 10000, x) and member(y, x) and y = 9999",
            &["answers 1"],
        ),
        (
            "",
            "list_range(0, 10000, x) and list_sort(x, x) and member(z, x) and z = 3",
            &["answers 1"],
        ),
        ("", "x = list_repeat(\"abc\", 100000000)", &["max-bytes"]),
        (
            "grow(s, n, s) if n = 0. grow(s, n, r) if n > 0 and grow(concat(s, s), n - 1, r). untabled grow/3.",
            "grow(\"abcdefgh\", 60, r)",
            LIMITS,
        ),
        (
            "grow(s, n, s) if n = 0. grow(s, n, r) if n > 0 and grow(list_concat(s, s), n - 1, r). untabled grow/3.",
            "grow([1], 60, r)",
            LIMITS,
        ),
        ("p(x, y).", "p(x, x)", &["answers 1", "variable-in-fact"]),
        ("p(_, _).", "p(x, x)", &["answers 1"]),
        ("p(x, x).", "p(x, y) and x = 1", &["answers 1"]),
        ("p(x, x).", "p(1, 2)", &["answers 0"]),
        ("p(1). p(1). p(1).", "p(x)", &["answers 1"]),
        (
            "p([x, y, x]).",
            "p([1, 2, z])",
            &["answers 1", "variable-in-fact"],
        ),
        (
            "p({a: _, b: {c: _}}).",
            "p({a: x, b: {c: x}})",
            &["answers 1"],
        ),
    ]);
}

#[test]
fn texts() {
    check(&[
        (
            "",
            r#"list_repeat("a", 5000, l) and string_join(l, "", s) and matches(s, "(a*)*b")"#,
            &["answers 0", "fault", "max-steps"],
        ),
        (
            "",
            r#"list_repeat("a", 5000, l) and string_join(l, "", s) and matches(s, "(a|a)*c")"#,
            &["answers 0", "fault"],
        ),
        (
            "",
            r#"matches("aaaa", "((a{1,1000}){1,1000}){1,1000}")"#,
            &["fault", "max-bytes"],
        ),
        (
            "",
            r#"matches("aaaa", "(((a{0,50}){0,50}){0,50}){0,50}")"#,
            &["fault", "max-bytes"],
        ),
        ("", r#"matches("a", "(")"#, &["fault"]),
        (
            "",
            r#"glob("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "**a**a**a**a**a**a**a**a**a**a**a**a**a**a**b")"#,
            &["answers 0"],
        ),
        (
            "",
            r#"x = string_replace("aaaaaaaaaaaaaaaaaaaa", "a", "aaaaaaaaaaaaaaaaaaaa") and y = string_replace(x, "a", x) and z = string_replace(y, "a", y) and w = string_replace(z, "a", z)"#,
            &["max-bytes"],
        ),
        (
            "",
            r#"x = "\u0000\uD83D\uDE00\u200D\u0301\u202E" and string_length(x) = 5"#,
            &["answers 1"],
        ),
        (
            "",
            r#"x = "\uD83D""#,
            &[
                "invalid-escape",
                "bad-escape",
                "unpaired-surrogate",
                "lone-surrogate",
            ],
        ),
        (
            "`\\u0000`(1). `\\u202E`(2). `💥`(3). ñandú(4). 変数(変) if ñandú(変).",
            "変数(x)",
            &["answers 1"],
        ),
        (
            "",
            r#"upper("ﬃ") = "FFI" and lower("İ") = x"#,
            &["answers 1"],
        ),
        (
            "",
            r#"parse_json("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", x)"#,
            &["fault"],
        ),
        (
            "",
            r#"json_path({a: {a: {a: {a: {a: 1}}}}}, "$..a..a..a..a..a..a", x)"#,
            &["answers 0"],
        ),
    ]);
}
