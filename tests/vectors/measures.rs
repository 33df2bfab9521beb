//! The measures that governors are made of, each on its own.

use crate::ask::{self, reply};
use crate::case::{Case, at, list, number, text};
use crate::refusal::{Refusals, unit};
use crate::report::Findings;
use crate::rules::Rule;
use crate::subject::Subject;
use crate::unicode::as_reference;
use assize_core::governor::{EngineOutput, SessionConfig};
use assize_service::json::{OpenRequest, StepRequest};
use serde_json::{Value, json};

/// `g1`: the share of words that both texts have.
pub(crate) fn word_overlap(
    subject: &dyn Subject,
    case: &Case,
    findings: &mut Findings,
) -> Result<(), String> {
    let measure = |left: &str, right: &str| subject.word_overlap(left, right);
    let texts = [text(&case.input, "/a")?, text(&case.input, "/b")?];
    let [left, right] = as_reference(texts, measure, findings)?;
    let observed = measure(&left, &right).map_err(|error| error.to_string())?;
    findings.exact(
        "similarity",
        number(&case.expected, "/similarity")?,
        observed,
    );
    Ok(())
}

/// `g4`: the cosine of weighted words. The reference's words are checked by giving them back.
pub(crate) fn cosine_similarity(
    subject: &dyn Subject,
    case: &Case,
    findings: &mut Findings,
) -> Result<(), String> {
    let measure = |left: &str, right: &str| subject.cosine_similarity(left, right);
    let texts = [text(&case.input, "/a")?, text(&case.input, "/b")?];
    let [left, right] = as_reference(texts, measure, findings)?;
    let observed = measure(&left, &right).map_err(|error| error.to_string())?;
    findings.near(
        "similarity",
        number(&case.expected, "/similarity")?,
        observed,
    );
    for (name, text) in [("/tokens_a", &left), ("/tokens_b", &right)] {
        // Long lists of words are given by their length only.
        if let Some(length) = at(&case.expected, name)?.as_u64() {
            findings.require(length > 0, || format!("{name}: a number must be above 0"));
            continue;
        }
        let words: Vec<_> = list(&case.expected, name)?
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let same = measure(text, &words.join(" ")).map_err(|error| error.to_string())?;
        findings.exact(name, if words.is_empty() { 0.0 } else { 1.0 }, same);
    }
    Ok(())
}

/// `g1`: risk from confidences and similarity.
pub(crate) fn risk(
    subject: &dyn Subject,
    case: &Case,
    findings: &mut Findings,
) -> Result<(), String> {
    let value = |name| number(&case.input, name);
    let result = subject.risk(
        value("/confidence_l")?,
        value("/confidence_r")?,
        value("/similarity")?,
    );
    let mut refusals = Refusals::default();
    let place = ("", &renamed(&case.input)?);
    for field in ["left_confidence", "right_confidence", "similarity"] {
        refusals.required(place, field, unit);
    }
    if !refusals.is_empty() {
        refusals.compare(&reply(result)?.refused()?, findings);
        refusals.deviate(findings);
        return Ok(());
    }
    findings.exact(
        "risk",
        number(&case.expected, "/risk")?,
        reply(result)?.answered()?,
    );
    Ok(())
}

/// The input of a measure under the names that Assize has for its fields.
fn renamed(input: &Value) -> Result<Value, String> {
    Ok(json!({
        "left_confidence": at(input, "/confidence_l")?,
        "right_confidence": at(input, "/confidence_r")?,
        "left/confidence": at(input, "/confidence_l")?,
        "right/confidence": at(input, "/confidence_r")?,
        "similarity": at(input, "/similarity")?,
    }))
}

/// `g1`: the four metrics and their mean.
pub(crate) fn quality(
    subject: &dyn Subject,
    case: &Case,
    findings: &mut Findings,
) -> Result<(), String> {
    let output = |text_at, confidence_at| -> Result<_, String> {
        Ok(EngineOutput {
            output: text(&case.input, text_at)?,
            confidence: number(&case.input, confidence_at)?,
        })
    };
    let left = output("/text_l", "/confidence_l")?;
    let right = output("/text_r", "/confidence_r")?;
    let result = subject.quality(&left, &right, number(&case.input, "/similarity")?);
    let mut refusals = Refusals::default();
    let place = ("", &renamed(&case.input)?);
    for field in ["left/confidence", "right/confidence", "similarity"] {
        refusals.required(place, field, unit);
    }
    if !refusals.is_empty() {
        refusals.compare(&reply(result)?.refused()?, findings);
        refusals.deviate(findings);
        return Ok(());
    }
    let metrics = reply(result)?.answered()?;
    let expected = at(&case.expected, "/metrics")?;
    for (name, observed) in [
        ("/coherence", metrics.coherence),
        ("/calibration", metrics.calibration),
        ("/evidence_quality", metrics.evidence_quality),
        ("/actionability", metrics.actionability),
    ] {
        findings.exact(name, number(expected, name)?, observed);
    }
    let composite = number(&case.expected, "/composite")?;
    findings.exact("composite", composite, metrics.composite());
    Ok(())
}

