//! Good programs, queries and requests to begin from.

use super::{MARKER, source};
use assize_core::rules::{Format, KnowledgeBase, builtins, structured, syntax};

const TOOLS: &str = include_str!("../../../examples/policies/tools.rules");
const GUIDE: &str = include_str!("../../../docs/rules-language.md");
const STRUCTURED_GUIDE: &str = include_str!("../../../docs/rules-structured.md");

/// The program of the target `rules_query`.
pub const FIXED: &str = r#"input seen/2. external limit/2. tabled f/1.
untabled append/3.
append([], l, l).
append([h | t], l, [h | r]) if append(t, l, r).
edge(1, 2). edge(2, 3). edge(3, 1). edge(3, 4).
path(x, y) if edge(x, y).
path(x, y) if path(x, z) and edge(z, y).
n(0). n(1.5). n(-9223372036854775808). n(9223372036854775808). n("n"). n(null).
p(1). p(2). p([1, 2, {a: 1}]). p(point(1, "x")). p(x) if q(x, _) and not edge(x, x).
q({a: 1, b: [1, 2]}, "a"). q({a: {a: 2}}, "b"). q(x, y) if path(x, y) and x != y.
f(x) if p(x) and forall edge(x, y): n(y).
total(t) if t = sum(x for edge(x, _)).
per(x, c) if c = count(for edge(x, _) by x).
nat(0). nat(n) if nat(m) and n = m + 1.
"#;

/// Programs, each with a query.
const PROGRAMS: [(&str, &str); 22] = [
    ("p(1). p(2). q(x) if p(x) and x > 1.", "q(x)"),
    (
        "append([], l, l). append([h | t], l, [h | r]) if append(t, l, r). untabled append/3.",
        "append(x, y, [1, 2, 3])",
    ),
    (
        "path(x, y) if edge(x, y). path(x, y) if path(x, z) and edge(z, y). edge(1, 2). edge(2, 1).",
        "path(x, y)",
    ),
    (
        "e(x) if o(x). o(x) if e(x). e(1). r(x) if e(x) and not o(2).",
        "r(x) and o(y)",
    ),
    (
        "big(0, 1). big(n, [x, x]) if n > 0 and big(n - 1, x). untabled big/2.",
        "big(9, x) and big(9, y) and x = y",
    ),
    (
        "deep(0, 1). deep(n, f(x)) if n > 0 and deep(n - 1, x).",
        "deep(50, x) and deep(50, y) and x = y",
    ),
    (
        "grow(s, n, s) if n = 0. grow(s, n, r) if n > 0 and grow(concat(s, s), n - 1, r). untabled grow/3.",
        "grow(\"ab\", 9, r)",
    ),
    (
        "nat(0). nat(n) if nat(m) and n = m + 1.",
        "nat(x) and x > 3 and exists nat(_)",
    ),
    (
        "n(1). n(2). n(3). s(t) if t = sum(c for n(x) and c = count(for n(y) and y <= x)).",
        "s(t) and l = collect([x, y] for n(x) and n(y)) and m = max(x for n(x))",
    ),
    (
        "task(1, \"a\", 2). task(2, \"b\", 2). load(w, c) if c = count(for task(_, w, _) by w).",
        "load(w, c) and a = avg(x for task(x, _, _)) and t = set(w for load(w, _))",
    ),
    (
        "n(1). n(2). c(x) if n(x) and if x > 1 then true() else x = 1.",
        "forall n(x): (c(x) and exists n(y) and y = x)",
    ),
    (
        "external limit/2. input seen/1. ok(u) if limit(u, l) and l > 0 and not seen(u).",
        "ok(1) and limit(x, y)",
    ),
    (
        "u({name: \"a\", tags: [\"x\", \"y\"], n: {m: 1}}). t(n, x) if u(r) and n = r.name and member(x, r.tags).",
        "t(n, x) and u(r) and r.n.m = y and r.tags[0] = z",
    ),
    (
        "ack(0, n, r) if r = n + 1. ack(m, 0, r) if m > 0 and ack(m - 1, 1, r). ack(m, n, r) if m > 0 and n > 0 and ack(m, n - 1, k) and ack(m - 1, k, r).",
        "ack(2, 2, r)",
    ),
    (
        "win(x) if move(x, y) and not lost(y). lost(x) if move(x, _) and x > 2. move(1, 2). move(2, 3).",
        "win(x)",
    ),
    (
        "@id(\"a\") @reason(\"b\") p(x, x). p(_, y) if y = 1 or y = 2 and not p(y, y).",
        "p(x, y)",
    ),
    (
        "p(x, f(y)) if q(x, y). q(x, [x | y]) if r(x) and r(y). r(1). r(g(2)).",
        "p(x, f([y | z])) and x = y",
    ),
    (
        "t(x, x). t(x, y) if t(x, y).",
        "t(x, f(y)) and t([a | b], c) and a = 1",
    ),
    (
        "p(0.1). p(1e300). p(-0.0). p(9223372036854775808). p(1152921504606846976).",
        "p(x) and p(y) and x < y and z = x * y",
    ),
    (
        "even(0). even(n) if n > 0 and odd(n - 1). odd(n) if n > 0 and even(n - 1). tabled even/1.",
        "even(20) and not odd(20)",
    ),
    (
        "a(x) if b(x). b(x) if c(x). c(x) if a(x). c(x) if d(x) and a(x). d(2). a(1). e(x) if d(x) or a(x).",
        "e(x)",
    ),
    (
        "p([x, y, x]) if n(x) and n(y). n(1). n(_).",
        "p(l) and l = [a | r] and member(a, r)",
    ),
];

