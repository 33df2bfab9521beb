//! Requests with embedding, memory and model.

use crate::case::{Case, Found, items, number, text};
use crate::compare;
use crate::host::Host;
use crate::shadow::{NARROW_DEAD_BAND, Shadow, initial_threshold};
use assize_core::gate::{
    Answer, Gate, GateConfig, GateSettings, GateState, Request, RhythmSettings, ThresholdSettings,
};
use serde_json::Value;

/// What came of one operation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Answer(Box<Answer>),
    State(Box<GateState>),
    Nothing,
}

/// One operation, and what was the case when it was done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Done {
    pub(crate) outcome: Outcome,
    /// Whether it was refused for sleep, which the reference never leaves.
    pub(crate) was_asleep: bool,
    /// Arguments that were refused, and left out.
    pub(crate) refused: Vec<&'static str>,
}

#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) done: Vec<Done>,
    pub(crate) host: Host<'a>,
    pub(crate) last: GateState,
}

fn settings(case: &Case, dead_band: f64) -> GateSettings {
    let config = case.config();
    let or = |name: &str, default: u32| config[name].as_u64().map_or(default, |n| n as u32);
    GateSettings {
        threshold: ThresholdSettings {
            initial: initial_threshold(&config["initial_moral_threshold"]).0,
            dead_band,
            ..ThresholdSettings::default()
        },
        rhythm: RhythmSettings {
            wake_steps: or("wake_duration", 8),
            sleep_steps: or("sleep_duration", 3),
        },
        dimension: or("dim", 384),
        ..GateSettings::default()
    }
}

pub(crate) fn check(case: &Case) -> Found {
    let mut found = Found::default();
    let recorded = run(case, NARROW_DEAD_BAND, &mut found);
    compare::requests(&mut found, case, &recorded);
    let ours = run(case, 0.05, &mut found);
    if ours.last.threshold != recorded.last.threshold || ours.done != recorded.done {
        found.deviate("symmetric-dead-band");
    }
    found
}

/// Does everything that a case asks for, beside a shadow.
fn run<'a>(case: &'a Case, dead_band: f64, found: &mut Found) -> Run<'a> {
    let settings = settings(case, dead_band);
    let (rhythm, initial) = (settings.rhythm, settings.threshold.initial);
    let mut gate = match GateConfig::new(settings) {
        Ok(config) => Gate::new(config),
        Err(error) => panic!("{}: {error}", case.name()),
    };
    let fresh = Shadow::new(initial, dead_band, rhythm.wake_steps, rhythm.sleep_steps);
    let mut shadow = fresh.clone();
    let capacity = case.config()["capacity"].as_u64().unwrap_or(20_000) as usize;
    let mut host = Host::new(case.input(), capacity);
    let mut done = Vec::new();
    for (index, operation) in items(&case.input()["ops"]).iter().enumerate() {
        let mut outcome = Outcome::Nothing;
        let (mut was_asleep, mut refused) = (false, Vec::new());
        match text(&operation["op"]) {
            "generate" => {
                was_asleep = !shadow.is_awake;
                let answer = generate(&mut gate, &mut host, operation, &mut refused, found);
                follow(&mut shadow, operation, &answer, found);
                outcome = Outcome::Answer(Box::new(answer));
            }
            "get_state" => outcome = Outcome::State(Box::new(gate.state())),
            "rhythm_step" => {
                gate.advance_rhythm();
                shadow.advance();
            }
            "advance_clock" => host.now_ms += (number(&operation["seconds"]) * 1000.0) as u64,
            "reset" => {
                gate.reset();
                shadow = fresh.clone();
                host.memory = crate::memory::Memory::new(capacity);
            }
            "fail_memory_commits" => {
                host.memory.fails = operation["value"] == true;
                host.memory.fails_at = operation["phase"].as_f64();
            }
            "retrieve_all" => {}
            other => found.fail(format!("unknown operation {other}")),
        }
        check_gate(found, index, &gate, &shadow);
        done.push(Done {
            outcome,
            was_asleep,
            refused,
        });
    }
    Run {
        done,
        last: gate.state(),
        host,
    }
}

/// The gate is where its shadow is, nothing is under way, and a restored one is the same.
fn check_gate(found: &mut Found, index: usize, gate: &Gate, shadow: &Shadow) {
    let state = gate.state();
    found.require(shadow.is(&state), || {
        format!("after {index}: {shadow:?} expected, got {state:?}")
    });
    found.require(state.counters.in_flight() == 0, || {
        format!("after {index}: {:?}", state.counters)
    });
    if Gate::restore(&gate.snapshot()).as_ref() != Ok(gate) {
        found.fail(format!("after {index}: the snapshot differs"));
    }
}

fn generate(
    gate: &mut Gate,
    host: &mut Host<'_>,
    operation: &Value,
    refused: &mut Vec<&'static str>,
    found: &mut Found,
) -> Answer {
    let mut count = |name: &'static str, pointer: &'static str| {
        let value = operation[name].as_i64()?;
        let count = u32::try_from(value).unwrap_or(0);
        if count == 0 {
            refused.push(pointer);
        }
        Some(count)
    };
    let mut request = Request {
        score: Some(number(&operation["moral_value"])),
        max_tokens: count("max_tokens", "/max_tokens"),
        top_k: count("context_top_k", "/top_k"),
        ..Request::new(text(&operation["prompt"]))
    };
    if !refused.is_empty() {
        let before = gate.clone();
        let error = host.serve(gate, &request);
        let names = |pointer: &&str| matches!(&error, Err(why) if why.contains(pointer));
        found.require(refused.iter().all(names), || {
            format!("{refused:?} not refused: {error:?}")
        });
        found.require(*gate == before, || "an error changed the gate".to_owned());
        request.max_tokens = request.max_tokens.filter(|count| *count > 0);
        request.top_k = request.top_k.filter(|count| *count > 0);
    }
    match host.serve(gate, &request) {
        Ok(answer) => answer,
        Err(error) => panic!("{operation}: {error}"),
    }
}

/// The shadow does what the gate did, and must have come to the same.
fn follow(shadow: &mut Shadow, operation: &Value, answer: &Answer, found: &mut Found) {
    let admitted = shadow.admit(number(&operation["moral_value"]));
    let expected = match admitted {
        None => Some("sleep phase - consolidating"),
        Some(false) => Some("morally rejected"),
        Some(true) => None,
    };
    match expected {
        Some(note) => found.require(answer.note == note, || {
            format!("`{note}` expected, got `{}`", answer.note)
        }),
        None => {
            let other = ["sleep phase - consolidating", "morally rejected"];
            found.require(!other.contains(&answer.note.as_str()), || {
                format!("admission expected, got `{}`", answer.note)
            });
        }
    }
    if answer.note.starts_with("processed") {
        shadow.advance();
    }
}
