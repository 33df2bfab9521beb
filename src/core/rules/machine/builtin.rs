//! Built-ins: what the machine does itself, and what the table's functions do.

#![expect(
    clippy::indexing_slicing,
    reason = "operands and slots are made by the compiler alone"
)]

use super::run::Next;
use super::term::RowSet;
use super::{Alternative, Choice, Machine, Stop};
use crate::rules::ast::Comparison;
use crate::rules::builtins::{
    self, ArithmeticOperation, Context, Fault, Solutions, TypeTest, Yields,
};
use crate::rules::program::Block;
use crate::rules::program::cell::{Cell, Tag};
use crate::rules::program::instruction::{Instruction, Operand};
use crate::rules::program::symbols::Functor;
use crate::rules::program::words::encode_value;
use crate::rules::value::Value;
use std::sync::Arc;

const HOLDS: Result<Option<Next>, Stop> = Ok(None);
const FAILS: Result<Option<Next>, Stop> = Ok(Some(Next::Fail));

const fn whether(holds: bool) -> Result<Option<Next>, Stop> {
    if holds { HOLDS } else { FAILS }
}

impl Machine {
    /// Where the present instruction comes from.
    fn span(&self) -> Option<crate::rules::source::Span> {
        if self.at & super::QUERY == 0 {
            self.program.block.span(self.at)
        } else {
            let span = self.query.span(self.at & !super::QUERY);
            // A query may be read as if it were the first source.
            span.map(|span| crate::rules::source::Span {
                source: u16::MAX,
                ..span
            })
        }
    }

    #[cold]
    pub(super) fn fault(&self, name: &str, arity: usize, values: Vec<Value>, fault: Fault) -> Stop {
        Stop::Fault(Box::new(super::Raised {
            name: name.into(),
            arity,
            span: self.span(),
            values,
            fault,
        }))
    }

    fn count_step(&mut self) -> Result<(), Stop> {
        self.steps += 1;
        if self.steps >= self.next_check {
            self.check_bounds()?;
        }
        Ok(())
    }

    /// An instruction that is no part of calling and unifying. None: go on with the next one.
    pub(super) fn built_in(
        &mut self,
        block: &Block,
        instruction: Instruction,
        after: u32,
    ) -> Result<Option<Next>, Stop> {
        match instruction {
            Instruction::Compare(comparison, left, right) => {
                let (left, right) = (self.operand(block, left), self.operand(block, right));
                whether(self.compare(comparison, left, right)?)
            }
            Instruction::Arithmetic(operation, register, left, right) => {
                let (left, right) = (self.operand(block, left), self.operand(block, right));
                self.x[usize::from(register)] = self.arithmetic(operation, left, right)?;
                HOLDS
            }
            Instruction::Unify(left, right) => {
                let (left, right) = (self.operand(block, left), self.operand(block, right));
                whether(self.unify(left, right))
            }
            Instruction::TypeTest(test, operand) => {
                let cell = self.operand(block, operand);
                if cell.is(Tag::Reference) && !matches!(test, TypeTest::Bound | TypeTest::Ground) {
                    let fault = Fault::Unbound {
                        argument: 1,
                        name: "term",
                    };
                    return Err(self.fault("type test", 1, Vec::new(), fault));
                }
                whether(self.has_type(test, cell))
            }
            Instruction::Field(register, term, key) => {
                let (term, key) = (self.operand(block, term), self.operand(block, key));
                match self.field(term, key)? {
                    Some(cell) => {
                        self.x[usize::from(register)] = cell;
                        HOLDS
                    }
                    None => FAILS,
                }
            }
            Instruction::Ground(operand) => {
                let cell = self.operand(block, operand);
                if self.is_ground(cell) {
                    return HOLDS;
                }
                Err(self.fault(
                    "not",
                    1,
                    Vec::new(),
                    Fault::Unbound {
                        argument: 1,
                        name: "a variable that is also used outside of it",
                    },
                ))
            }
            Instruction::Builtin(number, start) => self.table_builtin(block, number, start, after),
            Instruction::Member(start) => {
                self.count_step()?;
                let operands = self.operand_cells(block, start, 2);
                self.continue_at(after, |machine| machine.member(operands[0], operands[1]))
            }
            Instruction::Between(start) => {
                self.count_step()?;
                let operands = self.operand_cells(block, start, 3);
                self.continue_at(after, |machine| machine.between(&operands))
            }
            Instruction::AggregateBegin(number, exit) => {
                self.begin_aggregate(number, exit | after & super::QUERY);
                HOLDS
            }
            Instruction::AggregateCollect(number) => {
                self.collect(block, number)?;
                FAILS
            }
            _ => HOLDS,
        }
    }

