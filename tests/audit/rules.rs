//! What rules decided is decided again, with what others said to them then.

use crate::places::{File, Place};
use crate::world::{CACHE, Serving, assert_whole, assize};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const POLICY: &str = r#"
    input role/2.
    external tier/2.
    @id("clerks") @reason("clerks may use cheap tools")
    allow(who, "use", tool) if role(who, "clerk") and not dear(tool).
    @id("gold") @reason("gold customers may use every tool")
    allow(who, "use", _tool) if tier(who, "gold").
    deny(who, _action, _tool) if role(who, "suspended").
    escalate(_who, "use", tool) if risky(tool).
    oblige("ann", "use", _tool, {log: true}).
    dear("laser").
    risky(tool) if http_get_json("URL", risks) and member(tool, risks).
"#;

/// A service that answers externals, and how often it was asked.
async fn other() -> (String, Arc<AtomicU64>) {
    let asked = Arc::new(AtomicU64::new(0));
    let (first, second) = (Arc::clone(&asked), Arc::clone(&asked));
    let json = [("content-type", "application/json")];
    let tier = move |body: String| async move {
        let call: Value = serde_json::from_str(&body).unwrap();
        first.fetch_add(1, Ordering::Relaxed);
        assert_eq!(call["name"], "tier");
        let who = call["arguments"][0].as_str().unwrap_or_default().to_owned();
        let rows = match who.as_str() {
            "gil" => json!([["gil", "gold"]]),
            "eve" => json!("broken"),
            _ => json!([]),
        };
        (json, json!({"solutions": rows}).to_string())
    };
    let risks = move || async move {
        second.fetch_add(1, Ordering::Relaxed);
        (json, json!(["chainsaw"]).to_string())
    };
    let router = axum::Router::new()
        .route("/tier", post(tier))
        .route("/risks.json", get(risks));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), asked)
}

fn config(url: &str) -> String {
    format!(
        "[outbound]\nallow = [\"{url}/\"]\nallow_networks = [\"127.0.0.0/8\"]\ncache_seconds = 0\n\
         [[outbound.externals]]\npredicate = \"tier/2\"\nurl = \"{url}/tier\"\n\
         [rules]\nmax_time_ms = 50\n"
    )
}

async fn decide(serving: &Serving, who: &str, tool: &str) -> Value {
    let body = json!({"subject": who, "action": "use", "resource": tool, "explain": true});
    let (status, answer) = serving
        .post("/v1/rules/tools/decide", &body.to_string())
        .await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn live(serving: &Serving, url: &str) {
    let text = POLICY.replace("URL", &format!("{url}/risks.json"));
    let body = json!({"sources": [{"name": "tools.rules", "text": text}]}).to_string();
    assert_eq!(
        serving.ask("PUT", "/v1/rules/tools", "", &body).await.0,
        200
    );
    let facts = json!({"add": [["role", "ann", "clerk"], ["role", "bob", "suspended"]]});
    let facts = facts.to_string();
    assert_eq!(serving.post("/v1/rules/tools/facts", &facts).await.0, 200);
    for (who, tool, verdict) in [
        ("ann", "drill", "transform"),
        ("ann", "chainsaw", "escalate"),
        ("bob", "drill", "deny"),
        ("dan", "drill", "deny"),
        ("gil", "laser", "allow"),
        ("eve", "laser", "deny"),
    ] {
        let answer = decide(serving, who, tool).await;
        assert_eq!(answer["verdict"], verdict, "{who} {tool}: {answer}");
        let proves = ["bob", "gil"].contains(&who);
        assert!(
            answer["proof"].is_array() || !proves,
            "{who} {tool}: {answer}"
        );
        assert!(answer.get("needs").is_none(), "{answer}");
    }
    let fault = decide(serving, "eve", "laser").await;
    assert_eq!(fault["reasons"][0]["code"], "rules:runtime-error");
    // Another state of the same name.
    let gone = json!({"remove": [["role", "bob", "suspended"]]});
    let gone = gone.to_string();
    assert_eq!(serving.post("/v1/rules/tools/facts", &gone).await.0, 200);
    let named = "x-assize-rules: tools\r\n";
    for (path, body) in [
        (
            "/query",
            json!({"query": "allow(who, \"use\", \"drill\")", "rules": "tools", "explain": true}),
        ),
        (
            "/query",
            json!({"query": "n = sum(x for p(x))", "sources": ["p(1). p(2). p(0.5)."]}),
        ),
        (
            "/query",
            json!({"query": "p(x)", "sources": ["p(x) if between(1, 100000000, x) and x < 0."]}),
        ),
        (
            "/access/v1/evaluation",
            json!({"subject": {"type": "user", "id": "gil"}, "action": {"name": "use"}, "resource": {"type": "tool", "id": "laser"}}),
        ),
        (
            "/access/v1/evaluations",
            json!({"subject": {"type": "user", "id": "ann"}, "action": {"name": "use"}, "evaluations": [{"resource": {"type": "tool", "id": "drill"}}, 5, {"resource": {"type": "tool", "id": "laser"}}]}),
        ),
        (
            "/access/v1/search/subject",
            json!({"subject": {"type": "user"}, "action": {"name": "use"}, "resource": {"type": "tool", "id": "drill"}}),
        ),
    ] {
        let (status, answer) = serving.ask("POST", path, named, &body.to_string()).await;
        assert_eq!(status, 200, "{path} {body}: {answer}");
        if body["query"] == "p(x)" {
            let name = &answer["truncated_by"]["name"];
            assert_eq!(name, "max-time-ms", "{answer}");
        }
        if path.ends_with("evaluations") {
            let items = &answer["evaluations"];
            let decisions: Vec<_> = (0..3).map(|item| items[item]["decision"].clone()).collect();
            assert_eq!(
                decisions,
                [json!(true), json!(false), json!(false)],
                "{answer}"
            );
        }
    }
    let lines = json!({"query": "role(who, what)", "rules": "tools"}).to_string();
    let accept = "accept: application/x-ndjson\r\n";
    assert_eq!(serving.ask("POST", "/query", accept, &lines).await.0, 200);
    let wrong = "x-assize-rules: b\u{e9}d\r\n";
    let body = json!({"subject": {"type": "user", "id": "ann"}, "action": {"name": "use"}, "resource": {"type": "tool", "id": "drill"}}).to_string();
    let (status, _) = serving
        .ask("POST", "/access/v1/evaluation", wrong, &body)
        .await;
    assert_eq!(status, 400);
    let deleted = serving.ask("DELETE", "/v1/rules/tools", "", "").await;
    assert_eq!(deleted.0, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_asked_again_as_they_were() {
    let (url, asked) = other().await;
    for engine in ["native", "component"] {
        let place = File::new();
        let serving = Serving::start_with(&place.url(), &config(&url), engine).await;
        live(&serving, &url).await;
        serving.stop().await;
        assert_whole(&place.url());
        let before = asked.load(Ordering::Relaxed);
        assert!(before > 0);
        for again in ["native", "component"] {
            let arguments = [
                "audit", "replay", "--engine", again, "--cache", CACHE, "--json",
            ];
            let ran = assize(&place.url(), &arguments);
            assert_eq!(ran.code, Some(0), "{engine} by {again}: {ran:?}");
            let summary = &ran.json()["summary"];
            assert_eq!(summary["same"], summary["events"], "{summary}");
            assert!(summary["events"].as_u64().unwrap() >= 19, "{summary}");
        }
        // Nobody was asked anew.
        assert_eq!(asked.load(Ordering::Relaxed), before);
    }
}
