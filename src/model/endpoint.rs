//! Calls to one service: attempts, their bounds, and the circuit breaker.

use crate::environment::Environment;
use crate::error::{Cause, ModelError};
use crate::protocol::{ANTHROPIC_VERSION, DecodeError, Protocol, read_error_code, token};
use crate::retry::{backoff, retry_after};
use crate::secret::Secret;
use crate::settings::{EndpointSettings, SettingsError};
use assize_outbound::{
    AddressFilter, BodyStream, Breaker, BreakerPermit, BreakerPolicy, BreakerState, Exchange,
    Target, TransportError, is_json,
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is read of the body of an error.
const MAX_ERROR_BYTES: usize = 16 * 1024;

/// What an answer is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Media {
    Json,
    Events,
}

impl Media {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Events => "text/event-stream",
        }
    }

    fn fits(self, content_type: &str) -> bool {
        match self {
            Self::Json => is_json(content_type),
            Self::Events => {
                let essence = content_type.split(';').next().unwrap_or_default();
                essence.trim().eq_ignore_ascii_case(self.as_str())
            }
        }
    }
}

pub(crate) struct Endpoint {
    protocol: Protocol,
    pub(crate) settings: EndpointSettings,
    target: Target,
    headers: HeaderMap,
    environment: Environment,
    addresses: Arc<AddressFilter>,
    breaker: Mutex<Breaker>,
}

/// A whole answer. Whoever reads it tells the breaker whether it is one.
pub(crate) struct Whole {
    pub(crate) body: Bytes,
    pub(crate) status: u16,
    pub(crate) permit: Permit,
    pub(crate) attempts: u32,
}

/// An answer that has begun.
pub(crate) struct Begun {
    pub(crate) body: BodyStream,
    pub(crate) status: u16,
    pub(crate) permit: Permit,
}

/// An answer that comes in pieces, and by when the last one must be there.
pub(crate) struct Opened {
    pub(crate) begun: Begun,
    pub(crate) attempts: u32,
    pub(crate) deadline: Duration,
}

impl Endpoint {
    /// A service; the settings were checked, and `target` is of them.
    pub(crate) fn new(
        protocol: Protocol,
        settings: EndpointSettings,
        target: Target,
        environment: Environment,
    ) -> Result<Arc<Self>, SettingsError> {
        let headers = headers(protocol, settings.api_key.as_ref())
            .map_err(|_| SettingsError(vec!["`api_key` can't be sent".to_owned()]))?;
        let policy = BreakerPolicy {
            failures: settings.breaker_failures,
            open: Duration::from_secs(settings.breaker_open_seconds),
        };
        Ok(Arc::new(Self {
            protocol,
            settings,
            target,
            headers,
            environment,
            // The place is the operator's choice, and no redirect is followed.
            addresses: Arc::new(AddressFilter::everything()),
            breaker: Mutex::new(Breaker::new(policy)),
        }))
    }

    /// Asks until there is a whole answer, or no hope of one.
    pub(crate) async fn whole(self: &Arc<Self>, body: &Bytes) -> Result<Whole, ModelError> {
        let deadline = self.deadline();
        let mut attempts = 1;
        loop {
            match self.attempt_whole(body, deadline).await {
                Ok((begun, body)) => {
                    return Ok(Whole {
                        body,
                        status: begun.status,
                        permit: begun.permit,
                        attempts,
                    });
                }
                Err(cause) => self.wait_after(cause, attempts, deadline).await?,
            }
            attempts += 1;
        }
    }

    /// Asks until an answer begins, or there is no hope of one.
    pub(crate) async fn open(self: &Arc<Self>, body: &Bytes) -> Result<Opened, ModelError> {
        let deadline = self.deadline();
        let mut attempts = 1;
        loop {
            let until = self.attempt_until(deadline);
            match self.begin(body, Media::Events, until, deadline).await {
                Ok(begun) => {
                    return Ok(Opened {
                        begun,
                        attempts,
                        deadline,
                    });
                }
                Err(cause) => self.wait_after(cause, attempts, deadline).await?,
            }
            attempts += 1;
        }
    }

    async fn attempt_whole(
        self: &Arc<Self>,
        body: &Bytes,
        deadline: Duration,
    ) -> Result<(Begun, Bytes), Cause> {
        let until = self.attempt_until(deadline);
        let mut begun = self.begin(body, Media::Json, until, deadline).await?;
        let read = collect(&mut begun.body, self.settings.max_body_bytes);
        match self.before(until, read).await {
            Some(Ok(bytes)) => Ok((begun, bytes)),
            Some(Err(error)) => Err(self.transport_failed(error, Some(begun.permit))),
            None => {
                begun.permit.failed();
                Err(self.too_late(deadline))
            }
        }
    }

