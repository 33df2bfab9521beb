//! Options about the engine, shared by the commands that judge.

use super::settings::Given;
use anyhow::{Context, Result};
use assize::{Component, ComponentEngines, InstanceReuse};
use assize_config::Settings;
use assize_config::settings::EngineKind;
use assize_core::controller::ControllerConfig;
use assize_core::governor::CycleConfig;
use assize_service::{Engines, NativeEngines};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Which component judges.
#[derive(Debug, clap::Args)]
pub(super) struct ComponentOptions {
    /// The component to use instead of the one inside this program.
    #[arg(long, value_name = "FILE", env = "ASSIZE_COMPONENT")]
    component: Option<PathBuf>,
}

impl ComponentOptions {
    pub(super) fn load(&self) -> Result<Component> {
        component(self.component.as_deref())
    }
}

fn component(file: Option<&Path>) -> Result<Component> {
    Ok(match file {
        Some(file) => Component::read(file)?,
        None => Component::embedded()?,
    })
}

/// How the core runs.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Engine")]
pub(super) struct EngineOptions {
    /// How the core runs: component, in the sandbox within bounds of time and memory, or native, in this process
    /// without a sandbox; answers are the same, to the byte [default: component]
    #[arg(long, value_name = "KIND")]
    engine: Option<String>,
    /// The component to use instead of the one inside this program.
    #[arg(long, value_name = "FILE")]
    component: Option<String>,
    /// The longest that one call may take, in milliseconds, 1 to 3,600,000 [default: 1000]
    #[arg(long, value_name = "MS")]
    call_time_ms: Option<String>,
    /// The most memory that one call may take, in MiB, 1 to 4096 [default: 64]
    #[arg(long, value_name = "MIB")]
    call_memory_mib: Option<String>,
    /// Calls that an instance of the component serves before a new one takes its place; with 1, nothing outlives a
    /// call [default: 1000]
    #[arg(long, value_name = "N")]
    calls_per_instance: Option<String>,
    /// The most instances of the component at one time, 1 to 10,000; each takes 4 GiB of address space, not of
    /// memory [default: 1000]
    #[arg(long, value_name = "N")]
    instances: Option<String>,
    /// Where compiled components are kept [default: the user's cache folder]
    #[arg(long, value_name = "DIR")]
    cache: Option<String>,
}

impl EngineOptions {
    pub(super) fn flags(&self) -> [Given<'_>; 7] {
        [
            ("engine.kind", "--engine", self.engine.as_ref()),
            ("engine.component", "--component", self.component.as_ref()),
            (
                "engine.call_time_ms",
                "--call-time-ms",
                self.call_time_ms.as_ref(),
            ),
            (
                "engine.call_memory_mib",
                "--call-memory-mib",
                self.call_memory_mib.as_ref(),
            ),
            (
                "engine.calls_per_instance",
                "--calls-per-instance",
                self.calls_per_instance.as_ref(),
            ),
            ("engine.instances", "--instances", self.instances.as_ref()),
            ("engine.cache", "--cache", self.cache.as_ref()),
        ]
    }
}

/// Starts what the settings say.
pub(super) fn start(settings: &Settings) -> Result<Arc<dyn Engines>> {
    let engine = &settings.engine;
    if engine.kind == EngineKind::Native {
        return Ok(Arc::new(NativeEngines));
    }
    let component = component(engine.component.as_deref())?;
    let beside_data = || settings.server.data.as_ref().map(|data| data.join("cache"));
    let options = assize::EngineOptions {
        call_time: Duration::from_millis(engine.call_time_ms),
        memory_bytes: engine.call_memory_mib as usize * 1024 * 1024,
        controller_memory_bytes: engine.controller_memory_mib as usize * 1024 * 1024,
        cache_dir: engine
            .cache
            .clone()
            .or_else(beside_data)
            .or_else(default_cache),
        reuse: match engine.calls_per_instance {
            0 | 1 => InstanceReuse::Fresh,
            calls => InstanceReuse::Pooled { calls },
        },
        instances: engine.instances,
    };
    let engines = ComponentEngines::new(&component, &options).context("the engine can't start")?;
    Ok(Arc::new(engines))
}

/// What requests mean that say nothing.
pub(super) fn governor(settings: &Settings) -> Result<CycleConfig> {
    CycleConfig::new(settings.governor.cycle_settings()).context("[governor] is not acceptable")
}

/// How a session of the gate begins.
pub(super) fn gate(settings: &Settings) -> Result<ControllerConfig> {
    settings
        .controller_config()
        .context("[gate] or [memory] is not acceptable")
}

fn default_cache() -> Option<PathBuf> {
    use etcetera::BaseStrategy;
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.cache_dir().join("assize"))
}
