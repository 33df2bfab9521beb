//! The rule engine: what is read, what is refused, and that whatever is loaded can be asked.

mod answers;
pub mod seeds;
mod snapshots;
mod sources;

pub use answers::{query_request, rules_evaluation, rules_load, rules_query};
pub use snapshots::rules_snapshot;
pub use sources::{rules_format, rules_structured, rules_text};

use assize_core::rules::{Diagnostic, Format, Severity, Source, render};

/// Between a program and the query in one input.
pub const MARKER: &str = "\n---\n";

fn source(text: &str, format: Format) -> Source {
    Source {
        name: "fuzz.rules".into(),
        text: text.into(),
        format,
    }
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
    diagnostics.iter().any(is_error)
}

/// What is wrong says so, with a code, at a place of the text, and can be shown.
fn well_formed(diagnostics: &[Diagnostic], text: &str, number: u16) {
    for diagnostic in diagnostics {
        let code = diagnostic.code;
        let span = diagnostic.span;
        assert!(!code.is_empty() && !diagnostic.message.trim().is_empty());
        assert!(
            span.source == number || span == Default::default(),
            "{code} {span:?}"
        );
        assert!(span.start <= span.end, "{code} {span:?}");
        assert!(
            text.get(span.start as usize..span.end as usize).is_some(),
            "{code} is at {span:?}, which is no part of the text"
        );
    }
    let shown = render(diagnostics, &[source(text, Format::Text)], false);
    assert_eq!(shown.trim().is_empty(), diagnostics.is_empty());
}
