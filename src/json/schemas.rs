//! The shape of what callers send, for the API's description. `requests` reads it; a test holds both equal.

#![expect(
    dead_code,
    reason = "described, never made: `requests` reads JSON itself, to collect all errors"
)]

use utoipa::ToSchema;

/// One cycle to judge.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "left": {"output": "Ship the release on Friday", "confidence": 0.9},
    "right": {"output": "Ship the release on Friday", "confidence": 0.85}
}))]
pub struct EvaluateBody {
    left: EngineOutputBody,
    right: EngineOutputBody,
    #[schema(nullable = false)]
    config: Option<CycleConfigBody>,
    /// What is left of the contradiction budget, 0 to 1,000,000; where absent, the configured initial budget.
    #[schema(nullable = false)]
    budget: Option<f64>,
    /// Counts from 1, which it is where absent.
    #[schema(nullable = false, minimum = 1)]
    cycle: Option<u32>,
    /// Quality of the previous cycle, 0 to 1; without it the plateau rule is not tried.
    previous_quality: Option<f64>,
}

/// Many cycles to judge under one configuration.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "items": [{
        "left": {"output": "Approve the refund", "confidence": 0.9},
        "right": {"output": "Reject the refund", "confidence": 0.7}
    }]
}))]
pub struct BatchBody {
    /// At least one.
    items: Vec<CycleBody>,
    #[schema(nullable = false)]
    config: Option<CycleConfigBody>,
}

/// One cycle of a batch.
#[derive(Debug, ToSchema)]
pub struct CycleBody {
    left: EngineOutputBody,
    right: EngineOutputBody,
    /// What is left of the contradiction budget, 0 to 1,000,000; where absent, the configured initial budget.
    #[schema(nullable = false)]
    budget: Option<f64>,
    /// Counts from 1, which it is where absent.
    #[schema(nullable = false, minimum = 1)]
    cycle: Option<u32>,
    /// Quality of the previous cycle, 0 to 1; without it the plateau rule is not tried.
    previous_quality: Option<f64>,
}

/// What one reasoner said.
#[derive(Debug, ToSchema)]
pub struct EngineOutputBody {
    /// Not blank.
    output: String,
    /// 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    confidence: f64,
    /// Informative; no formula reads it.
    reasoning_mode: Option<String>,
    /// Informative; no formula reads it.
    internal_monologue: Option<String>,
}

/// How the cycle governor decides; what is absent has the default shown. Amounts are from 0 to 1,000,000.
#[derive(Debug, ToSchema)]
pub struct CycleConfigBody {
    /// The cycle at which it stops at the latest.
    #[schema(nullable = false, minimum = 1, default = 3)]
    max_cycles: Option<u32>,
    /// Similarity from which outputs count as converged, 0 to 1.
    #[schema(nullable = false, default = 0.9)]
    similarity_threshold: Option<f64>,
    /// Risk above which it stops, 0 to 1.
    #[schema(nullable = false, default = 0.35)]
    risk_threshold: Option<f64>,
    /// Amount that a session starts with.
    #[schema(nullable = false, default = 1.0)]
    initial_contradiction_budget: Option<f64>,
    /// Amount of budget that a contradiction of 1 costs.
    #[schema(nullable = false, default = 0.175)]
    contradiction_decay_rate: Option<f64>,
    /// Improvement of quality below which it stops.
    #[schema(nullable = false, default = 0.05)]
    quality_improvement_threshold: Option<f64>,
    /// Informative, 0 to 1; no formula reads it.
    #[schema(nullable = false, default = 0.65)]
    alpha: Option<f64>,
    /// Informative, 0 to 1; no formula reads it.
    #[schema(nullable = false, default = 0.3)]
    beta: Option<f64>,
    /// Informative, 0 to 1; no formula reads it.
    #[schema(nullable = false, default = 0.75)]
    gamma: Option<f64>,
    /// Informative, 0 to 1; no formula reads it.
    #[schema(nullable = false, default = 0.15)]
    delta: Option<f64>,
    /// Informative, 0 to 1; no formula reads it.
    #[schema(nullable = false, default = 0.45)]
    epsilon: Option<f64>,
    /// Whether too high a risk stops a cycle even where the outputs have converged.
    #[schema(nullable = false, default = false)]
    risk_first: Option<bool>,
}

