use super::*;
use crate::gate::{
    BreakerSettings, EmergencySettings, LexiconSettings, Outcome, Policy, RhythmSettings,
    ThresholdSettings, WordList,
};

fn gate(settings: GateSettings) -> Gate {
    Gate::new(GateConfig::new(settings).unwrap())
}

fn scored(score: f64) -> Question<'static> {
    Question {
        score: Some(score),
        text: "",
    }
}

fn admit(gate: &mut Gate, score: f64) -> Admission {
    gate.admit(&Conditions::at(0), &scored(score)).unwrap()
}

const ANSWER: &str =
    "The plan for the budget was approved, so you can begin with the first request today.";

fn record(gate: &mut Gate, answer: &str) -> crate::gate::Answer {
    let outcome = Outcome {
        prompt: "what is the plan for the budget",
        answer,
    };
    gate.record(&Conditions::at(0), &outcome).unwrap()
}

#[test]
fn it_wakes_again_and_sleep_leaves_the_threshold_alone() {
    let mut gate = gate(GateSettings::default());
    let mut phases = Vec::new();
    for _ in 0..44 {
        let before = gate.state().threshold;
        let admission = admit(&mut gate, 0.95);
        phases.push(admission.phase);
        if admission.phase == Phase::Sleep {
            assert_eq!(admission.verdict, Verdict::Refine);
            assert_eq!(admission.note, "sleep phase - consolidating");
            assert_eq!(gate.state().threshold, before);
        } else {
            record(&mut gate, ANSWER);
        }
    }
    let asleep = phases.iter().filter(|phase| **phase == Phase::Sleep);
    assert_eq!(asleep.count(), 12);
}

#[test]
fn refusals_say_what_would_have_passed() {
    let mut gate = gate(GateSettings {
        pre_check: Some(0.6),
        rhythm: RhythmSettings {
            wake_steps: 1,
            sleep_steps: 2,
        },
        ..GateSettings::default()
    });
    let low = Question {
        score: Some(0.4),
        text: "a fine text",
    };
    let refusal = gate.admit(&Conditions::at(0), &low).unwrap();
    let reason = &refusal.reasons[0];
    assert_eq!(reason.code, "gate:below-threshold");
    assert_eq!((reason.observed, reason.threshold), (Some(0.4), Some(0.5)));
    assert_eq!(
        reason.message,
        "score 0.4000 is below the threshold 0.5000; a score of 0.5000 or more would have passed"
    );
    let question = Question {
        score: Some(1.0),
        text: "kill and attack",
    };
    let refusal = gate.admit(&Conditions::at(0), &question).unwrap();
    assert_eq!(refusal.note, "moral_precheck");
    assert_eq!(
        refusal.reasons[0].message,
        "the text score 0.5000 of the prompt (2 words of `harmful`) is below 0.6000; 0.6000 or more would have passed"
    );
    assert_eq!((refusal.step, gate.state().counters.pre_check), (1, 1));
    let fine = Question {
        score: Some(0.9),
        text: "a fine text",
    };
    gate.admit(&Conditions::at(0), &fine).unwrap();
    record(&mut gate, ANSWER);
    let messages = [1.0, 0.0].map(|more| {
        let refusal = gate.admit(&Conditions::at(0), &fine).unwrap();
        assert_eq!(refusal.reasons[0].observed, Some(more));
        refusal.reasons[0].message.clone()
    });
    assert_eq!(
        messages,
        [
            "asleep: it wakes with the next request, ask again after it",
            "asleep: it wakes with this request, ask again"
        ]
    );
}

#[test]
fn score_and_bars_are_different_things() {
    // A neutral text scores 0.8. A caller who asks for nothing may still be very sure.
    let mut gate = gate(GateSettings {
        pre_check: Some(0.5),
        post_check: Some(0.5),
        threshold: ThresholdSettings {
            policy: Policy::Fixed,
            ..ThresholdSettings::default()
        },
        ..GateSettings::default()
    });
    for score in [0.5, 0.85, 1.0] {
        let question = Question {
            score: Some(score),
            text: "a neutral prompt",
        };
        assert!(
            gate.admit(&Conditions::at(0), &question)
                .unwrap()
                .is_admitted()
        );
        assert!(record(&mut gate, ANSWER).accepted);
    }
}

#[test]
fn texts_are_scored_where_there_is_no_score() {
    let mut gate = gate(GateSettings {
        lexicon: LexiconSettings {
            base: 0.6,
            lists: vec![WordList {
                name: "verboten".to_owned(),
                weight: -0.3,
                words: vec!["bombe".to_owned()],
            }],
        },
        ..GateSettings::default()
    });
    let mut ask = |text| {
        let question = Question { score: None, text };
        gate.admit(&Conditions::at(0), &question)
    };
    assert_eq!(ask("Hallo").unwrap().judgement.score, Some(0.6));
    let refusal = ask("eine Bombe").unwrap();
    assert!(
        refusal.reasons[0]
            .message
            .contains("(1 word of `verboten`)")
    );
    assert_eq!(ask(" ").unwrap_err().errors()[0].pointer, "/text");
}

