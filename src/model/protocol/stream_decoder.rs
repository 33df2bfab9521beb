//! An answer that comes as server-sent events.

use super::{DecodeError, chat_completions, messages};
use crate::completion::{Completion, CompletionEvent, Usage};
use crate::settings::Provider;
use bytes::{Bytes, BytesMut};
use sse_core::{SseDecoder, SseEvent};
use std::fmt;
use std::num::NonZeroUsize;

/// Reads the stream of an answer. The events are the same however the bytes are split.
pub struct StreamDecoder {
    provider: Provider,
    events: SseDecoder,
    limit: NonZeroUsize,
    pending: Bytes,
    answer: Completion,
    has_begun: bool,
    /// After the end or an error nothing more is read.
    is_over: bool,
}

impl fmt::Debug for StreamDecoder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StreamDecoder")
            .field("provider", &self.provider)
            .field("is_over", &self.is_over)
            .finish_non_exhaustive()
    }
}

impl StreamDecoder {
    /// Reads events of at most `limit` bytes each; 0 counts as 1.
    #[must_use]
    pub fn new(provider: Provider, limit: usize) -> Self {
        let limit = NonZeroUsize::new(limit).unwrap_or(NonZeroUsize::MIN);
        Self {
            provider,
            events: SseDecoder::with_limit(limit),
            limit,
            pending: Bytes::new(),
            answer: Completion {
                text: String::new(),
                finish: None,
                usage: Usage::default(),
            },
            has_begun: false,
            is_over: false,
        }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: Bytes) {
        if self.is_over {
            return;
        }
        if self.pending.is_empty() {
            self.pending = bytes;
        } else {
            let mut both = BytesMut::from(self.pending.as_ref());
            both.extend_from_slice(&bytes);
            self.pending = both.freeze();
        }
    }

    /// The next event of the bytes so far; none: it takes more of them.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]: the stream is no answer. After it, and after the end, nothing follows.
    pub fn next_event(&mut self) -> Result<Option<CompletionEvent>, DecodeError> {
        while !self.is_over {
            let message = match self.events.next(&mut self.pending) {
                None => return Ok(None),
                Some(Ok(SseEvent::Retry(_))) => continue,
                Some(Ok(SseEvent::Message(message))) => message,
                Some(Err(_)) => {
                    self.is_over = true;
                    let limit = self.limit.get();
                    return Err(DecodeError::TooLarge { limit });
                }
            };
            let event = match self.provider {
                Provider::OpenAi => self.chunk(&message.data),
                Provider::Anthropic => self.event(&message.data),
            };
            match event {
                Ok(None) => {}
                Ok(Some(event)) => return Ok(Some(event)),
                Err(error) => {
                    self.is_over = true;
                    return Err(error);
                }
            }
        }
        Ok(None)
    }

    /// What the end of the bytes means, after all events: some servers end with the reason why, and say no more.
    ///
    /// # Errors
    ///
    /// [`DecodeError::CutShort`]: there should be more.
    pub fn end(&mut self) -> Result<Option<CompletionEvent>, DecodeError> {
        if self.is_over {
            return Ok(None);
        }
        self.is_over = true;
        if self.answer.finish.is_none() {
            return Err(DecodeError::CutShort);
        }
        Ok(Some(self.done()))
    }

    /// Whether the end or an error was read.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    fn done(&mut self) -> CompletionEvent {
        self.is_over = true;
        let answer = Completion {
            text: std::mem::take(&mut self.answer.text),
            ..self.answer
        };
        CompletionEvent::Done(answer)
    }

    fn text(&mut self, text: String) -> Option<CompletionEvent> {
        self.answer.text.push_str(&text);
        (!text.is_empty()).then_some(CompletionEvent::Text(text))
    }

    fn chunk(&mut self, data: &str) -> Result<Option<CompletionEvent>, DecodeError> {
        if data.trim() == "[DONE]" {
            if self.has_begun {
                return Ok(Some(self.done()));
            }
            return Err(DecodeError::missing("choices"));
        }
        let added = chat_completions::read_chunk(data)?;
        self.has_begun = true;
        self.answer.finish = added.finish.or(self.answer.finish);
        self.answer.usage.update(added.usage.unwrap_or_default());
        Ok(self.text(added.text))
    }

    fn event(&mut self, data: &str) -> Result<Option<CompletionEvent>, DecodeError> {
        let said = messages::read_event(data)?;
        let event = match said {
            messages::Said::Nothing => None,
            messages::Said::Start(usage) => {
                self.has_begun = true;
                self.answer.usage.update(usage.unwrap_or_default());
                None
            }
            _ if !self.has_begun => return Err(DecodeError::missing("message_start")),
            messages::Said::Text(text) => self.text(text),
            messages::Said::End { finish, usage } => {
                self.answer.finish = finish.or(self.answer.finish);
                self.answer.usage.update(usage.unwrap_or_default());
                None
            }
            messages::Said::Stop => Some(self.done()),
        };
        Ok(event)
    }
}
