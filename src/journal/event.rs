//! An event: one acknowledged decision, or one change to a session.

use crate::hash::{FieldHasher, Hash};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::Arc;

const CONTEXT: &str = "assize 2026-11 journal event v1";
const VERSION: u8 = 1;

/// What was asked or answered, as far as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// All of it.
    Whole(String),
    /// A form without the texts of callers, and the hash of all of it.
    Redacted(String, Hash),
    /// The hash of all of it.
    Omitted(Hash),
}

impl Content {
    /// Hash of all of it, whether or not it is kept.
    #[must_use]
    pub fn hash(&self) -> Hash {
        match self {
            Self::Whole(text) => Hash::of(text.as_bytes()),
            Self::Redacted(_, hash) | Self::Omitted(hash) => *hash,
        }
    }

    /// What is kept of it.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Whole(text) | Self::Redacted(text, _) => Some(text),
            Self::Omitted(_) => None,
        }
    }

    /// All of it, if it is kept.
    #[must_use]
    pub fn whole(&self) -> Option<&str> {
        match self {
            Self::Whole(text) => Some(text),
            _ => None,
        }
    }

    fn feed(&self, hasher: &mut FieldHasher) {
        hasher.hash(&self.hash());
        if let Self::Redacted(text, _) = self {
            hasher.text(text);
        }
    }
}

/// An event that has no place in a chain yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Milliseconds since 1970-01-01 UTC.
    pub time_ms: u64,
    /// Whose it is.
    pub tenant: Arc<str>,
    /// The name of the key or token that asked.
    pub actor: Arc<str>,
    /// The identifier of the request.
    pub request: Arc<str>,
    /// Which engine decided, as in `governor:cycle`.
    pub engine: &'static str,
    /// What it was asked to do, as in `evaluate`.
    pub operation: &'static str,
    /// What was asked.
    pub input: Content,
    /// What was answered.
    pub answer: Content,
    /// Hash of the configuration in hexadecimal.
    pub configuration: Arc<str>,
    /// Hash of the component in hexadecimal, or `native` and a version.
    pub component: Arc<str>,
}

/// An event in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The chain that it is part of.
    pub chain: Arc<str>,
    /// Its place in the chain, from 0.
    pub sequence: u64,
    /// Milliseconds since 1970-01-01 UTC.
    pub time_ms: u64,
    /// Whose it is.
    pub tenant: Arc<str>,
    /// The name of the key or token that asked.
    pub actor: Arc<str>,
    /// The identifier of the request.
    pub request: Arc<str>,
    /// Which engine decided, as in `governor:cycle`.
    pub engine: Arc<str>,
    /// What it was asked to do, as in `evaluate`.
    pub operation: Arc<str>,
    /// What was asked.
    pub input: Content,
    /// What was answered.
    pub answer: Content,
    /// Hash of the configuration in hexadecimal.
    pub configuration: Arc<str>,
    /// Hash of the component in hexadecimal, or `native` and a version.
    pub component: Arc<str>,
    /// Hash of the event before it; [`Hash::ZERO`] for the first.
    pub previous: Hash,
    /// Hash of all of the above.
    pub hash: Hash,
}

/// A line that is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it can't be read as an event: {0}")]
pub struct LineError(String);

impl Event {
    /// Puts a draft into its place.
    #[must_use]
    pub fn seal(draft: Draft, chain: Arc<str>, sequence: u64, previous: Hash) -> Self {
        let mut event = Self {
            chain,
            sequence,
            time_ms: draft.time_ms,
            tenant: draft.tenant,
            actor: draft.actor,
            request: draft.request,
            engine: draft.engine.into(),
            operation: draft.operation.into(),
            input: draft.input,
            answer: draft.answer,
            configuration: draft.configuration,
            component: draft.component,
            previous,
            hash: Hash::ZERO,
        };
        event.hash = event.computed_hash();
        event
    }

