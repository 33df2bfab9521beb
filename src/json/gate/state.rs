//! What a gate and its memory are like, in the shape of the JSON.

use super::settings_answers::SettingsAnswer;
use crate::floats::{rounded, shortest};
use crate::memory::UsageAnswer;
use assize_core::controller::ControllerState;
use assize_core::gate::{BreakerState, Counters, DriftStatistics, Emergency, GateState};
use serde::Serialize;
use utoipa::ToSchema;

/// Euclidean norms of the three levels that fade.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct SynapticNormsAnswer {
    /// Of the level that fades soonest.
    #[serde(rename = "L1")]
    pub first: f64,
    /// Of the level that it passes on to.
    #[serde(rename = "L2")]
    pub second: f64,
    /// Of the level that fades least.
    #[serde(rename = "L3")]
    pub third: f64,
}

impl From<[f32; 3]> for SynapticNormsAnswer {
    fn from([first, second, third]: [f32; 3]) -> Self {
        Self {
            first: shortest(first),
            second: shortest(second),
            third: shortest(third),
        }
    }
}

/// What works and what failed.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct ReliabilityAnswer {
    /// Whether the memory is left out because it fails.
    pub stateless_mode: bool,
    /// Of embeddings: `closed`, `open` or `half_open`.
    #[schema(example = "closed")]
    pub circuit_breaker_state: &'static str,
    /// Of the memory: `closed`, `open` or `half_open`.
    #[schema(example = "closed")]
    pub memory_breaker_state: &'static str,
    /// Failures of the memory.
    pub pelm_failure_count: u64,
    /// Failures of the embedder, and refusals while it was left alone.
    pub embedding_failure_count: u64,
    /// Requests without an answer of the model.
    pub llm_failure_count: u64,
}

impl From<&GateState> for ReliabilityAnswer {
    fn from(state: &GateState) -> Self {
        Self {
            stateless_mode: state.memory_breaker == BreakerState::Open,
            circuit_breaker_state: state.embedding_breaker.as_str(),
            memory_breaker_state: state.memory_breaker.as_str(),
            pelm_failure_count: state.counters.memory_failures,
            embedding_failure_count: state.counters.embedding_failures,
            llm_failure_count: state.counters.generation_failed,
        }
    }
}

/// Where the threshold has been. Thresholds are 0 to 1.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct DriftAnswer {
    /// Changes since the beginning.
    pub changes: u64,
    /// Changes that `lowest`, `highest` and `range` are of: the last ones, at most 100.
    pub recorded: u32,
    /// Lowest threshold after a change; the current one where nothing changed.
    pub lowest: f64,
    /// Highest threshold after a change; the current one where nothing changed.
    pub highest: f64,
    /// Highest minus lowest.
    pub range: f64,
    /// The threshold now.
    pub current: f64,
}

impl From<DriftStatistics> for DriftAnswer {
    fn from(drift: DriftStatistics) -> Self {
        Self {
            changes: drift.changes,
            recorded: drift.recorded,
            lowest: drift.lowest,
            highest: drift.highest,
            range: drift.range,
            current: drift.current,
        }
    }
}

/// An emergency that has not ended.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct EmergencyAnswer {
    /// `process_memory_exceeded` or `memory_limit_exceeded`.
    #[schema(example = "process_memory_exceeded")]
    pub cause: &'static str,
    /// Milliseconds since 1970-01-01 UTC.
    pub since_ms: u64,
    /// Requests that were refused since.
    pub refused: u64,
}

impl From<Emergency> for EmergencyAnswer {
    fn from(emergency: Emergency) -> Self {
        Self {
            cause: emergency.cause.as_str(),
            since_ms: emergency.since_ms,
            refused: emergency.refused,
        }
    }
}

