//! Decisions about a subject, an action and a resource.

use crate::error::{Thrown, refused};
use crate::rules::{CEILINGS, KnowledgeBase, Query, Stop, unreadable};
use assize_core::Error;
use assize_core::rules::QueryOptions;
use assize_json::rules::{Asked, DecideRequest, End, Judge, Numbers, Solution};
use js_sys::Function;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// A knowledge base, and who answers what only the host can say.
struct Rules<'b> {
    base: &'b KnowledgeBase,
    external: Option<Function>,
}

impl Asked for Rules<'_> {
    type Error = Thrown;

    fn has_predicate(&mut self, name: &str, arity: usize) -> Result<bool, Thrown> {
        Ok(self.base.base.has_predicate(name, arity))
    }

    fn answers(
        &mut self,
        goal: &str,
        options: &QueryOptions,
    ) -> Result<(Vec<Solution>, End), Thrown> {
        let mut query = Query::start(self.base, goal.to_owned(), options.clone())?;
        loop {
            match (query.collect()?, &self.external) {
                (Stop::Ended(end), _) => return Ok((query.take_answers(), end)),
                (Stop::Asked(need), None) => {
                    return Ok((query.take_answers(), End::Needs(need)));
                }
                (Stop::Asked(_), Some(external)) => answer(&mut query, external)?,
            }
        }
    }

    fn undecidable(message: &'static str) -> Thrown {
        refused(&Error::Conflict(message.to_owned()))
    }
}

/// Asks the caller: it answers `rows` or `problem` with a text behind it.
fn answer(query: &mut Query, external: &Function) -> Result<(), Thrown> {
    let question = query.question().unwrap_or_default();
    let said = external.call1(&JsValue::UNDEFINED, &JsValue::from_str(&question))?;
    let said = said.as_string().unwrap_or_default();
    match (said.strip_prefix("rows"), said.strip_prefix("problem")) {
        (Some(rows), _) => query.provide(rows),
        (None, problem) => query.fail(problem.unwrap_or("it answered nothing")),
    }
}

#[wasm_bindgen]
impl KnowledgeBase {
    /// The body and the answer of `POST /v1/rules/{name}/decide`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable; rules that decide nothing; what `external` throws.
    pub fn decide(&self, request: &str, external: Option<Function>) -> Result<String, JsValue> {
        let request = DecideRequest::read(request.as_bytes(), CEILINGS).map_err(unreadable)?;
        let mut rules = Rules {
            base: self,
            external,
        };
        let decision = Judge::new(&mut rules, request.options).decide(&request.question)?;
        Ok(decision.to_json_with(Numbers::Doubles))
    }
}
