//! What a key permits: each route needs a scope, and no other will do.

use crate::http::{AGREEING, Answer, Request, SESSIONS, get, post, request};
use crate::program::{Place, Server};
use std::collections::BTreeSet;

const SCOPES: [&str; 7] = [
    "evaluate",
    "sessions:read",
    "sessions:write",
    "rules:read",
    "rules:write",
    "metrics",
    "*",
];
const STEP: &str = r#"{"left":{"engine_id":"a","cycle_index":0,"answer":"yes"},
    "right":{"engine_id":"b","cycle_index":0,"answer":"no"}}"#;
const QUERY: &str = r#"{"query":"p(x)","sources":["p(1)."]}"#;
const VERSION: &str = r#"{"sources":["allow(a, b, c) if p(a, b, c). p(1, 2, 3)."]}"#;
const DECIDE: &str = r#"{"subject":{"type":"user","id":"a"},"action":{"name":"b"},"resource":{"type":"t","id":"c"}}"#;
const ADMIT: &str = r#"{"moral_value":0.95}"#;
const RECORD: &str = r#"{"response":"The court hears both sides before it decides."}"#;
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
    let decide: &[&str] = &["evaluate", "*"];
    let rules: &[&str] = &["rules:write", "*"];
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
        ("post", "/v1/admit", ADMIT, write),
        ("post", "/v1/record", RECORD, write),
        ("post", "/v1/generate", r#"{"prompt":"why?"}"#, write),
        ("get", "/v1/state", "", read),
        ("get", "/v1/health/gate", "", read),
        ("post", "/v1/state/reset", "", write),
        ("get", "/v1/memory", "", read),
        (
            "post",
            "/v1/memory",
            r#"{"entries":[{"text":"a fact"}]}"#,
            write,
        ),
        ("post", "/v1/memory/search", r#"{"text":"a fact"}"#, read),
        ("post", "/v1/memory/forget", r#"{"ids":[1]}"#, write),
        ("get", "/v1/memory/entries", "", read),
        ("get", "/metrics", "", &["metrics", "*"]),
        ("post", "/query", QUERY, decide),
        ("post", "/v1/rules/check", VERSION, decide),
        ("get", "/v1/rules", "", &["rules:read", "rules:write", "*"]),
        ("put", "/v1/rules/{name}", VERSION, rules),
        (
            "get",
            "/v1/rules/{name}",
            "",
            &["rules:read", "rules:write", "*"],
        ),
        (
            "get",
            "/v1/rules/{name}/versions/{version}",
            "",
            &["rules:read", "rules:write", "*"],
        ),
        (
            "post",
            "/v1/rules/{name}/activate",
            r#"{"version":1}"#,
            rules,
        ),
        ("post", "/v1/rules/{name}/facts", "{}", rules),
        (
            "get",
            "/v1/rules/{name}/facts",
            "",
            &["rules:read", "rules:write", "*"],
        ),
        ("post", "/v1/rules/{name}/decide", DECIDE, decide),
        ("post", "/access/v1/evaluation", DECIDE, decide),
        ("post", "/access/v1/evaluations", DECIDE, decide),
        ("post", "/access/v1/search/subject", DECIDE, decide),
        ("post", "/access/v1/search/resource", DECIDE, decide),
        ("post", "/access/v1/search/action", DECIDE, decide),
        ("delete", "/v1/rules/{name}", "", rules),
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
    let path = path.replace("{name}", "default");
    let path = path.replace("{version}", "1");
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

/// What routes of the rule engine ask. Not put again while it is there: only so many versions are kept.
fn put_rules(server: &Server) {
    let known = get("/v1/rules/default").key(&name("*")).send(server);
    if known.status == 200 {
        return;
    }
    request("PUT", "/v1/rules/default")
        .json(VERSION)
        .key(&name("rules:write"))
        .send(server)
        .expect(200);
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
    let open = [
        ("get", "/health"),
        ("get", "/ready"),
        ("get", "/.well-known/authzen-configuration"),
    ];
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
            put_rules(&server);
            let before = standing(&server, &session);
            let answer = to(method, path, body, &session)
                .key(&name(scope))
                .send(&server);
            let what = format!("{method} {path} with {scope}: {answer:?}");
            if enough.contains(&scope) {
                // Some do not fit the session's state, and no model is there to be asked; none is refused for who asks.
                assert!(matches!(answer.status, 200..=204 | 409 | 501), "{what}");
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
