//! What every host's rule engine is asked: questions that bring their rules.

use crate::corpus::{Case, step};
use serde_json::{Value, json};

/// Every question has the same time, so that every host has the same answer.
const NOW: i64 = 1_790_000_000_000;

/// Terms in text form, each the argument of a fact.
const TERMS: [&str; 40] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "7",
    "-3",
    "9007199254740991",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "123456789012345678901234567890",
    "-123456789012345678901234567890",
    "0.0",
    "-0.0",
    "1.0",
    "0.1",
    "1e21",
    "1e300",
    "5e-324",
    "123456789.125",
    "1.7976931348623157e308",
    r#""""#,
    r#""ann""#,
    r#""?x""#,
    r#""a \"b\" \\ \/ \n\t""#,
    r#""\u0000\u001f""#,
    r#""\ud83c\udf89 全角 é""#,
    r#""\u202e""#,
    "[]",
    "[1, [2, []], \"x\"]",
    "{}",
    r#"{b: 1, a: {"e-mail": null}}"#,
    r#"{"$float": 1}"#,
    "point(1, 2.5)",
    "open()",
    "`two words`([open()])",
    "[x, y, x]",
    "[1, 2 | rest]",
];

/// Goals about numbers, texts, lists and more; `x` is what is asked for.
const GOALS: [&str; 72] = [
    "x = time_add_months(0, 13)",
    "cidr_contains(\"10.0.0.0/8\", \"10.1.2.3\")",
    "is_ip(\"::1\")",
    "semver_matches(\"1.2.3\", \"^1.2\")",
    "x = round(2.345, 2)",
    "x = format(\"{} {}\", [1.0, \"a\"])",
    "x = record_merge({a: 1}, {b: 2.0})",
    "x = absent(1)",
    "x = 9223372036854775807 + 1",
    "x = 2 ** 200",
    "x = -2 ** 2",
    "x = 2 ** -1",
    "x = 2 ** 0.5",
    "x = 7 / 2",
    "x = 7 // 2",
    "x = -7 // 2",
    "x = 7 % -3",
    "x = -7.5 % 2",
    "x = 0.1 + 0.2",
    "x = 1 + 1.0",
    "x = 3 * 1.1",
    "x = 1 / 3",
    "x = 1 / 0",
    "x = 1 // 0",
    "x = 1.0 / 0.0",
    "x = 9 ** 9 ** 9",
    "x = 1e308 * 10",
    "x = \"a\" + 1",
    "x = y + 1",
    "1 < 1.0",
    "1 <= 1.0",
    "1 = 1.0",
    "9007199254740993 > 9007199254740992.0",
    "\"a\" < \"b\"",
    "\"é\" > \"z\"",
    "1 < \"a\"",
    "x = [x]",
    "point(x, 2) = point(1, y)",
    "[h | t] = [1, 2, 3]",
    "{a: x, b: 2} = {b: y, a: 1}",
    "{a: 1} = {a: 1, b: 2}",
    "x = {a: 1}.a",
    "x = {a: 1}.b",
    "x = [1, 2][1]",
    "x = [1, 2][2]",
    "x != 1",
    "2 != 1",
    "(x = 1 or x = 2 or x = 1)",
    "x = lower(\"ÄİSS\")",
    "x = upper(\"straße\")",
    "x = list_length([1, 2])",
    "x = sqrt(2)",
    "x = sqrt(-1)",
    "x = sqrt(2.5) ** 0.3",
    "x = ln(10)",
    "x = exp(1)",
    "x = round(2.5)",
    "x = floor(-0.5)",
    "x = abs(-9223372036854775808)",
    "x = min(1, 1.0)",
    "x = list_max([3, 1, 2])",
    "now(x)",
    "is_integer(1.0)",
    "kind_of({}, x)",
    "x = parse_json(\"{\\\"a\\\": [1, 1.0, null]}\")",
    "x = to_json({a: [1, 2.0]})",
    "x = count(for member(_, [1, 2]))",
    "member(x, [1, 1.0, \"1\", 1])",
    "between(1, 4, x)",
    "matches(\"ab12\", \"^[a-z]+[0-9]+$\")",
    "x = string_split(\"a,b,,c\", \",\")",
    "x = format_time(parse_time(\"2026-02-28T23:59:60Z\"))",
];

