//! Bounds that hold however an engine is configured.

/// A bound that a call ran into.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("limit `{name}` reached: {observed} is more than {limit}")]
pub struct LimitReached {
    /// Which bound, in the words of the configuration, as in `session-cycles`.
    pub name: String,
    /// The bound, in the unit that the name says.
    pub limit: u64,
    /// What was asked for or seen, in the same unit.
    pub observed: u64,
}

impl LimitReached {
    /// An error if `observed` is more than `limit`.
    ///
    /// # Errors
    ///
    /// The limit itself, with both numbers.
    pub fn check(name: &'static str, limit: usize, observed: usize) -> Result<(), Self> {
        if observed <= limit {
            return Ok(());
        }
        Err(Self {
            name: name.to_owned(),
            limit: limit as u64,
            observed: observed as u64,
        })
    }
}

/// Cycles that one session may hold, reopened or not.
pub(crate) const SESSION_CYCLES: usize = 10_000;
/// Wisdom records that one session may hold.
pub(crate) const WISDOM_RECORDS: usize = 10_000;
/// Bytes of text of all wisdom records of one session, which every call on it reads and writes.
pub(crate) const WISDOM_BYTES: usize = 256 * 1024;
/// Bytes of one text of a wisdom record.
pub(crate) const WISDOM_TEXT_BYTES: usize = 16 * 1024;
/// Largest budget, rate or improvement, so that no sum of them leaves the finite numbers.
pub(crate) const LARGEST_AMOUNT: f64 = 1e6;
/// Bytes of the name of a reasoner.
pub(crate) const ENGINE_ID_BYTES: usize = 256;
