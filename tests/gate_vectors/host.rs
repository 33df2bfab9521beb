//! What stands around a gate: a memory, embeddings, a model that reads from a script, a clock.

use crate::case::{items, number, numbers, text};
use crate::memory::Memory;
use assize_core::gate::{Answer, Conditions, Flight, Gate, Reply, Request, Step};
use serde_json::Value;

/// Calls of the model before it is given up.
const ATTEMPTS: usize = 3;

#[derive(Debug)]
pub(crate) struct Host<'a> {
    pub(crate) memory: Memory,
    embeddings: &'a Value,
    script: &'a [Value],
    calls: usize,
    pub(crate) now_ms: u64,
    /// What the model was asked, each time.
    pub(crate) asked: Vec<(String, u32)>,
    /// How like the request what was recalled is, for each recall.
    pub(crate) resonances: Vec<Vec<f32>>,
}

impl<'a> Host<'a> {
    pub(crate) fn new(input: &'a Value, capacity: usize) -> Self {
        Self {
            memory: Memory::new(capacity),
            embeddings: &input["embeddings"],
            script: items(&input["llm_script"]),
            calls: 0,
            now_ms: 0,
            asked: Vec::new(),
            resonances: Vec::new(),
        }
    }

    /// Does what a request asks for until it has its answer.
    pub(crate) fn serve(
        &mut self,
        gate: &mut Gate,
        request: &Request<'_>,
    ) -> Result<Answer, String> {
        let begun = gate.begin(&Conditions::at(self.now_ms), request);
        let (flight, step) = begun.map_err(|error| error.to_string())?;
        self.follow(gate, flight, step)
    }

    pub(crate) fn follow(
        &mut self,
        gate: &mut Gate,
        mut flight: Flight,
        mut step: Step,
    ) -> Result<Answer, String> {
        loop {
            let reply = match step {
                Step::Finished(answer) => return Ok(*answer),
                Step::Embed { text } => Reply::Embedded(self.embed(&text)),
                Step::Recall(recall) => {
                    let found = self.memory.recall(&recall);
                    let resonances = found.iter().map(|entry| entry.resonance).collect();
                    self.resonances.push(resonances);
                    Reply::Recalled(Ok(found))
                }
                Step::Generate { prompt, max_tokens } => {
                    Reply::Generated(self.generate(&prompt, max_tokens))
                }
                Step::Remember(entry) => Reply::Remembered(self.memory.remember(entry)),
                Step::Consolidate(order) => Reply::Consolidated(self.memory.consolidate(order)),
            };
            step = gate
                .resume(&mut flight, self.now_ms, reply)
                .map_err(|error| error.to_string())?;
        }
    }

    fn embed(&self, prompt: &str) -> Result<Vec<f32>, String> {
        let found = &self.embeddings[prompt];
        match found["raise"].as_str() {
            Some(_) => Err(text(&found["message"]).to_owned()),
            None => Ok(numbers(found)),
        }
    }

    fn generate(&mut self, prompt: &str, max_tokens: u32) -> Result<String, String> {
        let mut failure = String::new();
        for attempt in 0..ATTEMPTS {
            let last = self.script.last().unwrap_or(&Value::Null);
            let said = self.script.get(self.calls).unwrap_or(last);
            self.calls += 1;
            self.asked.push((prompt.to_owned(), max_tokens));
            if said["takes_s"].is_number() {
                self.now_ms += (number(&said["takes_s"]) * 1000.0) as u64;
            }
            let Some(kind) = said["raise"].as_str() else {
                return Ok(text(&said["text"]).to_owned());
            };
            text(&said["message"]).clone_into(&mut failure);
            if !["TimeoutError", "ConnectionError", "RuntimeError"].contains(&kind) {
                break;
            }
            if attempt + 1 < ATTEMPTS {
                self.now_ms += 1000 << attempt;
            }
        }
        Err(failure)
    }
}
