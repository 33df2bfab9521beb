//! The gate and its memory: what is restored, what is refused, and that whatever is accepted can go on.

mod controllers;
mod gates;
mod memories;
mod operations;
mod requests;
pub mod seeds;

pub use controllers::controller_snapshot;
pub use gates::gate_snapshot;
pub use memories::memory_snapshot;
pub use operations::memory_operations;
pub use requests::gate_request;

use super::Outcomes;
use assize_core::controller::{Controller, ControllerConfig, ControllerSettings};
use assize_core::embedding::HashingEmbedder;
use assize_core::memory::{MemoryConfig, MemorySettings};

/// An answer that a model gave.
pub(crate) const SAID: &str =
    "The court hears both sides before it decides anything, and it says in public why it did.";
/// What a memory may take here, in bytes.
const MOST_BYTES: u64 = 1 << 24;

/// Settings of a session that is small.
fn small() -> ControllerSettings {
    let memory = MemorySettings {
        capacity: 5,
        text_bytes: 8 * 128,
        ..MemorySettings::default()
    };
    ControllerSettings {
        memory,
        ..ControllerSettings::default()
    }
    .with_dimension(8)
}

fn controller(settings: ControllerSettings) -> Controller {
    let config = ControllerConfig::new(settings).expect("in their ranges");
    Controller::new(config).expect("it is small")
}

/// Whether a manifest is of a memory for which there is no room here.
fn is_too_large(manifest: &[u8]) -> bool {
    let number = |at: usize| {
        let bytes = manifest.get(at..).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
    };
    let settings = MemorySettings {
        dimension: number(5),
        capacity: number(9),
        text_bytes: number(13),
        compressed_index: true,
    };
    MemoryConfig::new(settings).is_ok_and(|config| config.bytes() > MOST_BYTES)
}

/// Where each snapshot begins that stands in `data`.
fn beginnings(data: &[u8]) -> Vec<usize> {
    let windows = data.windows(3).enumerate();
    let begun = windows.filter(|(_, window)| window == b"ASZ");
    begun.map(|(at, _)| at).collect()
}

/// Embeds `data` as a text, in dimensions from 1 to 256.
///
/// # Panics
///
/// Where a property does not hold.
pub fn embedding(data: &[u8]) -> Outcomes {
    let text = String::from_utf8_lossy(data);
    let mut outcomes = Outcomes::new();
    for dimension in [1, 2, 3, 8, 256] {
        let embedder = HashingEmbedder::new(dimension).expect("a dimension");
        let embedded = embedder.embed(&text);
        outcomes.push(("text", embedded.is_ok()));
        assert_eq!(embedder.embed(&text), embedded);
        let Ok(vector) = embedded else {
            continue;
        };
        assert_eq!(vector.len(), dimension as usize);
        assert!(vector.iter().all(|number| number.is_finite()));
        let squares: f64 = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
        assert!((squares.sqrt() - 1.0).abs() < 1e-5, "{squares} {text:?}");
    }
    outcomes
}
