//! Diagnostics as text for people.

use super::diagnostic::{Diagnostic, Severity, Suggestion};
use super::source::{Source, Span};
use std::fmt::Write as _;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// Columns of the source that are shown of one line.
const MAX_COLUMNS: usize = 120;

/// The diagnostics with the lines that they are about, in order; with terminal colours if `colour`.
///
/// Empty without diagnostics. A place in a source that is not among `sources` is left out.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &[Source], colour: bool) -> String {
    let mut renderer = Renderer {
        out: String::new(),
        sources: sources
            .iter()
            .map(|source| (source, line_starts(&source.text)))
            .collect(),
        colour,
    };
    for diagnostic in diagnostics {
        if !renderer.out.is_empty() {
            renderer.out.push('\n');
        }
        renderer.diagnostic(diagnostic);
    }
    renderer.out
}

fn line_starts(text: &str) -> Vec<usize> {
    let behind = text.match_indices('\n').map(|(place, _)| place + 1);
    std::iter::once(0).chain(behind).collect()
}

const BOLD: &str = "\u{1b}[1m";
const RED: &str = "\u{1b}[1;31m";
const YELLOW: &str = "\u{1b}[1;33m";
const GREEN: &str = "\u{1b}[1;32m";
const BLUE: &str = "\u{1b}[1;34m";
const RESET: &str = "\u{1b}[0m";

struct Renderer<'a> {
    out: String,
    sources: Vec<(&'a Source, Vec<usize>)>,
    colour: bool,
}

/// A line with a part of it.
struct Line<'a> {
    name: &'a str,
    /// From 1.
    number: usize,
    text: &'a str,
    /// Bytes within the line.
    start: usize,
    end: usize,
    /// The place goes on in the next line.
    continues: bool,
}

/// A line as it is shown.
struct Shown {
    text: String,
    /// Columns of the place.
    start: usize,
    end: usize,
}

impl Renderer<'_> {
    fn painted(&mut self, paint: &str, text: &str) {
        if self.colour {
            _ = write!(self.out, "{paint}{text}{RESET}");
        } else {
            self.out.push_str(text);
        }
    }

    fn diagnostic(&mut self, diagnostic: &Diagnostic) {
        let (severity, paint) = match diagnostic.severity {
            Severity::Error => ("error", RED),
            Severity::Warning => ("warning", YELLOW),
        };
        self.painted(paint, &format!("{severity}[{}]", diagnostic.code));
        self.painted(BOLD, &format!(": {}", clean(&diagnostic.message)));
        self.out.push('\n');
        let gutter = self.gutter(diagnostic);
        self.place(diagnostic.span, &diagnostic.label, gutter, ('^', paint));
        if let Some(help) = &diagnostic.help {
            self.bar(gutter, "");
            _ = write!(self.out, "{:gutter$} ", "");
            self.painted(BLUE, "=");
            self.painted(BOLD, " help");
            _ = writeln!(self.out, ": {}", clean(help));
        }
        for (span, what) in &diagnostic.related {
            self.painted(GREEN, "note");
            _ = writeln!(self.out, ": {}", clean(what));
            self.place(*span, "", gutter, ('-', BLUE));
        }
        if let Some(suggestion) = &diagnostic.suggestion {
            self.suggestion(suggestion, gutter);
        }
    }

    /// Columns of the largest line number.
    fn gutter(&self, diagnostic: &Diagnostic) -> usize {
        let suggestion = diagnostic.suggestion.iter().map(|change| change.span);
        let spans = diagnostic.related.iter().map(|(span, _)| *span);
        spans
            .chain([diagnostic.span])
            .chain(suggestion)
            .filter_map(|span| self.line(span))
            .map(|line| line.number.to_string().len())
            .max()
            .unwrap_or(1)
    }

    /// The line in which a place begins.
    fn line(&self, span: Span) -> Option<Line<'_>> {
        let (source, starts) = self.sources.get(usize::from(span.source))?;
        let place = (span.start as usize).min(source.text.len());
        let number = starts.partition_point(|start| *start <= place);
        let from = *starts.get(number.checked_sub(1)?)?;
        let text = source.text.get(from..)?.split('\n').next()?;
        let text = text.strip_suffix('\r').unwrap_or(text);
        let end = (span.end as usize).max(place) - from;
        Some(Line {
            name: &source.name,
            number,
            text,
            start: (place - from).min(text.len()),
            end: end.min(text.len()),
            continues: end > text.len() + 1,
        })
    }

    fn bar(&mut self, gutter: usize, rest: &str) {
        _ = write!(self.out, "{:gutter$} ", "");
        self.painted(BLUE, "|");
        _ = writeln!(self.out, "{rest}");
    }

    fn numbered(&mut self, number: usize, gutter: usize, text: &str) {
        self.painted(BLUE, &format!("{number:>gutter$} |"));
        _ = writeln!(self.out, " {text}");
    }

    fn place(&mut self, span: Span, label: &str, gutter: usize, (mark, paint): (char, &str)) {
        let Some(line) = self.line(span) else {
            return;
        };
        let column = line
            .text
            .get(..line.start)
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        let location = format!(" {}:{}:{column}", clean(line.name), line.number);
        let shown = show(&line);
        let number = line.number;
        let dots = if line.continues { "…" } else { "" };
        _ = write!(self.out, "{:gutter$}", "");
        self.painted(BLUE, "-->");
        _ = writeln!(self.out, "{location}");
        self.bar(gutter, "");
        self.numbered(number, gutter, &shown.text);
        let mut marks = mark.to_string().repeat((shown.end - shown.start).max(1));
        marks.push_str(dots);
        if !label.is_empty() {
            _ = write!(marks, " {}", clean(label));
        }
        _ = write!(self.out, "{:gutter$} ", "");
        self.painted(BLUE, "|");
        _ = write!(self.out, " {:1$}", "", shown.start);
        self.painted(paint, &marks);
        self.out.push('\n');
    }

    /// The line as it would be, where it is one line.
    fn suggestion(&mut self, suggestion: &Suggestion, gutter: usize) {
        let Some(line) = self.line(suggestion.span) else {
            return;
        };
        let (Some(before), Some(after)) = (line.text.get(..line.start), line.text.get(line.end..))
        else {
            return;
        };
        if line.continues || suggestion.replacement.contains('\n') {
            return;
        }
        let text = format!("{before}{}{after}", suggestion.replacement);
        let changed = show(&Line {
            text: &text,
            end: line.start + suggestion.replacement.len(),
            ..line
        });
        let number = line.number;
        let mark = if line.start == line.end { "+" } else { "~" };
        self.painted(GREEN, "suggestion");
        self.out.push_str(":\n");
        self.bar(gutter, "");
        self.numbered(number, gutter, &changed.text);
        _ = write!(self.out, "{:gutter$} ", "");
        self.painted(BLUE, "|");
        let width = changed.end - changed.start;
        _ = write!(self.out, " {:1$}", "", changed.start);
        self.painted(GREEN, &mark.repeat(width.max(1)));
        self.out.push('\n');
    }
}

