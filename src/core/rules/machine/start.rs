//! Making a machine, giving it a query, answering what it asks.

use super::{Event, Extra, Machine, NONE, QUERY, Stop};
use crate::rules::answer::Limits;
use crate::rules::ast::{Goal, Name};
use crate::rules::diagnostic::Diagnostic;
use crate::rules::program::cell::Cell;
use crate::rules::program::compile::{Compiler, Frame, TooLarge};
use crate::rules::program::flatten::{Flattener, Scope};
use crate::rules::program::load::too_large;
use crate::rules::program::predicate::{Clauses, Kind};
use crate::rules::program::symbols::Functor;
use crate::rules::program::words::{Interner, encode_row};
use crate::rules::program::{Block, Program};
use crate::rules::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a query is compiled against: its program, and names of its own.
struct QueryScope<'a> {
    machine: &'a mut Machine,
    stored: Vec<Box<[u64]>>,
}

impl Interner for QueryScope<'_> {
    fn string(&mut self, text: &Arc<str>) -> Cell {
        self.machine.string(text)
    }

    fn header(&mut self, functor: Functor) -> Cell {
        self.machine.header(functor)
    }
}

impl Scope for QueryScope<'_> {
    fn predicate(&mut self, name: &Name, arity: usize) -> Option<u32> {
        self.machine.program.predicate(name, arity)
    }

    fn meant(&self, name: &str, arity: usize) -> Option<String> {
        self.machine.program.meant(name, arity)
    }

    fn store(&mut self, words: Vec<u64>) -> u32 {
        self.stored.push(words.into());
        self.stored.len() as u32 - 1
    }

    fn is_mutual(&self, _predicate: u32) -> bool {
        false
    }
}

impl Machine {
    pub(crate) fn new(program: Arc<Program>) -> Self {
        let predicates = program.predicates.clone();
        Self {
            plans: vec![Vec::new(); predicates.len()],
            predicates,
            replaced: Vec::new(),
            program,
            query: Arc::default(),
            extra: Extra::default(),
            x: Box::new([Cell::NULL; 256]),
            heap: Vec::new(),
            stack: Vec::new(),
            trail: Vec::new(),
            choices: Vec::new(),
            saved: Vec::new(),
            bigs: Vec::new(),
            frame: NONE,
            continuation: Program::HALT,
            depth: 0,
            boundary: 0,
            part: 0,
            writing: false,
            too_deep: false,
            walked_out: None,
            written: usize::MAX,
            at: 0,
            indexes: Vec::new(),
            rows: Vec::new(),
            collectors: Vec::new(),
            tables: super::table::Tables::default(),
            answered: BTreeMap::new(),
            asks_nobody: false,
            asked: None,
            paused: None,
            pending: Vec::new(),
            visiting: Vec::new(),
            scratch: Vec::new(),
            limits: Limits::default(),
            now_ms: None,
            steps: 0,
            next_check: 0,
            pause_at: u64::MAX,
        }
    }

    /// Forgets the last query and takes another; gives where its variables are in its frame.
    pub(crate) fn prepare(
        &mut self,
        goal: &Goal,
        limits: Limits,
        now_ms: Option<i64>,
    ) -> Result<Frame, Vec<Diagnostic>> {
        self.reset(Arc::default());
        self.limits = limits;
        self.now_ms = now_ms;
        let mut scope = QueryScope {
            machine: self,
            stored: Vec::new(),
        };
        let (flat, errors) = Flattener::new(&mut scope).clause(&[], Some(goal));
        let stored = scope.stored;
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut block = Block {
            stored,
            ..Block::default()
        };
        let frame =
            Compiler::query(&mut block, &flat).map_err(|TooLarge| vec![too_large(goal.span)])?;
        self.query = Arc::new(block);
        Ok(frame)
    }