/// How often what happened. `step` is the sum of `rejected`, `asleep`, `stops` and `admitted`.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct CountersAnswer {
    /// Requests that reached the gate.
    pub step: u64,
    /// Refused: the score is below the threshold.
    pub rejected: u64,
    /// Refused: asleep.
    pub asleep: u64,
    /// Requests at which everything stopped.
    pub stops: u64,
    /// Refused since everything stopped. They do not count as steps.
    pub stopped: u64,
    /// Refused for the prompt's text. They do not count as steps.
    pub pre_check: u64,
    /// Requests that went on.
    pub admitted: u64,
    /// Of these: answered and, where the memory took it, remembered.
    pub accepted: u64,
    /// Of these: answered, but not remembered.
    pub degraded: u64,
    /// Of these: the answer's form is not acceptable.
    pub quality_rejected: u64,
    /// Of these: the answer is blank.
    pub empty: u64,
    /// Of these: refused for the answer's text.
    pub post_check: u64,
    /// Of these: without an embedding.
    pub embedding_failed: u64,
    /// Of these: without an answer of the model.
    pub generation_failed: u64,
    /// Of these: the answer came too late.
    pub late: u64,
    /// Of these: events that the memory did not take.
    pub not_stored: u64,
    /// Of these: given up.
    pub cancelled: u64,
    /// Failures of the embedder, and refusals while it was left alone.
    pub embedding_failures: u64,
    /// Failures of the memory.
    pub memory_failures: u64,
}

impl From<Counters> for CountersAnswer {
    fn from(counters: Counters) -> Self {
        let Counters {
            step,
            rejected,
            asleep,
            stops,
            stopped,
            pre_check,
            admitted,
            accepted,
            degraded,
            quality_rejected,
            empty,
            post_check,
            embedding_failed,
            generation_failed,
            late,
            not_stored,
            cancelled,
            embedding_failures,
            memory_failures,
        } = counters;
        Self {
            step,
            rejected,
            asleep,
            stops,
            stopped,
            pre_check,
            admitted,
            accepted,
            degraded,
            quality_rejected,
            empty,
            post_check,
            embedding_failed,
            generation_failed,
            late,
            not_stored,
            cancelled,
            embedding_failures,
            memory_failures,
        }
    }
}

/// What a gate and its memory are like now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StateAnswer {
    /// Requests that reached the gate.
    pub step: u64,
    /// `wake` or `sleep`.
    #[schema(example = "wake")]
    pub phase: &'static str,
    /// Steps until the other phase begins; at least 1.
    pub phase_counter: u32,
    /// The score that the next request must reach, rounded to 4 decimals.
    pub moral_threshold: f64,
    /// The average acceptance, 0 to 1, rounded to 4 decimals.
    pub moral_ema: f64,
    /// Requests that were answered and, where the memory took it, remembered.
    pub accepted_count: u64,
    /// Requests whose score was below the threshold.
    pub rejected_count: u64,
    /// The levels that fade.
    pub synaptic_norms: SynapticNormsAnswer,
    /// Bytes of these levels.
    pub synaptic_bytes: u64,
    /// What the memory holds.
    pub pelm_stats: UsageAnswer,
    /// Entries remembered since the last consolidation.
    pub consolidation_buffer_size: u64,
    /// Requests under way.
    pub in_flight: u32,
    /// What works and what failed.
    pub reliability: ReliabilityAnswer,
    /// How far the threshold has moved.
    pub drift: DriftAnswer,
    /// The emergency that has not ended; null where there is none.
    pub emergency: Option<EmergencyAnswer>,
    /// Emergencies that are not forgotten.
    pub recent_emergencies: u32,
    /// How often what happened.
    pub counters: CountersAnswer,
}

impl From<&ControllerState> for StateAnswer {
    fn from(state: &ControllerState) -> Self {
        let gate = &state.gate;
        Self {
            step: gate.counters.step,
            phase: gate.phase.as_str(),
            phase_counter: gate.steps_left,
            moral_threshold: rounded(gate.threshold),
            moral_ema: rounded(gate.acceptance),
            accepted_count: gate.counters.accepted,
            rejected_count: gate.counters.rejected,
            synaptic_norms: state.synaptic_norms.into(),
            synaptic_bytes: state.synaptic_bytes,
            pelm_stats: state.memory.into(),
            consolidation_buffer_size: gate.unconsolidated,
            in_flight: state.flights,
            reliability: gate.into(),
            drift: state.drift.into(),
            emergency: gate.emergency.map(Into::into),
            recent_emergencies: gate.recent_emergencies,
            counters: gate.counters.into(),
        }
    }
}

/// A session of a gate with its memory.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ControllerAnswer<'a> {
    /// Names the session in every route below it.
    pub id: &'a str,
    /// How it was made.
    pub settings: SettingsAnswer<'a>,
    /// What it is like now.
    pub state: StateAnswer,
    /// Raised by one with every change.
    pub sequence: u64,
    /// Milliseconds since 1970-01-01 UTC.
    pub created_ms: u64,
    /// Milliseconds since 1970-01-01 UTC.
    pub updated_ms: u64,
}
