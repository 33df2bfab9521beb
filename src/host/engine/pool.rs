//! Instances of the component: made, lent for calls, bounded, and dropped when anything is wrong.

use super::bindings::exports::assize::core::governor::Guest;
use super::bindings::owning;
use super::bindings::owning::exports::assize::core::rules;
use super::bindings::{Core, CoreIndices};
use super::options::{EngineOptions, InstanceReuse};
use super::ticker::Ticker;
use super::{Component, EngineStartError, artifact};
use assize_core::{Error, LimitReached};
use assize_service::EngineError;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use wasmtime::component::{InstancePre, Linker};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolConcurrencyLimitError, PoolingAllocationConfig,
    ResourceLimiter, Store, Trap,
};

const PAGE: usize = 64 * 1024;
/// Core instances and tables of one component: its own, and those of the adapters for its resources.
const PARTS: u32 = 4;
/// Memory that stays with a slot between instances, so that a small call touches no new page.
const KEPT_BYTES: usize = 2 * 1024 * 1024;
/// An instance that grew beyond this gives its memory back instead of serving further calls.
const GROWN_BYTES: usize = 4 * 1024 * 1024;

/// Names of the bounds on memory.
const CALL_MEMORY: &str = "call-memory-bytes";
const CONTROLLER_MEMORY: &str = "controller-memory-bytes";

pub(super) struct Pool {
    instances: InstancePre<Limiter>,
    core: CoreIndices,
    owning: owning::CoreIndices,
    idle: Mutex<Vec<Instance>>,
    options: EngineOptions,
    /// Epochs that a call may see pass.
    epochs: u64,
    _ticker: Ticker,
}

impl Pool {
    pub(super) fn start(
        component: &Component,
        options: &EngineOptions,
    ) -> Result<Self, EngineStartError> {
        options.check()?;
        let engine = engine(options)?;
        let compiled = artifact::compiled(&engine, component, options.cache_dir.as_deref())?;
        if let Some(needs) = compiled.resources_required() {
            let needed = needs.max_initial_memory_size.unwrap_or(0);
            if needed > options.memory_bytes as u64 {
                return Err(EngineStartError::MemoryTooSmall {
                    needed,
                    limit: options.memory_bytes as u64,
                });
            }
        }
        // An empty linker: a component that imports anything is refused here.
        let unsuitable =
            |error: wasmtime::Error| EngineStartError::Unsuitable(format!("{error:#}"));
        let instances = Linker::new(&engine)
            .instantiate_pre(&compiled)
            .map_err(unsuitable)?;
        let core = CoreIndices::new(&instances).map_err(unsuitable)?;
        let owning = owning::CoreIndices::new(&instances).map_err(unsuitable)?;
        let interval = interval(options.call_time);
        let ticker = Ticker::start(engine, interval)
            .map_err(|error| EngineStartError::Engine(error.to_string()))?;
        let epochs = options.call_time.as_nanos().div_ceil(interval.as_nanos());
        Ok(Self {
            instances,
            core,
            owning,
            idle: Mutex::new(Vec::new()),
            options: options.clone(),
            // The first epoch is under way when a call begins.
            epochs: u64::try_from(epochs).map_or(u64::MAX, |epochs| epochs.saturating_add(1)),
            _ticker: ticker,
        })
    }

    /// An instance for as long as the lease is held.
    pub(super) fn lease(self: &Arc<Self>) -> Result<Lease, EngineError> {
        let idle = self.idle().pop();
        let instance = match idle {
            Some(instance) => instance,
            None => self.instantiate()?,
        };
        Ok(Lease {
            pool: Arc::clone(self),
            instance: Some(instance),
        })
    }

