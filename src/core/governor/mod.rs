//! Do two independent reasoners agree enough, at acceptable risk, within a finite contradiction
//! budget?
//!
//! Two governors answer. The *cycle governor* ([`evaluate_cycle`], [`CycleGovernor`]) derives risk
//! and quality from the two texts and confidences alone. The *session governor*
//! ([`SessionGovernor`]) weighs assessments that come with each answer, picks one of the two, and
//! keeps a posture from the contradiction that has been spent.

mod cycle;
mod cycle_governor;
mod reasons;
mod session;
mod session_config;
mod session_governor;
mod wisdom;

pub use cycle::{
    CycleConfig, CycleEvaluation, CycleInput, CycleSettings, CycleStop, Decision, EngineOutput,
    QualityMetrics, evaluate_cycle, quality_metrics, risk,
};
pub use cycle_governor::{CycleAudit, CycleGovernor, CycleRecord};
pub use session::{Candidate, FreezeDecision, Posture, SessionStop, StepDecision};
pub use session_config::{SessionConfig, SessionSettings};
pub use session_governor::{SessionAudit, SessionGovernor, StepRecord};
pub use wisdom::{Consequence, Wisdom};
