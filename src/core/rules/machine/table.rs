//! Tables: a call of a tabled predicate is run once, and its answers are kept.
//!
//! SLG resolution with local scheduling (Chen and Warren, "Tabled evaluation with delaying for
//! general logic programs", 1996), where the continuation of a goal that meets a table still in the
//! making is copied, kept with that table, and resumed once for each of its answers. A set of tables that depend on each
//! other is complete when its first one, the leader, has nothing left to resume.

#![expect(
    clippy::indexing_slicing,
    reason = "numbers of tables and generators are made by the machine alone"
)]

use super::run::Next;
use super::term::DistinctRows;
use super::{Alternative, Choice, FRAME_HEADER, Machine, NONE};
use crate::rules::answer::Limits;
use crate::rules::program::Program;
use crate::rules::program::cell::Cell;
use crate::rules::program::hash::{self, NumberTable};
use crate::rules::program::words::WordReader;

/// All tables of a machine.
#[derive(Debug, Default)]
pub(super) struct Tables {
    tables: Vec<Table>,
    numbers: NumberTable,
    /// The calls whose tables are in the making, the oldest first.
    generators: Vec<Generator>,
    pub(super) answers: usize,
    /// Whether any of them is of a predicate whose answers depend on more than the program.
    has_other: bool,
    /// Words of calls, answers and suspended goals.
    words: usize,
}

#[derive(Debug)]
struct Table {
    predicate: u32,
    /// The call's arguments.
    call: Box<[u64]>,
    /// How many variables the call has: an answer is a term for each.
    width: u32,
    is_complete: bool,
    /// The generator that completes it; of no meaning when it is complete.
    level: u32,
    answers: DistinctRows,
}

#[derive(Debug)]
struct Generator {
    /// The oldest generator that it depends on.
    oldest: u32,
    /// The tables that are completed with it.
    members: Vec<u32>,
    suspensions: Vec<Suspension>,
    /// The suspension that is looked at next.
    cursor: usize,
}

/// A goal that waits for answers of a table.
#[derive(Debug)]
struct Suspension {
    table: u32,
    /// Answers that it was given.
    next: u32,
    continuation: u32,
    /// Frames, the outermost first: continuation; depth and size; the words of each variable.
    /// The call's variables have the first numbers.
    words: Box<[u64]>,
    frames: u32,
}

impl Tables {
    pub(super) fn bytes(&self) -> usize {
        self.words * 8 + self.tables.len() * 160 + self.answers * 16
    }

    /// Forgets what is not complete, after a query was left.
    pub(super) fn abandon(&mut self) {
        if !self.generators.is_empty() {
            self.clear();
        }
    }

