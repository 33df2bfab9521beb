//! What the parts promise together.

use super::phase_memory::LARGEST_ID;
use super::*;
use crate::error::Error;

mod defects;
mod index;
mod model;
mod snapshots;

fn memory(dimension: u32, capacity: u32) -> PhaseMemory {
    with(MemorySettings {
        dimension,
        capacity,
        text_bytes: 4_096,
        compressed_index: true,
    })
}

fn with(settings: MemorySettings) -> PhaseMemory {
    PhaseMemory::new(MemoryConfig::new(settings).unwrap()).unwrap()
}

fn stored(memory: &mut PhaseMemory, entry: &NewEntry<'_>) -> u64 {
    memory.insert(entry, 0).unwrap().id().unwrap()
}

fn ids(found: &[Recollection]) -> Vec<u64> {
    found.iter().map(|found| found.entry.id).collect()
}

fn pointers(error: &Error) -> Vec<&str> {
    let Error::InvalidInput(invalid) = error else {
        panic!("{error}");
    };
    let errors = invalid.errors().iter();
    errors.map(|error| error.pointer.as_str()).collect()
}

/// Everything that a memory is, apart from how it lies in memory.
fn bytes(memory: &PhaseMemory) -> (Vec<u8>, Vec<Vec<u8>>) {
    let chunks = 0..memory.chunk_count();
    (
        memory.manifest(),
        chunks.map(|index| memory.chunk(index).unwrap()).collect(),
    )
}

#[test]
fn each_field_is_checked_and_named() {
    let mut memory = memory(3, 4);
    let entry = NewEntry {
        vector: &[0.0, f32::NAN, f32::INFINITY],
        phase: 1.5,
        confidence: f64::NAN,
        source_name: Some(""),
        text: Some(""),
        expires_at: Some(7),
        parent: Some(1),
        ..NewEntry::new(&[], 0.1)
    };
    let error = memory.insert(&entry, 7).unwrap_err();
    let fields = [
        "/vector/1",
        "/phase",
        "/confidence",
        "/source_name",
        "/text",
        "/expires_at",
        "/parent",
    ];
    assert_eq!(pointers(&error), fields);
    for (vector, pointer, message) in [
        (&[1.0, 2.0][..], "/vector", "must have 3 numbers, got 2"),
        (
            &[0.0, 0.0, -1.1e18],
            "/vector/2",
            "must be a finite number of magnitude at most 1e18, got -1.1e18",
        ),
    ] {
        let error = memory.insert(&NewEntry::new(vector, 0.1), 0).unwrap_err();
        assert_eq!(error.to_string(), format!("`{pointer}` {message}"));
        let error = memory.retrieve(&Query::new(vector, 0.1), 0).unwrap_err();
        assert_eq!(error.to_string(), format!("`{pointer}` {message}"));
    }
    let query = Query {
        phase: -0.1,
        tolerance: -1.0,
        top_k: 0,
        min_confidence: 2.0,
        ..Query::new(&[0.0; 3], 0.1)
    };
    let error = memory.retrieve(&query, 0).unwrap_err().into();
    assert_eq!(
        pointers(&error),
        ["/phase", "/tolerance", "/top_k", "/min_confidence"]
    );
    let settings = MemorySettings {
        dimension: 0,
        capacity: 1_000_001,
        text_bytes: u32::MAX,
        compressed_index: false,
    };
    let error = MemoryConfig::new(settings).unwrap_err().into();
    assert_eq!(
        pointers(&error),
        [
            "/config/dimension",
            "/config/capacity",
            "/config/text_bytes"
        ]
    );
    assert_eq!(bytes(&memory), bytes(&self::memory(3, 4)));
}

#[test]
fn a_norm_beyond_its_bound_is_refused() {
    let long = vec![9e17; 1_000];
    let mut memory = memory(1_000, 1);
    let error = memory.insert(&NewEntry::new(&long, 0.1), 0).unwrap_err();
    assert_eq!(pointers(&error), ["/vector"]);
}

