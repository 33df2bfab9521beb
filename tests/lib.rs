//! What the tests share: both ways of running the core, a service over them, a caller.

pub mod server;
pub mod texts;

use assize::{Component, ComponentEngines, EngineOptions};
use assize_service::{
    Engines, MemoryStore, NativeEngines, Platform, Service, ServiceLimits, ServiceSettings, router,
};
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tower::ServiceExt;

/// The component, compiled once for all tests of a process.
pub fn component() -> Arc<ComponentEngines> {
    static ENGINES: OnceLock<Arc<ComponentEngines>> = OnceLock::new();
    let start = || -> anyhow::Result<_> {
        let options = EngineOptions {
            call_time: Duration::from_secs(60),
            ..EngineOptions::default()
        };
        Ok(Arc::new(ComponentEngines::new(
            &Component::embedded()?,
            &options,
        )?))
    };
    Arc::clone(ENGINES.get_or_init(|| match start() {
        Ok(engines) => engines,
        Err(error) => panic!("the component can't start: {error:#}"),
    }))
}

/// Both ways of running the core.
pub fn engines() -> [Arc<dyn Engines>; 2] {
    [Arc::new(NativeEngines), component()]
}

/// Time that stands still and identifiers that count: equal requests get equal bytes.
#[derive(Debug, Default)]
pub struct TestPlatform(AtomicU64);

impl Platform for TestPlatform {
    fn unix_ms(&self) -> u64 {
        1_700_000_000_000
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn identifier(&self) -> String {
        format!("id-{}", self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn memory_bytes(&self) -> Option<u64> {
        Some(1)
    }
}

/// A service of its own, with small bounds.
pub fn service(engines: Arc<dyn Engines>) -> Router {
    service_with(engines, 64 * 1024)
}

/// A service of its own that takes larger bodies.
pub fn service_with(engines: Arc<dyn Engines>, body_bytes: usize) -> Router {
    let settings = ServiceSettings {
        limits: ServiceLimits {
            body_bytes,
            ..ServiceLimits::default()
        },
        ..ServiceSettings::default()
    };
    let service = Service::new(
        engines,
        Arc::new(MemoryStore::new(8, 1024 * 1024)),
        Arc::new(TestPlatform::default()),
        settings,
    );
    router(Arc::new(service), [])
}

/// What a service answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null where it is not.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// A header as text; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }

    /// The pointers of a problem's errors.
    pub fn pointers(&self) -> Vec<String> {
        let json = self.json();
        let errors = json.get("errors").and_then(Value::as_array).cloned();
        let pointer = |error: &Value| error.get("pointer")?.as_str().map(str::to_owned);
        errors
            .unwrap_or_default()
            .iter()
            .filter_map(pointer)
            .collect()
    }
}

/// Sends a request to a service, without a network.
pub async fn send(service: &Router, request: Request<Body>) -> Answer {
    let Ok(response) = service.clone().oneshot(request).await;
    let (parts, body) = response.into_parts();
    let bytes = match body.collect().await {
        Ok(body) => body.to_bytes().to_vec(),
        Err(error) => panic!("the answer breaks off: {error}"),
    };
    Answer {
        status: parts.status,
        headers: parts.headers,
        bytes,
    }
}

/// Sends JSON, or nothing where the body is empty.
pub async fn call(service: &Router, method: Method, path: &str, body: &str) -> Answer {
    let mut request = Request::new(Body::from(body.to_owned()));
    *request.method_mut() = method;
    match path.parse() {
        Ok(uri) => *request.uri_mut() = uri,
        Err(error) => panic!("{path}: {error}"),
    }
    if !body.is_empty() {
        let json = http::HeaderValue::from_static("application/json");
        request
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, json);
    }
    send(service, request).await
}

/// `POST` with JSON.
pub async fn post(service: &Router, path: &str, body: &str) -> Answer {
    call(service, Method::POST, path, body).await
}

/// `GET`.
pub async fn get(service: &Router, path: &str) -> Answer {
    call(service, Method::GET, path, "").await
}
