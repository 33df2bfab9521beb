//! Why there is no answer: for operators, and for callers.

use crate::protocol::{DecodeError, Protocol};
use crate::request::RequestError;
use std::fmt;
use std::time::Duration;

/// Why a call has no answer. Its text is for operators: it names origin, statuses and fields, never a key, a prompt or
/// a body. What callers may be told is [`public`](Self::public).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ModelError {
    /// What was spoken.
    pub protocol: Protocol,
    /// Scheme, host and port.
    pub origin: String,
    /// How often the service was asked; 0: not at all.
    pub attempts: u32,
    /// What the last attempt ended with.
    #[source]
    pub cause: Cause,
}

impl fmt::Display for ModelError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at `{}`: ", self.protocol, self.origin)?;
        self.cause.fmt(formatter)?;
        if self.attempts > 1 {
            write!(formatter, " (after {} attempts)", self.attempts)?;
        }
        Ok(())
    }
}

/// What a call ended with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// This can't be asked.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The service failed too often and is left alone for a while.
    #[error("circuit breaker is open, the service is tried again in {} s", retry_after.as_millis().div_ceil(1000))]
    CircuitOpen {
        /// How long it will be left alone; zero while it is being tried.
        retry_after: Duration,
    },
    /// An attempt, or a piece of a stream, took too long.
    #[error("there was no answer within {limit_ms} ms")]
    Timeout {
        /// The bound.
        limit_ms: u64,
    },
    /// All attempts together, or a stream, took too long.
    #[error("there was no whole answer within {limit_ms} ms")]
    Deadline {
        /// The bound.
        limit_ms: u64,
    },
    /// There is no connection, or it broke.
    #[error("the connection failed: {problem}")]
    Connection {
        /// What the transport says.
        problem: String,
    },
    /// The service answered with a status that carries no answer. Redirects are not followed.
    #[error("it answered with status {status}{}", shown(code.as_ref(), request_id.as_ref()))]
    Status {
        /// Status of HTTP.
        status: u16,
        /// How long the service wants to be left alone.
        retry_after: Option<Duration>,
        /// The service's short name of the error.
        code: Option<String>,
        /// The service's name of this request.
        request_id: Option<String>,
    },
    /// The body of an answer is too large.
    #[error("the answer has more than {limit} bytes")]
    TooLarge {
        /// The bound.
        limit: usize,
    },
    /// The body is not of the type that was asked for.
    #[error("it answered with status {status} and {}, not `{expected}`", shown_type(found.as_ref()))]
    ContentType {
        /// Status of HTTP.
        status: u16,
        /// The type, if it can be shown.
        found: Option<String>,
        /// What was asked for.
        expected: &'static str,
    },
    /// The body, or an event of a stream, is no answer.
    #[error("it answered with status {status}, and the answer can't be used: {problem}")]
    Answer {
        /// Status of HTTP.
        status: u16,
        /// What is wrong with it.
        problem: DecodeError,
    },
}

fn shown(code: Option<&String>, request_id: Option<&String>) -> String {
    let part = |name, value: Option<&String>| value.map(|value| format!(", {name} `{value}`"));
    let parts = [part("code", code), part("request", request_id)];
    parts.into_iter().flatten().collect()
}

fn shown_type(found: Option<&String>) -> String {
    let another = || "another content type".to_owned();
    found.map_or_else(another, |found| format!("content type `{found}`"))
}

/// What kind of failure callers are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// What was asked can't be asked.
    InvalidRequest,
    /// The service refused this request; the same one will be refused again.
    Refused,
    /// The service does not let this host in, or does not know the model.
    Misconfigured,
    /// The service is asked too often.
    RateLimited,
    /// The service fails, can't be reached or is left alone.
    Unavailable,
    /// The service took too long.
    Timeout,
    /// The service's answer can't be used.
    BadAnswer,
}

impl ErrorKind {
    /// Its name in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::Refused => "refused",
            Self::Misconfigured => "misconfigured",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::BadAnswer => "bad_answer",
        }
    }

    /// The status of HTTP for it.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::Refused => 422,
            Self::Misconfigured | Self::BadAnswer => 502,
            Self::RateLimited | Self::Unavailable => 503,
            Self::Timeout => 504,
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::InvalidRequest => "this can't be asked",
            Self::Refused => "the service refused this request",
            Self::Misconfigured => "the service does not accept this host's settings",
            Self::RateLimited => "the service is asked too often",
            Self::Unavailable => "the service is not available",
            Self::Timeout => "the service did not answer in time",
            Self::BadAnswer => "the service's answer can't be used",
        }
    }
}

/// What callers may be told: nothing of settings, places or the service's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicError {
    /// What kind of failure it is.
    pub kind: ErrorKind,
    /// The status of HTTP for it: 400 to 599.
    pub status: u16,
    /// When it may be tried again; none: nobody says.
    pub retry_after: Option<Duration>,
    /// One sentence.
    pub message: String,
}

impl ModelError {
    /// What callers may be told.
    #[must_use]
    pub fn public(&self) -> PublicError {
        let kind = self.cause.kind();
        let retry_after = match self.cause {
            Cause::CircuitOpen { retry_after } => Some(retry_after),
            Cause::Status { retry_after, .. } => retry_after,
            _ => None,
        };
        let message = match &self.cause {
            Cause::Request(error) => error.to_string(),
            _ => kind.sentence().to_owned(),
        };
        PublicError {
            kind,
            status: kind.status(),
            retry_after,
            message,
        }
    }
}

impl Cause {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Request(_) => ErrorKind::InvalidRequest,
            Self::CircuitOpen { .. } | Self::Connection { .. } => ErrorKind::Unavailable,
            Self::Timeout { .. } | Self::Deadline { .. } => ErrorKind::Timeout,
            Self::Status { status, .. } => match status {
                400 | 413 | 422 => ErrorKind::Refused,
                429 => ErrorKind::RateLimited,
                408 | 500..=599 => ErrorKind::Unavailable,
                _ => ErrorKind::Misconfigured,
            },
            Self::TooLarge { .. } | Self::ContentType { .. } => ErrorKind::BadAnswer,
            Self::Answer { problem, .. } => match problem {
                DecodeError::Reported { .. } => ErrorKind::Unavailable,
                _ => ErrorKind::BadAnswer,
            },
        }
    }

    /// Whether the same request may go better soon. Not after a timeout: the service would do the work twice.
    pub(crate) fn may_be_tried_again(&self) -> bool {
        match self {
            Self::Connection { .. } => true,
            Self::Status { code, .. } if is_spent(code.as_deref()) => false,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..=599),
            _ => false,
        }
    }
}

/// Nothing is left to pay with: waiting does not help.
fn is_spent(code: Option<&str>) -> bool {
    matches!(code, Some("insufficient_quota" | "billing_error"))
}