    /// One call on an instance that is free.
    pub(super) fn call<T>(
        self: &Arc<Self>,
        call: impl FnOnce(&Guest, &mut Store<Limiter>) -> wasmtime::Result<T>,
    ) -> Result<T, EngineError> {
        self.lease()?.call(call)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Instance>> {
        // A push or pop that panicked left the list as it was.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn instantiate(&self) -> Result<Instance, EngineError> {
        let limiter = Limiter {
            name: CALL_MEMORY,
            limit: self.options.memory_bytes,
            times: 1,
            bytes: 0,
            refused: None,
        };
        let mut store = Store::new(self.instances.engine(), limiter);
        store.limiter(|limiter| limiter);
        store.set_epoch_deadline(self.epochs);
        let started = Instant::now();
        let (instance, core) = self
            .instances
            .instantiate(&mut store)
            .and_then(|instance| Ok((instance, self.core.load(&mut store, &instance)?)))
            .map_err(|error| self.failure(&error, store.data(), started))?;
        let calls_left = match self.options.reuse {
            InstanceReuse::Fresh => 1,
            InstanceReuse::Pooled { calls } => calls,
        };
        Ok(Instance {
            store,
            instance,
            core,
            owning: None,
            calls_left,
        })
    }

    fn failure(&self, error: &wasmtime::Error, limiter: &Limiter, started: Instant) -> EngineError {
        if let Some(observed) = limiter.refused {
            return limit_reached(limiter.name, limiter.limit as u64, observed as u64);
        }
        if error.downcast_ref::<Trap>() == Some(&Trap::Interrupt) {
            let elapsed = started.elapsed().as_nanos().div_ceil(1_000_000);
            let elapsed = u64::try_from(elapsed).unwrap_or(u64::MAX);
            let limit = self.options.call_time_ms().saturating_mul(limiter.times);
            return limit_reached("call-time-ms", limit, elapsed);
        }
        if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
            let limit = u64::from(self.options.instances);
            return limit_reached("concurrent-instances", limit, limit + 1);
        }
        EngineError::Failed(format!("{error:#}"))
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Pool")
            .field("options", &self.options)
            .field("idle", &self.idle().len())
            .finish_non_exhaustive()
    }
}

struct Instance {
    store: Store<Limiter>,
    instance: wasmtime::component::Instance,
    core: Core,
    /// Looked up when rules or a controller are first asked for.
    owning: Option<owning::Core>,
    calls_left: u32,
}

/// An instance on loan; it goes back to the pool unless a call failed or it served long enough.
pub(super) struct Lease {
    pool: Arc<Pool>,
    // None after a failure: what a trap left behind is not used again.
    instance: Option<Instance>,
}

impl Lease {
    /// Whether it can be lent again to go on with what is in it: nothing failed, and there is room to work in.
    pub(super) fn is_fit(&self) -> bool {
        let most = self.pool.options.memory_bytes / 4 * 3;
        let instance = self.instance.as_ref();
        instance
            .is_some_and(|instance| instance.calls_left > 0 && instance.store.data().bytes <= most)
    }

    /// Whether no call has failed in it.
    pub(super) const fn is_usable(&self) -> bool {
        self.instance.is_some()
    }

    /// From now on it may have what a controller needs that sets so many bytes aside.
    ///
    /// # Errors
    ///
    /// That no controller may have so many.
    pub(super) fn make_resident(&mut self, set_aside: u64) -> Result<(), EngineError> {
        let options = &self.pool.options;
        let permitted = options.controller_memory_bytes;
        // Itself, a snapshot or what it is reset to, and what lies waste between them.
        let needed = set_aside
            .saturating_mul(3)
            .saturating_add(options.memory_bytes as u64);
        let bound = usize::try_from(needed).unwrap_or(usize::MAX);
        if bound > permitted {
            return Err(limit_reached(CONTROLLER_MEMORY, permitted as u64, needed));
        }
        self.bound(CONTROLLER_MEMORY, bound);
        Ok(())
    }

    /// From now on it may have as much as any controller.
    pub(super) fn lift_bound(&mut self) {
        let permitted = self.pool.options.controller_memory_bytes;
        self.bound(CONTROLLER_MEMORY, permitted);
    }

    /// What its last call was refused, though it had an answer all the same.
    pub(super) fn refused_memory(&self) -> Option<EngineError> {
        let limiter = self.instance.as_ref()?.store.data();
        let observed = limiter.refused?;
        let limit = limiter.limit as u64;
        Some(limit_reached(limiter.name, limit, observed as u64))
    }

    /// What may have more memory may take more time, since it may be read or written whole.
    fn bound(&mut self, name: &'static str, bytes: usize) {
        let times = bytes.div_ceil(self.pool.options.memory_bytes) as u64;
        if let Some(instance) = &mut self.instance {
            let limiter = instance.store.data_mut();
            (limiter.name, limiter.limit, limiter.times) = (name, bytes, times);
        }
    }

