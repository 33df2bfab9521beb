//! What hosts over HTTP are asked beside: requests that miss the API, in every way that it names.

use crate::corpus::{Case, step};
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

/// A request from its description: `method`, `path`, `type` of the body where there is one, `text`, which is
/// repeated `times`, and other `headers`.
pub(crate) fn request(description: &Value) -> Request<Body> {
    let text = |name: &str| description[name].as_str().unwrap_or_default();
    let times = description["times"].as_u64().unwrap_or(1) as usize;
    let mut request = Request::builder().method(text("method")).uri(text("path"));
    if let Some(kind) = description["type"].as_str() {
        request = request.header("content-type", kind);
    }
    for (name, value) in description["headers"].as_object().into_iter().flatten() {
        request = request.header(name, value.as_str().unwrap_or_default());
    }
    request
        .body(Body::from(text("text").repeat(times)))
        .unwrap()
}

const JSON: &str = "application/json";

pub(crate) fn cases(cases: &mut Vec<Case>) {
    let session = "/v1/governor/sessions";
    let requests = [
        ("no-route", json!({ "method": "GET", "path": "/nowhere" })),
        (
            "no-route-unicode",
            json!({ "method": "GET", "path": "/n%C3%B6where/%F0%9F%8E%89" }),
        ),
        (
            "wrong-method",
            json!({ "method": "GET", "path": "/evaluate" }),
        ),
        (
            "wrong-method-sessions",
            json!({ "method": "PUT", "path": session }),
        ),
        ("no-body", json!({ "method": "POST", "path": "/evaluate" })),
        (
            "empty-body",
            json!({ "method": "POST", "path": "/evaluate", "type": JSON, "text": "" }),
        ),
        (
            "text",
            json!({ "method": "POST", "path": "/evaluate", "type": "text/plain", "text": "{}" }),
        ),
        (
            "latin",
            json!({ "method": "POST", "path": "/evaluate", "type": "application/json; charset=latin1", "text": "{}" }),
        ),
        (
            "vendor",
            json!({ "method": "POST", "path": "/evaluate", "type": "application/vnd.x+json", "text": "{}" }),
        ),
        (
            "broken",
            json!({ "method": "POST", "path": "/evaluate", "type": JSON, "text": "{\n  \"left\": NaN}" }),
        ),
        (
            "two",
            json!({ "method": "POST", "path": "/evaluate", "type": JSON, "text": "{}{}" }),
        ),
        (
            "deep",
            json!({ "method": "POST", "path": "/evaluate", "type": JSON, "text": "[", "times": 2000 }),
        ),
        (
            "infinite",
            json!({ "method": "POST", "path": "/evaluate", "type": JSON, "text": "{\"budget\":1e999}" }),
        ),
        (
            "twice",
            json!({ "method": "POST", "path": "/evaluate", "type": JSON, "text": "{\"cycle\":1,\"cycle\":2}" }),
        ),
        (
            "bom",
            json!({ "method": "POST", "path": "/evaluate", "type": JSON, "text": "\u{feff}{}" }),
        ),
        (
            "huge",
            json!({ "method": "POST", "path": "/evaluate", "type": JSON, "text": "0123456789abcdef", "times": 65_537 }),
        ),
        (
            "versioned",
            json!({ "method": "POST", "path": "/v1/governor/evaluate", "type": JSON, "text": "{}" }),
        ),
        (
            "no-session",
            json!({ "method": "GET", "path": format!("{session}/nobody") }),
        ),
        (
            "no-session-delete",
            json!({ "method": "DELETE", "path": format!("{session}/nobody") }),
        ),
        (
            "no-session-audit",
            json!({ "method": "GET", "path": format!("{session}/nobody/audit") }),
        ),
        (
            "no-session-step",
            json!({ "method": "POST", "path": format!("{session}/nobody/step"), "type": JSON, "text": "{}" }),
        ),
        (
            "no-session-route",
            json!({ "method": "GET", "path": format!("{session}/nobody/nothing") }),
        ),
        (
            "description",
            json!({ "method": "GET", "path": "/openapi.json" }),
        ),
    ];
    for (name, request) in requests {
        cases.push(Case {
            group: "protocol",
            name: format!("protocol-{name}"),
            steps: vec![step("http", request)],
        });
    }
    let wrong_kind = vec![
        step("open", json!({ "governor": "cycle" })),
        step(
            "step",
            json!({
                "left": { "engine_id": "a", "cycle_index": 0, "answer": "a" },
                "right": { "engine_id": "b", "cycle_index": 0, "answer": "b" }
            }),
        ),
        step("get", Value::Null),
        step("delete", Value::Null),
        step("get", Value::Null),
        step("delete", Value::Null),
    ];
    cases.push(Case {
        group: "protocol",
        name: "protocol-wrong-kind-and-gone".to_owned(),
        steps: wrong_kind,
    });
}
