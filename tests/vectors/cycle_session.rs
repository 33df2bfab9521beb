//! Several cycles of the cycle governor (`g1`): through a session where Assize counts cycles and
//! budget as the case does, else through the pure function.

use crate::ask::{self, read, reply};
use crate::case::{Case, at, list, number, text, whole};
use crate::cycle;
use crate::refusal::Refusals;
use crate::report::Findings;
use crate::rules::Rule;
use crate::subject::Subject;
use crate::trail::{self, Kept};
use assize_core::Error;
use assize_core::governor::{CycleAudit, CycleConfig, CycleEvaluation};
use assize_service::json::{OpenRequest, OutputsRequest, read_wisdom};
use assize_service::{CycleSession, EngineError};
use serde_json::{Value, json};

pub(crate) fn session(
    subject: &dyn Subject,
    case: &Case,
    findings: &mut Findings,
) -> Result<(), String> {
    let cycles = list(&case.input, "/cycles")?;
    let evaluations = list(&case.expected, "/evaluations")?;
    check_length(case, cycles, evaluations, findings)?;
    findings.same("posture", text(&case.expected, "/posture")?, "NOM");
    let trail = at(&case.expected, "/audit_trail")?;
    let last = evaluations.last().unwrap_or(&Value::Null);
    trail::compare_last_stop(last, trail, findings)?;

    let is_numbered = cycles
        .iter()
        .zip(1..)
        .all(|(cycle, number)| cycle["cycle_number"].as_i64() == Some(number));
    let threads = match text(&case.input, "/budget_mode")? {
        "thread" => true,
        "explicit" => false,
        other => return Err(format!("unknown budget mode {other}")),
    };
    if threads && is_numbered {
        through_session(subject, case, findings)
    } else {
        through_function(subject, case, threads, findings)
    }
}

/// Where the reference ends: at the first stop, or with the last cycle.
fn check_length(
    case: &Case,
    cycles: &[Value],
    evaluations: &[Value],
    findings: &mut Findings,
) -> Result<(), String> {
    let first_stop = evaluations
        .iter()
        .position(|evaluation| evaluation["decision"] == "STOP");
    let length = match (text(&case.input, "/run")?, first_stop) {
        ("stop", Some(index)) => index + 1,
        ("stop", None) | ("all", _) => cycles.len(),
        (other, _) => return Err(format!("unknown run {other}")),
    };
    findings.same("evaluations", length, evaluations.len());
    let executed = usize::try_from(whole(&case.expected, "/cycles_executed")?);
    findings.same("cycles executed", executed, Ok(length));
    Ok(())
}

fn through_function(
    subject: &dyn Subject,
    case: &Case,
    threads: bool,
    findings: &mut Findings,
) -> Result<(), String> {
    let cycles = list(&case.input, "/cycles")?;
    let evaluations = list(&case.expected, "/evaluations")?;
    let mut kept: Vec<Kept> = Vec::new();
    for (cycle, expected) in cycles.iter().zip(evaluations) {
        let budget = match kept.last() {
            _ if !threads => at(cycle, "/current_budget")?.clone(),
            None => at(&case.input, "/initial_budget")?.clone(),
            Some(last) => Value::from(last.budget_remaining),
        };
        let previous = kept.last().map(|last| last.quality);
        if previous.is_some_and(|quality| !(0.0..=1.0).contains(&quality)) {
            // Only a refused cycle has such a quality; nothing after it has the same history.
            return Ok(());
        }
        let body = json!({
            "config": case.config,
            "left": at(cycle, "/left")?,
            "right": at(cycle, "/right")?,
            "budget": budget,
            "cycle": at(cycle, "/cycle_number")?,
            "previous_quality": previous,
        });
        kept.push(cycle::judge(subject, body, expected, findings)?);
    }
    let trail = at(&case.expected, "/audit_trail")?;
    trail::compare_kept(trail, &kept, &case.config, findings)?;
    let mut governor = subject
        .open_cycle_governor(&CycleConfig::default())
        .map_err(failed)?;
    if add_wisdom(governor.as_mut(), case, findings)? {
        let audit = governor.audit().map_err(failed)?;
        compare_wisdom(&audit, case, findings)?;
    }
    Ok(())
}

fn through_session(
    subject: &dyn Subject,
    case: &Case,
    findings: &mut Findings,
) -> Result<(), String> {
    let mut config = case.config.clone();
    config["initial_contradiction_budget"] = at(&case.input, "/initial_budget")?.clone();
    let mut refusals = Refusals::default();
    refusals.cycle_config(&config);
    let reply = ask::open("cycle", &config)?;
    if !refusals.is_empty() {
        refusals.compare(&reply.refused()?, findings);
        refusals.deviate(findings);
        return Ok(());
    }
    let OpenRequest::Cycle(opened) = reply.answered()? else {
        return Err("the configuration of another governor".to_owned());
    };
    let mut governor = subject.open_cycle_governor(&opened).map_err(failed)?;
    let governor = governor.as_mut();
    if !add_wisdom(governor, case, findings)? {
        return Ok(());
    }
    let cycles = list(&case.input, "/cycles")?;
    let evaluations = list(&case.expected, "/evaluations")?;
    for (index, (cycle, expected)) in cycles.iter().zip(evaluations).enumerate() {
        let mut body = json!({ "left": at(cycle, "/left")?, "right": at(cycle, "/right")? });
        cycle::settle_texts(subject, &mut body, findings)?;
        if !take_turn(governor, &body, (expected, &config, index > 0), findings)? {
            // The reference went on from a cycle that Assize refused: another history.
            return Ok(());
        }
    }
    compare_audit(&governor.audit().map_err(failed)?, case, findings)
}

