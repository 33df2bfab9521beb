//! One call from its first request to its answer: what is allowed, redirects, circuit breakers, time.

use crate::address::AddressFilter;
use crate::allow::AllowEntry;
use crate::answer::Expected;
use crate::breaker::{Breaker, BreakerOpen, BreakerPermit, BreakerPolicy, BreakerState};
use crate::connections::Connections;
use crate::error::OutboundError;
use crate::settings::OutboundSettings;
use crate::target::{Origin, Target};
use crate::transport::{Clock, Exchange, Transport, TransportError};
use bytes::Bytes;
use futures_util::future::{Either, select};
use http::header::{ACCEPT, CONTENT_TYPE, LOCATION, USER_AGENT};
use http::{Method, Request, Response, StatusCode};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many origins' failures are remembered.
const MAX_BREAKERS: usize = 1000;

/// A call that is to be made.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) target: Target,
    /// What is posted; none: it is a GET.
    pub(crate) body: Option<Bytes>,
    pub(crate) expected: Expected,
    pub(crate) timeout: Duration,
}

pub(crate) struct Caller {
    transport: Box<dyn Transport>,
    clock: Arc<dyn Clock>,
    allow: Vec<AllowEntry>,
    addresses: Arc<AddressFilter>,
    connections: Connections,
    policy: BreakerPolicy,
    /// Of origins that failed, or are being called after that.
    breakers: Mutex<BTreeMap<Origin, Breaker>>,
    max_body_bytes: usize,
    max_redirects: u32,
}

impl Caller {
    pub(crate) fn new(
        settings: &OutboundSettings,
        transport: Box<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            transport,
            clock,
            allow: settings.allow.clone(),
            addresses: Arc::new(AddressFilter::new(settings.allow_networks.clone())),
            connections: Connections::new(settings.connections, settings.connections_per_host),
            policy: BreakerPolicy {
                failures: settings.breaker_failures,
                open: Duration::from_secs(settings.breaker_open_seconds),
            },
            breakers: Mutex::default(),
            max_body_bytes: settings.max_body_bytes,
            max_redirects: settings.max_redirects,
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// What the future gives, unless the time comes first.
    pub(crate) async fn before<F: Future>(&self, until: Duration, future: F) -> Option<F::Output> {
        let rest = until.saturating_sub(self.now());
        if rest.is_zero() {
            return None;
        }
        match select(pin!(future), self.clock.sleep(rest)).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => None,
        }
    }

    /// Whether a URL is in the list.
    pub(crate) fn check_allowed(&self, target: &Target) -> Result<(), OutboundError> {
        if self.allow.iter().any(|entry| entry.permits(target)) {
            return Ok(());
        }
        Err(OutboundError::NotAllowed {
            origin: target.origin().to_string(),
        })
    }

    pub(crate) async fn call(&self, call: Call) -> Result<Arc<str>, OutboundError> {
        let until = self.now().saturating_add(call.timeout);
        let mut target = call.target;
        let mut followed = 0;
        loop {
            let exchange = self.exchange(&target, call.body.as_ref(), until);
            let response = exchange.await.map_err(|failure| {
                failure.of(target.origin(), call.timeout, self.max_body_bytes)
            })?;
            let Some(next) = redirect(&response, &target, call.body.is_some())? else {
                return call.expected.read(&response, target.origin());
            };
            if followed == self.max_redirects {
                return Err(OutboundError::Redirects {
                    origin: target.origin().to_string(),
                    limit: self.max_redirects,
                });
            }
            self.check_allowed(&next)?;
            followed += 1;
            target = next;
        }
    }

    async fn exchange(
        &self,
        target: &Target,
        body: Option<&Bytes>,
        until: Duration,
    ) -> Result<Response<Bytes>, Failure> {
        if !self.addresses.permits_host(target) {
            return Err(TransportError::Address.into());
        }
        let exchange = Exchange {
            request: request(target, body),
            addresses: Arc::clone(&self.addresses),
            max_body_bytes: self.max_body_bytes,
        };
        let origin = target.origin();
        // Who would be refused does not stand in line.
        self.check_breaker(origin)?;
        let slot = self.before(until, self.connections.acquire(origin)).await;
        let _slot = slot.ok_or(Failure::Timeout)?;
        let probe = self.admit(origin)?;
        let result = self.before(until, self.transport.exchange(exchange)).await;
        match &result {
            Some(Ok(response)) if is_failure(response.status()) => probe.failed(),
            Some(Ok(_) | Err(TransportError::TooLarge)) => probe.succeeded(),
            Some(Err(TransportError::Failed(_))) | None => probe.failed(),
            // Nothing was asked.
            Some(Err(TransportError::Address)) => drop(probe),
        }
        let response = result.ok_or(Failure::Timeout)??;
        if response.body().len() > self.max_body_bytes {
            return Err(TransportError::TooLarge.into());
        }
        Ok(response)
    }

    fn breakers(&self) -> MutexGuard<'_, BTreeMap<Origin, Breaker>> {
        self.breakers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn remembered_failures(&self) -> usize {
        self.breakers().len()
    }

    fn check_breaker(&self, origin: &Origin) -> Result<(), BreakerOpen> {
        match self.breakers().get(origin) {
            Some(breaker) => breaker.check(self.now()),
            None => Ok(()),
        }
    }

