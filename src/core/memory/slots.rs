//! What is kept of each entry, slot by slot, without gaps: one array for each field that a search
//! looks at, one record for the rest.

use super::codes::Codes;
use super::entry::{Entry, NewEntry, Source};
use super::kernel;
use super::settings::MemoryConfig;
use super::texts::{Chain, Texts};
use super::{NoRoom, reserve};

/// `expires_at` of an entry that does not expire.
pub(super) const NEVER: u64 = u64::MAX;
/// No norm is less, so that nothing is divided by zero.
const NORM_FLOOR: f32 = 1e-9;

/// The norm that resonance divides by.
pub(super) fn floored_norm(vector: &[f32]) -> f32 {
    kernel::norm(vector).max(NORM_FLOOR)
}

/// What a search does not look at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Record {
    pub(super) timestamp: u64,
    /// 0 for none.
    pub(super) parent: u64,
    pub(super) chain: Chain,
    pub(super) source: Source,
    pub(super) consolidated: bool,
}

/// The fields of one entry, apart from its vector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fields {
    pub(super) id: u64,
    pub(super) phase: f32,
    pub(super) first_phase: f32,
    pub(super) confidence: f64,
    pub(super) expires_at: u64,
    pub(super) record: Record,
}

impl Fields {
    pub(super) fn of(entry: &NewEntry<'_>, id: u64, now: u64, chain: Chain) -> Self {
        Self {
            id,
            phase: entry.phase,
            first_phase: entry.phase,
            confidence: entry.confidence,
            expires_at: entry.expires_at.unwrap_or(NEVER),
            record: Record {
                timestamp: entry.timestamp.unwrap_or(now),
                parent: entry.parent.unwrap_or(0),
                chain,
                source: entry.source,
                consolidated: false,
            },
        }
    }

    /// What is evicted first is least: among those not consolidated the least confident, of them the oldest.
    pub(super) const fn eviction_key(&self) -> (bool, u64, u64) {
        // Confidences are positive, so their bits are in their order.
        (self.record.consolidated, self.confidence.to_bits(), self.id)
    }

    pub(super) fn entry(&self, texts: &Texts) -> Entry {
        let (source_name, text) = texts.read(self.record.chain);
        Entry {
            id: self.id,
            phase: self.phase,
            confidence: self.confidence,
            consolidated: self.record.consolidated,
            source: self.record.source,
            source_name,
            text,
            timestamp: self.record.timestamp,
            expires_at: (self.expires_at != NEVER).then_some(self.expires_at),
            parent: (self.record.parent != 0).then_some(self.record.parent),
        }
    }
}

#[derive(Debug)]
pub(super) struct Slots {
    dimension: usize,
    /// As many rows as there ever were slots; those beyond the last slot are zero.
    vectors: Vec<f32>,
    pub(super) codes: Option<Codes>,
    pub(super) norms: Vec<f32>,
    pub(super) phases: Vec<f32>,
    pub(super) first_phases: Vec<f32>,
    pub(super) confidences: Vec<f64>,
    pub(super) expiries: Vec<u64>,
    pub(super) ids: Vec<u64>,
    records: Vec<Record>,
}

impl Slots {
    pub(super) fn new(config: &MemoryConfig) -> Result<Self, NoRoom> {
        let (dimension, capacity) = (config.dimension(), config.capacity());
        let codes = config.settings().compressed_index;
        Ok(Self {
            dimension,
            vectors: reserve(capacity.saturating_mul(dimension))?,
            codes: codes.then(|| Codes::new(dimension, capacity)).transpose()?,
            norms: reserve(capacity)?,
            phases: reserve(capacity)?,
            first_phases: reserve(capacity)?,
            confidences: reserve(capacity)?,
            expiries: reserve(capacity)?,
            ids: reserve(capacity)?,
            records: reserve(capacity)?,
        })
    }

    /// Bytes of memory that are set aside for a configuration.
    pub(super) fn bytes_of(config: &MemoryConfig) -> u64 {
        let each = 3 * size_of::<f32>() + 3 * size_of::<u64>() + size_of::<Record>();
        let row = config.dimension() * size_of::<f32>();
        let codes = if config.settings().compressed_index {
            Codes::row_bytes_of(config.dimension())
        } else {
            0
        };
        config.capacity() as u64 * (each + row + codes) as u64
    }

