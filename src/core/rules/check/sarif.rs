//! Diagnostics as SARIF 2.1.0, which code hosts and editors read.

use super::codes::code;
use super::json::Json;
use super::reading;
use crate::rules::diagnostic::{Diagnostic, Severity, Suggestion};
use crate::rules::source::{Position, Source, Span};
use std::collections::BTreeMap;

/// All diagnostics as one SARIF log. Spans refer to `sources` by their order; the name of a source is
/// taken for its path: a relative one is relative to where the log is read, as code hosts want it.
#[must_use]
pub fn sarif(diagnostics: &[Diagnostic], sources: &[Source]) -> String {
    let places = Places::new(diagnostics, sources);
    let mut rules: BTreeMap<&str, Severity> = BTreeMap::new();
    for diagnostic in diagnostics {
        rules.entry(diagnostic.code).or_insert(diagnostic.severity);
    }
    let numbers: BTreeMap<&str, u64> = rules.keys().copied().zip(0..).collect();
    let results = diagnostics
        .iter()
        .map(|diagnostic| result(diagnostic, &numbers, &places));
    let driver = Json::Object(vec![
        ("name", Json::text("assize")),
        ("semanticVersion", Json::text(crate::VERSION)),
        (
            "rules",
            Json::List(
                rules
                    .iter()
                    .map(|(name, severity)| rule(name, *severity))
                    .collect(),
            ),
        ),
    ]);
    let run = Json::Object(vec![
        ("tool", Json::Object(vec![("driver", driver)])),
        ("columnKind", Json::text("unicodeCodePoints")),
        (
            "invocations",
            Json::List(vec![Json::Object(vec![(
                "executionSuccessful",
                Json::True,
            )])]),
        ),
        ("results", Json::List(results.collect())),
    ]);
    let log = Json::Object(vec![
        (
            "$schema",
            Json::text("https://json.schemastore.org/sarif-2.1.0.json"),
        ),
        ("version", Json::text("2.1.0")),
        ("runs", Json::List(vec![run])),
    ]);
    let mut out = String::new();
    log.write(&mut out);
    out
}

/// Where the codes are described, and the chapter of those of readers.
const PAGE: &str = "docs/rules-checks.md";
const READING: &str = "errors-of-reading";

fn message(text: impl Into<String>) -> Json {
    Json::Object(vec![("text", Json::text(text))])
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn rule(name: &str, severity: Severity) -> Json {
    let mut fields = vec![("id", Json::text(name))];
    let (summary, help, chapter) = match (code(name), reading::summary(name)) {
        (Some(code), _) => (code.summary, code.help, name),
        (None, Some(summary)) => (summary, "write what the message says", READING),
        (None, None) => (name, "write what the message says", READING),
    };
    let page = format!("{PAGE}#{chapter}");
    fields.push(("shortDescription", message(summary)));
    fields.push(("help", message(format!("{help}; see {page}"))));
    fields.push(("helpUri", Json::Text(page)));
    fields.push((
        "defaultConfiguration",
        Json::Object(vec![("level", Json::text(level(severity)))]),
    ));
    Json::Object(fields)
}

fn result(diagnostic: &Diagnostic, numbers: &BTreeMap<&str, u64>, places: &Places<'_>) -> Json {
    let mut text = diagnostic.message.clone();
    if !diagnostic.label.is_empty() {
        text.push_str(&format!("\n{}", diagnostic.label));
    }
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!("\nhelp: {help}"));
    }
    let number = numbers.get(diagnostic.code).copied().unwrap_or_default();
    let mut fields = vec![
        ("ruleId", Json::text(diagnostic.code)),
        ("ruleIndex", Json::Number(number)),
        ("level", Json::text(level(diagnostic.severity))),
        ("message", message(text)),
        (
            "locations",
            Json::List(vec![places.location(diagnostic.span, Vec::new())]),
        ),
    ];
    if !diagnostic.related.is_empty() {
        let related = diagnostic
            .related
            .iter()
            .zip(1..)
            .map(|((span, what), id)| {
                places.location(
                    *span,
                    vec![("id", Json::Number(id)), ("message", message(what))],
                )
            });
        fields.push(("relatedLocations", Json::List(related.collect())));
    }
    if let Some(suggestion) = &diagnostic.suggestion {
        fields.push((
            "fixes",
            Json::List(vec![fix(diagnostic, suggestion, places)]),
        ));
    }
    Json::Object(fields)
}

