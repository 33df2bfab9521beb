//! The shape of settings of a gate and its memory, for the API's description. `settings` reads them; tests hold both
//! equal. A field that is absent is as the server has it; the defaults shown are those of a server that was not told
//! otherwise.

#![expect(
    dead_code,
    reason = "described, never made: `settings` reads JSON itself, to collect all errors"
)]

use utoipa::ToSchema;

/// A session of a gate with its memory to open. What is absent is as the server has it.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "gate": {"threshold": {"policy": "bounded", "initial": 0.6}, "rhythm": {"wake_steps": 100, "sleep_steps": 3}},
    "memory": {"dimension": 256, "capacity": 1000}
}))]
pub struct OpenControllerBody {
    #[schema(nullable = false)]
    gate: Option<GateSettingsBody>,
    #[schema(nullable = false)]
    memory: Option<MemorySettingsBody>,
    #[schema(nullable = false)]
    synaptic: Option<SynapticSettingsBody>,
    /// Who finds the embedding of a text: `hashing`, the built-in one, or `caller`.
    #[schema(nullable = false, default = "hashing")]
    embedder: Option<String>,
}

/// How requests are admitted and answers are judged.
#[derive(Debug, ToSchema)]
pub struct GateSettingsBody {
    #[schema(nullable = false)]
    threshold: Option<ThresholdSettingsBody>,
    #[schema(nullable = false)]
    rhythm: Option<RhythmSettingsBody>,
    #[schema(nullable = false)]
    lexicon: Option<LexiconSettingsBody>,
    #[schema(nullable = false)]
    quality: Option<QualitySettingsBody>,
    #[schema(nullable = false)]
    emergency: Option<EmergencySettingsBody>,
    /// When embeddings are no longer asked for: after 5 failures, until 2 successes.
    #[schema(nullable = false)]
    embedding_breaker: Option<BreakerSettingsBody>,
    /// When the memory is no longer used: after 3 failures, until 1 success.
    #[schema(nullable = false)]
    memory_breaker: Option<BreakerSettingsBody>,
    #[schema(nullable = false)]
    context: Option<ContextSettingsBody>,
    /// Bytes of text that are remembered of a request, 0 to 1,000,000; 0: none.
    #[schema(default = 4096)]
    remembered_bytes: Option<u32>,
    /// Tokens that an answer may have where a request does not say, 1 to 1,000,000.
    #[schema(nullable = false, default = 2048)]
    max_tokens: Option<u32>,
    /// Text score that a prompt must have, 0 to 1; null: any.
    pre_check: Option<f64>,
    /// Text score that an answer must have, 0 to 1; null: any.
    post_check: Option<f64>,
    /// Time from the beginning of a request to its answer, in milliseconds; null: any.
    max_processing_ms: Option<u64>,
}

/// What texts are scored by.
#[derive(Debug, ToSchema)]
pub struct LexiconSettingsBody {
    /// The score of a text that has none of the words, 0 to 1.
    #[schema(nullable = false, default = 0.8)]
    base: Option<f64>,
    /// At most 16 lists, with at most 10,000 words together. Where absent, a short list of harmful and one of
    /// positive words in English.
    lists: Option<Vec<WordListBody>>,
}

/// Words that raise or lower a score.
#[derive(Debug, ToSchema)]
pub struct WordListBody {
    /// What the list is called in answers; not blank, at most 128 bytes.
    #[schema(example = "harmful")]
    name: String,
    /// What each occurrence adds to the score, -1 to 1.
    #[schema(minimum = -1, maximum = 1)]
    weight: f64,
    /// Letters, numbers and underscores, in any case; no word stands in two lists.
    #[schema(example = json!(["weapon"]))]
    words: Vec<String>,
}

/// How the levels fade and what they pass on.
#[derive(Debug, ToSchema)]
pub struct SynapticSettingsBody {
    /// Share of each of the three levels that fades with each event, above 0, at most 1.
    #[schema(default = json!([0.5, 0.1, 0.01]))]
    lambda: Option<[f64; 3]>,
    /// What the first and the second level must exceed to pass something on, above 0.
    #[schema(default = json!([1.2, 2.5]))]
    theta: Option<[f64; 2]>,
    /// Share that the first and the second level then pass on, 0 to 1.
    #[schema(default = json!([0.45, 0.3]))]
    gating: Option<[f64; 2]>,
    /// What has to exceed `theta`: `norm` or `per-component`.
    #[schema(nullable = false, default = "norm")]
    transfer: Option<String>,
}

/// How the threshold moves. Shares and thresholds are 0 to 1.
#[derive(Debug, ToSchema)]
pub struct ThresholdSettingsBody {
    /// `homeostatic`: towards the target share of accepted requests; `fixed`: not at all; `bounded`: as
    /// `homeostatic`, but never below `initial`.
    #[schema(nullable = false, default = "homeostatic")]
    policy: Option<String>,
    /// Where it begins, from `floor` to `ceiling`.
    #[schema(nullable = false, default = 0.5)]
    initial: Option<f64>,
    /// Lowest threshold.
    #[schema(nullable = false, default = 0.3)]
    floor: Option<f64>,
    /// Highest threshold.
    #[schema(nullable = false, default = 0.9)]
    ceiling: Option<f64>,
    /// How far one request moves it, at most.
    #[schema(nullable = false, default = 0.05)]
    step: Option<f64>,
    /// Weight of the newest request in the average acceptance; above 0.
    #[schema(nullable = false, default = 0.1)]
    alpha: Option<f64>,
    /// How far the average may be from the target without a move.
    #[schema(nullable = false, default = 0.05)]
    dead_band: Option<f64>,
    /// Share of requests that are to be accepted.
    #[schema(nullable = false, default = 0.5)]
    target: Option<f64>,
}

