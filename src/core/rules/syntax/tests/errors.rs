//! How errors look: `errors.txt` holds texts, each with what is said of it.

use super::read;
use crate::rules::render::render;
use crate::rules::source::{Format, Source};

fn rendered(text: &str) -> String {
    let (_, diagnostics) = read(text);
    let source = Source {
        name: "a.rules".into(),
        text: text.into(),
        format: Format::Text,
    };
    render(&diagnostics, &[source], false)
}

fn cases() -> Vec<(&'static str, &'static str)> {
    include_str!("errors.txt")
        .split("==========\n")
        .filter_map(|block| block.split_once("\n----------\n"))
        .collect()
}

#[test]
fn errors_point_at_the_place_and_say_what_to_do() {
    let cases = cases();
    assert!(cases.len() > 30);
    for (text, expected) in cases {
        let found = rendered(text);
        assert_eq!(found.trim_end(), expected.trim_end(), "\n{text}\n{found}");
    }
}

#[test]
fn one_error_does_not_hide_the_statements_around_it() {
    let (program, diagnostics) = read("a(). b(. c(). d(\"x). e\nf(). g(1, ). h().\n");
    let names: Vec<&str> = program
        .items
        .iter()
        .map(|item| match item {
            crate::rules::ast::Item::Clause(clause) => clause.head.name.as_ref(),
            crate::rules::ast::Item::Declaration(declaration) => declaration.name.as_ref(),
        })
        .collect();
    assert_eq!(names, ["a", "c", "f", "h"]);
    assert_eq!(diagnostics.len(), 3);
}

#[test]
fn after_many_errors_the_rest_is_not_read() {
    let (_, diagnostics) = read(&"a(;\n".repeat(100_000));
    assert!(diagnostics.len() < 110);
    assert!(
        diagnostics
            .iter()
            .any(|diagnostic| diagnostic.code == "too-many-errors")
    );
    let (_, diagnostics) = read(&"'".repeat(100_001));
    assert!(diagnostics.len() < 110);
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let text = format!(
        "a(\"{}\", ?, \"{}\").",
        "x".repeat(5_000),
        "日".repeat(5_000)
    );
    let found = rendered(&text);
    let line = found.lines().find(|line| line.starts_with("1 |")).unwrap();
    let marks = found.lines().find(|line| line.ends_with('^')).unwrap();
    assert!(line.chars().count() < 140, "{line}");
    let column = marks.chars().position(|mark| mark == '^').unwrap();
    assert_eq!(line.chars().nth(column), Some('?'), "{found}");
}

#[test]
fn colours_are_only_added() {
    let text = "a(x) :- b(x).";
    let (_, diagnostics) = read(text);
    let source = Source {
        name: "a\u{1b}[2J".into(),
        text: text.into(),
        format: Format::Text,
    };
    let sources = [source];
    let coloured = render(&diagnostics, &sources, true);
    let plain = render(&diagnostics, &sources, false);
    assert!(!plain.contains('\u{1b}'));
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain);
}

#[test]
fn invisible_characters_are_refused_and_made_visible() {
    for text in ["a(\"\u{202e}\").", "a(). # \u{2066}", "a(`\u{202a}`)."] {
        let found = rendered(text);
        assert!(found.starts_with("error[direction-control]"), "{found}");
        assert!(found.contains('\u{fffd}'), "{found}");
    }
    assert!(rendered("a(\u{a0}1).").contains("`U+00A0` has no meaning"));
}
