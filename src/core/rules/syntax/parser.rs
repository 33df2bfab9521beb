//! From tokens to statements. What a goal is stands in `goals`, what a term is in `terms`.

use super::intern::Interner;
use super::lexer::{Lexer, MAX_ERRORS};
use super::suspects::Suspects;
use super::token::{Kind, Token, shorten};
use crate::rules::ast::{
    Annotation, Atom, Clause, Declaration, DeclarationKind, Item, Name, Program, Term, TermKind,
};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::nearest::nearest;
use crate::rules::source::Span;
use std::sync::Arc;

/// Levels of parentheses, lists, prefixes and the like.
pub(super) const MAX_NESTING: u32 = 100;

/// Arguments of one predicate or compound.
pub(super) const MAX_ARGUMENTS: usize = 255;

/// Says of a name and its number of arguments whether it is a function.
pub(super) type Functions<'a> = &'a dyn Fn(&str, usize) -> bool;

/// An error was added to the diagnostics.
#[derive(Debug)]
pub(super) struct Reported;

pub(super) type Parsed<T> = Result<T, Reported>;

pub(super) struct Parser<'a> {
    pub(super) lexer: Lexer<'a>,
    /// The next token, not yet taken.
    pub(super) token: Token,
    /// Where the token before it ends.
    pub(super) previous_end: u32,
    /// Whether that token ended a statement, or nothing was before.
    pub(super) at_stop: bool,
    pub(super) source: u16,
    pub(super) depth: u32,
    /// The height of the term that was read last: a chain of operators is high without being nested.
    pub(super) height: u32,
    pub(super) names: Interner,
    pub(super) functions: Functions<'a>,
    pub(super) suspects: Suspects,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, source: u16, functions: Functions<'a>) -> Self {
        let mut parser = Self {
            lexer: Lexer::new(text, source),
            token: Token {
                kind: Kind::Bad,
                start: 0,
                end: 0,
                breaks: 2,
            },
            previous_end: 0,
            at_stop: true,
            source,
            depth: 0,
            height: 0,
            names: Interner::default(),
            functions,
            suspects: Suspects::default(),
        };
        if u32::try_from(text.len()).is_err() {
            parser.report(Diagnostic::error(
                "too-large",
                parser.span(0, 0),
                "a source has at most 4 GiB",
            ));
            parser.token.kind = Kind::End;
        } else {
            parser.advance();
            parser.previous_end = 0;
        }
        parser
    }

    /// All statements.
    pub(super) fn program(&mut self) -> Program {
        let mut items = Vec::with_capacity(self.lexer.expected_statements());
        loop {
            self.skip_foreign_comments();
            self.skip_foreign_statements();
            if self.is(Kind::End) {
                break;
            }
            if self.lexer.diagnostics.len() >= MAX_ERRORS {
                self.report(
                    Diagnostic::error(
                        "too-many-errors",
                        self.token_span(),
                        "the rest is not read after so many errors",
                    )
                    .help("mend those above first"),
                );
                break;
            }
            match self.statement() {
                Ok(item) => items.push(item),
                Err(Reported) => self.recover(),
            }
        }
        self.report_suspects();
        Program { items }
    }

    /// Goes behind the `.` that ends the statement.
    fn recover(&mut self) {
        self.depth = 0;
        while !self.is(Kind::End) && !self.take(Kind::Stop) {
            self.advance_silently();
            // A string without an end holds the `.` that would be looked for.
            if self.lexer.take_line_lost(self.token.breaks) && self.begins_statement() {
                break;
            }
            // What stands behind an empty line, at the beginning of a line, is hardly the rest.
            if self.token.breaks > 1 && self.begins_statement() {
                break;
            }
        }
        self.lexer.take_line_lost(1);
    }

    fn statement(&mut self) -> Parsed<Item> {
        let start = self.token.start;
        let comments = self.comments_above();
        let annotations = self.annotations()?;
        let head_span = self.token_span();
        let name = self.statement_name()?;
        if let Some(kind) = self.declaration_kind(&name) {
            return self.declaration(kind, comments, &annotations, start);
        }
        let suspects = self.suspects.count();
        let head = self.head(name, head_span);
        self.suspects.forget(suspects);
        let head = head?;
        self.suspects.know(&head);
        let is_rule = self.is_body();
        let is_foreign = self.is_body_in_braces();
        let body = if is_rule && !is_foreign {
            Some(self.goal()?)
        } else {
            None
        };
        if !is_foreign {
            self.stop()?;
        }
        Ok(Item::Clause(Clause {
            head,
            body,
            annotations,
            comments,
            span: self.from(start),
        }))
    }

    /// The comments on the lines directly above the next token.
    fn comments_above(&self) -> Vec<Arc<str>> {
        let mut breaks = self.token.breaks;
        let mut comments = Vec::new();
        for comment in self.lexer.comments.iter().rev() {
            if breaks != 1 || comment.breaks == 0 || comment.start < self.previous_end {
                break;
            }
            breaks = comment.breaks;
            let text = self.lexer.slice(comment.start + 1, comment.end);
            comments.push(text.strip_prefix(' ').unwrap_or(text).into());
        }
        comments.reverse();
        comments
    }

    fn annotations(&mut self) -> Parsed<Vec<Annotation>> {
        let mut annotations = Vec::new();
        while self.is(Kind::At) {
            let start = self.token.start;
            self.advance();
            let name = match self.token.kind {
                Kind::QuotedName { plain } => self.quoted(plain)?,
                kind if kind == Kind::Name || self.keyword_here().is_some() => self.word(),
                _ => {
                    return Err(
                        self.expected("the name of an annotation, as in `@id(\"tools-1\")`")
                    );
                }
            };
            if !self.take(Kind::OpenParenthesis) {
                return Err(
                    self.expected(&format!("a text in parentheses, as in `@{name}(\"…\")`"))
                );
            }
            let Kind::String { plain } = self.token.kind else {
                return Err(self.expected("a string: the text of the annotation"));
            };
            let value = self.quoted(plain)?;
            self.close(Kind::CloseParenthesis, start)?;
            annotations.push(Annotation {
                name,
                value,
                span: self.from(start),
            });
        }
        Ok(annotations)
    }

    fn statement_name(&mut self) -> Parsed<Name> {
        match self.token.kind {
            Kind::Name => Ok(self.word()),
            Kind::QuotedName { plain } => self.quoted(plain),
            _ => Err(self.expected("a fact, a rule or a declaration")),
        }
    }

    /// `input` and the like before another name.
    fn declaration_kind(&mut self, name: &str) -> Option<DeclarationKind> {
        if !matches!(self.token.kind, Kind::Name | Kind::QuotedName { .. }) {
            return None;
        }
        let kinds = DeclarationKind::ALL;
        if let Some(kind) = kinds.into_iter().find(|kind| kind.name() == name) {
            return Some(kind);
        }
        let (start, end) = (
            self.previous_end
                .saturating_sub(u32::try_from(name.len()).ok()?),
            self.previous_end,
        );
        let meant = nearest(name, kinds.map(DeclarationKind::name))?;
        let span = self.span(start, end);
        self.report(
            Diagnostic::error(
                "misspelt-keyword",
                span,
                format!("`{name}` declares nothing"),
            )
            .help(format!("did you mean `{meant}`?"))
            .suggestion(span, meant),
        );
        kinds.into_iter().find(|kind| kind.name() == meant)
    }

    fn declaration(
        &mut self,
        kind: DeclarationKind,
        comments: Vec<Arc<str>>,
        annotations: &[Annotation],
        start: u32,
    ) -> Parsed<Item> {
        if let Some(annotation) = annotations.first() {
            self.report(
                Diagnostic::error(
                    "annotated-declaration",
                    annotation.span,
                    "a declaration has no annotations",
                )
                .help("put it before a rule or a fact, or write a comment"),
            );
        }
        let name = self.statement_name()?;
        if !self.take(Kind::Slash) {
            return Err(self.expected(&format!(
                "`/` and the number of arguments, as in `{} {name}/2.`",
                kind.name()
            )));
        }
        let arity = self
            .lexer
            .slice(self.token.start, self.token.end)
            .parse()
            .ok()
            .filter(|_| self.is(Kind::Number));
        let Some(arity) = arity else {
            return Err(self.expected(&format!("a number of arguments up to {MAX_ARGUMENTS}")));
        };
        self.advance();
        self.stop()?;
        Ok(Item::Declaration(Declaration {
            kind,
            name,
            arity,
            comments,
            span: self.from(start),
        }))
    }

    fn head(&mut self, name: Name, span: Span) -> Parsed<Atom> {
        let mut arguments = Vec::new();
        if self.is(Kind::OpenParenthesis) {
            arguments = self.arguments()?;
        } else if matches!(self.token.kind, Kind::If | Kind::Stop | Kind::OpenBrace) {
            let written = self.lexer.slice(span.start, span.end);
            self.report(
                Diagnostic::error(
                    "missing-parentheses",
                    span,
                    format!(
                        "`{}` alone is a variable, which can't hold",
                        shorten(written)
                    ),
                )
                .help("a predicate without arguments has empty parentheses")
                .suggestion(span, format!("{written}()")),
            );
        } else {
            let what = format!("`(` after `{}`", shorten(&name));
            return Err(self.expected(&what));
        }
        for argument in &arguments {
            self.refuse_functions(argument);
        }
        Ok(Atom {
            name,
            arguments,
            span: self.from(span.start),
        })
    }

    /// A head says what holds, not how it is computed.
    fn refuse_functions(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Function(..) => {
                let text = self.lexer.slice(term.span.start, term.span.end);
                let text = if text.len() > 40 { "…" } else { text };
                self.report(
                    Diagnostic::error(
                        "function-in-head",
                        term.span,
                        "nothing is computed in the head of a rule",
                    )
                    .label("computed here")
                    .help(format!(
                        "put a variable here and bind it in the body: `if … and result = {text}`"
                    )),
                );
            }
            TermKind::List(items, rest) => {
                for item in items.iter().chain(rest.as_deref()) {
                    self.refuse_functions(item);
                }
            }
            TermKind::Record(fields) => {
                for (_, value) in fields {
                    self.refuse_functions(value);
                }
            }
            TermKind::Compound(_, arguments) => {
                for argument in arguments {
                    self.refuse_functions(argument);
                }
            }
            TermKind::Variable(_) | TermKind::Anonymous | TermKind::Constant(_) => {}
        }
    }

    /// Whether a body follows: takes `if`, or what others write for it.
    fn is_body(&mut self) -> bool {
        if self.is(Kind::Name) && !self.begins_statement() {
            let word = self.lexer.slice(self.token.start, self.token.end);
            if matches!(
                word,
                "when" | "where" | "iff" | "fi" | "f" | "unless" | "IF" | "If"
            ) {
                self.misspelt(&[("if", Kind::If)], "if");
            }
        }
        self.take(Kind::If)
    }

    /// Takes the `.` at the end of a statement, or says that it is missing.
    pub(super) fn stop(&mut self) -> Parsed<()> {
        if self.take(Kind::Stop) {
            return Ok(());
        }
        if self.is(Kind::Dot) {
            let span = self.token_span();
            self.report(
                Diagnostic::error(
                    "missing-space",
                    span,
                    "a `.` directly before a name is a field access",
                )
                .help("put a space or a line break after the `.` that ends a statement")
                .suggestion(span, ". "),
            );
            self.advance();
            return Ok(());
        }
        if self.is(Kind::End) || self.begins_statement() {
            let end = self.previous_end;
            self.report(
                Diagnostic::error(
                    "missing-stop",
                    self.span(end, end),
                    "expected `.` at the end of the statement",
                )
                .label("here")
                .suggestion(self.span(end, end), "."),
            );
            return Ok(());
        }
        Err(self.expected("`and`, `or`, or `.` at the end of the statement"))
    }

    /// Whether the next token looks like the beginning of another statement: at the beginning of a line.
    pub(super) fn begins_statement(&self) -> bool {
        let line_start = self.token.start == 0
            || self.lexer.slice(self.token.start - 1, self.token.start) == "\n";
        let is_behind_comment = self
            .lexer
            .comments
            .last()
            .is_some_and(|comment| comment.end > self.previous_end);
        (self.token.breaks > 0 || is_behind_comment)
            && line_start
            && matches!(
                self.token.kind,
                Kind::At | Kind::Name | Kind::QuotedName { .. }
            )
    }

    /// Other languages' comments, where a statement could begin.
    fn skip_foreign_comments(&mut self) {
        while matches!(
            self.token.kind,
            Kind::Percent | Kind::DoubleSlash | Kind::Slash | Kind::Minus | Kind::Star
        ) {
            let rest = self.lexer.slice(self.token.start, self.token.start + 2);
            let is_block = rest == "/*";
            if !is_block
                && !matches!(self.token.kind, Kind::Percent | Kind::DoubleSlash)
                && rest != "--"
            {
                return;
            }
            if is_block {
                self.lexer.skip_behind("*/");
            } else {
                self.lexer.skip_line();
            }
            let written = if self.is(Kind::Percent) { "%" } else { rest };
            let span = self.span(
                self.token.start,
                self.token.start + u32::try_from(written.len()).unwrap_or(1),
            );
            self.report(
                Diagnostic::error(
                    "foreign-comment",
                    span,
                    format!("`{written}` begins no comment"),
                )
                .help("a comment begins with `#` and ends with its line"),
            );
            self.advance();
        }
    }
}
