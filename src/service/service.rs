//! The service: what a host supplies, and the routes over it.

use crate::access::{Access, AccessSettings, KeySource};
use crate::decide::Bounds;
use crate::embeddings::Embeddings;
use crate::engines::Engines;
use crate::externals::Externals;
use crate::gates::Gates;
use crate::http::observe;
use crate::journal::{Journal, JournalSettings};
use crate::knowledge::Kept;
use crate::metrics::Metrics;
use crate::models::Models;
use crate::pages::Page;
use crate::platform::Platform;
use crate::problem::Problem;
use crate::quotas::Quotas;
use crate::routes;
use assize_core::Verdict;
use assize_core::controller::ControllerConfig;
use assize_core::embedding::CacheConfig;
use assize_core::governor::CycleConfig;
use assize_core::rules::Limits as RuleLimits;
use assize_journal::Store;
use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// Bounds on what callers may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceLimits {
    /// The largest body in bytes.
    pub body_bytes: usize,
    /// The most that one question to the rule engine may take; callers can only lower it.
    pub rules: RuleLimits,
    /// The longest that one question to the rule engine may compute; waiting for others is not counted.
    pub rules_time: Duration,
    /// Knowledge bases that stay loaded for later questions; in a sandbox, each takes an instance.
    pub kept_rules: usize,
    /// Sessions of the gate whose memory stays loaded; in a sandbox, each takes an instance.
    pub kept_gates: usize,
}

impl Default for ServiceLimits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            rules: RuleLimits {
                // What else a question takes must fit beside it into small sandboxes.
                max_bytes: 32 * 1024 * 1024,
                ..RuleLimits::default()
            },
            rules_time: Duration::from_secs(5),
            kept_rules: 8,
            kept_gates: 8,
        }
    }
}

/// How a service behaves.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServiceSettings {
    /// Bounds on what callers may ask for.
    pub limits: ServiceLimits,
    /// What goes into the journal.
    pub journal: JournalSettings,
    /// What a cycle's request means that says nothing.
    pub governor: CycleConfig,
    /// How a session of the gate begins.
    pub gate: ControllerConfig,
    /// Whether rules may ask others also where a caller says what is asked; else for decisions only.
    pub queries_call_out: bool,
}

/// Everything that answers requests.
pub struct Service {
    pub(crate) engines: Arc<dyn Engines>,
    pub(crate) journal: Journal,
    pub(crate) platform: Arc<dyn Platform>,
    body_bytes: AtomicUsize,
    pub(crate) rule_bounds: Bounds,
    pub(crate) externals: Option<Arc<dyn Externals>>,
    pub(crate) kept: Kept,
    pub(crate) gates: Gates,
    pub(crate) gate_config: ControllerConfig,
    pub(crate) models: Option<Arc<dyn Models>>,
    pub(crate) embeddings: Embeddings,
    pub(crate) queries_call_out: bool,
    pub(crate) metrics: Metrics,
    pub(crate) access: Access,
    pub(crate) quotas: Quotas,
    stopping: AtomicBool,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Service")
            .field("engines", &self.engines.describe())
            .finish_non_exhaustive()
    }
}

impl Service {
    /// A service over what a host supplies.
    #[must_use]
    pub fn new(
        engines: Arc<dyn Engines>,
        store: Arc<dyn Store>,
        platform: Arc<dyn Platform>,
        settings: ServiceSettings,
    ) -> Self {
        let metrics = Metrics::new(&engines.describe());
        let journal = Journal::new(
            Arc::clone(&engines),
            store,
            Arc::clone(&platform),
            settings.journal,
            settings.governor,
        );
        Self {
            engines,
            journal,
            platform,
            body_bytes: AtomicUsize::new(settings.limits.body_bytes),
            rule_bounds: Bounds {
                limits: settings.limits.rules,
                time: settings.limits.rules_time,
            },
            externals: None,
            kept: Kept::new(settings.limits.kept_rules),
            gates: Gates::new(settings.limits.kept_gates),
            gate_config: settings.gate,
            models: None,
            embeddings: Embeddings::new(CacheConfig::default()),
            queries_call_out: settings.queries_call_out,
            metrics,
            access: Access::default(),
            quotas: Quotas::default(),
            stopping: AtomicBool::new(false),
        }
    }

    /// Looks up API keys in `keys`, which the host keeps.
    #[must_use]
    pub fn with_keys(mut self, keys: Arc<dyn KeySource>) -> Self {
        self.access.keys = Some(keys);
        self
    }

    /// Answers the calls that rules make; else nobody does.
    #[must_use]
    pub fn with_externals(mut self, externals: Arc<dyn Externals>) -> Self {
        self.externals = Some(externals);
        self
    }

    /// Asks this language model and this embedder; else there is neither.
    #[must_use]
    pub fn with_models(mut self, models: Arc<dyn Models>) -> Self {
        self.embeddings = Embeddings::new(models.embedding_cache());
        self.models = Some(models);
        self
    }

    /// From now on bodies may have so many bytes.
    pub fn set_body_bytes(&self, bytes: usize) {
        self.body_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn body_bytes(&self) -> usize {
        self.body_bytes.load(Ordering::Relaxed)
    }

    /// From now on callers are admitted by these settings.
    pub fn set_access(&self, settings: AccessSettings) {
        self.access.set(settings);
    }

    /// Whether a token named a key that its key set does not have, since this was last asked.
    pub fn take_wants_newer_keys(&self) -> bool {
        self.access.take_wants_newer_keys()
    }

    /// From now on `/ready` says no, so that no new traffic is sent here.
    pub fn begin_stopping(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Counts decisions of the governor that one call made, which began at `started`.
    pub(crate) fn decided(&self, decided: &[(Verdict, f64)], started: Duration) {
        if decided.is_empty() {
            return;
        }
        for (verdict, risk) in decided {
            self.metrics.governor_decided(*verdict, *risk);
        }
        let took = self.platform.monotonic().saturating_sub(started);
        self.metrics.governor_took(took);
    }

    /// Milliseconds since 1970-01-01 UTC, as the rule engine counts them.
    pub(crate) fn now_ms(&self) -> i64 {
        i64::try_from(self.platform.unix_ms()).unwrap_or(i64::MAX)
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

/// The routes, ready to be served by any host that speaks `http` types. `pages` are what the host
/// shows people beside the API.
pub fn router(service: Arc<Service>, pages: impl IntoIterator<Item = Page>) -> Router {
    router_within(service, pages, |routes| routes)
}

/// As [`router`], with what a host puts around the routes: it is observed like everything else.
pub fn router_within(
    service: Arc<Service>,
    pages: impl IntoIterator<Item = Page>,
    around: impl FnOnce(Router<Arc<Service>>) -> Router<Arc<Service>>,
) -> Router {
    let (routes, description) = routes::all(&service).split_for_parts();
    let mut routes = routes.merge(routes::description::routes(description));
    for page in pages {
        routes = routes.route(page.path, page.handler());
    }
    let routes = routes
        .method_not_allowed_fallback(async |request: Request| {
            Problem::wrong_method(request.method())
        })
        .fallback(async |request: Request| Problem::no_route(request.uri().path()));
    around(routes)
        .layer(from_fn_with_state(Arc::clone(&service), observe))
        .with_state(service)
}
