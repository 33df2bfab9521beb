//! The core as a component in a sandbox, within bounds of time and memory.

mod artifact;
mod bindings;
mod component;
#[macro_use]
mod convert;
mod convert_gate;
mod convert_memory;
mod convert_rules;
mod error;
mod gate;
mod options;
mod pool;
mod rules;
mod sessions;
#[cfg(test)]
mod tests;
mod ticker;

pub use component::Component;
pub use error::EngineStartError;
pub use options::{EngineOptions, InstanceReuse};

use assize_core::controller::ControllerConfig;
use assize_core::gate::{LexiconSettings, Quality, QualitySettings, TextScore};
use assize_core::governor::{
    Candidate, CycleConfig, CycleEvaluation, CycleInput, EngineOutput, QualityMetrics,
    SessionConfig,
};
use assize_core::rules::Source;
use assize_service::{
    ControllerHandle, CycleSession, EngineDescription, EngineError, Engines, RulesError,
    RulesHandle, StepSession,
};
use bindings::exports::assize::core::{governor as wit, types};
use bindings::owning::exports::assize::core as owning_wit;
use convert::{candidate, cycle_input, output};
use pool::Pool;
use sessions::Session;
use std::sync::Arc;

/// The core, run as a WebAssembly component. Cheap to share; calls run on as many threads as make
/// them, each in an instance of its own.
///
/// A call that exceeds its bounds is answered with [`Error::Limit`](assize_core::Error::Limit) and
/// touches no other: `call-time-ms`, `call-memory-bytes`, `controller-memory-bytes`, or `concurrent-instances`.
///
/// # Example
///
/// ```no_run
/// use assize::{Component, ComponentEngines, EngineOptions};
/// use assize_core::governor::{CycleConfig, CycleInput, EngineOutput};
/// use assize_service::Engines;
///
/// let engines = ComponentEngines::new(&Component::embedded()?, &EngineOptions::default())?;
/// let output = EngineOutput { output: "It is safe to deploy.", confidence: 0.9 };
/// let input = CycleInput { left: output, right: output, budget: 1.0, cycle: 1, previous_quality: None };
/// let evaluation = engines.evaluate_cycle(&CycleConfig::default(), &input)?;
/// assert_eq!(evaluation.verdict.as_str(), "allow");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ComponentEngines {
    pool: Arc<Pool>,
    hash: String,
}

impl ComponentEngines {
    /// Compiles the component, or takes what was compiled before, and gets ready for calls.
    ///
    /// # Errors
    ///
    /// [`EngineStartError`] says which option, file or system limit stands in the way.
    pub fn new(component: &Component, options: &EngineOptions) -> Result<Self, EngineStartError> {
        Ok(Self {
            pool: Arc::new(Pool::start(component, options)?),
            hash: component.hash(),
        })
    }

    /// Share of words that both texts have, 0 to 1.
    ///
    /// # Errors
    ///
    /// A bound that was reached, or a failure of the engine.
    pub fn word_overlap(&self, left: &str, right: &str) -> Result<f64, EngineError> {
        self.pool
            .call(|guest, store| guest.call_word_overlap(store, left, right))
    }

    /// Cosine of the texts' TF-IDF vectors, 0 to 1.
    ///
    /// # Errors
    ///
    /// A bound that was reached, or a failure of the engine.
    pub fn cosine_similarity(&self, left: &str, right: &str) -> Result<f64, EngineError> {
        self.pool
            .call(|guest, store| guest.call_cosine_similarity(store, left, right))
    }

    /// Risk of acting on two outputs, 0 to 1.
    ///
    /// # Errors
    ///
    /// Also arguments that are not from 0 to 1.
    pub fn risk(
        &self,
        left_confidence: f64,
        right_confidence: f64,
        similarity: f64,
    ) -> Result<f64, EngineError> {
        let call = self.pool.call(|guest, store| {
            guest.call_risk(store, left_confidence, right_confidence, similarity)
        });
        Ok(call??)
    }

    /// Quality of two outputs whose similarity is known.
    ///
    /// # Errors
    ///
    /// Also confidences and a similarity that are not from 0 to 1.
    pub fn quality(
        &self,
        left: &EngineOutput<'_>,
        right: &EngineOutput<'_>,
        similarity: f64,
    ) -> Result<QualityMetrics, EngineError> {
        let (left, right) = (output(left), output(right));
        let call = self
            .pool
            .call(|guest, store| guest.call_quality(store, left, right, similarity));
        Ok(call??.into())
    }

    /// Score of one answer; -1 if it is disqualified.
    ///
    /// # Errors
    ///
    /// Also an answer that is not acceptable.
    pub fn score(&self, config: &SessionConfig, given: &Candidate<'_>) -> Result<f64, EngineError> {
        let (config, given) = ((*config.settings()).into(), candidate(given));
        let call = self
            .pool
            .call(|guest, store| guest.call_score(store, config, given));
        Ok(call??)
    }

