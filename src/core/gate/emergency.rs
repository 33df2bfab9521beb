//! Stops everything when memory runs out, and starts again when there is enough.

use crate::error::{Check, FieldError};
use crate::snapshot::{Reader, SnapshotError, Writer};

/// What a host knows when a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conditions {
    /// Milliseconds on a clock that goes forward, across restarts too, as those since 1970 do.
    pub now_ms: u64,
    /// Memory that the whole process uses, in bytes; none where the host can't tell.
    pub process_memory_bytes: Option<u64>,
    /// Memory that this session's memory uses, in bytes; none where the host can't tell.
    pub own_memory_bytes: Option<u64>,
}

impl Conditions {
    /// A time, and nothing about memory.
    #[must_use]
    pub const fn at(now_ms: u64) -> Self {
        Self {
            now_ms,
            process_memory_bytes: None,
            own_memory_bytes: None,
        }
    }
}

/// When everything stops and starts again, as a caller writes it down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EmergencySettings {
    /// Memory of the process above which everything stops, in bytes.
    pub max_process_memory_bytes: u64,
    /// Memory of the session's memory above which everything stops, in bytes.
    pub max_own_memory_bytes: u64,
    /// Share of `max_process_memory_bytes` down to which the process must come, 0 to 1.
    pub recovery_share: f64,
    /// Time after which it recovers, in milliseconds; none: not by time.
    pub cooldown_ms: Option<u64>,
    /// Refused requests after which it recovers; at least 1.
    pub recovery_steps: u32,
    /// Emergencies from which on it does not recover by itself; at least 1.
    pub max_emergencies: u32,
    /// Time after which one emergency is forgotten, in milliseconds; at least 1.
    pub clean_period_ms: u64,
}

impl Default for EmergencySettings {
    fn default() -> Self {
        Self {
            max_process_memory_bytes: 8192 * 1024 * 1024,
            max_own_memory_bytes: 1_503_238_553,
            recovery_share: 0.8,
            cooldown_ms: Some(60_000),
            recovery_steps: 10,
            max_emergencies: 3,
            clean_period_ms: 600_000,
        }
    }
}

impl EmergencySettings {
    /// Adds an error for each field that is out of its range, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        let mut check = Check::at(at, errors);
        check.unit_interval("recovery_share", self.recovery_share);
        check.at_least_one("recovery_steps", self.recovery_steps);
        check.at_least_one("max_emergencies", self.max_emergencies);
        check.require(self.clean_period_ms >= 1, "clean_period_ms", || {
            "must be at least 1, got 0".to_owned()
        });
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.number(self.max_process_memory_bytes);
        writer.number(self.max_own_memory_bytes);
        writer.f64(self.recovery_share);
        writer.option(self.cooldown_ms, Writer::number);
        writer.u32(self.recovery_steps);
        writer.u32(self.max_emergencies);
        writer.number(self.clean_period_ms);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Ok(Self {
            max_process_memory_bytes: reader.number()?,
            max_own_memory_bytes: reader.number()?,
            recovery_share: reader.f64()?,
            cooldown_ms: reader.option(Reader::number)?,
            recovery_steps: reader.u32()?,
            max_emergencies: reader.u32()?,
            clean_period_ms: reader.number()?,
        })
    }
}

/// Why everything stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmergencyCause {
    /// The process used too much memory.
    ProcessMemory,
    /// The session's memory was too large.
    OwnMemory,
}

impl EmergencyCause {
    const ALL: [Self; 2] = [Self::ProcessMemory, Self::OwnMemory];

    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProcessMemory => "process_memory_exceeded",
            Self::OwnMemory => "memory_limit_exceeded",
        }
    }
}

/// An emergency that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emergency {
    /// Why everything stopped.
    pub cause: EmergencyCause,
    /// When, on the host's clock.
    pub since_ms: u64,
    /// Requests that were refused since.
    pub refused: u64,
}

/// What the emergency stop says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alert {
    Clear,
    /// This request found too much memory in use.
    Stops {
        cause: EmergencyCause,
        observed: u64,
        limit: u64,
    },
    Stopped(Emergency),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct EmergencyStop {
    settings: EmergencySettings,
    active: Option<Emergency>,
    /// Emergencies that are not forgotten.
    recent: u32,
    /// When the last of them began, or one was forgotten.
    counted_ms: u64,
}

impl EmergencyStop {
    pub(super) const fn new(settings: EmergencySettings) -> Self {
        Self {
            settings,
            active: None,
            recent: 0,
            counted_ms: 0,
        }
    }

    pub(super) const fn active(&self) -> Option<Emergency> {
        self.active
    }

    pub(super) const fn recent(&self) -> u32 {
        self.recent
    }

    pub(super) const fn settings(&self) -> &EmergencySettings {
        &self.settings
    }

    /// Ends an emergency and forgets all of them.
    pub(super) const fn reset(&mut self) {
        *self = Self::new(self.settings);
    }

