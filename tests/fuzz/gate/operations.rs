//! Sequences of operations on a memory, with a compressed index and without.

use super::super::Outcomes;
use assize_core::memory::{
    MemoryConfig, MemorySettings, NewEntry, Operation, PhaseMemory, Query, Restoring, Source,
};

const NAMES: [&str; 3] = ["ann", "bob", ""];
const PHASES: [f32; 8] = [0.1, 0.9, 0.25, 0.2500001, 0.0, 1.0, 1.5, f32::NAN];
const CONFIDENCES: [f64; 8] = [1.0, 0.5, 0.49, 0.75, 1.0, 0.9, 2.0, f64::NAN];
const NUMBERS: [f32; 16] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    0.3,
    -0.7,
    1e-30,
    -1e-42,
    1e18,
    -1e18,
    1e9,
    1.000_000_1,
    2e18,
    f32::INFINITY,
    f32::NAN,
];

/// Numbers out of bytes; zeros when they are used up.
struct Choices<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        self.bytes.next().copied().unwrap_or(0)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    fn number(&mut self) -> f32 {
        match self.byte() {
            // What no memory takes is rare, so that most sequences go on.
            byte @ 0..=12 => NUMBERS[usize::from(byte)],
            byte @ 13..=15 if self.byte() < 40 => NUMBERS[usize::from(byte)],
            byte => (f32::from(byte) - 128.0) / 64.0,
        }
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        let place = match self.byte() {
            byte @ 0..240 => usize::from(byte) % (choices.len() - 2),
            byte => usize::from(byte) % choices.len(),
        };
        choices[place]
    }

    fn vector(&mut self, dimension: usize) -> Vec<f32> {
        let missing = usize::from(self.byte() == 255);
        (missing..dimension).map(|_| self.number()).collect()
    }

    fn ids(&mut self) -> Vec<u64> {
        (0..self.below(4))
            .map(|_| u64::from(self.byte() % 64))
            .collect()
    }
}

/// What an entry is made of.
struct Item {
    vector: Vec<f32>,
    phase: f32,
    confidence: f64,
    source_name: Option<&'static str>,
    text: Option<String>,
    expires_at: Option<u64>,
    parent: Option<u64>,
}

impl Item {
    fn of(choices: &mut Choices<'_>, dimension: usize, now: u64) -> Self {
        let has = choices.byte();
        let optional = |bit: u8| has & (1 << bit) != 0;
        Self {
            vector: choices.vector(dimension),
            phase: choices.one_of(&PHASES),
            confidence: choices.one_of(&CONFIDENCES),
            source_name: optional(0).then(|| NAMES[choices.below(32) / 15]),
            text: optional(1).then(|| "é".repeat(choices.below(150))),
            expires_at: optional(2).then(|| now + choices.below(12) as u64),
            parent: (has > 240).then(|| u64::from(choices.byte() % 64)),
        }
    }

    fn entry(&self) -> NewEntry<'_> {
        NewEntry {
            confidence: self.confidence,
            source: Source::UserInput,
            source_name: self.source_name,
            text: self.text.as_deref(),
            expires_at: self.expires_at,
            parent: self.parent,
            ..NewEntry::new(&self.vector, self.phase)
        }
    }
}

/// Reads `data` as operations on two memories that differ in their index only.
///
/// # Panics
///
/// Where they differ otherwise, or a property does not hold.
pub fn memory_operations(data: &[u8]) -> Outcomes {
    let mut choices = Choices { bytes: data.iter() };
    let settings = MemorySettings {
        dimension: [1, 2, 3, 8, 33][choices.below(5)],
        capacity: 1 + choices.below(12) as u32,
        text_bytes: 128 * choices.below(6) as u32,
        compressed_index: true,
    };
    let memory = |compressed_index| {
        let config = MemoryConfig::new(MemorySettings {
            compressed_index,
            ..settings
        });
        PhaseMemory::new(config.expect("in their ranges")).expect("it is small")
    };
    let mut both = Both {
        indexed: memory(true),
        exact: memory(false),
        now: 0,
    };
    let mut outcomes = Outcomes::new();
    while choices.bytes.len() > 0 {
        outcomes.push(both.step(&mut choices, settings.dimension as usize));
        both.hold();
    }
    both.restored();
    outcomes
}

struct Both {
    indexed: PhaseMemory,
    exact: PhaseMemory,
    now: u64,
}

