//! What was asked, and what came of it as far as the caller knows.

use super::http::{Answer, Ask, Connection};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A request that should leave an event behind.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) ask: Ask,
    /// None: the connection broke first.
    pub(crate) answer: Option<Answer>,
}

impl Entry {
    /// The event that its answer names, where it is an acknowledgement.
    pub(crate) fn decision(&self) -> Option<&str> {
        let answer = self.answer.as_ref().filter(|answer| answer.is_success())?;
        let name = answer.header("x-decision-id");
        Some(name.unwrap_or_else(|| panic!("it names no decision: {self:?}")))
    }
}

/// Of all callers of a test.
#[derive(Default)]
pub(crate) struct Ledger {
    entries: Mutex<BTreeMap<String, Entry>>,
    names: AtomicUsize,
    acknowledged: AtomicUsize,
}

impl Ledger {
    /// Asks under a name of its own, and writes down what came of it.
    pub(crate) fn ask(&self, connection: &mut Connection, ask: &Ask) -> std::io::Result<Answer> {
        let name = format!("request-{}", self.names.fetch_add(1, Ordering::Relaxed));
        let answer = connection.ask(&ask.clone().with("x-request-id", &name));
        let entry = Entry {
            ask: ask.clone(),
            answer: answer.as_ref().ok().cloned(),
        };
        if entry.decision().is_some() {
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
        self.entries.lock().unwrap().insert(name, entry);
        answer
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// By the name of the request.
    pub(crate) fn entries(&self) -> BTreeMap<String, Entry> {
        self.entries.lock().unwrap().clone()
    }
}
