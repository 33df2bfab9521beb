//! What a gate says.

use super::drift::DriftAlarm;
use super::quality::Quality;
use super::rhythm::Phase;
use super::threshold::Policy;
use crate::decision::{Reason, Verdict};

/// What a request's score was held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// The score, 0 to 1; none where none was given and the text was not looked at.
    pub score: Option<f64>,
    /// The threshold before this request.
    pub threshold_before: f64,
    /// The threshold after it.
    pub threshold_after: f64,
    /// The average acceptance after it, 0 to 1.
    pub acceptance: f64,
    /// How the threshold moves.
    pub policy: Policy,
    /// Whether the threshold has gone far in one direction.
    pub alarm: Option<DriftAlarm>,
}

/// Whether a request may go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Admission {
    /// `allow`, `deny`, or `refine` where it may be asked again later.
    pub verdict: Verdict,
    /// The decisive reason first; never empty.
    pub reasons: Vec<Reason>,
    /// `admitted`, or one of the fixed words for a refusal.
    pub note: &'static str,
    /// The phase in which it was asked.
    pub phase: Phase,
    /// Requests so far that reached the gate, this one included.
    pub step: u64,
    /// What was held against what.
    pub judgement: Judgement,
}

impl Admission {
    /// Whether the request may go on.
    #[must_use]
    pub fn is_admitted(&self) -> bool {
        self.verdict == Verdict::Allow
    }
}

/// The end of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// `allow`; `transform` where remembered texts went before the prompt; `escalate` where the
    /// answer's quality is doubtful; `deny`; `refine` where it may be asked again later.
    pub verdict: Verdict,
    /// The decisive reason first; never empty.
    pub reasons: Vec<Reason>,
    /// `processed`, or what went wrong.
    pub note: String,
    /// Whether `response` may be used.
    pub accepted: bool,
    /// The answer; empty where it is not accepted.
    pub response: String,
    /// The phase in which the request was asked.
    pub phase: Phase,
    /// Requests that had reached the gate when this one did, this one included.
    pub step: u64,
    /// What was held against what.
    pub judgement: Judgement,
    /// Entries that were recalled.
    pub context_items: u32,
    /// Texts of them that went before the prompt.
    pub context_texts: u32,
    /// Tokens that the model was given; 0 where it was not asked.
    pub max_tokens: u32,
    /// Whether the memory has kept something of it.
    pub remembered: bool,
    /// Whether the memory is left out because it fails.
    pub stateless: bool,
    /// How sure the answer sounds, 0 to 1; none where there is none.
    pub confidence: Option<f64>,
    /// The judgement of its form; none where it was not judged.
    pub quality: Option<Quality>,
}

/// How often what happened. `step` is the sum of `rejected`, `asleep`, `stops` and `admitted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Requests that reached the gate.
    pub step: u64,
    /// Refused: the score is below the threshold.
    pub rejected: u64,
    /// Refused: asleep.
    pub asleep: u64,
    /// Requests at which everything stopped.
    pub stops: u64,
    /// Refused since everything stopped. They do not count as steps.
    pub stopped: u64,
    /// Refused for the prompt's text. They do not count as steps.
    pub pre_check: u64,
    /// Requests that went on.
    pub admitted: u64,
    /// Of these: answered and, where the memory took it, remembered.
    pub accepted: u64,
    /// Of these: answered, but not remembered.
    pub degraded: u64,
    /// Of these: the answer's form is not acceptable.
    pub quality_rejected: u64,
    /// Of these: the answer is blank.
    pub empty: u64,
    /// Of these: refused for the answer's text.
    pub post_check: u64,
    /// Of these: without an embedding.
    pub embedding_failed: u64,
    /// Of these: without an answer of the model.
    pub generation_failed: u64,
    /// Of these: the answer came too late.
    pub late: u64,
    /// Of these: events that the memory did not take.
    pub not_stored: u64,
    /// Of these: given up by the host.
    pub cancelled: u64,
    /// Failures of the embedder, and refusals while it was left alone.
    pub embedding_failures: u64,
    /// Failures of the memory.
    pub memory_failures: u64,
}

impl Counters {
    /// Admitted requests that have ended.
    #[must_use]
    pub fn ended(&self) -> u64 {
        [
            self.accepted,
            self.degraded,
            self.quality_rejected,
            self.empty,
            self.post_check,
            self.embedding_failed,
            self.generation_failed,
            self.late,
            self.not_stored,
            self.cancelled,
        ]
        .into_iter()
        .fold(0, u64::saturating_add)
    }

    /// Admitted requests that have not ended.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.admitted.saturating_sub(self.ended())
    }

    /// Every counter, in the order of a snapshot.
    pub(super) const fn all_mut(&mut self) -> [&mut u64; 19] {
        [
            &mut self.step,
            &mut self.rejected,
            &mut self.asleep,
            &mut self.stops,
            &mut self.stopped,
            &mut self.pre_check,
            &mut self.admitted,
            &mut self.accepted,
            &mut self.degraded,
            &mut self.quality_rejected,
            &mut self.empty,
            &mut self.post_check,
            &mut self.embedding_failed,
            &mut self.generation_failed,
            &mut self.late,
            &mut self.not_stored,
            &mut self.cancelled,
            &mut self.embedding_failures,
            &mut self.memory_failures,
        ]
    }
}

pub(super) const fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}
