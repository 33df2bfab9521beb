//! Language models and embeddings by configuration.
//!
//! [`Model`] asks a language model for a completion, whole or as it comes; [`Embedder`] asks for the vectors of texts.
//! Both bound what they wait for and read, try again what may go better, and leave alone who fails too often. A host
//! supplies [`Environment`]: one exchange of HTTP, time, and randomness. [`protocol`] has what is said and read, as
//! functions over bytes.
//!
//! ```
//! # use assize_model::{ChatRequest, Completion, Environment, ModelError};
//! use assize_model::{Model, ModelSettings, Provider, Secret, SettingsError};
//!
//! fn model(key: String, environment: Environment) -> Result<Model, SettingsError> {
//!     let mut settings = ModelSettings::new(Provider::Anthropic, "claude-sonnet-4-5");
//!     settings.endpoint.api_key = Some(Secret::new(key));
//!     Model::new(settings, environment)
//! }
//!
//! # async fn ask(model: &Model) -> Result<Completion, ModelError> {
//! model.generate(&ChatRequest::user("Why is the sky blue?")).await
//! # }
//! ```
//!
//! What this crate does not do: read settings from files, or bound how many calls are made at once.

#![forbid(unsafe_code)]

mod completion;
mod embedder;
mod endpoint;
mod environment;
mod error;
mod model;
pub mod protocol;
mod request;
mod retry;
mod secret;
mod settings;
mod stream;
#[cfg(test)]
mod tests;

pub use completion::{Completion, CompletionEvent, FinishReason, Usage};
pub use embedder::{Embedder, Embeddings};
pub use environment::{Environment, Random};
pub use error::{Cause, ErrorKind, ModelError, PublicError};
pub use model::Model;
pub use request::{ChatRequest, MAX_REQUEST_BYTES, Message, RequestError, Role};
pub use secret::Secret;
pub use settings::{
    EmbedderSettings, Encoding, EndpointSettings, ModelSettings, Provider, ProviderError,
    SettingsError, TokenParameter,
};
pub use stream::CompletionStream;
