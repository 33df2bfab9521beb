//! Events that are stored without a model: the controller.

use crate::case::{Case, Found, items, number, numbers, rounded, text};
use crate::host::Host;
use crate::shadow::{NARROW_DEAD_BAND, Shadow};
use assize_core::gate::{
    Answer, Conditions, EmergencySettings, Event, Gate, GateConfig, GateSettings, Phase,
    ThresholdSettings,
};
use serde_json::Value;

const MIB: f64 = 1024.0 * 1024.0;

fn settings(case: &Case, dead_band: f64) -> GateSettings {
    let config = case.config();
    let defaults = EmergencySettings::default();
    let or = |name: &str, default: f64| config[name].as_f64().unwrap_or(default);
    let cooldown = or("auto_recovery_cooldown_seconds", 60.0) * 1000.0;
    let is_automatic = config["auto_recovery_enabled"] != false;
    GateSettings {
        threshold: ThresholdSettings {
            dead_band,
            ..ThresholdSettings::default()
        },
        emergency: EmergencySettings {
            max_process_memory_bytes: (or("memory_threshold_mb", 8192.0) * MIB) as u64,
            max_own_memory_bytes: or("max_memory_bytes", defaults.max_own_memory_bytes as f64)
                as u64,
            cooldown_ms: is_automatic.then_some(cooldown as u64),
            ..defaults
        },
        max_processing_ms: config["max_processing_time_ms"].as_u64(),
        dimension: config["dim"].as_u64().unwrap_or(384) as u32,
        ..GateSettings::default()
    }
}

pub(crate) fn check(case: &Case) -> Found {
    let mut found = Found::default();
    let narrow = run(case, NARROW_DEAD_BAND, &mut found);
    compare(&mut found, case, &narrow);
    let ours = run(case, 0.05, &mut found);
    let answers = |run: &Run| {
        run.done
            .iter()
            .map(|done| done.answer.clone())
            .collect::<Vec<_>>()
    };
    if answers(&ours) != answers(&narrow) {
        found.deviate("symmetric-dead-band");
    }
    found
}

#[derive(Debug, Default)]
struct Done {
    answer: Option<Answer>,
    is_refused: bool,
    was_asleep: bool,
    was_stopped: bool,
    used: usize,
}

#[derive(Debug)]
struct Run {
    done: Vec<Done>,
    last: Gate,
}

fn run(case: &Case, dead_band: f64, found: &mut Found) -> Run {
    let settings = settings(case, dead_band);
    let mut gate = match GateConfig::new(settings) {
        Ok(config) => Gate::new(config),
        Err(error) => panic!("{}: {error}", case.name()),
    };
    let mut shadow = Shadow::new(0.5, dead_band, 8, 3);
    let mut host = Host::new(case.input(), 20_000);
    let (mut process, mut own) = (0, None);
    let mut all = Vec::new();
    for (index, operation) in items(&case.input()["ops"]).iter().enumerate() {
        let mut done = Done::default();
        match text(&operation["op"]) {
            "process_event" => {
                let conditions = Conditions {
                    now_ms: host.now_ms,
                    process_memory_bytes: Some(process),
                    own_memory_bytes: own,
                };
                event(
                    &mut gate,
                    &mut host,
                    &mut shadow,
                    &conditions,
                    operation,
                    &mut done,
                );
            }
            "set_process_memory_mb" => process = (number(&operation["value"]) * MIB) as u64,
            "memory_usage_bytes" => {
                let recorded = &case.expected()["results"][index]["bytes"];
                own = Some(number(recorded) as u64);
            }
            "advance_clock" => host.now_ms += (number(&operation["seconds"]) * 1000.0) as u64,
            "rhythm_step" => {
                gate.advance_rhythm();
                shadow.advance();
            }
            "reset_emergency" => gate.reset_emergency(),
            "retrieve_context" => {}
            other => found.fail(format!("unknown operation {other}")),
        }
        let state = gate.state();
        found.require(shadow.is(&state), || {
            format!("after {index}: {shadow:?} expected, got {state:?}")
        });
        done.used = host.memory.used();
        all.push(done);
    }
    Run {
        done: all,
        last: gate,
    }
}

