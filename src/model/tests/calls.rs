//! Whole answers: attempts, bounds, and the circuit breaker.

use super::fixtures::{JumpingClock, key};
use super::fixtures::{PROVIDERS, environment, model, model_settings, start, still};
use super::stand_in::reply;
use crate::{Cause, ChatRequest, ErrorKind, FinishReason, Message, Model, Provider, Role};
use assize_outbound::BreakerState;
use futures_util::future::join;
use serde_json::{Value, json};
use std::time::Duration;

fn request() -> ChatRequest {
    ChatRequest::user("What is \"naïve\"?\n✓")
}

#[tokio::test]
async fn a_question_is_answered() {
    let server = start().await;
    for provider in PROVIDERS {
        let (model, _) = model(&server, provider, "");
        for _ in 0..3 {
            let completion = model.generate(&request()).await.unwrap();
            assert_eq!(completion.text, reply("What is \"naïve\"?\n✓"));
            assert_eq!(completion.finish, Some(FinishReason::Stop));
            assert!(completion.usage.input_tokens > Some(0));
            assert!(completion.usage.output_tokens > Some(20));
        }
    }
    let (seen, connections) = server.seen();
    assert_eq!((seen.len(), connections), (6, 2));
}

#[tokio::test]
async fn requests_are_those_of_the_protocols() {
    let server = start().await;
    for provider in PROVIDERS {
        let mut settings = model_settings(&server, provider, "");
        settings.temperature = Some(0.5);
        let model = Model::new(settings, environment(JumpingClock::new())).unwrap();
        let mut request = request();
        request.system = Some("Be brief.".to_owned());
        request.max_tokens = Some(7);
        let said = |role, content: &str| Message {
            role,
            content: content.to_owned(),
        };
        request.messages = vec![
            said(Role::User, "a"),
            said(Role::Assistant, "b"),
            said(Role::User, "c"),
        ];
        model.generate(&request).await.unwrap();
        model
            .stream(&request)
            .await
            .unwrap()
            .collect()
            .await
            .unwrap();
    }
    let (seen, _) = server.seen();
    let body = |index: usize| serde_json::from_slice::<Value>(&seen[index].body).unwrap();
    let turns = json!([
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"},
    ]);
    let mut with_system = turns.as_array().unwrap().clone();
    with_system.insert(0, json!({"role": "system", "content": "Be brief."}));
    assert_eq!(
        body(0),
        json!({"model": "stand-in", "messages": with_system, "max_tokens": 7, "temperature": 0.5})
    );
    assert_eq!(body(1)["stream"], true);
    assert_eq!(body(1)["stream_options"], json!({"include_usage": true}));
    let message = json!({"model": "stand-in", "messages": turns, "system": "Be brief.", "max_tokens": 7, "temperature": 0.5});
    assert_eq!(body(2), message);
    assert_eq!(body(3)["stream"], true);
}

#[tokio::test]
async fn requests_have_the_headers_of_the_protocols() {
    let server = start().await;
    for provider in PROVIDERS {
        let (model, _) = model(&server, provider, "");
        model.generate(&request()).await.unwrap();
        let stream = model.stream(&request()).await.unwrap();
        stream.collect().await.unwrap();
    }
    let (seen, _) = server.seen();
    for (index, path, accept) in [
        (0, "/v1/chat/completions", "application/json"),
        (1, "/v1/chat/completions", "text/event-stream"),
        (2, "/v1/messages", "application/json"),
        (3, "/v1/messages", "text/event-stream"),
    ] {
        let (seen, key) = (&seen[index], key());
        let header = |name| seen.headers.get(name).map(|value| value.to_str().unwrap());
        assert_eq!((seen.path.as_str(), header("accept")), (path, Some(accept)));
        assert_eq!(header("content-type"), Some("application/json"));
        if index < 2 {
            let bearer = format!("Bearer {}", key.expose());
            assert_eq!(header("authorization"), Some(bearer.as_str()));
            assert_eq!(header("x-api-key"), None);
        } else {
            assert_eq!(header("x-api-key"), Some(key.expose()));
            assert_eq!(header("anthropic-version"), Some("2023-06-01"));
            assert_eq!(header("authorization"), None);
        }
    }
}

