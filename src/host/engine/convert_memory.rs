//! Values of the memory as arguments of the component, and its results as values of the core.

use super::owning_wit::memory as wit;
use assize_core::memory as core;

record!(core::MemorySettings => wit::Config { dimension, capacity, text_bytes, compressed_index });
record!(wit::Config => core::MemorySettings { dimension, capacity, text_bytes, compressed_index });
record!(core::SynapticSettings => wit::SynapticConfig {
    dimension ; lambda, theta, gating, transfer
});
record!(wit::SynapticConfig => core::SynapticSettings {
    dimension ; lambda, theta, gating, transfer
});
record!(wit::Usage => core::Usage { entries, capacity, consolidated, text_bytes, bytes });
record!(wit::Entry => core::Entry {
    id, phase, confidence, consolidated, source_name, text, timestamp, expires_at, parent ; source
});
record!(wit::Recollection => core::Recollection { resonance ; entry });

cases!(core::Source => wit::Source { UserInput, LlmGeneration, Retrieved, System });
cases!(wit::Source => core::Source { UserInput, LlmGeneration, Retrieved, System });
cases!(core::Transfer => wit::Transfer { Norm, PerComponent });
cases!(wit::Transfer => core::Transfer { Norm, PerComponent });

impl From<wit::Inserted> for core::Inserted {
    fn from(value: wit::Inserted) -> Self {
        match value {
            wit::Inserted::Stored(wit::Stored { id, evicted }) => Self::Stored { id, evicted },
            wit::Inserted::Refused(wit::Refused {
                confidence,
                required,
            }) => Self::Refused {
                confidence,
                required,
            },
        }
    }
}

fn new_entry(value: &core::NewEntry<'_>) -> wit::NewEntry {
    wit::NewEntry {
        vector: value.vector.to_vec(),
        phase: value.phase,
        confidence: value.confidence,
        source: value.source.into(),
        source_name: value.source_name.map(str::to_owned),
        text: value.text.map(str::to_owned),
        timestamp: value.timestamp,
        expires_at: value.expires_at,
        parent: value.parent,
    }
}

pub(super) fn new_entries(values: &[core::NewEntry<'_>]) -> Vec<wit::NewEntry> {
    values.iter().map(new_entry).collect()
}

pub(super) fn query(value: &core::Query<'_>) -> wit::Query {
    wit::Query {
        vector: value.vector.to_vec(),
        phase: value.phase,
        tolerance: value.tolerance,
        top_k: value.top_k,
        min_confidence: value.min_confidence,
    }
}
