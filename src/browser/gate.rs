//! A gate with its memory. Requests and answers cross as the JSON of the HTTP API, which `package/gate.js` writes and
//! reads; vectors as they are.

use crate::error::{Thrown, invalid, refused};
use crate::rules::{plain, unreadable};
use assize_core::controller::{self as core, ControllerSettings, Heard};
use assize_core::embedding::HashingEmbedder;
use assize_core::gate::{self, Conditions, Lexicon, Phase};
use assize_core::memory::{Entry, Query};
use assize_core::{Error, InvalidInput};
use assize_json::Document;
use assize_json::gate::{
    ActionAnswer, AdmissionAnswer, AdmitRequest, GenerateAnswer, GenerateRequest,
    OpenControllerRequest, RecordRequest, SettingsAnswer, StateAnswer,
};
use assize_json::memory::{
    EntriesAnswer, EntryAnswer, ForgetRequest, FoundEntriesAnswer, InsertAnswer, InsertRequest,
    RemovedAnswer, Search, SearchRequest,
};
use serde::Serialize;
use std::collections::BTreeMap;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Entries that are recalled where an admission asks for context and does not say how many.
const USUAL_TOP_K: u32 = 5;

fn parse(text: &str) -> Result<Document<'_>, Thrown> {
    Document::parse(text.as_bytes()).map_err(|error| unreadable(error.into()))
}

fn wrong(error: InvalidInput) -> Thrown {
    invalid(&error)
}

fn refusal(error: impl Into<Error>) -> Thrown {
    refused(&error.into())
}

/// The core names its own settings; the caller gave them without `config`.
fn not_made(error: Error) -> Thrown {
    let Error::InvalidInput(error) = error else {
        return refused(&error);
    };
    let mut errors = error.into_errors();
    for error in &mut errors {
        if error.pointer == "/config/capacity" {
            "/memory/capacity".clone_into(&mut error.pointer);
        }
    }
    InvalidInput::check(errors).map_or_else(wrong, |()| JsValue::NULL)
}

/// A gate with its memory. Times are whole milliseconds since 1970.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Controller(core::Controller);

impl Controller {
    fn acted(action: &core::Action) -> String {
        plain(&ActionAnswer::from(action))
    }

    fn resume(&mut self, flight: f64, now: f64, heard: Heard) -> Result<String, Thrown> {
        let action = self.0.resume(flight as u64, now as u64, heard);
        Ok(Self::acted(&action.map_err(refusal)?))
    }
}

