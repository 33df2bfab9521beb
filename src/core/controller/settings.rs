//! How a controller is made.

use crate::error::{Check, FieldError, InvalidInput};
use crate::gate::{GateConfig, GateSettings};
use crate::memory::{MemoryConfig, MemorySettings, SynapticConfig, SynapticSettings};

/// Who finds the embedding of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Embedder {
    /// The built-in one: [`HashingEmbedder`](crate::embedding::HashingEmbedder).
    #[default]
    Hashing,
    /// The caller, who is asked by [`Action::Embed`](super::Action::Embed).
    Caller,
}

impl Embedder {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Hashing, Self::Caller];

    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hashing => "hashing",
            Self::Caller => "caller",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }
}

/// How a controller is made, as a caller writes it down. All parts have the dimension of `memory`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ControllerSettings {
    /// How requests are admitted and answers are judged.
    pub gate: GateSettings,
    /// How much is remembered.
    pub memory: MemorySettings,
    /// How what is remembered fades.
    pub synaptic: SynapticSettings,
    /// Who finds embeddings.
    pub embedder: Embedder,
}

impl ControllerSettings {
    /// The same with this dimension in all parts.
    #[must_use]
    pub const fn with_dimension(mut self, dimension: u32) -> Self {
        self.gate.dimension = dimension;
        self.memory.dimension = dimension;
        self.synaptic.dimension = dimension;
        self
    }

    /// Adds an error for each field that is out of its range, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        self.gate.check(&format!("{at}/gate"), errors);
        self.memory.check(&format!("{at}/memory"), errors);
        self.synaptic.check(&format!("{at}/synaptic"), errors);
        let dimension = self.memory.dimension;
        let mut check = Check::at(at, errors);
        for (field, other) in [
            ("gate/dimension", self.gate.dimension),
            ("synaptic/dimension", self.synaptic.dimension),
        ] {
            check.require(other == dimension, field, || {
                format!("must be {dimension}, the dimension of the memory, got {other}")
            });
        }
    }
}

/// [`ControllerSettings`] whose every field is in its range.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ControllerConfig {
    // INVARIANT: `settings.check` finds nothing.
    settings: ControllerSettings,
}

impl ControllerConfig {
    /// Takes settings that are in their ranges.
    ///
    /// # Errors
    ///
    /// Every field that is out of its range, with pointers that begin with `/config`.
    pub fn new(settings: ControllerSettings) -> Result<Self, InvalidInput> {
        let mut errors = Vec::new();
        settings.check("/config", &mut errors);
        InvalidInput::check(errors)?;
        Ok(Self { settings })
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &ControllerSettings {
        &self.settings
    }

    pub(super) fn parts(&self) -> Result<(GateConfig, MemoryConfig, SynapticConfig), InvalidInput> {
        Ok((
            GateConfig::new(self.settings.gate.clone())?,
            MemoryConfig::new(self.settings.memory)?,
            SynapticConfig::new(self.settings.synaptic)?,
        ))
    }
}
