//! What was recorded of requests, beside what came of them.

use crate::case::{Case, Found, items, number, rounded, text};
use crate::requests::{Done, Outcome, Run};
use assize_core::gate::{Action, Answer, GateState};
use serde_json::Value;

/// Most that a resonance may differ.
const RESONANCE: f64 = 2e-6;

pub(crate) fn requests(found: &mut Found, case: &Case, run: &Run<'_>) {
    let expected = case.expected();
    let has_speech = !case.config()["speech_governor"].is_null();
    let results = items(&expected["results"]);
    let operations = items(&case.input()["ops"]);
    found.same("results", run.done.len(), results.len());
    let mut is_same = true;
    for (index, (done, theirs)) in run.done.iter().zip(results).enumerate() {
        let is_reset = operations[index]["op"] == "reset";
        if let Some(rule) = leaves(case, done, theirs, is_reset) {
            found.deviate(rule);
            is_same = false;
        }
        if !is_same {
            continue;
        }
        match &done.outcome {
            Outcome::Answer(answer) => {
                for pointer in &done.refused {
                    found.require(["/max_tokens", "/top_k"].contains(pointer), String::new);
                    found.deviate("counts-from-one");
                }
                compare_answer(found, index, answer, theirs, done, has_speech);
            }
            Outcome::State(state) => {
                compare_state(found, index, state, theirs, run.host.memory.has_refused);
            }
            Outcome::Nothing => {}
        }
    }
    if run.host.memory.is_evicting {
        found.deviate("oldest-evicted");
    }
    if is_same {
        let threshold = number(&expected["final_threshold"]);
        found.same("final threshold", run.last.threshold, threshold);
        found.same(
            "final ema",
            run.last.acceptance,
            number(&expected["final_ema"]),
        );
        prompts(found, case, run, has_speech);
    }
}

/// The rule under which the gate and the reference go different ways from here on.
fn leaves(case: &Case, done: &Done, theirs: &Value, is_reset: bool) -> Option<&'static str> {
    let has_speech = !case.config()["speech_governor"].is_null();
    if done.was_asleep {
        return Some("sleep-advances");
    }
    let initial = &case.config()["initial_moral_threshold"];
    if is_reset && initial.as_f64().is_some_and(|initial| initial != 0.5) {
        return Some("reset-to-configuration");
    }
    let Outcome::Answer(answer) = &done.outcome else {
        return None;
    };
    if has_speech && answer.note != text(&theirs["note"]) {
        return Some("no-speech-governor");
    }
    let is_too_large = answer.note.contains("beyond 1e18");
    if is_too_large && case.has_tag("f32_overflow") && theirs["note"] == "processed" {
        return Some("embedding-magnitude");
    }
    None
}

fn compare_answer(
    found: &mut Found,
    index: usize,
    ours: &Answer,
    theirs: &Value,
    done: &Done,
    has_speech: bool,
) {
    let at = |what: &str| format!("{index} {what}");
    let is_empty = theirs["note"] == "empty_response";
    found.same(&at("note"), ours.note.as_str(), text(&theirs["note"]));
    found.same(&at("step"), ours.step as f64, number(&theirs["step"]));
    let threshold = rounded(ours.judgement.threshold_after);
    found.same(
        &at("threshold"),
        threshold,
        number(&theirs["moral_threshold"]),
    );
    if is_empty {
        found.require(!ours.accepted, || at("an empty answer is accepted"));
        found.deviate("empty-is-not-accepted");
    } else {
        found.same(
            &at("accepted"),
            Some(ours.accepted),
            theirs["accepted"].as_bool(),
        );
    }
    if ours.phase.as_str() != text(&theirs["phase"]) {
        found.require(ours.accepted && ours.phase.as_str() == "wake", || {
            at("phase")
        });
        found.deviate("phase-when-asked");
    }
    if ours.response != text(&theirs["response"]) {
        found.require(has_speech, || at("response"));
        found.deviate("no-speech-governor");
    }
    if ours.accepted {
        found.same(
            &at("stateless"),
            Some(ours.stateless),
            theirs["stateless_mode"].as_bool(),
        );
        if done.refused.is_empty() {
            let items = f64::from(ours.context_items);
            found.same(&at("context"), items, number(&theirs["context_items"]));
            let tokens = f64::from(ours.max_tokens);
            found.same(&at("tokens"), tokens, number(&theirs["max_tokens_used"]));
        }
    }
    compare_quality(found, index, ours, &theirs["quality_gate"]);
}

