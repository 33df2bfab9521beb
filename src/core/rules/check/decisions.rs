//! What a program says of decisions: `allow`, `deny`, `escalate` and `oblige`, which a decision asks by
//! name and number of arguments. What it does not ask has no effect, so that a mistake there is silent.

use super::codes::{
    Code, DECISION_ARITY, FIELD_OF_IDENTIFIER, MISSPELT_DECISION, UNUSED_PREDICATE,
};
use super::predicates::name_span;
use super::table::{Entry, Table};
use super::walk::{each_goal_term, each_part};
use crate::rules::ast::{Clause, Term, TermKind};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::nearest::nearest;
use crate::rules::source::Span;

/// A decision asks each with as many arguments as its request has, and with one more.
const DECISIONS: [(&str, usize); 4] = [("allow", 3), ("deny", 3), ("escalate", 3), ("oblige", 4)];

/// The number of arguments with which a name is asked about identifiers.
fn identifiers(name: &str) -> Option<usize> {
    let found = DECISIONS.iter().find(|(decision, _)| *decision == name);
    found.map(|(_, arity)| *arity)
}

fn is_decision(entry: &Entry<'_>) -> bool {
    let arity = identifiers(entry.name);
    arity.is_some_and(|arity| entry.arity == arity || entry.arity == arity + 1)
}

pub(super) fn check(table: &Table<'_>, found: &mut Vec<Diagnostic>) {
    let is_asked = |entry: &&Entry<'_>| is_decision(entry) && entry.is_defined();
    let decides = table.entries.iter().any(|entry| is_asked(&entry));
    for (number, entry) in table.entries.iter().enumerate() {
        let is_builtin = (table.find)(entry.name, entry.arity).is_some();
        if !entry.calls.is_empty() || !entry.is_defined() || is_builtin {
            continue;
        }
        if is_decision(entry) {
            if identifiers(entry.name) == Some(entry.arity) {
                for clause in table.clauses_of(number) {
                    fields(clause, entry, found);
                }
            }
        } else if let Some(arity) = identifiers(entry.name) {
            // A program that only has another `allow` is asked by queries of its own.
            if decides || entry.name.as_ref() != "allow" {
                found.extend(wrong_arity(entry, arity, table));
            }
        } else if decides {
            found.extend(misspelt(entry, table).or_else(|| unused(entry, number, table)));
        }
    }
}

/// Where a predicate is first defined or declared, and all further heads.
fn places(entry: &Entry<'_>, table: &Table<'_>) -> Vec<Span> {
    let heads = entry.clauses.iter().filter_map(|item| table.clause(*item));
    let declarations = entry.declarations.iter();
    heads
        .map(|clause| clause.head.span)
        .chain(declarations.map(|declaration| declaration.span))
        .collect()
}

fn at(code: &Code, entry: &Entry<'_>, table: &Table<'_>, message: String) -> Option<Diagnostic> {
    let places = places(entry, table);
    let (first, others) = places.split_first()?;
    let diagnostic = code.at(*first, message);
    Some(
        others
            .iter()
            .take(MOST_PLACES)
            .fold(diagnostic, |diagnostic, place| {
                diagnostic.related(*place, "and here")
            }),
    )
}

/// More places of one predicate are not listed in a message.
const MOST_PLACES: usize = 6;

fn wrong_arity(entry: &Entry<'_>, arity: usize, table: &Table<'_>) -> Option<Diagnostic> {
    let message = format!("a decision never asks `{}`", entry.indicator());
    let name = entry.name;
    let identifiers = "subject, action, resource";
    let last = if arity == 3 { "" } else { ", obligation" };
    Some(
        at(&DECISION_ARITY, entry, table, message)?
            .label("this has no effect on decisions")
            .help(format!(
                "write `{name}({identifiers}{last})`, with the context `{name}({identifiers}, context{last})`, \
                 or give it another name"
            )),
    )
}

/// A predicate that nothing calls and whose name is almost that of a decision.
fn misspelt(entry: &Entry<'_>, table: &Table<'_>) -> Option<Diagnostic> {
    if !(3..=5).contains(&entry.arity) {
        return None;
    }
    let lower = entry.name.to_lowercase();
    let names = || DECISIONS.iter().map(|(name, _)| *name);
    let meant = names()
        .find(|name| *name == lower)
        .or_else(|| nearest(&lower, names()))?;
    let message = format!(
        "nothing asks `{}`, which is almost `{meant}`",
        entry.indicator()
    );
    let diagnostic = at(&MISSPELT_DECISION, entry, table, message)?
        .label("this has no effect on decisions")
        .help(format!(
            "did you mean `{meant}`? otherwise give it another name"
        ));
    let mut heads = entry.clauses.iter().filter_map(|item| table.clause(*item));
    Some(match (heads.next(), heads.next()) {
        (Some(only), None) => match name_span(&only.head) {
            Some(span) => diagnostic.suggestion(span, meant),
            None => diagnostic,
        },
        _ => diagnostic,
    })
}

/// Facts of a program that decides, which no rule asks for. Rules that nothing calls answer queries; of
/// facts, an annotation says so.
fn unused(entry: &Entry<'_>, number: usize, table: &Table<'_>) -> Option<Diagnostic> {
    let is_marked = |clause: &Clause| !clause.annotations.is_empty();
    if entry.has_rule || table.clauses_of(number).any(is_marked) {
        return None;
    }
    let message = format!("no rule asks for `{}`", entry.indicator());
    Some(
        at(&UNUSED_PREDICATE, entry, table, message)?
            .label("this has no effect on decisions")
            .help(
                "remove it, or use it; where a query asks it, say so with an annotation, as in `@query(\"…\")`",
            ),
    )
}

/// Fields of what a decision gives as an identifier.
fn fields(clause: &Clause, entry: &Entry<'_>, found: &mut Vec<Diagnostic>) {
    let arguments = clause.head.arguments.iter().take(3);
    let names: Vec<&str> = arguments
        .filter_map(|argument| match &argument.kind {
            TermKind::Variable(name) => Some(name.as_ref()),
            _ => None,
        })
        .collect();
    let mut report = |name: &str, span: Span| {
        found.push(
            FIELD_OF_IDENTIFIER
                .at(span, format!("`{name}` is an identifier here, which has no fields"))
                .label("a decision gives a string")
                .related(clause.head.span, format!("`{}` is asked with identifiers", entry.indicator()))
                .help(format!(
                    "look it up in facts, as in `risk({name}, level)`, or take the four records of `{}/{}`",
                    entry.name,
                    entry.arity + 1
                )),
        );
    };
    for argument in clause.head.arguments.iter().take(3) {
        if matches!(argument.kind, TermKind::Record(_)) {
            report("{…}", argument.span);
        }
    }
    let Some(body) = &clause.body else { return };
    each_goal_term(body, &mut |term| {
        each_part(term, &mut |term| {
            if let Some((name, span)) = field_of(term).filter(|(name, _)| names.contains(name)) {
                report(name, span);
            }
        });
    });
}

/// The variable of `variable.field`.
fn field_of(term: &Term) -> Option<(&str, Span)> {
    let TermKind::Function(function, arguments) = &term.kind else {
        return None;
    };
    match (function.as_ref(), arguments.as_slice()) {
        (".", [owner, _]) => match &owner.kind {
            TermKind::Variable(name) => Some((name, term.span)),
            _ => None,
        },
        _ => None,
    }
}
