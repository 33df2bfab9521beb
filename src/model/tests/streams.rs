//! Answers in pieces.

use super::fixtures::ManualClock;
use super::fixtures::{JumpingClock, PROVIDERS, environment, model, model_settings, start, still};
use super::stand_in::reply;
use crate::{
    Cause, ChatRequest, CompletionEvent, ErrorKind, FinishReason, Model, ModelError, Provider,
};
use assize_outbound::BreakerState;
use futures_util::StreamExt;
use futures_util::future::join;
use std::pin::pin;
use std::time::Duration;

fn request() -> ChatRequest {
    ChatRequest::user("Why?")
}

/// The texts of a stream that begins, and how it ends.
async fn read(model: &Model) -> (Vec<String>, Result<CompletionEvent, ModelError>) {
    let mut stream = model.stream(&request()).await.unwrap();
    let mut texts = Vec::new();
    loop {
        match stream.next().await.unwrap() {
            Ok(CompletionEvent::Text(text)) => texts.push(text),
            end => {
                // Nothing follows an end.
                assert!(stream.next().await.is_none());
                return (texts, end);
            }
        }
    }
}

#[tokio::test]
async fn an_answer_comes_in_pieces_and_once_more_whole() {
    let server = start().await;
    for provider in PROVIDERS {
        let (model, _clock) = still(&server, provider, "");
        let whole = model.generate(&request()).await.unwrap();
        let (texts, end) = read(&model).await;
        assert!(texts.len() > 20, "{}", texts.len());
        assert_eq!(texts.concat(), reply("Why?"));
        assert_eq!(end, Ok(CompletionEvent::Done(whole.clone())));
        assert_eq!(whole.finish, Some(FinishReason::Stop));
        let stream = model.stream(&request()).await.unwrap();
        assert_eq!(stream.collect().await.as_ref(), Ok(&whole));
        let stream = model.stream(&request()).await.unwrap().into_stream();
        assert_eq!(pin!(stream).count().await, texts.len() + 1);
    }
    // A stream that was read to its end leaves its connection to the next call.
    let (seen, connections) = server.seen();
    assert_eq!((seen.len(), connections), (8, 2));
}

#[tokio::test]
async fn a_stream_that_breaks_says_so_after_what_came() {
    let server = start().await;
    for (mode, kind, words) in [
        ("cut", ErrorKind::Unavailable, "the connection failed"),
        ("end-early", ErrorKind::BadAnswer, "it ends before its end"),
        (
            "error-event",
            ErrorKind::Unavailable,
            "the server reports an error: `",
        ),
    ] {
        for provider in PROVIDERS {
            let (model, clock) = model(&server, provider, mode);
            let (texts, end) = read(&model).await;
            let error = end.unwrap_err();
            assert!(!texts.is_empty(), "{mode}");
            assert!(reply("Why?").starts_with(&texts.concat()), "{mode}");
            assert!(error.to_string().contains(words), "{mode}: {error}");
            assert_eq!((error.public().kind, error.attempts), (kind, 1), "{mode}");
            // What was handed over is not asked for again.
            assert!(clock.waits().is_empty(), "{mode}");
            for _ in 0..4 {
                read(&model).await.1.unwrap_err();
            }
            assert_eq!(model.breaker_state(), BreakerState::Open, "{mode}");
        }
    }
}

#[tokio::test]
async fn what_is_no_stream_is_told() {
    let server = start().await;
    for (mode, words) in [
        ("garbage", "it is not JSON"),
        ("huge", "more than 16777216 bytes"),
    ] {
        for provider in PROVIDERS {
            let (model, _) = model(&server, provider, mode);
            let (texts, end) = read(&model).await;
            let error = end.unwrap_err();
            assert_eq!((texts.len(), error.public().status), (0, 502));
            assert!(error.to_string().contains(words), "{mode}: {error}");
        }
    }
    let (model, _) = model(&server, Provider::OpenAi, "html");
    let error = model.stream(&request()).await.unwrap_err();
    let words = "content type `text/html`, not `text/event-stream`";
    assert!(error.to_string().contains(words), "{error}");
}

#[tokio::test]
async fn a_stream_is_tried_again_until_it_begins() {
    for provider in PROVIDERS {
        for mode in ["500,2", "close,2", "429,1"] {
            let server = start().await;
            let (model, clock) = model(&server, provider, mode);
            let (texts, end) = read(&model).await;
            assert!(end.is_ok(), "{mode}");
            assert_eq!(texts.concat(), reply("Why?"), "{mode}");
            assert!(!clock.waits().is_empty(), "{mode}");
        }
    }
}

