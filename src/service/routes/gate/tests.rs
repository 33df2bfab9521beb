use crate::journal::JournalSettings;
use crate::{
    MemoryStore, ModelFuture, Models, NativeEngines, Platform, Service, ServiceSettings, router,
};
use assize_core::controller::{ControllerConfig, ControllerSettings};
use assize_core::memory::MemorySettings;
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

mod embeddings;
mod operations;
mod streams;

const SAID: &str =
    "The court hears both sides before it decides anything, and it says in public why it did.";

/// A clock that goes on by a second with each look.
#[derive(Default)]
struct Ticking(AtomicU64);

impl Platform for Ticking {
    fn unix_ms(&self) -> u64 {
        1_700_000_000_000 + 1000 * self.0.fetch_add(1, Ordering::Relaxed)
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

struct Saying(Result<&'static str, &'static str>);

impl Models for Saying {
    fn generate<'a>(&'a self, _: &'a str, _: u32) -> ModelFuture<'a, String> {
        let said = self.0.map(str::to_owned).map_err(str::to_owned);
        Box::pin(async move { said })
    }

    fn embed<'a>(&'a self, _: &'a [&'a str]) -> ModelFuture<'a, Vec<Vec<f32>>> {
        Box::pin(async { Err("there is none".to_owned()) })
    }
}

/// What never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1000 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
    panic!("it waits");
}

fn settings() -> ServiceSettings {
    let memory = MemorySettings {
        capacity: 50,
        text_bytes: 64 * 1024,
        ..MemorySettings::default()
    };
    let gate = ControllerSettings {
        memory,
        ..ControllerSettings::default()
    };
    ServiceSettings {
        gate: ControllerConfig::new(gate.with_dimension(64)).unwrap(),
        journal: JournalSettings::default(),
        ..ServiceSettings::default()
    }
}

fn over(store: Arc<MemoryStore>, said: Option<Result<&'static str, &'static str>>) -> Router {
    let service = Service::new(
        Arc::new(NativeEngines),
        store,
        Arc::new(Ticking::default()),
        settings(),
    );
    let service = match said {
        Some(said) => service.with_models(Arc::new(Saying(said))),
        None => service,
    };
    router(Arc::new(service), [])
}

fn store() -> Arc<MemoryStore> {
    Arc::new(MemoryStore::new(1000, 100_000_000))
}

