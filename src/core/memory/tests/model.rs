//! Any sequence of changes against a model that keeps a list and looks at all of it.

use super::super::kernel::{dot, norm};
use super::*;
use proptest::prelude::*;

const CAPACITY: usize = 7;
const TEXT_BLOCKS: usize = 4;

#[derive(Debug, Clone)]
enum Step {
    Insert(Vec<Item>),
    Consolidate(Vec<u64>),
    Forget(Vec<u64>),
    ForgetSource(usize),
    Sweep(u32),
    Retrieve([f32; 3], f32, f32, u32, f64),
    Wait(u64),
}

#[derive(Debug, Clone)]
struct Item {
    vector: [f32; 3],
    phase: f32,
    confidence: f64,
    name: Option<usize>,
    text: Option<usize>,
    lifetime: Option<u64>,
}

const NAMES: [&str; 2] = ["ann", "bob"];

fn number() -> impl Strategy<Value = f32> {
    prop_oneof![Just(0.0_f32), Just(1.0), Just(-1.0), -2.0_f32..2.0]
}

fn phase() -> impl Strategy<Value = f32> {
    prop_oneof![Just(0.1_f32), Just(0.9), Just(0.25), 0.0_f32..=1.0]
}

fn item() -> impl Strategy<Value = Item> {
    let vector = [number(), number(), number()];
    let confidence = prop_oneof![Just(1.0), Just(0.5), Just(0.49), 0.4_f64..=1.0];
    let text = prop::option::of(1_usize..=300);
    (
        vector,
        phase(),
        confidence,
        prop::option::of(0..2_usize),
        text,
        prop::option::of(1_u64..30),
    )
        .prop_map(|(vector, phase, confidence, name, text, lifetime)| Item {
            vector,
            phase,
            confidence,
            name,
            text,
            lifetime,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let ids = || prop::collection::vec(1_u64..60, 0..4);
    prop_oneof![
        6 => prop::collection::vec(item(), 1..3).prop_map(Step::Insert),
        2 => ids().prop_map(Step::Consolidate),
        1 => ids().prop_map(Step::Forget),
        1 => (0_usize..2).prop_map(Step::ForgetSource),
        1 => (0_u32..3).prop_map(Step::Sweep),
        4 => ([number(), number(), number()], phase(), 0.0_f32..0.4, 1_u32..9, 0.4_f64..1.0)
            .prop_map(|(vector, phase, tolerance, top_k, confidence)| Step::Retrieve(vector, phase, tolerance, top_k, confidence)),
        2 => (1_u64..10).prop_map(Step::Wait),
    ]
}

#[derive(Debug, Clone)]
struct Kept {
    id: u64,
    item: Item,
    expires_at: u64,
    phase: f32,
    consolidated: bool,
}

impl Kept {
    fn blocks(&self) -> usize {
        let name = self.item.name.map_or(0, |name| NAMES[name].len());
        (name + self.item.text.unwrap_or(0)).div_ceil(128)
    }
}

#[derive(Debug, Default)]
struct Model {
    kept: Vec<Kept>,
    last_id: u64,
}

impl Model {
    fn evict(&mut self, holding_text: bool) -> u64 {
        let candidates = self.kept.iter().enumerate();
        let candidates = candidates.filter(|(_, kept)| !holding_text || kept.blocks() > 0);
        let (at, _) = candidates
            .min_by(|(_, left), (_, right)| {
                let key = |kept: &Kept| (kept.consolidated, kept.item.confidence, kept.id);
                key(left).partial_cmp(&key(right)).unwrap()
            })
            .unwrap();
        self.kept.remove(at).id
    }

    fn sweep(&mut self, now: u64, limit: u32) -> u32 {
        for swept in 0..limit {
            let expired = self
                .kept
                .iter()
                .enumerate()
                .filter(|(_, kept)| kept.expires_at <= now);
            let Some((at, _)) = expired.min_by_key(|(_, kept)| (kept.expires_at, kept.id)) else {
                return swept;
            };
            self.kept.remove(at);
        }
        limit
    }

    fn insert(&mut self, item: &Item, now: u64) -> Inserted {
        if item.confidence < 0.5 {
            return Inserted::Refused {
                confidence: item.confidence,
                required: 0.5,
            };
        }
        self.sweep(now, 4);
        self.last_id += 1;
        let kept = Kept {
            id: self.last_id,
            item: item.clone(),
            expires_at: item.lifetime.map_or(u64::MAX, |lifetime| now + lifetime),
            phase: item.phase,
            consolidated: false,
        };
        let mut evicted = Vec::new();
        while self.kept.iter().map(Kept::blocks).sum::<usize>() + kept.blocks() > TEXT_BLOCKS {
            evicted.push(self.evict(true));
        }
        if self.kept.len() == CAPACITY {
            evicted.push(self.evict(false));
        }
        self.kept.push(kept);
        Inserted::Stored {
            id: self.last_id,
            evicted,
        }
    }

    fn consolidate(&mut self, ids: &[u64], now: u64) -> u32 {
        let mut moved = 0;
        for id in ids {
            let found = self
                .kept
                .iter_mut()
                .find(|kept| kept.id == *id && kept.expires_at > now);
            if let Some(kept) = found.filter(|kept| !kept.consolidated) {
                kept.consolidated = true;
                kept.phase = 0.9;
                moved += 1;
            }
        }
        moved
    }

    fn remove(&mut self, which: impl Fn(&Kept) -> bool) -> u32 {
        let before = self.kept.len();
        self.kept.retain(|kept| !which(kept));
        (before - self.kept.len()) as u32
    }

    fn retrieve(&self, query: &Query<'_>, now: u64) -> Vec<(f32, u64)> {
        let mut found: Vec<_> = self
            .kept
            .iter()
            .filter(|kept| kept.expires_at > now && kept.item.confidence >= query.min_confidence)
            .filter(|kept| {
                let near = |phase: f32| (phase - query.phase).abs() <= query.tolerance;
                near(kept.phase) || near(kept.item.phase)
            })
            .map(|kept| {
                let norms = norm(&kept.item.vector).max(1e-9) * norm(query.vector).max(1e-9);
                (dot(&kept.item.vector, query.vector) / norms + 0.0, kept.id)
            })
            .collect();
        found.sort_by(|left, right| right.partial_cmp(left).unwrap());
        found.truncate(query.top_k as usize);
        found
    }
}

fn insert(memory: &mut PhaseMemory, model: &mut Model, items: &[Item], now: u64) {
    let text = "t".repeat(300);
    let entries: Vec<_> = items
        .iter()
        .map(|item| NewEntry {
            confidence: item.confidence,
            source_name: item.name.map(|name| NAMES[name]),
            text: item.text.map(|length| text.get(..length).unwrap()),
            expires_at: item.lifetime.map(|lifetime| now + lifetime),
            ..NewEntry::new(&item.vector, item.phase)
        })
        .collect();
    let expected: Vec<_> = items.iter().map(|item| model.insert(item, now)).collect();
    assert_eq!(memory.insert_batch(&entries, now).unwrap(), expected);
}

fn run(steps: &[Step], compressed_index: bool) {
    let mut memory = with(MemorySettings {
        dimension: 3,
        capacity: CAPACITY as u32,
        text_bytes: TEXT_BLOCKS as u32 * 128,
        compressed_index,
    });
    let mut model = Model::default();
    let mut now = 0;
    for step in steps {
        match step {
            Step::Insert(items) => insert(&mut memory, &mut model, items, now),
            Step::Consolidate(ids) => {
                assert_eq!(memory.consolidate(ids, now), model.consolidate(ids, now));
            }
            Step::Forget(ids) => assert_eq!(
                memory.forget(ids),
                model.remove(|kept| ids.contains(&kept.id))
            ),
            Step::ForgetSource(name) => assert_eq!(
                memory.forget_source(NAMES[*name]),
                model.remove(|kept| kept.item.name == Some(*name))
            ),
            Step::Sweep(limit) => assert_eq!(memory.sweep(now, *limit), model.sweep(now, *limit)),
            Step::Wait(time) => now += time,
            Step::Retrieve(vector, phase, tolerance, top_k, min_confidence) => {
                let query = Query {
                    vector,
                    phase: *phase,
                    tolerance: *tolerance,
                    top_k: *top_k,
                    min_confidence: *min_confidence,
                };
                let found = memory.retrieve(&query, now).unwrap();
                let found: Vec<_> = found
                    .iter()
                    .map(|found| (found.resonance, found.entry.id))
                    .collect();
                assert_eq!(found, model.retrieve(&query, now));
            }
        }
        let usage = memory.usage();
        assert_eq!(usage.entries as usize, model.kept.len());
        assert_eq!(
            usage.consolidated as usize,
            model.kept.iter().filter(|kept| kept.consolidated).count()
        );
        assert_eq!(
            usage.text_bytes as usize,
            128 * model.kept.iter().map(Kept::blocks).sum::<usize>()
        );
        assert_eq!(memory.slots.left_behind(), 0);
    }
    for kept in &model.kept {
        let entry = memory.entry(kept.id, 0).unwrap();
        assert_eq!(
            (entry.phase, entry.consolidated),
            (kept.phase, kept.consolidated)
        );
        assert_eq!(entry.text.map(|text| text.len()), kept.item.text);
        assert_eq!(memory.vector(kept.id, 0), Some(&kept.item.vector[..]));
    }
}

proptest! {
    #[test]
    fn every_sequence_agrees_with_the_model(steps in prop::collection::vec(step(), 1..80), compressed in any::<bool>()) {
        run(&steps, compressed);
    }
}
