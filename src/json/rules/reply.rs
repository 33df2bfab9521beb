//! What a question to the rule engine is answered with.

use super::data::{ExplanationAnswer, Place, ProofStepAnswer};
use super::{Numbers, write_text, write_value_with};
use assize_core::rules::{Answer, Outcome, Source, Value};
use assize_core::{LimitReached, Verdict};
use serde::Serialize;
use std::borrow::Borrow;
use std::fmt::Write;
use std::sync::Arc;
use utoipa::ToSchema;

/// A rule that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RulesReason {
    /// Stable, for machines: `rules:<what>`.
    #[schema(example = "rules:proved")]
    pub code: &'static str,
    /// One sentence for people.
    pub message: String,
    /// The annotation `@id` of the rule that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Where that rule stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl RulesReason {
    /// A reason that is no rule's.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            rule: None,
            place: None,
        }
    }
}

/// One way in which a query holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// Variables and their values.
    pub bindings: Vec<(Arc<str>, Value)>,
    /// Why it holds; empty where that was not asked for.
    pub proof: Vec<ProofStepAnswer>,
}

/// What only the host could say.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// The predicate.
    pub name: Arc<str>,
    /// What it was called with.
    pub arguments: Vec<Value>,
}

/// How a query ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ending {
    /// Whether all answers were given.
    pub complete: bool,
    /// The bound that ended it.
    pub truncated_by: Option<LimitReached>,
    /// Calls of predicates and built-ins.
    pub steps: u64,
    /// Why there is no answer; empty where there is one, or it was not asked for.
    pub why_not: Vec<ExplanationAnswer>,
}

/// What ended a query's answers.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// All was said, or a bound was reached.
    Done(Ending),
    /// Only the host could say.
    Needs(Need),
    /// A built-in or the host failed, and why.
    Fault(String),
}

/// A question's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryReply {
    /// May it be acted on?
    pub verdict: Verdict,
    /// Why; the first is the decisive one.
    pub reasons: Vec<RulesReason>,
    /// In order.
    pub answers: Vec<Solution>,
    /// How it ended.
    pub ending: Ending,
    /// What only the host could say, where it ended with that.
    pub needs: Option<Need>,
}

/// Appends plain data as JSON.
fn write_plain(plain: &impl Serialize, out: &mut String) {
    // Texts and numbers, and into memory: it can't fail.
    out.push_str(&serde_json::to_string(plain).unwrap_or_default());
}

impl QueryReply {
    /// What a query's answers come to: `allow` where there is one. Whatever could not be found out is no permission.
    #[must_use]
    pub fn of(answers: Vec<Solution>, end: End) -> Self {
        let mut reasons = Vec::new();
        if !answers.is_empty() {
            reasons.push(proved(&answers));
        }
        let (mut ending, mut needs, mut fault) = (Ending::default(), None, false);
        match end {
            End::Done(done) => {
                reasons.extend(done.truncated_by.as_ref().map(|limit| {
                    RulesReason::new("rules:limit", format!("{limit}; there may be more answers"))
                }));
                ending = done;
            }
            End::Needs(need) => {
                reasons.push(need.reason());
                needs = Some(need);
            }
            End::Fault(text) => {
                reasons.insert(0, RulesReason::new("rules:runtime-error", text));
                fault = true;
            }
        }
        if reasons.is_empty() {
            let message = "no facts and rules make it hold";
            reasons.push(RulesReason::new("rules:not-provable", message));
        }
        let verdict = match (fault, answers.is_empty(), &needs) {
            (true, ..) => Verdict::Deny,
            (false, false, _) => Verdict::Allow,
            (false, true, Some(_)) => Verdict::Refine,
            (false, true, None) => Verdict::Deny,
        };
        Self {
            verdict,
            reasons,
            answers,
            ending,
            needs,
        }
    }

