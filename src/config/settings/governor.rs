//! What the governor takes where a request says nothing.

use assize_core::governor::CycleSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the governor takes where a request says nothing; what is absent here too is the core's own default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GovernorSettings {
    /// The cycle, counted from 1, at which the governor stops at the latest.
    #[schemars(range(min = 1, max = 4_294_967_295u32))]
    pub max_cycles: Option<u32>,
    /// Similarity from which the outputs count as converged.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub similarity_threshold: Option<f64>,
    /// Risk above which the governor stops.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub risk_threshold: Option<f64>,
    /// Contradiction budget that a session starts with.
    #[schemars(range(min = 0.0, max = 1_000_000.0))]
    pub initial_contradiction_budget: Option<f64>,
    /// Share of a cycle's contradiction that is spent from the budget.
    #[schemars(range(min = 0.0, max = 1_000_000.0))]
    pub contradiction_decay_rate: Option<f64>,
    /// Improvement of quality over the previous cycle below which the governor stops.
    #[schemars(range(min = 0.0, max = 1_000_000.0))]
    pub quality_improvement_threshold: Option<f64>,
}

impl GovernorSettings {
    /// The settings of a request that says nothing.
    #[must_use]
    pub fn cycle_settings(&self) -> CycleSettings {
        let core = CycleSettings::default();
        let or = Option::unwrap_or;
        CycleSettings {
            max_cycles: self.max_cycles.unwrap_or(core.max_cycles),
            similarity_threshold: or(self.similarity_threshold, core.similarity_threshold),
            risk_threshold: or(self.risk_threshold, core.risk_threshold),
            initial_contradiction_budget: or(
                self.initial_contradiction_budget,
                core.initial_contradiction_budget,
            ),
            contradiction_decay_rate: or(
                self.contradiction_decay_rate,
                core.contradiction_decay_rate,
            ),
            quality_improvement_threshold: or(
                self.quality_improvement_threshold,
                core.quality_improvement_threshold,
            ),
            ..core
        }
    }
}