    /// Sends the request, and takes an answer whose status and type are those of one.
    async fn begin(
        self: &Arc<Self>,
        body: &Bytes,
        media: Media,
        until: Duration,
        deadline: Duration,
    ) -> Result<Begun, Cause> {
        let permit = self.admit()?;
        let exchange = Exchange {
            request: self.request(body, media),
            addresses: Arc::clone(&self.addresses),
            max_body_bytes: self.settings.max_body_bytes,
        };
        let opened = self.environment.transport.open(exchange);
        let response = match self.before(until, opened).await {
            Some(Ok(response)) => response,
            Some(Err(error)) => return Err(self.transport_failed(error, Some(permit))),
            None => {
                permit.failed();
                return Err(self.too_late(deadline));
            }
        };
        let status = response.status();
        if !status.is_success() {
            // Before its body is read: that may take as long as the server likes.
            if is_failure(status) {
                permit.failed();
            } else {
                permit.succeeded();
            }
            return Err(self.refused(response, until).await);
        }
        let (parts, body) = response.into_parts();
        if let Err(cause) = self.check_type(&parts.headers, status, media) {
            permit.failed();
            return Err(cause);
        }
        Ok(Begun {
            body,
            status: status.as_u16(),
            permit,
        })
    }

    /// Waits until the next attempt.
    async fn wait_after(
        &self,
        cause: Cause,
        attempts: u32,
        deadline: Duration,
    ) -> Result<(), ModelError> {
        let random = (self.environment.random)();
        let mut wait = backoff(attempts, random);
        if let Cause::Status {
            retry_after: Some(after),
            ..
        } = cause
        {
            wait = wait.saturating_add(after);
        }
        let is_in_time = self.now().saturating_add(wait) < deadline;
        let is_last = attempts >= self.settings.attempts;
        // Who would be refused does not wait for that.
        let is_open = self
            .breaker()
            .check(self.now().saturating_add(wait))
            .is_err();
        if !cause.may_be_tried_again() || is_last || !is_in_time || is_open {
            let was_asked = !matches!(cause, Cause::CircuitOpen { .. });
            let attempts = attempts - u32::from(!was_asked);
            return Err(self.error(cause, attempts));
        }
        self.environment.clock.sleep(wait).await;
        Ok(())
    }

    fn request(&self, body: &Bytes, media: Media) -> Request<Bytes> {
        let mut request = Request::new(body.clone());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.target.uri().clone();
        *request.headers_mut() = self.headers.clone();
        let accept = HeaderValue::from_static(media.as_str());
        request.headers_mut().insert(ACCEPT, accept);
        request
    }

    async fn refused(&self, response: Response<BodyStream>, until: Duration) -> Cause {
        let (parts, mut body) = response.into_parts();
        let read = self
            .before(until, collect(&mut body, MAX_ERROR_BYTES))
            .await;
        let code = read.and_then(Result::ok).and_then(|b| read_error_code(&b));
        let id = ["x-request-id", "request-id"]
            .into_iter()
            .find_map(|name| parts.headers.get(name)?.to_str().ok().and_then(token));
        Cause::Status {
            status: parts.status.as_u16(),
            retry_after: retry_after(&parts.headers),
            code: code.and_then(|code| self.shown(code)),
            request_id: id.and_then(|id| self.shown(id)),
        }
    }

    fn check_type(
        &self,
        headers: &HeaderMap,
        status: StatusCode,
        media: Media,
    ) -> Result<(), Cause> {
        let status = status.as_u16();
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let found = text(CONTENT_TYPE).unwrap_or_default();
        if !media.fits(found) {
            let parts = found
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .split('/');
            let is_plain = parts.clone().count() == 2 && parts.clone().all(|p| token(p).is_some());
            let shown = is_plain.then(|| parts.collect::<Vec<_>>().join("/"));
            return Err(Cause::ContentType {
                status,
                found: shown.and_then(|found| self.shown(found)),
                expected: media.as_str(),
            });
        }
        let encoding = text(CONTENT_ENCODING).unwrap_or("identity");
        if encoding.eq_ignore_ascii_case("identity") {
            return Ok(());
        }
        Err(Cause::Answer {
            status,
            problem: DecodeError::Field {
                field: CONTENT_ENCODING.as_str().to_owned(),
                problem: "must not be there: it was not asked for".to_owned(),
            },
        })
    }

    pub(crate) fn error(&self, cause: Cause, attempts: u32) -> ModelError {
        ModelError {
            protocol: self.protocol,
            origin: self.target.origin().to_string(),
            attempts,
            cause,
        }
    }