impl Both {
    fn step(&mut self, choices: &mut Choices<'_>, dimension: usize) -> (&'static str, bool) {
        let now = self.now;
        match choices.below(16) {
            0..=5 => {
                let count = 1 + choices.below(3);
                let items: Vec<_> = (0..count)
                    .map(|_| Item::of(choices, dimension, now))
                    .collect();
                let entries = items.iter().map(Item::entry).collect();
                ("insert", self.apply(&Operation::Insert(entries)))
            }
            6 => (
                "consolidate",
                self.apply(&Operation::Consolidate(choices.ids())),
            ),
            7 => ("forget", self.apply(&Operation::Forget(choices.ids()))),
            8 => {
                let name = NAMES[choices.below(3)];
                ("forget source", self.apply(&Operation::ForgetSource(name)))
            }
            9 => {
                let limit = choices.below(4) as u32;
                ("sweep", self.apply(&Operation::Sweep(limit)))
            }
            10 => {
                self.now += choices.below(8) as u64;
                ("wait", true)
            }
            11 => {
                let from = choices.one_of(&PHASES);
                let moved = self.indexed.consolidate_phase(from, now);
                assert_eq!(self.exact.consolidate_phase(from, now), moved);
                ("consolidate phase", moved > 0)
            }
            12 => {
                self.restored();
                ("restore", true)
            }
            _ => ("retrieve", self.retrieve(choices, dimension)),
        }
    }

    /// Whether it was accepted; a refusal changes nothing.
    fn apply(&mut self, operation: &Operation<'_>) -> bool {
        let before = written(&self.indexed);
        let last = self
            .indexed
            .entries(0, usize::MAX, 0)
            .last()
            .map(|entry| entry.id);
        let done = self.indexed.apply(operation, self.now);
        assert_eq!(self.exact.apply(operation, self.now), done);
        if done.is_err() {
            assert_eq!(written(&self.indexed), before);
        }
        let inserted = matches!(operation, Operation::Insert(_));
        let newest = self
            .indexed
            .entries(0, usize::MAX, 0)
            .last()
            .map(|entry| entry.id);
        assert!(inserted || newest <= last);
        done.is_ok()
    }

    fn retrieve(&self, choices: &mut Choices<'_>, dimension: usize) -> bool {
        let vector = choices.vector(dimension);
        let query = Query {
            vector: &vector,
            phase: choices.one_of(&PHASES),
            tolerance: choices.one_of(&[0.15, 0.0, 1.0, 0.4, -0.1, f32::NAN]),
            top_k: choices.below(14) as u32,
            min_confidence: choices.one_of(&[0.0, 0.5, 0.75, 1.0, -1.0, f64::NAN]),
        };
        let found = self.indexed.retrieve(&query, self.now);
        assert_eq!(self.exact.retrieve(&query, self.now), found);
        let Ok(found) = found else {
            return false;
        };
        assert!(found.len() <= query.top_k as usize);
        for pair in found.windows(2) {
            let key = |at: usize| (pair[at].resonance, pair[at].entry.id);
            assert!(key(0) > key(1), "{pair:?}");
        }
        for found in &found {
            assert!(found.resonance.abs() <= 1.00001, "{found:?}");
            assert!(found.entry.confidence >= query.min_confidence);
            assert!(found.entry.expires_at.is_none_or(|at| at > self.now));
            assert_eq!(
                self.indexed.entry(found.entry.id, self.now).as_ref(),
                Some(&found.entry)
            );
        }
        true
    }

    fn hold(&self) {
        let usage = self.indexed.usage();
        assert!(usage.entries <= usage.capacity && usage.consolidated <= usage.entries);
        let settings = self.indexed.config().settings();
        assert!(usage.text_bytes <= u64::from(settings.text_bytes));
        let entries = self.indexed.entries(0, usize::MAX, 0);
        assert!(entries.len() <= usage.entries as usize);
        assert!(entries.is_sorted_by(|left, right| left.id < right.id));
    }

    /// What is restored is what was written, to the byte, and goes on in its place.
    fn restored(&mut self) {
        for memory in [&mut self.indexed, &mut self.exact] {
            let (manifest, chunks) = written(memory);
            let mut restoring = Restoring::new(&manifest).expect("what was written is restored");
            for (index, chunk) in chunks.iter().enumerate() {
                restoring.chunk(index, chunk).expect("it is a chunk");
            }
            let again = restoring.finish().expect("nothing is missing");
            assert_eq!(written(&again), (manifest, chunks));
            assert_eq!(again.usage().entries, memory.usage().entries);
            *memory = again;
        }
    }
}

fn written(memory: &PhaseMemory) -> (Vec<u8>, Vec<Vec<u8>>) {
    let chunks = 0..memory.chunk_count();
    (
        memory.manifest(),
        chunks.filter_map(|index| memory.chunk(index)).collect(),
    )
}
