//! How the gate admits requests and judges answers.

mod parts;

pub use parts::{
    ContextSettings, EmbeddingBreakerSettings, EmergencySettings, LexiconSettings,
    MemoryBreakerSettings, QualitySettings, RhythmSettings, ThresholdPolicy, ThresholdSettings,
    WordListSettings,
};

use assize_core::gate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the gate admits requests and judges answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GateSettings {
    /// Tokens that an answer may have where a request does not say.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_tokens: u32,
    /// The most text that is remembered of a request, in bytes; 0: none.
    #[schemars(range(max = 1_000_000))]
    pub remembered_bytes: u32,
    /// Text score that a prompt must have; without it, any.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub pre_check: Option<f64>,
    /// Text score that an answer must have; without it, any.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub post_check: Option<f64>,
    /// The longest from the beginning of a request to its answer, in milliseconds; without it, any time.
    #[schemars(range(min = 1, max = 3_600_000))]
    pub max_processing_ms: Option<u64>,
    /// Whether callers that ask for a stream are told what the model says before it is judged.
    pub stream_unjudged: bool,
    /// The bar that a request's score must reach, and how it moves.
    pub threshold: ThresholdSettings,
    /// How long it wakes and sleeps.
    pub rhythm: RhythmSettings,
    /// What of the memory goes before a prompt.
    pub context: ContextSettings,
    /// What answers are judged by.
    pub quality: QualitySettings,
    /// What texts are scored by.
    pub lexicon: LexiconSettings,
    /// When embeddings are no longer asked for.
    pub embedding_breaker: EmbeddingBreakerSettings,
    /// When the memory is no longer used.
    pub memory_breaker: MemoryBreakerSettings,
    /// When everything stops, and starts again.
    pub emergency: EmergencySettings,
}

impl Default for GateSettings {
    fn default() -> Self {
        let core = gate::GateSettings::default();
        Self {
            max_tokens: core.max_tokens,
            remembered_bytes: core.remembered_bytes,
            pre_check: core.pre_check,
            post_check: core.post_check,
            max_processing_ms: core.max_processing_ms,
            stream_unjudged: false,
            threshold: ThresholdSettings::default(),
            rhythm: RhythmSettings::default(),
            context: ContextSettings::default(),
            quality: QualitySettings::default(),
            lexicon: LexiconSettings::default(),
            embedding_breaker: EmbeddingBreakerSettings::default(),
            memory_breaker: MemoryBreakerSettings::default(),
            emergency: EmergencySettings::default(),
        }
    }
}

impl GateSettings {
    /// The core's settings, for embeddings of this dimension.
    pub(super) fn core(&self, dimension: u32) -> gate::GateSettings {
        gate::GateSettings {
            threshold: self.threshold.core(),
            rhythm: self.rhythm.core(),
            lexicon: self.lexicon.core(),
            quality: self.quality.core(),
            emergency: self.emergency.core(),
            embedding_breaker: self.embedding_breaker.core(),
            memory_breaker: self.memory_breaker.core(),
            context: self.context.core(),
            dimension,
            remembered_bytes: self.remembered_bytes,
            max_tokens: self.max_tokens,
            pre_check: self.pre_check,
            post_check: self.post_check,
            max_processing_ms: self.max_processing_ms,
        }
    }
}
