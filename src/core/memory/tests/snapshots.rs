//! Bytes of memories, whole and in part.

use super::super::snapshot::entries_per_chunk;
use super::*;
use crate::snapshot::SnapshotError;
use proptest::prelude::*;

fn restored(manifest: &[u8], chunks: &[Vec<u8>]) -> Result<PhaseMemory, RestoreError> {
    let mut restoring = Restoring::new(manifest)?;
    for (index, chunk) in chunks.iter().enumerate() {
        restoring.chunk(index, chunk)?;
    }
    restoring.finish()
}

/// Several chunks: 4,096 dimensions make 16 entries each.
fn filled(count: u32) -> PhaseMemory {
    let mut memory = memory(4_096, 64);
    for number in 0..count {
        insert_one(&mut memory, number);
    }
    memory
}

fn insert_one(memory: &mut PhaseMemory, number: u32) {
    let mut vector = vec![0.25; 4_096];
    vector[number as usize % 4_096] = number as f32;
    let text = format!("text {number}");
    let entry = NewEntry {
        confidence: 0.5 + f64::from(number % 5) / 10.0,
        text: number.is_multiple_of(4).then_some(&text),
        source_name: number.is_multiple_of(6).then_some("six"),
        expires_at: number
            .is_multiple_of(7)
            .then_some(1_000 + u64::from(number)),
        ..NewEntry::new(&vector, 0.1)
    };
    stored(memory, &entry);
}

#[test]
fn chunks_have_a_fixed_number_of_entries() {
    for (dimension, expected) in [
        (1, 1_024),
        (64, 1_024),
        (384, 128),
        (768, 64),
        (1_536, 32),
        (4_096, 16),
    ] {
        assert_eq!(entries_per_chunk(dimension), expected);
    }
    assert_eq!(filled(33).chunk_count(), 3);
    assert_eq!(filled(0).chunk_count(), 0);
    assert_eq!(filled(33).chunk(3), None);
}

#[test]
fn a_restored_memory_is_the_same_and_goes_on_the_same() {
    let mut memory = filled(60);
    memory.consolidate(&[3, 20, 40], 0);
    memory.forget(&[5, 17]);
    let (manifest, chunks) = bytes(&memory);
    let mut other = restored(&manifest, &chunks).unwrap();
    assert_eq!(bytes(&other), (manifest, chunks));
    assert_eq!(other.usage(), memory.usage());
    for number in 60..90 {
        insert_one(&mut memory, number);
        insert_one(&mut other, number);
    }
    memory.sweep(1_050, 3);
    other.sweep(1_050, 3);
    assert_eq!(bytes(&other), bytes(&memory));
    let query = vec![0.5; 4_096];
    let query = Query {
        top_k: 100,
        ..Query::new(&query, 0.1)
    };
    assert_eq!(
        other.retrieve(&query, 7).unwrap(),
        memory.retrieve(&query, 7).unwrap()
    );
}

#[test]
fn every_damage_is_found_and_named() {
    let memory = filled(33);
    let (manifest, chunks) = bytes(&memory);
    for position in 0..manifest.len() {
        let mut damaged = manifest.clone();
        damaged[position] ^= 0x10;
        let error = Restoring::new(&damaged).unwrap_err();
        assert!(matches!(error, RestoreError::Manifest(_)), "{error}");
    }
    for position in (0..chunks[1].len()).step_by(997) {
        let mut damaged = chunks.clone();
        damaged[1][position] ^= 0x80;
        let error = restored(&manifest, &damaged).unwrap_err();
        assert!(
            matches!(error, RestoreError::Chunk { index: 1, .. }),
            "{error}"
        );
        let mut short = chunks.clone();
        short[2].truncate(position.min(chunks[2].len() - 1));
        let error = restored(&manifest, &short).unwrap_err();
        assert!(
            matches!(error, RestoreError::Chunk { index: 2, .. }),
            "{error}"
        );
    }
}

