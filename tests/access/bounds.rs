//! How much is under way at one time, how large and how slow it may be.

use crate::http::{AGREEING, Answer, Exchange, evaluate, get, post};
use crate::program::{Place, Server, until};

fn server(settings: &str) -> (Place, Server) {
    let place = Place::with(&format!("[server]\n{settings}\n"));
    let server = place.serve();
    (place, server)
}

/// Requests that the service works on, but for the one that asks.
fn in_flight(server: &Server) -> usize {
    let metrics = get("/metrics").send(server).expect(200).body;
    let value = metrics
        .lines()
        .find_map(|line| line.strip_prefix("assize_http_requests_in_flight "));
    value.unwrap().parse::<usize>().unwrap() - 1
}

/// So many requests that are being answered, and wait for the end of their bodies.
fn hold(server: &Server, count: usize) -> Vec<Exchange> {
    let held = (0..count).map(|_| evaluate().begin(server)).collect();
    until("all are being answered", || in_flight(server) == count);
    held
}

fn finish(held: Vec<Exchange>) {
    for mut exchange in held {
        exchange.write(b"}");
        exchange.answer().expect(200);
    }
}

#[track_caller]
fn assert_busy(answer: Answer) {
    let answer = answer.problem(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "1");
}

#[test]
fn more_than_permitted_are_turned_away_and_health_still_answers() {
    let (_place, server) =
        server("max_concurrent_requests = 2\nmax_queued_requests = 1\nqueue_ms = 60000");
    // Twice: all places are given back, also those in the queue.
    for _ in 0..2 {
        let held = hold(&server, 2);
        std::thread::scope(|scope| {
            let (told, answers) = std::sync::mpsc::channel();
            for _ in 0..6 {
                let (server, told) = (&server, told.clone());
                scope.spawn(move || told.send(evaluate().send(server)).unwrap());
            }
            // One waits. The others are told at once, while everything else stands still.
            for _ in 0..5 {
                assert_busy(answers.recv().unwrap());
            }
            for path in ["/health", "/ready", "/metrics"] {
                get(path).send(&server).expect(200);
            }
            assert!(answers.try_recv().is_err());
            finish(held);
            answers.recv().unwrap().expect(200);
        });
    }
}

#[test]
fn who_waits_too_long_is_turned_away() {
    let (_place, server) =
        server("max_concurrent_requests = 1\nmax_queued_requests = 100\nqueue_ms = 20");
    let held = hold(&server, 1);
    for _ in 0..3 {
        assert_busy(evaluate().send(&server));
    }
    finish(held);
    evaluate().send(&server).expect(200);
}

#[test]
fn callers_that_go_away_leave_their_places() {
    let (_place, server) =
        server("max_concurrent_requests = 2\nmax_queued_requests = 0\nqueue_ms = 0");
    drop(hold(&server, 2));
    until("the places are free", || {
        evaluate().send(&server).status == 200
    });
    finish(hold(&server, 2));
}

#[test]
fn body_is_bounded_also_when_it_does_not_say_how_long_it_is() {
    let (_place, server) = server("max_body_bytes = 10000");
    let of = |bytes: usize| {
        post(
            "/evaluate",
            &(AGREEING.to_owned() + &" ".repeat(bytes - AGREEING.len())),
        )
    };
    for request in [of(10_000), of(9_999)] {
        request.send(&server).expect(200);
        request.send_chunked(&server).expect(200);
    }
    // Just over, a few times as much, and more than is read of one.
    for bytes in [10_001, 30_000, 500_000] {
        let request = of(bytes);
        for answer in [request.send(&server), request.send_chunked(&server)] {
            let answer = answer.problem(413, "body-too-large");
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains("10000"), "{detail}");
        }
    }
    // What it announces does not have to come before it is refused.
    let mut exchange = Exchange::open(&server);
    exchange.write(b"POST /evaluate HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n");
    exchange.write(&[b' '; 100_000]);
    exchange.answer().problem(413, "body-too-large");
    evaluate().send(&server).expect(200);
}

#[test]
fn length_that_is_said_twice_is_refused() {
    let (_place, server) = server("");
    // Otherwise a proxy and this server could disagree about where a request ends.
    for headers in [
        "content-length: 2\r\ncontent-length: 3",
        "content-length: +2",
        "transfer-encoding: gzip, identity",
        "transfer-encoding: xchunked",
    ] {
        let mut exchange = Exchange::open(&server);
        let head = format!(
            "POST /evaluate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{headers}\r\n\r\n{{}}GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        );
        exchange.write(head.as_bytes());
        let rest = String::from_utf8(exchange.rest()).unwrap();
        assert!(rest.starts_with("HTTP/1.1 400 "), "{headers}: {rest}");
        assert!(!rest.contains("healthy"), "{headers}: {rest}");
    }
}

#[test]
fn body_that_stops_coming_is_given_up() {
    let (_place, server) = server("read_seconds = 1");
    let answer = evaluate().begin(&server).answer();
    assert!((400..500).contains(&answer.status), "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    until("it is over", || in_flight(&server) == 0);
}

#[test]
fn head_that_stops_coming_is_given_up() {
    let (_place, server) = server("read_seconds = 1\nmax_connections = 2");
    for part in ["", "POST /eva", "POST /evaluate HTTP/1.1\r\nhost: x\r\n"] {
        let open = || {
            let mut exchange = Exchange::open(&server);
            exchange.write(part.as_bytes());
            exchange
        };
        let [first, second] = [open(), open()];
        // They take all connections there are, but not for ever.
        get("/health").send(&server).expect(200);
        for exchange in [first, second] {
            let rest = String::from_utf8(exchange.rest()).unwrap();
            assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 4"), "{rest}");
        }
    }
}

#[test]
fn request_that_takes_too_long_is_given_up() {
    // Long before the next part of its body would be waited for in vain.
    let (_place, server) = server("request_seconds = 1\nread_seconds = 3600");
    assert_busy(evaluate().begin(&server).answer());
    until("it is over", || in_flight(&server) == 0);
    evaluate().send(&server).expect(200);
}

/// How often the metrics count an answer with a status.
fn counted(server: &Server, status: &str) -> u64 {
    let metrics = get("/metrics").send(server).expect(200).body;
    let label = format!("status=\"{status}\"");
    let lines = metrics
        .lines()
        .filter(|line| line.starts_with("assize_http_requests_total{") && line.contains(&label));
    lines
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum()
}

#[test]
fn those_turned_away_are_in_the_log_and_the_metrics() {
    let (_place, server) =
        server("max_concurrent_requests = 1\nmax_queued_requests = 0\nqueue_ms = 0");
    let held = hold(&server, 1);
    let answer = evaluate()
        .header("x-request-id", "turned-away")
        .send(&server);
    assert_eq!(answer.header("x-request-id"), "turned-away");
    assert_busy(answer);
    finish(held);
    assert_eq!(counted(&server, "503"), 1);
    server.wait_for_log("turned-away");
}

#[test]
fn those_given_up_are_in_the_log_and_the_metrics() {
    let (_place, server) = server("request_seconds = 1");
    let slow = evaluate().header("x-request-id", "given-up");
    let answer = slow.begin(&server).answer();
    assert_eq!(answer.header("x-request-id"), "given-up");
    assert_busy(answer);
    assert_eq!(counted(&server, "503"), 1);
    server.wait_for_log("given-up");
}
