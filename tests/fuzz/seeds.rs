//! Good inputs to begin from.

use assize_core::governor::{
    Candidate, Consequence, CycleConfig, CycleGovernor, CycleSettings, EngineOutput, SessionConfig,
    SessionGovernor, SessionSettings, Wisdom,
};

/// Requests, each accepted as what its name says.
pub const DOCUMENTS: [(&str, &str); 9] = [
    (
        "evaluate",
        r#"{"left":{"output":"Ship the release on Friday","confidence":0.9},
            "right":{"output":"ship the release on friday","confidence":0.85}}"#,
    ),
    (
        "evaluate",
        r#"{"left":{"output":"a b c","confidence":1,"reasoning_mode":"deductive","internal_monologue":null},
            "right":{"output":"a b \u00e9\ud83d\ude00","confidence":0e0,"reasoning_mode":null},
            "config":{"max_cycles":5.0,"similarity_threshold":0.5,"risk_threshold":1,"initial_contradiction_budget":1e6,
            "contradiction_decay_rate":1000000,"quality_improvement_threshold":0,"alpha":0,"beta":1,"gamma":0.1,
            "delta":0.2,"epsilon":0.3,"risk_first":true},"budget":0.25,"cycle":2,"previous_quality":0.7}"#,
    ),
    (
        "batch",
        r#"{"items":[{"left":{"output":"Approve the refund","confidence":0.9},
            "right":{"output":"Reject the refund","confidence":0.7}},
            {"left":{"output":"x","confidence":0.5},"right":{"output":"y","confidence":0.5},
            "budget":0,"cycle":4294967295,"previous_quality":null}],"config":{"risk_first":false}}"#,
    ),
    ("open", r#"{"governor":"cycle","config":{"max_cycles":5}}"#),
    (
        "open",
        r#"{"governor":"session","config":{"max_cycles":4,"max_risk":0.35,"similarity_converge":0.9,
            "min_improvement":0.02,"plateau_cycles":2,"contradiction_budget":1.5,"contradiction_decay":0.175}}"#,
    ),
    (
        "outputs",
        r#"{"left":{"output":"Ship after the tests pass","confidence":0.95},
            "right":{"output":"Ship if the tests pass","confidence":0.95}}"#,
    ),
    (
        "step",
        r#"{"left":{"engine_id":"builder","cycle_index":0,"answer":"Use the new index","coherence":0.9},
            "right":{"engine_id":"critic","cycle_index":4294967295,"answer":"Keep the old index","calibration":0,
            "evidence":1,"actionability":0.5,"risk":0.9,"constraint_ok":false,
            "contradiction_claim":"the new index is untested","contradiction_value":-7}}"#,
    ),
    (
        "step",
        r#"{"left":{"engine_id":"a","cycle_index":3,"answer":"the of"},
            "right":{"engine_id":"b","cycle_index":3,"answer":"no","contradiction_claim":null}}"#,
    ),
    (
        "wisdom",
        r#"{"domain":"deployment","lesson":"Friday releases need an owner on call",
            "consequence_type":"near_miss","future_bias":"prefer Monday","timestamp":"2026-11-20T10:00:00Z"}"#,
    ),
];

/// Requests as bytes.
#[must_use]
pub fn documents() -> Vec<Vec<u8>> {
    DOCUMENTS
        .iter()
        .map(|(_, text)| text.as_bytes().to_vec())
        .collect()
}

/// Cycle governors: new, in the middle of a session, stopped, reopened, with lessons.
///
/// # Panics
///
/// Never: the settings and outputs are acceptable.
#[must_use]
pub fn cycle_snapshots() -> Vec<Vec<u8>> {
    let settings = CycleSettings {
        max_cycles: 50,
        risk_threshold: 1.0,
        quality_improvement_threshold: 0.0,
        risk_first: true,
        ..CycleSettings::default()
    };
    let config = CycleConfig::new(settings).expect("in their ranges");
    let mut governor = CycleGovernor::new(config);
    let mut snapshots = vec![governor.snapshot()];
    for (output, confidence) in [("a b d", 0.5), ("a b e", 0.7), ("a b c f", 0.9)] {
        let left = EngineOutput {
            output: "a b c",
            confidence: 0.8,
        };
        governor
            .evaluate(&left, &EngineOutput { output, confidence })
            .expect("it goes on");
        governor.reopen();
    }
    snapshots.push(governor.snapshot());
    for lesson in lessons() {
        governor.add_wisdom(lesson).expect("there is room");
    }
    snapshots.push(governor.snapshot());
    let same = EngineOutput {
        output: "a",
        confidence: 1.0,
    };
    governor.evaluate(&same, &same).expect("it goes on");
    snapshots.push(governor.snapshot());
    snapshots
}

/// Session governors: new, in the middle of a session, frozen, with lessons.
///
/// # Panics
///
/// Never: the settings and answers are acceptable.
#[must_use]
pub fn session_snapshots() -> Vec<Vec<u8>> {
    let settings = SessionSettings {
        max_cycles: 50,
        plateau_cycles: 50,
        ..SessionSettings::default()
    };
    let config = SessionConfig::new(settings).expect("in their ranges");
    let mut governor = SessionGovernor::new(config);
    let mut snapshots = vec![governor.snapshot()];
    for (index, answer) in ["wait", "restart it", "drain it, then restart it"]
        .into_iter()
        .enumerate()
    {
        let contested = Candidate {
            contradiction_claim: Some("too early"),
            ..Candidate::new("critic", index as u32, answer)
        };
        governor
            .step(&Candidate::new("builder", 0, "restart"), &contested)
            .expect("it goes on");
        governor.reopen();
    }
    snapshots.push(governor.snapshot());
    for lesson in lessons() {
        governor.add_wisdom(lesson).expect("there is room");
    }
    snapshots.push(governor.snapshot());
    let same = Candidate::new("builder", 4, "drain it");
    governor.step(&same, &same).expect("it goes on");
    snapshots.push(governor.snapshot());
    snapshots
}

fn lessons() -> impl Iterator<Item = Wisdom> {
    Consequence::ALL.into_iter().map(|consequence_type| Wisdom {
        domain: "medical".to_owned(),
        lesson: "ask twice \u{1f642}".to_owned(),
        consequence_type,
        future_bias: "caution".to_owned(),
        timestamp: "2026-02-19T00:00:00Z".to_owned(),
    })
}
