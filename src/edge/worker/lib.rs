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

use assize_edge::{Settings, failure, start_log};
use assize_service::{
    MemoryStore, NativeEngines, Problem, REQUEST_ID, Service, request_id, router,
};
use axum::Router;
use axum::body::Body;
use http::{HeaderValue, Request, Response};
use platform::EdgePlatform;
use std::sync::{Arc, OnceLock};
use tower::ServiceExt;
use wasm_bindgen::JsValue;
use worker::{Context, Env, HttpRequest, console_log, event};

const SESSIONS: &str = "/v1/governor/sessions";
/// The binding of the Durable Objects in `wrangler.toml`.
const NAMESPACE: &str = "SESSIONS";
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
fn name(request: &mut HttpRequest) -> String {
    let id = request_id(request.headers()).unwrap_or_else(platform::identifier);
    if let Ok(id) = HeaderValue::from_str(&id) {
        request.headers_mut().insert(REQUEST_ID, id);
    }
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
    let settings = start(env)?;
    let service = Service::new(
        Arc::new(NativeEngines),
        Arc::new(MemoryStore::new(0, 0)),
        Arc::new(EdgePlatform::default()),
        settings.limits,
    );
    Ok(router(Arc::new(service), []))
}

/// Takes the settings from the Worker's variables and secrets, and starts the log of this isolate.
fn start(env: &Env) -> Result<Settings, String> {
    let settings = Settings::read(|name| variable(env, name));
    let level = settings
        .as_ref()
        .map_or(Settings::default().log, |settings| settings.log);
    start_log(level, |line| console_log!("{line}"));
    settings.map_err(|error| error.to_string())
}

/// A variable as text, also where the manifest has a number; what is neither is shown for what it is.
fn variable(env: &Env, name: &str) -> Option<String> {
    let value = js_sys::Reflect::get(env, &JsValue::from_str(name)).ok()?;
    if value.is_undefined() {
        return None;
    }
    let number = || value.as_f64().map(|number| number.to_string());
    Some(
        value
            .as_string()
            .or_else(number)
            .unwrap_or_else(|| format!("{value:?}")),
    )
}

async fn answer(router: &Router, request: HttpRequest) -> Response<Body> {
    let request: Request<Body> = request.map(Body::new);
    let Ok(answer) = router.clone().oneshot(request).await;
    answer
}
