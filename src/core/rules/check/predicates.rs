//! Predicates as a whole: whether each is defined, once, and declared without contradiction.

use super::codes::{
    ARITY_CLASH, DECLARATION_CLASH, DUPLICATE_DECLARATION, REDEFINED_BUILTIN, UNKNOWN_PREDICATE,
};
use super::table::{Entry, Table};
use crate::rules::ast::{Atom, DeclarationKind};
use crate::rules::builtins::Builtin;
use crate::rules::diagnostic::Diagnostic;
use crate::rules::nearest::nearest;
use crate::rules::source::Span;
use std::collections::BTreeSet;

pub(super) fn check(table: &Table<'_>, builtins: &[&'static Builtin], found: &mut Vec<Diagnostic>) {
    let names = Names::new(table, builtins);
    for entry in &table.entries {
        declarations(entry, table, found);
        if (table.find)(entry.name, entry.arity).is_some() {
            redefined(entry, table, found);
        } else if !entry.is_defined() {
            unknown(entry, table, &names, found);
        } else if entry.clauses.is_empty() && entry.calls.is_empty() {
            unused(entry, table, found);
        }
    }
}

/// What can be called.
struct Names<'a> {
    defined: BTreeSet<&'a str>,
    builtins: &'a [&'static Builtin],
}

impl<'a> Names<'a> {
    fn new(table: &'a Table<'_>, builtins: &'a [&'static Builtin]) -> Self {
        let defined = table.entries.iter().filter(|entry| entry.is_defined());
        Self {
            defined: defined.map(|entry| entry.name.as_ref()).collect(),
            builtins,
        }
    }

    /// The numbers of arguments with which a name can be called.
    fn arities(&self, name: &str, table: &Table<'_>) -> Vec<usize> {
        let defined = table.index.range((name, 0)..=(name, usize::MAX));
        let defined = defined
            .filter(|(_, number)| table.entry(**number).is_some_and(Entry::is_defined))
            .map(|((_, arity), _)| *arity);
        let built_in = self.builtins.iter().filter(|builtin| builtin.name == name);
        let mut arities: Vec<usize> = defined
            .chain(built_in.map(|builtin| builtin.parameters.len()))
            .collect();
        arities.sort_unstable();
        arities.dedup();
        arities
    }

    fn nearest(&self, name: &str) -> Option<&'a str> {
        let built_in = self.builtins.iter().map(|builtin| builtin.name);
        nearest(name, self.defined.iter().copied().chain(built_in))
    }
}

fn unknown(entry: &Entry<'_>, table: &Table<'_>, names: &Names<'_>, found: &mut Vec<Diagnostic>) {
    let indicator = entry.indicator();
    let Some((first, others)) = entry.calls.split_first() else {
        if let Some(declaration) = entry.declarations.first() {
            let kind = declaration.kind.name();
            found.push(
                UNKNOWN_PREDICATE
                    .at(
                        declaration.span,
                        format!("`{indicator}` is declared `{kind}`, but has no clause"),
                    )
                    .label("nothing defines it")
                    .help("remove the declaration, correct its name, or add clauses"),
            );
        }
        return;
    };
    let mut diagnostic = UNKNOWN_PREDICATE
        .at(first.span, format!("`{indicator}` is not defined"))
        .label("no clause, declaration or built-in has this name and number of arguments");
    for other in others {
        diagnostic = diagnostic.related(other.span, "also called here");
    }
    let number = found.len();
    found.push(meant(diagnostic, first, entry, table, names, number));
}

/// Says what was probably meant.
fn meant(
    mut diagnostic: Diagnostic,
    call: &Atom,
    entry: &Entry<'_>,
    table: &Table<'_>,
    names: &Names<'_>,
    number: usize,
) -> Diagnostic {
    let arities = names.arities(entry.name, table);
    if !arities.is_empty() {
        for arity in &arities {
            let place = defined_at(entry.name, *arity, table);
            if let Some(place) = place {
                diagnostic =
                    diagnostic.related(place, format!("`{}/{arity}` is defined here", entry.name));
            }
        }
        return diagnostic.help(format!(
            "`{}` has {}, not {}",
            entry.name,
            arguments(&arities),
            entry.arity
        ));
    }
    let indicator = entry.indicator();
    // Each search looks at all names, so that a source full of errors does without.
    let name = (number < 20).then(|| names.nearest(entry.name)).flatten();
    let Some(name) = name else {
        return diagnostic.help(format!(
            "add clauses for it, or declare it: `input {indicator}.` if its facts come at run time"
        ));
    };
    let arities = names.arities(name, table);
    if arities.contains(&entry.arity) {
        if let Some(span) = name_span(call) {
            diagnostic = diagnostic.suggestion(span, name);
        }
        return diagnostic.help(format!("did you mean `{name}/{}`?", entry.arity));
    }
    diagnostic.help(format!(
        "did you mean `{name}`, which has {}?",
        arguments(&arities)
    ))
}

