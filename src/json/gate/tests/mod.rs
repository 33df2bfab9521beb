mod actions;
mod settings;

use super::schemas::{AdmitBody, GenerateBody, RecordBody};
use super::*;
use crate::Document;
use crate::node::Node;
use crate::testing::{any_node, assert_described, errors_of, told};
use assize_core::gate::{Admission, Conditions, Gate, GateConfig, Reply, Request, Step};
use insta::assert_json_snapshot;
use proptest::prelude::*;
use utoipa::PartialSchema;

const NAMES: &[&str] = &[
    "prompt",
    "moral_value",
    "max_tokens",
    "context_top_k",
    "vector",
    "user",
    "text",
    "response",
];

fn generate(text: &str) -> Vec<String> {
    errors_of(text, |document| GenerateRequest::read(document).map(drop))
}

fn admit(text: &str) -> Vec<String> {
    errors_of(text, |document| AdmitRequest::read(document).map(drop))
}

fn record(text: &str) -> Vec<String> {
    errors_of(text, |document| RecordRequest::read(document).map(drop))
}

#[test]
fn requests_become_what_the_gate_takes() {
    let text = br#"{"prompt":"why?","moral_value":0.5,"max_tokens":7,"context_top_k":20,"vector":[1,-0.5],"user":"ann"}"#;
    let document = Document::parse(text).unwrap();
    let read = GenerateRequest::read(&document).unwrap();
    let request = Request {
        prompt: "why?",
        score: Some(0.5),
        max_tokens: Some(7),
        top_k: Some(20),
        vector: Some(&[1.0, -0.5]),
        source_name: Some("ann"),
    };
    assert_eq!((read.request(), read.user), (request, Some("ann")));
    let text = br#"{"prompt":"why?","moral_value":null,"max_tokens":null,"context_top_k":null,"vector":null,"user":null}"#;
    let document = Document::parse(text).unwrap();
    let read = GenerateRequest::read(&document).unwrap();
    assert_eq!((read.request(), read.user), (Request::new("why?"), None));

    let document = Document::parse(br#"{"moral_value":0}"#).unwrap();
    let read = AdmitRequest::read(&document).unwrap();
    assert_eq!(
        (read.question().score, read.question().text),
        (Some(0.0), "")
    );
    assert!(!read.wants_context());
    let document = Document::parse(br#"{"text":"why?","context_top_k":3}"#).unwrap();
    assert!(AdmitRequest::read(&document).unwrap().wants_context());

    let document = Document::parse(br#"{"response":" "}"#).unwrap();
    let outcome = RecordRequest::read(&document).unwrap().outcome();
    assert_eq!((outcome.prompt, outcome.answer), ("", " "));
}

#[test]
fn every_error_of_a_prompt_has_its_place() {
    let text = r#"{"prompt":" ","moral_value":1.5,"max_tokens":0,"context_top_k":21,"vector":[1e19,"NaN",0],"user":"","promt":1}"#;
    assert_eq!(
        generate(text),
        [
            "/prompt: must not be empty or blank",
            "/moral_value: must be a number from 0 to 1, got 1.5",
            "/max_tokens: must be a whole number from 1 to 1000000, got 0",
            "/context_top_k: must be a whole number from 1 to 20, got 21",
            "/vector/0: must be a number from -1e18 to 1e18, got 1e19",
            "/vector/1: must be a number from -1e18 to 1e18, got a string",
            "/user: must have 1 to 256 bytes, or be left out, got 0",
            "/promt: is not a known field; did you mean `prompt`?",
        ]
    );
    let text = r#"{"prompt":[],"moral_value":"NaN","max_tokens":1.5,"context_top_k":true,"vector":{},"user":7}"#;
    assert_eq!(
        generate(text),
        [
            "/prompt: must be a string, got an array",
            "/moral_value: must be a number or null, got a string",
            "/max_tokens: must be a whole number from 1 to 1000000, got 1.5",
            "/context_top_k: must be a whole number from 1 to 20, got a boolean",
            "/vector: must be an array or null, got an object",
            "/user: must be a string or null, got a number",
        ]
    );
    assert_eq!(generate("{}"), ["/prompt: is missing"]);
    assert_eq!(generate("[]"), [": must be an object, got an array"]);
    assert_eq!(
        generate(r#"{"prompt":"a","prompt":"b","vector":[]}"#),
        [
            "/vector: must have 1 to 4096 numbers, got 0",
            "/prompt: occurs twice",
        ]
    );
}

#[test]
fn prompts_are_counted_in_characters() {
    let body = |length: usize| format!(r#"{{"prompt":"{}"}}"#, "\u{e9}".repeat(length));
    assert_eq!(generate(&body(10_000)), [""; 0]);
    assert_eq!(
        generate(&body(10_001)),
        ["/prompt: must have at most 10000 characters, got 10001"]
    );
}

#[test]
fn numbers_that_are_none_are_refused() {
    for spelled in ["NaN", "nan", "Infinity", "-Infinity", "1e999"] {
        let text = format!(r#"{{"prompt":"why?","moral_value":{spelled}}}"#);
        assert!(Document::parse(text.as_bytes()).is_err(), "{spelled}");
    }
    let text = |text: &'static str| Node::Text(text.into());
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let fields = vec![
            ("prompt".into(), text("why?")),
            ("moral_value".into(), Node::Number(number)),
            ("max_tokens".into(), Node::Number(number)),
            ("vector".into(), Node::Array(vec![Node::Number(number)])),
        ];
        let document = Document::from(Node::Object(fields));
        let error = GenerateRequest::read(&document).unwrap_err();
        let pointers: Vec<_> = error
            .errors()
            .iter()
            .map(|it| it.pointer.as_str())
            .collect();
        assert_eq!(pointers, ["/moral_value", "/max_tokens", "/vector/0"]);
    }
}

#[test]
fn every_error_of_an_admission_has_its_place() {
    let none = ": must have `text`, `moral_value` or both";
    assert_eq!(admit("{}"), [none]);
    assert_eq!(admit(r#"{"text":null,"vector":[1]}"#), [none]);
    assert_eq!(
        admit(r#"{"text":" "}"#),
        ["/text: must not be empty or blank where there is no `moral_value`"]
    );
    assert_eq!(admit(r#"{"text":"","moral_value":1}"#), [""; 0]);
    assert_eq!(
        admit(r#"{"text":" ","moral_value":-0.1}"#),
        ["/moral_value: must be a number from 0 to 1, got -0.1"]
    );
    assert_eq!(
        admit(r#"{"moral_value":1,"context_top_k":3}"#),
        ["/context_top_k: must have `text` or `vector` beside it, by which entries are found"]
    );
    assert_eq!(
        admit(r#"{"text":1,"moral_value":"x","context_top_k":0,"score":1}"#),
        [
            "/text: must be a string or null, got a number",
            "/moral_value: must be a number or null, got a string",
            "/context_top_k: must be a whole number from 1 to 20, got 0",
            "/score: is not a known field; known are text, moral_value, vector, context_top_k",
        ]
    );
}

#[test]
fn every_error_of_an_outcome_has_its_place() {
    assert_eq!(
        record(r#"{"prompt":1,"moral_value":1}"#),
        [
            "/prompt: must be a string or null, got a number",
            "/response: is missing",
            "/moral_value: is not a known field; known are prompt, response",
        ]
    );
    let long = "x".repeat((1 << 20) + 1);
    assert_eq!(
        record(&format!(r#"{{"prompt":"{long}","response":"{long}"}}"#)),
        [
            "/prompt: must have at most 10000 characters, got 1048577",
            "/response: must have at most 1048576 bytes, got 1048577",
        ]
    );
}

#[test]
fn described_fields_are_the_known_fields() {
    assert_described(GenerateBody::schema(), &[], |it| {
        GenerateRequest::read(it).map(drop)
    });
    assert_described(AdmitBody::schema(), &[], |it| {
        AdmitRequest::read(it).map(drop)
    });
    assert_described(RecordBody::schema(), &[], |it| {
        RecordRequest::read(it).map(drop)
    });
}

#[test]
fn described_examples_are_read() {
    let example = |schema| serde_json::to_value(schema).unwrap()["example"].to_string();
    assert_eq!(generate(&example(GenerateBody::schema())), [""; 0]);
    assert_eq!(admit(&example(AdmitBody::schema())), [""; 0]);
    assert_eq!(record(&example(RecordBody::schema())), [""; 0]);
}

fn gate() -> Gate {
    let settings = assize_core::gate::GateSettings {
        dimension: 2,
        ..Default::default()
    };
    Gate::new(GateConfig::new(settings).unwrap())
}

fn admitted(gate: &mut Gate, text: &str) -> Admission {
    let document = Document::parse(text.as_bytes()).unwrap();
    let request = AdmitRequest::read(&document).unwrap();
    gate.admit(&Conditions::at(0), &request.question()).unwrap()
}

#[test]
fn admissions_have_one_shape() {
    let mut gate = gate();
    let admission = admitted(&mut gate, r#"{"moral_value":0.95}"#);
    assert_json_snapshot!("admitted", AdmissionAnswer::from(&admission));
    let refused = admitted(&mut gate, r#"{"text":"attack, kill and destroy"}"#);
    assert_json_snapshot!("refused", AdmissionAnswer::from(&refused));
    for _ in 0..4 {
        admitted(&mut gate, r#"{"moral_value":1}"#);
    }
    let rounded = admitted(&mut gate, r#"{"moral_value":1}"#);
    let rounded = AdmissionAnswer::from(&rounded);
    assert_eq!(rounded.moral_threshold, 0.7);
    assert_eq!(rounded.judgement.threshold_after, 0.7000000000000002);
    let found = [assize_core::memory::Recollection {
        resonance: 0.6,
        entry: crate::memory::tests::entry(),
    }];
    let answer = AdmissionAnswer::from(&admission).with_context(&found);
    let answer = serde_json::to_value(answer).unwrap();
    assert_eq!(answer["context"][0]["resonance"], 0.6);
}

fn generated(gate: &mut Gate, text: &str) -> assize_core::gate::Answer {
    let request = Request {
        score: Some(0.95),
        vector: Some(&[3.0, 4.0]),
        ..Request::new("how does a court decide?")
    };
    let (mut flight, mut step) = gate.begin(&Conditions::at(0), &request).unwrap();
    loop {
        let reply = match step {
            Step::Finished(answer) => return *answer,
            Step::Recall(_) => Reply::Recalled(Ok(Vec::new())),
            Step::Generate { .. } => Reply::Generated(Ok(text.to_owned())),
            Step::Remember(_) => Reply::Remembered(Ok(true)),
            other => panic!("{other:?}"),
        };
        step = gate.resume(&mut flight, 1, reply).unwrap();
    }
}

#[test]
fn answers_have_one_shape() {
    let mut gate = gate();
    let said =
        "A court hears both sides before it decides, and it says in public how it came to that.";
    let answer = generated(&mut gate, said);
    assert_json_snapshot!("generated", GenerateAnswer::from(&answer));
    let answer = generated(&mut gate, &"no ".repeat(30));
    let answer = GenerateAnswer::from(&answer);
    assert_json_snapshot!("quality_rejected", answer);
    let streamed = StreamedAnswer {
        answer,
        retracted: true,
    };
    let event = serde_json::to_string(&StreamEvent::Answer(Box::new(streamed))).unwrap();
    assert!(event.ends_with(r#","retracted":true}"#), "{event}");
    assert!(
        event.starts_with(r#"{"type":"answer","response":"","accepted":false,"#),
        "{event}"
    );
    let event = serde_json::to_string(&StreamEvent::Delta { text: "A\n" }).unwrap();
    assert_eq!(event, r#"{"type":"delta","text":"A\n"}"#);
}

proptest! {
    #[test]
    fn any_value_is_read_or_refused_with_places(node in any_node(NAMES)) {
        let document = Document::from(node);
        let mut refusals = Vec::new();
        refusals.extend(GenerateRequest::read(&document).err());
        refusals.extend(AdmitRequest::read(&document).err());
        refusals.extend(RecordRequest::read(&document).err());
        for error in refusals {
            prop_assert!(!told(error.errors()).is_empty());
        }
        if let Ok(request) = GenerateRequest::read(&document) {
            let began = gate().begin(&Conditions::at(0), &request.request());
            if let Err(error) = began {
                prop_assert!(error.to_string().starts_with("`/vector"), "{}", error);
            }
        }
        if let Ok(request) = AdmitRequest::read(&document) {
            prop_assert!(gate().admit(&Conditions::at(0), &request.question()).is_ok());
        }
    }

    #[test]
    fn any_prompt_with_a_score_is_what_it_was(prompt in "\\PC{1,40}x", score in 0.0..=1.0_f64) {
        let text = serde_json::json!({"prompt": prompt, "moral_value": score}).to_string();
        let document = Document::parse(text.as_bytes()).unwrap();
        let request = GenerateRequest::read(&document).unwrap();
        prop_assert_eq!((request.prompt, request.moral_value), (prompt.as_str(), Some(score)));
    }
}
