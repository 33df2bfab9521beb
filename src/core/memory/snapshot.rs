//! The bytes of a phase memory: a manifest, and chunks of a fixed number of entries each.
//!
//! Every change gives its chunk a new generation. The manifest names the generation of each chunk, and
//! each chunk its own, so that a host writes only what changed, and a chunk of another time is noticed.
//! Norms, codes and the orders of eviction follow from the rest and are not written.

use super::entry::{LARGEST_COMPONENT, STORAGE_CONFIDENCE, Source};
use super::phase_memory::PhaseMemory;
use super::slots::{Fields, Record};
use crate::snapshot::{Kind, Reader, SnapshotError, Writer};

/// Largest bytes of the vectors of a chunk, and its largest number of entries.
const CHUNK_VECTOR_BYTES: usize = 256 * 1024;
const CHUNK_ENTRIES: usize = 1_024;

/// Entries of each chunk but the last: a power of two.
pub(super) const fn entries_per_chunk(dimension: usize) -> usize {
    let row = dimension * size_of::<f32>();
    let mut entries = CHUNK_ENTRIES;
    while entries > 1 && entries * row > CHUNK_VECTOR_BYTES {
        entries /= 2;
    }
    entries
}

impl PhaseMemory {
    /// Counts the changes of entries; a memory that has the same generation has the same snapshot.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Number of chunks that hold all entries.
    #[must_use]
    pub const fn chunk_count(&self) -> usize {
        self.chunk_generations.len()
    }

    /// The chunks that have changed since the memory had a [`generation`](Self::generation), in
    /// ascending order; all of them for 0. Chunks from [`chunk_count`](Self::chunk_count) on are gone.
    #[must_use]
    pub fn changed_since(&self, generation: u64) -> Vec<usize> {
        let chunks = self.chunk_generations.iter().enumerate();
        let changed = chunks.filter(|(_, changed)| **changed > generation);
        changed.map(|(chunk, _)| chunk).collect()
    }

    /// What the chunks are to be restored by: settings, and each chunk's generation. To be stored
    /// together with the chunks that changed, all or none.
    #[must_use]
    pub fn manifest(&self) -> Vec<u8> {
        let mut writer = Writer::new(Kind::PhaseMemory);
        let settings = self.config.settings();
        writer.u32(settings.dimension);
        writer.u32(settings.capacity);
        writer.u32(settings.text_bytes);
        writer.boolean(settings.compressed_index);
        write_u64(&mut writer, self.next_id);
        write_u64(&mut writer, self.generation);
        writer.u32(self.slots.len() as u32);
        for generation in &self.chunk_generations {
            write_u64(&mut writer, *generation);
        }
        writer.finish()
    }

    /// The bytes of a chunk; none from [`chunk_count`](Self::chunk_count) on.
    #[must_use]
    pub fn chunk(&self, index: usize) -> Option<Vec<u8>> {
        let generation = *self.chunk_generations.get(index)?;
        let per_chunk = entries_per_chunk(self.config.dimension());
        let first = index * per_chunk;
        let slots = first..self.slots.len().min(first + per_chunk);
        let mut writer = Writer::new(Kind::MemoryChunk);
        writer.u32(self.config.settings().dimension);
        writer.u32(index as u32);
        write_u64(&mut writer, generation);
        writer.u32(slots.len() as u32);
        for slot in slots.clone() {
            write_vector(&mut writer, self.slots.vector(slot));
        }
        for slot in slots {
            self.write_fields(&mut writer, &self.slots.fields(slot)?);
        }
        Some(writer.finish())
    }

    fn write_fields(&self, writer: &mut Writer, fields: &Fields) {
        let record = &fields.record;
        write_u64(writer, fields.id);
        writer.bytes(&fields.phase.to_le_bytes());
        writer.bytes(&fields.first_phase.to_le_bytes());
        writer.f64(fields.confidence);
        write_u64(writer, fields.expires_at);
        write_u64(writer, record.timestamp);
        write_u64(writer, record.parent);
        writer.u8(record.source as u8);
        writer.boolean(record.consolidated);
        let (name, text) = self.texts.read(record.chain);
        writer.text(name.as_deref().unwrap_or(""));
        writer.text(text.as_deref().unwrap_or(""));
    }
}

fn write_u64(writer: &mut Writer, value: u64) {
    writer.bytes(&value.to_le_bytes());
}

/// Numbers a block at a time, so that little is left to do for each.
fn write_vector(writer: &mut Writer, vector: &[f32]) {
    const BLOCK: usize = 32;
    let (blocks, rest) = vector.as_chunks::<BLOCK>();
    for block in blocks {
        let bytes: [[u8; 4]; BLOCK] = block.map(f32::to_le_bytes);
        writer.bytes(bytes.as_flattened());
    }
    for number in rest {
        writer.bytes(&number.to_le_bytes());
    }
}

pub(super) fn read_u64(reader: &mut Reader<'_>) -> Result<u64, SnapshotError> {
    let bytes = reader.bytes(size_of::<u64>())?;
    let bytes = bytes.first_chunk().copied().unwrap_or_default();
    Ok(u64::from_le_bytes(bytes))
}

fn read_phase(reader: &mut Reader<'_>) -> Result<f32, SnapshotError> {
    let phase = f32::from_bits(reader.u32()?);
    if (0.0..=1.0).contains(&phase) {
        Ok(phase)
    } else {
        Err(SnapshotError::Malformed("a phase is not from 0 to 1"))
    }
}

/// The vectors of a chunk, one after the other.
pub(super) fn read_vectors(
    reader: &mut Reader<'_>,
    numbers: usize,
    vectors: &mut Vec<f32>,
) -> Result<(), SnapshotError> {
    let bytes = reader.bytes(numbers.saturating_mul(size_of::<f32>()))?;
    vectors.clear();
    let (numbers, _) = bytes.as_chunks();
    vectors.extend(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)));
    let acceptable = |sound: bool, number: &f32| sound & (number.abs() <= LARGEST_COMPONENT);
    if vectors.iter().fold(true, acceptable) {
        Ok(())
    } else {
        Err(SnapshotError::Malformed(
            "a number of a vector is out of range",
        ))
    }
}

/// One entry as it stands in a chunk; its texts are not kept yet.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) fields: Fields,
    pub(super) name: String,
    pub(super) text: String,
}

pub(super) fn read_fields(
    reader: &mut Reader<'_>,
    no_texts: super::texts::Chain,
) -> Result<Written, SnapshotError> {
    let id = read_u64(reader)?;
    let (phase, first_phase) = (read_phase(reader)?, read_phase(reader)?);
    let confidence = reader.f64()?;
    if !(STORAGE_CONFIDENCE..=1.0).contains(&confidence) {
        return Err(SnapshotError::Malformed("a confidence is out of range"));
    }
    let fields = Fields {
        id,
        phase,
        first_phase,
        confidence,
        expires_at: read_u64(reader)?,
        record: Record {
            timestamp: read_u64(reader)?,
            parent: read_u64(reader)?,
            source: reader.choice(&Source::ALL, "source")?,
            consolidated: reader.boolean()?,
            chain: no_texts,
        },
    };
    Ok(Written {
        fields,
        name: reader.text()?,
        text: reader.text()?,
    })
}
