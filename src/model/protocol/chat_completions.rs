//! OpenAI's `chat/completions`, as it and many others serve it.

use super::{DecodeError, Turn, read_json, reported};
use crate::completion::{Completion, FinishReason, Usage};
use crate::request::ChatRequest;
use crate::settings::{ModelSettings, TokenParameter};
use assize_outbound::Target;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Turn<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

pub(super) fn write(settings: &ModelSettings, request: &ChatRequest, is_streamed: bool) -> Vec<u8> {
    let system = request.system.iter().map(|content| Turn {
        role: "system",
        content,
    });
    let tokens = Some(request.max_tokens.unwrap_or(settings.max_tokens));
    let place = Target::parse(&settings.endpoint.base_url);
    let is_openai = || place.is_ok_and(|place| place.origin().host == "api.openai.com");
    let parameter = settings.token_parameter.unwrap_or_else(|| {
        if is_openai() {
            TokenParameter::MaxCompletionTokens
        } else {
            TokenParameter::MaxTokens
        }
    });
    let body = Body {
        model: &settings.model,
        messages: system
            .chain(request.messages.iter().map(Turn::from))
            .collect(),
        max_tokens: tokens.filter(|_| parameter == TokenParameter::MaxTokens),
        max_completion_tokens: tokens.filter(|_| parameter == TokenParameter::MaxCompletionTokens),
        temperature: request.temperature.or(settings.temperature),
        stream: is_streamed,
        stream_options: (is_streamed && settings.stream_usage).then_some(StreamOptions {
            include_usage: true,
        }),
    };
    serde_json::to_vec(&body).unwrap_or_default()
}

#[derive(Deserialize)]
struct Answer {
    error: Option<Value>,
    choices: Option<Vec<Choice>>,
    usage: Option<Counted>,
}

#[derive(Deserialize)]
struct Choice {
    message: Option<Said>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Counted {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
}

impl From<Counted> for Usage {
    fn from(counted: Counted) -> Self {
        Self {
            input_tokens: counted.prompt_tokens,
            output_tokens: counted.completion_tokens,
        }
    }
}

fn finish_reason(text: &str) -> FinishReason {
    match text {
        "stop" => FinishReason::Stop,
        "length" => FinishReason::Length,
        "content_filter" => FinishReason::Filter,
        _ => FinishReason::Other,
    }
}

pub(super) fn read(body: &[u8]) -> Result<Completion, DecodeError> {
    let answer: Answer = read_json(body)?;
    if let Some(error) = &answer.error {
        return Err(reported(error));
    }
    let missing = DecodeError::missing;
    let choices = answer.choices.ok_or_else(|| missing("choices"))?;
    let choice = choices.into_iter().next();
    let choice = choice.ok_or_else(|| missing("choices[0]"))?;
    let said = choice.message;
    let said = said.ok_or_else(|| missing("choices[0].message"))?;
    let finish = choice.finish_reason.as_deref().map(finish_reason);
    let refusal = said.refusal.filter(|refusal| !refusal.is_empty());
    let is_refused = refusal.is_some();
    Ok(Completion {
        text: said.content.or(refusal).unwrap_or_default(),
        finish: if is_refused {
            Some(FinishReason::Filter)
        } else {
            finish
        },
        usage: answer.usage.map(Usage::from).unwrap_or_default(),
    })
}

#[derive(Deserialize)]
struct Chunk {
    error: Option<Value>,
    choices: Option<Vec<ChunkChoice>>,
    usage: Option<Counted>,
}

#[derive(Deserialize)]
struct ChunkChoice {
    index: Option<u64>,
    delta: Option<Said>,
    finish_reason: Option<String>,
}

/// What one event adds.
pub(super) struct Added {
    pub(super) text: String,
    pub(super) finish: Option<FinishReason>,
    pub(super) usage: Option<Usage>,
}

pub(super) fn read_chunk(data: &str) -> Result<Added, DecodeError> {
    let chunk: Chunk = read_json(data.as_bytes())?;
    if let Some(error) = &chunk.error {
        return Err(reported(error));
    }
    if chunk.choices.is_none() && chunk.usage.is_none() {
        return Err(DecodeError::missing("choices"));
    }
    let mut added = Added {
        text: String::new(),
        finish: None,
        usage: chunk.usage.map(Usage::from),
    };
    let choices = chunk.choices.unwrap_or_default().into_iter();
    for choice in choices.filter(|choice| choice.index.unwrap_or_default() == 0) {
        added.finish = choice.finish_reason.as_deref().map(finish_reason);
        let Some(said) = choice.delta else {
            continue;
        };
        added.text.push_str(&said.content.unwrap_or_default());
        if let Some(refusal) = said.refusal.filter(|refusal| !refusal.is_empty()) {
            added.text.push_str(&refusal);
            added.finish = Some(FinishReason::Filter);
        }
    }
    Ok(added)
}
