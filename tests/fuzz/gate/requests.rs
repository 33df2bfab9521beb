//! Requests in JSON to a gate and its memory.

use super::super::Outcomes;
use super::super::json::Both;
use super::{controller, small};
use assize_core::controller::{Controller, Embedder, Heard};
use assize_core::gate::{Conditions, Request};
use assize_core::memory::NewEntry;
use assize_service::json::Document;
use assize_service::json::gate::{
    ActionAnswer, AdmissionAnswer, AdmitRequest, GenerateAnswer, GenerateRequest, HeardAnswer,
    OpenControllerRequest, RecordRequest, SettingsAnswer, StateAnswer, read_heard,
};
use assize_service::json::memory::{
    EntryRequest, ForgetRequest, FoundEntriesAnswer, InsertAnswer, InsertRequest, Search,
    SearchRequest, UsageAnswer,
};
use serde_json::Value;
use std::cell::Cell;
use std::sync::OnceLock;

/// Now, and later than whatever was stored.
const NOW: u64 = 1000;
/// The request that waits for a model, and the one that waits for an embedding.
const FLIGHTS: [u64; 2] = [1, 2];

/// Reads `data` as each kind of request, and asks a small controller for what is accepted.
///
/// # Panics
///
/// Where a property does not hold.
pub fn gate_request(data: &[u8]) -> Outcomes {
    let (Ok(document), Ok(value)) = (Document::parse(data), serde_json::from_slice(data)) else {
        return vec![("document", false)];
    };
    let rewritten = serde_json::to_vec::<Value>(&value).expect("a value can be written");
    let rewritten = Document::parse(&rewritten).expect("what was written can be read");
    let (first, again) = (&document, &rewritten);
    let both = Both { value: &value };
    let done = Cell::new(false);
    let mut outcomes = vec![("document", true)];
    let mut asked = |name, outcome: (&'static str, bool)| {
        outcomes.push(outcome);
        if outcome.1 {
            outcomes.push((name, done.replace(false)));
        }
    };
    let generate = GenerateRequest::read;
    asked(
        "generate done",
        both.outcome("generate", generate(first), generate(again), |request| {
            done.set(begun(&request));
        }),
    );
    let admit = AdmitRequest::read;
    asked(
        "admit done",
        both.outcome("admit", admit(first), admit(again), |request| {
            done.set(admitted(&request));
        }),
    );
    let record = RecordRequest::read;
    asked(
        "record done",
        both.outcome("record", record(first), record(again), |request| {
            done.set(recorded(&request));
        }),
    );
    let insert = InsertRequest::read;
    asked(
        "insert done",
        both.outcome("insert", insert(first), insert(again), |request| {
            done.set(inserted(request));
        }),
    );
    let search = SearchRequest::read;
    asked(
        "search done",
        both.outcome("search", search(first), search(again), |request| {
            done.set(searched(&request));
        }),
    );
    let forget = ForgetRequest::read;
    asked(
        "forget done",
        both.outcome("forget", forget(first), forget(again), |request| {
            done.set(forgotten(&request));
        }),
    );
    let entry = EntryRequest::read;
    asked(
        "entry done",
        both.outcome("entry", entry(first), entry(again), |_| done.set(true)),
    );
    let open = |document| OpenControllerRequest::read(document, &small());
    asked(
        "open done",
        both.outcome("open", open(first), open(again), |request| {
            done.set(opened(&request));
        }),
    );
    let heard = (read_heard(first).map(Told), read_heard(again).map(Told));
    asked(
        "heard done",
        both.outcome("heard", heard.0, heard.1, |told| {
            done.set(told_to_flights(told.0));
        }),
    );
    outcomes
}

/// What came of an action, compared by its bits.
#[derive(Debug)]
struct Told(Heard);

impl PartialEq for Told {
    fn eq(&self, other: &Self) -> bool {
        format!("{:?}", self.0) == format!("{:?}", other.0)
    }
}

/// A controller with a few entries, an admitted request, and requests under way.
fn prepared(embedder: Embedder) -> Controller {
    static SNAPSHOTS: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
    let snapshots = SNAPSHOTS.get_or_init(|| Embedder::ALL.map(|kind| make(kind).snapshot()));
    let place = usize::from(embedder == Embedder::ALL[1]);
    Controller::restore(&snapshots[place]).expect("what was written is restored")
}

fn make(embedder: Embedder) -> Controller {
    let mut settings = small();
    settings.embedder = embedder;
    let mut controller = controller(settings);
    let vector = [0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.0];
    for (name, text) in [("ann", "a court"), ("bob", "a judge")] {
        let entry = NewEntry {
            source_name: Some(name),
            text: Some(text),
            ..NewEntry::new(&vector, 0.1)
        };
        controller.insert(&[entry], 0).expect("it fits");
    }
    let request = |vector| Request {
        score: Some(0.95),
        vector,
        ..Request::new("why?")
    };
    for (flight, vector) in [(1, Some(&vector[..])), (2, None)] {
        let begun = controller.begin(flight, &Conditions::at(0), &request(vector));
        begun.expect("it is admitted");
    }
    assert_eq!(controller.flights(), FLIGHTS);
    controller
}

