//! Runs what the journal holds once more.

mod asked;

pub use asked::{ChainPart, Chains};

use super::gated::{self, GateOperation};
use super::knowledge::{Knowledge, Names};
use super::session::{DELETE, OPEN, Operation, Place, Session};
use super::{Outcome, Stateless, rules};
use crate::engines::{EngineError, Engines};
use crate::gate_engines::ControllerHandle;
use crate::journal::{Fold, snapshot};
use crate::problem::Problem;
use asked::Bases;
use assize_core::governor::CycleConfig;
use assize_journal::{ChainKind, Event};

/// How an event came out the second time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    /// The same bytes.
    Same,
    /// Another answer: this one.
    Different(String),
    /// Today it is refused, and why.
    Refused(String),
    /// It can't be run: its input is not kept whole, or the session was lost before it.
    Skipped(&'static str),
}

/// Replays one chain, event by event.
pub struct Replay<'a> {
    engines: &'a dyn Engines,
    default: CycleConfig,
    kind: ChainKind,
    created_ms: u64,
    /// Why there is no session, where there is none.
    session: Result<State<'a>, &'static str>,
    bases: Bases<'a>,
}

/// What a chain's events made.
enum State<'a> {
    Session(Session<'a>),
    Knowledge(Box<Knowledge>),
    Gate(Box<dyn ControllerHandle>),
    Names(Names),
}

fn perform<F: Fold>(
    state: &mut F,
    engines: &dyn Engines,
    event: &Event,
    (input, place): (&str, Place<'_>),
) -> Result<Outcome, Problem> {
    // Operations have names that live for ever where they are performed.
    let operation = F::OPERATIONS
        .iter()
        .find(|known| **known == event.operation.as_ref());
    let operation = operation.ok_or_else(|| Problem::conflict("its operation is unknown"))?;
    let answer = state.perform(engines, operation, input, place)?;
    Ok(Outcome {
        answer,
        decided: Vec::new(),
    })
}

impl std::fmt::Debug for Replay<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Replay")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl<'a> Replay<'a> {
    /// A chain from its first event on; `default` is what requests mean that say nothing, `chains` has the knowledge
    /// bases that were asked.
    #[must_use]
    pub fn new(
        engines: &'a dyn Engines,
        default: CycleConfig,
        chains: &'a dyn Chains,
        (kind, created_ms): (ChainKind, u64),
    ) -> Self {
        let session = Err("the session's beginning is not in the journal");
        Self {
            engines,
            default,
            kind,
            created_ms,
            session,
            bases: Bases::new(engines, chains),
        }
    }

    /// A session that goes on from a state.
    ///
    /// # Errors
    ///
    /// A state that this engine can't read.
    pub fn restore(&mut self, engine: &str, snapshot: &[u8]) -> Result<(), EngineError> {
        let damaged = |error: serde_json::Error| EngineError::Failed(error.to_string());
        self.session = match engine {
            Knowledge::ENGINE => {
                let state = serde_json::from_slice(snapshot).map_err(damaged)?;
                Ok(State::Knowledge(Box::new(state)))
            }
            Names::ENGINE => {
                let state = serde_json::from_slice(snapshot).map_err(damaged)?;
                Ok(State::Names(state))
            }
            gated::ENGINE => Ok(State::Gate(self.engines.restore_controller(snapshot)?)),
            _ => {
                let session = Session::restore(self.engines, engine, snapshot)?;
                let session = session.ok_or("the session's engine is unknown");
                session.map(State::Session)
            }
        };
        Ok(())
    }

    /// The session's state after the last event; none where there is no session.
    ///
    /// # Errors
    ///
    /// A bound that was reached, or a failure of the engine.
    pub fn state(&mut self) -> Result<Option<Vec<u8>>, EngineError> {
        match &mut self.session {
            Ok(State::Session(session)) => session.governor().snapshot().map(Some),
            Ok(State::Gate(controller)) => controller.snapshot().map(Some),
            Ok(State::Knowledge(state)) => Ok(Some(snapshot(state.as_ref()))),
            Ok(State::Names(state)) => Ok(Some(snapshot(state))),
            Err(_) => Ok(None),
        }
    }

    /// Runs the next event.
    pub fn event(&mut self, event: &Event) -> Replayed {
        let outcome = match self.outcome(event) {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(problem)) => return self.refused(&problem),
            Err(reason) => {
                if self.kind == ChainKind::Session && event.operation.as_ref() != DELETE {
                    self.session = Err("an event before it could not be run");
                }
                return Replayed::Skipped(reason);
            }
        };
        let Outcome { answer, .. } = outcome;
        let same = match event.answer.whole() {
            Some(before) => before == answer,
            None => assize_journal::Hash::of(answer.as_bytes()) == event.answer.hash(),
        };
        if same {
            Replayed::Same
        } else {
            Replayed::Different(answer)
        }
    }

    fn refused(&mut self, problem: &Problem) -> Replayed {
        if self.kind == ChainKind::Session {
            self.session = Err("an event before it could not be run");
        }
        Replayed::Refused(
            problem
                .cause()
                .map_or_else(|| problem.to_string(), str::to_owned),
        )
    }

    fn outcome(&mut self, event: &Event) -> Result<Result<Outcome, Problem>, &'static str> {
        let operation = event.operation.as_ref();
        let is_rules = [Knowledge::ENGINE, Names::ENGINE].contains(&event.engine.as_ref());
        if operation == DELETE && !is_rules {
            return Ok(Ok(Outcome {
                answer: String::new(),
                decided: Vec::new(),
            }));
        }
        let text = event.input.whole().ok_or("its input is not kept whole")?;
        let input = text.as_bytes();
        if event.engine.as_ref() == rules::ENGINE {
            return self.bases.replay(operation, text);
        }
        if self.kind == ChainKind::Stream {
            let operation = Stateless::parse(operation).ok_or("its operation is unknown")?;
            return Ok(operation.decide(self.engines, &self.default, input));
        }
        let place = Place {
            id: &event.chain,
            sequence: event.sequence,
            created_ms: self.created_ms,
            updated_ms: event.time_ms,
        };
        if is_rules && event.sequence == 0 {
            self.session = Ok(match event.engine.as_ref() {
                Names::ENGINE => State::Names(Names::default()),
                _ => State::Knowledge(Box::default()),
            });
        }
        if event.engine.as_ref() == gated::ENGINE && event.sequence == 0 {
            return Ok(gated::open(self.engines, text).map(|controller| {
                self.session = Ok(State::Gate(controller));
                Outcome {
                    answer: String::new(),
                    decided: Vec::new(),
                }
            }));
        }
        if operation == OPEN && !is_rules {
            return Ok(Session::open(self.engines, &self.default, input).and_then(
                |mut session| {
                    let answer = session.describe(place)?;
                    self.session = Ok(State::Session(session));
                    Ok(Outcome {
                        answer,
                        decided: Vec::new(),
                    })
                },
            ));
        }
        let given = (text, place);
        Ok(match self.session.as_mut().map_err(|reason| *reason)? {
            State::Gate(controller) => {
                let operation =
                    GateOperation::parse(operation).ok_or("its operation is unknown")?;
                let performed = gated::perform(controller.as_mut(), operation, text, place);
                performed.map(|performed| Outcome {
                    answer: performed.answer,
                    decided: Vec::new(),
                })
            }
            State::Knowledge(state) => perform(state.as_mut(), self.engines, event, given),
            State::Names(state) => perform(state, self.engines, event, given),
            State::Session(session) => {
                let operation = Operation::parse(operation).ok_or("its operation is unknown")?;
                session.perform(operation, input, place)
            }
        })
    }
}
