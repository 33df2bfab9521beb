//! The loop that runs instructions.

#![expect(
    clippy::indexing_slicing,
    reason = "registers are bytes into an array of 256"
)]

use super::{Alternative, Event, Machine, QUERY, Stop};
use crate::limits::LimitReached;
use crate::rules::program::Block;
use crate::rules::program::cell::{Cell, Tag};
use crate::rules::program::instruction::{Instruction, Operand, Place};
use crate::rules::program::words::WordReader;

/// Where to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// At an instruction.
    Goto(u32),
    /// At the continuation.
    Proceed,
    /// At the last choice.
    Fail,
    /// Nowhere, before the host has answered a call of this predicate.
    External,
    /// Nowhere, before the caller says so.
    Pause,
}

impl Machine {
    /// Goes on to the next answer, after one was found.
    pub(crate) fn next(&mut self) -> Result<Event, Stop> {
        self.run(None)
    }

    /// Starts or goes on at an instruction; at the last choice where there is none.
    pub(crate) fn run(&mut self, from: Option<u32>) -> Result<Event, Stop> {
        self.run_from(from.map_or(Next::Fail, Next::Goto))
    }

    pub(super) fn run_from(&mut self, next: Next) -> Result<Event, Stop> {
        let event = self.follow(next);
        match &self.walked_out {
            None => event,
            Some(limit) => Err(Stop::Limit(limit.clone())),
        }
    }

    fn follow(&mut self, mut next: Next) -> Result<Event, Stop> {
        let program = self.program.clone();
        let query = self.query.clone();
        loop {
            let address = match next {
                Next::Goto(address) => address,
                Next::Proceed => self.continuation,
                Next::Fail => match self.choices.last() {
                    None => return Ok(Event::Exhausted),
                    Some(choice) => {
                        let choice = *choice;
                        if self.steps >= self.next_check && self.is_to_pause()? {
                            return Ok(Event::Pause);
                        }
                        self.restore(&choice);
                        next = self.retry(&choice)?;
                        continue;
                    }
                },
                Next::External => return Ok(Event::External),
                Next::Pause => return Ok(Event::Pause),
            };
            let in_query = address & QUERY;
            let block: &Block = if in_query == 0 {
                &program.block
            } else {
                &query
            };
            next = match self.execute(block, address & !QUERY, in_query)? {
                Flow::Next(next) => next,
                Flow::Answer => return Ok(Event::Answer),
            };
        }
    }

    /// What is tried next at a choice, whose state was restored.
    #[inline(always)]
    fn retry(&mut self, choice: &super::Choice) -> Result<Next, Stop> {
        Ok(match choice.alternative {
            Alternative::Clauses {
                predicate,
                list,
                place,
                end,
            } => self.retry_clauses(choice, predicate, list, place, end),
            Alternative::Code(address) => {
                // Alternatives in a row hold in as many ways as their product: without a count, none ends them.
                self.steps += 1;
                self.pop_choice();
                Next::Goto(address)
            }
            Alternative::Table { table, next } => self.retry_table(choice, table, next),
            Alternative::Consumer {
                level,
                suspension,
                next,
            } => self.retry_consumer(choice, level, suspension, next),
            Alternative::Generator { table } => self.retry_generator(choice, table),
            Alternative::Rows { rows, next } => self.retry_rows(choice, rows, next),
            Alternative::Member => self.retry_member(choice)?,
            Alternative::Between => self.retry_between(choice),
            Alternative::Aggregate { exit } => {
                self.pop_choice();
                self.finish_aggregate(exit)?
            }
        })
    }

