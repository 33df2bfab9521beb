//! Programs, goals and values as YAML and JSON.
//!
//! There are two forms. In the program form a string that begins with `?` is a variable and a list is a
//! compound: it is for facts and rules. In the plain form an array is a list and an object a record: it
//! is for values that come from elsewhere, and for answers.

mod document;
mod goal;
mod json;
mod node;
mod plain;
mod quote;
mod reader;
mod remarks;
mod scalar;
mod syntax;
mod term;
#[cfg(test)]
mod tests;
mod write;
mod yaml;

use super::ast::{Goal, Program};
use super::diagnostic::Diagnostic;
use super::source::{Source, Span};
use super::value::Value;
use reader::Reader;
use write::{Out, Style};

pub use remarks::yaml_comments;

/// Brackets within each other that YAML is read with.
const MAX_YAML_BRACKETS: usize = 250;

/// Reads YAML or JSON of the program form. `index` is the source's place among all sources, from 0.
///
/// Everything that is wrong is told, in the order of the places. Where there is an error, the program
/// holds only what could be read.
#[must_use]
pub fn parse(source: &Source, index: u16) -> (Program, Vec<Diagnostic>) {
    let mut reader = Reader::default();
    let root = syntax::read(&source.text, index, &mut reader.problems);
    let program = reader.program(root.as_ref(), index);
    (program, reader.problems.into_list())
}

/// Reads a goal of the program form: `["role", "?User", "admin"]`. Places are those of source 0.
///
/// # Errors
/// Everything that is wrong.
pub fn goal_from_json(text: &str) -> Result<Goal, Vec<Diagnostic>> {
    let mut reader = Reader::default();
    let root = syntax::read(text, 0, &mut reader.problems);
    if root.is_none() && !reader.problems.has_error() {
        let help = "write `[\"predicate\", \"?Variable\"]`";
        reader.error::<()>("empty-source", Span::default(), "there is no goal", help);
    }
    let goal = root.and_then(|root| reader.goal(&root));
    finish(goal, reader)
}

/// Reads a value of the plain form, which is JSON. Places are those of source 0.
///
/// # Errors
/// Everything that is wrong.
pub fn value_from_json(text: &str) -> Result<Value, Vec<Diagnostic>> {
    let mut reader = Reader::default();
    let root = syntax::read_json(text, &mut reader.problems);
    let value = root.and_then(|root| reader.value(&root));
    finish(value, reader)
}

fn finish<T>(outcome: Option<T>, reader: Reader) -> Result<T, Vec<Diagnostic>> {
    match outcome {
        Some(outcome) if !reader.problems.has_error() => Ok(outcome),
        _ => Err(reader.problems.into_list()),
    }
}

/// A value in the plain form, as JSON on one line.
#[must_use]
pub fn value_to_json(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, &mut out);
    out
}

/// Appends a value in the plain form, as JSON on one line.
pub fn write_value(value: &Value, out: &mut String) {
    plain::write(value, out);
}

/// A program as JSON of the program form: each fact on one line, keys in a fixed order.
#[must_use]
pub fn to_json(program: &Program) -> String {
    written(&write::document(program), Style::Json)
}

/// A program as YAML of the program form; as JSON, which is YAML, where terms are nested very deeply.
#[must_use]
pub fn to_yaml(program: &Program) -> String {
    let document = write::document(program);
    match document.brackets() > MAX_YAML_BRACKETS {
        true => written(&document, Style::Json),
        false => written(&document, Style::Yaml),
    }
}

fn written(document: &Out, style: Style) -> String {
    let mut out = String::new();
    document.write(style, 0, &mut out);
    out.push('\n');
    out
}
