//! Writes good inputs into `corpus`, for libFuzzer to begin from.

use assize_fuzz::{gate, rules, seeds};
use std::path::Path;

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (target, inputs) in [
        ("json_input", seeds::documents()),
        ("cycle_snapshot", seeds::cycle_snapshots()),
        ("session_snapshot", seeds::session_snapshots()),
        ("rules_text", rules::seeds::rules_texts()),
        ("rules_structured", rules::seeds::rules_structures()),
        ("rules_format", rules::seeds::rules_texts()),
        ("rules_load", rules::seeds::rules_programs()),
        ("rules_evaluation", rules::seeds::rules_evaluations()),
        ("rules_query", rules::seeds::rules_queries()),
        ("rules_snapshot", rules::seeds::rules_snapshots()),
        ("query_request", rules::seeds::query_requests()),
        ("gate_snapshot", gate::seeds::gate_snapshots()),
        ("controller_snapshot", gate::seeds::controller_snapshots()),
        ("memory_snapshot", gate::seeds::memory_snapshots()),
        ("gate_request", gate::seeds::documents()),
        ("memory_operations", gate::seeds::operations()),
        ("embedding", gate::seeds::texts()),
    ] {
        let folder = corpus.join(target);
        std::fs::create_dir_all(&folder)?;
        for (index, input) in inputs.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{index}")), input)?;
        }
    }
    Ok(())
}