    /// Does something that makes choices which go on after the present instruction, in the present frame.
    fn continue_at(
        &mut self,
        after: u32,
        act: impl FnOnce(&mut Self) -> Result<Next, Stop>,
    ) -> Result<Option<Next>, Stop> {
        // Frames keep their own continuation; until the next call this one is free.
        self.continuation = after;
        act(self).map(Some)
    }

    fn operand_cells(&self, block: &Block, start: u32, count: usize) -> Vec<Cell> {
        let start = start as usize;
        block.operands[start..start + count]
            .iter()
            .map(|operand: &Operand| self.operand(block, *operand))
            .collect()
    }

    fn table_builtin(
        &mut self,
        block: &Block,
        number: u16,
        start: u32,
        after: u32,
    ) -> Result<Option<Next>, Stop> {
        self.count_step()?;
        let Some(builtin) = builtins::by_index(number) else {
            return FAILS;
        };
        let cells = self.operand_cells(block, start, builtin.parameters.len());
        if let ("kind_of", [term, kind]) = (builtin.name, cells.as_slice())
            && !term.is(Tag::Reference)
        {
            return whether(self.is_of_kind(*term, *kind));
        }
        let (values, mut variables) = self.values(&cells);
        let context = Context {
            now_ms: self.now_ms,
            room: self.room(),
        };
        let solutions = match builtins::call(builtin, &values, &context) {
            Ok(solutions) => solutions,
            Err(fault) => return Err(self.fault(builtin.name, values.len(), values, fault)),
        };
        let targets: Vec<Cell> = builtin
            .parameters
            .iter()
            .zip(&cells)
            .filter(|(parameter, _)| parameter.mode != builtins::Mode::Bound)
            .map(|(_, cell)| *cell)
            .collect();
        let many = builtin.yields == Yields::Many;
        match solutions {
            Solutions::None => FAILS,
            Solutions::Yes => HOLDS,
            Solutions::One(row) => {
                let holds = targets.iter().zip(&row).all(|(target, value)| {
                    let term = self.term(value, &mut variables);
                    self.unify(*target, term)
                });
                whether(holds)
            }
            Solutions::Many(rows) if many => {
                let rows = self.row_set(&rows);
                self.continue_at(after, |machine| {
                    Ok(machine.return_rows(rows, variables, &targets))
                })
            }
            Solutions::Many(_) => FAILS,
        }
    }

    /// Rows of values as rows of words.
    pub(super) fn row_set(&mut self, rows: &[Vec<Value>]) -> Arc<RowSet> {
        let mut set = RowSet::default();
        let mut words = Vec::new();
        for row in rows {
            words.clear();
            for value in row {
                self.charge(value);
                encode_value(value, self, &mut words);
            }
            set.push(&words);
        }
        Arc::new(set)
    }

    #[inline(always)]
    fn compare(&mut self, comparison: Comparison, left: Cell, right: Cell) -> Result<bool, Stop> {
        if left.is(Tag::Integer) && right.is(Tag::Integer) {
            let (left, right) = (left.as_integer(), right.as_integer());
            return Ok(match comparison {
                Comparison::Equal => left == right,
                Comparison::NotEqual => left != right,
                Comparison::Less => left < right,
                Comparison::LessOrEqual => left <= right,
                Comparison::Greater => left > right,
                Comparison::GreaterOrEqual => left >= right,
            });
        }
        if left.is(Tag::Float) && right.is(Tag::Float) && comparison != Comparison::NotEqual {
            let float = |cell: Cell| f64::from_bits(self.at(cell.place()).bits());
            let (left, right) = (float(left), float(right));
            return Ok(match comparison {
                Comparison::Less => left < right,
                Comparison::LessOrEqual => left <= right,
                Comparison::Greater => left > right,
                Comparison::GreaterOrEqual => left >= right,
                Comparison::Equal | Comparison::NotEqual => left.to_bits() == right.to_bits(),
            });
        }
        if comparison == Comparison::NotEqual && left.is_atomic() && right.is_atomic() {
            return Ok(left != right);
        }
        let (values, _) = self.values(&[left, right]);
        let context = Context {
            now_ms: self.now_ms,
            room: 0,
        };
        let name = comparison.name();
        let solutions = match builtins::find(name, 2) {
            Some(builtin) => builtins::call(builtin, &values, &context),
            None => Ok(Solutions::None),
        };
        match solutions {
            Ok(solutions) => Ok(solutions == Solutions::Yes),
            Err(fault) => Err(self.fault(comparison.symbol(), 2, values, fault)),
        }
    }

