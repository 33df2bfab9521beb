//! Requests that a caller leads by itself: what it must do next, and what it says came of it.

use super::answers::GenerateAnswer;
use crate::reader::Object;
use crate::requests::{Document, collect};
use assize_core::controller::{Action, Heard};
use assize_core::{FieldError, InvalidInput};
use serde::Serialize;
use utoipa::ToSchema;

/// What a caller must do next for a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ActionAnswer<'a> {
    /// Find the embedding of a text.
    Embed {
        /// The text.
        text: &'a str,
    },
    /// Ask the model.
    Generate {
        /// What the model is asked, with what was recalled.
        prompt: &'a str,
        /// Tokens that its answer may have.
        max_tokens: u32,
    },
    /// Give the answer; the request has ended.
    Finished(Box<GenerateAnswer<'a>>),
}

impl<'a> From<&'a Action> for ActionAnswer<'a> {
    fn from(action: &'a Action) -> Self {
        match action {
            Action::Embed { text } => Self::Embed { text },
            Action::Generate { prompt, max_tokens } => Self::Generate {
                prompt,
                max_tokens: *max_tokens,
            },
            Action::Finished(answer) => Self::Finished(Box::new(answer.as_ref().into())),
        }
    }
}

/// What came of an action. [`read_heard`] reads it again, to the bit, where it is what a caller may send.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeardAnswer<'a> {
    /// The embedding. Numbers that JSON has no word for are null.
    Embedded(Vec<f64>),
    /// Why there is none.
    EmbeddingFailed(&'a str),
    /// The model's answer.
    Generated(&'a str),
    /// Why there is none.
    GenerationFailed(&'a str),
}

impl<'a> From<&'a Heard> for HeardAnswer<'a> {
    fn from(heard: &'a Heard) -> Self {
        match heard {
            Heard::Embedded(Ok(vector)) => {
                Self::Embedded(vector.iter().copied().map(f64::from).collect())
            }
            Heard::Embedded(Err(why)) => Self::EmbeddingFailed(why),
            Heard::Generated(Ok(text)) => Self::Generated(text),
            Heard::Generated(Err(why)) => Self::GenerationFailed(why),
        }
    }
}

/// Reads one of `{embedded: [number]}`, `{embedding_failed: text}`, `{generated: text}` and
/// `{generation_failed: text}`.
///
/// # Errors
///
/// Every field that is not acceptable.
pub fn read_heard(document: &Document<'_>) -> Result<Heard, InvalidInput> {
    collect(|errors| {
        let mut object = Object::open(&document.0, String::new(), errors)?;
        let before = errors.len();
        let vector = object.vector("embedded", errors);
        let mut text = |name| object.optional_text(name, errors).map(str::to_owned);
        let mut heard = [
            vector.map(|vector| Heard::Embedded(Ok(vector))),
            text("embedding_failed").map(|why| Heard::Embedded(Err(why))),
            text("generated").map(|text| Heard::Generated(Ok(text))),
            text("generation_failed").map(|why| Heard::Generated(Err(why))),
        ]
        .into_iter()
        .flatten();
        let first = heard.next();
        if errors.len() == before && (first.is_none() || heard.next().is_some()) {
            let message = "must have one of `embedded`, `embedding_failed`, `generated` and `generation_failed`";
            errors.push(FieldError::new(object.pointer(), message));
        }
        object.finish(errors);
        first
    })
}
