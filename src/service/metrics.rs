//! What is counted and measured, in the text format that Prometheus scrapes.

use assize_core::Verdict;
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::engines::EngineDescription;
use crate::gate_metrics::GateMetrics;

/// Upper bounds of latency buckets in seconds: a decision takes microseconds, a bad one milliseconds.
const LATENCY_BUCKETS: [f64; 15] = [
    0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.05,
    0.1, 0.15, 0.2, 1.0,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    engine: &'static str,
    verdict: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LookupLabels {
    result: &'static str,
}

/// All metrics of one service.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histogram,
    in_flight: Gauge,
    decisions: Family<DecisionLabels, Counter>,
    rules_seconds: Histogram,
    sessions: Gauge,
    embedding_lookups: Family<LookupLabels, Counter>,
    theos_decisions: Counter,
    theos_latency: Histogram,
    theos_memory: Gauge,
    theos_risk: Gauge<f64, AtomicU64>,
    pub(crate) gate: GateMetrics,
}

impl Metrics {
    pub(crate) fn new(engine: &EngineDescription) -> Self {
        let mut metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            request_seconds: Histogram::new(LATENCY_BUCKETS),
            in_flight: Gauge::default(),
            decisions: Family::default(),
            rules_seconds: Histogram::new(LATENCY_BUCKETS),
            sessions: Gauge::default(),
            embedding_lookups: Family::default(),
            theos_decisions: Counter::default(),
            theos_latency: Histogram::new(LATENCY_BUCKETS),
            theos_memory: Gauge::default(),
            theos_risk: Gauge::default(),
            gate: GateMetrics::new(LATENCY_BUCKETS),
        };
        metrics.register(engine);
        metrics
    }

    fn register(&mut self, engine: &EngineDescription) {
        let registry = &mut self.registry;
        self.gate.register(registry);
        registry.register(
            "assize_build",
            "What answers",
            Info::new(vec![
                ("engine", engine.kind.to_owned()),
                ("version", engine.version.clone()),
                ("component", engine.hash.clone()),
            ]),
        );
        registry.register(
            "assize_http_requests",
            "Requests answered, by route and status",
            self.requests.clone(),
        );
        registry.register(
            "assize_http_request_duration_seconds",
            "Time from a request's head to its answer",
            self.request_seconds.clone(),
        );
        registry.register(
            "assize_http_requests_in_flight",
            "Requests that are being answered",
            self.in_flight.clone(),
        );
        registry.register(
            "assize_decisions",
            "Decisions, by engine and verdict",
            self.decisions.clone(),
        );
        registry.register(
            "assize_rules_duration_seconds",
            "Time that a question to rules took, with the calls that they made and the journal",
            self.rules_seconds.clone(),
        );
        registry.register("assize_sessions", "Sessions kept", self.sessions.clone());
        registry.register(
            "assize_embedding_cache_lookups",
            "Embeddings that were looked for before an embedder was asked, by what came of it",
            self.embedding_lookups.clone(),
        );
        registry.register(
            "theos_decisions",
            "Decisions of the governor",
            self.theos_decisions.clone(),
        );
        registry.register(
            "theos_latency_seconds",
            "Time that a call for decisions of the governor took; a batch is one call",
            self.theos_latency.clone(),
        );
        registry.register(
            "theos_memory_bytes",
            "Resident memory of the process; 0 where it can't be known",
            self.theos_memory.clone(),
        );
        registry.register(
            "theos_risk_score",
            "Risk of the last decision of the governor, 0 to 1",
            self.theos_risk.clone(),
        );
    }

    pub(crate) fn request_began(&self) {
        self.in_flight.inc();
    }

    pub(crate) fn request_dropped(&self) {
        self.in_flight.dec();
    }

    pub(crate) fn request_ended(
        &self,
        method: &http::Method,
        route: &str,
        status: u16,
        took: Duration,
    ) {
        let labels = RequestLabels {
            method: known_method(method),
            route: route.to_owned(),
            status,
        };
        self.requests.get_or_create(&labels).inc();
        self.request_seconds.observe(took.as_secs_f64());
        self.gate.request_ended(route, took);
    }

    /// Verdicts of one question to rules, and how long it took.
    pub(crate) fn rules_decided(&self, decided: &[(Verdict, f64)], took: Duration) {
        for (verdict, _) in decided {
            let labels = DecisionLabels {
                engine: "rules",
                verdict: verdict.as_str(),
            };
            self.decisions.get_or_create(&labels).inc();
        }
        self.rules_seconds.observe(took.as_secs_f64());
    }

    /// One verdict of the gate.
    pub(crate) fn gate_decided(&self, verdict: Verdict) {
        let labels = DecisionLabels {
            engine: "gate",
            verdict: verdict.as_str(),
        };
        self.decisions.get_or_create(&labels).inc();
    }

    pub(crate) fn governor_decided(&self, verdict: Verdict, risk: f64) {
        let labels = DecisionLabels {
            engine: "governor",
            verdict: verdict.as_str(),
        };
        self.decisions.get_or_create(&labels).inc();
        self.theos_decisions.inc();
        self.theos_risk.set(risk);
    }

    pub(crate) fn embeddings_looked_up(&self, hits: usize, misses: usize) {
        for (result, count) in [("hit", hits), ("miss", misses)] {
            let labels = LookupLabels { result };
            let counter = self.embedding_lookups.get_or_create(&labels);
            counter.inc_by(count as u64);
        }
    }

    pub(crate) fn governor_took(&self, took: Duration) {
        self.theos_latency.observe(took.as_secs_f64());
    }

    pub(crate) fn encode(&self, sessions: Option<u64>, memory: Option<u64>) -> String {
        self.sessions.set(signed(sessions));
        self.theos_memory.set(signed(memory));
        let mut text = String::with_capacity(8 * 1024);
        // Writing to a `String` does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn signed(value: Option<u64>) -> i64 {
    value.map_or(0, |value| i64::try_from(value).unwrap_or(i64::MAX))
}

/// Callers choose methods freely; a label per choice would grow without bound.
fn known_method(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
