//! The recorded sequences of requests.

use super::{Conditions, Pair, Quality, QualitySettings};
use assize_core::controller::{Action, ControllerSettings, Embedder, Heard};
use assize_core::gate::{Counters, Question, Request, confidence};
use assize_core::memory::{MemorySettings, NewEntry, Query};
use assize_tests::component;
use serde_json::Value;

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A number; those that JSON has not are words.
fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("nan") => f64::NAN,
        Some("inf") => f64::INFINITY,
        Some("-inf") => f64::NEG_INFINITY,
        _ => value.as_f64().unwrap_or(0.0),
    }
}

fn numbers(value: &Value) -> Vec<f32> {
    items(value)
        .iter()
        .map(|item| number(item) as f32)
        .collect()
}

fn cases(file: &str) -> Vec<Value> {
    let folder =
        std::env::var("ASSIZE_VECTORS").unwrap_or_else(|_| "../../shared/vectors".to_owned());
    let Ok(lines) = std::fs::read_to_string(format!("{folder}/{file}")) else {
        println!("no {file} in {folder}: nothing is compared");
        return Vec::new();
    };
    let case = |line: &str| serde_json::from_str(line).unwrap();
    lines.lines().map(case).collect()
}

fn settings(config: &Value) -> ControllerSettings {
    let or = |name: &str, default: u32| config[name].as_u64().map_or(default, |n| n as u32);
    let mut settings = ControllerSettings {
        memory: MemorySettings {
            capacity: or("capacity", 100),
            text_bytes: 4096,
            ..MemorySettings::default()
        },
        embedder: Embedder::Caller,
        ..ControllerSettings::default()
    }
    .with_dimension(or("dim", or("dimension", 8)));
    let gate = &mut settings.gate;
    gate.rhythm.wake_steps = or("wake_duration", gate.rhythm.wake_steps);
    gate.rhythm.sleep_steps = or("sleep_duration", gate.rhythm.sleep_steps);
    for name in ["initial_threshold", "initial_moral_threshold"] {
        if config[name].is_number() {
            gate.threshold.initial = number(&config[name]).clamp(0.3, 0.9);
        }
    }
    settings
}

/// Requests of a wrapper, answered by its script.
struct Model<'a> {
    embeddings: &'a Value,
    script: &'a [Value],
    calls: usize,
}

impl Model<'_> {
    fn answer(&mut self, pair: &mut Pair, now_ms: u64, operation: &Value) {
        let count = |name: &str| operation[name].as_i64().map(|count| count.max(0) as u32);
        let request = Request {
            score: Some(number(&operation["moral_value"])),
            max_tokens: count("max_tokens"),
            top_k: count("context_top_k"),
            ..Request::new(text(&operation["prompt"]))
        };
        let at = Conditions::at(now_ms);
        let mut action = pair.both(|c| c.begin(1, &at, &request));
        loop {
            let heard = match action {
                Ok(Action::Embed { text: prompt }) => Heard::Embedded(self.embed(&prompt)),
                Ok(Action::Generate { .. }) => Heard::Generated(self.generate()),
                Ok(Action::Finished(_)) | Err(_) => return,
            };
            action = pair.both(|c| c.resume(1, now_ms, heard.clone()));
        }
    }

    fn embed(&self, prompt: &str) -> Result<Vec<f32>, String> {
        let found = &self.embeddings[prompt];
        match found["raise"].as_str() {
            Some(_) => Err(text(&found["message"]).to_owned()),
            None => Ok(numbers(found)),
        }
    }

    fn generate(&mut self) -> Result<String, String> {
        let said = self.script.get(self.calls).or(self.script.last());
        let said = said.unwrap_or(&Value::Null);
        self.calls += 1;
        match said["raise"].as_str() {
            Some(_) => Err(text(&said["message"]).to_owned()),
            None => Ok(text(&said["text"]).to_owned()),
        }
    }
}