/// Sources that can't be loaded, or about which something is said.
const BROKEN: [&str; 26] = [
    "",
    "p(1)",
    "p(1",
    "p(x).",
    "p(1) if q(1).",
    "p(1) if r(1), s(1).",
    "p(1) :- q(1).",
    "p(X) if q(X).",
    "input p/1. p(1). input p/1.",
    "p(1) if not p(1).",
    "p(x) if not q(x). q(1).",
    "p(1, 2). r(1) if p(1).",
    "q(1). p(x) if q(y).",
    "p(\"a) if q(1).",
    "p(\"\\q\").",
    "p(01).",
    "p(1.).",
    "p(1e999).",
    "p(1) if 1 = 2.",
    "p(1) if 1 = 1.",
    "p(x) if q(x) and x > 1 and x > 1. q(1).",
    "@id(\"a\") @id(\"b\") p(1).",
    "p(\u{202e}1).",
    "é(1). p(1) if è(1).",
    "lower(1, 2).",
    "p(1) if lenght([1], 1).",
];

const GRAPH: &str = "edge(1, 2). edge(2, 3). edge(3, 1). edge(3, 4).
path(x, y) if edge(x, y). path(x, y) if path(x, z) and edge(z, y).
node(x) if edge(x, _). node(x) if edge(_, x).
leaf(x) if node(x) and not edge(x, _).
degree(x, n) if n = count(for edge(x, _) by x).
number_of(n) if n = count(for path(_, _)).
all(l) if l = collect(y for path(1, y)).
mean(m) if m = avg(y for edge(_, y)).
every(x) if node(x) and forall edge(x, y): y > x.
kind(x, k) if node(x) and if leaf(x) then k = \"leaf\" else k = \"inner\".";

const POLICY: &str = r#"
input role/2. input suspended/1.
tool({name: "invoice", risk: 0.2}). tool({name: "payout", risk: 0.9}).
grants("clerk", "invoice"). grants("clerk", "payout").
@id("tools-1") @reason("clerks may use the tools of their role")
allow(agent, "use", tool) if role(agent, r) and tool(tool) and grants(r, tool.name)
    and tool.risk < 0.4 and not suspended(agent).
@id("root") allow("root", _, _).
both(x) if allow(x, "use", {name: "invoice", risk: 0.2}) and role(x, "clerk") or x = "nobody"."#;

const ENDLESS: &str = "untabled down/1. down(n) if m = n + 1 and down(m).
wide(n) if between(1, 100000000, n).
tabled pairs/2. pairs(x, y) if between(1, 2000, x) and between(1, 2000, y).
untabled long/2. long(0, []). long(n, [n | t]) if n > 0 and m = n - 1 and long(m, t).";

fn with(mut body: Value, fields: Value) -> Value {
    if let (Value::Object(body), Value::Object(fields)) = (&mut body, fields) {
        body.extend(fields);
    }
    body
}

fn asked(source: &str, goal: impl Into<Value>) -> Value {
    json!({
        "query": goal.into(), "now": NOW,
        "sources": [{ "name": "policy.rules", "text": source }]
    })
}

struct Queries<'a>(&'a mut Vec<Case>);

impl Queries<'_> {
    fn add(&mut self, name: impl Into<String>, body: Value) {
        self.0.push(Case {
            group: "queries",
            name: format!("query-{}", name.into()),
            steps: vec![step("query", body)],
        });
    }

    /// Each of `goals`, with every explanation there is.
    fn explained(&mut self, name: &str, source: &str, facts: &Value, goals: &[&str]) {
        for (index, goal) in goals.iter().enumerate() {
            let fields = json!({ "explain": true, "why_not": true, "facts": facts });
            self.add(
                format!("{name}-{index}"),
                with(asked(source, *goal), fields),
            );
        }
    }
}

