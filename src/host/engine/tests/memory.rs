//! The interfaces that only other hosts of the component use: memories and a threshold by themselves.

use super::super::convert_rules::refusal;
use super::super::owning_wit::{gate, memory as wit};
use super::super::pool::{Lease, Pool};
use super::{Component, generous};
use assize_core::embedding::HashingEmbedder;
use assize_core::gate::{Score, Threshold, ThresholdSettings};
use assize_core::memory as core;
use assize_core::{Error, InvalidInput};
use assize_service::EngineError;
use std::sync::Arc;

fn lease() -> Lease {
    let component = Component::embedded().unwrap();
    let pool = Pool::start(&component, &generous()).unwrap();
    Arc::new(pool).lease().unwrap()
}

const SETTINGS: core::MemorySettings = core::MemorySettings {
    dimension: 256,
    capacity: 700,
    text_bytes: 4096,
    compressed_index: true,
};
const NOW: u64 = 1_700_000_000_000;

fn vectors() -> Vec<Vec<f32>> {
    let vector = |row: usize| (0..256).map(move |at| ((row * 31 + at * 7) % 17) as f32 - 8.0);
    (0..750).map(|row| vector(row).collect()).collect()
}

fn entries(vectors: &[Vec<f32>]) -> Vec<core::NewEntry<'_>> {
    fn entry((row, vector): (usize, &Vec<f32>)) -> core::NewEntry<'_> {
        core::NewEntry {
            confidence: 0.45 + 0.05 * (row % 11) as f64,
            text: (row % 40 == 0).then_some("remembered"),
            source_name: (row % 90 == 0).then_some("crm"),
            ..core::NewEntry::new(vector, 0.1)
        }
    }
    vectors.iter().enumerate().map(entry).collect()
}

#[test]
fn a_phase_memory_does_what_the_core_does() {
    let (vectors, mut lease) = (vectors(), lease());
    let config = core::MemoryConfig::new(SETTINGS).unwrap();
    let mut native = core::PhaseMemory::new(config).unwrap();
    let entries = entries(&vectors);
    let given = super::super::convert_memory::new_entries(&entries);
    let manifest = lease
        .call_owning(|core, store| {
            let interface = core.assize_core_memory();
            let guest = interface.phase_memory();
            let memory = guest.call_constructor(&mut *store, SETTINGS.into())?;
            let memory = memory.unwrap();
            let inserted = guest
                .call_insert(&mut *store, memory, &given, NOW)?
                .unwrap();
            let inserted: Vec<core::Inserted> = inserted.into_iter().map(Into::into).collect();
            assert_eq!(Ok(inserted), native.insert_batch(&entries, NOW));
            let ids: Vec<u64> = (1..60).collect();
            let moved = guest.call_consolidate(&mut *store, memory, &ids, NOW)?;
            assert_eq!(moved, native.consolidate(&ids, NOW));
            let gone = guest.call_forget(&mut *store, memory, &[100, 100_000])?;
            assert_eq!(gone, native.forget(&[100, 100_000]));
            let gone = guest.call_forget_source(&mut *store, memory, "crm")?;
            assert_eq!(gone, native.forget_source("crm"));
            let usage: core::Usage = guest.call_usage(&mut *store, memory)?.into();
            assert_eq!(usage, native.usage());
            let query = core::Query::new(&vectors[5], 0.85);
            let asked = super::super::convert_memory::query(&query);
            let found = guest.call_retrieve(&mut *store, memory, &asked, NOW)?;
            let found: Vec<core::Recollection> =
                found.unwrap().into_iter().map(Into::into).collect();
            assert_eq!(Ok(found), native.retrieve(&query, NOW));
            let generation = guest.call_generation(&mut *store, memory)?;
            assert_eq!(generation, native.generation());
            let changed = guest.call_changed_since(&mut *store, memory, generation - 5)?;
            let expected = native.changed_since(generation - 5);
            assert!(changed.iter().map(|chunk| *chunk as usize).eq(expected));
            let manifest = guest.call_manifest(&mut *store, memory)?;
            let chunks = guest.call_chunk_count(&mut *store, memory)?;
            assert_eq!(chunks as usize, native.chunk_count());
            for index in 0..=chunks {
                let chunk = guest.call_chunk(&mut *store, memory, index)?;
                assert_eq!(chunk, native.chunk(index as usize));
            }
            memory.resource_drop(&mut *store)?;
            Ok(manifest)
        })
        .unwrap();
    assert_eq!(manifest, native.manifest());
    restores(&mut lease, &native);
}

