//! Calls: which clauses can match, and which of them is tried.

#![expect(
    clippy::indexing_slicing,
    reason = "numbers of predicates, plans and registers are checked when the program is made"
)]

use super::run::Next;
use super::{Alternative, Choice, Machine, NONE, Plan, Stop};
use crate::limits::LimitReached;
use crate::rules::program::cell::{Cell, Tag};
use crate::rules::program::predicate::{ANY, Clauses, Kind, key_of_float};
use crate::rules::program::words::WordReader;
use crate::rules::value::Value;
use std::sync::Arc;

/// The keys of the arguments of a call; [`ANY`] where one is unbound.
type Keys = [Cell; Clauses::INDEXED];

impl Machine {
    /// Calls a predicate with its arguments in the registers, at a depth.
    #[inline(always)]
    pub(super) fn call(&mut self, predicate: u32, depth: u32) -> Result<Next, Stop> {
        self.steps += 1;
        if self.steps >= self.next_check
            && let Some(next) = self.check_limits(predicate, depth)?
        {
            return Ok(next);
        }
        if depth > self.limits.max_depth {
            return Err(self.too_deep(depth));
        }
        self.depth = depth;
        let called = &self.predicates[predicate as usize];
        let arity = usize::from(called.clauses.arity);
        if called.is_tabled {
            return Ok(self.call_tabled(predicate, arity));
        }
        if called.kind == Kind::External {
            return Ok(self.call_external(predicate, arity));
        }
        Ok(self.call_clauses(predicate, arity))
    }

    #[cold]
    fn too_deep(&self, depth: u32) -> Stop {
        Stop::Limit(LimitReached {
            name: "max-depth".to_owned(),
            limit: u64::from(self.limits.max_depth),
            observed: u64::from(depth),
        })
    }

    /// The keys of the arguments, and which of them are known.
    #[inline(always)]
    fn keys(&self, arity: usize) -> (Keys, u16) {
        let mut keys = [ANY; Clauses::INDEXED];
        let mut bound = 0;
        for (place, key) in keys.iter_mut().enumerate().take(arity) {
            *key = self.key(self.x[place]);
            if *key != ANY {
                bound |= 1 << place;
            }
        }
        (keys, bound)
    }

    #[inline(always)]
    fn key(&self, cell: Cell) -> Cell {
        let cell = self.dereference(cell);
        match cell.tag() {
            Tag::Reference => ANY,
            Tag::Pair => Cell::pair(0),
            Tag::Structure => self.at(cell.place()).with_tag(Tag::Structure),
            Tag::Float => key_of_float(self.at(cell.place()).bits()),
            Tag::Big => Cell::big(0),
            _ => cell,
        }
    }

    #[inline(always)]
    pub(super) fn call_clauses(&mut self, predicate: u32, arity: usize) -> Next {
        let (keys, bound) = self.keys(arity);
        let count = self.predicates[predicate as usize].clauses.len();
        let (list, place, end) = if count <= Clauses::FEW || bound == 0 {
            (NONE, 0, count as u32)
        } else {
            self.candidates(predicate, &keys, bound)
        };
        let clauses = &self.predicates[predicate as usize].clauses;
        let Some((clause, place)) = self.next_clause(clauses, list, place, end, &keys) else {
            return Next::Fail;
        };
        if self.peek_clause(clauses, list, place, end, &keys) {
            let alternative = Alternative::Clauses {
                predicate,
                list,
                place,
                end,
            };
            self.push_choice_with_arguments(alternative, arity);
        }
        self.try_clause(predicate, clause)
    }

    /// The clauses that an index gives: its number and a range in it.
    fn candidates(&mut self, predicate: u32, keys: &Keys, bound: u16) -> (u32, u32, u32) {
        let plans = &self.plans[predicate as usize];
        let list = match plans.iter().find(|plan| plan.bound == bound) {
            Some(plan) => plan.list,
            None => self.plan(predicate, bound),
        };
        let clauses = &self.predicates[predicate as usize].clauses;
        match self.indexes.get(list as usize) {
            Some(index) => {
                let (start, end) = index.find(clauses, keys);
                (list, start, end)
            }
            None => (NONE, 0, clauses.len() as u32),
        }
    }

