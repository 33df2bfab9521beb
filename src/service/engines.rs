//! What a host supplies to judge with: the core, directly or as a component.

use crate::gate_engines::{self, ControllerHandle};
use crate::rule_engines::{RulesError, RulesHandle, load_natively, restore_natively};
use assize_core::controller::ControllerConfig;
use assize_core::governor::{
    Candidate, CycleAudit, CycleConfig, CycleEvaluation, CycleGovernor, CycleInput, CycleSettings,
    EngineOutput, SessionAudit, SessionConfig, SessionGovernor, SessionSettings, StepDecision,
    Wisdom, evaluate_cycle,
};
use assize_core::rules::Source;
use assize_core::{Error, InvalidInput};

/// Why an engine gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The core refused the call; state is as it was before.
    #[error(transparent)]
    Refused(#[from] Error),
    /// The engine itself failed; the text is for operators, not for callers.
    #[error("the engine failed: {0}")]
    Failed(String),
}

impl From<InvalidInput> for EngineError {
    fn from(error: InvalidInput) -> Self {
        Self::Refused(error.into())
    }
}

/// The core, however it runs. Calls are short and do not block on anything.
pub trait Engines: Send + Sync + 'static {
    /// Whether it has the gate and its memory.
    fn has_gate(&self) -> bool {
        false
    }

    /// Which way of running it this is, and which build: for logs and metrics.
    fn describe(&self) -> EngineDescription;

    /// Judges one cycle and remembers nothing.
    ///
    /// # Errors
    ///
    /// Input that is not acceptable, a bound that was reached, or a failure of the engine.
    fn evaluate_cycle(
        &self,
        config: &CycleConfig,
        input: &CycleInput<'_>,
    ) -> Result<CycleEvaluation, EngineError>;

    /// Judges many cycles under one configuration, in order.
    ///
    /// # Errors
    ///
    /// The outer error means that none was judged.
    fn evaluate_cycles(
        &self,
        config: &CycleConfig,
        inputs: &[CycleInput<'_>],
    ) -> Result<Vec<Result<CycleEvaluation, EngineError>>, EngineError>;

    /// A cycle governor that has seen nothing.
    ///
    /// # Errors
    ///
    /// A bound that was reached, or a failure of the engine.
    fn open_cycle_governor<'a>(
        &'a self,
        config: &CycleConfig,
    ) -> Result<Box<dyn CycleSession + 'a>, EngineError>;

    /// A cycle governor as it was when `snapshot` was taken.
    ///
    /// # Errors
    ///
    /// Bytes that are no such snapshot, a bound that was reached, or a failure of the engine.
    fn restore_cycle_governor<'a>(
        &'a self,
        snapshot: &[u8],
    ) -> Result<Box<dyn CycleSession + 'a>, EngineError>;

    /// A session governor that has seen nothing.
    ///
    /// # Errors
    ///
    /// A bound that was reached, or a failure of the engine.
    fn open_session_governor<'a>(
        &'a self,
        config: &SessionConfig,
    ) -> Result<Box<dyn StepSession + 'a>, EngineError>;

    /// A session governor as it was when `snapshot` was taken.
    ///
    /// # Errors
    ///
    /// Bytes that are no such snapshot, a bound that was reached, or a failure of the engine.
    fn restore_session_governor<'a>(
        &'a self,
        snapshot: &[u8],
    ) -> Result<Box<dyn StepSession + 'a>, EngineError>;

    /// Facts and rules, ready to be asked.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them, a bound that was reached, or a failure of the engine.
    fn load_rules(&self, sources: &[Source]) -> Result<Box<dyn RulesHandle>, RulesError> {
        let _ = sources;
        Err(EngineError::Failed("this host has no rule engine".to_owned()).into())
    }

    /// Facts and rules from the bytes of a snapshot.
    ///
    /// # Errors
    ///
    /// Bytes that are none, a bound that was reached, or a failure of the engine.
    fn restore_rules(&self, snapshot: &[u8]) -> Result<Box<dyn RulesHandle>, RulesError> {
        let _ = snapshot;
        Err(EngineError::Failed("this host has no rule engine".to_owned()).into())
    }

    /// A gate with its memory, before its first request.
    ///
    /// # Errors
    ///
    /// That it needs more memory than there is or than the host permits, a bound that was reached, or a failure of
    /// the engine.
    fn open_controller(
        &self,
        config: &ControllerConfig,
    ) -> Result<Box<dyn ControllerHandle>, EngineError> {
        let _ = config;
        Err(EngineError::Failed("this host has no gate".to_owned()))
    }

    /// A gate with its memory as it was when `snapshot` was taken.
    ///
    /// # Errors
    ///
    /// Also bytes that are no such snapshot.
    fn restore_controller(
        &self,
        snapshot: &[u8],
    ) -> Result<Box<dyn ControllerHandle>, EngineError> {
        let _ = snapshot;
        Err(EngineError::Failed("this host has no gate".to_owned()))
    }
}

