use super::*;
use crate::gate::{
    Answer, BreakerSettings, GateConfig, GateSettings, Policy, RhythmSettings, ThresholdSettings,
};

pub(super) const GOOD: &str =
    "The plan for the budget was approved, so you can begin with the first request today.";

pub(super) fn settings() -> GateSettings {
    GateSettings {
        dimension: 2,
        threshold: ThresholdSettings {
            policy: Policy::Fixed,
            ..ThresholdSettings::default()
        },
        ..GateSettings::default()
    }
}

pub(super) fn gate(settings: GateSettings) -> Gate {
    Gate::new(GateConfig::new(settings).unwrap())
}

fn begin(gate: &mut Gate) -> (Flight, Step) {
    let request = Request {
        score: Some(0.9),
        ..Request::new("what is the plan for the budget")
    };
    gate.begin(&Conditions::at(0), &request).unwrap()
}

fn finished(step: Step) -> Answer {
    match step {
        Step::Finished(answer) => *answer,
        other => panic!("not finished: {other:?}"),
    }
}

/// Leads a request to its end with a model that says `text`, and everything else working.
fn serve(gate: &mut Gate, text: &str) -> (Answer, Vec<Step>) {
    let (mut flight, mut step) = begin(gate);
    let mut steps = Vec::new();
    loop {
        steps.push(step.clone());
        let reply = match step {
            Step::Finished(answer) => return (*answer, steps),
            Step::Embed { .. } => Reply::Embedded(Ok(vec![3.0, 4.0])),
            Step::Recall(_) => Reply::Recalled(Ok(Vec::new())),
            Step::Generate { .. } => Reply::Generated(Ok(text.to_owned())),
            Step::Remember(_) => Reply::Remembered(Ok(true)),
            Step::Consolidate(_) => Reply::Consolidated(Ok(())),
        };
        step = gate.resume(&mut flight, 0, reply).unwrap();
    }
}

#[test]
fn a_request_goes_through_embedding_memory_and_model() {
    let (answer, steps) = serve(&mut gate(settings()), GOOD);
    let [
        Step::Embed { .. },
        Step::Recall(recall),
        Step::Generate { prompt, max_tokens },
        Step::Remember(remember),
        Step::Finished(_),
    ] = steps.as_slice()
    else {
        panic!("{steps:?}");
    };
    assert_eq!(recall.vector, [0.6, 0.8]);
    assert_eq!(
        (recall.phase, recall.phase_tolerance, recall.top_k),
        (0.1, 0.15, 5)
    );
    assert_eq!(
        (prompt.as_str(), *max_tokens),
        ("what is the plan for the budget", 2048)
    );
    assert_eq!((remember.phase, remember.confidence), (0.1, 1.0));
    assert_eq!(remember.origin.as_str(), "llm_generation");
    let text = format!("User: what is the plan for the budget\nAnswer: {GOOD}");
    assert_eq!(remember.text.as_ref(), Some(&text));
    assert_eq!(
        (answer.note.as_str(), answer.verdict),
        ("processed", Verdict::Allow)
    );
    assert!(answer.accepted && answer.remembered && !answer.stateless);
}

#[test]
fn context_is_text_and_transforms_the_request() {
    let mut gate = gate(settings());
    let (mut flight, _) = begin(&mut gate);
    gate.resume(&mut flight, 0, Reply::Embedded(Ok(vec![1.0, 0.0])))
        .unwrap();
    let entry = |text: Option<&str>| Recollection {
        text: text.map(str::to_owned),
        resonance: 0.83,
    };
    let recalled = vec![entry(Some("the budget is 40")), entry(None)];
    let step = gate
        .resume(&mut flight, 0, Reply::Recalled(Ok(recalled)))
        .unwrap();
    let Step::Generate { prompt, .. } = step else {
        panic!("{step:?}");
    };
    assert_eq!(
        prompt,
        "[Context 1] the budget is 40\n\nUser: what is the plan for the budget"
    );
    gate.resume(&mut flight, 0, Reply::Generated(Ok(GOOD.to_owned())))
        .unwrap();
    let step = gate
        .resume(&mut flight, 0, Reply::Remembered(Ok(true)))
        .unwrap();
    let answer = finished(step);
    assert_eq!(
        (answer.verdict, answer.context_items, answer.context_texts),
        (Verdict::Transform, 2, 1)
    );
    assert_eq!(answer.reasons[0].code, "gate:context-added");
}

