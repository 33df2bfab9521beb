//! A memory in the fewest lines: everything is compared with everything.

use assize_core::gate::{Consolidate, Recall, Recollection, Remember};

#[derive(Debug, Clone)]
struct Entry {
    vector: Vec<f32>,
    phase: f32,
    confidence: f64,
    text: Option<String>,
    is_consolidated: bool,
    /// Counted from the first that was stored.
    number: u64,
}

/// What a memory holds, and which of its writes are to fail.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    capacity: usize,
    entries: Vec<Entry>,
    stored: u64,
    pub(crate) fails: bool,
    /// Only at this phase.
    pub(crate) fails_at: Option<f64>,
    pub(crate) is_evicting: bool,
    pub(crate) has_refused: bool,
}

impl Memory {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            ..Self::default()
        }
    }

    pub(crate) fn used(&self) -> usize {
        self.entries.len()
    }

    fn fail(&self, phase: f32) -> Result<(), String> {
        let is_meant = |at: f64| (at - f64::from(phase)).abs() < 1e-6;
        if self.fails && self.fails_at.is_none_or(is_meant) {
            return Err("out of memory".to_owned());
        }
        Ok(())
    }

    /// Stores; in a full memory instead of the oldest of the least confident, and of those that
    /// were consolidated only where there is no other.
    pub(crate) fn remember(&mut self, entry: Remember) -> Result<bool, String> {
        self.fail(entry.phase)?;
        if entry.confidence < 0.5 {
            self.has_refused = true;
            return Ok(false);
        }
        if self.entries.len() >= self.capacity {
            self.is_evicting = true;
            let worst = |a: &&Entry, b: &&Entry| {
                let by_confidence = a.confidence.total_cmp(&b.confidence);
                let by_kind = a.is_consolidated.cmp(&b.is_consolidated);
                by_kind.then(by_confidence).then(a.number.cmp(&b.number))
            };
            let evicted = self.entries.iter().min_by(worst).map(|entry| entry.number);
            self.entries.retain(|entry| Some(entry.number) != evicted);
        }
        self.entries.push(Entry {
            vector: entry.vector,
            phase: entry.phase,
            confidence: entry.confidence,
            text: entry.text,
            is_consolidated: false,
            number: self.stored,
        });
        self.stored += 1;
        Ok(true)
    }

    pub(crate) fn consolidate(&mut self, consolidate: Consolidate) -> Result<(), String> {
        self.fail(consolidate.to)?;
        for entry in &mut self.entries {
            if entry.phase == consolidate.from && !entry.is_consolidated {
                entry.is_consolidated = true;
                entry.phase = consolidate.to;
            }
        }
        Ok(())
    }

    pub(crate) fn recall(&self, recall: &Recall) -> Vec<Recollection> {
        let is_near = |entry: &&Entry| {
            let is_in_phase = (entry.phase - recall.phase).abs() <= recall.phase_tolerance;
            (is_in_phase || entry.is_consolidated) && entry.confidence >= recall.min_confidence
        };
        let found = self.entries.iter().filter(is_near);
        let mut found: Vec<_> = found
            .map(|entry| Recollection {
                text: entry.text.clone(),
                resonance: resonance(&entry.vector, &recall.vector),
            })
            .collect();
        found.sort_by(|a, b| b.resonance.total_cmp(&a.resonance));
        found.truncate(recall.top_k as usize);
        found
    }
}

fn resonance(left: &[f32], right: &[f32]) -> f32 {
    let product = |(a, b): (&f32, &f32)| f64::from(*a) * f64::from(*b);
    let dot: f64 = left.iter().zip(right).map(product).sum();
    let norm = |values: &[f32]| values.iter().zip(values).map(product).sum::<f64>().sqrt();
    (dot / (norm(left).max(1e-9) * norm(right).max(1e-9))) as f32
}
