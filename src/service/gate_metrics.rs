//! What is counted and measured of gates and their memories.

use crate::decide::gated::GateOperation;
use assize_core::controller::ControllerState;
use assize_core::gate::{Counters, Phase};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// Upper bounds of buckets in seconds for what models take.
const MODEL_BUCKETS: [f64; 12] = [
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0,
];
/// The same for searches of a memory, which take tens of microseconds to milliseconds.
const SEARCH_BUCKETS: [f64; 12] = [
    0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1.0,
];
/// Routes whose requests are counted here, but for those below `/v1/memory`.
const ROUTES: [&str; 6] = [
    "/v1/generate",
    "/v1/admit",
    "/v1/record",
    "/v1/state",
    "/v1/state/reset",
    "/v1/health/gate",
];

/// What a session was like, as far as it is compared with what it is like later.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    counters: Counters,
    phase: Phase,
    unconsolidated: u64,
}

impl From<&ControllerState> for Seen {
    fn from(state: &ControllerState) -> Self {
        Self {
            counters: state.gate.counters,
            phase: state.gate.phase,
            unconsolidated: state.gate.unconsolidated,
        }
    }
}

/// What came of one event, once it is in the journal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    steps: u64,
    accepted: u64,
    rejected: u64,
    consolidations: u64,
    entries: u32,
    bytes: u64,
    threshold: f64,
    phase: Phase,
}

impl Change {
    pub(crate) fn between(before: &Seen, state: &ControllerState, what: GateOperation) -> Self {
        let after = Seen::from(state);
        let (old, new) = (&before.counters, &after.counters);
        // What a reset took back was counted before.
        let more = |old: u64, new: u64| match what {
            GateOperation::Reset => 0,
            _ => new.saturating_sub(old),
        };
        let accepted = more(old.accepted, new.accepted);
        let fell_asleep = before.phase == Phase::Wake && after.phase == Phase::Sleep;
        let had_any = before.unconsolidated > 0 || accepted > 0;
        let consolidated = fell_asleep && had_any && after.unconsolidated == 0;
        Self {
            steps: more(old.step, new.step),
            accepted,
            rejected: more(old.rejected, new.rejected),
            consolidations: u64::from(consolidated),
            entries: state.memory.entries,
            bytes: state.memory.bytes,
            threshold: state.gate.threshold,
            phase: after.phase,
        }
    }
}

/// All metrics of gates. Gauges are of the session that changed last.
#[derive(Debug)]
pub(crate) struct GateMetrics {
    steps: Counter,
    accepted: Counter,
    rejected: Counter,
    consolidations: Counter,
    requests: Counter,
    latency: Histogram,
    generation: Histogram,
    retrieval: Histogram,
    used: Gauge,
    bytes: Gauge,
    threshold: Gauge<f64, AtomicU64>,
    phase: Gauge,
}

impl GateMetrics {
    pub(crate) fn new(latency_buckets: [f64; 15]) -> Self {
        Self {
            steps: Counter::default(),
            accepted: Counter::default(),
            rejected: Counter::default(),
            consolidations: Counter::default(),
            requests: Counter::default(),
            latency: Histogram::new(latency_buckets),
            generation: Histogram::new(MODEL_BUCKETS),
            retrieval: Histogram::new(SEARCH_BUCKETS),
            used: Gauge::default(),
            bytes: Gauge::default(),
            threshold: Gauge::default(),
            phase: Gauge::default(),
        }
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        for (name, help, counter) in [
            ("steps", "Requests that reached a gate", &self.steps),
            ("accepted", "Requests that were answered", &self.accepted),
            (
                "rejected",
                "Requests whose score was below the threshold",
                &self.rejected,
            ),
            (
                "consolidations",
                "Times that a memory was consolidated",
                &self.consolidations,
            ),
            (
                "requests",
                "Requests to the routes of gates and memories, whatever came of them",
                &self.requests,
            ),
        ] {
            registry.register(format!("mlsdm_{name}"), help, counter.clone());
        }
        for (name, help, histogram) in [
            (
                "latency",
                "Time from the head of such a request to the head of its answer",
                &self.latency,
            ),
            (
                "generation_duration",
                "Time that the language model took, with its retries and the wait for its turn",
                &self.generation,
            ),
            (
                "retrieval_duration",
                "Time that a step took that searched a memory",
                &self.retrieval,
            ),
        ] {
            let name = format!("mlsdm_{name}_seconds");
            registry.register(name, help, histogram.clone());
        }
        for (name, help, gauge) in [
            (
                "memory_used",
                "Entries in the memory of the session that changed last",
                &self.used,
            ),
            (
                "memory_bytes",
                "Bytes of the memory of the session that changed last",
                &self.bytes,
            ),
            (
                "phase",
                "Phase of the session that changed last: 0 wake, 1 sleep",
                &self.phase,
            ),
        ] {
            registry.register(format!("mlsdm_{name}"), help, gauge.clone());
        }
        registry.register(
            "mlsdm_moral_threshold",
            "Threshold of the session that changed last, 0 to 1",
            self.threshold.clone(),
        );
    }

    pub(crate) fn request_ended(&self, route: &str, took: Duration) {
        if ROUTES.contains(&route) || route.starts_with("/v1/memory") {
            self.requests.inc();
            self.latency.observe(took.as_secs_f64());
        }
    }

    pub(crate) fn changed(&self, change: &Change) {
        self.steps.inc_by(change.steps);
        self.accepted.inc_by(change.accepted);
        self.rejected.inc_by(change.rejected);
        self.consolidations.inc_by(change.consolidations);
        self.used.set(change.entries.into());
        let bytes = i64::try_from(change.bytes).unwrap_or(i64::MAX);
        self.bytes.set(bytes);
        self.threshold.set(change.threshold);
        self.phase.set(match change.phase {
            Phase::Wake => 0,
            Phase::Sleep => 1,
        });
    }

    pub(crate) fn generated(&self, took: Duration) {
        self.generation.observe(took.as_secs_f64());
    }

    pub(crate) fn retrieved(&self, took: Duration) {
        self.retrieval.observe(took.as_secs_f64());
    }
}
