//! Governors behind handles of the component.

use super::bindings::exports::assize::core::governor::{
    Guest, GuestCycleGovernor, GuestSessionGovernor,
};
use super::convert::{candidate, output, wisdom};
use super::pool::{Lease, Limiter, Pool};
use assize_core::governor::{
    Candidate, CycleAudit, CycleConfig, CycleEvaluation, CycleSettings, EngineOutput, SessionAudit,
    SessionConfig, SessionSettings, StepDecision, Wisdom,
};
use assize_service::{CycleSession, EngineError, GovernorSession, SessionStatus, StepSession};
use std::marker::PhantomData;
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

/// A governor in an instance that is its own until it is dropped.
pub(super) struct Session<Governor> {
    lease: Lease,
    resource: ResourceAny,
    governor: PhantomData<Governor>,
}

/// Which of the component's resources a handle names.
pub(super) struct Cycles;
pub(super) struct Steps;

impl<Governor> Session<Governor> {
    fn open<E: Into<EngineError>>(
        pool: &Arc<Pool>,
        open: impl FnOnce(&Guest, &mut Store<Limiter>) -> wasmtime::Result<Result<ResourceAny, E>>,
    ) -> Result<Self, EngineError> {
        let mut lease = pool.lease()?;
        let resource = lease.call(open)?.map_err(Into::into)?;
        Ok(Self {
            lease,
            resource,
            governor: PhantomData,
        })
    }
}

impl<Governor> Drop for Session<Governor> {
    fn drop(&mut self) {
        let resource = self.resource;
        // A handle that can't be dropped takes its instance with it: the lease sees to that.
        let _ = self.lease.call(|_, store| resource.resource_drop(store));
    }
}

/// What both governors can do, by calling what their handle has under the same name.
macro_rules! session {
    ($governor:ty, $handle:ident, $Handle:ident) => {
        impl Session<$governor> {
            fn call<T>(
                &mut self,
                call: impl FnOnce(&$Handle<'_>, &mut Store<Limiter>, ResourceAny) -> wasmtime::Result<T>,
            ) -> Result<T, EngineError> {
                let resource = self.resource;
                self.lease.call(|guest, store| call(&guest.$handle(), store, resource))
            }
        }

        impl GovernorSession for Session<$governor> {
            fn reopen(&mut self) -> Result<(), EngineError> {
                self.call(|governor, store, this| governor.call_reopen(store, this))
            }

            fn reset(&mut self) -> Result<(), EngineError> {
                self.call(|governor, store, this| governor.call_reset(store, this))
            }

            fn add_wisdom(&mut self, given: Wisdom) -> Result<(), EngineError> {
                let given = wisdom(&given);
                Ok(self.call(|governor, store, this| governor.call_add_wisdom(store, this, given))??)
            }

            fn status(&mut self) -> Result<SessionStatus, EngineError> {
                Ok(self.call(|governor, store, this| governor.call_status(store, this))?.into())
            }

            fn snapshot(&mut self) -> Result<Vec<u8>, EngineError> {
                self.call(|governor, store, this| governor.call_snapshot(store, this))
            }
        }
    };
}

session!(Cycles, cycle_governor, GuestCycleGovernor);
session!(Steps, session_governor, GuestSessionGovernor);

impl Session<Cycles> {
    pub(super) fn new(pool: &Arc<Pool>, config: &CycleConfig) -> Result<Self, EngineError> {
        let config = (*config.settings()).into();
        Self::open(pool, |guest, store| {
            guest.cycle_governor().call_constructor(store, config)
        })
    }

    pub(super) fn restore(pool: &Arc<Pool>, snapshot: &[u8]) -> Result<Self, EngineError> {
        Self::open(pool, |guest, store| {
            guest.cycle_governor().call_restore(store, snapshot)
        })
    }
}

impl CycleSession for Session<Cycles> {
    fn evaluate(
        &mut self,
        left: &EngineOutput<'_>,
        right: &EngineOutput<'_>,
    ) -> Result<CycleEvaluation, EngineError> {
        let (left, right) = (output(left), output(right));
        let answer =
            self.call(|governor, store, this| governor.call_evaluate(store, this, left, right));
        Ok(answer??.into())
    }

    fn audit(&mut self) -> Result<CycleAudit, EngineError> {
        Ok(self
            .call(|governor, store, this| governor.call_audit(store, this))?
            .into())
    }

    fn settings(&mut self) -> Result<CycleSettings, EngineError> {
        Ok(self
            .call(|governor, store, this| governor.call_config(store, this))?
            .into())
    }
}

impl Session<Steps> {
    pub(super) fn new(pool: &Arc<Pool>, config: &SessionConfig) -> Result<Self, EngineError> {
        let config = (*config.settings()).into();
        Self::open(pool, |guest, store| {
            guest.session_governor().call_constructor(store, config)
        })
    }

    pub(super) fn restore(pool: &Arc<Pool>, snapshot: &[u8]) -> Result<Self, EngineError> {
        Self::open(pool, |guest, store| {
            guest.session_governor().call_restore(store, snapshot)
        })
    }
}

impl StepSession for Session<Steps> {
    fn step(
        &mut self,
        left: &Candidate<'_>,
        right: &Candidate<'_>,
    ) -> Result<StepDecision, EngineError> {
        let (left, right) = (candidate(left), candidate(right));
        let answer =
            self.call(|governor, store, this| governor.call_step(store, this, left, right));
        Ok(answer??.into())
    }

    fn audit(&mut self) -> Result<SessionAudit, EngineError> {
        Ok(self
            .call(|governor, store, this| governor.call_audit(store, this))?
            .into())
    }

    fn settings(&mut self) -> Result<SessionSettings, EngineError> {
        Ok(self
            .call(|governor, store, this| governor.call_config(store, this))?
            .into())
    }
}