    /// Forgets all, unless the answers of every table depend on nothing but the program.
    pub(super) fn keep_constant(&mut self) {
        if self.has_other {
            self.clear();
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Forgets all where the bounds are half used up.
    pub(super) fn make_room(&mut self, limits: Limits) {
        if self.bytes() as u64 > limits.max_bytes / 2
            || self.answers as u64 > u64::from(limits.max_table_answers / 2)
        {
            self.clear();
        }
    }
}

impl Machine {
    /// A call of a tabled predicate, its arguments in the registers.
    pub(super) fn call_tabled(&mut self, predicate: u32, arity: usize) -> Next {
        let (words, variables) = self.encode_arguments(arity);
        let hash = hash::mix(hash::of_words(&words), u64::from(predicate));
        let tables = &self.tables.tables;
        let known = self.tables.numbers.find(hash, |number| {
            let table = &tables[*number as usize];
            table.predicate == predicate && *table.call == *words
        });
        match known {
            Some(table) if self.tables.tables[table as usize].is_complete => {
                self.return_answers(table, &variables)
            }
            Some(table) => {
                let level = self.tables.tables[table as usize].level;
                if let Some(generator) = self.tables.generators.last_mut() {
                    generator.oldest = generator.oldest.min(level);
                }
                self.suspend(table, &variables);
                Next::Fail
            }
            None => self.generate(predicate, arity, words, &variables, hash),
        }
    }

    fn generate(
        &mut self,
        predicate: u32,
        arity: usize,
        words: Vec<u64>,
        variables: &[Cell],
        hash: u64,
    ) -> Next {
        let number = self.tables.tables.len() as u32;
        let level = self.tables.generators.len() as u32;
        self.tables.words += words.len();
        self.tables.has_other |= !self.predicates[predicate as usize].is_constant;
        self.tables.tables.push(Table {
            predicate,
            call: words.into(),
            width: variables.len() as u32,
            is_complete: false,
            level,
            answers: DistinctRows::default(),
        });
        let tables = &self.tables.tables;
        self.tables.numbers.insert(hash, number, |number| {
            let table = &tables[*number as usize];
            hash::mix(hash::of_words(&table.call), u64::from(table.predicate))
        });
        self.tables.generators.push(Generator {
            oldest: level,
            members: vec![number],
            suspensions: Vec::new(),
            cursor: 0,
        });
        self.push_choice(Alternative::Generator { table: number });
        self.saved.extend_from_slice(variables);
        // The outermost frame of the call: which table its answers go to, and what an answer is.
        self.frame = NONE;
        self.continuation = Program::HALT;
        self.allocate(variables.len() + 1);
        let table = Cell::integer(i64::from(number)).unwrap_or(Cell::NULL);
        let frame = self.frame as usize + FRAME_HEADER;
        self.stack[frame] = table;
        self.stack[frame + 1..=frame + variables.len()].copy_from_slice(variables);
        self.continuation = Program::NEW_ANSWER;
        self.call_clauses(predicate, arity)
    }

    /// The call of the present frame's table holds.
    pub(super) fn new_answer(&mut self) {
        let number = self.y_of(self.frame, 0).as_integer() as usize;
        let width = self.frame_size(self.frame) - 1;
        let mut words = std::mem::take(&mut self.scratch);
        words.clear();
        let mut variables = Vec::new();
        for place in 1..=width {
            let cell = self.y_of(self.frame, place);
            self.encode(cell, &mut words, &mut variables);
        }
        self.forget_numbers(&variables);
        if self.tables.tables[number].answers.insert(&words) {
            self.tables.answers += 1;
            self.tables.words += words.len();
        }
        self.scratch = words;
    }

    /// Keeps what is to be done once the table of a goal has answers.
    fn suspend(&mut self, table: u32, variables: &[Cell]) {
        let program = self.program.clone();
        // Each frame with where it is returned to: that says which of its variables have a value.
        let mut chain = Vec::new();
        let (mut frame, mut returned_to) = (self.frame, self.continuation);
        while frame != NONE {
            chain.push((frame, returned_to));
            (frame, returned_to) = self.frame_link(frame);
        }
        let mut words = Vec::new();
        let mut numbered = Vec::new();
        for variable in variables {
            // The call's variables have the first numbers.
            let mut ignored = Vec::new();
            self.encode(*variable, &mut ignored, &mut numbered);
        }
        for (frame, returned_to) in chain.iter().rev() {
            let size = self.frame_size(*frame);
            words.push(u64::from(self.frame_link(*frame).1));
            words.push((size as u64) << 32 | u64::from(self.frame_depth_of(*frame)));
            let live = program.block.live(*returned_to);
            for slot in 0..size {
                let mut cell = self.y_of(*frame, slot);
                if live.is_some_and(|live| !live.contains(&(slot as u8))) && !cell.is_atomic() {
                    cell = Cell::NULL;
                }
                if cell.is_atomic() {
                    words.push(cell.bits());
                } else {
                    self.encode(cell, &mut words, &mut numbered);
                }
            }
        }
        self.forget_numbers(&numbered);
        self.tables.words += words.len();
        let suspension = Suspension {
            table,
            next: 0,
            continuation: self.continuation,
            words: words.into(),
            frames: chain.len() as u32,
        };
        if let Some(generator) = self.tables.generators.last_mut() {
            generator.suspensions.push(suspension);
        }
    }

    /// Puts a suspended goal's frames back and gives it the answers that it has not seen.
    fn resume(&mut self, level: u32, number: u32) -> Next {
        let suspension = &mut self.tables.generators[level as usize].suspensions[number as usize];
        let (table, next, continuation) =
            (suspension.table, suspension.next, suspension.continuation);
        let frames = suspension.frames;
        let words = std::mem::take(&mut suspension.words);
        let width = self.tables.tables[table as usize].width;
        let mut variables: Vec<Cell> = (0..width).map(|_| self.new_variable()).collect();
        let mut reader = WordReader::new(&words);
        self.frame = NONE;
        for _ in 0..frames {
            self.continuation = reader.word().bits() as u32;
            let shape = reader.word().bits();
            self.depth = shape as u32;
            let size = (shape >> 32) as usize;
            self.allocate(size);
            let start = self.frame as usize + FRAME_HEADER;
            for slot in 0..size {
                let cell = self.decode(&mut reader, &mut variables);
                self.stack[start + slot] = cell;
            }
        }
        self.continuation = continuation;
        self.tables.generators[level as usize].suspensions[number as usize].words = words;
        self.push_choice(Alternative::Consumer {
            level,
            suspension: number,
            next,
        });
        self.saved.extend_from_slice(&variables[..width as usize]);
        let place = self.choices.len() - 1;
        let choice = self.choices[place];
        self.retry_consumer(&choice, level, number, next)
    }

    /// The next answer for a goal that was resumed.
    pub(super) fn retry_consumer(
        &mut self,
        choice: &Choice,
        level: u32,
        number: u32,
        next: u32,
    ) -> Next {
        let generator = &mut self.tables.generators[level as usize];
        let suspension = &mut generator.suspensions[number as usize];
        let table = suspension.table;
        if next as usize >= self.tables.tables[table as usize].answers.rows().len() {
            suspension.next = next;
            self.pop_choice();
            return Next::Fail;
        }
        if let Some(top) = self.choices.last_mut() {
            top.alternative = Alternative::Consumer {
                level,
                suspension: number,
                next: next + 1,
            };
        }
        self.steps += 1;
        self.bind_saved(choice, table, next);
        Next::Proceed
    }

    /// Binds the saved variables of a choice to an answer of a table.
    fn bind_saved(&mut self, choice: &Choice, table: u32, row: u32) {
        let width = self.tables.tables[table as usize].width as usize;
        self.bind_answer(table, row, width, |machine, place| {
            machine.saved(choice, place)
        });
    }

    /// Binds a call's variables to an answer of its table. They are unbound, so it can't fail.
    fn bind_answer(
        &mut self,
        table: u32,
        row: u32,
        width: usize,
        variable: impl Fn(&Self, usize) -> Cell,
    ) {
        if self.is_flat(table, row, width) {
            for place in 0..width {
                let variable = variable(self, place);
                let value = self.tables.tables[table as usize].answers.rows().get(row)[place];
                self.bind(variable, Cell::from_bits(value));
            }
            return;
        }
        let answers = std::mem::take(&mut self.tables.tables[table as usize].answers);
        let mut reader = WordReader::new(answers.rows().get(row));
        let mut of_answer = Vec::new();
        for place in 0..width {
            let variable = variable(self, place);
            let value = self.decode(&mut reader, &mut of_answer);
            self.bind(variable, value);
        }
        self.tables.tables[table as usize].answers = answers;
    }

    /// Whether each term of an answer is a word of its own.
    #[inline(always)]
    fn is_flat(&self, table: u32, row: u32, width: usize) -> bool {
        let words = self.tables.tables[table as usize].answers.rows().get(row);
        words.len() == width && words.iter().all(|word| Cell::from_bits(*word).is_atomic())
    }

    /// All clauses of the newest generator's call were tried, or a goal that it resumed has failed.
    pub(super) fn retry_generator(&mut self, choice: &Choice, table: u32) -> Next {
        let level = self.tables.generators.len().saturating_sub(1) as u32;
        let oldest = self.tables.generators[level as usize].oldest;
        if oldest < level {
            return self.join(choice, table, oldest);
        }
        if let Some(number) = self.waiting(level) {
            return self.resume(level, number);
        }
        if let Some(generator) = self.tables.generators.pop() {
            for member in generator.members {
                let table = &mut self.tables.tables[member as usize];
                table.is_complete = true;
            }
        }
        let variables = self.saved_variables(choice, table);
        self.pop_choice();
        self.return_answers(table, &variables)
    }

    fn saved_variables(&self, choice: &Choice, table: u32) -> Vec<Cell> {
        let width = self.tables.tables[table as usize].width as usize;
        (0..width).map(|place| self.saved(choice, place)).collect()
    }

    /// A suspended goal that has not seen all answers.
    fn waiting(&mut self, level: u32) -> Option<u32> {
        let tables = &self.tables.tables;
        let generator = &mut self.tables.generators[level as usize];
        let count = generator.suspensions.len();
        for _ in 0..count {
            let place = generator.cursor % count;
            generator.cursor = place + 1;
            let suspension = &generator.suspensions[place];
            if (suspension.next as usize) < tables[suspension.table as usize].answers.rows().len() {
                return Some(place as u32);
            }
        }
        None
    }

    /// The newest generator depends on an older one: that one completes it.
    fn join(&mut self, choice: &Choice, table: u32, oldest: u32) -> Next {
        let Some(generator) = self.tables.generators.pop() else {
            return Next::Fail;
        };
        let level = self.tables.generators.len().saturating_sub(1) as u32;
        for member in &generator.members {
            self.tables.tables[*member as usize].level = level;
        }
        let leader = &mut self.tables.generators[level as usize];
        leader.oldest = leader.oldest.min(oldest);
        leader.members.extend(generator.members);
        leader.suspensions.extend(generator.suspensions);
        let variables = self.saved_variables(choice, table);
        self.pop_choice();
        self.suspend(table, &variables);
        Next::Fail
    }

    /// Goes on with each answer of a complete table.
    fn return_answers(&mut self, table: u32, variables: &[Cell]) -> Next {
        let count = self.tables.tables[table as usize].answers.rows().len();
        match count {
            0 => return Next::Fail,
            1 => {}
            _ => {
                self.push_choice(Alternative::Table { table, next: 1 });
                self.saved.extend_from_slice(variables);
            }
        }
        self.bind_answer(table, 0, variables.len(), |_, place| variables[place]);
        Next::Proceed
    }

    /// The next answer of a complete table.
    pub(super) fn retry_table(&mut self, choice: &Choice, table: u32, next: u32) -> Next {
        let count = self.tables.tables[table as usize].answers.rows().len() as u32;
        self.steps += 1;
        self.bind_saved(choice, table, next);
        if next + 1 >= count {
            // Bindings of variables that are newer than the choice before need no trail, but do no harm in it.
            self.pop_choice();
        } else if let Some(top) = self.choices.last_mut() {
            top.alternative = Alternative::Table {
                table,
                next: next + 1,
            };
        }
        Next::Proceed
    }
}
