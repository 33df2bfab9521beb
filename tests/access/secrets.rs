//! Secrets are seen nowhere: not in logs, not in what commands print, not in what is kept.

use crate::http::{Request, SESSIONS, evaluate, get, post};
use crate::program::{Place, Ran};
use crate::redis_server::{PASSWORD, RedisServer};
use crate::tokens::{AUDIENCE, Algorithm, ISSUER, good_claims};
use std::path::Path;

/// Part of everything that must not be seen.
const CANARY: &str = "canary";
const KEY: &str = "canary-of-the-configured-key-0123456789";
const JWT_SECRET: &str = "canary-of-the-secret-of-tokens-0123456789";

#[track_caller]
fn assert_hidden(what: &str, text: &str, secrets: &[&str]) {
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} is in {what}: {text}");
    }
}

fn all_files(folder: &Path, bytes: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all_files(&path, bytes);
        } else {
            bytes.extend(std::fs::read(path).unwrap());
        }
    }
}

fn settings() -> String {
    format!(
        "[auth]\nanonymous = false\nkeys = [{{ name = 'one', key = '{KEY}' }}]\n[auth.jwt]\nissuer = '{ISSUER}'\naudience = '{AUDIENCE}'\nsecret = '{JWT_SECRET}'\n"
    )
}

#[test]
fn secrets_are_not_in_the_log_the_metrics_or_the_journal() {
    let mut place = Place::with(&settings());
    place.set("ASSIZE_LOG", "trace");
    let made = place.run(&["keys", "create", "two"]);
    let issued = made.done().trim().to_owned();
    let secret = issued.rsplit('_').next().unwrap();
    let header = Algorithm::HS256.header();
    let token = crate::tokens::signed(&header, &good_claims(), |message| {
        crate::tokens::hmac(JWT_SECRET.as_bytes(), message)
    });
    let signature = token.rsplit('.').next().unwrap();
    let server = place.serve();

    let good: [&dyn Fn(Request) -> Request; 4] = [
        &|request: Request| request.key(KEY),
        &|request: Request| request.bearer(KEY),
        &|request: Request| request.key(&issued),
        &|request: Request| request.bearer(&token),
    ];
    for with in good {
        for request in [evaluate(), post(SESSIONS, r#"{"governor":"cycle"}"#)] {
            let answer = with(request).send(&server);
            assert!(matches!(answer.status, 200 | 201), "{answer:?}");
            assert_hidden(
                "the answer",
                &format!("{answer:?}"),
                &[CANARY, secret, signature],
            );
        }
    }
    let wrong = format!("{KEY}-and-more");
    for request in [
        evaluate().key(&wrong),
        evaluate().key(KEY).bearer(KEY),
        evaluate().key(&format!("{issued}x")),
        evaluate().bearer(&format!("{token}x")),
        evaluate().header("authorization", &format!("Basic {KEY}")),
        post(&format!("/evaluate?key={KEY}"), "{}"),
        get("/metrics").key(&issued).bearer(&token),
    ] {
        let answer = request.send(&server).unauthorized();
        assert_hidden(
            "the answer",
            &format!("{answer:?}"),
            &[CANARY, secret, signature],
        );
    }
    let metrics = get("/metrics").key(KEY).send(&server).expect(200);
    server.reload("the configuration was read again");

    let secrets = [CANARY, secret, signature];
    assert_hidden("the metrics", &metrics.body, &secrets);
    assert!(server.logged("answered") > 10, "the log says too little");
    assert_hidden("the log", &server.log(), &secrets);
    let exported = place.run(&["store", "export"]);
    assert!(exported.done().lines().count() > 8);
    assert_hidden("the journal", &exported.stdout, &secrets);
    let mut kept = Vec::new();
    all_files(&place.path("data"), &mut kept);
    assert_hidden("the data folder", &String::from_utf8_lossy(&kept), &secrets);
}

#[test]
fn secrets_are_not_in_what_commands_print() {
    let mut place = Place::with(&settings());
    place.set(
        "ASSIZE_STORE_URL",
        &format!("postgres://u:{CANARY}@127.0.0.1:1/d"),
    );
    place.set("API_KEY", "canary-of-a-guide-0123456789-0123456789");
    let seen = |ran: &Ran| {
        assert_hidden("what is printed", &format!("{ran:?}"), &[CANARY]);
    };
    let shown = place.run(&["config", "show"]);
    assert!(shown.done().contains("********"), "{shown:?}");
    seen(&shown);
    seen(&place.run(&["config", "check"]));
    // Where the store can't be reached, with the password at hand for the message.
    for arguments in [
        &["keys", "list"][..],
        &["keys", "create", "x"],
        &["audit", "verify"],
        &["store", "check"],
        &["serve"],
    ] {
        let ran = place.run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?} {ran:?}");
        seen(&ran);
    }
    // Where they are mistaken for something else.
    for text in [
        format!("auth.key = '{KEY}'"),
        format!("auth.keys = ['{KEY}']"),
        format!("auth.keys = [{{ name = 'x', kee = '{KEY}' }}]"),
        format!("auth.keys = '{KEY}"),
        format!("auth.jwt.secret = {KEY}"),
        format!("store.url = 'postgres://u:{CANARY}@'"),
    ] {
        place.configure(&text);
        for arguments in [&["config", "check"][..], &["config", "show"], &["serve"]] {
            let ran = place.run(arguments);
            assert_ne!(ran.code, Some(0), "{text}");
            seen(&ran);
        }
    }
}

#[test]
fn password_of_a_store_is_not_in_the_log() {
    let redis = RedisServer::start(&[]);
    let mut place = Place::new();
    place.set("ASSIZE_LOG", "trace");
    place.set("ASSIZE_STORE_URL", &redis.url());
    let server = place.serve();
    evaluate().send(&server).expect(200);
    // When it goes away, failures are told without it.
    drop(redis);
    let answer = evaluate().send(&server).problem(503, "unavailable");
    let encoded = PASSWORD.replace(' ', "%20");
    let secrets = [PASSWORD, &encoded];
    assert_hidden("the answer", &answer.body, &secrets);
    assert_hidden("the log", &server.log(), &secrets);
}
