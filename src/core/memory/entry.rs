//! What goes into a phase memory and what comes out.

use super::kernel;
use super::settings::MemoryConfig;
use crate::error::{Check, FieldError};

/// Confidence from which an entry is stored.
pub const STORAGE_CONFIDENCE: f64 = 0.5;
/// Phase that entries have once they are consolidated.
pub const CONSOLIDATED_PHASE: f32 = 0.9;
/// Largest magnitude of a component.
pub(super) const LARGEST_COMPONENT: f32 = 1e18;
/// Largest norm, so that no product of two norms overflows.
pub(super) const LARGEST_NORM: f32 = 1e19;
/// Bytes of one entry's text.
pub(super) const ENTRY_TEXT_BYTES: usize = 16 * 1024;
/// Bytes of one entry's source name.
pub(super) const SOURCE_NAME_BYTES: usize = 256;
/// Largest number of entries that a search gives.
pub(super) const LARGEST_TOP_K: u32 = 10_000;

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Source {
    /// A user wrote it.
    UserInput,
    /// A language model wrote it.
    LlmGeneration,
    /// It was found elsewhere.
    Retrieved,
    /// The system itself.
    #[default]
    System,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::UserInput,
        Self::LlmGeneration,
        Self::Retrieved,
        Self::System,
    ];

    /// The name in requests and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserInput => "user_input",
            Self::LlmGeneration => "llm_generation",
            Self::Retrieved => "retrieved",
            Self::System => "system",
        }
    }

    /// The source with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == name)
    }
}

/// An entry that is to be stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewEntry<'a> {
    /// As many finite numbers as the memory has dimensions, each of magnitude at most 1e18; its norm
    /// is at most 1e19. It need not be normalised, and may be zero.
    pub vector: &'a [f32],
    /// 0 to 1; 0.1 is the wake phase, 0.9 the sleep phase.
    pub phase: f32,
    /// 0 to 1; below [`STORAGE_CONFIDENCE`] the entry is refused.
    pub confidence: f64,
    /// Where it comes from.
    pub source: Source,
    /// Whom or what it comes from, by which it can be forgotten; 1 to 256 bytes.
    pub source_name: Option<&'a str>,
    /// The text that the vector stands for; 1 to 16,384 bytes, and no more than the memory has for texts.
    pub text: Option<&'a str>,
    /// Milliseconds since 1970; none for the time of the call.
    pub timestamp: Option<u64>,
    /// Milliseconds since 1970, later than now: from then on it is never found.
    pub expires_at: Option<u64>,
    /// The entry that it was made from; that one may be gone.
    pub parent: Option<u64>,
}

impl<'a> NewEntry<'a> {
    /// An entry of the system, with confidence 1 and nothing else.
    #[must_use]
    pub const fn new(vector: &'a [f32], phase: f32) -> Self {
        Self {
            vector,
            phase,
            confidence: 1.0,
            source: Source::System,
            source_name: None,
            text: None,
            timestamp: None,
            expires_at: None,
            parent: None,
        }
    }

    /// Adds an error for each field that is not acceptable.
    pub(super) fn check(
        &self,
        at: &str,
        config: &MemoryConfig,
        next_id: u64,
        now: u64,
        errors: &mut Vec<FieldError>,
    ) {
        check_vector(at, self.vector, config.dimension(), errors);
        let mut check = Check::at(at, errors);
        check.unit_interval("phase", f64::from(self.phase));
        check.unit_interval("confidence", self.confidence);
        let room = config.text_blocks() * super::texts::BLOCK_BYTES;
        let mut length = |field: &str, text: Option<&str>, most: usize| {
            let length = text.map_or(1, str::len);
            check.require((1..=most).contains(&length), field, || {
                format!("must have 1 to {most} bytes, or be left out, got {length}")
            });
        };
        if let Some(name) = self.source_name {
            length("source_name", Some(name), SOURCE_NAME_BYTES.min(room));
        }
        if let Some(text) = self.text {
            let taken = self.source_name.map_or(0, str::len);
            length(
                "text",
                Some(text),
                ENTRY_TEXT_BYTES.min(room.saturating_sub(taken)),
            );
        }
        check.require(
            self.expires_at.is_none_or(|at| at > now),
            "expires_at",
            || format!("must be later than {now}, the time of the call"),
        );
        check.require(
            self.parent
                .is_none_or(|parent| (1..next_id).contains(&parent)),
            "parent",
            || "must be the id of an entry that was stored before".to_owned(),
        );
    }
}

