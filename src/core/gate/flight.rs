//! A request on its way through the gate.
//!
//! Several requests of one session may be under way at once. Admission happens when a request
//! begins, its end when its last result arrives; in between the session is free.

use super::answer::{Admission, Answer, Judgement, count};
use super::breaker::BreakerState;
use super::config::{LARGEST_COUNT, LARGEST_TOP_K, require_count};
use super::emergency::Conditions;
use super::ending::Ending;
use super::prompt;
use super::reasons;
use super::rhythm::Phase;
use super::session::{Asked, Gate, Question};
use super::steps::{Event, Origin, Recall, Recollection, Remember, Reply, Request, Step};
use super::vector;
use crate::decision::{Reason, Verdict};
use crate::error::{Check, Error, FieldError, InvalidInput};

/// Bytes of a source name.
const SOURCE_NAME_BYTES: usize = 256;
/// Bytes of a failure's words that are kept.
const FAILURE_BYTES: usize = 1024;

/// What a request waits for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stage {
    Embedding,
    Recalling,
    Generating,
    Remembering,
    Consolidating { entries: u64 },
    Finished,
}

impl Stage {
    const fn awaits(self) -> &'static str {
        match self {
            Self::Embedding => "an embedding",
            Self::Recalling => "recalled entries",
            Self::Generating => "a model's answer",
            Self::Remembering => "the memory's word that it has stored",
            Self::Consolidating { .. } => "the memory's word that it has consolidated",
            Self::Finished => "nothing more: it is finished",
        }
    }
}

/// A request under way: what it waits for, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Flight {
    pub(super) asked: Asked,
    pub(super) stage: Stage,
    /// How often its gate had been reset when it began.
    pub(super) resets: u64,
    pub(super) prompt: String,
    pub(super) source_name: Option<String>,
    pub(super) vector: Vec<f32>,
    pub(super) top_k: u32,
    pub(super) max_tokens: u32,
    pub(super) started_ms: u64,
    pub(super) phase: Phase,
    pub(super) step: u64,
    pub(super) judgement: Judgement,
    /// What failed on the way without ending it.
    pub(super) mishaps: Vec<Reason>,
    pub(super) stateless: bool,
    pub(super) context_items: u32,
    pub(super) context_texts: u32,
    /// Whether the model was asked.
    pub(super) is_asked: bool,
    pub(super) ending: Ending,
}

impl Flight {
    /// Whether it has its answer.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        matches!(self.stage, Stage::Finished)
    }

    pub(super) fn new(
        asked: Asked,
        admission: &Admission,
        conditions: &Conditions,
        resets: u64,
    ) -> Self {
        Self {
            asked,
            stage: Stage::Finished,
            resets,
            prompt: String::new(),
            source_name: None,
            vector: Vec::new(),
            top_k: 1,
            max_tokens: 0,
            started_ms: conditions.now_ms,
            phase: admission.phase,
            step: admission.step,
            judgement: admission.judgement,
            mishaps: Vec::new(),
            stateless: false,
            context_items: 0,
            context_texts: 0,
            is_asked: false,
            ending: Ending::default(),
        }
    }

    /// Ends it without an answer that may be used.
    pub(super) fn refuse(&mut self, verdict: Verdict, reason: Reason, note: &str) -> Step {
        let mut reasons = vec![reason];
        reasons.append(&mut self.mishaps);
        self.finish(verdict, reasons, note, false)
    }

    pub(super) fn finish(
        &mut self,
        verdict: Verdict,
        reasons: Vec<Reason>,
        note: &str,
        accepted: bool,
    ) -> Step {
        self.stage = Stage::Finished;
        let ending = std::mem::take(&mut self.ending);
        Step::Finished(Box::new(Answer {
            verdict,
            reasons,
            note: note.to_owned(),
            accepted,
            response: if accepted {
                ending.response
            } else {
                String::new()
            },
            phase: self.phase,
            step: self.step,
            judgement: self.judgement,
            context_items: self.context_items,
            context_texts: self.context_texts,
            max_tokens: if self.is_asked { self.max_tokens } else { 0 },
            remembered: ending.remembered,
            stateless: self.stateless,
            confidence: ending.confidence,
            quality: ending.quality,
        }))
    }
}

