//! Which language model is asked, and which service makes vectors of texts.

use crate::secret::Secret;
use assize_core::embedding::CacheSettings;
use assize_model::{
    EmbedderSettings, Encoding, EndpointSettings, ModelSettings, Provider,
    TokenParameter as ModelTokenParameter,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// How many calls are made at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallBounds {
    /// Calls at one time, at least 1.
    pub concurrent: usize,
    /// The longest that a call waits for its turn.
    pub queue: Duration,
}

/// A section with a service's place and its bounds. Flattening would permit unknown keys.
macro_rules! service {
    (
        $(#[$attribute:meta])*
        $name:ident, $concurrent:literal {
            $($(#[$field_attribute:meta])* pub $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_attribute])* pub $field: $type,)*
            /// Where the service is: `https`, or `http` to this machine; without it, the provider's own.
            #[serde(default)]
            #[schemars(extend("format" = "word"))]
            pub base_url: Option<String>,
            /// The key that the service is shown; without it, none.
            #[serde(default)]
            pub api_key: Option<Secret>,
            /// A file that holds the key, instead of `api_key`.
            #[serde(default)]
            #[schemars(extend("format" = "path"))]
            pub api_key_file: Option<PathBuf>,
            /// Whether `http` to other machines is allowed: everything, the key too, crosses the network unprotected.
            #[serde(default)]
            pub allow_http: bool,
            /// How long one attempt may take, in milliseconds.
            #[serde(default = "default_timeout")]
            #[schemars(range(min = 1, max = 600_000))]
            pub timeout_ms: u64,
            /// How long all attempts and their waits may take, in milliseconds.
            #[serde(default = "default_total_timeout")]
            #[schemars(range(min = 1, max = 3_600_000))]
            pub total_timeout_ms: u64,
            /// How often a call is made at most.
            #[serde(default = "default_attempts")]
            #[schemars(range(min = 1, max = 10))]
            pub attempts: u32,
            /// The largest body of an answer, in bytes.
            #[serde(default = "default_body")]
            #[schemars(range(min = 1024, max = 268_435_456))]
            pub max_body_bytes: u32,
            /// Failures in a row after which the service is left alone.
            #[serde(default = "default_failures")]
            #[schemars(range(min = 1, max = 1000))]
            pub breaker_failures: u32,
            /// For how long it is left alone, in seconds.
            #[serde(default = "default_open")]
            #[schemars(range(max = 86_400))]
            pub breaker_open_seconds: u64,
            /// The most calls at one time.
            #[serde(default = $concurrent)]
            #[schemars(range(min = 1, max = 10_000))]
            pub max_concurrent_calls: u32,
            /// The longest that a call waits for its turn, in milliseconds.
            #[serde(default = "default_queue")]
            #[schemars(range(max = 60_000))]
            pub queue_ms: u64,
        }

        impl $name {
            fn endpoint(&self, base_url: &str) -> EndpointSettings {
                EndpointSettings {
                    base_url: self.base_url.as_deref().unwrap_or(base_url).to_owned(),
                    api_key: self.api_key.as_ref().map(shown_to_service),
                    allow_http: self.allow_http,
                    timeout_ms: self.timeout_ms,
                    total_timeout_ms: self.total_timeout_ms,
                    attempts: self.attempts,
                    max_body_bytes: self.max_body_bytes as usize,
                    breaker_failures: self.breaker_failures,
                    breaker_open_seconds: self.breaker_open_seconds,
                }
            }

            pub(super) fn bounds(&self) -> CallBounds {
                CallBounds {
                    concurrent: self.max_concurrent_calls as usize,
                    queue: Duration::from_millis(self.queue_ms),
                }
            }
        }
    };
}

service! {
    /// The language model that is asked.
    LanguageModelSettings, "default_model_calls" {
        /// Whose protocol is spoken.
        pub provider: ModelProvider,
        /// The model's name at its provider.
        #[schemars(extend("format" = "word"))]
        pub model: String,
        /// The most tokens of an answer, whatever a request says.
        #[serde(default = "default_max_tokens")]
        #[schemars(range(min = 1, max = 1_000_000))]
        pub max_tokens: u32,
        /// How varied answers are, with `anthropic` to 1; without it, as the provider likes.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 2.0))]
        pub temperature: Option<f64>,
        /// What the bound on tokens is called; without it, as OpenAI or most others do.
        #[serde(default)]
        pub token_parameter: Option<TokenParameter>,
        /// Whether streams are asked for the counts of tokens; a few servers refuse that.
        #[serde(default = "yes")]
        pub stream_usage: bool,
    }
}

service! {
    /// The service that makes vectors of texts. The protocol is OpenAI's.
    EmbeddingSettings, "default_embedding_calls" {
        /// The model's name at its provider.
        #[schemars(extend("format" = "word"))]
        pub model: String,
        /// How many numbers its vectors have: as many as `memory.dimension`, which it is without.
        #[serde(default)]
        #[schemars(range(min = 1, max = 4096))]
        pub dimension: Option<u32>,
        /// Whether the server is told the dimension: for models that can shorten their vectors.
        #[serde(default)]
        pub send_dimension: bool,
        /// How the numbers are asked for: as JSON numbers, or as base64 in a quarter of the bytes.
        #[serde(default)]
        pub encoding: EmbeddingEncoding,
        /// The most texts of one call.
        #[serde(default = "default_texts")]
        #[schemars(range(min = 1, max = 4096))]
        pub max_texts: u32,
        /// How many vectors are kept for texts that come again; 0: none.
        #[serde(default = "default_cache_entries")]
        #[schemars(range(max = 100_000))]
        pub cache_entries: u32,
        /// How long a vector is kept, in seconds.
        #[serde(default = "default_cache_ttl")]
        #[schemars(range(min = 1, max = 31_536_000))]
        pub cache_ttl_seconds: u64,
    }
}

fn shown_to_service(key: &Secret) -> assize_model::Secret {
    assize_model::Secret::new(key.expose().to_owned())
}

fn usual() -> EndpointSettings {
    EndpointSettings::new("")
}

fn default_timeout() -> u64 {
    usual().timeout_ms
}

fn default_total_timeout() -> u64 {
    usual().total_timeout_ms
}

fn default_attempts() -> u32 {
    usual().attempts
}

const fn default_body() -> u32 {
    16 * 1024 * 1024
}

fn default_failures() -> u32 {
    usual().breaker_failures
}

fn default_open() -> u64 {
    usual().breaker_open_seconds
}

const fn default_model_calls() -> u32 {
    10
}

const fn default_embedding_calls() -> u32 {
    20
}

const fn default_queue() -> u64 {
    5000
}

const fn default_max_tokens() -> u32 {
    2048
}

const fn default_texts() -> u32 {
    256
}

fn default_cache_entries() -> u32 {
    CacheSettings::default().capacity
}

fn default_cache_ttl() -> u64 {
    CacheSettings::default().time_to_live_ms / 1000
}

const fn yes() -> bool {
    true
}

/// Whose protocol a language model speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ModelProvider {
    /// Chat completions, as OpenAI and most others serve them.
    OpenAi,
    /// Messages, as Anthropic serves them.
    Anthropic,
}

/// What chat completions call the bound on tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenParameter {
    /// As most servers do.
    MaxTokens,
    /// As OpenAI does.
    MaxCompletionTokens,
}

/// How the numbers of embeddings are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EmbeddingEncoding {
    /// As JSON numbers: every server knows it.
    #[default]
    Float,
    /// As base64, in a quarter of the bytes.
    Base64,
}

