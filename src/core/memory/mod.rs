//! What was stored that is like this, in this phase?
//!
//! [`PhaseMemory`] keeps a fixed number of vectors, each with a phase and a confidence, and finds those
//! that resonate most with a query: exactly, whether by looking at every vector or by its compressed
//! index. [`SynapticMemory`] is three levels of one vector that fade at different rates.
//!
//! Both are state machines over plain data. The time is an argument.

mod codes;
mod entry;
mod heap;
mod kernel;
mod operation;
mod phase_memory;
mod restoring;
mod retrieve;
mod settings;
mod slots;
mod snapshot;
mod synaptic;
#[cfg(test)]
mod tests;
mod texts;
mod top;

pub use entry::{
    CONSOLIDATED_PHASE, Entry, Inserted, NewEntry, Query, Recollection, STORAGE_CONFIDENCE, Source,
};
pub use operation::{Operation, Outcome};
pub use phase_memory::{PhaseMemory, Usage};
pub use restoring::{RestoreError, Restoring};
pub use settings::{MemoryConfig, MemorySettings};
pub use synaptic::{SynapticConfig, SynapticMemory, SynapticSettings, Transfer};

/// There is not so much memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NoRoom;

/// An empty list with room for exactly so many items.
fn reserve<T>(count: usize) -> Result<Vec<T>, NoRoom> {
    let mut items = Vec::new();
    items.try_reserve_exact(count).map_err(|_| NoRoom)?;
    Ok(items)
}
