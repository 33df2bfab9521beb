//! What a cycle governor keeps of its cycles.

use crate::case::{at, number, numbers, optional_text, whole};
use crate::report::Findings;
use assize_core::governor::{CycleEvaluation, CycleRecord};
use serde_json::Value;

/// What is kept of one cycle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    similarity: f64,
    risk: f64,
    pub(crate) quality: f64,
    pub(crate) budget_remaining: f64,
}

impl From<&CycleEvaluation> for Kept {
    fn from(evaluation: &CycleEvaluation) -> Self {
        Self {
            similarity: evaluation.similarity,
            risk: evaluation.risk,
            quality: evaluation.quality,
            budget_remaining: evaluation.budget_remaining,
        }
    }
}

impl From<&CycleRecord> for Kept {
    fn from(record: &CycleRecord) -> Self {
        Self {
            similarity: record.similarity,
            risk: record.risk,
            quality: record.quality,
            budget_remaining: record.budget_remaining,
        }
    }
}

impl Kept {
    /// What the reference keeps of a cycle that Assize refuses.
    pub(crate) fn of_reference(expected: &Value) -> Result<Self, String> {
        Ok(Self {
            similarity: number(expected, "/similarity_score")?,
            risk: number(expected, "/risk_score")?,
            quality: number(expected, "/composite_quality")?,
            budget_remaining: number(expected, "/remaining_budget")?,
        })
    }
}

/// Compares the reference's trail with what was kept, and its budget used with the reference's sum.
pub(crate) fn compare_kept(
    expected: &Value,
    kept: &[Kept],
    config: &Value,
    findings: &mut Findings,
) -> Result<(), String> {
    let total = i64::try_from(kept.len()).unwrap_or(i64::MAX);
    findings.same("cycles", whole(expected, "/total_cycles")?, total);
    type Part = fn(&Kept) -> f64;
    let parts: [(&str, &str, Part); 3] = [
        ("/similarity_trajectory", "/final_similarity", |it| {
            it.similarity
        }),
        ("/risk_trajectory", "/final_risk", |it| it.risk),
        ("/quality_trajectory", "/final_quality", |it| it.quality),
    ];
    for (trajectory, last, part) in parts {
        let values = numbers(expected, trajectory)?;
        findings.same(trajectory, values.len(), kept.len());
        for (value, kept) in values.iter().zip(kept) {
            same_or_nan(trajectory, *value, part(kept), findings);
        }
        let observed = kept.last().map_or(0.0, part);
        same_or_nan(last, number(expected, last)?, observed, findings);
    }
    let used = match kept.last() {
        Some(last) => number(config, "/initial_contradiction_budget")? - last.budget_remaining,
        None => 0.0,
    };
    let name = "/contradiction_budget_used";
    same_or_nan(name, number(expected, name)?, used, findings);
    Ok(())
}

fn same_or_nan(what: &str, expected: f64, observed: f64, findings: &mut Findings) {
    if !(expected.is_nan() && observed.is_nan()) {
        findings.exact(what, expected, observed);
    }
}

/// Compares the stop in the reference's trail with that of its last evaluation.
pub(crate) fn compare_last_stop(
    last: &Value,
    trail: &Value,
    findings: &mut Findings,
) -> Result<(), String> {
    let stop = match last {
        Value::Null => None,
        last => optional_text(last, "/stop_reason_text")?,
    };
    findings.same(
        "stop in the trail",
        optional_text(trail, "/stop_reason")?,
        stop,
    );
    at(trail, "/wisdom_records_count").map(drop)
}