    pub(super) fn call<T>(
        &mut self,
        call: impl FnOnce(&Guest, &mut Store<Limiter>) -> wasmtime::Result<T>,
    ) -> Result<T, EngineError> {
        self.call_instance(|_, instance| {
            call(instance.core.assize_core_governor(), &mut instance.store)
        })
    }

    pub(super) fn call_rules<T>(
        &mut self,
        call: impl FnOnce(&rules::Guest, &mut Store<Limiter>) -> wasmtime::Result<T>,
    ) -> Result<T, EngineError> {
        self.call_owning(|core, store| call(core.assize_core_rules(), store))
    }

    /// A call with arguments that own what they hold.
    pub(super) fn call_owning<T>(
        &mut self,
        call: impl FnOnce(&owning::Core, &mut Store<Limiter>) -> wasmtime::Result<T>,
    ) -> Result<T, EngineError> {
        self.call_instance(|pool, instance| {
            if instance.owning.is_none() {
                let core = pool.owning.load(&mut instance.store, &instance.instance)?;
                instance.owning = Some(core);
            }
            let core = instance.owning.as_ref();
            let core = core.ok_or_else(|| wasmtime::format_err!("the exports are not loaded"))?;
            call(core, &mut instance.store)
        })
    }

    fn call_instance<T>(
        &mut self,
        call: impl FnOnce(&Pool, &mut Instance) -> wasmtime::Result<T>,
    ) -> Result<T, EngineError> {
        let Some(instance) = &mut self.instance else {
            let text = "an earlier call failed on this handle";
            return Err(EngineError::Failed(text.to_owned()));
        };
        instance.calls_left = instance.calls_left.saturating_sub(1);
        let limiter = instance.store.data_mut();
        limiter.refused = None;
        let epochs = self.pool.epochs.saturating_mul(limiter.times);
        instance.store.set_epoch_deadline(epochs);
        let started = Instant::now();
        match call(&self.pool, instance) {
            Ok(answer) => Ok(answer),
            Err(error) => {
                let failure = self.pool.failure(&error, instance.store.data(), started);
                self.instance = None;
                Err(failure)
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let most = self.pool.options.memory_bytes;
        self.bound(CALL_MEMORY, most);
        let Some(instance) = self.instance.take() else {
            return;
        };
        if instance.calls_left > 0 && instance.store.data().bytes <= GROWN_BYTES {
            self.pool.idle().push(instance);
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Lease")
            .field("usable", &self.instance.is_some())
            .finish_non_exhaustive()
    }
}

/// Keeps an instance's memory within its bound, and remembers what was asked for beyond it.
#[derive(Debug)]
pub(super) struct Limiter {
    /// What the bound is called.
    name: &'static str,
    limit: usize,
    /// How many times as long as any other a call may take.
    times: u64,
    bytes: usize,
    refused: Option<usize>,
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > self.limit {
            self.refused = Some(desired);
            return Ok(false);
        }
        self.bytes = desired;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        _desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

fn limit_reached(name: &str, limit: u64, observed: u64) -> EngineError {
    let name = name.to_owned();
    EngineError::Refused(Error::Limit(LimitReached {
        name,
        limit,
        observed,
    }))
}

/// The length of an epoch: fine enough for the bound, coarse enough to cost nothing.
fn interval(call_time: Duration) -> Duration {
    (call_time / 32).clamp(Duration::from_millis(1), Duration::from_millis(50))
}

fn engine(options: &EngineOptions) -> Result<Engine, EngineStartError> {
    let instances = options.instances;
    let most_memory = options.memory_bytes.max(options.controller_memory_bytes);
    let mut pooling = PoolingAllocationConfig::new();
    pooling
        .total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(PARTS))
        .max_core_instances_per_component(PARTS)
        .total_memories(instances)
        .max_memories_per_component(1)
        .total_tables(instances.saturating_mul(PARTS))
        .max_tables_per_component(PARTS)
        .max_unused_warm_slots(instances.min(100))
        .linear_memory_keep_resident(KEPT_BYTES)
        .table_keep_resident(PAGE)
        .max_memory_size(most_memory.next_multiple_of(PAGE));
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pooling))
        .memory_reservation(1 << 32)
        .epoch_interruption(true);
    Engine::new(&config).map_err(|error| {
        let text = format!("{error:#}");
        if text.contains("mmap") || text.contains("allocate memory") {
            EngineStartError::AddressSpace { instances }
        } else {
            EngineStartError::Engine(text)
        }
    })
}
