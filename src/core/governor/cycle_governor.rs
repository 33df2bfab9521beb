//! Cycles that share one budget and one history: the cycle governor with a memory.

use super::cycle::{
    CycleConfig, CycleEvaluation, CycleInput, CycleSettings, CycleStop, EngineOutput, judge,
};
use super::wisdom::{Wisdom, WisdomLog};
use crate::error::{Error, InvalidInput};
use crate::limits::{LimitReached, SESSION_CYCLES};
use crate::snapshot::{Kind, Reader, SnapshotError, Writer};

/// What is kept of one cycle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CycleRecord {
    /// Share of words that both outputs had, 0 to 1.
    pub similarity: f64,
    /// Risk, 0 to 1.
    pub risk: f64,
    /// Composite quality, 0 to 1.
    pub quality: f64,
    /// What was left of the budget after the cycle.
    pub budget_remaining: f64,
    /// The rule that stopped the cycle; none if it went on.
    pub stop_reason: Option<CycleStop>,
}

/// Everything that a cycle governor did, for an auditor.
#[derive(Debug, Clone, PartialEq)]
pub struct CycleAudit {
    /// The budget at the start.
    pub contradiction_budget: f64,
    /// What the cycles spent of it.
    pub contradiction_budget_used: f64,
    /// The rule that stopped the last cycle; none if it went on or there was none.
    pub stop_reason: Option<CycleStop>,
    /// The cycles in order; the first is cycle 1.
    pub cycles: Vec<CycleRecord>,
    /// The lessons recorded beside the session.
    pub wisdom: Vec<Wisdom>,
}

/// The cycle governor with its memory: numbers the cycles, threads the budget through them and
/// compares each quality with the one before.
///
/// After a stop it refuses further cycles until it is reopened.
///
/// # Example
///
/// ```
/// use assize_core::governor::{CycleConfig, CycleGovernor, EngineOutput};
///
/// let mut governor = CycleGovernor::new(CycleConfig::default());
/// let side = EngineOutput { output: "scale to four replicas", confidence: 0.9 };
/// let evaluation = governor.evaluate(&side, &side)?;
/// assert_eq!(evaluation.stop_reason.unwrap().as_str(), "CONVERGENCE_ACHIEVED");
/// assert!(governor.evaluate(&side, &side).is_err());
///
/// let restored = CycleGovernor::restore(&governor.snapshot())?;
/// assert_eq!(restored, governor);
/// # Ok::<(), assize_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CycleGovernor {
    config: CycleConfig,
    // INVARIANT: at most `SESSION_CYCLES`.
    cycles: Vec<CycleRecord>,
    stopped: bool,
    wisdom: WisdomLog,
}

impl CycleGovernor {
    /// A governor before its first cycle.
    #[must_use]
    pub fn new(config: CycleConfig) -> Self {
        Self {
            config,
            cycles: Vec::new(),
            stopped: false,
            wisdom: WisdomLog::default(),
        }
    }

    /// The settings that it was made with.
    #[must_use]
    pub const fn settings(&self) -> &CycleSettings {
        self.config.settings()
    }

    /// Number of cycles so far.
    #[must_use]
    pub const fn total_cycles(&self) -> usize {
        self.cycles.len()
    }

    /// Whether a stop bars further cycles.
    #[must_use]
    pub const fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// What is left of the budget; below 0 if the last cycle overspent it.
    #[must_use]
    pub fn budget_remaining(&self) -> f64 {
        self.cycles
            .last()
            .map_or(self.settings().initial_contradiction_budget, |last| {
                last.budget_remaining
            })
    }

    /// Judges the next cycle.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] names each field that is not acceptable, [`Error::Conflict`] says
    /// that the governor has stopped, [`Error::Limit`] that it holds as many cycles as it may.
    /// Whatever the error, the governor is as it was.
    pub fn evaluate(
        &mut self,
        left: &EngineOutput<'_>,
        right: &EngineOutput<'_>,
    ) -> Result<CycleEvaluation, Error> {
        let mut errors = Vec::new();
        left.check("/left", &mut errors);
        right.check("/right", &mut errors);
        InvalidInput::check(errors)?;
        if self.stopped {
            let rule = self.cycles.last().and_then(|last| last.stop_reason);
            let rule = rule.map_or("", CycleStop::as_str);
            return Err(Error::Conflict(format!(
                "the session stopped after cycle {} ({rule}); reopen it to go on",
                self.cycles.len()
            )));
        }
        let number = self.cycles.len() + 1;
        LimitReached::check("session-cycles", SESSION_CYCLES, number)?;
        let evaluation = judge(
            &self.config,
            &CycleInput {
                left: *left,
                right: *right,
                budget: self.budget_remaining(),
                cycle: number as u32,
                previous_quality: self.cycles.last().map(|last| last.quality),
            },
        );
        self.stopped = evaluation.stop_reason.is_some();
        self.cycles.push(CycleRecord {
            similarity: evaluation.similarity,
            risk: evaluation.risk,
            quality: evaluation.quality,
            budget_remaining: evaluation.budget_remaining,
            stop_reason: evaluation.stop_reason,
        });
        Ok(evaluation)
    }