#[test]
fn texts_names_and_times_come_back() {
    let mut memory = memory(2, 4);
    let parent = stored(&mut memory, &NewEntry::new(&[1.0, 1.0], 0.9));
    let entry = NewEntry {
        confidence: 0.75,
        source: Source::Retrieved,
        source_name: Some("wiki/Grüße"),
        text: Some("a text"),
        timestamp: Some(5),
        expires_at: Some(9_000),
        parent: Some(parent),
        ..NewEntry::new(&[3.0, 4.0], 0.1)
    };
    let Inserted::Stored { id, evicted } = memory.insert(&entry, 8_000).unwrap() else {
        panic!("refused");
    };
    assert_eq!((id, evicted.as_slice()), (2, &[][..]));
    let expected = Entry {
        id,
        phase: 0.1,
        confidence: 0.75,
        consolidated: false,
        source: Source::Retrieved,
        source_name: Some("wiki/Grüße".to_owned()),
        text: Some("a text".to_owned()),
        timestamp: 5,
        expires_at: Some(9_000),
        parent: Some(parent),
    };
    assert_eq!(memory.entry(id, 8_999), Some(expected.clone()));
    assert_eq!(memory.vector(id, 8_999), Some(&[3.0, 4.0][..]));
    assert_eq!(memory.entries(0, 10, 8_999)[1], expected);
    assert_eq!(memory.entries(1, 1, 8_999), [expected]);
    assert_eq!(
        (memory.entry(id, 9_000), memory.vector(id, 9_000)),
        (None, None)
    );
    assert_eq!(memory.entries(0, usize::MAX, 9_000).len(), 1);
    assert_eq!(memory.entries(0, 0, 0), []);
}

#[test]
fn eviction_prefers_the_least_confident_then_the_oldest_and_spares_what_is_consolidated() {
    let mut memory = memory(1, 3);
    let mut insert = |confidence: f64| {
        let entry = NewEntry {
            confidence,
            ..NewEntry::new(&[1.0], 0.1)
        };
        match memory.insert(&entry, 0).unwrap() {
            Inserted::Stored { id, evicted } => {
                if id == 3 {
                    memory.consolidate(&[2], 0);
                }
                evicted
            }
            Inserted::Refused { .. } => panic!("refused"),
        }
    };
    assert!(insert(0.8).is_empty());
    assert!(insert(0.5).is_empty());
    assert!(insert(0.6).is_empty());
    assert_eq!(insert(0.9), [3]);
    assert_eq!(insert(0.9), [1]);
    assert_eq!(insert(0.9), [4]);
    assert_eq!(memory.consolidate(&[5, 6, 6, 99, 2], 0), 2);
    let entry = NewEntry::new(&[1.0], 0.1);
    let evicted = memory.insert(&entry, 0).unwrap();
    assert_eq!(
        evicted,
        Inserted::Stored {
            id: 7,
            evicted: vec![2]
        }
    );
    assert_eq!(memory.usage().consolidated, 2);
}

#[test]
fn texts_make_room_for_texts_only_where_it_helps() {
    let mut memory = with(MemorySettings {
        dimension: 1,
        capacity: 10,
        text_bytes: 512,
        compressed_index: false,
    });
    let bare = NewEntry {
        confidence: 0.5,
        ..NewEntry::new(&[1.0], 0.1)
    };
    assert_eq!(stored(&mut memory, &bare), 1);
    let text = "x".repeat(200);
    let entry = NewEntry {
        text: Some(&text),
        ..NewEntry::new(&[1.0], 0.1)
    };
    assert_eq!(
        (stored(&mut memory, &entry), stored(&mut memory, &entry)),
        (2, 3)
    );
    let evicted = memory.insert(&entry, 0).unwrap();
    assert_eq!(
        evicted,
        Inserted::Stored {
            id: 4,
            evicted: vec![2]
        }
    );
    assert_eq!(memory.usage().text_bytes, 512);
    let text = "x".repeat(512);
    let entry = NewEntry {
        text: Some(&text),
        ..NewEntry::new(&[1.0], 0.1)
    };
    let evicted = memory.insert(&entry, 0).unwrap();
    assert_eq!(
        evicted,
        Inserted::Stored {
            id: 5,
            evicted: vec![3, 4]
        }
    );
    let entry = NewEntry {
        source_name: Some("s"),
        ..entry
    };
    let error = memory.insert(&entry, 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`/text` must have 1 to 511 bytes, or be left out, got 512"
    );
}

