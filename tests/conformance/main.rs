//! One corpus, every host, the same bytes.
//!
//! Runs the corpus over HTTP on the core in this process and on the component in wasmtime. Where
//! `ASSIZE_CONFORMANCE` names a folder, the corpus, its answers and a row for each host are left there:
//! `http.mjs` and `package.mjs` go on with the other hosts, `cargo xtask conformance` prints the rows as a table.

mod canonical;
mod corpus;
mod knowledge;
mod protocol;
mod rules;

use assize_service::{Engines, NativeEngines};
use assize_tests::{component, send, service_with};
use axum::Router;
use axum::body::Body;
use canonical::{canonical, masked, problem};
use corpus::{Case, Step, cases};
use http::{Method, Request};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const SESSIONS: &str = "/v1/governor/sessions";

/// What a host said to one step.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    status: u16,
    /// Headers that say what it is, and the body, but for when and under what name.
    text: String,
    /// What it means, for hosts that speak no HTTP.
    meaning: String,
}

/// A step as a request, on the session that was opened.
fn request(step: &Step, session: &str) -> Request<Body> {
    if step.call == "http" {
        return protocol::request(&step.body);
    }
    let path = match step.call {
        "evaluate" | "query" => format!("/{}", step.call),
        "batch" => "/v1/governor/evaluate:batch".to_owned(),
        "open" => SESSIONS.to_owned(),
        "get" | "delete" => session.to_owned(),
        "cycle" => format!("{session}/evaluate"),
        other => format!("{session}/{other}"),
    };
    let (method, body) = match step.call {
        "get" | "audit" => (Method::GET, String::new()),
        "delete" => (Method::DELETE, String::new()),
        "reopen" | "reset" => (Method::POST, String::new()),
        _ => (Method::POST, step.body.to_string()),
    };
    let mut request = Request::new(Body::from(body.clone()));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap();
    if !body.is_empty() {
        let json = "application/json".parse().unwrap();
        request.headers_mut().insert("content-type", json);
    }
    request
}

async fn answers(host: &Router, case: &Case) -> Vec<Said> {
    let mut session = String::new();
    let mut answers = Vec::new();
    for step in &case.steps {
        let answer = send(host, request(step, &session)).await;
        if step.call == "open" {
            session = answer.header("location").to_owned();
        }
        let heads = ["content-type", "allow", "location"].map(|name| answer.header(name));
        let body = String::from_utf8(answer.bytes.clone()).unwrap();
        let text = format!("{}\n{body}", heads.join(" | "));
        let said = answer.json();
        let meaning = if answer.status.is_success() {
            said
        } else {
            problem(&said)
        };
        assert!(!answer.status.is_server_error(), "{}: {text}", case.name);
        answers.push(Said {
            status: answer.status.as_u16(),
            text: masked(&text, session.rsplit('/').next().unwrap_or_default()),
            meaning: canonical(&meaning),
        });
    }
    if !session.is_empty() {
        send(
            host,
            request(&corpus::step("delete", Value::Null), &session),
        )
        .await;
    }
    answers
}

/// What is left of a host's run: `cargo xtask conformance` makes it a line of its table.
fn row(host: &str, cases: &[Case], answers: usize, milliseconds: u128) -> Value {
    let mut groups = BTreeMap::new();
    for case in cases {
        *groups.entry(case.group).or_insert(0) += 1;
    }
    json!({
        "host": host, "groups": groups, "cases": cases.len(), "answers": answers,
        "milliseconds": u64::try_from(milliseconds).unwrap_or(u64::MAX)
    })
}

async fn run(name: &str, engines: Arc<dyn Engines>, cases: &[Case]) -> (Vec<Vec<Said>>, Value) {
    let host = service_with(engines, 1024 * 1024);
    let started = Instant::now();
    let mut all = Vec::new();
    for case in cases {
        all.push(answers(&host, case).await);
    }
    let steps: usize = all.iter().map(Vec::len).sum();
    let row = row(name, cases, steps, started.elapsed().as_millis());
    (all, row)
}

fn leave(folder: &Path, cases: &[Case], answers: &[Vec<Said>], rows: &[Value]) {
    std::fs::create_dir_all(folder).unwrap();
    let mut text = String::new();
    for (case, answers) in cases.iter().zip(answers) {
        let steps: Vec<_> = case
            .steps
            .iter()
            .zip(answers)
            .map(|(step, said)| {
                json!({
                    "call": step.call, "body": step.body, "answer": said.meaning,
                    "status": said.status, "text": said.text
                })
            })
            .collect();
        let line = json!({ "name": case.name, "group": case.group, "steps": steps });
        let _ = writeln!(text, "{line}");
    }
    std::fs::write(folder.join("corpus.ndjson"), text).unwrap();
    let file = folder.join("rows.ndjson");
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .unwrap();
    for row in rows {
        writeln!(file, "{row}").unwrap();
    }
}

#[tokio::test]
async fn component_answers_as_the_core_does() {
    let cases = cases();
    assert!(cases.len() >= 580, "{} cases", cases.len());
    let core = Arc::new(NativeEngines);
    let (expected, core) = run("core in this process", core, &cases).await;
    let (observed, component) = run("component in wasmtime", component(), &cases).await;
    for ((case, expected), observed) in cases.iter().zip(&expected).zip(&observed) {
        assert_eq!(expected, observed, "{}", case.name);
    }
    if let Some(folder) = std::env::var_os("ASSIZE_CONFORMANCE") {
        leave(Path::new(&folder), &cases, &expected, &[core, component]);
    }
}