/// One cycle of a session, reopened where it had stopped. False where the cycle is refused.
fn take_turn(
    governor: &mut dyn CycleSession,
    body: &Value,
    (expected, config, has_history): (&Value, &Value, bool),
    findings: &mut Findings,
) -> Result<bool, String> {
    let mut refusals = Refusals::default();
    refusals.outputs(body);
    let before = governor.snapshot().map_err(failed)?;
    let is_stopped = governor.status().map_err(failed)?.stopped;
    if !refusals.is_empty() {
        let pointers = reply(evaluate(governor, body))?.refused()?;
        refusals.compare(&pointers, findings);
        refusals.deviate(findings);
    } else if is_stopped {
        let result = evaluate(governor, body);
        let is_conflict = matches!(result, Err(EngineError::Refused(Error::Conflict(_))));
        findings.require(is_conflict, || "a stopped session went on".to_owned());
        findings.deviates(Rule::StopLatched);
    }
    let after = governor.snapshot().map_err(failed)?;
    if !refusals.is_empty() || is_stopped {
        findings.require(before == after, || {
            "an error changed the session".to_owned()
        });
    }
    if !refusals.is_empty() {
        return Ok(false);
    }
    governor.reopen().map_err(failed)?;
    let evaluation = evaluate(governor, body).map_err(failed)?;
    cycle::compare(expected, &evaluation, config, has_history, findings)?;
    let is_stopped = governor.status().map_err(failed)?.stopped;
    findings.same("stopped", evaluation.stop_reason.is_some(), is_stopped);
    Ok(true)
}

fn evaluate(governor: &mut dyn CycleSession, body: &Value) -> Result<CycleEvaluation, EngineError> {
    read(body, |document| {
        let request = OutputsRequest::read(document)?;
        governor.evaluate(&request.left, &request.right)
    })
}

fn compare_audit(audit: &CycleAudit, case: &Case, findings: &mut Findings) -> Result<(), String> {
    let trail = at(&case.expected, "/audit_trail")?;
    let kept: Vec<_> = audit.cycles.iter().map(Kept::from).collect();
    trail::compare_kept(trail, &kept, &case.config, findings)?;
    compare_wisdom(audit, case, findings)?;

    let start = number(&case.input, "/initial_budget")?;
    findings.exact("starting budget", start, audit.contradiction_budget);
    let used = number(trail, "/contradiction_budget_used")?;
    let configured = number(&case.config, "/initial_contradiction_budget")?;
    match kept.last() {
        Some(last) if configured.to_bits() != start.to_bits() => {
            findings.deviates(Rule::StartingBudget);
            let used = start - last.budget_remaining;
            findings.exact("budget used", used, audit.contradiction_budget_used);
        }
        _ => findings.exact("budget used", used, audit.contradiction_budget_used),
    }
    let last = audit.cycles.last().and_then(|cycle| cycle.stop_reason);
    findings.same("stop in the audit", last, audit.stop_reason);
    Ok(())
}

/// False where a lesson is refused.
fn add_wisdom(
    governor: &mut dyn CycleSession,
    case: &Case,
    findings: &mut Findings,
) -> Result<bool, String> {
    let mut added = true;
    for lesson in list(&case.input, "/wisdom")? {
        let refusals = Refusals::wisdom(lesson);
        let reply = reply(read(lesson, |document| {
            governor.add_wisdom(read_wisdom(document)?)
        }))?;
        if refusals.is_empty() {
            reply.answered()?;
        } else {
            refusals.compare(&reply.refused()?, findings);
            refusals.deviate(findings);
            added = false;
        }
    }
    Ok(added)
}

fn compare_wisdom(audit: &CycleAudit, case: &Case, findings: &mut Findings) -> Result<(), String> {
    let lessons = list(&case.input, "/wisdom")?;
    let count = whole(&case.expected, "/audit_trail/wisdom_records_count")?;
    findings.same("lessons", usize::try_from(count), Ok(audit.wisdom.len()));
    for (lesson, kept) in lessons.iter().zip(&audit.wisdom) {
        let kept = json!({
            "domain": kept.domain,
            "lesson": kept.lesson,
            "consequence_type": kept.consequence_type.as_str(),
            "future_bias": kept.future_bias,
            "timestamp": kept.timestamp,
        });
        findings.same("lesson", lesson, &kept);
    }
    Ok(())
}

fn failed(error: EngineError) -> String {
    error.to_string()
}
