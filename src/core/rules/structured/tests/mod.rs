//! Tests of whole documents.

mod documentation;
mod forms;
mod plain;
mod round_trip;
mod traps;

use super::super::diagnostic::Diagnostic;
use super::super::source::{Format, Source};
use super::*;

fn source(text: &str) -> Source {
    Source {
        name: "test.yaml".into(),
        text: text.into(),
        format: Format::Structured,
    }
}

/// The program of a text in which nothing is wrong.
fn accepted(text: &str) -> Program {
    let (program, diagnostics) = parse(&source(text), 0);
    assert_eq!(diagnostics, [], "{text}");
    program
}

/// What is wrong with a text: line, column, code, message.
fn refused(text: &str) -> Vec<(u32, u32, &'static str, String)> {
    let source = source(text);
    let (_, diagnostics) = parse(&source, 0);
    let told = |diagnostic: Diagnostic| {
        let place = source.position(diagnostic.span.start);
        let message = diagnostic.message;
        assert!(diagnostic.help.is_some(), "{message} has no help");
        (place.line, place.column, diagnostic.code, message)
    };
    diagnostics.into_iter().map(told).collect()
}

/// A program as it is printed for debugging, without places.
fn without_places(program: &impl std::fmt::Debug) -> String {
    let place = regex_lite::Regex::new(r"Span \{ source: \d+, start: \d+, end: \d+ \}").unwrap();
    place
        .replace_all(&format!("{program:?}"), "Span")
        .into_owned()
}

fn assert_same(left: &impl std::fmt::Debug, right: &impl std::fmt::Debug, text: &str) {
    let (left, right) = (without_places(left), without_places(right));
    assert!(left == right, "{left}\n{right}\n{text}");
}
