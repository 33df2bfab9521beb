//! One corpus, every host, the same bytes.
//!
//! Runs the corpus over HTTP on the core in this process and on the component in wasmtime. Where
//! `ASSIZE_CONFORMANCE` names a folder, the corpus and its answers are left there for the hosts that
//! JavaScript runs: `browser.mjs` goes on with them.

mod corpus;

use assize_service::{Engines, NativeEngines};
use assize_tests::{call, component, service_with};
use axum::Router;
use corpus::{Case, cases};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const SESSIONS: &str = "/v1/governor/sessions";

/// Fields that say when and under what name, not what.
const CIRCUMSTANCES: [&str; 4] = ["id", "sequence", "created_ms", "updated_ms"];

/// What a host answered, so that equal answers are equal texts: keys in order, numbers by their bits.
fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Number(number) => {
            let bits = number.as_f64().unwrap_or(f64::NAN).to_bits();
            let _ = write!(text, "#{bits:016x}");
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(fields) => {
            text.push('{');
            let mut names: Vec<_> = fields.keys().collect();
            names.sort();
            for name in names {
                if !CIRCUMSTANCES.contains(&name.as_str()) {
                    let _ = write!(text, "{}:", Value::from(name.as_str()));
                    write(&fields[name], text);
                    text.push(',');
                }
            }
            text.push('}');
        }
        other => text.push_str(&other.to_string()),
    }
}

/// Of a problem, what every host says of it.
fn problem(value: &Value) -> Value {
    let kind = value["type"].as_str().unwrap_or_default();
    let mut said = json!({ "error": kind.rsplit(':').next() });
    for field in ["errors", "limit"] {
        if let Some(found) = value.get(field) {
            said[field] = found.clone();
        }
    }
    said
}

async fn answers(host: &Router, case: &Case) -> Vec<String> {
    let mut session = String::new();
    let mut answers = Vec::new();
    for step in &case.steps {
        let path = match step.call {
            "evaluate" => "/evaluate".to_owned(),
            "batch" => "/v1/governor/evaluate:batch".to_owned(),
            "open" => SESSIONS.to_owned(),
            "get" => session.clone(),
            "cycle" => format!("{session}/evaluate"),
            other => format!("{session}/{other}"),
        };
        let (method, body) = match step.call {
            "get" | "audit" => (Method::GET, String::new()),
            "reopen" | "reset" => (Method::POST, String::new()),
            _ => (Method::POST, step.body.to_string()),
        };
        let answer = call(host, method, &path, &body).await;
        if step.call == "open" {
            session = answer.header("location").to_owned();
        }
        assert!(
            answer.status < StatusCode::INTERNAL_SERVER_ERROR,
            "{}",
            case.name
        );
        let said = answer.json();
        let is_good = answer.status.is_success();
        answers.push(canonical(&if is_good { said } else { problem(&said) }));
    }
    if !session.is_empty() {
        call(host, Method::DELETE, &session, "").await;
    }
    answers
}

async fn run(name: &str, engines: Arc<dyn Engines>, cases: &[Case]) -> Vec<Vec<String>> {
    let host = service_with(engines, 1024 * 1024);
    let started = Instant::now();
    let mut all = Vec::new();
    for case in cases {
        all.push(answers(&host, case).await);
    }
    let steps: usize = all.iter().map(Vec::len).sum();
    let milliseconds = started.elapsed().as_millis();
    let line = format!(
        "{name:<28} {:>5} cases {steps:>6} answers {milliseconds:>7} ms\n",
        all.len()
    );
    let _ = std::io::stderr().write_all(line.as_bytes());
    all
}

fn leave(folder: &Path, cases: &[Case], answers: &[Vec<String>]) {
    let mut text = String::new();
    for (case, answers) in cases.iter().zip(answers) {
        let steps: Vec<_> = case
            .steps
            .iter()
            .zip(answers)
            .map(|(step, answer)| json!({ "call": step.call, "body": step.body, "answer": answer }))
            .collect();
        let _ = writeln!(text, "{}", json!({ "name": case.name, "steps": steps }));
    }
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("corpus.ndjson"), text).unwrap();
}

#[tokio::test]
async fn component_answers_as_the_core_does() {
    let cases = cases();
    assert!(cases.len() >= 300, "{} cases", cases.len());
    let expected = run("core in this process", Arc::new(NativeEngines), &cases).await;
    let observed = run("component in wasmtime", component(), &cases).await;
    for ((case, expected), observed) in cases.iter().zip(&expected).zip(&observed) {
        assert_eq!(expected, observed, "{}", case.name);
    }
    if let Some(folder) = std::env::var_os("ASSIZE_CONFORMANCE") {
        leave(Path::new(&folder), &cases, &expected);
    }
}

#[test]
fn canonical_form_tells_answers_apart() {
    let differ = |one: Value, other: Value| assert_ne!(canonical(&one), canonical(&other));
    differ(
        json!({ "risk": 0.1 }),
        json!({ "risk": 0.100_000_000_000_000_02 }),
    );
    differ(json!({ "risk": 0.0 }), json!({ "risk": -0.0 }));
    differ(json!(null), json!("null"));
    differ(json!([1, [2]]), json!([[1], 2]));
    assert_eq!(canonical(&json!(1)), canonical(&json!(1.0)));
    assert_eq!(
        canonical(&json!({ "id": 1 })),
        canonical(&json!({ "id": 2 }))
    );
}
