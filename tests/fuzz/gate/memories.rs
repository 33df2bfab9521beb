//! Manifests and chunks of memories, in any order and damage.

use super::super::Outcomes;
use super::super::snapshot::sealed;
use super::{beginnings, is_too_large};
use assize_core::memory::{
    MemorySettings, NewEntry, Operation, PhaseMemory, Query, Restoring, SynapticMemory,
};

const CHECKSUM_BYTES: usize = 4;
/// Where a manifest says whether there is a compressed index.
const INDEX_AT: usize = 17;

/// Restores memories from `data`, a manifest and chunks one after the other; and the levels of a synaptic memory.
///
/// # Panics
///
/// Where a property does not hold.
pub fn memory_snapshot(data: &[u8]) -> Outcomes {
    let begun = beginnings(data);
    if begun.iter().any(|at| is_too_large(&data[*at..])) {
        return vec![("small enough", false)];
    }
    let ends = begun.iter().skip(1).copied().chain([data.len()]);
    let parts: Vec<&[u8]> = begun
        .iter()
        .zip(ends)
        .map(|(at, end)| &data[*at..end])
        .collect();
    let mended: Vec<Vec<u8>> = parts.iter().map(|part| mended(part)).collect();
    let mended: Vec<&[u8]> = mended.iter().map(Vec::as_slice).collect();
    let levels = parts.iter().chain(&mended).map(|part| synaptic(part));
    let levels = levels.fold(false, std::ops::BitOr::bitor);
    vec![
        ("as it is", restored(&parts)),
        ("sealed again", restored(&mended)),
        ("levels", levels),
    ]
}

fn mended(part: &[u8]) -> Vec<u8> {
    let unsealed = part.len().saturating_sub(CHECKSUM_BYTES);
    sealed(part[..unsealed].to_vec())
}

fn synaptic(part: &[u8]) -> bool {
    let Ok(mut memory) = SynapticMemory::restore(part) else {
        return false;
    };
    assert_eq!(memory.snapshot(), part);
    let event = vec![0.5; memory.settings().dimension as usize];
    for _ in 0..4 {
        if memory.update(&event).is_err() {
            break;
        }
        let again = SynapticMemory::restore(&memory.snapshot());
        assert_eq!(again.as_ref(), Ok(&memory));
    }
    true
}

fn begin(manifest: &[u8]) -> Option<Restoring> {
    match Restoring::new(manifest) {
        Ok(restoring) => Some(restoring),
        Err(error) => {
            assert!(!error.to_string().trim().is_empty());
            None
        }
    }
}

fn whole(manifest: &[u8], chunks: &[&[u8]]) -> Option<PhaseMemory> {
    let mut restoring = begin(manifest)?;
    for (index, chunk) in chunks.iter().enumerate().take(restoring.chunk_count()) {
        restoring.chunk(index, chunk).ok()?;
    }
    restoring.finish().ok()
}

fn restored(parts: &[&[u8]]) -> bool {
    let Some((manifest, chunks)) = parts.split_first() else {
        return false;
    };
    in_any_order(manifest, chunks);
    let Some(memory) = whole(manifest, chunks) else {
        return false;
    };
    assert_eq!(memory.manifest(), *manifest);
    for index in 0..memory.chunk_count() {
        assert_eq!(memory.chunk(index).as_deref(), chunks.get(index).copied());
    }
    let mut other = manifest.to_vec();
    other[INDEX_AT] ^= 1;
    let other = whole(&mended(&other), chunks).expect("the index is made anew");
    goes_on(memory, other);
    true
}

/// Chunks in another order are refused, and a memory without all of its chunks is none.
fn in_any_order(manifest: &[u8], chunks: &[&[u8]]) {
    let Some(mut restoring) = begin(manifest) else {
        return;
    };
    let count = restoring.chunk_count();
    assert!(restoring.chunk(count, b"").is_err());
    if let Some((last, chunk)) = chunks.iter().enumerate().next_back()
        && last > 0
    {
        assert!(restoring.chunk(last, chunk).is_err());
    }
    if count > 0 {
        assert!(restoring.finish().is_err());
    }
}

/// One and its double with the other kind of index give the same answers.
fn goes_on(mut one: PhaseMemory, mut other: PhaseMemory) {
    let MemorySettings {
        dimension,
        capacity,
        ..
    } = *one.config().settings();
    let vectors: Vec<Vec<f32>> = (0..3)
        .map(|turn| {
            (0..dimension)
                .map(|at| ((at * 7 + turn * 3) % 11) as f32 - 5.0)
                .collect()
        })
        .collect();
    let ids: Vec<u64> = one.entries(0, 4, 0).iter().map(|entry| entry.id).collect();
    let name = one
        .entries(0, 1000, 0)
        .into_iter()
        .find_map(|entry| entry.source_name);
    let operations = [
        Operation::Insert(vec![NewEntry::new(&vectors[0], 0.1)]),
        Operation::Consolidate(ids.clone()),
        Operation::Sweep(2),
        Operation::Insert(vec![NewEntry::new(&vectors[1], 0.9); 3]),
        Operation::Forget(ids.into_iter().take(2).collect()),
        Operation::ForgetSource(name.as_deref().unwrap_or("ann")),
        Operation::Insert(vec![NewEntry::new(&vectors[2], 0.2)]),
    ];
    for (turn, operation) in operations.iter().enumerate() {
        let now = 10 * turn as u64;
        let (done, again) = (one.apply(operation, now), other.apply(operation, now));
        assert_eq!(done, again);
        assert_eq!(one.chunk_count(), other.chunk_count());
        let usage = one.usage();
        assert!(usage.entries <= capacity && usage.consolidated <= usage.entries);
        for vector in &vectors {
            for (phase, top_k) in [(0.1, 1), (0.5, 3), (0.9, 100)] {
                let query = Query {
                    top_k,
                    tolerance: 0.5,
                    ..Query::new(vector, phase)
                };
                let found = one.retrieve(&query, now).expect("an acceptable query");
                assert_eq!(other.retrieve(&query, now).as_ref(), Ok(&found));
                assert!(found.is_sorted_by(|left, right| left.resonance >= right.resonance));
            }
        }
    }
}