fn fix(diagnostic: &Diagnostic, suggestion: &Suggestion, places: &Places<'_>) -> Json {
    let replacement = Json::Object(vec![
        ("deletedRegion", places.region(suggestion.span)),
        ("insertedContent", message(&suggestion.replacement)),
    ]);
    let change = Json::Object(vec![
        ("artifactLocation", places.artifact(suggestion.span)),
        ("replacements", Json::List(vec![replacement])),
    ]);
    let text = diagnostic.help.as_ref().unwrap_or(&diagnostic.message);
    Json::Object(vec![
        ("description", message(text)),
        ("artifactChanges", Json::List(vec![change])),
    ])
}

/// Lines and columns of all places that diagnostics name, found in one pass over each source.
struct Places<'a> {
    sources: &'a [Source],
    positions: BTreeMap<(u16, u32), Position>,
}

impl<'a> Places<'a> {
    fn new(diagnostics: &[Diagnostic], sources: &'a [Source]) -> Self {
        let mut positions = BTreeMap::new();
        for diagnostic in diagnostics {
            let related = diagnostic.related.iter().map(|(span, _)| *span);
            let suggested = diagnostic
                .suggestion
                .iter()
                .map(|suggestion| suggestion.span);
            for span in [diagnostic.span]
                .into_iter()
                .chain(related)
                .chain(suggested)
            {
                for byte in [span.start, span.end] {
                    positions.insert((span.source, byte), Position { line: 1, column: 1 });
                }
            }
        }
        for (source, number) in sources.iter().zip(0..=u16::MAX) {
            let mut wanted = positions
                .range_mut((number, 0)..=(number, u32::MAX))
                .peekable();
            let mut here = Position { line: 1, column: 1 };
            for (byte, character) in source.text.char_indices() {
                while let Some((_, position)) =
                    wanted.next_if(|((_, place), _)| *place as usize <= byte)
                {
                    *position = here;
                }
                if character == '\n' {
                    here = Position {
                        line: here.line.saturating_add(1),
                        column: 1,
                    };
                } else {
                    here.column = here.column.saturating_add(1);
                }
            }
            for (_, position) in wanted {
                *position = here;
            }
        }
        Self { sources, positions }
    }

    fn location(&self, span: Span, mut fields: Vec<(&'static str, Json)>) -> Json {
        let physical = Json::Object(vec![
            ("artifactLocation", self.artifact(span)),
            ("region", self.region(span)),
        ]);
        fields.push(("physicalLocation", physical));
        Json::Object(fields)
    }

    fn artifact(&self, span: Span) -> Json {
        let source = self.sources.get(usize::from(span.source));
        let name = source.map_or("", |source| source.name.as_ref());
        Json::Object(vec![("uri", Json::Text(uri(name)))])
    }

    fn region(&self, span: Span) -> Json {
        let at = |byte: u32| {
            let position = self.positions.get(&(span.source, byte)).copied();
            position.unwrap_or(Position { line: 1, column: 1 })
        };
        let (start, end) = (at(span.start), at(span.end));
        let number = |number: u32| Json::Number(number.into());
        Json::Object(vec![
            ("startLine", number(start.line)),
            ("startColumn", number(start.column)),
            ("endLine", number(end.line)),
            ("endColumn", number(end.column)),
        ])
    }
}

/// A path as a reference: relative if it is.
fn uri(path: &str) -> String {
    let mut out = String::new();
    if path.starts_with('/') {
        out.push_str("file://");
    }
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest;
    }
    for byte in path.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
        if is_plain {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