/// Adds an error for the first component that is not acceptable, or for the whole vector.
pub(super) fn check_vector(
    at: &str,
    vector: &[f32],
    dimension: usize,
    errors: &mut Vec<FieldError>,
) {
    if check_components(at, vector, dimension, LARGEST_COMPONENT, errors) {
        let norm = kernel::norm(vector);
        Check::at(at, errors).require(norm <= LARGEST_NORM, "vector", || {
            format!("must have a norm of at most {LARGEST_NORM:e}, got {norm:e}")
        });
    }
}

/// Adds an error for the number of components, or for the first that is not finite or too large.
pub(super) fn check_components(
    at: &str,
    vector: &[f32],
    dimension: usize,
    largest: f32,
    errors: &mut Vec<FieldError>,
) -> bool {
    let mut check = Check::at(at, errors);
    let acceptable = |number: &f32| number.abs() <= largest;
    if vector.len() != dimension {
        check.require(false, "vector", || {
            format!("must have {dimension} numbers, got {}", vector.len())
        });
    } else if let Some(index) = vector.iter().position(|number| !acceptable(number)) {
        let found = vector.get(index).copied().unwrap_or_default();
        check.require(false, &format!("vector/{index}"), || {
            if largest == f32::MAX {
                format!("must be a finite number, got {found}")
            } else {
                format!("must be a finite number of magnitude at most {largest:e}, got {found:e}")
            }
        });
    } else {
        return true;
    }
    false
}

/// What became of an entry that was to be stored.
#[derive(Debug, Clone, PartialEq)]
pub enum Inserted {
    /// It is stored.
    Stored {
        /// By which it is known from now on; ids grow.
        id: u64,
        /// What had to give way, in that order.
        evicted: Vec<u64>,
    },
    /// Its confidence is too low; nothing changed.
    Refused {
        /// Its confidence.
        confidence: f64,
        /// The confidence from which it would have been stored.
        required: f64,
    },
}

impl Inserted {
    /// The id, if it is stored.
    #[must_use]
    pub const fn id(&self) -> Option<u64> {
        match self {
            Self::Stored { id, .. } => Some(*id),
            Self::Refused { .. } => None,
        }
    }
}

/// An entry that is stored, without its vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// By which it is known; newer entries have higher ids.
    pub id: u64,
    /// 0 to 1; [`CONSOLIDATED_PHASE`] once it is consolidated.
    pub phase: f32,
    /// 0.5 to 1.
    pub confidence: f64,
    /// Whether it was consolidated: found in its first phase, too, and evicted last.
    pub consolidated: bool,
    /// Where it comes from.
    pub source: Source,
    /// Whom or what it comes from.
    pub source_name: Option<String>,
    /// The text that its vector stands for.
    pub text: Option<String>,
    /// Milliseconds since 1970.
    pub timestamp: u64,
    /// Milliseconds since 1970, from when on it is not found.
    pub expires_at: Option<u64>,
    /// The entry that it was made from.
    pub parent: Option<u64>,
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Query<'a> {
    /// As a stored vector.
    pub vector: &'a [f32],
    /// 0 to 1.
    pub phase: f32,
    /// How far an entry's phase may be from `phase`, at least 0; both are compared as 32-bit floats.
    pub tolerance: f32,
    /// How many entries to give at most, 1 to 10,000.
    pub top_k: u32,
    /// Least confidence, 0 to 1.
    pub min_confidence: f64,
}

impl<'a> Query<'a> {
    /// The five entries most like a vector, with the usual tolerance of 0.15.
    #[must_use]
    pub const fn new(vector: &'a [f32], phase: f32) -> Self {
        Self {
            vector,
            phase,
            tolerance: 0.15,
            top_k: 5,
            min_confidence: 0.0,
        }
    }

    /// Adds an error for each field that is not acceptable.
    pub(super) fn check(&self, dimension: usize, errors: &mut Vec<FieldError>) {
        check_vector("", self.vector, dimension, errors);
        let mut check = Check::at("", errors);
        check.unit_interval("phase", f64::from(self.phase));
        let tolerance = self.tolerance;
        check.require(
            tolerance >= 0.0 && tolerance.is_finite(),
            "tolerance",
            || format!("must be a number of at least 0, got {tolerance}"),
        );
        check.require((1..=LARGEST_TOP_K).contains(&self.top_k), "top_k", || {
            format!(
                "must be a whole number from 1 to {LARGEST_TOP_K}, got {}",
                self.top_k
            )
        });
        check.unit_interval("min_confidence", self.min_confidence);
    }
}

/// An entry that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Recollection {
    /// Cosine of the angle between the vectors as 32-bit floats give it: about -1 to 1, a bit more
    /// for equal vectors. 0 where either vector is zero.
    pub resonance: f32,
    /// The entry.
    pub entry: Entry,
}