fn call(service: &Router, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let mut request = Request::builder().method(&method).uri(path);
    let body = if method == Method::GET || body.is_null() {
        Body::empty()
    } else {
        request = request.header("content-type", "application/json");
        Body::from(body.to_string())
    };
    let response = now(service.clone().oneshot(request.body(body).unwrap())).unwrap();
    let status = response.status();
    let bytes = now(response.into_body().collect()).unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

fn post(service: &Router, path: &str, body: Value) -> Value {
    let (status, answer) = call(service, Method::POST, path, body);
    assert!(status.is_success(), "{path}: {answer}");
    answer
}

fn get(service: &Router, path: &str) -> Value {
    call(service, Method::GET, path, Value::Null).1
}

fn scraped(service: &Router) -> String {
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let response = now(service.clone().oneshot(request)).unwrap();
    let bytes = now(response.into_body().collect()).unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_prompt_is_answered_remembered_and_goes_before_the_next() {
    let service = over(store(), Some(Ok(SAID)));
    let ask = json!({"prompt": "how does a court decide", "moral_value": 0.95});
    let answer = post(&service, "/v1/generate", ask.clone());
    assert_eq!(answer["response"], SAID);
    assert_eq!(
        (&answer["accepted"], &answer["note"]),
        (&json!(true), &json!("processed"))
    );
    assert_eq!(answer["verdict"], "allow");
    let answer = post(&service, "/v1/generate", ask);
    assert_eq!(
        (&answer["verdict"], &answer["context_items"]),
        (&json!("transform"), &json!(1))
    );
    let state = get(&service, "/v1/state");
    assert_eq!(
        (&state["step"], &state["pelm_stats"]["used"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(state["in_flight"], 0);
    let other = get(&service, "/v1/state?session=other");
    assert_eq!(other["step"], 0);
}

#[test]
fn refusals_are_answers_and_mistakes_are_problems() {
    let service = over(store(), Some(Ok(SAID)));
    let low = json!({"prompt": "why", "moral_value": 0.2});
    let answer = post(&service, "/v1/generate", low);
    assert_eq!(
        (&answer["accepted"], &answer["note"]),
        (&json!(false), &json!("morally rejected"))
    );
    assert_eq!(answer["reasons"][0]["threshold"], 0.5);
    for (path, body, pointer) in [
        ("/v1/generate", json!({"prompt": " "}), "/prompt"),
        (
            "/v1/generate",
            json!({"prompt": "why", "moral_value": 1.5}),
            "/moral_value",
        ),
        ("/v1/admit", json!({"moral_value": "high"}), "/moral_value"),
        (
            "/v1/memory",
            json!({"entries": [{"vector": [1.0]}]}),
            "/entries/0/vector",
        ),
        ("/v1/memory/forget", json!({}), ""),
        ("/v1/admit?session=a/b", json!({"moral_value": 0.9}), ""),
        ("/v1/admit?sesion=a", json!({"moral_value": 0.9}), ""),
    ] {
        let (status, problem) = call(&service, Method::POST, path, body);
        assert_eq!(status, 400, "{path}: {problem}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    assert_eq!(get(&service, "/v1/state")["step"], 1);
    let (status, problem) = call(
        &service,
        Method::POST,
        "/v1/record",
        json!({"response": "x"}),
    );
    assert_eq!(status, 409, "{problem}");
    let without = over(store(), None);
    let (status, problem) = call(
        &without,
        Method::POST,
        "/v1/generate",
        json!({"prompt": "why"}),
    );
    assert_eq!(status, 501, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("/v1/admit"));
}

#[test]
fn what_came_of_somebody_is_forgotten() {
    let service = over(store(), Some(Ok(SAID)));
    for user in ["ann", "bob", "ann"] {
        let ask = json!({"prompt": "how does a court decide", "moral_value": 0.95, "user": user});
        assert_eq!(post(&service, "/v1/generate", ask)["remembered"], true);
    }
    let forgotten = post(&service, "/v1/memory/forget", json!({"source_name": "ann"}));
    assert_eq!(forgotten["removed"], 2);
    let listed = get(&service, "/v1/memory/entries");
    assert_eq!(listed["entries"][0]["source_name"], "bob");
}

#[test]
fn a_model_that_fails_ends_the_request_and_leaves_nothing_behind() {
    let service = over(store(), Some(Err("the model took too long")));
    let ask = json!({"prompt": "why", "moral_value": 0.95});
    let answer = post(&service, "/v1/generate", ask);
    assert_eq!(
        answer["note"],
        "error: generation failed: the model took too long"
    );
    assert_eq!(
        (&answer["verdict"], &answer["response"]),
        (&json!("deny"), &json!(""))
    );
    let state = get(&service, "/v1/state");
    assert_eq!(
        (&state["in_flight"], &state["pelm_stats"]["used"]),
        (&json!(0), &json!(0))
    );
}

#[test]
fn callers_with_a_model_of_their_own_admit_record_and_remember() {
    let service = over(store(), None);
    let admitted = post(
        &service,
        "/v1/admit",
        json!({"text": "please help me", "moral_value": 0.7}),
    );
    assert_eq!(admitted["verdict"], "allow");
    let judged = post(
        &service,
        "/v1/record",
        json!({"prompt": "please help me", "response": SAID}),
    );
    assert_eq!(judged["accepted"], true);
    let entries = json!({"entries": [
        {"text": "courts sit in public", "source_name": "ann"},
        {"text": "juries have twelve members", "source_name": "bob"},
        {"text": "maybe", "confidence": 0.2},
    ]});
    let inserted = post(&service, "/v1/memory", entries);
    assert_eq!(
        (&inserted["stored"], &inserted["refused"]),
        (&json!(2), &json!(1))
    );
    let found = post(
        &service,
        "/v1/memory/search",
        json!({"text": "do courts sit in public?"}),
    );
    assert_eq!(found["entries"][0]["entry"]["text"], "courts sit in public");
    let ask = json!({"text": "courts in public", "moral_value": 0.9, "context_top_k": 1});
    let admitted = post(&service, "/v1/admit", ask);
    assert_eq!(admitted["context"][0]["entry"]["source_name"], "ann");
    let forgotten = post(&service, "/v1/memory/forget", json!({"source_name": "ann"}));
    assert_eq!(forgotten["removed"], 1);
    let listed = get(&service, "/v1/memory/entries?count=10");
    assert_eq!(listed["entries"].as_array().unwrap().len(), 1);
    assert_eq!(get(&service, "/v1/memory")["used"], 1);
    let (status, _) = call(&service, Method::POST, "/v1/state/reset", Value::Null);
    assert_eq!(status, 204);
    assert_eq!(get(&service, "/v1/memory")["used"], 0);
}

#[test]
fn what_was_answered_survives_the_process_and_two_processes_lose_nothing() {
    let store = store();
    let first = over(Arc::clone(&store), Some(Ok(SAID)));
    let second = over(Arc::clone(&store), Some(Ok(SAID)));
    for turn in 0..12 {
        let service = if turn % 2 == 0 { &first } else { &second };
        let ask = json!({"prompt": format!("question {turn} about courts"), "moral_value": 0.95});
        let answer = post(service, "/v1/generate", ask);
        assert_eq!(answer["step"], turn + 1, "{answer}");
    }
    let third = over(store, None);
    let state = get(&third, "/v1/state");
    assert_eq!(state, get(&first, "/v1/state"));
    assert_eq!(state, get(&second, "/v1/state"));
    assert_eq!(state["step"], 12);
    assert_eq!(state["counters"]["asleep"], 3);
}
