//! Puts the values of a case to Assize: through the strict JSON reader of the service, and directly.

use crate::case::{at, number, text, whole};
use crate::subject::Subject;
use assize_core::governor::{
    Candidate, CycleConfig, CycleEvaluation, CycleInput, CycleSettings, EngineOutput,
};
use assize_core::{Error, InvalidInput};
use assize_service::EngineError;
use assize_service::json::{Document, EvaluateRequest, OpenRequest};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a request came to.
#[derive(Debug)]
pub(crate) enum Reply<T> {
    Answered(T),
    /// JSON Pointers to the fields that were refused.
    Refused(BTreeSet<String>),
}

impl<T> Reply<T> {
    /// What was answered; a refusal makes the case fail.
    pub(crate) fn answered(self) -> Result<T, String> {
        match self {
            Self::Answered(value) => Ok(value),
            Self::Refused(pointers) => Err(format!("refused: {pointers:?}")),
        }
    }

    /// What was refused; an answer makes the case fail.
    pub(crate) fn refused(self) -> Result<BTreeSet<String>, String> {
        match self {
            Self::Answered(_) => Err("accepted what must be refused".to_owned()),
            Self::Refused(pointers) => Ok(pointers),
        }
    }
}

/// The reply that a result stands for; errors that are about no field make the case fail.
pub(crate) fn reply<T>(result: Result<T, EngineError>) -> Result<Reply<T>, String> {
    match result {
        Ok(value) => Ok(Reply::Answered(value)),
        Err(EngineError::Refused(Error::InvalidInput(error))) => refused(&error),
        Err(error) => Err(error.to_string()),
    }
}

/// The fields that an error names, each once.
pub(crate) fn refused<T>(error: &InvalidInput) -> Result<Reply<T>, String> {
    let pointers = error.errors().iter().map(|error| error.pointer.clone());
    let distinct: BTreeSet<_> = pointers.collect();
    if distinct.len() == error.errors().len() {
        Ok(Reply::Refused(distinct))
    } else {
        Err(format!("a field is reported twice: {error}"))
    }
}

/// Hands a JSON text to a reader of the service.
pub(crate) fn read<T>(
    body: &Value,
    then: impl FnOnce(&Document<'_>) -> Result<T, EngineError>,
) -> Result<T, EngineError> {
    let text = body.to_string();
    let document = Document::parse(text.as_bytes());
    then(&document.map_err(|error| EngineError::Failed(error.to_string()))?)
}

pub(crate) fn evaluate(
    subject: &dyn Subject,
    body: &Value,
) -> Result<Reply<CycleEvaluation>, String> {
    reply(read(body, |document| {
        let request = EvaluateRequest::read(document, &CycleConfig::default())?;
        subject.evaluate_cycle(&request.config, &request.input)
    }))
}

/// As [`evaluate`] without JSON. A count below 0, which has no number here, becomes 0.
pub(crate) fn evaluate_typed(
    subject: &dyn Subject,
    body: &Value,
) -> Result<Reply<CycleEvaluation>, String> {
    let config = CycleConfig::new(cycle_settings(at(body, "/config")?)?);
    let input = CycleInput {
        left: engine_output(at(body, "/left")?)?,
        right: engine_output(at(body, "/right")?)?,
        budget: number(body, "/budget")?,
        cycle: count(body, "/cycle")?,
        previous_quality: body["previous_quality"].as_f64(),
    };
    match config {
        Ok(config) => reply(subject.evaluate_cycle(&config, &input)),
        Err(error) => {
            let mut pointers = refused::<()>(&error)?.refused()?;
            let rest = reply(subject.evaluate_cycle(&CycleConfig::default(), &input))?;
            if let Reply::Refused(rest) = rest {
                pointers.extend(rest);
            }
            Ok(Reply::Refused(pointers))
        }
    }
}

/// Reads the configuration of a governor of the given kind.
pub(crate) fn open(kind: &str, config: &Value) -> Result<Reply<OpenRequest>, String> {
    let body = json!({ "governor": kind, "config": config });
    reply(read(&body, |document| {
        Ok(OpenRequest::read(document, &CycleConfig::default())?)
    }))
}

fn cycle_settings(config: &Value) -> Result<CycleSettings, String> {
    Ok(CycleSettings {
        max_cycles: count(config, "/max_cycles")?,
        similarity_threshold: number(config, "/similarity_threshold")?,
        risk_threshold: number(config, "/risk_threshold")?,
        initial_contradiction_budget: number(config, "/initial_contradiction_budget")?,
        contradiction_decay_rate: number(config, "/contradiction_decay_rate")?,
        quality_improvement_threshold: number(config, "/quality_improvement_threshold")?,
        alpha: number(config, "/alpha")?,
        beta: number(config, "/beta")?,
        gamma: number(config, "/gamma")?,
        delta: number(config, "/delta")?,
        epsilon: number(config, "/epsilon")?,
        risk_first: false,
    })
}

fn engine_output(value: &Value) -> Result<EngineOutput<'_>, String> {
    Ok(EngineOutput {
        output: text(value, "/output")?,
        confidence: number(value, "/confidence")?,
    })
}

pub(crate) fn candidate(value: &Value) -> Result<Candidate<'_>, String> {
    Ok(Candidate {
        engine_id: text(value, "/engine_id")?,
        cycle_index: count(value, "/cycle_index")?,
        answer: text(value, "/answer")?,
        coherence: number(value, "/coherence")?,
        calibration: number(value, "/calibration")?,
        evidence: number(value, "/evidence")?,
        actionability: number(value, "/actionability")?,
        risk: number(value, "/risk")?,
        constraint_ok: at(value, "/constraint_ok")?
            .as_bool()
            .ok_or("/constraint_ok is no boolean")?,
        contradiction_claim: at(value, "/contradiction_claim")?.as_str(),
    })
}

fn count(value: &Value, pointer: &str) -> Result<u32, String> {
    u32::try_from(whole(value, pointer)?.max(0)).map_err(|error| error.to_string())
}
