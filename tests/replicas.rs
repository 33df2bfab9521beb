//! Four processes on one store: no update is lost, nothing is missing for one that another made, and a limit holds
//! over all of them together.

#[expect(dead_code, reason = "the tests of durability use the rest")]
#[path = "common_stores/mod.rs"]
mod common_stores;

use assize_journal::Event;
use common_stores::http::{Ask, Connection};
use common_stores::journal::{Journal, replays, verifies};
use common_stores::ledger::Ledger;
use common_stores::place::Place;
use common_stores::process::Assize;
use common_stores::random::{Random, seed};
use common_stores::requests;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const PROCESSES: usize = 4;
const SESSIONS: usize = 50;
const STEPS: usize = 10_000;
const CALLERS: usize = 32;
/// What one client may ask for in a window that does not end while the test runs.
const QUOTA: usize = 300;
const WANTED: usize = 1_200;

#[test]
fn no_update_is_lost_on_postgresql() {
    interleaved_steps("replicas on postgresql", &Place::postgres());
}

#[test]
fn no_update_is_lost_on_redis() {
    interleaved_steps("replicas on redis", &Place::redis());
}

#[test]
fn limit_is_exact_over_all_processes_on_postgresql() {
    limit_is_exact("limit on postgresql", &Place::postgres());
}

#[test]
fn limit_is_exact_over_all_processes_on_redis() {
    limit_is_exact("limit on redis", &Place::redis());
}

/// A caller's connections to every process.
struct Connections(Vec<Connection>);

impl Connections {
    fn open(processes: &[Assize]) -> Self {
        let open = |process: &Assize| Connection::open(&process.address).unwrap();
        Self(processes.iter().map(open).collect())
    }

    fn any(&mut self, random: &mut Random) -> &mut Connection {
        let number = random.below(self.0.len());
        &mut self.0[number]
    }
}

/// Runs callers at the same time, each with its own connections and its own sequence of chance.
fn callers(
    processes: &[Assize],
    random: &mut Random,
    call: impl Fn(&mut Connections, &mut Random) + Sync,
) {
    std::thread::scope(|scope| {
        for number in 0..CALLERS {
            let (call, mut random) = (&call, random.fork(number as u64));
            scope.spawn(move || call(&mut Connections::open(processes), &mut random));
        }
    });
}

/// What was acknowledged of one session: the cycle of each sequence.
type Acknowledged = BTreeMap<u64, u64>;

fn interleaved_steps(name: &str, place: &Place) {
    let mut random = Random::new(seed(name));
    let url = place.url();
    let processes: Vec<_> = (0..PROCESSES).map(|_| Assize::start(&url)).collect();
    let ledger = Ledger::default();
    let sessions = open_sessions(&processes, &ledger, &mut random);
    let told: Vec<_> = (0..SESSIONS)
        .map(|_| Mutex::<Acknowledged>::default())
        .collect();
    let left = AtomicUsize::new(STEPS);
    callers(&processes, &mut random, |connections, random| {
        while left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .is_ok()
        {
            let number = random.below(SESSIONS);
            let session = &sessions[number];
            let (sequence, cycle) = step(connections.any(random), &ledger, session);
            let other = told[number].lock().unwrap().insert(sequence, cycle);
            assert_eq!(
                other, None,
                "event {sequence} of {session} was acknowledged twice"
            );
            if random.below(8) == 0 {
                is_seen_by_another(connections.any(random), session, sequence);
            }
        }
    });
    let told = told.into_iter().map(|told| told.into_inner().unwrap());
    let told: Vec<_> = told.collect();
    assert_eq!(told.iter().map(BTreeMap::len).sum::<usize>(), STEPS);
    let journal = Journal::export(&url);
    for (session, told) in sessions.iter().zip(&told) {
        is_one_line(session, told, &journal);
    }
    journal.holds(&ledger);
    verifies(&url, &journal);
    replays(&url, &journal);
}

/// Each by one process, and looked at through all of them at once.
fn open_sessions(processes: &[Assize], ledger: &Ledger, random: &mut Random) -> Vec<String> {
    let mut connections = Connections::open(processes);
    let mut open = || {
        let connection = connections.any(random);
        let answer = ledger.ask(connection, &requests::open_cycle()).unwrap();
        assert_eq!(answer.status, 201, "{answer:?}");
        let session = answer.header("location").unwrap().to_owned();
        for connection in &mut connections.0 {
            is_seen_by_another(connection, &session, 0);
        }
        session
    };
    (0..SESSIONS).map(|_| open()).collect()
}