    /// Permits further cycles after a stop. Budget, numbering and history stay as they are.
    pub const fn reopen(&mut self) {
        self.stopped = false;
    }

    /// Forgets every cycle and restores the budget. Wisdom stays.
    pub fn reset(&mut self) {
        self.cycles.clear();
        self.stopped = false;
    }

    /// Keeps a lesson beside the session.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] names each field that is not acceptable, [`Error::Limit`] says that
    /// the session holds as many lessons as it may.
    pub fn add_wisdom(&mut self, record: Wisdom) -> Result<(), Error> {
        self.wisdom.add(record)
    }

    /// Everything that was done so far.
    #[must_use]
    pub fn audit(&self) -> CycleAudit {
        let budget = self.settings().initial_contradiction_budget;
        CycleAudit {
            contradiction_budget: budget,
            contradiction_budget_used: if self.cycles.is_empty() {
                0.0
            } else {
                budget - self.budget_remaining()
            },
            stop_reason: self.cycles.last().and_then(|last| last.stop_reason),
            cycles: self.cycles.clone(),
            wisdom: self.wisdom.records().to_vec(),
        }
    }

    /// The whole state as bytes; equal governors give equal bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut writer = Writer::new(Kind::CycleGovernor);
        write_settings(&mut writer, self.settings());
        writer.boolean(self.stopped);
        writer.length(self.cycles.len());
        for record in &self.cycles {
            writer.f64(record.similarity);
            writer.f64(record.risk);
            writer.f64(record.quality);
            writer.f64(record.budget_remaining);
            writer.option(record.stop_reason, |writer, rule| writer.u8(rule as u8));
        }
        self.wisdom.write(&mut writer);
        writer.finish()
    }

    /// The governor that [`snapshot`](Self::snapshot) was taken of.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] says in what way the bytes are foreign or damaged.
    pub fn restore(snapshot: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = Reader::open(Kind::CycleGovernor, snapshot)?;
        let config = CycleConfig::new(read_settings(&mut reader)?)
            .map_err(|_| SnapshotError::Malformed("configuration"))?;
        let stopped = reader.boolean()?;
        let count = reader.length(SESSION_CYCLES, "cycles")?;
        let mut cycles = Vec::new();
        for _ in 0..count {
            cycles.push(CycleRecord {
                similarity: reader.f64()?,
                risk: reader.f64()?,
                quality: reader.f64()?,
                budget_remaining: reader.f64()?,
                stop_reason: reader.option(|reader| reader.choice(&CycleStop::ALL, "stop"))?,
            });
        }
        let wisdom = WisdomLog::read(&mut reader)?;
        reader.finish()?;
        Ok(Self {
            config,
            cycles,
            stopped,
            wisdom,
        })
    }
}

fn write_settings(writer: &mut Writer, settings: &CycleSettings) {
    writer.u32(settings.max_cycles);
    writer.f64(settings.similarity_threshold);
    writer.f64(settings.risk_threshold);
    writer.f64(settings.initial_contradiction_budget);
    writer.f64(settings.contradiction_decay_rate);
    writer.f64(settings.quality_improvement_threshold);
    writer.f64(settings.alpha);
    writer.f64(settings.beta);
    writer.f64(settings.gamma);
    writer.f64(settings.delta);
    writer.f64(settings.epsilon);
    writer.boolean(settings.risk_first);
}