#[test]
fn consolidation_moves_what_was_stored_awake_once() {
    let mut gate = gate(GateSettings {
        rhythm: RhythmSettings {
            wake_steps: 2,
            sleep_steps: 1,
        },
        ..settings()
    });
    let mut moved = Vec::new();
    for _ in 0..9 {
        let (answer, steps) = serve(&mut gate, GOOD);
        moved.extend(steps.into_iter().filter_map(|step| match step {
            Step::Consolidate(order) => Some((order.from, order.to, order.entries)),
            _ => None,
        }));
        if answer.accepted {
            assert_eq!(answer.phase, Phase::Wake);
        }
    }
    assert_eq!(moved, [(0.1, 0.9, 2); 3]);
    assert_eq!(gate.state().unconsolidated, 0);
}

#[test]
fn unsure_answers_are_not_made_sure_by_consolidation() {
    let mut gate = gate(settings());
    let (mut flight, _) = begin(&mut gate);
    gate.resume(&mut flight, 0, Reply::Embedded(Ok(vec![1.0, 0.0])))
        .unwrap();
    gate.resume(&mut flight, 0, Reply::Recalled(Ok(Vec::new())))
        .unwrap();
    let unsure = "Maybe it is, perhaps it could be, possibly it seems like it probably is so.";
    let step = gate
        .resume(&mut flight, 0, Reply::Generated(Ok(unsure.to_owned())))
        .unwrap();
    let Step::Remember(remember) = step else {
        panic!("{step:?}");
    };
    assert!(
        (0.4..0.5).contains(&remember.confidence),
        "{}",
        remember.confidence
    );
    let answer = gate
        .resume(&mut flight, 0, Reply::Remembered(Ok(false)))
        .unwrap();
    let answer = finished(answer);
    assert!(answer.accepted && !answer.remembered);
    assert_eq!(gate.state().unconsolidated, 0);
}

#[test]
fn a_slow_request_holds_up_no_other_and_a_late_answer_is_not_kept() {
    let mut gate = gate(GateSettings {
        max_processing_ms: Some(1000),
        ..settings()
    });
    let (mut slow, _) = begin(&mut gate);
    gate.resume(&mut slow, 0, Reply::Embedded(Ok(vec![1.0, 0.0])))
        .unwrap();
    gate.resume(&mut slow, 0, Reply::Recalled(Ok(Vec::new())))
        .unwrap();
    assert!(serve(&mut gate, GOOD).0.accepted);
    let stored = gate.state().unconsolidated;
    let step = gate
        .resume(&mut slow, 1050, Reply::Generated(Ok(GOOD.to_owned())))
        .unwrap();
    let answer = finished(step);
    assert_eq!(answer.note, "processing time exceeded: 1050.00ms");
    assert_eq!((answer.accepted, answer.response.as_str()), (false, ""));
    assert_eq!(gate.state().unconsolidated, stored);
    assert_eq!(gate.state().counters.late, 1);
}

