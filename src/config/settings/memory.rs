//! What the gate remembers.

use assize_core::memory;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the gate of a session remembers. What is set aside for it is set aside at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MemorySettings {
    /// How many numbers an embedding has.
    #[schemars(range(min = 1, max = 4096))]
    pub dimension: u32,
    /// How many entries are kept.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub capacity: u32,
    /// Room for the texts of all entries together, in bytes.
    #[schemars(range(max = 1_073_741_824))]
    pub text_bytes: u32,
    /// Whether a compressed copy of each vector is kept, a quarter of its size, with which the same is found sooner.
    pub compressed_index: bool,
    /// The most memory that all of this may take for one session, in bytes.
    #[schemars(range(min = 1_048_576, max = 1_099_511_627_776u64))]
    pub max_bytes: u64,
    /// How what is remembered fades.
    pub synaptic: SynapticSettings,
}

impl Default for MemorySettings {
    fn default() -> Self {
        let core = memory::MemorySettings::default();
        Self {
            dimension: core.dimension,
            capacity: core.capacity,
            text_bytes: core.text_bytes,
            compressed_index: core.compressed_index,
            max_bytes: 224 * 1024 * 1024,
            synaptic: SynapticSettings::default(),
        }
    }
}

impl MemorySettings {
    pub(super) const fn core(&self) -> memory::MemorySettings {
        memory::MemorySettings {
            dimension: self.dimension,
            capacity: self.capacity,
            text_bytes: self.text_bytes,
            compressed_index: self.compressed_index,
        }
    }
}

/// How what is remembered fades: three levels, from each of which what is strong goes on to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SynapticSettings {
    /// Share of the first level that fades with each entry; above 0.
    #[schemars(range(min = 0.0, max = 1.0), extend("exclusiveMinimum" = 0.0))]
    pub lambda_l1: f64,
    /// Share of the second level that fades with each entry; above 0.
    #[schemars(range(min = 0.0, max = 1.0), extend("exclusiveMinimum" = 0.0))]
    pub lambda_l2: f64,
    /// Share of the third level that fades with each entry; above 0.
    #[schemars(range(min = 0.0, max = 1.0), extend("exclusiveMinimum" = 0.0))]
    pub lambda_l3: f64,
    /// What the first level must exceed to pass something on; above 0.
    #[schemars(range(min = 0.0, max = 1_000_000.0), extend("exclusiveMinimum" = 0.0))]
    pub theta_l1: f64,
    /// What the second level must exceed to pass something on; above 0.
    #[schemars(range(min = 0.0, max = 1_000_000.0), extend("exclusiveMinimum" = 0.0))]
    pub theta_l2: f64,
    /// Share that the first level then passes on to the second.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub gating12: f64,
    /// Share that the second level then passes on to the third.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub gating23: f64,
    /// What must exceed theta.
    pub transfer: SynapticTransfer,
}

/// What must exceed theta for a level to pass something on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SynapticTransfer {
    /// The norm of the level.
    Norm,
    /// A component, which alone passes its share on.
    PerComponent,
}

impl Default for SynapticSettings {
    fn default() -> Self {
        let core = memory::SynapticSettings::default();
        let [lambda_l1, lambda_l2, lambda_l3] = core.lambda;
        let [theta_l1, theta_l2] = core.theta;
        let [gating12, gating23] = core.gating;
        Self {
            lambda_l1,
            lambda_l2,
            lambda_l3,
            theta_l1,
            theta_l2,
            gating12,
            gating23,
            transfer: match core.transfer {
                memory::Transfer::Norm => SynapticTransfer::Norm,
                memory::Transfer::PerComponent => SynapticTransfer::PerComponent,
            },
        }
    }
}

impl SynapticSettings {
    pub(super) const fn core(&self, dimension: u32) -> memory::SynapticSettings {
        memory::SynapticSettings {
            dimension,
            lambda: [self.lambda_l1, self.lambda_l2, self.lambda_l3],
            theta: [self.theta_l1, self.theta_l2],
            gating: [self.gating12, self.gating23],
            transfer: match self.transfer {
                SynapticTransfer::Norm => memory::Transfer::Norm,
                SynapticTransfer::PerComponent => memory::Transfer::PerComponent,
            },
        }
    }
}
