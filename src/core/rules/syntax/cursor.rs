//! What all of the parser needs: the next token, places, bounds and errors.

use super::literals;
use super::parser::{MAX_NESTING, Parsed, Parser, Reported};
use super::token::{Kind, keyword, shorten};
use crate::rules::ast::Name;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::nearest::nearest;
use crate::rules::source::Span;
use std::sync::Arc;

impl<'a> Parser<'a> {
    pub(super) fn is(&self, kind: Kind) -> bool {
        self.token.kind == kind
    }

    /// Takes the next token if it is of this kind.
    pub(super) fn take(&mut self, kind: Kind) -> bool {
        let is = self.is(kind);
        if is {
            self.advance();
        }
        is
    }

    /// Takes the next token. What others write for the one behind it is reported and understood.
    pub(super) fn advance(&mut self) {
        self.advance_silently();
        let Kind::Foreign(habit) = self.token.kind else {
            return;
        };
        let span = self.token_span();
        if habit.written() == ":-" && self.at_stop {
            self.token.kind = Kind::Directive;
            return;
        }
        let behind = self.lexer.rest_of(span.end).trim_start();
        if habit.written() == "!" && behind.starts_with([',', '.', ';', ')']) {
            self.report(
                Diagnostic::error("foreign-operator", span, "`!` has no meaning as a goal").help(
                    "there is no cut: write `if … then … else …`, or `not` in the other rule",
                ),
            );
            self.token.kind = Kind::Bad;
            return;
        }
        let mut diagnostic = Diagnostic::error(
            "foreign-operator",
            span,
            format!("`{}` has no meaning", habit.written()),
        )
        .help(habit.help());
        let rest = self.lexer.slice(span.end, span.end + 1);
        let ends_line = rest.is_empty() || rest.starts_with(['\n', '\r']);
        let is_stop = habit.written() == ";" && ends_line;
        if is_stop {
            diagnostic = diagnostic.suggestion(span, ".");
        } else if !habit.meant().is_empty() {
            let replacement = self.spaced(habit.meant(), span);
            diagnostic = diagnostic.suggestion(span, replacement);
        }
        self.report(diagnostic);
        self.token.kind = if is_stop { Kind::Stop } else { habit.kind() };
    }

    /// A word that stands in the place of something, with spaces where it would touch what is around.
    pub(super) fn spaced(&self, word: &str, place: Span) -> String {
        let touches = |text: &str| text.chars().any(|character| !character.is_whitespace());
        let is_word = word.starts_with(|character: char| character.is_alphabetic());
        let before = self.lexer.slice(place.start.saturating_sub(1), place.start);
        let after = self.lexer.slice(place.end, place.end + 1);
        let space = |text| if is_word && touches(text) { " " } else { "" };
        format!("{}{word}{}", space(before), space(after))
    }

    pub(super) fn advance_silently(&mut self) {
        self.at_stop = self.is(Kind::Stop) || self.token.end == 0;
        self.previous_end = self.token.end;
        self.token = self.lexer.next();
    }

    /// Takes the closing bracket of what was opened.
    pub(super) fn close(&mut self, kind: Kind, open: u32) -> Parsed<()> {
        if self.take(kind) {
            return Ok(());
        }
        let what = match kind {
            Kind::CloseParenthesis => "`)`",
            Kind::CloseBracket => "`]`",
            _ => "`}`",
        };
        let span = self.span(open, open + 1);
        Err(self.expected_with(what, |diagnostic| diagnostic.related(span, "opened here")))
    }

    /// The next token's text, which is taken.
    pub(super) fn word(&mut self) -> Name {
        let text = self.lexer.slice(self.token.start, self.token.end);
        self.advance();
        self.names.intern(text)
    }

    /// The text in the next token's quotes, which is taken.
    pub(super) fn quoted(&mut self, plain: bool) -> Parsed<Arc<str>> {
        let inner = self.span(self.token.start + 1, self.token.end - 1);
        let text = self.lexer.slice(inner.start, inner.end);
        self.advance();
        if plain {
            return Ok(self.names.intern(text));
        }
        match literals::unescape(text, inner) {
            Ok(text) => Ok(self.names.intern(&text)),
            Err(diagnostic) => Err(self.report(*diagnostic)),
        }
    }

    pub(super) fn intern(&mut self, text: &str) -> Name {
        self.names.intern(text)
    }

    pub(super) fn is_function(&self, name: &str, arguments: usize) -> bool {
        (self.functions)(name, arguments)
    }

