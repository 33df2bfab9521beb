//! A governor that remembers.

use super::{Outcome, to_text};
use crate::engines::{CycleSession, EngineError, Engines, GovernorSession, StepSession};
use crate::problem::Problem;
use assize_core::governor::CycleConfig;
use assize_journal::Head;
use assize_json::answers::{
    ConfigAnswer, CycleAuditAnswer, EvaluationAnswer, SessionAnswer, SessionAuditAnswer, StepAnswer,
};
use assize_json::{Document, GovernorKind, OpenRequest, OutputsRequest, StepRequest, read_wisdom};
use serde::Serialize;
use utoipa::ToSchema;

/// The operation that opens a session.
pub(crate) const OPEN: &str = "open";
/// The operation that ends one.
pub const DELETE: &str = "delete";

/// What changes a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Evaluate,
    Step,
    Reopen,
    Reset,
    AddWisdom,
}

impl Operation {
    const ALL: [Self; 5] = [
        Self::Evaluate,
        Self::Step,
        Self::Reopen,
        Self::Reset,
        Self::AddWisdom,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Evaluate => "evaluate",
            Self::Step => "step",
            Self::Reopen => "reopen",
            Self::Reset => "reset",
            Self::AddWisdom => "add-wisdom",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|operation| operation.as_str() == text)
    }
}

/// Where in its journal a session is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) id: &'a str,
    pub(crate) sequence: u64,
    pub(crate) created_ms: u64,
    pub(crate) updated_ms: u64,
}

impl<'a> Place<'a> {
    /// At the end of a chain.
    pub(crate) fn of(head: &'a Head) -> Self {
        Self {
            id: &head.chain,
            sequence: head.sequence,
            created_ms: head.created_ms,
            updated_ms: head.updated_ms,
        }
    }
}

/// A session of either kind.
pub(crate) enum Session<'a> {
    Cycle(Box<dyn CycleSession + 'a>),
    Step(Box<dyn StepSession + 'a>),
}

const CYCLE_ENGINE: &str = "governor:cycle";
const SESSION_ENGINE: &str = "governor:session";

impl<'a> Session<'a> {
    pub(crate) fn open(
        engines: &'a dyn Engines,
        default: &CycleConfig,
        input: &[u8],
    ) -> Result<Self, Problem> {
        Ok(
            match OpenRequest::read(&Document::parse(input)?, default)? {
                OpenRequest::Cycle(config) => Self::Cycle(engines.open_cycle_governor(&config)?),
                OpenRequest::Session(config) => Self::Step(engines.open_session_governor(&config)?),
            },
        )
    }

    /// As it was when the snapshot was taken; none where the engine's name is no session's.
    pub(crate) fn restore(
        engines: &'a dyn Engines,
        engine: &str,
        snapshot: &[u8],
    ) -> Result<Option<Self>, EngineError> {
        Ok(match engine {
            CYCLE_ENGINE => Some(Self::Cycle(engines.restore_cycle_governor(snapshot)?)),
            SESSION_ENGINE => Some(Self::Step(engines.restore_session_governor(snapshot)?)),
            _ => None,
        })
    }

    /// The engine's name in the journal.
    pub(crate) const fn engine(&self) -> &'static str {
        match self {
            Self::Cycle(_) => CYCLE_ENGINE,
            Self::Step(_) => SESSION_ENGINE,
        }
    }

    const fn kind(&self) -> GovernorKind {
        match self {
            Self::Cycle(_) => GovernorKind::Cycle,
            Self::Step(_) => GovernorKind::Session,
        }
    }

    pub(crate) fn governor(&mut self) -> &mut (dyn GovernorSession + 'a) {
        match self {
            Self::Cycle(session) => session.as_mut(),
            Self::Step(session) => session.as_mut(),
        }
    }

    /// Does what it is asked to, and says what there is to say after it.
    pub(crate) fn perform(
        &mut self,
        operation: Operation,
        input: &[u8],
        place: Place<'_>,
    ) -> Result<Outcome, Problem> {
        let mut decided = Vec::new();
        let answer = match operation {
            Operation::Evaluate => {
                let document = Document::parse(input)?;
                let request = OutputsRequest::read(&document)?;
                let evaluation = self.cycle()?.evaluate(&request.left, &request.right)?;
                decided.push((evaluation.verdict, evaluation.risk));
                to_text(&EvaluationAnswer::from(&evaluation))
            }
            Operation::Step => {
                let document = Document::parse(input)?;
                let request = StepRequest::read(&document)?;
                let decision = self.step()?.step(&request.left, &request.right)?;
                decided.push((decision.verdict, decision.risk));
                to_text(&StepAnswer::from(&decision))
            }
            Operation::Reopen => {
                self.governor().reopen()?;
                self.describe(place)?
            }
            Operation::Reset => {
                self.governor().reset()?;
                self.describe(place)?
            }
            Operation::AddWisdom => {
                let wisdom = read_wisdom(&Document::parse(input)?)?;
                self.governor().add_wisdom(wisdom)?;
                String::new()
            }
        };
        Ok(Outcome { answer, decided })
    }

    /// Where it stands.
    pub(crate) fn describe(&mut self, place: Place<'_>) -> Result<String, EngineError> {
        let config = match self {
            Self::Cycle(session) => ConfigAnswer::Cycle(session.settings()?.into()),
            Self::Step(session) => ConfigAnswer::Session(session.settings()?.into()),
        };
        let status = self.governor().status()?;
        Ok(to_text(&SessionAnswer {
            id: place.id,
            governor: self.kind().as_str(),
            config,
            total_cycles: status.total_cycles,
            stopped: status.stopped,
            budget_remaining: status.budget_remaining,
            sequence: place.sequence,
            created_ms: place.created_ms,
            updated_ms: place.updated_ms,
        }))
    }

    /// Everything that it did.
    pub(crate) fn audit(&mut self) -> Result<String, EngineError> {
        Ok(match self {
            Self::Cycle(session) => to_text(&AuditAnswer::Cycle((&session.audit()?).into())),
            Self::Step(session) => to_text(&AuditAnswer::Session((&session.audit()?).into())),
        })
    }

    fn cycle(&mut self) -> Result<&mut (dyn CycleSession + 'a), Problem> {
        match self {
            Self::Cycle(session) => Ok(session.as_mut()),
            Self::Step(_) => Err(Problem::conflict(
                "this is a session governor: POST to its `step`",
            )),
        }
    }

    fn step(&mut self) -> Result<&mut (dyn StepSession + 'a), Problem> {
        match self {
            Self::Step(session) => Ok(session.as_mut()),
            Self::Cycle(_) => Err(Problem::conflict(
                "this is a cycle governor: POST to its `evaluate`",
            )),
        }
    }
}

/// The trail of either governor.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum AuditAnswer<'a> {
    Cycle(CycleAuditAnswer<'a>),
    Session(SessionAuditAnswer<'a>),
}
