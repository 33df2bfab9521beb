//! Embeddings of texts by the embedder that a host supplies, with those that were found before.

use crate::decide::to_text;
use crate::http::Caller;
use crate::problem::Problem;
use crate::service::Service;
use assize_core::embedding::{CacheConfig, EmbeddingCache};
use assize_journal::Hash;
use assize_json::Document;
use assize_json::gate::AdmitRequest;
use assize_json::memory::InsertRequest;
use std::borrow::Cow;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Magnitude of a vector's number.
const LARGEST_COMPONENT: f32 = 1e18;

/// Embeddings that were found before.
#[derive(Debug)]
pub(crate) struct Embeddings(Mutex<EmbeddingCache>);

impl Embeddings {
    pub(crate) const fn new(config: CacheConfig) -> Self {
        Self(Mutex::new(EmbeddingCache::new(config)))
    }

    /// A panic elsewhere leaves nothing here that is wrong: it would be found too often, or not at all.
    fn cache(&self) -> MutexGuard<'_, EmbeddingCache> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long an answer takes must not tell one tenant what another has asked.
fn key(caller: &Caller, text: &str) -> String {
    let tenant = &caller.tenant;
    let named = format!("{} {tenant} {text}", tenant.len());
    Hash::of(named.as_bytes()).to_string()
}

fn check(vector: &[f32], dimension: u32) -> Result<(), String> {
    let got = vector.len();
    if got != dimension as usize {
        return Err(format!(
            "the embedder gave {got} numbers; the memory has a dimension of {dimension}"
        ));
    }
    let is_usable = |number: &f32| number.abs() <= LARGEST_COMPONENT;
    if vector.iter().all(is_usable) {
        Ok(())
    } else {
        Err("the embedder gave a number that is not one from -1e18 to 1e18".to_owned())
    }
}

impl Service {
    /// The embeddings of texts, in their order; else why there are none. Texts that were asked for before are not
    /// asked for again, nor is one that comes twice.
    pub(crate) async fn embed(
        &self,
        caller: &Caller,
        texts: &[&str],
        dimension: u32,
    ) -> Result<Vec<Vec<f32>>, String> {
        let Some(models) = &self.models else {
            return Err("no embedder is configured".to_owned());
        };
        let keys: Vec<String> = texts.iter().map(|text| key(caller, text)).collect();
        let now = self.platform.unix_ms();
        let mut found: Vec<Option<Vec<f32>>> = {
            let mut cache = self.embeddings.cache();
            let known = |key: &String| cache.get(key.as_bytes(), now).map(<[f32]>::to_vec);
            let found: Vec<_> = keys.iter().map(known).collect();
            let hits = found.iter().flatten().count();
            self.metrics.embeddings_looked_up(hits, keys.len() - hits);
            found
        };
        // A session of another dimension has nothing to do with what is kept.
        for known in &mut found {
            *known = known.take().filter(|it| it.len() == dimension as usize);
        }
        let mut wanted: Vec<&str> = Vec::new();
        let pairs = || texts.iter().zip(&found);
        wanted.extend(pairs().filter(|(_, known)| known.is_none()).map(|it| *it.0));
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(found.into_iter().flatten().collect());
        }
        let vectors = models.embed(&wanted).await?;
        if vectors.len() != wanted.len() {
            let (got, asked) = (vectors.len(), wanted.len());
            return Err(format!("the embedder gave {got} vectors for {asked} texts"));
        }
        for vector in &vectors {
            check(vector, dimension)?;
        }
        let now = self.platform.unix_ms();
        let mut cache = self.embeddings.cache();
        for ((text, key), known) in texts.iter().zip(&keys).zip(&mut found) {
            if known.is_some() {
                continue;
            }
            let place = wanted.binary_search(text).ok();
            *known = place.and_then(|place| vectors.get(place).cloned());
            if let Some(vector) = known {
                // One that is not kept is asked for again.
                let _ = cache.put(key.as_bytes(), vector, now);
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// The input of an insertion with all vectors, so that it can be run again without an embedder.
    pub(crate) async fn insertion_with_vectors<'t>(
        &self,
        caller: &Caller,
        name: &str,
        input: &'t str,
    ) -> Result<Cow<'t, str>, Problem> {
        let Some(dimension) = self.dimension_to_find(caller, name).await? else {
            return Ok(Cow::Borrowed(input));
        };
        let document = Document::parse(input.as_bytes())?;
        let mut request = InsertRequest::read(&document)?;
        let texts = request.texts_to_embed();
        if texts.is_empty() {
            return Ok(Cow::Borrowed(input));
        }
        request.give_vectors(self.find(caller, &texts, dimension).await?);
        Ok(Cow::Owned(to_text(&request)))
    }

    /// The same for an admission that recalls what is like its text.
    pub(crate) async fn admission_with_vector<'t>(
        &self,
        caller: &Caller,
        name: &str,
        input: &'t str,
    ) -> Result<Cow<'t, str>, Problem> {
        let Some(dimension) = self.dimension_to_find(caller, name).await? else {
            return Ok(Cow::Borrowed(input));
        };
        let document = Document::parse(input.as_bytes())?;
        let mut request = AdmitRequest::read(&document)?;
        let Some(text) = request.text_to_embed() else {
            return Ok(Cow::Borrowed(input));
        };
        request.vector = self.find(caller, &[text], dimension).await?.pop();
        Ok(Cow::Owned(to_text(&request)))
    }

    /// The embedding of a text; none where the session finds it itself.
    pub(crate) async fn vector(
        &self,
        caller: &Caller,
        name: &str,
        text: &str,
    ) -> Result<Option<Vec<f32>>, Problem> {
        match self.dimension_to_find(caller, name).await? {
            Some(dimension) => Ok(self.find(caller, &[text], dimension).await?.pop()),
            None => Ok(None),
        }
    }

    /// The dimension of a session for which this host finds embeddings. To be asked before a request is read: most
    /// sessions find their own, and then it is read once.
    async fn dimension_to_find(&self, caller: &Caller, name: &str) -> Result<Option<u32>, Problem> {
        match self.models {
            Some(_) => self.dimension_to_embed(caller, name).await,
            None => Ok(None),
        }
    }

    async fn find(
        &self,
        caller: &Caller,
        texts: &[&str],
        dimension: u32,
    ) -> Result<Vec<Vec<f32>>, Problem> {
        let found = self.embed(caller, texts, dimension).await;
        found.map_err(|why| Problem::no_embedding(&why))
    }
}