    /// An answer that can't be used.
    pub(crate) fn unusable(&self, status: u16, problem: DecodeError) -> Cause {
        let problem = match problem {
            DecodeError::Reported { code } => DecodeError::Reported {
                code: code.and_then(|code| self.shown(code)),
            },
            other => other,
        };
        Cause::Answer { status, problem }
    }

    pub(crate) fn transport_failed(&self, error: TransportError, permit: Option<Permit>) -> Cause {
        match error {
            TransportError::TooLarge => {
                if let Some(permit) = permit {
                    permit.succeeded();
                }
                Cause::TooLarge {
                    limit: self.settings.max_body_bytes,
                }
            }
            TransportError::Address | TransportError::Failed(_) => {
                if let Some(permit) = permit {
                    permit.failed();
                }
                let problem = error.to_string();
                let key = self.settings.api_key.as_ref();
                Cause::Connection {
                    problem: key.map_or_else(|| problem.clone(), |key| key.hide_in(&problem)),
                }
            }
        }
    }

    /// A word of the server, unless it holds the key.
    fn shown(&self, word: String) -> Option<String> {
        let key = self.settings.api_key.as_ref();
        let is_shown = key.is_none_or(|key| !word.contains(key.expose()));
        is_shown.then_some(word)
    }

    pub(crate) fn now(&self) -> Duration {
        self.environment.clock.monotonic()
    }

    /// What the future gives, unless the time comes first.
    pub(crate) async fn before<F: Future>(&self, until: Duration, future: F) -> Option<F::Output> {
        let rest = until.saturating_sub(self.now());
        if rest.is_zero() {
            return None;
        }
        match select(pin!(future), self.environment.clock.sleep(rest)).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => None,
        }
    }

    fn deadline(&self) -> Duration {
        let total = Duration::from_millis(self.settings.total_timeout_ms);
        self.now().saturating_add(total)
    }

    /// When an attempt, or the wait for a piece, that begins now is over.
    pub(crate) fn attempt_until(&self, deadline: Duration) -> Duration {
        let timeout = Duration::from_millis(self.settings.timeout_ms);
        self.now().saturating_add(timeout).min(deadline)
    }

    pub(crate) fn too_late(&self, deadline: Duration) -> Cause {
        if self.now() < deadline {
            Cause::Timeout {
                limit_ms: self.settings.timeout_ms,
            }
        } else {
            Cause::Deadline {
                limit_ms: self.settings.total_timeout_ms,
            }
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn breaker_state(&self) -> BreakerState {
        self.breaker().state()
    }

    fn admit(self: &Arc<Self>) -> Result<Permit, Cause> {
        let admitted = self.breaker().admit(self.now());
        let permit = admitted.map_err(|open| Cause::CircuitOpen {
            retry_after: open.retry_after,
        })?;
        Ok(Permit {
            endpoint: Arc::clone(self),
            permit: Some(permit),
        })
    }
}

/// A call that the breaker let through; dropped, it is abandoned.
pub(crate) struct Permit {
    endpoint: Arc<Endpoint>,
    permit: Option<BreakerPermit>,
}

impl Permit {
    pub(crate) fn succeeded(mut self) {
        if let Some(permit) = self.permit.take() {
            self.endpoint.breaker().succeeded(permit);
        }
    }

    pub(crate) fn failed(mut self) {
        let now = self.endpoint.now();
        if let Some(permit) = self.permit.take() {
            self.endpoint.breaker().failed(permit, now);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.endpoint.breaker().abandoned(permit);
        }
    }
}

async fn collect(body: &mut BodyStream, most: usize) -> Result<Bytes, TransportError> {
    let mut whole = BytesMut::new();
    while let Some(piece) = body.next().await {
        let piece = piece?;
        if piece.len() > most.saturating_sub(whole.len()) {
            return Err(TransportError::TooLarge);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

/// Whether the service says that it can't answer anyone now. What it says of one request is an answer.
fn is_failure(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

fn headers(
    protocol: Protocol,
    key: Option<&Secret>,
) -> Result<HeaderMap, http::header::InvalidHeaderValue> {
    let agent = concat!("assize/", env!("CARGO_PKG_VERSION"));
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    let is_anthropic = protocol == Protocol::Messages;
    if is_anthropic {
        let version = HeaderName::from_static("anthropic-version");
        headers.insert(version, HeaderValue::from_static(ANTHROPIC_VERSION));
    }
    if let Some(key) = key.map(Secret::expose) {
        let (name, text) = if is_anthropic {
            (HeaderName::from_static("x-api-key"), key.to_owned())
        } else {
            (AUTHORIZATION, format!("Bearer {key}"))
        };
        let mut value = HeaderValue::try_from(text)?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}
