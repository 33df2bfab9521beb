//! A phase memory from its bytes, chunk by chunk.

use super::entry::{ENTRY_TEXT_BYTES, LARGEST_NORM, SOURCE_NAME_BYTES};
use super::kernel;
use super::phase_memory::{LARGEST_ID, PhaseMemory};
use super::settings::{MemoryConfig, MemorySettings};
use super::snapshot::{Written, entries_per_chunk, read_fields, read_u64, read_vectors};
use super::texts::Texts;
use crate::error::Error;
use crate::snapshot::{Kind, Reader, SnapshotError};
use std::fmt;

/// Why bytes are no memory that can be restored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// The manifest is foreign or damaged.
    #[error("the manifest: {0}")]
    Manifest(SnapshotError),
    /// A chunk is foreign or damaged.
    #[error("chunk {index}: {cause}")]
    Chunk {
        /// Which chunk, from 0.
        index: usize,
        /// In what way.
        cause: SnapshotError,
    },
    /// A chunk is not the one that the manifest names.
    #[error(
        "chunk {index}: it is chunk {found} of generation {found_generation}, the manifest names generation {generation}"
    )]
    OtherChunk {
        /// Which chunk was to be restored, from 0.
        index: usize,
        /// Its generation in the manifest.
        generation: u64,
        /// Which chunk the bytes are.
        found: usize,
        /// Of which generation.
        found_generation: u64,
    },
    /// Chunks come in ascending order, each once.
    #[error("chunk {index} was given, chunk {expected} of {count} is next")]
    Order {
        /// The chunk that was given.
        index: usize,
        /// The chunk that is next.
        expected: usize,
        /// Number of chunks.
        count: usize,
    },
    /// A chunk was not given.
    #[error("chunk {index} of {count} is missing")]
    Missing {
        /// The first chunk that was not given.
        index: usize,
        /// Number of chunks.
        count: usize,
    },
    /// There is not so much memory.
    #[error("the memory takes {0} bytes, more than there are")]
    NoRoom(u64),
}

impl From<RestoreError> for Error {
    fn from(error: RestoreError) -> Self {
        Self::CorruptSnapshot(error.to_string())
    }
}

/// A memory of which not all chunks have come.
pub struct Restoring {
    memory: PhaseMemory,
    /// What the manifest says.
    entries: usize,
    generation: u64,
    chunk_generations: Vec<u64>,
    next_chunk: usize,
    vectors: Vec<f32>,
}

impl fmt::Debug for Restoring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Restoring");
        shown.field("memory", &self.memory);
        shown
            .field("next_chunk", &self.next_chunk)
            .finish_non_exhaustive()
    }
}

impl Restoring {
    /// Begins with a manifest.
    ///
    /// # Errors
    ///
    /// [`RestoreError::Manifest`] says in what way it is foreign or damaged, [`RestoreError::NoRoom`]
    /// that the memory would be too large.
    pub fn new(manifest: &[u8]) -> Result<Self, RestoreError> {
        let (config, rest) = read_manifest(manifest).map_err(RestoreError::Manifest)?;
        let mut memory =
            PhaseMemory::allocate(config).map_err(|_| RestoreError::NoRoom(config.bytes()))?;
        memory.next_id = rest.next_id;
        Ok(Self {
            memory,
            entries: rest.entries,
            generation: rest.generation,
            chunk_generations: rest.chunk_generations,
            next_chunk: 0,
            vectors: Vec::new(),
        })
    }

    /// Number of chunks that have to be given.
    #[must_use]
    pub const fn chunk_count(&self) -> usize {
        self.chunk_generations.len()
    }

    /// Takes the next chunk.
    ///
    /// # Errors
    ///
    /// [`RestoreError`] names the chunk. The whole memory is lost then: begin anew.
    pub fn chunk(&mut self, index: usize, bytes: &[u8]) -> Result<(), RestoreError> {
        let (expected, count) = (self.next_chunk, self.chunk_count());
        let Some(generation) = self
            .chunk_generations
            .get(index)
            .copied()
            .filter(|_| index == expected)
        else {
            return Err(RestoreError::Order {
                index,
                expected,
                count,
            });
        };
        let at = |cause| RestoreError::Chunk { index, cause };
        let mut reader = Reader::open(Kind::MemoryChunk, bytes).map_err(at)?;
        let dimension = reader.u32().map_err(at)? as usize;
        if dimension != self.memory.config.dimension() {
            return Err(at(SnapshotError::Malformed(
                "its vectors have another dimension",
            )));
        }
        let found = reader.u32().map_err(at)? as usize;
        let found_generation = read_u64(&mut reader).map_err(at)?;
        if (found, found_generation) != (index, generation) {
            return Err(RestoreError::OtherChunk {
                index,
                generation,
                found,
                found_generation,
            });
        }
        self.read_entries(index, &mut reader).map_err(at)?;
        reader.finish().map_err(at)?;
        self.next_chunk += 1;
        Ok(())
    }

