//! Finding what resonates most.

use super::codes::{Bounds, CodedQuery, Codes};
use super::entry::{Query, Recollection};
use super::kernel::dot;
use super::phase_memory::PhaseMemory;
use super::slots::floored_norm;
use super::top::{Bound, Rank, Top};
use crate::error::InvalidInput;

impl PhaseMemory {
    /// The entries that resonate most with a query, the best first, among those in phase, confident
    /// enough and not expired by `now` (milliseconds since 1970). Of two that resonate equally the
    /// newer is better.
    ///
    /// An entry is in phase if its phase, or that which it had before it was consolidated, is within
    /// `tolerance` of the query's.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable, as in `/vector/17`.
    pub fn retrieve(&self, query: &Query<'_>, now: u64) -> Result<Vec<Recollection>, InvalidInput> {
        let mut errors = Vec::new();
        query.check(self.config.dimension(), &mut errors);
        InvalidInput::check(errors)?;
        let candidates = self.candidates(query, now);
        let count = candidates.len().min(query.top_k as usize);
        let best = match &self.slots.codes {
            Some(codes) if count < candidates.len() => {
                self.scan_codes(codes, &candidates, query.vector, count)
            }
            _ => self.scan(candidates.into_iter(), query.vector, count),
        };
        let recollection = |rank: Rank| {
            Some(Recollection {
                resonance: rank.resonance,
                entry: self.slots.fields(rank.slot)?.entry(&self.texts),
            })
        };
        Ok(best.into_sorted().filter_map(recollection).collect())
    }

    /// Slots whose entries may be given, in their order.
    fn candidates(&self, query: &Query<'_>, now: u64) -> Vec<u32> {
        let slots = &self.slots;
        let mut found = vec![0; slots.len()];
        let mut count = 0;
        let in_phase = |phase: f32| (phase - query.phase).abs() <= query.tolerance;
        let phases = slots.phases.iter().zip(&slots.first_phases);
        let rest = slots.confidences.iter().zip(&slots.expiries);
        for (slot, ((phase, first), (confidence, expires_at))) in phases.zip(rest).enumerate() {
            let is_candidate = (in_phase(*phase) | in_phase(*first))
                & (*confidence >= query.min_confidence)
                & (*expires_at > now);
            // Written in any case: which are candidates no processor foretells.
            if let Some(next) = found.get_mut(count) {
                *next = slot as u32;
            }
            count += usize::from(is_candidate);
        }
        found.truncate(count);
        found
    }

    /// Computes the resonance of each slot.
    fn scan(&self, slots: impl Iterator<Item = u32>, query: &[f32], count: usize) -> Top<Rank> {
        let mut top = Top::new(count);
        let query_norm = floored_norm(query);
        for slot in slots {
            self.offer(&mut top, slot as usize, query, query_norm);
        }
        top
    }

    #[inline]
    fn offer(&self, top: &mut Top<Rank>, slot: usize, query: &[f32], query_norm: f32) {
        let (Some(norm), Some(id)) = (self.slots.norms.get(slot), self.slots.ids.get(slot)) else {
            return;
        };
        let resonance = dot(self.slots.vector(slot), query) / (norm * query_norm);
        top.offer(Rank::new(resonance, *id, slot));
    }

    /// Computes the resonance of those slots alone that may be among the best.
    fn scan_codes(
        &self,
        codes: &Codes,
        candidates: &[u32],
        query: &[f32],
        count: usize,
    ) -> Top<Rank> {
        let coded = CodedQuery::of(query);
        let mut lower_bounds = Top::new(count);
        let mut possible = Vec::new();
        let mut consider = |slot: u32, bounds: Bounds| {
            lower_bounds.offer(Bound(bounds.lower));
            let least: Option<&Bound> = lower_bounds.least();
            if least.is_none_or(|least| bounds.upper >= least.0) {
                possible.push((slot, bounds.upper));
            }
        };
        let (pairs, last) = candidates.as_chunks();
        for [first, second] in pairs {
            let bounds = codes.bounds([*first as usize, *second as usize], &coded);
            let [of_first, of_second] = bounds;
            consider(*first, of_first);
            consider(*second, of_second);
        }
        for slot in last {
            let [bounds, _] = codes.bounds([*slot as usize; 2], &coded);
            consider(*slot, bounds);
        }
        let least = lower_bounds
            .least()
            .map_or(f64::NEG_INFINITY, |least| least.0);
        let possible = possible.into_iter().filter(|(_, upper)| *upper >= least);
        self.scan(possible.map(|(slot, _)| slot), query, count)
    }
}
