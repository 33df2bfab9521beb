use crate::Document;
use crate::gate::schemas::*;
use crate::gate::{ControllerAnswer, OpenControllerRequest, SettingsAnswer, StateAnswer};
use crate::testing::{any_node, assert_described, errors_of, told};
use assize_core::InvalidInput;
use assize_core::controller::{Controller, ControllerConfig, ControllerSettings, Embedder};
use assize_core::gate::{
    BreakerSettings, Conditions, GateSettings, LexiconSettings, Policy, Question, RhythmSettings,
    ThresholdSettings, WordList,
};
use assize_core::memory::{MemorySettings, SynapticSettings, Transfer};
use insta::assert_json_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};
use utoipa::PartialSchema;
use utoipa::openapi::{RefOr, Schema};

fn read(document: &Document<'_>) -> Result<ControllerSettings, InvalidInput> {
    let request = OpenControllerRequest::read(document, &ControllerSettings::default())?;
    Ok(request.config.settings().clone())
}

fn settings(text: &str) -> ControllerSettings {
    read(&Document::parse(text.as_bytes()).unwrap()).unwrap()
}

fn open(text: &str) -> Vec<String> {
    errors_of(text, read)
}

#[test]
fn what_is_absent_is_the_default() {
    for text in [
        "{}",
        r#"{"gate":{},"memory":{},"synaptic":{}}"#,
        r#"{"gate":{"threshold":{},"rhythm":{},"lexicon":{},"quality":{},"emergency":{},"embedding_breaker":{},
            "memory_breaker":{},"context":{}}}"#,
    ] {
        assert_eq!(settings(text), ControllerSettings::default(), "{text}");
    }
    let default = ControllerSettings {
        embedder: Embedder::Caller,
        ..ControllerSettings::default()
    }
    .with_dimension(8);
    let document = Document::parse(br#"{"gate":{"max_tokens":9}}"#).unwrap();
    let read = OpenControllerRequest::read(&document, &default).unwrap();
    let mut expected = default;
    expected.gate.max_tokens = 9;
    assert_eq!(read.config.settings(), &expected);
}

#[test]
fn parts_have_the_dimension_of_the_memory() {
    let read = settings(r#"{"memory":{"dimension":7}}"#);
    assert_eq!(read, ControllerSettings::default().with_dimension(7));
}

/// Each field differs from its default.
fn unusual() -> ControllerSettings {
    let mut settings = ControllerSettings {
        gate: GateSettings {
            threshold: ThresholdSettings {
                policy: Policy::Bounded,
                initial: 0.61,
                floor: 0.21,
                ceiling: 0.81,
                step: 0.01,
                alpha: 0.2,
                dead_band: 0.02,
                target: 0.7,
            },
            rhythm: RhythmSettings {
                wake_steps: 90,
                sleep_steps: 1,
            },
            lexicon: LexiconSettings {
                base: 0.5,
                lists: vec![WordList {
                    name: "arms".to_owned(),
                    weight: -1.0,
                    words: vec!["Waffe".to_owned()],
                }],
            },
            embedding_breaker: BreakerSettings {
                failures: 1,
                cooldown_ms: 0,
                successes: 9,
            },
            memory_breaker: BreakerSettings {
                failures: 2,
                cooldown_ms: 1,
                successes: 8,
            },
            remembered_bytes: 0,
            max_tokens: 17,
            pre_check: Some(0.25),
            post_check: Some(0.0),
            max_processing_ms: Some(30_000),
            ..GateSettings::default()
        },
        memory: MemorySettings {
            dimension: 5,
            capacity: 6,
            text_bytes: 0,
            compressed_index: false,
        },
        synaptic: SynapticSettings {
            lambda: [0.1, 0.2, 0.3],
            theta: [0.4, 0.5],
            gating: [0.6, 0.7],
            transfer: Transfer::PerComponent,
            ..SynapticSettings::default()
        },
        embedder: Embedder::Caller,
    };
    let gate = &mut settings.gate;
    gate.quality.max_run = 5;
    gate.quality.max_repetition = 0.11;
    gate.quality.max_line_share = 0.12;
    gate.quality.min_letter_share = 0.13;
    gate.quality.min_sentence_tokens = 14.5;
    gate.quality.min_function_word_share = 0.15;
    gate.quality.min_prompt_overlap = 0.16;
    gate.quality.min_confidence = 0.17;
    gate.emergency.max_process_memory_bytes = 1 << 53;
    gate.emergency.max_own_memory_bytes = 0;
    gate.emergency.recovery_share = 0.9;
    gate.emergency.cooldown_ms = None;
    gate.emergency.recovery_steps = 11;
    gate.emergency.max_emergencies = 4;
    gate.emergency.clean_period_ms = 1;
    gate.context.top_k = 6;
    gate.context.max_texts = 0;
    gate.context.max_tokens = 0;
    gate.context.phase_tolerance = 0.7;
    gate.context.min_confidence = 0.6;
    settings.with_dimension(5)
}

/// Every number and word of the first differs from that of the second.
fn assert_all_differ(left: &Value, right: &Value, at: &str) {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            assert_eq!(left.len(), right.len(), "{at}");
            for (name, value) in left {
                assert_all_differ(value, &right[name], &format!("{at}/{name}"));
            }
        }
        _ => assert_ne!(left, right, "{at}"),
    }
}

