//! Aggregates: all solutions of a goal, then something about them.

use super::run::Next;
use super::term::{DistinctRows, RowSet};
use super::{Alternative, Machine, QUERY, Stop};
use crate::rules::ast::AggregateFunction;
use crate::rules::builtins::{self, ArithmeticOperation, Fault};
use crate::rules::program::Block;
use crate::rules::program::cell::Cell;
use crate::rules::program::instruction::AggregateSpecification;
use crate::rules::program::words::WordReader;
use crate::rules::value::Value;
use std::collections::BTreeMap;

/// The solutions of a goal so far.
#[derive(Debug)]
pub(super) struct Collector {
    number: u32,
    seen: DistinctRows,
    /// For each solution, its group and what is computed of it.
    solutions: Vec<(usize, Value)>,
    groups: BTreeMap<Vec<u64>, usize>,
    group_words: Vec<Vec<u64>>,
    bytes: usize,
}

impl Collector {
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.seen.bytes()
    }
}

impl Machine {
    pub(super) fn begin_aggregate(&mut self, number: u32, exit: u32) {
        self.push_choice(Alternative::Aggregate { exit });
        self.collectors.push(Collector {
            number,
            seen: DistinctRows::default(),
            solutions: Vec::new(),
            groups: BTreeMap::new(),
            group_words: Vec::new(),
            bytes: 0,
        });
    }

    /// A solution of the innermost aggregate's goal.
    pub(super) fn collect(&mut self, block: &Block, number: u32) -> Result<(), Stop> {
        let Some(specification) = block.aggregates.get(number as usize) else {
            return Ok(());
        };
        let mut variables = Vec::new();
        let mut words = Vec::new();
        for slot in &specification.variables {
            let cell = self.y(*slot);
            self.encode(cell, &mut words, &mut variables);
        }
        self.forget_numbers(&variables);
        let Some(collector) = self.collectors.last_mut() else {
            return Ok(());
        };
        if !collector.seen.insert(&words) {
            return Ok(());
        }
        let value = match specification.template {
            Some(slot) => {
                let cell = self.y(slot);
                let (mut values, _) = self.values(&[cell]);
                values.pop().unwrap_or(Value::Null)
            }
            None => Value::Null,
        };
        let mut by = Vec::new();
        variables.clear();
        for slot in &specification.by {
            let cell = self.y(*slot);
            self.encode(cell, &mut by, &mut variables);
        }
        self.forget_numbers(&variables);
        if let Some(collector) = self.collectors.last_mut() {
            let next = collector.group_words.len();
            let group = *collector.groups.entry(by.clone()).or_insert(next);
            if group == next {
                collector.bytes += by.len() * 16 + 64;
                collector.group_words.push(by);
            }
            let bytes = usize::try_from(crate::rules::explain::size(std::slice::from_ref(&value)));
            collector.bytes = collector.bytes.saturating_add(bytes.unwrap_or(usize::MAX));
            collector.bytes += 32;
            collector.solutions.push((group, value));
        }
        Ok(())
    }

    /// All solutions were seen: the outcome of each group, then what follows.
    pub(super) fn finish_aggregate(&mut self, exit: u32) -> Result<Next, Stop> {
        let Some(collector) = self.collectors.pop() else {
            return Ok(Next::Fail);
        };
        let block = if exit & QUERY == 0 {
            self.program.block.clone()
        } else {
            self.query.clone()
        };
        let Some(specification) = block.aggregates.get(collector.number as usize) else {
            return Ok(Next::Fail);
        };
        let mut groups: Vec<Vec<Value>> = vec![Vec::new(); collector.group_words.len()];
        let mut words = collector.group_words;
        if groups.is_empty() && specification.by.is_empty() {
            groups.push(Vec::new());
            words.push(Vec::new());
        }
        for (group, value) in collector.solutions {
            if let Some(values) = groups.get_mut(group) {
                values.push(value);
            }
        }
        let mut rows = RowSet::default();
        for (values, mut words) in groups.into_iter().zip(words) {
            if let Some(outcome) = self.outcome(specification, values)? {
                crate::rules::program::words::encode_value(&outcome, self, &mut words);
                rows.push(&words);
            }
        }
        let mut targets: Vec<Cell> = specification.by.iter().map(|slot| self.y(*slot)).collect();
        targets.push(self.y(specification.result));
        self.continuation = exit;
        if rows.len() == 1 {
            let mut reader = WordReader::new(rows.get(0));
            let mut variables = Vec::new();
            let holds = targets
                .iter()
                .all(|target| self.unify_words(*target, &mut reader, &mut variables));
            return Ok(if holds { Next::Goto(exit) } else { Next::Fail });
        }
        Ok(self.return_rows(rows.into(), Vec::new(), &targets))
    }

    /// What is computed of all values of one group; none where it has no value.
    fn outcome(
        &mut self,
        specification: &AggregateSpecification,
        mut values: Vec<Value>,
    ) -> Result<Option<Value>, Stop> {
        let function = specification.function;
        Ok(match function {
            AggregateFunction::Count => Some(Value::Integer(values.len() as i64)),
            AggregateFunction::Sum => Some(self.sum(function, &values)?),
            AggregateFunction::Avg if values.is_empty() => None,
            AggregateFunction::Avg => {
                let sum = self.sum(function, &values)?;
                let count = Value::Integer(values.len() as i64);
                Some(self.compute(function, ArithmeticOperation::Divide, &sum, &count)?)
            }
            AggregateFunction::Min => values.into_iter().min_by(Value::standard_order),
            AggregateFunction::Max => values.into_iter().max_by(Value::standard_order),
            AggregateFunction::Collect | AggregateFunction::Set => {
                values.sort_by(Value::standard_order);
                if function == AggregateFunction::Set {
                    values.dedup();
                }
                Some(Value::List(values.into()))
            }
        })
    }

    fn sum(&mut self, function: AggregateFunction, values: &[Value]) -> Result<Value, Stop> {
        let mut sum = Value::Integer(0);
        // A fixed order, so that a sum of floats does not depend on how solutions were found.
        let mut sorted: Vec<&Value> = values.iter().collect();
        sorted.sort_by(|left, right| left.standard_order(right));
        for value in sorted {
            sum = self.compute(function, ArithmeticOperation::Add, &sum, value)?;
        }
        Ok(sum)
    }

    fn compute(
        &mut self,
        function: AggregateFunction,
        operation: ArithmeticOperation,
        left: &Value,
        right: &Value,
    ) -> Result<Value, Stop> {
        builtins::arithmetic(operation, left, right, self.room()).map_err(|fault| {
            let fault = match fault {
                Fault::Kind {
                    expected, found, ..
                } => Fault::Kind {
                    argument: 1,
                    name: "value",
                    expected,
                    found,
                },
                fault => fault,
            };
            let is_number = |value: &Value| {
                matches!(
                    value,
                    Value::Integer(_) | Value::BigInteger(_) | Value::Float(_)
                )
            };
            let wrong = if is_number(left) { right } else { left };
            self.fault(function.name(), 1, vec![wrong.clone()], fault)
        })
    }
}
