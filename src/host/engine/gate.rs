//! A gate with its memory behind a handle of the component.

use super::convert::all;
use super::convert_gate::{action, admission, answer, outcome, question, request};
use super::convert_memory::{new_entries, query};
use super::convert_rules::refusal;
use super::owning_wit::{gate as wit, types};
use super::pool::{Lease, Limiter, Pool};
use assize_core::controller::{
    Action, ControllerConfig, ControllerSettings, ControllerState, Heard,
};
use assize_core::gate::{Admission, Answer, Conditions, Outcome, Phase, Question, Request};
use assize_core::memory::{
    Entry, Inserted, MemoryConfig, NewEntry, Query, Recollection, SynapticConfig, SynapticMemory,
};
use assize_service::{ControllerHandle, EngineError};
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

/// A controller in an instance that is its own until it is dropped.
pub(super) struct Resident {
    lease: Lease,
    resource: ResourceAny,
}

/// Bytes that the parts of a controller set aside.
fn set_aside(settings: &ControllerSettings) -> Result<u64, EngineError> {
    let memory = MemoryConfig::new(settings.memory)?.bytes();
    let synaptic = SynapticMemory::new(SynapticConfig::new(settings.synaptic)?).bytes();
    Ok(memory.saturating_add(synaptic))
}

impl Resident {
    pub(super) fn open(pool: &Arc<Pool>, config: &ControllerConfig) -> Result<Self, EngineError> {
        let settings = config.settings();
        let mut lease = pool.lease()?;
        lease.make_resident(set_aside(settings)?)?;
        let config = settings.clone().into();
        let opened = lease.call_owning(|core, store| {
            let guest = core.assize_core_gate();
            guest.controller().call_constructor(store, &config)
        })?;
        let resource = opened.map_err(refusal)?;
        Ok(Self { lease, resource })
    }

    /// How large it is stands in the snapshot: until that is read, it may have what any controller may have.
    pub(super) fn restore(pool: &Arc<Pool>, snapshot: &[u8]) -> Result<Self, EngineError> {
        let mut lease = pool.lease()?;
        lease.lift_bound();
        let restored = lease.call_owning(|core, store| {
            let guest = core.assize_core_gate();
            guest.controller().call_restore(store, snapshot)
        })?;
        let resource = restored.map_err(|error| {
            let is_full = matches!(error, types::Error::CorruptSnapshot(_));
            let refused = lease.refused_memory().filter(|_| is_full);
            refused.unwrap_or_else(|| refusal(error))
        })?;
        let mut resident = Self { lease, resource };
        let settings = resident.settings()?;
        resident.lease.make_resident(set_aside(&settings)?)?;
        Ok(resident)
    }

    fn call<T>(
        &mut self,
        call: impl FnOnce(
            &wit::GuestController<'_>,
            &mut Store<Limiter>,
            ResourceAny,
        ) -> wasmtime::Result<T>,
    ) -> Result<T, EngineError> {
        let resource = self.resource;
        self.lease
            .call_owning(|core, store| call(&core.assize_core_gate().controller(), store, resource))
    }

    /// A call that the core may refuse.
    fn try_call<T>(
        &mut self,
        call: impl FnOnce(
            &wit::GuestController<'_>,
            &mut Store<Limiter>,
            ResourceAny,
        ) -> wasmtime::Result<Result<T, types::Error>>,
    ) -> Result<T, EngineError> {
        self.call(call)?.map_err(refusal)
    }
}

impl Drop for Resident {
    fn drop(&mut self) {
        let resource = self.resource;
        // A handle that can't be dropped takes its instance with it: the lease sees to that.
        let _ = self
            .lease
            .call_owning(|_, store| resource.resource_drop(store));
    }
}

impl ControllerHandle for Resident {
    fn is_fit(&self) -> bool {
        self.lease.is_usable()
    }

    fn settings(&mut self) -> Result<ControllerSettings, EngineError> {
        Ok(self
            .call(|guest, store, this| guest.call_config(store, this))?
            .into())
    }

    fn admit(
        &mut self,
        conditions: &Conditions,
        given: &Question<'_>,
    ) -> Result<Admission, EngineError> {
        let (conditions, given) = ((*conditions).into(), question(given));
        admission(
            self.try_call(|guest, store, this| guest.call_admit(store, this, conditions, &given))?,
        )
    }

