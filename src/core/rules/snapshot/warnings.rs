//! What was noticed when a base was loaded.

use super::input::Input;
use crate::rules::check;
use crate::rules::diagnostic::{
    DATA_LIKE_FUNCTION, Diagnostic, EMPTY_SOURCE, Severity, Suggestion,
};
use crate::rules::source::Span;
use crate::snapshot::{SnapshotError, Writer};

pub(super) fn write_text(writer: &mut Writer, text: &str) {
    writer.number(text.len() as u64);
    writer.bytes(text.as_bytes());
}

pub(super) fn write_span(writer: &mut Writer, span: Span) {
    writer.number(u64::from(span.source));
    writer.number(u64::from(span.start));
    writer.number(u64::from(span.end.saturating_sub(span.start)));
}

pub(super) fn write(writer: &mut Writer, warnings: &[Diagnostic]) {
    writer.number(warnings.len() as u64);
    for warning in warnings {
        write_text(writer, warning.code);
        write_text(writer, &warning.message);
        write_span(writer, warning.span);
        write_text(writer, &warning.label);
        writer.number(warning.related.len() as u64);
        for (span, what) in &warning.related {
            write_span(writer, *span);
            write_text(writer, what);
        }
        writer.option(warning.help.as_deref(), write_text);
        writer.option(warning.suggestion.as_ref(), |writer, suggestion| {
            write_span(writer, suggestion.span);
            write_text(writer, &suggestion.replacement);
        });
    }
}

/// The code of a warning.
fn known(name: &str) -> Option<&'static str> {
    let of_readers = [EMPTY_SOURCE, DATA_LIKE_FUNCTION];
    if let Some(code) = of_readers.into_iter().find(|code| *code == name) {
        return Some(code);
    }
    check::code(name)
        .filter(|code| code.severity == Severity::Warning)
        .map(|code| code.name)
}

impl Input<'_> {
    pub(super) fn read_warnings(&mut self) -> Result<Vec<Diagnostic>, SnapshotError> {
        let count = self.count()?;
        let mut warnings = Vec::new();
        for _ in 0..count {
            warnings.push(self.warning()?);
        }
        Ok(warnings)
    }

    fn warning(&mut self) -> Result<Diagnostic, SnapshotError> {
        let code =
            known(self.text()?).ok_or(SnapshotError::Malformed("a warning has no known code"))?;
        let message = self.text()?;
        let mut warning = Diagnostic::warning(code, self.span()?, message);
        warning.label = self.text()?.to_owned();
        for _ in 0..self.count()? {
            warning
                .related
                .push((self.span()?, self.text()?.to_owned()));
        }
        if self.reader.boolean()? {
            warning.help = Some(self.text()?.to_owned());
        }
        if self.reader.boolean()? {
            warning.suggestion = Some(Suggestion {
                span: self.span()?,
                replacement: self.text()?.to_owned(),
            });
        }
        Ok(warning)
    }
}
