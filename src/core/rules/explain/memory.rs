//! What explanations of one query share: what they found out, and what they have used.

use super::ExplainError;
use super::bindings::{Key, size};
use super::evaluate::{Leaf, Premise, Search, Stop};
use super::proof::ProofStep;
use super::variables::Prepared;
use crate::rules::ast::Name;
use crate::rules::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known after some explanations over the same facts, and the bounds' share that these have used.
#[derive(Debug, Default)]
pub struct Memory {
    pub(super) steps: u64,
    pub(super) bytes: u64,
    pub(super) answers: BTreeMap<(Name, Key), Known<Vec<Value>>>,
    /// By clause and goal.
    ways: BTreeMap<(usize, Key), Known<Vec<Premise>>>,
    prepared: BTreeMap<usize, Arc<Prepared>>,
}

/// What was found, and why there may be more.
#[derive(Debug, Clone)]
pub(super) struct Known<T> {
    pub(super) found: Arc<[T]>,
    pub(super) trouble: Option<ExplainError>,
}

impl Memory {
    /// Forgets what depends on facts or on answers of the host; what was used stays used.
    pub fn forget(&mut self) {
        self.answers.clear();
        self.ways.clear();
    }
}

impl Search<'_> {
    /// A clause with numbered variables.
    pub(super) fn prepared(&mut self, index: usize) -> Option<Arc<Prepared>> {
        if let Some(prepared) = self.memory.prepared.get(&index) {
            return Some(prepared.clone());
        }
        let prepared = Arc::new(Prepared::clause(self.explainer.clause(index)?));
        self.memory.prepared.insert(index, prepared.clone());
        Some(prepared)
    }

    /// What was found before, with the doubt there was about it.
    pub(super) fn recall<T>(&mut self, known: Known<T>) -> Arc<[T]> {
        if let Some(trouble) = known.trouble {
            self.doubt(trouble);
        }
        known.found
    }

    /// What each way rests on in which a clause gives a goal.
    pub(super) fn ways_of(
        &mut self,
        index: usize,
        arguments: &[Value],
    ) -> Result<Arc<[Vec<Premise>]>, Stop> {
        let key = (index, Key(arguments.to_vec()));
        if let Some(known) = self.memory.ways.get(&key).cloned() {
            return Ok(self.recall(known));
        }
        let Some(prepared) = self.prepared(index) else {
            return Ok(Arc::new([]));
        };
        let before = (self.doubt, self.trouble.take());
        self.doubt = false;
        let states = self.body(&prepared, arguments);
        let ways = states.map(|states| self.ways(&states));
        let trouble = self.trouble.take();
        self.doubt |= before.0;
        self.trouble = before.1.or_else(|| trouble.clone());
        let found: Arc<[_]> = ways?.into();
        self.keep(arguments)?;
        let bytes = found.iter().map(|way| premises_size(way)).sum();
        self.keep_bytes(bytes)?;
        let known = Known {
            found: found.clone(),
            trouble,
        };
        self.memory.ways.insert(key, known);
        Ok(found)
    }

    /// Counts a proof that is given.
    pub(super) fn keep_proof(&mut self, steps: &[ProofStep]) -> Result<(), Stop> {
        let bytes = steps.iter().map(|step| {
            let parts = step.goal.text.len() + step.premises.len() * 8 + ProofStep::BYTES;
            parts as u64 + size(&step.goal.arguments)
        });
        self.keep_bytes(bytes.sum())
    }
}

fn premises_size(premises: &[Premise]) -> u64 {
    let of = |premise: &Premise| match premise {
        Premise::Call(_, arguments)
        | Premise::Leaf(Leaf::External(_, arguments) | Leaf::Builtin(_, arguments, _)) => {
            size(arguments)
        }
        Premise::Leaf(Leaf::Comparison(_, left, right, _)) => {
            size(std::slice::from_ref(left)) + size(std::slice::from_ref(right))
        }
        Premise::Leaf(Leaf::Absent(text)) => text.len() as u64,
        Premise::Group(group) => {
            let parts = group.parts.iter().flatten();
            group.text.len() as u64 + parts.map(|way| premises_size(way)).sum::<u64>()
        }
        Premise::Either(ways) => ways.iter().map(|way| premises_size(way)).sum(),
    };
    premises.iter().map(|premise| 64 + of(premise)).sum()
}
