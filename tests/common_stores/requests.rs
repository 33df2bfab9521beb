//! What callers ask for.

use super::http::Ask;
use super::random::Random;
use serde_json::json;

pub(crate) const SESSIONS: &str = "/v1/governor/sessions";
/// With letters and signs that JSON may write in several ways.
const WORDS: [&str; 8] = [
    "deploy",
    "wait",
    "größer",
    "a/b",
    "\"so\"",
    "\u{1F600}",
    "tab\there",
    "end",
];

/// Opens a cycle governor that goes on for as long as it is asked to.
pub(crate) fn open_cycle() -> Ask {
    let config = json!({
        "max_cycles": 1_000_000, "quality_improvement_threshold": 0, "similarity_threshold": 1,
        "initial_contradiction_budget": 1_000_000, "risk_threshold": 1,
    });
    Ask::post(SESSIONS, json!({"config": config}).to_string())
}

/// Opens a session governor, which may freeze.
pub(crate) fn open_step() -> Ask {
    let config = json!({"max_cycles": 1_000_000, "max_risk": 1, "contradiction_budget": 1_000_000});
    Ask::post(
        SESSIONS,
        json!({"governor": "session", "config": config}).to_string(),
    )
}

fn text(random: &mut Random) -> String {
    let words = (0..=random.below(6)).map(|_| *random.pick(&WORDS));
    words.collect::<Vec<_>>().join(" ")
}

fn outputs(random: &mut Random) -> serde_json::Value {
    let mut side = |own: &str| {
        let output = format!("{} {own}", text(random));
        json!({"output": output, "confidence": 0.5 + random.below(50) as f64 / 100.0})
    };
    json!({"left": side("l"), "right": side("r")})
}

/// The next cycle of a session.
pub(crate) fn cycle(session: &str, random: &mut Random) -> Ask {
    Ask::post(format!("{session}/evaluate"), outputs(random).to_string())
}

/// The next step of a session governor.
pub(crate) fn step(session: &str, random: &mut Random) -> Ask {
    let mut side = |id: &str| {
        let (answer, risk) = (text(random), random.below(90) as f64 / 100.0);
        json!({"engine_id": id, "cycle_index": random.below(9), "answer": answer, "risk": risk})
    };
    let body = json!({"left": side("builder"), "right": side("critic")});
    Ask::post(format!("{session}/step"), body.to_string())
}

/// A cycle that is as good as the one before, so that no session ever stops.
pub(crate) fn same_cycle(session: &str) -> Ask {
    let side = |output| json!({"output": output, "confidence": 0.9});
    let body = json!({"left": side("a b c"), "right": side("a b d")});
    Ask::post(format!("{session}/evaluate"), body.to_string())
}

pub(crate) fn wisdom(session: &str, random: &mut Random) -> Ask {
    learn(session, &text(random))
}

/// Gives a session so much state that it is not kept with every event: it is read back from those after it.
pub(crate) fn long_wisdom(session: &str) -> Ask {
    learn(session, &"a long lesson ".repeat(800))
}

fn learn(session: &str, lesson: &str) -> Ask {
    let body = json!({
        "domain": "d", "lesson": lesson, "consequence_type": "near_miss", "future_bias": lesson, "timestamp": "t",
    });
    Ask::post(format!("{session}/wisdom"), body.to_string())
}

/// One cycle outside of sessions.
pub(crate) fn evaluate(random: &mut Random) -> Ask {
    Ask::post("/evaluate", outputs(random).to_string())
}

pub(crate) fn evaluate_batch(random: &mut Random) -> Ask {
    let items: Vec<_> = (0..3).map(|_| outputs(random)).collect();
    Ask::post(
        "/v1/governor/evaluate:batch",
        json!({"items": items}).to_string(),
    )
}
