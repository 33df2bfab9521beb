//! What the reference does wrong and this memory does not.

use super::*;

/// Consolidated entries can be found, awake and asleep, and are not stored twice.
#[test]
fn consolidation_moves_and_both_phases_find() {
    let mut memory = memory(2, 8);
    let entry = NewEntry {
        confidence: 0.6,
        ..NewEntry::new(&[1.0, 0.0], 0.1)
    };
    let id = stored(&mut memory, &entry);
    assert_eq!(
        memory.retrieve(&Query::new(&[1.0, 0.0], 0.9), 0).unwrap(),
        []
    );
    assert_eq!(memory.consolidate(&[id], 0), 1);
    for phase in [0.1, 0.9] {
        let found = memory.retrieve(&Query::new(&[1.0, 0.0], phase), 0).unwrap();
        assert_eq!(
            (ids(&found), found[0].entry.phase),
            (vec![id], CONSOLIDATED_PHASE)
        );
        // Nor is confidence raised by it.
        assert_eq!(found[0].entry.confidence, 0.6);
    }
    assert_eq!(
        memory.retrieve(&Query::new(&[1.0, 0.0], 0.5), 0).unwrap(),
        []
    );
    assert_eq!(memory.usage().entries, 1);
}

/// A full memory is a ring where all entries are equal.
#[test]
fn the_oldest_gives_way() {
    let mut memory = memory(1, 3);
    for _ in 0..10 {
        stored(&mut memory, &NewEntry::new(&[1.0], 0.1));
    }
    assert_eq!(
        ids(&memory.retrieve(&Query::new(&[1.0], 0.1), 0).unwrap()),
        [10, 9, 8]
    );
}

/// Damage is named, never taken for the truth.
#[test]
fn damage_is_refused() {
    let mut memory = memory(2, 8);
    stored(&mut memory, &NewEntry::new(&[1.0, 0.0], 0.1));
    let mut chunk = memory.chunk(0).unwrap();
    chunk[30] ^= 1;
    let mut restoring = Restoring::new(&memory.manifest()).unwrap();
    let error = restoring.chunk(0, &chunk).unwrap_err();
    assert_eq!(
        error.to_string(),
        "chunk 0: the snapshot is damaged: its checksum does not fit"
    );
}

/// What is not confident enough is refused and says so; consolidation can't bring it in.
#[test]
fn low_confidence_is_not_laundered() {
    let mut memory = memory(1, 3);
    let entry = NewEntry {
        confidence: 0.45,
        ..NewEntry::new(&[1.0], 0.1)
    };
    let refused = Inserted::Refused {
        confidence: 0.45,
        required: 0.5,
    };
    assert_eq!(memory.insert(&entry, 0).unwrap(), refused);
    assert_eq!(
        (memory.consolidate(&[1], 0), memory.usage().entries),
        (0, 0)
    );
}

/// Embeddings of unit length reach all levels, whatever their signs.
#[test]
fn synaptic_transfer_is_by_norm() {
    let settings = SynapticSettings {
        dimension: 384,
        ..Default::default()
    };
    let config = |transfer| {
        SynapticConfig::new(SynapticSettings {
            transfer,
            ..settings
        })
        .unwrap()
    };
    let event = [-0.051_031_04; 384];
    let mut by_norm = SynapticMemory::new(config(Transfer::Norm));
    let mut by_component = SynapticMemory::new(config(Transfer::PerComponent));
    for _ in 0..30 {
        by_norm.update(&event).unwrap();
        by_component.update(&event).unwrap();
    }
    let [_, second, third] = by_norm.norms();
    assert!(second > 0.5 && third > 0.1, "{second} {third}");
    assert_eq!(by_component.norms()[1..], [0.0, 0.0]);
}

/// An event that is not finite changes nothing.
#[test]
fn synaptic_memory_is_not_poisoned() {
    let settings = SynapticSettings {
        dimension: 2,
        ..Default::default()
    };
    let mut memory = SynapticMemory::new(SynapticConfig::new(settings).unwrap());
    memory.update(&[1.0, 2.0]).unwrap();
    let before = memory.clone();
    for event in [
        [f32::NAN, 0.0],
        [0.0, f32::NEG_INFINITY],
        [f32::INFINITY, 1.0],
    ] {
        assert!(memory.update(&event).is_err());
    }
    assert!(memory.update(&[1.0]).is_err());
    assert_eq!(memory, before);
}

