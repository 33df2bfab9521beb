//! Anthropic's `messages`.

use super::{DecodeError, Turn, read_json, reported};
use crate::completion::{Completion, FinishReason, Usage};
use crate::request::ChatRequest;
use crate::settings::ModelSettings;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'a str>,
    messages: Vec<Turn<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
}

pub(super) fn write(settings: &ModelSettings, request: &ChatRequest, is_streamed: bool) -> Vec<u8> {
    let body = Body {
        model: &settings.model,
        max_tokens: request.max_tokens.unwrap_or(settings.max_tokens),
        system: request.system.as_deref(),
        messages: request.messages.iter().map(Turn::from).collect(),
        temperature: request.temperature.or(settings.temperature),
        stream: is_streamed,
    };
    serde_json::to_vec(&body).unwrap_or_default()
}

#[derive(Deserialize)]
struct Answer {
    error: Option<Value>,
    content: Option<Vec<Block>>,
    stop_reason: Option<String>,
    usage: Option<Counted>,
}

/// A block of an answer or a piece of one. Of other types than text only the type is read.
#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type")]
    kind: Option<String>,
    text: Option<Value>,
}

impl Block {
    /// Its text, where `kind` is its type; none: it is of another type.
    fn text(self, kind: &str, field: &str) -> Result<Option<String>, DecodeError> {
        let found = self.kind;
        if found.ok_or_else(|| DecodeError::missing(&format!("{field}.type")))? != kind {
            return Ok(None);
        }
        match self.text {
            Some(Value::String(text)) => Ok(Some(text)),
            None => Err(DecodeError::missing(&format!("{field}.text"))),
            Some(_) => {
                let field = format!("{field}.text");
                Err(DecodeError::field(field, "is of another type"))
            }
        }
    }
}

#[derive(Deserialize)]
struct Counted {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

impl From<Counted> for Usage {
    fn from(counted: Counted) -> Self {
        Self {
            input_tokens: counted.input_tokens,
            output_tokens: counted.output_tokens,
        }
    }
}

fn finish_reason(text: &str) -> FinishReason {
    match text {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "refusal" => FinishReason::Filter,
        _ => FinishReason::Other,
    }
}

pub(super) fn read(body: &[u8]) -> Result<Completion, DecodeError> {
    let answer: Answer = read_json(body)?;
    if let Some(error) = &answer.error {
        return Err(reported(error));
    }
    let blocks = answer.content;
    let blocks = blocks.ok_or_else(|| DecodeError::missing("content"))?;
    let mut text = String::new();
    for (index, block) in blocks.into_iter().enumerate() {
        let piece = block.text("text", &format!("content[{index}]"))?;
        text.push_str(&piece.unwrap_or_default());
    }
    Ok(Completion {
        text,
        finish: answer.stop_reason.as_deref().map(finish_reason),
        usage: answer.usage.map(Usage::from).unwrap_or_default(),
    })
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Start {
    message: Option<StartMessage>,
}

#[derive(Deserialize)]
struct StartMessage {
    usage: Option<Counted>,
}

#[derive(Deserialize)]
struct BlockStart {
    content_block: Option<Block>,
}

#[derive(Deserialize)]
struct BlockDelta {
    delta: Option<Block>,
}

#[derive(Deserialize)]
struct MessageDelta {
    delta: Option<Stop>,
    usage: Option<Counted>,
}

#[derive(Deserialize)]
struct Stop {
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
struct Failure {
    error: Option<Value>,
}

/// What one event says.
pub(super) enum Said {
    /// The answer begins.
    Start(Option<Usage>),
    Text(String),
    End {
        finish: Option<FinishReason>,
        usage: Option<Usage>,
    },
    /// The answer is over.
    Stop,
    /// Nothing that is asked for.
    Nothing,
}

pub(super) fn read_event(data: &str) -> Result<Said, DecodeError> {
    let data = data.as_bytes();
    let missing = DecodeError::missing;
    let kind = read_json::<Kind>(data)?.kind;
    let said = match kind.ok_or_else(|| missing("type"))?.as_str() {
        "message_start" => {
            let message = read_json::<Start>(data)?.message;
            let message = message.ok_or_else(|| missing("message"))?;
            Said::Start(message.usage.map(Usage::from))
        }
        "content_block_start" => {
            let block = read_json::<BlockStart>(data)?.content_block;
            let block = block.ok_or_else(|| missing("content_block"))?;
            let text = block.text("text", "content_block")?;
            Said::Text(text.unwrap_or_default())
        }
        "content_block_delta" => {
            let delta = read_json::<BlockDelta>(data)?.delta;
            let delta = delta.ok_or_else(|| missing("delta"))?;
            let text = delta.text("text_delta", "delta")?;
            Said::Text(text.unwrap_or_default())
        }
        "message_delta" => {
            let MessageDelta { delta, usage } = read_json(data)?;
            let reason = delta.and_then(|delta| delta.stop_reason);
            Said::End {
                finish: reason.as_deref().map(finish_reason),
                usage: usage.map(Usage::from),
            }
        }
        "message_stop" => Said::Stop,
        "error" => {
            let error = read_json::<Failure>(data)?.error;
            return Err(reported(&error.unwrap_or_default()));
        }
        _ => Said::Nothing,
    };
    Ok(said)
}