    #[cold]
    fn plan(&mut self, predicate: u32, bound: u16) -> u32 {
        let clauses = &self.predicates[predicate as usize].clauses;
        let usable = clauses.usable(bound);
        let list = if usable == 0 {
            NONE
        } else {
            self.indexes.push(clauses.index(usable));
            self.indexes.len() as u32 - 1
        };
        self.plans[predicate as usize].push(Plan { bound, list });
        list
    }

    /// The first clause from a place on that can match, and the place after it.
    #[inline(always)]
    fn next_clause(
        &self,
        clauses: &Clauses,
        list: u32,
        mut place: u32,
        end: u32,
        keys: &Keys,
    ) -> Option<(u32, u32)> {
        while place < end {
            let clause = if list == NONE {
                place
            } else {
                self.indexes[list as usize].clause(place)
            };
            place += 1;
            if clauses.code(clause) != Clauses::REMOVED && can_match(clauses, clause, keys) {
                return Some((clause, place));
            }
        }
        None
    }

    /// Whether there is another one; for long lists, whether there may be.
    #[inline(always)]
    fn peek_clause(&self, clauses: &Clauses, list: u32, place: u32, end: u32, keys: &Keys) -> bool {
        if end - place > Clauses::FEW as u32 {
            return true;
        }
        self.next_clause(clauses, list, place, end, keys).is_some()
    }

    /// Further clauses of a call that was made before.
    #[inline(always)]
    pub(super) fn retry_clauses(
        &mut self,
        choice: &Choice,
        predicate: u32,
        list: u32,
        place: u32,
        end: u32,
    ) -> Next {
        let arity = usize::from(self.predicates[predicate as usize].clauses.arity);
        self.restore_arguments(choice, arity);
        let (keys, _) = self.keys(arity);
        let clauses = &self.predicates[predicate as usize].clauses;
        let Some((clause, place)) = self.next_clause(clauses, list, place, end, &keys) else {
            self.pop_choice();
            return Next::Fail;
        };
        if self.peek_clause(clauses, list, place, end, &keys) {
            if let Some(top) = self.choices.last_mut() {
                top.alternative = Alternative::Clauses {
                    predicate,
                    list,
                    place,
                    end,
                };
            }
        } else {
            self.pop_choice();
        }
        self.steps += 1;
        self.try_clause(predicate, clause)
    }

    #[inline(always)]
    fn try_clause(&mut self, predicate: u32, clause: u32) -> Next {
        let code = self.predicates[predicate as usize].clauses.code(clause);
        if code != Clauses::FACT {
            return Next::Goto(code);
        }
        match self.match_atoms(predicate, clause) {
            Matched::All => Next::Proceed,
            Matched::Not => Next::Fail,
            Matched::Before(register) => self.match_terms(predicate, clause, register),
        }
    }

    /// Unifies the arguments of a fact with those of the call up to the first one that is not a single word.
    #[inline(always)]
    fn match_atoms(&mut self, predicate: u32, clause: u32) -> Matched {
        let clauses = &self.predicates[predicate as usize].clauses;
        for (register, cell) in clauses.head(clause).iter().enumerate() {
            let mut argument = self.x[register];
            while argument.is(Tag::Reference) {
                let next = self.heap[argument.place()];
                if next == argument {
                    break;
                }
                argument = next;
            }
            if argument == *cell {
                continue;
            }
            if !cell.is_atomic() {
                return Matched::Before(register);
            }
            if !argument.is(Tag::Reference) {
                return Matched::Not;
            }
            let place = argument.place();
            self.heap[place] = *cell;
            if place < self.boundary {
                self.trail.push(place as u32);
            }
        }
        Matched::All
    }

    fn match_terms(&mut self, predicate: u32, clause: u32, from: usize) -> Next {
        let arity = usize::from(self.predicates[predicate as usize].clauses.arity);
        for register in from..arity {
            let cell = self.predicates[predicate as usize].clauses.head(clause)[register];
            let argument = self.dereference(self.x[register]);
            if argument == cell {
                continue;
            }
            if cell.is_atomic() {
                if !argument.is(Tag::Reference) {
                    return Next::Fail;
                }
                self.bind(argument, cell);
            } else {
                let called = self.predicates[predicate as usize].clone();
                let mut reader = WordReader::new(called.clauses.stored(cell));
                if !self.unify_words(argument, &mut reader, &mut Vec::new()) {
                    return Next::Fail;
                }
            }
        }
        Next::Proceed
    }

