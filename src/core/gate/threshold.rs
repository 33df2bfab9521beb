//! The bar that a request's score must reach, and how it follows the share of requests that pass.

use super::drift::{Drift, DriftAlarm, DriftStatistics};
use crate::error::{Check, FieldError, InvalidInput};
use crate::snapshot::{Reader, SnapshotError, Writer};

/// Differences below this are rounding noise, so that the dead band is as wide above as below.
const TOLERANCE: f64 = 1e-12;

/// A request's score: 0 is the worst, 1 the best.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Score(
    // INVARIANT: 0 to 1.
    f64,
);

impl Score {
    /// Takes a number from 0 to 1.
    ///
    /// # Errors
    ///
    /// Anything else, with a pointer to `score`.
    pub fn new(value: f64) -> Result<Self, InvalidInput> {
        let mut errors = Vec::new();
        Check::at("", &mut errors).unit_interval("score", value);
        InvalidInput::check(errors)?;
        Ok(Self(value))
    }

    pub(super) const fn clamped(value: f64) -> Self {
        Self(if value.is_nan() {
            0.0
        } else {
            value.clamp(0.0, 1.0)
        })
    }

    /// The number, 0 to 1.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// How the threshold moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Towards the target share of accepted requests, between floor and ceiling.
    #[default]
    Homeostatic,
    /// Not at all.
    Fixed,
    /// As [`Policy::Homeostatic`], but never below the initial threshold: no flood of refusals
    /// lowers the bar.
    Bounded,
}

impl Policy {
    /// Every policy.
    pub const ALL: [Self; 3] = [Self::Homeostatic, Self::Fixed, Self::Bounded];

    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Homeostatic => "homeostatic",
            Self::Fixed => "fixed",
            Self::Bounded => "bounded",
        }
    }
}

/// How the threshold moves, as a caller writes it down. Shares and thresholds are 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThresholdSettings {
    /// How it moves.
    pub policy: Policy,
    /// Where it begins, from `floor` to `ceiling`.
    pub initial: f64,
    /// Lowest threshold.
    pub floor: f64,
    /// Highest threshold.
    pub ceiling: f64,
    /// How far one request moves it, at most.
    pub step: f64,
    /// Weight of the newest request in the average acceptance; above 0.
    pub alpha: f64,
    /// How far the average may be from the target without a move.
    pub dead_band: f64,
    /// Share of requests that are to be accepted.
    pub target: f64,
}

impl Default for ThresholdSettings {
    fn default() -> Self {
        Self {
            policy: Policy::Homeostatic,
            initial: 0.5,
            floor: 0.3,
            ceiling: 0.9,
            step: 0.05,
            alpha: 0.1,
            dead_band: 0.05,
            target: 0.5,
        }
    }
}

impl ThresholdSettings {
    /// Adds an error for each field that is out of its range, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        let mut check = Check::at(at, errors);
        for (field, value) in [
            ("floor", self.floor),
            ("ceiling", self.ceiling),
            ("step", self.step),
            ("dead_band", self.dead_band),
            ("target", self.target),
        ] {
            check.unit_interval(field, value);
        }
        check.require(self.alpha > 0.0 && self.alpha <= 1.0, "alpha", || {
            format!("must be a number above 0 and up to 1, got {}", self.alpha)
        });
        let (floor, ceiling) = (self.floor, self.ceiling);
        check.require((floor..=ceiling).contains(&self.initial), "initial", || {
            format!(
                "must be from `floor` to `ceiling`, {floor} to {ceiling}, got {}",
                self.initial
            )
        });
    }

    /// The lowest threshold that the policy permits.
    const fn lowest(&self) -> f64 {
        match self.policy {
            Policy::Homeostatic => self.floor,
            Policy::Fixed | Policy::Bounded => self.initial,
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u8(self.policy as u8);
        for value in [
            self.initial,
            self.floor,
            self.ceiling,
            self.step,
            self.alpha,
            self.dead_band,
            self.target,
        ] {
            writer.f64(value);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Ok(Self {
            policy: reader.choice(&Policy::ALL, "policy")?,
            initial: reader.f64()?,
            floor: reader.f64()?,
            ceiling: reader.f64()?,
            step: reader.f64()?,
            alpha: reader.f64()?,
            dead_band: reader.f64()?,
            target: reader.f64()?,
        })
    }
}

/// What one request did to the threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adaptation {
    /// Whether the score reached the threshold.
    pub accepted: bool,
    /// The threshold that the score was held against.
    pub before: f64,
    /// The threshold for the next request.
    pub after: f64,
    /// The average acceptance after this request, 0 to 1.
    pub acceptance: f64,
    /// Whether the threshold has gone far in one direction.
    pub alarm: Option<DriftAlarm>,
}