    fn read_entries(&mut self, index: usize, reader: &mut Reader<'_>) -> Result<(), SnapshotError> {
        let dimension = self.memory.config.dimension();
        let per_chunk = entries_per_chunk(dimension);
        let count = self
            .entries
            .saturating_sub(index * per_chunk)
            .min(per_chunk);
        if reader.u32()? as usize != count {
            return Err(SnapshotError::Malformed("it has another number of entries"));
        }
        let mut vectors = std::mem::take(&mut self.vectors);
        read_vectors(reader, count * dimension, &mut vectors)?;
        for vector in vectors.chunks_exact(dimension) {
            let no_texts = self.memory.texts.keep("", "");
            let written = read_fields(reader, no_texts)?;
            self.add(vector, written)?;
        }
        self.vectors = vectors;
        Ok(())
    }

    fn add(&mut self, vector: &[f32], written: Written) -> Result<(), SnapshotError> {
        let Written {
            mut fields,
            name,
            text,
        } = written;
        let memory = &mut self.memory;
        if kernel::norm(vector) > LARGEST_NORM {
            return Err(SnapshotError::Malformed("a vector is too long"));
        }
        if name.len() > SOURCE_NAME_BYTES
            || text.len() > ENTRY_TEXT_BYTES
            || Texts::blocks_of(&name, &text) > memory.texts.free_blocks()
        {
            return Err(SnapshotError::Malformed("a text is too long"));
        }
        if fields.id == 0 || fields.id >= memory.next_id || memory.find(fields.id).is_some() {
            return Err(SnapshotError::Malformed(
                "an id is impossible or occurs twice",
            ));
        }
        fields.record.chain = memory.texts.keep(&name, &text);
        memory.write(memory.slots.len(), vector, &fields);
        Ok(())
    }

    /// The memory, once all chunks were given: equal to the one that was written.
    ///
    /// # Errors
    ///
    /// [`RestoreError::Missing`] names the first chunk that was not given.
    pub fn finish(self) -> Result<PhaseMemory, RestoreError> {
        let count = self.chunk_count();
        if self.next_chunk < count {
            return Err(RestoreError::Missing {
                index: self.next_chunk,
                count,
            });
        }
        let mut memory = self.memory;
        memory.generation = self.generation;
        for (own, stored) in memory
            .chunk_generations
            .iter_mut()
            .zip(self.chunk_generations)
        {
            *own = stored;
        }
        Ok(memory)
    }
}

/// What a manifest says beside the settings.
struct Manifest {
    next_id: u64,
    generation: u64,
    entries: usize,
    chunk_generations: Vec<u64>,
}

fn read_manifest(bytes: &[u8]) -> Result<(MemoryConfig, Manifest), SnapshotError> {
    let mut reader = Reader::open(Kind::PhaseMemory, bytes)?;
    let config = MemoryConfig::new(MemorySettings {
        dimension: reader.u32()?,
        capacity: reader.u32()?,
        text_bytes: reader.u32()?,
        compressed_index: reader.boolean()?,
    })
    .map_err(|_| SnapshotError::Malformed("configuration"))?;
    let next_id = read_u64(&mut reader)?;
    let generation = read_u64(&mut reader)?;
    let entries = reader.u32()? as usize;
    if next_id == 0 || next_id > LARGEST_ID || generation > LARGEST_ID {
        return Err(SnapshotError::Malformed("a counter is out of range"));
    }
    if entries > config.capacity() {
        return Err(SnapshotError::Malformed("there are more entries than fit"));
    }
    let chunks = entries.div_ceil(entries_per_chunk(config.dimension()));
    let mut chunk_generations = Vec::new();
    for _ in 0..chunks {
        let changed = read_u64(&mut reader)?;
        if changed == 0 || changed > generation {
            return Err(SnapshotError::Malformed("a chunk is newer than the whole"));
        }
        chunk_generations.push(changed);
    }
    reader.finish()?;
    let rest = Manifest {
        next_id,
        generation,
        entries,
        chunk_generations,
    };
    Ok((config, rest))
}
