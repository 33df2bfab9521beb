//! The language model and the embedder, as this host asks them.

use anyhow::{Context, Result, anyhow};
use assize_config::Settings;
use assize_config::settings::CallBounds;
use assize_core::embedding::CacheConfig;
use assize_model::{
    ChatRequest, CompletionEvent, Embedder, Environment, Message, Model, ModelError, Role,
};
use assize_outbound::native::{NativeClock, NativeTransport};
use assize_service::{ModelFuture, Models};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Answers what requests to the gate ask of others.
#[derive(Debug)]
pub(crate) struct Asked {
    model: Option<Bounded<Model>>,
    embedder: Option<Bounded<Embedder>>,
    cache: CacheConfig,
    tells_unjudged: bool,
}

/// Something that so many may use at one time.
#[derive(Debug)]
struct Bounded<T> {
    callee: T,
    turns: Semaphore,
    queue: Duration,
}

impl<T> Bounded<T> {
    fn new(callee: T, bounds: CallBounds) -> Self {
        Self {
            callee,
            turns: Semaphore::new(bounds.concurrent),
            queue: bounds.queue,
        }
    }

    /// Whose turn it is; else why it never came.
    async fn turn(&self) -> Result<(&T, SemaphorePermit<'_>), String> {
        let turn = tokio::time::timeout(self.queue, self.turns.acquire()).await;
        match turn {
            Ok(Ok(permit)) => Ok((&self.callee, permit)),
            _ => Err("too many requests wait for it; try again".to_owned()),
        }
    }
}

fn environment(connections: usize) -> Result<Environment> {
    let transport = NativeTransport::new(connections).context("calls to the language model")?;
    // Jitter need not be hard to guess; without randomness all retries come at once.
    Ok(Environment::new(transport, NativeClock::new(), || {
        getrandom::u64().unwrap_or(0)
    }))
}

/// Who is asked; none where neither a language model nor an embedder is configured.
pub(crate) fn start(settings: &Settings) -> Result<Option<Asked>> {
    let model = match (settings.model_settings(), settings.model_bounds()) {
        (Some(model), Some(bounds)) => {
            let model = Model::new(model, environment(bounds.concurrent)?)
                .map_err(|error| anyhow!("model: {error}"))?;
            Some(Bounded::new(model, bounds))
        }
        _ => None,
    };
    let embedder = match (settings.embedder_settings(), settings.embedder_bounds()) {
        (Some(embedder), Some(bounds)) => {
            let embedder = Embedder::new(embedder, environment(bounds.concurrent)?)
                .map_err(|error| anyhow!("embedding: {error}"))?;
            Some(Bounded::new(embedder, bounds))
        }
        _ => None,
    };
    let cache = CacheConfig::new(settings.embedding_cache().unwrap_or_default())
        .map_err(|error| anyhow!("embedding: {error}"))?;
    let asked = Asked {
        model,
        embedder,
        cache,
        tells_unjudged: settings.gate.stream_unjudged,
    };
    Ok((asked.model.is_some() || asked.embedder.is_some()).then_some(asked))
}

/// What callers are told; operators read the rest in the log.
fn told(what: &str, error: &ModelError) -> String {
    tracing::warn!(%error, "{what} gave no answer");
    error.public().message
}

impl Asked {
    /// Whose turn it is to ask the model, and what is asked.
    async fn model_turn(
        &self,
        prompt: &str,
        max_tokens: u32,
    ) -> Result<(&Model, SemaphorePermit<'_>, ChatRequest), String> {
        let Some(model) = &self.model else {
            return Err("no language model is configured".to_owned());
        };
        let (model, turn) = model.turn().await?;
        let request = ChatRequest {
            system: None,
            messages: vec![Message {
                role: Role::User,
                content: prompt.to_owned(),
            }],
            max_tokens: Some(max_tokens.min(model.settings().max_tokens)),
            temperature: None,
        };
        Ok((model, turn, request))
    }
}

impl Models for Asked {
    fn has_model(&self) -> bool {
        self.model.is_some()
    }

    fn embedding_cache(&self) -> CacheConfig {
        self.cache
    }

    fn tells_unjudged(&self) -> bool {
        self.tells_unjudged
    }

    fn stream<'a>(
        &'a self,
        prompt: &'a str,
        max_tokens: u32,
        hear: &'a mut (dyn FnMut(&str) + Send),
    ) -> ModelFuture<'a, String> {
        Box::pin(async move {
            let (model, _turn, request) = self.model_turn(prompt, max_tokens).await?;
            let failed = |error: ModelError| told("the language model", &error);
            let mut stream = model.stream(&request).await.map_err(failed)?;
            let mut whole = None;
            while let Some(event) = stream.next().await {
                match event.map_err(failed)? {
                    CompletionEvent::Text(text) => hear(&text),
                    CompletionEvent::Done(completion) => whole = Some(completion.text),
                }
            }
            whole.ok_or_else(|| "the language model's answer has no end".to_owned())
        })
    }

    fn generate<'a>(&'a self, prompt: &'a str, max_tokens: u32) -> ModelFuture<'a, String> {
        Box::pin(async move {
            let (model, _turn, request) = self.model_turn(prompt, max_tokens).await?;
            let completion = model.generate(&request).await;
            completion
                .map(|completion| completion.text)
                .map_err(|error| told("the language model", &error))
        })
    }

    fn embed<'a>(&'a self, texts: &'a [&'a str]) -> ModelFuture<'a, Vec<Vec<f32>>> {
        Box::pin(async move {
            let Some(embedder) = &self.embedder else {
                return Err("no embedder is configured".to_owned());
            };
            let (embedder, _turn) = embedder.turn().await?;
            let mut vectors = Vec::with_capacity(texts.len());
            for some in texts.chunks(embedder.settings().max_texts.max(1)) {
                let embeddings = embedder.embed(some).await;
                let embeddings = embeddings.map_err(|error| told("the embedder", &error))?;
                vectors.extend(embeddings.vectors);
            }
            Ok(vectors)
        })
    }
}
