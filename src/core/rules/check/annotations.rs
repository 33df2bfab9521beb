//! Annotations: names are free, but `@id` and `@reason` are what proofs and decisions show.

use super::codes::{DUPLICATE_ID, MISSPELT_ANNOTATION};
use crate::rules::ast::{Item, Program};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::nearest::nearest;
use crate::rules::source::Span;
use std::collections::BTreeMap;

pub(super) fn check(program: &Program, found: &mut Vec<Diagnostic>) {
    let mut ids: BTreeMap<&str, Span> = BTreeMap::new();
    let clauses = program.items.iter().filter_map(|item| match item {
        Item::Clause(clause) => Some(clause),
        Item::Declaration(_) => None,
    });
    for annotation in clauses.flat_map(|clause| &clause.annotations) {
        if annotation.name.as_ref() != "id" {
            found.extend(misspelt(&annotation.name, annotation.span));
            continue;
        }
        let first = *ids.entry(&annotation.value).or_insert(annotation.span);
        if first != annotation.span {
            found.push(
                DUPLICATE_ID
                    .at(
                        annotation.span,
                        format!("`{}` is the `@id` of two clauses", annotation.value),
                    )
                    .label("so a reason does not say which of them it was")
                    .related(first, "first here")
                    .help("give each an `@id` of its own"),
            );
        }
    }
}

fn misspelt(name: &str, span: Span) -> Option<Diagnostic> {
    let lower = name.to_lowercase();
    let meant = match (name, lower.as_str()) {
        ("reason", _) => return None,
        (_, "id" | "ids" | "di" | "idd" | "iid") => "id",
        (_, "reason") => "reason",
        (_, lower) => nearest(lower, ["reason"])?,
    };
    Some(
        MISSPELT_ANNOTATION
            .at(span, format!("`@{name}` is almost `@{meant}`"))
            .label("proofs and decisions do not show it")
            .help(format!("did you mean `@{meant}`?")),
    )
}
