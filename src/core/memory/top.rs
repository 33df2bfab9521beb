//! The best of many, without sorting them.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// How good a slot is: higher resonance, then the newer entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rank {
    pub(super) resonance: f32,
    pub(super) id: u64,
    pub(super) slot: usize,
}

impl Rank {
    pub(super) fn new(resonance: f32, id: u64, slot: usize) -> Self {
        // Adding zero makes both zeros one.
        let resonance = resonance + 0.0;
        Self {
            resonance,
            id,
            slot,
        }
    }
}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        let resonance = self.resonance.total_cmp(&other.resonance);
        resonance.then(self.id.cmp(&other.id))
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Rank {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Rank {}

/// A lower bound of a resonance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound(pub(super) f64);

impl Ord for Bound {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Bound {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Bound {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Bound {}

/// The greatest of what was offered.
#[derive(Debug)]
pub(super) struct Top<T> {
    count: usize,
    // INVARIANT: at most `count`, which is at least 1.
    kept: BinaryHeap<Reverse<T>>,
}

impl<T: Ord> Top<T> {
    pub(super) fn new(count: usize) -> Self {
        let count = count.max(1);
        Self {
            count,
            kept: BinaryHeap::with_capacity(count),
        }
    }

    #[inline]
    pub(super) fn offer(&mut self, item: T) {
        if self.kept.len() < self.count {
            self.kept.push(Reverse(item));
        } else if let Some(mut least) = self.kept.peek_mut()
            && least.0 < item
        {
            least.0 = item;
        }
    }

    /// The least of them, once there are as many as are wanted.
    #[inline]
    pub(super) fn least(&self) -> Option<&T> {
        let least = self.kept.peek().filter(|_| self.kept.len() == self.count);
        least.map(|least| &least.0)
    }

    /// The greatest first.
    pub(super) fn into_sorted(self) -> impl Iterator<Item = T> {
        self.kept.into_sorted_vec().into_iter().map(|item| item.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_sorting(numbers in prop::collection::vec(0_u32..50, 0..60), count in 1_usize..8) {
            let mut top = Top::new(count);
            numbers.iter().for_each(|number| top.offer(*number));
            let mut sorted = numbers;
            sorted.sort_unstable_by_key(|number| Reverse(*number));
            sorted.truncate(count);
            prop_assert_eq!(top.least().copied(), sorted.get(count - 1).copied());
            prop_assert_eq!(top.into_sorted().collect::<Vec<_>>(), sorted);
        }
    }

    #[test]
    fn zeros_are_one_and_the_newer_is_better() {
        let (older, newer) = (Rank::new(0.0, 1, 0), Rank::new(-0.0, 2, 1));
        assert!(newer > older);
        assert!(Rank::new(1e-45, 1, 0) > newer);
    }
}