    fn admit<'a>(&'a self, origin: &'a Origin) -> Result<Admitted<'a>, BreakerOpen> {
        let now = self.now();
        let mut breakers = self.breakers();
        if !breakers.contains_key(origin) {
            make_room(&mut breakers);
            breakers.insert(origin.clone(), Breaker::new(self.policy));
        }
        let permit = match breakers.get_mut(origin) {
            Some(breaker) => Some(breaker.admit(now)?),
            None => None,
        };
        Ok(Admitted {
            caller: self,
            origin,
            permit,
        })
    }

    fn end(&self, origin: &Origin, permit: Option<BreakerPermit>, how: Ended) {
        let now = self.now();
        let mut breakers = self.breakers();
        let Some((breaker, permit)) = breakers.get_mut(origin).zip(permit) else {
            return;
        };
        match how {
            Ended::Succeeded => breaker.succeeded(permit),
            Ended::Failed => breaker.failed(permit, now),
            Ended::Abandoned => breaker.abandoned(permit),
        }
        // As good as a new one.
        if breaker.state() == BreakerState::Closed && breaker.failures() == 0 {
            breakers.remove(origin);
        }
    }
}

/// The breaker whose failure is the oldest goes; not one that is being probed.
fn make_room(breakers: &mut BTreeMap<Origin, Breaker>) {
    if breakers.len() < MAX_BREAKERS {
        return;
    }
    let idle = breakers
        .iter()
        .filter(|(_, breaker)| breaker.state() != BreakerState::HalfOpen);
    let oldest = idle.min_by_key(|(_, breaker)| breaker.last_failure());
    if let Some(origin) = oldest.map(|(origin, _)| origin.clone()) {
        breakers.remove(&origin);
    }
}

#[derive(Debug, Clone, Copy)]
enum Ended {
    Succeeded,
    Failed,
    Abandoned,
}

/// A call that a breaker let through; dropped, it is abandoned.
struct Admitted<'a> {
    caller: &'a Caller,
    origin: &'a Origin,
    permit: Option<BreakerPermit>,
}

impl Admitted<'_> {
    fn succeeded(mut self) {
        self.caller
            .end(self.origin, self.permit.take(), Ended::Succeeded);
    }

    fn failed(mut self) {
        self.caller
            .end(self.origin, self.permit.take(), Ended::Failed);
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.caller.end(self.origin, Some(permit), Ended::Abandoned);
        }
    }
}

/// Why one exchange gave nothing.
#[derive(Debug)]
enum Failure {
    Open(BreakerOpen),
    Timeout,
    Transport(TransportError),
}

impl From<BreakerOpen> for Failure {
    fn from(open: BreakerOpen) -> Self {
        Self::Open(open)
    }
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        Self::Transport(error)
    }
}

impl Failure {
    fn of(self, origin: &Origin, timeout: Duration, max_body_bytes: usize) -> OutboundError {
        let origin = origin.to_string();
        match self {
            Self::Open(open) => OutboundError::CircuitOpen {
                origin,
                retry_after_ms: whole_ms(open.retry_after),
            },
            Self::Timeout => OutboundError::Timeout {
                origin,
                limit_ms: whole_ms(timeout),
            },
            Self::Transport(TransportError::Address) => OutboundError::Address { origin },
            Self::Transport(TransportError::TooLarge) => OutboundError::TooLarge {
                origin,
                limit: max_body_bytes,
            },
            Self::Transport(TransportError::Failed(problem)) => {
                OutboundError::Unreachable { origin, problem }
            }
        }
    }
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Whether the service says that it can't answer anyone now. What it says of one request is an answer.
fn is_failure(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

fn request(target: &Target, body: Option<&Bytes>) -> Request<Bytes> {
    let mut request = Request::new(body.cloned().unwrap_or_default());
    *request.uri_mut() = target.uri().clone();
    let headers = request.headers_mut();
    let accept = "application/json, application/*;q=0.9";
    headers.insert(ACCEPT, http::HeaderValue::from_static(accept));
    let agent = concat!("assize/", env!("CARGO_PKG_VERSION"));
    headers.insert(USER_AGENT, http::HeaderValue::from_static(agent));
    if body.is_some() {
        let json = http::HeaderValue::from_static("application/json");
        headers.insert(CONTENT_TYPE, json);
        *request.method_mut() = Method::POST;
    }
    request
}

/// Where an answer leads; none if it is one. What is posted is posted again, or not at all: a redirect that would
/// make a GET of it is not followed.
fn redirect(
    response: &Response<Bytes>,
    target: &Target,
    is_post: bool,
) -> Result<Option<Target>, OutboundError> {
    let status = response.status();
    if status.is_success() {
        return Ok(None);
    }
    let is_redirect = match status.as_u16() {
        307 | 308 => true,
        301..=303 => !is_post,
        _ => false,
    };
    let origin = target.origin().to_string();
    if !is_redirect {
        let status = status.as_u16();
        return Err(OutboundError::Status { origin, status });
    }
    let location = response.headers().get(LOCATION);
    let location = location.and_then(|location| location.to_str().ok());
    match location {
        Some(location) => Ok(Some(target.join(location)?)),
        None => Err(OutboundError::RedirectWithoutPlace { origin }),
    }
}