#[test]
fn what_is_forgotten_leaves_nothing_behind() {
    let mut memory = memory(3, 8);
    for (name, text) in [
        ("ann", "one"),
        ("bob", "two"),
        ("ann", "three"),
        ("anna", "four"),
    ] {
        let entry = NewEntry {
            source_name: Some(name),
            text: Some(text),
            ..NewEntry::new(&[1.0, -2.0, 3.0], 0.1)
        };
        stored(&mut memory, &entry);
    }
    assert_eq!(
        (memory.forget_source("ann"), memory.forget_source("")),
        (2, 0)
    );
    assert_eq!(memory.slots.left_behind(), 0);
    assert_eq!(
        ids(&memory
            .retrieve(&Query::new(&[1.0, 0.0, 0.0], 0.1), 0)
            .unwrap()),
        [4, 2]
    );
    assert_eq!(memory.forget(&[2, 2, 77, 4]), 2);
    assert_eq!(memory.slots.left_behind(), 0);
    assert_eq!((memory.usage().entries, memory.usage().text_bytes), (0, 0));
    assert_eq!(
        memory
            .retrieve(&Query::new(&[1.0, 0.0, 0.0], 0.1), 0)
            .unwrap(),
        []
    );
}

#[test]
fn expired_entries_are_swept_a_few_at_a_time() {
    let mut memory = memory(1, 100);
    for at in 1..=20 {
        let entry = NewEntry {
            expires_at: Some(at),
            ..NewEntry::new(&[1.0], 0.1)
        };
        stored(&mut memory, &entry);
    }
    let query = Query {
        top_k: 50,
        ..Query::new(&[1.0], 0.1)
    };
    assert_eq!(memory.retrieve(&query, 15).unwrap().len(), 5);
    assert_eq!(memory.sweep(15, 6), 6);
    assert_eq!(memory.usage().entries, 14);
    memory.insert(&NewEntry::new(&[1.0], 0.1), 15).unwrap();
    assert_eq!(memory.usage().entries, 11);
    assert_eq!((memory.sweep(15, 1_000), memory.sweep(15, 1_000)), (5, 0));
    assert_eq!(memory.retrieve(&query, 15).unwrap().len(), 6);
}

#[test]
fn ids_end_before_they_lose_digits() {
    let mut memory = memory(1, 2);
    memory.next_id = LARGEST_ID - 1;
    let entry = NewEntry::new(&[1.0], 0.1);
    let error = memory.insert_batch(&[entry, entry], 0).unwrap_err();
    assert!(
        error.to_string().starts_with("limit `memory-ids` reached"),
        "{error}"
    );
    assert_eq!(stored(&mut memory, &entry), LARGEST_ID - 1);
    assert!(memory.insert(&entry, 0).is_err());
}

#[test]
fn memory_is_what_the_configuration_says() {
    for compressed_index in [false, true] {
        let settings = MemorySettings {
            dimension: 33,
            capacity: 50,
            text_bytes: 5_000,
            compressed_index,
        };
        let mut memory = with(settings);
        let fixed = memory.config().bytes();
        assert_eq!(memory.usage().bytes, fixed);
        let text = "y".repeat(300);
        for round in 0..500_u32 {
            let vector = [round as f32; 33];
            let entry = NewEntry {
                text: (round % 3 == 0).then_some(&text),
                expires_at: (round % 5 == 0).then_some(u64::from(round) + 40),
                ..NewEntry::new(&vector, 0.1)
            };
            memory.insert(&entry, u64::from(round)).unwrap();
            if round % 7 == 0 {
                memory.forget(&[u64::from(round) - 3.min(u64::from(round))]);
            }
            assert!(memory.usage().entries <= 50);
        }
        assert_eq!(memory.usage().bytes, fixed);
    }
}

#[test]
fn tables_are_no_larger_than_what_is_said() {
    for capacity in [
        1, 2, 3, 4, 6, 7, 8, 13, 14, 15, 28, 29, 100, 448, 449, 20_000,
    ] {
        let settings = MemorySettings {
            dimension: 1,
            capacity,
            ..MemorySettings::default()
        };
        let memory = with(settings);
        assert_eq!(memory.usage().bytes, memory.config().bytes(), "{capacity}");
    }
}
