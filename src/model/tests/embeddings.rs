//! Vectors of texts.

use super::fixtures::{JumpingClock, embedder, embedder_settings, environment, start};
use super::stand_in::{DIMENSION, embedding};
use crate::{Cause, Embedder, Encoding, ErrorKind};
use assize_outbound::BreakerState;
use serde_json::{Value, json};

const TEXTS: [&str; 3] = ["one", "two ✓", "one"];

#[tokio::test]
async fn texts_have_vectors_in_their_order() {
    let server = start().await;
    for encoding in [Encoding::Float, Encoding::Base64] {
        for dimension in [DIMENSION, 8] {
            let mut settings = embedder_settings(&server, "");
            settings.encoding = encoding;
            settings.dimension = dimension;
            settings.send_dimension = dimension == 8;
            let embedder = Embedder::new(settings, environment(JumpingClock::new())).unwrap();
            let found = embedder.embed(&TEXTS).await.unwrap();
            assert_eq!(found.vectors, TEXTS.map(|text| embedding(text, dimension)));
            assert_eq!(found.usage.input_tokens, Some(4));
        }
    }
    let (seen, _) = server.seen();
    let body = |index: usize| serde_json::from_slice::<Value>(&seen[index].body).unwrap();
    let plain = json!({"model": "stand-in", "input": TEXTS, "encoding_format": "float"});
    assert_eq!(body(0), plain);
    assert_eq!(body(3)["dimensions"], 8);
    assert_eq!(body(3)["encoding_format"], "base64");
}

#[tokio::test]
async fn what_is_no_vector_is_told_with_its_place() {
    let server = start().await;
    let finite = "must be a finite number of at most 1e18 in magnitude";
    for (mode, words) in [
        ("nan", format!("`data[0].embedding[383]` {finite}")),
        ("infinite", format!("`data[0].embedding[0]` {finite}")),
        ("large", format!("`data[0].embedding[1]` {finite}")),
        (
            "zero",
            "`data[0].embedding` must not be of length 0".to_owned(),
        ),
        (
            "short",
            "`data[0].embedding` must have 384 numbers, not 383".to_owned(),
        ),
        ("count", "`data` must have 3 vectors, not 2".to_owned()),
        (
            "index",
            "`data[1].index` is out of range or stands there twice".to_owned(),
        ),
    ] {
        let mut settings = embedder_settings(&server, mode);
        settings.encoding = Encoding::Base64;
        let embedder = Embedder::new(settings, environment(JumpingClock::new())).unwrap();
        for _ in 0..6 {
            let error = embedder.embed(&TEXTS).await.unwrap_err();
            assert!(error.to_string().contains(&words), "{mode}: {error}");
            assert_eq!(error.public().kind, ErrorKind::BadAnswer, "{mode}");
        }
        assert_eq!(embedder.breaker_state(), BreakerState::Closed, "{mode}");
    }
}

#[tokio::test]
async fn other_failures_are_those_of_models() {
    let server = start().await;
    for (mode, words) in [
        ("401", "embeddings at `http://127.0.0.1"),
        ("garbage", "it is not JSON"),
        ("error-event", "the server reports an error"),
        ("cut", "the connection failed"),
        ("redirect", "status 307"),
    ] {
        let error = embedder(&server, mode).embed(&TEXTS).await.unwrap_err();
        assert!(error.to_string().contains(words), "{mode}: {error}");
    }
    let embedder = embedder(&server, "500,2");
    assert!(embedder.embed(&TEXTS).await.is_ok());
}

#[tokio::test]
async fn what_has_no_vector_is_not_asked() {
    let server = start().await;
    let embedder = embedder(&server, "");
    let many = ["a"; 257];
    let long = "x".repeat(5 << 20);
    for (texts, message) in [
        (&[][..], "`texts` must be 1 to 256, not 0"),
        (&many[..], "`texts` must be 1 to 256, not 257"),
        (&["a", " \t"], "`texts[1]` must not be blank"),
        (&[long.as_str()], "`texts` must have at most 4194304 bytes"),
    ] {
        let error = embedder.embed(texts).await.unwrap_err();
        assert_eq!(error.public().message, message);
        assert!(matches!(error.cause, Cause::Request(_)));
    }
    assert!(server.seen().0.is_empty());
}
