//! Whether code may run: that it is such as the compiler makes, as far as the machine relies on it.
//!
//! The machine checks nothing of a program while it runs. It relies on this:
//!
//! * Code: a halt, the end of a table's call, then one region for each rule and no other code. A region is entered
//!   at its first instruction and left by `proceed`, `execute` or a failure; nothing runs into the next one.
//!   Jumps, alternatives and the exits of aggregates lead forward within it, so that only calls can go round, and
//!   calls count steps.
//! * Names: numbers of predicates, stored constants, constants, functors and built-ins are those of something; a
//!   header has its functor's number of arguments; constants are atomic, since a reference would be a place on
//!   the heap. Reading has made sure of what does not depend on the place.
//! * Registers: one is read only after it was written since the clause was entered, a call returned, a choice was
//!   come back to or branches joined; what else it holds may lie beyond the end of the heap. A call's arguments are written.
//! * Frames: `allocate` comes first or not at all, and `deallocate` right before the end, if there is a frame. Permanent variables
//!   lie below its size. Whatever goes on elsewhere than at the next instruction needs the frame: calls,
//!   alternatives, generators, aggregates.
//! * Permanent variables: one instruction of the region gives each its value, and it is read only behind it. Frames
//!   are not trailed: a second value would stay there when an alternative expects the first. A suspended goal
//!   copies those that its call says have a value, so these must.
//! * Terms: as many parts follow a pair or structure as it has, and nothing comes between, since parts
//!   are written at the end of the heap. One that is being put is not yet in its register: it can't hold itself.
//! * Barriers: `level` has a slot of its own and a `cut` in the same frame, and both nest with alternatives and
//!   aggregates: a cut gives up neither an aggregate under way nor a choice older than its level. Between them,
//!   and in aggregates, no predicate is called that the clause's own can be called by: such a call might
//!   wait for a table that is in the making, and go on later, when the choices that the level counts, and the aggregate's
//!   solutions, are others. Programs whose negations and aggregates are stratified are so.
//! * Aggregates: what they name in the frame has a value where they begin, and the end of one is the exit of it.
//!
//! That clauses and code say the same as the sources is not verified: a snapshot is its writer's program.

mod clause;
mod region;
#[cfg(test)]
mod tests;

use super::RestoreError;
use super::clauses::Entry;
use super::code_write::FIRST;
use crate::rules::check::graph::{Edge, Graph};
use crate::rules::program::Block;
use crate::rules::program::instruction::Instruction;
use region::Region;
use std::ops::Range;

/// What is known of a program while one of its regions is looked at.
#[derive(Debug)]
struct Program<'a> {
    block: &'a Block,
    arities: &'a [u8],
    /// By predicate: those that call each other have the same number.
    components: Vec<usize>,
}

/// Verifies a program's code; `entries` are the beginnings of its rules, in order.
pub(super) fn verify(block: &Block, arities: &[u8], entries: &[Entry]) -> Result<(), RestoreError> {
    let regions = regions(block, entries)?;
    let program = Program {
        block,
        arities,
        components: components(block, arities.len(), &regions),
    };
    for (range, predicate) in regions {
        Region::new(&program, range, predicate).verify()?;
    }
    Ok(())
}

type Regions = Vec<(Range<usize>, u32)>;

/// The code of each rule and its predicate; together they are all code.
fn regions(block: &Block, entries: &[Entry]) -> Result<Regions, RestoreError> {
    let end = block.code.len();
    let error = |place: usize, problem| RestoreError::Code {
        place: place as u32,
        problem,
    };
    let mut regions = Vec::with_capacity(entries.len());
    let mut expected = FIRST;
    for (number, (start, predicate)) in entries.iter().enumerate() {
        let start = *start as usize;
        if start != expected {
            return Err(error(start, "a rule begins where it can't"));
        }
        let next = entries.get(number + 1).map(|(next, _)| *next as usize);
        expected = next.unwrap_or(end);
        if expected <= start || expected > end {
            return Err(error(start, "a rule has no code"));
        }
        regions.push((start..expected, *predicate));
    }
    if expected == end {
        Ok(regions)
    } else {
        Err(error(expected, "no rule has this code"))
    }
}

fn components(block: &Block, predicates: usize, regions: &Regions) -> Vec<usize> {
    let mut edges = Vec::new();
    for (range, predicate) in regions {
        for instruction in block.code.get(range.clone()).unwrap_or_default() {
            if let Instruction::Call(called) | Instruction::Execute(called) = instruction
                && (*called as usize) < predicates
            {
                edges.push(Edge::call(*predicate as usize, *called as usize));
            }
        }
    }
    Graph::new(predicates, edges).components()
}
