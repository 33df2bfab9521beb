#[path = "decisions.rs"]
mod decisions;
#[path = "knowledge.rs"]
mod knowledge;

use crate::{MemoryStore, NativeEngines, Platform, Service, ServiceSettings, router};
use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tower::ServiceExt;

#[derive(Default)]
struct Still(AtomicU64);

impl Platform for Still {
    fn unix_ms(&self) -> u64 {
        1_700_000_000_000
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn identifier(&self) -> String {
        format!("id-{}", self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn memory_bytes(&self) -> Option<u64> {
        None
    }
}

/// What never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

pub(super) fn service() -> Router {
    let service = Service::new(
        Arc::new(NativeEngines),
        Arc::new(MemoryStore::new(100, 10_000_000)),
        Arc::new(Still::default()),
        ServiceSettings::default(),
    );
    router(Arc::new(service), [])
}

pub(super) fn text(
    service: &Router,
    (method, path): (Method, &str),
    headers: &[(&str, &str)],
    body: &str,
) -> (StatusCode, String) {
    let mut request = Request::builder().method(method).uri(path);
    request = request.header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = now(service.clone().oneshot(request)).unwrap();
    let status = response.status();
    let body = now(response.into_body().collect()).unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

pub(super) fn call(
    service: &Router,
    method: Method,
    path: &str,
    body: Value,
) -> (StatusCode, Value) {
    let (status, text) = text(service, (method, path), &[], &body.to_string());
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

pub(super) fn post(service: &Router, path: &str, body: Value) -> (StatusCode, Value) {
    call(service, Method::POST, path, body)
}

const POLICY: &str = r#"input role/2. external tier/2.
@id("read-1") @reason("clerks may read")
allow(who, "read") if role(who, "clerk").
risk("ann", 1). risk("bob", 2). risk("cy", 2.0).
divide(x) if x = 1 / 0.
premium(who) if tier(who, "gold").
number(0). number(n) if number(m) and n = m + 1.
"#;

fn question(query: Value, more: Value) -> Value {
    let mut body = json!({"query": query, "sources": [{"name": "policy.rules", "text": POLICY}]});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn ask(query: Value, more: Value) -> Value {
    let (status, answer) = post(&service(), "/query", question(query, more));
    assert_eq!(status, 200, "{answer}");
    answer
}

#[test]
fn an_answer_permits_and_proves() {
    let facts = json!({"facts": [["role", "ann", "clerk"]], "explain": true});
    for query in [
        json!("allow(who, \"read\")"),
        json!(["allow", "?who", "read"]),
    ] {
        let answer = ask(query, facts.clone());
        assert_eq!(answer["verdict"], "allow");
        assert_eq!(answer["reasons"][0]["code"], "rules:proved");
        assert_eq!(answer["answers"][0]["bindings"], json!({"who": "ann"}));
        assert_eq!(
            (&answer["complete"], &answer["truncated_by"]),
            (&json!(true), &Value::Null)
        );
        let proof = answer["answers"][0]["proof"].as_array().unwrap();
        let rule = proof
            .iter()
            .find(|step| step["justification"] == "rule")
            .unwrap();
        assert_eq!(
            (&rule["id"], &rule["place"]["line"]),
            (&json!("read-1"), &json!(2))
        );
    }
}

#[test]
fn no_answer_denies_and_says_why() {
    let answer = ask(json!(["allow", "ann", "read"]), json!({"why_not": true}));
    assert_eq!(answer["verdict"], "deny");
    assert_eq!(answer["reasons"][0]["code"], "rules:not-provable");
    assert_eq!(answer["why_not"][0]["attempts"][0]["id"], "read-1");
}

#[test]
fn what_could_not_be_found_out_is_no_permission() {
    let answer = ask(json!("divide(x)"), json!({}));
    assert_eq!(answer["verdict"], "deny");
    assert_eq!(answer["reasons"][0]["code"], "rules:runtime-error");
    let answer = ask(json!("premium(\"ann\")"), json!({}));
    assert_eq!(answer["verdict"], "refine");
    assert_eq!(answer["reasons"][0]["code"], "rules:needs-external");
    assert_eq!(
        answer["needs"],
        json!({"name": "tier", "arguments": ["ann", "gold"]})
    );
    let answer = ask(json!("number(n) and n < 0"), json!({"max_steps": 1000}));
    assert_eq!(answer["verdict"], "deny");
    assert_eq!(answer["reasons"][0]["code"], "rules:limit");
    assert_eq!(answer["truncated_by"]["name"], "max-steps");
}

#[test]
fn answers_come_in_order_up_to_a_bound() {
    let order = json!({"order_by": ["-r", "who"]});
    let answer = ask(json!("risk(who, r)"), order);
    let names: Vec<_> = answer["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| answer["bindings"]["who"].clone())
        .collect();
    assert_eq!(names.len(), 3);
    assert_eq!(names[2], "ann");
    let answer = ask(json!("risk(who, r)"), json!({"max_solutions": 2}));
    assert_eq!(answer["answers"].as_array().unwrap().len(), 2);
    assert_eq!(answer["complete"], false);
    assert_eq!(answer["truncated_by"]["name"], "max-answers");
}

#[test]
fn answers_can_be_lines() {
    let body = question(json!("risk(who, r)"), json!({})).to_string();
    let accept = [("accept", "application/x-ndjson")];
    let (status, text) = text(&service(), (Method::POST, "/query"), &accept, &body);
    assert_eq!(status, 200);
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["bindings"], json!({"who": "ann", "r": 1}));
    assert_eq!(lines[3]["verdict"], "allow");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let service = service();
    let body = json!({"query": "p(x)", "sources": ["p(1).\nq(x) if r(."]});
    let (status, answer) = post(&service, "/query", body);
    assert_eq!(status, 422, "{answer}");
    assert_eq!(answer["type"], "urn:assize:problem:invalid-rules");
    assert_eq!(answer["errors"][0]["line"], 2);
    assert!(answer["errors"][0]["code"].is_string());
    let (status, answer) = post(&service, "/query", question(json!("risk(who, "), json!({})));
    assert_eq!(status, 422, "{answer}");
    assert_eq!(answer["errors"][0]["source"], "query");
    let wrong = json!({"query": 1, "max_steps": -1, "order_by": [2], "facts": [[]], "max_step": 1});
    let (status, answer) = post(&service, "/query", wrong);
    assert_eq!(status, 400, "{answer}");
    assert_eq!(answer["errors"].as_array().unwrap().len(), 5, "{answer}");
    let twice = r#"{"query": "p(1)", "query": "p(2)", "sources": ["p(1)."]}"#;
    let (status, _) = text(&service, (Method::POST, "/query"), &[], twice);
    assert_eq!(status, 400);
    let (status, _) = post(
        &service,
        "/query",
        question(json!("risk(w, r)"), json!({"order_by": ["x"]})),
    );
    assert_eq!(status, 400);
}
