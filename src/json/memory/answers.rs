//! What a memory answers, in the shape of the JSON: field order is the order in the document.

use crate::floats::shortest;
use assize_core::memory::{Entry, Inserted, Recollection, Usage};
use serde::Serialize;
use utoipa::ToSchema;

/// What became of an entry that was to be stored.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InsertedAnswer<'a> {
    /// It is stored.
    Stored {
        /// By which it is known from now on; ids grow.
        id: u64,
        /// What had to give way, in that order.
        evicted: &'a [u64],
    },
    /// Its confidence is too low; nothing changed.
    Refused {
        /// Its confidence.
        confidence: f64,
        /// The confidence from which it would have been stored.
        required: f64,
    },
}

impl<'a> From<&'a Inserted> for InsertedAnswer<'a> {
    fn from(inserted: &'a Inserted) -> Self {
        match inserted {
            Inserted::Stored { id, evicted } => Self::Stored { id: *id, evicted },
            Inserted::Refused {
                confidence,
                required,
            } => Self::Refused {
                confidence: *confidence,
                required: *required,
            },
        }
    }
}

/// What became of the entries of one request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InsertAnswer<'a> {
    /// How many are stored.
    pub stored: usize,
    /// How many are refused for their confidence.
    pub refused: usize,
    /// One for each entry, in the order of the request.
    pub entries: Vec<InsertedAnswer<'a>>,
}

impl<'a> From<&'a [Inserted]> for InsertAnswer<'a> {
    fn from(inserted: &'a [Inserted]) -> Self {
        let stored = inserted.iter().filter_map(Inserted::id).count();
        Self {
            stored,
            refused: inserted.len() - stored,
            entries: inserted.iter().map(Into::into).collect(),
        }
    }
}

/// An entry that is stored, without its vector.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EntryAnswer<'a> {
    /// By which it is known; newer entries have higher ids.
    pub id: u64,
    /// 0 to 1; 0.9 once it is consolidated.
    pub phase: f64,
    /// 0.5 to 1.
    pub confidence: f64,
    /// Whether it was consolidated: found in its first phase, too, and evicted last.
    pub consolidated: bool,
    /// `user_input`, `llm_generation`, `retrieved` or `system`.
    #[schema(example = "user_input")]
    pub source: &'static str,
    /// Whom or what it comes from.
    pub source_name: Option<&'a str>,
    /// The text that its vector stands for.
    pub text: Option<&'a str>,
    /// Milliseconds since 1970-01-01 UTC.
    pub timestamp: u64,
    /// Milliseconds since 1970-01-01 UTC, from when on it is not found.
    pub expires_at: Option<u64>,
    /// The id of the entry that it was made from.
    pub parent: Option<u64>,
}

impl<'a> From<&'a Entry> for EntryAnswer<'a> {
    fn from(entry: &'a Entry) -> Self {
        Self {
            id: entry.id,
            phase: shortest(entry.phase),
            confidence: entry.confidence,
            consolidated: entry.consolidated,
            source: entry.source.as_str(),
            source_name: entry.source_name.as_deref(),
            text: entry.text.as_deref(),
            timestamp: entry.timestamp,
            expires_at: entry.expires_at,
            parent: entry.parent,
        }
    }
}

/// Entries by their ids, the oldest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EntriesAnswer<'a> {
    /// The entries.
    pub entries: Vec<EntryAnswer<'a>>,
    /// After which id to go on; null where there are no more.
    pub next: Option<u64>,
}

impl<'a> EntriesAnswer<'a> {
    /// The entries of a page that may hold `count`.
    #[must_use]
    pub fn page(entries: &'a [Entry], count: usize) -> Self {
        let last = entries.last().filter(|_| entries.len() >= count);
        Self {
            entries: entries.iter().map(Into::into).collect(),
            next: last.map(|entry| entry.id),
        }
    }
}

/// An entry that was found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FoundAnswer<'a> {
    /// How like it is: the cosine of the angle between the vectors, about -1 to 1.
    pub resonance: f64,
    /// The entry.
    pub entry: EntryAnswer<'a>,
}

impl<'a> From<&'a Recollection> for FoundAnswer<'a> {
    fn from(found: &'a Recollection) -> Self {
        Self {
            resonance: shortest(found.resonance),
            entry: (&found.entry).into(),
        }
    }
}

/// What was found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FoundEntriesAnswer<'a> {
    /// The best first.
    pub entries: Vec<FoundAnswer<'a>>,
}

impl<'a> From<&'a [Recollection]> for FoundEntriesAnswer<'a> {
    fn from(found: &'a [Recollection]) -> Self {
        Self {
            entries: found.iter().map(Into::into).collect(),
        }
    }
}

/// What was removed.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct RemovedAnswer {
    /// How many entries.
    pub removed: u32,
}

/// What a memory holds.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct UsageAnswer {
    /// Entries that are kept at most.
    pub capacity: u32,
    /// Entries, with those that have expired and were not removed yet.
    pub used: u32,
    /// How many of them are consolidated.
    pub consolidated: u32,
    /// Bytes of memory that are set aside, full or not.
    pub memory_bytes: u64,
    /// The same in units of 1,048,576 bytes, rounded to 2 decimals.
    pub memory_mb: f64,
    /// Bytes of the blocks that hold texts.
    pub text_bytes: u64,
}

impl From<Usage> for UsageAnswer {
    fn from(usage: Usage) -> Self {
        let memory_mb = usage.bytes as f64 / f64::from(1 << 20);
        Self {
            capacity: usage.capacity,
            used: usage.entries,
            consolidated: usage.consolidated,
            memory_bytes: usage.bytes,
            memory_mb: (memory_mb * 100.0).round() / 100.0,
            text_bytes: usage.text_bytes,
        }
    }
}
