//! Redirects lead to allowed places, and not too often.

use super::fake::{NEVER, Scripted, json, outbound, redirect};
use crate::{OutboundAnswer, OutboundError};

const SETTINGS: &str = r#"{
    "allow": ["https://a.example/v1/", "https://b.example/", "http://*.corp.example/"],
    "externals": {"f/1": {"url": "https://a.example/f"}}
}"#;

async fn get_with(location: &'static str) -> (OutboundAnswer, usize) {
    let transport = Scripted::map(move |url| match url {
        "https://a.example/v1/start" => redirect(302, location),
        _ => json("1"),
    });
    let (outbound, _) = outbound(SETTINGS, &transport);
    let answer = outbound.get_json("https://a.example/v1/start", NEVER).await;
    (answer, transport.asked().len())
}

#[tokio::test]
async fn allowed_places_are_followed() {
    for location in [
        "https://b.example/x",
        "/v1/next",
        "next?q=1",
        "//b.example/",
    ] {
        let (answer, asked) = get_with(location).await;
        assert_eq!((answer.as_deref(), asked), (Ok("1"), 2), "{location}");
    }
}

#[tokio::test]
async fn forbidden_places_are_not_asked() {
    for location in [
        "https://evil.example/",
        "http://b.example/",
        "https://b.example:8443/",
        "/v2/",
        "../admin",
        "..%2f..%2fadmin",
        "//169.254.169.254/latest/meta-data/",
        "http://169.254.169.254/",
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://[::1]/",
        "https://u:p@b.example/",
        "file:///etc/passwd",
        "javascript:1",
        "https://b.example\\@evil.example/",
        "",
    ] {
        let (answer, asked) = get_with(location).await;
        let error = answer.unwrap_err();
        let is_refusal = matches!(
            error,
            OutboundError::NotAllowed { .. } | OutboundError::Url(_)
        );
        assert!(is_refusal && asked == 1, "{location}: {error}");
    }
}

#[tokio::test]
async fn there_are_at_most_three() {
    let transport = Scripted::map(|url| {
        let number: u32 = url.rsplit('/').next().unwrap().parse().unwrap();
        if number == 0 {
            json("1")
        } else {
            redirect(307, &format!("/v1/{}", number - 1))
        }
    });
    let (outbound, _) = outbound(SETTINGS, &transport);
    let three = outbound.get_json("https://a.example/v1/3", NEVER).await;
    assert_eq!(three.as_deref(), Ok("1"));
    let four = outbound.get_json("https://a.example/v1/4", NEVER).await;
    assert!(matches!(
        four,
        Err(OutboundError::Redirects { limit: 3, .. })
    ));
    assert_eq!(transport.asked().len(), 8);
}

#[tokio::test]
async fn what_is_posted_is_posted_again_or_not_at_all() {
    for status in [301, 302, 303, 307, 308] {
        let transport = Scripted::map(move |url| match url {
            "https://a.example/f" => redirect(status, "https://b.example/f"),
            _ => json(r#"{"solutions": []}"#),
        });
        let (outbound, _) = outbound(SETTINGS, &transport);
        let answer = outbound.call_external("f", "[1]", NEVER).await;
        let asked = transport.asked();
        if status >= 307 {
            assert_eq!(answer.as_deref(), Ok(r#"{"solutions": []}"#));
            assert!(asked[1].starts_with("POST https://b.example/f {"));
        } else {
            assert!(matches!(answer, Err(OutboundError::Status { .. })));
            assert_eq!(asked.len(), 1);
        }
    }
}

#[tokio::test]
async fn a_redirect_needs_a_place() {
    let transport = Scripted::map(|_| super::fake::status(302, ""));
    let (outbound, _) = outbound(SETTINGS, &transport);
    let error = outbound.get_json("https://a.example/v1/", NEVER).await;
    assert!(matches!(
        error,
        Err(OutboundError::RedirectWithoutPlace { .. })
    ));
}
