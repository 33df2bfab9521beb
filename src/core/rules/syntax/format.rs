//! One style for all texts: only space, line breaks and the places of comments change.

use super::layout::{INDENT, Layout, Lexeme, Remark, Writer, levels, main_if};
use super::lexer::Lexer;
use super::token::{Kind, keyword};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::source::{Format, Source};

/// The text in the one style: a statement on one line where it fits into 100 columns, else a line
/// for each condition. Every comment is kept; formatting twice changes nothing more.
///
/// # Errors
/// Everything that is wrong with a text that can't be read; spans are of source 0.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let source = Source {
        name: "".into(),
        text: text.into(),
        format: Format::Text,
    };
    let (_, diagnostics) = super::parse(&source, 0);
    if !super::has_errors(&diagnostics) {
        Ok(arrange(text))
    } else {
        Err(diagnostics)
    }
}

/// The same without checking that the text can be read.
pub(super) fn arrange(text: &str) -> String {
    let mut reader = Reader {
        lexer: Lexer::new(text, 0),
        comments: 0,
    };
    let mut writer = Writer::default();
    loop {
        let mut statement = reader.statement();
        let Some(first) = statement.first_mut() else {
            break;
        };
        let comments = std::mem::take(&mut first.comments);
        let breaks = first.breaks;
        writer.between(&comments);
        if first.kind == Kind::End {
            break;
        }
        writer.begin_line(breaks);
        let behind = move_comments(&mut statement, reader.trailing_follows());
        write_statement(&mut writer, &statement);
        writer.between(behind.as_slice());
    }
    writer.finish()
}

struct Reader<'a> {
    lexer: Lexer<'a>,
    /// How many comments were given to a token.
    comments: usize,
}

impl<'a> Reader<'a> {
    /// The tokens to the next `.` that ends a statement, or to the end.
    fn statement(&mut self) -> Vec<Lexeme<'a>> {
        let mut lexemes: Vec<Lexeme<'a>> = Vec::new();
        loop {
            let token = self.lexer.next();
            let before = lexemes.last().map(|lexeme| lexeme.kind);
            let text = self.lexer.slice(token.start, token.end);
            let mut kind = token.kind;
            if matches!(before, Some(Kind::Dot | Kind::At)) && keyword(text).is_some() {
                kind = Kind::Name;
            }
            if kind == Kind::Colon
                && let Some(field) = lexemes.last_mut()
                && keyword(field.text).is_some()
            {
                field.kind = Kind::Name;
            }
            let comments = self.lexer.comments.get(self.comments..).unwrap_or_default();
            let comments = comments.iter().map(|comment| Remark {
                text: self.lexer.slice(comment.start, comment.end),
                breaks: comment.breaks,
            });
            let comments = comments.collect();
            self.comments = self.lexer.comments.len();
            lexemes.push(Lexeme {
                kind,
                text,
                comments,
                breaks: token.breaks,
                is_sign: kind == Kind::Minus && !before.is_some_and(ends_operand),
            });
            if matches!(kind, Kind::Stop | Kind::End) {
                return lexemes;
            }
        }
    }

    /// Whether a comment stands behind what was read, on the same line.
    fn trailing_follows(&self) -> bool {
        let mut ahead = self.lexer.ahead();
        ahead.next();
        ahead
            .comments
            .first()
            .is_some_and(|comment| comment.breaks == 0)
    }
}

/// Whether an operator behind such a token stands between two operands.
pub(super) const fn ends_operand(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Name
            | Kind::QuotedName { .. }
            | Kind::Anonymous
            | Kind::Number
            | Kind::String { .. }
            | Kind::True
            | Kind::False
            | Kind::Null
            | Kind::CloseParenthesis
            | Kind::CloseBracket
            | Kind::CloseBrace
    )
}

/// Moves comments to where a line ends; gives the one that moves behind the statement.
fn move_comments<'a>(
    statement: &mut [Lexeme<'a>],
    is_followed_by_comment: bool,
) -> Option<Remark<'a>> {
    let main_if = main_if(statement);
    for place in 0..statement.len() {
        let Some([this, next]) = statement.get_mut(place..place + 2) else {
            break;
        };
        match this.kind {
            Kind::And | Kind::Or => this.comments.append(&mut next.comments),
            Kind::Comma => {
                this.comments.append(&mut next.comments);
                std::mem::swap(&mut this.comments, &mut next.comments);
            }
            Kind::If if Some(place) == main_if => {
                this.comments.append(&mut next.comments);
                std::mem::swap(&mut this.comments, &mut next.comments);
            }
            _ => {}
        }
    }
    let stop = statement.last_mut()?;
    match stop.comments.as_slice() {
        [only] if only.breaks == 0 && !is_followed_by_comment => stop.comments.pop(),
        _ => None,
    }
}

fn write_statement(writer: &mut Writer, statement: &[Lexeme<'_>]) {
    let clause = write_annotations(writer, statement);
    let levels = levels(statement);
    let main_if = main_if(statement);
    let layout = Layout {
        lexemes: statement,
        levels: &levels,
    };
    if layout.fits(writer, clause, statement.len()) {
        layout.flat(writer, clause, statement.len(), INDENT);
        return;
    }
    // A comment before the `.` leaves it alone on the last line.
    let has_comment = statement
        .last()
        .is_some_and(|stop| !stop.comments.is_empty());
    let end = statement.len() - usize::from(has_comment);
    if let Some(main_if) = main_if {
        layout.write(writer, clause, main_if, 0, 0);
        layout.flat(writer, main_if, main_if + 1, INDENT);
        writer.newline(INDENT);
        layout.lines(writer, main_if + 1, end, 0, INDENT);
    } else {
        layout.write(writer, clause, end, 0, 0);
    }
    layout.flat(writer, end, statement.len(), INDENT);
}

/// Writes the annotations; gives where the clause begins.
fn write_annotations(writer: &mut Writer, statement: &[Lexeme<'_>]) -> usize {
    let levels = vec![0; statement.len()];
    let layout = Layout {
        lexemes: statement,
        levels: &levels,
    };
    let is_at = |place: usize| {
        statement
            .get(place)
            .is_some_and(|lexeme| lexeme.kind == Kind::At)
    };
    // `@`, name, `(`, text, `)`.
    let mut end = 0;
    while is_at(end) {
        end += 5;
    }
    let end = end.min(statement.len());
    if end == 0 {
        return 0;
    }
    if layout.fits(writer, 0, end) {
        layout.flat(writer, 0, end, INDENT);
    } else {
        for start in (0..end).step_by(5) {
            writer.newline_unless_first(start);
            layout.flat(writer, start, (start + 5).min(end), INDENT);
        }
    }
    writer.newline(0);
    end
}
