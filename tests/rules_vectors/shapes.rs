//! Which programs are not well formed.

use crate::case::{Case, Program, variable};
use crate::translate::{goals, heads};
use assize_core::rules::Value;

pub(crate) fn yaml(case: &Case) -> Option<&str> {
    match &case.program {
        Program::Yaml(yaml) => Some(yaml),
        Program::Terms { .. } => None,
    }
}

/// How many facts a document has that is strictly JSON.
pub(crate) fn json_facts(case: &Case) -> Option<usize> {
    let document: serde_json::Value = serde_json::from_str(yaml(case)?).ok()?;
    document.get("facts")?.as_array().map(Vec::len)
}

/// Whether something that must be a name with arguments is not.
pub(crate) fn is_malformed(case: &Case) -> bool {
    let all = heads(case).into_iter().chain(goals(case));
    let mut all = all.collect::<Vec<_>>().into_iter();
    all.any(|atom| !matches!(&atom, Value::List(_)) || !is_well_formed(&atom))
}

fn is_well_formed(term: &Value) -> bool {
    let Value::List(items) = term else {
        return true;
    };
    let has_name =
        matches!(items.first(), Some(name @ Value::String(_)) if variable(name).is_none());
    has_name && items.iter().all(is_well_formed)
}

/// What the reader says to what YAML or the reference make of a text silently.
pub(crate) fn trap(case: &Case) -> Option<&'static str> {
    let yaml = yaml(case)?;
    let is_word = |line: &str| {
        let item = line.trim().strip_prefix("- ");
        item.is_some_and(|item| {
            !item.is_empty() && item.bytes().all(|byte| byte.is_ascii_lowercase())
        })
    };
    let top = |line: &&str| line.starts_with(|first: char| first.is_ascii_lowercase());
    let keys: Vec<_> = yaml
        .lines()
        .filter(top)
        .filter_map(|line| line.split(':').next())
        .collect();
    let repeats = keys
        .iter()
        .any(|key| keys.iter().filter(|other| *other == key).count() > 1);
    let traps = [
        ("unquoted-variable", yaml.contains(" ?X")),
        ("ambiguous-scalar", yaml.contains(", yes]")),
        ("empty-body", yaml.contains("body: []")),
        (
            "body-shape",
            yaml.contains("body: [") && !yaml.contains("body: [["),
        ),
        ("atom-shape", yaml.lines().any(is_word)),
        ("wrong-shape", yaml.contains("facts:\n  p: ")),
        ("duplicate-key", repeats),
        (
            "unknown-key",
            keys.iter().any(|key| !["facts", "rules"].contains(key)),
        ),
    ];
    traps
        .into_iter()
        .find_map(|(code, is_there)| is_there.then_some(code))
}
