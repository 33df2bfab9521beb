//! One cycle of the cycle governor, as a pure function (`g1`) and with checked input (`g2`).

use crate::ask::{self, Reply};
use crate::case::{Case, at, number, optional_text, text, whole};
use crate::refusal::Refusals;
use crate::report::Findings;
use crate::rules::Rule;
use crate::subject::Subject;
use crate::trail::{self, Kept};
use crate::unicode::as_reference;
use assize_core::governor::{CycleEvaluation, CycleStop, EngineOutput};
use serde_json::{Value, json};

/// `g1`: one cycle of a governor that has no history.
pub(crate) fn evaluate(
    subject: &dyn Subject,
    case: &Case,
    findings: &mut Findings,
) -> Result<(), String> {
    let body = json!({
        "config": case.config,
        "left": at(&case.input, "/left")?,
        "right": at(&case.input, "/right")?,
        "budget": at(&case.input, "/current_budget")?,
        "cycle": at(&case.input, "/cycle_number")?,
    });
    let kept = judge(subject, body, &case.expected, findings)?;
    let expected = at(&case.expected, "/audit_trail")?;
    trail::compare_kept(expected, &[kept], &case.config, findings)?;
    trail::compare_last_stop(&case.expected, expected, findings)?;
    findings.same("lessons", whole(expected, "/wisdom_records_count")?, 0);
    Ok(())
}

/// `g2`: one cycle, or the first field that the reference refuses.
pub(crate) fn validated(
    subject: &dyn Subject,
    case: &Case,
    findings: &mut Findings,
) -> Result<(), String> {
    let body = json!({
        "config": case.config,
        "left": at(&case.input, "/left")?,
        "right": at(&case.input, "/right")?,
        "budget": at(&case.input, "/current_budget")?,
        "cycle": at(&case.input, "/cycle_number")?,
    });
    let Some(error) = case.expected.get("error") else {
        judge(subject, body, at(&case.expected, "/ok")?, findings)?;
        return Ok(());
    };
    let refusals = Refusals::cycle(&body);
    let pointer = pointer_of(text(error, "/message")?);
    findings.require(refusals.contains(&pointer), || {
        format!("the reference refuses {pointer}")
    });
    refuse(subject, &body, &refusals, findings)
}

/// The field that a message of the reference begins with.
fn pointer_of(message: &str) -> String {
    let mut words = message.split_whitespace();
    match (words.next().unwrap_or_default(), words.next()) {
        ("output_l", Some("must") | None) => "/left".to_owned(),
        ("output_r", Some("must") | None) => "/right".to_owned(),
        ("output_l", Some(field)) => format!("/left/{field}"),
        ("output_r", Some(field)) => format!("/right/{field}"),
        ("current_budget", _) => "/budget".to_owned(),
        ("cycle_number", _) => "/cycle".to_owned(),
        (field, _) => format!("/config/{field}"),
    }
}

/// Judges one cycle, or refuses it, and compares. `body` has what `POST /evaluate` takes.
pub(crate) fn judge(
    subject: &dyn Subject,
    mut body: Value,
    expected: &Value,
    findings: &mut Findings,
) -> Result<Kept, String> {
    settle_texts(subject, &mut body, findings)?;
    let refusals = Refusals::cycle(&body);
    if refusals.is_empty() {
        let evaluation = ask::evaluate(subject, &body)?.answered()?;
        let settings = at(&body, "/config")?;
        let has_history = body.get("previous_quality").is_some_and(Value::is_number);
        compare(expected, &evaluation, settings, has_history, findings)?;
        return Ok(Kept::from(&evaluation));
    }
    refuse(subject, &body, &refusals, findings)?;
    refusals.deviate(findings);
    compare_parts(subject, &body, expected, findings)
}

fn refuse(
    subject: &dyn Subject,
    body: &Value,
    refusals: &Refusals,
    findings: &mut Findings,
) -> Result<(), String> {
    refusals.compare(&ask::evaluate(subject, body)?.refused()?, findings);
    if refusals.need_typed_call() {
        match ask::evaluate_typed(subject, body)? {
            Reply::Refused(pointers) => refusals.compare(&pointers, findings),
            Reply::Answered(_) => return Err("accepted what JSON refuses".to_owned()),
        }
    }
    Ok(())
}

/// Has the texts read as the reference read them.
pub(crate) fn settle_texts(
    subject: &dyn Subject,
    body: &mut Value,
    findings: &mut Findings,
) -> Result<(), String> {
    let outputs = ["left", "right"].map(|side| body[side]["output"].as_str());
    if let [Some(left), Some(right)] = outputs {
        let measure = |left: &str, right: &str| subject.word_overlap(left, right);
        let [left, right] = as_reference([left, right], measure, findings)?;
        body["left"]["output"] = Value::from(left);
        body["right"]["output"] = Value::from(right);
    }
    Ok(())
}

