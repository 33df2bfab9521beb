//! Texts as programs: what is read can be written and read again.

use super::super::Outcomes;
use super::{has_errors, source, well_formed};
use assize_core::rules::ast::Program;
use assize_core::rules::{Diagnostic, Format, structured, syntax};

/// Reads `data` as a program in text.
///
/// # Panics
///
/// Where a property does not hold.
pub fn rules_text(data: &[u8]) -> Outcomes {
    let text = String::from_utf8_lossy(data);
    let (program, diagnostics) = read(&text, Format::Text);
    well_formed(&diagnostics, &text, 0);
    let accepted = !has_errors(&diagnostics);
    if accepted {
        let written = syntax::print(&program);
        same(&program, &written, Format::Text);
        assert_eq!(syntax::print(&read(&written, Format::Text).0), written);
        same(&program, &structured::to_json(&program), Format::Structured);
        same(&program, &structured::to_yaml(&program), Format::Structured);
    }
    vec![("text", accepted)]
}

/// Reads `data` as a program in YAML or JSON.
///
/// # Panics
///
/// Where a property does not hold.
pub fn rules_structured(data: &[u8]) -> Outcomes {
    let text = String::from_utf8_lossy(data);
    let (program, diagnostics) = read(&text, Format::Structured);
    well_formed(&diagnostics, &text, 0);
    let accepted = !has_errors(&diagnostics);
    if accepted {
        let json = structured::to_json(&program);
        same(&program, &json, Format::Structured);
        same(&program, &structured::to_yaml(&program), Format::Structured);
        assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok() || is_deep(&json));
        let written = syntax::print(&program);
        let (again, problems) = read(&written, Format::Text);
        // Text permits fewer levels of nesting, and says at once what is no function.
        let is_text = |code| ["too-deep", "unknown-function"].contains(&code);
        if !problems.iter().any(|problem| is_text(problem.code)) {
            assert!(!has_errors(&problems), "{written}\n{problems:?}");
            // A call of what is no function is data where it is read as text, and data of such a name is quoted.
            let rewritten = syntax::print(&again);
            let quotes = |text: &str| text.matches('`').count();
            if quotes(&rewritten) == quotes(&written) {
                assert_eq!(rewritten, written);
            }
        }
    }
    vec![("structured", accepted)]
}

/// Formats `data`.
///
/// # Panics
///
/// Where a property does not hold.
pub fn rules_format(data: &[u8]) -> Outcomes {
    let text = String::from_utf8_lossy(data);
    let (program, diagnostics) = read(&text, Format::Text);
    let formatted = syntax::format(&text);
    assert_eq!(formatted.is_ok(), !has_errors(&diagnostics), "{text}");
    match &formatted {
        Ok(formatted) => {
            assert_eq!(syntax::format(formatted).as_ref(), Ok(formatted), "{text}");
            same(&program, formatted, Format::Text);
            let comments = |text: &str| text.matches('#').count();
            assert_eq!(comments(formatted), comments(&text), "{text}\n{formatted}");
        }
        Err(problems) => {
            assert!(has_errors(problems));
            well_formed(problems, &text, 0);
        }
    }
    vec![("format", formatted.is_ok())]
}

fn read(text: &str, format: Format) -> (Program, Vec<Diagnostic>) {
    let source = source(text, format);
    match format {
        Format::Text => syntax::parse(&source, 0),
        Format::Structured => structured::parse(&source, 0),
    }
}

/// `written` says the same as `program`.
fn same(program: &Program, written: &str, format: Format) {
    let (again, problems) = read(written, format);
    assert!(!has_errors(&problems), "{written}\n{problems:?}");
    assert_eq!(without_places(&again), without_places(program), "{written}");
}

fn without_places(program: &Program) -> String {
    let text = format!("{program:?}");
    let mut parts = text.split("Span { source: ");
    let mut rest = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        rest.push_str(part.split_once('}').map_or(part, |(_, rest)| rest));
    }
    rest
}

/// Whether a JSON text is beyond the nesting that its reader permits.
fn is_deep(json: &str) -> bool {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in json.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest >= 127
}
