//! What every route shares: reading a body, naming a session, observing a request.

use crate::decide::to_text;
use crate::problem::{Cause, Problem};
use crate::service::Service;
use assize_json::Document;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Path, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;
use std::sync::Arc;
use tracing::Instrument;

/// The header that names a request, in requests and answers.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest identifier that is taken over from a caller.
const LONGEST_REQUEST_ID: usize = 128;

/// How many times the largest body is read of one that is larger.
const DISCARDED_BODIES: usize = 8;

/// The header that names a decision in the journal.
pub const DECISION_ID: HeaderName = HeaderName::from_static("x-decision-id");

/// Who asks, and by which request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) tenant: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) request: Arc<str>,
}

/// The identifier of a request, for those further in.
#[derive(Debug, Clone)]
pub(crate) struct RequestName(pub(crate) Arc<str>);

/// Every route that needs one has one: `admit` sees to it.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| Problem::misconfigured("a route has no caller".to_owned()))
    }
}

/// The body of a request that says it is JSON, whole and within the limit.
#[derive(Debug)]
pub(crate) struct JsonBody(Bytes);

impl JsonBody {
    /// As text: what is not UTF-8 is not JSON either.
    pub(crate) fn text(&self) -> Result<&str, Problem> {
        std::str::from_utf8(&self.0).map_err(|_| match Document::parse(&self.0) {
            Err(error) => error.into(),
            Ok(_) => Problem::broken_body(),
        })
    }
}

impl FromRequest<Arc<Service>> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Problem> {
        let limit = service.body_bytes();
        if !is_json(request.headers()) {
            return Err(Problem::wrong_media_type());
        }
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        let mut body = request.into_body();
        if announced.is_some_and(|length| length > limit as u64) {
            discard(&mut body, limit).await;
            return Err(Problem::too_large(limit));
        }
        match Limited::new(&mut body, limit).collect().await {
            Ok(body) => Ok(Self(body.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => {
                discard(&mut body, limit).await;
                Err(Problem::too_large(limit))
            }
            Err(_) => Err(Problem::broken_body()),
        }
    }
}

/// Reads on without keeping anything, as far as a few bodies would reach: a caller that is still sending when the
/// connection closes may never see the answer.
async fn discard(body: &mut Body, limit: usize) {
    let mut left = limit.saturating_mul(DISCARDED_BODIES);
    while let Some(Ok(frame)) = body.frame().await {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(bytes) {
            Some(rest) => left = rest,
            None => break,
        }
    }
}

/// `application/json` or `…+json`, in UTF-8 where it says in what (RFC 8259 knows nothing else).
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return false;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    let mut parts = value.split(';');
    let essence = parts.next().unwrap_or("").trim().to_ascii_lowercase();
    let is_json = essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    is_json
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => {
                let charset = charset.trim().trim_matches('"');
                charset.eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

/// The session that a route names.
#[derive(Debug)]
pub(crate) struct SessionId(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for SessionId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Self(id)),
            // Not UTF-8: no session is named so.
            Err(_) => Err(Problem::no_route(parts.uri.path())),
        }
    }
}

/// An answer in JSON.
pub(crate) fn json(status: StatusCode, answer: &impl Serialize) -> Response {
    json_text(status, to_text(answer))
}

/// An answer that is JSON already.
pub(crate) fn json_text(status: StatusCode, answer: String) -> Response {
    let mut response = Response::new(Body::from(answer));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

/// Names the decision in its answer.
pub(crate) fn name_decision(response: &mut Response, id: &str) {
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert(DECISION_ID, id);
    }
}

/// Gives a request its identifier, logs it and counts it.
pub(crate) async fn observe(
    State(service): State<Arc<Service>>,
    matched: Option<MatchedPath>,
    mut request: Request,
    next: Next,
) -> Response {
    let platform = service.platform.as_ref();
    let started = platform.monotonic();
    let id = request_id(request.headers()).unwrap_or_else(|| platform.identifier());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let _in_flight = InFlight::begin(&service);
    request
        .extensions_mut()
        .insert(RequestName(id.as_str().into()));
    let span = tracing::debug_span!("request", id, %method, path);
    let mut response = next.run(request).instrument(span).await;
    let took = platform.monotonic().saturating_sub(started);
    let status = response.status().as_u16();
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    service.metrics.request_ended(&method, route, status, took);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let caller = response.extensions_mut().remove::<Caller>();
    let (tenant, actor) = caller.map(|caller| (caller.tenant, caller.name)).unzip();
    let (tenant, actor) = (tenant.as_deref(), actor.as_deref());
    let decision = response
        .headers()
        .get(DECISION_ID)
        .and_then(|id| id.to_str().ok())
        .map(str::to_owned);
    if status >= 500 {
        let cause = response.extensions_mut().remove::<Cause>();
        let cause = cause.map(|Cause(text)| text);
        tracing::error!(id, %method, path, status, micros, tenant, actor, decision, cause, "answered");
    } else {
        tracing::info!(id, %method, path, status, micros, tenant, actor, decision, "answered");
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The identifier that a caller gave a request in `x-request-id`, if it is short and printable.
#[must_use]
pub fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let acceptable = !id.is_empty()
        && id.len() <= LONGEST_REQUEST_ID
        && id.bytes().all(|byte| byte.is_ascii_graphic());
    acceptable.then(|| id.to_owned())
}

/// Counts a request that is being answered, also where the caller goes away in between.
struct InFlight<'a>(&'a Service);

impl<'a> InFlight<'a> {
    fn begin(service: &'a Service) -> Self {
        service.metrics.request_began();
        Self(service)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.metrics.request_dropped();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_in_utf_8_is_json() {
        let is = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
            is_json(&headers)
        };
        assert!(is("application/json"));
        assert!(is("Application/JSON; charset=\"UTF-8\""));
        assert!(is("application/vnd.assize+json; profile=x"));
        for other in [
            "text/plain",
            "application/json; charset=latin1",
            "json",
            "application/jsonx",
            "",
        ] {
            assert!(!is(other), "{other}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
