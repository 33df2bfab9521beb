//! The rule engine as a host supplies it: directly or in a component.

use crate::engines::EngineError;
use assize_core::rules::{
    Changed, ConstantHandle, Evaluator, ExternalAnswer, Fact, KnowledgeBase, Limits, LoadError,
    PredicateHandle, Query, QueryError, QueryOptions, RestoreError, Source, Step,
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

/// Rules that were loaded. They are asked by one at a time, and kept for later questions.
pub trait RulesHandle: Send {
    /// Another handle on the same rules, where that costs next to nothing.
    fn share(&self) -> Option<Box<dyn RulesHandle>> {
        None
    }

    /// Whether it is worth keeping: nothing failed, and there is room for further questions.
    fn is_fit(&self) -> bool {
        true
    }

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

    /// The number of a predicate, for [`RulesHandle::holds`]; none where there is none.
    ///
    /// # Errors
    ///
    /// A failure of the engine.
    fn predicate(&mut self, name: &str, arity: u32) -> Result<Option<u32>, RulesError>;

    /// The number of a string, for [`RulesHandle::holds`]; it stays, whatever facts change.
    ///
    /// # Errors
    ///
    /// A failure of the engine.
    fn text_handle(&mut self, text: &str) -> Result<u32, RulesError>;

    /// Whether a predicate holds for some strings, all by number: the quickest question there is.
    ///
    /// # Errors
    ///
    /// Numbers that were not given, or not as many as the predicate has arguments; what a built-in or the host
    /// could not say; a limit; a failure of the engine.
    fn holds(&mut self, predicate: u32, arguments: &[u32]) -> Result<bool, RulesError>;

    /// All of it as bytes, for [`Engines::restore_rules`](crate::Engines::restore_rules).
    ///
    /// # Errors
    ///
    /// A failure of the engine.
    fn snapshot(&mut self) -> Result<Vec<u8>, RulesError>;

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
    /// [`RulesStep::Pause`] comes after about so many steps from now, once.
    ///
    /// # Errors
    ///
    /// A failure of the engine.
    fn pause_after(&mut self, steps: u64) -> Result<(), RulesError>;

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
        Ok(base) => Ok(Box::new(NativeRules {
            base,
            evaluator: None,
        })),
        Err(error) => Err(invalid(&error, sources)),
    }
}

struct NativeRules {
    base: KnowledgeBase,
    /// Made for the first hot question.
    evaluator: Option<Evaluator>,
}

impl NativeRules {
    fn evaluator(&mut self) -> &mut Evaluator {
        let base = &self.base;
        self.evaluator
            .get_or_insert_with(|| Evaluator::new(base, Limits::default()))
    }
}

struct NativeCursor(Query);

/// Rules from the bytes of a snapshot, in this process.
pub(crate) fn restore_natively(bytes: &[u8]) -> Result<Box<dyn RulesHandle>, RulesError> {
    match KnowledgeBase::restore(bytes) {
        Ok(base) => Ok(Box::new(NativeRules {
            base,
            evaluator: None,
        })),
        Err(RestoreError::Snapshot(error)) => Err(EngineError::Refused(error.into()).into()),
        Err(error) => Err(RulesError::Conflict(error.to_string())),
    }
}

impl RulesHandle for NativeRules {
    fn share(&self) -> Option<Box<dyn RulesHandle>> {
        Some(Box::new(Self {
            base: self.base.clone(),
            evaluator: None,
        }))
    }

    fn warnings(&mut self) -> Result<Vec<Finding>, RulesError> {
        Ok(Finding::all(self.base.warnings(), self.base.sources()))
    }

    fn has_predicate(&mut self, name: &str, arity: usize) -> Result<bool, RulesError> {
        Ok(self.base.has_predicate(name, arity))
    }

    fn change_facts(&mut self, remove: &[Fact], add: &[Fact]) -> Result<Changed, RulesError> {
        let changed = self.base.change_facts(remove, add)?;
        if let Some(evaluator) = &mut self.evaluator {
            evaluator.update(&self.base);
        }
        Ok(changed)
    }

    fn snapshot(&mut self) -> Result<Vec<u8>, RulesError> {
        Ok(self.base.snapshot())
    }

    fn predicate(&mut self, name: &str, arity: u32) -> Result<Option<u32>, RulesError> {
        let found = self.evaluator().predicate(name, arity as usize);
        Ok(found.map(PredicateHandle::to_bits))
    }

    fn text_handle(&mut self, text: &str) -> Result<u32, RulesError> {
        Ok(self.evaluator().text(text).to_bits())
    }

    fn holds(&mut self, predicate: u32, arguments: &[u32]) -> Result<bool, RulesError> {
        let predicate = PredicateHandle::from_bits(predicate);
        let arguments: Vec<_> = arguments
            .iter()
            .map(|bits| ConstantHandle::from_bits(*bits))
            .collect();
        let answer = self.evaluator().holds(predicate, &arguments, None);
        answer.map_err(|error| failed(error, self.base.sources()))
    }

    fn query<'b>(
        &'b mut self,
        goal: &str,
        options: &QueryOptions,
    ) -> Result<Box<dyn RulesCursor + 'b>, RulesError> {
        match self.base.query_text(goal, options.clone()) {
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
            Err(error) => Err(failed(error, self.base.sources())),
        }
    }
}

impl RulesCursor for NativeCursor {
    fn pause_after(&mut self, steps: u64) -> Result<(), RulesError> {
        self.0.pause_after(steps);
        Ok(())
    }

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
