//! What callers get, in the shape of the JSON: field order is the order in the document.

use assize_core::governor::{
    CycleAudit, CycleEvaluation, CycleRecord, CycleSettings, CycleStop, QualityMetrics,
    SessionAudit, SessionSettings, SessionStop, StepDecision, StepRecord, Wisdom,
};
use assize_core::{FieldError, Reason};
use serde::Serialize;
use utoipa::ToSchema;

/// One rule that bore on the verdict.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReasonAnswer<'a> {
    /// Stable, for machines: `<engine>:<rule>`.
    #[schema(example = "governor:risk-threshold")]
    pub code: &'a str,
    /// One sentence for people: the numbers, and what would have changed the outcome. Its wording may change.
    pub message: &'a str,
    /// What was measured; absent where the rule has no number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<f64>,
    /// What it was compared with, in the same unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
}

impl<'a> From<&'a Reason> for ReasonAnswer<'a> {
    fn from(reason: &'a Reason) -> Self {
        Self {
            code: &reason.code,
            message: &reason.message,
            observed: reason.observed,
            threshold: reason.threshold,
        }
    }
}

/// Four views of quality, each 0 to 1.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QualityMetricsAnswer {
    /// Mean confidence.
    pub coherence: f64,
    /// The similarity.
    pub calibration: f64,
    /// Mean of both confidences and the joint length in thousands of characters, at most 1.
    pub evidence_quality: f64,
    /// Mean of similarity and both confidences.
    pub actionability: f64,
}

impl From<QualityMetrics> for QualityMetricsAnswer {
    fn from(metrics: QualityMetrics) -> Self {
        Self {
            coherence: metrics.coherence,
            calibration: metrics.calibration,
            evidence_quality: metrics.evidence_quality,
            actionability: metrics.actionability,
        }
    }
}

/// The judgement of one cycle.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EvaluationAnswer<'a> {
    /// `CONTINUE` or `STOP`.
    #[schema(example = "STOP")]
    pub decision: &'static str,
    /// `allow`: act on it. `refine`: go another round. `escalate`: a person must decide.
    #[schema(example = "allow")]
    pub verdict: &'static str,
    /// The rule that stopped the cycle; null if another may follow.
    #[schema(example = "CONVERGENCE_ACHIEVED")]
    pub stop_reason: Option<&'static str>,
    /// The decisive one first, then every other rule that would have stopped the cycle.
    pub reasons: Vec<ReasonAnswer<'a>>,
    /// Share of words that both outputs have, 0 to 1.
    pub similarity: f64,
    /// 1 minus the similarity.
    pub contradiction: f64,
    /// Risk of acting on the outputs, 0 to 1.
    pub risk: f64,
    /// Mean of the four quality metrics, 0 to 1.
    pub quality: f64,
    /// What `quality` is made of.
    pub quality_metrics: QualityMetricsAnswer,
    /// Taken from the budget by this cycle.
    pub contradiction_spent: f64,
    /// To pass on as the next cycle's `budget`; below 0 on the cycle that overspends.
    pub budget_remaining: f64,
    /// Counts from 1.
    pub cycle: u32,
}

impl<'a> From<&'a CycleEvaluation> for EvaluationAnswer<'a> {
    fn from(evaluation: &'a CycleEvaluation) -> Self {
        Self {
            decision: evaluation.decision.as_str(),
            verdict: evaluation.verdict.as_str(),
            stop_reason: evaluation.stop_reason.map(CycleStop::as_str),
            reasons: evaluation.reasons.iter().map(Into::into).collect(),
            similarity: evaluation.similarity,
            contradiction: evaluation.contradiction,
            risk: evaluation.risk,
            quality: evaluation.quality,
            quality_metrics: evaluation.quality_metrics.into(),
            contradiction_spent: evaluation.contradiction_spent,
            budget_remaining: evaluation.budget_remaining,
            cycle: evaluation.cycle,
        }
    }
}

/// The judgements of a batch.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BatchAnswer<'a> {
    /// One for each item, in the order of the items.
    pub evaluations: Vec<EvaluationAnswer<'a>>,
}

