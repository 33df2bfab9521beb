//! Snapshots of gates and of requests under way.

use super::super::Outcomes;
use super::super::snapshot::{each_form, fits_the_frame};
use super::{SAID, small};
use assize_core::Error;
use assize_core::gate::{
    Conditions, Event, Flight, Gate, GateConfig, Outcome, Question, Recollection, Reply, Request,
    Step,
};

const GATE: u8 = b'g';
const FLIGHT: u8 = b'f';

/// Restores gates, and requests of a gate, from `data`.
///
/// # Panics
///
/// Where a property does not hold.
pub fn gate_snapshot(data: &[u8]) -> Outcomes {
    let mut outcomes = each_form(GATE, data, |bytes| {
        let restored = Gate::restore(bytes);
        fits_the_frame(GATE, bytes, restored.as_ref().err());
        let Ok(gate) = restored else {
            return false;
        };
        assert_eq!(gate.snapshot(), bytes);
        goes_on(gate);
        true
    });
    let gate = fixed();
    let flights = each_form(FLIGHT, data, |bytes| {
        let restored = gate.restore_flight(bytes);
        fits_the_frame(FLIGHT, bytes, restored.as_ref().err());
        let Ok(flight) = restored else {
            return false;
        };
        assert_eq!(flight.snapshot(), bytes);
        for reply in 0..10 {
            lands(&mut gate.clone(), flight.clone(), reply);
        }
        true
    });
    let named = ["request", "request sealed again", "request framed"];
    let flights = named.into_iter().zip(flights);
    outcomes.extend(flights.map(|(name, (_, accepted))| (name, accepted)));
    outcomes
}

/// The gate that requests are restored of.
pub(super) fn fixed() -> Gate {
    Gate::new(GateConfig::new(small().gate).expect("in their ranges"))
}

fn reply(number: usize) -> Reply {
    let failed = || "it failed".to_owned();
    let recollection = |text: Option<&str>| Recollection {
        text: text.map(str::to_owned),
        resonance: 0.5,
    };
    match number % 11 {
        0 => Reply::Embedded(Ok(vec![0.5; 8])),
        1 => Reply::Embedded(Ok(vec![f32::NAN; 8])),
        2 => Reply::Embedded(Err(failed())),
        3 => Reply::Recalled(Ok(vec![recollection(Some(SAID)), recollection(None)])),
        4 => Reply::Recalled(Err(failed())),
        5 => Reply::Generated(Ok(SAID.to_owned())),
        6 => Reply::Generated(Ok(" no no no ".to_owned())),
        7 => Reply::Generated(Err(failed())),
        8 => Reply::Remembered(Ok(true)),
        9 => Reply::Remembered(Err(failed())),
        _ => Reply::Consolidated(Ok(())),
    }
}

/// The threshold is within its bounds, and has moved by no more than a step.
fn holds(gate: &Gate, before: f64) {
    let settings = gate.settings().threshold;
    let threshold = gate.state().threshold;
    assert!((settings.floor..=settings.ceiling).contains(&threshold));
    assert!((threshold - before).abs() <= settings.step + 1e-9);
    let state = gate.state();
    assert!(state.steps_left >= 1 && (0.0..=1.0).contains(&state.acceptance));
    assert_eq!(
        Gate::restore(&gate.snapshot()).expect("what was written is restored"),
        *gate
    );
}

/// Every reply is taken or is a conflict that changes nothing; the right ones bring it to its end.
fn lands(gate: &mut Gate, mut flight: Flight, first: usize) {
    for number in (first..).take(60) {
        if flight.is_finished() {
            break;
        }
        let before = (gate.clone(), flight.clone());
        let restored = gate.restore_flight(&flight.snapshot());
        assert_eq!(restored.as_ref(), Ok(&flight));
        match gate.resume(&mut flight, 7, reply(number)) {
            Ok(Step::Finished(answer)) => {
                assert!(flight.is_finished());
                assert!(answer.accepted || answer.response.is_empty());
                assert!(!answer.reasons.is_empty());
            }
            Ok(_) => assert!(!flight.is_finished()),
            Err(error) => {
                assert!(matches!(error, Error::Conflict(_)), "{error}");
                assert_eq!((&*gate, &flight), (&before.0, &before.1));
            }
        }
        holds(gate, before.0.state().threshold);
    }
    gate.cancel(&mut flight);
    assert!(flight.is_finished());
}

fn goes_on(mut gate: Gate) {
    let vector = vec![0.25; gate.settings().dimension as usize];
    for (turn, score) in [0.2, 0.95, 0.6, 1.0, 0.0, 0.95].into_iter().enumerate() {
        let before = gate.state().threshold;
        let at = Conditions {
            process_memory_bytes: (turn == 3).then_some(u64::MAX),
            ..Conditions::at(1000 * turn as u64)
        };
        let question = Question {
            score: Some(score),
            text: "why?",
        };
        gate.admit(&at, &question).expect("it can be judged");
        holds(&gate, before);
        let outcome = Outcome {
            prompt: "why?",
            answer: SAID,
        };
        let kept = gate.clone();
        if let Err(error) = gate.record(&at, &outcome) {
            assert!(matches!(error, Error::Conflict(_)), "{error}");
            assert_eq!(gate, kept);
        }
        let request = Request {
            score: Some(score),
            ..Request::new("how does a court decide?")
        };
        let before = gate.state().threshold;
        let (flight, _) = gate.begin(&at, &request).expect("it can be judged");
        holds(&gate, before);
        lands(&mut gate, flight, turn);
        let event = Event {
            vector: &vector,
            score,
        };
        let before = gate.state().threshold;
        let (flight, _) = gate.begin_event(&at, &event).expect("it can be judged");
        holds(&gate, before);
        lands(&mut gate, flight, turn + 5);
        gate.advance_rhythm();
    }
    gate.reset_emergency();
    gate.reset();
    let restored = Gate::restore(&gate.snapshot());
    assert_eq!(restored.as_ref(), Ok(&gate));
}