#[tokio::test]
async fn time_ends_streams_that_do_not() {
    let server = start().await;
    for provider in PROVIDERS {
        let (model, clock) = still(&server, provider, "hang");
        let request = request();
        let later = async { clock.advance(Duration::from_secs(31)) };
        let (result, ()) = join(model.stream(&request), later).await;
        let cause = Cause::Timeout { limit_ms: 30_000 };
        assert_eq!(result.unwrap_err().cause, cause);
        // Something comes, and then nothing more.
        let (model, clock) = still(&server, provider, "stall");
        let mut stream = model.stream(&request).await.unwrap();
        assert!(matches!(
            stream.next().await,
            Some(Ok(CompletionEvent::Text(_)))
        ));
        tokio::spawn(async move {
            loop {
                clock.advance(Duration::from_secs(31));
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        let mut stream = pin!(stream.into_stream());
        let error = loop {
            if let Err(error) = stream.next().await.unwrap() {
                break error;
            }
        };
        assert_eq!(error.public().kind, ErrorKind::Timeout, "{error}");
        // Each piece comes in time, but there is no end to them.
        let (model, clock) = still(&server, provider, "drip");
        let mut stream = model.stream(&request).await.unwrap();
        clock.advance(Duration::from_secs(121));
        let error = stream.next().await.unwrap().unwrap_err();
        assert_eq!(error.cause, Cause::Deadline { limit_ms: 120_000 });
        assert_eq!(model.breaker_state(), BreakerState::Closed);
    }
}

#[tokio::test]
async fn who_reads_slowly_opens_nothing_and_who_sends_slowly_does() {
    let server = start().await;
    for (mode, seconds, state) in [
        ("drip", 3601, BreakerState::Closed),
        ("stall", 31, BreakerState::Open),
    ] {
        let mut settings = model_settings(&server, Provider::OpenAi, mode);
        settings.endpoint.total_timeout_ms = 3_600_000;
        let clock = ManualClock::new();
        let model = Model::new(settings, environment(clock.clone())).unwrap();
        for _ in 0..5 {
            let mut stream = model.stream(&request()).await.unwrap();
            if mode == "drip" {
                // The time is over before the next piece is asked for.
                clock.advance(Duration::from_secs(seconds));
            }
            loop {
                let later = async { clock.advance(Duration::from_secs(seconds)) };
                let (event, ()) = join(stream.next(), later).await;
                if event.unwrap().is_err() {
                    break;
                }
            }
        }
        assert_eq!(model.breaker_state(), state, "{mode}");
    }
}

#[tokio::test]
async fn a_probe_that_is_read_slowly_keeps_nobody_out() {
    let server = start().await;
    let mut settings = model_settings(&server, Provider::OpenAi, "500,1");
    (
        settings.endpoint.attempts,
        settings.endpoint.breaker_failures,
    ) = (1, 1);
    let clock = JumpingClock::new();
    let model = Model::new(settings, environment(clock.clone())).unwrap();
    model.stream(&request()).await.unwrap_err();
    clock.advance(Duration::from_secs(61));
    let mut probe = model.stream(&request()).await.unwrap();
    let error = model.stream(&request()).await.unwrap_err();
    assert!(matches!(error.cause, Cause::CircuitOpen { .. }));
    probe.next().await.unwrap().unwrap();
    assert_eq!(model.breaker_state(), BreakerState::Closed);
    let (_, end) = read(&model).await;
    assert!(end.is_ok());
}

#[tokio::test]
async fn a_dropped_probe_leaves_the_next_call_to_probe() {
    let server = start().await;
    let mut settings = model_settings(&server, Provider::Anthropic, "500,1");
    (
        settings.endpoint.attempts,
        settings.endpoint.breaker_failures,
    ) = (1, 1);
    let clock = JumpingClock::new();
    let model = Model::new(settings, environment(clock.clone())).unwrap();
    model.stream(&request()).await.unwrap_err();
    clock.advance(Duration::from_secs(61));
    drop(model.stream(&request()).await.unwrap());
    assert_eq!(model.breaker_state(), BreakerState::Open);
    assert!(model.generate(&request()).await.is_ok());
}
