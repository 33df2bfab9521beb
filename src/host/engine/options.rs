//! How the engine runs, as a caller writes it down.

use super::EngineStartError;
use std::path::PathBuf;
use std::time::Duration;

const MIB: usize = 1024 * 1024;

/// How the component runs.
///
/// # Example
///
/// ```
/// use std::time::Duration;
///
/// let options = assize::EngineOptions {
///     call_time: Duration::from_millis(250),
///     ..assize::EngineOptions::default()
/// };
/// # let _ = options;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineOptions {
    /// Longest time that one call may take, 1 ms to 1 h. It is kept to within a few percent, but
    /// never less than 2 ms.
    pub call_time: Duration,
    /// Most memory that one instance may have, in bytes; 1 MiB to 4 GiB.
    pub memory_bytes: usize,
    /// Most memory that an instance may have which keeps a gate with its memory, in bytes; 1 MiB to 4 GiB. Such an
    /// instance may have three times what the memory sets aside, for it is copied where it is kept, and `memory_bytes`
    /// besides; for each `memory_bytes` of this, a call on it may take `call_time`.
    pub controller_memory_bytes: usize,
    /// Most instances at one time, and so calls and open governors; 1 to 10,000. Each takes 4 GiB of
    /// address space, not of memory.
    pub instances: u32,
    /// Folder for compiled components, made if it is missing; none compiles at each start. It is
    /// used only where no other user can write to it, and only on Unix.
    pub cache_dir: Option<PathBuf>,
    /// What becomes of an instance after a call.
    pub reuse: InstanceReuse,
}

/// What becomes of an instance after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceReuse {
    /// It is dropped: nothing outlives a call.
    Fresh,
    /// It serves later calls, unless it failed or grew large.
    Pooled {
        /// Calls after which it is dropped all the same; at least 1.
        calls: u32,
    },
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            call_time: Duration::from_secs(1),
            memory_bytes: 64 * MIB,
            controller_memory_bytes: 512 * MIB,
            instances: 1000,
            cache_dir: None,
            reuse: InstanceReuse::default(),
        }
    }
}

impl Default for InstanceReuse {
    fn default() -> Self {
        Self::Pooled { calls: 1000 }
    }
}

impl EngineOptions {
    /// The first option that is out of its range is the error.
    pub(super) fn check(&self) -> Result<(), EngineStartError> {
        let call_time = u64::try_from(self.call_time.as_millis()).unwrap_or(u64::MAX);
        in_range("call_time", "ms", call_time, 1, 3_600_000)?;
        for (option, bytes) in [
            ("memory_bytes", self.memory_bytes),
            ("controller_memory_bytes", self.controller_memory_bytes),
        ] {
            in_range(option, "bytes", bytes as u64, MIB as u64, 1 << 32)?;
        }
        in_range("instances", "instances", self.instances.into(), 1, 10_000)?;
        if let InstanceReuse::Pooled { calls } = self.reuse {
            in_range("reuse", "calls", calls.into(), 1, u32::MAX.into())?;
        }
        Ok(())
    }

    /// The bound on time in whole milliseconds, rounded up.
    pub(super) fn call_time_ms(&self) -> u64 {
        u64::try_from(self.call_time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

fn in_range(
    option: &'static str,
    unit: &'static str,
    given: u64,
    least: u64,
    most: u64,
) -> Result<(), EngineStartError> {
    if (least..=most).contains(&given) {
        return Ok(());
    }
    Err(EngineStartError::Option {
        option,
        unit,
        given,
        least,
        most,
    })
}