/// The blocks of a page whose first line begins with `opening`.
fn blocks(page: &str, opening: &str) -> Vec<String> {
    let blocks = page.split("```").skip(1).step_by(2);
    let named = blocks.filter_map(|block| block.strip_prefix(opening)?.strip_prefix('\n'));
    named.map(str::to_owned).collect()
}

fn programs() -> Vec<String> {
    let mut texts: Vec<String> = PROGRAMS.map(|(program, _)| program.to_owned()).into();
    texts.extend([TOOLS.to_owned(), FIXED.to_owned()]);
    texts.extend(blocks(GUIDE, "rules"));
    let examples = builtins::all().iter();
    texts.extend(examples.map(|builtin| format!("n(1). p(x) if n(x) and {}.", builtin.example)));
    texts
}

fn bytes(texts: Vec<String>) -> Vec<Vec<u8>> {
    texts.into_iter().map(String::into_bytes).collect()
}

/// Programs in text.
#[must_use]
pub fn rules_texts() -> Vec<Vec<u8>> {
    bytes(programs())
}

/// Programs in YAML and in JSON.
#[must_use]
pub fn rules_structures() -> Vec<Vec<u8>> {
    let mut texts = blocks(STRUCTURED_GUIDE, "yaml");
    texts.extend(blocks(STRUCTURED_GUIDE, "json"));
    for (number, text) in programs().iter().enumerate() {
        let program = syntax::parse(&source(text, Format::Text), 0).0;
        texts.push(match number % 2 {
            0 => structured::to_yaml(&program),
            _ => structured::to_json(&program),
        });
    }
    bytes(texts)
}

/// Programs in each form.
#[must_use]
pub fn rules_programs() -> Vec<Vec<u8>> {
    [rules_texts(), rules_structures()].concat()
}

/// Programs, each with a query behind the marker.
#[must_use]
pub fn rules_evaluations() -> Vec<Vec<u8>> {
    let mut texts: Vec<String> = PROGRAMS
        .map(|(program, query)| format!("{program}{MARKER}{query}"))
        .into();
    texts.push(format!("{TOOLS}{MARKER}allow(who, \"use\", what)"));
    texts.push(format!("{FIXED}{MARKER}q(x, y) and f(z)"));
    for builtin in builtins::all() {
        let example = builtin.example;
        texts.push(format!(
            "n(1). p(x) if n(x) and {example}.{MARKER}p(x) and {example}"
        ));
    }
    bytes(texts)
}

/// Queries.
#[must_use]
pub fn rules_queries() -> Vec<Vec<u8>> {
    let mut texts: Vec<String> = PROGRAMS.map(|(_, query)| query.to_owned()).into();
    texts.extend(
        [
            "path(x, y) and not edge(x, y)",
            "append(x, y, [1, 2, 3]) and list_length(x) = n",
            "q({a: x}, y) or q(x, \"a\") and x.b[0] = 1",
            "f(x) and total(t) and per(x, c)",
            "limit(1, x) and x > 0",
            "seen(x, _) or nat(x) and x > 3",
            "t = count(for path(x, y) by x) and forall edge(a, b): path(b, a)",
        ]
        .map(str::to_owned),
    );
    let examples = builtins::all().iter();
    texts.extend(examples.map(|builtin| builtin.example.to_owned()));
    bytes(texts)
}

/// Bodies of `POST /query`.
#[must_use]
pub fn query_requests() -> Vec<Vec<u8>> {
    let texts = [
        r#"{"query":"allow(who, \"read\")"}"#,
        r#"{"query":["allow","?who","read",{"a":[1,2.5,null,true]}],"rules":"default","max_steps":1000}"#,
        r#"{"query":"p(x) and x > 1","sources":["p(1). p(2). p(3)."],"order_by":["-x"],"explain":true,"max_answers":1}"#,
        r#"{"query":["p","?x","?"],"sources":[{"name":"a.rules","text":"p(1, 2). p(x, y) if q(x, y). input q/2."}],
            "facts":[["q",1,{"$integer":"123456789012345678901234567890"}],["q",{"$compound":["f",1]},{"$list":[1]}]],"why_not":true}"#,
        r#"{"query":"r(x)","sources":[{"text":"{\"facts\":[[\"r\",1]],\"rules\":[]}","format":"structured"}],"now":1700000000000,
            "max_depth":10,"max_table_answers":5,"max_bytes":100000,"max_solutions":3}"#,
        r#"{"query":["n","??x",{"$record":{"$a":1}}],"sources":["n(\"?x\", {\"$a\": 1})."],"explain":true,"why_not":true}"#,
        r#"{"query":"nat(n)","sources":["nat(0). nat(n) if nat(m) and n = m + 1."],"order_by":["n"],"max_steps":100}"#,
    ];
    bytes(texts.map(str::to_owned).into())
}

/// Snapshots of all programs that can be loaded.
#[must_use]
pub fn rules_snapshots() -> Vec<Vec<u8>> {
    rules_texts()
        .iter()
        .filter_map(|text| {
            let text = String::from_utf8_lossy(text);
            let base = KnowledgeBase::from_text("fuzz.rules", &text).ok()?;
            Some(base.snapshot())
        })
        .collect()
}
