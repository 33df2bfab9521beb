//! Every setting, with its unit, range and default.
//!
//! These types are also the schema: ranges, words and formats stand in their attributes only, and the loader checks
//! what it reads against what they say.

mod auth;
mod controller;
mod gate;
mod governor;
mod memory;
mod model;
mod rules;

pub use auth::{ApiKey, AuthSettings, JwtAlgorithm, JwtKey, JwtSettings, Scope};
pub use gate::{
    ContextSettings, EmbeddingBreakerSettings, EmergencySettings, GateSettings, LexiconSettings,
    MemoryBreakerSettings, QualitySettings, RhythmSettings, ThresholdPolicy, ThresholdSettings,
    WordListSettings,
};
pub use governor::GovernorSettings;
pub use memory::{MemorySettings, SynapticSettings, SynapticTransfer};
pub use model::{
    CallBounds, EmbeddingEncoding, EmbeddingSettings, LanguageModelSettings, ModelProvider,
    TokenParameter,
};
pub use rules::{ExternalPredicate, OutboundSettings, RulesSettings};

use crate::text_types::{ProxyRange, StoreUrl};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Everything that can be set. Loaded settings are in their ranges.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What the server is for; chooses defaults, and the overlay of the file that applies.
    pub profile: Profile,
    /// Connections, requests and their bounds.
    pub server: ServerSettings,
    /// What is logged, and how.
    pub log: LogSettings,
    /// How the core runs.
    pub engine: EngineSettings,
    /// Where sessions are kept.
    pub store: StoreSettings,
    /// The record of every decision.
    pub journal: JournalSettings,
    /// Who may call.
    pub auth: AuthSettings,
    /// How often one client may call.
    pub limits: LimitSettings,
    /// What the governor takes where a request says nothing.
    pub governor: GovernorSettings,
    /// The most that one question to the rule engine may take; callers can only ask for less.
    pub rules: RulesSettings,
    /// What rules may ask of other services; nothing, where nothing is said.
    pub outbound: OutboundSettings,
    /// How the gate admits requests and judges answers.
    pub gate: GateSettings,
    /// What the gate remembers.
    pub memory: MemorySettings,
    /// The language model that is asked; none, where nothing is said.
    pub model: Option<LanguageModelSettings>,
    /// The service that makes vectors of texts; the one that is built in, where nothing is said.
    pub embedding: Option<EmbeddingSettings>,
}

/// What a server is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// A developer's machine: callers need no key.
    #[default]
    Dev,
    /// As in production, without the checks of production.
    Staging,
    /// Production: what is unsafe keeps the server from starting.
    Prod,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 3] = [Self::Dev, Self::Staging, Self::Prod];

    /// The word used in files, variables and flags.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Staging => "staging",
            Self::Prod => "prod",
        }
    }
}

/// Connections, requests and their bounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSettings {
    /// The address to listen on; port 0 takes a free one.
    #[schemars(with = "String", extend("format" = "socket-address"))]
    pub listen: SocketAddr,
    /// The folder for what the server keeps; without it, compiled components go to the user's cache folder.
    #[schemars(extend("format" = "path"))]
    pub data: Option<PathBuf>,
    /// The most connections at one time; more wait to be accepted.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_connections: u32,
    /// The longest to wait for a request's head, or the next part of its body, in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub read_seconds: u64,
    /// The longest to wait for what is in flight when stopping, in seconds.
    #[schemars(range(max = 3600))]
    pub shutdown_seconds: u64,
    /// The longest that one request may take, in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub request_seconds: u64,
    /// The largest request body, in bytes.
    #[schemars(range(min = 1, max = 67_108_864))]
    pub max_body_bytes: u32,
    /// The most requests that are worked on at one time.
    #[schemars(range(min = 1, max = 100_000))]
    pub max_concurrent_requests: u32,
    /// The most requests that wait for their turn; more are refused.
    #[schemars(range(max = 100_000))]
    pub max_queued_requests: u32,
    /// The longest that a request waits for its turn, in milliseconds.
    #[schemars(range(max = 60_000))]
    pub queue_ms: u64,
    /// Addresses and ranges (CIDR) of proxies whose word about a client's address is taken.
    #[schemars(length(max = 1000))]
    pub trusted_proxies: Vec<ProxyRange>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8000).into(),
            data: None,
            max_connections: 10_000,
            read_seconds: 30,
            shutdown_seconds: 30,
            request_seconds: 30,
            max_body_bytes: 1024 * 1024,
            max_concurrent_requests: 1024,
            max_queued_requests: 1024,
            queue_ms: 1000,
            trusted_proxies: Vec::new(),
        }
    }
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// How a line looks; `auto` is `text` on a terminal, else `json`.
    pub format: LogFormat,
    /// A level, or levels by module (`warn` leaves out the line for each request).
    #[schemars(extend("format" = "log-filter"))]
    pub filter: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            format: LogFormat::Auto,
            filter: "info".to_owned(),
        }
    }
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    /// For people.
    Text,
    /// One JSON object on each line.
    Json,
}