#[test]
fn what_was_written_is_read_again() {
    let unusual = unusual();
    let written = serde_json::to_value(SettingsAnswer::from(&unusual)).unwrap();
    assert_eq!(settings(&written.to_string()), unusual);
    let default = ControllerSettings::default();
    let usual = serde_json::to_value(SettingsAnswer::from(&default)).unwrap();
    assert_eq!(settings(&usual.to_string()), default);
    assert_all_differ(&written, &usual, "");
}

#[test]
fn settings_can_be_switched_off() {
    let document = Document::parse(
        br#"{"gate":{"pre_check":null,"post_check":null,"max_processing_ms":null,"emergency":{"cooldown_ms":null}}}"#,
    )
    .unwrap();
    let read = OpenControllerRequest::read(&document, &unusual()).unwrap();
    let gate = &read.config.settings().gate;
    assert_eq!((gate.pre_check, gate.post_check), (None, None));
    assert_eq!(
        (gate.max_processing_ms, gate.emergency.cooldown_ms),
        (None, None)
    );
}

#[test]
fn every_error_of_a_setting_has_its_place() {
    let text = r#"{"gate":{"threshold":{"policy":"strict","initial":"0.5","alpha":0,"flor":0.3},
        "rhythm":{"wake_steps":0,"sleep_steps":2.5},
        "lexicon":{"lists":[7,{"name":1,"weight":"x","words":["a",2]},{"name":"n"}]},
        "quality":{"max_run":-1,"max_repetition":2},"emergency":{"clean_period_ms":0,"cooldown_ms":"1s"},
        "embedding_breaker":{"failures":0},"memory_breaker":[],"context":{"top_k":1001,"phase_tolerance":1e39},
        "remembered_bytes":1000001,"max_tokens":1000001,"pre_check":1.01,"post_check":"off","dimension":3},
        "memory":{"dimension":0,"capacity":1000001,"text_bytes":-1,"compressed_index":1},
        "synaptic":{"lambda":[1,2],"theta":[0,"1"],"gating":7,"transfer":"all"},"embedder":"openai"}"#;
    assert_json_snapshot!("wrong_settings", open(text));
}