/// A way of running the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineDescription {
    /// `native` or `component`.
    pub kind: &'static str,
    /// Version of the core.
    pub version: String,
    /// Hash of the component in hexadecimal; empty where there is none.
    pub hash: String,
}

impl EngineDescription {
    /// What the journal calls it: the component's hash, or what there is instead.
    #[must_use]
    pub fn name(&self) -> String {
        if self.hash.is_empty() {
            format!("{}-{}", self.kind, self.version)
        } else {
            self.hash.clone()
        }
    }
}

/// Where a governor stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SessionStatus {
    /// Cycles or steps so far.
    pub total_cycles: u32,
    /// Whether a stop bars further ones until it is reopened.
    pub stopped: bool,
    /// Below 0 where it was overspent.
    pub budget_remaining: f64,
}

/// What both governors can do. Every call fails only with a bound that was reached or with the
/// engine, where not said otherwise; after such a failure the handle is of no further use.
pub trait GovernorSession {
    /// Permits further cycles after a stop.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn reopen(&mut self) -> Result<(), EngineError>;

    /// Forgets every cycle; wisdom stays.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn reset(&mut self) -> Result<(), EngineError>;

    /// Keeps a lesson.
    ///
    /// # Errors
    ///
    /// Also texts that are not acceptable.
    fn add_wisdom(&mut self, wisdom: Wisdom) -> Result<(), EngineError>;

    /// Where it stands.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn status(&mut self) -> Result<SessionStatus, EngineError>;

    /// Everything that survives; equal governors give equal bytes.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn snapshot(&mut self) -> Result<Vec<u8>, EngineError>;
}

/// A cycle governor.
pub trait CycleSession: GovernorSession {
    /// Judges the next cycle.
    ///
    /// # Errors
    ///
    /// Also input that is not acceptable, and a session that has stopped.
    fn evaluate(
        &mut self,
        left: &EngineOutput<'_>,
        right: &EngineOutput<'_>,
    ) -> Result<CycleEvaluation, EngineError>;

    /// Everything that it did.
    ///
    /// # Errors
    ///
    /// See [`GovernorSession`].
    fn audit(&mut self) -> Result<CycleAudit, EngineError>;

    /// How it decides.
    ///
    /// # Errors
    ///
    /// See [`GovernorSession`].
    fn settings(&mut self) -> Result<CycleSettings, EngineError>;
}

/// A session governor.
pub trait StepSession: GovernorSession {
    /// Weighs two answers.
    ///
    /// # Errors
    ///
    /// Also input that is not acceptable, and a session that has frozen.
    fn step(
        &mut self,
        left: &Candidate<'_>,
        right: &Candidate<'_>,
    ) -> Result<StepDecision, EngineError>;

    /// Everything that it did.
    ///
    /// # Errors
    ///
    /// See [`GovernorSession`].
    fn audit(&mut self) -> Result<SessionAudit, EngineError>;

    /// How it decides.
    ///
    /// # Errors
    ///
    /// See [`GovernorSession`].
    fn settings(&mut self) -> Result<SessionSettings, EngineError>;
}

/// The core, called directly: no sandbox and no bounds but the core's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct NativeEngines;

impl Engines for NativeEngines {
    fn has_gate(&self) -> bool {
        true
    }

    fn describe(&self) -> EngineDescription {
        EngineDescription {
            kind: "native",
            version: assize_core::VERSION.to_owned(),
            hash: String::new(),
        }
    }

    fn evaluate_cycle(
        &self,
        config: &CycleConfig,
        input: &CycleInput<'_>,
    ) -> Result<CycleEvaluation, EngineError> {
        Ok(evaluate_cycle(config, input)?)
    }

