//! Which settings are accepted.

use crate::{EmbedderSettings, ModelSettings, Provider};

fn at(base_url: &str, allow_http: bool) -> Result<(), String> {
    let mut settings = ModelSettings::new(Provider::OpenAi, "m");
    settings.endpoint.base_url = base_url.to_owned();
    settings.endpoint.allow_http = allow_http;
    settings.check().map_err(|error| error.to_string())
}

#[test]
fn what_nobody_changed_is_accepted() {
    for provider in [Provider::OpenAi, Provider::Anthropic] {
        assert_eq!(provider.to_string().parse(), Ok(provider));
        assert_eq!(ModelSettings::new(provider, "m").check(), Ok(()));
    }
    assert_eq!(EmbedderSettings::new("m", 384).check(), Ok(()));
    assert!("OpenAI".parse::<Provider>().is_err());
}

#[test]
fn plain_http_is_for_this_machine_unless_allowed() {
    for url in [
        "http://127.0.0.1:8080/v1",
        "http://127.1",
        "http://[::1]:1/",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost:11434/v1",
        "http://a.localhost",
        "https://models.example/v1/",
    ] {
        assert_eq!(at(url, false), Ok(()), "{url}");
    }
    for url in [
        "http://models.example/v1",
        "http://10.0.0.5",
        "http://localhost.example",
        "http://127.0.0.1.example",
        "http://0.0.0.0",
    ] {
        let error = at(url, false).unwrap_err();
        assert!(
            error.starts_with("`model.base_url` must be `https`"),
            "{url}"
        );
        assert_eq!(at(url, true), Ok(()), "{url}");
    }
}

#[test]
fn what_is_no_place_is_refused() {
    for (url, words) in [
        ("", "it is not a URL"),
        ("models.example", "it is not a URL"),
        ("ftp://models.example", "its scheme"),
        ("https://user:pass@models.example", "user name or password"),
        ("https://models.example/v1?key=sk", "must have no query"),
        (
            "https://models.example/#v1",
            "must have no query and no fragment",
        ),
    ] {
        let error = at(url, true).unwrap_err();
        assert!(
            error.starts_with("`model.base_url`") && error.contains(words),
            "{error}"
        );
        assert!(!error.contains("pass@") && !error.contains("sk"), "{error}");
    }
}

#[test]
fn every_wrong_setting_is_named() {
    let mut settings = ModelSettings::new(Provider::Anthropic, " ");
    let endpoint = &mut settings.endpoint;
    endpoint.base_url = "x".to_owned();
    (endpoint.timeout_ms, endpoint.total_timeout_ms) = (0, 3_600_001);
    (endpoint.attempts, endpoint.max_body_bytes) = (11, 0);
    (endpoint.breaker_failures, endpoint.breaker_open_seconds) = (0, 86_401);
    settings.max_tokens = 0;
    settings.temperature = Some(1.1);
    let error = settings.check().unwrap_err();
    let named: Vec<_> = error
        .0
        .iter()
        .filter_map(|text| text.split('`').nth(1))
        .collect();
    let expected = [
        "timeout_ms",
        "total_timeout_ms",
        "attempts",
        "max_body_bytes",
        "breaker_failures",
        "breaker_open_seconds",
        "base_url",
        "model",
        "max_tokens",
        "temperature",
    ];
    assert_eq!(named, expected.map(|name| format!("model.{name}")));
    assert!(
        error
            .to_string()
            .contains("`model.attempts` must be 1 to 10, not 11")
    );
    let mut settings = EmbedderSettings::new("m\u{7}", 0);
    settings.max_texts = 4097;
    let error = settings.check().unwrap_err().to_string();
    for name in ["model", "dimension", "max_texts"] {
        assert!(error.contains(&format!("`embeddings.{name}`")), "{error}");
    }
}
