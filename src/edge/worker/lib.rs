//! The HTTP API of Assize as a Cloudflare Worker.
//!
//! What needs no memory is answered where the request arrives. Each session lives in a Durable Object
//! of its own: the object runs the same routes over its own storage, one request at a time, and the
//! platform holds an answer back until what was written is safe. The playground is served by the platform,
//! from the folder that `wrangler.toml` names.
//!
//! What this crate does not do: decide anything, or have routes of its own.

mod platform;
mod session;
mod store;

use assize_edge::{Settings, start_log};
use assize_service::{MemoryStore, NativeEngines, Problem, Service, router};
use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use http::{HeaderName, HeaderValue, Request, Response};
use platform::EdgePlatform;
use std::sync::{Arc, OnceLock};
use tower::ServiceExt;
use worker::{Context, Env, HttpRequest, console_log, event};

const SESSIONS: &str = "/v1/governor/sessions";
/// The binding of the Durable Objects in `wrangler.toml`.
const NAMESPACE: &str = "SESSIONS";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longer names are nobody's: they are answered here.
const LONGEST_ID: usize = 64;

/// Answers a request.
///
/// # Errors
///
/// An answer that can't be handed to the platform.
#[event(fetch)]
pub async fn fetch(
    mut request: HttpRequest,
    env: Env,
    _context: Context,
) -> worker::Result<Response<Body>> {
    let id = name(&mut request);
    // An isolate answers many requests: what they share is made once.
    static STATELESS: OnceLock<Result<Router, String>> = OnceLock::new();
    let stateless = match STATELESS.get_or_init(|| stateless(&env)) {
        Ok(router) => router,
        Err(error) => return Ok(failure(Problem::misconfigured(error.clone()), &id)),
    };
    let Some(session) = session_of(&request) else {
        return Ok(answer(stateless, request).await);
    };
    Ok(match forward(request, &env, &session).await {
        Ok(response) => response,
        Err(error) => failure(Problem::unreachable(error.to_string()), &id),
    })
}

/// The name of a request: its caller's, or a fresh one. An object could give it none: its own is the session's.
fn name(request: &mut HttpRequest) -> HeaderValue {
    let fresh = || HeaderValue::from_str(&platform::identifier());
    let empty = HeaderValue::from_static("");
    let headers = request.headers_mut();
    let id = headers.remove(REQUEST_ID);
    let id = id.unwrap_or_else(|| fresh().unwrap_or(empty));
    headers.insert(REQUEST_ID, id.clone());
    id
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

async fn forward(request: HttpRequest, env: &Env, session: &str) -> worker::Result<Response<Body>> {
    let object = env.durable_object(NAMESPACE)?.get_by_name(session)?;
    let answer = object.fetch_with_request(request.try_into()?).await?;
    let answer: worker::HttpResponse = answer.try_into()?;
    Ok(answer.map(Body::new))
}

/// The routes where there are no sessions.
fn stateless(env: &Env) -> Result<Router, String> {
    let settings = settings(env);
    let level = settings
        .as_ref()
        .map_or(Settings::default().log, |settings| settings.log);
    start_log(level, |line| console_log!("{line}"));
    let service = Service::new(
        Arc::new(NativeEngines),
        Arc::new(MemoryStore::new(0, 0)),
        Arc::new(EdgePlatform::default()),
        settings?.limits,
    );
    Ok(router(Arc::new(service), []))
}

/// From the Worker's variables and secrets.
fn settings(env: &Env) -> Result<Settings, String> {
    let variable = |name: &str| env.var(name).ok().map(|value| value.to_string());
    Settings::read(variable).map_err(|error| error.to_string())
}

/// For what went wrong before a route could answer.
fn failure(problem: Problem, id: &HeaderValue) -> Response<Body> {
    let cause = problem.cause().unwrap_or_default();
    let status = problem.status().as_u16();
    tracing::error!(id = id.to_str().ok(), status, cause, "answered");
    let mut response = problem.into_response();
    response.headers_mut().insert(REQUEST_ID, id.clone());
    response
}

async fn answer(router: &Router, request: HttpRequest) -> Response<Body> {
    let request: Request<Body> = request.map(Body::new);
    let Ok(answer) = router.clone().oneshot(request).await;
    answer
}
