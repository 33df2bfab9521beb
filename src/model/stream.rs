//! An answer that is handed over as it comes.

use crate::completion::{Completion, CompletionEvent};
use crate::endpoint::{Endpoint, Opened, Permit};
use crate::error::{Cause, ModelError};
use crate::protocol::{DecodeError, StreamDecoder};
use crate::settings::Provider;
use assize_outbound::{BodyStream, BreakerState, TransportError};
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long the end of a body is waited for after the last event.
const DRAINED: Duration = Duration::from_millis(100);

/// An answer in pieces: texts, then the end. Dropping it ends the call.
pub struct CompletionStream {
    endpoint: Arc<Endpoint>,
    decoder: StreamDecoder,
    /// None: nothing follows.
    body: Option<BodyStream>,
    permit: Option<Permit>,
    status: u16,
    attempts: u32,
    deadline: Duration,
    /// How many bytes may still come.
    rest: usize,
}

impl fmt::Debug for CompletionStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CompletionStream")
            .field("decoder", &self.decoder)
            .finish_non_exhaustive()
    }
}

impl CompletionStream {
    pub(crate) fn new(provider: Provider, endpoint: Arc<Endpoint>, opened: Opened) -> Self {
        let limit = endpoint.settings.max_body_bytes;
        Self {
            decoder: StreamDecoder::new(provider, limit),
            body: Some(opened.begun.body),
            permit: Some(opened.begun.permit),
            status: opened.begun.status,
            attempts: opened.attempts,
            deadline: opened.deadline,
            rest: limit,
            endpoint,
        }
    }

    /// The next event; none after the end or an error. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// [`ModelError`] says why the answer is not whole.
    pub async fn next(&mut self) -> Option<Result<CompletionEvent, ModelError>> {
        loop {
            match self.decoder.next_event() {
                Ok(Some(event)) => return Some(Ok(self.told(event))),
                Ok(None) => {}
                Err(problem) => return Some(Err(self.broken(problem))),
            }
            if self.decoder.is_over() {
                self.drain().await;
                return None;
            }
            let until = self.endpoint.attempt_until(self.deadline);
            let body = self.body.as_mut()?;
            match self.endpoint.before(until, body.next()).await {
                Some(Some(Ok(piece))) => {
                    if let Err(error) = self.take(piece) {
                        return Some(Err(self.failed(error)));
                    }
                }
                Some(Some(Err(error))) => return Some(Err(self.failed(error))),
                Some(None) => {
                    let end = self.decoder.end().transpose()?;
                    return Some(match end {
                        Ok(event) => Ok(self.told(event)),
                        Err(problem) => Err(self.broken(problem)),
                    });
                }
                None => return Some(Err(self.too_late())),
            }
        }
    }

    /// The same as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<CompletionEvent, ModelError>> + Send {
        stream::unfold(self, |mut own| async move {
            let event = own.next().await?;
            Some((event, own))
        })
    }

    /// Waits for the whole answer.
    ///
    /// # Errors
    ///
    /// [`ModelError`] says why it is not whole.
    pub async fn collect(mut self) -> Result<Completion, ModelError> {
        loop {
            match self.next().await {
                Some(Ok(CompletionEvent::Done(completion))) => {
                    self.drain().await;
                    return Ok(completion);
                }
                Some(Ok(CompletionEvent::Text(_))) => {}
                Some(Err(error)) => return Err(error),
                None => return Err(self.broken(DecodeError::CutShort)),
            }
        }
    }

    /// After the last event the body has an end, too: once it is read, its connection can be used again.
    async fn drain(&mut self) {
        if let Some(mut body) = self.body.take() {
            let until = self.endpoint.now().saturating_add(DRAINED);
            self.endpoint.before(until, body.next()).await;
        }
    }

    fn take(&mut self, piece: Bytes) -> Result<(), TransportError> {
        let rest = self.rest.checked_sub(piece.len());
        self.rest = rest.ok_or(TransportError::TooLarge)?;
        self.decoder.push(piece);
        Ok(())
    }

    fn told(&mut self, event: CompletionEvent) -> CompletionEvent {
        let is_done = matches!(event, CompletionEvent::Done(_));
        // A probe has shown enough: who reads slowly must not keep the service closed to others.
        let is_probe = self.endpoint.breaker_state() == BreakerState::HalfOpen;
        if let Some(permit) = self.permit.take_if(|_| is_done || is_probe) {
            permit.succeeded();
        }
        event
    }

    fn broken(&mut self, problem: DecodeError) -> ModelError {
        if let Some(permit) = self.permit.take() {
            permit.failed();
        }
        self.body = None;
        let cause = match problem {
            DecodeError::TooLarge { limit } => Cause::TooLarge { limit },
            problem => self.endpoint.unusable(self.status, problem),
        };
        self.endpoint.error(cause, self.attempts)
    }

    fn failed(&mut self, error: TransportError) -> ModelError {
        self.body = None;
        let cause = self.endpoint.transport_failed(error, self.permit.take());
        self.endpoint.error(cause, self.attempts)
    }

    fn too_late(&mut self) -> ModelError {
        self.body = None;
        let cause = self.endpoint.too_late(self.deadline);
        let permit = self.permit.take();
        // A stream that is long over all may be so because it is read slowly: that is not the service's failure.
        if matches!(cause, Cause::Timeout { .. })
            && let Some(permit) = permit
        {
            permit.failed();
        }
        self.endpoint.error(cause, self.attempts)
    }
}