/// The sequence and the cycle that one step was acknowledged with.
fn step(connection: &mut Connection, ledger: &Ledger, session: &str) -> (u64, u64) {
    let answer = ledger
        .ask(connection, &requests::same_cycle(session))
        .unwrap();
    assert_eq!(answer.status, 200, "{session}: {answer:?}");
    let decision = answer.header("x-decision-id").unwrap();
    let (chain, sequence) = Event::parse_id(decision).unwrap();
    assert!(session.ends_with(chain), "{session}: {decision}");
    (sequence, answer.json()["cycle"].as_u64().unwrap())
}

/// What is acknowledged by one process is seen through every other.
fn is_seen_by_another(connection: &mut Connection, session: &str, sequence: u64) {
    let answer = connection.ask(&Ask::get(session)).unwrap();
    assert_eq!(answer.status, 200, "{session}: {answer:?}");
    let now = answer.json()["sequence"].as_u64().unwrap();
    assert!(now >= sequence, "{session} is at {now} after {sequence}");
}

/// Sequences and cycles each exactly once, without a gap, and nothing else.
fn is_one_line(session: &str, told: &Acknowledged, journal: &Journal) {
    let steps = told.len() as u64;
    let expected: Acknowledged = (1..=steps).map(|number| (number, number)).collect();
    assert_eq!(*told, expected, "{session}");
    let (_, chain) = session.rsplit_once('/').unwrap();
    assert_eq!(journal.0[chain].head.sequence, steps, "{session}");
}

fn limit_is_exact(name: &str, place: &Place) {
    const KEYS: [&str; 2] = [
        "one-key-that-is-long-enough-to-be-taken",
        "another-key-that-is-long-enough-for-it",
    ];
    let mut random = Random::new(seed(name));
    let variables = [
        ("ASSIZE_LIMITS_REQUESTS", QUOTA.to_string()),
        ("ASSIZE_LIMITS_WINDOW_SECONDS", "86400".to_owned()),
        ("ASSIZE_AUTH_KEYS", KEYS.join(",")),
        ("ASSIZE_AUTH_ANONYMOUS", "true".to_owned()),
    ];
    let start = |_| Assize::start_with(&place.url(), &variables);
    let processes: Vec<_> = (0..PROCESSES).map(start).collect();
    // Two by their keys, and one by its address.
    let clients = [Some(KEYS[0]), Some(KEYS[1]), None];
    let (left, permitted) = (
        AtomicUsize::new(WANTED * clients.len()),
        clients.map(|_| AtomicUsize::new(0)),
    );
    callers(&processes, &mut random, |connections, random| {
        while let Ok(left) = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            left.checked_sub(1)
        }) {
            // Every client asks as often.
            let client = left % clients.len();
            if is_permitted(connections.any(random), clients[client], random) {
                permitted[client].fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let permitted = permitted.map(AtomicUsize::into_inner);
    assert_eq!(permitted, [QUOTA; 3], "of {WANTED} that each client wanted");
    // Still so for a process that comes later.
    let process = Assize::start_with(&place.url(), &variables);
    let mut connection = Connection::open(&process.address).unwrap();
    for client in clients {
        assert!(!is_permitted(&mut connection, client, &mut random));
    }
}

fn is_permitted(connection: &mut Connection, client: Option<&str>, random: &mut Random) -> bool {
    let mut ask = requests::evaluate(random);
    if let Some(key) = client {
        ask = ask.with("x-api-key", key);
    }
    let answer = connection.ask(&ask).unwrap();
    let policy = format!("\"default\";q={QUOTA};w=86400");
    assert_eq!(answer.header("ratelimit-policy"), Some(policy.as_str()));
    if answer.is_success() {
        return true;
    }
    answer.is_problem(429, "too-many-requests");
    let seconds = answer.header("retry-after").map(str::parse::<u32>);
    assert!(matches!(seconds, Some(Ok(1..=90_000))), "{answer:?}");
    let state = answer.header("ratelimit").unwrap();
    assert!(state.starts_with("\"default\";r=0;t="), "{answer:?}");
    false
}
