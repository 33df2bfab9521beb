//! From a text to nodes, whether it is YAML or JSON.

use super::super::diagnostic::Diagnostic;
use super::super::source::Span;
use super::node::{MAX_BRACKETS, Node, Problems};
use super::{json, yaml};

/// Why a text is neither.
#[derive(Debug)]
pub(super) struct SyntaxError {
    code: &'static str,
    /// In bytes.
    pub(super) at: usize,
    message: String,
    help: Option<&'static str>,
}

impl SyntaxError {
    /// The text is not well formed.
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            code: "invalid-syntax",
            at,
            message: message.into(),
            help: None,
        }
    }

    /// Brackets are nested too deeply.
    pub(super) fn too_deep(at: usize) -> Self {
        Self {
            code: "too-deep",
            at,
            message: format!("brackets are nested deeper than {MAX_BRACKETS} levels"),
            help: Some("split it into several facts or rules"),
        }
    }

    /// Something that YAML has and this form has not.
    pub(super) fn refused(
        code: &'static str,
        at: usize,
        message: &str,
        help: &'static str,
    ) -> Self {
        Self {
            code,
            at,
            message: message.to_owned(),
            help: Some(help),
        }
    }

    /// Says what to do.
    pub(super) const fn help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }

    fn diagnostic(self, text: &str, source: u16) -> Diagnostic {
        let character = text.get(self.at..).and_then(|rest| rest.chars().next());
        let end = self.at + character.map_or(0, char::len_utf8);
        let diagnostic = Diagnostic::error(self.code, span(source, self.at, end), self.message);
        match self.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

/// A range of bytes.
pub(super) fn span(source: u16, start: usize, end: usize) -> Span {
    let byte = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    Span {
        source,
        start: byte(start),
        end: byte(end),
    }
}

/// The one node of a text that is YAML or JSON; none for an empty one, or where that is reported.
pub(super) fn read(text: &str, source: u16, problems: &mut Problems) -> Option<Node> {
    let node = read_either(text, source, problems);
    refuse_direction_controls(text, source, problems);
    node
}

/// Characters that change the direction of the text around them, without being visible.
fn refuse_direction_controls(text: &str, source: u16, problems: &mut Problems) {
    let hides =
        |character: char| matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.is_ascii() {
        return;
    }
    for (at, character) in text
        .char_indices()
        .filter(|(_, character)| hides(*character))
    {
        let place = span(source, at, at + character.len_utf8());
        let message = "an invisible character makes this text look other than it is";
        let help = format!(
            "delete it, or write `\\u{:04x}` in double quotes",
            u32::from(character)
        );
        problems.error("direction-control", place, message, help);
    }
}

fn read_either(text: &str, source: u16, problems: &mut Problems) -> Option<Node> {
    let mut json_error = None;
    let beginning = text.trim_start_matches(['\u{feff}', ' ', '\t', '\n', '\r']);
    // What is JSON is read as such: YAML has no surrogates in escapes and no tabs after a colon.
    if beginning.starts_with(['{', '[', '"']) {
        let mut json_problems = Problems::default();
        match json::read(text, source, &mut json_problems) {
            Ok(node) => {
                *problems = json_problems;
                return Some(node);
            }
            Err(error) => json_error = Some(error),
        }
    }
    match (yaml::read(text, source, problems), json_error) {
        (Ok(node), _) => node,
        // The reader that came further knows better what was meant.
        (Err(error), Some(json_error)) if json_error.at >= error.at => {
            problems.add(json_error.diagnostic(text, source));
            None
        }
        (Err(error), _) => {
            problems.add(error.diagnostic(text, source));
            None
        }
    }
}

/// The one node of a text that is JSON; none where it is not, which is reported.
pub(super) fn read_json(text: &str, problems: &mut Problems) -> Option<Node> {
    match json::read(text, 0, problems) {
        Ok(node) => Some(node),
        Err(error) => {
            problems.add(error.diagnostic(text, 0));
            None
        }
    }
}
