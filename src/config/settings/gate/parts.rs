//! The parts of the gate's settings.

use crate::text_types::Word;
use assize_core::gate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The bar that a request's score must reach, and how it moves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ThresholdSettings {
    /// How it moves.
    pub policy: ThresholdPolicy,
    /// Where it begins, from `floor` to `ceiling`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub initial: f64,
    /// The lowest that it becomes.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub floor: f64,
    /// The highest that it becomes.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub ceiling: f64,
    /// How far one request moves it at most.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub step: f64,
    /// Weight of the newest request in the average acceptance; above 0.
    #[schemars(range(min = 0.0, max = 1.0), extend("exclusiveMinimum" = 0.0))]
    pub alpha: f64,
    /// How far the average may be from `target` without a move.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub dead_band: f64,
    /// Share of requests that are to be accepted.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub target: f64,
}

/// How the threshold moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ThresholdPolicy {
    /// Towards the target share of accepted requests, from floor to ceiling.
    Homeostatic,
    /// Not at all.
    Fixed,
    /// As `homeostatic`, but never below where it began.
    Bounded,
}

impl Default for ThresholdSettings {
    fn default() -> Self {
        let core = gate::ThresholdSettings::default();
        Self {
            policy: match core.policy {
                gate::Policy::Homeostatic => ThresholdPolicy::Homeostatic,
                gate::Policy::Fixed => ThresholdPolicy::Fixed,
                gate::Policy::Bounded => ThresholdPolicy::Bounded,
            },
            initial: core.initial,
            floor: core.floor,
            ceiling: core.ceiling,
            step: core.step,
            alpha: core.alpha,
            dead_band: core.dead_band,
            target: core.target,
        }
    }
}

impl ThresholdSettings {
    pub(super) const fn core(&self) -> gate::ThresholdSettings {
        gate::ThresholdSettings {
            policy: match self.policy {
                ThresholdPolicy::Homeostatic => gate::Policy::Homeostatic,
                ThresholdPolicy::Fixed => gate::Policy::Fixed,
                ThresholdPolicy::Bounded => gate::Policy::Bounded,
            },
            initial: self.initial,
            floor: self.floor,
            ceiling: self.ceiling,
            step: self.step,
            alpha: self.alpha,
            dead_band: self.dead_band,
            target: self.target,
        }
    }
}

/// How long the gate wakes and sleeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RhythmSettings {
    /// How long it answers, in requests.
    #[schemars(range(min = 1, max = 4_294_967_295u32))]
    pub wake_steps: u32,
    /// How long it then refuses, in requests.
    #[schemars(range(min = 1, max = 4_294_967_295u32))]
    pub sleep_steps: u32,
}

impl Default for RhythmSettings {
    fn default() -> Self {
        let core = gate::RhythmSettings::default();
        Self {
            wake_steps: core.wake_steps,
            sleep_steps: core.sleep_steps,
        }
    }
}

impl RhythmSettings {
    pub(super) const fn core(&self) -> gate::RhythmSettings {
        gate::RhythmSettings {
            wake_steps: self.wake_steps,
            sleep_steps: self.sleep_steps,
        }
    }
}

/// What of the memory goes before a prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ContextSettings {
    /// Entries that are recalled where a request does not say.
    #[schemars(range(min = 1, max = 1000))]
    pub top_k: u32,
    /// The most of their texts that go before the prompt.
    #[schemars(range(max = 1000))]
    pub max_texts: u32,
    /// The most tokens that these texts have, of 4 characters each.
    #[schemars(range(max = 1_000_000))]
    pub max_tokens: u32,
    /// How far an entry's phase may be from that of being awake.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub phase_tolerance: f64,
    /// Confidence that an entry must have.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_confidence: f64,
}

impl Default for ContextSettings {
    fn default() -> Self {
        let core = gate::ContextSettings::default();
        Self {
            top_k: core.top_k,
            max_texts: core.max_texts,
            max_tokens: core.max_tokens,
            // The core's is a single float, which would show as 0.15000000596.
            phase_tolerance: 0.15,
            min_confidence: core.min_confidence,
        }
    }
}

impl ContextSettings {
    pub(super) const fn core(&self) -> gate::ContextSettings {
        gate::ContextSettings {
            top_k: self.top_k,
            max_texts: self.max_texts,
            max_tokens: self.max_tokens,
            phase_tolerance: self.phase_tolerance as f32,
            min_confidence: self.min_confidence,
        }
    }
}

/// What answers are judged by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct QualitySettings {
    /// Share of repeated tokens from which an answer loops.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_repetition: f64,
    /// Equal tokens on end from which an answer loops.
    #[schemars(range(min = 1, max = 4_294_967_295u32))]
    pub max_run: u32,
    /// Share of the commonest line from which an answer loops.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_line_share: f64,
    /// Share of tokens with a letter below which an answer is incoherent.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_letter_share: f64,
    /// Tokens in a sentence below which, on average, an answer may be telegraphic.
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub min_sentence_tokens: f64,
    /// Share of function words below which it then is.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_function_word_share: f64,
    /// Share of tokens that occur in the prompt below which an answer drifts.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_prompt_overlap: f64,
    /// Confidence below which an answer counts as made up.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_confidence: f64,
}

impl Default for QualitySettings {
    fn default() -> Self {
        let core = gate::QualitySettings::default();
        Self {
            max_repetition: core.max_repetition,
            max_run: core.max_run,
            max_line_share: core.max_line_share,
            min_letter_share: core.min_letter_share,
            min_sentence_tokens: core.min_sentence_tokens,
            min_function_word_share: core.min_function_word_share,
            min_prompt_overlap: core.min_prompt_overlap,
            min_confidence: core.min_confidence,
        }
    }
}