    /// As one JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_json_with(Numbers::Kept)
    }

    /// As one JSON object, with the numbers of terms as they are wanted.
    #[must_use]
    pub fn to_json_with(&self, numbers: Numbers) -> String {
        let mut out = String::with_capacity(1024);
        out.push('{');
        self.write_verdict(&mut out);
        out.push(',');
        write_solutions(self.answers.iter(), numbers, &mut out);
        out.push(',');
        self.write_ending(numbers, &mut out);
        out.push('}');
        out
    }

    /// An answer on each line, and a last line with everything else.
    #[must_use]
    pub fn to_lines(&self) -> String {
        let mut out = String::with_capacity(1024);
        for answer in &self.answers {
            answer.write(Numbers::Kept, &mut out);
            out.push('\n');
        }
        out.push('{');
        self.write_verdict(&mut out);
        out.push(',');
        self.write_ending(Numbers::Kept, &mut out);
        out.push_str("}\n");
        out
    }

    fn write_verdict(&self, out: &mut String) {
        let _ = write!(
            out,
            "\"verdict\":\"{}\",\"reasons\":",
            self.verdict.as_str()
        );
        write_plain(&self.reasons, out);
    }

    fn write_ending(&self, numbers: Numbers, out: &mut String) {
        self.ending.write(out);
        if let Some(need) = &self.needs {
            out.push_str(",\"needs\":");
            need.write(numbers, out);
        }
    }
}

fn proved(answers: &[Solution]) -> RulesReason {
    let message = match answers.len() {
        1 => "there is an answer".to_owned(),
        count => format!("there are {count} answers"),
    };
    RulesReason::new("rules:proved", message)
}

impl Need {
    /// Why it keeps a question from being answered.
    #[must_use]
    pub fn reason(&self) -> RulesReason {
        let message = format!(
            "it depends on `{}/{}`, which nobody answers here",
            self.name,
            self.arguments.len()
        );
        RulesReason::new("rules:needs-external", message)
    }

    /// Appends it as a JSON object.
    pub fn write(&self, numbers: Numbers, out: &mut String) {
        out.push_str("{\"name\":");
        write_text(&self.name, out);
        out.push_str(",\"arguments\":");
        write_values_with(&self.arguments, numbers, out);
        out.push('}');
    }
}

/// Appends values as an array.
pub fn write_values(values: &[Value], out: &mut String) {
    write_values_with(values, Numbers::Kept, out);
}

/// Appends values as an array, with their numbers as they are wanted.
pub fn write_values_with(values: &[Value], numbers: Numbers, out: &mut String) {
    out.push('[');
    for (number, value) in values.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        write_value_with(value, numbers, out);
    }
    out.push(']');
}

/// Appends solutions as a field.
pub(super) fn write_solutions<S: Borrow<Solution>>(
    solutions: impl Iterator<Item = S>,
    numbers: Numbers,
    out: &mut String,
) {
    out.push_str("\"answers\":[");
    for (number, solution) in solutions.enumerate() {
        if number > 0 {
            out.push(',');
        }
        solution.borrow().write(numbers, out);
    }
    out.push(']');
}

impl Solution {
    /// An answer of the core, placed in its sources.
    #[must_use]
    pub fn of(answer: Answer, sources: &[Source]) -> Self {
        let proof = answer.proof;
        Self {
            bindings: answer.bindings,
            proof: proof
                .map(|proof| ProofStepAnswer::all(&proof, sources))
                .unwrap_or_default(),
        }
    }

    /// Appends it as a JSON object.
    pub fn write(&self, numbers: Numbers, out: &mut String) {
        out.push_str("{\"bindings\":{");
        for (number, (name, value)) in self.bindings.iter().enumerate() {
            if number > 0 {
                out.push(',');
            }
            write_text(name, out);
            out.push(':');
            write_value_with(value, numbers, out);
        }
        out.push('}');
        if !self.proof.is_empty() {
            out.push_str(",\"proof\":");
            write_plain(&self.proof, out);
        }
        out.push('}');
    }
}

impl Ending {
    /// How a query of the core ended, placed in its sources.
    #[must_use]
    pub fn of(outcome: Outcome, sources: &[Source]) -> Self {
        let why_not = outcome.why_not;
        Self {
            complete: outcome.complete,
            truncated_by: outcome.truncated_by,
            steps: outcome.steps,
            why_not: why_not
                .map(|why_not| ExplanationAnswer::all(&why_not, sources))
                .unwrap_or_default(),
        }
    }

    /// Appends its fields.
    pub(super) fn write(&self, out: &mut String) {
        let _ = write!(out, "\"complete\":{},\"truncated_by\":", self.complete);
        match &self.truncated_by {
            None => out.push_str("null"),
            Some(limit) => {
                out.push_str("{\"name\":");
                write_text(&limit.name, out);
                let (most, observed) = (limit.limit, limit.observed);
                let _ = write!(out, ",\"limit\":{most},\"observed\":{observed}}}");
            }
        }
        let _ = write!(out, ",\"steps\":{}", self.steps);
        if !self.why_not.is_empty() {
            out.push_str(",\"why_not\":");
            write_plain(&self.why_not, out);
        }
    }
}
