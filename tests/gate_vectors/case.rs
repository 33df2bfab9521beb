//! One recorded case, and what was found about it.

use serde_json::Value;
use std::collections::BTreeSet;

#[derive(Debug)]
pub(crate) struct Case(Value);

impl Case {
    pub(crate) fn read(line: &str) -> Self {
        match serde_json::from_str(line) {
            Ok(value) => Self(value),
            Err(error) => panic!("{error}: {line}"),
        }
    }

    pub(crate) fn name(&self) -> &str {
        text(&self.0["case"])
    }

    pub(crate) fn component(&self) -> &str {
        text(&self.0["component"])
    }

    pub(crate) fn kind(&self) -> &str {
        text(&self.0["config"]["version"])
    }

    pub(crate) fn config(&self) -> &Value {
        &self.0["config"]
    }

    pub(crate) fn input(&self) -> &Value {
        &self.0["input"]
    }

    pub(crate) fn expected(&self) -> &Value {
        &self.0["expected"]
    }

    pub(crate) fn has_tag(&self, tag: &str) -> bool {
        items(&self.0["tags"]).iter().any(|known| known == tag)
    }
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A number; those that JSON has not are words.
pub(crate) fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("nan") => f64::NAN,
        Some("inf") => f64::INFINITY,
        Some("-inf") => f64::NEG_INFINITY,
        _ => value
            .as_f64()
            .unwrap_or_else(|| panic!("no number: {value}")),
    }
}

pub(crate) fn numbers(value: &Value) -> Vec<f32> {
    items(value)
        .iter()
        .map(|item| number(item) as f32)
        .collect()
}

/// To 4 decimals, half to even on the exact binary value.
pub(crate) fn rounded(value: f64) -> f64 {
    format!("{value:.4}").parse().unwrap_or(value)
}

/// Which rules a case falls under, and what no rule explains.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) deviations: BTreeSet<&'static str>,
    pub(crate) failures: Vec<String>,
}

impl Found {
    pub(crate) fn deviating(rule: &'static str) -> Self {
        let mut found = Self::default();
        found.deviate(rule);
        found
    }

    pub(crate) fn failed(why: String) -> Self {
        Self {
            failures: vec![why],
            ..Self::default()
        }
    }

    pub(crate) fn deviate(&mut self, rule: &'static str) {
        self.deviations.insert(rule);
    }

    pub(crate) fn fail(&mut self, why: String) {
        self.failures.push(why);
    }

    pub(crate) fn require(&mut self, holds: bool, why: impl FnOnce() -> String) {
        if !holds {
            self.fail(why());
        }
    }

    /// Equal, or a failure that says where.
    pub(crate) fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, ours: T, theirs: T) {
        if ours != theirs {
            self.fail(format!("{what}: {ours:?} here, {theirs:?} recorded"));
        }
    }
}