/// How long each phase lasts, in steps; at least 1.
#[derive(Debug, ToSchema)]
pub struct RhythmSettingsBody {
    /// Steps awake.
    #[schema(nullable = false, default = 8)]
    wake_steps: Option<u32>,
    /// Steps asleep.
    #[schema(nullable = false, default = 3)]
    sleep_steps: Option<u32>,
}

/// Bounds of the signals by which an answer's form is judged. Shares are 0 to 1.
#[derive(Debug, ToSchema)]
pub struct QualitySettingsBody {
    /// Share of repeated words from which an answer loops.
    #[schema(nullable = false, default = 0.45)]
    max_repetition: Option<f64>,
    /// Equal words on end from which an answer loops; at least 1.
    #[schema(minimum = 1, nullable = false, default = 4)]
    max_run: Option<u32>,
    /// Share of the commonest line from which an answer loops.
    #[schema(nullable = false, default = 0.5)]
    max_line_share: Option<f64>,
    /// Share of words with a letter below which an answer is incoherent.
    #[schema(nullable = false, default = 0.6)]
    min_letter_share: Option<f64>,
    /// Words in a sentence below which, on average, an answer may be telegraphic; 0 to 1,000.
    #[schema(nullable = false, default = 6.0)]
    min_sentence_tokens: Option<f64>,
    /// Share of function words below which it then is.
    #[schema(nullable = false, default = 0.2)]
    min_function_word_share: Option<f64>,
    /// Share of words that occur in the prompt below which an answer drifts.
    #[schema(nullable = false, default = 0.05)]
    min_prompt_overlap: Option<f64>,
    /// Confidence below which an answer counts as made up.
    #[schema(nullable = false, default = 0.4)]
    min_confidence: Option<f64>,
}

/// When everything stops, and when it starts again.
#[derive(Debug, ToSchema)]
pub struct EmergencySettingsBody {
    /// Memory of the process above which everything stops, in bytes.
    #[schema(default = 8_589_934_592_u64)]
    max_process_memory_bytes: Option<u64>,
    /// Memory of the session above which everything stops, in bytes.
    #[schema(default = 1_503_238_553)]
    max_own_memory_bytes: Option<u64>,
    /// Share of `max_process_memory_bytes` down to which the process must come, 0 to 1.
    #[schema(nullable = false, default = 0.8)]
    recovery_share: Option<f64>,
    /// Time after which it recovers, in milliseconds; null: not by time.
    #[schema(default = 60_000)]
    cooldown_ms: Option<u64>,
    /// Refused requests after which it recovers; at least 1.
    #[schema(minimum = 1, nullable = false, default = 10)]
    recovery_steps: Option<u32>,
    /// Emergencies from which on it does not recover by itself; at least 1.
    #[schema(minimum = 1, nullable = false, default = 3)]
    max_emergencies: Option<u32>,
    /// Time after which one emergency is forgotten, in milliseconds; at least 1.
    #[schema(minimum = 1, default = 600_000)]
    clean_period_ms: Option<u64>,
}

/// When something that keeps failing is left alone, and for how long.
#[derive(Debug, ToSchema)]
pub struct BreakerSettingsBody {
    /// Failures on end after which it is; at least 1.
    #[schema(minimum = 1, nullable = false)]
    failures: Option<u32>,
    /// Time after the last failure until it is tried again, in milliseconds.
    #[schema(default = 60_000)]
    cooldown_ms: Option<u64>,
    /// Successes on end after which all is well again; at least 1.
    #[schema(minimum = 1, nullable = false)]
    successes: Option<u32>,
}

/// What of the memory goes before a prompt.
#[derive(Debug, ToSchema)]
pub struct ContextSettingsBody {
    /// Entries that are recalled where a request does not say, 1 to 1,000.
    #[schema(nullable = false, default = 5)]
    top_k: Option<u32>,
    /// Texts of them that go before the prompt, at most.
    #[schema(default = 3)]
    max_texts: Option<u32>,
    /// Tokens that these texts may have, 4 characters each; a text that does not fit is left out.
    #[schema(default = 1024)]
    max_tokens: Option<u32>,
    /// How far an entry's phase may be from that of being awake, 0 to 1.
    #[schema(default = 0.15)]
    phase_tolerance: Option<f32>,
    /// Confidence that an entry must have, 0 to 1.
    #[schema(nullable = false, default = 0.0)]
    min_confidence: Option<f64>,
}

/// How large the memory is.
#[derive(Debug, ToSchema)]
pub struct MemorySettingsBody {
    /// Numbers of every vector, 1 to 4,096.
    #[schema(default = 384)]
    dimension: Option<u32>,
    /// Entries that are kept, 1 to 1,000,000.
    #[schema(default = 20_000)]
    capacity: Option<u32>,
    /// Bytes for the texts and source names of all entries together, 0 to 1,073,741,824.
    #[schema(default = 8_388_608)]
    text_bytes: Option<u32>,
    /// Whether a compressed copy of each vector is kept, a quarter of its size, with which the same answers are found
    /// sooner.
    #[schema(nullable = false, default = true)]
    compressed_index: Option<bool>,
}
