//! The shape of requests to a gate, for the API's description. `requests` reads them; a test holds both equal.

#![expect(
    dead_code,
    reason = "described, never made: `requests` reads JSON itself, to collect all errors"
)]

pub use super::settings_schemas::{
    BreakerSettingsBody, ContextSettingsBody, EmergencySettingsBody, GateSettingsBody,
    LexiconSettingsBody, MemorySettingsBody, OpenControllerBody, QualitySettingsBody,
    RhythmSettingsBody, SynapticSettingsBody, ThresholdSettingsBody, WordListBody,
};

use utoipa::ToSchema;

/// A prompt for the language model.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"prompt": "Summarise the refund policy", "moral_value": 0.8, "max_tokens": 256}))]
pub struct GenerateBody {
    /// Not blank, at most 10,000 characters.
    prompt: String,
    /// The prompt's score, 0 to 1; where absent, that of its text.
    #[schema(minimum = 0, maximum = 1)]
    moral_value: Option<f64>,
    /// Tokens that the answer may have; where absent, as configured.
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_tokens: Option<u32>,
    /// Entries to recall; where absent, as configured.
    #[schema(minimum = 1, maximum = 20)]
    context_top_k: Option<u32>,
    /// The prompt's embedding: as many numbers of magnitude at most 1e18 as the memory has dimensions.
    vector: Option<Vec<f32>>,
    /// Whom what is remembered comes from, by which it can be forgotten; 1 to 256 bytes.
    user: Option<String>,
}

/// What a caller that runs its own model wants to do. It has `text`, `moral_value` or both.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"text": "Summarise the refund policy", "moral_value": 0.8}))]
pub struct AdmitBody {
    /// The prompt, at most 10,000 characters.
    text: Option<String>,
    /// The score, 0 to 1; where absent, that of the text.
    #[schema(minimum = 0, maximum = 1)]
    moral_value: Option<f64>,
    /// Like what entries are recalled: as many numbers of magnitude at most 1e18 as the memory has dimensions.
    vector: Option<Vec<f32>>,
    /// Entries to recall; where absent, as configured if there is a `vector`, else no entries.
    #[schema(minimum = 1, maximum = 20)]
    context_top_k: Option<u32>,
}

/// What a caller's own model answered to a request that was admitted.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "prompt": "Summarise the refund policy",
    "response": "Refunds up to 500 are paid at once, and those above need a second signature."
}))]
pub struct RecordBody {
    /// At most 10,000 characters; where absent, the answer is not held against it.
    prompt: Option<String>,
    /// At most 1,048,576 bytes.
    response: String,
}

/// What came of an action: one of the four.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"generated": "Refunds up to 500 are paid at once."}))]
pub struct HeardBody {
    /// The embedding: numbers of magnitude at most 1e18.
    embedded: Option<Vec<f32>>,
    /// Why there is none; may stand in the answer.
    embedding_failed: Option<String>,
    /// The model's answer.
    generated: Option<String>,
    /// Why there is none; may stand in the answer.
    generation_failed: Option<String>,
}