#[tokio::test]
async fn what_may_go_better_is_tried_again() {
    for (mode, waits) in [
        // Half of 500 ms, then half of 1000 ms.
        ("500,2", vec![250, 500]),
        ("close,1", vec![250]),
        ("cut,1", vec![250]),
        ("529,1", vec![250]),
        ("408,1", vec![250]),
        // What the server says, and as much again as without it.
        ("429,1", vec![7250]),
        ("429-date,1", vec![9250]),
    ] {
        for provider in PROVIDERS {
            // The server counts by mode.
            let server = start().await;
            let (model, clock) = model(&server, provider, mode);
            let completion = model.generate(&request()).await;
            assert!(completion.is_ok(), "{mode}: {completion:?}");
            let waited: Vec<_> = clock.waits().iter().map(Duration::as_millis).collect();
            assert_eq!(waited, waits, "{mode}");
        }
    }
}

/// How the server fails, and what callers and operators are told.
const TOLD_AT_ONCE: [(&str, ErrorKind, u16, &str); 13] = [
    (
        "400",
        ErrorKind::Refused,
        422,
        "status 400, code `some_error`, request `req-1`",
    ),
    ("401", ErrorKind::Misconfigured, 502, "status 401"),
    ("404", ErrorKind::Misconfigured, 502, "status 404"),
    (
        "redirect",
        ErrorKind::Misconfigured,
        502,
        "status 307, code `moved`",
    ),
    (
        "quota",
        ErrorKind::RateLimited,
        503,
        "code `insufficient_quota`",
    ),
    (
        "429-long",
        ErrorKind::RateLimited,
        503,
        "code `rate_limit_exceeded`",
    ),
    (
        "html",
        ErrorKind::BadAnswer,
        502,
        "content type `text/html`, not `application/json`",
    ),
    (
        "204",
        ErrorKind::BadAnswer,
        502,
        "content type `application/json`",
    ),
    (
        "garbage",
        ErrorKind::BadAnswer,
        502,
        "it is not JSON: line 1",
    ),
    (
        "end-early",
        ErrorKind::BadAnswer,
        502,
        "it ends before its end",
    ),
    ("gzip", ErrorKind::BadAnswer, 502, "`content-encoding`"),
    (
        "huge",
        ErrorKind::BadAnswer,
        502,
        "more than 16777216 bytes",
    ),
    (
        "error-event",
        ErrorKind::Unavailable,
        503,
        "the server reports an error: `",
    ),
];

#[tokio::test]
async fn what_will_not_go_better_is_told_at_once() {
    let server = start().await;
    for (mode, kind, status, words) in TOLD_AT_ONCE {
        for provider in PROVIDERS {
            let (model, clock) = model(&server, provider, mode);
            let result = model.generate(&request()).await;
            if mode == "204" {
                // Whatever it says, it has no body.
                assert!(result.is_err());
                continue;
            }
            let error = result.unwrap_err();
            assert!(error.to_string().contains(words), "{mode}: {error}");
            let public = error.public();
            assert_eq!((public.kind, public.status), (kind, status), "{mode}");
            assert!(clock.waits().is_empty(), "{mode}");
            assert!(!public.message.contains("127.0.0.1"), "{mode}");
        }
    }
    let (model, _) = model(&server, Provider::OpenAi, "429-long");
    let error = model.generate(&request()).await.unwrap_err();
    let day = Duration::from_secs(86_400);
    assert_eq!(error.public().retry_after, Some(day));
}

