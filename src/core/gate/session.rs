//! The state of one session's gate, and who may pass it.

use super::answer::{Admission, Counters, Judgement, count};
use super::breaker::{Breaker, BreakerState};
use super::config::{GateConfig, GateSettings};
use super::drift::DriftStatistics;
use super::emergency::{Alert, Conditions, Emergency, EmergencyStop};
use super::reasons;
use super::rhythm::{Phase, Rhythm};
use super::text_score::TextScore;
use super::threshold::{Score, Threshold};
use crate::decision::{Reason, Verdict};
use crate::error::{Check, Error, InvalidInput};
use crate::snapshot::{Kind, Reader, SnapshotError, Writer};

/// The gate of one session: threshold, rhythm, emergency stop, breakers and counters.
///
/// A caller that runs its own model asks [`admit`](Self::admit) and then tells
/// [`record`](Self::record) what came of it. [`begin`](Self::begin) leads a request through
/// embedding, memory and model.
///
/// # Example
///
/// ```
/// use assize_core::Verdict;
/// use assize_core::gate::{Conditions, Gate, GateConfig, Question};
///
/// let mut gate = Gate::new(GateConfig::default());
/// let question = Question { score: Some(0.45), text: "why?" };
/// let admission = gate.admit(&Conditions::at(0), &question)?;
/// assert_eq!((admission.verdict, admission.note), (Verdict::Deny, "morally rejected"));
/// assert_eq!(admission.reasons[0].threshold, Some(0.5));
/// # Ok::<(), assize_core::InvalidInput>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    pub(super) config: GateConfig,
    pub(super) threshold: Threshold,
    pub(super) rhythm: Rhythm,
    pub(super) emergency: EmergencyStop,
    pub(super) embedding: Breaker,
    pub(super) memory: Breaker,
    pub(super) counters: Counters,
    /// Entries remembered since the last consolidation.
    pub(super) unconsolidated: u64,
    /// How often it was reset: requests of before are no longer its own.
    pub(super) resets: u64,
}

/// What is to be admitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question<'a> {
    /// The score, 0 to 1; none: the text's.
    pub score: Option<f64>,
    /// The text; may be empty where there is a score and no pre-check.
    pub text: &'a str,
}

impl Question<'_> {
    fn check(&self, has_pre_check: bool, errors: &mut Vec<crate::FieldError>) {
        let mut check = Check::at("", errors);
        if let Some(score) = self.score {
            check.unit_interval("score", score);
        }
        if self.score.is_none() || has_pre_check {
            check.require(!crate::text::is_blank(self.text), "text", || {
                "must not be empty or blank: its words are scored".to_owned()
            });
        }
    }
}

/// The words of a refusal, which differ between requests and events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Request,
    Event,
}

/// What a gate is like now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GateState {
    /// The phase.
    pub phase: Phase,
    /// Steps until the other phase begins; at least 1.
    pub steps_left: u32,
    /// The score that the next request must reach.
    pub threshold: f64,
    /// The average acceptance, 0 to 1.
    pub acceptance: f64,
    /// How often what happened.
    pub counters: Counters,
    /// Entries remembered since the last consolidation.
    pub unconsolidated: u64,
    /// Whether embeddings are asked for.
    pub embedding_breaker: BreakerState,
    /// Whether the memory is used.
    pub memory_breaker: BreakerState,
    /// The emergency that has not ended.
    pub emergency: Option<Emergency>,
    /// Emergencies that are not forgotten.
    pub recent_emergencies: u32,
}

