//! What holds for every answer and every refusal, however it came about.

use assize_core::governor::{CycleEvaluation, Decision, FreezeDecision, StepDecision};
use assize_core::{InvalidInput, Reason, Verdict};
use assize_service::json::write_evaluation;
use serde_json::Value;

/// The marker of a name that stands twice in one object.
pub(crate) const REPEATED: &str = "occurs twice";

pub(crate) fn has_repeated_names(refusal: &InvalidInput) -> bool {
    refusal
        .errors()
        .iter()
        .any(|error| error.message == REPEATED)
}

/// A refusal names at least one place; `input` is what was refused.
pub(crate) fn refusal(refusal: &InvalidInput, input: &Value) {
    assert!(!refusal.errors().is_empty());
    // Of a repeated name `input` holds the last value only, the reader looks into the first.
    let can_be_found = !has_repeated_names(refusal);
    for error in refusal.errors() {
        let pointer = &error.pointer;
        assert!(is_json_pointer(pointer), "{pointer}");
        assert!(!error.message.trim().is_empty(), "{pointer}");
        if !can_be_found {
            continue;
        }
        let place = if error.message == "is missing" {
            pointer.rsplit_once('/').map_or("", |(parent, _)| parent)
        } else {
            pointer
        };
        assert!(
            input.pointer(place).is_some(),
            "{pointer} {}",
            error.message
        );
    }
}

/// RFC 6901, section 3.
fn is_json_pointer(text: &str) -> bool {
    let escapes_are_whole = text
        .split('~')
        .skip(1)
        .all(|part| part.starts_with(['0', '1']));
    (text.is_empty() || text.starts_with('/')) && escapes_are_whole
}

/// The judgement of a cycle, and its JSON.
pub(crate) fn evaluation(evaluation: &CycleEvaluation) {
    let mut text = Vec::new();
    write_evaluation(evaluation, &mut text);
    let answer: Value = serde_json::from_slice(&text).expect("an answer is JSON");
    let number = |name: &str| {
        let found = answer.pointer(name).and_then(Value::as_f64);
        found.unwrap_or_else(|| panic!("{name} of {answer} is no number"))
    };
    for (name, value) in [
        ("/similarity", evaluation.similarity),
        ("/contradiction", evaluation.contradiction),
        ("/risk", evaluation.risk),
        ("/quality", evaluation.quality),
        (
            "/quality_metrics/coherence",
            evaluation.quality_metrics.coherence,
        ),
        (
            "/quality_metrics/calibration",
            evaluation.quality_metrics.calibration,
        ),
        (
            "/quality_metrics/evidence_quality",
            evaluation.quality_metrics.evidence_quality,
        ),
        (
            "/quality_metrics/actionability",
            evaluation.quality_metrics.actionability,
        ),
    ] {
        unit_interval(name, value);
        assert_eq!(number(name).to_bits(), value.to_bits(), "{name}");
    }
    assert!(evaluation.contradiction_spent >= 0.0);
    for (name, value) in [
        ("/contradiction_spent", evaluation.contradiction_spent),
        ("/budget_remaining", evaluation.budget_remaining),
        ("/cycle", f64::from(evaluation.cycle)),
    ] {
        assert_eq!(number(name).to_bits(), value.to_bits(), "{name}");
    }

    let stops = evaluation.decision == Decision::Stop;
    assert_eq!(stops, evaluation.stop_reason.is_some());
    assert_eq!(stops, answer["stop_reason"].is_string());
    assert_eq!(stops, evaluation.verdict != Verdict::Refine);
    assert_eq!(answer["verdict"], evaluation.verdict.as_str());
    assert_eq!(
        answer["reasons"].as_array().map(Vec::len),
        Some(evaluation.reasons.len())
    );
    reasons(&evaluation.reasons, stops);
}

/// The judgement of a step.
pub(crate) fn step(decision: &StepDecision) {
    unit_interval("similarity", decision.similarity);
    unit_interval("risk", decision.risk);
    for score in [decision.score_left, decision.score_right] {
        assert!((-1.6..=4.3 + 1e-9).contains(&score), "{score}");
    }
    assert!(decision.contradiction_spent.is_finite());
    assert!(decision.budget_remaining.is_finite());

    let stops = decision.decision == FreezeDecision::Freeze;
    assert_eq!(stops, decision.stop_reason.is_some());
    assert_eq!(stops, decision.verdict != Verdict::Refine);
    assert_eq!(decision.verdict == Verdict::Deny, !decision.qualified);
    reasons(&decision.reasons, stops);
}

fn reasons(reasons: &[Reason], stops: bool) {
    assert!(!reasons.is_empty());
    for reason in reasons {
        assert!(reason.code.starts_with("governor:"), "{}", reason.code);
        assert!(!reason.message.trim().is_empty(), "{}", reason.code);
        assert_eq!(stops, reason.code != "governor:continue");
        assert_eq!(reason.observed.is_some(), reason.threshold.is_some());
        for number in [reason.observed, reason.threshold].into_iter().flatten() {
            assert!(number.is_finite(), "{} {number}", reason.code);
        }
    }
}

fn unit_interval(name: &str, value: f64) {
    assert!((0.0..=1.0).contains(&value), "{name} is {value}");
}