fn values(queries: &mut Queries<'_>) {
    for (index, term) in TERMS.into_iter().enumerate() {
        let source = if term.contains("rest") || term.contains("[x") {
            format!("p(v) if v = {term}.")
        } else {
            format!("p({term}).")
        };
        queries.add(format!("term-{index}"), asked(&source, "p(x)"));
    }
    for (index, goal) in GOALS.into_iter().enumerate() {
        queries.add(format!("goal-{index}"), asked("ok(1).", goal));
    }
    for (index, source) in BROKEN.into_iter().enumerate() {
        queries.add(format!("source-{index}"), asked(source, "p(1)"));
    }
    let facts = [
        json!([null, true, 1, -3, 0.5, "a", "?a", [], [1, [2]], {}, { "b": 1, "a": [] }]),
        json!([{ "$integer": "123456789012345678901234567890" }, { "$compound": ["point", 1, 2] }]),
        json!([{ "$variable": 1 }, { "$compound": [] }, { "$integer": "x" }, { "$other": 1 }]),
    ];
    for (index, fact) in facts.into_iter().enumerate() {
        let list: Vec<_> = fact
            .as_array()
            .unwrap()
            .iter()
            .map(|value| json!(["f", value]))
            .collect();
        let body = with(
            asked("input f/1.", json!(["f", "?x"])),
            json!({ "facts": list }),
        );
        queries.add(format!("facts-{index}"), body);
    }
}

fn proofs(queries: &mut Queries<'_>) {
    queries.explained(
        "graph",
        GRAPH,
        &json!([]),
        &[
            "path(1, 4)",
            "path(4, x)",
            "path(x, x)",
            "leaf(x)",
            "leaf(1)",
            "degree(3, n)",
            "number_of(n)",
            "all(l)",
            "mean(m)",
            "every(x)",
            "every(3)",
            "kind(4, k)",
            "not path(4, 1)",
            "exists path(1, _)",
            "path(1, 2) and path(2, 5)",
        ],
    );
    let facts = json!([
        ["role", "ann", "clerk"],
        ["role", "bob", "guest"],
        ["role", "eve", "clerk"],
        ["suspended", "eve"]
    ]);
    queries.explained(
        "policy",
        POLICY,
        &facts,
        &[
            "allow(who, \"use\", {name: \"invoice\", risk: 0.2})",
            "allow(\"ann\", \"use\", {name: \"payout\", risk: 0.9})",
            "allow(\"bob\", \"use\", {name: \"invoice\", risk: 0.2})",
            "allow(\"eve\", \"use\", {name: \"invoice\", risk: 0.2})",
            "allow(\"zoe\", \"use\", x)",
            "allow(who, what, tool)",
            "both(x)",
            "allow(1)",
            "undefined(1)",
            "allow(",
            "",
        ],
    );
    queries.explained(
        "external",
        "external tier/2. gold(x) if tier(x, \"gold\").",
        &json!([]),
        &["gold(\"ann\")", "gold(x)"],
    );
}

fn order_and_limits(queries: &mut Queries<'_>) {
    let mixed = "v(2, \"b\"). v(1.5, \"a\"). v(null, [1]). v(\"s\", {a: 1}). v(2, \"a\"). v(f(1), true). v(1, \"z\").";
    for (index, order) in [
        json!(["x"]),
        json!(["-x"]),
        json!(["x", "-y"]),
        json!(["-y", "x"]),
        json!([1]),
        json!("x"),
    ]
    .into_iter()
    .enumerate()
    {
        queries.add(
            format!("order-{index}"),
            with(asked(mixed, "v(x, y)"), json!({ "order_by": order })),
        );
    }
    let bounds = [
        ("down(0)", json!({ "max_steps": 1000 })),
        ("down(0)", json!({ "max_depth": 100 })),
        ("wide(n)", json!({ "max_answers": 3 })),
        ("wide(n)", json!({ "max_solutions": 2, "order_by": ["-n"] })),
        ("pairs(x, y)", json!({ "max_table_answers": 50 })),
        ("long(100000, l)", json!({ "max_bytes": 100_000 })),
        (
            "wide(n) and n > 5",
            json!({ "max_steps": 40, "max_answers": 100 }),
        ),
        (
            "wide(n) and n < 0",
            json!({ "max_steps": 500, "why_not": true }),
        ),
        ("down(0)", json!({ "max_steps": 0 })),
        (
            "down(0)",
            json!({ "max_steps": -1, "max_depth": "x", "max_answers": 1.5, "max_bytes": null, "max_table_answers": [] }),
        ),
    ];
    for (index, (goal, fields)) in bounds.into_iter().enumerate() {
        queries.add(format!("limit-{index}"), with(asked(ENDLESS, goal), fields));
    }
    for (index, now) in [0_i64, -1, 951_782_400_000, 253_402_300_799_999]
        .into_iter()
        .enumerate()
    {
        queries.add(
            format!("now-{index}"),
            with(asked("t(x) if now(x).", "t(x)"), json!({ "now": now })),
        );
    }
}