#[test]
fn wrong_embeddings_are_errors_at_once_and_nothing_is_disabled() {
    let mut gate = gate(settings());
    for (values, why) in [
        (vec![], "Corrupted embedding vector: empty vector"),
        (
            vec![1.0, f32::NAN],
            "Corrupted embedding vector: contains NaN or Inf values",
        ),
        (
            vec![1.0; 3],
            "embedding vector has 3 values, the memory takes 2",
        ),
        (vec![0.0, 1e-10], "Zero-norm embedding vector"),
        (vec![1e19, 0.0], "embedding vector has values beyond 1e18"),
    ] {
        for _ in 0..6 {
            let (mut flight, _) = begin(&mut gate);
            let reply = Reply::Embedded(Ok(values.clone()));
            let answer = finished(gate.resume(&mut flight, 0, reply).unwrap());
            assert_eq!(answer.note, format!("error: embedding failed: {why}"));
            assert_eq!((answer.verdict, answer.accepted), (Verdict::Deny, false));
        }
    }
    let (answer, _) = serve(&mut gate, GOOD);
    assert_eq!(
        (answer.note.as_str(), answer.stateless),
        ("processed", false)
    );
}

#[test]
fn a_memory_that_fails_is_said_and_tried_again() {
    let mut gate = gate(settings());
    for failures in 1..=3 {
        let (mut flight, _) = begin(&mut gate);
        gate.resume(&mut flight, 0, Reply::Embedded(Ok(vec![1.0, 0.0])))
            .unwrap();
        gate.resume(&mut flight, 0, Reply::Recalled(Ok(Vec::new())))
            .unwrap();
        gate.resume(&mut flight, 0, Reply::Generated(Ok(GOOD.to_owned())))
            .unwrap();
        let reply = Reply::Remembered(Err("disk full".to_owned()));
        let answer = finished(gate.resume(&mut flight, 0, reply).unwrap());
        assert!(answer.accepted && !answer.remembered);
        assert_eq!(answer.stateless, failures == 3);
        let reason = answer.reasons.last().unwrap();
        assert_eq!(reason.message, "the memory failed: disk full");
    }
    let (answer, steps) = serve(&mut gate, GOOD);
    assert_eq!(answer.note, "processed (stateless mode)");
    assert!(
        !steps
            .iter()
            .any(|step| matches!(step, Step::Recall(_) | Step::Remember(_)))
    );
    let request = Request::new("what is the plan for the budget");
    let (mut flight, _) = gate.begin(&Conditions::at(60_000), &request).unwrap();
    let reply = Reply::Embedded(Ok(vec![1.0, 0.0]));
    let step = gate.resume(&mut flight, 60_000, reply).unwrap();
    assert!(matches!(step, Step::Recall(_)));
}

#[test]
fn embeddings_are_left_alone_after_failures_on_end() {
    let mut gate = gate(settings());
    for _ in 0..5 {
        let (mut flight, _) = begin(&mut gate);
        let reply = Reply::Embedded(Err("down".to_owned()));
        let answer = finished(gate.resume(&mut flight, 0, reply).unwrap());
        assert_eq!(answer.note, "error: embedding failed: down");
    }
    let answer = finished(begin(&mut gate).1);
    assert_eq!(
        (answer.verdict, answer.note.as_str()),
        (
            Verdict::Refine,
            "error: embedding service unavailable (circuit breaker open)"
        )
    );
    assert_eq!(answer.reasons[0].observed, Some(60_000.0));
}

#[test]
fn a_callers_vector_is_checked_and_needs_no_embedding() {
    let mut gate = gate(settings());
    let request = |vector| Request {
        vector: Some(vector),
        max_tokens: Some(0),
        top_k: Some(1001),
        score: Some(2.0),
        prompt: " ",
        source_name: None,
    };
    let before = gate.clone();
    let error = gate
        .begin(&Conditions::at(0), &request(&[f32::INFINITY]))
        .unwrap_err();
    let pointers: Vec<_> = error.errors().iter().map(|e| e.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/prompt",
            "/score",
            "/max_tokens",
            "/top_k",
            "/vector",
            "/vector/0"
        ]
    );
    assert_eq!(gate, before);
    let request = Request {
        vector: Some(&[0.0, 2.0]),
        ..Request::new("hello there")
    };
    let (_, step) = gate.begin(&Conditions::at(0), &request).unwrap();
    assert!(matches!(step, Step::Recall(recall) if recall.vector == [0.0, 1.0]));
}

