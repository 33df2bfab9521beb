//! Why a call has no answer. Whatever the error, state is as it was before the call.

use crate::limits::{LARGEST_AMOUNT, LimitReached};
use crate::snapshot::SnapshotError;

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The caller's values are not acceptable; names every field that is wrong.
    #[error(transparent)]
    InvalidInput(#[from] InvalidInput),
    /// A bound was reached.
    #[error(transparent)]
    Limit(#[from] LimitReached),
    /// The state does not permit this call; the text says which state and what to do.
    #[error("{0}")]
    Conflict(String),
    /// These bytes are no snapshot that can be restored; the text is that of a [`SnapshotError`].
    #[error("{0}")]
    CorruptSnapshot(String),
}

impl From<SnapshotError> for Error {
    fn from(error: SnapshotError) -> Self {
        Self::CorruptSnapshot(error.to_string())
    }
}

/// Fields whose values are not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", describe(.errors))]
pub struct InvalidInput {
    // INVARIANT: never empty.
    errors: Vec<FieldError>,
}

/// One value that is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) to the value, as in `/left/confidence`; empty for the whole input.
    pub pointer: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl FieldError {
    /// An error at a place.
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            message: message.into(),
        }
    }
}

impl InvalidInput {
    /// `Ok` where there are no errors.
    ///
    /// # Errors
    ///
    /// All the given errors, in the given order.
    pub fn check(errors: Vec<FieldError>) -> Result<(), Self> {
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Self { errors })
        }
    }

    /// An error about a single field.
    #[must_use]
    pub fn single(error: FieldError) -> Self {
        Self {
            errors: vec![error],
        }
    }

    /// The errors, in the order of the fields; at least one.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// The errors, in the order of the fields; at least one.
    #[must_use]
    pub fn into_errors(self) -> Vec<FieldError> {
        self.errors
    }
}

fn describe(errors: &[FieldError]) -> String {
    let mut text = String::new();
    for error in errors {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push('`');
        text.push_str(&error.pointer);
        text.push_str("` ");
        text.push_str(&error.message);
    }
    text
}

/// Collects errors below one place of the input.
#[derive(Debug)]
pub(crate) struct Check<'a> {
    pointer: &'a str,
    errors: &'a mut Vec<FieldError>,
}

impl<'a> Check<'a> {
    pub(crate) const fn at(pointer: &'a str, errors: &'a mut Vec<FieldError>) -> Self {
        Self { pointer, errors }
    }

    pub(crate) fn require(&mut self, holds: bool, field: &str, message: impl FnOnce() -> String) {
        if !holds {
            let pointer = format!("{}/{field}", self.pointer);
            self.errors.push(FieldError::new(pointer, message()));
        }
    }

    pub(crate) fn unit_interval(&mut self, field: &str, value: f64) {
        self.require((0.0..=1.0).contains(&value), field, || {
            format!("must be a number from 0 to 1, got {value}")
        });
    }

    pub(crate) fn amount(&mut self, field: &str, value: f64) {
        self.require((0.0..=LARGEST_AMOUNT).contains(&value), field, || {
            format!("must be a number from 0 to {LARGEST_AMOUNT}, got {value}")
        });
    }

    pub(crate) fn at_least_one(&mut self, field: &str, value: u32) {
        self.require(value >= 1, field, || {
            format!("must be a whole number of at least 1, got {value}")
        });
    }

    pub(crate) fn not_blank(&mut self, field: &str, value: &str) {
        self.require(!crate::text::is_blank(value), field, || {
            "must not be empty or blank".to_owned()
        });
    }
}