fn read_settings(reader: &mut Reader<'_>) -> Result<CycleSettings, SnapshotError> {
    Ok(CycleSettings {
        max_cycles: reader.u32()?,
        similarity_threshold: reader.f64()?,
        risk_threshold: reader.f64()?,
        initial_contradiction_budget: reader.f64()?,
        contradiction_decay_rate: reader.f64()?,
        quality_improvement_threshold: reader.f64()?,
        alpha: reader.f64()?,
        beta: reader.f64()?,
        gamma: reader.f64()?,
        delta: reader.f64()?,
        epsilon: reader.f64()?,
        risk_first: reader.boolean()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governor::Consequence;
    use proptest::prelude::*;

    fn open(settings: CycleSettings) -> CycleGovernor {
        CycleGovernor::new(CycleConfig::new(settings).unwrap())
    }

    fn patient() -> CycleSettings {
        CycleSettings {
            max_cycles: 50,
            risk_threshold: 1.0,
            quality_improvement_threshold: 0.0,
            ..CycleSettings::default()
        }
    }

    const LEFT: EngineOutput<'_> = EngineOutput {
        output: "a b c",
        confidence: 0.9,
    };
    const RIGHT: EngineOutput<'_> = EngineOutput {
        output: "a b d",
        confidence: 0.8,
    };

    #[test]
    fn stop_is_latched_until_reopened() {
        let mut governor = open(CycleSettings::default());
        governor.evaluate(&LEFT, &LEFT).unwrap();
        let before = governor.clone();
        let error = governor.evaluate(&LEFT, &LEFT).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the session stopped after cycle 1 (CONVERGENCE_ACHIEVED); reopen it to go on"
        );
        assert_eq!(governor, before);
        governor.reopen();
        assert_eq!(governor.evaluate(&LEFT, &LEFT).unwrap().cycle, 2);
    }

    #[test]
    fn wrong_input_changes_nothing() {
        let mut governor = open(patient());
        let before = governor.clone();
        let blank = EngineOutput {
            output: " ",
            confidence: 0.5,
        };
        assert!(governor.evaluate(&LEFT, &blank).is_err());
        assert_eq!(governor, before);
    }

    fn lesson(domain: &str) -> Wisdom {
        Wisdom {
            domain: domain.to_owned(),
            lesson: "ask twice".to_owned(),
            consequence_type: Consequence::NearMiss,
            future_bias: "caution".to_owned(),
            timestamp: "2026-02-19T00:00:00Z".to_owned(),
        }
    }

    #[test]
    fn wisdom_is_kept_counted_and_returned() {
        let mut governor = open(patient());
        governor.add_wisdom(lesson("medical")).unwrap();
        assert!(matches!(
            governor.add_wisdom(lesson(" ")),
            Err(Error::InvalidInput(_))
        ));
        let restored = CycleGovernor::restore(&governor.snapshot()).unwrap();
        assert_eq!(restored.audit().wisdom, [lesson("medical")]);
    }

    #[test]
    fn every_single_damaged_byte_is_noticed() {
        let mut governor = open(patient());
        governor.evaluate(&LEFT, &RIGHT).unwrap();
        governor.add_wisdom(lesson("medical")).unwrap();
        let snapshot = governor.snapshot();
        for index in 0..snapshot.len() {
            let mut damaged = snapshot.clone();
            damaged[index] ^= 0x10;
            assert!(CycleGovernor::restore(&damaged).is_err(), "byte {index}");
            assert!(CycleGovernor::restore(&snapshot[..index]).is_err());
        }
    }

    proptest! {
        #[test]
        fn budget_never_rises_and_a_restored_governor_goes_on_alike(
            pairs in prop::collection::vec(("[a-e ]{1,20}x", "[a-e ]{1,20}y", 0.0..=1.0_f64), 1..8),
            cut in 0_usize..8,
        ) {
            let mut governor = open(patient());
            let mut restored = None;
            let mut budget = governor.budget_remaining();
            for (index, (left, right, confidence)) in pairs.iter().enumerate() {
                if index == cut {
                    restored = Some(CycleGovernor::restore(&governor.snapshot()).unwrap());
                }
                let left = EngineOutput { output: left, confidence: *confidence };
                let right = EngineOutput { output: right, confidence: 0.7 };
                let answer = governor.evaluate(&left, &right);
                if let Some(restored) = &mut restored {
                    prop_assert_eq!(&restored.evaluate(&left, &right), &answer);
                    prop_assert_eq!(restored.snapshot(), governor.snapshot());
                }
                prop_assert!(governor.budget_remaining() <= budget);
                budget = governor.budget_remaining();
            }
        }

        #[test]
        fn no_bytes_make_restore_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(CycleGovernor::restore(&bytes).is_err());
        }
    }
}