    /// Runs instructions of one block until one leaves it.
    fn execute(&mut self, block: &Block, start: u32, in_query: u32) -> Result<Flow, Stop> {
        let mut place = start as usize;
        let code = &block.code[..];
        loop {
            let instruction = code[place];
            place += 1;
            match instruction {
                Instruction::Move(from, to) => {
                    self.x[usize::from(to)] = self.x[usize::from(from)];
                }
                Instruction::GetVariableY(slot, register) => {
                    self.set_y(slot, self.x[usize::from(register)]);
                }
                Instruction::GetValueX(known, register) => {
                    if !self.unify(self.x[usize::from(known)], self.x[usize::from(register)]) {
                        return FAIL;
                    }
                }
                Instruction::GetValueY(slot, register) => {
                    if !self.unify(self.y(slot), self.x[usize::from(register)]) {
                        return FAIL;
                    }
                }
                Instruction::GetConstant(cell, register) => {
                    if !self.get_constant(self.x[usize::from(register)], cell) {
                        return FAIL;
                    }
                }
                Instruction::GetStored(number, register) => {
                    let mut reader = WordReader::new(&block.stored[number as usize]);
                    let argument = self.x[usize::from(register)];
                    if !self.unify_words(argument, &mut reader, &mut Vec::new()) {
                        return FAIL;
                    }
                }
                Instruction::GetPair(register) => {
                    if !self.get_pair(self.x[usize::from(register)]) {
                        return FAIL;
                    }
                }
                Instruction::GetStructure(header, register) => {
                    if !self.get_structure(self.x[usize::from(register)], header) {
                        return FAIL;
                    }
                }
                Instruction::UnifyVariableX(register) => {
                    let cell = self.next_part();
                    self.x[usize::from(register)] = cell;
                }
                Instruction::UnifyVariableY(slot) => {
                    let cell = self.next_part();
                    self.set_y(slot, cell);
                }
                Instruction::UnifyValueX(register) => {
                    if !self.unify_part(self.x[usize::from(register)]) {
                        return FAIL;
                    }
                }
                Instruction::UnifyValueY(slot) => {
                    if !self.unify_part(self.y(slot)) {
                        return FAIL;
                    }
                }
                Instruction::UnifyConstant(cell) => {
                    if self.writing {
                        self.write_part(cell);
                    } else {
                        let part = self.next_part();
                        if !self.get_constant(part, cell) {
                            return FAIL;
                        }
                    }
                }
                Instruction::UnifyVoid(count) => {
                    for _ in 0..count {
                        self.next_part();
                    }
                }
                Instruction::PutVariableX(own, register) => {
                    let cell = self.new_variable();
                    self.x[usize::from(own)] = cell;
                    self.x[usize::from(register)] = cell;
                }
                Instruction::PutVariableY(slot, register) => {
                    let cell = self.new_variable();
                    self.set_y(slot, cell);
                    self.x[usize::from(register)] = cell;
                }
                Instruction::PutValueY(slot, register) => {
                    self.x[usize::from(register)] = self.y(slot);
                }
                Instruction::PutConstant(cell, register) => {
                    self.x[usize::from(register)] = cell;
                }
                Instruction::PutStored(number, register) => {
                    let mut reader = WordReader::new(&block.stored[number as usize]);
                    self.x[usize::from(register)] = self.decode(&mut reader, &mut Vec::new());
                }
                Instruction::PutPair(register) => {
                    self.begin_writing(2);
                    self.x[usize::from(register)] = Cell::pair(self.part);
                }
                Instruction::PutStructure(header, register) => {
                    self.begin_writing(header.arity() + 1);
                    self.x[usize::from(register)] = Cell::structure(self.part);
                    self.write_part(header);
                }
                Instruction::InitializeY(slot) => {
                    let cell = self.new_variable();
                    self.set_y(slot, cell);
                }
                Instruction::Allocate(size) => self.allocate(usize::from(size)),
                Instruction::Deallocate => self.deallocate(),
                Instruction::Call(predicate) => {
                    self.continuation = place as u32 | in_query;
                    self.at = (place as u32 - 1) | in_query;
                    let next = self.call(predicate, self.frame_depth() + 1)?;
                    match self.stays(next, in_query) {
                        Some(target) => place = target,
                        None => return Ok(Flow::Next(next)),
                    }
                }
                Instruction::Execute(predicate) => {
                    self.at = (place as u32 - 1) | in_query;
                    let next = self.call(predicate, self.depth + 1)?;
                    match self.stays(next, in_query) {
                        Some(target) => place = target,
                        None => return Ok(Flow::Next(next)),
                    }
                }
                Instruction::Proceed => match self.stays(Next::Proceed, in_query) {
                    Some(target) => place = target,
                    None => return Ok(Flow::Next(Next::Proceed)),
                },
                Instruction::Jump(target) => place = target as usize,
                Instruction::Try(target) => {
                    self.push_choice(Alternative::Code(target | in_query));
                }
                Instruction::Level(slot) => {
                    let count = self.choices.len() as i64;
                    self.set_y(slot, Cell::integer(count).unwrap_or(Cell::NULL));
                }
                Instruction::Cut(slot) => self.cut(self.y(slot).as_integer() as usize),
                Instruction::Fail => return FAIL,
                Instruction::Halt => return Ok(Flow::Answer),
                Instruction::NewAnswer => {
                    self.new_answer();
                    return FAIL;
                }
                other => {
                    self.at = (place as u32 - 1) | in_query;
                    let next = self.built_in(block, other, place as u32 | in_query);
                    if self.too_deep {
                        return Err(too_deep());
                    }
                    match next? {
                        None => {}
                        Some(next) => return Ok(Flow::Next(next)),
                    }
                }
            }
        }
    }

