//! Wake and sleep, counted in steps.

use crate::error::{Check, FieldError, InvalidInput};
use crate::snapshot::{Reader, SnapshotError, Writer};

/// Whether requests are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// They are.
    Wake,
    /// They are refused, and what was remembered awake is consolidated.
    Sleep,
}

impl Phase {
    const ALL: [Self; 2] = [Self::Wake, Self::Sleep];

    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wake => "wake",
            Self::Sleep => "sleep",
        }
    }

    /// Where what is stored in this phase lies on the memory's phase axis, 0 to 1.
    #[must_use]
    pub const fn code(self) -> f32 {
        match self {
            Self::Wake => 0.1,
            Self::Sleep => 0.9,
        }
    }
}

/// How long each phase lasts, in steps; at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RhythmSettings {
    /// Steps awake.
    pub wake_steps: u32,
    /// Steps asleep.
    pub sleep_steps: u32,
}

impl Default for RhythmSettings {
    fn default() -> Self {
        Self {
            wake_steps: 8,
            sleep_steps: 3,
        }
    }
}

impl RhythmSettings {
    /// Adds an error for each field that is out of its range, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        let mut check = Check::at(at, errors);
        check.at_least_one("wake_steps", self.wake_steps);
        check.at_least_one("sleep_steps", self.sleep_steps);
    }

    const fn steps(&self, phase: Phase) -> u32 {
        match phase {
            Phase::Wake => self.wake_steps,
            Phase::Sleep => self.sleep_steps,
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u32(self.wake_steps);
        writer.u32(self.sleep_steps);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Ok(Self {
            wake_steps: reader.u32()?,
            sleep_steps: reader.u32()?,
        })
    }
}

/// Where in its wake or sleep a session is.
///
/// # Example
///
/// ```
/// use assize_core::gate::{Phase, Rhythm, RhythmSettings};
///
/// let mut rhythm = Rhythm::new(RhythmSettings { wake_steps: 1, sleep_steps: 2 })?;
/// assert_eq!(rhythm.phase(), Phase::Wake);
/// assert_eq!((rhythm.advance(), rhythm.steps_left()), (Phase::Sleep, 2));
/// # Ok::<(), assize_core::InvalidInput>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    // INVARIANT: both at least 1; `left` from 1 to the phase's duration.
    settings: RhythmSettings,
    phase: Phase,
    left: u32,
}

impl Rhythm {
    /// At the beginning of being awake.
    ///
    /// # Errors
    ///
    /// Every setting that is out of its range, with pointers that begin with `/rhythm`.
    pub fn new(settings: RhythmSettings) -> Result<Self, InvalidInput> {
        let mut errors = Vec::new();
        settings.check("/rhythm", &mut errors);
        InvalidInput::check(errors)?;
        Ok(Self::of(settings))
    }

    /// `settings` have been checked.
    pub(super) const fn of(settings: RhythmSettings) -> Self {
        Self {
            settings,
            phase: Phase::Wake,
            left: settings.wake_steps,
        }
    }

    /// The phase.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Steps until the other phase begins; at least 1.
    #[must_use]
    pub const fn steps_left(&self) -> u32 {
        self.left
    }

    /// One step on. Returns the phase after it.
    pub const fn advance(&mut self) -> Phase {
        if self.left > 1 {
            self.left -= 1;
        } else {
            self.phase = match self.phase {
                Phase::Wake => Phase::Sleep,
                Phase::Sleep => Phase::Wake,
            };
            self.left = self.settings.steps(self.phase);
        }
        self.phase
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u8(self.phase as u8);
        writer.u32(self.left);
    }

    pub(super) fn read(
        settings: RhythmSettings,
        reader: &mut Reader<'_>,
    ) -> Result<Self, SnapshotError> {
        let phase = reader.choice(&Phase::ALL, "phase")?;
        let left = reader.u32()?;
        if left == 0 || left > settings.steps(phase) {
            return Err(SnapshotError::Malformed("a phase is longer than it lasts"));
        }
        Ok(Self {
            settings,
            phase,
            left,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_at_least_one() {
        let error = Rhythm::new(RhythmSettings {
            wake_steps: 0,
            sleep_steps: 0,
        });
        assert_eq!(
            error.unwrap_err().to_string(),
            "`/rhythm/wake_steps` must be a whole number of at least 1, got 0; \
             `/rhythm/sleep_steps` must be a whole number of at least 1, got 0"
        );
    }

    proptest! {
        #[test]
        fn phases_alternate_and_last_as_long_as_configured(
            wake_steps in 1_u32..20, sleep_steps in 1_u32..20, steps in 1_u32..200,
        ) {
            let mut rhythm = Rhythm::new(RhythmSettings { wake_steps, sleep_steps }).unwrap();
            for step in 1..=steps {
                let into = step % (wake_steps + sleep_steps);
                let expected = if into < wake_steps { Phase::Wake } else { Phase::Sleep };
                prop_assert_eq!(rhythm.advance(), expected);
                let left = if into < wake_steps { wake_steps } else { wake_steps + sleep_steps } - into;
                prop_assert_eq!(rhythm.steps_left(), left);
            }
        }
    }
}
