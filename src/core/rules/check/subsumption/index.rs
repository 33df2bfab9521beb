//! Finds the few earlier clauses that may cover a later one.

use super::super::walk::conjuncts;
use super::matcher::covers;
use super::signature::{Signature, add_top};
use crate::rules::ast::{Clause, Goal, GoalKind, Term};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

/// The clauses of one predicate. Each waits under its rarest pattern: its head or one of its conditions
/// with what is fixed in the arguments. A clause that it covers has that pattern too.
pub(super) struct Index<'p> {
    clauses: Vec<Summary<'p>>,
    /// Sets of arguments that are fixed in a head or condition, by its name and number of arguments.
    masks: BTreeMap<Kind<'p>, Vec<u64>>,
    /// How many clauses have a pattern.
    counts: BTreeMap<u64, u32>,
    /// Earlier clauses by their rarest pattern.
    waiting: BTreeMap<u64, Vec<usize>>,
}

/// What kind of part, its name, and its number of arguments.
type Kind<'p> = (Sort, &'p str, usize);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Sort {
    Head,
    Call,
    Comparison,
    Not,
}

struct Summary<'p> {
    clause: &'p Clause,
    parts: Vec<Part<'p>>,
    /// A bit for each name that a condition has, several names to a bit.
    names: u64,
}

/// A head, or a condition that is a call, a comparison, or `not` of one.
struct Part<'p> {
    kind: Kind<'p>,
    arguments: Vec<&'p Term>,
    /// Which of the arguments are fixed at their top.
    fixed: u64,
}

/// More sets of fixed arguments of one name are treated as if nothing were fixed.
const MOST_MASKS: usize = 6;

/// More clauses are not compared with one.
const MOST_CANDIDATES: usize = 16;

/// More conditions of a clause are not looked at.
const MOST_PARTS: usize = 64;

impl<'p> Index<'p> {
    pub(super) fn new(clauses: impl Iterator<Item = &'p Clause>) -> Self {
        let mut index = Self {
            clauses: clauses.map(Summary::new).collect(),
            masks: BTreeMap::new(),
            counts: BTreeMap::new(),
            waiting: BTreeMap::new(),
        };
        for part in index.clauses.iter().flat_map(|summary| &summary.parts) {
            let masks = index.masks.entry(part.kind).or_insert_with(|| vec![0]);
            if masks.len() < MOST_MASKS && !masks.contains(&part.fixed) {
                masks.push(part.fixed);
            }
        }
        let patterns: Vec<u64> = index
            .clauses
            .iter()
            .flat_map(|summary| &summary.parts)
            .map(|part| index.pattern(part))
            .collect();
        for pattern in patterns {
            *index.counts.entry(pattern).or_default() += 1;
        }
        index
    }

    /// The most that is fixed in a part, as far as the index knows such patterns.
    fn pattern(&self, part: &Part<'p>) -> u64 {
        let is_known = self
            .masks
            .get(&part.kind)
            .is_some_and(|masks| masks.contains(&part.fixed));
        part.pattern(if is_known { part.fixed } else { 0 })
    }

    /// An earlier clause that covers this one.
    pub(super) fn covering(&self, number: usize) -> Option<&'p Clause> {
        self.covering_summary(self.clauses.get(number)?)
    }

    /// A clause among those that wait that covers a fact which is not in the index.
    pub(super) fn covering_fact(&self, fact: &'p Clause) -> Option<&'p Clause> {
        if self.waiting.is_empty() {
            return None;
        }
        self.covering_summary(&Summary::new(fact))
    }

    fn covering_summary(&self, summary: &Summary<'p>) -> Option<&'p Clause> {
        let mut left = MOST_CANDIDATES;
        for part in &summary.parts {
            let masks = self.masks.get(&part.kind).map_or(&[][..], Vec::as_slice);
            for mask in masks.iter().filter(|mask| **mask & !part.fixed == 0) {
                let waiting = self.waiting.get(&part.pattern(*mask));
                for earlier in waiting.into_iter().flatten().take(16 * MOST_CANDIDATES) {
                    let earlier = self.clauses.get(*earlier)?;
                    if earlier.names & !summary.names != 0 {
                        continue;
                    }
                    if covers(earlier.clause, summary.clause) {
                        return Some(earlier.clause);
                    }
                    left = left.checked_sub(1)?;
                }
            }
        }
        None
    }

    /// Lets a clause wait for later ones.
    pub(super) fn add(&mut self, number: usize) {
        let Some(summary) = self.clauses.get(number) else {
            return;
        };
        let patterns = summary.parts.iter().map(|part| self.pattern(part));
        let rarest = patterns.min_by_key(|pattern| self.counts.get(pattern));
        if let Some(rarest) = rarest {
            self.waiting.entry(rarest).or_default().push(number);
        }
    }
}

impl<'p> Summary<'p> {
    fn new(clause: &'p Clause) -> Self {
        let head = Part::new(Sort::Head, "", clause.head.arguments.iter());
        let mut parts = vec![head];
        let mut names = 0;
        let goals = clause.body.as_ref().map_or_else(Vec::new, conjuncts);
        for goal in goals {
            let part = Part::of(goal);
            let mut bit = Signature::default();
            part.as_ref().map(|part| part.kind).hash(&mut bit);
            names |= 1 << (bit.finish() >> 58);
            if parts.len() < MOST_PARTS {
                parts.extend(part);
            }
        }
        Self {
            clause,
            parts,
            names,
        }
    }
}

impl<'p> Part<'p> {
    /// None for other conditions.
    fn of(goal: &'p Goal) -> Option<Self> {
        Some(match &goal.kind {
            GoalKind::Call(atom) => Self::new(Sort::Call, &atom.name, atom.arguments.iter()),
            GoalKind::Compare(comparison, left, right) => Self::new(
                Sort::Comparison,
                comparison.symbol(),
                [left, right].into_iter(),
            ),
            GoalKind::Not(goal) => match &goal.kind {
                GoalKind::Call(atom) => Self::new(Sort::Not, &atom.name, atom.arguments.iter()),
                _ => return None,
            },
            _ => return None,
        })
    }

    fn new(sort: Sort, name: &'p str, arguments: impl Iterator<Item = &'p Term>) -> Self {
        let arguments: Vec<&Term> = arguments.collect();
        let mut fixed = 0;
        for (place, argument) in arguments.iter().enumerate().take(64) {
            if add_top(argument, &mut Signature::default()).is_some() {
                fixed |= 1 << place;
            }
        }
        Self {
            kind: (sort, name, arguments.len()),
            arguments,
            fixed,
        }
    }

    fn pattern(&self, mask: u64) -> u64 {
        let mut signature = Signature::default();
        self.kind.hash(&mut signature);
        mask.hash(&mut signature);
        for (place, argument) in self.arguments.iter().enumerate().take(64) {
            if mask & (1 << place) != 0 {
                // A part without the argument fixed is not asked for such a pattern.
                let _ = add_top(argument, &mut signature);
            }
        }
        signature.finish()
    }
}
