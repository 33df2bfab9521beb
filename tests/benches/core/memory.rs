//! The memory when it is full: storing, searching with and without the index, and its bytes.

#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a bench ends where something is wrong"
)]

use assize_core::embedding::HashingEmbedder;
use assize_core::memory::{
    MemoryConfig, MemorySettings, NewEntry, PhaseMemory, Query, Restoring, SynapticConfig,
    SynapticMemory,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const DIMENSION: usize = 384;
const CAPACITY: u32 = 20_000;

/// The same numbers in every run, about -1 to 1.
struct Numbers(u32);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as f32 / 2_147_483_648.0 - 1.0
    }

    fn vector(&mut self) -> Vec<f32> {
        (0..DIMENSION).map(|_| self.next()).collect()
    }

    /// As models give them: many near a common middle, in groups.
    fn grouped(&mut self, groups: &[Vec<f32>]) -> Vec<f32> {
        let group = (self.next().abs() * groups.len() as f32) as usize % groups.len();
        let near = |number: &f32| 0.8 + number + 0.7 * self.next();
        groups[group].iter().map(near).collect()
    }
}

fn empty(compressed_index: bool) -> PhaseMemory {
    let settings = MemorySettings {
        dimension: DIMENSION as u32,
        capacity: CAPACITY,
        compressed_index,
        ..MemorySettings::default()
    };
    let config = MemoryConfig::new(settings).expect("settings are in range");
    PhaseMemory::new(config).expect("there is memory")
}

fn full(compressed_index: bool, mut vector: impl FnMut() -> Vec<f32>) -> PhaseMemory {
    let mut memory = empty(compressed_index);
    for number in 0..CAPACITY {
        let phase = if number % 2 == 0 { 0.1 } else { 0.9 };
        let vector = vector();
        let entry = NewEntry::new(&vector, phase);
        memory.insert(&entry, 0).expect("an entry");
    }
    memory
}

fn search(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("memory-search");
    for (name, compressed_index) in [("exact", false), ("index", true)] {
        let mut numbers = Numbers(7);
        let groups: Vec<_> = (0..100).map(|_| numbers.vector()).collect();
        let random = full(compressed_index, || numbers.vector());
        let mut numbers = Numbers(9);
        let grouped = full(compressed_index, || numbers.grouped(&groups));
        let near = numbers.grouped(&groups);
        for (data, memory, vector) in [
            ("random", &random, numbers.vector()),
            ("grouped", &grouped, near),
        ] {
            let all = Query {
                tolerance: 1.0,
                ..Query::new(&vector, 0.1)
            };
            let half = Query::new(&vector, 0.1);
            for (scope, query) in [("all", all), ("half", half)] {
                group.bench_function(format!("{name}/{data}/{scope}"), |bencher| {
                    bencher.iter(|| memory.retrieve(black_box(&query), 0));
                });
            }
        }
    }
    group.finish();
}

fn store(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("memory-store");
    let mut numbers = Numbers(11);
    let vectors: Vec<_> = (0..1_000).map(|_| numbers.vector()).collect();
    let text = "what was said about it, in about as many words as people use for one remark";
    for (name, compressed_index) in [("exact", false), ("index", true)] {
        let mut memory = full(compressed_index, || numbers.vector());
        let mut next = vectors.iter().cycle();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let vector = next.next().expect("a cycle");
                let entry = NewEntry {
                    text: Some(text),
                    ..NewEntry::new(vector, 0.1)
                };
                memory.insert(black_box(&entry), 0)
            });
        });
    }
    group.finish();
}

fn bytes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("memory-bytes");
    let mut numbers = Numbers(13);
    let mut memory = full(true, || numbers.vector());
    let whole = |memory: &PhaseMemory| -> (Vec<u8>, Vec<Vec<u8>>) {
        let chunks = (0..memory.chunk_count()).filter_map(|index| memory.chunk(index));
        (memory.manifest(), chunks.collect())
    };
    let (manifest, chunks) = whole(&memory);
    let total = chunks.iter().map(Vec::len).sum::<usize>() + manifest.len();
    group.throughput(Throughput::Bytes(total as u64));
    group.sample_size(10);
    group.bench_function("snapshot", |bencher| bencher.iter(|| whole(&memory)));
    group.bench_function("restore", |bencher| {
        bencher.iter(|| {
            let mut restoring = Restoring::new(&manifest).expect("a manifest");
            for (index, chunk) in chunks.iter().enumerate() {
                restoring.chunk(index, chunk).expect("a chunk");
            }
            restoring.finish().expect("a memory")
        });
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("changes-of-one", |bencher| {
        bencher.iter(|| {
            let before = memory.generation();
            let vector = numbers.vector();
            let entry = NewEntry::new(&vector, 0.1);
            memory.insert(&entry, 0).expect("an entry");
            let changed = memory.changed_since(before).into_iter();
            let chunks: Vec<_> = changed.map(|index| memory.chunk(index)).collect();
            (memory.manifest(), chunks)
        });
    });
    group.finish();
}

fn others(criterion: &mut Criterion) {
    let mut numbers = Numbers(17);
    let vector = numbers.vector();
    let mut synaptic = SynapticMemory::new(SynapticConfig::default());
    criterion.bench_function("memory-synaptic", |bencher| {
        bencher.iter(|| synaptic.update(black_box(&vector)));
    });
    let embedder = HashingEmbedder::new(DIMENSION as u32).expect("a dimension");
    let text =
        "Restart the database only after the replicas have caught up, or lose what they lack.";
    criterion.bench_function("memory-embed", |bencher| {
        bencher.iter(|| embedder.embed(black_box(text)));
    });
}

criterion_group!(benches, search, store, bytes, others);
criterion_main!(benches);
