//! Controllers in instances of their own.

use super::{MIB, agrees_with_native, generous, limit, start};
use crate::{EngineOptions, InstanceReuse};
use assize_core::Error;
use assize_core::controller::{ControllerConfig, ControllerSettings};
use assize_core::gate::{Conditions, Outcome, Question, Request};
use assize_core::memory::{MemorySettings, NewEntry};
use assize_service::{EngineError, Engines, NativeEngines};
use std::time::Duration;

fn config(dimension: u32, capacity: u32) -> ControllerConfig {
    let settings = ControllerSettings {
        memory: MemorySettings {
            capacity,
            text_bytes: 1024,
            ..MemorySettings::default()
        },
        ..ControllerSettings::default()
    };
    ControllerConfig::new(settings.with_dimension(dimension)).unwrap()
}

#[test]
fn one_that_needs_more_than_is_permitted_is_refused() {
    let engines = start(&EngineOptions {
        memory_bytes: 4 * MIB,
        controller_memory_bytes: 16 * MIB,
        ..generous()
    });
    let refused = engines.open_controller(&config(384, 20_000)).err().unwrap();
    let (name, permitted, needed) = limit(refused);
    assert_eq!(
        (name.as_str(), permitted),
        ("controller-memory-bytes", 16 * MIB as u64)
    );
    assert!(needed > 60 * MIB as u64, "{needed}");

    let mut native = NativeEngines.open_controller(&config(384, 8000)).unwrap();
    let snapshot = native.snapshot().unwrap();
    let refused = engines.restore_controller(&snapshot).err().unwrap();
    assert_eq!(limit(refused).0, "controller-memory-bytes");
    drop(engines.open_controller(&config(384, 1000)).unwrap());
    agrees_with_native(&engines);
}

#[test]
fn a_full_one_stays_within_its_bound() {
    let engines = start(&EngineOptions {
        memory_bytes: 16 * MIB,
        controller_memory_bytes: 160 * MIB,
        ..generous()
    });
    let config = config(384, 20_000);
    let mut native = NativeEngines.open_controller(&config).unwrap();
    let mut component = engines.open_controller(&config).unwrap();
    let mut vector = [1.0; 384];
    for batch in 0..20 {
        let vectors: Vec<_> = (0..1200)
            .map(|index| {
                vector[index % 384] += (index + batch) as f32;
                vector
            })
            .collect();
        let entries: Vec<_> = vectors
            .iter()
            .map(|vector| NewEntry::new(vector, 0.1))
            .collect();
        let inserted = component.insert(&entries, 1);
        assert_eq!(inserted, native.insert(&entries, 1));
    }
    let snapshot = component.snapshot().unwrap();
    assert!(snapshot == native.snapshot().unwrap());
    component.reset().unwrap();
    assert_eq!(component.state().unwrap().memory.entries, 0);
    drop(component);
    let mut restored = engines.restore_controller(&snapshot).unwrap();
    assert!(restored.snapshot().unwrap() == snapshot);
    assert_eq!(restored.state(), native.state());
}

#[test]
fn one_that_takes_too_much_is_lost_and_harms_no_other() {
    let engines = start(&EngineOptions {
        memory_bytes: 4 * MIB,
        controller_memory_bytes: 64 * MIB,
        ..generous()
    });
    let mut lost = engines.open_controller(&config(8, 10)).unwrap();
    let mut other = engines.open_controller(&config(8, 10)).unwrap();
    let prompt = "word ".repeat(MIB);
    let at = Conditions::at(1);
    let mut flights = 0..100;
    let failure = flights
        .find_map(|flight| lost.begin(flight, &at, &Request::new(&prompt)).err())
        .unwrap();
    assert_eq!(limit(failure).0, "controller-memory-bytes");
    assert!(!lost.is_fit());
    assert!(matches!(lost.state(), Err(EngineError::Failed(_))));
    let question = Question {
        score: Some(0.8),
        text: "",
    };
    assert!(other.admit(&at, &question).unwrap().is_admitted());
    assert!(other.is_fit());
    agrees_with_native(&engines);
}

/// One that may have four times the memory may take four times as long.
#[test]
fn one_that_is_large_has_more_time() {
    let engines = start(&EngineOptions {
        call_time: Duration::from_millis(1),
        memory_bytes: 16 * MIB,
        controller_memory_bytes: 2048 * MIB,
        ..EngineOptions::default()
    });
    let text = "no word is said twice here, or hardly one ".repeat(20_000);
    let outcome = Outcome {
        prompt: &text,
        answer: &text,
    };
    let question = Question {
        score: Some(0.8),
        text: "",
    };
    for (capacity, most_ms) in [(10, 2), (20_000, 9)] {
        let config = config(384, capacity);
        let late = || {
            let mut controller = engines.open_controller(&config).ok()?;
            controller.admit(&Conditions::at(1), &question).ok()?;
            controller.record(&Conditions::at(1), &outcome).err()
        };
        // On a busy machine even what is short may take too long.
        let late = (0..1000).find_map(|_| late()).unwrap();
        let (name, limit_ms, _) = limit(late);
        assert_eq!((name.as_str(), limit_ms), ("call-time-ms", most_ms));
    }
}

/// The instance of one that was small is used again, within the bound of any call.
#[test]
fn an_instance_that_comes_back_is_bounded_as_before() {
    let engines = start(&EngineOptions {
        memory_bytes: 4 * MIB,
        instances: 1,
        ..generous()
    });
    drop(engines.open_controller(&config(8, 10)).unwrap());
    let text = "word ".repeat(2 * MIB);
    let (name, most, _) = limit(engines.word_overlap(&text, &text).unwrap_err());
    assert_eq!((name.as_str(), most), ("call-memory-bytes", 4 * MIB as u64));
}

#[test]
fn one_outlives_the_calls_of_an_instance() {
    for reuse in [InstanceReuse::Fresh, InstanceReuse::Pooled { calls: 3 }] {
        let engines = start(&EngineOptions {
            reuse,
            ..generous()
        });
        let mut controller = engines.open_controller(&config(8, 10)).unwrap();
        for id in 1..10 {
            let inserted = controller.insert(&[NewEntry::new(&[1.0; 8], 0.1)], 1);
            assert_eq!(inserted.unwrap()[0].id(), Some(id));
        }
        assert!(controller.is_fit());
    }
}

#[test]
fn bytes_that_are_no_controller_are_refused() {
    let engines = start(&generous());
    for bytes in [&b""[..], b"ASZ", b"no controller at all"] {
        let refused = engines.restore_controller(bytes).err();
        assert!(matches!(
            refused,
            Some(EngineError::Refused(Error::CorruptSnapshot(_)))
        ));
        assert_eq!(refused, NativeEngines.restore_controller(bytes).err());
    }
}