#[wasm_bindgen]
impl Controller {
    /// A gate before its first request: `{gate?, memory?, synaptic?, embedder?}`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable; that there is not so much memory.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &str) -> Result<Self, JsValue> {
        let document = parse(settings)?;
        let request = OpenControllerRequest::read(&document, &ControllerSettings::default())
            .map_err(wrong)?;
        core::Controller::new(request.config)
            .map(Self)
            .map_err(not_made)
    }

    /// The gate that `snapshot` was taken of. Requests that were under way are given up: nobody leads them any more.
    ///
    /// # Errors
    ///
    /// A damaged or foreign snapshot.
    pub fn restore(snapshot: &[u8]) -> Result<Self, JsValue> {
        let mut controller = core::Controller::restore(snapshot).map_err(refusal)?;
        for flight in controller.flights() {
            controller.cancel(flight);
        }
        Ok(Self(controller))
    }

    /// Everything as bytes; equal gates give equal bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        self.0.snapshot()
    }

    /// How it was made, with every field.
    #[must_use]
    pub fn settings(&self) -> String {
        plain(&SettingsAnswer::from(self.0.settings()))
    }

    /// The answer of `GET /v1/state`.
    #[must_use]
    pub fn state(&self) -> String {
        plain(&StateAnswer::from(&self.0.state()))
    }

    /// The body and the answer of `POST /v1/admit`. `vector` is that of the request, where it stands beside it.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn admit(
        &mut self,
        request: &str,
        vector: Option<Vec<f32>>,
        now: f64,
    ) -> Result<String, JsValue> {
        let document = parse(request)?;
        let mut request = AdmitRequest::read(&document).map_err(wrong)?;
        request.vector = vector.or(request.vector);
        // First what may be refused: an admission moves the threshold.
        let context = match request.wants_context() {
            false => None,
            true => Some(self.recalled(&request, now)?),
        };
        let admission = self
            .0
            .admit(&Conditions::at(now as u64), &request.question())
            .map_err(wrong)?;
        let answer = AdmissionAnswer::from(&admission);
        Ok(plain(&match &context {
            Some(context) if admission.is_admitted() => answer.with_context(context),
            _ => answer,
        }))
    }

    fn recalled(
        &self,
        request: &AdmitRequest<'_>,
        now: f64,
    ) -> Result<Vec<assize_core::memory::Recollection>, Thrown> {
        let vector = match &request.vector {
            Some(vector) => vector.clone(),
            None => self
                .0
                .embed(request.text.unwrap_or_default())
                .map_err(refusal)?,
        };
        let query = Query {
            top_k: request.context_top_k.unwrap_or(USUAL_TOP_K),
            ..Query::new(&vector, Phase::Wake.code())
        };
        self.0.retrieve(&query, now as u64).map_err(wrong)
    }

    /// The body and the answer of `POST /v1/record`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn record(&mut self, request: &str, now: f64) -> Result<String, JsValue> {
        let document = parse(request)?;
        let request = RecordRequest::read(&document).map_err(wrong)?;
        let answer = self
            .0
            .record(&Conditions::at(now as u64), &request.outcome())
            .map_err(refusal)?;
        Ok(plain(&GenerateAnswer::from(&answer)))
    }

    /// Begins the body of `POST /v1/generate` under a number; answers what to do next.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable; a number in use; too many requests under way.
    pub fn begin(
        &mut self,
        flight: f64,
        request: &str,
        vector: Option<Vec<f32>>,
        now: f64,
    ) -> Result<String, JsValue> {
        let document = parse(request)?;
        let mut request = GenerateRequest::read(&document).map_err(wrong)?;
        request.vector = vector.or(request.vector);
        let conditions = Conditions::at(now as u64);
        let action = self.0.begin(flight as u64, &conditions, &request.request());
        Ok(Self::acted(&action.map_err(refusal)?))
    }

    /// Goes on with an embedding.
    ///
    /// # Errors
    ///
    /// No such request is under way, or it waits for something else.
    pub fn embedded(&mut self, flight: f64, vector: Vec<f32>, now: f64) -> Result<String, JsValue> {
        self.resume(flight, now, Heard::Embedded(Ok(vector)))
    }

    /// Goes on without one: why there is none.
    ///
    /// # Errors
    ///
    /// As [`embedded`](Self::embedded).
    #[wasm_bindgen(js_name = embeddingFailed)]
    pub fn embedding_failed(
        &mut self,
        flight: f64,
        why: String,
        now: f64,
    ) -> Result<String, JsValue> {
        self.resume(flight, now, Heard::Embedded(Err(why)))
    }

    /// Goes on with the model's answer.
    ///
    /// # Errors
    ///
    /// As [`embedded`](Self::embedded).
    pub fn generated(&mut self, flight: f64, text: String, now: f64) -> Result<String, JsValue> {
        self.resume(flight, now, Heard::Generated(Ok(text)))
    }

    /// Goes on without one: why there is none.
    ///
    /// # Errors
    ///
    /// As [`embedded`](Self::embedded).
    #[wasm_bindgen(js_name = generationFailed)]
    pub fn generation_failed(
        &mut self,
        flight: f64,
        why: String,
        now: f64,
    ) -> Result<String, JsValue> {
        self.resume(flight, now, Heard::Generated(Err(why)))
    }

    /// Gives a request up. Answers whether there was one.
    pub fn cancel(&mut self, flight: f64) -> bool {
        self.0.cancel(flight as u64)
    }

    /// The body and the answer of `POST /v1/memory`. `vectors` holds those that stand beside it, one after the other,
    /// `lengths` for each entry how many numbers; 0 where the entry has its own, or none.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable; then nothing is stored.
    pub fn insert(
        &mut self,
        request: &str,
        vectors: &[f32],
        lengths: &[u32],
        now: f64,
    ) -> Result<String, JsValue> {
        let document = parse(request)?;
        let mut request = InsertRequest::read(&document).map_err(wrong)?;
        let mut rest = vectors;
        for (entry, length) in request.entries.iter_mut().zip(lengths) {
            let Some((vector, others)) = rest.split_at_checked(*length as usize) else {
                return Err(crate::error::internal("a vector ends too early"));
            };
            rest = others;
            if *length > 0 {
                entry.vector = Some(vector.to_vec());
            }
        }
        let insertion = request
            .embedded(|text| self.0.embed(text))
            .map_err(refusal)?;
        let inserted = self
            .0
            .insert(&insertion.entries(), now as u64)
            .map_err(refusal)?;
        Ok(plain(&InsertAnswer::from(inserted.as_slice())))
    }

    /// The body and the answer of `POST /v1/memory/search`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn search(
        &self,
        request: &str,
        vector: Option<Vec<f32>>,
        now: f64,
    ) -> Result<String, JsValue> {
        let document = parse(request)?;
        let request = SearchRequest::read(&document).map_err(wrong)?;
        let found = match (&vector, &request.like) {
            (Some(vector), _) | (None, Search::Vector(vector)) => {
                self.0.retrieve(&request.query(vector), now as u64)
            }
            (None, Search::Text(text)) => {
                let vector = self.0.embed(text).map_err(refusal)?;
                self.0.retrieve(&request.query(&vector), now as u64)
            }
        };
        let found = found.map_err(wrong)?;
        Ok(plain(&FoundEntriesAnswer::from(found.as_slice())))
    }

    /// The body and the answer of `POST /v1/memory/forget`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn forget(&mut self, request: &str) -> Result<String, JsValue> {
        let document = parse(request)?;
        let removed = match ForgetRequest::read(&document).map_err(wrong)? {
            ForgetRequest::Ids(ids) => self.0.forget(&ids),
            ForgetRequest::SourceName(name) => self.0.forget_source(name),
        };
        Ok(plain(&RemovedAnswer { removed }))
    }

    /// The answer of `GET /v1/memory/entries`.
    #[must_use]
    pub fn entries(&self, after: f64, count: u32, now: f64) -> String {
        let found: Vec<Entry> = self.0.entries(after as u64, count as usize, now as u64);
        plain(&EntriesAnswer::page(&found, count as usize))
    }

    /// The entry with an id, if there is one.
    #[must_use]
    pub fn entry(&self, id: f64, now: f64) -> Option<String> {
        let entry = self.0.entry(id as u64, now as u64)?;
        Some(plain(&EntryAnswer::from(&entry)))
    }

    /// The vector of the entry with an id, if there is one.
    #[must_use]
    pub fn vector(&self, id: f64, now: f64) -> Option<Vec<f32>> {
        self.0.vector(id as u64, now as u64).map(<[f32]>::to_vec)
    }

    /// Removes entries that have expired, at most `limit`. Answers how many.
    pub fn sweep(&mut self, limit: u32, now: f64) -> u32 {
        self.0.sweep(now as u64, limit)
    }

    /// One step of the rhythm that no request makes. Answers the phase that it leads to.
    #[wasm_bindgen(js_name = advanceRhythm)]
    pub fn advance_rhythm(&mut self, now: f64) -> String {
        self.0.advance_rhythm(now as u64).as_str().to_owned()
    }

    /// Ends an emergency, and forgets all of them.
    #[wasm_bindgen(js_name = resetEmergency)]
    pub fn reset_emergency(&mut self) {
        self.0.reset_emergency();
    }

    /// Forgets everything but the settings.
    ///
    /// # Errors
    ///
    /// That there is not so much memory: the new one is set aside before the old one goes.
    pub fn reset(&mut self) -> Result<(), JsValue> {
        self.0.reset().map_err(not_made)
    }
}

/// The vector of a text by the built-in embedder, with a norm of 1.
///
/// # Errors
///
/// A dimension other than 1 to 4,096; a text that is blank, or longer than 1,048,576 bytes.
#[wasm_bindgen]
pub fn embed(text: &str, dimension: u32) -> Result<Vec<f32>, JsValue> {
    HashingEmbedder::new(dimension)
        .and_then(|embedder| embedder.embed(text))
        .map_err(wrong)
}

#[derive(Serialize)]
struct TextScoreAnswer {
    score: f64,
    occurrences: BTreeMap<String, u64>,
}

/// The score of a text by the usual lists of words: `{score, occurrences}`.
#[wasm_bindgen(js_name = textScore)]
#[must_use]
pub fn text_score(text: &str) -> String {
    let score = Lexicon::default().score(text);
    plain(&TextScoreAnswer {
        score: score.score.get(),
        occurrences: score.occurrences.into_iter().collect(),
    })
}

/// How sure a text sounds, 0 to 1.
#[wasm_bindgen]
#[must_use]
pub fn confidence(text: &str) -> f64 {
    gate::confidence(text)
}
