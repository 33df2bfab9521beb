//! No tenant sees, or changes, what is another's.

use crate::http::{AGREEING, Answer, Request, SESSIONS, evaluate, get, post, request};
use crate::program::{Place, Server};
use crate::tokens::{AUDIENCE, Algorithm, ISSUER, SECRET, claims_with};
use serde_json::json;

const OWNER: &str = "key-of-the-owner-of-sessions-0123456789";
const OTHER: &str = "key-of-somebody-else-0123456789-abcdefg";
const COLLEAGUE: &str = "key-of-a-colleague-of-the-owner-0123456";

fn server() -> (Place, Server) {
    let keys = [
        ("owner", OWNER, "acme"),
        ("other", OTHER, "globex"),
        ("colleague", COLLEAGUE, "acme"),
    ]
    .map(|(name, key, tenant)| {
        format!("{{ name = '{name}', key = '{key}', tenant = '{tenant}' }}")
    });
    let place = Place::with(&format!(
        "[auth]\nanonymous = true\nkeys = [{}]\n[auth.jwt]\nissuer = '{ISSUER}'\naudience = '{AUDIENCE}'\nsecret = '{SECRET}'\n",
        keys.join(", ")
    ));
    let server = place.serve();
    (place, server)
}

fn open(server: &Server, kind: &str) -> String {
    let body = json!({ "governor": kind }).to_string();
    let opened = post(SESSIONS, &body).key(OWNER).send(server).expect(201);
    opened.header("location").to_owned()
}

fn standing(server: &Server, session: &str) -> [Answer; 2] {
    ["", "/audit"].map(|part| {
        let answer = get(&format!("{session}{part}")).key(OWNER).send(server);
        answer.expect(200).comparable()
    })
}

/// Everything that can be done to a session.
fn attempts(session: &str) -> Vec<Request> {
    let step = r#"{"left":{"engine_id":"a","cycle_index":0,"answer":"yes"},"right":{"engine_id":"b","cycle_index":0,"answer":"no"}}"#;
    let wisdom = r#"{"domain":"d","lesson":"l","consequence_type":"near_miss","future_bias":"b","timestamp":"t"}"#;
    vec![
        get(session),
        get(&format!("{session}/audit")),
        post(&format!("{session}/evaluate"), AGREEING),
        post(&format!("{session}/step"), step),
        post(&format!("{session}/wisdom"), wisdom),
        request("POST", &format!("{session}/reopen")),
        request("POST", &format!("{session}/reset")),
        request("DELETE", session),
    ]
}

#[test]
fn session_of_another_tenant_is_not_there_and_stays_as_it_is() {
    let (_place, server) = server();
    let token = |tenant: &str| Algorithm::HS256.token(&claims_with("tenant", json!(tenant)));
    for kind in ["cycle", "session"] {
        let session = open(&server, kind);
        let id = session.rsplit('/').next().unwrap();
        let before = standing(&server, &session);
        let unknown = format!("{SESSIONS}/00000000-0000-0000-0000-000000000000");
        for (attempt, at_nothing) in attempts(&session).into_iter().zip(attempts(&unknown)) {
            let callers: [fn(Request) -> Request; 3] = [
                |request| request.key(OTHER),
                |request| request.bearer(OTHER),
                // The anonymous caller is a tenant of its own.
                |request| request,
            ];
            for ask in callers {
                let answer = ask(attempt.clone()).send(&server);
                let answer = answer.problem(404, "not-found");
                let nothing = ask(at_nothing.clone()).send(&server);
                let nothing = nothing.problem(404, "not-found");
                // To the byte what is answered about a session that never was.
                let as_if = nothing
                    .body
                    .replace("00000000-0000-0000-0000-000000000000", id);
                assert_eq!(answer.body, as_if, "{attempt:?}");
            }
            // By a token's claim as by a key; with all scopes.
            let mut claims = claims_with("tenant", json!("globex"));
            claims["scope"] = json!("*");
            let foreign = attempt.bearer(&Algorithm::HS256.token(&claims));
            foreign.send(&server).problem(404, "not-found");
        }
        assert_eq!(standing(&server, &session), before);
        // The same tenant's, however it says who it is.
        get(&session).key(COLLEAGUE).send(&server).expect(200);
        get(&session)
            .bearer(&token("acme"))
            .send(&server)
            .expect(200);
        // Nobody says in a header whose it is.
        for name in ["x-tenant", "x-tenant-id", "tenant"] {
            let forged = get(&session).key(OTHER).header(name, "acme");
            forged.send(&server).problem(404, "not-found");
        }
    }
}

#[test]
fn deleted_session_stays_gone_for_all() {
    let (_place, server) = server();
    let session = open(&server, "cycle");
    request("DELETE", &session)
        .key(OTHER)
        .send(&server)
        .expect(404);
    request("DELETE", &session)
        .key(OWNER)
        .send(&server)
        .expect(204);
    for key in [OWNER, OTHER, COLLEAGUE] {
        for attempt in attempts(&session) {
            attempt.key(key).send(&server).problem(404, "not-found");
        }
    }
}

#[test]
fn chain_of_decisions_is_nobodys_session() {
    let (_place, server) = server();
    let decided = evaluate().key(OWNER).send(&server).expect(200);
    let (chain, _) = decided.header("x-decision-id").rsplit_once('.').unwrap();
    for attempt in attempts(&format!("{SESSIONS}/{chain}")) {
        attempt.key(OWNER).send(&server).problem(404, "not-found");
    }
}
