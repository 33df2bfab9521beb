//! The core that this handler is composed with.

use crate::convert::{candidate, cycle_input, output, wisdom};
use crate::wit;
use assize_core::governor::{
    Candidate, CycleAudit, CycleConfig, CycleEvaluation, CycleInput, CycleSettings, EngineOutput,
    SessionAudit, SessionConfig, SessionSettings, StepDecision, Wisdom,
};
use assize_core::rules::Source;
use assize_service::{
    CycleSession, EngineDescription, EngineError, Engines, GovernorSession, RulesError,
    RulesHandle, SessionStatus, StepSession,
};

#[derive(Debug)]
pub(crate) struct ImportedEngines;

impl Engines for ImportedEngines {
    fn describe(&self) -> EngineDescription {
        EngineDescription {
            kind: "component",
            version: assize_core::VERSION.to_owned(),
            // A component can't see what it is composed with.
            hash: String::new(),
        }
    }

    fn evaluate_cycle(
        &self,
        config: &CycleConfig,
        input: &CycleInput<'_>,
    ) -> Result<CycleEvaluation, EngineError> {
        let config = (*config.settings()).into();
        Ok(wit::evaluate_cycle(config, cycle_input(input))?.into())
    }

    fn evaluate_cycles(
        &self,
        config: &CycleConfig,
        inputs: &[CycleInput<'_>],
    ) -> Result<Vec<Result<CycleEvaluation, EngineError>>, EngineError> {
        let config = (*config.settings()).into();
        let inputs: Vec<_> = inputs.iter().map(cycle_input).collect();
        let results = wit::evaluate_cycles(config, &inputs)?.into_iter();
        let results = results.map(|result| Ok(result?.into()));
        Ok(results.collect())
    }

    fn open_cycle_governor<'a>(
        &'a self,
        config: &CycleConfig,
    ) -> Result<Box<dyn CycleSession + 'a>, EngineError> {
        let config = (*config.settings()).into();
        Ok(Box::new(wit::CycleGovernor::new(config)?))
    }

    fn restore_cycle_governor<'a>(
        &'a self,
        snapshot: &[u8],
    ) -> Result<Box<dyn CycleSession + 'a>, EngineError> {
        Ok(Box::new(wit::CycleGovernor::restore(snapshot)?))
    }

    fn open_session_governor<'a>(
        &'a self,
        config: &SessionConfig,
    ) -> Result<Box<dyn StepSession + 'a>, EngineError> {
        let config = (*config.settings()).into();
        Ok(Box::new(wit::SessionGovernor::new(config)?))
    }

    fn restore_session_governor<'a>(
        &'a self,
        snapshot: &[u8],
    ) -> Result<Box<dyn StepSession + 'a>, EngineError> {
        Ok(Box::new(wit::SessionGovernor::restore(snapshot)?))
    }

    fn load_rules(&self, sources: &[Source]) -> Result<Box<dyn RulesHandle>, RulesError> {
        crate::rules::load(sources)
    }

    fn restore_rules(&self, snapshot: &[u8]) -> Result<Box<dyn RulesHandle>, RulesError> {
        crate::rules::restore(snapshot)
    }
}

/// [`GovernorSession`] for a handle, by calling what it has under the same name.
macro_rules! imported_session {
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

            fn add_wisdom(&mut self, given: Wisdom) -> Result<(), EngineError> {
                Ok(<$governor>::add_wisdom(self, wisdom(&given))?)
            }

            fn status(&mut self) -> Result<SessionStatus, EngineError> {
                Ok(<$governor>::status(self).into())
            }

            fn snapshot(&mut self) -> Result<Vec<u8>, EngineError> {
                Ok(<$governor>::snapshot(self))
            }
        }
    };
}

imported_session!(wit::CycleGovernor);
imported_session!(wit::SessionGovernor);

impl CycleSession for wit::CycleGovernor {
    fn evaluate(
        &mut self,
        left: &EngineOutput<'_>,
        right: &EngineOutput<'_>,
    ) -> Result<CycleEvaluation, EngineError> {
        Ok(Self::evaluate(self, output(left), output(right))?.into())
    }

    fn audit(&mut self) -> Result<CycleAudit, EngineError> {
        Ok(Self::audit(self).into())
    }

    fn settings(&mut self) -> Result<CycleSettings, EngineError> {
        Ok(self.config().into())
    }
}

impl StepSession for wit::SessionGovernor {
    fn step(
        &mut self,
        left: &Candidate<'_>,
        right: &Candidate<'_>,
    ) -> Result<StepDecision, EngineError> {
        Ok(Self::step(self, candidate(left), candidate(right))?.into())
    }

    fn audit(&mut self) -> Result<SessionAudit, EngineError> {
        Ok(Self::audit(self).into())
    }

    fn settings(&mut self) -> Result<SessionSettings, EngineError> {
        Ok(self.config().into())
    }
}
