//! The fuzz targets over a fixed number of inputs: arbitrary bytes, and good ones with changes.

#[path = "fuzz/mutation.rs"]
mod mutation;
#[path = "fuzz/rules_mutation.rs"]
mod rules_mutation;
#[path = "fuzz/targets.rs"]
pub mod targets;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;
use targets::{Outcomes, cycle_snapshot, gate, json_input, rules, seeds, session_snapshot};

const CASES: u32 = 5_000;

/// How often each thing was accepted and refused.
type Tally = BTreeMap<&'static str, (u32, u32)>;

/// The same inputs in every run.
fn run(inputs: impl Strategy<Value = Vec<u8>>, target: fn(&[u8]) -> Outcomes) -> Tally {
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    };
    let tally = RefCell::new(Tally::new());
    let result = TestRunner::new(config).run(&inputs, |bytes| {
        for (name, accepted) in target(&bytes) {
            let mut tally = tally.borrow_mut();
            let (yes, no) = tally.entry(name).or_default();
            *if accepted { yes } else { no } += 1;
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    tally.into_inner()
}

fn assert_both_were_reached(tally: &Tally, names: &[&str]) {
    println!("accepted and refused: {tally:?}");
    for name in names {
        let (accepted, refused) = tally[name];
        assert!(accepted >= 50, "{name}: {accepted} were accepted");
        assert!(refused >= 50, "{name}: {refused} were refused");
    }
}

const REQUESTS: [&str; 7] = [
    "document", "evaluate", "batch", "open", "outputs", "step", "wisdom",
];
/// Changed snapshots are refused for their checksum, unless it is put right.
const SNAPSHOTS: [&str; 2] = ["sealed again", "framed"];

#[test]
fn seeds_are_accepted_as_what_they_are() {
    for (name, text) in seeds::DOCUMENTS {
        let outcomes = json_input(text.as_bytes());
        assert!(outcomes.contains(&(name, true)), "{name}: {outcomes:?}");
    }
    for snapshot in seeds::cycle_snapshots() {
        assert_eq!(cycle_snapshot(&snapshot)[0], ("as it is", true));
        assert_eq!(session_snapshot(&snapshot)[0], ("as it is", false));
    }
    for snapshot in seeds::session_snapshots() {
        assert_eq!(session_snapshot(&snapshot)[0], ("as it is", true));
        assert_eq!(cycle_snapshot(&snapshot)[0], ("as it is", false));
    }
}

#[test]
fn changed_values_of_requests() {
    let tally = run(mutation::documents(seeds::documents()), json_input);
    assert_both_were_reached(&tally, &REQUESTS);
}

#[test]
fn changed_bytes_of_requests() {
    let tally = run(mutation::bytes(seeds::documents()), json_input);
    assert_both_were_reached(&tally, &REQUESTS[..1]);
}

#[test]
fn changed_bytes_of_cycle_governors() {
    let seeds = with_payloads(seeds::cycle_snapshots());
    let tally = run(mutation::bytes(seeds), cycle_snapshot);
    assert_both_were_reached(&tally, &SNAPSHOTS);
}

#[test]
fn changed_bytes_of_session_governors() {
    let seeds = with_payloads(seeds::session_snapshots());
    let tally = run(mutation::bytes(seeds), session_snapshot);
    assert_both_were_reached(&tally, &SNAPSHOTS);
}

#[test]
fn changed_programs_in_text() {
    let inputs = || rules_mutation::programs(rules::seeds::rules_texts());
    let tally = run(inputs(), rules::rules_text);
    assert_both_were_reached(&tally, &["text"]);
    let tally = run(inputs(), rules::rules_format);
    assert_both_were_reached(&tally, &["format"]);
}

#[test]
fn changed_programs_in_yaml_and_json() {
    let inputs = rules_mutation::programs(rules::seeds::rules_structures());
    let tally = run(inputs, rules::rules_structured);
    assert_both_were_reached(&tally, &["structured"]);
}

#[test]
fn changed_programs_are_loaded_or_refused() {
    let inputs = rules_mutation::programs(rules::seeds::rules_programs());
    let tally = run(inputs, rules::rules_load);
    assert_both_were_reached(&tally, &["load"]);
}

#[test]
fn changed_programs_are_asked() {
    let inputs = rules_mutation::programs(rules::seeds::rules_evaluations());
    let tally = run(inputs, rules::rules_evaluation);
    assert_both_were_reached(&tally, &["program", "query"]);
}

#[test]
fn changed_queries() {
    let inputs = rules_mutation::programs(rules::seeds::rules_queries());
    let tally = run(inputs, rules::rules_query);
    assert_both_were_reached(&tally, &["query"]);
}

#[test]
fn changed_requests_of_queries() {
    let inputs = rules_mutation::programs(rules::seeds::query_requests());
    let tally = run(inputs, rules::query_request);
    assert_both_were_reached(&tally, &["request", "inline"]);
}

#[test]
fn changed_snapshots_of_knowledge_bases() {
    let seeds = rules::seeds::rules_snapshots();
    for snapshot in &seeds {
        assert_eq!(rules::rules_snapshot(snapshot)[0], ("as it is", true));
    }
    let tally = run(mutation::numbers(seeds.clone()), rules::rules_snapshot);
    assert_both_were_reached(&tally, &["sealed again"]);
    let tally = run(mutation::bytes(with_payloads(seeds)), rules::rules_snapshot);
    assert_both_were_reached(&tally, &SNAPSHOTS);
}

#[test]
fn changed_bytes_of_rules() {
    let inputs = || mutation::bytes(rules::seeds::rules_programs());
    for (target, name) in [
        (rules::rules_load as fn(&[u8]) -> Outcomes, "load"),
        (rules::rules_format, "format"),
    ] {
        assert_both_were_reached(&run(inputs(), target), &[name]);
    }
}

#[test]
fn requests_to_a_gate_are_accepted_as_what_they_are() {
    for (name, text) in gate::seeds::DOCUMENTS {
        let outcomes = gate::gate_request(text.as_bytes());
        assert!(outcomes.contains(&(name, true)), "{name}: {outcomes:?}");
    }
    let tally = run(
        mutation::documents(gate::seeds::documents()),
        gate::gate_request,
    );
    let names = [
        "document", "generate", "admit", "record", "insert", "search", "forget", "open", "heard",
    ];
    assert_both_were_reached(&tally, &names);
}

#[test]
fn changed_snapshots_of_gates_and_what_they_remember() {
    for (seeds, target, names) in [
        (
            gate::seeds::gate_snapshots(),
            gate::gate_snapshot as fn(&[u8]) -> Outcomes,
            &["sealed again", "request sealed again"][..],
        ),
        (
            gate::seeds::controller_snapshots(),
            gate::controller_snapshot,
            &["mended"],
        ),
        (
            gate::seeds::memory_snapshots(),
            gate::memory_snapshot,
            &["sealed again", "levels"],
        ),
    ] {
        assert_both_were_reached(&run(mutation::numbers(seeds), target), names);
    }
}

#[test]
fn sequences_of_operations_on_memories() {
    let inputs = mutation::bytes(gate::seeds::operations());
    let tally = run(inputs, gate::memory_operations);
    assert_both_were_reached(&tally, &["insert", "retrieve"]);
    let inputs = mutation::bytes(gate::seeds::texts());
    assert_both_were_reached(&run(inputs, gate::embedding), &["text"]);
}

/// Snapshots, whole and without the header and checksum.
fn with_payloads(mut snapshots: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    for index in 0..snapshots.len() {
        let snapshot = &snapshots[index];
        snapshots.push(snapshot[5..snapshot.len() - 4].to_vec());
    }
    snapshots
}
