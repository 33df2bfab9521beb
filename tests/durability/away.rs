//! A store that is away for a while.

use crate::common_stores::http::{Ask, Connection};
use crate::common_stores::journal::{Journal, replays, verifies};
use crate::common_stores::ledger::Ledger;
use crate::common_stores::place::Place;
use crate::common_stores::process::Assize;
use crate::common_stores::random::{Random, seed};
use crate::common_stores::{requests, until};
use crate::fold;
use crate::load::CONNECTIONS;

/// How often it goes away.
const TIMES: usize = 3;
/// What each caller asks while it is.
const REQUESTS: usize = 4;

#[test]
fn postgresql_that_was_away_is_found_again() {
    goes_away_and_comes_back("postgresql away", Place::postgres());
}

#[test]
fn redis_that_was_away_is_found_again() {
    goes_away_and_comes_back("redis away", Place::redis());
}

#[test]
fn postgresql_that_stands_still_holds_nobody_up() {
    stands_still("postgresql stands still", &Place::postgres());
}

#[test]
fn redis_that_stands_still_holds_nobody_up() {
    stands_still("redis stands still", &Place::redis());
}

#[test]
fn postgresql_is_reached_by_its_socket() {
    let place = Place::postgres();
    let server = Assize::start(&place.socket_url());
    let opened = server.ask(&requests::open_cycle());
    assert_eq!(opened.status, 201, "{opened:?}");
    verifies(&place.url(), &Journal::export(&place.socket_url()));
}

fn goes_away_and_comes_back(name: &str, mut place: Place) {
    let mut random = Random::new(seed(name));
    let url = place.url();
    let mut server = Assize::start(&url);
    let ledger = Ledger::default();
    let sessions = open_all(&server, &ledger);
    for _ in 0..TIMES {
        all_is_well(&server, &ledger, &sessions, &mut random);
        place.stop();
        all_are_refused(&server, &ledger, &sessions, &mut random);
        server.wait_until_idle();
        tells_that_it_waits(&server);
        place.launch();
        is_found_again(&server, &ledger, &mut random);
        server.is_running();
    }
    all_is_well(&server, &ledger, &sessions, &mut random);
    let journal = Journal::export(&url);
    journal.holds(&ledger);
    verifies(&url, &journal);
    replays(&url, &journal);
    fold::compare(&server, &journal);
}

/// Connections stay open, and nothing comes back: worse than a server that is gone.
fn stands_still(name: &str, place: &Place) {
    let mut random = Random::new(seed(name));
    let url = place.url();
    let mut server = Assize::start(&url);
    let ledger = Ledger::default();
    let sessions = open_all(&server, &ledger);
    all_is_well(&server, &ledger, &sessions, &mut random);
    let frozen = place.freeze();
    // One of each kind: each waits for as long as the store may take.
    each(
        &server,
        &sessions,
        &mut random,
        |connection, session, random| {
            let number = random.below(REQUESTS);
            is_refused(connection, &ledger, &choose(number, session, random));
        },
    );
    server.wait_until_idle();
    tells_that_it_waits(&server);
    drop(frozen);
    is_found_again(&server, &ledger, &mut random);
    all_is_well(&server, &ledger, &sessions, &mut random);
    server.is_running();
    let journal = Journal::export(&url);
    journal.holds(&ledger);
    verifies(&url, &journal);
    fold::compare(&server, &journal);
}

fn open_all(server: &Assize, ledger: &Ledger) -> Vec<String> {
    let mut connection = Connection::open(&server.address).unwrap();
    let mut open = || {
        ledger
            .ask(&mut connection, &requests::open_cycle())
            .unwrap()
    };
    let answers: Vec<_> = (0..CONNECTIONS).map(|_| open()).collect();
    let location = answers.iter().map(|answer| answer.header("location"));
    location
        .map(|location| location.unwrap().to_owned())
        .collect()
}

/// All callers at the same time, each with a session of its own.
fn each(
    server: &Assize,
    sessions: &[String],
    random: &mut Random,
    call: impl Fn(&mut Connection, &str, &mut Random) + Sync,
) {
    std::thread::scope(|scope| {
        for (number, session) in sessions.iter().enumerate() {
            let (call, mut random) = (&call, random.fork(number as u64));
            scope.spawn(move || {
                let mut connection = Connection::open(&server.address).unwrap();
                call(&mut connection, session, &mut random);
            });
        }
    });
}

fn all_is_well(server: &Assize, ledger: &Ledger, sessions: &[String], random: &mut Random) {
    each(server, sessions, random, |connection, session, random| {
        for ask in [
            requests::wisdom(session, random),
            requests::evaluate(random),
        ] {
            let answer = ledger.ask(connection, &ask).unwrap();
            assert!(answer.is_success(), "{ask:?} {answer:?}");
        }
    });
}

fn all_are_refused(server: &Assize, ledger: &Ledger, sessions: &[String], random: &mut Random) {
    each(server, sessions, random, |connection, session, random| {
        for number in 0..REQUESTS {
            is_refused(connection, ledger, &choose(number, session, random));
        }
    });
}

fn choose(number: usize, session: &str, random: &mut Random) -> Ask {
    match number {
        0 => requests::wisdom(session, random),
        1 => requests::evaluate(random),
        2 => Ask::get(session),
        _ => requests::open_cycle(),
    }
}

fn is_refused(connection: &mut Connection, ledger: &Ledger, ask: &Ask) {
    let answer = match ask.method {
        "GET" => connection.ask(ask),
        _ => ledger.ask(connection, ask),
    };
    let answer = answer.unwrap();
    answer.is_problem(503, "unavailable");
    // By the store, and not after the longest time that a request may take.
    let detail = &answer.json()["detail"];
    assert_eq!(detail, "the store can't be reached; try again", "{ask:?}");
    let seconds = answer.header("retry-after").map(str::parse::<u32>);
    assert!(matches!(seconds, Some(Ok(1..))), "{answer:?}");
}

/// It is alive, and wants no requests.
fn tells_that_it_waits(server: &Assize) {
    assert_eq!(server.ask(&Ask::get("/health")).status, 200);
    assert_eq!(server.ask(&Ask::get("/ready")).status, 503);
}

/// By the process that lost it, without being told.
fn is_found_again(server: &Assize, ledger: &Ledger, random: &mut Random) {
    let mut connection = Connection::open(&server.address).unwrap();
    until("the store is found again", || {
        let answer = ledger.ask(&mut connection, &requests::evaluate(random));
        let answer = answer.unwrap();
        if !answer.is_success() {
            answer.is_problem(503, "unavailable");
        }
        answer.is_success()
    });
    until("it is ready", || {
        server.ask(&Ask::get("/ready")).status == 200
    });
}