    fn evaluate_cycles(
        &self,
        config: &CycleConfig,
        inputs: &[CycleInput<'_>],
    ) -> Result<Vec<Result<CycleEvaluation, EngineError>>, EngineError> {
        let judge = |input| Ok(evaluate_cycle(config, input)?);
        Ok(inputs.iter().map(judge).collect())
    }

    fn open_cycle_governor<'a>(
        &'a self,
        config: &CycleConfig,
    ) -> Result<Box<dyn CycleSession + 'a>, EngineError> {
        Ok(Box::new(CycleGovernor::new(*config)))
    }

    fn restore_cycle_governor<'a>(
        &'a self,
        snapshot: &[u8],
    ) -> Result<Box<dyn CycleSession + 'a>, EngineError> {
        Ok(Box::new(
            CycleGovernor::restore(snapshot).map_err(Error::from)?,
        ))
    }

    fn open_session_governor<'a>(
        &'a self,
        config: &SessionConfig,
    ) -> Result<Box<dyn StepSession + 'a>, EngineError> {
        Ok(Box::new(SessionGovernor::new(*config)))
    }

    fn restore_session_governor<'a>(
        &'a self,
        snapshot: &[u8],
    ) -> Result<Box<dyn StepSession + 'a>, EngineError> {
        Ok(Box::new(
            SessionGovernor::restore(snapshot).map_err(Error::from)?,
        ))
    }

    fn load_rules(&self, sources: &[Source]) -> Result<Box<dyn RulesHandle>, RulesError> {
        load_natively(sources)
    }

    fn restore_rules(&self, snapshot: &[u8]) -> Result<Box<dyn RulesHandle>, RulesError> {
        restore_natively(snapshot)
    }

    fn open_controller(
        &self,
        config: &ControllerConfig,
    ) -> Result<Box<dyn ControllerHandle>, EngineError> {
        gate_engines::open_natively(config)
    }

    fn restore_controller(
        &self,
        snapshot: &[u8],
    ) -> Result<Box<dyn ControllerHandle>, EngineError> {
        gate_engines::restore_natively(snapshot)
    }
}

/// [`GovernorSession`] for a governor of the core, by calling what it has under the same name.
macro_rules! native_session {
    ($governor:ty) => {
        impl GovernorSession for $governor {
            fn reopen(&mut self) -> Result<(), EngineError> {
                <$governor>::reopen(self);
                Ok(())
            }

            fn reset(&mut self) -> Result<(), EngineError> {
                <$governor>::reset(self);
                Ok(())
            }

            fn add_wisdom(&mut self, wisdom: Wisdom) -> Result<(), EngineError> {
                Ok(<$governor>::add_wisdom(self, wisdom)?)
            }

            fn status(&mut self) -> Result<SessionStatus, EngineError> {
                Ok(SessionStatus {
                    total_cycles: self.total_cycles() as u32,
                    stopped: self.is_stopped(),
                    budget_remaining: self.budget_remaining(),
                })
            }

            fn snapshot(&mut self) -> Result<Vec<u8>, EngineError> {
                Ok(<$governor>::snapshot(self))
            }
        }
    };
}

native_session!(CycleGovernor);
native_session!(SessionGovernor);

impl CycleSession for CycleGovernor {
    fn evaluate(
        &mut self,
        left: &EngineOutput<'_>,
        right: &EngineOutput<'_>,
    ) -> Result<CycleEvaluation, EngineError> {
        Ok(Self::evaluate(self, left, right)?)
    }

    fn audit(&mut self) -> Result<CycleAudit, EngineError> {
        Ok(Self::audit(self))
    }

    fn settings(&mut self) -> Result<CycleSettings, EngineError> {
        Ok(*Self::settings(self))
    }
}

impl StepSession for SessionGovernor {
    fn step(
        &mut self,
        left: &Candidate<'_>,
        right: &Candidate<'_>,
    ) -> Result<StepDecision, EngineError> {
        Ok(Self::step(self, left, right)?)
    }

    fn audit(&mut self) -> Result<SessionAudit, EngineError> {
        Ok(Self::audit(self))
    }

    fn settings(&mut self) -> Result<SessionSettings, EngineError> {
        Ok(*Self::settings(self))
    }
}
