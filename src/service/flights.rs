//! Requests to a language model on their way through the gate.

use crate::decide::gated::{Ask, GateOperation, Performed, Told};
use crate::decide::to_text;
use crate::http::Caller;
use crate::journal::EventId;
use crate::models::Models;
use crate::problem::Problem;
use crate::service::Service;
use std::sync::Arc;

/// Takes what a model says as it says it.
pub(crate) type Hear<'h> = &'h mut (dyn FnMut(&str) + Send);

/// A request under way. Dropped before its end, it is given up.
pub(crate) struct Flight {
    service: Arc<Service>,
    models: Arc<dyn Models>,
    caller: Caller,
    name: String,
    /// By what the session knows it; none where it has ended.
    number: Option<u64>,
    /// The last event, and what came of it.
    event: EventId,
    performed: Performed,
}

impl Flight {
    /// Begins a request, up to where others are asked.
    pub(crate) async fn begin(
        service: Arc<Service>,
        caller: Caller,
        name: &str,
        input: &str,
    ) -> Result<Self, Problem> {
        let models = service.models.clone().filter(|models| models.has_model());
        let models = models.ok_or_else(Problem::no_model)?;
        for flight in service.stale_flights(&caller, name)? {
            let told = to_text(&Told::of(flight));
            let given_up = (GateOperation::Cancel, told.as_str());
            service.act_on_gate(&caller, name, given_up).await?;
        }
        let mut flight = Self {
            models,
            caller,
            name: name.to_owned(),
            number: None,
            event: EventId::new(),
            performed: Performed::told(String::new()),
            service: Arc::clone(&service),
        };
        // It is under way before its event is durable.
        let number = &mut flight.number;
        let begun = service.begin_at_gate(&flight.caller, name, input, number);
        (flight.event, flight.performed) = begun.await?;
        Ok(flight)
    }

    /// Whether callers that ask for a stream are told what the model says before it is judged.
    pub(crate) fn tells_unjudged(&self) -> bool {
        self.models.tells_unjudged()
    }

    /// The last event, by its name.
    pub(crate) fn event(&self) -> &str {
        &self.event
    }

    /// Goes on to the end.
    pub(crate) async fn end(
        mut self,
        mut hear: Option<Hear<'_>>,
    ) -> Result<(EventId, Performed), Problem> {
        while let (Some(ask), Some(number)) = (self.performed.ask.take(), self.number) {
            let mut told = Told::of(number);
            let operation = match ask {
                Ask::Embed(text) => {
                    match self.embed(&text).await? {
                        Ok(vector) => told.vector = Some(vector),
                        Err(error) => told.error = Some(error),
                    }
                    GateOperation::Embedded
                }
                Ask::Generate { prompt, max_tokens } => {
                    match self.generate(&prompt, max_tokens, &mut hear).await {
                        Ok(text) => told.text = Some(text),
                        Err(error) => told.error = Some(error),
                    }
                    GateOperation::Generated
                }
            };
            let told = to_text(&told);
            let acting = self
                .service
                .act_on_gate(&self.caller, &self.name, (operation, &told));
            (self.event, self.performed) = acting.await?;
        }
        self.number = None;
        let event = std::mem::take(&mut self.event);
        let nothing = Performed::told(String::new());
        Ok((event, std::mem::replace(&mut self.performed, nothing)))
    }

    async fn generate(
        &self,
        prompt: &str,
        max_tokens: u32,
        hear: &mut Option<Hear<'_>>,
    ) -> Result<String, String> {
        let platform = self.service.platform.as_ref();
        let began = platform.monotonic();
        let generated = match hear {
            Some(hear) => self.models.stream(prompt, max_tokens, *hear).await,
            None => self.models.generate(prompt, max_tokens).await,
        };
        let took = platform.monotonic().saturating_sub(began);
        self.service.metrics.gate.generated(took);
        generated
    }

    async fn embed(&self, text: &str) -> Result<Result<Vec<f32>, String>, Problem> {
        let (service, caller) = (&self.service, &self.caller);
        let Some(dimension) = service.dimension_to_embed(caller, &self.name).await? else {
            return Ok(Err("the session finds its embeddings itself".to_owned()));
        };
        let embedded = service.embed(caller, &[text], dimension).await;
        Ok(embedded.and_then(|vectors| {
            let first = vectors.into_iter().next();
            first.ok_or_else(|| "the embedder gave no vector".to_owned())
        }))
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.service.give_up(&self.caller, &self.name, number);
        }
    }
}
