//! What callers ask of a gate.

use crate::reader::Object;
use crate::requests::{Document, collect};
use assize_core::gate::{Outcome, Question, Request};
use assize_core::text::is_blank;
use assize_core::{FieldError, InvalidInput};
use serde::Serialize;

/// Characters that a prompt may have.
const PROMPT_CHARACTERS: usize = 10_000;
/// Bytes of a model's answer that is recorded.
const RESPONSE_BYTES: usize = 1 << 20;
/// Tokens that a request may ask for.
const LARGEST_MAX_TOKENS: u32 = 1_000_000;
/// Entries that a request may recall.
const LARGEST_TOP_K: u32 = 20;
/// Bytes of a name by which entries can be forgotten.
pub(crate) const NAME_BYTES: usize = 256;

/// A prompt for the language model.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerateRequest<'a> {
    /// Not blank, at most 10,000 characters.
    pub prompt: &'a str,
    /// The prompt's score, 0 to 1; none: that of its text.
    pub moral_value: Option<f64>,
    /// Tokens that the answer may have, 1 to 1,000,000; none: as configured.
    pub max_tokens: Option<u32>,
    /// Entries to recall, 1 to 20; none: as configured.
    pub context_top_k: Option<u32>,
    /// The prompt's embedding: 1 to 4,096 numbers of magnitude at most 1e18.
    pub vector: Option<Vec<f32>>,
    /// Whom what is remembered comes from, by which it can be forgotten; 1 to 256 bytes.
    pub user: Option<&'a str>,
}

impl<'n> GenerateRequest<'n> {
    /// Reads `{prompt, moral_value?, max_tokens?, context_top_k?, vector?, user?}`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn read(document: &'n Document<'_>) -> Result<Self, InvalidInput> {
        collect(|errors| {
            let mut object = Object::open(&document.0, String::new(), errors)?;
            let prompt = object.text("prompt", errors);
            check_text(&object, "prompt", prompt, errors);
            let request = Self {
                prompt,
                moral_value: object.share("moral_value", errors),
                max_tokens: object.whole_u32("max_tokens", (1, LARGEST_MAX_TOKENS), errors),
                context_top_k: object.whole_u32("context_top_k", (1, LARGEST_TOP_K), errors),
                vector: object.vector("vector", errors),
                user: object.short_text("user", NAME_BYTES, errors),
            };
            object.finish(errors);
            Some(request)
        })
    }

    /// The same for the gate.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        Request {
            prompt: self.prompt,
            score: self.moral_value,
            max_tokens: self.max_tokens,
            top_k: self.context_top_k,
            vector: self.vector.as_deref(),
            source_name: self.user,
        }
    }
}

/// What a caller that runs its own model wants to do. Written as JSON, it is read again as it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AdmitRequest<'a> {
    /// The prompt, at most 10,000 characters; not blank where there is no `moral_value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<&'a str>,
    /// The score, 0 to 1; none: that of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moral_value: Option<f64>,
    /// Like what entries are recalled: 1 to 4,096 numbers of magnitude at most 1e18.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector: Option<Vec<f32>>,
    /// Entries to recall, 1 to 20; none: as configured where there is a `vector`, else no entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_top_k: Option<u32>,
}

impl<'n> AdmitRequest<'n> {
    /// Reads `{text?, moral_value?, vector?, context_top_k?}`, with at least one of `text` and `moral_value`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn read(document: &'n Document<'_>) -> Result<Self, InvalidInput> {
        collect(|errors| {
            let mut object = Object::open(&document.0, String::new(), errors)?;
            let before = errors.len();
            let text = object.optional_text("text", errors);
            let moral_value = object.share("moral_value", errors);
            let is_told = text.is_some() || moral_value.is_some() || errors.len() > before;
            if !is_told {
                let message = "must have `text`, `moral_value` or both";
                errors.push(FieldError::new(object.pointer(), message));
            }
            if let Some(text) = text {
                if moral_value.is_none() && is_blank(text) && errors.len() == before {
                    let message = "must not be empty or blank where there is no `moral_value`";
                    errors.push(FieldError::new(object.pointer_to("text"), message));
                }
                check_characters(&object, "text", text, errors);
            }
            let vector = object.vector("vector", errors);
            let context_top_k = object.whole_u32("context_top_k", (1, LARGEST_TOP_K), errors);
            let has_what_to_recall_by = vector.is_some() || text.is_some_and(|it| !is_blank(it));
            if context_top_k.is_some() && !has_what_to_recall_by && is_told {
                let message = "must have `text` or `vector` beside it, by which entries are found";
                errors.push(FieldError::new(object.pointer_to("context_top_k"), message));
            }
            object.finish(errors);
            Some(Self {
                text,
                moral_value,
                vector,
                context_top_k,
            })
        })
    }

    /// The same for the gate, which recalls nothing by itself.
    #[must_use]
    pub fn question(&self) -> Question<'n> {
        Question {
            score: self.moral_value,
            text: self.text.unwrap_or_default(),
        }
    }

    /// The text whose embedding is needed to recall entries; none where there is a vector, or nothing is recalled.
    #[must_use]
    pub const fn text_to_embed(&self) -> Option<&'n str> {
        match (self.wants_context(), &self.vector) {
            (true, None) => self.text,
            _ => None,
        }
    }

    /// Whether remembered entries are wanted with the admission.
    #[must_use]
    pub const fn wants_context(&self) -> bool {
        self.vector.is_some() || self.context_top_k.is_some()
    }
}

/// What a caller's own model answered to a request that was admitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecordRequest<'a> {
    /// The prompt, at most 10,000 characters; empty where it is not told.
    pub prompt: &'a str,
    /// The model's answer, at most 1,048,576 bytes; may be blank, and is judged so.
    pub response: &'a str,
}

impl<'n> RecordRequest<'n> {
    /// Reads `{prompt?, response}`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn read(document: &'n Document<'_>) -> Result<Self, InvalidInput> {
        collect(|errors| {
            let mut object = Object::open(&document.0, String::new(), errors)?;
            let prompt = object.optional_text("prompt", errors).unwrap_or_default();
            check_characters(&object, "prompt", prompt, errors);
            let response = object.text("response", errors);
            if response.len() > RESPONSE_BYTES {
                let length = response.len();
                let message = format!("must have at most {RESPONSE_BYTES} bytes, got {length}");
                errors.push(FieldError::new(object.pointer_to("response"), message));
            }
            object.finish(errors);
            Some(Self { prompt, response })
        })
    }

    /// The same for the gate.
    #[must_use]
    pub const fn outcome(&self) -> Outcome<'n> {
        Outcome {
            prompt: self.prompt,
            answer: self.response,
        }
    }
}

fn check_text(object: &Object<'_, '_>, name: &str, text: &str, errors: &mut Vec<FieldError>) {
    if is_blank(text) {
        let message = "must not be empty or blank";
        errors.push(FieldError::new(object.pointer_to(name), message));
    }
    check_characters(object, name, text, errors);
}

fn check_characters(object: &Object<'_, '_>, name: &str, text: &str, errors: &mut Vec<FieldError>) {
    // No text has more characters than bytes.
    if text.len() <= PROMPT_CHARACTERS {
        return;
    }
    let characters = text.chars().count();
    if characters > PROMPT_CHARACTERS {
        let message = format!("must have at most {PROMPT_CHARACTERS} characters, got {characters}");
        errors.push(FieldError::new(object.pointer_to(name), message));
    }
}
