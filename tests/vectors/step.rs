//! Steps of the session governor (`g4`).

use crate::ask::{self, read, reply};
use crate::case::{Case, at, list, number, optional_text, text, whole};
use crate::plateau::{Numbers, Plateau};
use crate::refusal::Refusals;
use crate::report::{Findings, is_near};
use crate::rules::Rule;
use crate::step_audit;
use crate::subject::Subject;
use crate::unicode::as_reference;
use assize_core::Error;
use assize_core::governor::{
    FreezeDecision, SessionAudit, SessionSettings, SessionStop, StepDecision,
};
use assize_service::json::{OpenRequest, StepRequest};
use assize_service::{EngineError, StepSession};
use serde_json::{Value, json};

/// What the steps so far came to, in the reference and in Assize.
struct Course<'a> {
    settings: &'a SessionSettings,
    reference: Plateau,
    assize: Plateau,
    frozen_in_reference: Option<String>,
    frozen_in_assize: Option<String>,
}

pub(crate) fn session(
    subject: &dyn Subject,
    case: &Case,
    findings: &mut Findings,
) -> Result<(), String> {
    let cycles = list(&case.input, "/cycles")?;
    let decisions = list(&case.expected, "/decisions")?;
    check_length(case, cycles, decisions, findings)?;

    let mut refusals = Refusals::default();
    refusals.session_config(&case.config);
    let opened = ask::open("session", &case.config)?;
    if !refusals.is_empty() {
        refusals.compare(&opened.refused()?, findings);
        refusals.deviate(findings);
        return Ok(());
    }
    let OpenRequest::Session(config) = opened.answered()? else {
        return Err("the configuration of another governor".to_owned());
    };
    let mut governor = subject.open_session_governor(&config).map_err(failed)?;
    let governor = governor.as_mut();
    let mut course = Course {
        settings: config.settings(),
        reference: Plateau::of_reference(),
        assize: Plateau::default(),
        frozen_in_reference: None,
        frozen_in_assize: None,
    };
    let mut decided = Vec::new();
    for (cycle, expected) in cycles.iter().zip(decisions) {
        let body = json!({ "left": at(cycle, "/left")?, "right": at(cycle, "/right")? });
        let body = settled(subject, body, findings)?;
        let Some(decision) = take_step(governor, &body, findings)? else {
            // The reference went on from a step that Assize refused: another history.
            return Ok(());
        };
        compare(expected, &decision, findings)?;
        course.follow(&body, expected, &decision, findings)?;
        decided.push(decision);
    }
    let audit = governor.audit().map_err(failed)?;
    course.compare_end(case, &audit, findings)?;
    step_audit::compare(case, &audit, &decided, findings)
}

/// Where the reference ends: at the first freeze, or with the last cycle.
fn check_length(
    case: &Case,
    cycles: &[Value],
    decisions: &[Value],
    findings: &mut Findings,
) -> Result<(), String> {
    let first = decisions
        .iter()
        .position(|decision| decision["decision"] == "FREEZE");
    let length = match (text(&case.input, "/run")?, first) {
        ("stop", Some(index)) => index + 1,
        ("stop", None) | ("all", _) => cycles.len(),
        (other, _) => return Err(format!("unknown run {other}")),
    };
    findings.same("decisions", length, decisions.len());
    let executed = usize::try_from(whole(&case.expected, "/cycles_executed")?);
    findings.same("cycles executed", executed, Ok(length));
    Ok(())
}

/// The body with answers that Assize reads as the reference read the given ones.
fn settled(
    subject: &dyn Subject,
    mut body: Value,
    findings: &mut Findings,
) -> Result<Value, String> {
    let answers = ["left", "right"].map(|side| body[side]["answer"].as_str());
    if let [Some(left), Some(right)] = answers {
        let measure = |left: &str, right: &str| subject.cosine_similarity(left, right);
        let [left, right] = as_reference([left, right], measure, findings)?;
        body["left"]["answer"] = Value::from(left);
        body["right"]["answer"] = Value::from(right);
    }
    Ok(body)
}