/// How the core runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EngineSettings {
    /// `component`: in the sandbox; `native`: in the server's process, with the same answers.
    pub kind: EngineKind,
    /// The file of a component to use instead of the one inside the program.
    #[schemars(extend("format" = "path"))]
    pub component: Option<PathBuf>,
    /// The folder for compiled components; without it, `cache` in `server.data`, or the user's cache folder.
    #[schemars(extend("format" = "path"))]
    pub cache: Option<PathBuf>,
    /// The longest that one call may take, in milliseconds.
    #[schemars(range(min = 1, max = 3_600_000))]
    pub call_time_ms: u64,
    /// The most memory that one call may take, in MiB.
    #[schemars(range(min = 1, max = 4096))]
    pub call_memory_mib: u32,
    /// The most memory that a gate with its memory may take, in MiB: three times what its memory sets aside, and
    /// `call_memory_mib`; for each `call_memory_mib` of this, a call on it may take `call_time_ms`.
    #[schemars(range(min = 1, max = 4096))]
    pub controller_memory_mib: u32,
    /// The most instances of the component at one time; each takes 4 GiB of address space, not of memory.
    #[schemars(range(min = 1, max = 10_000))]
    pub instances: u32,
    /// Calls that an instance serves before a new one takes its place; with 0 or 1, nothing outlives a call.
    #[schemars(range(max = 4_294_967_295u32))]
    pub calls_per_instance: u32,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            kind: EngineKind::Component,
            component: None,
            cache: None,
            call_time_ms: 1000,
            call_memory_mib: 64,
            controller_memory_mib: 512,
            instances: 1000,
            calls_per_instance: 1000,
        }
    }
}

/// How the core runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// In the sandbox, within bounds of time and memory.
    Component,
    /// In the server's process, without a sandbox.
    Native,
}

/// Where sessions are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSettings {
    /// `sqlite:<path>`, `postgres://…`, `redis://…`, `rediss://…` or `memory:`; without it, SQLite in `server.data`.
    pub url: Option<StoreUrl>,
    /// A file that holds the URL, instead of `url`.
    #[schemars(extend("format" = "path"))]
    pub url_file: Option<PathBuf>,
    /// Whether SQLite waits for the disk at every commit (`full`), or may lose the last ones with the power (`normal`).
    pub synchronous: Synchronous,
    /// The most sessions in `memory:`.
    #[schemars(range(min = 1, max = 100_000_000))]
    pub max_sessions: u32,
    /// The most memory that all sessions in `memory:` may take, in MiB.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub max_sessions_mib: u32,
    /// The longest to wait for a connection to the store, in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub connect_seconds: u64,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            url: None,
            url_file: None,
            synchronous: Synchronous::Full,
            max_sessions: 100_000,
            max_sessions_mib: 256,
            connect_seconds: 5,
        }
    }
}

/// What a commit to SQLite waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Synchronous {
    /// The disk: what was acknowledged survives a loss of power.
    Full,
    /// The operating system: what was acknowledged survives the end of the process.
    Normal,
}

/// The record of every decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JournalSettings {
    /// Whether decisions outside of sessions are recorded too.
    pub stateless: bool,
    /// What is kept of the inputs: all of them, a form without their texts, or a hash.
    pub inputs: JournalInputs,
    /// How long records are kept, in days; without it, for ever.
    #[schemars(range(min = 1, max = 36_500))]
    pub retention_days: Option<u32>,
    /// The most room that records take before the oldest go, in MiB; without it, any.
    #[schemars(range(min = 1, max = 1_073_741_824))]
    pub retention_mib: Option<u32>,
    /// How often the end of the chain is signed, in seconds.
    #[schemars(range(min = 1, max = 86_400))]
    pub checkpoint_seconds: u64,
    /// The file with the private key that checkpoints are signed with.
    #[schemars(extend("format" = "path"))]
    pub signing_key_file: Option<PathBuf>,
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self {
            stateless: true,
            inputs: JournalInputs::Whole,
            retention_days: None,
            retention_mib: None,
            checkpoint_seconds: 60,
            signing_key_file: None,
        }
    }
}

/// What the journal keeps of inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JournalInputs {
    /// All of them.
    Whole,
    /// Numbers and lengths, not texts.
    Redacted,
    /// Their hash.
    Hash,
}

/// How often one client may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// The most requests of one client in one window; 0 is no limit. 600 in the profiles `staging` and `prod`.
    #[schemars(range(max = 10_000_000))]
    pub requests: u32,
    /// The length of the window, in seconds.
    #[schemars(range(min = 1, max = 86_400))]
    pub window_seconds: u64,
    /// The most clients that are counted at one time.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub max_clients: u32,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            requests: 0,
            window_seconds: 60,
            max_clients: 100_000,
        }
    }
}
