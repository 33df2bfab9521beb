//! How a gate and its memory were made, in the shape of the JSON: what was asked for, with every field.

use crate::floats::shortest;
use assize_core::controller::ControllerSettings;
use assize_core::gate::{
    BreakerSettings, ContextSettings, EmergencySettings, GateSettings, LexiconSettings,
    QualitySettings, RhythmSettings, ThresholdSettings, WordList,
};
use assize_core::memory::{MemorySettings, SynapticSettings};
use serde::Serialize;
use utoipa::ToSchema;

/// How the threshold moves. Shares and thresholds are 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct ThresholdSettingsAnswer {
    /// `homeostatic`: towards the target share of accepted requests; `fixed`: not at all; `bounded`: as
    /// `homeostatic`, but never below `initial`.
    pub policy: &'static str,
    /// Where it begins, from `floor` to `ceiling`.
    pub initial: f64,
    /// Lowest threshold.
    pub floor: f64,
    /// Highest threshold.
    pub ceiling: f64,
    /// How far one request moves it, at most.
    pub step: f64,
    /// Weight of the newest request in the average acceptance; above 0.
    pub alpha: f64,
    /// How far the average may be from the target without a move.
    pub dead_band: f64,
    /// Share of requests that are to be accepted.
    pub target: f64,
}

impl From<ThresholdSettings> for ThresholdSettingsAnswer {
    fn from(settings: ThresholdSettings) -> Self {
        Self {
            policy: settings.policy.as_str(),
            initial: settings.initial,
            floor: settings.floor,
            ceiling: settings.ceiling,
            step: settings.step,
            alpha: settings.alpha,
            dead_band: settings.dead_band,
            target: settings.target,
        }
    }
}

/// How long each phase lasts, in steps; at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct RhythmSettingsAnswer {
    /// Steps awake.
    pub wake_steps: u32,
    /// Steps asleep.
    pub sleep_steps: u32,
}

impl From<RhythmSettings> for RhythmSettingsAnswer {
    fn from(settings: RhythmSettings) -> Self {
        Self {
            wake_steps: settings.wake_steps,
            sleep_steps: settings.sleep_steps,
        }
    }
}

/// Bounds of the signals by which an answer's form is judged. Shares are 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct QualitySettingsAnswer {
    /// Share of repeated words from which an answer loops.
    pub max_repetition: f64,
    /// Equal words on end from which an answer loops; at least 1.
    pub max_run: u32,
    /// Share of the commonest line from which an answer loops.
    pub max_line_share: f64,
    /// Share of words with a letter below which an answer is incoherent.
    pub min_letter_share: f64,
    /// Words in a sentence below which, on average, an answer may be telegraphic; 0 to 1,000.
    pub min_sentence_tokens: f64,
    /// Share of function words below which it then is.
    pub min_function_word_share: f64,
    /// Share of words that occur in the prompt below which an answer drifts.
    pub min_prompt_overlap: f64,
    /// Confidence below which an answer counts as made up.
    pub min_confidence: f64,
}

impl From<QualitySettings> for QualitySettingsAnswer {
    fn from(settings: QualitySettings) -> Self {
        Self {
            max_repetition: settings.max_repetition,
            max_run: settings.max_run,
            max_line_share: settings.max_line_share,
            min_letter_share: settings.min_letter_share,
            min_sentence_tokens: settings.min_sentence_tokens,
            min_function_word_share: settings.min_function_word_share,
            min_prompt_overlap: settings.min_prompt_overlap,
            min_confidence: settings.min_confidence,
        }
    }
}

/// When everything stops, and when it starts again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct EmergencySettingsAnswer {
    /// Memory of the process above which everything stops, in bytes.
    pub max_process_memory_bytes: u64,
    /// Memory of the session above which everything stops, in bytes.
    pub max_own_memory_bytes: u64,
    /// Share of `max_process_memory_bytes` down to which the process must come, 0 to 1.
    pub recovery_share: f64,
    /// Time after which it recovers, in milliseconds; null: not by time.
    pub cooldown_ms: Option<u64>,
    /// Refused requests after which it recovers; at least 1.
    pub recovery_steps: u32,
    /// Emergencies from which on it does not recover by itself; at least 1.
    pub max_emergencies: u32,
    /// Time after which one emergency is forgotten, in milliseconds; at least 1.
    pub clean_period_ms: u64,
}

