//! How a request ends: the answer is judged, remembered and counted.

use super::answer::{Answer, count};
use super::confidence::confidence;
use super::emergency::Conditions;
use super::flight::{Flight, Stage};
use super::prompt;
use super::quality::{Action, Quality};
use super::reasons;
use super::rhythm::Phase;
use super::session::{Asked, Gate};
use super::steps::{Consolidate, Origin, Remember, Step};
use crate::decision::{Reason, Verdict};
use crate::error::Error;
use crate::text::is_blank;

/// What is known of an answer before its request has ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Ending {
    pub(super) response: String,
    pub(super) confidence: Option<f64>,
    pub(super) quality: Option<Quality>,
    pub(super) remembered: bool,
}

/// What came of a request whose caller runs its own model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome<'a> {
    /// The prompt; may be empty where it is not to be told.
    pub prompt: &'a str,
    /// The model's answer.
    pub answer: &'a str,
}

impl Gate {
    /// Judges what a caller's own model answered to a request that was admitted. The memory is not
    /// asked.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] where no admitted request waits for its outcome. Nothing has changed
    /// then.
    pub fn record(
        &mut self,
        conditions: &Conditions,
        outcome: &Outcome<'_>,
    ) -> Result<Answer, Error> {
        self.require_in_flight()?;
        let admission = super::Admission {
            verdict: Verdict::Allow,
            reasons: Vec::new(),
            note: "admitted",
            phase: self.rhythm.phase(),
            step: self.counters.step,
            judgement: self.unjudged(None),
        };
        let mut flight = Flight::new(Asked::Request, &admission, conditions, self.resets);
        outcome.prompt.clone_into(&mut flight.prompt);
        let answer = outcome.answer.to_owned();
        let step = match self.assess(&mut flight, conditions.now_ms, answer) {
            Some(refusal) => refusal,
            None => {
                self.settle(&flight);
                self.rhythm.advance();
                self.conclude(&mut flight)
            }
        };
        match step {
            Step::Finished(answer) => Ok(*answer),
            _ => Err(Error::Conflict("the outcome has no end".to_owned())),
        }
    }

    /// The consolidation that is due: asleep, with entries that were not consolidated.
    #[must_use]
    pub fn consolidation(&self) -> Option<Consolidate> {
        let is_due = self.rhythm.phase() == Phase::Sleep && self.unconsolidated > 0;
        is_due.then_some(Consolidate {
            from: Phase::Wake.code(),
            to: Phase::Sleep.code(),
            entries: self.unconsolidated,
        })
    }

    /// Takes what came of a [`consolidation`](Self::consolidation) that the host did by itself.
    pub fn consolidation_done(&mut self, now_ms: u64, entries: u64, succeeded: bool) {
        if succeeded {
            self.memory.succeed();
            self.unconsolidated = self.unconsolidated.saturating_sub(entries);
        } else {
            self.memory.fail(now_ms);
            count(&mut self.counters.memory_failures);
        }
    }

    pub(super) fn generated(&mut self, flight: &mut Flight, now_ms: u64, text: String) -> Step {
        if let Some(refusal) = self.assess(flight, now_ms, text) {
            return refusal;
        }
        let action = flight.ending.quality.as_ref().map(|quality| quality.action);
        if action != Some(Action::Accept) || !self.may_use_memory(flight, now_ms) {
            return self.complete(flight, now_ms);
        }
        flight.stage = Stage::Remembering;
        let bytes = self.settings().remembered_bytes;
        Step::Remember(Remember {
            vector: std::mem::take(&mut flight.vector),
            phase: Phase::Wake.code(),
            confidence: flight.ending.confidence.unwrap_or(0.0),
            origin: Origin::LlmGeneration,
            text: prompt::remembered(&flight.prompt, &flight.ending.response, bytes),
            source_name: flight.source_name.take(),
        })
    }