/// The judgement of one step.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StepAnswer<'a> {
    /// `CONTINUE` or `FREEZE`.
    #[schema(example = "FREEZE")]
    pub decision: &'static str,
    /// `allow`: act on it. `deny`: don't. `refine`: go another round. `escalate`: a person must decide.
    #[schema(example = "allow")]
    pub verdict: &'static str,
    /// The rule that froze the session; null if another step may follow.
    #[schema(example = "convergence")]
    pub stop_reason: Option<&'static str>,
    /// The decisive one first, then every other rule that held.
    pub reasons: Vec<ReasonAnswer<'a>>,
    /// Who gave the chosen answer.
    pub chosen_engine: &'a str,
    /// The answer with the higher score; the left one where they are equal.
    pub chosen_answer: &'a str,
    /// Whether the chosen answer keeps the constraints at acceptable risk.
    pub qualified: bool,
    /// On a freeze the chosen answer's index, else the higher of both.
    pub cycle: u32,
    /// Cosine of the answers' TF-IDF vectors, 0 to 1.
    pub similarity: f64,
    /// Of the chosen answer, 0 to 1.
    pub risk: f64,
    /// -1.6 to 4.3; -1 if disqualified.
    pub score_left: f64,
    /// -1.6 to 4.3; -1 if disqualified.
    pub score_right: f64,
    /// In all steps of the session.
    pub contradiction_spent: f64,
    /// Below 0 where it was overspent.
    pub budget_remaining: f64,
    /// `NOM`, `PEM`, `CM` or `IM`: below 25, 55 and 85 percent of the budget spent, and above.
    #[schema(example = "NOM")]
    pub posture: &'static str,
}

impl<'a> From<&'a StepDecision> for StepAnswer<'a> {
    fn from(decision: &'a StepDecision) -> Self {
        Self {
            decision: decision.decision.as_str(),
            verdict: decision.verdict.as_str(),
            stop_reason: decision.stop_reason.map(SessionStop::as_str),
            reasons: decision.reasons.iter().map(Into::into).collect(),
            chosen_engine: &decision.chosen_engine,
            chosen_answer: &decision.chosen_answer,
            qualified: decision.qualified,
            cycle: decision.cycle,
            similarity: decision.similarity,
            risk: decision.risk,
            score_left: decision.score_left,
            score_right: decision.score_right,
            contradiction_spent: decision.contradiction_spent,
            budget_remaining: decision.budget_remaining,
            posture: decision.posture.as_str(),
        }
    }
}

/// How a cycle governor decides.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct CycleConfigAnswer {
    /// The cycle at which it stops at the latest.
    pub max_cycles: u32,
    /// Similarity from which outputs count as converged, 0 to 1.
    pub similarity_threshold: f64,
    /// Risk above which it stops, 0 to 1.
    pub risk_threshold: f64,
    /// Amount that a session starts with.
    pub initial_contradiction_budget: f64,
    /// Amount of budget that a contradiction of 1 costs.
    pub contradiction_decay_rate: f64,
    /// Improvement of quality below which it stops.
    pub quality_improvement_threshold: f64,
    /// Informative, 0 to 1; no formula reads it.
    pub alpha: f64,
    /// Informative, 0 to 1; no formula reads it.
    pub beta: f64,
    /// Informative, 0 to 1; no formula reads it.
    pub gamma: f64,
    /// Informative, 0 to 1; no formula reads it.
    pub delta: f64,
    /// Informative, 0 to 1; no formula reads it.
    pub epsilon: f64,
    /// Whether too high a risk stops a cycle even where the outputs have converged.
    pub risk_first: bool,
}

impl From<CycleSettings> for CycleConfigAnswer {
    fn from(settings: CycleSettings) -> Self {
        Self {
            max_cycles: settings.max_cycles,
            similarity_threshold: settings.similarity_threshold,
            risk_threshold: settings.risk_threshold,
            initial_contradiction_budget: settings.initial_contradiction_budget,
            contradiction_decay_rate: settings.contradiction_decay_rate,
            quality_improvement_threshold: settings.quality_improvement_threshold,
            alpha: settings.alpha,
            beta: settings.beta,
            gamma: settings.gamma,
            delta: settings.delta,
            epsilon: settings.epsilon,
            risk_first: settings.risk_first,
        }
    }
}

/// How a session governor decides.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct SessionConfigAnswer {
    /// The cycle at which it stops at the latest.
    pub max_cycles: u32,
    /// Risk above which an answer is disqualified, 0 to 1.
    pub max_risk: f64,
    /// Similarity from which answers count as converged, 0 to 1.
    pub similarity_converge: f64,
    /// Improvement of the chosen score below which a cycle counts towards a plateau.
    pub min_improvement: f64,
    /// Cycles on end without improvement after which it freezes.
    pub plateau_cycles: u32,
    /// Amount of contradiction that may be spent.
    pub contradiction_budget: f64,
    /// Amount of budget that a contradiction of 1 costs in a contested cycle.
    pub contradiction_decay: f64,
}