impl From<EmergencySettings> for EmergencySettingsAnswer {
    fn from(settings: EmergencySettings) -> Self {
        Self {
            max_process_memory_bytes: settings.max_process_memory_bytes,
            max_own_memory_bytes: settings.max_own_memory_bytes,
            recovery_share: settings.recovery_share,
            cooldown_ms: settings.cooldown_ms,
            recovery_steps: settings.recovery_steps,
            max_emergencies: settings.max_emergencies,
            clean_period_ms: settings.clean_period_ms,
        }
    }
}

/// When something that keeps failing is left alone, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct BreakerSettingsAnswer {
    /// Failures on end after which it is; at least 1.
    pub failures: u32,
    /// Time after the last failure until it is tried again, in milliseconds.
    pub cooldown_ms: u64,
    /// Successes on end after which all is well again; at least 1.
    pub successes: u32,
}

impl From<BreakerSettings> for BreakerSettingsAnswer {
    fn from(settings: BreakerSettings) -> Self {
        Self {
            failures: settings.failures,
            cooldown_ms: settings.cooldown_ms,
            successes: settings.successes,
        }
    }
}

/// What of the memory goes before a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct ContextSettingsAnswer {
    /// Entries that are recalled where a request does not say, 1 to 1,000.
    pub top_k: u32,
    /// Texts of them that go before the prompt, at most.
    pub max_texts: u32,
    /// Tokens that these texts may have, 4 characters each; a text that does not fit is left out.
    pub max_tokens: u32,
    /// How far an entry's phase may be from that of being awake, 0 to 1.
    pub phase_tolerance: f64,
    /// Confidence that an entry must have, 0 to 1.
    pub min_confidence: f64,
}

impl From<ContextSettings> for ContextSettingsAnswer {
    fn from(settings: ContextSettings) -> Self {
        Self {
            top_k: settings.top_k,
            max_texts: settings.max_texts,
            max_tokens: settings.max_tokens,
            phase_tolerance: shortest(settings.phase_tolerance),
            min_confidence: settings.min_confidence,
        }
    }
}

/// How large the memory is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct MemorySettingsAnswer {
    /// Numbers of every vector, 1 to 4,096.
    pub dimension: u32,
    /// Entries that are kept, 1 to 1,000,000.
    pub capacity: u32,
    /// Bytes for the texts and source names of all entries together, 0 to 1,073,741,824.
    pub text_bytes: u32,
    /// Whether a compressed copy of each vector is kept, a quarter of its size, with which the same answers are found
    /// sooner.
    pub compressed_index: bool,
}

impl From<MemorySettings> for MemorySettingsAnswer {
    fn from(settings: MemorySettings) -> Self {
        Self {
            dimension: settings.dimension,
            capacity: settings.capacity,
            text_bytes: settings.text_bytes,
            compressed_index: settings.compressed_index,
        }
    }
}

/// Words that raise or lower a score.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WordListAnswer<'a> {
    /// What the list is called in answers.
    pub name: &'a str,
    /// What each occurrence adds to the score, -1 to 1.
    pub weight: f64,
    /// The words.
    pub words: &'a [String],
}

impl<'a> From<&'a WordList> for WordListAnswer<'a> {
    fn from(list: &'a WordList) -> Self {
        Self {
            name: &list.name,
            weight: list.weight,
            words: &list.words,
        }
    }
}

/// What texts are scored by.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LexiconSettingsAnswer<'a> {
    /// The score of a text that has none of the words, 0 to 1.
    pub base: f64,
    /// The lists.
    pub lists: Vec<WordListAnswer<'a>>,
}

