//! The governor.

use crate::error::{Thrown, invalid, refused};
use crate::value::{answer, document, document_of};
use assize_core::governor as core;
use assize_core::governor::CycleConfig;
use assize_core::{Error, InvalidInput};
use assize_json::answers::{
    BatchAnswer, CycleAuditAnswer, CycleConfigAnswer, EvaluationAnswer, SessionAuditAnswer,
    SessionConfigAnswer, StepAnswer,
};
use assize_json::{
    BatchRequest, Document, EvaluateRequest, OpenRequest, OutputsRequest, StepRequest, read_wisdom,
};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

fn invalid_input(error: InvalidInput) -> Thrown {
    invalid(&error)
}

fn refusal(error: impl Into<Error>) -> Thrown {
    refused(&error.into())
}

/// Judges one cycle: the body and the answer of `POST /evaluate`.
///
/// # Errors
///
/// Every field that is not acceptable.
#[wasm_bindgen]
pub fn evaluate(request: &JsValue) -> Result<JsValue, JsValue> {
    let document = document(request).map_err(invalid_input)?;
    let request =
        EvaluateRequest::read(&document, &CycleConfig::default()).map_err(invalid_input)?;
    let evaluation =
        core::evaluate_cycle(&request.config, &request.input).map_err(invalid_input)?;
    answer(&EvaluationAnswer::from(&evaluation))
}

/// Judges many cycles: the body and the answer of `POST /v1/governor/evaluate:batch`.
///
/// # Errors
///
/// Every field that is not acceptable; then no cycle is judged.
#[wasm_bindgen(js_name = evaluateBatch)]
pub fn evaluate_batch(request: &JsValue) -> Result<JsValue, JsValue> {
    let document = document(request).map_err(invalid_input)?;
    let request = BatchRequest::read(&document, &CycleConfig::default()).map_err(invalid_input)?;
    let judge = |input| core::evaluate_cycle(&request.config, input);
    let evaluations = request.inputs.iter().map(judge);
    let evaluations: Vec<_> = evaluations
        .collect::<Result<_, _>>()
        .map_err(invalid_input)?;
    answer(&BatchAnswer {
        evaluations: evaluations.iter().map(Into::into).collect(),
    })
}

/// Share of words that both texts have, 0 to 1.
#[wasm_bindgen(js_name = wordOverlap)]
#[must_use]
pub fn word_overlap(left: &str, right: &str) -> f64 {
    assize_core::text::word_overlap(left, right)
}

/// Cosine of the texts' TF-IDF vectors, 0 to 1.
#[wasm_bindgen(js_name = cosineSimilarity)]
#[must_use]
pub fn cosine_similarity(left: &str, right: &str) -> f64 {
    assize_core::text::cosine_similarity(left, right)
}

/// The version of the core.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    assize_core::VERSION.to_owned()
}

fn open(kind: &str, config: &JsValue) -> Result<OpenRequest, JsValue> {
    let kind = JsValue::from_str(kind);
    let document = document_of(&[("governor", &kind), ("config", config)]);
    OpenRequest::read(&document.map_err(invalid_input)?, &CycleConfig::default())
        .map_err(invalid_input)
}

