//! The text form of programs: read, printed, formatted. `docs/rules-language.md` describes it.

mod cursor;
mod foreign;
mod format;
mod goals;
mod habits;
mod highlight;
mod intern;
mod layout;
mod lexer;
mod literals;
mod parser;
mod print;
mod print_value;
mod remarks;
mod suspects;
mod terms;
#[cfg(test)]
mod tests;
mod token;

use super::ast::{Atom, Goal, Name, Program, Term, TermKind};
use super::builtins;
use super::diagnostic::{Diagnostic, Severity};
use super::source::Source;
use super::value::Value;
use parser::{Functions, Parsed, Parser};
use token::Kind;

pub use super::render::render;
pub use format::format;
pub use highlight::{Highlight, HighlightKind, highlight};
pub use print::{print, print_atom, print_goal, print_name, print_term};
pub use print_value::print_value;
pub use remarks::parse_with_comments;

/// Reads a source; `index` is its place among the sources, which spans carry.
///
/// The program holds the statements without errors. The diagnostics are errors, and warnings of data that looks
/// like a function, in the order of the text.
#[must_use]
pub fn parse(source: &Source, index: u16) -> (Program, Vec<Diagnostic>) {
    parse_with(&source.text, index, &builtins::is_function)
}

/// Reads a text in which `functions` says of a name and its number of arguments whether it is a
/// function.
fn parse_with(text: &str, index: u16, functions: Functions<'_>) -> (Program, Vec<Diagnostic>) {
    let mut parser = Parser::new(text, index, functions);
    let program = parser.program();
    let mut diagnostics = parser.lexer.diagnostics;
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    (program, diagnostics)
}

/// Reads one goal: the body of a rule. It may end with a `.`.
///
/// # Errors
/// Everything that is wrong with it, in the order of the text.
pub fn parse_query(text: &str, index: u16) -> Result<Goal, Vec<Diagnostic>> {
    parse_one(text, index, Parser::goal)
}

/// Reads one term, which may hold variables and functions. It may end with a `.`.
///
/// # Errors
/// Everything that is wrong with it, in the order of the text.
pub fn parse_term(text: &str, index: u16) -> Result<Term, Vec<Diagnostic>> {
    parse_one(text, index, Parser::term)
}

/// Reads one predicate with arguments. It may end with a `.`.
///
/// # Errors
/// Everything that is wrong with it, in the order of the text.
pub fn parse_atom(text: &str, index: u16) -> Result<Atom, Vec<Diagnostic>> {
    parse_one(text, index, |parser| {
        let operand = parser.operand(0)?;
        let goal = parser.as_goal(operand)?;
        match goal.kind {
            super::ast::GoalKind::Call(atom) => Ok(atom),
            _ => Err(parser.report(
                Diagnostic::error(
                    "not-an-atom",
                    goal.span,
                    "expected a predicate with arguments",
                )
                .help("as in `role(\"ann\", \"clerk\")`"),
            )),
        }
    })
}

/// Reads a value: a term without variables and functions. It may end with a `.`.
///
/// # Errors
/// Everything that is wrong with it, in the order of the text.
pub fn parse_value(text: &str, index: u16) -> Result<Value, Vec<Diagnostic>> {
    let term = parse_term(text, index)?;
    ground(&term).map_err(|diagnostic| vec![*diagnostic])
}

/// Reads a fact's predicate and values: `role("ann", "clerk")`. It may end with a `.`.
///
/// # Errors
/// Everything that is wrong with it, in the order of the text.
pub fn parse_fact(text: &str, index: u16) -> Result<(Name, Vec<Value>), Vec<Diagnostic>> {
    let atom = parse_atom(text, index)?;
    let values: Result<Vec<_>, _> = atom.arguments.iter().map(ground).collect();
    match values {
        Ok(values) => Ok((atom.name, values)),
        Err(diagnostic) => Err(vec![*diagnostic]),
    }
}

/// Reads one thing that is the whole text.
fn parse_one<'a, T>(
    text: &'a str,
    index: u16,
    read: impl FnOnce(&mut Parser<'a>) -> Parsed<T>,
) -> Result<T, Vec<Diagnostic>> {
    let mut parser = Parser::new(text, index, &builtins::is_function);
    let outcome = read(&mut parser);
    parser.report_suspects();
    let outcome = outcome.and_then(|outcome| {
        parser.take(Kind::Stop);
        if parser.is(Kind::End) {
            Ok(outcome)
        } else {
            Err(parser.expected("the end"))
        }
    });
    let mut diagnostics = parser.lexer.diagnostics;
    match outcome {
        Ok(outcome) if !has_errors(&diagnostics) => Ok(outcome),
        _ => {
            diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
            Err(diagnostics)
        }
    }
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// The value that a term without variables and functions is.
///
/// # Errors
/// The first variable or function in it.
pub fn ground(term: &Term) -> Result<Value, Box<Diagnostic>> {
    let all = |terms: &[Term]| terms.iter().map(ground).collect::<Result<Vec<_>, _>>();
    Ok(match &term.kind {
        TermKind::Constant(value) => value.clone(),
        TermKind::List(items, None) => Value::list(all(items)?),
        TermKind::List(items, Some(rest)) => continued(all(items)?, ground(rest)?),
        TermKind::Record(fields) => {
            let fields = fields
                .iter()
                .map(|(field, value)| Ok((field.clone(), ground(value)?)));
            Value::record(fields.collect::<Result<Vec<_>, Box<Diagnostic>>>()?)
        }
        TermKind::Compound(name, arguments) => {
            Value::Compound(name.clone(), all(arguments)?.into())
        }
        TermKind::Variable(_) | TermKind::Anonymous => {
            return Err(Box::new(
                Diagnostic::error(
                    "not-a-value",
                    term.span,
                    "expected a value, found a variable",
                )
                .help("strings stand in double quotes"),
            ));
        }
        TermKind::Function(name, _) => {
            let help = format!("data of this name has it in backticks: `` `{name}`(…) ``");
            return Err(Box::new(
                Diagnostic::error(
                    "not-a-value",
                    term.span,
                    "expected a value, found something to compute",
                )
                .help(help),
            ));
        }
    })
}

/// A list's beginning and its rest, which may be a list again.
fn continued(mut items: Vec<Value>, rest: Value) -> Value {
    match rest {
        _ if items.is_empty() => rest,
        Value::List(more) => {
            items.extend(more.iter().cloned());
            Value::list(items)
        }
        Value::PartialList(more, rest) => {
            items.extend(more.iter().cloned());
            Value::PartialList(items.into(), rest)
        }
        rest => Value::PartialList(items.into(), std::sync::Arc::new(rest)),
    }
}
