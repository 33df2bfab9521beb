//! Whether a gate with its memory is as it should be.

use crate::floats::{percentage, rounded};
use assize_core::controller::ControllerState;
use assize_core::gate::BreakerState;
use serde::Serialize;
use utoipa::ToSchema;

/// Whether a gate with its memory is as it should be. A full memory is: it is how every memory ends.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GateHealthAnswer {
    /// `healthy`; `degraded` where something is to be done.
    #[schema(example = "healthy")]
    pub status: &'static str,
    /// What was looked at.
    pub checks: GateChecksAnswer,
}

/// What is looked at.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GateChecksAnswer {
    /// The memory.
    pub memory: MemoryCheckAnswer,
    /// The threshold.
    pub moral_filter: ThresholdCheckAnswer,
    /// The rhythm.
    pub phase: PhaseCheckAnswer,
    /// The embedder.
    pub embedding: StatusCheckAnswer,
}

/// How full the memory is, and whether it works.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MemoryCheckAnswer {
    /// `ok`; `warning` where the memory is left out because it fails.
    #[schema(example = "ok")]
    pub status: &'static str,
    /// Entries.
    pub used: u32,
    /// Entries that there can be.
    pub capacity: u32,
    /// `used` of `capacity`, 0 to 100, rounded to 2 decimals.
    pub percentage: f64,
}

/// Where the threshold stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ThresholdCheckAnswer {
    /// `ok`; `error` in an emergency, when everything is refused.
    #[schema(example = "ok")]
    pub status: &'static str,
    /// 0 to 1, rounded to 4 decimals.
    pub threshold: f64,
}

/// Where the rhythm stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PhaseCheckAnswer {
    /// `wake` or `sleep`.
    #[schema(example = "wake")]
    pub current: &'static str,
    /// Requests that reached the gate.
    pub step: u64,
}

/// Whether something works.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StatusCheckAnswer {
    /// `ok`; `warning` where it is left alone because it fails.
    #[schema(example = "ok")]
    pub status: &'static str,
}

const fn of(breaker: BreakerState) -> &'static str {
    match breaker {
        BreakerState::Open => "warning",
        _ => "ok",
    }
}

impl From<&ControllerState> for GateHealthAnswer {
    fn from(state: &ControllerState) -> Self {
        let (gate, usage) = (&state.gate, &state.memory);
        let share = f64::from(usage.entries) / f64::from(usage.capacity.max(1));
        let checks = GateChecksAnswer {
            memory: MemoryCheckAnswer {
                status: of(gate.memory_breaker),
                used: usage.entries,
                capacity: usage.capacity,
                percentage: percentage(share),
            },
            moral_filter: ThresholdCheckAnswer {
                status: match gate.emergency {
                    Some(_) => "error",
                    None => "ok",
                },
                threshold: rounded(gate.threshold),
            },
            phase: PhaseCheckAnswer {
                current: gate.phase.as_str(),
                step: gate.counters.step,
            },
            embedding: StatusCheckAnswer {
                status: of(gate.embedding_breaker),
            },
        };
        let statuses = [
            checks.memory.status,
            checks.moral_filter.status,
            checks.embedding.status,
        ];
        let is_healthy = statuses.iter().all(|status| *status == "ok");
        Self {
            status: if is_healthy { "healthy" } else { "degraded" },
            checks,
        }
    }
}