/// How the session governor decides; what is absent has the default shown. Amounts are from 0 to 1,000,000.
#[derive(Debug, ToSchema)]
pub struct SessionConfigBody {
    /// Cycles after which it freezes at the latest.
    #[schema(nullable = false, minimum = 1, default = 4)]
    max_cycles: Option<u32>,
    /// Risk above which an answer is disqualified, 0 to 1.
    #[schema(nullable = false, default = 0.35)]
    max_risk: Option<f64>,
    /// Similarity from which answers count as converged, 0 to 1.
    #[schema(nullable = false, default = 0.9)]
    similarity_converge: Option<f64>,
    /// Improvement of the chosen score below which a cycle counts towards a plateau.
    #[schema(nullable = false, default = 0.02)]
    min_improvement: Option<f64>,
    /// Cycles on end without improvement that make a plateau.
    #[schema(nullable = false, minimum = 1, default = 2)]
    plateau_cycles: Option<u32>,
    /// Amount of contradiction that may be spent.
    #[schema(nullable = false, default = 1.5)]
    contradiction_budget: Option<f64>,
    /// Amount of budget that a contradiction of 1 costs in a contested cycle.
    #[schema(nullable = false, default = 0.175)]
    contradiction_decay: Option<f64>,
}

/// A session to open.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"governor": "cycle", "config": {"max_cycles": 5}}))]
#[serde(untagged)]
pub enum OpenBody {
    /// Of the cycle governor.
    Cycle(OpenCycleBody),
    /// Of the session governor.
    Session(OpenSessionBody),
}

/// A cycle governor; what is meant where nothing is said.
#[derive(Debug, ToSchema)]
pub struct OpenCycleBody {
    #[schema(nullable = false)]
    governor: Option<CycleWord>,
    #[schema(nullable = false)]
    config: Option<CycleConfigBody>,
}

/// A session governor.
#[derive(Debug, ToSchema)]
pub struct OpenSessionBody {
    governor: SessionWord,
    #[schema(nullable = false)]
    config: Option<SessionConfigBody>,
}

/// Judges cycles, as `evaluate` does.
#[derive(Debug, ToSchema)]
pub enum CycleWord {
    #[serde(rename = "cycle")]
    /// Of the cycle governor.
    Cycle,
}

/// Weighs answers, as `step` does.
#[derive(Debug, ToSchema)]
pub enum SessionWord {
    #[serde(rename = "session")]
    /// Of the session governor.
    Session,
}

/// Two outputs; the session knows budget and cycle.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "left": {"output": "Ship on Friday after the tests pass", "confidence": 0.95},
    "right": {"output": "Ship on Friday if the tests pass", "confidence": 0.95}
}))]
pub struct OutputsBody {
    left: EngineOutputBody,
    right: EngineOutputBody,
}

/// Two assessed answers.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "left": {"engine_id": "builder", "cycle_index": 0, "answer": "Use the new index", "coherence": 0.9},
    "right": {"engine_id": "critic", "cycle_index": 0, "answer": "Keep the old index",
              "contradiction_claim": "the new index is untested"}
}))]
pub struct StepBody {
    left: CandidateBody,
    right: CandidateBody,
}

/// One reasoner's answer with its assessment; assessments are from 0 to 1.
#[derive(Debug, ToSchema)]
pub struct CandidateBody {
    /// Not blank, at most 256 bytes.
    engine_id: String,
    /// Counts from 0.
    cycle_index: u32,
    /// Not blank.
    answer: String,
    #[schema(nullable = false, default = 0.8)]
    coherence: Option<f64>,
    #[schema(nullable = false, default = 0.75)]
    calibration: Option<f64>,
    #[schema(nullable = false, default = 0.6)]
    evidence: Option<f64>,
    #[schema(nullable = false, default = 0.7)]
    actionability: Option<f64>,
    #[schema(nullable = false, default = 0.1)]
    risk: Option<f64>,
    /// Whether it keeps every hard constraint.
    #[schema(nullable = false, default = true)]
    constraint_ok: Option<bool>,
    /// Contradiction is spent only where a side claims one.
    contradiction_claim: Option<String>,
    /// Informative; no formula reads it.
    contradiction_value: Option<f64>,
}

/// A lesson to keep beside a session. Texts are not blank and at most 16 KiB.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "domain": "deployment", "lesson": "Friday releases need an owner on call",
    "consequence_type": "near_miss", "future_bias": "prefer Monday", "timestamp": "2026-11-20T10:00:00Z"
}))]
pub struct WisdomBody {
    domain: String,
    lesson: String,
    /// `benign`, `probing`, `near_miss` or `harm`.
    #[schema(example = "near_miss")]
    consequence_type: String,
    future_bias: String,
    /// ISO 8601; not interpreted.
    timestamp: String,
}
