//! What every host that keeps knowledge bases is asked: stories over `/v1/rules`, decisions and AuthZEN.

use crate::corpus::{Case, Step, step};
use serde_json::{Value, json};

const FIRST: &str = r#"input role/2. @id("read-1") @reason("clerks read") allow(who, "read", _) if role(who, "clerk")."#;
const SECOND: &str = r#"input role/2. allow(who, "read", _) if role(who, "auditor").
@id("no-1") deny(who, _, _) if role(who, "banned").
escalate(who, "pay", _) if role(who, "clerk"). oblige(_, "read", _, {log: true})."#;
const RECORDS: &str = r#"allow(s, a, r, c) if s.type = "user" and a.name = "read" and r.owner = s.id and c.hour < 18.
@id("late") @reason("after hours a person decides") escalate(_, _, _, c) if c.hour >= 18."#;

/// A request as it is, with the headers of `more`.
fn asks(method: &str, path: &str, body: Value, more: Value) -> Step {
    let mut request = json!({ "method": method, "path": path });
    if !body.is_null() {
        request["type"] = "application/json".into();
        request["text"] = body.to_string().into();
    }
    if !more.is_null() {
        request["headers"] = more;
    }
    step("http", request)
}

fn post(path: &str, body: Value) -> Step {
    asks("POST", path, body, Value::Null)
}

fn get(path: &str) -> Step {
    asks("GET", path, Value::Null, Value::Null)
}

fn put(path: &str, text: &str) -> Step {
    let body = json!({ "sources": [{ "name": "policy.rules", "text": text }] });
    asks("PUT", path, body, Value::Null)
}

fn decide(path: &str, subject: &str, action: &str) -> Step {
    let body = json!({ "subject": subject, "action": action, "resource": { "type": "document", "id": "d1" }, "now": 0 });
    post(path, body)
}

fn versions() -> Vec<Step> {
    let (base, facts, active) = (
        "/v1/rules/tools",
        "/v1/rules/tools/facts",
        "/v1/rules/tools/activate",
    );
    let query = || {
        post(
            "/query",
            json!({ "query": "allow(who, what, _)", "rules": "tools", "explain": true, "now": 0 }),
        )
    };
    vec![
        get("/v1/rules"),
        get(base),
        query(),
        put(base, "allow(x) if"),
        get(base),
        put(base, FIRST),
        query(),
        post(
            facts,
            json!({ "add": [["role", "ann", "clerk"], ["role", "bob", "clerk"], ["role", "cy", { "$compound": ["f", 1.0] }]] }),
        ),
        query(),
        post(
            facts,
            json!({ "add": [["role", "ann"]], "remove": [["absent", 1]] }),
        ),
        post(
            facts,
            json!({ "add": [["role", "ann", "clerk"]], "remove": [["role", "bob", "clerk"]] }),
        ),
        query(),
        put(base, SECOND),
        query(),
        asks(
            "PUT",
            base,
            json!({ "sources": [FIRST], "activate": false }),
            Value::Null,
        ),
        get("/v1/rules/tools/versions/1"),
        get("/v1/rules/tools/versions/9"),
        get("/v1/rules/tools/versions/x"),
        post(active, json!({ "version": 1 })),
        query(),
        post(active, json!({ "version": 9 })),
        post(active, json!({ "version": "1" })),
        put(base, "other(1)."),
        get(base),
        get("/v1/rules"),
        decide("/v1/rules/tools/decide", "ann", "read"),
        asks("PATCH", base, Value::Null, Value::Null),
        get("/v1/rules/tools/nothing"),
        get("/v1/rules/tools/decide"),
        put("/v1/rules/a%20b", FIRST),
        put(&format!("/v1/rules/{}", "n".repeat(65)), FIRST),
        asks("DELETE", base, Value::Null, Value::Null),
        asks("DELETE", base, Value::Null, Value::Null),
        get(base),
        query(),
        put(base, FIRST),
        get(base),
        query(),
        asks("DELETE", base, Value::Null, Value::Null),
        get("/v1/rules"),
    ]
}

