//! What the documentation of the language shows is true.

use super::super::{format, parse};
use crate::rules::render::render;
use crate::rules::source::{Format, Source};

const GUIDE: &str = include_str!("../../../../../docs/rules-language.md");

fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    GUIDE
        .split(&fence)
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

#[test]
fn examples_are_read_and_in_style() {
    let examples = blocks("rules");
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
