//! YAML 1.2, without tags, anchors, aliases and further documents.

use super::super::source::Span;
use super::super::value::Value;
use super::node::{self, Entry, MAX_BRACKETS, Node, NodeKind, Problems};
use super::syntax::{self, SyntaxError};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};
use std::sync::Arc;

/// Reads a text that is one YAML document; none for an empty one.
pub(super) fn read(
    text: &str,
    source: u16,
    problems: &mut Problems,
) -> Result<Option<Node>, SyntaxError> {
    // The parser takes it for the end of the text.
    if let Some(at) = text.find('\0') {
        let help = "remove it, or write `\\0` in double quotes";
        return Err(SyntaxError::new(at, "the text holds a null character").help(help));
    }
    let mut builder = Builder {
        text,
        source,
        places: Places::new(text),
        frames: Vec::new(),
        root: None,
        problems,
    };
    let mut documents = 0;
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| builder.syntax_error(&error))?;
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
        }
        if documents > 1 {
            let help = "write one document in each file: remove the line `---`";
            let at = builder.places.byte(&span.start);
            let message = "a second document begins here";
            return Err(SyntaxError::refused("several-documents", at, message, help));
        }
        builder.event(event, span)?;
    }
    Ok(builder.root)
}

/// From the parser's places, counted in characters, to bytes.
struct Places {
    /// The byte of each character; none where all characters are one byte long.
    bytes: Option<Vec<u32>>,
    end: usize,
}

impl Places {
    fn new(text: &str) -> Self {
        let byte = |(place, _): (usize, char)| u32::try_from(place).unwrap_or(u32::MAX);
        Self {
            bytes: (!text.is_ascii()).then(|| text.char_indices().map(byte).collect()),
            end: text.len(),
        }
    }

    fn byte(&self, marker: &Marker) -> usize {
        let place = match &self.bytes {
            Some(bytes) => bytes.get(marker.index()).map(|byte| *byte as usize),
            None => Some(marker.index()),
        };
        place.map_or(self.end, |place| place.min(self.end))
    }
}

/// A list or mapping that is not yet complete.
struct Frame {
    start: Span,
    /// Whether it is written in brackets.
    flow: bool,
    parts: Parts,
}

enum Parts {
    List(Vec<Node>),
    Mapping(Vec<Entry>, Key),
}

/// The key whose value comes next.
enum Key {
    Awaited,
    Known(Arc<str>, Span),
    /// It was reported, and its value is left out.
    Broken,
}

struct Builder<'text, 'problems> {
    text: &'text str,
    source: u16,
    places: Places,
    frames: Vec<Frame>,
    root: Option<Node>,
    problems: &'problems mut Problems,
}

impl Builder<'_, '_> {
    fn event(&mut self, event: Event<'_>, span: saphyr_parser::Span) -> Result<(), SyntaxError> {
        let span = syntax::span(
            self.source,
            self.places.byte(&span.start),
            self.places.byte(&span.end),
        );
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(&text, style, span);
                let node = self.bare(node, anchor, tag.as_deref());
                self.add(node);
            }
            Event::SequenceStart(anchor, tag) => {
                self.marked(span, anchor, tag.as_deref());
                self.open(span, '[', Parts::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.marked(span, anchor, tag.as_deref());
                self.open(span, '{', Parts::Mapping(Vec::new(), Key::Awaited))?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(_) => {
                self.problems
                    .error("alias", span, "aliases are not supported", ALIAS_HELP);
                let kind = NodeKind::Broken;
                self.add(Node { span, kind });
            }
            _ => {}
        }
        Ok(())
    }

    fn begins_with(&self, span: Span, character: char) -> bool {
        let rest = self.text.get(span.start as usize..);
        rest.is_some_and(|rest| rest.starts_with(character))
    }

