//! What hosts make engines and callers of models of.

use super::{CallBounds, Settings};
use assize_core::InvalidInput;
use assize_core::controller::{ControllerConfig, ControllerSettings, Embedder};
use assize_core::embedding::CacheSettings;

impl Settings {
    /// How a gate with its memory is made. Embeddings are the caller's where `embedding` is set.
    #[must_use]
    pub fn controller_settings(&self) -> ControllerSettings {
        let dimension = self.memory.dimension;
        ControllerSettings {
            gate: self.gate.core(dimension),
            memory: self.memory.core(),
            synaptic: self.memory.synaptic.core(dimension),
            embedder: match self.embedding {
                Some(_) => Embedder::Caller,
                None => Embedder::Hashing,
            },
        }
    }

    /// The same, checked.
    ///
    /// # Errors
    ///
    /// Every field that is out of its range, with the core's pointers; none in loaded settings.
    pub fn controller_config(&self) -> Result<ControllerConfig, InvalidInput> {
        ControllerConfig::new(self.controller_settings())
    }

    /// Which language model is asked; none: there is none.
    #[must_use]
    pub fn model_settings(&self) -> Option<assize_model::ModelSettings> {
        self.model
            .as_ref()
            .map(super::LanguageModelSettings::caller)
    }

    /// How many calls of the language model are made at one time.
    #[must_use]
    pub fn model_bounds(&self) -> Option<CallBounds> {
        self.model
            .as_ref()
            .map(super::LanguageModelSettings::bounds)
    }

    /// Which service makes vectors of texts; none: the one that is built in.
    #[must_use]
    pub fn embedder_settings(&self) -> Option<assize_model::EmbedderSettings> {
        let dimension = self.memory.dimension;
        let embedding = self.embedding.as_ref();
        embedding.map(|embedding| embedding.caller(dimension))
    }

    /// How many of its vectors are kept, and for how long.
    #[must_use]
    pub fn embedding_cache(&self) -> Option<CacheSettings> {
        self.embedding.as_ref().map(super::EmbeddingSettings::cache)
    }

    /// How many calls of that service are made at one time.
    #[must_use]
    pub fn embedder_bounds(&self) -> Option<CallBounds> {
        self.embedding
            .as_ref()
            .map(super::EmbeddingSettings::bounds)
    }
}
