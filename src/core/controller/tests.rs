use super::*;
use crate::gate::GateSettings;
use crate::memory::MemorySettings;
use proptest::prelude::*;

const SAID: &str =
    "The court hears both sides before it decides anything, and it says in public why it did.";

fn settings(capacity: u32) -> ControllerSettings {
    let memory = MemorySettings {
        capacity,
        text_bytes: 64 * 1024,
        ..MemorySettings::default()
    };
    ControllerSettings {
        gate: GateSettings::default(),
        memory,
        ..ControllerSettings::default()
    }
    .with_dimension(32)
}

fn controller(capacity: u32) -> Controller {
    Controller::new(ControllerConfig::new(settings(capacity)).unwrap()).unwrap()
}

fn ask(controller: &mut Controller, flight: u64, prompt: &str, now_ms: u64) -> Action {
    let request = Request {
        score: Some(0.95),
        ..Request::new(prompt)
    };
    controller
        .begin(flight, &Conditions::at(now_ms), &request)
        .unwrap()
}

fn answered(controller: &mut Controller, prompt: &str, now_ms: u64) -> Answer {
    match ask(controller, 1, prompt, now_ms) {
        Action::Generate { .. } => {
            let heard = Heard::Generated(Ok(SAID.to_owned()));
            match controller.resume(1, now_ms, heard).unwrap() {
                Action::Finished(answer) => *answer,
                other => panic!("{other:?}"),
            }
        }
        Action::Finished(answer) => *answer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_said_goes_before_the_next_prompt() {
    let mut controller = controller(100);
    assert!(answered(&mut controller, "how does a court decide", 0).remembered);
    let Action::Generate { prompt, .. } = ask(&mut controller, 2, "how does a court decide?", 1)
    else {
        panic!("it was refused");
    };
    assert!(prompt.contains(SAID), "{prompt}");
    assert!(prompt.ends_with("User: how does a court decide?"));
    let heard = Heard::Generated(Ok(SAID.to_owned()));
    let Action::Finished(answer) = controller.resume(2, 2, heard).unwrap() else {
        panic!("it goes on");
    };
    assert_eq!(answer.verdict, crate::Verdict::Transform);
    assert_eq!((answer.context_items, answer.context_texts), (1, 1));
}

#[test]
fn it_sleeps_consolidates_and_wakes_and_finds_what_it_remembers() {
    let mut controller = controller(100);
    let mut notes = Vec::new();
    for turn in 0..30 {
        notes.push(answered(&mut controller, &format!("question number {turn}"), turn).note);
    }
    let asleep = |note: &&String| note.starts_with("sleep phase");
    let runs = notes
        .iter()
        .position(|note| note.starts_with("sleep phase"));
    assert_eq!(runs, Some(8));
    assert_eq!(notes.iter().filter(asleep).count(), 6, "{notes:?}");
    let state = controller.state();
    assert_eq!(state.memory.entries, 24);
    assert_eq!(state.memory.consolidated, 24);
    let vector = controller.embed("question number 0").unwrap();
    for phase in [0.1, 0.9] {
        let found = controller
            .retrieve(&Query::new(&vector, phase), 40)
            .unwrap();
        assert!(found[0].entry.consolidated, "{phase}");
    }
}

#[test]
fn callers_embed_where_it_is_theirs() {
    let settings = ControllerSettings {
        embedder: Embedder::Caller,
        ..settings(10)
    };
    let config = ControllerConfig::new(settings).unwrap();
    let mut controller = Controller::new(config).unwrap();
    assert!(controller.embed("why").is_err());
    let Action::Embed { text } = ask(&mut controller, 7, "why", 0) else {
        panic!("it does not ask");
    };
    assert_eq!((text.as_str(), controller.flights()), ("why", vec![7]));
    let wrong = controller.resume(7, 1, Heard::Generated(Ok(String::new())));
    assert!(matches!(wrong, Err(Error::Conflict(_))), "{wrong:?}");
    let heard = Heard::Embedded(Ok(vec![0.5; 32]));
    let asked = controller.resume(7, 1, heard).unwrap();
    assert!(matches!(asked, Action::Generate { .. }));
    assert!(controller.cancel(7) && !controller.cancel(7));
    assert_eq!(controller.state().gate.counters.cancelled, 1);
}

#[test]
fn numbers_in_use_and_too_many_requests_are_refused() {
    let mut controller = controller(10);
    ask(&mut controller, 1, "why", 0);
    let again = controller.begin(1, &Conditions::at(0), &Request::new("why"));
    assert!(matches!(again, Err(Error::Conflict(_))));
    let before = controller.snapshot();
    assert!(matches!(
        controller.resume(2, 0, Heard::Generated(Ok("x".to_owned()))),
        Err(Error::Conflict(_))
    ));
    assert_eq!(controller.snapshot(), before);
    let request = Request {
        score: Some(0.95),
        ..Request::new("why")
    };
    let mut refused = None;
    for flight in 2..3000 {
        refused = controller.begin(flight, &Conditions::at(0), &request).err();
        if refused.is_some() {
            break;
        }
    }
    assert!(matches!(refused, Some(Error::Limit(_))), "{refused:?}");
}

#[test]
fn parts_have_one_dimension() {
    let mut wrong = settings(10);
    wrong.gate.dimension = 31;
    wrong.synaptic.dimension = 33;
    let error = ControllerConfig::new(wrong).unwrap_err();
    let pointers: Vec<_> = error.errors().iter().map(|e| e.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/config/gate/dimension", "/config/synaptic/dimension"]
    );
}

#[test]
fn damage_is_found_and_a_reset_begins_anew() {
    let mut controller = controller(10);
    let new = controller.snapshot();
    answered(&mut controller, "why", 0);
    let bytes = controller.snapshot();
    for place in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 4;
        assert!(Controller::restore(&damaged).is_err(), "{place}");
    }
    controller.reset().unwrap();
    assert_eq!(controller.snapshot(), new);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_restored_one_answers_as_the_original(
        turns in proptest::collection::vec((0..6_u8, 0..4_u64, 0.0..1.0_f64, "[a-d ]{1,12}x"), 1..40),
        cut in 0..40_usize,
    ) {
        let mut original = controller(6);
        let mut other = None;
        for (now, (kind, flight, score, text)) in turns.iter().enumerate() {
            if now == cut {
                other = Some(Controller::restore(&original.snapshot()).unwrap());
            }
            let act = |controller: &mut Controller| {
                let at = Conditions::at(now as u64);
                match kind {
                    0..=1 => {
                        let request = Request { score: Some(*score), ..Request::new(text) };
                        format!("{:?}", controller.begin(*flight, &at, &request))
                    }
                    2..=3 => {
                        let heard = match score {
                            0.0..0.1 => Heard::Generated(Err(text.clone())),
                            _ => Heard::Generated(Ok(format!("{text} {SAID}"))),
                        };
                        format!("{:?}", controller.resume(*flight, now as u64, heard))
                    }
                    4 => {
                        let question = Question { score: Some(*score), text };
                        let admitted = controller.admit(&at, &question);
                        let outcome = Outcome { prompt: text, answer: SAID };
                        format!("{admitted:?} {:?}", controller.record(&at, &outcome))
                    }
                    _ => {
                        let vector = controller.embed(text).unwrap();
                        let entry = NewEntry { text: Some(text), ..NewEntry::new(&vector, 0.1) };
                        let inserted = controller.insert(&[entry], now as u64);
                        format!("{inserted:?} {:?}", controller.retrieve(&Query::new(&vector, 0.1), now as u64))
                    }
                }
            };
            let said = act(&mut original);
            if let Some(other) = &mut other {
                prop_assert_eq!(&said, &act(other));
                prop_assert_eq!(original.snapshot(), other.snapshot());
            }
            prop_assert!(original.state().memory.entries <= 6);
        }
    }
}
