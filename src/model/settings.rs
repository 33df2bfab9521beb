//! Which model is asked, where and within which bounds.

use crate::secret::{MASK, Secret};
use assize_outbound::{Target, UrlError};
use http::HeaderValue;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Whose protocol a language model speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Chat completions, as OpenAI and most others serve them.
    OpenAi,
    /// Messages, as Anthropic serves them.
    Anthropic,
}

/// A text names no provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be `openai` or `anthropic`")]
pub struct ProviderError;

impl FromStr for Provider {
    type Err = ProviderError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "openai" => Ok(Self::OpenAi),
            "anthropic" => Ok(Self::Anthropic),
            _ => Err(ProviderError),
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
        })
    }
}

impl Provider {
    /// The provider's own service; a path of the protocol is appended to it.
    #[must_use]
    pub const fn default_base_url(self) -> &'static str {
        match self {
            Self::OpenAi => "https://api.openai.com/v1",
            Self::Anthropic => "https://api.anthropic.com",
        }
    }

    pub(crate) const fn max_temperature(self) -> f64 {
        match self {
            Self::OpenAi => 2.0,
            Self::Anthropic => 1.0,
        }
    }
}

/// Where a service is, and within which bounds it is asked.
#[derive(Clone, PartialEq, Eq)]
pub struct EndpointSettings {
    /// `https`, or `http` to this machine; without query. A path of the protocol is appended to it.
    pub base_url: String,
    /// What the service is shown; none: nothing.
    pub api_key: Option<Secret>,
    /// Whether `http` to other machines is allowed: everything, the key too, crosses the network unprotected.
    pub allow_http: bool,
    /// How long one attempt may take, and with a stream its beginning and each wait for the next piece: 1 to
    /// 600,000 ms.
    pub timeout_ms: u64,
    /// How long all attempts together, their waits and a stream may take: 1 to 3,600,000 ms.
    pub total_timeout_ms: u64,
    /// How often a call is made at most while it is refused for now or can't be delivered: 1 to 10.
    pub attempts: u32,
    /// The largest body of an answer, streams too: 1 KiB to 256 MiB.
    pub max_body_bytes: usize,
    /// Failures in a row after which the service is left alone: 1 to 1000.
    pub breaker_failures: u32,
    /// For how long it is left alone: 0 to 86,400 s.
    pub breaker_open_seconds: u64,
}

impl fmt::Debug for EndpointSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is not checked yet may hold a password or a key.
        let is_shown = self.base().is_ok();
        let base_url = if is_shown { &self.base_url } else { MASK };
        formatter
            .debug_struct("EndpointSettings")
            .field("base_url", &base_url)
            .field("api_key", &self.api_key)
            .field("allow_http", &self.allow_http)
            .field("timeout_ms", &self.timeout_ms)
            .field("total_timeout_ms", &self.total_timeout_ms)
            .field("attempts", &self.attempts)
            .field("max_body_bytes", &self.max_body_bytes)
            .field("breaker_failures", &self.breaker_failures)
            .field("breaker_open_seconds", &self.breaker_open_seconds)
            .finish()
    }
}

impl EndpointSettings {
    /// A place, without a key, with the usual bounds.
    #[must_use]
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            api_key: None,
            allow_http: false,
            timeout_ms: 30_000,
            total_timeout_ms: 120_000,
            attempts: 3,
            max_body_bytes: 16 * 1024 * 1024,
            breaker_failures: 5,
            breaker_open_seconds: 60,
        }
    }

    fn check(&self, path: &str, problems: &mut Problems) -> Option<Target> {
        problems.range("timeout_ms", self.timeout_ms, 1..=600_000);
        problems.range("total_timeout_ms", self.total_timeout_ms, 1..=3_600_000);
        problems.range("attempts", self.attempts.into(), 1..=10);
        let bytes = self.max_body_bytes as u64;
        problems.range("max_body_bytes", bytes, 1024..=256 * 1024 * 1024);
        problems.range("breaker_failures", self.breaker_failures.into(), 1..=1000);
        problems.range(
            "breaker_open_seconds",
            self.breaker_open_seconds,
            0..=86_400,
        );
        let is_sendable = |key: &Secret| {
            let text = key.expose();
            let is_token = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
            is_token && HeaderValue::from_str(text).is_ok()
        };
        if self.api_key.as_ref().is_some_and(|key| !is_sendable(key)) {
            problems.add(
                "api_key",
                "must be visible characters of ASCII, without spaces",
            );
        }
        match self.target(path) {
            Ok(target) => Some(target),
            Err(problem) => {
                problems.add("base_url", &problem);
                None
            }
        }
    }

    /// Where requests go.
    fn target(&self, path: &str) -> Result<Target, String> {
        let base = self.base()?;
        if !base.origin().is_https && !self.allow_http && !is_this_machine(&base) {
            return Err(
                "must be `https`: plain `http` to another machine must be allowed by `allow_http`"
                    .to_owned(),
            );
        }
        let base = base.as_str().trim_end_matches('/');
        Target::parse(&format!("{base}{path}")).map_err(unusable)
    }

    /// The base URL, if nothing in it can be secret.
    fn base(&self) -> Result<Target, String> {
        let base = Target::parse(&self.base_url).map_err(unusable)?;
        if self.base_url.contains(['?', '#']) {
            return Err("must have no query and no fragment".to_owned());
        }
        Ok(base)
    }
}

fn unusable(error: UrlError) -> String {
    format!("can't be called: {error}")
}

