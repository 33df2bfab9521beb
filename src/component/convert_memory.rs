//! Values of the memory as values of WIT, and back.

use crate::bindings::exports::assize::core::memory as wit;
use crate::convert::{cases, record};
use assize_core::memory as core;

record!(wit::Config => core::MemorySettings { dimension, capacity, text_bytes, compressed_index });
record!(core::MemorySettings => wit::Config { dimension, capacity, text_bytes, compressed_index });
record!(wit::SynapticConfig => core::SynapticSettings {
    dimension ; lambda, theta, gating, transfer
});
record!(core::SynapticSettings => wit::SynapticConfig {
    dimension ; lambda, theta, gating, transfer
});
record!(core::Usage => wit::Usage { entries, capacity, consolidated, text_bytes, bytes });
record!(core::Entry => wit::Entry {
    id, phase, confidence, consolidated, source_name, text, timestamp, expires_at, parent ; source
});
record!(core::Recollection => wit::Recollection { resonance ; entry });

cases!(wit::Source => core::Source { UserInput, LlmGeneration, Retrieved, System });
cases!(core::Source => wit::Source { UserInput, LlmGeneration, Retrieved, System });
cases!(wit::Transfer => core::Transfer { Norm, PerComponent });
cases!(core::Transfer => wit::Transfer { Norm, PerComponent });

impl From<core::Inserted> for wit::Inserted {
    fn from(value: core::Inserted) -> Self {
        match value {
            core::Inserted::Stored { id, evicted } => Self::Stored(wit::Stored { id, evicted }),
            core::Inserted::Refused {
                confidence,
                required,
            } => Self::Refused(wit::Refused {
                confidence,
                required,
            }),
        }
    }
}

pub(crate) fn new_entry(value: &wit::NewEntry) -> core::NewEntry<'_> {
    core::NewEntry {
        vector: &value.vector,
        phase: value.phase,
        confidence: value.confidence,
        source: value.source.into(),
        source_name: value.source_name.as_deref(),
        text: value.text.as_deref(),
        timestamp: value.timestamp,
        expires_at: value.expires_at,
        parent: value.parent,
    }
}

pub(crate) fn query(value: &wit::Query) -> core::Query<'_> {
    core::Query {
        vector: &value.vector,
        phase: value.phase,
        tolerance: value.tolerance,
        top_k: value.top_k,
        min_confidence: value.min_confidence,
    }
}