/// Compares what is left of an evaluation where the whole is refused.
fn compare_parts(
    subject: &dyn Subject,
    body: &Value,
    expected: &Value,
    findings: &mut Findings,
) -> Result<Kept, String> {
    let outputs = ["left", "right"].map(|side| {
        let output = &body[side];
        Some((output["output"].as_str()?, output["confidence"].as_f64()))
    });
    let [
        Some((left, left_confidence)),
        Some((right, right_confidence)),
    ] = outputs
    else {
        return Kept::of_reference(expected);
    };
    let failed = |error: assize_service::EngineError| error.to_string();
    let similarity = subject.word_overlap(left, right).map_err(failed)?;
    findings.exact(
        "similarity",
        number(expected, "/similarity_score")?,
        similarity,
    );
    let contradiction = number(expected, "/contradiction_level")?;
    findings.exact("contradiction", contradiction, 1.0 - similarity);
    let sides = [(left, left_confidence), (right, right_confidence)].map(|(output, confidence)| {
        let confidence = confidence.filter(|it| (0.0..=1.0).contains(it))?;
        Some(EngineOutput { output, confidence })
    });
    if let [Some(left), Some(right)] = sides {
        let risk = subject.risk(left.confidence, right.confidence, similarity);
        findings.exact(
            "risk",
            number(expected, "/risk_score")?,
            risk.map_err(failed)?,
        );
        let metrics = subject.quality(&left, &right, similarity).map_err(failed)?;
        let composite = number(expected, "/composite_quality")?;
        findings.exact("quality", composite, metrics.composite());
    }
    Kept::of_reference(expected)
}

/// Compares an evaluation with the reference's, to the bit.
pub(crate) fn compare(
    expected: &Value,
    observed: &CycleEvaluation,
    settings: &Value,
    has_history: bool,
    findings: &mut Findings,
) -> Result<(), String> {
    let metrics = &observed.quality_metrics;
    for (name, observed) in [
        ("/similarity_score", observed.similarity),
        ("/contradiction_level", observed.contradiction),
        ("/risk_score", observed.risk),
        ("/quality_metrics/coherence", metrics.coherence),
        ("/quality_metrics/calibration", metrics.calibration),
        (
            "/quality_metrics/evidence_quality",
            metrics.evidence_quality,
        ),
        ("/quality_metrics/actionability", metrics.actionability),
        ("/composite_quality", observed.quality),
        ("/contradiction_spent", observed.contradiction_spent),
        ("/remaining_budget", observed.budget_remaining),
    ] {
        findings.exact(name, number(expected, name)?, observed);
    }
    let stop = optional_text(expected, "/stop_reason")?;
    let has_text = optional_text(expected, "/stop_reason_text")?.is_some();
    findings.same("text of the stop", stop.is_some(), has_text);
    let decision = if stop.is_some() { "STOP" } else { "CONTINUE" };
    findings.same("decision", text(expected, "/decision")?, decision);

    let last = whole(settings, "/max_cycles")?;
    let is_last = has_history && observed.cycle > 1 && i64::from(observed.cycle) >= last;
    if stop.is_none() && is_last {
        findings.deviates(Rule::MaxCyclesAfterFirst);
        compare_stop(Some(CycleStop::MaxCycles), observed, findings);
        return Ok(());
    }
    let known = |name: &str| {
        CycleStop::ALL
            .into_iter()
            .find(|stop| stop.as_str() == name)
    };
    match stop.map(|name| known(name).ok_or(name)).transpose() {
        Ok(stop) => compare_stop(stop, observed, findings),
        Err(name) => return Err(format!("unknown stop {name}")),
    }
    Ok(())
}

fn compare_stop(stop: Option<CycleStop>, observed: &CycleEvaluation, findings: &mut Findings) {
    findings.same("stop", stop, observed.stop_reason);
    let (decision, verdict, code) = match stop {
        None => ("CONTINUE", "refine", "governor:continue"),
        Some(CycleStop::Convergence) => ("STOP", "allow", "governor:convergence"),
        Some(CycleStop::Risk) => ("STOP", "escalate", "governor:risk-threshold"),
        Some(CycleStop::Budget) => ("STOP", "escalate", "governor:contradiction-budget"),
        Some(CycleStop::Plateau) => ("STOP", "escalate", "governor:plateau"),
        Some(CycleStop::MaxCycles) => ("STOP", "escalate", "governor:max-cycles"),
    };
    findings.same("decision", decision, observed.decision.as_str());
    findings.same("verdict", verdict, observed.verdict.as_str());
    let first = observed.reasons.first().map(|reason| reason.code.as_ref());
    findings.same("reason", Some(code), first);
}
