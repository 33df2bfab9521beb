//! Stops asking what keeps failing, and tries again after a while.

use crate::error::{Check, FieldError};
use crate::snapshot::{Reader, SnapshotError, Writer};

/// When a breaker opens and closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Failures on end that open it; at least 1.
    pub failures: u32,
    /// Time after the last failure until it is tried again, in milliseconds.
    pub cooldown_ms: u64,
    /// Successes on end that close it again; at least 1.
    pub successes: u32,
}

impl BreakerSettings {
    /// Of embeddings: 5 failures, 60 seconds, 2 successes.
    pub const EMBEDDING: Self = Self {
        failures: 5,
        cooldown_ms: 60_000,
        successes: 2,
    };
    /// Of the memory: 3 failures, 60 seconds, 1 success.
    pub const MEMORY: Self = Self {
        failures: 3,
        cooldown_ms: 60_000,
        successes: 1,
    };

    /// Adds an error for each field that is out of its range, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        let mut check = Check::at(at, errors);
        check.at_least_one("failures", self.failures);
        check.at_least_one("successes", self.successes);
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u32(self.failures);
        writer.number(self.cooldown_ms);
        writer.u32(self.successes);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Ok(Self {
            failures: reader.u32()?,
            cooldown_ms: reader.number()?,
            successes: reader.u32()?,
        })
    }
}

/// Whether a breaker lets calls through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// It does.
    Closed,
    /// It does not.
    Open,
    /// It does, to see whether they succeed again.
    HalfOpen,
}

impl BreakerState {
    const ALL: [Self; 3] = [Self::Closed, Self::Open, Self::HalfOpen];

    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Breaker {
    settings: BreakerSettings,
    state: BreakerState,
    failures: u32,
    successes: u32,
    last_failure_ms: u64,
}

impl Breaker {
    pub(super) const fn new(settings: BreakerSettings) -> Self {
        Self {
            settings,
            state: BreakerState::Closed,
            failures: 0,
            successes: 0,
            last_failure_ms: 0,
        }
    }

    pub(super) const fn state(&self) -> BreakerState {
        self.state
    }

    /// Whether a call may be made now; if not, after how many milliseconds. A clock that went back
    /// counts as no time.
    pub(super) const fn permits(&mut self, now_ms: u64) -> Result<(), u64> {
        if matches!(self.state, BreakerState::Open) {
            let since = now_ms.saturating_sub(self.last_failure_ms);
            let left = self.settings.cooldown_ms.saturating_sub(since);
            if left > 0 {
                return Err(left);
            }
            self.state = BreakerState::HalfOpen;
            self.successes = 0;
        }
        Ok(())
    }

    pub(super) const fn succeed(&mut self) {
        match self.state {
            BreakerState::Closed => self.failures = 0,
            BreakerState::HalfOpen => {
                self.successes = self.successes.saturating_add(1);
                if self.successes >= self.settings.successes {
                    *self = Self::new(self.settings);
                }
            }
            // A call that was made before it opened says nothing about now.
            BreakerState::Open => {}
        }
    }

    pub(super) const fn fail(&mut self, now_ms: u64) {
        self.failures = self.failures.saturating_add(1);
        self.last_failure_ms = now_ms;
        let is_probe = matches!(self.state, BreakerState::HalfOpen);
        if is_probe || self.failures >= self.settings.failures {
            self.state = BreakerState::Open;
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.u8(self.state as u8);
        writer.u32(self.failures);
        writer.u32(self.successes);
        writer.number(self.last_failure_ms);
    }

    pub(super) fn read(
        settings: BreakerSettings,
        reader: &mut Reader<'_>,
    ) -> Result<Self, SnapshotError> {
        Ok(Self {
            settings,
            state: reader.choice(&BreakerState::ALL, "breaker")?,
            failures: reader.u32()?,
            successes: reader.u32()?,
            last_failure_ms: reader.number()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_failures_on_end_and_closes_after_successes() {
        let mut breaker = Breaker::new(BreakerSettings::EMBEDDING);
        for _ in 0..4 {
            breaker.fail(1000);
        }
        breaker.succeed();
        for _ in 0..4 {
            breaker.fail(1000);
        }
        assert_eq!(breaker.permits(1000), Ok(()));
        breaker.fail(1000);
        assert_eq!(breaker.permits(500), Err(60_000));
        assert_eq!(breaker.permits(60_999), Err(1));
        assert_eq!(breaker.permits(61_000), Ok(()));
        breaker.succeed();
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        breaker.fail(61_000);
        assert_eq!(breaker.permits(120_999), Err(1));
        assert_eq!(breaker.permits(121_000), Ok(()));
        breaker.succeed();
        breaker.succeed();
        assert_eq!(breaker.state(), BreakerState::Closed);
    }
}
