//! Decisions as functions from a text to a text, so that what is answered now and what is replayed later is the same.

mod consulted;
pub(crate) mod gated;
mod inquiry;
pub(crate) mod knowledge;
mod replay;
pub(crate) mod rules;
mod session;

pub(crate) use consulted::Consulted;
pub(crate) use inquiry::{Asking, Bounds, Inquiry};
pub use replay::{ChainPart, Chains, Replay, Replayed};
pub use session::DELETE;
pub(crate) use session::{AuditAnswer, OPEN, Operation, Place, Session};

use crate::engines::Engines;
use crate::problem::Problem;
use assize_core::Verdict;
use assize_core::governor::CycleConfig;
use assize_json::answers::{BatchAnswer, EvaluationAnswer};
use assize_json::{BatchRequest, Document, EvaluateRequest};
use serde::Serialize;

/// Room for most answers.
const ANSWER_BYTES: usize = 1024;

/// What was decided.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// As it is sent; empty where there is nothing to say.
    pub(crate) answer: String,
    /// Verdicts and their risks, for metrics.
    pub(crate) decided: Vec<(Verdict, f64)>,
}

/// What is decided without a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stateless {
    Evaluate,
    EvaluateBatch,
}

impl Stateless {
    /// The engine's name in the journal.
    pub(crate) const ENGINE: &'static str = "governor:cycle";

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Evaluate => "evaluate",
            Self::EvaluateBatch => "evaluate-batch",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Evaluate, Self::EvaluateBatch]
            .into_iter()
            .find(|operation| operation.as_str() == text)
    }

    pub(crate) fn decide(
        self,
        engines: &dyn Engines,
        default: &CycleConfig,
        input: &[u8],
    ) -> Result<Outcome, Problem> {
        let document = Document::parse(input)?;
        match self {
            Self::Evaluate => {
                let request = EvaluateRequest::read(&document, default)?;
                let evaluation = engines.evaluate_cycle(&request.config, &request.input)?;
                Ok(Outcome {
                    answer: to_text(&EvaluationAnswer::from(&evaluation)),
                    decided: vec![(evaluation.verdict, evaluation.risk)],
                })
            }
            Self::EvaluateBatch => {
                let request = BatchRequest::read(&document, default)?;
                let results = engines.evaluate_cycles(&request.config, &request.inputs)?;
                let evaluations = results.into_iter().collect::<Result<Vec<_>, _>>()?;
                let answer = BatchAnswer {
                    evaluations: evaluations.iter().map(EvaluationAnswer::from).collect(),
                };
                let verdicts = evaluations
                    .iter()
                    .map(|evaluation| (evaluation.verdict, evaluation.risk));
                Ok(Outcome {
                    answer: to_text(&answer),
                    decided: verdicts.collect(),
                })
            }
        }
    }
}

/// An answer as JSON.
pub(crate) fn to_text(answer: &impl Serialize) -> String {
    let mut text = Vec::with_capacity(ANSWER_BYTES);
    // Answers hold texts and finite numbers, and go to memory: it can't fail.
    let _ = serde_json::to_writer(&mut text, answer);
    String::from_utf8(text).unwrap_or_default()
}
