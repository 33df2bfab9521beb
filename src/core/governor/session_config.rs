//! How the session governor decides.

use crate::error::{Check, FieldError, InvalidInput};

/// How the session governor decides, as a caller writes it down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SessionSettings {
    /// Number of cycles after which the governor freezes at the latest; indices count from 0. At least 1.
    pub max_cycles: u32,
    /// Risk above which an answer is disqualified, 0 to 1.
    pub max_risk: f64,
    /// Similarity from which the answers count as converged, 0 to 1.
    pub similarity_converge: f64,
    /// Improvement of the chosen score below which a cycle counts towards a plateau, 0 to 1,000,000.
    pub min_improvement: f64,
    /// Cycles on end without improvement that make a plateau. At least 1.
    pub plateau_cycles: u32,
    /// Contradiction that may be spent, 0 to 1,000,000.
    pub contradiction_budget: f64,
    /// Share of a contested cycle's contradiction that is spent, 0 to 1,000,000.
    pub contradiction_decay: f64,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            max_cycles: 4,
            max_risk: 0.35,
            similarity_converge: 0.90,
            min_improvement: 0.02,
            plateau_cycles: 2,
            contradiction_budget: 1.50,
            contradiction_decay: 0.175,
        }
    }
}

impl SessionSettings {
    /// Adds an error for each field that is out of its range, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        let mut check = Check::at(at, errors);
        check.at_least_one("max_cycles", self.max_cycles);
        check.unit_interval("max_risk", self.max_risk);
        check.unit_interval("similarity_converge", self.similarity_converge);
        check.amount("min_improvement", self.min_improvement);
        check.at_least_one("plateau_cycles", self.plateau_cycles);
        check.amount("contradiction_budget", self.contradiction_budget);
        check.amount("contradiction_decay", self.contradiction_decay);
    }
}

/// [`SessionSettings`] whose every field is in its range.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SessionConfig {
    // INVARIANT: `settings.check` finds nothing.
    settings: SessionSettings,
}

impl SessionConfig {
    /// Takes settings that are in their ranges.
    ///
    /// # Errors
    ///
    /// Every field that is out of its range, with pointers that begin with `/config`.
    pub fn new(settings: SessionSettings) -> Result<Self, InvalidInput> {
        let mut errors = Vec::new();
        settings.check("/config", &mut errors);
        InvalidInput::check(errors)?;
        Ok(Self { settings })
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &SessionSettings {
        &self.settings
    }
}