fn decisions() -> Vec<Step> {
    let path = "/v1/rules/decisions/decide";
    let roles = json!({ "add": [["role", "ann", "auditor"], ["role", "bob", "banned"], ["role", "bob", "auditor"], ["role", "cy", "clerk"]] });
    let mut steps = vec![
        put("/v1/rules/decisions", SECOND),
        post("/v1/rules/decisions/facts", roles),
    ];
    for subject in ["ann", "bob", "cy", "zoe"] {
        steps.extend(["read", "pay"].map(|action| decide(path, subject, action)));
    }
    steps.extend([
        post(
            path,
            json!({ "subject": 1, "action": [], "now": "x", "more": 1 }),
        ),
        post(
            path,
            json!({ "subject": "ann", "action": "read", "resource": "d1", "max_steps": 1 }),
        ),
        post(path, json!(null)),
        post(path, json!([])),
        post(
            "/v1/rules/absent/decide",
            json!({ "subject": "a", "action": "b", "resource": "c" }),
        ),
        put("/v1/rules/decisions", RECORDS),
        put("/v1/rules/records", RECORDS),
    ]);
    for hour in [9, 20] {
        let body = json!({
            "subject": { "type": "user", "id": "ann" }, "action": { "name": "read" },
            "resource": { "type": "document", "id": "d1", "properties": { "owner": "ann" } }, "context": { "hour": hour }
        });
        steps.push(post("/v1/rules/records/decide", body));
    }
    steps
}

fn authzen() -> Vec<Step> {
    let subject = |id: &str| json!({ "type": "user", "id": id });
    let (read, document) = (
        json!({ "name": "read" }),
        json!({ "type": "document", "id": "d1" }),
    );
    let evaluation =
        |id: &str| json!({ "subject": subject(id), "action": read, "resource": document });
    let many = |semantic: &str| {
        let items: Vec<_> = ["zoe", "ann", "bob"]
            .iter()
            .map(|id| json!({ "subject": subject(id) }))
            .collect();
        post(
            "/access/v1/evaluations",
            json!({
                "action": read, "resource": document, "evaluations": [items[0], items[1], { "subject": 7 }, items[2]],
                "options": { "evaluations_semantic": semantic }
            }),
        )
    };
    let search = |what: &str, body: Value| post(&format!("/access/v1/search/{what}"), body);
    let source = r#"may("ann", "read", "d1"). may("ann", "write", "d1"). may("ann", "read", "d2"). may("dan", "read", "d1"). may("bob", "read", "d1").
@id("a-1") @reason("it is listed") allow(s, a, r) if may(s, a, r). deny("bob", _, _). oblige("dan", _, _, "log")."#;
    vec![
        post("/access/v1/evaluation", evaluation("ann")),
        put("/v1/rules/default", source),
        post("/access/v1/evaluation", evaluation("ann")),
        post("/access/v1/evaluation", evaluation("bob")),
        post("/access/v1/evaluation", evaluation("dan")),
        post("/access/v1/evaluation", evaluation("zoe")),
        asks(
            "POST",
            "/access/v1/evaluation",
            evaluation("ann"),
            json!({ "x-assize-rules": "absent" }),
        ),
        asks(
            "POST",
            "/access/v1/evaluation",
            evaluation("ann"),
            json!({ "x-assize-rules": "default" }),
        ),
        post(
            "/access/v1/evaluation",
            json!({ "subject": { "type": "user" } }),
        ),
        post("/access/v1/evaluation", json!([])),
        many("execute_all"),
        many("deny_on_first_deny"),
        many("permit_on_first_permit"),
        many("other"),
        post("/access/v1/evaluations", evaluation("ann")),
        search(
            "subject",
            json!({ "subject": { "type": "user" }, "action": read, "resource": document }),
        ),
        search(
            "resource",
            json!({ "subject": subject("ann"), "action": read, "resource": { "type": "document" } }),
        ),
        search(
            "action",
            json!({ "subject": subject("ann"), "resource": document }),
        ),
        search("action", json!({ "subject": subject("zoe") })),
        get("/access/v1/evaluation"),
        post(
            "/query",
            json!({ "query": "may(\"ann\", a, \"d1\")", "now": 0 }),
        ),
        asks(
            "POST",
            "/query",
            json!({ "query": "may(s, a, r)", "now": 0, "explain": true }),
            json!({ "accept": "application/x-ndjson" }),
        ),
        asks("DELETE", "/v1/rules/default", Value::Null, Value::Null),
    ]
}

fn checks() -> Vec<Step> {
    let check = |text: &str| {
        post(
            "/v1/rules/check",
            json!({ "sources": [{ "name": "policy.rules", "text": text }] }),
        )
    };
    vec![
        check(FIRST),
        check("allow(x) if q(y)."),
        check("p(1) if q(1). q(1) if not p(1)."),
        check("p(x) if"),
        post("/v1/rules/check", json!({})),
        post(
            "/v1/rules/check",
            json!({ "sources": ["p(1)."], "more": 1 }),
        ),
    ]
}

pub(crate) fn cases(cases: &mut Vec<Case>) {
    let stories = [
        ("versions", versions()),
        ("decisions", decisions()),
        ("authzen", authzen()),
        ("checks", checks()),
    ];
    for (name, steps) in stories {
        cases.push(Case {
            group: "knowledge",
            name: format!("knowledge-{name}"),
            steps,
        });
    }
}
