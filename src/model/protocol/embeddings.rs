//! OpenAI's `embeddings`, as it and many others serve it.

use super::{DecodeError, read_json, reported};
use crate::completion::Usage;
use crate::embedder::Embeddings;
use crate::settings::{EmbedderSettings, Encoding};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::fmt;

/// The largest magnitude of a number.
const MAX_MAGNITUDE: f32 = 1e18;

/// A vector that is not longer has no direction.
const MIN_NORM: f64 = 1e-9;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<usize>,
    encoding_format: &'static str,
}

/// The body of a request for the vectors of texts.
#[must_use]
pub fn write_embeddings_request(settings: &EmbedderSettings, texts: &[&str]) -> Vec<u8> {
    let body = Body {
        model: &settings.model,
        input: texts,
        dimensions: settings.send_dimension.then_some(settings.dimension),
        encoding_format: match settings.encoding {
            Encoding::Float => "float",
            Encoding::Base64 => "base64",
        },
    };
    serde_json::to_vec(&body).unwrap_or_default()
}

#[derive(Deserialize)]
struct Answer {
    error: Option<Value>,
    data: Option<Vec<Item>>,
    usage: Option<Counted>,
}

#[derive(Deserialize)]
struct Item {
    index: Option<usize>,
    embedding: Option<Numbers>,
}

#[derive(Deserialize)]
struct Counted {
    prompt_tokens: Option<u64>,
}

/// A list of numbers, or base64 of little-endian single floats.
struct Numbers(Vec<f32>);

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumbersVisitor)
    }
}

struct NumbersVisitor;

impl<'de> Visitor<'de> for NumbersVisitor {
    type Value = Numbers;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("numbers or base64")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Numbers, A::Error> {
        let mut numbers = Vec::new();
        while let Some(number) = items.next_element::<f64>()? {
            // What is too large becomes infinite, and is found as that.
            numbers.push(number as f32);
        }
        Ok(Numbers(numbers))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Numbers, E> {
        let bytes = STANDARD.decode(text).map_err(E::custom)?;
        let (whole, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(E::custom("no whole floats"));
        }
        Ok(Numbers(
            whole.iter().map(|four| f32::from_le_bytes(*four)).collect(),
        ))
    }
}

/// The vectors of an answer in the order of the texts: `count` of them, each with `dimension` finite numbers of at
/// most 1e18 in magnitude and longer than 1e-9.
///
/// # Errors
///
/// [`DecodeError`] says which number or vector is missing or can't be.
pub fn read_embeddings(
    body: &[u8],
    count: usize,
    dimension: usize,
) -> Result<Embeddings, DecodeError> {
    let answer: Answer = read_json(body)?;
    if let Some(error) = &answer.error {
        return Err(reported(error));
    }
    let items = answer.data.ok_or_else(|| DecodeError::missing("data"))?;
    if items.len() != count {
        let found = items.len();
        let problem = format!("must have {count} vectors, not {found}");
        return Err(DecodeError::field("data", problem));
    }
    let mut placed: Vec<Option<Vec<f32>>> = vec![None; count];
    for (position, item) in items.into_iter().enumerate() {
        let field = format!("data[{position}].embedding");
        let numbers = item.embedding;
        let numbers = numbers.ok_or_else(|| DecodeError::missing(&field))?.0;
        check(&numbers, dimension, &field)?;
        let place = placed.get_mut(item.index.unwrap_or(position));
        let Some(place @ None) = place else {
            let field = format!("data[{position}].index");
            return Err(DecodeError::field(
                field,
                "is out of range or stands there twice",
            ));
        };
        *place = Some(numbers);
    }
    Ok(Embeddings {
        vectors: placed.into_iter().flatten().collect(),
        usage: Usage {
            input_tokens: answer.usage.and_then(|usage| usage.prompt_tokens),
            output_tokens: None,
        },
    })
}

fn check(numbers: &[f32], dimension: usize, field: &str) -> Result<(), DecodeError> {
    if numbers.len() != dimension {
        let problem = format!("must have {dimension} numbers, not {}", numbers.len());
        return Err(DecodeError::field(field, problem));
    }
    // Not a number is not within either.
    let is_within = |number: &f32| number.abs() <= MAX_MAGNITUDE;
    if let Some(index) = numbers.iter().position(|number| !is_within(number)) {
        let problem = "must be a finite number of at most 1e18 in magnitude";
        return Err(DecodeError::field(format!("{field}[{index}]"), problem));
    }
    let square: f64 = numbers.iter().map(|n| f64::from(*n) * f64::from(*n)).sum();
    if square.sqrt() <= MIN_NORM {
        return Err(DecodeError::field(field, "must not be of length 0"));
    }
    Ok(())
}