/// Does what a case asks for on both; what has no meaning here is left out. Gives what the gate counted.
fn run(case: &Value) -> Counters {
    let (config, input) = (&case["config"], &case["input"]);
    let mut pair = Pair::open(settings(config));
    let mut model = Model {
        embeddings: &input["embeddings"],
        script: items(&input["llm_script"]),
        calls: 0,
    };
    let mut now_ms = 1;
    let admit = |pair: &mut Pair, now_ms: u64, score: f64, text: &str| {
        let score = (!score.is_nan()).then_some(score);
        let question = Question { score, text };
        drop(pair.both(|c| c.admit(&Conditions::at(now_ms), &question)));
    };
    for value in items(&input["values"]) {
        admit(&mut pair, now_ms, number(value), "");
    }
    for accepted in items(&input["accepted"]) {
        admit(&mut pair, now_ms, f64::from(u8::from(accepted == true)), "");
    }
    for words in items(&input["texts"]) {
        admit(&mut pair, now_ms, f64::NAN, text(words));
    }
    for operation in items(&input["ops"]) {
        let vector = numbers(&operation["vector"]);
        match text(&operation["op"]) {
            "generate" => model.answer(&mut pair, now_ms, operation),
            "process_event" => {
                admit(&mut pair, now_ms, number(&operation["moral_value"]), "");
                drop(pair.both(|c| c.insert(&[NewEntry::new(&vector, 0.1)], now_ms)));
            }
            "entangle" => {
                let entry = NewEntry {
                    confidence: operation["provenance"]["confidence"]
                        .as_f64()
                        .unwrap_or(1.0),
                    ..NewEntry::new(&vector, number(&operation["phase"]) as f32)
                };
                drop(pair.both(|c| c.insert(&[entry], now_ms)));
            }
            "retrieve" | "retrieve_context" => {
                let query = Query::new(&vector, number(&operation["phase"]) as f32);
                drop(pair.both(|c| c.retrieve(&query, now_ms)));
            }
            "rhythm_step" => drop(pair.both(|c| c.advance_rhythm(now_ms))),
            "advance_clock" => now_ms += (number(&operation["seconds"]) * 1000.0) as u64,
            "reset" => pair.both(|c| c.reset()).unwrap(),
            "reset_emergency" => pair.both(|c| c.reset_emergency()).unwrap(),
            _ => {}
        }
        pair.is_same();
    }
    pair.exchange();
    pair.both(|c| c.state()).unwrap().gate.counters
}

#[test]
fn recorded_sequences_are_answered_alike() {
    let cases = cases("gate.jsonl");
    let mut sums = [0; 4];
    for case in &cases {
        let counted = run(case);
        let counts = [
            counted.admitted,
            counted.accepted,
            counted.rejected,
            counted.asleep,
        ];
        sums.iter_mut()
            .zip(counts)
            .for_each(|(sum, count)| *sum += count);
    }
    let [admitted, accepted, rejected, asleep] = sums;
    println!("{admitted} admitted, {accepted} accepted, {rejected} rejected, {asleep} asleep");
    assert!(cases.is_empty() || sums.iter().all(|sum| *sum > 30));
}

#[test]
fn recorded_answers_are_judged_alike() {
    let engines = component();
    let settings = QualitySettings::default();
    let mut judged = 0;
    for case in cases("gate_quality.jsonl") {
        let input = &case["input"];
        let (prompt, answer) = (text(&input["prompt"]), text(&input["response"]));
        let sure = engines.confidence(answer).unwrap();
        assert_eq!(sure, confidence(answer));
        for sure in [sure, input["confidence"].as_f64().unwrap_or(0.3)] {
            let ours = engines.judge_quality(&settings, prompt, answer, sure);
            let native = Quality::judge(&settings, prompt, answer, sure);
            assert_eq!(ours, native.map_err(Into::into));
            judged += 1;
        }
        if let Some(words) = input["text"].as_str() {
            let lexicon = assize_core::gate::LexiconSettings::default();
            let native = assize_core::gate::Lexicon::default().score(words);
            assert_eq!(engines.text_score(&lexicon, words), Ok(native));
        }
    }
    println!("{judged} judged");
}
