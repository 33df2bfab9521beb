//! Knowledge bases as they are loaded.

use crate::engines::{EngineError, Engines};
use crate::problem::Problem;
use crate::rule_engines::{RulesError, RulesHandle};
use assize_core::rules::{Fact, Source};
use std::collections::BTreeMap;

/// Facts that are handed to an engine in one call.
const FACTS_AT_ONCE: usize = 10_000;

/// A knowledge base as it is asked: sources, and facts that were changed since.
#[derive(Debug, Clone)]
pub(crate) struct RulesBase {
    pub(crate) sources: Vec<Source>,
    pub(crate) remove: Vec<Fact>,
    pub(crate) add: Vec<Fact>,
}

impl RulesBase {
    /// Sources with their own facts.
    pub(crate) fn of(sources: &[Source]) -> Self {
        Self {
            sources: sources.to_vec(),
            remove: Vec::new(),
            add: Vec::new(),
        }
    }
}

/// Loads a knowledge base with the facts that were changed since.
pub(crate) fn load(
    engines: &dyn Engines,
    base: &RulesBase,
) -> Result<Box<dyn RulesHandle>, Problem> {
    load_counting(engines, base).map(|(rules, _)| rules)
}

/// As [`load`]; also how many of the facts are of predicates that these sources don't have. They wait for a version
/// that has them.
pub(super) fn load_counting(
    engines: &dyn Engines,
    base: &RulesBase,
) -> Result<(Box<dyn RulesHandle>, usize), Problem> {
    let mut rules = engines.load_rules(&base.sources)?;
    let (mut known, mut dormant) = (BTreeMap::new(), 0);
    for (facts, holds) in [(&base.remove, false), (&base.add, true)] {
        let mut fitting = Vec::with_capacity(facts.len());
        for fact in facts {
            let predicate = (fact.0.as_ref(), fact.1.len());
            let fits = match known.get(&predicate) {
                Some(fits) => *fits,
                None => rules.has_predicate(predicate.0, predicate.1)?,
            };
            known.insert(predicate, fits);
            if fits {
                fitting.push(fact.clone());
            } else {
                dormant += 1;
            }
        }
        // Many facts at once would need their memory twice.
        for some in fitting.chunks(FACTS_AT_ONCE) {
            let changed = match holds {
                true => rules.change_facts(&[], some),
                false => rules.change_facts(some, &[]),
            };
            changed.map_err(unfit)?;
        }
    }
    Ok((rules, dormant))
}

fn unfit(error: RulesError) -> Problem {
    match error {
        RulesError::Engine(EngineError::Refused(error)) => Problem::conflict(format!(
            "facts that were added do not fit this version: {error}; remove them first"
        )),
        error => error.into(),
    }
}
