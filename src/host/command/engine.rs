//! Options about the engine, shared by the commands that judge.

use anyhow::{Context, Result};
use assize::{Component, ComponentEngines, InstanceReuse};
use assize_service::{Engines, NativeEngines};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// In the sandbox, within bounds of time and memory.
    Component,
    /// In this process, without a sandbox; answers are the same, to the byte.
    Native,
}

/// Which component judges.
#[derive(Debug, clap::Args)]
pub(super) struct ComponentOptions {
    /// The component to use instead of the one inside this program.
    #[arg(long, value_name = "FILE", env = "ASSIZE_COMPONENT")]
    component: Option<PathBuf>,
}

impl ComponentOptions {
    pub(super) fn load(&self) -> Result<Component> {
        Ok(match &self.component {
            Some(file) => Component::read(file)?,
            None => Component::embedded()?,
        })
    }
}

/// How the core runs.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Engine")]
pub(super) struct EngineOptions {
    /// How the core runs.
    #[arg(long, value_enum, default_value_t = Kind::Component, env = "ASSIZE_ENGINE")]
    engine: Kind,
    #[command(flatten)]
    component: ComponentOptions,
    /// The longest that one call may take, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 1000, env = "ASSIZE_CALL_TIME_MS",
        value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    call_time_ms: u64,
    /// The most memory that one call may take, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 64, env = "ASSIZE_CALL_MEMORY_MIB",
        value_parser = clap::value_parser!(u32).range(1..=4096))]
    call_memory_mib: u32,
    /// Calls that an instance of the component serves before a new one takes its place; with 1,
    /// nothing outlives a call.
    #[arg(long, value_name = "N", default_value_t = 1000, env = "ASSIZE_CALLS_PER_INSTANCE",
        value_parser = clap::value_parser!(u32).range(1..))]
    calls_per_instance: u32,
    /// The most instances of the component at one time; each takes 4 GiB of address space, not of memory.
    #[arg(long, value_name = "N", default_value_t = 1000, env = "ASSIZE_INSTANCES",
        value_parser = clap::value_parser!(u32).range(1..=10_000))]
    instances: u32,
    /// Where compiled components are kept [default: the user's cache folder]
    #[arg(long, value_name = "DIR", env = "ASSIZE_CACHE")]
    cache: Option<PathBuf>,
}

impl EngineOptions {
    /// Starts what the options say; `data` is where compiled components go if nothing is said about it.
    pub(super) fn start(&self, data: Option<&Path>) -> Result<Arc<dyn Engines>> {
        if self.engine == Kind::Native {
            return Ok(Arc::new(NativeEngines));
        }
        let component = self.component.load()?;
        let cache = self
            .cache
            .clone()
            .or_else(|| data.map(|data| data.join("cache")));
        let options = assize::EngineOptions {
            call_time: Duration::from_millis(self.call_time_ms),
            memory_bytes: self.call_memory_mib as usize * 1024 * 1024,
            cache_dir: cache.or_else(default_cache),
            reuse: match self.calls_per_instance {
                1 => InstanceReuse::Fresh,
                calls => InstanceReuse::Pooled { calls },
            },
            instances: self.instances,
        };
        let engines =
            ComponentEngines::new(&component, &options).context("the engine can't start")?;
        Ok(Arc::new(engines))
    }
}

fn default_cache() -> Option<PathBuf> {
    use etcetera::BaseStrategy;
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.cache_dir().join("assize"))
}
