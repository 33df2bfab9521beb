mod controllers;
mod memory;

use super::{Component, ComponentEngines, EngineOptions, EngineStartError, InstanceReuse};
use assize_core::Error;
use assize_core::governor::{CycleConfig, CycleInput, EngineOutput};
use assize_service::{EngineError, Engines, NativeEngines};
use std::time::Duration;

const MIB: usize = 1024 * 1024;

fn start(options: &EngineOptions) -> ComponentEngines {
    ComponentEngines::new(&Component::embedded().unwrap(), options).unwrap()
}

fn generous() -> EngineOptions {
    EngineOptions {
        call_time: Duration::from_secs(60),
        ..EngineOptions::default()
    }
}

fn input<'a>(left: &'a str, right: &'a str) -> CycleInput<'a> {
    let side = |output| EngineOutput {
        output,
        confidence: 0.75,
    };
    CycleInput {
        left: side(left),
        right: side(right),
        budget: 1.0,
        cycle: 1,
        previous_quality: None,
    }
}

fn agrees_with_native(engines: &ComponentEngines) {
    let config = CycleConfig::default();
    let input = input("restart the cache now", "restart the cache later");
    assert_eq!(
        engines.evaluate_cycle(&config, &input),
        NativeEngines.evaluate_cycle(&config, &input)
    );
}

fn limit(error: EngineError) -> (String, u64, u64) {
    match error {
        EngineError::Refused(Error::Limit(limit)) => (limit.name, limit.limit, limit.observed),
        other => panic!("{other:?}"),
    }
}

#[test]
fn fresh_and_pooled_instances_answer_alike() {
    for reuse in [
        InstanceReuse::Fresh,
        InstanceReuse::Pooled { calls: 2 },
        InstanceReuse::default(),
    ] {
        let engines = start(&EngineOptions {
            reuse,
            ..generous()
        });
        for _ in 0..5 {
            agrees_with_native(&engines);
        }
    }
}

#[test]
fn call_that_takes_too_long_is_ended_and_harms_no_other() {
    let engines = start(&EngineOptions {
        call_time: Duration::from_millis(1),
        ..EngineOptions::default()
    });
    let text: String = (0..600_000).map(|word| format!("w{word} ")).collect();
    for _ in 0..3 {
        let (name, limit, observed) = limit(engines.cosine_similarity(&text, &text).unwrap_err());
        assert_eq!((name.as_str(), limit), ("call-time-ms", 1));
        assert!(observed > limit);
        // On a busy machine a millisecond may pass before a call has begun: one of many must do.
        let mut short = (0..100).map(|_| engines.word_overlap("a b", "b c"));
        assert!(short.any(|answer| answer.is_ok()));
    }
}

#[test]
fn call_that_takes_too_much_memory_is_ended_and_harms_no_other() {
    let engines = start(&EngineOptions {
        memory_bytes: 2 * MIB,
        ..generous()
    });
    let text = "word ".repeat(MIB);
    for _ in 0..3 {
        let (name, limit, observed) = limit(engines.word_overlap(&text, &text).unwrap_err());
        assert_eq!(
            (name.as_str(), limit),
            ("call-memory-bytes", 2 * MIB as u64)
        );
        assert!(observed > limit);
        agrees_with_native(&engines);
    }
}

#[test]
fn bound_on_instances_is_an_answer() {
    let engines = start(&EngineOptions {
        instances: 2,
        ..generous()
    });
    let config = CycleConfig::default();
    let one = engines.open_cycle_governor(&config).unwrap();
    let other = engines.open_cycle_governor(&config).unwrap();
    let refused = engines.open_cycle_governor(&config).err().unwrap();
    assert_eq!(limit(refused), ("concurrent-instances".to_owned(), 2, 3));
    drop((one, other));
    agrees_with_native(&engines);
}

#[test]
fn session_after_a_failure_says_so() {
    let engines = start(&EngineOptions {
        memory_bytes: 2 * MIB,
        ..generous()
    });
    let mut session = engines
        .open_cycle_governor(&CycleConfig::default())
        .unwrap();
    let text = "word ".repeat(MIB);
    let large = input(&text, "small");
    let (name, ..) = limit(session.evaluate(&large.left, &large.right).unwrap_err());
    assert_eq!(name, "call-memory-bytes");
    assert!(matches!(session.status(), Err(EngineError::Failed(_))));
}

