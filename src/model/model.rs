//! A language model.

use crate::completion::Completion;
use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::error::ModelError;
use crate::protocol::{Protocol, read_completion, write_chat_request};
use crate::request::ChatRequest;
use crate::settings::{ModelSettings, SettingsError};
use crate::stream::CompletionStream;
use assize_outbound::BreakerState;
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;

/// Asks a language model. Clones share the circuit breaker.
#[derive(Clone)]
pub struct Model {
    settings: Arc<ModelSettings>,
    endpoint: Arc<Endpoint>,
}

impl fmt::Debug for Model {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Model")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Model {
    /// A model under these settings.
    ///
    /// # Errors
    ///
    /// Every setting that is not acceptable.
    pub fn new(settings: ModelSettings, environment: Environment) -> Result<Self, SettingsError> {
        let target = settings.checked_target()?;
        let protocol = Protocol::from(settings.provider);
        let endpoint = Endpoint::new(protocol, settings.endpoint.clone(), target, environment)?;
        Ok(Self {
            settings: Arc::new(settings),
            endpoint,
        })
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &ModelSettings {
        &self.settings
    }

    /// Where the circuit breaker stands.
    #[must_use]
    pub fn breaker_state(&self) -> BreakerState {
        self.endpoint.breaker_state()
    }

    /// A whole answer. Dropping the future ends the call.
    ///
    /// # Errors
    ///
    /// [`ModelError`] says why there is none.
    pub async fn generate(&self, request: &ChatRequest) -> Result<Completion, ModelError> {
        let body = self.body(request, false)?;
        let whole = self.endpoint.whole(&body).await?;
        match read_completion(self.settings.provider, &whole.body) {
            Ok(completion) => {
                whole.permit.succeeded();
                Ok(completion)
            }
            Err(problem) => {
                whole.permit.failed();
                let cause = self.endpoint.unusable(whole.status, problem);
                Err(self.endpoint.error(cause, whole.attempts))
            }
        }
    }

    /// An answer in pieces. Attempts end when the answer begins: what breaks later is told and not asked again.
    ///
    /// # Errors
    ///
    /// [`ModelError`] says why none begins.
    pub async fn stream(&self, request: &ChatRequest) -> Result<CompletionStream, ModelError> {
        let body = self.body(request, true)?;
        let opened = self.endpoint.open(&body).await?;
        let endpoint = Arc::clone(&self.endpoint);
        Ok(CompletionStream::new(
            self.settings.provider,
            endpoint,
            opened,
        ))
    }

    fn body(&self, request: &ChatRequest, is_streamed: bool) -> Result<Bytes, ModelError> {
        let checked = request.check(&self.settings);
        checked.map_err(|error| self.endpoint.error(error.into(), 0))?;
        let body = write_chat_request(&self.settings, request, is_streamed);
        Ok(Bytes::from(body))
    }
}