    /// Adds facts for the present query only; says which of them can't be added, and why.
    pub(crate) fn add_facts(&mut self, facts: &[(Name, Vec<Value>)]) -> Result<(), String> {
        for (place, (name, arguments)) in facts.iter().enumerate() {
            let arity = arguments.len();
            let known = self.program.predicate(name, arity);
            let number = known
                .filter(|number| {
                    self.predicates
                        .get(*number as usize)
                        .is_some_and(|predicate| predicate.kind == Kind::Input)
                })
                .ok_or_else(|| {
                    let meant = match known {
                        Some(_) => None,
                        None => self.program.meant(name, arity),
                    };
                    let problem = format!("`{name}/{arity}` is not declared `input`");
                    match meant {
                        Some(meant) => format!("/facts/{place}: {problem}: {meant}"),
                        None => format!("/facts/{place}: {problem}"),
                    }
                })?;
            let words = encode_row(arguments, self);
            if let Some(predicate) = self.predicates.get_mut(number as usize) {
                let predicate = Arc::make_mut(predicate);
                predicate.clauses.push_fact(&words, Clauses::NO_ITEM);
            }
            if !self.replaced.contains(&number) {
                self.replaced.push(number);
            }
            self.forget_plans(number);
        }
        Ok(())
    }

    fn forget_plans(&mut self, predicate: u32) {
        if let Some(plans) = self.plans.get_mut(predicate as usize) {
            plans.clear();
        }
    }

    /// Takes away what the last query added.
    pub(super) fn restore_predicates(&mut self) {
        for number in std::mem::take(&mut self.replaced) {
            let place = number as usize;
            if let (Some(own), Some(original)) = (
                self.predicates.get_mut(place),
                self.program.predicates.get(place),
            ) {
                *own = original.clone();
            }
            self.forget_plans(number);
        }
    }

    /// Starts the prepared query.
    pub(crate) fn start(&mut self) -> Result<Event, Stop> {
        self.run(Some(QUERY))
    }

    /// Goes on after a pause, for about so many steps.
    pub(crate) fn pause_after(&mut self, steps: u64) {
        self.pause_at = self.steps.saturating_add(steps.max(1));
        self.next_check = self.next_check.min(self.pause_at);
    }

    /// Goes on after a pause.
    pub(crate) fn go_on(&mut self) -> Result<Event, Stop> {
        match self.paused.take() {
            Some((predicate, depth)) => {
                let next = self.call(predicate, depth)?;
                self.run_from(next)
            }
            None => self.next(),
        }
    }

    /// The arguments of the call that the host is asked, as values.
    pub(crate) fn question(&mut self) -> Option<(Name, Vec<Value>)> {
        // A value that is too deep is null in a question: the host can't be asked about it otherwise.
        let (predicate, words) = self.asked.clone()?;
        let predicate = self.predicates.get(predicate as usize)?.clone();
        let mut reader = crate::rules::program::words::WordReader::new(&words);
        let arguments = (0..predicate.clauses.arity)
            .map(|_| reader.value(self))
            .collect();
        Some((predicate.name.clone(), arguments))
    }

    /// Keeps the answer to the host's question; [`Machine::go_on`] goes on with it.
    pub(crate) fn answer_question(&mut self, rows: &[Vec<Value>]) {
        if let Some(call) = self.asked.take() {
            let predicate = call.0;
            let set = self.row_set(rows);
            self.answered.insert(call, set);
            self.paused = Some((predicate, self.depth));
        }
    }

    /// Gives an argument of the predicate that is asked next.
    #[inline(always)]
    pub(crate) fn set_argument(&mut self, place: usize, argument: Cell) {
        if let Some(register) = self.x.get_mut(place) {
            *register = argument;
        }
    }

    /// Calls a predicate without a query's code, its arguments set before: for hot decisions.
    pub(crate) fn ask(&mut self, predicate: u32) -> Result<Event, Stop> {
        self.reset_state();
        self.begin(predicate, &[])
    }

    /// Calls a predicate at the top, its arguments given.
    fn begin(&mut self, predicate: u32, arguments: &[Cell]) -> Result<Event, Stop> {
        for (register, argument) in self.x.iter_mut().zip(arguments) {
            *register = *argument;
        }
        self.continuation = Program::HALT;
        let next = self.call(predicate, 1)?;
        self.run_from(next)
    }

