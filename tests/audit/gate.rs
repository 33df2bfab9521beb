//! Sessions of the gate, with a language model that does what models do: they survive a kill, and are run again
//! without asking anybody.

use crate::places::{File, Place};
use crate::world::{CACHE, Serving, assert_whole, assize};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const SAID: &str =
    "A court hears both sides before it decides anything, and says in public why it did.";

/// What a prompt says the model is to do.
fn say(prompt: &str, asked: u64) -> Response {
    let sent = |body: String| ([("content-type", "application/json")], body).into_response();
    let completion = |text: &str| {
        let message = json!({"role": "assistant", "content": text});
        sent(json!({"choices": [{"message": message, "finish_reason": "stop"}]}).to_string())
    };
    if prompt.contains("busy") && asked.is_multiple_of(2) {
        return (
            StatusCode::TOO_MANY_REQUESTS,
            [("retry-after", "0")],
            "later",
        )
            .into_response();
    }
    match prompt {
        _ if prompt.contains("garbage") => sent("{\"choices\": [}".to_owned()),
        _ if prompt.contains("empty") => completion(" "),
        _ if prompt.contains("loop") => completion(&"no no ".repeat(30)),
        _ if prompt.contains("broken") => StatusCode::BAD_REQUEST.into_response(),
        _ => completion(SAID),
    }
}

async fn model() -> (String, Arc<AtomicU64>) {
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let chat = move |body: String| async move {
        let request: Value = serde_json::from_str(&body).unwrap();
        let prompt = request["messages"][0]["content"].as_str().unwrap();
        say(prompt, count.fetch_add(1, Ordering::Relaxed))
    };
    let router = axum::Router::new().route("/v1/chat/completions", post(chat));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}/v1"), asked)
}

fn config(url: &str) -> String {
    format!(
        "[model]\nprovider = \"openai\"\nmodel = \"m\"\nbase_url = \"{url}\"\napi_key = \"sk-not-to-be-seen\"\n\
         attempts = 3\nbreaker_failures = 100\n[memory]\ndimension = 32\ncapacity = 12\n"
    )
}

async fn ask(serving: &Serving, prompt: &str) -> Value {
    let body = json!({"prompt": prompt, "moral_value": 0.95, "user": "ann"}).to_string();
    let (status, answer) = serving.post("/v1/generate", &body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn live(serving: &Serving) {
    for (prompt, verdict, note) in [
        ("what is a court", "allow", "processed"),
        ("what is a court now", "transform", "processed"),
        ("busy, what is a court", "transform", "processed"),
        ("garbage", "deny", "error: generation failed"),
        ("broken", "deny", "error: generation failed"),
        ("empty", "deny", "empty_response"),
        ("loop", "deny", "quality_gate:looping"),
    ] {
        let answer = ask(serving, prompt).await;
        assert_eq!(answer["verdict"], verdict, "{prompt}: {answer}");
        assert!(
            answer["note"].as_str().unwrap().starts_with(note),
            "{answer}"
        );
        assert!(!answer.to_string().contains("sk-not-to-be-seen"));
    }
    for index in 0..20 {
        let text = format!("fact number {index} about courts");
        let body = json!({"entries": [{"text": text, "source_name": "bob"}]}).to_string();
        assert_eq!(serving.post("/v1/memory", &body).await.0, 200);
    }
    let forget = json!({"source_name": "ann"}).to_string();
    assert_eq!(serving.post("/v1/memory/forget", &forget).await.0, 200);
    for turn in 0..15 {
        let body = json!({"text": format!("turn {turn}"), "moral_value": 0.9}).to_string();
        let (status, admitted) = serving.post("/v1/admit?session=own", &body).await;
        assert_eq!(status, 200, "{admitted}");
        if admitted["accepted"] == true {
            let body = json!({"response": SAID}).to_string();
            assert_eq!(serving.post("/v1/record?session=own", &body).await.0, 200);
        }
    }
}

async fn state(serving: &Serving, session: &str) -> Value {
    let path = format!("/v1/state?session={session}");
    let (status, state) = serving.ask("GET", &path, "", "").await;
    assert_eq!(status, 200, "{state}");
    state
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_the_gate_survive_a_kill_and_are_run_again() {
    let (url, asked) = model().await;
    for engine in ["native", "component"] {
        let place = File::new();
        let serving = Serving::start_with(&place.url(), &config(&url), engine).await;
        live(&serving).await;
        let before = [
            state(&serving, "default").await,
            state(&serving, "own").await,
        ];
        assert_eq!(before[0]["pelm_stats"]["used"], 12, "{}", before[0]);
        // A server that is dropped is killed.
        drop(serving);
        let serving = Serving::start_with(&place.url(), &config(&url), engine).await;
        let after = [
            state(&serving, "default").await,
            state(&serving, "own").await,
        ];
        assert_eq!(after, before);
        live_on(&serving).await;
        serving.stop().await;
        assert_whole(&place.url());
        let count = asked.load(Ordering::Relaxed);
        for again in ["native", "component"] {
            let arguments = [
                "audit", "replay", "--engine", again, "--cache", CACHE, "--json",
            ];
            let ran = assize(&place.url(), &arguments);
            assert_ne!(ran.code, None, "{ran:?}");
            let summary = &ran.json()["summary"];
            assert_eq!(summary["different"], 0, "{engine} by {again}: {summary}");
        }
        assert_eq!(asked.load(Ordering::Relaxed), count, "the model was asked");
    }
}

async fn live_on(serving: &Serving) {
    let answer = ask(serving, "what is a court after a kill").await;
    assert!(answer["step"].as_u64().unwrap() >= 8, "{answer}");
}