#[tokio::test]
async fn attempts_end() {
    let server = start().await;
    let (model, clock) = model(&server, Provider::OpenAi, "503");
    let error = model.generate(&request()).await.unwrap_err();
    assert_eq!((error.attempts, clock.waits().len()), (3, 2));
    assert!(error.to_string().ends_with("(after 3 attempts)"), "{error}");
    assert!(matches!(error.cause, Cause::Status { status: 503, .. }));
    // Nobody listens there any more.
    let settings = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut settings = model_settings(&server, Provider::Anthropic, "");
        settings.endpoint.base_url = format!("http://{}", listener.local_addr().unwrap());
        settings
    };
    let model = Model::new(settings, environment(JumpingClock::new())).unwrap();
    let error = model.generate(&request()).await.unwrap_err();
    assert!(matches!(error.cause, Cause::Connection { .. }), "{error}");
    assert_eq!((error.attempts, error.public().status), (3, 503));
}

#[tokio::test]
async fn time_ends_what_does_not() {
    let server = start().await;
    for provider in PROVIDERS {
        for mode in ["hang", "stall", "drip"] {
            for (seconds, cause) in [
                (31, Cause::Timeout { limit_ms: 30_000 }),
                (121, Cause::Deadline { limit_ms: 120_000 }),
            ] {
                let (model, clock) = still(&server, provider, mode);
                let request = request();
                // The call is under way when the time comes.
                let later = async { clock.advance(Duration::from_secs(seconds)) };
                let (result, ()) = join(model.generate(&request), later).await;
                let error = result.unwrap_err();
                assert_eq!(error.cause, cause, "{mode}");
                // The service would do the work twice.
                assert_eq!((error.attempts, error.public().status), (1, 504));
            }
        }
    }
}

#[tokio::test]
async fn what_can_not_be_asked_is_not_asked() {
    let server = start().await;
    let (model, _) = model(&server, Provider::Anthropic, "");
    let asked = |change: fn(&mut ChatRequest)| {
        let mut request = request();
        change(&mut request);
        let model = model.clone();
        async move { model.generate(&request).await.unwrap_err() }
    };
    for (error, message) in [
        (
            asked(|r| r.messages.clear()).await,
            "`messages` must not be empty",
        ),
        (
            asked(|r| r.messages[0].content = " \n".into()).await,
            "`messages[0].content` must not be blank",
        ),
        (
            asked(|r| r.system = Some(String::new())).await,
            "`system` must not be blank",
        ),
        (
            asked(|r| r.max_tokens = Some(0)).await,
            "`max_tokens` must be 1 to 2048, not 0",
        ),
        (
            asked(|r| r.max_tokens = Some(2049)).await,
            "`max_tokens` must be 1 to 2048, not 2049",
        ),
        (
            asked(|r| r.temperature = Some(1.5)).await,
            "`temperature` must be 0 to 1, not 1.5",
        ),
        (
            asked(|r| r.temperature = Some(f64::NAN)).await,
            "`temperature` must be 0 to 1, not NaN",
        ),
        (
            asked(|r| r.messages[0].content = "x".repeat(5 << 20)).await,
            "`messages` must have at most 4194304 bytes",
        ),
    ] {
        let public = error.public();
        assert_eq!((public.message.as_str(), public.status), (message, 400));
        assert_eq!(error.attempts, 0);
    }
    assert!(server.seen().0.is_empty());
}