#[test]
fn events_are_stored_or_refused_but_never_both() {
    let mut gate = gate(settings());
    let event = Event {
        vector: &[0.0, 2.0],
        score: 0.9,
    };
    let (mut flight, step) = gate.begin_event(&Conditions::at(0), &event).unwrap();
    assert!(
        matches!(&step, Step::Remember(entry) if entry.vector == [0.0, 2.0] && entry.confidence == 1.0)
    );
    let answer = finished(
        gate.resume(&mut flight, 9_999_999, Reply::Remembered(Ok(true)))
            .unwrap(),
    );
    assert!(answer.accepted && answer.remembered);
    let (mut flight, _) = gate.begin_event(&Conditions::at(0), &event).unwrap();
    let reply = Reply::Remembered(Err("disk full".to_owned()));
    let answer = finished(gate.resume(&mut flight, 0, reply).unwrap());
    assert!(!answer.accepted && !answer.remembered);
    assert_eq!(answer.note, "error: memory failed: disk full");
    let before = gate.clone();
    let wrong = Event {
        vector: &[0.0, f32::NAN],
        score: 0.9,
    };
    let error = gate.begin_event(&Conditions::at(0), &wrong).unwrap_err();
    assert_eq!(error.errors()[0].pointer, "/vector/1");
    assert_eq!(gate, before);
}

#[test]
fn a_wrong_reply_changes_nothing() {
    let mut gate = gate(settings());
    let (mut flight, _) = begin(&mut gate);
    let before = (gate.clone(), flight.clone());
    let error = gate.resume(&mut flight, 0, Reply::Generated(Ok(String::new())));
    assert_eq!(
        error.unwrap_err().to_string(),
        "the request waits for an embedding, not for a model's answer"
    );
    assert_eq!((&gate, &flight), (&before.0, &before.1));
    gate.cancel(&mut flight);
    gate.cancel(&mut flight);
    assert_eq!(gate.state().counters.cancelled, 1);
    let error = gate.resume(&mut flight, 0, Reply::Embedded(Ok(vec![1.0, 0.0])));
    assert!(error.unwrap_err().to_string().contains("finished"));
}

#[test]
fn every_damaged_byte_of_a_request_under_way_is_noticed() {
    for failures in [1, 2] {
        let mut gate = gate(GateSettings {
            memory_breaker: BreakerSettings {
                failures,
                ..BreakerSettings::MEMORY
            },
            ..settings()
        });
        let (mut flight, _) = begin(&mut gate);
        for reply in [
            Reply::Embedded(Ok(vec![1.0, 0.0])),
            Reply::Recalled(Err("broken".to_owned())),
            Reply::Generated(Ok(GOOD.to_owned())),
        ] {
            assert_eq!(gate.restore_flight(&flight.snapshot()).unwrap(), flight);
            gate.resume(&mut flight, 0, reply).unwrap();
        }
        assert_eq!(
            (flight.stateless, flight.is_finished()),
            (failures == 1, failures == 1)
        );
        let snapshot = flight.snapshot();
        assert_eq!(gate.restore_flight(&snapshot).unwrap(), flight);
        for index in 0..snapshot.len() {
            let mut damaged = snapshot.clone();
            damaged[index] ^= 0x10;
            assert!(gate.restore_flight(&damaged).is_err(), "byte {index}");
            assert!(gate.restore_flight(&snapshot[..index]).is_err());
        }
        assert!(Gate::restore(&snapshot).is_err());
    }
}

#[test]
fn a_request_of_before_a_reset_changes_nothing() {
    let mut gate = gate(settings());
    let (mut flight, _) = begin(&mut gate);
    gate.reset();
    let before = gate.clone();
    let error = gate.resume(&mut flight, 0, Reply::Embedded(Ok(vec![1.0, 0.0])));
    assert_eq!(
        error.unwrap_err().to_string(),
        "the session was reset after the request began; begin again"
    );
    gate.cancel(&mut flight);
    assert_eq!(gate, before);
}
