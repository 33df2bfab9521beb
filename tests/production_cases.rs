//! The recorded behaviour of the production guide of the rule engine, for the crates that have a part of it.

use serde_json::Value;
use std::path::{Path, PathBuf};

/// The cases of a kind; none where they are not beside the project.
pub(crate) fn cases(kind: &str) -> Option<Vec<Value>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let folder = std::env::var_os("ASSIZE_VECTORS").map_or(beside, PathBuf::from);
    let path = folder.join("rules_production.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: there is no {}", path.display());
        return None;
    };
    let cases = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let cases: Vec<Value> = cases.filter(|case: &Value| case["kind"] == kind).collect();
    assert!(!cases.is_empty(), "there is no `{kind}`");
    Some(cases)
}
