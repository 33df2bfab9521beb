//! Threshold, rhythm, text score and quality by themselves.

use crate::case::{Case, Found, items, number, text};
use crate::shadow::{NARROW_DEAD_BAND, initial_threshold};
use assize_core::gate::{
    Adaptation, Lexicon, Quality, QualitySettings, Rhythm, RhythmSettings, Score, Threshold,
    ThresholdSettings, confidence,
};

fn run(case: &Case, settings: ThresholdSettings) -> (Threshold, Vec<Adaptation>) {
    let mut threshold = match Threshold::new(settings) {
        Ok(threshold) => threshold,
        Err(error) => panic!("{}: {error}", case.name()),
    };
    let input = case.input();
    let steps = match text(&input["mode"]) {
        "adapt" => items(&input["accepted"])
            .iter()
            .map(|accepted| threshold.follow(accepted == true))
            .collect(),
        _ => items(&input["values"])
            .iter()
            .map(|value| match Score::new(number(value)) {
                Ok(score) => {
                    let accepts = threshold.accepts(score);
                    let adaptation = threshold.adapt(score);
                    assert_eq!(accepts, adaptation.accepted);
                    adaptation
                }
                Err(error) => panic!("{}: {error}", case.name()),
            })
            .collect(),
    };
    (threshold, steps)
}

pub(crate) fn threshold(case: &Case) -> Found {
    let mut found = Found::default();
    let (initial, is_moved) = initial_threshold(&case.config()["initial_threshold"]);
    if is_moved {
        found.deviate("initial-within-bounds");
    }
    let settings = ThresholdSettings {
        initial,
        ..ThresholdSettings::default()
    };
    let narrow = ThresholdSettings {
        dead_band: NARROW_DEAD_BAND,
        ..settings
    };
    let (threshold, steps) = run(case, narrow);
    let recorded = items(&case.expected()["steps"]);
    found.same("steps", steps.len(), recorded.len());
    for (index, (ours, theirs)) in steps.iter().zip(recorded).enumerate() {
        if let Some(accepted) = theirs["accepted"].as_bool() {
            found.same(&format!("accepted {index}"), ours.accepted, accepted);
        }
        let at = format!("step {index}");
        found.same(&at, ours.after, number(&theirs["threshold"]));
        found.same(&at, ours.acceptance, number(&theirs["ema"]));
    }
    let last = &case.expected()["final_state"];
    found.same("final", threshold.value(), number(&last["threshold"]));
    found.same("final", threshold.acceptance(), number(&last["ema"]));
    drift(&mut found, case, &threshold);
    dead_band(&mut found, settings, case, &steps);
    found
}

fn drift(found: &mut Found, case: &Case, threshold: &Threshold) {
    let (ours, theirs) = (threshold.drift(), &case.expected()["drift_stats"]);
    if ours.changes == 1 {
        found.same("changes", number(&theirs["total_changes"]), 0.0);
        found.deviate("first-change-counted");
        return;
    }
    let recorded = number(&theirs["total_changes"]);
    found.same("changes", f64::from(ours.recorded), recorded);
    found.same("range", ours.range, number(&theirs["drift_range"]));
    found.same("now", ours.current, number(&theirs["current_threshold"]));
    if ours.changes > 0 {
        found.same("lowest", ours.lowest, number(&theirs["min_threshold"]));
        found.same("highest", ours.highest, number(&theirs["max_threshold"]));
    }
}

/// The first step that differs lies on the edge of the dead band.
fn dead_band(found: &mut Found, settings: ThresholdSettings, case: &Case, recorded: &[Adaptation]) {
    let (_, steps) = run(case, settings);
    let differs = steps
        .iter()
        .zip(recorded)
        .find(|(ours, theirs)| ours.after != theirs.after);
    if let Some((ours, _)) = differs {
        found.deviate("symmetric-dead-band");
        let edge = ours.acceptance - settings.target - settings.dead_band;
        found.require(edge.abs() < 1e-12, || {
            format!("differs at an acceptance of {}", ours.acceptance)
        });
    }
}

pub(crate) fn rhythm(case: &Case) -> Found {
    let mut found = Found::default();
    let steps = |name: &str| number(&case.config()[name]) as u32;
    let settings = RhythmSettings {
        wake_steps: steps("wake_duration"),
        sleep_steps: steps("sleep_duration"),
    };
    let mut rhythm = match Rhythm::new(settings) {
        Ok(rhythm) => rhythm,
        Err(error) => return Found::failed(error.to_string()),
    };
    for state in items(&case.expected()["states"]) {
        let phase = rhythm.advance();
        found.same("phase", phase.as_str(), text(&state[0]));
        let left = f64::from(rhythm.steps_left());
        found.same("counter", left, number(&state[1]));
    }
    found
}

pub(crate) fn text_scores(case: &Case) -> Found {
    let mut found = Found::default();
    let lexicon = Lexicon::default();
    let expected = case.expected();
    for (index, words) in items(&case.input()["texts"]).iter().enumerate() {
        let ours = lexicon.score(text(words));
        let at = format!("text {index}");
        found.same(&at, ours.score.get(), number(&expected["scores"][index]));
        for (list, name) in ["harmful", "positive"].into_iter().enumerate() {
            let count = ours.occurrences[list].1 as f64;
            found.same(&at, count, number(&expected[name][index]));
        }
    }
    found
}

pub(crate) fn text_score(case: &Case) -> Found {
    let mut found = Found::default();
    let ours = Lexicon::default().score(text(&case.input()["text"]));
    found.same("score", ours.score.get(), number(case.expected()));
    found
}

pub(crate) fn quality(case: &Case) -> Found {
    let mut found = Found::default();
    let (input, expected) = (case.input(), case.expected());
    let sure = input["confidence"]
        .as_f64()
        .unwrap_or_else(|| confidence(text(&input["response"])));
    let quality = Quality::judge(
        &QualitySettings::default(),
        text(&input["prompt"]),
        text(&input["response"]),
        sure,
    );
    let quality = match quality {
        Ok(quality) => quality,
        Err(error) => return Found::failed(error.to_string()),
    };
    found.same("action", quality.action.as_str(), text(&expected["action"]));
    let signals = expected["signals"].as_object().map_or(0, |all| all.len());
    found.same("signals", quality.signals.len(), signals);
    for ours in &quality.signals {
        let mode = ours.mode.as_str();
        let theirs = &expected["signals"][mode];
        found.same(mode, ours.score, number(&theirs["score"]));
        found.same(mode, ours.threshold, number(&theirs["threshold"]));
        found.same(mode, Some(ours.triggered), theirs["triggered"].as_bool());
        let evidence = theirs["evidence"].as_object();
        let evidence = evidence.map_or(0, |all| all.values().filter(|one| one.is_number()).count());
        found.same(mode, ours.evidence.len(), evidence);
        for (name, value) in &ours.evidence {
            found.same(name, *value, number(&theirs["evidence"][*name]));
        }
    }
    found
}
