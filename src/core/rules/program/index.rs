//! Clauses found by the arguments of a call.

use super::cell::Cell;
use super::hash::{self, NumberTable};
use super::predicate::{ANY, Clauses};

/// For each combination of keys in some arguments, the clauses that can match, in order.
#[derive(Debug, Default)]
pub(crate) struct Index {
    arguments: u16,
    groups: Vec<Group>,
    numbers: NumberTable,
    clauses: Vec<u32>,
    /// The clauses that match whatever there is.
    rest: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    /// A clause whose keys are those of the group.
    representative: u32,
    start: u32,
    count: u32,
}

impl Index {
    pub(crate) fn of(clauses: &Clauses, arguments: u16) -> Self {
        let mut index = Self {
            arguments,
            ..Self::default()
        };
        let mut members: Vec<(u32, u32)> = Vec::with_capacity(clauses.len());
        for clause in 0..clauses.len() as u32 {
            if clauses.code(clause) == Clauses::REMOVED {
                continue;
            }
            if keys_of(clauses, clause, arguments).any(|key| key == ANY) {
                index.rest.push(clause);
            } else {
                members.push((index.group(clauses, clause), clause));
            }
        }
        index.fill(&members);
        index
    }

    fn group(&mut self, clauses: &Clauses, clause: u32) -> u32 {
        let arguments = self.arguments;
        let hash = hash_of(keys_of(clauses, clause, arguments));
        let groups = &self.groups;
        let known = self.numbers.find(hash, |number| {
            groups.get(*number as usize).is_some_and(|group| {
                keys_of(clauses, group.representative, arguments)
                    .eq(keys_of(clauses, clause, arguments))
            })
        });
        if let Some(number) = known {
            return number;
        }
        let number = self.groups.len() as u32;
        self.groups.push(Group {
            representative: clause,
            start: 0,
            count: 0,
        });
        let groups = &self.groups;
        self.numbers.insert(hash, number, |number| {
            groups.get(*number as usize).map_or(0, |group| {
                hash_of(keys_of(clauses, group.representative, arguments))
            })
        });
        number
    }

    /// Lays the groups out one after the other, each with the clauses that match everything in their places.
    fn fill(&mut self, members: &[(u32, u32)]) {
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); self.groups.len()];
        for (group, clause) in members {
            if let Some(list) = lists.get_mut(*group as usize) {
                list.push(*clause);
            }
        }
        for (group, mut list) in self.groups.iter_mut().zip(lists) {
            if !self.rest.is_empty() {
                list.extend_from_slice(&self.rest);
                list.sort_unstable();
            }
            group.start = self.clauses.len() as u32;
            group.count = list.len() as u32;
            self.clauses.append(&mut list);
        }
    }

    /// The clauses that can match the keys of a call, as a range of [`Index::clause`].
    #[inline]
    pub(crate) fn find(&self, clauses: &Clauses, keys: &[Cell]) -> (u32, u32) {
        let arguments = self.arguments;
        let hash = hash_of(selected(keys, arguments));
        let found = self.numbers.find(hash, |number| {
            self.groups.get(*number as usize).is_some_and(|group| {
                keys_of(clauses, group.representative, arguments).eq(selected(keys, arguments))
            })
        });
        match found.and_then(|number| self.groups.get(number as usize)) {
            Some(group) => (group.start, group.start + group.count),
            None => {
                let start = self.clauses.len() as u32;
                (start, start + self.rest.len() as u32)
            }
        }
    }

    /// A clause by its place in the index.
    #[inline]
    pub(crate) fn clause(&self, place: u32) -> u32 {
        let place = place as usize;
        self.clauses
            .get(place)
            .or_else(|| self.rest.get(place - self.clauses.len()))
            .copied()
            .unwrap_or(u32::MAX)
    }
}

fn keys_of(clauses: &Clauses, clause: u32, arguments: u16) -> impl Iterator<Item = Cell> {
    selected(clauses.head(clause), arguments).map(|cell| clauses.key(cell))
}

#[inline(always)]
fn selected(cells: &[Cell], arguments: u16) -> impl Iterator<Item = Cell> {
    let mut left = arguments;
    std::iter::from_fn(move || {
        if left == 0 {
            return None;
        }
        let place = left.trailing_zeros();
        left &= left - 1;
        cells.get(place as usize).copied()
    })
}

#[inline(always)]
fn hash_of(keys: impl Iterator<Item = Cell>) -> u64 {
    keys.fold(0x243f_6a88_85a3_08d3, |hash, key| {
        hash::mix(hash, key.bits())
    })
}
