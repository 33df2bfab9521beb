//! What the documentation of the language shows is true.

use super::super::{format, parse};
use crate::rules::render::render;
use crate::rules::source::{Format, Source};
use crate::rules::{KnowledgeBase, QueryOptions, Value, check_sources};

const GUIDE: &str = include_str!("../../../../../docs/rules-language.md");

const HTTP: &str = include_str!("../../../../../docs/http-rules.md");

fn blocks(language: &str) -> Vec<&'static str> {
    blocks_of(GUIDE, language)
}

fn blocks_of<'t>(page: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    page.split(&fence)
        .skip(1)
        .filter_map(|rest| rest.split_once("```").map(|(block, _)| block))
        .collect()
}

fn source(text: &str) -> Source {
    Source {
        name: "policy.rules".into(),
        text: text.into(),
        format: Format::Text,
    }
}

#[track_caller]
fn loads(text: &str) {
    let sources = [source(text)];
    let found = check_sources(&sources);
    assert_eq!(found, [], "{}", render(&found, &sources, false));
    assert!(KnowledgeBase::load(&sources).is_ok(), "{text}");
}

#[test]
fn the_tutorial_is_one_policy() {
    let (tutorial, reference) = GUIDE.split_once("## Reference").unwrap();
    let whole = blocks_of(tutorial, "rules").concat();
    loads(&whole);
    let base = KnowledgeBase::load(&[source(&whole)]).unwrap();
    let answers = |query: &str| {
        let facts = vec![("suspended".into(), vec![Value::string("eve")])];
        let options = QueryOptions {
            facts,
            ..QueryOptions::default()
        };
        base.ask(query, options).unwrap().answers.len()
    };
    assert_eq!(answers("allow(\"ann\", \"use\", \"invoice\")"), 1);
    assert_eq!(answers("allow(\"ann\", \"use\", \"payout\")"), 0);
    assert_eq!(answers("escalate(\"ann\", \"use\", \"payout\")"), 1);
    assert_eq!(answers("deny(\"eve\", \"use\", \"payout\")"), 1);
    assert_eq!(answers("role(\"ann\", r)"), 1);
    assert_eq!(answers("role(who, r)"), 2);
    let alone = blocks_of(reference, "rules");
    assert!(alone.len() > 5);
    alone.into_iter().for_each(loads);
    let with_records = blocks("rules-with-records");
    assert_eq!(with_records.len(), 1);
    with_records.into_iter().for_each(loads);
}

#[test]
fn policies_in_requests_load() {
    let mut found = 0;
    for rest in HTTP.split("\"text\": ").skip(1) {
        let mut text = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        loads(&text.next().unwrap().unwrap());
        found += 1;
    }
    assert_eq!(found, 2);
}

#[test]
fn policies_of_examples_load_without_a_warning() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/policies");
    let mut found = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let sources = [source(&text)];
        let diagnostics = check_sources(&sources);
        assert_eq!(diagnostics, [], "{}", render(&diagnostics, &sources, false));
        found += 1;
    }
    assert!(found > 0);
}

#[test]
fn examples_are_read_and_in_style() {
    let mut examples = blocks("rules");
    examples.extend(blocks("rules-with-records"));
    assert!(examples.len() > 10);
    for text in examples {
        let (_, diagnostics) = parse(&source(text), 0);
        assert_eq!(diagnostics, [], "{text}");
        assert_eq!(format(text).as_deref(), Ok(text));
    }
}

#[test]
fn the_shown_error_is_what_is_said() {
    let [text] = blocks("rules-with-error")[..] else {
        panic!("one text with an error");
    };
    let [shown] = blocks("text")[..] else {
        panic!("one rendered error");
    };
    let source = source(text);
    let (_, diagnostics) = parse(&source, 0);
    assert_eq!(render(&diagnostics, &[source], false), shown);
}
