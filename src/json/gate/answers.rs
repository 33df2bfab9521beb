//! What a gate answers, in the shape of the JSON: field order is the order in the document.

use crate::answers::ReasonAnswer;
use crate::floats::rounded;
use crate::memory::FoundAnswer;
use assize_core::gate::{Admission, Answer, DriftAlarm, Judgement, Quality, Signal};
use assize_core::memory::Recollection;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The threshold went far in one direction in its last changes.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct AlarmAnswer {
    /// The newest threshold minus that of nine changes ago.
    pub change: f64,
    /// The size of a change from which an alarm is given.
    pub limit: f64,
    /// Over how many changes it is measured.
    pub changes: u32,
}

impl From<DriftAlarm> for AlarmAnswer {
    fn from(alarm: DriftAlarm) -> Self {
        Self {
            change: alarm.change,
            limit: alarm.limit,
            changes: alarm.changes,
        }
    }
}

/// What a request's score was held against.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct JudgementAnswer {
    /// The score, 0 to 1; null where the request was refused before it was scored.
    pub score: Option<f64>,
    /// The threshold before this request, 0 to 1.
    pub threshold_before: f64,
    /// The threshold after it, 0 to 1.
    pub threshold_after: f64,
    /// The average acceptance after it, 0 to 1.
    pub acceptance: f64,
    /// How the threshold moves: `homeostatic`, `fixed` or `bounded`.
    #[schema(example = "homeostatic")]
    pub policy: &'static str,
    /// Null unless the threshold has gone far in one direction.
    pub alarm: Option<AlarmAnswer>,
}

impl From<Judgement> for JudgementAnswer {
    fn from(judgement: Judgement) -> Self {
        Self {
            score: judgement.score,
            threshold_before: judgement.threshold_before,
            threshold_after: judgement.threshold_after,
            acceptance: judgement.acceptance,
            policy: judgement.policy.as_str(),
            alarm: judgement.alarm.map(Into::into),
        }
    }
}

/// Whether a request may go on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AdmissionAnswer<'a> {
    /// Whether the request may go on.
    pub accepted: bool,
    /// `allow`; `deny`; `refine` where it may be asked again later.
    #[schema(example = "allow")]
    pub verdict: &'static str,
    /// The phase in which it was asked: `wake` or `sleep`.
    #[schema(example = "wake")]
    pub phase: &'static str,
    /// Requests so far that reached the gate, this one included.
    pub step: u64,
    /// `admitted`, or one of the fixed words for a refusal.
    #[schema(example = "admitted")]
    pub note: &'static str,
    /// The threshold after this request, rounded to 4 decimals.
    pub moral_threshold: f64,
    /// The decisive one first.
    pub reasons: Vec<ReasonAnswer<'a>>,
    /// What was held against what.
    pub judgement: JudgementAnswer,
    /// What was remembered, the best first; absent unless the request asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub context: Option<Vec<FoundAnswer<'a>>>,
}

impl<'a> AdmissionAnswer<'a> {
    /// With what was recalled for the request, where it asked for that.
    #[must_use]
    pub fn with_context(mut self, context: &'a [Recollection]) -> Self {
        self.context = Some(context.iter().map(Into::into).collect());
        self
    }
}

impl<'a> From<&'a Admission> for AdmissionAnswer<'a> {
    fn from(admission: &'a Admission) -> Self {
        Self {
            accepted: admission.is_admitted(),
            verdict: admission.verdict.as_str(),
            phase: admission.phase.as_str(),
            step: admission.step,
            note: admission.note,
            moral_threshold: rounded(admission.judgement.threshold_after),
            reasons: admission.reasons.iter().map(Into::into).collect(),
            judgement: admission.judgement.into(),
            context: None,
        }
    }
}

/// What one way to fail was measured at.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SignalAnswer {
    /// `collapse`, `looping`, `incoherence`, `telegraphing`, `drift` or `hallucination`.
    #[schema(example = "looping")]
    pub mode: &'static str,
    /// How strongly it shows, 0 to 1.
    pub score: f64,
    /// The score from which it counts, where other conditions hold as well.
    pub threshold: f64,
    /// Whether it counts.
    pub triggered: bool,
    /// What was counted, by name.
    #[schema(example = json!({"repetition_ratio": 0.5, "token_count": 20}))]
    pub evidence: BTreeMap<&'static str, f64>,
}

