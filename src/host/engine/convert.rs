//! Values of the core as arguments of the component, and its results as values of the core.
//!
//! The handler for Spin compiles this file as well: its bindings have the same shapes, and only the types differ.

use super::{types, wit};
use assize_core::governor as core;
use assize_core::{Error, FieldError, InvalidInput, LimitReached, Reason, Verdict};
use assize_service::{EngineError, SessionStatus};
use std::borrow::Cow;

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

record!(core::CycleSettings => wit::CycleConfig {
    max_cycles, similarity_threshold, risk_threshold, initial_contradiction_budget,
    contradiction_decay_rate, quality_improvement_threshold, alpha, beta, gamma, delta, epsilon,
    risk_first
});
record!(wit::CycleConfig => core::CycleSettings {
    max_cycles, similarity_threshold, risk_threshold, initial_contradiction_budget,
    contradiction_decay_rate, quality_improvement_threshold, alpha, beta, gamma, delta, epsilon,
    risk_first
});
record!(core::SessionSettings => wit::SessionConfig {
    max_cycles, max_risk, similarity_converge, min_improvement, plateau_cycles,
    contradiction_budget, contradiction_decay
});
record!(wit::SessionConfig => core::SessionSettings {
    max_cycles, max_risk, similarity_converge, min_improvement, plateau_cycles,
    contradiction_budget, contradiction_decay
});
record!(wit::QualityMetrics => core::QualityMetrics {
    coherence, calibration, evidence_quality, actionability
});
record!(wit::StepRecord => core::StepRecord {
    cycle, score_left, score_right, similarity, contradiction_spent, budget_remaining,
    chosen_engine, risk
});
record!(wit::WisdomResult => core::Wisdom {
    domain, lesson, future_bias, timestamp ; consequence_type
});
record!(wit::SessionStatus => SessionStatus { total_cycles, stopped, budget_remaining });
record!(types::FieldError => FieldError { pointer, message });
record!(types::LimitReached => LimitReached { name, limit, observed });

cases!(types::Verdict => Verdict { Allow, Deny, Refine, Escalate, Transform });
cases!(wit::CycleStop => core::CycleStop { Convergence, Risk, Budget, Plateau, MaxCycles });
cases!(wit::SessionStop => core::SessionStop { Convergence, Risk, Budget, Plateau, MaxCycles });
cases!(wit::Posture => core::Posture { Normal, Proactive, Containment, Isolation });
cases!(core::Consequence => wit::Consequence { Benign, Probing, NearMiss, Harm });
cases!(wit::Consequence => core::Consequence { Benign, Probing, NearMiss, Harm });

impl From<types::Reason> for Reason {
    fn from(value: types::Reason) -> Self {
        Self {
            code: Cow::Owned(value.code),
            message: value.message,
            observed: value.observed,
            threshold: value.threshold,
        }
    }
}

impl From<wit::CycleEvaluation> for core::CycleEvaluation {
    fn from(value: wit::CycleEvaluation) -> Self {
        let decision = match value.stop_reason {
            Some(_) => core::Decision::Stop,
            None => core::Decision::Continue,
        };
        Self {
            verdict: value.verdict.into(),
            decision,
            stop_reason: value.stop_reason.map(Into::into),
            reasons: all(value.reasons),
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

impl From<wit::StepDecision> for core::StepDecision {
    fn from(value: wit::StepDecision) -> Self {
        let decision = match value.stop_reason {
            Some(_) => core::FreezeDecision::Freeze,
            None => core::FreezeDecision::Continue,
        };
        Self {
            verdict: value.verdict.into(),
            decision,
            stop_reason: value.stop_reason.map(Into::into),
            reasons: all(value.reasons),
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

impl From<wit::CycleRecord> for core::CycleRecord {
    fn from(value: wit::CycleRecord) -> Self {
        Self {
            similarity: value.similarity,
            risk: value.risk,
            quality: value.quality,
            budget_remaining: value.budget_remaining,
            stop_reason: value.stop_reason.map(Into::into),
        }
    }
}

impl From<wit::CycleAudit> for core::CycleAudit {
    fn from(value: wit::CycleAudit) -> Self {
        Self {
            contradiction_budget: value.contradiction_budget,
            contradiction_budget_used: value.contradiction_budget_used,
            stop_reason: value.stop_reason.map(Into::into),
            cycles: all(value.cycles),
            wisdom: all(value.wisdom),
        }
    }
}

impl From<wit::SessionAudit> for core::SessionAudit {
    fn from(value: wit::SessionAudit) -> Self {
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

impl From<types::Error> for EngineError {
    fn from(error: types::Error) -> Self {
        let refused = match error {
            types::Error::InvalidInput(errors) => match InvalidInput::check(all(errors)) {
                Err(error) => Error::InvalidInput(error),
                Ok(()) => return Self::Failed("an invalid input without an error".to_owned()),
            },
            types::Error::Limit(limit) => Error::Limit(limit.into()),
            types::Error::Conflict(text) => Error::Conflict(text),
            types::Error::CorruptSnapshot(text) => Error::CorruptSnapshot(text),
            types::Error::NotFound(text) | types::Error::Other(text) => return Self::Failed(text),
        };
        Self::Refused(refused)
    }
}

pub(super) const fn output<'a>(value: &core::EngineOutput<'a>) -> wit::EngineOutput<'a> {
    wit::EngineOutput {
        output: value.output,
        confidence: value.confidence,
    }
}

pub(super) const fn cycle_input<'a>(value: &core::CycleInput<'a>) -> wit::CycleInput<'a> {
    wit::CycleInput {
        left: output(&value.left),
        right: output(&value.right),
        budget: value.budget,
        cycle: value.cycle,
        previous_quality: value.previous_quality,
    }
}

pub(super) const fn candidate<'a>(value: &core::Candidate<'a>) -> wit::Candidate<'a> {
    wit::Candidate {
        engine_id: value.engine_id,
        cycle_index: value.cycle_index,
        answer: value.answer,
        coherence: value.coherence,
        calibration: value.calibration,
        evidence: value.evidence,
        actionability: value.actionability,
        risk: value.risk,
        constraint_ok: value.constraint_ok,
        contradiction_claim: value.contradiction_claim,
    }
}

pub(super) fn wisdom(value: &core::Wisdom) -> wit::WisdomParam<'_> {
    wit::WisdomParam {
        domain: &value.domain,
        lesson: &value.lesson,
        consequence_type: value.consequence_type.into(),
        future_bias: &value.future_bias,
        timestamp: &value.timestamp,
    }
}

pub(super) fn all<From, To: std::convert::From<From>>(values: Vec<From>) -> Vec<To> {
    values.into_iter().map(Into::into).collect()
}
