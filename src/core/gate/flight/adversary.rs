//! Whoever chooses requests, results, their order and their failures: what always holds.

use super::tests::{GOOD, gate, settings};
use super::*;
use crate::gate::{
    BreakerSettings, EmergencySettings, GateSettings, Outcome, Policy, RhythmSettings,
    ThresholdSettings,
};
use proptest::prelude::*;

/// What an adversary may do.
#[derive(Debug, Clone)]
enum Move {
    Begin(f64),
    Admit(f64),
    Event(f64),
    /// Answers a request under way, in one of several ways.
    Reply(usize, u8),
    Cancel(usize),
    Record(bool),
    Advance,
    Reset,
    Memory(u64),
    Wait(u64),
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => (0.0..=1.0_f64).prop_map(Move::Begin),
        2 => (0.0..=1.0_f64).prop_map(Move::Admit),
        1 => (0.0..=1.0_f64).prop_map(Move::Event),
        12 => (any::<usize>(), any::<u8>()).prop_map(|(which, how)| Move::Reply(which, how)),
        1 => any::<usize>().prop_map(Move::Cancel),
        1 => any::<bool>().prop_map(Move::Record),
        1 => Just(Move::Advance),
        1 => (0..20).prop_map(|n| if n == 0 { Move::Reset } else { Move::Advance }),
        1 => (0_u64..40).prop_map(Move::Memory),
        1 => (0_u64..100_000).prop_map(Move::Wait),
    ]
}

/// A gate, what is under way, and what the host would say.
#[derive(Debug, Clone, PartialEq)]
struct World {
    gate: Gate,
    flights: Vec<(Flight, Step)>,
    /// Admitted without a flight, and not yet recorded.
    unrecorded: u64,
    conditions: Conditions,
}

impl World {
    fn take(&mut self, begun: (Flight, Step)) {
        if !begun.0.is_finished() {
            self.flights.push(begun);
        }
    }

    fn make(&mut self, step: &Move) {
        let conditions = self.conditions;
        match *step {
            Move::Begin(score) => {
                let request = Request {
                    score: Some(score),
                    ..Request::new("what is the plan")
                };
                let begun = self.gate.begin(&conditions, &request).unwrap();
                self.take(begun);
            }
            Move::Event(score) => {
                let event = Event {
                    vector: &[1.0, 0.0],
                    score,
                };
                let begun = self.gate.begin_event(&conditions, &event).unwrap();
                self.take(begun);
            }
            Move::Admit(score) => {
                let question = Question {
                    score: Some(score),
                    text: "",
                };
                let admission = self.gate.admit(&conditions, &question).unwrap();
                self.unrecorded += u64::from(admission.is_admitted());
            }
            Move::Reply(which, how) => self.reply(which, how),
            Move::Cancel(which) => {
                if !self.flights.is_empty() {
                    let (mut flight, _) = self.flights.remove(which % self.flights.len());
                    self.gate.cancel(&mut flight);
                }
            }
            Move::Record(is_good) => {
                let outcome = Outcome {
                    prompt: "",
                    answer: if is_good { GOOD } else { "" },
                };
                if self.unrecorded > 0 {
                    self.gate.record(&conditions, &outcome).unwrap();
                    self.unrecorded -= 1;
                }
            }
            Move::Advance => {
                self.gate.advance_rhythm();
            }
            Move::Reset => {
                self.gate.reset();
                self.unrecorded = 0;
            }
            Move::Memory(bytes) => self.conditions.process_memory_bytes = Some(bytes),
            Move::Wait(ms) => self.conditions.now_ms += ms,
        }
    }

