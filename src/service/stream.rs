//! Answers of a language model as lines that are sent while it speaks.

use crate::decide::gated::Performed;
use crate::decide::to_text;
use crate::flights::Flight;
use crate::journal::EventId;
use crate::problem::Problem;
use crate::service::Service;
use assize_json::gate::{GenerateAnswer, StreamEvent, StreamedAnswer};
use axum::body::Body;
use bytes::Bytes;
use http_body::Frame;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

/// What was said and not yet sent, as lines.
type Said = Arc<Mutex<String>>;

/// Lines of a request that goes on as they are read, and is given up when they are dropped.
struct Lines {
    /// Gives the last line; none once it has.
    flight: Option<Pin<Box<dyn Future<Output = String> + Send>>>,
    said: Said,
}

fn taken(said: &Said) -> String {
    std::mem::take(&mut said.lock().unwrap_or_else(PoisonError::into_inner))
}

fn line(event: &StreamEvent<'_>) -> String {
    let mut line = to_text(event);
    line.push('\n');
    line
}

impl http_body::Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(flight) = &mut self.flight else {
            return Poll::Ready(None);
        };
        let last = flight.as_mut().poll(context);
        let mut lines = taken(&self.said);
        if let Poll::Ready(last) = last {
            self.flight = None;
            lines.push_str(&last);
        } else if lines.is_empty() {
            return Poll::Pending;
        }
        Poll::Ready(Some(Ok(Frame::data(lines.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.flight.is_none()
    }
}

/// The answer of a request as lines: what the model says, where that may be told, and the end.
pub(crate) fn lines(service: Arc<Service>, flight: Flight) -> Body {
    let said = Said::default();
    let heard = Arc::clone(&said);
    let flight = async move {
        let mut told_any = false;
        let mut hear = |text: &str| {
            told_any = true;
            let delta = line(&StreamEvent::Delta { text });
            let mut said = heard.lock().unwrap_or_else(PoisonError::into_inner);
            said.push_str(&delta);
        };
        let ended = if flight.tells_unjudged() {
            flight.end(Some(&mut hear)).await
        } else {
            flight.end(None).await
        };
        last_line(&service, &ended, told_any)
    };
    Body::new(Lines {
        flight: Some(Box::pin(flight)),
        said,
    })
}

fn last_line(
    service: &Service,
    ended: &Result<(EventId, Performed), Problem>,
    told_any: bool,
) -> String {
    let problem = match ended {
        Ok((_, performed)) => {
            if let Some(verdict) = performed.verdict {
                service.metrics.gate_decided(verdict);
            }
            let Some(answer) = &performed.finished else {
                return line(&StreamEvent::Problem {
                    status: 500,
                    detail: "the request has no end".to_owned(),
                });
            };
            return line(&StreamEvent::Answer(Box::new(StreamedAnswer {
                answer: GenerateAnswer::from(answer.as_ref()),
                retracted: told_any && !answer.accepted,
            })));
        }
        Err(problem) => problem,
    };
    let status = problem.status().as_u16();
    if status >= 500 {
        let cause = problem.cause();
        tracing::error!(status, %problem, cause, "a stream has no answer");
    }
    line(&StreamEvent::Problem {
        status,
        detail: problem.to_string(),
    })
}
