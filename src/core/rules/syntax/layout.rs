//! Where lines break.

use super::format::ends_operand;
use super::token::Kind;

const MAX_COLUMNS: usize = 100;
pub(super) const INDENT: usize = 4;

/// A token as it is written, with the comments before it.
pub(super) struct Lexeme<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) comments: Vec<Remark<'a>>,
    pub(super) breaks: u8,
    /// A `-` before its only operand.
    pub(super) is_sign: bool,
}

/// A comment.
#[derive(Clone, Copy)]
pub(super) struct Remark<'a> {
    pub(super) text: &'a str,
    /// Line breaks before it; 0: it stands behind something.
    pub(super) breaks: u8,
}

/// The output so far.
#[derive(Default)]
pub(super) struct Writer {
    out: String,
    column: usize,
    /// A line break is due, and how far the next line is indented.
    pending: Option<usize>,
    /// The line ends with a comment.
    is_comment: bool,
    before: Option<(Kind, bool)>,
}

impl Writer {
    /// Ends the line.
    pub(super) fn newline(&mut self, indent: usize) {
        self.pending = Some(indent);
    }

    pub(super) fn newline_unless_first(&mut self, place: usize) {
        if place > 0 {
            self.newline(0);
        }
    }

    fn break_line(&mut self, indent: usize) {
        self.pending = None;
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
        self.is_comment = false;
        self.before = None;
    }

    /// Comments between two statements, with at most one empty line before each.
    pub(super) fn between(&mut self, comments: &[Remark<'_>]) {
        for comment in comments {
            if comment.breaks == 0 && !self.is_comment && !self.out.is_empty() {
                self.out.push_str("  ");
            } else {
                self.begin_line(comment.breaks.max(1));
            }
            self.out.push_str(comment.text);
            self.is_comment = true;
        }
    }

    /// A line of a new statement or comment.
    pub(super) fn begin_line(&mut self, breaks: u8) {
        self.pending = None;
        if !self.out.is_empty() {
            if breaks > 1 {
                self.out.push('\n');
            }
            self.break_line(0);
        }
        self.before = None;
    }

    pub(super) fn finish(mut self) -> String {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out
    }

    fn write(&mut self, lexeme: &Lexeme<'_>, indent: usize) {
        for comment in &lexeme.comments {
            let indent = self.pending.unwrap_or(indent);
            if comment.breaks == 0 && !self.is_comment && self.column > 0 {
                self.out.push_str("  ");
            } else {
                self.break_line(indent);
            }
            self.out.push_str(comment.text);
            self.is_comment = true;
            self.pending = Some(indent);
        }
        if let Some(indent) = self.pending {
            self.break_line(indent);
        } else if self.before.is_some_and(|before| has_space(before, lexeme)) {
            self.out.push(' ');
            self.column += 1;
        }
        self.out.push_str(lexeme.text);
        self.column += lexeme.text.chars().count();
        self.before = Some((lexeme.kind, lexeme.is_sign));
    }
}

/// Whether a space stands between two tokens.
fn has_space((before, is_sign): (Kind, bool), after: &Lexeme<'_>) -> bool {
    match after.kind {
        Kind::Comma
        | Kind::Stop
        | Kind::Dot
        | Kind::Colon
        | Kind::CloseParenthesis
        | Kind::CloseBracket
        | Kind::CloseBrace => return false,
        Kind::OpenParenthesis if matches!(before, Kind::Name | Kind::QuotedName { .. }) => {
            return false;
        }
        Kind::OpenBracket if ends_operand(before) => return false,
        _ => {}
    }
    !is_sign
        && !matches!(
            before,
            Kind::OpenParenthesis | Kind::OpenBracket | Kind::OpenBrace | Kind::Dot | Kind::At
        )
}

/// Where the `if` between head and body is.
pub(super) fn main_if(lexemes: &[Lexeme<'_>]) -> Option<usize> {
    lexemes.iter().position(|lexeme| lexeme.kind == Kind::If)
}

/// How deep each token is in brackets, `if … then … else` and `forall … :`; those words and the
/// brackets themselves are outside.
pub(super) fn levels(lexemes: &[Lexeme<'_>]) -> Vec<usize> {
    let main_if = main_if(lexemes);
    let mut open: Vec<Kind> = Vec::new();
    let mut levels = Vec::with_capacity(lexemes.len());
    for (place, lexeme) in lexemes.iter().enumerate() {
        let is_end = match lexeme.kind {
            Kind::CloseParenthesis | Kind::CloseBracket | Kind::CloseBrace => true,
            Kind::Then | Kind::Else => open.last() == Some(&Kind::If),
            Kind::Colon => open.last() == Some(&Kind::Forall),
            _ => false,
        };
        if is_end {
            open.pop();
        }
        levels.push(open.len());
        match lexeme.kind {
            Kind::If if Some(place) == main_if => {}
            Kind::OpenParenthesis
            | Kind::OpenBracket
            | Kind::OpenBrace
            | Kind::If
            | Kind::Forall => open.push(lexeme.kind),
            Kind::Then => open.push(Kind::If),
            _ => {}
        }
    }
    levels
}

/// A statement's tokens.
#[derive(Clone, Copy)]
pub(super) struct Layout<'a> {
    pub(super) lexemes: &'a [Lexeme<'a>],
    pub(super) levels: &'a [usize],
}

impl<'a> Layout<'a> {
    fn range(self, start: usize, end: usize) -> &'a [Lexeme<'a>] {
        self.lexemes.get(start..end).unwrap_or_default()
    }

