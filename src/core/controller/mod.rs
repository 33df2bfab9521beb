//! A gate with its memory: what a session around a language model is made of.
//!
//! A [`Controller`] leads a request through gate and memory by itself. It asks its caller only for
//! what it can't do: an embedding, where it has no embedder of its own, and the model's answer.

mod settings;
mod snapshot;
#[cfg(test)]
mod tests;

pub use settings::{ControllerConfig, ControllerSettings, Embedder};

use crate::embedding::HashingEmbedder;
use crate::error::{Error, InvalidInput};
use crate::gate::{
    Admission, Answer, Conditions, DriftStatistics, Flight, Gate, GateState, Origin, Outcome,
    Phase, Question, Recall, Recollection, Remember, Reply, Request, Step,
};
use crate::limits::LimitReached;
use crate::memory::{
    Entry, Inserted, NewEntry, PhaseMemory, Query, Recollection as Found, Source, SynapticMemory,
    Usage,
};
use std::collections::BTreeMap;

/// Requests that may be under way at once.
pub const MOST_FLIGHTS: usize = 1024;

/// What a caller must do next for a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Find the embedding of a text; then [`Heard::Embedded`].
    Embed {
        /// The text.
        text: String,
    },
    /// Ask the model; then [`Heard::Generated`].
    Generate {
        /// What the model is asked, with what was recalled.
        prompt: String,
        /// Tokens that its answer may have.
        max_tokens: u32,
    },
    /// Give the answer; the request has ended.
    Finished(Box<Answer>),
}

/// What came of an [`Action`]. A failure is told in words, which may stand in the answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// The embedding.
    Embedded(Result<Vec<f32>, String>),
    /// The model's answer.
    Generated(Result<String, String>),
}

/// What a controller is like now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ControllerState {
    /// The gate.
    pub gate: GateState,
    /// How far its threshold has moved.
    pub drift: DriftStatistics,
    /// What the memory holds.
    pub memory: Usage,
    /// Euclidean norms of the synaptic levels.
    pub synaptic_norms: [f32; 3],
    /// Bytes of the synaptic levels.
    pub synaptic_bytes: u64,
    /// Requests under way.
    pub flights: u32,
}

/// A gate with its memory.
///
/// # Example
///
/// ```
/// use assize_core::controller::{Action, Controller, ControllerConfig, Heard};
/// use assize_core::gate::{Conditions, Request};
///
/// let mut controller = Controller::new(ControllerConfig::default())?;
/// let asked = controller.begin(1, &Conditions::at(0), &Request::new("What is a fair trial?"))?;
/// let Action::Generate { prompt, .. } = asked else { unreachable!() };
/// assert_eq!(prompt, "What is a fair trial?");
/// let said = "A trial before an impartial judge, in public, with counsel and time to prepare.";
/// let ended = controller.resume(1, 40, Heard::Generated(Ok(said.to_owned())))?;
/// let Action::Finished(answer) = ended else { unreachable!() };
/// assert!(answer.accepted && answer.remembered);
/// # Ok::<(), assize_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Controller {
    config: ControllerConfig,
    gate: Gate,
    memory: PhaseMemory,
    synaptic: SynapticMemory,
    embedder: Option<HashingEmbedder>,
    flights: BTreeMap<u64, Flight>,
}