impl From<&Signal> for SignalAnswer {
    fn from(signal: &Signal) -> Self {
        Self {
            mode: signal.mode.as_str(),
            score: signal.score,
            threshold: signal.threshold,
            triggered: signal.triggered,
            evidence: signal.evidence.iter().copied().collect(),
        }
    }
}

/// The judgement of an answer's form.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QualityAnswer {
    /// `accept`; `degrade`: given, but not remembered; `reject`.
    #[schema(example = "accept")]
    pub action: &'static str,
    /// The ways to fail that count.
    #[schema(example = json!([]))]
    pub triggered_modes: Vec<&'static str>,
    /// One for each way to fail, always in the same order.
    pub signals: Vec<SignalAnswer>,
}

impl From<&Quality> for QualityAnswer {
    fn from(quality: &Quality) -> Self {
        Self {
            action: quality.action.as_str(),
            triggered_modes: quality
                .triggered()
                .map(|signal| signal.mode.as_str())
                .collect(),
            signals: quality.signals.iter().map(Into::into).collect(),
        }
    }
}

/// The end of a request to the language model, or of one that a caller's own model answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GenerateAnswer<'a> {
    /// The model's answer; empty where it is not accepted.
    pub response: &'a str,
    /// Whether `response` may be used.
    pub accepted: bool,
    /// The phase in which it was asked: `wake` or `sleep`.
    #[schema(example = "wake")]
    pub phase: &'static str,
    /// Requests that had reached the gate when this one did, this one included.
    pub step: u64,
    /// `processed`, or what went wrong.
    #[schema(example = "processed")]
    pub note: &'a str,
    /// The threshold after this request, rounded to 4 decimals.
    pub moral_threshold: f64,
    /// Entries that were recalled.
    pub context_items: u32,
    /// Texts of them that went before the prompt.
    pub context_texts: u32,
    /// `allow`; `transform` where remembered texts went before the prompt; `escalate` where the answer's quality is
    /// doubtful; `deny`; `refine` where it may be asked again later.
    #[schema(example = "allow")]
    pub verdict: &'static str,
    /// The decisive one first.
    pub reasons: Vec<ReasonAnswer<'a>>,
    /// What was held against what.
    pub judgement: JudgementAnswer,
    /// How sure the answer sounds, 0 to 1; null where there is none.
    pub confidence: Option<f64>,
    /// The judgement of the answer's form; null where it was not judged.
    pub quality_gate: Option<QualityAnswer>,
    /// Tokens that the model was given; 0 where it was not asked.
    pub max_tokens_used: u32,
    /// Whether the memory has kept something of it.
    pub remembered: bool,
    /// Whether the memory is left out because it fails.
    pub stateless_mode: bool,
}

impl<'a> From<&'a Answer> for GenerateAnswer<'a> {
    fn from(answer: &'a Answer) -> Self {
        Self {
            response: &answer.response,
            accepted: answer.accepted,
            phase: answer.phase.as_str(),
            step: answer.step,
            note: &answer.note,
            moral_threshold: rounded(answer.judgement.threshold_after),
            context_items: answer.context_items,
            context_texts: answer.context_texts,
            verdict: answer.verdict.as_str(),
            reasons: answer.reasons.iter().map(Into::into).collect(),
            judgement: answer.judgement.into(),
            confidence: answer.confidence,
            quality_gate: answer.quality.as_ref().map(Into::into),
            max_tokens_used: answer.max_tokens,
            remembered: answer.remembered,
            stateless_mode: answer.stateless,
        }
    }
}

/// The end of an answer that is streamed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StreamedAnswer<'a> {
    /// The judged answer, whole.
    #[serde(flatten)]
    pub answer: GenerateAnswer<'a>,
    /// Whether what came before must not be used: it is not accepted.
    pub retracted: bool,
}

/// One event of an answer that is streamed.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StreamEvent<'a> {
    /// What the model said next. It is not judged yet.
    Delta {
        /// Goes after what was said before.
        text: &'a str,
    },
    /// The judged answer, once it is in the journal; the last event.
    Answer(Box<StreamedAnswer<'a>>),
    /// There is no answer, and what came before must not be used; the last event.
    Problem {
        /// The status that the answer had without a stream.
        #[schema(example = 503)]
        status: u16,
        /// Why.
        detail: String,
    },
}
