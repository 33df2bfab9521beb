//! Threshold and rhythm once more, in the fewest lines: what the gate must do at every step.

use crate::case::number;
use assize_core::gate::{GateState, ThresholdSettings};
use serde_json::Value;

/// With this dead band the gate does what the reference does, whose dead band ends at rounding noise.
pub(crate) const NARROW_DEAD_BAND: f64 = 0.05 - 1e-12;

/// The recorded initial threshold within its bounds, and whether it had to be moved there.
pub(crate) fn initial_threshold(recorded: &Value) -> (f64, bool) {
    if recorded.is_null() {
        return (0.5, false);
    }
    let recorded = number(recorded);
    let settings = ThresholdSettings {
        initial: recorded,
        ..ThresholdSettings::default()
    };
    let mut errors = Vec::new();
    settings.check("", &mut errors);
    (recorded.clamp(0.3, 0.9), !errors.is_empty())
}

#[derive(Debug, Clone)]
pub(crate) struct Shadow {
    pub(crate) threshold: f64,
    pub(crate) acceptance: f64,
    pub(crate) is_awake: bool,
    pub(crate) left: u32,
    pub(crate) step: u64,
    dead_band: f64,
    durations: [u32; 2],
}

impl Shadow {
    pub(crate) fn new(threshold: f64, dead_band: f64, wake: u32, sleep: u32) -> Self {
        Self {
            threshold,
            acceptance: 0.5,
            is_awake: true,
            left: wake,
            step: 0,
            dead_band,
            durations: [wake, sleep],
        }
    }

    /// Whether a request passes; none: asleep.
    pub(crate) fn admit(&mut self, score: f64) -> Option<bool> {
        self.step += 1;
        if !self.is_awake {
            self.advance();
            return None;
        }
        let accepted = score >= self.threshold;
        let signal = f64::from(u8::from(accepted));
        self.acceptance = 0.1 * signal + (1.0 - 0.1) * self.acceptance;
        let error = self.acceptance - 0.5;
        if error > self.dead_band + 1e-12 {
            self.threshold = (self.threshold + 0.05).min(0.9);
        } else if error < -self.dead_band - 1e-12 {
            self.threshold = (self.threshold - 0.05).max(0.3);
        }
        Some(accepted)
    }

    pub(crate) fn advance(&mut self) {
        self.left -= 1;
        if self.left == 0 {
            self.is_awake = !self.is_awake;
            self.left = self.durations[usize::from(!self.is_awake)];
        }
    }

    /// Whether a gate is where this is.
    pub(crate) fn is(&self, state: &GateState) -> bool {
        let phase = if self.is_awake { "wake" } else { "sleep" };
        self.threshold == state.threshold
            && self.acceptance == state.acceptance
            && self.step == state.counters.step
            && self.left == state.steps_left
            && phase == state.phase.as_str()
    }
}