    pub(super) fn look(&mut self, conditions: &Conditions) -> Alert {
        self.forget(conditions.now_ms);
        if let Some(mut emergency) = self.active {
            if !self.has_recovered(&emergency, conditions) {
                emergency.refused = emergency.refused.saturating_add(1);
                self.active = Some(emergency);
                return Alert::Stopped(emergency);
            }
            self.active = None;
        }
        let measures = [
            (
                EmergencyCause::ProcessMemory,
                conditions.process_memory_bytes,
                self.settings.max_process_memory_bytes,
            ),
            (
                EmergencyCause::OwnMemory,
                conditions.own_memory_bytes,
                self.settings.max_own_memory_bytes,
            ),
        ];
        for (cause, observed, limit) in measures {
            let Some(observed) = observed.filter(|observed| *observed > limit) else {
                continue;
            };
            self.active = Some(Emergency {
                cause,
                since_ms: conditions.now_ms,
                refused: 0,
            });
            self.recent = self.recent.saturating_add(1);
            self.counted_ms = conditions.now_ms;
            return Alert::Stops {
                cause,
                observed,
                limit,
            };
        }
        Alert::Clear
    }

    fn forget(&mut self, now_ms: u64) {
        let since = now_ms.saturating_sub(self.counted_ms);
        // The constructor's check forbids 0; a division by it would stop the host.
        let periods = since
            .checked_div(self.settings.clean_period_ms)
            .unwrap_or(0);
        if periods > 0 {
            let forgotten = u32::try_from(periods).unwrap_or(u32::MAX);
            self.recent = self.recent.saturating_sub(forgotten);
            self.counted_ms = now_ms;
        }
    }

    /// What is not told counts as too much.
    fn has_recovered(&self, emergency: &Emergency, conditions: &Conditions) -> bool {
        let settings = &self.settings;
        let waited = conditions.now_ms.saturating_sub(emergency.since_ms);
        let by_time = settings.cooldown_ms.is_some_and(|time| waited >= time);
        let by_steps = emergency.refused >= u64::from(settings.recovery_steps);
        let process = conditions.process_memory_bytes.map(|bytes| bytes as f64);
        let process_limit = settings.recovery_share * settings.max_process_memory_bytes as f64;
        let enough = match emergency.cause {
            EmergencyCause::ProcessMemory => process.is_some_and(|bytes| bytes <= process_limit),
            EmergencyCause::OwnMemory => {
                let own = conditions.own_memory_bytes;
                own.is_some_and(|bytes| bytes <= settings.max_own_memory_bytes)
                    && process.is_none_or(|bytes| bytes <= process_limit)
            }
        };
        self.recent < settings.max_emergencies && (by_time || by_steps) && enough
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.option(self.active, |writer, emergency| {
            writer.u8(emergency.cause as u8);
            writer.number(emergency.since_ms);
            writer.number(emergency.refused);
        });
        writer.u32(self.recent);
        writer.number(self.counted_ms);
    }

    pub(super) fn read(
        settings: EmergencySettings,
        reader: &mut Reader<'_>,
    ) -> Result<Self, SnapshotError> {
        Ok(Self {
            settings,
            active: reader.option(|reader| {
                Ok(Emergency {
                    cause: reader.choice(&EmergencyCause::ALL, "cause")?,
                    since_ms: reader.number()?,
                    refused: reader.number()?,
                })
            })?,
            recent: reader.u32()?,
            counted_ms: reader.number()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u64 = 1000;

    fn stop(settings: EmergencySettings) -> EmergencyStop {
        EmergencyStop::new(EmergencySettings {
            max_process_memory_bytes: LIMIT,
            ..settings
        })
    }

    const fn told(now_ms: u64, bytes: u64) -> Conditions {
        Conditions {
            now_ms,
            process_memory_bytes: Some(bytes),
            own_memory_bytes: None,
        }
    }

    #[test]
    fn recovery_by_steps_is_reachable() {
        let mut stop = stop(EmergencySettings {
            cooldown_ms: None,
            ..EmergencySettings::default()
        });
        assert!(matches!(stop.look(&told(0, 1001)), Alert::Stops { .. }));
        for _ in 0..10 {
            assert!(matches!(stop.look(&told(0, 800)), Alert::Stopped(_)));
        }
        assert!(matches!(stop.look(&told(0, 801)), Alert::Stopped(_)));
        assert_eq!(stop.look(&told(0, 800)), Alert::Clear);
    }

    #[test]
    fn third_emergency_ends_after_a_clean_period() {
        let mut stop = stop(EmergencySettings::default());
        let mut now = 0;
        for _ in 0..2 {
            assert!(matches!(stop.look(&told(now, 1001)), Alert::Stops { .. }));
            now += 60_000;
            assert_eq!(stop.look(&told(now, 800)), Alert::Clear);
        }
        assert!(matches!(stop.look(&told(now, 1001)), Alert::Stops { .. }));
        assert!(matches!(
            stop.look(&told(now + 599_999, 0)),
            Alert::Stopped(_)
        ));
        assert_eq!(stop.look(&told(now + 600_000, 0)), Alert::Clear);
        assert_eq!(stop.recent(), 2);
        assert_eq!(stop.look(&told(u64::MAX, 0)), Alert::Clear);
        assert_eq!(stop.recent(), 0);
    }

    #[test]
    fn what_is_not_told_does_not_end_an_emergency() {
        let mut stop = stop(EmergencySettings::default());
        assert_eq!(stop.look(&Conditions::at(0)), Alert::Clear);
        assert!(matches!(stop.look(&told(0, 1001)), Alert::Stops { .. }));
        assert!(matches!(
            stop.look(&Conditions::at(70_000)),
            Alert::Stopped(_)
        ));
        stop.reset();
        assert_eq!(stop.look(&Conditions::at(0)), Alert::Clear);
    }
}