/// What both governors have beside their decisions.
macro_rules! governor {
    ($name:ident, $kind:literal, $variant:ident, $audit:ident, $config:ident) => {
        #[wasm_bindgen]
        impl $name {
            /// A governor that has seen nothing.
            ///
            /// # Errors
            ///
            /// Every field of the configuration that is not acceptable.
            #[wasm_bindgen(constructor)]
            pub fn new(config: &JsValue) -> Result<Self, JsValue> {
                match open($kind, config)? {
                    OpenRequest::$variant(config) => Ok(Self(core::$name::new(config))),
                    _ => Err(crate::error::internal("another governor was opened")),
                }
            }

            /// The governor that `snapshot` was taken of.
            ///
            /// # Errors
            ///
            /// A damaged or foreign snapshot.
            pub fn restore(snapshot: &[u8]) -> Result<Self, JsValue> {
                core::$name::restore(snapshot).map(Self).map_err(refusal)
            }

            /// The whole state; equal governors give equal bytes.
            #[must_use]
            pub fn snapshot(&self) -> Vec<u8> {
                self.0.snapshot()
            }

            /// Permits further cycles after a stop.
            pub fn reopen(&mut self) {
                self.0.reopen();
            }

            /// Forgets every cycle; wisdom stays.
            pub fn reset(&mut self) {
                self.0.reset();
            }

            /// Keeps a lesson.
            ///
            /// # Errors
            ///
            /// Every field that is not acceptable; a limit that was reached.
            #[wasm_bindgen(js_name = addWisdom)]
            pub fn add_wisdom(&mut self, wisdom: &JsValue) -> Result<(), JsValue> {
                let document = document(wisdom).map_err(invalid_input)?;
                let wisdom = read_wisdom(&document).map_err(invalid_input)?;
                self.0.add_wisdom(wisdom).map_err(refusal)
            }

            /// Everything that was done so far.
            ///
            /// # Errors
            ///
            /// None that is known.
            pub fn audit(&self) -> Result<JsValue, JsValue> {
                answer(&$audit::from(&self.0.audit()))
            }

            /// What it was opened with.
            ///
            /// # Errors
            ///
            /// None that is known.
            pub fn config(&self) -> Result<JsValue, JsValue> {
                answer(&$config::from(*self.0.settings()))
            }

            /// Whether a stop bars further cycles.
            #[wasm_bindgen(getter)]
            #[must_use]
            pub fn stopped(&self) -> bool {
                self.0.is_stopped()
            }

            /// Cycles so far.
            #[wasm_bindgen(getter, js_name = totalCycles)]
            #[must_use]
            pub fn total_cycles(&self) -> u32 {
                self.0.total_cycles() as u32
            }

            /// What is left of the contradiction budget; below 0 where it was overspent.
            #[wasm_bindgen(getter, js_name = budgetRemaining)]
            #[must_use]
            pub fn budget_remaining(&self) -> f64 {
                self.0.budget_remaining()
            }
        }
    };
}

/// The cycle governor: one budget and one history for many cycles.
#[wasm_bindgen]
#[derive(Debug)]
pub struct CycleGovernor(core::CycleGovernor);

governor!(
    CycleGovernor,
    "cycle",
    Cycle,
    CycleAuditAnswer,
    CycleConfigAnswer
);

#[wasm_bindgen]
impl CycleGovernor {
    /// Judges the next cycle.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable; a conflict after a stop. Nothing has changed then.
    pub fn evaluate(&mut self, left: &JsValue, right: &JsValue) -> Result<JsValue, JsValue> {
        let document: Document<'_> =
            document_of(&[("left", left), ("right", right)]).map_err(invalid_input)?;
        let request = OutputsRequest::read(&document).map_err(invalid_input)?;
        let evaluation = self
            .0
            .evaluate(&request.left, &request.right)
            .map_err(refusal)?;
        answer(&EvaluationAnswer::from(&evaluation))
    }
}

/// The session governor: weighs assessed answers and picks one.
#[wasm_bindgen]
#[derive(Debug)]
pub struct SessionGovernor(core::SessionGovernor);

governor!(
    SessionGovernor,
    "session",
    Session,
    SessionAuditAnswer,
    SessionConfigAnswer
);

#[wasm_bindgen]
impl SessionGovernor {
    /// Weighs two answers.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable; a conflict after a freeze. Nothing has changed then.
    pub fn step(&mut self, left: &JsValue, right: &JsValue) -> Result<JsValue, JsValue> {
        let document = document_of(&[("left", left), ("right", right)]).map_err(invalid_input)?;
        let request = StepRequest::read(&document).map_err(invalid_input)?;
        let decision = self
            .0
            .step(&request.left, &request.right)
            .map_err(refusal)?;
        answer(&StepAnswer::from(&decision))
    }
}
