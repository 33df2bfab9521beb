//! What a key permits: each route needs a scope, and no other will do.

use crate::http::{AGREEING, Answer, Request, SESSIONS, get, post, request};
use crate::program::{Place, Server};
use std::collections::BTreeSet;

const SCOPES: [&str; 5] = [
    "evaluate",
    "sessions:read",
    "sessions:write",
    "metrics",
    "*",
];
const STEP: &str = r#"{"left":{"engine_id":"a","cycle_index":0,"answer":"yes"},
    "right":{"engine_id":"b","cycle_index":0,"answer":"no"}}"#;
const WISDOM: &str = r#"{"domain":"d","lesson":"l","consequence_type":"near_miss","future_bias":"b","timestamp":"t"}"#;

/// Every route that needs a scope, as the service describes it; with the scopes that are enough.
fn guarded() -> Vec<(
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
)> {
    let batch = r#"{"items":[{"left":{"output":"a","confidence":1},"right":{"output":"a","confidence":1}}]}"#;
    let write: &[&str] = &["sessions:write", "*"];
    let read: &[&str] = &["sessions:read", "sessions:write", "*"];
    vec![
        ("post", "/evaluate", AGREEING, &["evaluate", "*"]),
        (
            "post",
            "/v1/governor/evaluate",
            AGREEING,
            &["evaluate", "*"],
        ),
        (
            "post",
            "/v1/governor/evaluate:batch",
            batch,
            &["evaluate", "*"],
        ),
        (
            "post",
            "/v1/governor/sessions",
            r#"{"governor":"cycle"}"#,
            write,
        ),
        ("get", "/v1/governor/sessions/{id}", "", read),
        ("get", "/v1/governor/sessions/{id}/audit", "", read),
        (
            "post",
            "/v1/governor/sessions/{id}/evaluate",
            AGREEING,
            write,
        ),
        ("post", "/v1/governor/sessions/{id}/step", STEP, write),
        ("post", "/v1/governor/sessions/{id}/reopen", "", write),
        ("post", "/v1/governor/sessions/{id}/reset", "", write),
        ("post", "/v1/governor/sessions/{id}/wisdom", WISDOM, write),
        ("delete", "/v1/governor/sessions/{id}", "", write),
        ("get", "/metrics", "", &["metrics", "*"]),
    ]
}

fn name(scope: &str) -> String {
    format!(
        "key-with-{}-and-nothing-else",
        scope.replace(['*', ':'], "-")
    )
}

fn server() -> (Place, Server) {
    let keys = SCOPES.map(|scope| {
        let name = name(scope);
        format!("{{ name = '{scope}', key = '{name}', scopes = ['{scope}'] }}")
    });
    let place = Place::with(&format!(
        "[auth]\nanonymous = false\nkeys = [{}]\n",
        keys.join(", ")
    ));
    let server = place.serve();
    (place, server)
}

fn to(method: &str, path: &str, body: &str, session: &str) -> Request {
    let path = path.replace("/v1/governor/sessions/{id}", session);
    let request = request(&method.to_uppercase(), &path);
    if body.is_empty() {
        request
    } else {
        request.json(body)
    }
}

fn open(server: &Server) -> String {
    let opened = post(SESSIONS, r#"{"governor":"cycle"}"#)
        .key(&name("sessions:write"))
        .send(server)
        .expect(201);
    opened.header("location").to_owned()
}

fn standing(server: &Server, session: &str) -> [Answer; 2] {
    ["", "/audit"].map(|part| {
        let answer = get(&format!("{session}{part}"))
            .key(&name("*"))
            .send(server);
        answer.expect(200).comparable()
    })
}

#[test]
fn every_route_is_guarded_or_open_on_purpose() {
    let (_place, server) = server();
    let description = get("/openapi.json").send(&server).expect(200).json();
    let mut described = BTreeSet::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            described.insert((method.clone(), path.clone()));
        }
    }
    let open = [("get", "/health"), ("get", "/ready")];
    let listed = guarded()
        .into_iter()
        .map(|(method, path, ..)| (method, path));
    let listed: BTreeSet<_> = listed
        .chain(open)
        .map(|(method, path)| (method.to_owned(), path.to_owned()))
        .collect();
    assert_eq!(described, listed, "what may callers of a new route do?");
    for (_, path) in open {
        get(path).send(&server).expect(200);
    }
}

#[test]
fn nobody_gets_anywhere_without_a_key() {
    let (_place, server) = server();
    let session = open(&server);
    let before = standing(&server, &session);
    for (method, path, body, _) in guarded() {
        to(method, path, body, &session)
            .send(&server)
            .unauthorized();
    }
    assert_eq!(standing(&server, &session), before);
}

#[test]
fn each_route_needs_its_scope_and_no_other_will_do() {
    let (_place, server) = server();
    for (method, path, body, enough) in guarded() {
        for scope in SCOPES {
            let session = open(&server);
            let before = standing(&server, &session);
            let answer = to(method, path, body, &session)
                .key(&name(scope))
                .send(&server);
            let what = format!("{method} {path} with {scope}: {answer:?}");
            if enough.contains(&scope) {
                // Some do not fit the session's state; none is refused for who asks.
                assert!(matches!(answer.status, 200..=204 | 409), "{what}");
                continue;
            }
            assert_eq!(answer.status, 403, "{what}");
            let answer = answer.problem(403, "forbidden");
            let challenge = answer.header("www-authenticate");
            let needed = format!("error=\"insufficient_scope\", scope=\"{}\"", enough[0]);
            assert!(challenge.contains(&needed), "{what}");
            assert_eq!(standing(&server, &session), before, "{what}");
        }
    }
}

#[test]
fn method_that_is_read_as_another_needs_the_scope_of_what_it_does() {
    let (_place, server) = server();
    let session = open(&server);
    let read = name("sessions:read");
    let before = standing(&server, &session);
    request("HEAD", &session)
        .key(&read)
        .send(&server)
        .expect(200);
    for (name, value) in [
        ("x-http-method-override", "DELETE"),
        ("x-http-method", "DELETE"),
        ("x-method-override", "DELETE"),
    ] {
        let disguised = get(&session).header(name, value).key(&read);
        disguised.send(&server).expect(200);
    }
    let in_query = get(&format!("{session}?_method=DELETE")).key(&read);
    in_query.send(&server).expect(200);
    assert_eq!(standing(&server, &session), before);
}
