//! Cases. Each fires with its code, the text that it underlines and its help, or does not fire.

mod analysis;
mod clauses;
mod constants;
mod decisions;
mod general;
mod programs;
mod reader;
mod variables;

use super::{Checked, check_with};
use crate::rules::builtins::{
    ArithmeticOperation, Builtin, Group, MachineOperation, Mode, Parameter, Run, Solutions, Yields,
};
use crate::rules::diagnostic::{Diagnostic, Severity};
use crate::rules::source::Span;
use crate::rules::value::Value;

const fn parameter(mode: Mode) -> Parameter {
    Parameter {
        name: "x",
        mode,
        kind: "term",
    }
}

const fn builtin(
    name: &'static str,
    parameters: &'static [Parameter],
    yields: Yields,
    group: Group,
    run: Run,
) -> Builtin {
    Builtin {
        name,
        parameters,
        function: false,
        yields,
        group,
        summary: "",
        example: "",
        run,
    }
}

const BOUND: Parameter = parameter(Mode::Bound);
const NUMBER: Parameter = Parameter {
    kind: "number",
    ..BOUND
};
const SHAPE: Parameter = parameter(Mode::Shape);
const ANY: Parameter = parameter(Mode::Any);

const STARTS_WITH: Run = Run::Pure(|arguments, _| {
    Ok(match arguments {
        [Value::String(text), Value::String(start)] if text.starts_with(start.as_ref()) => {
            Solutions::Yes
        }
        _ => Solutions::None,
    })
});
const ADD: Run = Run::Machine(MachineOperation::Arithmetic(ArithmeticOperation::Add));
const LOWER: Run = Run::Pure(|_, _| Ok(Solutions::None));

/// A few built-ins of each sort.
static BUILTINS: [&Builtin; 7] = [
    &builtin(
        "+",
        &[NUMBER, NUMBER, ANY],
        Yields::One,
        Group::Arithmetic,
        ADD,
    ),
    &builtin(
        ".",
        &[SHAPE, BOUND, ANY],
        Yields::One,
        Group::Records,
        LOWER,
    ),
    &builtin(
        "add",
        &[BOUND, BOUND, ANY],
        Yields::One,
        Group::Arithmetic,
        ADD,
    ),
    &builtin(
        "false",
        &[],
        Yields::Test,
        Group::Control,
        Run::Machine(MachineOperation::False),
    ),
    &builtin("lower", &[BOUND, ANY], Yields::One, Group::Strings, LOWER),
    &builtin(
        "member",
        &[ANY, SHAPE],
        Yields::Many,
        Group::Lists,
        Run::Machine(MachineOperation::Member),
    ),
    &builtin(
        "starts_with",
        &[BOUND, BOUND],
        Yields::Test,
        Group::Strings,
        STARTS_WITH,
    ),
];

fn find(name: &str, arity: usize) -> Option<&'static Builtin> {
    let is_such = |builtin: &&&Builtin| builtin.name == name && builtin.parameters.len() == arity;
    BUILTINS.iter().find(is_such).copied()
}

fn run(text: &str) -> Checked {
    check_with(&reader::read(text), &find, &BUILTINS)
}

fn cut(text: &str, span: Span) -> &str {
    text.get(span.start as usize..span.end as usize).unwrap()
}

/// A diagnostic on one line: `code: message [underlined] label; ~ [related] what; help: …; put: …`.
fn line(text: &str, diagnostic: &Diagnostic) -> String {
    let mut line = format!(
        "{}: {} [{}]",
        diagnostic.code,
        diagnostic.message,
        cut(text, diagnostic.span)
    );
    if !diagnostic.label.is_empty() {
        line += &format!(" {}", diagnostic.label);
    }
    for (span, what) in &diagnostic.related {
        line += &format!("; ~ [{}] {what}", cut(text, *span));
    }
    if let Some(help) = &diagnostic.help {
        line += &format!("; help: {help}");
    }
    if let Some(suggestion) = &diagnostic.suggestion {
        line += &format!(
            "; put: {} for [{}]",
            suggestion.replacement,
            cut(text, suggestion.span)
        );
    }
    line
}

/// Asserts all that is found in a text, line by line.
#[track_caller]
fn finds(text: &str, expected: &[&str]) {
    let found: Vec<String> = run(text)
        .diagnostics
        .iter()
        .map(|found| line(text, found))
        .collect();
    assert_eq!(found, expected, "in: {text}");
}

/// Asserts that nothing is found in each of these texts.
#[track_caller]
fn finds_nothing(texts: &[&str]) {
    for text in texts {
        finds(text, &[]);
    }
}

/// Asserts the codes that are found, and the text that each underlines.
#[track_caller]
fn codes(text: &str, expected: &[(&str, &str)]) {
    let checked = run(text);
    let found = checked
        .diagnostics
        .iter()
        .map(|found| (found.code, cut(text, found.span)));
    assert_eq!(found.collect::<Vec<_>>(), expected, "in: {text}");
}

#[test]
fn the_severity_is_that_of_the_code() {
    let checked = run("p(x) if q(x, y). q(1, 2). q(1, 2).");
    assert!(!checked.has_errors());
    assert!(run("p(x) if q(x).").has_errors());
    assert!(
        run("p(x) if q(x).")
            .diagnostics
            .iter()
            .all(|found| found.severity == Severity::Error)
    );
}