#[test]
fn words_are_judged_where_their_lists_are_whole() {
    let text = r#"{"gate":{"lexicon":{"base":2,"lists":[{"name":" ","weight":2,"words":["two words"]}]}}}"#;
    assert_eq!(
        open(text),
        [
            "/gate/lexicon/base: must be a number from 0 to 1, got 2",
            "/gate/lexicon/lists/0/name: must not be empty or blank",
            "/gate/lexicon/lists/0/weight: must be a number from -1 to 1, got 2",
            "/gate/lexicon/lists/0/words/0: must be one word of letters, numbers and underscores, got `two words`",
        ]
    );
    assert!(
        settings(r#"{"gate":{"lexicon":{"lists":[]}}}"#)
            .gate
            .lexicon
            .lists
            .is_empty()
    );
}

#[test]
fn a_wrong_dimension_is_one_error() {
    for dimension in [0_u32, 4097, u32::MAX] {
        let text = format!(r#"{{"memory":{{"dimension":{dimension}}}}}"#);
        assert_eq!(
            open(&text),
            [format!(
                "/memory/dimension: must be a whole number from 1 to 4096, got {dimension}"
            )]
        );
    }
}

fn schemas() -> Vec<(&'static [&'static str], RefOr<Schema>)> {
    vec![
        (&[], OpenControllerBody::schema()),
        (&["gate"], GateSettingsBody::schema()),
        (&["gate", "threshold"], ThresholdSettingsBody::schema()),
        (&["gate", "rhythm"], RhythmSettingsBody::schema()),
        (&["gate", "lexicon"], LexiconSettingsBody::schema()),
        (&["gate", "lexicon", "lists", "0"], WordListBody::schema()),
        (&["gate", "quality"], QualitySettingsBody::schema()),
        (&["gate", "emergency"], EmergencySettingsBody::schema()),
        (
            &["gate", "embedding_breaker"],
            BreakerSettingsBody::schema(),
        ),
        (&["gate", "memory_breaker"], BreakerSettingsBody::schema()),
        (&["gate", "context"], ContextSettingsBody::schema()),
        (&["memory"], MemorySettingsBody::schema()),
        (&["synaptic"], SynapticSettingsBody::schema()),
    ]
}

#[test]
fn described_settings_are_the_known_ones_with_their_defaults() {
    let default = ControllerSettings::default();
    let default = serde_json::to_value(SettingsAnswer::from(&default)).unwrap();
    let mut defaults = 0;
    for (path, schema) in schemas() {
        assert_described(schema.clone(), path, read);
        let schema = serde_json::to_value(&schema).unwrap();
        for (name, field) in schema["properties"].as_object().unwrap() {
            let Some(described) = field.get("default") else {
                continue;
            };
            let pointer: String = path.iter().map(|name| format!("/{name}")).collect();
            let actual = &default.pointer(&pointer).unwrap()[name];
            let equal = match described.as_f64() {
                Some(number) => actual.as_f64() == Some(number),
                None => described == actual,
            };
            assert!(equal, "{pointer}/{name}: {described} {actual}");
            defaults += 1;
        }
    }
    assert!(defaults > 40, "{defaults}");
    let example =
        serde_json::to_value(OpenControllerBody::schema()).unwrap()["example"].to_string();
    assert_eq!(open(&example), [""; 0]);
}

#[test]
fn sessions_have_one_shape() {
    let settings = ControllerSettings {
        memory: MemorySettings {
            capacity: 10,
            text_bytes: 1024,
            ..MemorySettings::default()
        },
        ..ControllerSettings::default()
    }
    .with_dimension(2);
    let config = ControllerConfig::new(settings).unwrap();
    let mut controller = Controller::new(config).unwrap();
    let question = Question {
        score: Some(0.95),
        text: "",
    };
    for now_ms in 0..3 {
        controller
            .admit(&Conditions::at(now_ms), &question)
            .unwrap();
    }
    let low_memory = Conditions {
        process_memory_bytes: Some(u64::MAX),
        ..Conditions::at(7)
    };
    controller.admit(&low_memory, &question).unwrap();
    let mut state = controller.state();
    state.synaptic_norms = [0.6, 0.25, 0.0];
    state.memory.bytes = 30_796_928;
    state.synaptic_bytes = 100;
    let answer = ControllerAnswer {
        id: "0190",
        settings: controller.settings().into(),
        state: StateAnswer::from(&state),
        sequence: 4,
        created_ms: 1_700_000_000_000,
        updated_ms: 1_700_000_000_007,
    };
    assert_json_snapshot!("session", answer);
}

const NAMES: &[&str] = &[
    "gate",
    "memory",
    "synaptic",
    "embedder",
    "threshold",
    "rhythm",
    "lexicon",
    "lists",
    "words",
    "name",
    "weight",
    "quality",
    "emergency",
    "context",
    "dimension",
    "capacity",
    "lambda",
    "theta",
    "policy",
    "initial",
    "floor",
    "max_run",
    "cooldown_ms",
    "pre_check",
    "hashing",
];

proptest! {
    #[test]
    fn any_settings_are_read_or_refused_with_places(node in any_node(NAMES)) {
        match read(&Document::from(node)) {
            Ok(settings) => prop_assert!(ControllerConfig::new(settings).is_ok()),
            Err(error) => prop_assert!(!told(error.errors()).is_empty()),
        }
    }

    #[test]
    fn any_thresholds_are_read_as_the_core_takes_them(
        initial in -0.1..1.1_f64, floor in -0.1..1.1_f64, ceiling in -0.1..1.1_f64, alpha in -0.1..1.1_f64,
    ) {
        let text = json!({"gate": {"threshold": {
            "initial": initial, "floor": floor, "ceiling": ceiling, "alpha": alpha,
        }}});
        let mut errors = Vec::new();
        let expected = ThresholdSettings { initial, floor, ceiling, alpha, ..ThresholdSettings::default() };
        expected.check("/gate/threshold", &mut errors);
        prop_assert_eq!(open(&text.to_string()), told(&errors));
    }
}