/// One step, reopened where the session was frozen. None where the step is refused.
fn take_step(
    governor: &mut dyn StepSession,
    body: &Value,
    findings: &mut Findings,
) -> Result<Option<StepDecision>, String> {
    let mut refusals = Refusals::default();
    for (at, side) in [("/left", "left"), ("/right", "right")] {
        refusals.candidate(at, &body[side]);
    }
    let before = governor.snapshot().map_err(failed)?;
    let is_stopped = governor.status().map_err(failed)?.stopped;
    if !refusals.is_empty() {
        refusals.compare(&reply(step(governor, body))?.refused()?, findings);
        refusals.deviate(findings);
    } else if is_stopped {
        let result = step(governor, body);
        let is_conflict = matches!(result, Err(EngineError::Refused(Error::Conflict(_))));
        findings.require(is_conflict, || "a frozen session went on".to_owned());
        findings.deviates(Rule::StopLatched);
    }
    if !refusals.is_empty() || is_stopped {
        let after = governor.snapshot().map_err(failed)?;
        findings.require(before == after, || {
            "an error changed the session".to_owned()
        });
    }
    if !refusals.is_empty() {
        return Ok(None);
    }
    governor.reopen().map_err(failed)?;
    let decision = step(governor, body).map_err(failed)?;
    let is_stopped = governor.status().map_err(failed)?.stopped;
    findings.same("frozen", decision.stop_reason.is_some(), is_stopped);
    Ok(Some(decision))
}

fn step(governor: &mut dyn StepSession, body: &Value) -> Result<StepDecision, EngineError> {
    read(body, |document| {
        let request = StepRequest::read(document)?;
        governor.step(&request.left, &request.right)
    })
}

/// Compares all but what the stop rules made of it.
fn compare(
    expected: &Value,
    observed: &StepDecision,
    findings: &mut Findings,
) -> Result<(), String> {
    for (name, observed) in [
        ("/similarity", observed.similarity),
        ("/risk", observed.risk),
        ("/score_L", observed.score_left),
        ("/score_R", observed.score_right),
        ("/contradiction_spent", observed.contradiction_spent),
    ] {
        findings.near(name, number(expected, name)?, observed);
    }
    for (name, observed) in [
        ("/chosen_engine", observed.chosen_engine.as_str()),
        ("/chosen_answer", &observed.chosen_answer),
        ("/posture", observed.posture.as_str()),
    ] {
        findings.same(name, text(expected, name)?, observed);
    }
    Ok(())
}

