//! The rule engine as a host supplies it: directly or in a component.

use crate::engines::EngineError;
use assize_core::rules::{
    Changed, ExternalAnswer, Fact, KnowledgeBase, LoadError, Query, QueryError, QueryOptions,
    Source, Step,
};
use assize_core::{InvalidInput, LimitReached};
use assize_json::rules::{Ending, Finding, Need, Solution};

/// Why rules gave no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RulesError {
    /// The rules, or the query, are not acceptable: everything that is wrong.
    #[error("{} things are wrong with the rules", .0.len())]
    Invalid(Vec<Finding>),
    /// A built-in or the host could not say, and why; what depends on it must not be acted on.
    #[error("{0}")]
    Fault(String),
    /// A limit was reached where there are no answers to give with it.
    #[error(transparent)]
    Limit(#[from] LimitReached),
    /// The call does not fit the rules or the query's state.
    #[error("{0}")]
    Conflict(String),
    /// The engine refused or failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<InvalidInput> for RulesError {
    fn from(error: InvalidInput) -> Self {
        Self::Engine(error.into())
    }
}

/// What comes next of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum RulesStep {
    /// An answer; each differs from all before.
    Answer(Solution),
    /// The host is asked, under a number; give what it says to [`RulesCursor::provide`].
    NeedExternal(u64, Need),
    /// Nothing yet: go on, or give up.
    Pause,
    /// There is no more.
    Done(Ending),
}

/// Rules that were loaded.
pub trait RulesHandle {
    /// What was noticed when they were loaded.
    ///
    /// # Errors
    ///
    /// A failure of the engine.
    fn warnings(&mut self) -> Result<Vec<Finding>, RulesError>;

    /// Whether they define or declare a predicate.
    ///
    /// # Errors
    ///
    /// A failure of the engine.
    fn has_predicate(&mut self, name: &str, arity: usize) -> Result<bool, RulesError>;

    /// Removes facts, then adds facts; all or nothing.
    ///
    /// # Errors
    ///
    /// Facts that the rules have no predicate for; a failure of the engine.
    fn change_facts(&mut self, remove: &[Fact], add: &[Fact]) -> Result<Changed, RulesError>;

    /// Starts a query.
    ///
    /// # Errors
    ///
    /// A query that is not acceptable; a failure of the engine.
    fn query<'b>(
        &'b mut self,
        goal: &str,
        options: &QueryOptions,
    ) -> Result<Box<dyn RulesCursor + 'b>, RulesError>;
}

/// A query on its way.
pub trait RulesCursor {
    /// What comes next.
    ///
    /// # Errors
    ///
    /// What a built-in or the host could not say; a failure of the engine.
    fn next(&mut self) -> Result<RulesStep, RulesError>;

    /// Answers a question to the host.
    ///
    /// # Errors
    ///
    /// An answer that was not asked for or does not fit; a failure of the engine.
    fn provide(&mut self, id: u64, answer: ExternalAnswer) -> Result<(), RulesError>;
}

fn invalid(error: &LoadError, sources: &[Source]) -> RulesError {
    RulesError::Invalid(Finding::all(&error.diagnostics, sources))
}

fn failed(error: QueryError, sources: &[Source]) -> RulesError {
    match error {
        // A query's own text is none of the sources: its places are kept as they are counted in it.
        QueryError::Query(error) => invalid(&error, sources),
        QueryError::Limit(limit) => RulesError::Limit(limit),
        QueryError::Conflict(text) => RulesError::Conflict(text),
        error => RulesError::Fault(error.to_string()),
    }
}

/// Loads rules in this process.
pub(crate) fn load_natively(sources: &[Source]) -> Result<Box<dyn RulesHandle>, RulesError> {
    match KnowledgeBase::load(sources) {
        Ok(base) => Ok(Box::new(NativeRules(base))),
        Err(error) => Err(invalid(&error, sources)),
    }
}

struct NativeRules(KnowledgeBase);

struct NativeCursor(Query);

impl RulesHandle for NativeRules {
    fn warnings(&mut self) -> Result<Vec<Finding>, RulesError> {
        Ok(Finding::all(self.0.warnings(), self.0.sources()))
    }

    fn has_predicate(&mut self, name: &str, arity: usize) -> Result<bool, RulesError> {
        Ok(self.0.has_predicate(name, arity))
    }

    fn change_facts(&mut self, remove: &[Fact], add: &[Fact]) -> Result<Changed, RulesError> {
        Ok(self.0.change_facts(remove, add)?)
    }

    fn query<'b>(
        &'b mut self,
        goal: &str,
        options: &QueryOptions,
    ) -> Result<Box<dyn RulesCursor + 'b>, RulesError> {
        match self.0.query_text(goal, options.clone()) {
            Ok(query) => Ok(Box::new(NativeCursor(query))),
            Err(QueryError::Query(error)) => {
                let text = Source {
                    name: "query".into(),
                    text: goal.into(),
                    format: assize_core::rules::Format::Text,
                };
                Err(RulesError::Invalid(Finding::of_query(
                    &error.diagnostics,
                    &text,
                )))
            }
            Err(error) => Err(failed(error, self.0.sources())),
        }
    }
}

impl RulesCursor for NativeCursor {
    fn next(&mut self) -> Result<RulesStep, RulesError> {
        let step = self.0.next();
        let sources = self.0.sources();
        match step.map_err(|error| failed(error, sources))? {
            Step::Answer(answer) => Ok(RulesStep::Answer(Solution::of(answer, sources))),
            Step::NeedExternal(call) => Ok(RulesStep::NeedExternal(
                call.id,
                Need {
                    name: call.name,
                    arguments: call.arguments,
                },
            )),
            Step::Pause => Ok(RulesStep::Pause),
            Step::Done(outcome) => Ok(RulesStep::Done(Ending::of(outcome, sources))),
        }
    }

    fn provide(&mut self, id: u64, answer: ExternalAnswer) -> Result<(), RulesError> {
        let provided = self.0.provide(id, answer);
        provided.map_err(|error| failed(error, self.0.sources()))
    }
}
