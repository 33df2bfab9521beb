//! What a machine uses, within which bounds, and how it begins anew.

use super::run::Next;
use super::{Machine, NONE, Stop};
use crate::limits::LimitReached;
use crate::rules::program::{Block, Program};
use std::sync::Arc;

/// After how many steps the bounds are looked at.
const CHECK_STEPS: u64 = 256;

impl Machine {
    /// Looks at the bounds; says what to do instead of a call if that is not to go on.
    #[cold]
    pub(super) fn check_limits(
        &mut self,
        predicate: u32,
        depth: u32,
    ) -> Result<Option<Next>, Stop> {
        self.check_bounds()?;
        if self.steps > self.pause_at {
            self.pause_at = u64::MAX;
            // The call is counted when it is made again.
            self.steps -= 1;
            self.paused = Some((predicate, depth));
            return Ok(Some(Next::Pause));
        }
        Ok(None)
    }

    /// Looks at the bounds before the last choice is tried again; whether to pause there.
    #[cold]
    pub(super) fn is_to_pause(&mut self) -> Result<bool, Stop> {
        self.check_bounds()?;
        let pauses = self.steps > self.pause_at;
        if pauses {
            self.pause_at = u64::MAX;
        }
        Ok(pauses)
    }

    pub(super) fn check_bounds(&mut self) -> Result<(), Stop> {
        let limits = self.limits;
        let over = |name: &str, limit: u64, observed: u64| {
            (observed > limit).then(|| {
                Stop::Limit(LimitReached {
                    name: name.to_owned(),
                    limit,
                    observed,
                })
            })
        };
        let stop = self.walked_out.clone().map(Stop::Limit);
        let stop = stop
            .or_else(|| over("max-steps", limits.max_steps, self.steps))
            .or_else(|| {
                over(
                    "max-table-answers",
                    u64::from(limits.max_table_answers),
                    self.tables.answers as u64,
                )
            })
            .or_else(|| over("max-bytes", limits.max_bytes, self.bytes() as u64));
        if let Some(stop) = stop {
            return Err(stop);
        }
        self.next_check = (self.steps + CHECK_STEPS)
            .min(limits.max_steps.saturating_add(1))
            .min(self.pause_at);
        Ok(())
    }

    /// Bytes in use.
    pub(crate) fn bytes(&self) -> usize {
        let top = if self.frame == NONE { 0 } else { self.top() };
        (self.heap.len() + top + self.saved.len()) * 8
            + self.trail.len() * 4
            + self.bigs.last().map_or(0, |big| big.bytes)
            + self.choices.len() * super::Choice::BYTES
            + self.rows.iter().map(|rows| rows.set.bytes()).sum::<usize>()
            + self
                .collectors
                .iter()
                .map(super::aggregate::Collector::bytes)
                .sum::<usize>()
            + self.tables.bytes()
            + self.extra.bytes()
            + self
                .answered
                .values()
                .map(|rows| rows.bytes())
                .sum::<usize>()
    }

    /// Bytes that a result may still have.
    pub(super) fn room(&self) -> usize {
        usize::try_from(self.limits.max_bytes)
            .unwrap_or(usize::MAX)
            .saturating_sub(self.bytes())
    }

    /// Ready for a query whose code is the given block.
    pub(crate) fn reset(&mut self, query: Arc<Block>) {
        self.query = query;
        self.restore_predicates();
        self.answered.clear();
        self.reset_state();
    }

    /// Ready for another call, with facts and answers of the host as they are.
    pub(super) fn reset_state(&mut self) {
        self.heap.clear();
        self.trail.clear();
        self.choices.clear();
        self.saved.clear();
        self.bigs.clear();
        self.rows.clear();
        self.collectors.clear();
        self.asked = None;
        self.paused = None;
        self.too_deep = false;
        self.frame = NONE;
        self.continuation = Program::HALT;
        self.depth = 0;
        self.boundary = 0;
        self.steps = 0;
        self.next_check = 0;
        self.pause_at = u64::MAX;
        self.tables.abandon();
        if self.walked_out.take().is_some() {
            self.tables.clear();
        }
    }
}
