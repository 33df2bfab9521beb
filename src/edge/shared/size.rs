//! How much may be kept under one name where memory is short.

use assize_service::{Append, Head, StoreError};

/// Whether a chain is a knowledge base or the names of some: those are kept until they are deleted.
#[must_use]
pub fn is_knowledge(head: &Head) -> bool {
    head.engine.starts_with("rules:")
}

/// Refuses a change that leaves a knowledge base with more than `most` bytes: the sources of all versions that are
/// kept, and its facts. Whoever asks it reads all of it into memory. What comes after its last state weighs
/// less than that does: a change without a state adds little.
///
/// # Errors
///
/// [`StoreError::Full`].
pub fn check_size(append: &Append, most: usize) -> Result<(), StoreError> {
    let bytes = append.snapshot.as_ref().map_or(0, |state| state.len());
    if is_knowledge(&append.head) && bytes > most {
        return Err(StoreError::Full {
            name: "knowledge-base-bytes",
            limit: most as u64,
        });
    }
    Ok(())
}