/// `g1`: what a level of contradiction costs. Assize spends only within a cycle, so the level is
/// that of two texts: the given one where two texts can have it to the bit.
pub(crate) fn spend(
    subject: &dyn Subject,
    case: &Case,
    findings: &mut Findings,
) -> Result<(), String> {
    let level = number(&case.input, "/contradiction_level")?;
    let rate = number(&case.config, "/contradiction_decay_rate")?;
    let expected = number(&case.expected, "/spent")?;
    let (left, right) = texts_that_contradict(level);
    let body = json!({
        "config": {
            "contradiction_decay_rate": at(&case.config, "/contradiction_decay_rate")?
        },
        "left": { "output": left, "confidence": 1.0 },
        "right": { "output": right, "confidence": 1.0 },
    });
    let refusals = Refusals::cycle(&body);
    let reply = ask::evaluate(subject, &body)?;
    if !refusals.is_empty() {
        refusals.compare(&reply.refused()?, findings);
        refusals.deviate(findings);
        return Ok(());
    }
    let evaluation = reply.answered()?;
    let product = evaluation.contradiction * rate;
    findings.exact(
        "spent by the cycle",
        product,
        evaluation.contradiction_spent,
    );
    if evaluation.contradiction.to_bits() == level.to_bits() {
        findings.exact("spent", expected, evaluation.contradiction_spent);
    } else {
        findings.exact("spent", expected, level * rate);
        findings.deviates(Rule::SpendWithinCycle);
    }
    Ok(())
}

/// Two texts whose contradiction is as near to a level as that of texts of at most 400 words.
fn texts_that_contradict(level: f64) -> (String, String) {
    let shares = (1..=400_u32).map(|total| {
        let common = ((1.0 - level) * f64::from(total)).round();
        (common.clamp(0.0, f64::from(total)) as u32, total)
    });
    let distance = |&(common, total): &(u32, u32)| {
        let contradiction = 1.0 - f64::from(common) / f64::from(total);
        (contradiction - level).abs()
    };
    let nearest = shares.min_by(|one, other| distance(one).total_cmp(&distance(other)));
    let (common, total) = nearest.unwrap_or((0, 1));
    let words = |numbers: std::ops::Range<u32>| {
        let words: Vec<_> = numbers.map(|number| format!("w{number}")).collect();
        words.join(" ")
    };
    // Where no word is common, both texts still need one.
    if common == 0 {
        return ("left".to_owned(), "right".to_owned());
    }
    (words(0..total), words(0..common))
}

/// `g4`: the score of an assessed answer, or why it has none.
pub(crate) fn score(
    subject: &dyn Subject,
    case: &Case,
    findings: &mut Findings,
) -> Result<(), String> {
    let given = at(&case.input, "/output")?;
    let mut refusals = Refusals::default();
    refusals.session_config(&case.config);
    if !refusals.is_empty() {
        refusals.compare(&ask::open("session", &case.config)?.refused()?, findings);
        refusals.deviate(findings);
        return Ok(());
    }
    let OpenRequest::Session(config) = ask::open("session", &case.config)?.answered()? else {
        return Err("the configuration of another governor".to_owned());
    };
    for side in ["/left", "/right"] {
        refusals.candidate(side, given);
    }
    let body = json!({ "left": given, "right": given });
    let reply = reply(ask::read(&body, |document| {
        subject.score(&config, &StepRequest::read(document)?.left)
    }))?;
    let error = case.expected.get("error");
    if !refusals.is_empty() {
        refusals.compare(&reply.refused()?, findings);
        if refusals.need_typed_call() {
            score_typed(subject, given, &config, findings)?;
        }
        match error {
            Some(error) => refused_alike(&refusals, error, findings)?,
            None => refusals.deviate(findings),
        }
        return Ok(());
    }
    findings.require(error.is_none(), || "the reference refuses it".to_owned());
    if error.is_none() {
        findings.near(
            "score",
            number(&case.expected, "/score")?,
            reply.answered()?,
        );
    }
    Ok(())
}

fn score_typed(
    subject: &dyn Subject,
    given: &Value,
    config: &SessionConfig,
    findings: &mut Findings,
) -> Result<(), String> {
    let mut refusals = Refusals::default();
    refusals.candidate("/candidate", given);
    let result = subject.score(config, &ask::candidate(given)?);
    refusals.compare(&reply(result)?.refused()?, findings);
    Ok(())
}

/// Requires that the field that the reference's error is about is among those refused.
fn refused_alike(
    refusals: &Refusals,
    error: &Value,
    findings: &mut Findings,
) -> Result<(), String> {
    let message = text(error, "/message")?;
    let field = message
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .nth(1);
    let pointer = format!("/left/{}", field.unwrap_or_default());
    findings.require(refusals.contains(&pointer), || {
        format!("the reference refuses {pointer}")
    });
    Ok(())
}
