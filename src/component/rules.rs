//! The `rules` interface.

use crate::Core;
use crate::bindings::exports::assize::core::{rules as wit, types};
use crate::convert_rules::{
    answer_step, call_rows, diagnostics, facts, query_error, query_options, sources,
};
use assize_core::rules as core;
use std::cell::RefCell;

impl wit::Guest for Core {
    type KnowledgeBase = KnowledgeBase;
    type Query = Query;

    fn default_limits() -> wit::Limits {
        core::Limits::default().into()
    }

    fn check(given: Vec<wit::Source>) -> Vec<wit::Diagnostic> {
        let given = sources(given);
        diagnostics(&core::check_sources(&given), &given)
    }

    fn format(text: String) -> Result<String, Vec<wit::Diagnostic>> {
        core::syntax::format(&text).map_err(|found| {
            let source = core::Source {
                name: "source".into(),
                text: text.into(),
                format: core::Format::Text,
            };
            diagnostics(&found, &[source])
        })
    }
}

/// A knowledge base behind a handle, and the evaluator for hot questions to it.
pub(crate) struct KnowledgeBase(RefCell<Resident>);

struct Resident {
    base: core::KnowledgeBase,
    evaluator: core::Evaluator,
}

impl KnowledgeBase {
    fn of(base: core::KnowledgeBase) -> Self {
        let evaluator = core::Evaluator::new(&base, core::Limits::default());
        Self(RefCell::new(Resident { base, evaluator }))
    }
}

impl wit::GuestKnowledgeBase for KnowledgeBase {
    fn new(given: Vec<wit::Source>) -> Result<Self, Vec<wit::Diagnostic>> {
        let given = sources(given);
        let base = core::KnowledgeBase::load(&given);
        base.map(Self::of)
            .map_err(|error| diagnostics(&error.diagnostics, &given))
    }

    fn snapshot(&self) -> Vec<u8> {
        self.0.borrow().base.snapshot()
    }

    fn restore(bytes: Vec<u8>) -> Result<wit::KnowledgeBase, types::Error> {
        let base = core::KnowledgeBase::restore(&bytes);
        base.map(|base| wit::KnowledgeBase::new(Self::of(base)))
            .map_err(|error| types::Error::CorruptSnapshot(error.to_string()))
    }

    fn warnings(&self) -> Vec<wit::Diagnostic> {
        let resident = self.0.borrow();
        diagnostics(resident.base.warnings(), resident.base.sources())
    }

    fn change_facts(
        &self,
        remove: Vec<wit::Fact>,
        add: Vec<wit::Fact>,
    ) -> Result<wit::Changed, types::Error> {
        let mut resident = self.0.borrow_mut();
        let (remove, add) = (facts(remove, "remove")?, facts(add, "add")?);
        let changed = resident.base.change_facts(&remove, &add)?;
        let Resident { base, evaluator } = &mut *resident;
        evaluator.update(base);
        Ok(wit::Changed {
            added: changed.added,
            removed: changed.removed,
        })
    }

    fn query(
        &self,
        goal: String,
        options: wit::QueryOptions,
    ) -> Result<wit::Query, wit::QueryError> {
        let resident = self.0.borrow();
        let sources = resident.base.sources();
        let options =
            query_options(options).map_err(|error| wit::QueryError::Conflict(error.to_string()))?;
        let query = resident
            .base
            .query_text(&goal, options)
            .map_err(|error| query_error(error, sources, Some(&goal)))?;
        Ok(wit::Query::new(Query {
            query: RefCell::new(query),
            goal,
        }))
    }

    fn predicate(&self, name: String, arity: u32) -> Option<u32> {
        let resident = self.0.borrow();
        let handle = resident.evaluator.predicate(&name, arity as usize)?;
        Some(handle.to_bits())
    }

    fn text_handle(&self, text: String) -> u32 {
        let mut resident = self.0.borrow_mut();
        resident.evaluator.text(&text).to_bits()
    }

    fn holds(&self, predicate: u32, arguments: Vec<u32>) -> Result<bool, wit::QueryError> {
        let mut resident = self.0.borrow_mut();
        let Resident { base, evaluator } = &mut *resident;
        let predicate = core::PredicateHandle::from_bits(predicate);
        let arguments: Vec<core::ConstantHandle> = arguments
            .into_iter()
            .map(core::ConstantHandle::from_bits)
            .collect();
        evaluator
            .holds(predicate, &arguments, None)
            .map_err(|error| query_error(error, base.sources(), None))
    }
}

/// A query behind a handle; it has what it needs of its knowledge base.
pub(crate) struct Query {
    query: RefCell<core::Query>,
    goal: String,
}

impl wit::GuestQuery for Query {
    fn next(&self) -> Result<wit::Step, wit::QueryError> {
        let mut query = self.query.borrow_mut();
        let step = query.next();
        let sources = query.sources();
        match step {
            Ok(step) => Ok(answer_step(step, sources)),
            Err(error) => Err(query_error(error, sources, Some(&self.goal))),
        }
    }

    fn pause_after(&self, steps: u64) {
        self.query.borrow_mut().pause_after(steps);
    }

    fn provide(
        &self,
        id: u64,
        rows: Result<Vec<Vec<wit::Term>>, String>,
    ) -> Result<(), wit::QueryError> {
        let answer =
            call_rows(rows).map_err(|error| wit::QueryError::Conflict(error.to_string()))?;
        let mut query = self.query.borrow_mut();
        query
            .provide(id, answer)
            .map_err(|error| query_error(error, query.sources(), Some(&self.goal)))
    }
}
