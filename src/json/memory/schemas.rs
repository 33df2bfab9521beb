//! The shape of requests to a memory, for the API's description. `requests` reads them; a test holds both equal.

#![expect(
    dead_code,
    reason = "described, never made: `requests` reads JSON itself, to collect all errors"
)]

use utoipa::ToSchema;

/// Entries to store, all or none.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "entries": [{"text": "Refunds above 500 need a second signature", "source": "user_input", "source_name": "handbook"}]
}))]
pub struct InsertBody {
    /// 1 to 1,000.
    entries: Vec<NewEntryBody>,
}

/// An entry to store: with its vector, or with a text that the built-in embedder makes one of.
#[derive(Debug, ToSchema)]
pub struct NewEntryBody {
    /// As many numbers of magnitude at most 1e18 as the memory has dimensions.
    vector: Option<Vec<f32>>,
    /// The text that the vector stands for, 1 to 16,384 bytes.
    text: Option<String>,
    /// 0 to 1; 0.1 is being awake, 0.9 being asleep.
    #[schema(minimum = 0, maximum = 1, default = 0.1)]
    phase: Option<f32>,
    /// 0 to 1; below 0.5 it is refused.
    #[schema(minimum = 0, maximum = 1, default = 1.0)]
    confidence: Option<f64>,
    /// `user_input`, `llm_generation`, `retrieved` or `system`.
    #[schema(nullable = false, default = "system")]
    source: Option<String>,
    /// Whom or what it comes from, by which it can be forgotten; 1 to 256 bytes.
    source_name: Option<String>,
    /// Milliseconds since 1970-01-01 UTC; where absent, the time of the call.
    timestamp: Option<u64>,
    /// Milliseconds since 1970-01-01 UTC, later than now: from then on it is never found.
    expires_at: Option<u64>,
    /// The id of the entry that it was made from.
    parent: Option<u64>,
}

/// What to look for: like a vector, or like a text.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"text": "who must sign a refund?", "top_k": 3}))]
pub struct SearchBody {
    /// As many numbers of magnitude at most 1e18 as the memory has dimensions.
    vector: Option<Vec<f32>>,
    /// Not blank, at most 16,384 bytes; not beside `vector`.
    text: Option<String>,
    /// 0 to 1; 0.1 is being awake, 0.9 being asleep.
    #[schema(minimum = 0, maximum = 1, default = 0.1)]
    phase: Option<f32>,
    /// How far an entry's phase may be from `phase`.
    #[schema(minimum = 0, default = 0.15)]
    tolerance: Option<f32>,
    /// Entries to give at most.
    #[schema(minimum = 1, maximum = 10_000, default = 5)]
    top_k: Option<u32>,
    /// Confidence that an entry must have, 0 to 1.
    #[schema(minimum = 0, maximum = 1, default = 0.0)]
    min_confidence: Option<f64>,
}

/// What to forget: entries by their ids, or all with a source name.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"source_name": "handbook"}))]
pub struct ForgetBody {
    /// 1 to 10,000 ids; not beside `source_name`.
    ids: Option<Vec<u64>>,
    /// 1 to 256 bytes.
    source_name: Option<String>,
}