#[test]
fn damaged_snapshots_are_refused_alike() {
    let engines = start(&generous());
    let mut session = engines
        .open_cycle_governor(&CycleConfig::default())
        .unwrap();
    let snapshot = session.snapshot().unwrap();
    for index in 0..snapshot.len() {
        let mut damaged = snapshot.clone();
        damaged[index] ^= 1;
        let refused = engines.restore_cycle_governor(&damaged).err().unwrap();
        assert_eq!(
            Some(refused),
            NativeEngines.restore_cycle_governor(&damaged).err()
        );
    }
    assert!(engines.restore_session_governor(&snapshot).is_err());
}

#[test]
fn bytes_that_are_no_component_are_refused() {
    for bytes in [&b""[..], b"\0asm", b"no component at all"] {
        let refused = ComponentEngines::new(&Component::from_bytes(bytes), &generous());
        assert!(matches!(refused, Err(EngineStartError::Unsuitable(_))));
    }
    let missing = Component::read("/no/such/component").unwrap_err();
    assert!(missing.to_string().contains("/no/such/component"));
}

#[test]
fn options_out_of_range_are_refused() {
    let component = Component::embedded().unwrap();
    for (option, options) in [
        (
            "call_time",
            EngineOptions {
                call_time: Duration::ZERO,
                ..generous()
            },
        ),
        (
            "memory_bytes",
            EngineOptions {
                memory_bytes: 1,
                ..generous()
            },
        ),
        (
            "controller_memory_bytes",
            EngineOptions {
                controller_memory_bytes: 1,
                ..generous()
            },
        ),
        (
            "instances",
            EngineOptions {
                instances: 0,
                ..generous()
            },
        ),
        (
            "reuse",
            EngineOptions {
                reuse: InstanceReuse::Pooled { calls: 0 },
                ..generous()
            },
        ),
    ] {
        let refused = ComponentEngines::new(&component, &options).unwrap_err();
        assert!(refused.to_string().contains(option), "{refused}");
    }
}

#[cfg(unix)]
mod artifacts {
    use super::{agrees_with_native, generous, start};
    use crate::EngineOptions;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    fn cached(folder: &Path) -> EngineOptions {
        EngineOptions {
            cache_dir: Some(folder.to_owned()),
            ..generous()
        }
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn compiled_component_is_kept_used_and_replaced_when_damaged() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("cache");
        drop(start(&cached(&folder)));
        let [file] = files(&folder).try_into().unwrap();
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
        let good = fs::read(&file).unwrap();

        let changed = fs::metadata(&file).unwrap().modified().unwrap();
        agrees_with_native(&start(&cached(&folder)));
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), changed);

        for damage in [0, good.len() / 2, good.len() - 1] {
            let mut bytes = good.clone();
            bytes[damage] ^= 1;
            fs::write(&file, &bytes).unwrap();
            agrees_with_native(&start(&cached(&folder)));
            assert_ne!(fs::read(&file).unwrap(), bytes);
        }
        for short in [0, 31, good.len() - 40] {
            fs::write(&file, &good[..short]).unwrap();
            agrees_with_native(&start(&cached(&folder)));
            assert!(fs::read(&file).unwrap().len() > short);
        }
        assert_eq!(files(&folder), [file]);
    }

    #[test]
    fn file_that_others_could_have_written_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        drop(start(&cached(folder.path())));
        let [file] = files(folder.path()).try_into().unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
        drop(start(&cached(folder.path())));
        assert_eq!(mode(&file), 0o600, "it was replaced");
    }

    #[test]
    fn folder_that_others_can_write_to_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        agrees_with_native(&start(&cached(folder.path())));
        assert!(files(folder.path()).is_empty());
        let not_a_folder = folder.path().join("file");
        fs::write(&not_a_folder, "").unwrap();
        agrees_with_native(&start(&cached(&not_a_folder)));
    }
}