    /// Scores a text by the words in it.
    ///
    /// # Errors
    ///
    /// Also lists of words that are not acceptable.
    pub fn text_score(
        &self,
        lexicon: &LexiconSettings,
        text: &str,
    ) -> Result<TextScore, EngineError> {
        let lexicon = lexicon.clone().into();
        let scored = self.pool.lease()?.call_owning(|core, store| {
            core.assize_core_gate()
                .call_text_score(store, &lexicon, text)
        })?;
        convert_gate::text_score(scored.map_err(convert_rules::refusal)?)
    }

    /// How sure an answer sounds by its wording alone, 0 to 1.
    ///
    /// # Errors
    ///
    /// A bound that was reached, or a failure of the engine.
    pub fn confidence(&self, answer: &str) -> Result<f64, EngineError> {
        let mut lease = self.pool.lease()?;
        lease.call_owning(|core, store| core.assize_core_gate().call_confidence(store, answer))
    }

    /// Judges the form of an answer to a prompt.
    ///
    /// # Errors
    ///
    /// Also settings out of their ranges, and a confidence that is not from 0 to 1.
    pub fn judge_quality(
        &self,
        settings: &QualitySettings,
        prompt: &str,
        answer: &str,
        confidence: f64,
    ) -> Result<Quality, EngineError> {
        let settings = (*settings).into();
        let judged = self.pool.lease()?.call_owning(|core, store| {
            let gate = core.assize_core_gate();
            gate.call_judge_quality(store, settings, prompt, answer, confidence)
        })?;
        convert_gate::quality(judged.map_err(convert_rules::refusal)?)
    }
}

impl Engines for ComponentEngines {
    fn has_gate(&self) -> bool {
        true
    }

    fn describe(&self) -> EngineDescription {
        EngineDescription {
            kind: "component",
            version: assize_core::VERSION.to_owned(),
            hash: self.hash.clone(),
        }
    }

    fn evaluate_cycle(
        &self,
        config: &CycleConfig,
        input: &CycleInput<'_>,
    ) -> Result<CycleEvaluation, EngineError> {
        let (config, input) = ((*config.settings()).into(), cycle_input(input));
        let call = self
            .pool
            .call(|guest, store| guest.call_evaluate_cycle(store, config, input));
        Ok(call??.into())
    }

    fn evaluate_cycles(
        &self,
        config: &CycleConfig,
        inputs: &[CycleInput<'_>],
    ) -> Result<Vec<Result<CycleEvaluation, EngineError>>, EngineError> {
        let config = (*config.settings()).into();
        let inputs: Vec<_> = inputs.iter().map(cycle_input).collect();
        let call = self
            .pool
            .call(|guest, store| guest.call_evaluate_cycles(store, config, &inputs));
        let answers = call??.into_iter();
        Ok(answers
            .map(|answer| Ok(answer.map_err(EngineError::from)?.into()))
            .collect())
    }

    fn open_cycle_governor<'a>(
        &'a self,
        config: &CycleConfig,
    ) -> Result<Box<dyn CycleSession + 'a>, EngineError> {
        Ok(Box::new(Session::<sessions::Cycles>::new(
            &self.pool, config,
        )?))
    }

    fn restore_cycle_governor<'a>(
        &'a self,
        snapshot: &[u8],
    ) -> Result<Box<dyn CycleSession + 'a>, EngineError> {
        Ok(Box::new(Session::<sessions::Cycles>::restore(
            &self.pool, snapshot,
        )?))
    }

    fn open_session_governor<'a>(
        &'a self,
        config: &SessionConfig,
    ) -> Result<Box<dyn StepSession + 'a>, EngineError> {
        Ok(Box::new(Session::<sessions::Steps>::new(
            &self.pool, config,
        )?))
    }

    fn restore_session_governor<'a>(
        &'a self,
        snapshot: &[u8],
    ) -> Result<Box<dyn StepSession + 'a>, EngineError> {
        Ok(Box::new(Session::<sessions::Steps>::restore(
            &self.pool, snapshot,
        )?))
    }

    fn load_rules(&self, sources: &[Source]) -> Result<Box<dyn RulesHandle>, RulesError> {
        Ok(Box::new(rules::Rules::load(&self.pool, sources)?))
    }

    fn restore_rules(&self, snapshot: &[u8]) -> Result<Box<dyn RulesHandle>, RulesError> {
        Ok(Box::new(rules::Rules::restore(&self.pool, snapshot)?))
    }

    fn open_controller(
        &self,
        config: &ControllerConfig,
    ) -> Result<Box<dyn ControllerHandle>, EngineError> {
        Ok(Box::new(gate::Resident::open(&self.pool, config)?))
    }

    fn restore_controller(
        &self,
        snapshot: &[u8],
    ) -> Result<Box<dyn ControllerHandle>, EngineError> {
        Ok(Box::new(gate::Resident::restore(&self.pool, snapshot)?))
    }
}
