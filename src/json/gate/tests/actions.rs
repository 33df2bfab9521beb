use crate::Document;
use crate::gate::schemas::HeardBody;
use crate::gate::{ActionAnswer, HeardAnswer, read_heard};
use crate::testing::{any_node, assert_described, errors_of, told};
use assize_core::controller::{Action, Controller, ControllerConfig, ControllerSettings, Heard};
use assize_core::gate::{Conditions, Request};
use assize_core::memory::MemorySettings;
use proptest::prelude::*;
use utoipa::PartialSchema;

fn heard(text: &str) -> Vec<String> {
    errors_of(text, read_heard)
}

#[test]
fn actions_say_their_type_first() {
    let memory = MemorySettings {
        capacity: 2,
        text_bytes: 0,
        ..MemorySettings::default()
    };
    let settings = ControllerSettings {
        memory,
        ..ControllerSettings::default()
    }
    .with_dimension(2);
    let mut controller = Controller::new(ControllerConfig::new(settings).unwrap()).unwrap();
    let request = Request::new("why?");
    let action = controller.begin(1, &Conditions::at(0), &request).unwrap();
    let text = serde_json::to_string(&ActionAnswer::from(&action)).unwrap();
    assert_eq!(
        text,
        r#"{"type":"generate","prompt":"why?","max_tokens":2048}"#
    );
    let document = Document::parse(br#"{"generated":" "}"#).unwrap();
    let ended = controller.resume(1, 1, read_heard(&document).unwrap());
    let text = serde_json::to_string(&ActionAnswer::from(&ended.unwrap())).unwrap();
    assert!(
        text.starts_with(r#"{"type":"finished","response":"","accepted":false,"#),
        "{text}"
    );
    let action = Action::Embed {
        text: "a\"b".to_owned(),
    };
    let text = serde_json::to_string(&ActionAnswer::from(&action)).unwrap();
    assert_eq!(text, r#"{"type":"embed","text":"a\"b"}"#);
}

#[test]
fn every_error_of_what_was_heard_has_its_place() {
    let one =
        ": must have one of `embedded`, `embedding_failed`, `generated` and `generation_failed`";
    assert_eq!(heard("{}"), [one]);
    assert_eq!(heard(r#"{"generated":"a","generation_failed":"b"}"#), [one]);
    assert_eq!(
        heard(r#"{"embedded":[1,null,"NaN"],"generated":7,"generate":""}"#),
        [
            "/embedded/1: must be a number from -1e18 to 1e18, got null",
            "/embedded/2: must be a number from -1e18 to 1e18, got a string",
            "/generated: must be a string or null, got a number",
            "/generate: is not a known field; did you mean `generated`?",
        ]
    );
    assert_described(HeardBody::schema(), &[], read_heard);
    let example = serde_json::to_value(HeardBody::schema()).unwrap()["example"].to_string();
    assert_eq!(heard(&example), [""; 0]);
}

proptest! {
    #[test]
    fn what_was_heard_is_read_to_the_bit(
        vector in proptest::collection::vec(-1e18..1e18_f32, 1..5), text in "\\PC{0,20}", kind in 0..4,
    ) {
        let heard = match kind {
            0 => Heard::Embedded(Ok(vector)),
            1 => Heard::Embedded(Err(text)),
            2 => Heard::Generated(Ok(text)),
            _ => Heard::Generated(Err(text)),
        };
        let written = serde_json::to_string(&HeardAnswer::from(&heard)).unwrap();
        let document = Document::parse(written.as_bytes()).unwrap();
        prop_assert_eq!(read_heard(&document).unwrap(), heard);
    }

    #[test]
    fn any_value_is_heard_or_refused(
        node in any_node(&["embedded", "embedding_failed", "generated", "generation_failed"]),
    ) {
        if let Err(error) = read_heard(&Document::from(node)) {
            prop_assert!(!told(error.errors()).is_empty());
        }
    }
}
