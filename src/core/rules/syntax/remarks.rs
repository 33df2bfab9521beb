//! Comments that go with a program where it is written in another form.

use super::lexer::Lexer;
use super::parser::Parser;
use super::token::Comment;
use crate::rules::ast::{Item, Program};
use crate::rules::builtins;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::source::{Source, Span};
use std::sync::Arc;

/// Reads a source as [`super::parse`] does, but gives every comment to a statement: to the one that it
/// stands in or behind, else to the next one, and after all to the last one. Also gives how many
/// comments there is no statement for.
#[must_use]
pub fn parse_with_comments(source: &Source, index: u16) -> (Program, Vec<Diagnostic>, usize) {
    let mut parser = Parser::new(&source.text, index, &builtins::is_function);
    let mut program = parser.program();
    let mut diagnostics = std::mem::take(&mut parser.lexer.diagnostics);
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    let unkept = match program.items.is_empty() {
        true => parser.lexer.comments.len(),
        false => {
            give(&parser.lexer, &mut program.items);
            0
        }
    };
    (program, diagnostics, unkept)
}

fn parts(item: &mut Item) -> (Span, &mut Vec<Arc<str>>) {
    match item {
        Item::Declaration(declaration) => (declaration.span, &mut declaration.comments),
        Item::Clause(clause) => (clause.span, &mut clause.comments),
    }
}

fn give(lexer: &Lexer<'_>, items: &mut [Item]) {
    let mut spans = Vec::with_capacity(items.len());
    for item in items.iter_mut() {
        let (span, comments) = parts(item);
        comments.clear();
        spans.push(span);
    }
    for comment in &lexer.comments {
        let owner = owner(comment, &spans);
        if let Some((_, comments)) = items.get_mut(owner).map(parts) {
            let text = lexer.slice(comment.start + 1, comment.end);
            comments.push(text.strip_prefix(' ').unwrap_or(text).into());
        }
    }
}

/// The number of the statement that a comment belongs to.
fn owner(comment: &Comment, spans: &[Span]) -> usize {
    let next = spans.partition_point(|span| span.start <= comment.start);
    let before = next.checked_sub(1);
    let is_its = before
        .and_then(|before| spans.get(before))
        .is_some_and(|span| comment.start < span.end || comment.breaks == 0);
    match before {
        Some(before) if is_its || next == spans.len() => before,
        _ => next,
    }
}
