//! What a session's events amount to when nothing disturbs them.

use crate::common_stores::http::{Ask, Connection};
use crate::common_stores::journal::{Chain, Journal};
use crate::common_stores::process::Assize;
use crate::common_stores::requests::SESSIONS;
use assize_journal::{ChainKind, Event, MemoryStore};
use assize_service::{NativeEngines, Service, ServiceSettings, router};
use assize_tests::{TestPlatform, call};
use axum::Router;
use http::Method;
use serde_json::Value;
use std::sync::Arc;

/// Gives every event of every session to a service that nobody kills, and compares what it answers with what was
/// answered then, and where its sessions stand with where they stand on a server.
pub(crate) fn compare(server: &Assize, journal: &Journal) {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    let service = undisturbed();
    let mut connection = Connection::open(&server.address).unwrap();
    let is_session = |chain: &&Chain| chain.head.kind == ChainKind::Session;
    for chain in journal.0.values().filter(is_session) {
        let path = runtime.block_on(run(&service, chain));
        let theirs = format!("{SESSIONS}/{}", chain.head.chain);
        for suffix in ["", "/audit"] {
            let (ours, theirs) = (format!("{path}{suffix}"), format!("{theirs}{suffix}"));
            let ours = runtime.block_on(call(&service, Method::GET, &ours, ""));
            let theirs = connection.ask(&Ask::get(theirs)).unwrap();
            let what = format!("{}{suffix}", chain.head.chain);
            assert_eq!(ours.status.as_u16(), theirs.status, "{what}: {theirs:?}");
            if chain.head.closed {
                theirs.is_problem(404, "not-found");
            } else if suffix.is_empty() {
                assert_eq!(
                    without_name(&ours.bytes),
                    without_name(theirs.body.as_bytes())
                );
                assert_eq!(theirs.json()["updated_ms"], chain.head.updated_ms, "{what}");
            } else {
                assert_eq!(
                    String::from_utf8(ours.bytes).unwrap(),
                    theirs.body,
                    "{what}"
                );
            }
        }
    }
}

fn undisturbed() -> Router {
    let service = Service::new(
        Arc::new(NativeEngines),
        Arc::new(MemoryStore::new(100_000, 1 << 30)),
        Arc::new(TestPlatform::default()),
        ServiceSettings::default(),
    );
    router(Arc::new(service), [])
}

/// Does again what a chain says was done; the path of the session that comes of it.
async fn run(service: &Router, chain: &Chain) -> String {
    let mut path = SESSIONS.to_owned();
    for event in &chain.events {
        let input = event.input.whole().unwrap();
        let (method, suffix) = match event.operation.as_ref() {
            "open" => (Method::POST, ""),
            "delete" => (Method::DELETE, ""),
            "add-wisdom" => (Method::POST, "/wisdom"),
            "evaluate" => (Method::POST, "/evaluate"),
            "step" => (Method::POST, "/step"),
            "reset" => (Method::POST, "/reset"),
            "reopen" => (Method::POST, "/reopen"),
            other => panic!("{other}"),
        };
        let answer = call(service, method, &format!("{path}{suffix}"), input).await;
        assert!(answer.status.is_success(), "{event:?} {answer:?}");
        says_the_same(event, &answer.bytes);
        if path == SESSIONS {
            path = answer.header("location").to_owned();
        }
    }
    path
}

fn says_the_same(event: &Event, answer: &[u8]) {
    let then = event.answer.whole().unwrap();
    match event.operation.as_ref() {
        "open" | "reset" | "reopen" => {
            assert_eq!(without_name(answer), without_name(then.as_bytes()));
        }
        _ => assert_eq!(std::str::from_utf8(answer).unwrap(), then, "{}", event.id()),
    }
}

/// Without what is different for each session: its name and its times.
fn without_name(answer: &[u8]) -> Value {
    let mut value: Value = serde_json::from_slice(answer).unwrap();
    let fields = value.as_object_mut().unwrap();
    for name in ["id", "created_ms", "updated_ms"] {
        assert!(fields.remove(name).is_some(), "{name}");
    }
    value
}