    /// The words of the arguments of a call, and its variables.
    pub(super) fn encode_arguments(&mut self, arity: usize) -> (Vec<u64>, Vec<Cell>) {
        let mut words = Vec::with_capacity(arity + 1);
        let mut variables = Vec::with_capacity(arity);
        for register in 0..arity {
            let argument = self.x[register];
            self.encode(argument, &mut words, &mut variables);
        }
        self.forget_numbers(&variables);
        (words, variables)
    }

    pub(super) fn call_external(&mut self, predicate: u32, arity: usize) -> Next {
        let (words, _) = self.encode_arguments(arity);
        let call = (predicate, words);
        let mut rows = self.answered.get(&call).cloned();
        if rows.is_none() && self.asks_nobody {
            rows = self.answer_to_more(&call, arity);
        }
        match rows {
            Some(rows) => {
                let targets: Vec<Cell> = self.x[..arity].to_vec();
                self.return_rows(rows, Vec::new(), &targets)
            }
            None => {
                self.asked = Some(call);
                Next::External
            }
        }
    }

    /// What the host answered to a call of which this one is an instance.
    fn answer_to_more(
        &mut self,
        call: &(u32, Vec<u64>),
        arity: usize,
    ) -> Option<Arc<super::term::RowSet>> {
        let values = |machine: &Self, words: &[u64]| -> Vec<Value> {
            let mut reader = WordReader::new(words);
            (0..arity).map(|_| reader.value(machine)).collect()
        };
        let asked = values(self, &call.1);
        let from = (call.0, Vec::new());
        let to = (call.0 + 1, Vec::new());
        let more = self.answered.range(from..to).find(|((_, words), _)| {
            crate::rules::explain::is_instance(&values(self, words), &asked)
        });
        more.map(|(_, rows)| rows.clone())
    }

    /// Goes on with each row that unifies with the targets.
    pub(super) fn return_rows(
        &mut self,
        set: Arc<super::term::RowSet>,
        variables: Vec<Cell>,
        targets: &[Cell],
    ) -> Next {
        if set.len() == 0 {
            return Next::Fail;
        }
        let choices = self.choices.len();
        self.rows.retain(|rows| rows.choices < choices);
        self.rows.push(super::term::Rows {
            set,
            variables,
            choices,
        });
        let rows = self.rows.len() as u32 - 1;
        self.push_choice(Alternative::Rows { rows, next: 0 });
        self.saved.extend_from_slice(targets);
        Next::Fail
    }

    pub(super) fn retry_rows(&mut self, choice: &Choice, rows: u32, next: u32) -> Next {
        let rows_place = rows as usize;
        let (set, mut variables) = {
            let rows = &self.rows[rows_place];
            (rows.set.clone(), rows.variables.clone())
        };
        let width = self.saved.len() - choice.saved as usize;
        let targets: Vec<Cell> = self.saved[choice.saved as usize..][..width].to_vec();
        if next as usize + 1 >= set.len() {
            self.pop_choice();
            self.rows.truncate(rows_place);
        } else if let Some(top) = self.choices.last_mut() {
            top.alternative = Alternative::Rows {
                rows,
                next: next + 1,
            };
        }
        self.steps += 1;
        let mut reader = WordReader::new(set.get(next));
        let holds = targets
            .iter()
            .all(|target| self.unify_words(*target, &mut reader, &mut variables));
        if holds { Next::Proceed } else { Next::Fail }
    }
}

/// What came of unifying the arguments of a fact.
enum Matched {
    All,
    Not,
    /// All before this one.
    Before(usize),
}

#[inline(always)]
fn can_match(clauses: &Clauses, clause: u32, keys: &Keys) -> bool {
    clauses.head(clause).iter().zip(keys).all(|(head, key)| {
        *head == *key || *head == ANY || *key == ANY || clauses.key(*head) == *key
    })
}