#[tokio::test]
async fn a_failing_service_is_left_alone_and_then_probed_once() {
    let server = start().await;
    let clock = JumpingClock::new();
    // It fails three times, and a fourth time when it is probed.
    let mut settings = model_settings(&server, Provider::OpenAi, "500,4");
    (
        settings.endpoint.attempts,
        settings.endpoint.breaker_failures,
    ) = (1, 3);
    let model = Model::new(settings, environment(clock.clone())).unwrap();
    let ask = async || model.generate(&request()).await;
    for _ in 0..3 {
        let error = ask().await.unwrap_err();
        assert!(matches!(error.cause, Cause::Status { status: 500, .. }));
    }
    assert_eq!(model.breaker_state(), BreakerState::Open);
    let error = ask().await.unwrap_err();
    assert!(matches!(error.cause, Cause::CircuitOpen { .. }));
    let public = error.public();
    assert_eq!((error.attempts, public.kind), (0, ErrorKind::Unavailable));
    assert!(public.retry_after > Some(Duration::from_secs(30)));
    clock.advance(Duration::from_secs(61));
    let error = ask().await.unwrap_err();
    assert!(matches!(error.cause, Cause::Status { .. }));
    assert!(matches!(
        ask().await.unwrap_err().cause,
        Cause::CircuitOpen { .. }
    ));
    clock.advance(Duration::from_secs(61));
    assert!(ask().await.is_ok());
    assert_eq!(model.breaker_state(), BreakerState::Closed);
    assert_eq!(server.seen().0.len(), 5);
}

#[tokio::test]
async fn what_is_said_of_one_request_opens_nothing() {
    let server = start().await;
    for mode in ["400", "401", "huge"] {
        let (model, _) = model(&server, Provider::OpenAi, mode);
        for _ in 0..6 {
            assert!(model.generate(&request()).await.is_err());
        }
        assert_eq!(model.breaker_state(), BreakerState::Closed, "{mode}");
    }
    for mode in ["garbage", "html", "error-event"] {
        let (model, _) = model(&server, Provider::OpenAi, mode);
        for _ in 0..5 {
            assert!(model.generate(&request()).await.is_err());
        }
        assert_eq!(model.breaker_state(), BreakerState::Open, "{mode}");
    }
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_left_alone() {
    let server = start().await;
    for mode in ["hang", "stall"] {
        let (model, clock) = still(&server, Provider::OpenAi, mode);
        let request = request();
        for _ in 0..5 {
            assert_eq!(model.breaker_state(), BreakerState::Closed, "{mode}");
            let later = async { clock.advance(Duration::from_secs(31)) };
            let (result, ()) = join(model.generate(&request), later).await;
            assert!(result.is_err(), "{mode}");
        }
        assert_eq!(model.breaker_state(), BreakerState::Open, "{mode}");
    }
}

#[tokio::test]
async fn attempts_stop_when_the_breaker_opens() {
    let server = start().await;
    let mut settings = model_settings(&server, Provider::OpenAi, "500");
    (
        settings.endpoint.attempts,
        settings.endpoint.breaker_failures,
    ) = (10, 2);
    let clock = JumpingClock::new();
    let model = Model::new(settings, environment(clock.clone())).unwrap();
    let error = model.generate(&request()).await.unwrap_err();
    assert_eq!((error.attempts, clock.waits().len()), (2, 1));
    assert!(matches!(error.cause, Cause::Status { status: 500, .. }));
}

#[tokio::test]
async fn a_dropped_call_ends_and_says_nothing_of_the_service() {
    let server = start().await;
    let (model, clock) = model(&server, Provider::OpenAi, "hang");
    for _ in 0..10 {
        let request = request();
        let call = model.generate(&request);
        let timeout = tokio::time::timeout(Duration::from_millis(5), call);
        assert!(timeout.await.is_err());
    }
    assert_eq!(model.breaker_state(), BreakerState::Closed);
    assert!(clock.waits().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_each_have_their_answer() {
    let server = start().await;
    for provider in PROVIDERS {
        let (model, _clock) = still(&server, provider, "");
        let calls = (0..100).map(|number| {
            let model = model.clone();
            tokio::spawn(async move {
                let prompt = format!("Question {number}?");
                let request = ChatRequest::user(prompt.as_str());
                let completion = if number % 2 == 0 {
                    model.generate(&request).await
                } else {
                    model.stream(&request).await.unwrap().collect().await
                };
                assert_eq!(completion.unwrap().text, reply(&prompt));
            })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
    }
}
