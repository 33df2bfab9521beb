//! The language model and the embedder that a host supplies.

use std::pin::Pin;

/// What a model said, or why it said nothing: a text that callers may see.
pub type ModelFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send + 'a>>;

/// Answers what requests to the gate ask of others.
pub trait Models: Send + Sync + 'static {
    /// Asks the language model.
    fn generate<'a>(&'a self, prompt: &'a str, max_tokens: u32) -> ModelFuture<'a, String>;

    /// Finds the embedding of a text, where the controller has no embedder of its own.
    fn embed<'a>(&'a self, text: &'a str) -> ModelFuture<'a, Vec<f32>>;
}
