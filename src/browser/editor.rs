//! What editors of rules need.

use crate::error::{Thrown, invalid, invalid_rules};
use crate::rules::{plain, read_sources};
use assize_core::rules as core;
use assize_core::rules::builtins::{self, Group, Mode, Yields};
use assize_core::rules::syntax::{self, HighlightKind};
use assize_core::rules::{Diagnostic, Format, Severity, Source, structured};
use assize_core::{FieldError, InvalidInput};
use assize_json::rules::Finding;
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

fn refused(diagnostics: Vec<Diagnostic>, sources: &[Source]) -> Thrown {
    let findings = Finding::all(&diagnostics, sources);
    let error = core::LoadError { diagnostics };
    invalid_rules(error.to_string(), findings)
}

/// Everything that is wrong with sources, as JSON.
///
/// # Errors
///
/// Sources that can't be read at all.
#[wasm_bindgen(js_name = checkRules)]
pub fn check_rules(request: &str) -> Result<String, JsValue> {
    let sources = read_sources(request)?;
    let found = core::check_sources(&sources);
    Ok(plain(&Finding::all(&found, &sources)))
}

/// The same as text, with the lines that it is about.
///
/// # Errors
///
/// Sources that can't be read at all.
#[wasm_bindgen(js_name = reportRules)]
pub fn report_rules(request: &str) -> Result<String, JsValue> {
    let sources = read_sources(request)?;
    let found = core::check_sources(&sources);
    Ok(core::render(&found, &sources, false))
}

/// A text in the one style.
///
/// # Errors
///
/// Everything that is wrong with a text that can't be read.
#[wasm_bindgen(js_name = formatRules)]
pub fn format_rules(text: &str) -> Result<String, JsValue> {
    syntax::format(text).map_err(|diagnostics| {
        let source = Source {
            name: "source-1".into(),
            text: text.into(),
            format: Format::Text,
        };
        refused(diagnostics, &[source])
    })
}

/// Sources in another form, which is `text`, `json` or `yaml`.
///
/// # Errors
///
/// Everything that is wrong with sources that can't be read; a form that there is not.
#[wasm_bindgen(js_name = convertRules)]
pub fn convert_rules(request: &str, form: &str) -> Result<String, JsValue> {
    let write: fn(&core::ast::Program) -> String = match form {
        "text" => syntax::print,
        "json" => structured::to_json,
        "yaml" => structured::to_yaml,
        _ => {
            let message = "must be \"text\", \"json\" or \"yaml\"";
            let error = InvalidInput::check(vec![FieldError::new("/form", message)]);
            return Err(error.map_or_else(|error| invalid(&error), |()| JsValue::NULL));
        }
    };
    let sources = read_sources(request)?;
    let (program, diagnostics) = core::parse(&sources);
    let is_wrong = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
    match diagnostics.iter().any(is_wrong) {
        true => Err(refused(diagnostics, &sources)),
        false => Ok(write(&program)),
    }
}

/// The kinds of tokens in the order of their numbers, with a blank between them.
#[wasm_bindgen(js_name = tokenKinds)]
#[must_use]
pub fn token_kinds() -> String {
    HighlightKind::ALL.map(HighlightKind::as_str).join(" ")
}

/// The tokens of a text: of each its kind, where it begins and where it ends, in units of UTF-16.
#[wasm_bindgen]
#[must_use]
pub fn tokens(text: &str) -> Vec<u32> {
    let mut found = Vec::new();
    let (mut byte, mut unit) = (0, 0);
    let mut to_unit = |to: u32| {
        let between = text.get(byte..to as usize).unwrap_or_default();
        byte = to as usize;
        unit += between.encode_utf16().count() as u32;
        unit
    };
    for part in syntax::highlight(text) {
        let (start, end) = (to_unit(part.start), to_unit(part.end));
        found.extend([part.kind as u32, start, end]);
    }
    found
}

#[derive(Serialize)]
struct BuiltinAnswer {
    name: &'static str,
    arity: usize,
    parameters: Vec<ParameterAnswer>,
    function: bool,
    yields: &'static str,
    group: &'static str,
    summary: &'static str,
    example: &'static str,
}

#[derive(Serialize)]
struct ParameterAnswer {
    name: &'static str,
    mode: &'static str,
    kind: &'static str,
}

const fn group(group: Group) -> &'static str {
    match group {
        Group::Comparison => "comparison",
        Group::Arithmetic => "arithmetic",
        Group::Types => "types",
        Group::Strings => "strings",
        Group::Lists => "lists",
        Group::Sets => "sets",
        Group::Records => "records",
        Group::Time => "time",
        Group::Networks => "networks",
        Group::Versions => "versions",
        Group::Control => "control",
        Group::External => "external",
    }
}

/// The table of built-ins, as JSON.
#[wasm_bindgen]
#[must_use]
pub fn builtins() -> String {
    let answer = |builtin: &&builtins::Builtin| BuiltinAnswer {
        name: builtin.name,
        arity: builtin.parameters.len(),
        parameters: builtin.parameters.iter().map(parameter).collect(),
        function: builtin.function,
        yields: match builtin.yields {
            Yields::Test => "test",
            Yields::One => "one",
            Yields::Many => "many",
        },
        group: group(builtin.group),
        summary: builtin.summary,
        example: builtin.example,
    };
    plain(&builtins::all().iter().map(answer).collect::<Vec<_>>())
}

fn parameter(parameter: &builtins::Parameter) -> ParameterAnswer {
    ParameterAnswer {
        name: parameter.name,
        mode: match parameter.mode {
            Mode::Bound => "bound",
            Mode::Shape => "shape",
            Mode::Any => "any",
        },
        kind: parameter.kind,
    }
}
