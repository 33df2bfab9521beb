//! How far the threshold has moved: the last changes, in a ring.

use crate::snapshot::{Reader, SnapshotError, Writer};

/// Changes that are kept.
const KEPT: usize = 100;
/// Changes over which a drift is measured.
const SPAN: usize = 10;
/// Drift over [`SPAN`] changes from which it is sustained.
const SUSTAINED: f64 = 0.15;
/// Below this, a difference from [`SUSTAINED`] is rounding noise.
const TOLERANCE: f64 = 1e-12;

/// The threshold went far in its last changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DriftAlarm {
    /// The newest threshold minus that of nine changes ago.
    pub change: f64,
    /// The size of a change from which an alarm is given.
    pub limit: f64,
    /// Over how many changes it is measured.
    pub changes: u32,
}

/// Where the threshold has been. Thresholds are 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DriftStatistics {
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

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drift {
    changes: u64,
    /// The change with number n stands at n modulo its length.
    ring: [f64; KEPT],
}

impl Drift {
    pub(super) const fn new() -> Self {
        Self {
            changes: 0,
            ring: [0.0; KEPT],
        }
    }

    const fn recorded(&self) -> usize {
        if self.changes < KEPT as u64 {
            self.changes as usize
        } else {
            KEPT
        }
    }

    /// The threshold after the change with a number, counted from 0.
    fn after(&self, number: u64) -> Option<f64> {
        self.ring.get((number % KEPT as u64) as usize).copied()
    }

    pub(super) fn record(&mut self, value: f64) -> Option<DriftAlarm> {
        if let Some(slot) = self.ring.get_mut((self.changes % KEPT as u64) as usize) {
            *slot = value;
        }
        self.changes = self.changes.saturating_add(1);
        let earlier = self.after(self.changes.checked_sub(SPAN as u64)?)?;
        let change = value - earlier;
        (change.abs() >= SUSTAINED - TOLERANCE).then_some(DriftAlarm {
            change,
            limit: SUSTAINED,
            changes: SPAN as u32,
        })
    }

    pub(super) fn statistics(&self, current: f64) -> DriftStatistics {
        let recorded = self.recorded();
        let values = self.ring.get(..recorded).unwrap_or_default();
        let (mut lowest, mut highest) = (current, current);
        for value in values {
            lowest = lowest.min(*value);
            highest = highest.max(*value);
        }
        DriftStatistics {
            changes: self.changes,
            recorded: recorded as u32,
            lowest,
            highest,
            range: highest - lowest,
            current,
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.number(self.changes);
        for value in self.ring.get(..self.recorded()).unwrap_or_default() {
            writer.f64(*value);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        let mut drift = Self::new();
        drift.changes = reader.number()?;
        let recorded = drift.recorded();
        for slot in drift.ring.get_mut(..recorded).unwrap_or_default() {
            *slot = reader.f64()?;
            if !(0.0..=1.0).contains(slot) {
                return Err(SnapshotError::Malformed("a threshold is out of its range"));
            }
        }
        Ok(drift)
    }
}