impl Request<'_> {
    fn check(&self, dimension: u32, errors: &mut Vec<FieldError>) {
        let mut check = Check::at("", errors);
        check.not_blank("prompt", self.prompt);
        if let Some(score) = self.score {
            check.unit_interval("score", score);
        }
        if let Some(tokens) = self.max_tokens {
            require_count(&mut check, "max_tokens", tokens, LARGEST_COUNT);
        }
        if let Some(top_k) = self.top_k {
            require_count(&mut check, "top_k", top_k, LARGEST_TOP_K);
        }
        if let Some(name) = self.source_name {
            let length = name.len();
            check.require(
                (1..=SOURCE_NAME_BYTES).contains(&length),
                "source_name",
                || {
                    format!(
                        "must have 1 to {SOURCE_NAME_BYTES} bytes, or be left out, got {length}"
                    )
                },
            );
        }
        if let Some(values) = self.vector {
            vector::check(values, dimension, errors);
            vector::check_direction(values, errors);
        }
    }
}

impl Gate {
    /// Admits a request, or refuses it; says what must be done first.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable. Nothing has changed then.
    pub fn begin(
        &mut self,
        conditions: &Conditions,
        request: &Request<'_>,
    ) -> Result<(Flight, Step), InvalidInput> {
        let mut errors = Vec::new();
        request.check(self.settings().dimension, &mut errors);
        InvalidInput::check(errors)?;
        let question = Question {
            score: request.score,
            text: request.prompt,
        };
        let admission = self.judge(conditions, &question, Asked::Request);
        let mut flight = Flight::new(Asked::Request, &admission, conditions, self.resets);
        if !admission.is_admitted() {
            let (verdict, note) = (admission.verdict, admission.note);
            let step = flight.finish(verdict, admission.reasons, note, false);
            return Ok((flight, step));
        }
        let settings = self.settings();
        flight.prompt = request.prompt.to_owned();
        flight.source_name = request.source_name.map(str::to_owned);
        flight.top_k = request.top_k.unwrap_or(settings.context.top_k);
        flight.max_tokens = request.max_tokens.unwrap_or(settings.max_tokens);
        let step = match request.vector {
            Some(values) => self.embedded(&mut flight, conditions.now_ms, values.to_vec()),
            None => self.ask_embedding(&mut flight, conditions.now_ms),
        };
        Ok((flight, step))
    }

    /// Admits something to be remembered, or refuses it.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable. Nothing has changed then.
    pub fn begin_event(
        &mut self,
        conditions: &Conditions,
        event: &Event<'_>,
    ) -> Result<(Flight, Step), InvalidInput> {
        let mut errors = Vec::new();
        vector::check(event.vector, self.settings().dimension, &mut errors);
        Check::at("", &mut errors).unit_interval("score", event.score);
        InvalidInput::check(errors)?;
        let question = Question {
            score: Some(event.score),
            text: "",
        };
        let admission = self.judge(conditions, &question, Asked::Event);
        let mut flight = Flight::new(Asked::Event, &admission, conditions, self.resets);
        if !admission.is_admitted() {
            let (verdict, note) = (admission.verdict, admission.note);
            let step = flight.finish(verdict, admission.reasons, note, false);
            return Ok((flight, step));
        }
        flight.vector = event.vector.to_vec();
        if let Err(wait_ms) = self.memory.permits(conditions.now_ms) {
            count(&mut self.counters.not_stored);
            flight.stateless = true;
            let reason = reasons::stateless(wait_ms);
            let step = flight.refuse(Verdict::Refine, reason, "error: memory unavailable");
            return Ok((flight, step));
        }
        flight.stage = Stage::Remembering;
        let step = Step::Remember(Remember {
            vector: std::mem::take(&mut flight.vector),
            phase: flight.phase.code(),
            confidence: 1.0,
            origin: Origin::System,
            text: None,
            source_name: None,
        });
        Ok((flight, step))
    }