/// As in `2 or 3 arguments`.
fn arguments(arities: &[usize]) -> String {
    match arities {
        [] => "no arguments".into(),
        [1] => "1 argument".into(),
        _ => {
            let numbers: Vec<String> = arities.iter().map(ToString::to_string).collect();
            format!("{} arguments", numbers.join(" or "))
        }
    }
}

/// Where a name stands, if it is certain: in the text form the first argument follows it directly.
pub(super) fn name_span(call: &Atom) -> Option<Span> {
    let length = u32::try_from(call.name.len()).ok()?;
    let end = call.span.start.checked_add(length)?;
    let first = call.arguments.first()?;
    (first.span.start == end.checked_add(1)?).then_some(Span { end, ..call.span })
}

fn defined_at(name: &str, arity: usize, table: &Table<'_>) -> Option<Span> {
    let entry = table.entry(*table.index.get(&(name, arity))?)?;
    let clause = entry.clauses.first().and_then(|item| table.clause(*item));
    let declaration = entry.declarations.first();
    clause
        .map(|clause| clause.head.span)
        .or_else(|| declaration.map(|declaration| declaration.span))
}

fn redefined(entry: &Entry<'_>, table: &Table<'_>, found: &mut Vec<Diagnostic>) {
    let heads = entry.clauses.iter().filter_map(|item| table.clause(*item));
    let heads = heads.map(|clause| clause.head.span);
    let mut places = heads.chain(
        entry
            .declarations
            .iter()
            .map(|declaration| declaration.span),
    );
    let Some(first) = places.next() else { return };
    let mut diagnostic = REDEFINED_BUILTIN
        .at(first, format!("`{}` is a built-in", entry.indicator()))
        .label("it can not be defined again")
        .help(format!("give it another name, as in `my_{}`", entry.name));
    for other in places.take(6) {
        diagnostic = diagnostic.related(other, "and here");
    }
    found.push(diagnostic);
}

fn declarations(entry: &Entry<'_>, table: &Table<'_>, found: &mut Vec<Diagnostic>) {
    let indicator = entry.indicator();
    let mut seen: Vec<DeclarationKind> = Vec::new();
    for declaration in &entry.declarations {
        let kind = declaration.kind;
        if !seen.contains(&kind) {
            seen.push(kind);
        } else if let Some(first) = entry.declared(kind) {
            found.push(
                DUPLICATE_DECLARATION
                    .at(
                        declaration.span,
                        format!("`{indicator}` is declared `{}` twice", kind.name()),
                    )
                    .label("this changes nothing")
                    .related(first.span, "first declared here")
                    .help("remove one of the declarations"),
            );
        }
    }
    let pairs = [
        (DeclarationKind::Input, DeclarationKind::External),
        (DeclarationKind::Tabled, DeclarationKind::Untabled),
    ];
    for (left, right) in pairs {
        let (Some(one), Some(other)) = (entry.declared(left), entry.declared(right)) else {
            continue;
        };
        let (earlier, later) = if one.span <= other.span {
            (one, other)
        } else {
            (other, one)
        };
        let message = format!(
            "`{indicator}` is declared both `{}` and `{}`",
            left.name(),
            right.name()
        );
        found.push(
            DECLARATION_CLASH
                .at(later.span, message)
                .label("it can not be both")
                .related(earlier.span, "first declared here")
                .help("remove one of the declarations"),
        );
    }
    let clause = entry.clauses.first().and_then(|item| table.clause(*item));
    if let (Some(external), Some(clause)) = (entry.declared(DeclarationKind::External), clause) {
        found.push(
            DECLARATION_CLASH
                .at(
                    clause.head.span,
                    format!("`{indicator}` is declared `external`, but has a clause"),
                )
                .label("the host alone answers it")
                .related(external.span, "declared here")
                .help("remove the clause or the declaration, or give one of them another name"),
        );
    }
}

/// A declared predicate that nothing calls, while its name is used with other arguments.
fn unused(entry: &Entry<'_>, table: &Table<'_>, found: &mut Vec<Diagnostic>) {
    let name: &str = entry.name;
    let Some(declaration) = entry.declarations.first() else {
        return;
    };
    let used = table
        .index
        .range((name, 0)..=(name, usize::MAX))
        .find_map(|(_, number)| {
            let other = table
                .entry(*number)
                .filter(|other| other.arity != entry.arity)?;
            let first = other.clauses.first().and_then(|item| table.clause(*item));
            let span = other.calls.first().map(|call| call.span);
            Some((
                other,
                span.or_else(|| first.map(|clause| clause.head.span))?,
            ))
        });
    if let Some((other, span)) = used {
        found.push(
            ARITY_CLASH
                .at(
                    declaration.span,
                    format!(
                        "`{}` is declared, but only `{}` is used",
                        entry.indicator(),
                        other.indicator()
                    ),
                )
                .label("nothing uses this")
                .related(span, "used here")
                .help(format!(
                    "declare `{}`, or remove the declaration",
                    other.indicator()
                )),
        );
    }
}
