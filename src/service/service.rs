//! The service: what a host supplies, and the routes over it.

use crate::engines::Engines;
use crate::http::observe;
use crate::metrics::Metrics;
use crate::pages::Page;
use crate::platform::Platform;
use crate::problem::Problem;
use crate::routes;
use crate::store::SessionStore;
use assize_core::Verdict;
use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Bounds on what callers may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceLimits {
    /// The largest body in bytes.
    pub body_bytes: usize,
}

impl Default for ServiceLimits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
        }
    }
}

/// Everything that answers requests.
pub struct Service {
    pub(crate) engines: Arc<dyn Engines>,
    pub(crate) store: Arc<dyn SessionStore>,
    pub(crate) platform: Arc<dyn Platform>,
    pub(crate) limits: ServiceLimits,
    pub(crate) metrics: Metrics,
    stopping: AtomicBool,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Service")
            .field("engines", &self.engines.describe())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Service {
    /// A service over what a host supplies.
    #[must_use]
    pub fn new(
        engines: Arc<dyn Engines>,
        store: Arc<dyn SessionStore>,
        platform: Arc<dyn Platform>,
        limits: ServiceLimits,
    ) -> Self {
        let metrics = Metrics::new(&engines.describe());
        Self {
            engines,
            store,
            platform,
            limits,
            metrics,
            stopping: AtomicBool::new(false),
        }
    }

    /// From now on `/ready` says no, so that no new traffic is sent here.
    pub fn begin_stopping(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Counts a decision of the governor that began at `started`.
    pub(crate) fn decided(&self, verdict: Verdict, risk: f64, started: Duration) {
        self.metrics.governor_decided(verdict, risk);
        self.took(started);
    }

    pub(crate) fn took(&self, started: Duration) {
        let took = self.platform.monotonic().saturating_sub(started);
        self.metrics.governor_took(took);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

/// The routes, ready to be served by any host that speaks `http` types. `pages` are what the host
/// shows people beside the API.
pub fn router(service: Arc<Service>, pages: impl IntoIterator<Item = Page>) -> Router {
    let (routes, description) = routes::all(&service.engines.describe().version).split_for_parts();
    let mut routes = routes.merge(routes::description::routes(description));
    for page in pages {
        routes = routes.route(page.path, page.handler());
    }
    routes
        .method_not_allowed_fallback(async |request: Request| {
            Problem::wrong_method(request.method())
        })
        .fallback(async |request: Request| Problem::no_route(request.uri().path()))
        .layer(from_fn_with_state(Arc::clone(&service), observe))
        .with_state(service)
}