impl Controller {
    /// A controller before its first request. The memory's bytes are set aside at once.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] where there is not so much memory.
    pub fn new(config: ControllerConfig) -> Result<Self, Error> {
        let (gate, memory, synaptic) = config.parts()?;
        Ok(Self {
            gate: Gate::new(gate),
            memory: PhaseMemory::new(memory)?,
            synaptic: SynapticMemory::new(synaptic),
            embedder: built_in(&config)?,
            flights: BTreeMap::new(),
            config,
        })
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &ControllerSettings {
        self.config.settings()
    }

    /// Judges a request of a caller that runs its own model, and adapts the threshold.
    ///
    /// # Errors
    ///
    /// As [`Gate::admit`]. Nothing has changed then.
    pub fn admit(
        &mut self,
        conditions: &Conditions,
        question: &Question<'_>,
    ) -> Result<Admission, InvalidInput> {
        self.gate.admit(&self.known(conditions), question)
    }

    /// Judges what a caller's own model answered to a request that was admitted. Nothing is
    /// remembered of it; see [`insert`](Self::insert).
    ///
    /// # Errors
    ///
    /// As [`Gate::record`]. Nothing has changed then.
    pub fn record(
        &mut self,
        conditions: &Conditions,
        outcome: &Outcome<'_>,
    ) -> Result<Answer, Error> {
        let answer = self.gate.record(&self.known(conditions), outcome)?;
        self.consolidate_where_due(conditions.now_ms);
        Ok(answer)
    }

    /// Admits a request, or refuses it; says what must be done next. `flight` is a number of the
    /// caller's choice, by which the request is known until it has ended.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable; [`Error::Conflict`] for a number that is in use;
    /// [`Error::Limit`] where too many requests are under way. Nothing has changed then.
    pub fn begin(
        &mut self,
        flight: u64,
        conditions: &Conditions,
        request: &Request<'_>,
    ) -> Result<Action, Error> {
        if self.flights.contains_key(&flight) {
            return Err(Error::Conflict(format!(
                "a request with the number {flight} is under way"
            )));
        }
        if self.flights.len() >= MOST_FLIGHTS {
            return Err(Error::Limit(LimitReached {
                name: "requests-under-way".to_owned(),
                limit: MOST_FLIGHTS as u64,
                observed: MOST_FLIGHTS as u64 + 1,
            }));
        }
        let (mut state, step) = self.gate.begin(&self.known(conditions), request)?;
        self.advance(flight, &mut state, step, conditions.now_ms)
            .inspect(|action| self.put_back(flight, state, action))
    }

    /// Takes what came of an action, and says what must be done next.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] where no such request is under way, or it waits for something else.
    /// Nothing has changed then.
    pub fn resume(&mut self, flight: u64, now_ms: u64, heard: Heard) -> Result<Action, Error> {
        let Some(mut state) = self.flights.remove(&flight) else {
            return Err(Error::Conflict(format!(
                "no request with the number {flight} is under way"
            )));
        };
        let reply = match heard {
            Heard::Embedded(result) => Reply::Embedded(result),
            Heard::Generated(result) => Reply::Generated(result),
        };
        match self.gate.resume(&mut state, now_ms, reply) {
            Ok(step) => self
                .advance(flight, &mut state, step, now_ms)
                .inspect(|action| self.put_back(flight, state, action)),
            Err(error) => {
                self.flights.insert(flight, state);
                Err(error)
            }
        }
    }

    /// Gives a request up. Gives whether there was one.
    pub fn cancel(&mut self, flight: u64) -> bool {
        match self.flights.remove(&flight) {
            Some(mut state) => {
                self.gate.cancel(&mut state);
                true
            }
            None => false,
        }
    }

    /// Requests under way, in order.
    #[must_use]
    pub fn flights(&self) -> Vec<u64> {
        self.flights.keys().copied().collect()
    }

    fn put_back(&mut self, flight: u64, state: Flight, action: &Action) {
        if !matches!(action, Action::Finished(_)) {
            self.flights.insert(flight, state);
        }
    }

    /// Does what the gate asks for, up to what only the caller can do.
    fn advance(
        &mut self,
        flight: u64,
        state: &mut Flight,
        mut step: Step,
        now_ms: u64,
    ) -> Result<Action, Error> {
        loop {
            let reply = match step {
                Step::Embed { text } => match self.embedder {
                    None => return Ok(Action::Embed { text }),
                    Some(embedder) => {
                        Reply::Embedded(embedder.embed(&text).map_err(|error| error.to_string()))
                    }
                },
                Step::Generate { prompt, max_tokens } => {
                    return Ok(Action::Generate { prompt, max_tokens });
                }
                Step::Finished(answer) => return Ok(Action::Finished(answer)),
                Step::Recall(recall) => Reply::Recalled(self.recall(&recall, now_ms)),
                Step::Remember(remember) => Reply::Remembered(self.remember(&remember, now_ms)),
                Step::Consolidate(consolidate) => {
                    self.memory.consolidate_phase(consolidate.from, now_ms);
                    Reply::Consolidated(Ok(()))
                }
            };
            // The gate said itself what it waits for.
            step = self.gate.resume(state, now_ms, reply).inspect_err(|_| {
                self.flights.remove(&flight);
            })?;
        }
    }

    fn recall(&self, recall: &Recall, now_ms: u64) -> Result<Vec<Recollection>, String> {
        let query = Query {
            vector: &recall.vector,
            phase: recall.phase,
            tolerance: recall.phase_tolerance,
            top_k: recall.top_k,
            min_confidence: recall.min_confidence,
        };
        let found = self.memory.retrieve(&query, now_ms);
        let recollection = |found: Found| Recollection {
            text: found.entry.text,
            resonance: found.resonance,
        };
        found
            .map(|found| found.into_iter().map(recollection).collect())
            .map_err(|error| error.to_string())
    }

    fn remember(&mut self, remember: &Remember, now_ms: u64) -> Result<bool, String> {
        let entry = NewEntry {
            confidence: remember.confidence,
            source: match remember.origin {
                Origin::LlmGeneration => Source::LlmGeneration,
                Origin::System => Source::System,
            },
            text: remember.text.as_deref().filter(|text| !text.is_empty()),
            source_name: remember.source_name.as_deref(),
            ..NewEntry::new(&remember.vector, remember.phase)
        };
        let inserted = self.memory.insert(&entry, now_ms);
        let is_kept = inserted.map_err(|error| error.to_string())?.id().is_some();
        if is_kept {
            let updated = self.synaptic.update(&remember.vector);
            updated.map_err(|error| error.to_string())?;
        }
        Ok(is_kept)
    }

    fn consolidate_where_due(&mut self, now_ms: u64) {
        if let Some(due) = self.gate.consolidation() {
            self.memory.consolidate_phase(due.from, now_ms);
            self.gate.consolidation_done(now_ms, due.entries, true);
        }
    }

    /// What is known of the memory's size, where the caller does not say.
    fn known(&self, conditions: &Conditions) -> Conditions {
        let own = || self.memory.usage().bytes + self.synaptic.bytes();
        Conditions {
            own_memory_bytes: Some(conditions.own_memory_bytes.unwrap_or_else(own)),
            ..*conditions
        }
    }

    /// Stores entries, all or none, whatever the gate says.
    ///
    /// # Errors
    ///
    /// As [`PhaseMemory::insert_batch`]. Nothing has changed then.
    pub fn insert(
        &mut self,
        entries: &[NewEntry<'_>],
        now_ms: u64,
    ) -> Result<Vec<Inserted>, Error> {
        self.memory.insert_batch(entries, now_ms)
    }

    /// The entries most like a vector, the best first.
    ///
    /// # Errors
    ///
    /// As [`PhaseMemory::retrieve`].
    pub fn retrieve(&self, query: &Query<'_>, now_ms: u64) -> Result<Vec<Found>, InvalidInput> {
        self.memory.retrieve(query, now_ms)
    }

    /// The entry with this id, unless it has expired.
    #[must_use]
    pub fn entry(&self, id: u64, now_ms: u64) -> Option<Entry> {
        self.memory.entry(id, now_ms)
    }

    /// The entries with an id above `after`, the oldest first, at most `count`.
    #[must_use]
    pub fn entries(&self, after: u64, count: usize, now_ms: u64) -> Vec<Entry> {
        self.memory.entries(after, count, now_ms)
    }

    /// The vector of the entry with this id, unless it has expired.
    #[must_use]
    pub fn vector(&self, id: u64, now_ms: u64) -> Option<&[f32]> {
        self.memory.vector(id, now_ms)
    }

    /// Removes entries. Gives how many there were.
    pub fn forget(&mut self, ids: &[u64]) -> u32 {
        self.memory.forget(ids)
    }

    /// Removes all entries with this source name. Gives their number.
    pub fn forget_source(&mut self, source_name: &str) -> u32 {
        self.memory.forget_source(source_name)
    }

    /// Removes at most `limit` entries that have expired. Gives their number.
    pub fn sweep(&mut self, now_ms: u64, limit: u32) -> u32 {
        self.memory.sweep(now_ms, limit)
    }

    /// The embedding of a text by the built-in embedder.
    ///
    /// # Errors
    ///
    /// A blank or endless text; [`Error::Conflict`] where embeddings are the caller's.
    pub fn embed(&self, text: &str) -> Result<Vec<f32>, Error> {
        match self.embedder {
            Some(embedder) => Ok(embedder.embed(text)?),
            None => Err(Error::Conflict(
                "embeddings are the caller's here: give a vector".to_owned(),
            )),
        }
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> ControllerState {
        ControllerState {
            gate: self.gate.state(),
            drift: self.gate.drift(),
            memory: self.memory.usage(),
            synaptic_norms: self.synaptic.norms(),
            synaptic_bytes: self.synaptic.bytes(),
            flights: self.flights.len() as u32,
        }
    }

    /// One step of the rhythm that no request makes.
    pub fn advance_rhythm(&mut self, now_ms: u64) -> Phase {
        let phase = self.gate.advance_rhythm();
        self.consolidate_where_due(now_ms);
        phase
    }

    /// Ends an emergency, and forgets all of them.
    pub const fn reset_emergency(&mut self) {
        self.gate.reset_emergency();
    }

    /// Forgets everything but the configuration: counters, threshold, memory and requests under way.
    ///
    /// # Errors
    ///
    /// As [`Controller::new`]. Nothing has changed then.
    pub fn reset(&mut self) -> Result<(), Error> {
        *self = Self::new(self.config.clone())?;
        Ok(())
    }
}

fn built_in(config: &ControllerConfig) -> Result<Option<HashingEmbedder>, InvalidInput> {
    let settings = config.settings();
    match settings.embedder {
        Embedder::Hashing => HashingEmbedder::new(settings.memory.dimension).map(Some),
        Embedder::Caller => Ok(None),
    }
}
