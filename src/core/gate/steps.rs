//! What a host must do for a request, and what it says came of it.

use super::answer::Answer;

/// A prompt for a language model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Request<'a> {
    /// The prompt; not blank.
    pub prompt: &'a str,
    /// The prompt's score, 0 to 1; none: that of its text.
    pub score: Option<f64>,
    /// Tokens that the answer may have, 1 to 1,000,000; none: as configured.
    pub max_tokens: Option<u32>,
    /// Entries to recall, 1 to 1,000; none: as configured.
    pub top_k: Option<u32>,
    /// The prompt's embedding, where the caller has it: finite values of the configured number.
    pub vector: Option<&'a [f32]>,
    /// Whom what is remembered comes from, by which it can be forgotten; 1 to 256 bytes.
    pub source_name: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// A prompt, and everything else as configured.
    #[must_use]
    pub const fn new(prompt: &'a str) -> Self {
        Self {
            prompt,
            score: None,
            max_tokens: None,
            top_k: None,
            vector: None,
            source_name: None,
        }
    }
}

/// Something to remember that no model answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event<'a> {
    /// Finite values of the configured number; stored as they are.
    pub vector: &'a [f32],
    /// The score, 0 to 1.
    pub score: f64,
}

/// What a host must do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Find the embedding of a text; then [`Reply::Embedded`].
    Embed {
        /// The text.
        text: String,
    },
    /// Look into the memory; then [`Reply::Recalled`].
    Recall(Recall),
    /// Ask the model; then [`Reply::Generated`].
    Generate {
        /// What the model is asked, with what was recalled.
        prompt: String,
        /// Tokens that its answer may have.
        max_tokens: u32,
    },
    /// Store something; then [`Reply::Remembered`].
    Remember(Remember),
    /// Move what was stored awake; then [`Reply::Consolidated`].
    Consolidate(Consolidate),
    /// Give the answer. Nothing more is to be done.
    Finished(Box<Answer>),
}

/// What to look for in the memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Recall {
    /// Like what; of length 1.
    pub vector: Vec<f32>,
    /// In which phase, 0 to 1.
    pub phase: f32,
    /// How far from that phase.
    pub phase_tolerance: f32,
    /// How many entries, at most.
    pub top_k: u32,
    /// How confident, at least.
    pub min_confidence: f64,
}

/// Where what is stored comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A model's answer.
    LlmGeneration,
    /// An event.
    System,
}

impl Origin {
    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LlmGeneration => "llm_generation",
            Self::System => "system",
        }
    }
}

/// What to store.
#[derive(Debug, Clone, PartialEq)]
pub struct Remember {
    /// Where; of length 1 for a request, as given for an event.
    pub vector: Vec<f32>,
    /// In which phase, 0 to 1.
    pub phase: f32,
    /// How sure it is, 0 to 1.
    pub confidence: f64,
    /// Where it comes from.
    pub origin: Origin,
    /// What was said; none for an event, or where no text is kept.
    pub text: Option<String>,
    /// Whom it comes from.
    pub source_name: Option<String>,
}

/// What to move on the phase axis. Doing it again changes nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Consolidate {
    /// Every entry at this phase that has not been moved, 0 to 1.
    pub from: f32,
    /// To here, 0 to 1.
    pub to: f32,
    /// How many have been stored since it was last done.
    pub entries: u64,
}

/// One entry that was recalled; the best comes first.
#[derive(Debug, Clone, PartialEq)]
pub struct Recollection {
    /// What was stored with it.
    pub text: Option<String>,
    /// How like the request it is, -1 to 1.
    pub resonance: f32,
}

/// What came of a [`Step`]. A failure is told in words, which may stand in the answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// The embedding.
    Embedded(Result<Vec<f32>, String>),
    /// What was recalled, the best first.
    Recalled(Result<Vec<Recollection>, String>),
    /// The model's answer.
    Generated(Result<String, String>),
    /// Whether the memory has kept it; it may refuse what is too unsure.
    Remembered(Result<bool, String>),
    /// Whether it was moved.
    Consolidated(Result<(), String>),
}

impl Reply {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Embedded(_) => "an embedding",
            Self::Recalled(_) => "recalled entries",
            Self::Generated(_) => "a model's answer",
            Self::Remembered(_) => "the memory's word that it has stored",
            Self::Consolidated(_) => "the memory's word that it has consolidated",
        }
    }
}