    /// Whether tokens fit on the line. A comment inside never does.
    pub(super) fn fits(self, writer: &Writer, start: usize, end: usize) -> bool {
        let inside = self.range(start + 1, end);
        inside.iter().all(|lexeme| lexeme.comments.is_empty()) && self.is_narrow(writer, start, end)
    }

    /// Whether tokens would fit on the line without comments.
    fn is_narrow(self, writer: &Writer, start: usize, end: usize) -> bool {
        let lexemes = self.range(start, end);
        let mut width = writer.pending.unwrap_or(writer.column + 1);
        for pair in lexemes.windows(2) {
            if let [before, after] = pair {
                width += usize::from(has_space((before.kind, before.is_sign), after));
            }
        }
        let texts = lexemes.iter().map(|lexeme| lexeme.text.chars().count());
        width + texts.sum::<usize>() <= MAX_COLUMNS
    }

    /// Writes tokens one after the other; only comments break the line.
    pub(super) fn flat(self, writer: &mut Writer, start: usize, end: usize, indent: usize) {
        // A slash of a declaration stands between two tokens without space.
        let is_declaration = self.is_declaration();
        for lexeme in self.range(start, end) {
            if is_declaration && lexeme.kind == Kind::Slash {
                writer.before = None;
            }
            writer.write(lexeme, indent);
            if is_declaration && lexeme.kind == Kind::Slash {
                writer.before = None;
            }
        }
    }

    fn is_declaration(self) -> bool {
        let is_name = |place: usize| {
            self.lexemes
                .get(place)
                .is_some_and(|lexeme| matches!(lexeme.kind, Kind::Name | Kind::QuotedName { .. }))
        };
        is_name(0) && is_name(1)
    }

    /// Where tokens of some kinds stand at a level.
    fn places(self, start: usize, end: usize, level: usize, kinds: &[Kind]) -> Vec<usize> {
        let levels = self.levels.get(start..end).unwrap_or_default();
        self.range(start, end)
            .iter()
            .zip(levels)
            .enumerate()
            .filter(|(_, (lexeme, at))| **at == level && kinds.contains(&lexeme.kind))
            .map(|(place, _)| start + place)
            .collect()
    }

    /// Writes the tokens of a level on as few lines as is good to read.
    pub(super) fn write(
        self,
        writer: &mut Writer,
        start: usize,
        end: usize,
        level: usize,
        indent: usize,
    ) {
        if self.fits(writer, start, end) {
            self.flat(writer, start, end, indent);
        } else {
            self.lines(writer, start, end, level, indent);
        }
    }

    /// Writes the tokens of a level with a line for each alternative or condition.
    pub(super) fn lines(
        self,
        writer: &mut Writer,
        start: usize,
        end: usize,
        level: usize,
        indent: usize,
    ) {
        for kind in [Kind::Or, Kind::And] {
            let places = self.places(start, end, level, &[kind]);
            if places.is_empty() {
                continue;
            }
            let mut from = start;
            for place in places {
                self.alternative(writer, from, place, level, indent);
                writer.newline(indent);
                self.flat(writer, place, place + 1, indent);
                from = place + 1;
            }
            return self.alternative(writer, from, end, level, indent);
        }
        let words = self.places(start, end, level, &[Kind::If, Kind::Forall]);
        match words.first() {
            _ if self.fits(writer, start, end) => self.flat(writer, start, end, indent),
            Some(word) => self.prefixed(writer, (start, *word, end), level, indent),
            None => self.bracketed(writer, start, end, level, indent),
        }
    }

    /// Tokens between `or`s or `and`s: `and`s between `or`s are indented once more.
    fn alternative(
        self,
        writer: &mut Writer,
        start: usize,
        end: usize,
        level: usize,
        indent: usize,
    ) {
        let is_chain = !self.places(start, end, level, &[Kind::And]).is_empty();
        let indent = if is_chain { indent + INDENT } else { indent };
        self.write(writer, start, end, level, indent);
    }

