//! How large a phase memory is.

use super::texts::BLOCK_BYTES;
use crate::error::{Check, FieldError, InvalidInput};

/// Largest number of entries.
pub(super) const LARGEST_CAPACITY: u32 = 1_000_000;
/// Largest number of components of a vector.
pub(super) const LARGEST_DIMENSION: u32 = 4_096;
/// Bytes of all texts together.
pub(super) const LARGEST_TEXT_BYTES: u32 = 1 << 30;

/// How large a phase memory is, as a caller writes it down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemorySettings {
    /// Number of components of every vector, 1 to 4,096.
    pub dimension: u32,
    /// Number of entries that are kept, 1 to 1,000,000.
    pub capacity: u32,
    /// Bytes for the texts and source names of all entries together, 0 to 1,073,741,824. Kept in
    /// blocks of 128 bytes; entries give way where a new text needs room.
    pub text_bytes: u32,
    /// Whether to keep a compressed copy of each vector, a quarter of its size, with which the same
    /// answers are found sooner.
    pub compressed_index: bool,
}

impl Default for MemorySettings {
    fn default() -> Self {
        Self {
            dimension: 384,
            capacity: 20_000,
            text_bytes: 8 << 20,
            compressed_index: true,
        }
    }
}

impl MemorySettings {
    /// Adds an error for each field that is out of its range, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        let mut check = Check::at(at, errors);
        let mut within = |field: &str, value: u32, least: u32, most: u32| {
            check.require((least..=most).contains(&value), field, || {
                format!("must be a whole number from {least} to {most}, got {value}")
            });
        };
        within("dimension", self.dimension, 1, LARGEST_DIMENSION);
        within("capacity", self.capacity, 1, LARGEST_CAPACITY);
        within("text_bytes", self.text_bytes, 0, LARGEST_TEXT_BYTES);
    }
}

/// [`MemorySettings`] whose every field is in its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemoryConfig {
    // INVARIANT: `settings.check` finds nothing.
    settings: MemorySettings,
}

impl MemoryConfig {
    /// Takes settings that are in their ranges.
    ///
    /// # Errors
    ///
    /// Every field that is out of its range, with pointers that begin with `/config`.
    pub fn new(settings: MemorySettings) -> Result<Self, InvalidInput> {
        let mut errors = Vec::new();
        settings.check("/config", &mut errors);
        InvalidInput::check(errors)?;
        Ok(Self { settings })
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &MemorySettings {
        &self.settings
    }

    pub(super) const fn dimension(&self) -> usize {
        self.settings.dimension as usize
    }

    pub(super) const fn capacity(&self) -> usize {
        self.settings.capacity as usize
    }

    pub(super) const fn text_blocks(&self) -> usize {
        self.settings.text_bytes as usize / BLOCK_BYTES
    }
}
