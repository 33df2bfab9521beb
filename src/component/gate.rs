//! The `gate` interface.

use crate::Core;
use crate::bindings::exports::assize::core::{gate as wit, types};
use crate::convert::all;
use crate::convert_gate::{conditions, outcome, question, request};
use crate::convert_memory::{new_entry, query};
use assize_core::{controller, gate as core};
use std::cell::RefCell;

impl wit::Guest for Core {
    type Threshold = Threshold;
    type Controller = Controller;

    fn default_config() -> wit::Config {
        controller::ControllerSettings::default().into()
    }

    fn text_score(
        lexicon: wit::LexiconConfig,
        text: String,
    ) -> Result<wit::ScoredText, types::Error> {
        Ok(core::Lexicon::new(lexicon.into())?.score(&text).into())
    }

    fn confidence(answer: String) -> f64 {
        core::confidence(&answer)
    }

    fn judge_quality(
        quality: wit::QualityConfig,
        prompt: String,
        answer: String,
        confidence: f64,
    ) -> Result<wit::Quality, types::Error> {
        Ok(core::Quality::judge(&quality.into(), &prompt, &answer, confidence)?.into())
    }
}

/// A threshold behind a handle; calls never overlap, an instance is single-threaded.
pub(crate) struct Threshold(RefCell<core::Threshold>);

impl wit::GuestThreshold for Threshold {
    fn new(threshold: wit::ThresholdConfig) -> Result<Self, types::Error> {
        Ok(Self(RefCell::new(core::Threshold::new(threshold.into())?)))
    }

    fn adapt(&self, score: f64) -> Result<wit::Adaptation, types::Error> {
        let score = core::Score::new(score)?;
        Ok(self.0.borrow_mut().adapt(score).into())
    }

    fn follow(&self, accepted: bool) -> wit::Adaptation {
        self.0.borrow_mut().follow(accepted).into()
    }

    fn value(&self) -> f64 {
        self.0.borrow().value()
    }

    fn acceptance(&self) -> f64 {
        self.0.borrow().acceptance()
    }

    fn drift(&self) -> wit::DriftStatistics {
        self.0.borrow().drift().into()
    }
}

/// A controller behind a handle.
pub(crate) struct Controller(RefCell<controller::Controller>);

impl wit::GuestController for Controller {
    fn new(config: wit::Config) -> Result<Self, types::Error> {
        let config = controller::ControllerConfig::new(config.into())?;
        let controller = controller::Controller::new(config)?;
        Ok(Self(RefCell::new(controller)))
    }

    fn config(&self) -> wit::Config {
        self.0.borrow().settings().clone().into()
    }

    fn admit(
        &self,
        known: wit::Conditions,
        given: wit::Question,
    ) -> Result<wit::Admission, types::Error> {
        let mut controller = self.0.borrow_mut();
        Ok(controller
            .admit(&conditions(known), &question(&given))?
            .into())
    }

    fn record(
        &self,
        known: wit::Conditions,
        given: wit::Outcome,
    ) -> Result<wit::Answer, types::Error> {
        let mut controller = self.0.borrow_mut();
        Ok(controller
            .record(&conditions(known), &outcome(&given))?
            .into())
    }

    fn begin(
        &self,
        flight: u64,
        known: wit::Conditions,
        given: wit::Request,
    ) -> Result<wit::Action, types::Error> {
        let mut controller = self.0.borrow_mut();
        Ok(controller
            .begin(flight, &conditions(known), &request(&given))?
            .into())
    }

    fn resume(
        &self,
        flight: u64,
        now_ms: u64,
        heard: wit::Heard,
    ) -> Result<wit::Action, types::Error> {
        let mut controller = self.0.borrow_mut();
        Ok(controller.resume(flight, now_ms, heard.into())?.into())
    }

    fn cancel(&self, flight: u64) -> bool {
        self.0.borrow_mut().cancel(flight)
    }

    fn flights(&self) -> Vec<u64> {
        self.0.borrow().flights()
    }

    fn insert(
        &self,
        entries: Vec<wit::NewEntry>,
        now_ms: u64,
    ) -> Result<Vec<wit::Inserted>, types::Error> {
        let entries: Vec<_> = entries.iter().map(new_entry).collect();
        Ok(all(self.0.borrow_mut().insert(&entries, now_ms)?))
    }

    fn retrieve(
        &self,
        given: wit::Query,
        now_ms: u64,
    ) -> Result<Vec<wit::Recollection>, types::Error> {
        Ok(all(self.0.borrow().retrieve(&query(&given), now_ms)?))
    }

    fn entry(&self, id: u64, now_ms: u64) -> Option<wit::Entry> {
        self.0.borrow().entry(id, now_ms).map(Into::into)
    }

    fn vector(&self, id: u64, now_ms: u64) -> Option<Vec<f32>> {
        self.0.borrow().vector(id, now_ms).map(<[f32]>::to_vec)
    }

    fn entries(&self, after: u64, count: u32, now_ms: u64) -> Vec<wit::Entry> {
        all(self.0.borrow().entries(after, count as usize, now_ms))
    }

    fn forget(&self, ids: Vec<u64>) -> u32 {
        self.0.borrow_mut().forget(&ids)
    }

    fn forget_source(&self, source_name: String) -> u32 {
        self.0.borrow_mut().forget_source(&source_name)
    }

    fn sweep(&self, now_ms: u64, limit: u32) -> u32 {
        self.0.borrow_mut().sweep(now_ms, limit)
    }

    fn embed(&self, text: String) -> Result<Vec<f32>, types::Error> {
        Ok(self.0.borrow().embed(&text)?)
    }

    fn state(&self) -> wit::State {
        self.0.borrow().state().into()
    }

    fn reset(&self) -> Result<(), types::Error> {
        Ok(self.0.borrow_mut().reset()?)
    }

    fn reset_emergency(&self) {
        self.0.borrow_mut().reset_emergency();
    }

    fn advance_rhythm(&self, now_ms: u64) -> wit::Phase {
        self.0.borrow_mut().advance_rhythm(now_ms).into()
    }

    fn snapshot(&self) -> Vec<u8> {
        self.0.borrow().snapshot()
    }

    fn restore(snapshot: Vec<u8>) -> Result<wit::Controller, types::Error> {
        let controller = controller::Controller::restore(&snapshot)?;
        Ok(wit::Controller::new(Self(RefCell::new(controller))))
    }
}