fn compare_quality(found: &mut Found, index: usize, ours: &Answer, theirs: &Value) {
    let Some(quality) = ours.quality.as_ref().filter(|_| !theirs.is_null()) else {
        let is_plain = |action| action == Action::Accept;
        let action = ours.quality.as_ref().map(|quality| quality.action);
        found.require(action.is_none_or(is_plain), || {
            format!("{index}: {action:?}")
        });
        return;
    };
    let modes: Vec<_> = quality
        .triggered()
        .map(|signal| signal.mode.as_str())
        .collect();
    let recorded: Vec<_> = items(&theirs["triggered_modes"]).iter().map(text).collect();
    found.same(&format!("{index} modes"), modes, recorded);
    found.same("action", quality.action.as_str(), text(&theirs["action"]));
    for signal in &quality.signals {
        let mode = signal.mode.as_str();
        let recorded = number(&theirs["signals"][mode]["score"]);
        found.same(&format!("{index} {mode}"), signal.score, recorded);
    }
}

fn compare_state(found: &mut Found, index: usize, ours: &GateState, theirs: &Value, refused: bool) {
    let reliability = &theirs["reliability"];
    let counters = &ours.counters;
    let mut same = |name: &str, ours: u64, theirs: &Value| {
        found.same(&format!("{index} {name}"), ours as f64, number(theirs));
    };
    same("step", counters.step, &theirs["step"]);
    same("left", u64::from(ours.steps_left), &theirs["phase_counter"]);
    same("accepted", counters.accepted, &theirs["accepted_count"]);
    same("rejected", counters.rejected, &theirs["rejected_count"]);
    same(
        "memory failures",
        counters.memory_failures,
        &reliability["pelm_failure_count"],
    );
    let embedding = &reliability["embedding_failure_count"];
    same("embedding failures", counters.embedding_failures, embedding);
    same(
        "llm failures",
        counters.generation_failed,
        &reliability["llm_failure_count"],
    );
    let breaker = text(&reliability["circuit_breaker_state"]);
    found.same("breaker", ours.embedding_breaker.as_str(), breaker);
    found.same(
        "threshold",
        rounded(ours.threshold),
        number(&theirs["moral_threshold"]),
    );
    found.same(
        "ema",
        rounded(ours.acceptance),
        number(&theirs["moral_ema"]),
    );
    let is_stateless = ours.memory_breaker.as_str() != "closed";
    found.same(
        "stateless",
        Some(is_stateless),
        reliability["stateless_mode"].as_bool(),
    );
    let buffered = number(&theirs["consolidation_buffer_size"]);
    if !refused {
        found.same("buffer", ours.unconsolidated as f64, buffered);
    }
}

/// What the model was asked, and how alike what was recalled is.
fn prompts(found: &mut Found, case: &Case, run: &Run<'_>, has_speech: bool) {
    let expected = case.expected();
    let calls = items(&expected["llm_calls"]);
    let has_counts = run.done.iter().any(|done| !done.refused.is_empty());
    if !has_speech && !has_counts {
        found.same("model calls", run.host.asked.len(), calls.len());
        for ((prompt, _), call) in run.host.asked.iter().zip(calls) {
            let recorded = text(&call["prompt"]);
            if prompt == recorded {
                continue;
            }
            let question = recorded
                .rsplit_once("\n\nUser: ")
                .map_or("", |(_, asked)| asked);
            let holds = prompt.starts_with("[Context 1] User: ")
                && prompt.ends_with(&format!("\n\nUser: {question}"))
                && recorded.starts_with("[Context 1, relevance: ");
            found.require(holds, || {
                format!("prompt {prompt:?}, recorded {recorded:?}")
            });
            found.deviate("context-is-text");
        }
    }
    if run.host.memory.is_evicting || has_counts {
        return;
    }
    let recorded = items(&expected["context_resonance"]);
    let ours = run.host.resonances.iter();
    for (index, (ours, theirs)) in ours.zip(recorded).enumerate() {
        found.same(
            &format!("recalled {index}"),
            ours.len(),
            items(theirs).len(),
        );
        for (ours, theirs) in ours.iter().zip(items(theirs)) {
            let difference = (f64::from(*ours) - number(theirs)).abs();
            found.require(difference <= RESONANCE, || {
                format!("resonance {index}: {difference}")
            });
        }
    }
}