impl From<SessionSettings> for SessionConfigAnswer {
    fn from(settings: SessionSettings) -> Self {
        Self {
            max_cycles: settings.max_cycles,
            max_risk: settings.max_risk,
            similarity_converge: settings.similarity_converge,
            min_improvement: settings.min_improvement,
            plateau_cycles: settings.plateau_cycles,
            contradiction_budget: settings.contradiction_budget,
            contradiction_decay: settings.contradiction_decay,
        }
    }
}

/// The configuration of either governor.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ConfigAnswer {
    /// Of a cycle governor.
    Cycle(CycleConfigAnswer),
    /// Of a session governor.
    Session(SessionConfigAnswer),
}

/// A session, without its history.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SessionAnswer<'a> {
    /// Names the session in every route below it.
    pub id: &'a str,
    /// `cycle` or `session`.
    #[schema(example = "cycle")]
    pub governor: &'static str,
    /// What it was opened with.
    pub config: ConfigAnswer,
    /// Cycles or steps so far.
    pub total_cycles: u32,
    /// Whether a stop bars further ones until the session is reopened.
    pub stopped: bool,
    /// Below 0 where it was overspent.
    pub budget_remaining: f64,
    /// Raised by one with every change.
    pub sequence: u64,
    /// Milliseconds since 1970-01-01 UTC.
    pub created_ms: u64,
    /// Milliseconds since 1970-01-01 UTC.
    pub updated_ms: u64,
}

/// A lesson that is kept beside a session.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WisdomAnswer<'a> {
    /// What the lesson is about.
    pub domain: &'a str,
    /// What was learned.
    pub lesson: &'a str,
    /// `benign`, `probing`, `near_miss` or `harm`.
    #[schema(example = "near_miss")]
    pub consequence_type: &'static str,
    /// How future decisions should lean.
    pub future_bias: &'a str,
    /// When, as the caller wrote it.
    pub timestamp: &'a str,
}

impl<'a> From<&'a Wisdom> for WisdomAnswer<'a> {
    fn from(wisdom: &'a Wisdom) -> Self {
        Self {
            domain: &wisdom.domain,
            lesson: &wisdom.lesson,
            consequence_type: wisdom.consequence_type.as_str(),
            future_bias: &wisdom.future_bias,
            timestamp: &wisdom.timestamp,
        }
    }
}

/// Everything that a cycle governor did. Trajectories are in order; the first is cycle 1.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CycleAuditAnswer<'a> {
    /// Cycles or steps so far.
    pub total_cycles: usize,
    /// Of the last cycle; 0 if there was none.
    pub final_similarity: f64,
    /// Of the last cycle; 0 if there was none.
    pub final_risk: f64,
    /// Of the last cycle; 0 if there was none.
    pub final_quality: f64,
    /// Of the last cycle; null if it went on or there was none.
    pub stop_reason: Option<&'static str>,
    /// Amount of contradiction that may be spent.
    pub contradiction_budget: f64,
    /// Contradiction spent in all cycles.
    pub contradiction_budget_used: f64,
    /// Similarity of each cycle.
    pub similarity_trajectory: Vec<f64>,
    /// Risk of each cycle.
    pub risk_trajectory: Vec<f64>,
    /// Quality of each cycle.
    pub quality_trajectory: Vec<f64>,
    /// What was left after each cycle.
    pub budget_trajectory: Vec<f64>,
    /// How many lessons are kept.
    pub wisdom_records_count: usize,
    /// The lessons kept beside the session.
    pub wisdom: Vec<WisdomAnswer<'a>>,
}

impl<'a> From<&'a CycleAudit> for CycleAuditAnswer<'a> {
    fn from(audit: &'a CycleAudit) -> Self {
        let last = |of: fn(&CycleRecord) -> f64| audit.cycles.last().map_or(0.0, of);
        let all = |of: fn(&CycleRecord) -> f64| audit.cycles.iter().map(of).collect();
        Self {
            total_cycles: audit.cycles.len(),
            final_similarity: last(|cycle| cycle.similarity),
            final_risk: last(|cycle| cycle.risk),
            final_quality: last(|cycle| cycle.quality),
            stop_reason: audit.stop_reason.map(CycleStop::as_str),
            contradiction_budget: audit.contradiction_budget,
            contradiction_budget_used: audit.contradiction_budget_used,
            similarity_trajectory: all(|cycle| cycle.similarity),
            risk_trajectory: all(|cycle| cycle.risk),
            quality_trajectory: all(|cycle| cycle.quality),
            budget_trajectory: all(|cycle| cycle.budget_remaining),
            wisdom_records_count: audit.wisdom.len(),
            wisdom: audit.wisdom.iter().map(Into::into).collect(),
        }
    }
}

