//! Facts that come and go after a program was loaded.

use super::ast::Name;
use super::knowledge_base::KnowledgeBase;
use super::program::Program;
use super::program::predicate::{Clauses, Kind};
use super::program::words::encode_row;
use super::value::Value;
use crate::error::{FieldError, InvalidInput};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A predicate and its arguments, none of which holds a variable.
pub type Fact = (Name, Vec<Value>);

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changed {
    /// Facts that were not there before.
    pub added: u32,
    /// Facts that were there.
    pub removed: u32,
}

impl KnowledgeBase {
    /// Removes facts, then adds facts; all or nothing. What depends on them is computed anew by the next query;
    /// queries under way and clones do not see it. A fact that is there is not added twice, one that is not there
    /// is not removed.
    ///
    /// # Errors
    ///
    /// Facts of predicates that the program neither defines nor declares, or whose answers come from the host;
    /// facts with variables. The pointer is `/remove/<number>` or `/add/<number>`.
    pub fn change_facts(&mut self, remove: &[Fact], add: &[Fact]) -> Result<Changed, InvalidInput> {
        let mut errors = Vec::new();
        for (list, facts) in [("remove", remove), ("add", add)] {
            for (number, fact) in facts.iter().enumerate() {
                if let Err(message) = acceptable(&self.program, fact) {
                    errors.push(FieldError::new(format!("/{list}/{number}"), message));
                }
            }
        }
        InvalidInput::check(errors)?;
        let program = Arc::make_mut(&mut self.program);
        Ok(Changed {
            removed: self::remove(program, remove),
            added: self::add(program, add),
        })
    }
}

fn acceptable(program: &Program, (name, arguments): &Fact) -> Result<u32, String> {
    let arity = arguments.len();
    let number = program.predicate(name, arity).ok_or_else(|| {
        format!("there is no predicate `{name}/{arity}`; declare it with `input {name}/{arity}.`")
    })?;
    let predicate = program.predicates.get(number as usize);
    if predicate.is_some_and(|predicate| predicate.kind == Kind::External) {
        return Err(format!("`{name}/{arity}` is external: the host answers it"));
    }
    if !arguments.iter().all(is_ground) {
        return Err("a fact must not hold variables".to_owned());
    }
    Ok(number)
}

/// Whether a value holds no variable.
pub(super) fn is_ground(value: &Value) -> bool {
    let mut pending = vec![value];
    while let Some(value) = pending.pop() {
        match value {
            Value::Variable(_) => return false,
            Value::List(items) | Value::Compound(_, items) => pending.extend(items.iter()),
            Value::PartialList(items, rest) => {
                pending.extend(items.iter());
                pending.push(rest);
            }
            Value::Record(fields) => pending.extend(fields.iter().map(|(_, value)| value)),
            _ => {}
        }
    }
    true
}

type Row = Vec<Box<[u64]>>;

/// The facts by predicate, so that each predicate is looked at once.
fn by_predicate(program: &mut Program, facts: &[Fact]) -> Vec<(u32, Vec<Row>)> {
    let mut groups: std::collections::BTreeMap<u32, Vec<Row>> = std::collections::BTreeMap::new();
    for (name, arguments) in facts {
        let Some(number) = program.predicate(name, arguments.len()) else {
            continue;
        };
        let row = encode_row(arguments, Arc::make_mut(&mut program.symbols));
        groups.entry(number).or_default().push(row);
    }
    groups.into_iter().collect()
}

fn remove(program: &mut Program, facts: &[Fact]) -> u32 {
    let mut removed = 0;
    for (number, rows) in by_predicate(program, facts) {
        let Some(predicate) = program.predicates.get_mut(number as usize) else {
            continue;
        };
        let mut found = BTreeSet::new();
        for row in &rows {
            // A source may say the same twice.
            let clauses = predicate.clauses.find_facts(row);
            let is_new = clauses
                .first()
                .is_some_and(|clause| !found.contains(clause));
            removed += u32::from(is_new);
            found.extend(clauses);
        }
        Arc::make_mut(predicate).clauses.remove(&found);
    }
    removed
}

fn add(program: &mut Program, facts: &[Fact]) -> u32 {
    let mut added = 0;
    for (number, rows) in by_predicate(program, facts) {
        let Some(predicate) = program.predicates.get_mut(number as usize) else {
            continue;
        };
        let mut fresh: Vec<Row> = Vec::new();
        let mut seen: BTreeSet<Row> = BTreeSet::new();
        for row in rows {
            if predicate.clauses.find_facts(&row).is_empty() && seen.insert(row.clone()) {
                fresh.push(row);
            }
        }
        added += fresh.len() as u32;
        let clauses = &mut Arc::make_mut(predicate).clauses;
        for row in &fresh {
            clauses.push_fact(row, Clauses::NO_ITEM);
        }
    }
    added
}