    pub(super) fn span(&self, start: u32, end: u32) -> Span {
        Span {
            source: self.source,
            start,
            end,
        }
    }

    pub(super) fn token_span(&self) -> Span {
        self.span(self.token.start, self.token.end)
    }

    /// From a place to the end of what was taken.
    pub(super) fn from(&self, start: u32) -> Span {
        self.span(start, self.previous_end)
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) -> Reported {
        self.lexer.report(diagnostic);
        Reported
    }

    /// Goes one level down.
    pub(super) fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        self.within_nesting(self.depth)
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    pub(super) fn within_nesting(&mut self, levels: u32) -> Parsed<()> {
        if levels <= MAX_NESTING {
            Ok(())
        } else {
            Err(self.too_deep())
        }
    }

    fn too_deep(&mut self) -> Reported {
        let span = self.token_span();
        self.report(
            Diagnostic::error(
                "too-deep",
                span,
                format!("this is nested more than {MAX_NESTING} levels deep"),
            )
            .help("name a part with a rule of its own"),
        )
    }

    /// The keyword that the next token is.
    pub(super) fn keyword_here(&self) -> Option<&'a str> {
        let text = self.lexer.slice(self.token.start, self.token.end);
        keyword(text)
            .map(|_| text)
            .filter(|_| !self.is(Kind::Anonymous))
    }

    /// Reports that something else was expected.
    pub(super) fn expected(&mut self, what: &str) -> Reported {
        self.expected_with(what, |diagnostic| diagnostic)
    }

    fn expected_with(
        &mut self,
        what: &str,
        add: impl FnOnce(Diagnostic) -> Diagnostic,
    ) -> Reported {
        let diagnostics = &self.lexer.diagnostics;
        let is_known = diagnostics
            .last()
            .is_some_and(|last| last.span == self.token_span());
        if self.is(Kind::Bad) || is_known {
            return Reported;
        }
        let text = self.lexer.slice(self.token.start, self.token.end);
        let found = match self.token.kind {
            Kind::End => "the end of the text".to_owned(),
            Kind::Stop => "`.`, the end of the statement".to_owned(),
            Kind::String { .. } => "a string".to_owned(),
            _ => format!("`{}`", shorten(text).replace('`', "")),
        };
        let mut diagnostic = Diagnostic::error(
            "unexpected-token",
            self.token_span(),
            format!("expected {what}, found {found}"),
        )
        .label("not expected here");
        if let Some(help) = self.advice(what) {
            diagnostic = diagnostic.help(help);
        }
        self.report(add(diagnostic))
    }

    /// What helps with the next token where it is not expected.
    fn advice(&self, what: &str) -> Option<String> {
        Some(match self.token.kind {
            Kind::DoubleSlash | Kind::Percent | Kind::Slash => {
                "a comment begins with `#`".to_owned()
            }
            Kind::Comma => "conditions are joined by `and`".to_owned(),
            Kind::If => {
                "a rule has one `if`, between head and body: does the statement above end with `.`?"
                    .to_owned()
            }
            Kind::Anonymous => "`_` stands for any value, and can't be called".to_owned(),
            Kind::Colon => {
                "`:` stands after a field in `{}` and after `forall condition`".to_owned()
            }
            _ => {
                let is_name = ["fact", "name", "variable", "term"]
                    .iter()
                    .any(|name| what.contains(name));
                let word = self.keyword_here().filter(|_| is_name)?;
                format!(
                    "`{word}` is a word of the language; as a name it stands in backticks: `` `{word}` ``"
                )
            }
        })
    }

    /// If the next token is a name, takes it for the keyword that was meant, after a report.
    pub(super) fn misspelt(&mut self, keywords: &[(&str, Kind)], fallback: &str) {
        let word = self.lexer.slice(self.token.start, self.token.end);
        let lower = word.to_lowercase();
        let mut known = keywords.iter().map(|(keyword, _)| *keyword);
        let same = known.clone().find(|keyword| *keyword == lower);
        let meant = same
            .or_else(|| nearest(word, &mut known))
            .unwrap_or(fallback);
        let Some((_, kind)) = keywords.iter().find(|(keyword, _)| *keyword == meant) else {
            return;
        };
        let span = self.token_span();
        self.report(
            Diagnostic::error(
                "misspelt-keyword",
                span,
                format!("expected `{meant}`, found `{}`", shorten(word)),
            )
            .help(format!("did you mean `{meant}`?"))
            .suggestion(span, meant),
        );
        self.token.kind = *kind;
    }
}
