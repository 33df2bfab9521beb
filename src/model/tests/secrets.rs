//! The key is shown to the service and to nobody else.

use super::fixtures::hasty;
use super::fixtures::{
    JumpingClock, PROVIDERS, embedder_settings, environment, key, model_settings, start,
};
use crate::{ChatRequest, Embedder, Model, ModelError, Secret};
use assize_outbound::{BoxFuture, Exchange, Transport, TransportError};
use bytes::Bytes;
use http::Response;

fn assert_hidden(shown: &str) {
    let key = key();
    for secret in [key.expose(), "very-secret", "0123456789"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

fn assert_error_hides(error: &ModelError) {
    let source = std::error::Error::source(error).map(ToString::to_string);
    let public = error.public();
    assert_hidden(&format!(
        "{error} {error:?} {error:#?} {source:?} {public:?}"
    ));
}

/// All that fails; empty: nothing.
const MODES: [&str; 20] = [
    "",
    "echo",
    "echo-type",
    "400",
    "401",
    "429-long",
    "500",
    "close",
    "cut",
    "drip",
    "end-early",
    "error-event",
    "garbage",
    "gzip",
    "hang",
    "html",
    "huge",
    "quota",
    "redirect",
    "stall",
];

#[tokio::test]
async fn no_text_shows_the_key() {
    let server = start().await;
    let request = ChatRequest::user("Hello?");
    for mode in MODES {
        for provider in PROVIDERS {
            let model = hasty(&server, provider, mode, 100, 500);
            assert_hidden(&format!("{model:?} {:#?}", model.settings()));
            if let Err(error) = model.generate(&request).await {
                assert_error_hides(&error);
            }
            match model.stream(&request).await {
                Ok(stream) => {
                    assert_hidden(&format!("{stream:?}"));
                    if let Err(error) = stream.collect().await {
                        assert_error_hides(&error);
                    }
                }
                Err(error) => assert_error_hides(&error),
            }
        }
        let mut settings = embedder_settings(&server, mode);
        settings.endpoint.timeout_ms = 100;
        let clock = assize_outbound::native::NativeClock::new();
        let embedder = Embedder::new(settings, environment(clock)).unwrap();
        assert_hidden(&format!("{embedder:?} {:#?}", embedder.settings()));
        if let Err(error) = embedder.embed(&["Hello?"]).await {
            assert_error_hides(&error);
        }
    }
    // It was shown, where it belongs.
    let (seen, _) = server.seen();
    assert!(!seen.is_empty());
    for seen in seen {
        let header = seen
            .headers
            .get("x-api-key")
            .or(seen.headers.get("authorization"));
        assert!(header.unwrap().to_str().unwrap().contains(key().expose()));
        assert_hidden(&format!("{} {:?}", seen.path, seen.body));
    }
}

/// Tells all that it is given.
struct Chatty;

impl Transport for Chatty {
    fn exchange(
        &self,
        exchange: Exchange,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        assert_hidden(&format!("{exchange:?}"));
        let headers = exchange.request.headers().values();
        let values: Vec<_> = headers.map(|value| value.to_str().unwrap()).collect();
        let problem = format!("can't send {}", values.join(", "));
        Box::pin(std::future::ready(Err(TransportError::Failed(problem))))
    }
}

#[tokio::test]
async fn a_transport_that_tells_all_does_not_tell_the_key() {
    let server = start().await;
    for provider in PROVIDERS {
        let settings = model_settings(&server, provider, "");
        let environment = crate::Environment::new(Chatty, JumpingClock::new(), || 0);
        assert_hidden(&format!("{environment:?}"));
        let model = Model::new(settings, environment).unwrap();
        let error = model.generate(&ChatRequest::user("Hello?")).await;
        let error = error.unwrap_err();
        assert!(error.to_string().contains("can't send"), "{error}");
        assert_error_hides(&error);
    }
}

#[test]
fn secrets_in_urls_are_not_shown() {
    for url in [
        "https://very-secret@models.example",
        "https://user:very-secret@models.example/v1",
        "https://models.example/v1?key=very-secret",
        "https://models.example/#very-secret",
        "very-secret",
    ] {
        let mut settings = crate::ModelSettings::new(crate::Provider::OpenAi, "m");
        settings.endpoint.base_url = url.to_owned();
        let error = settings.check().unwrap_err();
        assert_hidden(&format!("{error} {error:?} {settings:?}"));
    }
}

#[test]
fn a_key_that_can_not_be_sent_is_not_shown() {
    let mut settings = crate::ModelSettings::new(crate::Provider::OpenAi, "m");
    for wrong in [
        "",
        "very-secret\n",
        "very secret",
        "very-secret\u{e9}",
        "\u{0}very-secret",
    ] {
        settings.endpoint.api_key = Some(Secret::new(wrong.to_owned()));
        let error = settings.check().unwrap_err();
        assert_hidden(&format!("{error} {error:?} {settings:?}"));
        assert!(error.to_string().starts_with("`model.api_key` must be"));
    }
}