impl Gate {
    /// A gate before its first request.
    #[must_use]
    pub fn new(config: GateConfig) -> Self {
        let settings = config.settings();
        Self {
            threshold: Threshold::of(settings.threshold),
            rhythm: Rhythm::of(settings.rhythm),
            emergency: EmergencyStop::new(settings.emergency),
            embedding: Breaker::new(settings.embedding_breaker),
            memory: Breaker::new(settings.memory_breaker),
            counters: Counters::default(),
            unconsolidated: 0,
            resets: 0,
            config,
        }
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &GateSettings {
        self.config.settings()
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> GateState {
        GateState {
            phase: self.rhythm.phase(),
            steps_left: self.rhythm.steps_left(),
            threshold: self.threshold.value(),
            acceptance: self.threshold.acceptance(),
            counters: self.counters,
            unconsolidated: self.unconsolidated,
            embedding_breaker: self.embedding.state(),
            memory_breaker: self.memory.state(),
            emergency: self.emergency.active(),
            recent_emergencies: self.emergency.recent(),
        }
    }

    /// How far the threshold has moved.
    #[must_use]
    pub fn drift(&self) -> DriftStatistics {
        self.threshold.drift()
    }

    /// Scores a text by the configured words.
    #[must_use]
    pub fn text_score(&self, text: &str) -> TextScore {
        self.config.lexicon().score(text)
    }

    /// One step of the rhythm that no request makes, for hosts that sleep by the clock. Where sleep
    /// begins, see [`consolidation`](Self::consolidation).
    pub const fn advance_rhythm(&mut self) -> Phase {
        self.rhythm.advance()
    }

    /// Ends an emergency, and forgets all of them.
    pub const fn reset_emergency(&mut self) {
        self.emergency.reset();
    }

    /// Forgets everything but the configuration. Requests under way are no longer its own.
    pub fn reset(&mut self) {
        *self = Self {
            resets: self.resets.wrapping_add(1),
            ..Self::new(self.config.clone())
        };
    }

    /// Judges a request of a caller that runs its own model, and adapts the threshold.
    ///
    /// # Errors
    ///
    /// A score that is not from 0 to 1, and a blank text that has to be scored. Nothing has changed
    /// then.
    pub fn admit(
        &mut self,
        conditions: &Conditions,
        question: &Question<'_>,
    ) -> Result<Admission, InvalidInput> {
        let mut errors = Vec::new();
        question.check(self.settings().pre_check.is_some(), &mut errors);
        InvalidInput::check(errors)?;
        Ok(self.judge(conditions, question, Asked::Request))
    }

    /// Judges what has been checked.
    pub(super) fn judge(
        &mut self,
        conditions: &Conditions,
        question: &Question<'_>,
        asked: Asked,
    ) -> Admission {
        if let Some((reason, note)) = self.stop(conditions) {
            return self.refusal(Verdict::Deny, reason, note, question);
        }
        let is_event = asked == Asked::Event;
        let bar = self.settings().pre_check.filter(|_| !is_event);
        let needs_text = question.score.is_none() || bar.is_some();
        let text = needs_text.then(|| self.text_score(question.text));
        if let (Some(text), Some(bar)) = (&text, bar)
            && text.score.get() < bar
        {
            count(&mut self.counters.pre_check);
            let reason = reasons::pre_check(text, bar);
            return self.refusal(Verdict::Deny, reason, "moral_precheck", question);
        }
        count(&mut self.counters.step);
        if self.rhythm.phase() == Phase::Sleep {
            count(&mut self.counters.asleep);
            let reason = reasons::asleep(self.rhythm.steps_left());
            let note = match asked {
                Asked::Request => "sleep phase - consolidating",
                Asked::Event => "sleep phase",
            };
            let refusal = self.refusal(Verdict::Refine, reason, note, question);
            self.rhythm.advance();
            return refusal;
        }
        let own = text.as_ref().filter(|_| question.score.is_none());
        let score = match (question.score, own) {
            (Some(score), _) => Score::clamped(score),
            (None, Some(text)) => text.score,
            (None, None) => Score::clamped(0.0),
        };
        self.hold(score, own)
    }

    /// Holds a score against the threshold.
    fn hold(&mut self, score: Score, text: Option<&TextScore>) -> Admission {
        let adaptation = self.threshold.adapt(score);
        let judgement = Judgement {
            score: Some(score.get()),
            threshold_before: adaptation.before,
            threshold_after: adaptation.after,
            acceptance: adaptation.acceptance,
            policy: self.threshold.settings().policy,
            alarm: adaptation.alarm,
        };
        let (verdict, note, reason) = if adaptation.accepted {
            count(&mut self.counters.admitted);
            let reason = reasons::accepted(score.get(), adaptation.before);
            (Verdict::Allow, "admitted", reason)
        } else {
            count(&mut self.counters.rejected);
            let reason = reasons::below_threshold(score.get(), adaptation.before, text);
            (Verdict::Deny, "morally rejected", reason)
        };
        Admission {
            verdict,
            reasons: vec![reason],
            note,
            phase: self.rhythm.phase(),
            step: self.counters.step,
            judgement,
        }
    }

    /// The emergency that forbids a request.
    fn stop(&mut self, conditions: &Conditions) -> Option<(Reason, &'static str)> {
        use super::emergency::EmergencyCause::{OwnMemory, ProcessMemory};
        match self.emergency.look(conditions) {
            Alert::Clear => None,
            Alert::Stops {
                cause,
                observed,
                limit,
            } => {
                count(&mut self.counters.step);
                count(&mut self.counters.stops);
                let note = match cause {
                    ProcessMemory => "emergency shutdown: memory exceeded",
                    OwnMemory => "emergency shutdown: global memory limit exceeded",
                };
                Some((reasons::stops(cause, observed, limit), note))
            }
            Alert::Stopped(emergency) => {
                count(&mut self.counters.stopped);
                let steps = self.emergency.settings().recovery_steps;
                Some((reasons::stopped(&emergency, steps), "emergency shutdown"))
            }
        }
    }

    fn refusal(
        &self,
        verdict: Verdict,
        reason: Reason,
        note: &'static str,
        question: &Question<'_>,
    ) -> Admission {
        Admission {
            verdict,
            reasons: vec![reason],
            note,
            phase: self.rhythm.phase(),
            step: self.counters.step,
            judgement: self.unjudged(question.score),
        }
    }

    /// What a request is told whose score was not held against the threshold.
    pub(super) const fn unjudged(&self, score: Option<f64>) -> Judgement {
        let threshold = self.threshold.value();
        Judgement {
            score,
            threshold_before: threshold,
            threshold_after: threshold,
            acceptance: self.threshold.acceptance(),
            policy: self.threshold.settings().policy,
            alarm: None,
        }
    }

    /// The whole state as bytes; equal gates give equal bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut writer = Writer::new(Kind::Gate);
        self.settings().write(&mut writer);
        self.threshold.write(&mut writer);
        self.rhythm.write(&mut writer);
        self.emergency.write(&mut writer);
        self.embedding.write(&mut writer);
        self.memory.write(&mut writer);
        let mut counters = self.counters;
        for counter in counters.all_mut() {
            writer.number(*counter);
        }
        writer.number(self.unconsolidated);
        writer.number(self.resets);
        writer.finish()
    }

    /// The gate that [`snapshot`](Self::snapshot) was taken of.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] says in what way the bytes are foreign or damaged.
    pub fn restore(snapshot: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = Reader::open(Kind::Gate, snapshot)?;
        let config = GateConfig::new(GateSettings::read(&mut reader)?)
            .map_err(|_| SnapshotError::Malformed("configuration"))?;
        let settings = config.settings();
        let mut gate = Self {
            threshold: Threshold::read(settings.threshold, &mut reader)?,
            rhythm: Rhythm::read(settings.rhythm, &mut reader)?,
            emergency: EmergencyStop::read(settings.emergency, &mut reader)?,
            embedding: Breaker::read(settings.embedding_breaker, &mut reader)?,
            memory: Breaker::read(settings.memory_breaker, &mut reader)?,
            counters: Counters::default(),
            unconsolidated: 0,
            resets: 0,
            config,
        };
        for counter in gate.counters.all_mut() {
            *counter = reader.number()?;
        }
        gate.unconsolidated = reader.number()?;
        gate.resets = reader.number()?;
        reader.finish()?;
        Ok(gate)
    }

    /// Whether an admitted request has not ended.
    pub(super) fn require_in_flight(&self) -> Result<(), Error> {
        if self.counters.in_flight() > 0 {
            return Ok(());
        }
        Err(Error::Conflict(
            "no admitted request waits for its outcome; ask for admission first".to_owned(),
        ))
    }
}

#[cfg(test)]
mod tests;
