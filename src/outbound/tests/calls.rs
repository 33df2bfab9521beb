//! What is called, kept and refused.

use super::fake::{NEVER, Scripted, json, outbound, status};
use crate::{OutboundError, TransportError};
use std::time::Duration;

const ALLOWED: &str = r#"{"allow": ["https://a.example/v1/"]}"#;

#[tokio::test]
async fn off_unless_configured() {
    let transport = Scripted::map(|_| json("1"));
    let (outbound, _) = outbound("{}", &transport);
    let error = outbound.get_json("https://a.example/", NEVER).await;
    let error = error.unwrap_err();
    assert_eq!(error, OutboundError::Off);
    assert!(error.to_string().contains("`outbound.allow`"));
    let error = outbound.call_external("tier", "[1, 2]", NEVER).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("`outbound.externals.tier/2.url`"), "{error}");
    assert!(!outbound.has_external("tier", 2));
    assert!(transport.asked().is_empty());
}

#[tokio::test]
async fn what_is_not_allowed_is_not_asked() {
    let transport = Scripted::map(|_| json("1"));
    let settings = r#"{"allow": ["https://a.example/v1/", "http://*.internal.example/"]}"#;
    let (outbound, _) = outbound(settings, &transport);
    for url in [
        "https://b.example/v1/",
        "https://a.example/v2/",
        "https://a.example/v1/..%2fadmin",
        "http://a.example/v1/",
        "http://169.254.169.254/latest/",
        "http://2130706433/",
        "http://[::ffff:127.0.0.1]/",
        "http://0x7f.1/",
    ] {
        let error = outbound.get_json(url, NEVER).await.unwrap_err();
        assert!(matches!(error, OutboundError::NotAllowed { .. }), "{url}");
    }
    let error = outbound.get_json("https://u:secret@a.example/v1/", NEVER);
    let error = error.await.unwrap_err();
    assert!(matches!(error, OutboundError::Url(_)));
    assert!(!error.to_string().contains("secret"));
    assert!(transport.asked().is_empty());
}

#[tokio::test]
async fn an_answer_is_kept_until_it_expires() {
    let transport = Scripted::map(|url| json(if url.ends_with("null") { "null" } else { "[]" }));
    let (outbound, clock) = outbound(ALLOWED, &transport);
    for _ in 0..3 {
        for (url, answer) in [
            ("https://a.example/v1/null", "null"),
            ("https://A.example:443/v1/x/../null#part", "null"),
            ("https://a.example/v1/?q", "[]"),
        ] {
            let found = outbound.get_json(url, NEVER).await.unwrap();
            assert_eq!(&*found, answer);
        }
    }
    assert_eq!(transport.asked().len(), 2);
    clock.advance(Duration::from_secs(300));
    let url = "https://a.example/v1/null";
    outbound.get_json(url, NEVER).await.unwrap();
    assert_eq!(transport.asked().len(), 2);
    clock.advance(Duration::from_millis(1));
    outbound.get_json(url, NEVER).await.unwrap();
    assert_eq!(transport.asked().len(), 3);
}

#[tokio::test]
async fn a_cached_answer_needs_no_time() {
    let transport = Scripted::map(|_| json("1"));
    let (outbound, _) = outbound(ALLOWED, &transport);
    let url = "https://a.example/v1/";
    let past = Duration::ZERO;
    let error = outbound.get_json(url, past).await.unwrap_err();
    assert_eq!(error, OutboundError::Deadline);
    outbound.get_json(url, NEVER).await.unwrap();
    assert!(outbound.get_json(url, past).await.is_ok());
}

#[tokio::test]
async fn failures_are_not_kept() {
    let transport = Scripted::map(|url| match url.rsplit('/').next() {
        Some("500") => status(500, "1"),
        Some("404") => status(404, "1"),
        Some("304") => status(304, "1"),
        Some("bad") => json("{not json"),
        Some("big") => json(&" ".repeat(1024 * 1024 + 1)),
        _ => Err(TransportError::Failed("refused".to_owned())),
    });
    let (outbound, _) = outbound(ALLOWED, &transport);
    for (path, expected) in [
        ("500", "status 500"),
        ("404", "status 404"),
        ("304", "status 304"),
        ("bad", "not JSON"),
        ("big", "more than 1048576 bytes"),
        ("down", "can't be reached: refused"),
    ] {
        let url = format!("https://a.example/v1/{path}");
        for _ in 0..2 {
            let error = outbound.get_json(&url, NEVER).await.unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
    assert_eq!(transport.asked().len(), 12);
}

#[tokio::test]
async fn external_predicates_are_posted() {
    let transport = Scripted::map(|_| json(r#"{"solutions": [["ann", "gold"]]}"#));
    let settings =
        r#"{"externals": {"tier/2": {"url": "https://crm.example/tier", "cache_seconds": 5}}}"#;
    let (outbound, clock) = outbound(settings, &transport);
    assert!(outbound.has_external("tier", 2));
    let ask = |arguments: &'static str| outbound.call_external("tier", arguments, NEVER);
    for _ in 0..2 {
        let answer = ask(r#"["ann","?T"]"#).await.unwrap();
        assert_eq!(&*answer, r#"{"solutions": [["ann", "gold"]]}"#);
    }
    let posted = r#"POST https://crm.example/tier {"name":"tier","arguments":["ann","?T"]}"#;
    assert_eq!(transport.asked(), [posted]);
    ask(r#"["bob","?T"]"#).await.unwrap();
    assert_eq!(transport.asked().len(), 2);
    clock.advance(Duration::from_secs(6));
    ask(r#"["ann","?T"]"#).await.unwrap();
    assert_eq!(transport.asked().len(), 3);
    let error = ask(r#"["ann"]"#).await.unwrap_err();
    let predicate = "tier/1".to_owned();
    assert_eq!(error, OutboundError::NoExternal { predicate });
    for wrong in ["", "{}", "1", "[1", "[1,]", "[1] 2", "[01]"] {
        let error = ask(wrong).await.unwrap_err();
        assert_eq!(error, OutboundError::Arguments, "{wrong}");
    }
    for name in ["", "a/b", "tier/2"] {
        let error = outbound.call_external(name, "[1,2]", NEVER).await;
        assert!(matches!(error, Err(OutboundError::NoExternal { .. })));
    }
}

#[tokio::test]
async fn a_question_has_a_bound_too() {
    let transport = Scripted::map(|_| json("1"));
    let settings =
        r#"{"externals": {"f/1": {"url": "https://a.example/"}}, "max_body_bytes": 100}"#;
    let (outbound, _) = outbound(settings, &transport);
    let arguments = format!("[\"{}\"]", "x".repeat(100));
    let error = outbound.call_external("f", &arguments, NEVER).await;
    assert!(matches!(error, Err(OutboundError::TooLarge { .. })));
    assert!(transport.asked().is_empty());
}

#[tokio::test]
async fn a_url_of_a_predicate_allows_nothing_else() {
    let transport = Scripted::map(|_| json("1"));
    let settings = r#"{"externals": {"f/1": {"url": "https://a.example/f"}}}"#;
    let (outbound, _) = outbound(settings, &transport);
    let error = outbound.get_json("https://a.example/f", NEVER).await;
    assert_eq!(error, Err(OutboundError::Off));
}