/// What is kept of one step; numbers are rounded to 4 decimals.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StepRecordAnswer<'a> {
    /// The higher cycle index of both answers.
    pub cycle: u32,
    /// Score of the left answer.
    pub score_left: f64,
    /// Score of the right answer.
    pub score_right: f64,
    /// Similarity of the answers, 0 to 1.
    pub similarity: f64,
    /// Contradiction spent so far.
    pub contradiction_spent: f64,
    /// What was left of the budget.
    pub budget_remaining: f64,
    /// Who gave the chosen answer.
    pub chosen_engine: &'a str,
    /// Risk of the chosen answer, 0 to 1.
    pub risk: f64,
}

impl<'a> From<&'a StepRecord> for StepRecordAnswer<'a> {
    fn from(step: &'a StepRecord) -> Self {
        Self {
            cycle: step.cycle,
            score_left: step.score_left,
            score_right: step.score_right,
            similarity: step.similarity,
            contradiction_spent: step.contradiction_spent,
            budget_remaining: step.budget_remaining,
            chosen_engine: &step.chosen_engine,
            risk: step.risk,
        }
    }
}

/// Everything that a session governor did.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SessionAuditAnswer<'a> {
    /// Cycles or steps so far.
    pub total_cycles: usize,
    /// Of the last freeze; null if there was none.
    pub stop_reason: Option<&'static str>,
    /// Rounded to 4 decimals.
    pub contradiction_spent: f64,
    /// Amount of contradiction that may be spent.
    pub contradiction_budget: f64,
    /// `NOM`, `PEM`, `CM` or `IM`: how guarded the session is.
    pub posture: &'static str,
    /// The steps in order.
    pub history: Vec<StepRecordAnswer<'a>>,
    /// The answer that was frozen last; null if there was none.
    pub last_frozen_answer: Option<&'a str>,
    /// Steps on end without improvement.
    pub plateau_count: u32,
    /// Null before the plateau rule was first tried.
    pub best_score: Option<f64>,
    /// How many lessons are kept.
    pub wisdom_records_count: usize,
    /// The lessons kept beside the session.
    pub wisdom: Vec<WisdomAnswer<'a>>,
}

impl<'a> From<&'a SessionAudit> for SessionAuditAnswer<'a> {
    fn from(audit: &'a SessionAudit) -> Self {
        Self {
            total_cycles: audit.steps.len(),
            stop_reason: audit.stop_reason.map(SessionStop::as_str),
            contradiction_spent: audit.contradiction_spent,
            contradiction_budget: audit.contradiction_budget,
            posture: audit.posture.as_str(),
            history: audit.steps.iter().map(Into::into).collect(),
            last_frozen_answer: audit.last_frozen_answer.as_deref(),
            plateau_count: audit.plateau_count,
            best_score: audit.best_score,
            wisdom_records_count: audit.wisdom.len(),
            wisdom: audit.wisdom.iter().map(Into::into).collect(),
        }
    }
}

/// One value that is not acceptable.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldErrorAnswer<'a> {
    /// JSON Pointer (RFC 6901) into the request's body; empty for all of it.
    #[schema(example = "/left/confidence")]
    pub pointer: &'a str,
    /// What is wrong and what would be right.
    #[schema(example = "must be a number from 0 to 1, got 1.5")]
    pub message: &'a str,
}

impl<'a> From<&'a FieldError> for FieldErrorAnswer<'a> {
    fn from(error: &'a FieldError) -> Self {
        Self {
            pointer: &error.pointer,
            message: &error.message,
        }
    }
}

/// Appends the JSON of an evaluation: the body that `POST /evaluate` answers with.
pub fn write_evaluation(evaluation: &CycleEvaluation, to: &mut Vec<u8>) {
    // Texts and finite numbers, into memory: it can't fail.
    let _ = serde_json::to_writer(to, &EvaluationAnswer::from(evaluation));
}
