//! Which fields Assize must refuse, from the values alone: what the reference may accept or clamp.

use crate::case::as_number;
use crate::report::Findings;
use crate::rules::Rule;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Largest budget, rate or improvement.
const LARGEST_AMOUNT: f64 = 1e6;
/// Longest name of a reasoner, in bytes.
const LONGEST_NAME: usize = 256;
/// Longest text of a lesson, in bytes.
const LONGEST_LESSON: usize = 16 * 1024;

/// JSON Pointers to the fields that must be refused, with the rule that says so.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Refusals(BTreeMap<String, Rule>);

impl Refusals {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, pointer: &str) -> bool {
        self.0.contains_key(pointer)
    }

    /// Whether only code can hand the values over: JSON has no numbers that are not finite.
    pub(crate) fn need_typed_call(&self) -> bool {
        let has = |wanted| self.0.values().any(|rule| *rule == wanted);
        has(Rule::NonFiniteRefused) && !has(Rule::WrongTypeRefused)
    }

    /// Requires that exactly these fields were refused.
    pub(crate) fn compare(&self, refused: &BTreeSet<String>, findings: &mut Findings) {
        let expected: BTreeSet<_> = self.0.keys().cloned().collect();
        findings.same("refused fields", &expected, refused);
    }

    /// Counts the refusals as differences from a reference that accepted the values.
    pub(crate) fn deviate(&self, findings: &mut Findings) {
        for rule in self.0.values() {
            findings.deviates(*rule);
        }
    }

    fn add(&mut self, at: &str, field: &str, rule: Option<Rule>) {
        if let Some(rule) = rule {
            self.0.insert(format!("{at}/{field}"), rule);
        }
    }

    /// A field that must be there, and within a range.
    pub(crate) fn required(
        &mut self,
        (at, object): (&str, &Value),
        field: &str,
        judge: impl Fn(&Value) -> Option<Rule>,
    ) {
        let rule = match object.get(field) {
            Some(value) => judge(value),
            None => Some(Rule::WrongTypeRefused),
        };
        self.add(at, field, rule);
    }

    /// A field that has a default.
    pub(crate) fn optional(
        &mut self,
        (at, object): (&str, &Value),
        field: &str,
        judge: impl Fn(&Value) -> Option<Rule>,
    ) {
        let rule = object.get(field).and_then(judge);
        self.add(at, field, rule);
    }

    pub(crate) fn cycle_config(&mut self, config: &Value) {
        let place = ("/config", config);
        self.optional(place, "max_cycles", count);
        for field in ["similarity_threshold", "risk_threshold"] {
            self.optional(place, field, unit);
        }
        for field in [
            "initial_contradiction_budget",
            "contradiction_decay_rate",
            "quality_improvement_threshold",
        ] {
            self.optional(place, field, amount);
        }
        for field in ["alpha", "beta", "gamma", "delta", "epsilon"] {
            self.optional(place, field, unit);
        }
    }

    pub(crate) fn outputs(&mut self, body: &Value) {
        for side in ["left", "right"] {
            let at = format!("/{side}");
            let Some(output) = body.get(side).filter(|output| output.is_object()) else {
                self.0.insert(at, Rule::WrongTypeRefused);
                continue;
            };
            let place = (at.as_str(), output);
            self.required(place, "output", filled);
            self.required(place, "confidence", unit);
            self.optional(place, "reasoning_mode", maybe_text);
            self.optional(place, "internal_monologue", maybe_text);
        }
    }

    /// The body of a request to judge one cycle.
    pub(crate) fn cycle(body: &Value) -> Self {
        let mut refusals = Self::default();
        refusals.cycle_config(&body["config"]);
        refusals.outputs(body);
        refusals.optional(("", body), "budget", amount);
        refusals.optional(("", body), "cycle", count);
        refusals
    }

    pub(crate) fn session_config(&mut self, config: &Value) {
        let place = ("/config", config);
        for field in ["max_cycles", "plateau_cycles"] {
            self.optional(place, field, count);
        }
        for field in ["max_risk", "similarity_converge"] {
            self.optional(place, field, unit);
        }
        for field in [
            "min_improvement",
            "contradiction_budget",
            "contradiction_decay",
        ] {
            self.optional(place, field, amount);
        }
    }

    pub(crate) fn candidate(&mut self, at: &str, candidate: &Value) {
        let place = (at, candidate);
        self.required(place, "engine_id", |value| {
            let is_long = value.as_str().is_some_and(|id| id.len() > LONGEST_NAME);
            filled(value).or(is_long.then_some(Rule::OutOfRangeRefused))
        });
        self.required(place, "cycle_index", index);
        self.required(place, "answer", filled);
        for field in [
            "coherence",
            "calibration",
            "evidence",
            "actionability",
            "risk",
        ] {
            self.optional(place, field, unit);
        }
        self.optional(place, "constraint_ok", |value| {
            (!value.is_boolean()).then_some(Rule::WrongTypeRefused)
        });
        self.optional(place, "contradiction_claim", maybe_text);
        self.optional(place, "contradiction_value", |value| match value {
            Value::Null => None,
            _ => real(value).err(),
        });
    }

    pub(crate) fn wisdom(wisdom: &Value) -> Self {
        let mut refusals = Self::default();
        for field in ["domain", "lesson", "future_bias", "timestamp"] {
            refusals.required(("", wisdom), field, |value| {
                let is_long = value.as_str().is_some_and(|it| it.len() > LONGEST_LESSON);
                filled(value).or(is_long.then_some(Rule::OutOfRangeRefused))
            });
        }
        refusals.required(("", wisdom), "consequence_type", |value| {
            let known = ["benign", "probing", "near_miss", "harm"];
            let is_known = value.as_str().is_some_and(|it| known.contains(&it));
            (!is_known).then_some(Rule::OutOfRangeRefused)
        });
        refusals
    }
}

