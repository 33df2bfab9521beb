//! What the rule engine may take, and what rules may ask of other services.

use crate::text_types::{ProxyRange, Word};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most that one question to the rule engine may take; callers can only ask for less.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RulesSettings {
    /// Calls of predicates and built-ins.
    #[schemars(range(min = 1, max = 1_000_000_000_000u64))]
    pub max_steps: u64,
    /// Height of the proof that is being tried.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub max_depth: u32,
    /// Answers that are given.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub max_answers: u32,
    /// Answers that all tables may hold.
    #[schemars(range(min = 1, max = 100_000_000))]
    pub max_table_answers: u32,
    /// Memory of terms, stacks and tables, in MiB; at most three quarters of `engine.call_memory_mib`, which also holds
    /// the rules.
    #[schemars(range(min = 1, max = 4096))]
    pub max_memory_mib: u32,
    /// Time that is spent on computing, in milliseconds.
    #[schemars(range(min = 1, max = 3_600_000))]
    pub max_time_ms: u64,
}

impl Default for RulesSettings {
    fn default() -> Self {
        Self {
            max_steps: 10_000_000,
            max_depth: 100_000,
            max_answers: 10_000,
            max_table_answers: 1_000_000,
            max_memory_mib: 32,
            max_time_ms: 5000,
        }
    }
}

/// What rules may ask of other services; nothing, where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundSettings {
    /// URLs below which `http_get_json` may read, as in `https://api.example.com/v1/`.
    #[schemars(length(max = 1000))]
    pub allow: Vec<Word>,
    /// Networks (CIDR) that may be reached although they are not public.
    #[schemars(length(max = 1000))]
    pub allow_networks: Vec<ProxyRange>,
    /// URLs that answer external predicates.
    #[schemars(length(max = 1000))]
    pub externals: Vec<ExternalPredicate>,
    /// Whether calls are also made for `POST /query`, where the caller says what is asked; else for decisions only.
    pub queries: bool,
    /// How long one call may take, in milliseconds.
    #[schemars(range(min = 1, max = 600_000))]
    pub call_timeout_ms: u64,
    /// How long all calls of one question may take, in milliseconds.
    #[schemars(range(min = 1, max = 3_600_000))]
    pub total_timeout_ms: u64,
    /// The largest body of a request or an answer, in bytes.
    #[schemars(range(min = 1, max = 67_108_864))]
    pub max_body_bytes: u32,
    /// How many redirects are followed.
    #[schemars(range(max = 10))]
    pub max_redirects: u32,
    /// How long an answer is believed, in seconds; 0: not at all.
    #[schemars(range(max = 86_400))]
    pub cache_seconds: u64,
    /// How many answers are kept.
    #[schemars(range(max = 1_000_000))]
    pub cache_entries: u32,
    /// How much memory kept answers may take, in MiB.
    #[schemars(range(max = 4096))]
    pub cache_mib: u32,
    /// Failures in a row after which a service is left alone.
    #[schemars(range(min = 1, max = 1000))]
    pub breaker_failures: u32,
    /// For how long it is left alone, in seconds.
    #[schemars(range(max = 86_400))]
    pub breaker_open_seconds: u64,
    /// Connections at one time.
    #[schemars(range(min = 1, max = 10_000))]
    pub connections: u32,
    /// Connections to one service at one time.
    #[schemars(range(min = 1, max = 10_000))]
    pub connections_per_host: u32,
}

impl Default for OutboundSettings {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            allow_networks: Vec::new(),
            externals: Vec::new(),
            queries: false,
            call_timeout_ms: 10_000,
            total_timeout_ms: 30_000,
            max_body_bytes: 1024 * 1024,
            max_redirects: 3,
            cache_seconds: 300,
            cache_entries: 10_000,
            cache_mib: 64,
            breaker_failures: 5,
            breaker_open_seconds: 60,
            connections: 100,
            connections_per_host: 30,
        }
    }
}

/// An external predicate, and who answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalPredicate {
    /// Name and number of arguments, as in `customer_tier/2`.
    #[schemars(extend("format" = "word"))]
    pub predicate: String,
    /// Takes `{"name", "arguments"}` by POST and answers `{"solutions": [[…]]}`.
    #[schemars(extend("format" = "word"))]
    pub url: String,
    /// Instead of `call_timeout_ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 600_000))]
    pub timeout_ms: Option<u64>,
    /// Instead of `cache_seconds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 86_400))]
    pub cache_seconds: Option<u64>,
}