/// Nor by any number of events that are as large as numbers are.
#[test]
fn synaptic_levels_stay_finite() {
    for transfer in Transfer::ALL {
        let settings = SynapticSettings {
            dimension: 3,
            lambda: [f64::MIN_POSITIVE; 3],
            gating: [1.0, 0.7],
            transfer,
            ..Default::default()
        };
        let mut memory = SynapticMemory::new(SynapticConfig::new(settings).unwrap());
        for round in 0..200 {
            let sign = if round % 7 < 4 { 1.0 } else { -1.0 };
            memory.update(&[f32::MAX, f32::MIN * sign, 1.0]).unwrap();
            let levels = memory.levels().concat();
            assert!(levels.iter().all(|number| number.is_finite()), "{levels:?}");
            assert!(memory.norms().iter().all(|norm| norm.is_finite()));
        }
        assert_eq!(SynapticMemory::restore(&memory.snapshot()).unwrap(), memory);
    }
}

/// No count means everything, and no resonance is other than a number.
#[test]
fn counts_and_numbers_are_what_they_seem() {
    let mut memory = memory(2, 4);
    for vector in [
        [1e18, -1e18],
        [f32::from_bits(1), 0.0],
        [0.0, 0.0],
        [1.0, 1.0],
    ] {
        stored(&mut memory, &NewEntry::new(&vector, 0.1));
    }
    let query = Query {
        top_k: 0,
        ..Query::new(&[1.0, 0.0], 0.1)
    };
    let error = memory.retrieve(&query, 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`/top_k` must be a whole number from 1 to 10000, got 0"
    );
    for vector in [[1e18, 1e18], [0.0, 0.0], [f32::from_bits(1), 1e-30]] {
        let found = memory.retrieve(&Query::new(&vector, 0.1), 0).unwrap();
        assert_eq!(found.len(), 4);
        assert!(
            found.iter().all(|found| found.resonance.abs() <= 1.000_001),
            "{found:?}"
        );
    }
}

/// A batch is stored as a whole or not at all.
#[test]
fn batches_are_atomic() {
    let mut memory = memory(1, 2);
    stored(&mut memory, &NewEntry::new(&[3.0], 0.1));
    let before = bytes(&memory);
    let good = NewEntry::new(&[1.0], 0.1);
    let low = NewEntry {
        confidence: 0.1,
        ..good
    };
    let bad = NewEntry {
        phase: f32::NAN,
        ..NewEntry::new(&[f32::INFINITY], 0.1)
    };
    let error = memory
        .insert_batch(&[good, bad, good, NewEntry::new(&[], 0.1)], 0)
        .unwrap_err();
    let fields = [
        "/entries/1/vector/0",
        "/entries/1/phase",
        "/entries/3/vector",
    ];
    assert_eq!(pointers(&error), fields);
    assert_eq!(bytes(&memory), before);
    let done = memory.insert_batch(&[good, low, good, good], 0).unwrap();
    let stored: Vec<_> = done.iter().map(Inserted::id).collect();
    assert_eq!(stored, [Some(2), None, Some(3), Some(4)]);
    assert_eq!(memory.usage().entries, 2);
    let many = vec![NewEntry::new(&[f32::NAN], 0.1); 1_000];
    assert_eq!(
        pointers(&memory.insert_batch(&many, 0).unwrap_err()).len(),
        100
    );
}

/// A vector of the wrong dimension is an error at once, also of an empty memory and of one that is not confident.
#[test]
fn wrong_dimensions_are_errors() {
    let mut memory = memory(3, 2);
    assert!(memory.retrieve(&Query::new(&[1.0], 0.1), 0).is_err());
    let entry = NewEntry {
        confidence: 0.0,
        ..NewEntry::new(&[1.0], 0.1)
    };
    assert_eq!(
        pointers(&memory.insert(&entry, 0).unwrap_err()),
        ["/vector"]
    );
}

/// What is stored survives as bytes, and changes replayed elsewhere give the same bytes.
#[test]
fn state_persists_and_replays() {
    let (first, second) = ([0.6, 0.8], [1.0, 0.0]);
    let operations = [
        Operation::Insert(vec![
            NewEntry::new(&first, 0.1),
            NewEntry::new(&second, 0.1),
        ]),
        Operation::Consolidate(vec![1]),
        Operation::Insert(vec![NewEntry {
            source_name: Some("x"),
            ..NewEntry::new(&first, 0.1)
        }]),
        Operation::ForgetSource("x"),
        Operation::Sweep(3),
        Operation::Forget(vec![2]),
    ];
    let run = || {
        let mut memory = memory(2, 4);
        let outcomes: Vec<_> = operations
            .iter()
            .map(|operation| memory.apply(operation, 9).unwrap())
            .collect();
        assert_eq!(
            outcomes[3..],
            [
                Outcome::Removed(1),
                Outcome::Removed(0),
                Outcome::Removed(1)
            ]
        );
        memory
    };
    assert_eq!(bytes(&run()), bytes(&run()));
    let memory = run();
    let mut restoring = Restoring::new(&memory.manifest()).unwrap();
    restoring.chunk(0, &memory.chunk(0).unwrap()).unwrap();
    assert_eq!(bytes(&restoring.finish().unwrap()), bytes(&memory));
}