    fn in_brackets(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.flow)
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: Span) -> Node {
        if style != ScalarStyle::Plain {
            let kind = NodeKind::Scalar(Value::string(text));
            return Node { span, kind };
        }
        if self.in_brackets() && text.contains('"') {
            let message = format!(
                "`{}` has quotes, but does not begin with them",
                node::shorten(text)
            );
            let help = "put a comma between two values, or all of it in single quotes";
            self.problems.error("stray-quote", span, message, help);
            let kind = NodeKind::Broken;
            return Node { span, kind };
        }
        node::plain(text, span, self.problems)
    }

    /// Reports a tag or an anchor; whether there was one.
    fn marked(&mut self, span: Span, anchor: usize, tag: Option<&Tag>) -> bool {
        if let Some(tag) = tag {
            let name = node::shorten(&match tag.is_yaml_core_schema() {
                true => format!("!!{}", tag.suffix),
                false => tag.to_string(),
            });
            let message = format!("the tag `{name}` is not supported");
            let help = "remove it; put in quotes what is to be text";
            self.problems.error("tag", span, message, help);
        }
        if anchor != 0 {
            self.problems
                .error("anchor", span, "anchors are not supported", ALIAS_HELP);
        }
        tag.is_some() || anchor != 0
    }

    fn bare(&mut self, node: Node, anchor: usize, tag: Option<&Tag>) -> Node {
        let kind = match self.marked(node.span, anchor, tag) {
            true => NodeKind::Broken,
            false => node.kind,
        };
        Node { kind, ..node }
    }

    fn open(&mut self, start: Span, bracket: char, parts: Parts) -> Result<(), SyntaxError> {
        if self.frames.len() >= MAX_BRACKETS {
            return Err(SyntaxError::too_deep(start.start as usize));
        }
        let flow = self.begins_with(start, bracket) && start.start < start.end;
        self.frames.push(Frame { start, flow, parts });
        Ok(())
    }

    fn close(&mut self, end: Span) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        let node = match frame.parts {
            Parts::List(items) => {
                let last = items.last().map(|node| node.span);
                let span = whole(frame.start, frame.flow, end, last);
                let kind = NodeKind::List(items);
                Node { span, kind }
            }
            Parts::Mapping(entries, _) => {
                let last = entries.last().map(|entry| entry.value.span);
                let span = whole(frame.start, frame.flow, end, last);
                match self.odd_mapping(span, frame.flow) {
                    Some(node) => node,
                    None => node::mapping(span, entries, self.problems),
                }
            }
        };
        self.add(node);
    }

    /// Reports a mapping that is none to other readers, or was probably not meant to be one.
    fn odd_mapping(&mut self, span: Span, flow: bool) -> Option<Node> {
        if flow {
            return None;
        }
        if self.begins_with(span, '?') {
            let message = "`?` with a space after it is the mark of a key";
            let help = "put a variable in quotes, as in `\"?X\"`; write a key as `key: value`";
            self.problems
                .error("unquoted-variable", span, message, help);
        } else if self.in_brackets() {
            let message = "`key: value` in brackets is a mapping of its own";
            let help = "put it in braces, as in `[p, {key: value}]`, or in quotes for a text";
            self.problems.error("implicit-mapping", span, message, help);
        } else {
            return None;
        }
        let kind = NodeKind::Broken;
        Some(Node { span, kind })
    }

    fn add(&mut self, node: Node) {
        match self.frames.last_mut().map(|frame| &mut frame.parts) {
            None => self.root = Some(node),
            Some(Parts::List(items)) => items.push(node),
            Some(Parts::Mapping(entries, key)) => match std::mem::replace(key, Key::Awaited) {
                Key::Awaited => {
                    *key = match node::key(&node, self.problems) {
                        Some((name, span)) => Key::Known(name, span),
                        None => Key::Broken,
                    };
                }
                Key::Known(key, key_span) => entries.push(Entry {
                    key,
                    key_span,
                    value: node,
                }),
                Key::Broken => {}
            },
        }
    }

    fn syntax_error(&self, error: &ScanError) -> SyntaxError {
        let at = self.places.byte(error.marker());
        let info = error.info();
        if info.contains("unknown anchor") {
            return SyntaxError::refused("alias", at, "aliases are not supported", ALIAS_HELP);
        }
        if info.contains("recursion limit") {
            return SyntaxError::too_deep(at);
        }
        let problem = SyntaxError::new(at, format!("it is no YAML: {}", info.replace('\'', "`")));
        match info {
            _ if info.contains("Unicode character escape") => {
                problem.help("write the character itself, or `\\U` and its eight digits")
            }
            _ if info.contains("tab") || info.contains("valid YAML whitespace") => {
                problem.help("indent with spaces, and put a space after `:`")
            }
            _ if info.contains("mapping values") => {
                problem.help("put text that holds `: ` in quotes")
            }
            _ => problem.help("check the quotes, brackets and indentation here and before"),
        }
    }
}

const ALIAS_HELP: &str = "write it out; put text that begins with `&` or `*` in quotes";

/// All of a list or mapping; without brackets it ends with its last part.
fn whole(start: Span, flow: bool, end: Span, last: Option<Span>) -> Span {
    let end = match (flow, last) {
        // The parser counts blanks and a comment to the closing bracket.
        (true, _) => end.start.saturating_add(1).min(end.end),
        (false, Some(last)) => last.end,
        (false, None) => end.end,
    };
    Span {
        end: end.max(start.start),
        ..start
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader::Reader;
    use super::*;
    use proptest::prelude::*;

    fn scalars<'node>(node: &'node Node, found: &mut Vec<(&'node str, Span)>) {
        match &node.kind {
            NodeKind::Scalar(Value::String(text)) => found.push((text, node.span)),
            NodeKind::List(items) => items.iter().for_each(|item| scalars(item, found)),
            NodeKind::Mapping(entries) => entries.iter().for_each(|entry| {
                found.push((&entry.key, entry.key_span));
                scalars(&entry.value, found);
            }),
            _ => {}
        }
    }

    #[test]
    fn places_are_bytes() {
        let text = "\u{feff}# é ü\r\nä: [ö, \"é\", 'ß'] # ü\r\nb:\n  - é\n  - x: ü\n    w: z\n";
        let node = read(text, 0, &mut Problems::default()).unwrap().unwrap();
        let mut found = Vec::new();
        scalars(&node, &mut found);
        let cut = |span: Span| text.get(span.start as usize..span.end as usize).unwrap();
        for (word, span) in &found {
            assert_eq!(cut(*span).trim_matches(['"', '\'']), *word);
        }
        assert_eq!(found.len(), 10);
        let NodeKind::Mapping(entries) = &node.kind else {
            panic!("it is a mapping");
        };
        assert_eq!(cut(entries[0].value.span), "[ö, \"é\", 'ß']");
        assert_eq!(cut(entries[1].value.span), "- é\n  - x: ü\n    w: z");
    }

    proptest! {
        #[test]
        fn nothing_panics_and_places_are_within_the_text(
            text in "([-?:,{}\\[\\]#&*!|>'\"%@`~<=ab1é \t\r\n\\\\\u{85}\u{feff}]|--- |\\? |- |: |facts:|\\[p, )*"
        ) {
            let mut reader = Reader::default();
            let node = syntax::read(&text, 0, &mut reader.problems);
            if let Some(node) = &node {
                prop_assert!(text.get(node.span.start as usize..node.span.end as usize).is_some());
            }
            reader.program(node.as_ref(), 0);
            for diagnostic in reader.problems.into_list() {
                let span = diagnostic.span;
                prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
            }
        }
    }
}
