//! The HTTP API, as callers meet it, on both ways of running the core.

use assize_tests::{Answer, call, engines, get, post, send, service};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

const AGREEING: &str = r#"{"left":{"output":"Ship the release on Friday","confidence":0.9},
    "right":{"output":"ship the release on friday","confidence":0.85}}"#;
const SESSIONS: &str = "/v1/governor/sessions";

fn services() -> [Router; 2] {
    engines().map(service)
}

fn assert_problem(answer: &Answer, status: u16, name: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.json());
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!(problem["type"], format!("urn:assize:problem:{name}"));
    assert_eq!(problem["status"], status);
    assert!(problem["title"].is_string() && problem["detail"].is_string());
}

#[tokio::test]
async fn evaluation_carries_verdict_and_reasons() {
    let [native, component] = services();
    let answer = post(&native, "/evaluate", AGREEING).await;
    insta::assert_json_snapshot!("evaluation", answer.json());
    assert_eq!(answer.header("content-type"), "application/json");
    for path in ["/evaluate", "/v1/governor/evaluate"] {
        assert_eq!(post(&component, path, AGREEING).await.bytes, answer.bytes);
    }
}

#[tokio::test]
async fn every_wrong_value_is_named_at_once() {
    let wrong = r#"{"left":{"output":" ","confidence":1.5,"mood":"good"},"right":{"confidence":"high"},
        "config":{"max_cycles":0,"risk_treshold":0.5,"alpha":null,"similarity_threshold":2},
        "budget":-1,"cycle":0,"previous_quality":[],"x/y~z":1,"budget":2}"#;
    for service in services() {
        let answer = post(&service, "/evaluate", wrong).await;
        assert_problem(&answer, 400, "invalid-input");
        insta::assert_json_snapshot!("wrong_values", answer.json());
    }
}

