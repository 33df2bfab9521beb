//! Whole statements and goals of other languages: what to write instead, and where to go on.

use super::parser::{Parsed, Parser, Reported};
use super::token::{Kind, continues_name, shorten};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::source::Span;

/// Statements of one line: the first word, and what to do.
const LINES: [(&str, &str); 3] = [
    (
        "package",
        "remove it: a policy is the sources that are loaded together",
    ),
    (
        "import",
        "remove it: the sources that are loaded together see each other",
    ),
    ("default", "remove it: what can't be proved does not hold"),
];

/// Prolog's directives: the first word, what declares the same here, and what to do.
const DIRECTIVES: [(&str, &str, &str); 3] = [
    (
        "dynamic",
        "input",
        "write `input name/2.` if facts come at run time; else remove it",
    ),
    ("table", "tabled", "write `tabled name/2.`"),
    (
        "",
        "",
        "remove it: a source has facts, rules and declarations",
    ),
];

/// Operators of other languages that are predicates here: how to write `left word right`.
const WORDS: [(&str, &str); 4] = [
    ("in", "member(left, right)"),
    ("like", "glob(left, right)"),
    ("has", "record_has(left, right)"),
    ("contains", "member(right, left)"),
];

/// What others have before a goal.
const QUANTIFIERS: [(&str, &str); 2] = [
    ("every", "write `forall member(x, list): goal`"),
    (
        "some",
        "write `member(x, list)`; variables are not declared",
    ),
];

/// A word between two terms that others have as an operator.
#[derive(Clone, Copy)]
pub(super) struct ForeignWord {
    written: &'static str,
    meant: &'static str,
    span: Span,
}

impl Parser<'_> {
    /// Reports statements that only other languages have, and goes behind them.
    pub(super) fn skip_foreign_statements(&mut self) {
        while self.skip_line_of_others() || self.skip_directive() {}
    }

    fn here(&self) -> &str {
        self.lexer.slice(self.token.start, self.token.end)
    }

    /// Whether a name follows in the same line.
    fn is_before_name(&self) -> bool {
        let next = self.lexer.ahead().next();
        next.kind == Kind::Name && next.breaks == 0
    }

    fn skip_line_of_others(&mut self) -> bool {
        let word = self.here();
        let found = LINES.iter().find(|(known, _)| *known == word);
        let Some((word, help)) = found.filter(|_| self.is(Kind::Name) && self.is_before_name())
        else {
            return false;
        };
        let span = self.token_span();
        self.report(
            Diagnostic::error(
                "foreign-statement",
                span,
                format!("`{word}` is no statement"),
            )
            .help(*help),
        );
        self.lexer.skip_line();
        self.advance();
        true
    }

    /// `:- dynamic name/2.`: the next token was `:-`, of which was said nothing yet.
    fn skip_directive(&mut self) -> bool {
        if !self.is(Kind::Directive) {
            return false;
        }
        let span = self.token_span();
        self.advance();
        let word = self.here().to_owned();
        let found = DIRECTIVES
            .iter()
            .find(|(known, ..)| *known == word || known.is_empty());
        let Some((_, meant, help)) = found else {
            return false;
        };
        let diagnostic = Diagnostic::error(
            "foreign-statement",
            span,
            format!("`:- {}` is no declaration", shorten(&word)),
        )
        .help(*help);
        let whole = self.token_span();
        let diagnostic = if meant.is_empty() {
            diagnostic
        } else {
            diagnostic.suggestion(self.span(span.start, whole.end), *meant)
        };
        self.report(diagnostic);
        while !self.is(Kind::End) && !self.take(Kind::Stop) && !self.begins_statement() {
            self.advance_silently();
        }
        true
    }

    /// Whether a body in braces follows; it is reported, and gone behind.
    pub(super) fn is_body_in_braces(&mut self) -> bool {
        if !self.is(Kind::OpenBrace) || self.is_record() {
            return false;
        }
        let span = self.token_span();
        self.report(
            Diagnostic::error(
                "foreign-body",
                span,
                "a body does not stand in braces, which make a record",
            )
            .help("write the conditions behind `if`, joined by `and`, and `.` at the end"),
        );
        let mut open = 0_usize;
        while !self.is(Kind::End) {
            match self.token.kind {
                Kind::OpenBrace => open += 1,
                Kind::CloseBrace => open = open.saturating_sub(1),
                _ => {}
            }
            self.advance_silently();
            if open == 0 {
                break;
            }
        }
        true
    }

    /// Whether `{` begins a record: a field and `:`, or nothing.
    fn is_record(&self) -> bool {
        let mut ahead = self.lexer.ahead();
        let first = ahead.next().kind;
        first == Kind::CloseBrace || ahead.next().kind == Kind::Colon
    }

    /// Words in capitals, and others' quantifiers, where a goal begins.
    pub(super) fn foreign_prefix(&mut self) -> Parsed<()> {
        const PREFIXES: [(&str, Kind); 4] = [
            ("not", Kind::Not),
            ("exists", Kind::Exists),
            ("forall", Kind::Forall),
            ("if", Kind::If),
        ];
        if !self.is(Kind::Name) {
            return Ok(());
        }
        let word = self.here();
        let quantifier = QUANTIFIERS.iter().find(|(known, _)| *known == word);
        let is_prefix = PREFIXES
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(word));
        if (quantifier.is_none() && !is_prefix) || !self.is_before_name() {
            return Ok(());
        }
        let Some((word, help)) = quantifier else {
            self.misspelt(&PREFIXES, "");
            return Ok(());
        };
        let span = self.token_span();
        let problem = format!("`{word}` has no meaning before a goal");
        let diagnostic = Diagnostic::error("foreign-operator", span, problem);
        Err(self.report(diagnostic.help(*help)))
    }

    /// An operator of another language between two terms; taken for `=` until both are read.
    pub(super) fn foreign_word(&mut self) -> Option<ForeignWord> {
        if !self.is(Kind::Name) || self.token.breaks > 0 {
            return None;
        }
        let word = self.here();
        let (written, meant) = *WORDS.iter().find(|(known, _)| *known == word)?;
        let span = self.token_span();
        self.token.kind = Kind::Equal;
        Some(ForeignWord {
            written,
            meant,
            span,
        })
    }

    /// Says how to write it with what stands on both sides.
    pub(super) fn report_word(&mut self, word: ForeignWord, start: u32) -> Reported {
        let side = |from: u32, to: u32| self.lexer.slice(from, to).trim().to_owned();
        let left = side(start, word.span.start);
        let mut right = side(word.span.end, self.previous_end);
        if word.written == "has" && right.chars().all(continues_name) {
            right = format!("\"{right}\"");
        }
        let written = word
            .meant
            .replace("left", "\u{1}")
            .replace("right", &right)
            .replace('\u{1}', &left);
        let problem = format!("`{}` has no meaning between terms", word.written);
        let diagnostic = Diagnostic::error("foreign-operator", word.span, problem)
            .help(format!("write `{}`", word.meant))
            .suggestion(self.from(start), written);
        self.report(diagnostic)
    }
}