impl<'a> From<&'a LexiconSettings> for LexiconSettingsAnswer<'a> {
    fn from(settings: &'a LexiconSettings) -> Self {
        Self {
            base: settings.base,
            lists: settings.lists.iter().map(Into::into).collect(),
        }
    }
}

/// How the levels fade and what they pass on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct SynapticSettingsAnswer {
    /// Share of each of the three levels that fades with each event, above 0, at most 1.
    pub lambda: [f64; 3],
    /// What the first and the second level must exceed to pass something on, above 0.
    pub theta: [f64; 2],
    /// Share that the first and the second level then pass on, 0 to 1.
    pub gating: [f64; 2],
    /// What has to exceed `theta`: `norm` or `per-component`.
    #[schema(example = "norm")]
    pub transfer: &'static str,
}

impl From<SynapticSettings> for SynapticSettingsAnswer {
    fn from(settings: SynapticSettings) -> Self {
        Self {
            lambda: settings.lambda,
            theta: settings.theta,
            gating: settings.gating,
            transfer: settings.transfer.as_str(),
        }
    }
}

/// How requests are admitted and answers are judged.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GateSettingsAnswer<'a> {
    /// How the threshold moves.
    pub threshold: ThresholdSettingsAnswer,
    /// How long it wakes and sleeps.
    pub rhythm: RhythmSettingsAnswer,
    /// What texts are scored by.
    pub lexicon: LexiconSettingsAnswer<'a>,
    /// What answers are judged by.
    pub quality: QualitySettingsAnswer,
    /// When everything stops.
    pub emergency: EmergencySettingsAnswer,
    /// When embeddings are no longer asked for.
    pub embedding_breaker: BreakerSettingsAnswer,
    /// When the memory is no longer used.
    pub memory_breaker: BreakerSettingsAnswer,
    /// What of the memory goes before a prompt.
    pub context: ContextSettingsAnswer,
    /// Bytes of text that are remembered of a request; 0: none.
    pub remembered_bytes: u32,
    /// Tokens that an answer may have where a request does not say.
    pub max_tokens: u32,
    /// Text score that a prompt must have, 0 to 1; null: any.
    pub pre_check: Option<f64>,
    /// Text score that an answer must have, 0 to 1; null: any.
    pub post_check: Option<f64>,
    /// Time from the beginning of a request to its answer, in milliseconds; null: any.
    pub max_processing_ms: Option<u64>,
}

impl<'a> From<&'a GateSettings> for GateSettingsAnswer<'a> {
    fn from(settings: &'a GateSettings) -> Self {
        Self {
            threshold: settings.threshold.into(),
            rhythm: settings.rhythm.into(),
            lexicon: (&settings.lexicon).into(),
            quality: settings.quality.into(),
            emergency: settings.emergency.into(),
            embedding_breaker: settings.embedding_breaker.into(),
            memory_breaker: settings.memory_breaker.into(),
            context: settings.context.into(),
            remembered_bytes: settings.remembered_bytes,
            max_tokens: settings.max_tokens,
            pre_check: settings.pre_check,
            post_check: settings.post_check,
            max_processing_ms: settings.max_processing_ms,
        }
    }
}

/// How a gate and its memory were made.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SettingsAnswer<'a> {
    /// How requests are admitted and answers are judged.
    pub gate: GateSettingsAnswer<'a>,
    /// How much is remembered.
    pub memory: MemorySettingsAnswer,
    /// How what is remembered fades.
    pub synaptic: SynapticSettingsAnswer,
    /// Who finds the embedding of a text: `hashing`, the built-in one, or `caller`.
    #[schema(example = "hashing")]
    pub embedder: &'static str,
}

impl<'a> From<&'a ControllerSettings> for SettingsAnswer<'a> {
    fn from(settings: &'a ControllerSettings) -> Self {
        Self {
            gate: (&settings.gate).into(),
            memory: settings.memory.into(),
            synaptic: settings.synaptic.into(),
            embedder: settings.embedder.as_str(),
        }
    }
}
