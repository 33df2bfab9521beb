//! The HTTP API of Assize as a Cloudflare Worker.
//!
//! What needs no memory is answered where the request arrives. Each session lives in a Durable Object
//! of its own, the knowledge bases of each tenant in another: the object runs the same routes over its own storage,
//! one request at a time, and the platform holds an answer back until what was written is safe. The playground is served by the platform,
//! from the folder that `wrangler.toml` names.
//!
//! What this crate does not do: decide anything, or have routes of its own.

mod place;
mod platform;
mod session;
mod store;

use assize_edge::{Settings, failure, read_all, start_log};
use assize_service::{
    AccessSettings, MemoryStore, NativeEngines, PeerAddress, Problem, REQUEST_ID, Service,
    request_id, router,
};
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, HeaderValue, Request, Response};
use place::Place;
use platform::EdgePlatform;
use std::sync::{Arc, OnceLock};
use tower::ServiceExt;
use wasm_bindgen::JsValue;
use worker::{Context, Env, HttpRequest, console_log, event};

const CONNECTING_ADDRESS: &str = "cf-connecting-ip";

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
    static STATELESS: OnceLock<Result<Stateless, String>> = OnceLock::new();
    let stateless = match STATELESS.get_or_init(|| stateless(&env)) {
        Ok(stateless) => stateless,
        Err(error) => return Ok(failure(Problem::misconfigured(error.clone()), &id)),
    };
    let (request, place) = place::find(request, &stateless.settings).await?;
    // Who may not go there wakes no object; requests are counted here, for an object sees only its own.
    let admitted = match place {
        Place::Here => return Ok(answer(&stateless.router, request).await),
        Place::Session(session) => stateless
            .service
            .admit_to_sessions(request.method(), request.headers(), peer(request.headers()))
            .await
            .map(|()| (place::SESSIONS, session)),
        Place::Knowledge { asks } => stateless
            .service
            .admit_to_knowledge(
                asks,
                request.method(),
                request.headers(),
                peer(request.headers()),
            )
            .await
            .map(|tenant| (place::KNOWLEDGE, tenant.as_ref().to_owned())),
    };
    let object = match admitted {
        Ok(object) => object,
        Err(mut refusal) => {
            if let Ok(id) = HeaderValue::from_str(&id) {
                refusal.headers_mut().insert(REQUEST_ID, id);
            }
            return Ok(refusal);
        }
    };
    Ok(match forward(request, &env, &object).await {
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

/// Asks the object of a name among those of a binding.
async fn forward(
    request: HttpRequest,
    env: &Env,
    (binding, name): &(&str, String),
) -> worker::Result<Response<Body>> {
    let object = env.durable_object(binding)?.get_by_name(name)?;
    let answer = object.fetch_with_request(request.try_into()?).await?;
    let answer: worker::HttpResponse = answer.try_into()?;
    Ok(answer.map(Body::new))
}

/// What answers where nothing is kept.
struct Stateless {
    router: Router,
    settings: Settings,
    service: Arc<Service>,
}

fn stateless(env: &Env) -> Result<Stateless, String> {
    let (settings, access) = start(env)?;
    let service = Arc::new(Service::new(
        Arc::new(NativeEngines),
        Arc::new(MemoryStore::new(0, 0)),
        Arc::new(EdgePlatform::default()),
        settings.service(),
    ));
    service.set_access(access);
    Ok(Stateless {
        router: router(Arc::clone(&service), []),
        settings,
        service,
    })
}

/// Takes the settings from the Worker's variables and secrets, and starts the log of this isolate.
fn start(env: &Env) -> Result<(Settings, AccessSettings), String> {
    let settings = read_all(|name| variable(env, name));
    let level = settings
        .as_ref()
        .map_or(Settings::default().log, |(settings, _)| settings.log);
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

/// The platform says who connects, whatever a client writes there.
fn peer(headers: &HeaderMap) -> Option<PeerAddress> {
    let address = headers.get(CONNECTING_ADDRESS)?.to_str().ok()?;
    Some(PeerAddress(address.parse().ok()?))
}

async fn answer(router: &Router, request: HttpRequest) -> Response<Body> {
    let mut request: Request<Body> = request.map(Body::new);
    if let Some(peer) = peer(request.headers()) {
        request.extensions_mut().insert(peer);
    }
    let Ok(answer) = router.clone().oneshot(request).await;
    answer
}
