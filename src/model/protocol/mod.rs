//! What is said to a service and read from it: functions over bytes, without exchange, time or settings of bounds.
//!
//! Each field that is read is checked; what a server sends beyond that is ignored.

mod chat_completions;
mod embeddings;
mod messages;
mod stream_decoder;

pub use embeddings::{read_embeddings, write_embeddings_request};
pub use stream_decoder::StreamDecoder;

use crate::completion::Completion;
use crate::request::{ChatRequest, Message};
use crate::settings::{ModelSettings, Provider};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::error::Category;
use std::fmt;

/// The version of Anthropic's protocol that is spoken.
pub const ANTHROPIC_VERSION: &str = "2023-06-01";

/// What is spoken with a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// OpenAI's `chat/completions`.
    ChatCompletions,
    /// Anthropic's `messages`.
    Messages,
    /// OpenAI's `embeddings`.
    Embeddings,
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ChatCompletions => "chat completions",
            Self::Messages => "messages",
            Self::Embeddings => "embeddings",
        })
    }
}

impl From<Provider> for Protocol {
    fn from(provider: Provider) -> Self {
        match provider {
            Provider::OpenAi => Self::ChatCompletions,
            Provider::Anthropic => Self::Messages,
        }
    }
}

/// What is wrong with what a server sent. Holds nothing of it but names of fields and short codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are no JSON text in UTF-8.
    #[error("it is not JSON: line {line}, column {column}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1; 0 before the first character.
        column: usize,
    },
    /// The JSON text or the stream ends too early.
    #[error("it ends before its end")]
    CutShort,
    /// A field is absent, of another type, or has a value that can't be.
    #[error("`{field}` {problem}")]
    Field {
        /// Where, as in `choices[0].message`.
        field: String,
        /// What is wrong there.
        problem: String,
    },
    /// The server reports an error instead of an answer.
    #[error("the server reports an error{}", code.as_ref().map(|code| format!(": `{code}`")).unwrap_or_default())]
    Reported {
        /// The server's short name of the error, if it gives one.
        code: Option<String>,
    },
    /// One event of a stream is larger than what is read.
    #[error("an event has more than {limit} bytes")]
    TooLarge {
        /// The bound.
        limit: usize,
    },
}

impl DecodeError {
    fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Field {
            field: field.into(),
            problem: problem.into(),
        }
    }

    fn missing(field: &str) -> Self {
        Self::field(field, "is missing")
    }
}

/// One message, as both protocols write it.
#[derive(Serialize)]
struct Turn<'a> {
    role: &'a str,
    content: &'a str,
}

impl<'a> From<&'a Message> for Turn<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            role: message.role.as_str(),
            content: &message.content,
        }
    }
}

/// The body of a request to a language model, whose answer comes whole or in pieces.
#[must_use]
pub fn write_chat_request(
    settings: &ModelSettings,
    request: &ChatRequest,
    is_streamed: bool,
) -> Vec<u8> {
    match settings.provider {
        Provider::OpenAi => chat_completions::write(settings, request, is_streamed),
        Provider::Anthropic => messages::write(settings, request, is_streamed),
    }
}

/// The whole answer of a language model.
///
/// # Errors
///
/// [`DecodeError`]: it is no such answer.
pub fn read_completion(provider: Provider, body: &[u8]) -> Result<Completion, DecodeError> {
    match provider {
        Provider::OpenAi => chat_completions::read(body),
        Provider::Anthropic => messages::read(body),
    }
}

/// The server's short name of an error, from the body of an answer with a status of errors; none: there is none that
/// can be shown. Words of a server are left out: they may repeat what was sent.
#[must_use]
pub fn read_error_code(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Failure {
        error: Option<Value>,
    }
    let failure: Failure = serde_json::from_slice(body).ok()?;
    code_of(&failure.error?)
}

fn code_of(error: &Value) -> Option<String> {
    let text = |name| error.get(name).and_then(Value::as_str);
    let code = text("code").and_then(token);
    code.or_else(|| text("type").and_then(token))
}

fn reported(error: &Value) -> DecodeError {
    DecodeError::Reported {
        code: code_of(error),
    }
}

/// A word of a server, if it is a short one. It is never shortened: part of a secret can't be told from a word.
pub(crate) fn token(text: &str) -> Option<String> {
    const LONGEST: usize = 64;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let is_token = (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_plain);
    is_token.then(|| text.to_owned())
}

/// Reads JSON text. What the parser says is left out: it repeats values.
fn read_json<'de, T: Deserialize<'de>>(text: &'de [u8]) -> Result<T, DecodeError> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        decode_error(&path, error.inner())
    })?;
    match reader.end() {
        Ok(()) => Ok(value),
        Err(error) => Err(decode_error("", &error)),
    }
}

fn decode_error(path: &str, error: &serde_json::Error) -> DecodeError {
    match error.classify() {
        Category::Eof => DecodeError::CutShort,
        Category::Data => {
            let field = if path == "." { "body" } else { path };
            DecodeError::field(field, "is of another type, or stands there twice")
        }
        Category::Syntax | Category::Io => DecodeError::Json {
            line: error.line(),
            column: error.column(),
        },
    }
}
