//! What callers store, look for and have forgotten.

use crate::gate::NAME_BYTES;
use crate::ranges::{LARGEST_WHOLE, whole};
use crate::reader::{MOST_ERRORS, Object};
use crate::requests::{Document, collect};
use assize_core::gate::Phase;
use assize_core::memory::{NewEntry, Query, Source};
use assize_core::text::is_blank;
use assize_core::{Error, FieldError, InvalidInput};
use serde::{Serialize, Serializer};

/// Entries that one request may store.
const MOST_ENTRIES: usize = 1000;
/// Entries that one request may have forgotten by their ids.
const MOST_IDS: usize = 10_000;
/// Entries that a search may give.
const LARGEST_TOP_K: u32 = 10_000;
/// Bytes of an entry's text, and of one that is looked for.
const TEXT_BYTES: usize = 16 * 1024;

/// An entry that is to be stored: with its vector, or with a text that is still to be embedded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryRequest<'a> {
    /// 1 to 4,096 numbers of magnitude at most 1e18; none: that of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector: Option<Vec<f32>>,
    /// 1 to 16,384 bytes; not blank where there is no vector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<&'a str>,
    /// 0 to 1; 0.1 is being awake.
    pub phase: f32,
    /// 0 to 1.
    pub confidence: f64,
    /// Where it comes from.
    #[serde(serialize_with = "source_name")]
    pub source: Source,
    /// Whom or what it comes from; 1 to 256 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_name: Option<&'a str>,
    /// Milliseconds since 1970; none: the time of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<u64>,
    /// Milliseconds since 1970, from when on it is not found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// The id of the entry that it was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<u64>,
}

impl<'n> EntryRequest<'n> {
    /// Reads `{vector? | text?, phase?, confidence?, source?, source_name?, timestamp?, expires_at?, parent?}`, with a
    /// vector, a text, or both.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn read(document: &'n Document<'_>) -> Result<Self, InvalidInput> {
        collect(|errors| {
            let mut object = Object::open(&document.0, String::new(), errors)?;
            let entry = Self::fields(&mut object, errors);
            object.finish(errors);
            Some(entry)
        })
    }

    fn fields(object: &mut Object<'n, '_>, errors: &mut Vec<FieldError>) -> Self {
        let (vector, text) = vector_or_text(object, errors);
        let sources = Source::ALL.map(|source| (source.as_str(), source));
        let time = (0, LARGEST_WHOLE);
        Self {
            vector,
            text,
            phase: phase(object, errors),
            confidence: object.share("confidence", errors).unwrap_or(1.0),
            source: object
                .optional("source")
                .and_then(|node| object.choice("source", node, &sources, errors))
                .unwrap_or_default(),
            source_name: object.short_text("source_name", NAME_BYTES, errors),
            timestamp: object.whole("timestamp", time, errors),
            expires_at: object.whole("expires_at", time, errors),
            parent: object.whole("parent", (1, LARGEST_WHOLE), errors),
        }
    }
}

fn source_name<S: Serializer>(source: &Source, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(source.as_str())
}

/// Entries that are to be stored, all or none. Written as JSON, it is read again as it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InsertRequest<'a> {
    /// 1 to 1,000.
    pub entries: Vec<EntryRequest<'a>>,
}

