//! Values of the core as values of WIT, and back. The compiler checks that no field is forgotten.

use crate::bindings::exports::assize::core::{governor as wit, types};
use assize_core::governor as core;
use assize_core::{Error, FieldError, InvalidInput, LimitReached, Reason, SnapshotError, Verdict};

/// `From` between two records, field by field; fields after the semicolon are converted themselves.
macro_rules! record {
    ($from:ty => $to:ty { $($same:ident),* $(; $($converted:ident),*)? }) => {
        impl From<$from> for $to {
            fn from(value: $from) -> Self {
                Self {
                    $($same: value.$same,)*
                    $($($converted: value.$converted.into(),)*)?
                }
            }
        }
    };
}

pub(crate) use record;

/// `From` between two enumerations with the same cases.
macro_rules! cases {
    ($from:ty => $to:ty { $($case:ident),* }) => {
        impl From<$from> for $to {
            fn from(value: $from) -> Self {
                match value {
                    $(<$from>::$case => Self::$case,)*
                }
            }
        }
    };
}

pub(crate) use cases;

record!(wit::CycleConfig => core::CycleSettings {
    max_cycles, similarity_threshold, risk_threshold, initial_contradiction_budget,
    contradiction_decay_rate, quality_improvement_threshold, alpha, beta, gamma, delta, epsilon,
    risk_first
});
record!(core::CycleSettings => wit::CycleConfig {
    max_cycles, similarity_threshold, risk_threshold, initial_contradiction_budget,
    contradiction_decay_rate, quality_improvement_threshold, alpha, beta, gamma, delta, epsilon,
    risk_first
});
record!(core::QualityMetrics => wit::QualityMetrics {
    coherence, calibration, evidence_quality, actionability
});
record!(core::SessionSettings => wit::SessionConfig {
    max_cycles, max_risk, similarity_converge, min_improvement, plateau_cycles,
    contradiction_budget, contradiction_decay
});
record!(wit::SessionConfig => core::SessionSettings {
    max_cycles, max_risk, similarity_converge, min_improvement, plateau_cycles,
    contradiction_budget, contradiction_decay
});
record!(core::StepRecord => wit::StepRecord {
    cycle, score_left, score_right, similarity, contradiction_spent, budget_remaining,
    chosen_engine, risk
});
record!(wit::Wisdom => core::Wisdom {
    domain, lesson, future_bias, timestamp ; consequence_type
});
record!(core::Wisdom => wit::Wisdom {
    domain, lesson, future_bias, timestamp ; consequence_type
});
record!(FieldError => types::FieldError { pointer, message });
record!(LimitReached => types::LimitReached { name, limit, observed });
record!(Reason => types::Reason { message, observed, threshold ; code });

cases!(Verdict => types::Verdict { Allow, Deny, Refine, Escalate, Transform });
cases!(core::CycleStop => wit::CycleStop { Convergence, Risk, Budget, Plateau, MaxCycles });
cases!(core::SessionStop => wit::SessionStop { Convergence, Risk, Budget, Plateau, MaxCycles });
cases!(core::Posture => wit::Posture { Normal, Proactive, Containment, Isolation });
cases!(core::Consequence => wit::Consequence { Benign, Probing, NearMiss, Harm });
cases!(wit::Consequence => core::Consequence { Benign, Probing, NearMiss, Harm });

impl From<core::CycleRecord> for wit::CycleRecord {
    fn from(value: core::CycleRecord) -> Self {
        Self {
            similarity: value.similarity,
            risk: value.risk,
            quality: value.quality,
            budget_remaining: value.budget_remaining,
            stop_reason: value.stop_reason.map(Into::into),
        }
    }
}

impl From<core::CycleAudit> for wit::CycleAudit {
    fn from(value: core::CycleAudit) -> Self {
        Self {
            contradiction_budget: value.contradiction_budget,
            contradiction_budget_used: value.contradiction_budget_used,
            stop_reason: value.stop_reason.map(Into::into),
            cycles: all(value.cycles),
            wisdom: all(value.wisdom),
        }
    }
}

impl From<core::SessionAudit> for wit::SessionAudit {
    fn from(value: core::SessionAudit) -> Self {
        Self {
            contradiction_spent: value.contradiction_spent,
            contradiction_budget: value.contradiction_budget,
            posture: value.posture.into(),
            stop_reason: value.stop_reason.map(Into::into),
            last_frozen_answer: value.last_frozen_answer,
            plateau_count: value.plateau_count,
            best_score: value.best_score,
            steps: all(value.steps),
            wisdom: all(value.wisdom),
        }
    }
}

impl From<core::CycleEvaluation> for wit::CycleEvaluation {
    fn from(value: core::CycleEvaluation) -> Self {
        Self {
            verdict: value.verdict.into(),
            reasons: all(value.reasons),
            stop_reason: value.stop_reason.map(Into::into),
            cycle: value.cycle,
            similarity: value.similarity,
            contradiction: value.contradiction,
            risk: value.risk,
            quality: value.quality,
            quality_metrics: value.quality_metrics.into(),
            contradiction_spent: value.contradiction_spent,
            budget_remaining: value.budget_remaining,
        }
    }
}

impl From<core::StepDecision> for wit::StepDecision {
    fn from(value: core::StepDecision) -> Self {
        Self {
            verdict: value.verdict.into(),
            reasons: all(value.reasons),
            stop_reason: value.stop_reason.map(Into::into),
            chosen_engine: value.chosen_engine,
            chosen_answer: value.chosen_answer,
            qualified: value.qualified,
            cycle: value.cycle,
            similarity: value.similarity,
            risk: value.risk,
            score_left: value.score_left,
            score_right: value.score_right,
            contradiction_spent: value.contradiction_spent,
            budget_remaining: value.budget_remaining,
            posture: value.posture.into(),
        }
    }
}

impl From<Error> for types::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidInput(error) => error.into(),
            Error::Limit(limit) => Self::Limit(limit.into()),
            Error::Conflict(text) => Self::Conflict(text),
            Error::CorruptSnapshot(text) => Self::CorruptSnapshot(text),
        }
    }
}

impl From<InvalidInput> for types::Error {
    fn from(error: InvalidInput) -> Self {
        Self::InvalidInput(all(error.into_errors()))
    }
}

impl From<SnapshotError> for types::Error {
    fn from(error: SnapshotError) -> Self {
        Self::CorruptSnapshot(error.to_string())
    }
}

pub(crate) fn output(value: &wit::EngineOutput) -> core::EngineOutput<'_> {
    core::EngineOutput {
        output: &value.output,
        confidence: value.confidence,
    }
}

pub(crate) fn cycle_input(value: &wit::CycleInput) -> core::CycleInput<'_> {
    core::CycleInput {
        left: output(&value.left),
        right: output(&value.right),
        budget: value.budget,
        cycle: value.cycle,
        previous_quality: value.previous_quality,
    }
}

pub(crate) fn candidate(value: &wit::Candidate) -> core::Candidate<'_> {
    core::Candidate {
        engine_id: &value.engine_id,
        cycle_index: value.cycle_index,
        answer: &value.answer,
        coherence: value.coherence,
        calibration: value.calibration,
        evidence: value.evidence,
        actionability: value.actionability,
        risk: value.risk,
        constraint_ok: value.constraint_ok,
        contradiction_claim: value.contradiction_claim.as_deref(),
    }
}

pub(crate) fn all<From, To: std::convert::From<From>>(values: Vec<From>) -> Vec<To> {
    values.into_iter().map(Into::into).collect()
}