#[test]
fn what_a_caller_generated_is_judged_and_counted() {
    let mut gate = gate(GateSettings {
        post_check: Some(0.7),
        ..GateSettings::default()
    });
    for _ in 0..5 {
        admit(&mut gate, 0.95);
    }
    assert_eq!(gate.state().counters.in_flight(), 5);
    let good = record(&mut gate, ANSWER);
    assert_eq!(
        (good.verdict, good.note.as_str()),
        (Verdict::Allow, "processed")
    );
    assert_eq!(good.response, ANSWER);
    let empty = record(&mut gate, " \n");
    assert_eq!((empty.verdict, empty.accepted), (Verdict::Deny, false));
    let harmful = record(&mut gate, "attack and kill");
    assert_eq!(harmful.reasons[0].code, "gate:post-check");
    let looping = record(&mut gate, &"the budget ".repeat(20));
    assert_eq!(looping.note, "quality_gate:looping");
    assert_eq!(
        (looping.verdict, looping.response.as_str()),
        (Verdict::Deny, "")
    );
    let unsure = "I think maybe it could be that perhaps it seems like it probably possibly is";
    let unsure = record(&mut gate, unsure);
    assert_eq!((unsure.verdict, unsure.accepted), (Verdict::Escalate, true));
    assert_eq!(unsure.reasons[0].code, "gate:hallucination");
    let outcome = Outcome {
        prompt: "",
        answer: ANSWER,
    };
    let before = gate.clone();
    let error = gate.record(&Conditions::at(0), &outcome).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no admitted request waits for its outcome; ask for admission first"
    );
    assert_eq!(gate, before);
}

#[test]
fn reset_returns_to_the_configuration() {
    let mut gate = gate(GateSettings {
        threshold: ThresholdSettings {
            initial: 0.8,
            ..ThresholdSettings::default()
        },
        ..GateSettings::default()
    });
    let fresh = gate.clone();
    for _ in 0..5 {
        admit(&mut gate, 0.1);
    }
    assert_ne!(gate.state(), fresh.state());
    gate.reset();
    assert_eq!(gate.state(), fresh.state());
    assert_eq!(gate.drift(), fresh.drift());
    assert_eq!(gate.state().threshold, 0.8);
}

#[test]
fn wrong_input_changes_nothing() {
    let mut gate = gate(GateSettings::default());
    let before = gate.clone();
    for score in [f64::NAN, 1.5, -0.1, f64::INFINITY] {
        assert!(gate.admit(&Conditions::at(0), &scored(score)).is_err());
    }
    assert_eq!(gate, before);
}

#[test]
fn emergency_refuses_before_anything_is_changed() {
    let mut gate = gate(GateSettings {
        emergency: EmergencySettings {
            max_own_memory_bytes: 1000,
            ..EmergencySettings::default()
        },
        ..GateSettings::default()
    });
    let told = |now_ms, own| Conditions {
        now_ms,
        process_memory_bytes: None,
        own_memory_bytes: Some(own),
    };
    let stopped = gate.admit(&told(0, 1001), &scored(0.9)).unwrap();
    assert_eq!(
        (stopped.verdict, stopped.note),
        (
            Verdict::Deny,
            "emergency shutdown: global memory limit exceeded"
        )
    );
    assert_eq!(stopped.reasons[0].threshold, Some(1000.0));
    let refused = gate.admit(&told(0, 10), &scored(0.9)).unwrap();
    assert_eq!((refused.note, refused.step), ("emergency shutdown", 1));
    assert_eq!(gate.state().threshold, 0.5);
    assert!(
        gate.admit(&told(60_000, 10), &scored(0.9))
            .unwrap()
            .is_admitted()
    );
}

#[test]
fn every_single_damaged_byte_is_noticed() {
    let mut gate = gate(GateSettings {
        max_processing_ms: Some(5),
        post_check: Some(0.1),
        memory_breaker: BreakerSettings {
            failures: 1,
            ..BreakerSettings::MEMORY
        },
        ..GateSettings::default()
    });
    for score in [0.9, 0.9, 0.1, 0.9] {
        admit(&mut gate, score);
    }
    let snapshot = gate.snapshot();
    assert_eq!(Gate::restore(&snapshot).unwrap(), gate);
    for index in 0..snapshot.len() {
        let mut damaged = snapshot.clone();
        damaged[index] ^= 0x10;
        assert!(Gate::restore(&damaged).is_err(), "byte {index}");
        assert!(Gate::restore(&snapshot[..index]).is_err());
    }
}

#[test]
fn a_text_that_is_to_be_checked_must_be_there() {
    let mut gate = gate(GateSettings {
        pre_check: Some(0.6),
        ..GateSettings::default()
    });
    let before = gate.clone();
    let error = gate.admit(&Conditions::at(0), &scored(0.9)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`/text` must not be empty or blank: its words are scored"
    );
    assert_eq!(gate, before);
}