impl<'n> InsertRequest<'n> {
    /// Reads `{entries}`, each as [`EntryRequest::read`] reads it.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable, of every entry; of a thousand and more, the first thousand.
    pub fn read(document: &'n Document<'_>) -> Result<Self, InvalidInput> {
        collect(|errors| {
            let mut object = Object::open(&document.0, String::new(), errors)?;
            let items = object.items("entries", errors);
            if items.len() > MOST_ENTRIES {
                let count = items.len();
                let message = format!("must have at most {MOST_ENTRIES} items, got {count}");
                errors.push(FieldError::new(object.pointer_to("entries"), message));
                return None;
            }
            object.finish(errors);
            let mut entries = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                if errors.len() >= MOST_ERRORS {
                    break;
                }
                let pointer = format!("/entries/{index}");
                if let Some(mut object) = Object::open(item, pointer, errors) {
                    entries.push(EntryRequest::fields(&mut object, errors));
                    object.finish(errors);
                }
            }
            Some(Self { entries })
        })
    }

    /// The texts of the entries that have no vector, in their order.
    #[must_use]
    pub fn texts_to_embed(&self) -> Vec<&'n str> {
        let entries = self.entries.iter().filter(|entry| entry.vector.is_none());
        entries.filter_map(|entry| entry.text).collect()
    }

    /// Gives the entries that have no vector one each, in their order.
    pub fn give_vectors(&mut self, vectors: impl IntoIterator<Item = Vec<f32>>) {
        let entries = self.entries.iter_mut();
        let without = entries.filter(|entry| entry.vector.is_none());
        for (entry, vector) in without.zip(vectors) {
            entry.vector = Some(vector);
        }
    }

    /// Finds the vector of each entry that has none.
    ///
    /// # Errors
    ///
    /// As `embed`; where that is the fields of a text, they are placed into the entry.
    pub fn embedded(
        self,
        mut embed: impl FnMut(&str) -> Result<Vec<f32>, Error>,
    ) -> Result<Insertion<'n>, Error> {
        let mut entries = Vec::with_capacity(self.entries.len());
        for (index, mut entry) in self.entries.into_iter().enumerate() {
            let vector = match entry.vector.take() {
                Some(vector) => vector,
                None => embed(entry.text.unwrap_or_default()).map_err(|error| at(index, error))?,
            };
            entries.push((vector, entry));
        }
        Ok(Insertion { entries })
    }
}

fn at(index: usize, error: Error) -> Error {
    let Error::InvalidInput(error) = error else {
        return error;
    };
    let mut errors = error.into_errors();
    for error in &mut errors {
        error.pointer.insert_str(0, &format!("/entries/{index}"));
    }
    match InvalidInput::check(errors) {
        Err(error) => error.into(),
        Ok(()) => InvalidInput::single(FieldError::new("/entries", "can't be embedded")).into(),
    }
}

/// Entries that are to be stored, each with its vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Insertion<'a> {
    entries: Vec<(Vec<f32>, EntryRequest<'a>)>,
}

impl Insertion<'_> {
    /// The entries, in the order of the request.
    #[must_use]
    pub fn entries(&self) -> Vec<NewEntry<'_>> {
        let entries = self.entries.iter();
        entries
            .map(|(vector, entry)| new_entry(vector, entry))
            .collect()
    }
}

const fn new_entry<'e>(vector: &'e [f32], entry: &EntryRequest<'e>) -> NewEntry<'e> {
    NewEntry {
        vector,
        phase: entry.phase,
        confidence: entry.confidence,
        source: entry.source,
        source_name: entry.source_name,
        text: entry.text,
        timestamp: entry.timestamp,
        expires_at: entry.expires_at,
        parent: entry.parent,
    }
}

/// What is looked for: like a vector, or like a text that is still to be embedded.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchRequest<'a> {
    /// Like what.
    pub like: Search<'a>,
    /// 0 to 1; 0.1 is being awake.
    pub phase: f32,
    /// How far an entry's phase may be from `phase`; at least 0.
    pub tolerance: f32,
    /// Entries to give at most, 1 to 10,000.
    pub top_k: u32,
    /// Least confidence, 0 to 1.
    pub min_confidence: f64,
}

/// Like what entries are looked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Search<'a> {
    /// 1 to 4,096 numbers of magnitude at most 1e18.
    Vector(Vec<f32>),
    /// Not blank, at most 16,384 bytes.
    Text(&'a str),
}