    /// Names it among all events: `<chain>.<sequence>`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}.{}", self.chain, self.sequence)
    }

    /// The chain and the sequence that an identifier names.
    #[must_use]
    pub fn parse_id(id: &str) -> Option<(&str, u64)> {
        let (chain, sequence) = id.rsplit_once('.')?;
        Some((chain, sequence.parse().ok()?))
    }

    /// What [`hash`](Self::hash) must be.
    #[must_use]
    pub fn computed_hash(&self) -> Hash {
        let mut hasher = FieldHasher::new(CONTEXT);
        hasher
            .text(&self.chain)
            .number(self.sequence)
            .number(self.time_ms);
        for text in [
            &self.tenant,
            &self.actor,
            &self.request,
            &self.engine,
            &self.operation,
        ] {
            hasher.text(text);
        }
        for content in [&self.input, &self.answer] {
            hasher.number(match content {
                Content::Whole(_) => 0,
                Content::Redacted(..) => 1,
                Content::Omitted(_) => 2,
            });
            content.feed(&mut hasher);
        }
        hasher
            .text(&self.configuration)
            .text(&self.component)
            .hash(&self.previous)
            .finish()
    }

    /// As one line of JSON. A whole input stands in it as a text, a whole answer as it was sent.
    #[must_use]
    pub fn to_line(&self) -> String {
        let (input, input_hash) = parts(&self.input);
        let (answer, answer_hash) = parts(&self.answer);
        let (answer, answer_text) = match answer.map(|text| (text, as_json(text))) {
            Some((_, Some(json))) => (Some(json), None),
            Some((text, None)) => (None, Some(Cow::Borrowed(text))),
            None => (None, None),
        };
        let line = Line {
            v: VERSION,
            chain: Cow::Borrowed(&self.chain),
            sequence: self.sequence,
            time_ms: self.time_ms,
            tenant: Cow::Borrowed(&self.tenant),
            actor: Cow::Borrowed(&self.actor),
            request: Cow::Borrowed(&self.request),
            engine: Cow::Borrowed(&self.engine),
            operation: Cow::Borrowed(&self.operation),
            input: input.map(Cow::Borrowed),
            input_hash,
            answer,
            answer_text,
            answer_hash,
            configuration: Cow::Borrowed(&self.configuration),
            component: Cow::Borrowed(&self.component),
            previous: self.previous,
            hash: self.hash,
        };
        // Texts, numbers and JSON, and into memory: it can't fail.
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// Reads what [`to_line`](Self::to_line) wrote; its hash is not compared.
    ///
    /// # Errors
    ///
    /// What is wrong with the line.
    pub fn from_line(line: &str) -> Result<Self, LineError> {
        let line: Line<'_> =
            serde_json::from_str(line).map_err(|error| LineError(error.to_string()))?;
        if line.v != VERSION {
            return Err(LineError(format!(
                "it has format version {}, and not {VERSION}",
                line.v
            )));
        }
        let answer = match (line.answer, line.answer_text) {
            (Some(answer), None) => Some(Cow::Borrowed(answer.get())),
            (None, text) => text,
            (Some(_), Some(_)) => return Err(LineError("it has two answers".to_owned())),
        };
        Ok(Self {
            chain: line.chain.into(),
            sequence: line.sequence,
            time_ms: line.time_ms,
            tenant: line.tenant.into(),
            actor: line.actor.into(),
            request: line.request.into(),
            engine: line.engine.into(),
            operation: line.operation.into(),
            input: content(line.input, line.input_hash)?,
            answer: content(answer, line.answer_hash)?,
            configuration: line.configuration.into(),
            component: line.component.into(),
            previous: line.previous,
            hash: line.hash,
        })
    }
}

fn parts(content: &Content) -> (Option<&str>, Option<Hash>) {
    match content {
        Content::Whole(text) => (Some(text), None),
        Content::Redacted(text, hash) => (Some(text), Some(*hash)),
        Content::Omitted(hash) => (None, Some(*hash)),
    }
}

/// An answer that can stand in a line as it is.
fn as_json(text: &str) -> Option<&RawValue> {
    let framed = text.starts_with('{') && text.ends_with('}') && !text.contains(['\n', '\r']);
    if framed {
        serde_json::from_str(text).ok()
    } else {
        None
    }
}

