//! The HTTP API of Assize as a Cloudflare Worker.
//!
//! What needs no memory is answered where the request arrives. Each session lives in a Durable Object
//! of its own: the object runs the same routes over its own storage, one request at a time, and the
//! platform holds an answer back until what was written is safe.
//!
//! What this crate does not do: decide anything, or have routes of its own.

mod platform;
mod session;
mod store;

use assize_service::{MemoryStore, NativeEngines, Service, ServiceLimits, router};
use axum::Router;
use axum::body::Body;
use http::{HeaderValue, Request, Response};
use platform::EdgePlatform;
use std::sync::Arc;
use tower::ServiceExt;
use worker::{Context, Env, HttpRequest, event};

const SESSIONS: &str = "/v1/governor/sessions";
/// The binding of the Durable Objects in `wrangler.toml`.
const NAMESPACE: &str = "SESSIONS";
/// Names the session that an object is to open, so that its name and the session's are one.
const SESSION_ID: &str = "x-assize-session";
/// Longer names are nobody's: they are answered here.
const LONGEST_ID: usize = 64;

/// Answers a request.
///
/// # Errors
///
/// A Durable Object that can't be reached.
#[event(fetch)]
pub async fn fetch(
    request: HttpRequest,
    env: Env,
    _context: Context,
) -> worker::Result<Response<Body>> {
    match session_of(&request) {
        Some(session) => forward(request, &env, &session).await,
        None => Ok(answer(stateless(&env), request).await),
    }
}

/// The session that a request is about; a fresh one where it opens one.
fn session_of(request: &HttpRequest) -> Option<String> {
    let below = request.uri().path().strip_prefix(SESSIONS)?;
    if below.is_empty() {
        let opens = request.method() == http::Method::POST;
        return opens.then(platform::identifier);
    }
    let id = below.strip_prefix('/')?.split('/').next()?;
    (!id.is_empty() && id.len() <= LONGEST_ID).then(|| id.to_owned())
}

async fn forward(
    mut request: HttpRequest,
    env: &Env,
    session: &str,
) -> worker::Result<Response<Body>> {
    if let Ok(id) = HeaderValue::from_str(session) {
        request.headers_mut().insert(SESSION_ID, id);
    }
    let object = env.durable_object(NAMESPACE)?.get_by_name(session)?;
    let answer = object.fetch_with_request(request.try_into()?).await?;
    let answer: worker::HttpResponse = answer.try_into()?;
    Ok(answer.map(Body::new))
}

/// The routes where there are no sessions.
fn stateless(env: &Env) -> Router {
    let service = Service::new(
        Arc::new(NativeEngines),
        Arc::new(MemoryStore::new(0, 0)),
        Arc::new(EdgePlatform::new()),
        limits(env),
    );
    router(Arc::new(service), [])
}

/// `MAX_BODY_BYTES` of the Worker's variables, or what is usual.
fn limits(env: &Env) -> ServiceLimits {
    let usual = ServiceLimits::default();
    let given = env.var("MAX_BODY_BYTES").ok();
    let given = given.and_then(|value| value.to_string().parse().ok());
    ServiceLimits {
        body_bytes: given.unwrap_or(usual.body_bytes),
    }
}

async fn answer(router: Router, request: HttpRequest) -> Response<Body> {
    let request: Request<Body> = request.map(Body::new);
    let Ok(answer) = router.oneshot(request).await;
    answer
}