    /// Takes another version of its program, whose facts were changed.
    pub(crate) fn update(&mut self, program: Arc<Program>) {
        self.predicates.clone_from(&program.predicates);
        self.plans.clear();
        self.plans.resize_with(self.predicates.len(), Vec::new);
        self.indexes.clear();
        self.replaced.clear();
        self.tables.clear();
        self.extra = Extra::default();
        self.program = program;
    }

    pub(crate) fn arity(&self, predicate: u32) -> Option<usize> {
        let predicate = self.predicates.get(predicate as usize)?;
        Some(usize::from(predicate.clauses.arity))
    }

    /// Gives up what a call left: tables that depend on more than the program, and all of them when they are large.
    pub(crate) fn forget_calls(&mut self, most_bytes: usize) {
        self.tables.abandon();
        if self.tables.bytes() > most_bytes {
            self.tables.clear();
        } else {
            self.tables.keep_constant();
        }
    }

    /// Another machine that knows what this one does: its facts, its names, and what the host answered.
    pub(crate) fn fork(&self) -> Self {
        Self {
            predicates: self.predicates.clone(),
            extra: self.extra.clone(),
            answered: self.answered.clone(),
            asks_nobody: true,
            limits: Limits {
                max_answers: self.limits.max_answers.max(Limits::default().max_answers),
                // Several of them, and what they find, are there beside the machine that answers.
                max_bytes: self.limits.max_bytes / 4,
                ..self.limits
            },
            now_ms: self.now_ms,
            ..Self::new(self.program.clone())
        }
    }

    /// Keeps the answers of all predicates with rules in tables.
    pub(crate) fn table_rules(&mut self) {
        for predicate in &mut self.predicates {
            if predicate.kind != Kind::External && predicate.clauses.has_rules() {
                Arc::make_mut(predicate).is_tabled = true;
            }
        }
    }

    /// The answers of a predicate for some arguments that could be found, a value for each argument, and what
    /// ended the search. Facts may not change between calls: tables are kept.
    pub(crate) fn solve(
        &mut self,
        predicate: u32,
        arguments: &[Value],
    ) -> (Vec<Vec<Value>>, Option<Stop>) {
        let mut rows = Vec::new();
        let stop = self.solve_into(predicate, arguments, &mut rows).err();
        (rows, stop)
    }

    fn solve_into(
        &mut self,
        predicate: u32,
        arguments: &[Value],
        rows: &mut Vec<Vec<Value>>,
    ) -> Result<(), Stop> {
        self.reset_state();
        self.tables.make_room(self.limits);
        let mut variables = Vec::new();
        let cells: Vec<Cell> = arguments
            .iter()
            .map(|argument| self.term(argument, &mut variables))
            .collect();
        let mut event = self.begin(predicate, &cells)?;
        let mut bytes = 0;
        while matches!(event, Event::Answer) {
            let row = self.values(&cells).0;
            bytes += crate::rules::explain::size(&row);
            let is_full = rows.len() >= self.limits.max_answers as usize;
            if !is_full {
                rows.push(row);
            }
            if is_full || bytes > self.limits.max_bytes {
                return Err(Stop::Limit(crate::limits::LimitReached {
                    name: "max-answers".to_owned(),
                    limit: u64::from(self.limits.max_answers),
                    observed: rows.len() as u64 + 1,
                }));
            }
            event = self.next()?;
        }
        match event {
            Event::External => Err(Stop::Unanswered),
            _ => Ok(()),
        }
    }

    /// The words of the terms in a query's variables.
    pub(crate) fn answer_words(&mut self, frame: &Frame) -> Vec<u64> {
        let mut words = Vec::new();
        let mut variables = Vec::new();
        for (_, slot) in &frame.slots {
            let cell = self.y(*slot);
            self.encode(cell, &mut words, &mut variables);
        }
        self.forget_numbers(&variables);
        words
    }
}
