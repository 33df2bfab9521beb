//! Hot decisions: a predicate is asked by number, with constants by number, and nothing is parsed or
//! made for it.

use super::answer::Limits;
use super::error::QueryError;
use super::knowledge_base::KnowledgeBase;
use super::machine::{Event, Machine};
use super::program::cell::Cell;
use super::program::words::Interner;
use super::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A predicate of one evaluator's knowledge base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PredicateHandle(u32);

impl PredicateHandle {
    /// The handle as a number.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0
    }

    /// The handle of a number; one that was not given asks for nothing.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}

/// A constant, for calls of the evaluator that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConstantHandle(u32);

impl ConstantHandle {
    /// The handle as a number, for hosts on the other side of a boundary.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0
    }

    /// The handle of a number; one that was not given asks for nothing.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }
}

/// Asks one knowledge base over and over. What it needed once, an index or a table whose answers depend on the
/// program alone, it keeps.
#[derive(Debug)]
pub struct Evaluator {
    base: KnowledgeBase,
    machine: Machine,
    limits: Limits,
    /// By handle: what was asked for, and what it is in the present program.
    constants: Vec<(Value, Cell)>,
    texts: BTreeMap<Arc<str>, u32>,
}

/// Bytes of names from callers and of tables after which all of them are given up.
const KEPT_BYTES: usize = 16 * 1024 * 1024;

impl Evaluator {
    /// An evaluator of a knowledge base as it is now.
    #[must_use]
    pub fn new(base: &KnowledgeBase, limits: Limits) -> Self {
        Self {
            base: base.clone(),
            machine: Machine::new(base.program.clone()),
            limits,
            constants: Vec::new(),
            texts: BTreeMap::new(),
        }
    }

    /// The predicate of a name and a number of arguments; none where there is none.
    #[must_use]
    pub fn predicate(&self, name: &str, arity: usize) -> Option<PredicateHandle> {
        self.base
            .program
            .predicate(name, arity)
            .map(PredicateHandle)
    }

    /// A constant by number, kept as long as the evaluator. None for what has parts, for floats, and for
    /// integers of more than 61 bits.
    pub fn constant(&mut self, value: &Value) -> Option<ConstantHandle> {
        if let Value::String(text) = value {
            return Some(self.text(text));
        }
        let cell = self.cell(value)?;
        let known = self.constants.iter().position(|(known, _)| known == value);
        let number = known.unwrap_or_else(|| {
            self.constants.push((value.clone(), cell));
            self.constants.len() - 1
        });
        Some(ConstantHandle(number as u32))
    }

    /// A string by number, kept as long as the evaluator.
    pub fn text(&mut self, text: &str) -> ConstantHandle {
        if let Some(number) = self.texts.get(text) {
            return ConstantHandle(*number);
        }
        let text: Arc<str> = text.into();
        let cell = self.machine.string(&text);
        let number = self.constants.len() as u32;
        self.constants.push((Value::String(text.clone()), cell));
        self.texts.insert(text, number);
        ConstantHandle(number)
    }

    fn cell(&mut self, value: &Value) -> Option<Cell> {
        Some(match value {
            Value::Null => Cell::NULL,
            Value::Boolean(truth) => Cell::boolean(*truth),
            Value::Integer(number) => Cell::integer(*number)?,
            Value::String(text) => self.machine.string(text),
            Value::List(items) if items.is_empty() => Cell::EMPTY_LIST,
            _ => return None,
        })
    }

    /// Takes a knowledge base whose facts were changed; handles stay what they are.
    pub fn update(&mut self, base: &KnowledgeBase) {
        self.base = base.clone();
        self.machine.update(base.program.clone());
        for number in 0..self.constants.len() {
            let value = self.constants.get(number).map(|(value, _)| value.clone());
            let cell = value.and_then(|value| self.cell(&value));
            if let (Some((_, known)), Some(cell)) = (self.constants.get_mut(number), cell) {
                *known = cell;
            }
        }
    }

    /// Whether a predicate holds for some constants.
    ///
    /// # Errors
    ///
    /// A wrong number of arguments, a limit that was reached, a built-in that could not say, a question to the host.
    ///
    /// # Example
    ///
    /// ```
    /// use assize_core::rules::{Evaluator, KnowledgeBase, Limits, Value};
    ///
    /// let policy = KnowledgeBase::from_text("p.rules", r#"may("ann", "read")."#)?;
    /// let mut evaluator = Evaluator::new(&policy, Limits::default());
    /// let may = evaluator.predicate("may", 2).ok_or("no such predicate")?;
    /// let ann = evaluator.constant(&Value::string("ann")).ok_or("no constant")?;
    /// let read = evaluator.constant(&Value::string("read")).ok_or("no constant")?;
    /// assert!(evaluator.holds(may, &[ann, read], None)?);
    /// assert!(!evaluator.holds(may, &[read, ann], None)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn holds(
        &mut self,
        predicate: PredicateHandle,
        arguments: &[ConstantHandle],
        now_ms: Option<i64>,
    ) -> Result<bool, QueryError> {
        let arity = self.machine.arity(predicate.0);
        if arity != Some(arguments.len()) {
            let message = format!(
                "the predicate has {} arguments, got {}",
                arity.unwrap_or(0),
                arguments.len()
            );
            return Err(QueryError::Conflict(message));
        }
        self.machine.limits = self.limits;
        self.machine.now_ms = now_ms;
        for (place, argument) in arguments.iter().enumerate() {
            let Some((_, constant)) = self.constants.get(argument.0 as usize) else {
                let message = format!("{} is no handle of a constant", argument.0);
                return Err(QueryError::Conflict(message));
            };
            self.machine.set_argument(place, *constant);
        }
        let holds = match self.machine.ask(predicate.0) {
            Ok(Event::Answer) => true,
            Ok(Event::Exhausted) => false,
            Ok(Event::Pause) => return Err(QueryError::Conflict("it was paused".to_owned())),
            Ok(Event::External) => {
                let name = self.machine.question().map(|(name, _)| name);
                return Err(QueryError::External {
                    name: name.unwrap_or_else(|| "external".into()),
                    problem: "nobody answers external calls here".to_owned(),
                });
            }
            Err(stop) => return Err(stop.into()),
        };
        self.machine.forget_calls(KEPT_BYTES);
        Ok(holds)
    }

    /// Steps of the last call.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.machine.steps
    }
}