    fn reply(&mut self, which: usize, how: u8) {
        if self.flights.is_empty() {
            return;
        }
        let which = which % self.flights.len();
        let fails = how.is_multiple_of(4);
        let failed = || "broken".to_owned();
        let (flight, step) = &mut self.flights[which];
        let reply = match step {
            Step::Embed { .. } if fails => Reply::Embedded(Err(failed())),
            Step::Embed { .. } if how.is_multiple_of(5) => Reply::Embedded(Ok(vec![f32::NAN; 2])),
            Step::Embed { .. } => Reply::Embedded(Ok(vec![1.0, 1.0])),
            Step::Recall(_) if fails => Reply::Recalled(Err(failed())),
            Step::Recall(_) => Reply::Recalled(Ok(Vec::new())),
            Step::Generate { .. } if fails => Reply::Generated(Err(failed())),
            Step::Generate { .. } => {
                let texts = [GOOD, "", "Maybe perhaps probably possibly likely", "..."];
                let text = texts[usize::from(how / 4) % texts.len()];
                Reply::Generated(Ok(text.to_owned()))
            }
            Step::Remember(_) if fails => Reply::Remembered(Err(failed())),
            Step::Remember(_) => Reply::Remembered(Ok(!how.is_multiple_of(3))),
            Step::Consolidate(_) if fails => Reply::Consolidated(Err(failed())),
            Step::Consolidate(_) => Reply::Consolidated(Ok(())),
            Step::Finished(_) => return,
        };
        match self.gate.resume(flight, self.conditions.now_ms, reply) {
            Ok(next) => *step = next,
            Err(_) => assert_ne!(flight.resets, self.gate.resets),
        }
        if flight.is_finished() {
            self.flights.remove(which);
        }
    }

    fn under_way(&self) -> u64 {
        let is_counted = |(flight, _): &&(Flight, Step)| {
            flight.resets == self.gate.resets
                && !matches!(flight.stage, Stage::Consolidating { .. })
        };
        self.unrecorded + self.flights.iter().filter(is_counted).count() as u64
    }
}

proptest! {
    #[test]
    fn whatever_happens_bounds_hold_counters_add_up_and_a_restored_gate_goes_on_alike(
        policy in 0_usize..3,
        moves in prop::collection::vec(moves(), 0..150),
        cut in 0_usize..150,
    ) {
        let gate = gate(GateSettings {
            threshold: ThresholdSettings {
                policy: Policy::ALL[policy],
                ..ThresholdSettings::default()
            },
            rhythm: RhythmSettings { wake_steps: 3, sleep_steps: 2 },
            emergency: EmergencySettings {
                max_process_memory_bytes: 30,
                ..Default::default()
            },
            embedding_breaker: BreakerSettings { failures: 2, ..BreakerSettings::EMBEDDING },
            memory_breaker: BreakerSettings { failures: 2, ..BreakerSettings::MEMORY },
            max_processing_ms: Some(150_000),
            ..settings()
        });
        let mut world = World { gate, flights: Vec::new(), unrecorded: 0, conditions: Conditions::at(0) };
        let mut restored = None;
        for (index, step) in moves.iter().enumerate() {
            if index == cut {
                let gate = Gate::restore(&world.gate.snapshot()).unwrap();
                let mut copy = World { gate, ..world.clone() };
                for (flight, _) in &mut copy.flights {
                    *flight = copy.gate.restore_flight(&flight.snapshot()).unwrap();
                }
                prop_assert_eq!(&copy, &world);
                restored = Some(copy);
            }
            let before = world.gate.state();
            world.make(step);
            let after = world.gate.state();
            prop_assert!((0.3..=0.9).contains(&after.threshold));
            if matches!(step, Move::Reset) {
                prop_assert_eq!(after.threshold, 0.5);
            } else {
                prop_assert!((after.threshold - before.threshold).abs() <= 0.05 + 1e-12);
                if (after.acceptance - 0.5).abs() <= 0.05 {
                    prop_assert_eq!(after.threshold, before.threshold);
                }
            }
            let counters = after.counters;
            prop_assert_eq!(
                counters.step,
                counters.rejected + counters.asleep + counters.stops + counters.admitted
            );
            prop_assert_eq!(counters.in_flight(), world.under_way());
            prop_assert!(counters.ended() <= counters.admitted);
            if let Some(restored) = &mut restored {
                restored.make(step);
                prop_assert_eq!(&*restored, &world);
                prop_assert_eq!(restored.gate.snapshot(), world.gate.snapshot());
            }
        }
    }

    #[test]
    fn no_bytes_make_restore_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Gate::restore(&bytes).is_err());
        prop_assert!(gate(settings()).restore_flight(&bytes).is_err());
    }
}
