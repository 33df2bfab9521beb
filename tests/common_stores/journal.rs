//! The journal as `assize` gives it out, and what must hold of it.

use super::ledger::{Entry, Ledger};
use super::process::run;
use assize_journal::{Content, Event, Head};
use serde_json::Value;
use std::collections::BTreeMap;

/// A chain as it was exported.
pub(crate) struct Chain {
    pub(crate) head: Head,
    pub(crate) events: Vec<Event>,
    /// After which event its state was kept last.
    pub(crate) state: Option<u64>,
}

/// Every chain, by name.
pub(crate) struct Journal(pub(crate) BTreeMap<String, Chain>);

impl Journal {
    /// What `assize store export` says, also while a server goes on.
    pub(crate) fn export(store: &str) -> Self {
        let output = run(store, &["store", "export"]);
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let mut chains = BTreeMap::<String, Chain>::new();
        let mut is_whole = false;
        for line in text.lines() {
            if let Ok(event) = Event::from_line(line) {
                let chain = chains.get_mut(event.chain.as_ref());
                chain.unwrap().events.push(event);
                continue;
            }
            let value: Value = serde_json::from_str(line).unwrap();
            if let Some(chain) = value.get("chain") {
                let head = Head::from_json(chain["head"].to_string().as_bytes()).unwrap();
                let (name, events) = (head.chain.to_string(), Vec::new());
                let state = chain["snapshot"][0].as_u64();
                let chain = Chain {
                    head,
                    events,
                    state,
                };
                let twice = chains.insert(name, chain).is_some();
                assert!(!twice, "a chain is there twice: {line}");
            }
            is_whole |= value.get("end").is_some();
        }
        assert!(is_whole, "the export ends early");
        let journal = Self(chains);
        journal.has_no_gap();
        journal
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.0.values().flat_map(|chain| &chain.events)
    }

    /// The most events that a session must be read back from.
    pub(crate) fn longest_tail(&self) -> u64 {
        let tail = |chain: &Chain| Some(chain.head.sequence - chain.state?);
        self.0.values().filter_map(tail).max().unwrap_or(0)
    }

    fn has_no_gap(&self) {
        for (name, Chain { head, events, .. }) in &self.0 {
            let found: Vec<_> = events.iter().map(|event| event.sequence).collect();
            let expected: Vec<_> = (0..=head.sequence).collect();
            assert_eq!(found, expected, "sequences of {name}");
            assert_eq!(events.last().unwrap().hash, head.hash, "the end of {name}");
        }
    }

    /// That each acknowledged request left exactly one event, which says what was asked and answered, each other one
    /// at most one, and that there is nothing else.
    pub(crate) fn holds(&self, ledger: &Ledger) {
        let entries = ledger.entries();
        let mut found = BTreeMap::<&str, &Event>::new();
        for event in self.events() {
            let entry = entries.get(event.request.as_ref());
            let entry = entry.unwrap_or_else(|| panic!("nobody asked for {event:?}"));
            says_what_was_asked(event, entry);
            let other = found.insert(&event.request, event);
            assert!(other.is_none(), "twice: {event:?} and {other:?}");
        }
        for (name, entry) in &entries {
            let Some(decision) = entry.decision() else {
                continue;
            };
            let event = found.get(name.as_str());
            let event = event.unwrap_or_else(|| panic!("lost: {name} {entry:?}"));
            assert_eq!(event.id(), decision, "{entry:?}");
            let answer = Content::Whole(entry.answer.as_ref().unwrap().body.clone());
            assert_eq!(event.answer, answer, "{entry:?}");
        }
    }
}

fn says_what_was_asked(event: &Event, entry: &Entry) {
    assert_eq!(event.input, Content::Whole(entry.ask.body.clone()));
    let path = entry.ask.path.as_str();
    let last = path.rsplit('/').next().unwrap();
    let (operation, chain) = match (entry.ask.method, last) {
        ("DELETE", session) => ("delete", Some(session)),
        (_, "sessions") => ("open", None),
        (_, "evaluate:batch") => ("evaluate-batch", None),
        (_, "wisdom") => ("add-wisdom", path.rsplit('/').nth(1)),
        (_, other) => (other, path.rsplit('/').nth(1)),
    };
    assert_eq!(event.operation.as_ref(), operation, "{entry:?}");
    if let Some(chain) = chain.filter(|chain| !chain.is_empty()) {
        assert_eq!(event.chain.as_ref(), chain, "{entry:?}");
    }
}

/// That `assize audit verify` finds every chain of a journal whole, and misses none.
pub(crate) fn verifies(store: &str, journal: &Journal) {
    let output = run(store, &["audit", "verify", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success(), "{report}");
    assert_eq!(report["broken"], serde_json::json!([]));
    assert_eq!(report["chains"], journal.0.len(), "{report}");
    assert_eq!(report["events"], journal.events().count(), "{report}");
}

/// That `assize audit replay` runs everything again but deletions, and gets the same answers.
pub(crate) fn replays(store: &str, journal: &Journal) {
    let output = run(store, &["audit", "replay", "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let report: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let summary = &report["summary"];
    let deletions = journal
        .events()
        .filter(|event| event.operation.as_ref() == "delete");
    let (all, deletions) = (journal.events().count(), deletions.count());
    assert_eq!(summary["events"], all, "{report}");
    assert_eq!(summary["different"], 0, "{report}");
    assert!(
        summary["same"].as_u64() >= Some((all - deletions) as u64),
        "{report}"
    );
}