fn content(text: Option<Cow<'_, str>>, hash: Option<Hash>) -> Result<Content, LineError> {
    match (text, hash) {
        (Some(text), None) => Ok(Content::Whole(text.into_owned())),
        (Some(text), Some(hash)) => Ok(Content::Redacted(text.into_owned(), hash)),
        (None, Some(hash)) => Ok(Content::Omitted(hash)),
        (None, None) => Err(LineError(
            "it has neither a content nor the hash of one".to_owned(),
        )),
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    v: u8,
    #[serde(borrow)]
    chain: Cow<'a, str>,
    sequence: u64,
    time_ms: u64,
    #[serde(borrow)]
    tenant: Cow<'a, str>,
    #[serde(borrow)]
    actor: Cow<'a, str>,
    #[serde(borrow)]
    request: Cow<'a, str>,
    #[serde(borrow)]
    engine: Cow<'a, str>,
    #[serde(borrow)]
    operation: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    input: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_hash: Option<Hash>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    answer: Option<&'a RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    answer_text: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer_hash: Option<Hash>,
    #[serde(borrow)]
    configuration: Cow<'a, str>,
    #[serde(borrow)]
    component: Cow<'a, str>,
    previous: Hash,
    hash: Hash,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn draft(input: &str) -> Draft {
        Draft {
            time_ms: 1,
            tenant: "t".into(),
            actor: "a".into(),
            request: "r".into(),
            engine: "governor:cycle",
            operation: "evaluate",
            input: Content::Whole(input.to_owned()),
            answer: Content::Whole("{\"verdict\":\"allow\"}".to_owned()),
            configuration: "c".into(),
            component: "m".into(),
        }
    }

    #[test]
    fn line_is_readable_json() {
        let event = Event::seal(draft("{\"left\": 1}"), "s".into(), 3, Hash::ZERO);
        let value: serde_json::Value = serde_json::from_str(&event.to_line()).unwrap();
        assert_eq!(value["answer"]["verdict"], "allow");
        assert_eq!(value["input"], "{\"left\": 1}");
        assert_eq!(value["hash"], event.hash.to_string());
        assert_eq!(Event::parse_id(&event.id()), Some(("s", 3)));
    }

    fn contents() -> impl Strategy<Value = Content> {
        prop_oneof![
            any::<String>().prop_map(Content::Whole),
            Just(Content::Whole("{\"a\":[1.5e300,\"\\u00e4\"]}".to_owned())),
            Just(Content::Whole("null".to_owned())),
            Just(Content::Whole("{\n}".to_owned())),
            (any::<String>(), any::<[u8; 32]>())
                .prop_map(|(text, hash)| Content::Redacted(text, Hash::from_bytes(hash))),
            any::<[u8; 32]>().prop_map(|hash| Content::Omitted(Hash::from_bytes(hash))),
        ]
    }

    proptest! {
        #[test]
        fn events_come_back_whole(input in contents(), answer in contents(), text in any::<String>(), number in any::<u64>()) {
            let draft = Draft { time_ms: number, tenant: text.as_str().into(), input, answer, ..draft("") };
            let event = Event::seal(draft, text.into(), number, Hash::of(b"x"));
            let line = event.to_line();
            prop_assert!(!line.contains('\n'));
            let read = Event::from_line(&line).unwrap();
            prop_assert_eq!(read.computed_hash(), event.hash);
            prop_assert_eq!(read, event);
        }

        #[test]
        fn whatever_is_no_event_is_an_error(line in any::<String>()) {
            prop_assert!(Event::from_line(&line).is_err());
        }
    }

    #[test]
    fn every_field_bears_on_the_hash() {
        let event = || Event::seal(draft("x"), "s".into(), 3, Hash::ZERO);
        let changes: [fn(&mut Event); 14] = [
            |event| event.chain = "other".into(),
            |event| event.sequence += 1,
            |event| event.time_ms += 1,
            |event| event.tenant = "other".into(),
            |event| event.actor = "other".into(),
            |event| event.request = "other".into(),
            |event| event.engine = "other".into(),
            |event| event.operation = "other".into(),
            |event| event.input = Content::Omitted(event.input.hash()),
            |event| event.input = Content::Redacted("x".to_owned(), event.input.hash()),
            |event| event.answer = Content::Whole("other".to_owned()),
            |event| event.configuration = "other".into(),
            |event| event.component = "other".into(),
            |event| event.previous = Hash::of(b"other"),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut changed = event();
            change(&mut changed);
            assert_ne!(changed.computed_hash(), event().hash, "{index}");
        }
    }
}