/// The component's memory from the native one's chunks; one that is damaged is named.
fn restores(lease: &mut Lease, native: &core::PhaseMemory) {
    let chunk = |index: u32| native.chunk(index as usize).unwrap();
    lease
        .call_owning(|core, store| {
            let interface = core.assize_core_memory();
            let (guest, memories) = (interface.restoring(), interface.phase_memory());
            for damaged in [None, Some(1)] {
                let begun = guest.call_constructor(&mut *store, &native.manifest())?;
                let restoring = begun.unwrap();
                let count = guest.call_chunk_count(&mut *store, restoring)?;
                assert!(count > 1);
                for index in 0..count {
                    let mut bytes = chunk(index);
                    if damaged != Some(index) {
                        let taken = guest.call_chunk(&mut *store, restoring, index, &bytes)?;
                        assert!(taken.is_ok(), "{taken:?}");
                        continue;
                    }
                    bytes[99] ^= 1;
                    let refused = guest.call_chunk(&mut *store, restoring, index, &bytes)?;
                    let EngineError::Refused(Error::CorruptSnapshot(text)) =
                        refusal(refused.unwrap_err())
                    else {
                        panic!("another error");
                    };
                    assert!(text.starts_with("chunk 1: "), "{text}");
                    break;
                }
                let finished = guest.call_finish(&mut *store, restoring)?;
                let Ok(memory) = finished else {
                    assert!(damaged.is_some());
                    continue;
                };
                assert!(damaged.is_none());
                let usage: core::Usage = memories.call_usage(&mut *store, memory)?.into();
                assert_eq!(usage, native.usage());
                let manifest = memories.call_manifest(&mut *store, memory)?;
                assert_eq!(manifest, native.manifest());
                memory.resource_drop(&mut *store)?;
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_synaptic_memory_does_what_the_core_does() {
    let settings = core::SynapticSettings {
        dimension: 256,
        ..Default::default()
    };
    let mut native = core::SynapticMemory::new(core::SynapticConfig::new(settings).unwrap());
    lease()
        .call_owning(|core, store| {
            let interface = core.assize_core_memory();
            let guest = interface.synaptic_memory();
            let opened = guest.call_constructor(&mut *store, settings.into())?;
            let memory = opened.unwrap();
            for vector in vectors().iter().take(20) {
                guest.call_update(&mut *store, memory, vector)?.unwrap();
                native.update(vector).unwrap();
            }
            let refused = guest.call_update(&mut *store, memory, &[f32::NAN; 256])?;
            let expected: EngineError = native.update(&[f32::NAN; 256]).unwrap_err().into();
            assert_eq!(refusal(refused.unwrap_err()), expected);
            let norms = guest.call_norms(&mut *store, memory)?;
            assert_eq!(<[f32; 3]>::from(norms), native.norms());
            assert_eq!(guest.call_bytes(&mut *store, memory)?, native.bytes());
            let (first, second, third) = guest.call_levels(&mut *store, memory)?;
            assert_eq!([&first[..], &second, &third], native.levels());
            let snapshot = guest.call_snapshot(&mut *store, memory)?;
            assert_eq!(snapshot, native.snapshot());
            let restored = guest.call_restore(&mut *store, &snapshot)?.unwrap();
            guest.call_reset(&mut *store, memory)?;
            assert_eq!(guest.call_norms(&mut *store, memory)?, (0.0, 0.0, 0.0));
            assert_eq!(guest.call_snapshot(&mut *store, restored)?, snapshot);
            let config: core::SynapticSettings = guest.call_config(&mut *store, restored)?.into();
            assert_eq!(config, settings);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_threshold_does_what_the_core_does() -> Result<(), InvalidInput> {
    let settings = ThresholdSettings::default();
    let mut native = Threshold::new(settings)?;
    lease()
        .call_owning(|core, store| {
            let interface = core.assize_core_gate();
            let guest = interface.threshold();
            let opened = guest.call_constructor(&mut *store, settings.into())?;
            let threshold = opened.unwrap();
            for step in 0..200_u32 {
                let score = f64::from(step * 37 % 101) / 100.0;
                let adapted = guest.call_adapt(&mut *store, threshold, score)?.unwrap();
                assert_eq!(
                    assize_core::gate::Adaptation::from(adapted),
                    native.adapt(Score::new(score).unwrap())
                );
            }
            let followed = guest.call_follow(&mut *store, threshold, false)?;
            assert_eq!(
                assize_core::gate::Adaptation::from(followed),
                native.follow(false)
            );
            let refused: Result<gate::Adaptation, _> =
                guest.call_adapt(&mut *store, threshold, f64::NAN)?;
            assert!(refused.is_err());
            assert_eq!(guest.call_value(&mut *store, threshold)?, native.value());
            let drift: assize_core::gate::DriftStatistics =
                guest.call_drift(&mut *store, threshold)?.into();
            assert_eq!(drift, native.drift());
            Ok(())
        })
        .unwrap();
    Ok(())
}

#[test]
fn texts_are_embedded_as_by_the_core() {
    let native = HashingEmbedder::new(64).unwrap();
    let mut lease = lease();
    for text in ["Restart the server.", "東京は晴れです", "\u{1f600}", "a"] {
        let embedded = lease.call_owning(|core, store| {
            let guest = core.assize_core_memory();
            guest.call_embed(store, text, 64)
        });
        let embedded = embedded.unwrap().map_err(refusal);
        assert_eq!(embedded, native.embed(text).map_err(EngineError::from));
    }
    let config: wit::Config = lease
        .call_owning(|core, store| core.assize_core_memory().call_default_config(store))
        .unwrap();
    assert_eq!(core::MemorySettings::from(config), Default::default());
}