    #[inline(always)]
    fn arithmetic(
        &mut self,
        operation: ArithmeticOperation,
        left: Cell,
        right: Cell,
    ) -> Result<Cell, Stop> {
        if left.is(Tag::Integer) && right.is(Tag::Integer) {
            let (left, right) = (left.as_integer(), right.as_integer());
            let small = match operation {
                ArithmeticOperation::Add => left.checked_add(right),
                ArithmeticOperation::Subtract => left.checked_sub(right),
                ArithmeticOperation::Multiply => left.checked_mul(right),
                _ => None,
            };
            if let Some(cell) = small.and_then(Cell::integer) {
                return Ok(cell);
            }
        }
        self.slow_arithmetic(operation, left, right)
    }

    fn slow_arithmetic(
        &mut self,
        operation: ArithmeticOperation,
        left: Cell,
        right: Cell,
    ) -> Result<Cell, Stop> {
        let (values, mut variables) = self.values(&[left, right]);
        let result = match values.as_slice() {
            [left, right] => builtins::arithmetic(operation, left, right, self.room()),
            _ => return Ok(Cell::NULL),
        };
        match result {
            Ok(value) => Ok(self.term(&value, &mut variables)),
            Err(fault) => Err(self.fault(operation.symbol(), 3, values, fault)),
        }
    }

    pub(super) fn has_type(&mut self, test: TypeTest, cell: Cell) -> bool {
        let is_string =
            |cell: Cell| cell.is(Tag::Constant) && cell.payload() >= u64::from(Cell::FIRST_STRING);
        match test {
            TypeTest::Null => cell == Cell::NULL,
            TypeTest::Boolean => cell == Cell::TRUE || cell == Cell::FALSE,
            TypeTest::Integer => cell.is(Tag::Integer) || cell.is(Tag::Big),
            TypeTest::Float => cell.is(Tag::Float),
            TypeTest::Number => [Tag::Integer, Tag::Big, Tag::Float].contains(&cell.tag()),
            TypeTest::String => is_string(cell),
            TypeTest::List => self.is_list(cell),
            TypeTest::Record | TypeTest::Compound => {
                cell.is(Tag::Structure)
                    && self
                        .functor_of(self.at(cell.place()).functor())
                        .is_some_and(|functor| {
                            matches!(functor, Functor::Record(_)) == (test == TypeTest::Record)
                        })
            }
            TypeTest::Bound => !cell.is(Tag::Reference),
            TypeTest::Ground => self.is_ground(cell),
        }
    }

    pub(super) fn is_list(&self, mut cell: Cell) -> bool {
        while cell.is(Tag::Pair) {
            cell = self.dereference(self.at(cell.place() + 1));
        }
        cell == Cell::EMPTY_LIST
    }

    /// A field of a record or an item of a list; none where there is none.
    fn field(&mut self, term: Cell, key: Cell) -> Result<Option<Cell>, Stop> {
        if term.is(Tag::Structure) && key.is(Tag::Constant) {
            let place = term.place();
            let header = self.at(place);
            let text = (key.payload() as u32)
                .checked_sub(Cell::FIRST_STRING)
                .and_then(|number| self.text_of(number));
            if let (Some(Functor::Record(fields)), Some(text)) =
                (self.functor_of(header.functor()), text)
            {
                let found = fields.binary_search(text);
                return Ok(found
                    .ok()
                    .map(|field| self.dereference(self.at(place + 1 + field))));
            }
        }
        if term.is(Tag::Pair) && key.is(Tag::Integer) && key.as_integer() >= 0 {
            let mut cell = term;
            for _ in 0..key.as_integer() {
                if !cell.is(Tag::Pair) {
                    return Ok(None);
                }
                cell = self.dereference(self.at(cell.place() + 1));
            }
            return Ok(cell
                .is(Tag::Pair)
                .then(|| self.dereference(self.at(cell.place()))));
        }
        self.slow_field(term, key)
    }

