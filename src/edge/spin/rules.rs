//! Rules behind handles of the core that this handler is composed with.

use crate::convert_rules::{
    changed, facts, finding, query_error, query_options, refusal, rows, sources, step,
};
use crate::owning_wit::rules as wit;
use assize_core::rules::{Changed, ExternalAnswer, Fact, QueryOptions, Source};
use assize_service::json::rules::Finding;
use assize_service::{RulesCursor, RulesError, RulesHandle, RulesStep};

pub(crate) fn load(given: &[Source]) -> Result<Box<dyn RulesHandle>, RulesError> {
    match wit::KnowledgeBase::new(&sources(given)) {
        Ok(base) => Ok(Box::new(base)),
        Err(found) => Err(RulesError::Invalid(
            found.into_iter().map(finding).collect(),
        )),
    }
}

pub(crate) fn restore(snapshot: &[u8]) -> Result<Box<dyn RulesHandle>, RulesError> {
    match wit::KnowledgeBase::restore(snapshot) {
        Ok(base) => Ok(Box::new(base)),
        Err(error) => Err(refusal(error).into()),
    }
}

impl RulesHandle for wit::KnowledgeBase {
    fn warnings(&mut self) -> Result<Vec<Finding>, RulesError> {
        let found = Self::warnings(self);
        Ok(found.into_iter().map(finding).collect())
    }

    fn has_predicate(&mut self, name: &str, arity: usize) -> Result<bool, RulesError> {
        let arity = u32::try_from(arity).ok();
        Ok(arity.is_some_and(|arity| Self::predicate(self, name, arity).is_some()))
    }

    fn change_facts(&mut self, remove: &[Fact], add: &[Fact]) -> Result<Changed, RulesError> {
        let answer = Self::change_facts(self, &facts(remove), &facts(add));
        Ok(changed(answer.map_err(refusal)?))
    }

    fn predicate(&mut self, name: &str, arity: u32) -> Result<Option<u32>, RulesError> {
        Ok(Self::predicate(self, name, arity))
    }

    fn text_handle(&mut self, text: &str) -> Result<u32, RulesError> {
        Ok(Self::text_handle(self, text))
    }

    fn holds(&mut self, predicate: u32, arguments: &[u32]) -> Result<bool, RulesError> {
        Self::holds(self, predicate, arguments).map_err(query_error)
    }

    fn snapshot(&mut self) -> Result<Vec<u8>, RulesError> {
        Ok(Self::snapshot(self))
    }

    fn query<'b>(
        &'b mut self,
        goal: &str,
        options: &QueryOptions,
    ) -> Result<Box<dyn RulesCursor + 'b>, RulesError> {
        let query = Self::query(self, goal, &query_options(options));
        Ok(Box::new(query.map_err(query_error)?))
    }
}

impl RulesCursor for wit::Query {
    fn pause_after(&mut self, steps: u64) -> Result<(), RulesError> {
        Self::pause_after(self, steps);
        Ok(())
    }

    fn next(&mut self) -> Result<RulesStep, RulesError> {
        step(Self::next(self).map_err(query_error)?)
    }

    fn provide(&mut self, id: u64, answer: ExternalAnswer) -> Result<(), RulesError> {
        let rows = rows(&answer);
        let rows = rows.as_ref().map(Vec::as_slice).map_err(String::as_str);
        Self::provide(self, id, rows).map_err(query_error)
    }
}