#[test]
fn missing_swapped_and_stale_chunks_are_named() {
    let mut memory = filled(33);
    let (manifest, chunks) = bytes(&memory);
    let error = restored(&manifest, &chunks[..2]).unwrap_err();
    assert_eq!(error.to_string(), "chunk 2 of 3 is missing");
    let swapped = [chunks[1].clone(), chunks[0].clone(), chunks[2].clone()];
    let error = restored(&manifest, &swapped).unwrap_err();
    assert!(
        matches!(
            error,
            RestoreError::OtherChunk {
                index: 0,
                found: 1,
                ..
            }
        ),
        "{error}"
    );
    let mut restoring = Restoring::new(&manifest).unwrap();
    let error = restoring.chunk(1, &chunks[1]).unwrap_err();
    assert_eq!(error.to_string(), "chunk 1 was given, chunk 0 of 3 is next");
    memory.consolidate(&[20], 0);
    let error = restored(&memory.manifest(), &chunks).unwrap_err();
    assert!(
        matches!(
            error,
            RestoreError::OtherChunk {
                index: 1,
                found: 1,
                ..
            }
        ),
        "{error}"
    );
    let synaptic = SynapticMemory::new(SynapticConfig::default()).snapshot();
    let error = Restoring::new(&synaptic).unwrap_err();
    let kinds = "the manifest: this is a snapshot of a synaptic memory, not of a phase memory";
    assert_eq!(error.to_string(), kinds);
}

#[test]
fn impossible_values_are_refused_though_the_checksum_fits() {
    let memory = filled(1);
    let chunk = memory.chunk(0).unwrap();
    let reseal = |at: usize, bytes: &[u8]| {
        let mut payload = chunk[5..chunk.len() - 4].to_vec();
        payload[at..at + bytes.len()].copy_from_slice(bytes);
        let mut writer = crate::snapshot::Writer::new(crate::snapshot::Kind::MemoryChunk);
        writer.bytes(&payload);
        writer.finish()
    };
    let vectors = 20;
    let fields = vectors + 4_096 * 4;
    for (at, value, expected) in [
        (
            vectors,
            &f32::NAN.to_le_bytes()[..],
            "a number of a vector is out of range",
        ),
        (
            fields,
            &9_u64.to_le_bytes(),
            "an id is impossible or occurs twice",
        ),
        (
            fields + 8,
            &2.0_f32.to_le_bytes(),
            "a phase is not from 0 to 1",
        ),
        (
            fields + 16,
            &0.4_f64.to_le_bytes(),
            "a confidence is out of range",
        ),
        (fields + 48, &[9], "source"),
        (16, &2_u32.to_le_bytes(), "it has another number of entries"),
    ] {
        let error = restored(&memory.manifest(), &[reseal(at, value)]).unwrap_err();
        let cause = SnapshotError::Malformed(expected);
        assert_eq!(error, RestoreError::Chunk { index: 0, cause });
    }
}

#[test]
fn a_synaptic_memory_is_restored() {
    let settings = SynapticSettings {
        dimension: 3,
        transfer: Transfer::PerComponent,
        ..Default::default()
    };
    let mut memory = SynapticMemory::new(SynapticConfig::new(settings).unwrap());
    memory.update(&[3.0, -4.0, 1e-42]).unwrap();
    memory.update(&[3.0, -4.0, 0.5]).unwrap();
    let bytes = memory.snapshot();
    assert_eq!(SynapticMemory::restore(&bytes).unwrap(), memory);
    for position in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1;
        assert!(SynapticMemory::restore(&damaged).is_err());
    }
    memory.reset();
    assert_eq!(memory.norms(), [0.0; 3]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A host that writes only what changed has the whole.
    #[test]
    fn incremental_snapshots_make_a_whole_one(rounds in prop::collection::vec(prop::collection::vec((0_u8..4, 1_u64..90), 0..12), 1..8)) {
        let mut memory = filled(40);
        let (mut manifest, mut chunks) = bytes(&memory);
        let mut generation = memory.generation();
        let mut number = 40;
        for round in rounds {
            for (what, id) in round {
                match what {
                    0 => { memory.forget(&[id]); }
                    1 => { memory.consolidate(&[id], 0); }
                    _ => { insert_one(&mut memory, number); number += 1; }
                }
            }
            chunks.resize(memory.chunk_count(), Vec::new());
            for index in memory.changed_since(generation) {
                chunks[index] = memory.chunk(index).unwrap();
            }
            generation = memory.generation();
            manifest = memory.manifest();
            prop_assert_eq!(&(manifest.clone(), chunks.clone()), &bytes(&memory));
        }
        let other = restored(&manifest, &chunks).unwrap();
        prop_assert_eq!(bytes(&other), (manifest, chunks));
    }
}
