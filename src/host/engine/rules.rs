//! Rules behind a handle of the component.

use super::bindings::owning::exports::assize::core::rules as wit;
use super::convert_rules::{
    changed, facts, finding, query_error, query_options, refusal, rows, sources, step,
};
use super::pool::{Lease, Limiter, Pool};
use assize_core::rules::{Changed, ExternalAnswer, Fact, QueryOptions, Source};
use assize_service::json::rules::Finding;
use assize_service::{EngineError, RulesCursor, RulesError, RulesHandle, RulesStep};
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

/// Rules in an instance that is their own until they are dropped.
pub(super) struct Rules {
    lease: Lease,
    resource: ResourceAny,
}

impl Rules {
    pub(super) fn load(pool: &Arc<Pool>, given: &[Source]) -> Result<Self, RulesError> {
        let mut lease = pool.lease()?;
        let given = sources(given);
        let loaded = lease
            .call_rules(|guest, store| guest.knowledge_base().call_constructor(store, &given))?;
        match loaded {
            Ok(resource) => Ok(Self { lease, resource }),
            Err(found) => Err(RulesError::Invalid(
                found.into_iter().map(finding).collect(),
            )),
        }
    }

    pub(super) fn restore(pool: &Arc<Pool>, snapshot: &[u8]) -> Result<Self, RulesError> {
        let mut lease = pool.lease()?;
        let restored = lease
            .call_rules(|guest, store| guest.knowledge_base().call_restore(store, snapshot))?;
        let resource = restored.map_err(refusal)?;
        Ok(Self { lease, resource })
    }

    fn call<T>(
        &mut self,
        call: impl FnOnce(
            &wit::GuestKnowledgeBase<'_>,
            &mut Store<Limiter>,
            ResourceAny,
        ) -> wasmtime::Result<T>,
    ) -> Result<T, EngineError> {
        let resource = self.resource;
        self.lease
            .call_rules(|guest, store| call(&guest.knowledge_base(), store, resource))
    }
}

impl Drop for Rules {
    fn drop(&mut self) {
        let resource = self.resource;
        // A handle that can't be dropped takes its instance with it: the lease sees to that.
        let _ = self
            .lease
            .call_rules(|_, store| resource.resource_drop(store));
    }
}

impl RulesHandle for Rules {
    fn is_fit(&self) -> bool {
        self.lease.is_fit()
    }

    fn warnings(&mut self) -> Result<Vec<Finding>, RulesError> {
        let found = self.call(|base, store, this| base.call_warnings(store, this))?;
        Ok(found.into_iter().map(finding).collect())
    }

    fn has_predicate(&mut self, name: &str, arity: usize) -> Result<bool, RulesError> {
        let Ok(arity) = u32::try_from(arity) else {
            return Ok(false);
        };
        Ok(self.predicate(name, arity)?.is_some())
    }

    fn change_facts(&mut self, remove: &[Fact], add: &[Fact]) -> Result<Changed, RulesError> {
        let (remove, add) = (facts(remove), facts(add));
        let answer =
            self.call(|base, store, this| base.call_change_facts(store, this, &remove, &add))?;
        Ok(changed(answer.map_err(refusal)?))
    }

    fn predicate(&mut self, name: &str, arity: u32) -> Result<Option<u32>, RulesError> {
        Ok(self.call(|base, store, this| base.call_predicate(store, this, name, arity))?)
    }

    fn text_handle(&mut self, text: &str) -> Result<u32, RulesError> {
        Ok(self.call(|base, store, this| base.call_text_handle(store, this, text))?)
    }

    fn holds(&mut self, predicate: u32, arguments: &[u32]) -> Result<bool, RulesError> {
        let answer =
            self.call(|base, store, this| base.call_holds(store, this, predicate, arguments))?;
        answer.map_err(query_error)
    }

    fn snapshot(&mut self) -> Result<Vec<u8>, RulesError> {
        Ok(self.call(|base, store, this| base.call_snapshot(store, this))?)
    }

    fn query<'b>(
        &'b mut self,
        goal: &str,
        options: &QueryOptions,
    ) -> Result<Box<dyn RulesCursor + 'b>, RulesError> {
        let options = query_options(options);
        let started =
            self.call(|base, store, this| base.call_query(store, this, goal, &options))?;
        let resource = started.map_err(query_error)?;
        Ok(Box::new(Cursor {
            lease: &mut self.lease,
            resource,
        }))
    }
}

/// A query in the instance of its rules.
struct Cursor<'b> {
    lease: &'b mut Lease,
    resource: ResourceAny,
}

impl Cursor<'_> {
    fn call<T>(
        &mut self,
        call: impl FnOnce(&wit::GuestQuery<'_>, &mut Store<Limiter>, ResourceAny) -> wasmtime::Result<T>,
    ) -> Result<T, EngineError> {
        let resource = self.resource;
        self.lease
            .call_rules(|guest, store| call(&guest.query(), store, resource))
    }
}

impl Drop for Cursor<'_> {
    fn drop(&mut self) {
        let resource = self.resource;
        // As above.
        let _ = self
            .lease
            .call_rules(|_, store| resource.resource_drop(store));
    }
}

impl RulesCursor for Cursor<'_> {
    fn pause_after(&mut self, steps: u64) -> Result<(), RulesError> {
        Ok(self.call(|query, store, this| query.call_pause_after(store, this, steps))?)
    }

    fn next(&mut self) -> Result<RulesStep, RulesError> {
        let answer = self.call(|query, store, this| query.call_next(store, this))?;
        step(answer.map_err(query_error)?)
    }

    fn provide(&mut self, id: u64, answer: ExternalAnswer) -> Result<(), RulesError> {
        let rows = rows(&answer);
        let rows = rows.as_ref().map(Vec::as_slice).map_err(String::as_str);
        let provided = self.call(|query, store, this| query.call_provide(store, this, id, rows))?;
        provided.map_err(query_error)
    }
}