    /// Where to go on in the same block; none where that is left.
    #[inline(always)]
    fn stays(&self, next: Next, in_query: u32) -> Option<usize> {
        let address = match next {
            Next::Goto(address) => address,
            Next::Proceed => self.continuation,
            _ => return None,
        };
        (address & QUERY == in_query).then_some((address & !QUERY) as usize)
    }

    /// What an operand is.
    #[inline(always)]
    pub(super) fn operand(&self, block: &Block, operand: Operand) -> Cell {
        match operand.place() {
            Place::X(register) => self.dereference(self.x[usize::from(register)]),
            Place::Y(slot) => self.dereference(self.y(slot)),
            Place::Integer(number) => Cell::integer(number).unwrap_or(Cell::NULL),
            Place::Constant(number) => block.constants[number as usize],
        }
    }

    #[inline(always)]
    fn get_constant(&mut self, argument: Cell, cell: Cell) -> bool {
        let argument = self.dereference(argument);
        if argument == cell {
            return true;
        }
        if argument.is(Tag::Reference) {
            self.bind(argument, cell);
            return true;
        }
        false
    }

    #[inline(always)]
    fn begin_writing(&mut self, size: usize) {
        self.part = self.heap.len();
        self.writing = true;
        self.written = usize::MAX;
        self.heap.reserve(size);
    }

    #[inline(always)]
    fn get_pair(&mut self, argument: Cell) -> bool {
        let argument = self.dereference(argument);
        if argument.is(Tag::Pair) {
            self.part = argument.place();
            self.writing = false;
            return true;
        }
        if argument.is(Tag::Reference) {
            self.begin_writing(2);
            self.written = self.part;
            self.bind(argument, Cell::pair(self.part));
            return true;
        }
        false
    }

    #[inline(always)]
    fn get_structure(&mut self, argument: Cell, header: Cell) -> bool {
        let argument = self.dereference(argument);
        if argument.is(Tag::Structure) {
            let place = argument.place();
            self.part = place + 1;
            self.writing = false;
            return self.at(place) == header;
        }
        if argument.is(Tag::Reference) {
            self.begin_writing(header.arity() + 1);
            self.written = self.part;
            self.bind(argument, Cell::structure(self.part));
            self.write_part(header);
            return true;
        }
        false
    }

    #[inline(always)]
    fn write_part(&mut self, cell: Cell) {
        self.heap.push(cell);
    }

    /// The next part of the term that is read, or a new variable in the one that is written.
    #[inline(always)]
    fn next_part(&mut self) -> Cell {
        if self.writing {
            return self.new_variable();
        }
        let cell = self.at(self.part);
        self.part += 1;
        cell
    }

    #[inline(always)]
    fn unify_part(&mut self, cell: Cell) -> bool {
        if !self.writing {
            let part = self.at(self.part);
            self.part += 1;
            return self.unify(cell, part);
        }
        // A term that was there before can hold the one that is written only through the variable that was bound to it.
        if self.written != usize::MAX && !cell.is_atomic() {
            let cell = self.dereference(cell);
            if self.holds_unfinished(self.written, cell) {
                return false;
            }
            self.heap.push(cell);
            return true;
        }
        self.heap.push(cell);
        true
    }
}

/// What an instruction leads to, where not to the next one.
enum Flow {
    Next(Next),
    Answer,
}

const FAIL: Result<Flow, Stop> = Ok(Flow::Next(Next::Fail));

/// A term lies deeper than values may.
fn too_deep() -> Stop {
    let limit = crate::rules::program::words::MOST_DEPTH as u64;
    Stop::Limit(LimitReached {
        name: "max-term-depth".to_owned(),
        limit,
        observed: limit + 1,
    })
}
