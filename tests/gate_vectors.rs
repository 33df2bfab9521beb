//! What the reference of the gate did, against what the gate does.
//!
//! Runs `gate.jsonl` and `gate_quality.jsonl` of the folder in `ASSIZE_VECTORS` (default:
//! `shared/vectors` beside the clone). Differences are allowed by rule, never by case;
//! `docs/deviations.md` explains the rules. Cases of the memory are not the gate's.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

#[path = "gate_vectors/case.rs"]
mod case;
#[path = "gate_vectors/compare.rs"]
mod compare;
#[path = "gate_vectors/events.rs"]
mod events;
#[path = "gate_vectors/host.rs"]
mod host;
#[path = "gate_vectors/memory.rs"]
mod memory;
#[path = "gate_vectors/parts.rs"]
mod parts;
#[path = "gate_vectors/requests.rs"]
mod requests;
#[path = "gate_vectors/shadow.rs"]
mod shadow;
mod tally;

use case::{Case, Found};
use tally::Tally;

/// The names of all rules.
const RULES: [&str; 16] = [
    "symmetric-dead-band",
    "initial-within-bounds",
    "first-change-counted",
    "fixed-policies-only",
    "sleep-advances",
    "phase-when-asked",
    "empty-is-not-accepted",
    "context-is-text",
    "counts-from-one",
    "embedding-magnitude",
    "reset-to-configuration",
    "oldest-evicted",
    "no-speech-governor",
    "malformed-vector-refused",
    "recovery-by-steps",
    "refused-is-not-stored",
];

fn check(case: &Case) -> Option<Found> {
    Some(match (case.component(), case.kind()) {
        ("moral_filter", "v2") => parts::threshold(case),
        ("moral_filter", "v1") => Found::deviating("fixed-policies-only"),
        ("moral_filter", "text_score") => parts::text_scores(case),
        ("moral_value", _) => parts::text_score(case),
        ("quality", _) => parts::quality(case),
        ("rhythm", _) => parts::rhythm(case),
        ("controller", _) => events::check(case),
        ("wrapper", _) => requests::check(case),
        ("synaptic" | "memory", _) => return None,
        (other, _) => Found::failed(format!("unknown component {other}")),
    })
}

#[test]
fn every_difference_from_the_reference_is_meant() {
    let folder =
        std::env::var("ASSIZE_VECTORS").unwrap_or_else(|_| "../../../shared/vectors".to_owned());
    let mut tally = Tally::of(RULES);
    for file in ["gate.jsonl", "gate_quality.jsonl"] {
        let Ok(lines) = std::fs::read_to_string(format!("{folder}/{file}")) else {
            println!("no {file} in {folder}: nothing is compared");
            return;
        };
        for line in lines.lines() {
            let case = Case::read(line);
            let Some(found) = check(&case) else {
                continue;
            };
            let failed = found.failures.iter();
            tally
                .failures
                .extend(failed.map(|why| format!("{}: {why}", case.name())));
            tally.count(found.deviations);
        }
    }
    tally.judge();
}

#[test]
fn every_rule_is_explained() {
    tally::all_are_explained(RULES);
}