impl QualitySettings {
    pub(super) const fn core(&self) -> gate::QualitySettings {
        gate::QualitySettings {
            max_repetition: self.max_repetition,
            max_run: self.max_run,
            max_line_share: self.max_line_share,
            min_letter_share: self.min_letter_share,
            min_sentence_tokens: self.min_sentence_tokens,
            min_function_word_share: self.min_function_word_share,
            min_prompt_overlap: self.min_prompt_overlap,
            min_confidence: self.min_confidence,
        }
    }
}

/// What texts are scored by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LexiconSettings {
    /// The score of a text that has none of the words.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub base: f64,
    /// Lists of words that raise or lower the score; at most 10,000 words together.
    #[schemars(length(max = 16))]
    pub lists: Vec<WordListSettings>,
}

/// Words that raise or lower a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WordListSettings {
    /// What the list is called in answers: 1 to 64 printable characters, of at most 128 bytes.
    #[schemars(extend("format" = "name"))]
    pub name: String,
    /// What each occurrence of a word adds to the score.
    #[schemars(range(min = -1.0, max = 1.0))]
    pub weight: f64,
    /// The words: letters, numbers and underscores, in any case; no word stands in two lists.
    #[schemars(length(max = 10_000))]
    pub words: Vec<Word>,
}

impl Default for LexiconSettings {
    fn default() -> Self {
        let core = gate::LexiconSettings::default();
        let list = |list: gate::WordList| WordListSettings {
            name: list.name,
            weight: list.weight,
            words: list.words.into_iter().map(Word::from).collect(),
        };
        Self {
            base: core.base,
            lists: core.lists.into_iter().map(list).collect(),
        }
    }
}

impl LexiconSettings {
    pub(super) fn core(&self) -> gate::LexiconSettings {
        let list = |list: &WordListSettings| gate::WordList {
            name: list.name.clone(),
            weight: list.weight,
            words: list.words.iter().map(Word::to_string).collect(),
        };
        gate::LexiconSettings {
            base: self.base,
            lists: self.lists.iter().map(list).collect(),
        }
    }
}

/// Settings of a breaker; each has defaults of its own.
macro_rules! breaker {
    ($name:ident, $core:expr, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            /// Failures in a row after which it is left alone.
            #[schemars(range(min = 1, max = 4_294_967_295u32))]
            pub failures: u32,
            /// For how long it is left alone, in milliseconds.
            #[schemars(range(max = 86_400_000))]
            pub cooldown_ms: u64,
            /// Successes in a row after which it counts as well again.
            #[schemars(range(min = 1, max = 4_294_967_295u32))]
            pub successes: u32,
        }

        impl Default for $name {
            fn default() -> Self {
                let core = $core;
                Self {
                    failures: core.failures,
                    cooldown_ms: core.cooldown_ms,
                    successes: core.successes,
                }
            }
        }

        impl $name {
            pub(super) const fn core(&self) -> gate::BreakerSettings {
                gate::BreakerSettings {
                    failures: self.failures,
                    cooldown_ms: self.cooldown_ms,
                    successes: self.successes,
                }
            }
        }
    };
}

breaker!(
    EmbeddingBreakerSettings,
    gate::BreakerSettings::EMBEDDING,
    "When embeddings are no longer asked for."
);
breaker!(
    MemoryBreakerSettings,
    gate::BreakerSettings::MEMORY,
    "When the memory is no longer used."
);

/// When everything stops, and starts again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EmergencySettings {
    /// Memory of the server above which everything stops, in bytes.
    #[schemars(range(min = 1, max = 1_125_899_906_842_624u64))]
    pub max_process_memory_bytes: u64,
    /// Memory of one session's memory above which it stops, in bytes.
    #[schemars(range(min = 1, max = 1_125_899_906_842_624u64))]
    pub max_own_memory_bytes: u64,
    /// Share of `max_process_memory_bytes` down to which the server must come before it goes on.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub recovery_share: f64,
    /// How long it stops, in milliseconds; 0: until enough requests were refused.
    #[schemars(range(max = 86_400_000))]
    pub cooldown_ms: u64,
    /// Refused requests after which it goes on.
    #[schemars(range(min = 1, max = 4_294_967_295u32))]
    pub recovery_steps: u32,
    /// Emergencies from which on it does not go on by itself.
    #[schemars(range(min = 1, max = 4_294_967_295u32))]
    pub max_emergencies: u32,
    /// After how long one emergency is forgotten, in milliseconds.
    #[schemars(range(min = 1, max = 2_592_000_000u64))]
    pub clean_period_ms: u64,
}

impl Default for EmergencySettings {
    fn default() -> Self {
        let core = gate::EmergencySettings::default();
        Self {
            max_process_memory_bytes: core.max_process_memory_bytes,
            max_own_memory_bytes: core.max_own_memory_bytes,
            recovery_share: core.recovery_share,
            cooldown_ms: core.cooldown_ms.unwrap_or(0),
            recovery_steps: core.recovery_steps,
            max_emergencies: core.max_emergencies,
            clean_period_ms: core.clean_period_ms,
        }
    }
}

impl EmergencySettings {
    pub(super) fn core(&self) -> gate::EmergencySettings {
        gate::EmergencySettings {
            max_process_memory_bytes: self.max_process_memory_bytes,
            max_own_memory_bytes: self.max_own_memory_bytes,
            recovery_share: self.recovery_share,
            cooldown_ms: Some(self.cooldown_ms).filter(|time| *time > 0),
            recovery_steps: self.recovery_steps,
            max_emergencies: self.max_emergencies,
            clean_period_ms: self.clean_period_ms,
        }
    }
}
