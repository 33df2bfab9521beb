//! What the reference of the memory answered, against what this memory answers.
//!
//! Runs the memory cases of `gate.jsonl` in the folder `ASSIZE_VECTORS` (default: `shared/vectors` beside
//! the clone). Differences are allowed by rule, never by case; `docs/deviations.md` explains the rules.

#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "what a recorded case lacks is null, or the test fails"
)]

use serde_json::Value;
use std::collections::BTreeSet;

#[path = "memory_vectors/case.rs"]
mod case;
#[path = "memory_vectors/phase.rs"]
mod phase;
#[path = "memory_vectors/synaptic.rs"]
mod synaptic;
mod tally;

use tally::Tally;

/// The names of all rules by which an answer may differ.
const RULES: [&str; 10] = [
    "oldest-gives-way",
    "checked-before-confidence",
    "component-finite-and-bounded",
    "query-in-range",
    "top-k-from-one",
    "dimension-always-checked",
    "state-not-exposed",
    "damage-never-accepted",
    "bytes-are-exact",
    "no-unbounded-list",
];

/// Which rules a case needed, or why it fails.
type Outcome = Result<BTreeSet<&'static str>, String>;

fn judge(case: &Value) -> Option<Outcome> {
    match (case["component"].as_str()?, case["config"]["kind"].as_str()) {
        ("synaptic", _) => Some(synaptic::judge(case)),
        ("memory", Some("pelm")) => Some(phase::judge(case)),
        ("memory", _) => Some(Ok(["no-unbounded-list"].into())),
        _ => None,
    }
}

#[test]
fn every_difference_from_the_reference_is_meant() {
    let folder =
        std::env::var("ASSIZE_VECTORS").unwrap_or_else(|_| "../../../shared/vectors".to_owned());
    let Ok(lines) = std::fs::read_to_string(format!("{folder}/gate.jsonl")) else {
        println!("no gate.jsonl in {folder}: nothing is compared");
        return;
    };
    let mut tally = Tally::of(RULES);
    for (number, line) in (1..).zip(lines.lines()) {
        let case: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("line {number}: {error}"));
        match judge(&case) {
            None => {}
            Some(Ok(rules)) => tally.count(rules),
            Some(Err(why)) => tally.failures.push(format!("{}: {why}", case["case"])),
        }
    }
    let matched = tally.matched;
    tally.judge();
    assert!(matched > 0, "no case was found");
}

#[test]
fn every_rule_is_explained() {
    tally::all_are_explained(RULES);
}