impl LanguageModelSettings {
    pub(super) fn caller(&self) -> ModelSettings {
        let provider = match self.provider {
            ModelProvider::OpenAi => Provider::OpenAi,
            ModelProvider::Anthropic => Provider::Anthropic,
        };
        ModelSettings {
            provider,
            endpoint: self.endpoint(provider.default_base_url()),
            model: self.model.clone(),
            max_tokens: self.max_tokens,
            temperature: self.temperature,
            token_parameter: self.token_parameter.map(|parameter| match parameter {
                TokenParameter::MaxTokens => ModelTokenParameter::MaxTokens,
                TokenParameter::MaxCompletionTokens => ModelTokenParameter::MaxCompletionTokens,
            }),
            stream_usage: self.stream_usage,
        }
    }
}

impl EmbeddingSettings {
    pub(super) fn caller(&self, dimension: u32) -> EmbedderSettings {
        EmbedderSettings {
            endpoint: self.endpoint(Provider::OpenAi.default_base_url()),
            model: self.model.clone(),
            dimension: dimension as usize,
            send_dimension: self.send_dimension,
            encoding: match self.encoding {
                EmbeddingEncoding::Float => Encoding::Float,
                EmbeddingEncoding::Base64 => Encoding::Base64,
            },
            max_texts: self.max_texts as usize,
        }
    }

    pub(super) const fn cache(&self) -> CacheSettings {
        CacheSettings {
            capacity: self.cache_entries,
            time_to_live_ms: self.cache_ttl_seconds.saturating_mul(1000),
        }
    }
}
