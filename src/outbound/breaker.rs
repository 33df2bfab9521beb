//! A circuit breaker: after several failures in a row, a service is left alone for a while.

use std::time::Duration;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Failures in a row after which it opens; 0 counts as 1.
    pub failures: u32,
    /// How long it stays open after the last failure.
    pub open: Duration,
}

/// Which calls a breaker lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// All.
    Closed,
    /// None, until the time is over.
    Open,
    /// One, and all or none after it.
    HalfOpen,
}

/// Leave to make one call. It is given back to the breaker with how the call ended.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the breaker waits for how the call ended"]
pub struct BreakerPermit {
    generation: u64,
}

/// Why a call is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("circuit breaker is open")]
pub struct BreakerOpen {
    /// How long until a call may be tried; zero while one is being tried.
    pub retry_after: Duration,
}

/// Closed, open, half-open. Times are since any fixed start and are given, never read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
    policy: BreakerPolicy,
    state: BreakerState,
    failures: u32,
    last_failure: Duration,
    /// Rises with each change of state, so that a call that began before it changes nothing after it.
    generation: u64,
}

impl Breaker {
    /// Closed, without a failure.
    #[must_use]
    pub const fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            state: BreakerState::Closed,
            failures: 0,
            last_failure: Duration::ZERO,
            generation: 0,
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> BreakerState {
        self.state
    }

    /// Failures since the last success.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// When a call failed last; zero if none did.
    #[must_use]
    pub const fn last_failure(&self) -> Duration {
        self.last_failure
    }

    /// Whether a call would be let through now.
    ///
    /// # Errors
    ///
    /// [`BreakerOpen`] if not.
    pub fn check(&self, now: Duration) -> Result<(), BreakerOpen> {
        let elapsed = now.saturating_sub(self.last_failure);
        match self.state {
            BreakerState::Closed => Ok(()),
            BreakerState::Open if elapsed > self.policy.open => Ok(()),
            BreakerState::Open => Err(BreakerOpen {
                retry_after: self.policy.open.saturating_sub(elapsed),
            }),
            BreakerState::HalfOpen => Err(BreakerOpen {
                retry_after: Duration::ZERO,
            }),
        }
    }

    /// Lets a call through. The first one after the open time is the probe; until it ends, no other is let through.
    ///
    /// # Errors
    ///
    /// [`BreakerOpen`]: the call is not to be made.
    pub fn admit(&mut self, now: Duration) -> Result<BreakerPermit, BreakerOpen> {
        self.check(now)?;
        if self.state == BreakerState::Open {
            self.become_state(BreakerState::HalfOpen);
        }
        Ok(BreakerPermit {
            generation: self.generation,
        })
    }

    /// The service answered.
    pub fn succeeded(&mut self, permit: BreakerPermit) {
        if !self.is_current(&permit) {
            return;
        }
        self.failures = 0;
        if self.state != BreakerState::Closed {
            self.become_state(BreakerState::Closed);
        }
    }

    /// The service did not answer, or with a failure of its own.
    pub fn failed(&mut self, permit: BreakerPermit, now: Duration) {
        if !self.is_current(&permit) {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        self.last_failure = now;
        if self.state == BreakerState::HalfOpen || self.failures >= self.policy.failures {
            self.become_state(BreakerState::Open);
        }
    }

    /// The call ended without telling anything of the service. After a probe, the next call is one.
    pub fn abandoned(&mut self, permit: BreakerPermit) {
        if self.is_current(&permit) && self.state == BreakerState::HalfOpen {
            self.become_state(BreakerState::Open);
        }
    }

    const fn is_current(&self, permit: &BreakerPermit) -> bool {
        permit.generation == self.generation
    }

    const fn become_state(&mut self, state: BreakerState) {
        self.state = state;
        self.generation = self.generation.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: BreakerPolicy = BreakerPolicy {
        failures: 2,
        open: Duration::from_secs(60),
    };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::new(POLICY);
        for now in [1, 2] {
            let permit = breaker.admit(at(now)).unwrap();
            breaker.failed(permit, at(now));
        }
        assert_eq!(breaker.state(), BreakerState::Open);
        breaker
    }

    #[test]
    fn half_open_has_one_probe() {
        let mut breaker = opened();
        let error = breaker.admit(at(32)).unwrap_err();
        assert_eq!(error.retry_after, at(30));
        assert!(breaker.admit(at(62)).is_err());
        let probe = breaker.admit(at(63)).unwrap();
        for now in [63, 64, 1_000_000] {
            assert_eq!(breaker.state(), BreakerState::HalfOpen);
            assert!(breaker.admit(at(now)).is_err());
        }
        breaker.succeeded(probe);
        assert_eq!(breaker.state(), BreakerState::Closed);
        assert_eq!(breaker.failures(), 0);
    }

    #[test]
    fn a_failed_probe_opens_again_for_the_whole_time() {
        let mut breaker = opened();
        let probe = breaker.admit(at(63)).unwrap();
        breaker.failed(probe, at(70));
        assert!(breaker.admit(at(130)).is_err());
        assert!(breaker.admit(at(131)).is_ok());
    }

    #[test]
    fn an_abandoned_probe_leaves_the_next_call_to_probe() {
        let mut breaker = opened();
        let probe = breaker.admit(at(63)).unwrap();
        breaker.abandoned(probe);
        assert!(breaker.admit(at(63)).is_ok());
        assert!(breaker.admit(at(63)).is_err());
    }

    #[test]
    fn what_began_before_a_change_changes_nothing_after_it() {
        let mut breaker = Breaker::new(POLICY);
        let [first, second, late_success, late_failure] =
            [1, 1, 1, 1].map(|now| breaker.admit(at(now)).unwrap());
        breaker.failed(first, at(2));
        breaker.failed(second, at(2));
        breaker.succeeded(late_success);
        assert_eq!(breaker.state(), BreakerState::Open);
        let probe = breaker.admit(at(63)).unwrap();
        breaker.failed(late_failure, at(64));
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        breaker.succeeded(probe);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    proptest! {
        /// Whatever is done in whatever order: half-open has at most one call, and no call is let through while open.
        #[test]
        fn there_is_never_a_second_probe(
            steps in proptest::collection::vec((0_u8..4, 0_u64..50, any::<usize>()), 0..200),
        ) {
            let mut breaker = Breaker::new(POLICY);
            let (mut now, mut permits, mut probes) = (0, Vec::new(), 0);
            for (action, later, index) in steps {
                now += later;
                let was = breaker.state();
                if action == 0 || permits.is_empty() {
                    if let Ok(permit) = breaker.admit(at(now)) {
                        prop_assert_ne!(was, BreakerState::HalfOpen);
                        if breaker.state() == BreakerState::HalfOpen {
                            prop_assert!(now > breaker.last_failure().as_secs() + 60);
                            probes = 1;
                        }
                        permits.push(permit);
                    }
                } else {
                    let permit = permits.swap_remove(index % permits.len());
                    match action {
                        1 => breaker.succeeded(permit),
                        2 => breaker.failed(permit, at(now)),
                        _ => breaker.abandoned(permit),
                    }
                }
                if breaker.state() != BreakerState::HalfOpen {
                    probes = 0;
                }
                let current = permits.iter().filter(|permit| breaker.is_current(permit)).count();
                if breaker.state() == BreakerState::HalfOpen {
                    prop_assert_eq!(current, probes);
                }
            }
        }
    }
}
