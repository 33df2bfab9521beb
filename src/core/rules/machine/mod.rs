//! Runs compiled programs. Nothing here recurses with the data: a term, a proof or a list may be as
//! deep as the limit on bytes permits.

mod aggregate;
mod bounds;
mod builtin;
mod call;
mod memory;
mod names;
mod run;
mod start;
mod table;
mod term;

pub(crate) use names::Extra;

use super::answer::Limits;
use super::builtins::Fault;
use super::source::Span;
use super::value::Value;
use crate::limits::LimitReached;
use crate::rules::program::cell::Cell;
use crate::rules::program::index::Index;
use crate::rules::program::predicate::Predicate;
use crate::rules::program::{Block, Program};
use num_bigint::BigInt;
use std::collections::BTreeMap;
use std::sync::Arc;

/// No frame, no list, no place.
const NONE: u32 = u32::MAX;
/// Marks an instruction's place as one of the query's block.
const QUERY: u32 = 1 << 31;
/// Words before the variables of a frame: the frame and the instruction to go on with; depth and size.
const FRAME_HEADER: usize = 2;

/// What a machine stops for.
#[derive(Debug)]
pub(crate) enum Event {
    /// The query holds; go on with [`Machine::next`].
    Answer,
    /// There are no more answers.
    Exhausted,
    /// The host must answer; give it to [`Machine::provide`].
    External,
    /// The slice of steps is used up.
    Pause,
}

/// Why a machine can't go on.
#[derive(Debug)]
pub(crate) enum Stop {
    Limit(LimitReached),
    /// A built-in's fault.
    Fault(Box<Raised>),
    /// The host would have to answer, and can't be asked here.
    Unanswered,
}

/// A built-in's fault, and what is known of its call.
#[derive(Debug)]
pub(crate) struct Raised {
    pub(crate) name: Arc<str>,
    pub(crate) arity: usize,
    pub(crate) span: Option<Span>,
    /// Its arguments, where these are at hand.
    pub(crate) values: Vec<Value>,
    pub(crate) fault: Fault,
}

/// A point to come back to.
#[derive(Debug, Clone, Copy)]
struct Choice {
    alternative: Alternative,
    frame: u32,
    continuation: u32,
    depth: u32,
    trail: u32,
    heap: u32,
    bigs: u32,
    /// The end of the stack that must be kept.
    top: u32,
    /// Where its saved cells begin.
    saved: u32,
}

impl Choice {
    /// What one is counted as: the same on every host, as limits must be.
    const BYTES: usize = 64;
}

const _: () = assert!(size_of::<Choice>() <= Choice::BYTES);

/// What is tried when a choice is come back to.
#[derive(Debug, Clone, Copy)]
enum Alternative {
    /// Further clauses of a predicate: of an index, or of all, from a place on.
    Clauses {
        predicate: u32,
        list: u32,
        place: u32,
        end: u32,
    },
    /// Other code of the same frame.
    Code(u32),
    /// Further answers of a complete table.
    Table { table: u32, next: u32 },
    /// Further answers for a suspended goal of the generator at a level.
    Consumer {
        level: u32,
        suspension: u32,
        next: u32,
    },
    /// The end of all clauses of a table's call.
    Generator { table: u32 },
    /// Further rows of what a built-in, an aggregate or the host gave.
    Rows { rows: u32, next: u32 },
    /// Further items of a list.
    Member,
    /// Further numbers.
    Between,
    /// All solutions of an aggregate's goal were seen.
    Aggregate { exit: u32 },
}

/// A whole number beyond a cell.
#[derive(Debug)]
struct Big {
    number: Arc<BigInt>,
    /// Bytes of all up to this one.
    bytes: usize,
}

/// How the clauses of a predicate are found for one combination of known arguments.
#[derive(Debug, Clone)]
struct Plan {
    bound: u16,
    /// The number of the index in [`Machine::indexes`]; [`NONE`]: look through all.
    list: u32,
}

/// A machine and all that it holds.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) program: Arc<Program>,
    /// As the program's, but for those to which the query adds facts.
    predicates: Vec<Arc<Predicate>>,
    replaced: Vec<u32>,
    query: Arc<Block>,
    pub(crate) extra: Extra,

    x: Box<[Cell; 256]>,
    heap: Vec<Cell>,
    stack: Vec<Cell>,
    trail: Vec<u32>,
    choices: Vec<Choice>,
    saved: Vec<Cell>,
    bigs: Vec<Big>,
    frame: u32,
    continuation: u32,
    depth: u32,
    /// Where the heap ended at the last choice: older variables are trailed.
    boundary: usize,
    /// The part of a structure that is read next.
    part: usize,
    writing: bool,
    /// Whether a value had to be given up because it is too deep.
    too_deep: bool,
    /// The bound that a walk over a term reached; what came of it says nothing.
    walked_out: Option<LimitReached>,
    /// Where the term begins that was bound to a variable of the call and is being written.
    written: usize,
    at: u32,

    plans: Vec<Vec<Plan>>,
    indexes: Vec<Arc<Index>>,
    rows: Vec<term::Rows>,
    collectors: Vec<aggregate::Collector>,
    tables: table::Tables,
    answered: BTreeMap<(u32, Vec<u64>), Arc<term::RowSet>>,
    /// Whether what the host answered to other calls must do.
    asks_nobody: bool,
    asked: Option<(u32, Vec<u64>)>,
    /// The call before which the machine paused, and its depth.
    paused: Option<(u32, u32)>,
    pending: Vec<(Cell, Cell)>,
    visiting: Vec<Cell>,
    scratch: Vec<u64>,

    pub(crate) limits: Limits,
    pub(crate) now_ms: Option<i64>,
    pub(crate) steps: u64,
    next_check: u64,
    pause_at: u64,
}
