//! Snapshots of knowledge bases: whatever is restored can be asked, and is written as the same bytes again.

use super::super::Outcomes;
use super::super::snapshot::each_form;
use super::answers::{holds_of, options, run};
use assize_core::rules::ast::Item;
use assize_core::rules::{Format, KnowledgeBase, QueryOptions, structured, syntax};
use std::collections::BTreeSet;

const KNOWLEDGE_BASE: u8 = b'k';
/// How many predicates of a base are asked.
const ASKED: usize = 6;

/// Restores knowledge bases from `data`.
///
/// # Panics
///
/// Where a property does not hold.
pub fn rules_snapshot(data: &[u8]) -> Outcomes {
    each_form(KNOWLEDGE_BASE, data, |bytes| {
        let base = match KnowledgeBase::restore(bytes) {
            Ok(base) => base,
            Err(error) => {
                assert!(!error.to_string().trim().is_empty());
                return false;
            }
        };
        let written = base.snapshot();
        let again = KnowledgeBase::restore(&written).expect("what was written can be restored");
        assert_eq!(again.snapshot(), written);
        for (name, arity) in names(&base).into_iter().take(ASKED) {
            assert_eq!(
                again.has_predicate(&name, arity),
                base.has_predicate(&name, arity)
            );
            ask([&base, &again], &name, arity);
        }
        true
    })
}

/// All that its sources name, whether they can be read or not.
fn names(base: &KnowledgeBase) -> BTreeSet<(String, usize)> {
    let mut names = BTreeSet::new();
    for source in base.sources() {
        let (program, _) = match source.format {
            Format::Text => syntax::parse(source, 0),
            Format::Structured => structured::parse(source, 0),
        };
        names.extend(program.items.iter().map(|item| match item {
            Item::Declaration(item) => (item.name.to_string(), usize::from(item.arity)),
            Item::Clause(item) => (item.head.name.to_string(), item.head.arguments.len()),
        }));
    }
    names
}

/// Code and sources need not agree, so proofs need not hold; but what ends an explanation is no panic.
fn ask([base, again]: [&KnowledgeBase; 2], name: &str, arity: usize) {
    let arguments = vec!["_"; arity].join(", ");
    let goal = format!("{}({arguments})", syntax::print_name(name));
    let plain = QueryOptions {
        explain: false,
        why_not: false,
        ..options()
    };
    let first = run(base, &goal, &plain, 0);
    assert_eq!(run(again, &goal, &plain, 0), first, "{goal}");
    for (options, pause) in [(&plain, 7), (&options(), 0)] {
        if let Ok(answers) = run(base, &goal, options, pause) {
            holds_of(&answers, options);
        }
    }
}
