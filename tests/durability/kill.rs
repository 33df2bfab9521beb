//! Killed in the middle of its work, and started again.

use crate::common_stores::journal::{Journal, replays, verifies};
use crate::common_stores::place::Place;
use crate::common_stores::process::Assize;
use crate::common_stores::random::{Random, seed};
use crate::fold;
use crate::load::{CONNECTIONS, Load};
use std::time::Duration;

/// Acknowledgements in a round before anything is killed.
const MOST_BEFORE: usize = 200;

/// What is killed in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Assize,
    /// Of the store; Assize must find back to it by itself.
    Server,
    Both,
}

#[test]
fn nothing_acknowledged_is_lost_on_sqlite() {
    kill_and_restart("sqlite", Place::sqlite(), 20);
}

#[test]
fn nothing_acknowledged_is_lost_on_postgresql() {
    kill_and_restart("postgresql", Place::postgres(), 20);
}

#[test]
fn nothing_acknowledged_is_lost_on_redis() {
    kill_and_restart("redis", Place::redis(), 20);
}

fn kill_and_restart(name: &str, mut place: Place, rounds: usize) {
    let mut random = Random::new(seed(name));
    let url = place.url();
    let load = Load::default();
    let mut server = Assize::start(&url);
    let mut longest_tail = 0;
    for round in 0..rounds {
        let victim = match (place.has_server(), round % 3) {
            (true, 1) => Victim::Server,
            (true, 2) => Victim::Both,
            _ => Victim::Assize,
        };
        kill_under_load(&load, &mut random, victim, &mut place, &mut server);
        if victim == Victim::Server {
            server.is_running();
        } else {
            server.restart();
        }
        let journal = Journal::export(&url);
        journal.holds(&load.ledger);
        verifies(&url, &journal);
        longest_tail = journal.longest_tail().max(longest_tail);
    }
    let journal = Journal::export(&url);
    fold::compare(&server, &journal);
    replays(&url, &journal);
    let asked = load.ledger.entries();
    let unknown = asked
        .values()
        .filter(|entry| entry.answer.is_none())
        .count();
    let acknowledged = load.ledger.acknowledged();
    let events = journal.events().count();
    println!(
        "{name}: {} asked, {acknowledged} acknowledged, {unknown} unknown, {events} events, up to {longest_tail} after a state",
        asked.len()
    );
    assert!(unknown > 0, "no request was interrupted");
    assert!(longest_tail > 2, "no session was read back from events");
}

fn kill_under_load(
    load: &Load,
    random: &mut Random,
    victim: Victim,
    place: &mut Place,
    server: &mut Assize,
) {
    let before = load.ledger.acknowledged();
    let enough = before + CONNECTIONS + random.below(MOST_BEFORE);
    let moment = Duration::from_micros(random.below(5_000) as u64);
    let (address, mut own) = (server.address.clone(), random.fork(enough as u64));
    load.run(&address, &mut own, victim != Victim::Assize, || {
        load.wait_for(enough);
        std::thread::sleep(moment);
        match victim {
            Victim::Assize => server.kill(),
            Victim::Server => {
                place.kill();
                place.launch();
                // It goes on by itself.
                let now = load.ledger.acknowledged();
                load.wait_for(now + CONNECTIONS);
            }
            Victim::Both => {
                place.kill();
                server.kill();
                place.launch();
            }
        }
    });
}
