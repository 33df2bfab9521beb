//! How often a client may ask.

use crate::http::{Answer, evaluate, get, post};
use crate::program::{Place, Server, until};
use std::collections::BTreeSet;

const ONE: &str = "key-of-the-one-client-0123456789-abcdefgh";
const TWO: &str = "key-of-the-other-client-0123456789-abcdef";

fn settings(requests: u32, window_seconds: u32) -> String {
    format!(
        "[limits]\nrequests = {requests}\nwindow_seconds = {window_seconds}\n[auth]\nanonymous = false\nkeys = [{{ name = 'one', key = '{ONE}', scopes = ['evaluate'] }}, {{ name = 'two', key = '{TWO}' }}]\n"
    )
}

fn server(requests: u32, window_seconds: u32) -> (Place, Server) {
    let place = Place::with(&settings(requests, window_seconds));
    let server = place.serve();
    (place, server)
}

/// The number after `;<name>=` in a header.
fn parameter(answer: &Answer, header: &str, name: &str) -> u64 {
    let parts = answer.header(header).split(';');
    let value = parts.filter_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    let values: Vec<u64> = value.map(|value| value.parse().unwrap()).collect();
    match values.as_slice() {
        [value] => *value,
        _ => panic!("{name} in {header}: {answer:?}"),
    }
}

/// Asks from several connections at once.
fn at_once(server: &Server, threads: usize, each: usize, key: &str) -> Vec<Answer> {
    std::thread::scope(|scope| {
        let ask = || {
            (0..each)
                .map(|_| evaluate().key(key).send(server))
                .collect()
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(ask)).collect();
        let answers = threads.into_iter().map(|thread| thread.join().unwrap());
        answers.collect::<Vec<Vec<_>>>().concat()
    })
}

#[test]
fn exactly_as_many_are_answered_as_are_permitted() {
    const REQUESTS: u64 = 40;
    const WINDOW: u64 = 3600;
    let (_place, server) = server(40, 3600);
    let answers = at_once(&server, 8, 10, ONE);
    let (good, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((good.len(), refused.len()), (40, 40));
    for answer in good.iter().chain(&refused) {
        assert!(
            answer
                .header("ratelimit-policy")
                .starts_with("\"default\";")
        );
        assert!(answer.header("ratelimit").starts_with("\"default\";"));
        assert_eq!(parameter(answer, "ratelimit-policy", "q"), REQUESTS);
        assert_eq!(parameter(answer, "ratelimit-policy", "w"), WINDOW);
        // One slot of 64 more than the window at the most.
        let reset = parameter(answer, "ratelimit", "t");
        assert!(
            (1..=WINDOW + WINDOW.div_ceil(64)).contains(&reset),
            "{reset}"
        );
    }
    // Each was told a number of its own.
    let remaining: BTreeSet<_> = good
        .iter()
        .map(|answer| parameter(answer, "ratelimit", "r"))
        .collect();
    assert!(remaining.iter().copied().eq(0..REQUESTS), "{remaining:?}");
    for answer in refused {
        let answer = answer.problem(429, "too-many-requests");
        assert_eq!(parameter(&answer, "ratelimit", "r"), 0);
        let retry: u64 = answer.header("retry-after").parse().unwrap();
        assert_eq!(retry, parameter(&answer, "ratelimit", "t"));
        assert_eq!(answer.json()["detail"], format!("try again in {retry} s"));
    }
    // Nobody else has to wait for that.
    evaluate().key(TWO).send(&server).expect(200);
}

#[test]
fn after_the_window_as_many_are_permitted_again() {
    let (_place, server) = server(3, 1);
    let ask = || evaluate().key(ONE).send(&server).status;
    until("all that is permitted is used", || ask() == 429);
    // A refused request is not counted: who keeps asking gets in some time.
    until("some are permitted again", || ask() == 200);
}

#[test]
fn everything_that_is_refused_counts_as_well() {
    let (_place, server) = server(3, 3600);
    // Known, but not permitted; permitted, but wrong; then it is enough.
    get("/metrics").key(ONE).send(&server).expect(403);
    post("/evaluate", "{").key(ONE).send(&server).expect(400);
    let last = evaluate().key(ONE).send(&server).expect(200);
    assert_eq!(parameter(&last, "ratelimit", "r"), 0);
    get("/metrics").key(ONE).send(&server).expect(429);
    post("/evaluate", "{").key(ONE).send(&server).expect(429);
}

#[test]
fn keys_can_not_be_guessed_at_leisure() {
    let (_place, server) = server(5, 3600);
    let mut guesses: Vec<_> = (0..4)
        .map(|guess| evaluate().key(&format!("guess-{guess}")))
        .collect();
    guesses.push(evaluate());
    for guess in guesses {
        let answer = guess.send(&server).unauthorized();
        assert_eq!(parameter(&answer, "ratelimit-policy", "q"), 5);
    }
    // From now on nothing is learnt from this address, whatever it presents.
    for guess in [
        evaluate().key("another-guess"),
        evaluate().bearer("a.b.c"),
        evaluate().bearer("x").key("y"),
        evaluate().header("authorization", "Basic eDp5"),
        evaluate(),
    ] {
        let answer = guess.send(&server).problem(429, "too-many-requests");
        assert_eq!(answer.find("www-authenticate"), None);
    }
    // Those who have a key are not kept out by others at their address.
    evaluate().key(ONE).send(&server).expect(200);
}

#[test]
fn health_is_never_limited() {
    let (_place, server) = server(1, 3600);
    for _ in 0..3 {
        evaluate().send(&server);
    }
    evaluate().send(&server).expect(429);
    for path in ["/health", "/ready"] {
        for _ in 0..20 {
            let answer = get(path).send(&server).expect(200);
            assert_eq!(answer.find("ratelimit"), None);
        }
        // Also with a key that is none.
        get(path).key("wrong").send(&server).expect(200);
    }
}

#[test]
fn without_a_limit_nothing_is_said_about_one() {
    let (_place, server) = server(0, 60);
    for answer in at_once(&server, 4, 25, ONE) {
        let answer = answer.expect(200);
        for name in ["ratelimit", "ratelimit-policy", "retry-after"] {
            assert_eq!(answer.find(name), None);
        }
    }
}

#[test]
fn no_more_clients_are_counted_than_may_be() {
    let place = Place::with(
        "server.trusted_proxies = ['127.0.0.1']\nlimits = { requests = 1, window_seconds = 3600, max_clients = 10 }\n",
    );
    let server = place.serve();
    let ask = |client: u32| {
        let address = format!("203.0.113.{client}");
        let request = evaluate().header("x-forwarded-for", &address);
        request.send(&server).status
    };
    for client in 100..110 {
        assert_eq!((ask(client), ask(client)), (200, 429));
    }
    // Ten are counted, and remembered.
    for client in 100..110 {
        assert_eq!(ask(client), 429);
    }
    // With every one more, one is forgotten: a hundred of them, and none of the ten is left.
    for client in 110..210 {
        assert_eq!(ask(client), 200);
    }
    let forgotten = (100..110).filter(|client| ask(*client) == 200).count();
    assert_eq!(forgotten, 10);
}
