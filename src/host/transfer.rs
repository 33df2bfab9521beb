//! A journal as lines of JSON, to keep elsewhere or to move into another store.
//!
//! The first line names the format; then each chain (`chain`), followed by its events as they are stored; then
//! checkpoints and API keys; the last line (`end`) counts what came before it, so that a file that was cut off is
//! told from a whole one.

mod export;
mod import;

pub(crate) use export::export;
pub(crate) use import::import;

use assize_journal::{Checkpoint, Tombstone};
use serde::{Deserialize, Serialize};

/// Of the format.
const VERSION: u32 = 1;
/// Events that are read or written at one time.
const PAGE: usize = 500;

/// How much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) chains: u64,
    pub(crate) events: u64,
    pub(crate) checkpoints: u64,
    pub(crate) keys: u64,
}

/// Every line but events.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    AssizeJournal {
        version: u32,
    },
    Chain {
        /// As `Head` writes itself.
        head: serde_json::Value,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tombstone: Option<Tombstone>,
        /// The sequence after which the last state was kept, and the state in base64.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        snapshot: Option<(u64, String)>,
    },
    Checkpoint(Checkpoint),
    Key {
        id: String,
        record: String,
    },
    End(Counts),
}
