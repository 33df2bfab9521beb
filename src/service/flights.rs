//! Requests to a language model on their way through the gate.

use crate::decide::gated::{Ask, GateOperation, Performed, Told};
use crate::decide::to_text;
use crate::http::Caller;
use crate::journal::EventId;
use crate::problem::Problem;
use crate::service::Service;

impl Service {
    /// Leads a request through gate, memory and model.
    pub(crate) async fn generate(
        &self,
        caller: &Caller,
        name: &str,
        input: &str,
    ) -> Result<(EventId, Performed), Problem> {
        let Some(models) = self.models.as_ref().filter(|models| models.has_model()) else {
            return Err(Problem::no_model());
        };
        for flight in self.stale_flights(caller, name)? {
            let told = to_text(&Told::of(flight));
            let given_up = (GateOperation::Cancel, told.as_str());
            self.act_on_gate(caller, name, given_up).await?;
        }
        let begun = self.act_on_gate(caller, name, (GateOperation::Generate, input));
        let (mut event, mut performed) = begun.await?;
        let flight = sequence_of(&event);
        while let Some(ask) = performed.ask.take() {
            let mut told = Told::of(flight);
            let operation = match ask {
                Ask::Embed(text) => {
                    match self.embed_one(caller, name, &text).await? {
                        Ok(vector) => told.vector = Some(vector),
                        Err(error) => told.error = Some(error),
                    }
                    GateOperation::Embedded
                }
                Ask::Generate { prompt, max_tokens } => {
                    let began = self.platform.monotonic();
                    match models.generate(&prompt, max_tokens).await {
                        Ok(text) => told.text = Some(text),
                        Err(error) => told.error = Some(error),
                    }
                    let took = self.platform.monotonic().saturating_sub(began);
                    self.metrics.gate.generated(took);
                    GateOperation::Generated
                }
            };
            let told = to_text(&told);
            (event, performed) = self.act_on_gate(caller, name, (operation, &told)).await?;
        }
        Ok((event, performed))
    }

    async fn embed_one(
        &self,
        caller: &Caller,
        name: &str,
        text: &str,
    ) -> Result<Result<Vec<f32>, String>, Problem> {
        let Some(dimension) = self.dimension_to_embed(caller, name).await? else {
            return Ok(Err("the session finds its embeddings itself".to_owned()));
        };
        let embedded = self.embed(caller, &[text], dimension).await;
        Ok(embedded.and_then(|vectors| {
            let first = vectors.into_iter().next();
            first.ok_or_else(|| "the embedder gave no vector".to_owned())
        }))
    }
}

/// The sequence in an event's name, as in `gate-….17`.
fn sequence_of(event: &str) -> u64 {
    let sequence = event.rsplit_once('.').map(|(_, sequence)| sequence);
    sequence.and_then(|text| text.parse().ok()).unwrap_or(0)
}