/// The threshold, the average acceptance and the last changes.
///
/// # Example
///
/// ```
/// use assize_core::gate::{Score, Threshold, ThresholdSettings};
///
/// let mut threshold = Threshold::new(ThresholdSettings::default())?;
/// assert!(threshold.adapt(Score::new(0.5)?).accepted);
/// assert!(!threshold.adapt(Score::new(0.4)?).accepted);
/// # Ok::<(), assize_core::InvalidInput>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    // INVARIANT: `settings.check` finds nothing; `value` is from floor to ceiling.
    settings: ThresholdSettings,
    value: f64,
    acceptance: f64,
    drift: Drift,
}

impl Threshold {
    /// A threshold before its first request.
    ///
    /// # Errors
    ///
    /// Every setting that is out of its range, with pointers that begin with `/threshold`.
    pub fn new(settings: ThresholdSettings) -> Result<Self, InvalidInput> {
        let mut errors = Vec::new();
        settings.check("/threshold", &mut errors);
        InvalidInput::check(errors)?;
        Ok(Self::of(settings))
    }

    /// `settings` have been checked.
    pub(super) fn of(settings: ThresholdSettings) -> Self {
        Self {
            settings,
            value: settings.initial,
            acceptance: settings.target,
            drift: Drift::new(),
        }
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &ThresholdSettings {
        &self.settings
    }

    /// The score that the next request must reach.
    #[must_use]
    pub const fn value(&self) -> f64 {
        self.value
    }

    /// The exponential moving average of acceptance, 0 to 1.
    #[must_use]
    pub const fn acceptance(&self) -> f64 {
        self.acceptance
    }

    /// How far the threshold has moved.
    #[must_use]
    pub fn drift(&self) -> DriftStatistics {
        self.drift.statistics(self.value)
    }

    /// Whether a score reaches the threshold. Changes nothing.
    #[must_use]
    pub fn accepts(&self, score: Score) -> bool {
        score.0 >= self.value
    }

    /// Judges a score and adapts.
    pub fn adapt(&mut self, score: Score) -> Adaptation {
        self.follow(self.accepts(score))
    }

    /// Adapts to a decision that was made elsewhere.
    pub fn follow(&mut self, accepted: bool) -> Adaptation {
        let ThresholdSettings {
            policy,
            step,
            alpha,
            dead_band,
            target,
            ceiling,
            ..
        } = self.settings;
        let before = self.value;
        let signal = if accepted { 1.0 } else { 0.0 };
        self.acceptance = alpha * signal + (1.0 - alpha) * self.acceptance;
        let error = self.acceptance - target;
        if policy != Policy::Fixed {
            if error > dead_band + TOLERANCE {
                self.value = (self.value + step).min(ceiling);
            } else if error < -dead_band - TOLERANCE {
                self.value = (self.value - step).max(self.settings.lowest());
            }
        }
        let alarm = (self.value != before)
            .then(|| self.drift.record(self.value))
            .flatten();
        Adaptation {
            accepted,
            before,
            after: self.value,
            acceptance: self.acceptance,
            alarm,
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.f64(self.value);
        writer.f64(self.acceptance);
        self.drift.write(writer);
    }

    pub(super) fn read(
        settings: ThresholdSettings,
        reader: &mut Reader<'_>,
    ) -> Result<Self, SnapshotError> {
        let threshold = Self {
            settings,
            value: reader.f64()?,
            acceptance: reader.f64()?,
            drift: Drift::read(reader)?,
        };
        let within = (settings.lowest()..=settings.ceiling).contains(&threshold.value)
            && (0.0..=1.0).contains(&threshold.acceptance);
        if within {
            Ok(threshold)
        } else {
            Err(SnapshotError::Malformed("a threshold is out of its range"))
        }
    }
}

#[cfg(test)]
mod tests;
