//! Callers that open sessions, change them and ask outside of them, all at the same time.

use crate::common_stores::http::{Answer, Ask, Connection};
use crate::common_stores::ledger::Ledger;
use crate::common_stores::random::Random;
use crate::common_stores::requests;
use crate::common_stores::until;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(crate) const CONNECTIONS: usize = 64;

/// What callers know of each other's sessions.
#[derive(Default)]
pub(crate) struct Load {
    pub(crate) ledger: Ledger,
    cycles: Mutex<Vec<String>>,
    steps: Mutex<Vec<String>>,
    /// Sessions that somebody wanted deleted: whether they are is not known where no answer came.
    deleted: Mutex<BTreeSet<String>>,
    ends: AtomicBool,
    /// Whether the store may be away.
    may_fail: AtomicBool,
    has_failed: AtomicBool,
}

impl Load {
    /// Runs all callers against a server while `meanwhile` goes on, and until none of them waits any more.
    pub(crate) fn run(
        &self,
        address: &str,
        random: &mut Random,
        may_fail: bool,
        meanwhile: impl FnOnce(),
    ) {
        self.ends.store(false, Ordering::SeqCst);
        self.may_fail.store(may_fail, Ordering::SeqCst);
        std::thread::scope(|scope| {
            let callers: Vec<_> = (0..CONNECTIONS)
                .map(|number| {
                    let random = random.fork(number as u64);
                    scope.spawn(|| self.call(address, random))
                })
                .collect();
            meanwhile();
            self.ends.store(true, Ordering::SeqCst);
            for caller in callers {
                caller.join().unwrap();
            }
        });
    }

    /// Waits until so many requests were acknowledged.
    pub(crate) fn wait_for(&self, acknowledged: usize) {
        until("enough is acknowledged", || {
            let has_failed = self.has_failed.load(Ordering::SeqCst);
            assert!(!has_failed, "a caller failed");
            self.ledger.acknowledged() >= acknowledged
        });
    }

    fn call(&self, address: &str, mut random: Random) {
        let _guard = Guard(&self.has_failed);
        let (mut connection, mut next) = (None, None);
        let ends = || self.ends.load(Ordering::SeqCst) || self.has_failed.load(Ordering::SeqCst);
        while !ends() {
            let known = connection.take();
            let Some(mut open) = known.or_else(|| Connection::open(address).ok()) else {
                // It was killed, and whoever did it is about to say so.
                std::thread::sleep(Duration::from_millis(1));
                continue;
            };
            let ask = next.take().unwrap_or_else(|| self.choose(&mut random));
            if let Ok(answer) = self.ledger.ask(&mut open, &ask) {
                next = self.learn(&ask, &answer);
                connection = Some(open);
            }
        }
    }

    fn choose(&self, random: &mut Random) -> Ask {
        match random.below(100) {
            0..3 => requests::open_cycle(),
            3 => requests::open_step(),
            4..20 => requests::evaluate(random),
            20..24 => requests::evaluate_batch(random),
            24..40 => self.step(random),
            _ => self.cycle(random),
        }
    }

    fn cycle(&self, random: &mut Random) -> Ask {
        let mut cycles = self.cycles.lock().unwrap();
        // They are fewer than callers: several change one at a time.
        let latest = cycles.len().saturating_sub(CONNECTIONS / 4);
        let Some(session) = cycles.get(latest..).filter(|latest| !latest.is_empty()) else {
            return requests::open_cycle();
        };
        let session = random.pick(session).clone();
        match random.below(50) {
            0..4 => requests::wisdom(&session, random),
            4 => Ask::post(format!("{session}/reset"), ""),
            5 => {
                cycles.retain(|other| *other != session);
                self.deleted.lock().unwrap().insert(session.clone());
                Ask::new("DELETE", session, "")
            }
            _ => requests::cycle(&session, random),
        }
    }

    fn step(&self, random: &mut Random) -> Ask {
        let steps = self.steps.lock().unwrap();
        if steps.is_empty() {
            return requests::open_step();
        }
        let session = random.pick(&steps).clone();
        requests::step(&session, random)
    }

    /// Judges an answer; what is to be asked next because of it.
    fn learn(&self, ask: &Ask, answer: &Answer) -> Option<Ask> {
        match answer.status {
            201 => {
                let session = answer.header("location").unwrap().to_owned();
                if ask.body.contains("\"governor\":\"session\"") {
                    self.steps.lock().unwrap().push(session);
                } else {
                    self.cycles.lock().unwrap().push(session.clone());
                    return Some(requests::long_wisdom(&session));
                }
            }
            200 | 204 => {}
            404 => {
                let deleted = self.deleted.lock().unwrap();
                let is_deleted = deleted.iter().any(|session| ask.path.starts_with(session));
                assert!(is_deleted, "{ask:?} {answer:?}");
            }
            409 => {
                answer.is_problem(409, "conflict");
                // That it stopped is part of its fold; that others are in the way is for the service to bear.
                assert!(answer.body.contains("reopen it to go on"), "{answer:?}");
                let (session, _) = ask.path.rsplit_once('/').unwrap();
                return Some(Ask::post(format!("{session}/reopen"), ""));
            }
            503 if self.may_fail.load(Ordering::SeqCst) => {
                answer.is_problem(503, "unavailable");
                assert!(answer.header("retry-after").is_some(), "{answer:?}");
                std::thread::sleep(Duration::from_millis(20));
            }
            _ => panic!("{ask:?} {answer:?}"),
        }
        None
    }
}

/// Tells that its thread panicked.
struct Guard<'a>(&'a AtomicBool);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::SeqCst);
        }
    }
}