    /// Takes what came of a step, and says what must be done next.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] where the request waits for something else, or began before the gate was
    /// reset. Nothing has changed then.
    pub fn resume(
        &mut self,
        flight: &mut Flight,
        now_ms: u64,
        reply: Reply,
    ) -> Result<Step, Error> {
        if flight.resets != self.resets {
            return Err(Error::Conflict(
                "the session was reset after the request began; begin again".to_owned(),
            ));
        }
        Ok(match (flight.stage, reply) {
            (Stage::Embedding, Reply::Embedded(Ok(values))) => {
                self.embedding.succeed();
                self.embedded(flight, now_ms, values)
            }
            (Stage::Embedding, Reply::Embedded(Err(why))) => {
                self.embedding.fail(now_ms);
                count(&mut self.counters.embedding_failures);
                self.fail_embedding(flight, &why)
            }
            (Stage::Recalling, Reply::Recalled(Ok(entries))) => self.generate(flight, &entries),
            (Stage::Recalling, Reply::Recalled(Err(why))) => {
                self.fail_memory(flight, now_ms, &why);
                self.generate(flight, &[])
            }
            (Stage::Generating, Reply::Generated(Ok(text))) => self.generated(flight, now_ms, text),
            (Stage::Generating, Reply::Generated(Err(why))) => {
                count(&mut self.counters.generation_failed);
                let why = prompt::cut(&why, FAILURE_BYTES);
                let note = format!("error: generation failed: {why}");
                flight.refuse(Verdict::Deny, reasons::generation_failed(why), &note)
            }
            (Stage::Remembering, Reply::Remembered(result)) => {
                self.remembered(flight, now_ms, result)
            }
            (Stage::Consolidating { entries }, Reply::Consolidated(result)) => {
                self.consolidated(flight, now_ms, entries, result)
            }
            (stage, reply) => {
                return Err(Error::Conflict(format!(
                    "the request waits for {}, not for {}",
                    stage.awaits(),
                    reply.name()
                )));
            }
        })
    }

    /// Gives a request up that has not finished, so that it no longer counts as under way.
    pub fn cancel(&mut self, flight: &mut Flight) {
        let is_settled = matches!(flight.stage, Stage::Finished | Stage::Consolidating { .. });
        if !is_settled && flight.resets == self.resets {
            count(&mut self.counters.cancelled);
        }
        flight.stage = Stage::Finished;
    }

    fn ask_embedding(&mut self, flight: &mut Flight, now_ms: u64) -> Step {
        if let Err(wait_ms) = self.embedding.permits(now_ms) {
            count(&mut self.counters.embedding_failures);
            count(&mut self.counters.embedding_failed);
            let note = "error: embedding service unavailable (circuit breaker open)";
            let reason = reasons::embedding_unavailable(wait_ms);
            return flight.refuse(Verdict::Refine, reason, note);
        }
        flight.stage = Stage::Embedding;
        Step::Embed {
            text: flight.prompt.clone(),
        }
    }

    fn fail_embedding(&mut self, flight: &mut Flight, why: &str) -> Step {
        count(&mut self.counters.embedding_failed);
        let why = prompt::cut(why, FAILURE_BYTES);
        let note = format!("error: embedding failed: {why}");
        flight.refuse(Verdict::Deny, reasons::embedding_failed(why), &note)
    }

    fn embedded(&mut self, flight: &mut Flight, now_ms: u64, values: Vec<f32>) -> Step {
        let vector = match vector::normalised(values, self.settings().dimension) {
            Ok(vector) => vector,
            Err(why) => return self.fail_embedding(flight, &why),
        };
        flight.vector = vector;
        if !self.may_use_memory(flight, now_ms) {
            return self.generate(flight, &[]);
        }
        flight.stage = Stage::Recalling;
        let context = &self.settings().context;
        Step::Recall(Recall {
            vector: flight.vector.clone(),
            phase: Phase::Wake.code(),
            phase_tolerance: context.phase_tolerance,
            top_k: flight.top_k,
            min_confidence: context.min_confidence,
        })
    }

    fn generate(&self, flight: &mut Flight, entries: &[Recollection]) -> Step {
        let kept = entries.get(..flight.top_k as usize).unwrap_or(entries);
        let (prompt, texts) = prompt::with_context(&flight.prompt, kept, &self.settings().context);
        flight.context_items = kept.len() as u32;
        flight.context_texts = texts;
        flight.is_asked = true;
        flight.stage = Stage::Generating;
        Step::Generate {
            prompt,
            max_tokens: flight.max_tokens,
        }
    }

    /// Whether the memory is used, or left out because it failed too often.
    pub(super) fn may_use_memory(&mut self, flight: &mut Flight, now_ms: u64) -> bool {
        let permitted = self.memory.permits(now_ms);
        if let Err(wait_ms) = permitted
            && !flight.stateless
        {
            flight.stateless = true;
            flight.mishaps.push(reasons::stateless(wait_ms));
        }
        permitted.is_ok()
    }

    pub(super) fn fail_memory(&mut self, flight: &mut Flight, now_ms: u64, why: &str) {
        self.memory.fail(now_ms);
        count(&mut self.counters.memory_failures);
        flight.stateless |= self.memory.state() == BreakerState::Open;
        let why = prompt::cut(why, FAILURE_BYTES);
        flight.mishaps.push(reasons::memory_failed(why));
    }
}

#[cfg(test)]
mod adversary;
#[cfg(test)]
mod tests;
