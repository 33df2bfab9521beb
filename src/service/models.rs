//! The language model and the embedder that a host supplies.

use assize_core::embedding::CacheConfig;
use std::pin::Pin;

/// What a model said, or why it said nothing: a text that callers may see.
pub type ModelFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send + 'a>>;

/// Answers what requests to the gate ask of others. Dropping a future ends the call.
pub trait Models: Send + Sync + 'static {
    /// Whether there is a language model; else there is an embedder only.
    fn has_model(&self) -> bool {
        true
    }

    /// How many embeddings are kept for the next time, and for how long.
    fn embedding_cache(&self) -> CacheConfig {
        CacheConfig::default()
    }

    /// Whether callers that ask for a stream are told what the model says before it is judged.
    fn tells_unjudged(&self) -> bool {
        false
    }

    /// Asks the language model, and hands over each piece of its answer as it comes. The whole answer is the result.
    fn stream<'a>(
        &'a self,
        prompt: &'a str,
        max_tokens: u32,
        hear: &'a mut (dyn FnMut(&str) + Send),
    ) -> ModelFuture<'a, String> {
        // One that answers at once has no pieces.
        let _ = hear;
        self.generate(prompt, max_tokens)
    }

    /// Asks the language model.
    fn generate<'a>(&'a self, prompt: &'a str, max_tokens: u32) -> ModelFuture<'a, String>;

    /// Finds the embeddings of texts, none of them blank, where the controller has no embedder of its own: one for
    /// each, in the order of the texts.
    fn embed<'a>(&'a self, texts: &'a [&'a str]) -> ModelFuture<'a, Vec<Vec<f32>>>;
}
