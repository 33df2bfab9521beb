//! The language model and the embedder, as this host asks them.

use anyhow::{Context, Result, anyhow};
use assize_config::Settings;
use assize_config::settings::CallBounds;
use assize_model::{ChatRequest, Embedder, Environment, Message, Model, ModelError, Role};
use assize_outbound::native::{NativeClock, NativeTransport};
use assize_service::{ModelFuture, Models};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Answers what requests to the gate ask of others.
#[derive(Debug)]
pub(crate) struct Asked {
    model: Bounded<Model>,
    embedder: Option<Bounded<Embedder>>,
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
    async fn turn(&self) -> Result<(&T, tokio::sync::SemaphorePermit<'_>), String> {
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

/// Who is asked; none where no language model is configured.
pub(crate) fn start(settings: &Settings) -> Result<Option<Asked>> {
    let (Some(model), Some(bounds)) = (settings.model_settings(), settings.model_bounds()) else {
        return Ok(None);
    };
    let model = Model::new(model, environment(bounds.concurrent)?)
        .map_err(|error| anyhow!("model: {error}"))?;
    let embedder = match (settings.embedder_settings(), settings.embedder_bounds()) {
        (Some(embedder), Some(bounds)) => {
            let embedder = Embedder::new(embedder, environment(bounds.concurrent)?)
                .map_err(|error| anyhow!("embedding: {error}"))?;
            Some(Bounded::new(embedder, bounds))
        }
        _ => None,
    };
    Ok(Some(Asked {
        model: Bounded::new(model, bounds),
        embedder,
    }))
}

/// What callers are told; operators read the rest in the log.
fn told(what: &str, error: &ModelError) -> String {
    tracing::warn!(%error, "{what} gave no answer");
    error.public().message
}

impl Models for Asked {
    fn generate<'a>(&'a self, prompt: &'a str, max_tokens: u32) -> ModelFuture<'a, String> {
        Box::pin(async move {
            let (model, _turn) = self.model.turn().await?;
            let request = ChatRequest {
                system: None,
                messages: vec![Message {
                    role: Role::User,
                    content: prompt.to_owned(),
                }],
                max_tokens: Some(max_tokens.min(model.settings().max_tokens)),
                temperature: None,
            };
            let completion = model.generate(&request).await;
            completion
                .map(|completion| completion.text)
                .map_err(|error| told("the language model", &error))
        })
    }

    fn embed<'a>(&'a self, text: &'a str) -> ModelFuture<'a, Vec<f32>> {
        Box::pin(async move {
            let Some(embedder) = &self.embedder else {
                return Err("no embedder is configured".to_owned());
            };
            let (embedder, _turn) = embedder.turn().await?;
            let embeddings = embedder.embed(&[text]).await;
            let embeddings = embeddings.map_err(|error| told("the embedder", &error))?;
            let mut vectors = embeddings.vectors.into_iter();
            vectors
                .next()
                .ok_or_else(|| "the embedder gave no vector".to_owned())
        })
    }
}
