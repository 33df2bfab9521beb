//! Vectors of texts.

use crate::completion::Usage;
use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::error::ModelError;
use crate::protocol::{DecodeError, Protocol, read_embeddings, write_embeddings_request};
use crate::request::{MAX_REQUEST_BYTES, RequestError};
use crate::settings::{EmbedderSettings, SettingsError};
use assize_outbound::BreakerState;
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;

/// The vectors of texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    /// One for each text in the order of the texts, each of the settings' dimension: finite numbers of at most 1e18 in
    /// magnitude, not all zero; of any length.
    pub vectors: Vec<Vec<f32>>,
    /// What it took, as the server counts.
    pub usage: Usage,
}

/// Asks for the vectors of texts. Clones share the circuit breaker.
#[derive(Clone)]
pub struct Embedder {
    settings: Arc<EmbedderSettings>,
    endpoint: Arc<Endpoint>,
}

impl fmt::Debug for Embedder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Embedder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Embedder {
    /// A model under these settings.
    ///
    /// # Errors
    ///
    /// Every setting that is not acceptable.
    pub fn new(
        settings: EmbedderSettings,
        environment: Environment,
    ) -> Result<Self, SettingsError> {
        let target = settings.checked_target()?;
        let (protocol, bounds) = (Protocol::Embeddings, settings.endpoint.clone());
        let endpoint = Endpoint::new(protocol, bounds, target, environment)?;
        Ok(Self {
            settings: Arc::new(settings),
            endpoint,
        })
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &EmbedderSettings {
        &self.settings
    }

    /// Where the circuit breaker stands.
    #[must_use]
    pub fn breaker_state(&self) -> BreakerState {
        self.endpoint.breaker_state()
    }

    /// The vectors of 1 to `max_texts` texts, none of them blank; one call. Dropping the future ends it.
    ///
    /// # Errors
    ///
    /// [`ModelError`] says why there are none.
    pub async fn embed(&self, texts: &[&str]) -> Result<Embeddings, ModelError> {
        let checked = self.check(texts);
        checked.map_err(|error| self.endpoint.error(error.into(), 0))?;
        let body = Bytes::from(write_embeddings_request(&self.settings, texts));
        let whole = self.endpoint.whole(&body).await?;
        match read_embeddings(&whole.body, texts.len(), self.settings.dimension) {
            Ok(embeddings) => {
                whole.permit.succeeded();
                Ok(embeddings)
            }
            Err(problem) => {
                // What one text does to one vector says nothing of the service: else a text could close it to all.
                match problem {
                    DecodeError::Field { .. } => whole.permit.succeeded(),
                    _ => whole.permit.failed(),
                }
                let cause = self.endpoint.unusable(whole.status, problem);
                Err(self.endpoint.error(cause, whole.attempts))
            }
        }
    }

    fn check(&self, texts: &[&str]) -> Result<(), RequestError> {
        let most = self.settings.max_texts;
        if !(1..=most).contains(&texts.len()) {
            let problem = format!("must be 1 to {most}, not {}", texts.len());
            return Err(RequestError::new("texts", problem));
        }
        if let Some(index) = texts.iter().position(|text| text.trim().is_empty()) {
            let field = format!("texts[{index}]");
            return Err(RequestError::new(field, "must not be blank"));
        }
        if texts.iter().map(|text| text.len()).sum::<usize>() > MAX_REQUEST_BYTES {
            let problem = format!("must have at most {MAX_REQUEST_BYTES} bytes");
            return Err(RequestError::new("texts", problem));
        }
        Ok(())
    }
}