/// Without anything that moves a terminal's cursor or turns the text around.
fn clean(text: &str) -> String {
    text.chars().map(visible).collect()
}

fn visible(character: char) -> char {
    let is_hidden = character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if is_hidden { '\u{fffd}' } else { character }
}

/// The line with tabs as spaces, and of a long one the part around the place.
fn show(line: &Line<'_>) -> Shown {
    const TAB: usize = 4;
    let mut cells: Vec<(char, usize)> = Vec::new();
    let (mut start, mut end) = (None, None);
    // Of a very long line, what is far from the place is not even measured.
    let from = floor(line.text, line.start.saturating_sub(MAX_COLUMNS * 4));
    let until = floor(line.text, line.start.saturating_add(MAX_COLUMNS * 4));
    for (place, character) in line
        .text
        .get(from..until)
        .unwrap_or_default()
        .char_indices()
    {
        let place = from + place;
        if place >= line.start {
            start.get_or_insert(cells.len());
        }
        if place >= line.end {
            end.get_or_insert(cells.len());
        }
        match character {
            '\t' => cells.extend(std::iter::repeat_n((' ', 1), TAB)),
            _ => cells.push((visible(character), width(character))),
        }
    }
    let start = start.unwrap_or(cells.len());
    let end = end.unwrap_or(cells.len()).max(start);
    let columns = |cells: &[(char, usize)]| cells.iter().map(|(_, width)| width).sum::<usize>();
    let is_long = columns(&cells) > MAX_COLUMNS || from > 0;
    let first = if is_long && columns(cells.get(..start).unwrap_or_default()) > MAX_COLUMNS / 3 {
        start.saturating_sub(MAX_COLUMNS / 3)
    } else {
        0
    };
    let mut last = first;
    let mut used = 0;
    while let Some((_, width)) = cells.get(last) {
        if used + width > MAX_COLUMNS {
            break;
        }
        used += width;
        last += 1;
    }
    let cut_before = first > 0 || from > 0;
    let cut_after = last < cells.len() || until < line.text.len();
    let part = |from: usize, to: usize| cells.get(from..to.max(from)).unwrap_or_default();
    let mut text = String::from(if cut_before { "…" } else { "" });
    text.extend(part(first, last).iter().map(|(character, _)| character));
    text.push_str(if cut_after { "…" } else { "" });
    let shift = usize::from(cut_before);
    Shown {
        text: text.trim_end().to_owned(),
        start: shift + columns(part(first, start.min(last))),
        end: shift + columns(part(first, end.min(last))),
    }
}

fn floor(text: &str, place: usize) -> usize {
    let mut place = place.min(text.len());
    while !text.is_char_boundary(place) {
        place -= 1;
    }
    place
}

/// Columns that a terminal gives a character, nearly.
fn width(character: char) -> usize {
    match character {
        ' '..='~' => 1,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ if character.general_category_group() == GeneralCategoryGroup::Mark => 0,
        _ => 1,
    }
}