/// A number from 0 to 1.
pub(crate) fn unit(value: &Value) -> Option<Rule> {
    match real(value) {
        Ok(number) => (!(0.0..=1.0).contains(&number)).then_some(Rule::OutOfRangeRefused),
        Err(rule) => Some(rule),
    }
}

/// A number from 0 to the largest amount.
pub(crate) fn amount(value: &Value) -> Option<Rule> {
    match real(value) {
        Ok(number) if number < 0.0 => Some(Rule::OutOfRangeRefused),
        Ok(number) => (number > LARGEST_AMOUNT).then_some(Rule::LargeAmountRefused),
        Err(rule) => Some(rule),
    }
}

fn count(value: &Value) -> Option<Rule> {
    whole(value, 1.0)
}

fn index(value: &Value) -> Option<Rule> {
    whole(value, 0.0)
}

fn whole(value: &Value, least: f64) -> Option<Rule> {
    match real(value) {
        Ok(number) => {
            let fits = number.fract() == 0.0 && (least..=f64::from(u32::MAX)).contains(&number);
            (!fits).then_some(Rule::OutOfRangeRefused)
        }
        Err(rule) => Some(rule),
    }
}

fn real(value: &Value) -> Result<f64, Rule> {
    match as_number(value) {
        Some(number) if number.is_finite() => Ok(number),
        Some(_) => Err(Rule::NonFiniteRefused),
        None => Err(Rule::WrongTypeRefused),
    }
}

fn filled(value: &Value) -> Option<Rule> {
    let is_space = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
    match value {
        Value::String(text) => text.chars().all(is_space).then_some(Rule::BlankRefused),
        _ => Some(Rule::WrongTypeRefused),
    }
}

fn maybe_text(value: &Value) -> Option<Rule> {
    (!value.is_string() && !value.is_null()).then_some(Rule::WrongTypeRefused)
}
