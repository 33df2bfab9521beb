//! Keys in the wrong place, or in more than one; callers that say nothing; and what those hear who are not let in.

use crate::http::{AGREEING, Request, SESSIONS, evaluate, get, post, request};
use crate::program::{Place, Server};
use crate::tokens::{Algorithm, good_claims};
use serde_json::json;

const KEY: &str = "a-key-of-the-settings-0123456789abcdef";

fn guarded() -> (Place, Server) {
    let place = Place::with(&format!(
        "auth.anonymous = false\nauth.keys = [{{ name = 'one', key = '{KEY}' }}]\n"
    ));
    let server = place.serve();
    evaluate().key(KEY).send(&server).expect(200);
    evaluate().bearer(KEY).send(&server).expect(200);
    (place, server)
}

fn base64(text: &str) -> String {
    use base64ct::{Base64, Encoding};
    Base64::encode_string(text.as_bytes())
}

#[test]
fn key_in_another_place_is_no_key() {
    let (_place, server) = guarded();
    let in_body = format!(r#"{{"api_key":"{KEY}",{}"#, &AGREEING[1..]);
    let with = |name: &str, value: &str| evaluate().header(name, value);
    let elsewhere: Vec<Request> = vec![
        post(&format!("/evaluate?api_key={KEY}"), AGREEING),
        post(&format!("/evaluate?x-api-key={KEY}"), AGREEING),
        post(&format!("/evaluate?access_token={KEY}"), AGREEING),
        post("/evaluate", &in_body),
        with("cookie", &format!("x-api-key={KEY}")),
        with("cookie", &format!("authorization=Bearer {KEY}")),
        with("authorization", KEY),
        with("authorization", &format!("ApiKey {KEY}")),
        with("authorization", &format!("Bearer{KEY}")),
        with("authorization", &format!("Token {KEY}")),
        with("authorization", &format!("Basic {}", base64(KEY))),
        with(
            "authorization",
            &format!("Basic {}", base64(&format!("key:{KEY}"))),
        ),
        with(
            "authorization",
            &format!("Basic {}", base64(&format!("{KEY}:"))),
        ),
        with("proxy-authorization", &format!("Bearer {KEY}")),
        with("api-key", KEY),
        with("x-api_key", KEY),
        with("x-auth-token", KEY),
        with("x-forwarded-authorization", &format!("Bearer {KEY}")),
    ];
    for request in elsewhere {
        let answer = request.send(&server);
        assert_eq!(answer.status, 401, "{request:?} {answer:?}");
        assert!(!answer.unauthorized().body.contains(KEY));
    }
}

#[test]
fn key_that_is_almost_right_is_wrong() {
    let (_place, server) = guarded();
    let last = &KEY[..KEY.len() - 1];
    for key in [
        last.to_owned(),
        format!("{last}g"),
        format!("{KEY}0"),
        KEY.to_uppercase(),
        format!("\"{KEY}\""),
        format!("%{KEY}"),
        String::new(),
        "a".repeat(7000),
        "two words, one key".to_owned(),
    ] {
        evaluate().key(&key).send(&server).unauthorized();
        evaluate().bearer(&key).send(&server).unauthorized();
    }
}

#[test]
fn two_credentials_are_refused_even_if_both_are_right() {
    let (_place, server) = guarded();
    let twice: Vec<Request> = vec![
        evaluate().key(KEY).key(KEY),
        evaluate().bearer(KEY).bearer(KEY),
        evaluate().key(KEY).bearer(KEY),
        evaluate().key(KEY).bearer("another"),
        evaluate().key("another").bearer(KEY),
        evaluate()
            .key(KEY)
            .header("authorization", &format!("Basic {}", base64("a:b"))),
        evaluate().key(KEY).header("authorization", ""),
    ];
    for request in twice {
        let answer = request.send(&server).unauthorized();
        assert_eq!(
            answer.json()["detail"],
            "give one key or token, in one header",
            "{request:?}"
        );
    }
    // As an intermediary joins them.
    for joined in [format!("{KEY}, {KEY}"), format!("{KEY} {KEY}")] {
        evaluate().key(&joined).send(&server).unauthorized();
        evaluate().bearer(&joined).send(&server).unauthorized();
    }
}

#[test]
fn refusals_tell_nothing_about_what_there_is() {
    let mut place = Place::with("auth.anonymous = false\n");
    let issued = place.run(&["keys", "create", "known", "--json"]).lines()[0].clone();
    let (id, key) = (
        issued["id"].as_str().unwrap(),
        issued["key"].as_str().unwrap(),
    );
    // As one from another store: right in its form, of a known identifier, but with another secret.
    let stranger = Place::new();
    let other = stranger.run(&["keys", "create", "x", "--json"]).lines()[0].clone();
    let unknown = other["key"].as_str().unwrap();
    place.set("ASSIZE_AUTH_KEYS", KEY);
    let server = place.serve();
    let opened = post(SESSIONS, r#"{"governor":"cycle"}"#)
        .key(key)
        .send(&server)
        .expect(201);

    let token = Algorithm::RS256.token(&good_claims());
    let known = evaluate().key("wrong").send(&server).comparable();
    for credential in [unknown, "guessed", &token] {
        let answer = evaluate().bearer(credential).send(&server).comparable();
        assert_eq!(answer, known, "{credential}");
    }
    place.run(&["keys", "revoke", id]).done();
    crate::program::until("the key is revoked", || {
        evaluate().key(key).send(&server).status == 401
    });
    assert_eq!(evaluate().key(key).send(&server).comparable(), known);

    // Nor about sessions and routes that exist, or what a body should be.
    let missing = evaluate().send(&server).unauthorized().comparable();
    let session = opened.header("location");
    for request in [
        get(session),
        get(&format!("{SESSIONS}/none")),
        request("DELETE", session),
        post("/evaluate", "{"),
        request("POST", "/evaluate"),
        post("/evaluate", &"x".repeat(100_000)),
        get("/metrics"),
    ] {
        assert_eq!(request.send(&server).comparable(), missing, "{request:?}");
    }
}

#[test]
fn nobody_is_anonymous_unless_it_is_configured() {
    let warning = "callers need no key";
    let place = Place::new();
    let server = place.serve();
    evaluate().send(&server).expect(200);
    assert_eq!(server.logged(warning), 1);
    let warned = server.log();
    let line = warned.lines().find(|line| line.contains(warning)).unwrap();
    assert!(line.contains("WARN"), "{line}");
    // Who says something wrong is not anonymous.
    for request in [
        evaluate().key("wrong"),
        evaluate().bearer("a.b.c"),
        evaluate().header("authorization", "Basic eDp5"),
    ] {
        request.send(&server).unauthorized();
    }
    drop(server);

    // Whoever sets keys does not mean to let everyone in as well.
    let key = format!("auth.keys = [{{ name = 'one', key = '{KEY}' }}]");
    for text in ["auth.anonymous = false", "profile = 'staging'", &key] {
        place.configure(text);
        let server = place.serve();
        evaluate().send(&server).unauthorized();
        assert_eq!(server.logged(warning), 0, "{text}");
    }
}

#[test]
fn anonymous_callers_may_do_only_what_is_configured() {
    let place = Place::with(&format!(
        "[auth]\nanonymous = true\nanonymous_scopes = ['evaluate']\nkeys = [{{ name = 'one', key = '{KEY}' }}]\n"
    ));
    let server = place.serve();
    evaluate().send(&server).expect(200);
    // With a key more is permitted: it is 401 and not 403.
    for request in [
        get("/metrics"),
        post(SESSIONS, "{}"),
        get("/v1/governor/sessions/x"),
    ] {
        request.send(&server).unauthorized();
        assert_ne!(request.key(KEY).send(&server).status, 401);
    }
}

#[test]
fn tokens_are_refused_where_none_are_accepted() {
    let (_place, server) = guarded();
    let header = json!({"alg": "none"});
    for token in [
        Algorithm::RS256.token(&good_claims()),
        crate::tokens::signed(&header, &good_claims(), |_| Vec::new()),
    ] {
        evaluate().bearer(&token).send(&server).unauthorized();
    }
    server.wait_for_log("`auth.jwt` is not set");
}