    pub(super) fn bytes(&self) -> u64 {
        let floats = self.vectors.capacity()
            + self.norms.capacity()
            + self.phases.capacity()
            + self.first_phases.capacity();
        let wide = self.confidences.capacity() + self.expiries.capacity() + self.ids.capacity();
        let bytes = floats * size_of::<f32>()
            + wide * size_of::<u64>()
            + self.records.capacity() * size_of::<Record>()
            + self.codes.as_ref().map_or(0, Codes::bytes);
        bytes as u64
    }

    pub(super) const fn len(&self) -> usize {
        self.ids.len()
    }

    /// The vector at a slot; empty beyond the last one.
    #[inline]
    pub(super) fn vector(&self, slot: usize) -> &[f32] {
        let start = slot * self.dimension;
        self.vectors
            .get(start..start + self.dimension)
            .unwrap_or_default()
    }

    fn vector_mut(&mut self, slot: usize) -> &mut [f32] {
        let start = slot * self.dimension;
        self.vectors
            .get_mut(start..start + self.dimension)
            .unwrap_or_default()
    }

    pub(super) fn fields(&self, slot: usize) -> Option<Fields> {
        Some(Fields {
            id: *self.ids.get(slot)?,
            phase: *self.phases.get(slot)?,
            first_phase: *self.first_phases.get(slot)?,
            confidence: *self.confidences.get(slot)?,
            expires_at: *self.expiries.get(slot)?,
            record: *self.records.get(slot)?,
        })
    }

    /// Writes an entry to a slot, or to the one after the last.
    pub(super) fn write(&mut self, slot: usize, vector: &[f32], fields: &Fields) {
        if self.vectors.len() < (slot + 1) * self.dimension {
            self.vectors.extend_from_slice(vector);
        } else {
            self.vector_mut(slot).copy_from_slice(vector);
        }
        let norm = floored_norm(vector);
        if let Some(codes) = &mut self.codes {
            codes.write(slot, vector, norm);
        }
        put(&mut self.norms, slot, norm);
        put(&mut self.confidences, slot, fields.confidence);
        put(&mut self.expiries, slot, fields.expires_at);
        put(&mut self.ids, slot, fields.id);
        self.write_phase(slot, fields);
    }

    /// Writes what consolidation changes.
    pub(super) fn write_phase(&mut self, slot: usize, fields: &Fields) {
        put(&mut self.phases, slot, fields.phase);
        put(&mut self.first_phases, slot, fields.first_phase);
        put(&mut self.records, slot, fields.record);
    }

    /// Takes a slot out: what was at the last one is there now, and the last one holds nothing.
    pub(super) fn remove(&mut self, slot: usize) {
        let Some(last) = self.len().checked_sub(1).filter(|last| slot <= *last) else {
            return;
        };
        let start = last * self.dimension;
        self.vectors
            .copy_within(start..start + self.dimension, slot * self.dimension);
        self.vector_mut(last).fill(0.0);
        if let Some(codes) = &mut self.codes {
            codes.remove(slot, last);
        }
        self.norms.swap_remove(slot);
        self.phases.swap_remove(slot);
        self.first_phases.swap_remove(slot);
        self.confidences.swap_remove(slot);
        self.expiries.swap_remove(slot);
        self.ids.swap_remove(slot);
        self.records.swap_remove(slot);
    }

    /// Numbers that are not zero beyond the last slot.
    #[cfg(test)]
    pub(super) fn left_behind(&self) -> usize {
        let beyond = self.vectors.iter().skip(self.len() * self.dimension);
        beyond.filter(|number| number.to_bits() != 0).count()
            + self
                .codes
                .as_ref()
                .map_or(0, |codes| codes.left_behind(self.len()))
    }
}

/// Sets an item, or appends it.
pub(super) fn put<T>(items: &mut Vec<T>, at: usize, item: T) {
    match items.get_mut(at) {
        Some(place) => *place = item,
        None => items.push(item),
    }
}
