//! The real server under load: every answer correct, no error, memory flat, and nothing lost when it stops.

use assize_tests::server::{Connection, Server};
use std::sync::Arc;

const CONNECTIONS: usize = 64;
const REQUESTS: usize = 20_000;
/// What the process may grow by between the middle and the end of the load.
const PERMITTED_GROWTH: u64 = 8 * 1024 * 1024;

/// A request whose answer depends on its number, so that a mixed-up answer is noticed.
fn body(number: usize) -> String {
    let shared = number % 10 + 1;
    let words = |side: &str| -> String {
        let own = (0..10 - shared).map(|index| format!("{side}{index}"));
        let both = (0..shared).map(|index| format!("word{index}"));
        both.chain(own).collect::<Vec<_>>().join(" ")
    };
    format!(
        r#"{{"left":{{"output":"{}","confidence":0.9}},"right":{{"output":"{}","confidence":0.9}}}}"#,
        words("l"),
        words("r")
    )
}

fn expected_similarity(number: usize) -> f64 {
    let shared = number % 10 + 1;
    shared as f64 / (20 - shared) as f64
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_connections_get_correct_answers_in_flat_memory() {
    let server = Arc::new(Server::start(&["--log", "warn"]).await);
    let run = async |requests: usize| {
        let callers: Vec<_> = (0..CONNECTIONS)
            .map(|caller| {
                let server = Arc::clone(&server);
                tokio::spawn(async move {
                    let mut connection = Connection::open(&server.address).await;
                    for number in (caller..requests).step_by(CONNECTIONS) {
                        let answer = connection.post("/evaluate", &body(number)).await;
                        assert_eq!(answer.status, 200, "{}", answer.body);
                        let answer: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
                        assert_eq!(answer["similarity"], expected_similarity(number));
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
    };
    run(REQUESTS / 2).await;
    let middle = server.metric("theos_memory_bytes").await;
    run(REQUESTS / 2).await;
    let end = server.metric("theos_memory_bytes").await;
    assert!(middle > 0.0, "memory is measured");
    assert!(
        end <= middle + PERMITTED_GROWTH as f64,
        "{middle} grew to {end} bytes"
    );
    assert_eq!(
        server.metric("theos_decisions_total").await,
        REQUESTS as f64
    );
    assert_eq!(server.metric("assize_http_requests_in_flight").await, 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn request_in_flight_is_answered_when_the_server_stops() {
    let server = Server::start(&["--log", "info", "--log-format", "json"]).await;
    let mut connection = Connection::open(&server.address).await;
    let body = body(9);
    let (head, tail) = body.split_at(body.len() / 2);
    connection.begin("/evaluate", body.len(), head).await;
    server
        .wait_for_metric("assize_http_requests_in_flight", 2.0)
        .await;
    server.terminate();
    server.wait_for_log("stopping").await;
    connection.send(tail).await;
    let answer = connection.answer().await;
    assert_eq!(answer.status, 200);
    let ended = server.wait().await;
    assert!(ended.status.success(), "{ended:?}");
    for line in ended.log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            line["timestamp"].is_string() && line["level"].is_string(),
            "{line}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn call_beyond_its_bounds_is_refused_and_harms_no_other() {
    let arguments = [
        "--log",
        "warn",
        "--call-memory-mib",
        "2",
        "--max-body-bytes",
        "33554432",
    ];
    let server = Server::start(&arguments).await;
    let mut connection = Connection::open(&server.address).await;
    let text = "word ".repeat(2 * 1024 * 1024);
    let large = format!(
        r#"{{"left":{{"output":"{text}","confidence":1}},"right":{{"output":"{text}","confidence":1}}}}"#
    );
    for _ in 0..3 {
        let answer = connection.post("/evaluate", &large).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(problem["limit"]["name"], "call-memory-bytes");
        let answer = connection.post("/evaluate", &body(9)).await;
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_that_stall_are_let_go() {
    let arguments = [
        "--log",
        "warn",
        "--read-seconds",
        "1",
        "--max-connections",
        "2",
    ];
    let server = Server::start(&arguments).await;
    let mut half_a_head = Connection::open(&server.address).await;
    half_a_head.send("POST /evaluate HTTP/1.1\r\nhost: t").await;
    let mut half_a_body = Connection::open(&server.address).await;
    half_a_body.begin("/evaluate", 100, "{").await;
    // Both places are taken: this one is answered once the others are gone.
    let mut third = Connection::open(&server.address).await;
    assert_eq!(third.get("/health").await.status, 200);
    assert_eq!(half_a_body.answer().await.status, 400);
    half_a_head.ended().await;
}