/// Whether it was done; a refusal changes nothing.
fn kept<T, E: std::fmt::Display>(
    controller: &mut Controller,
    act: impl FnOnce(&mut Controller) -> Result<T, E>,
) -> Option<T> {
    let before = controller.snapshot();
    let done = act(controller);
    let state = StateAnswer::from(&controller.state());
    serde_json::to_string(&state).expect("a state is JSON");
    let usage = controller.state().memory;
    assert!(usage.entries <= usage.capacity);
    serde_json::to_string(&UsageAnswer::from(usage)).expect("usage is JSON");
    match done {
        Ok(done) => Some(done),
        Err(error) => {
            assert!(!error.to_string().trim().is_empty());
            assert_eq!(controller.snapshot(), before, "{error}");
            None
        }
    }
}

fn begun(request: &GenerateRequest<'_>) -> bool {
    Embedder::ALL.into_iter().fold(false, |any, embedder| {
        let controller = &mut prepared(embedder);
        let action = kept(controller, |controller| {
            controller.begin(9, &Conditions::at(NOW), &request.request())
        });
        if let Some(action) = &action {
            serde_json::to_string(&ActionAnswer::from(action)).expect("an action is JSON");
        }
        any | action.is_some()
    })
}

fn admitted(request: &AdmitRequest<'_>) -> bool {
    let controller = &mut prepared(Embedder::Hashing);
    let admission = kept(controller, |controller| {
        controller.admit(&Conditions::at(NOW), &request.question())
    });
    if let Some(admission) = &admission {
        serde_json::to_string(&AdmissionAnswer::from(admission)).expect("it is JSON");
    }
    admission.is_some()
}

fn recorded(request: &RecordRequest<'_>) -> bool {
    let controller = &mut prepared(Embedder::Hashing);
    let answer = kept(controller, |controller| {
        controller.record(&Conditions::at(NOW), &request.outcome())
    });
    if let Some(answer) = &answer {
        serde_json::to_string(&GenerateAnswer::from(answer)).expect("an answer is JSON");
    }
    answer.is_some()
}

fn inserted(request: InsertRequest<'_>) -> bool {
    let controller = &mut prepared(Embedder::Hashing);
    let count = request.entries.len();
    let done = kept(controller, |controller| {
        let insertion = request.embedded(|text| controller.embed(text))?;
        controller.insert(&insertion.entries(), NOW)
    });
    if let Some(done) = &done {
        assert_eq!(done.len(), count);
        let answer = InsertAnswer::from(done.as_slice());
        serde_json::to_string(&answer).expect("an answer is JSON");
    }
    done.is_some()
}

fn searched(request: &SearchRequest<'_>) -> bool {
    let controller = &mut prepared(Embedder::Hashing);
    let found = kept(controller, |controller| {
        let vector = match &request.like {
            Search::Vector(vector) => vector.clone(),
            Search::Text(text) => controller.embed(text)?,
        };
        let found = controller.retrieve(&request.query(&vector), NOW)?;
        Ok::<_, assize_core::Error>(found)
    });
    if let Some(found) = &found {
        assert!(found.len() <= request.top_k as usize);
        let answer = FoundEntriesAnswer::from(found.as_slice());
        serde_json::to_string(&answer).expect("an answer is JSON");
    }
    found.is_some()
}

fn forgotten(request: &ForgetRequest<'_>) -> bool {
    let controller = &mut prepared(Embedder::Hashing);
    let before = controller.state().memory.entries;
    let removed = match request {
        ForgetRequest::Ids(ids) => controller.forget(ids),
        ForgetRequest::SourceName(name) => controller.forget_source(name),
    };
    assert_eq!(controller.state().memory.entries, before - removed);
    removed > 0
}

/// What was read is shown as it was read, and a session begins with it where there is room.
fn opened(request: &OpenControllerRequest) -> bool {
    let settings = request.config.settings();
    let shown = serde_json::to_vec(&SettingsAnswer::from(settings)).expect("settings are JSON");
    let document = Document::parse(&shown).expect("it is JSON");
    let again = OpenControllerRequest::read(&document, &Default::default());
    assert_eq!(again.as_ref(), Ok(request));
    let memory = assize_core::memory::MemoryConfig::new(settings.memory).expect("it was read");
    if memory.bytes() > super::MOST_BYTES {
        return false;
    }
    let opened = Controller::new(request.config.clone()).expect("there is room");
    let snapshot = opened.snapshot();
    let restored = Controller::restore(&snapshot).expect("what was written is restored");
    assert_eq!(restored.snapshot(), snapshot);
    true
}

fn told_to_flights(heard: Heard) -> bool {
    let shown = serde_json::to_vec(&HeardAnswer::from(&heard)).expect("it is JSON");
    let document = Document::parse(&shown).expect("it is JSON");
    let again = read_heard(&document).map(Told);
    assert_eq!(again, Ok(Told(heard.clone())));
    let mut any = false;
    for embedder in Embedder::ALL {
        for flight in FLIGHTS {
            let controller = &mut prepared(embedder);
            let action = kept(controller, |controller| {
                controller.resume(flight, NOW, heard.clone())
            });
            any |= action.is_some();
        }
    }
    any
}