    fn record(
        &mut self,
        conditions: &Conditions,
        given: &Outcome<'_>,
    ) -> Result<Answer, EngineError> {
        let (conditions, given) = ((*conditions).into(), outcome(given));
        answer(
            self.try_call(|guest, store, this| guest.call_record(store, this, conditions, &given))?,
        )
    }

    fn begin(
        &mut self,
        flight: u64,
        conditions: &Conditions,
        given: &Request<'_>,
    ) -> Result<Action, EngineError> {
        let (conditions, given) = ((*conditions).into(), request(given));
        action(self.try_call(|guest, store, this| {
            guest.call_begin(store, this, flight, conditions, &given)
        })?)
    }

    fn resume(&mut self, flight: u64, now_ms: u64, heard: Heard) -> Result<Action, EngineError> {
        let heard = heard.into();
        action(self.try_call(|guest, store, this| {
            guest.call_resume(store, this, flight, now_ms, &heard)
        })?)
    }

    fn cancel(&mut self, flight: u64) -> Result<bool, EngineError> {
        self.call(|guest, store, this| guest.call_cancel(store, this, flight))
    }

    fn flights(&mut self) -> Result<Vec<u64>, EngineError> {
        self.call(|guest, store, this| guest.call_flights(store, this))
    }

    fn insert(
        &mut self,
        entries: &[NewEntry<'_>],
        now_ms: u64,
    ) -> Result<Vec<Inserted>, EngineError> {
        let entries = new_entries(entries);
        let inserted =
            self.try_call(|guest, store, this| guest.call_insert(store, this, &entries, now_ms))?;
        Ok(all(inserted))
    }

    fn retrieve(
        &mut self,
        given: &Query<'_>,
        now_ms: u64,
    ) -> Result<Vec<Recollection>, EngineError> {
        let given = query(given);
        let found =
            self.try_call(|guest, store, this| guest.call_retrieve(store, this, &given, now_ms))?;
        Ok(all(found))
    }

    fn entry(&mut self, id: u64, now_ms: u64) -> Result<Option<Entry>, EngineError> {
        let found = self.call(|guest, store, this| guest.call_entry(store, this, id, now_ms))?;
        Ok(found.map(Into::into))
    }

    fn vector(&mut self, id: u64, now_ms: u64) -> Result<Option<Vec<f32>>, EngineError> {
        self.call(|guest, store, this| guest.call_vector(store, this, id, now_ms))
    }

    fn entries(&mut self, after: u64, count: u32, now_ms: u64) -> Result<Vec<Entry>, EngineError> {
        let found =
            self.call(|guest, store, this| guest.call_entries(store, this, after, count, now_ms))?;
        Ok(all(found))
    }

    fn forget(&mut self, ids: &[u64]) -> Result<u32, EngineError> {
        self.call(|guest, store, this| guest.call_forget(store, this, ids))
    }

    fn forget_source(&mut self, source_name: &str) -> Result<u32, EngineError> {
        self.call(|guest, store, this| guest.call_forget_source(store, this, source_name))
    }

    fn sweep(&mut self, now_ms: u64, limit: u32) -> Result<u32, EngineError> {
        self.call(|guest, store, this| guest.call_sweep(store, this, now_ms, limit))
    }

    fn embed(&mut self, text: &str) -> Result<Vec<f32>, EngineError> {
        self.try_call(|guest, store, this| guest.call_embed(store, this, text))
    }

    fn state(&mut self) -> Result<ControllerState, EngineError> {
        Ok(self
            .call(|guest, store, this| guest.call_state(store, this))?
            .into())
    }

    fn reset(&mut self) -> Result<(), EngineError> {
        self.try_call(|guest, store, this| guest.call_reset(store, this))
    }

    fn reset_emergency(&mut self) -> Result<(), EngineError> {
        self.call(|guest, store, this| guest.call_reset_emergency(store, this))
    }

    fn advance_rhythm(&mut self, now_ms: u64) -> Result<Phase, EngineError> {
        Ok(self
            .call(|guest, store, this| guest.call_advance_rhythm(store, this, now_ms))?
            .into())
    }

    fn snapshot(&mut self) -> Result<Vec<u8>, EngineError> {
        self.call(|guest, store, this| guest.call_snapshot(store, this))
    }
}