fn is_this_machine(target: &Target) -> bool {
    let address = target.address().map(|address| address.to_canonical());
    target.is_localhost() || address.is_some_and(|address| address.is_loopback())
}

/// The name of the bound on tokens in chat completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenParameter {
    /// `max_tokens`: known to most servers, refused by OpenAI's newer models.
    MaxTokens,
    /// `max_completion_tokens`: known to OpenAI.
    MaxCompletionTokens,
}

/// Which language model is asked. [`Model::new`](crate::Model::new) checks it.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSettings {
    /// Whose protocol is spoken.
    pub provider: Provider,
    /// Where, and within which bounds.
    pub endpoint: EndpointSettings,
    /// The model's name at its provider.
    pub model: String,
    /// The most tokens of an answer: 1 to 1,000,000.
    pub max_tokens: u32,
    /// 0 to 2, with `anthropic` to 1; none: as the provider likes.
    pub temperature: Option<f64>,
    /// How chat completions name `max_tokens`; none: `max_completion_tokens` at OpenAI itself, `max_tokens` elsewhere.
    pub token_parameter: Option<TokenParameter>,
    /// Whether streams of chat completions are asked for the counts of tokens; a few servers refuse that.
    pub stream_usage: bool,
}

impl ModelSettings {
    /// A model at its provider's own service, without a key.
    #[must_use]
    pub fn new(provider: Provider, model: impl Into<String>) -> Self {
        Self {
            provider,
            endpoint: EndpointSettings::new(provider.default_base_url()),
            model: model.into(),
            max_tokens: 2048,
            temperature: None,
            token_parameter: None,
            stream_usage: true,
        }
    }

    /// Checks every range, and that the URL can be called.
    ///
    /// # Errors
    ///
    /// One sentence for each setting that is not acceptable.
    pub fn check(&self) -> Result<(), SettingsError> {
        self.checked_target().map(drop)
    }

    pub(crate) fn checked_target(&self) -> Result<Target, SettingsError> {
        let mut problems = Problems("model", Vec::new());
        let path = match self.provider {
            Provider::OpenAi => "/chat/completions",
            Provider::Anthropic => "/v1/messages",
        };
        let target = self.endpoint.check(path, &mut problems);
        problems.name(&self.model);
        problems.range("max_tokens", self.max_tokens.into(), 1..=1_000_000);
        let highest = self.provider.max_temperature();
        if let Some(temperature) = self.temperature.filter(|t| !(0.0..=highest).contains(t)) {
            let problem = format!("must be 0 to {highest}, not {temperature}");
            problems.add("temperature", &problem);
        }
        problems.end(target)
    }
}

/// How the numbers of embeddings are asked for. Both forms are read, whatever is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As JSON numbers: every server knows it.
    Float,
    /// As base64 of little-endian single floats: a quarter of the bytes.
    Base64,
}

/// Which model makes vectors of texts. [`Embedder::new`](crate::Embedder::new) checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbedderSettings {
    /// Where, and within which bounds. The protocol is OpenAI's.
    pub endpoint: EndpointSettings,
    /// The model's name at its provider.
    pub model: String,
    /// How many numbers each vector must have: 1 to 65,536.
    pub dimension: usize,
    /// Whether the server is told the dimension: for models that can shorten their vectors.
    pub send_dimension: bool,
    /// How the numbers are asked for.
    pub encoding: Encoding,
    /// The most texts of one call: 1 to 4096.
    pub max_texts: usize,
}

impl EmbedderSettings {
    /// A model at OpenAI, without a key.
    #[must_use]
    pub fn new(model: impl Into<String>, dimension: usize) -> Self {
        Self {
            endpoint: EndpointSettings::new(Provider::OpenAi.default_base_url()),
            model: model.into(),
            dimension,
            send_dimension: false,
            encoding: Encoding::Float,
            max_texts: 256,
        }
    }

    /// Checks every range, and that the URL can be called.
    ///
    /// # Errors
    ///
    /// One sentence for each setting that is not acceptable.
    pub fn check(&self) -> Result<(), SettingsError> {
        self.checked_target().map(drop)
    }

    pub(crate) fn checked_target(&self) -> Result<Target, SettingsError> {
        let mut problems = Problems("embeddings", Vec::new());
        let target = self.endpoint.check("/embeddings", &mut problems);
        problems.name(&self.model);
        problems.range("dimension", self.dimension as u64, 1..=65_536);
        problems.range("max_texts", self.max_texts as u64, 1..=4096);
        problems.end(target)
    }
}

/// Every setting that is not acceptable, named as in `model.timeout_ms`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct SettingsError(pub Vec<String>);

struct Problems(&'static str, Vec<String>);

impl Problems {
    fn add(&mut self, name: &str, problem: &str) {
        self.1.push(format!("`{}.{name}` {problem}", self.0));
    }

    fn range(&mut self, name: &str, value: u64, range: RangeInclusive<u64>) {
        if !range.contains(&value) {
            let (least, most) = range.into_inner();
            self.add(name, &format!("must be {least} to {most}, not {value}"));
        }
    }

    fn name(&mut self, model: &str) {
        const LONGEST: usize = 256;
        let is_name = !model.trim().is_empty() && model.len() <= LONGEST;
        if !is_name || model.contains(char::is_control) {
            let problem = format!("must be a name of 1 to {LONGEST} bytes");
            self.add("model", &problem);
        }
    }

    fn end(self, target: Option<Target>) -> Result<Target, SettingsError> {
        match target {
            Some(target) if self.1.is_empty() => Ok(target),
            _ => Err(SettingsError(self.1)),
        }
    }
}
