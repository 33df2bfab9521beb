//! The `governor` interface.

use crate::Core;
use crate::bindings::exports::assize::core::governor as wit;
use crate::bindings::exports::assize::core::types;
use crate::convert::{candidate, cycle_input, output};
use assize_core::governor as core;
use std::cell::RefCell;

impl wit::Guest for Core {
    type CycleGovernor = CycleGovernor;
    type SessionGovernor = SessionGovernor;

    fn default_cycle_config() -> wit::CycleConfig {
        core::CycleSettings::default().into()
    }

    fn evaluate_cycle(
        config: wit::CycleConfig,
        input: wit::CycleInput,
    ) -> Result<wit::CycleEvaluation, types::Error> {
        let config = core::CycleConfig::new(config.into())?;
        Ok(core::evaluate_cycle(&config, &cycle_input(&input))?.into())
    }

    fn evaluate_cycles(
        config: wit::CycleConfig,
        inputs: Vec<wit::CycleInput>,
    ) -> Result<Vec<Result<wit::CycleEvaluation, types::Error>>, types::Error> {
        let config = core::CycleConfig::new(config.into())?;
        let judge = |input: &wit::CycleInput| {
            let evaluation = core::evaluate_cycle(&config, &cycle_input(input))?;
            Ok(evaluation.into())
        };
        Ok(inputs.iter().map(judge).collect())
    }

    fn default_session_config() -> wit::SessionConfig {
        core::SessionSettings::default().into()
    }

    fn word_overlap(left: String, right: String) -> f64 {
        assize_core::text::word_overlap(&left, &right)
    }

    fn cosine_similarity(left: String, right: String) -> f64 {
        assize_core::text::cosine_similarity(&left, &right)
    }

    fn risk(left: f64, right: f64, similarity: f64) -> Result<f64, types::Error> {
        Ok(core::risk(left, right, similarity)?)
    }

    fn quality(
        left: wit::EngineOutput,
        right: wit::EngineOutput,
        similarity: f64,
    ) -> Result<wit::QualityMetrics, types::Error> {
        let metrics = core::quality_metrics(&output(&left), &output(&right), similarity)?;
        Ok(metrics.into())
    }

    fn score(config: wit::SessionConfig, given: wit::Candidate) -> Result<f64, types::Error> {
        let config = core::SessionConfig::new(config.into())?;
        Ok(core::SessionGovernor::score(&config, &candidate(&given))?)
    }
}

/// The cycle governor behind a handle; calls never overlap, an instance is single-threaded.
pub(crate) struct CycleGovernor(RefCell<core::CycleGovernor>);

impl wit::GuestCycleGovernor for CycleGovernor {
    fn new(config: wit::CycleConfig) -> Result<Self, types::Error> {
        let config = core::CycleConfig::new(config.into())?;
        Ok(Self(RefCell::new(core::CycleGovernor::new(config))))
    }

    fn evaluate(
        &self,
        left: wit::EngineOutput,
        right: wit::EngineOutput,
    ) -> Result<wit::CycleEvaluation, types::Error> {
        let mut governor = self.0.borrow_mut();
        Ok(governor.evaluate(&output(&left), &output(&right))?.into())
    }

    fn reopen(&self) {
        self.0.borrow_mut().reopen();
    }

    fn reset(&self) {
        self.0.borrow_mut().reset();
    }

    fn add_wisdom(&self, wisdom: wit::Wisdom) -> Result<(), types::Error> {
        Ok(self.0.borrow_mut().add_wisdom(wisdom.into())?)
    }

    fn audit(&self) -> wit::CycleAudit {
        self.0.borrow().audit().into()
    }

    fn status(&self) -> wit::SessionStatus {
        let governor = self.0.borrow();
        wit::SessionStatus {
            total_cycles: governor.total_cycles() as u32,
            stopped: governor.is_stopped(),
            budget_remaining: governor.budget_remaining(),
        }
    }

    fn config(&self) -> wit::CycleConfig {
        (*self.0.borrow().settings()).into()
    }

    fn snapshot(&self) -> Vec<u8> {
        self.0.borrow().snapshot()
    }

    fn restore(snapshot: Vec<u8>) -> Result<wit::CycleGovernor, types::Error> {
        let governor = core::CycleGovernor::restore(&snapshot)?;
        Ok(wit::CycleGovernor::new(Self(RefCell::new(governor))))
    }
}

/// The session governor behind a handle; calls never overlap, an instance is single-threaded.
pub(crate) struct SessionGovernor(RefCell<core::SessionGovernor>);

impl wit::GuestSessionGovernor for SessionGovernor {
    fn new(config: wit::SessionConfig) -> Result<Self, types::Error> {
        let config = core::SessionConfig::new(config.into())?;
        Ok(Self(RefCell::new(core::SessionGovernor::new(config))))
    }

    fn step(
        &self,
        left: wit::Candidate,
        right: wit::Candidate,
    ) -> Result<wit::StepDecision, types::Error> {
        let mut governor = self.0.borrow_mut();
        Ok(governor.step(&candidate(&left), &candidate(&right))?.into())
    }

    fn reopen(&self) {
        self.0.borrow_mut().reopen();
    }

    fn reset(&self) {
        self.0.borrow_mut().reset();
    }

    fn add_wisdom(&self, wisdom: wit::Wisdom) -> Result<(), types::Error> {
        Ok(self.0.borrow_mut().add_wisdom(wisdom.into())?)
    }

    fn audit(&self) -> wit::SessionAudit {
        self.0.borrow().audit().into()
    }

    fn status(&self) -> wit::SessionStatus {
        let governor = self.0.borrow();
        wit::SessionStatus {
            total_cycles: governor.total_cycles() as u32,
            stopped: governor.is_stopped(),
            budget_remaining: governor.budget_remaining(),
        }
    }

    fn config(&self) -> wit::SessionConfig {
        (*self.0.borrow().settings()).into()
    }

    fn snapshot(&self) -> Vec<u8> {
        self.0.borrow().snapshot()
    }

    fn restore(snapshot: Vec<u8>) -> Result<wit::SessionGovernor, types::Error> {
        let governor = core::SessionGovernor::restore(&snapshot)?;
        Ok(wit::SessionGovernor::new(Self(RefCell::new(governor))))
    }
}