const STRUCTURED: [&str; 5] = [
    "declarations: [{input: role/2}]\nfacts:\n  - [edge, 1, 2]\n  - {fact: [role, ann, {$list: [a, 1.0]}], id: r-1}\nrules:\n  - {id: a-1, reason: because, head: [allow, \"?x\"], body: [[role, \"?x\", \"?l\"], [edge, 1, \"?y\"], [lt, 1, \"?y\"]]}\n",
    r#"{"rules": [{"head": ["allow", "?x"], "body": [["eq", "?x", {"$call": ["+", 1, 2]}]]}]}"#,
    "facts:\n  - [allow, ?X]\n",
    "rules:\n  - {head: [allow, \"?x\"], bodi: [[p, 1]]}\n",
    "facts: [[allow, yes], [allow, 0x10], [allow, *a]]\n",
];

fn forms(queries: &mut Queries<'_>) {
    for (index, text) in STRUCTURED.into_iter().enumerate() {
        let body = json!({
            "query": ["allow", "?who"], "now": NOW, "explain": true,
            "sources": [{ "name": "policy.yaml", "format": "structured", "text": text }]
        });
        queries.add(format!("structured-{index}"), body);
    }
    let bodies = [
        json!({ "query": ["p", "?x", "??y", "?", { "a": 1 }, [1]], "sources": ["p(1, \"?y\", 2, {a: 1}, [1])."] }),
        json!({ "query": "p(x)", "sources": ["p(1).", { "name": "two", "text": "p(2)." }, { "text": "p(3)." }] }),
        json!({ "query": "p(x)", "sources": ["p(1).", { "name": "two", "text": "p(x)." }, { "text": "q(" }] }),
        json!({ "query": "p(x)", "sources": [] }),
        json!({ "query": "p(x)", "sources": [1, { "text": 2 }, { "name": "a", "text": "", "format": "toml", "x": 1 }] }),
        json!({ "query": 1, "sources": ["p(1)."] }),
        json!({ "query": [], "sources": ["p(1)."] }),
        json!({ "query": [1], "sources": ["p(1)."] }),
        json!({ "sources": ["p(1)."] }),
        json!({ "query": "p(x)", "rules": "a", "sources": ["p(1)."] }),
        json!([]),
        json!({ "query": "p(x)", "sources": ["p(1)."], "order_by": ["z"] }),
        json!({ "query": "p(x)", "sources": ["p(1)."], "max_stepz": 1, "explain": 1, "why_not": null, "facts": [[]] }),
    ];
    for (index, body) in bodies.into_iter().enumerate() {
        let body = if body.is_object() {
            with(body, json!({ "now": NOW }))
        } else {
            body
        };
        queries.add(format!("body-{index}"), body);
    }
    // Hosts that make a body anew from its values may lose what kind of number 1.0 is.
    let text = r#"{"query":"f(x)","sources":["input f/1."],"facts":[["f",1.0],["f",1],["f",1e0]],"now":0}"#;
    let request =
        json!({ "method": "POST", "path": "/query", "type": "application/json", "text": text });
    queries.0.push(Case {
        group: "queries",
        name: "query-body-as-it-is".to_owned(),
        steps: vec![step("http", request)],
    });
}

pub(crate) fn cases(cases: &mut Vec<Case>) {
    let mut queries = Queries(cases);
    values(&mut queries);
    proofs(&mut queries);
    order_and_limits(&mut queries);
    forms(&mut queries);
}
