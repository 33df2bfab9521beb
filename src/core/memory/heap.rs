//! Slots by a key, the least first, any of which can be taken out.

use super::{NoRoom, reserve};

const ABSENT: u32 = u32::MAX;

/// A binary heap that knows where each slot stands. Keys are looked up, so they take no memory here;
/// they must differ, so that no answer depends on the order of insertion.
#[derive(Debug)]
pub(super) struct SlotHeap {
    slots: Vec<u32>,
    /// Where each slot stands in `slots`.
    places: Vec<u32>,
}

impl SlotHeap {
    pub(super) fn new(capacity: usize) -> Result<Self, NoRoom> {
        let mut places = reserve(capacity)?;
        places.resize(capacity, ABSENT);
        Ok(Self {
            slots: reserve(capacity)?,
            places,
        })
    }

    /// Bytes of memory that are set aside for a number of slots.
    pub(super) const fn bytes_of(capacity: usize) -> usize {
        2 * capacity * size_of::<u32>()
    }

    pub(super) fn bytes(&self) -> usize {
        (self.slots.capacity() + self.places.capacity()) * size_of::<u32>()
    }

    /// The slot with the least key.
    pub(super) fn least(&self) -> Option<usize> {
        self.slots.first().map(|slot| *slot as usize)
    }

    pub(super) fn insert<K: Ord>(&mut self, slot: usize, key: impl Fn(usize) -> K) {
        let place = self.slots.len();
        self.slots.push(slot as u32);
        self.rise(place, &key);
    }

    /// Takes a slot out, if it is in; its key must still be the one that it was inserted with.
    pub(super) fn remove<K: Ord>(&mut self, slot: usize, key: impl Fn(usize) -> K) {
        let Some(place) = self.places.get_mut(slot) else {
            return;
        };
        let place = std::mem::replace(place, ABSENT) as usize;
        if place >= self.slots.len() {
            return;
        }
        self.slots.swap_remove(place);
        if place < self.slots.len() {
            let place = self.rise(place, &key);
            self.sink(place, &key);
        }
    }

    /// What was at one slot is at another, with the same key.
    pub(super) fn rename(&mut self, from: usize, to: usize) {
        let Some(place) = self.places.get_mut(from) else {
            return;
        };
        let place = std::mem::replace(place, ABSENT);
        if let Some(slot) = self.slots.get_mut(place as usize) {
            *slot = to as u32;
        }
        if let Some(at) = self.places.get_mut(to) {
            *at = place;
        }
    }

    fn slot(&self, place: usize) -> Option<usize> {
        self.slots.get(place).map(|slot| *slot as usize)
    }

    fn put(&mut self, place: usize, slot: usize) {
        if let (Some(to), Some(at)) = (self.slots.get_mut(place), self.places.get_mut(slot)) {
            *to = slot as u32;
            *at = place as u32;
        }
    }

    fn rise<K: Ord>(&mut self, mut place: usize, key: &impl Fn(usize) -> K) -> usize {
        let Some(slot) = self.slot(place) else {
            return place;
        };
        let own = key(slot);
        while place > 0 {
            let above = (place - 1) / 2;
            match self.slot(above) {
                Some(parent) if key(parent) > own => self.put(place, parent),
                _ => break,
            }
            place = above;
        }
        self.put(place, slot);
        place
    }

    fn sink<K: Ord>(&mut self, mut place: usize, key: &impl Fn(usize) -> K) {
        let Some(slot) = self.slot(place) else {
            return;
        };
        let own = key(slot);
        loop {
            let below = [2 * place + 1, 2 * place + 2];
            let below = below
                .into_iter()
                .filter_map(|at| Some((at, self.slot(at)?)));
            match below.min_by_key(|(_, child)| key(*child)) {
                Some((at, child)) if key(child) < own => {
                    self.put(place, child);
                    place = at;
                }
                _ => break,
            }
        }
        self.put(place, slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn least_is_that_of_a_sorted_map(steps in prop::collection::vec((0_usize..12, 0_u32..1_000), 0..200)) {
            let mut heap = SlotHeap::new(12).unwrap();
            let mut keys: BTreeMap<usize, (u32, usize)> = BTreeMap::new();
            for (number, (slot, key)) in steps.into_iter().enumerate() {
                let held = keys.clone();
                heap.remove(slot, |slot| held[&slot]);
                if keys.remove(&slot).is_none() || number % 3 == 0 {
                    keys.insert(slot, (key, number));
                    heap.insert(slot, |slot| keys[&slot]);
                } else if let Some((moved, key)) = keys.pop_last() {
                    heap.rename(moved, slot);
                    keys.insert(slot, key);
                }
                let least = keys.iter().min_by_key(|(_, key)| **key).map(|(slot, _)| *slot);
                prop_assert_eq!(heap.least(), least);
            }
        }
    }
}