    /// Judges an answer; gives the end of its request where it is refused.
    fn assess(&mut self, flight: &mut Flight, now_ms: u64, text: String) -> Option<Step> {
        let took_ms = now_ms.saturating_sub(flight.started_ms);
        let limit = self.settings().max_processing_ms;
        if let Some(limit_ms) = limit.filter(|limit| took_ms > *limit) {
            count(&mut self.counters.late);
            let note = format!("processing time exceeded: {took_ms}.00ms");
            let reason = reasons::processing_time(took_ms, limit_ms);
            return Some(flight.refuse(Verdict::Deny, reason, &note));
        }
        if is_blank(&text) {
            count(&mut self.counters.empty);
            return Some(flight.refuse(Verdict::Deny, reasons::empty_answer(), "empty_response"));
        }
        if let Some(bar) = self.settings().post_check {
            let score = self.text_score(&text);
            if score.score.get() < bar {
                count(&mut self.counters.post_check);
                let reason = reasons::post_check(&score, bar);
                return Some(flight.refuse(Verdict::Deny, reason, "post_moral_check"));
            }
        }
        let settings = &self.settings().quality;
        let confidence = confidence(&text);
        let quality = Quality::of(settings, &flight.prompt, &text, confidence);
        let is_rejected = quality.action == Action::Reject;
        flight.ending = Ending {
            response: text,
            confidence: Some(confidence),
            quality: Some(quality),
            remembered: false,
        };
        if !is_rejected {
            return None;
        }
        count(&mut self.counters.quality_rejected);
        let modes: Vec<_> = flight.ending.triggered().collect();
        let note = format!("quality_gate:{}", modes.join(","));
        let mut reasons = self.doubts(flight);
        reasons.append(&mut flight.mishaps);
        Some(flight.finish(Verdict::Deny, reasons, &note, false))
    }

    /// What counts against an answer's form.
    fn doubts(&self, flight: &Flight) -> Vec<Reason> {
        let settings = &self.settings().quality;
        let quality = flight.ending.quality.iter();
        let signals = quality.flat_map(Quality::triggered);
        signals
            .map(|signal| reasons::quality(signal, settings))
            .collect()
    }

    pub(super) fn remembered(
        &mut self,
        flight: &mut Flight,
        now_ms: u64,
        result: Result<bool, String>,
    ) -> Step {
        match result {
            Ok(is_kept) => {
                self.memory.succeed();
                flight.ending.remembered = is_kept;
                self.unconsolidated = self.unconsolidated.saturating_add(u64::from(is_kept));
            }
            Err(why) if flight.asked == Asked::Event => {
                self.fail_memory(flight, now_ms, &why);
                count(&mut self.counters.not_stored);
                let note = format!("error: memory failed: {}", prompt::cut(&why, 1024));
                let reasons = std::mem::take(&mut flight.mishaps);
                return flight.finish(Verdict::Deny, reasons, &note, false);
            }
            Err(why) => self.fail_memory(flight, now_ms, &why),
        }
        self.complete(flight, now_ms)
    }

    /// Counts an answer and moves the rhythm; asks for consolidation where it is due.
    fn complete(&mut self, flight: &mut Flight, now_ms: u64) -> Step {
        self.settle(flight);
        self.rhythm.advance();
        if let Some(consolidate) = self.consolidation()
            && self.memory.permits(now_ms).is_ok()
        {
            flight.stage = Stage::Consolidating {
                entries: consolidate.entries,
            };
            return Step::Consolidate(consolidate);
        }
        self.conclude(flight)
    }

    fn settle(&mut self, flight: &Flight) {
        let quality = flight.ending.quality.as_ref();
        let is_degraded = quality.is_some_and(|quality| quality.action == Action::Degrade);
        count(if is_degraded {
            &mut self.counters.degraded
        } else {
            &mut self.counters.accepted
        });
    }

    pub(super) fn consolidated(
        &mut self,
        flight: &mut Flight,
        now_ms: u64,
        entries: u64,
        result: Result<(), String>,
    ) -> Step {
        match result {
            Ok(()) => self.consolidation_done(now_ms, entries, true),
            Err(why) => self.fail_memory(flight, now_ms, &why),
        }
        self.conclude(flight)
    }

    fn conclude(&self, flight: &mut Flight) -> Step {
        let mut reasons = self.doubts(flight);
        let mut verdict = match reasons.is_empty() {
            true => Verdict::Allow,
            false => Verdict::Escalate,
        };
        if flight.context_texts > 0 {
            reasons.push(reasons::context_added(
                flight.context_texts,
                flight.context_items,
            ));
            if verdict == Verdict::Allow {
                verdict = Verdict::Transform;
            }
        }
        if let Some(score) = flight.judgement.score {
            reasons.push(reasons::accepted(score, flight.judgement.threshold_before));
        }
        if reasons.is_empty() {
            reasons.push(reasons::answer_accepted());
        }
        reasons.append(&mut flight.mishaps);
        let note = if flight.stateless {
            "processed (stateless mode)"
        } else {
            "processed"
        };
        flight.finish(verdict, reasons, note, true)
    }
}

impl Ending {
    fn triggered(&self) -> impl Iterator<Item = &'static str> {
        let quality = self.quality.iter();
        quality
            .flat_map(Quality::triggered)
            .map(|signal| signal.mode.as_str())
    }
}
