//! What a session governor keeps of its steps: numbers rounded to 4 decimals.

use crate::case::{Case, at, list, number, text, whole};
use crate::report::Findings;
use crate::rules::Rule;
use assize_core::governor::{SessionAudit, StepDecision, StepRecord};
use serde_json::Value;

pub(crate) fn compare(
    case: &Case,
    audit: &SessionAudit,
    decisions: &[StepDecision],
    findings: &mut Findings,
) -> Result<(), String> {
    let trail = at(&case.expected, "/audit_trail")?;
    let history = list(trail, "/history")?;
    let total = usize::try_from(whole(trail, "/total_cycles")?);
    findings.same("total cycles", total, Ok(audit.steps.len()));
    findings.same("history", history.len(), audit.steps.len());
    findings.same("steps", decisions.len(), audit.steps.len());
    findings.same("posture", text(trail, "/posture")?, audit.posture.as_str());
    let budget = number(trail, "/contradiction_budget")?;
    findings.exact("budget", budget, audit.contradiction_budget);
    let spent = decisions
        .last()
        .map_or(0.0, |last| last.contradiction_spent);
    let expected = number(trail, "/contradiction_spent")?;
    compare_rounded(
        "spent",
        expected,
        spent,
        audit.contradiction_spent,
        findings,
    );
    findings.same(
        "stop in the audit",
        decisions.iter().rev().find_map(|it| it.stop_reason),
        audit.stop_reason,
    );

    let of_decisions = list(&case.expected, "/decisions")?;
    for (index, record) in audit.steps.iter().enumerate() {
        let (Some(expected), Some(decision)) = (history.get(index), decisions.get(index)) else {
            return Err("the history is too short".to_owned());
        };
        let given_at_once = of_decisions.get(index).and_then(|it| it.get("audit"));
        findings.same("audit of the decision", given_at_once, Some(expected));
        compare_record(expected, decision, record, findings)?;
    }
    Ok(())
}

fn compare_record(
    expected: &Value,
    decision: &StepDecision,
    record: &StepRecord,
    findings: &mut Findings,
) -> Result<(), String> {
    for (name, exact, rounded) in [
        ("/score_L", decision.score_left, record.score_left),
        ("/score_R", decision.score_right, record.score_right),
        ("/similarity", decision.similarity, record.similarity),
        (
            "/contradiction_spent",
            decision.contradiction_spent,
            record.contradiction_spent,
        ),
        ("/risk", decision.risk, record.risk),
    ] {
        compare_rounded(name, number(expected, name)?, exact, rounded, findings);
    }
    // The decision has been compared with the reference's remainder, cut as it is there.
    let name = "/budget_remaining";
    let (exact, rounded) = (decision.budget_remaining, record.budget_remaining);
    let ours = to_4_decimals(exact);
    findings.exact("remainder in the audit", ours, rounded);
    if (-999.0..=1.0).contains(&exact) {
        compare_rounded(name, number(expected, name)?, exact, rounded, findings);
    }
    let chosen = text(expected, "/chosen_engine")?;
    findings.same("/chosen_engine", chosen, record.chosen_engine.as_str());
    // On a freeze the decision gives the chosen side's index, the audit the higher of both.
    let cycle = whole(expected, "/cycle")?;
    findings.same("/cycle", cycle, i64::from(record.cycle));
    Ok(())
}

/// Noise far below a decimal may still tip a number that lies between two of them.
fn compare_rounded(what: &str, expected: f64, exact: f64, rounded: f64, findings: &mut Findings) {
    findings.exact(&format!("{what} rounded"), to_4_decimals(exact), rounded);
    if expected.to_bits() == rounded.to_bits() {
        return;
    }
    let scaled = exact * 1e4;
    let is_between = (scaled - scaled.floor() - 0.5).abs() < 1e-7;
    if is_between && (expected - rounded).abs() < 1.5e-4 {
        findings.deviates(Rule::RoundingNoise);
    } else {
        findings.exact(what, expected, rounded);
    }
}

/// By way of decimal text, which the core does not take.
fn to_4_decimals(value: f64) -> f64 {
    format!("{value:.4}").parse().unwrap_or(f64::NAN)
}