    /// `if … then … else …` or `forall … : …`, with what stands before it.
    fn prefixed(
        self,
        writer: &mut Writer,
        (start, word, end): (usize, usize, usize),
        level: usize,
        indent: usize,
    ) {
        let inner = indent + INDENT;
        self.flat(writer, start, word + 1, inner);
        let kinds = [Kind::Then, Kind::Else, Kind::Colon];
        let mut from = word + 1;
        for place in self
            .places(word + 1, end, level, &kinds)
            .into_iter()
            .take(2)
        {
            let kind = self
                .range(place, place + 1)
                .first()
                .map(|lexeme| lexeme.kind);
            self.write(writer, from, place, level + 1, inner + INDENT);
            from = place + 1;
            if kind == Some(Kind::Colon) {
                self.flat(writer, place, from, inner);
                writer.newline(inner);
                return self.write(writer, from, end, level, inner);
            }
            writer.newline(inner);
            self.flat(writer, place, from, inner);
            if kind == Some(Kind::Else) {
                break;
            }
        }
        self.write(writer, from, end, level, indent);
    }

    /// Opens the brackets that hold the most, or a comment.
    fn bracketed(self, writer: &mut Writer, start: usize, end: usize, level: usize, indent: usize) {
        let inner = indent + INDENT;
        let is_narrow = self.is_narrow(writer, start, end);
        let largest = self.largest_bracket(start, end, level);
        let Some((open, close)) = largest.filter(|(open, close)| {
            // Where only comments elsewhere break the line, the brackets stay closed.
            let mut inside = self.range(open + 1, close + 1).iter();
            !is_narrow || inside.any(|lexeme| !lexeme.comments.is_empty())
        }) else {
            return self.flat(writer, start, end, inner);
        };
        self.flat(writer, start, open + 1, inner);
        writer.newline(inner);
        let separators = [Kind::Comma, Kind::Bar, Kind::For];
        let is_list = self
            .places(open + 1, close, level + 1, &[Kind::For])
            .is_empty();
        let mut from = open + 1;
        let mut places = self.places(open + 1, close, level + 1, &separators);
        if !is_list {
            // The commas behind `by` separate variables, which stay on one line.
            places.retain(|place| self.is(*place, Kind::For));
            places.extend(self.places(open + 1, close, level + 1, &[Kind::By]));
        }
        for place in places {
            if self.is(place, Kind::Comma) {
                self.write(writer, from, place, level + 1, inner);
                self.flat(writer, place, place + 1, inner);
                writer.newline(inner);
                from = place + 1;
            } else if from < place {
                self.segment(writer, from, place, level + 1, inner);
                writer.newline(inner);
                from = place;
            }
        }
        self.segment(writer, from, close, level + 1, inner);
        writer.newline(indent);
        self.flat(writer, close, end, inner);
    }

    /// Tokens that may begin with `for`, `by` or `|`.
    fn segment(self, writer: &mut Writer, start: usize, end: usize, level: usize, indent: usize) {
        let is_word = [Kind::For, Kind::By, Kind::Bar]
            .into_iter()
            .any(|kind| self.is(start, kind));
        if is_word {
            self.flat(writer, start, start + 1, indent);
            self.write(writer, start + 1, end, level, indent + INDENT);
        } else {
            self.write(writer, start, end, level, indent);
        }
    }

    fn is(self, place: usize, kind: Kind) -> bool {
        self.lexemes
            .get(place)
            .is_some_and(|lexeme| lexeme.kind == kind)
    }

    /// The brackets at a level that hold a comment, or else the widest text.
    fn largest_bracket(self, start: usize, end: usize, level: usize) -> Option<(usize, usize)> {
        const OPEN: [Kind; 3] = [Kind::OpenParenthesis, Kind::OpenBracket, Kind::OpenBrace];
        const CLOSE: [Kind; 3] = [Kind::CloseParenthesis, Kind::CloseBracket, Kind::CloseBrace];
        let opens = self.places(start, end, level, &OPEN);
        let closes = self.places(start, end, level, &CLOSE);
        opens
            .into_iter()
            .zip(closes)
            .filter(|(open, close)| open + 1 < *close)
            .max_by_key(|(open, close)| {
                let inside = self.range(open + 1, close + 1);
                let has_comment = inside.iter().any(|lexeme| !lexeme.comments.is_empty());
                let width: usize = inside.iter().map(|lexeme| lexeme.text.len()).sum();
                (has_comment, width)
            })
    }
}