impl Course<'_> {
    /// Compares what the stop rules made of a step, on both sides.
    fn follow(
        &mut self,
        body: &Value,
        expected: &Value,
        observed: &StepDecision,
        findings: &mut Findings,
    ) -> Result<(), String> {
        let is_left = observed.score_left >= observed.score_right;
        let chosen = &body[if is_left { "left" } else { "right" }];
        let risk = number(chosen, "/risk")?;
        let indices = ["/left/cycle_index", "/right/cycle_index"];
        let [left, right] = indices.map(|pointer| number(body, pointer).map(|it| it as u32));
        let numbers = Numbers {
            similarity: observed.similarity,
            qualified: chosen["constraint_ok"] == true && risk <= self.settings.max_risk,
            spent: observed.contradiction_spent,
            chosen_score: observed.score_left.max(observed.score_right),
            cycle: left?.max(right?),
        };
        let in_assize = self.assize.stop(self.settings, &numbers);
        compare_freeze(in_assize, observed, numbers, chosen, findings)?;

        let scores = [number(expected, "/score_L")?, number(expected, "/score_R")?];
        let of_reference = Numbers {
            similarity: number(expected, "/similarity")?,
            spent: number(expected, "/contradiction_spent")?,
            chosen_score: scores[0].max(scores[1]),
            ..numbers
        };
        let in_reference = self.reference.stop(self.settings, &of_reference);
        let name = optional_text(expected, "/stop_reason")?;
        findings.same(
            "the reference's stop",
            name,
            in_reference.map(SessionStop::as_str),
        );
        let decision = word(in_reference);
        findings.same(
            "the reference's decision",
            text(expected, "/decision")?,
            decision,
        );
        let cycle = match in_reference {
            Some(_) => number(chosen, "/cycle_index")? as u32,
            None => numbers.cycle,
        };
        findings.same(
            "the reference's cycle",
            whole(expected, "/cycle")?,
            i64::from(cycle),
        );
        if in_assize != in_reference {
            findings.deviates(self.reference.difference());
        }
        let answer = || Some(observed.chosen_answer.clone());
        self.frozen_in_assize = in_assize
            .and_then(|_| answer())
            .or(self.frozen_in_assize.take());
        self.frozen_in_reference = in_reference
            .and_then(|_| answer())
            .or(self.frozen_in_reference.take());
        self.compare_remainder(expected, observed, findings)
    }

    /// The reference's remainder is cut at 1 and at -999.
    fn compare_remainder(
        &self,
        expected: &Value,
        observed: &StepDecision,
        findings: &mut Findings,
    ) -> Result<(), String> {
        let remainder = self.settings.contradiction_budget - observed.contradiction_spent;
        findings.near("remainder", remainder, observed.budget_remaining);
        let cut = number(expected, "/budget_remaining")?;
        findings.near("/budget_remaining", cut, remainder.clamp(-999.0, 1.0));
        if !is_near(cut, remainder) {
            findings.deviates(Rule::TrueRemainder);
        }
        Ok(())
    }

    fn compare_end(
        &self,
        case: &Case,
        audit: &SessionAudit,
        findings: &mut Findings,
    ) -> Result<(), String> {
        let best = match at(&case.expected, "/best_score")? {
            Value::Null => None,
            _ => Some(number(&case.expected, "/best_score")?),
        };
        let said = (best, whole(&case.expected, "/plateau_count")?);
        self.reference.compare("the reference's", said, findings);
        let said = (audit.best_score, i64::from(audit.plateau_count));
        self.assize.compare("the", said, findings);
        if (self.reference.best, self.reference.count) != (self.assize.best, self.assize.count)
            && self.reference.difference() == Rule::BestScoreZero
        {
            findings.deviates(Rule::BestScoreZero);
        }
        let name = "/audit_trail/last_frozen_answer";
        let frozen = optional_text(&case.expected, name)?;
        findings.same(name, self.frozen_in_reference.as_deref(), frozen);
        let frozen = audit.last_frozen_answer.as_deref();
        findings.same("frozen answer", self.frozen_in_assize.as_deref(), frozen);
        Ok(())
    }
}

/// Compares the words that follow from a stop. A disqualified answer is frozen, but denied.
fn compare_freeze(
    stop: Option<SessionStop>,
    observed: &StepDecision,
    numbers: Numbers,
    chosen: &Value,
    findings: &mut Findings,
) -> Result<(), String> {
    findings.same("stop", stop, observed.stop_reason);
    findings.same("decision", word(stop), observed.decision.as_str());
    findings.same("qualified", numbers.qualified, observed.qualified);
    let verdict = match stop {
        None => "refine",
        Some(_) if !numbers.qualified => {
            findings.deviates(Rule::FrozenDisqualified);
            "deny"
        }
        Some(SessionStop::Convergence) => "allow",
        Some(_) => "escalate",
    };
    findings.same("verdict", verdict, observed.verdict.as_str());
    let is_risky = observed.risk > number(chosen, "/risk")?.min(f64::MAX);
    findings.require(!is_risky, || "risk is not the chosen answer's".to_owned());
    let code = match stop {
        None => &["governor:continue"][..],
        Some(SessionStop::Convergence) => &["governor:convergence"],
        Some(SessionStop::Risk) => &["governor:risk-threshold", "governor:constraint-violated"],
        Some(SessionStop::Budget) => &["governor:contradiction-budget"],
        Some(SessionStop::Plateau) => &["governor:plateau"],
        Some(SessionStop::MaxCycles) => &["governor:max-cycles"],
    };
    let first = observed.reasons.first().map(|reason| reason.code.as_ref());
    findings.require(first.is_some_and(|first| code.contains(&first)), || {
        format!("reason: expected one of {code:?}, got {first:?}")
    });
    let cycle = match stop {
        Some(_) => number(chosen, "/cycle_index")? as u32,
        None => numbers.cycle,
    };
    findings.same("cycle", cycle, observed.cycle);
    Ok(())
}

const fn word(stop: Option<SessionStop>) -> &'static str {
    match stop {
        Some(_) => FreezeDecision::Freeze.as_str(),
        None => FreezeDecision::Continue.as_str(),
    }
}

fn failed(error: EngineError) -> String {
    error.to_string()
}