impl<'n> SearchRequest<'n> {
    /// Reads `{vector? | text?, phase?, tolerance?, top_k?, min_confidence?}`, with one of `vector` and `text`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn read(document: &'n Document<'_>) -> Result<Self, InvalidInput> {
        collect(|errors| {
            let mut object = Object::open(&document.0, String::new(), errors)?;
            let like = match vector_or_text(&mut object, errors) {
                (Some(vector), text) => {
                    if text.is_some() {
                        let message =
                            "must not stand beside `vector`: entries are like one of them";
                        errors.push(FieldError::new(object.pointer_to("text"), message));
                    }
                    Search::Vector(vector)
                }
                (None, text) => Search::Text(text.unwrap_or_default()),
            };
            let default = Query::new(&[], Phase::Wake.code());
            let tolerance = object.at_least_zero("tolerance", errors);
            let request = Self {
                like,
                phase: phase(&mut object, errors),
                tolerance: tolerance
                    .map_or(default.tolerance, |number| (number as f32).min(f32::MAX)),
                top_k: object
                    .whole_u32("top_k", (1, LARGEST_TOP_K), errors)
                    .unwrap_or(default.top_k),
                min_confidence: object
                    .share("min_confidence", errors)
                    .unwrap_or(default.min_confidence),
            };
            object.finish(errors);
            Some(request)
        })
    }

    /// The same for the memory, with the vector that stands for [`like`](Self::like).
    #[must_use]
    pub const fn query<'v>(&self, vector: &'v [f32]) -> Query<'v> {
        Query {
            vector,
            phase: self.phase,
            tolerance: self.tolerance,
            top_k: self.top_k,
            min_confidence: self.min_confidence,
        }
    }
}

/// What is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForgetRequest<'a> {
    /// Entries by their ids, 1 to 10,000 of them.
    Ids(Vec<u64>),
    /// Every entry with this source name, 1 to 256 bytes.
    SourceName(&'a str),
}

impl<'n> ForgetRequest<'n> {
    /// Reads `{ids}` or `{source_name}`.
    ///
    /// # Errors
    ///
    /// Every field that is not acceptable.
    pub fn read(document: &'n Document<'_>) -> Result<Self, InvalidInput> {
        collect(|errors| {
            let mut object = Object::open(&document.0, String::new(), errors)?;
            let before = errors.len();
            let ids = ids(&mut object, errors);
            let source_name = object.short_text("source_name", NAME_BYTES, errors);
            let request = match (ids, source_name) {
                (Some(ids), None) => Some(Self::Ids(ids)),
                (None, Some(name)) => Some(Self::SourceName(name)),
                (Some(_), Some(_)) => {
                    let message = "must not stand beside `ids`";
                    errors.push(FieldError::new(object.pointer_to("source_name"), message));
                    None
                }
                (None, None) => {
                    if errors.len() == before {
                        let message = "must have `ids` or `source_name`";
                        errors.push(FieldError::new(object.pointer(), message));
                    }
                    None
                }
            };
            object.finish(errors);
            request
        })
    }
}

fn ids(object: &mut Object<'_, '_>, errors: &mut Vec<FieldError>) -> Option<Vec<u64>> {
    let before = errors.len();
    let items = object.optional_items("ids", errors)?;
    if errors.len() > before {
        return Some(Vec::new());
    }
    if !(1..=MOST_IDS).contains(&items.len()) {
        let message = format!("must have 1 to {MOST_IDS} items, got {}", items.len());
        errors.push(FieldError::new(object.pointer_to("ids"), message));
        return Some(Vec::new());
    }
    let mut ids = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let pointer = format!("{}/{index}", object.pointer_to("ids"));
        ids.extend(whole(item, pointer, (1, LARGEST_WHOLE), errors));
        if errors.len() >= MOST_ERRORS {
            break;
        }
    }
    Some(ids)
}

fn phase(object: &mut Object<'_, '_>, errors: &mut Vec<FieldError>) -> f32 {
    let phase = object.share("phase", errors);
    phase.map_or(Phase::Wake.code(), |phase| phase as f32)
}

/// A vector, a text, or both; a text alone is not blank.
fn vector_or_text<'n>(
    object: &mut Object<'n, '_>,
    errors: &mut Vec<FieldError>,
) -> (Option<Vec<f32>>, Option<&'n str>) {
    let before = errors.len();
    let vector = object.vector("vector", errors);
    let text = object.short_text("text", TEXT_BYTES, errors);
    if errors.len() > before || vector.is_some() {
        return (vector, text);
    }
    match text {
        None => errors.push(FieldError::new(
            object.pointer(),
            "must have `vector` or `text`",
        )),
        Some(text) if is_blank(text) => {
            let message = "must not be blank where there is no `vector`";
            errors.push(FieldError::new(object.pointer_to("text"), message));
        }
        Some(_) => {}
    }
    (vector, text)
}
