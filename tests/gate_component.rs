//! The component's gate and memory are those of the core in the process: the same operations give the same answers
//! and the same bytes, for random sequences and for those that were recorded. What the core answers is compared with
//! what was recorded in `gate_vectors.rs`.

use assize_core::controller::{Action, ControllerConfig, ControllerSettings, Embedder, Heard};
use assize_core::gate::{
    BreakerSettings, Conditions, Outcome, Quality, QualitySettings, Question, Request,
};
use assize_core::memory::{MemorySettings, NewEntry, Query, Source};
use assize_service::{ControllerHandle, Engines, NativeEngines};
use assize_tests::component;

#[path = "gate_component/random.rs"]
mod random;
#[path = "gate_component/recorded.rs"]
mod recorded;

/// A controller twice: in the process and in the component.
struct Pair {
    native: Box<dyn ControllerHandle>,
    component: Box<dyn ControllerHandle>,
}

impl Pair {
    fn open(settings: ControllerSettings) -> Self {
        let config = ControllerConfig::new(settings).unwrap();
        Self {
            native: NativeEngines.open_controller(&config).unwrap(),
            component: component().open_controller(&config).unwrap(),
        }
    }

    /// The same call on both, which must answer alike.
    fn both<T: PartialEq + std::fmt::Debug>(
        &mut self,
        mut call: impl FnMut(&mut dyn ControllerHandle) -> T,
    ) -> T {
        let native = call(self.native.as_mut());
        assert_eq!(call(self.component.as_mut()), native);
        native
    }

    /// Both have the same state and the same bytes.
    fn is_same(&mut self) {
        self.both(|controller| controller.state()).unwrap();
        self.both(|controller| controller.flights()).unwrap();
        self.both(|controller| controller.snapshot()).unwrap();
    }

    /// Each goes on from the bytes of the other.
    fn exchange(&mut self) {
        let native = self.native.snapshot().unwrap();
        let other = self.component.snapshot().unwrap();
        self.native = NativeEngines.restore_controller(&other).unwrap();
        self.component = component().restore_controller(&native).unwrap();
        self.both(|controller| controller.settings()).unwrap();
        self.is_same();
    }
}

fn small() -> ControllerSettings {
    let mut settings = ControllerSettings {
        memory: MemorySettings {
            capacity: 12,
            text_bytes: 2048,
            ..MemorySettings::default()
        },
        ..ControllerSettings::default()
    }
    .with_dimension(8);
    settings.gate.rhythm.wake_steps = 4;
    settings.gate.rhythm.sleep_steps = 2;
    settings
}

#[test]
fn settings_cross_whole() {
    let mut settings = small();
    settings.embedder = Embedder::Caller;
    settings.gate.threshold.policy = assize_core::gate::Policy::Bounded;
    settings.gate.pre_check = Some(0.25);
    settings.gate.post_check = Some(0.125);
    settings.gate.max_processing_ms = Some(7);
    settings.gate.emergency.cooldown_ms = None;
    settings.gate.memory_breaker = BreakerSettings {
        failures: 9,
        cooldown_ms: 8,
        successes: 7,
    };
    settings.synaptic.transfer = assize_core::memory::Transfer::PerComponent;
    settings.memory.compressed_index = false;
    for given in [ControllerSettings::default(), small(), settings] {
        let mut pair = Pair::open(given.clone());
        assert_eq!(pair.both(|controller| controller.settings()), Ok(given));
        pair.exchange();
    }
}

