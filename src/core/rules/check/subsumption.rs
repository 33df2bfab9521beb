//! Facts that are stated twice, and clauses whose answers an earlier clause already gives.
//!
//! A clause is covered by an earlier one if some values of the earlier one's variables make its head
//! the same and each of its conditions one of the later's. Only clauses that share a rare condition
//! are compared, and each comparison has a bound, so that the time grows with the program and no faster.

mod index;
mod matcher;
mod signature;

pub(super) use matcher::same;

use super::codes::{DUPLICATE_FACT, SHADOWED_RULE};
use super::table::Table;
use crate::rules::ast::{Clause, Item};
use crate::rules::diagnostic::Diagnostic;
use index::Index;

pub(super) fn check(table: &Table<'_>, found: &mut Vec<Diagnostic>) {
    let mut facts = Vec::new();
    for entry in &table.entries {
        let clauses = entry
            .clauses
            .iter()
            .filter_map(|item| Some((*item, table.clause(*item)?)));
        let clauses: Vec<Numbered<'_>> = clauses
            .map(|(item, clause)| Numbered {
                item,
                clause,
                hash: signature::ground_fact(clause),
            })
            .collect();
        let first = facts.len();
        facts.extend(
            clauses
                .iter()
                .filter_map(|clause| Some((clause.hash?, clause.item))),
        );
        if facts.len() - first < clauses.len() {
            let own = facts.get_mut(first..).unwrap_or_default();
            own.sort_unstable();
            covered(table, &clauses, own, found);
        }
    }
    duplicates(table, facts, found);
}

struct Numbered<'p> {
    item: usize,
    clause: &'p Clause,
    /// For a fact with nothing but constants.
    hash: Option<u64>,
}

/// Finds clauses of one predicate that earlier ones cover, but for equal facts. `facts` are those with
/// nothing but constants, sorted.
fn covered(
    table: &Table<'_>,
    clauses: &[Numbered<'_>],
    facts: &[(u64, usize)],
    found: &mut Vec<Diagnostic>,
) {
    let others = clauses.iter().filter(|clause| clause.hash.is_none());
    let mut index = Index::new(others.map(|clause| clause.clause));
    let mut number = 0;
    for Numbered { item, clause, hash } in clauses {
        if hash.is_some() {
            found.extend(
                index
                    .covering_fact(clause)
                    .map(|earlier| report(earlier, clause)),
            );
            continue;
        }
        let fact = signature::ground_head(clause).and_then(|hash| {
            let start = facts.partition_point(|(other, _)| *other < hash);
            let same = facts
                .get(start..)?
                .iter()
                .take(16)
                .take_while(|(other, _)| *other == hash);
            let mut earlier = same.filter(|(_, other)| other < item);
            earlier
                .find_map(|(_, other)| table.clause(*other).filter(|fact| same_heads(fact, clause)))
        });
        match fact.or_else(|| index.covering(number)) {
            Some(earlier) => found.push(report(earlier, clause)),
            None => index.add(number),
        }
        number += 1;
    }
}

/// Finds equal facts among those with nothing but constants.
fn duplicates(table: &Table<'_>, mut facts: Vec<(u64, usize)>, found: &mut Vec<Diagnostic>) {
    facts.sort_unstable();
    for group in facts.chunk_by(|left, right| left.0 == right.0) {
        let mut distinct: Vec<&Clause> = Vec::new();
        for (_, item) in group {
            let Some(Item::Clause(clause)) = table.program.items.get(*item) else {
                continue;
            };
            let is_same = |earlier: &&&Clause| same_heads(earlier, clause);
            match distinct.iter().find(is_same) {
                Some(earlier) => found.push(report(earlier, clause)),
                // More that differ under one signature are chosen to, and may stay unreported.
                None if distinct.len() < 16 => distinct.push(clause),
                None => {}
            }
        }
    }
}

fn same_heads(left: &Clause, right: &Clause) -> bool {
    let (left, right) = (&left.head, &right.head);
    left.name == right.name
        && left.arguments.len() == right.arguments.len()
        && left
            .arguments
            .iter()
            .zip(&right.arguments)
            .all(|(left, right)| same(left, right))
}

fn report(earlier: &Clause, later: &Clause) -> Diagnostic {
    let indicator = format!("{}/{}", later.head.name, later.head.arguments.len());
    let is_fact = earlier.body.is_none() && later.body.is_none();
    if is_fact && matcher::covers(later, earlier) {
        return DUPLICATE_FACT
            .at(
                later.head.span,
                format!("this fact of `{indicator}` is stated twice"),
            )
            .label("it adds nothing")
            .related(earlier.head.span, "first stated here")
            .help("remove one of them");
    }
    let what = if later.body.is_some() { "rule" } else { "fact" };
    SHADOWED_RULE
        .at(
            later.head.span,
            format!("this {what} of `{indicator}` adds nothing"),
        )
        .label("an earlier clause already gives all of its answers")
        .related(earlier.head.span, "this clause")
        .help(format!(
            "remove the {what}, or correct what should make it differ"
        ))
}