fn event(
    gate: &mut Gate,
    host: &mut Host<'_>,
    shadow: &mut Shadow,
    conditions: &Conditions,
    operation: &Value,
    done: &mut Done,
) {
    let vector = numbers(&operation["vector"]);
    let score = number(&operation["moral_value"]);
    let event = Event {
        vector: &vector,
        score,
    };
    done.was_asleep = gate.state().phase == Phase::Sleep;
    let Ok((flight, step)) = gate.begin_event(conditions, &event) else {
        done.is_refused = true;
        return;
    };
    if operation["takes_ms"].is_number() {
        host.now_ms += number(&operation["takes_ms"]) as u64;
    }
    let answer = match host.follow(gate, flight, step) {
        Ok(answer) => answer,
        Err(error) => panic!("{operation}: {error}"),
    };
    done.was_stopped = answer.note.starts_with("emergency");
    if answer.note == "emergency shutdown" {
        // No step.
    } else if done.was_stopped {
        shadow.step += 1;
    } else if shadow.admit(score) == Some(true) {
        shadow.advance();
    }
    done.answer = Some(answer);
}

fn compare(found: &mut Found, case: &Case, run: &Run) {
    let expected = case.expected();
    for (index, (done, theirs)) in run.done.iter().zip(items(&expected["results"])).enumerate() {
        if let Some(rule) = leaves(found, index, done, theirs) {
            found.deviate(rule);
            return;
        }
        let Some(ours) = &done.answer else {
            continue;
        };
        let at = |what: &str| format!("{index} {what}");
        found.same(&at("note"), ours.note.as_str(), text(&theirs["note"]));
        found.same(&at("step"), ours.step as f64, number(&theirs["step"]));
        let threshold = rounded(ours.judgement.threshold_after);
        found.same(
            &at("threshold"),
            threshold,
            number(&theirs["moral_threshold"]),
        );
        let acceptance = rounded(ours.judgement.acceptance);
        found.same(&at("ema"), acceptance, number(&theirs["moral_ema"]));
        found.same(&at("used"), done.used as f64, number(&theirs["pelm_used"]));
        found.same(
            &at("accepted"),
            Some(ours.accepted),
            theirs["accepted"].as_bool(),
        );
        if ours.phase.as_str() != text(&theirs["phase"]) {
            found.require(ours.accepted, || at("phase"));
            found.deviate("phase-when-asked");
        }
    }
    let (state, last) = (run.last.state(), &expected["final"]);
    found.same("final", state.threshold, number(&last["threshold"]));
    found.same("final", state.acceptance, number(&last["ema"]));
    found.same(
        "left",
        f64::from(state.steps_left),
        number(&last["phase_counter"]),
    );
    let attempts = f64::from(state.recent_emergencies);
    found.same("emergencies", attempts, number(&last["recovery_attempts"]));
    let is_stopped = state.emergency.is_some();
    found.same(
        "stopped",
        Some(is_stopped),
        last["emergency_shutdown"].as_bool(),
    );
}

/// The rule under which the gate and the reference go different ways from here on.
fn leaves(found: &mut Found, index: usize, done: &Done, theirs: &Value) -> Option<&'static str> {
    if done.is_refused {
        found.require(theirs["error"].is_string(), || {
            format!("{index} is refused")
        });
        return Some("malformed-vector-refused");
    }
    if done.was_asleep {
        return Some("sleep-advances");
    }
    let note = text(&theirs["note"]);
    let answer = done.answer.as_ref()?;
    if note == "emergency shutdown: global memory limit exceeded" {
        found.require(answer.note == note && done.used == 0, || {
            format!("{index} is stored")
        });
        return Some("refused-is-not-stored");
    }
    if note.starts_with("processing time exceeded") {
        found.require(answer.accepted, || format!("{index} is stored and refused"));
        return Some("refused-is-not-stored");
    }
    if note == "emergency shutdown" && answer.note == "processed" {
        return Some("recovery-by-steps");
    }
    None
}