    fn slow_field(&mut self, term: Cell, key: Cell) -> Result<Option<Cell>, Stop> {
        let result = self.new_variable();
        let (values, mut variables) = self.values(&[term, key, result]);
        let Some(builtin) = builtins::find(".", 3) else {
            return Ok(None);
        };
        let context = Context {
            now_ms: self.now_ms,
            room: self.room(),
        };
        match builtins::call(builtin, &values, &context) {
            Ok(Solutions::One(row)) => Ok(row.last().map(|value| self.term(value, &mut variables))),
            Ok(_) => Ok(None),
            Err(fault) => Err(self.fault(".", 3, values, fault)),
        }
    }

    fn member(&mut self, item: Cell, list: Cell) -> Result<Next, Stop> {
        let list = self.dereference(list);
        if list == Cell::EMPTY_LIST {
            return Ok(Next::Fail);
        }
        if !list.is(Tag::Pair) {
            return Err(self.not_a_list(list));
        }
        self.push_choice(Alternative::Member);
        self.saved.extend_from_slice(&[item, list]);
        let choice = self.choices[self.choices.len() - 1];
        self.retry_member(&choice)
    }

    fn not_a_list(&mut self, cell: Cell) -> Stop {
        let name = "list";
        let fault = if cell.is(Tag::Reference) {
            Fault::Unbound { argument: 2, name }
        } else {
            let (values, _) = self.values(&[cell]);
            Fault::Kind {
                argument: 2,
                name,
                expected: "list",
                found: values.first().map_or("term", Value::kind),
            }
        };
        self.fault("member", 2, Vec::new(), fault)
    }

    pub(super) fn retry_member(&mut self, choice: &Choice) -> Result<Next, Stop> {
        let item = self.saved(choice, 0);
        let list = self.saved(choice, 1);
        let place = list.place();
        let (first, rest) = (self.at(place), self.dereference(self.at(place + 1)));
        self.steps += 1;
        if rest.is(Tag::Pair) {
            let saved = choice.saved as usize + 1;
            self.saved[saved] = rest;
        } else {
            self.pop_choice();
            if rest != Cell::EMPTY_LIST {
                return Err(self.not_a_list(rest));
            }
        }
        Ok(if self.unify(item, first) {
            Next::Proceed
        } else {
            Next::Fail
        })
    }

    fn between(&mut self, operands: &[Cell]) -> Result<Next, Stop> {
        let (low, high, number) = (operands[0], operands[1], operands[2]);
        let small = |cell: Cell| cell.is(Tag::Integer);
        if small(low) && small(high) && (small(number) || number.is(Tag::Reference)) {
            if small(number) {
                let holds = (low.as_integer()..=high.as_integer()).contains(&number.as_integer());
                return Ok(if holds { Next::Proceed } else { Next::Fail });
            }
            if low.as_integer() > high.as_integer() {
                return Ok(Next::Fail);
            }
            self.push_choice(Alternative::Between);
            self.saved.extend_from_slice(&[number, low, high]);
            let choice = self.choices[self.choices.len() - 1];
            return Ok(self.retry_between(&choice));
        }
        let (values, mut variables) = self.values(operands);
        let context = Context {
            now_ms: self.now_ms,
            room: self.room(),
        };
        let Some(builtin) = builtins::find("between", 3) else {
            return Ok(Next::Fail);
        };
        match builtins::call(builtin, &values, &context) {
            Ok(Solutions::Yes) => Ok(Next::Proceed),
            Ok(Solutions::Many(rows)) => {
                let rows = self.row_set(&rows);
                variables.clear();
                Ok(self.return_rows(rows, variables, &[number]))
            }
            Ok(_) => Ok(Next::Fail),
            Err(fault) => Err(self.fault("between", 3, values, fault)),
        }
    }

    pub(super) fn retry_between(&mut self, choice: &Choice) -> Next {
        let number = self.saved(choice, 0);
        let (low, high) = (self.saved(choice, 1), self.saved(choice, 2));
        self.steps += 1;
        match Cell::integer(low.as_integer() + 1) {
            Some(after) if low.as_integer() < high.as_integer() => {
                self.saved[choice.saved as usize + 1] = after;
            }
            _ => self.pop_choice(),
        }
        self.bind(number, low);
        Next::Proceed
    }
}