#[test]
fn mistakes_are_refused_alike_and_change_nothing() {
    let mut pair = Pair::open(small());
    let before = pair.both(|controller| controller.snapshot()).unwrap();
    let at = Conditions::at(5);
    let wrong = [f32::NAN; 8];
    let mut refused = 0;
    let mut refuse = |is_refused: bool| {
        assert!(is_refused);
        refused += 1;
    };
    for score in [f64::NAN, -0.1, f64::INFINITY] {
        let score = Some(score);
        let question = Question { score, text: "" };
        refuse(pair.both(|c| c.admit(&at, &question).is_err()));
    }
    for vector in [&wrong[..], &[1.0; 7], &[0.0; 8], &[]] {
        let request = Request {
            vector: Some(vector),
            ..Request::new("why?")
        };
        refuse(
            pair.both(|c| c.begin(1, &at, &request).map_err(|e| e.to_string()))
                .is_err(),
        );
    }
    for vector in [&wrong[..], &[f32::MAX; 8], &[1.0; 9]] {
        let entries = [NewEntry::new(&[1.0; 8], 0.1), NewEntry::new(vector, 2.0)];
        refuse(pair.both(|c| c.insert(&entries, 5)).is_err());
        refuse(
            pair.both(|c| c.retrieve(&Query::new(vector, -1.0), 5))
                .is_err(),
        );
    }
    let outcome = Outcome {
        prompt: "",
        answer: "because",
    };
    refuse(pair.both(|c| c.record(&at, &outcome)).is_err());
    let heard = || Heard::Generated(Ok("because".to_owned()));
    refuse(pair.both(|c| c.resume(3, 5, heard())).is_err());
    refuse(pair.both(|c| c.embed(" ")).is_err());
    assert!(!pair.both(|c| c.cancel(3)).unwrap());
    assert_eq!(refused, 16);
    assert_eq!(pair.both(|c| c.snapshot()), Ok(before.clone()));
    for index in (0..before.len()).step_by(7) {
        let mut damaged = before.clone();
        damaged[index] ^= 0x40;
        let refused = component().restore_controller(&damaged).err();
        assert_eq!(refused, NativeEngines.restore_controller(&damaged).err());
        assert!(refused.is_some(), "{index}");
    }
}

#[test]
fn entries_of_every_kind_cross_whole() {
    let mut pair = Pair::open(small());
    let vectors: Vec<Vec<f32>> = (0..8)
        .map(|index| (0..8).map(|at| ((index * at) % 5) as f32 - 1.5).collect())
        .collect();
    let entries: Vec<_> = vectors
        .iter()
        .zip(Source::ALL.into_iter().cycle())
        .enumerate()
        .map(|(index, (vector, source))| NewEntry {
            confidence: 0.4 + 0.1 * (index % 7) as f64,
            source,
            source_name: [Some("crm"), None][index % 2],
            text: [None, Some("東京 é"), Some("east")][index % 3],
            timestamp: [Some(3), None][index % 2],
            expires_at: [None, Some(90)][index % 2],
            ..NewEntry::new(vector, 0.1)
        })
        .collect();
    let inserted = pair.both(|c| c.insert(&entries, 10)).unwrap();
    let kept = inserted.iter().filter(|one| one.id().is_some()).count();
    assert!(kept > 4 && kept < inserted.len());
    for id in 0..9 {
        let entry = pair.both(|c| c.entry(id, 20)).unwrap();
        let vector = pair.both(|c| c.vector(id, 20)).unwrap();
        assert_eq!(entry.is_some(), vector.is_some());
    }
    assert_eq!(pair.both(|c| c.entries(0, 100, 20)).unwrap().len(), kept);
    for count in 1..9 {
        let query = Query {
            top_k: count,
            ..Query::new(&vectors[3], 0.2)
        };
        pair.both(|c| c.retrieve(&query, 20)).unwrap();
    }
    pair.exchange();
    assert!(pair.both(|c| c.forget_source("crm")).unwrap() > 0);
    pair.both(|c| c.forget(&[2, 77])).unwrap();
    pair.both(|c| c.sweep(100, 10)).unwrap();
    pair.exchange();
}

#[test]
fn a_requests_way_is_the_same() {
    let mut pair = Pair::open(small());
    let first = pair.both(|c| c.begin(1, &Conditions::at(1), &Request::new("What is fair?")));
    assert!(matches!(first, Ok(Action::Generate { .. })), "{first:?}");
    pair.exchange();
    let said = "A fair trial is before an impartial judge, in public, with counsel and with time.";
    let heard = || Heard::Generated(Ok(said.to_owned()));
    let Ok(Action::Finished(answer)) = pair.both(|c| c.resume(1, 9, heard())) else {
        panic!("it goes on");
    };
    assert!(answer.accepted && answer.remembered);
    pair.is_same();
}