#[tokio::test]
async fn what_is_wrong_is_found_alone_too() {
    let side = r#"{"output":"a","confidence":0.5}"#;
    let cases = [
        (format!(r#"{{"right":{side}}}"#), "/left"),
        (format!(r#"{{"left":[],"right":{side}}}"#), "/left"),
        (
            format!(r#"{{"left":{{"output":"","confidence":0.5}},"right":{side}}}"#),
            "/left/output",
        ),
        (
            format!(r#"{{"left":{{"output":"\u00a0\u001c","confidence":1}},"right":{side}}}"#),
            "/left/output",
        ),
        (
            format!(r#"{{"left":{{"output":null,"confidence":0}},"right":{side}}}"#),
            "/left/output",
        ),
        (
            format!(r#"{{"left":{side},"right":{{"output":"a","confidence":-0.1}}}}"#),
            "/right/confidence",
        ),
        (
            format!(r#"{{"left":{side},"right":{{"output":"a","confidence":true}}}}"#),
            "/right/confidence",
        ),
        (
            format!(r#"{{"left":{side},"right":{side},"cycle":1.5}}"#),
            "/cycle",
        ),
        (
            format!(r#"{{"left":{side},"right":{side},"cycle":4294967296}}"#),
            "/cycle",
        ),
        (
            format!(r#"{{"left":{side},"right":{side},"budget":1e300}}"#),
            "/budget",
        ),
        (
            format!(r#"{{"left":{side},"right":{side},"budget":null}}"#),
            "/budget",
        ),
        (
            format!(r#"{{"left":{side},"right":{side},"config":7}}"#),
            "/config",
        ),
        (
            format!(r#"{{"left":{side},"right":{side},"budgte":1}}"#),
            "/budgte",
        ),
        ("[]".to_owned(), ""),
        ("null".to_owned(), ""),
    ];
    let [service, _] = services();
    for (body, pointer) in cases {
        let answer = post(&service, "/evaluate", &body).await;
        assert_problem(&answer, 400, "invalid-input");
        assert_eq!(answer.pointers(), [pointer], "{body}");
    }
}

#[tokio::test]
async fn broken_json_is_answered_with_its_place() {
    let [service, _] = services();
    let answer = post(&service, "/evaluate", "{\n  \"left\": NaN}").await;
    assert_problem(&answer, 400, "invalid-json");
    assert_eq!(
        (&answer.json()["line"], &answer.json()["column"]),
        (&json!(2), &json!(11))
    );
    for body in ["{", "{}{}", "{\"left\":1e999}", "\u{feff}{}"] {
        assert_problem(
            &post(&service, "/evaluate", body).await,
            400,
            "invalid-json",
        );
    }
    let mut request = Request::post("/evaluate")
        .body(Body::from(vec![b'"', 0xff, b'"']))
        .unwrap();
    request
        .headers_mut()
        .insert("content-type", "application/json".parse().unwrap());
    assert_problem(&send(&service, request).await, 400, "invalid-json");
}

#[tokio::test]
async fn requests_that_miss_the_api_are_told_how() {
    let [service, _] = services();
    assert_problem(&get(&service, "/nowhere").await, 404, "not-found");
    let answer = get(&service, "/evaluate").await;
    assert_problem(&answer, 405, "method-not-allowed");
    assert_eq!(answer.header("allow"), "POST");
    let answer = call(&service, Method::PUT, &format!("{SESSIONS}/a"), "").await;
    assert_problem(&answer, 405, "method-not-allowed");
    let mut allowed: Vec<_> = answer.header("allow").split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["DELETE", "GET", "HEAD"]);
    let request = Request::post("/evaluate")
        .body(Body::from(AGREEING))
        .unwrap();
    assert_problem(
        &send(&service, request).await,
        415,
        "unsupported-media-type",
    );
}

/// A body that does not say how long it is.
struct Chunks(usize);

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        let Some(left) = self.0.checked_sub(1) else {
            return std::task::Poll::Ready(None);
        };
        self.0 = left;
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from(vec![
            b' ';
            1024
        ])))))
    }
}

#[tokio::test]
async fn large_body_is_refused_however_it_comes() {
    let [service, _] = services();
    let whole = " ".repeat(64 * 1024 + 1);
    assert_problem(
        &post(&service, "/evaluate", &whole).await,
        413,
        "body-too-large",
    );
    let mut request = Request::post("/evaluate")
        .body(Body::new(Chunks(65)))
        .unwrap();
    request
        .headers_mut()
        .insert("content-type", "application/json".parse().unwrap());
    assert_problem(&send(&service, request).await, 413, "body-too-large");
    let most = format!("{AGREEING}{}", " ".repeat(64 * 1024 - AGREEING.len()));
    assert_eq!(
        post(&service, "/evaluate", &most).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn many_errors_are_counted_where_they_are_not_listed() {
    let [service, _] = services();
    let items = vec!["1"; 150].join(",");
    let answer = post(
        &service,
        "/v1/governor/evaluate:batch",
        &format!(r#"{{"items":[{items}]}}"#),
    )
    .await;
    assert_problem(&answer, 400, "invalid-input");
    assert_eq!(answer.pointers().len(), 100);
    assert_eq!(answer.json()["errors_omitted"], 50);
}

#[tokio::test]
async fn batch_is_judged_in_order_or_not_at_all() {
    let item = |left: &str| json!({"left": {"output": left, "confidence": 0.9}, "right": {"output": "yes", "confidence": 0.9}});
    for service in services() {
        let good = json!({"items": [item("yes"), item("no")], "config": {"risk_threshold": 1.0}});
        let answer = post(&service, "/v1/governor/evaluate:batch", &good.to_string()).await;
        let answer = answer.json();
        let verdicts: Vec<_> = answer["evaluations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| &e["verdict"])
            .collect();
        assert_eq!(verdicts, ["allow", "refine"]);
        let bad = json!({"items": [item("yes"), item(" ")], "config": {}});
        let answer = post(&service, "/v1/governor/evaluate:batch", &bad.to_string()).await;
        assert_problem(&answer, 400, "invalid-input");
        assert_eq!(answer.pointers(), ["/items/1/left/output"]);
        let answer = post(&service, "/v1/governor/evaluate:batch", r#"{"items":[]}"#).await;
        assert_eq!(answer.pointers(), ["/items"]);
    }
}

fn outputs(left: &str, right: &str) -> String {
    let side = |output| json!({"output": output, "confidence": 0.95});
    json!({"left": side(left), "right": side(right)}).to_string()
}

#[tokio::test]
async fn cycle_session_runs_from_opening_to_deletion() {
    for service in services() {
        let opened = post(&service, SESSIONS, r#"{"config":{"max_cycles":5}}"#).await;
        assert_eq!(opened.status, StatusCode::CREATED);
        let path = opened.header("location").to_owned();
        assert_eq!(
            path,
            format!("{SESSIONS}/{}", opened.json()["id"].as_str().unwrap())
        );
        let evaluate = format!("{path}/evaluate");
        let first = post(&service, &evaluate, &outputs("a b c d e", "a b c d f"))
            .await
            .json();
        assert_eq!(
            (&first["decision"], &first["cycle"]),
            (&json!("CONTINUE"), &json!(1))
        );
        let second = post(&service, &evaluate, &outputs("a b c", "a b c"))
            .await
            .json();
        assert_eq!(second["stop_reason"], "CONVERGENCE_ACHIEVED");
        assert_eq!(second["cycle"], 2);

        let refused = post(&service, &evaluate, &outputs("a", "a")).await;
        assert_problem(&refused, 409, "conflict");
        assert_problem(
            &post(&service, &format!("{path}/step"), STEP).await,
            409,
            "conflict",
        );
        let wisdom = r#"{"domain":"d","lesson":"l","consequence_type":"near_miss","future_bias":"b","timestamp":"t"}"#;
        let kept = post(&service, &format!("{path}/wisdom"), wisdom).await;
        assert_eq!(kept.status, StatusCode::NO_CONTENT);
        insta::assert_json_snapshot!(
            "cycle_audit",
            get(&service, &format!("{path}/audit")).await.json()
        );

        let reopened = post(&service, &format!("{path}/reopen"), "").await.json();
        assert_eq!(
            (&reopened["stopped"], &reopened["total_cycles"]),
            (&json!(false), &json!(2))
        );
        insta::assert_json_snapshot!("cycle_session", get(&service, &path).await.json());
        let reset = post(&service, &format!("{path}/reset"), "").await.json();
        assert_eq!(
            (&reset["total_cycles"], &reset["budget_remaining"]),
            (&json!(0), &json!(1.0))
        );

        assert_eq!(
            call(&service, Method::DELETE, &path, "").await.status,
            StatusCode::NO_CONTENT
        );
        for method in [Method::GET, Method::DELETE] {
            assert_problem(&call(&service, method, &path, "").await, 404, "not-found");
        }
        assert_problem(
            &post(&service, &evaluate, &outputs("a", "a")).await,
            404,
            "not-found",
        );
    }
}

const STEP: &str = r#"{"left":{"engine_id":"builder","cycle_index":0,"answer":"use the new index"},
    "right":{"engine_id":"critic","cycle_index":0,"answer":"keep the old index","contradiction_claim":"untested","risk":0.2}}"#;

#[tokio::test]
async fn step_session_runs_to_its_plateau() {
    for service in services() {
        let opened = post(
            &service,
            SESSIONS,
            r#"{"governor":"session","config":{"max_cycles":9}}"#,
        )
        .await;
        let path = opened.header("location").to_owned();
        let step = format!("{path}/step");
        insta::assert_json_snapshot!("step", post(&service, &step, STEP).await.json());
        let mut last = Value::Null;
        for _ in 0..2 {
            last = post(&service, &step, STEP).await.json();
        }
        assert_eq!(
            (&last["decision"], &last["stop_reason"]),
            (&json!("FREEZE"), &json!("diminishing_returns"))
        );
        assert_eq!(last["verdict"], "escalate");
        assert_problem(&post(&service, &step, STEP).await, 409, "conflict");
        assert_problem(
            &post(&service, &format!("{path}/evaluate"), &outputs("a", "a")).await,
            409,
            "conflict",
        );
        insta::assert_json_snapshot!(
            "session_audit",
            get(&service, &format!("{path}/audit")).await.json()
        );
        let wrong = STEP.replace("0.2", "2").replace("\"critic\"", "\" \"");
        let answer = post(&service, &step, &wrong).await;
        assert_eq!(answer.pointers(), ["/right/engine_id", "/right/risk"]);
    }
}

#[tokio::test]
async fn bad_input_changes_no_session() {
    let [service, _] = services();
    let opened = post(&service, SESSIONS, "{}").await;
    let path = opened.header("location").to_owned();
    let before = get(&service, &path).await.bytes;
    for (route, body) in [
        ("evaluate", "{}"),
        ("step", "{}"),
        ("wisdom", "{}"),
        ("evaluate", "{"),
        ("wisdom", r#"{"domain":1}"#),
    ] {
        let answer = post(&service, &format!("{path}/{route}"), body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(get(&service, &path).await.bytes, before);
    let answer = post(
        &service,
        SESSIONS,
        r#"{"governor":"gate","config":{"plateau_cycles":1}}"#,
    )
    .await;
    assert_eq!(answer.pointers(), ["/governor", "/config/plateau_cycles"]);
}

#[tokio::test]
async fn flood_of_errors_is_cut() {
    let [service, _] = services();
    let items = vec!["{}"; 20_000].join(",");
    let answer = post(
        &service,
        "/v1/governor/evaluate:batch",
        &format!(r#"{{"items":[{items}]}}"#),
    )
    .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.bytes.len() < 20_000, "{}", answer.bytes.len());
    let long = "k".repeat(50_000);
    let answer = post(&service, "/evaluate", &format!(r#"{{"{long}":1}}"#)).await;
    assert!(answer.bytes.len() < 1_000, "{}", answer.bytes.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_cycle_is_lost_when_many_callers_share_a_session() {
    for service in services() {
        let config = r#"{"config":{"max_cycles":1000,"quality_improvement_threshold":0,"initial_contradiction_budget":1000}}"#;
        let path = post(&service, SESSIONS, config)
            .await
            .header("location")
            .to_owned();
        let callers: Vec<_> = (0..32)
            .map(|_| {
                let (service, path) = (service.clone(), format!("{path}/evaluate"));
                tokio::spawn(async move {
                    post(&service, &path, &outputs("a b c d e", "a b c d f")).await
                })
            })
            .collect();
        let mut cycles = Vec::new();
        for caller in callers {
            let answer = caller.await.unwrap();
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
            cycles.push(answer.json()["cycle"].as_u64().unwrap());
        }
        cycles.sort_unstable();
        assert_eq!(cycles, (1..=32).collect::<Vec<_>>());
        let metrics = get(&service, "/metrics").await;
        let metrics = String::from_utf8(metrics.bytes).unwrap();
        assert!(
            metrics.contains("\ntheos_decisions_total 32\n"),
            "{metrics}"
        );
    }
}

#[tokio::test]
async fn full_store_refuses_and_recovers() {
    let [service, _] = services();
    let mut paths = Vec::new();
    for _ in 0..8 {
        paths.push(
            post(&service, SESSIONS, "{}")
                .await
                .header("location")
                .to_owned(),
        );
    }
    assert_problem(&post(&service, SESSIONS, "{}").await, 507, "store-full");
    call(&service, Method::DELETE, &paths[0], "").await;
    assert_eq!(
        post(&service, SESSIONS, "{}").await.status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn request_identifiers_come_back() {
    let [service, _] = services();
    let with = |id: &'static str| {
        Request::get("/health")
            .header("x-request-id", id)
            .body(Body::empty())
            .unwrap()
    };
    assert_eq!(
        send(&service, with("trace-7")).await.header("x-request-id"),
        "trace-7"
    );
    for made_anew in ["", "two words"] {
        assert!(
            send(&service, with(made_anew))
                .await
                .header("x-request-id")
                .starts_with("id-")
        );
    }
}

#[tokio::test]
async fn every_described_request_is_accepted() {
    for service in services() {
        let description = get(&service, "/openapi.json").await.json();
        insta::assert_json_snapshot!(
            "routes",
            description["paths"]
                .as_object()
                .unwrap()
                .keys()
                .collect::<Vec<_>>()
        );
        assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
        let operations = description["paths"].as_object().unwrap().values();
        let operations = operations.flat_map(|methods| methods.as_object().unwrap().values());
        let mut ids: Vec<_> = operations.map(|it| it["operationId"].to_string()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "two operations have one name");
        let schema_of = |reference: &Value| {
            let name = reference
                .as_str()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap()
                .to_owned();
            description["components"]["schemas"][&name].clone()
        };
        let rules = schema_of(&json!("VersionBody"))["example"].to_string();
        let put = call(&service, Method::PUT, "/v1/rules/default", &rules).await;
        assert!(put.status.is_success(), "{}", put.json());
        let session = |governor: &str| json!({"governor": governor}).to_string();
        for (path, methods) in description["paths"].as_object().unwrap() {
            let Some(body) = methods["post"].get("requestBody") else {
                continue;
            };
            let example =
                &schema_of(&body["content"]["application/json"]["schema"]["$ref"])["example"];
            let governor = if path.ends_with("/step") {
                "session"
            } else {
                "cycle"
            };
            let opened = post(&service, SESSIONS, &session(governor)).await;
            let id = opened.json()["id"].as_str().unwrap().to_owned();
            let path = path.replace("{id}", &id).replace("{name}", "default");
            let answer = post(&service, &path, &example.to_string()).await;
            if path == "/v1/generate" {
                // No language model is configured here.
                assert_problem(&answer, 501, "not-implemented");
                continue;
            }
            assert!(answer.status.is_success(), "{path}: {}", answer.json());
            call(&service, Method::DELETE, opened.header("location"), "").await;
        }
    }
}

/// What the description says about request fields is what the reader knows.
#[tokio::test]
async fn described_fields_are_the_known_fields() {
    let [service, _] = services();
    let description = get(&service, "/openapi.json").await.json();
    let schemas = &description["components"]["schemas"];
    let fields = |name: &str| -> Vec<String> {
        schemas[name]["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    };
    let side = |extra: Value| {
        let mut all = json!({"left": {"output": "a", "confidence": 1}, "right": {"output": "a", "confidence": 1}});
        all.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        all
    };
    let objects = |names: Vec<String>| {
        names
            .into_iter()
            .map(|name| (name, json!({})))
            .collect::<serde_json::Map<_, _>>()
    };
    // Every described field is sent with a value of the wrong type: each must be known, none missing.
    let config = objects(fields("CycleConfigBody"));
    let count = config.len();
    let answer = post(
        &service,
        "/evaluate",
        &side(json!({ "config": config })).to_string(),
    )
    .await;
    assert_eq!(answer.pointers().len(), count);
    assert!(!answer.json().to_string().contains("not a known field"));
    let config = objects(fields("SessionConfigBody"));
    let count = config.len();
    let answer = post(
        &service,
        SESSIONS,
        &json!({"governor": "session", "config": config}).to_string(),
    )
    .await;
    assert_eq!(answer.pointers().len(), count);
    assert!(!answer.json().to_string().contains("not a known field"));
    let candidate = objects(fields("CandidateBody"));
    let count = candidate.len();
    let path = post(&service, SESSIONS, r#"{"governor":"session"}"#)
        .await
        .header("location")
        .to_owned();
    let answer = post(
        &service,
        &format!("{path}/step"),
        &json!({"left": candidate, "right": candidate}).to_string(),
    )
    .await;
    assert_eq!(answer.pointers().len(), 2 * count);
    assert!(!answer.json().to_string().contains("not a known field"));
}

#[tokio::test]
async fn operators_find_what_they_need() {
    for service in services() {
        assert_eq!(get(&service, "/health").await.json()["status"], "healthy");
        assert_eq!(get(&service, "/ready").await.json()["status"], "ready");
        post(&service, "/evaluate", AGREEING).await;
        let metrics = get(&service, "/metrics").await;
        assert!(
            metrics
                .header("content-type")
                .starts_with("application/openmetrics-text")
        );
        let metrics = String::from_utf8(metrics.bytes).unwrap();
        for line in [
            "assize_decisions_total{engine=\"governor\",verdict=\"allow\"} 1",
            "assize_http_requests_total{method=\"POST\",route=\"/evaluate\",status=\"200\"} 1",
            "assize_http_requests_in_flight 1",
            "theos_decisions_total 1",
            "theos_latency_seconds_count 1",
            "theos_memory_bytes 1",
            "theos_risk_score 0.06",
        ] {
            assert!(metrics.contains(line), "{line}\n{metrics}");
        }
        let page = get(&service, "/docs").await;
        let text = String::from_utf8(page.bytes.clone()).unwrap();
        for asset in ["/docs/page.js", "/docs/page.css"] {
            assert!(text.contains(asset));
            assert_eq!(get(&service, asset).await.status, StatusCode::OK);
        }
        assert!(
            !text.contains("http://") && !text.contains("https://"),
            "loads nothing from elsewhere"
        );
        assert!(
            page.header("content-security-policy")
                .contains("default-src 'none'")
        );
    }
}
