//! Knowledge bases by name: versions of which one is active, and facts that were changed since.

mod base;

pub(crate) use base::{RulesBase, load};

use super::{Place, to_text};
use crate::engines::Engines;
use crate::journal::Fold;
use crate::problem::Problem;
use crate::rule_engines::RulesHandle;
use assize_core::rules::{Fact, Format, Source};
use assize_core::{FieldError, InvalidInput};
use assize_journal::StoreError;
use assize_json::rules::{
    Finding, VersionRequest, read_activation, read_fact, read_facts_change, write_values,
};
use base::load_counting;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

pub(crate) const VERSION: &str = "version";
pub(crate) const ACTIVATE: &str = "activate";
pub(crate) const FACTS: &str = "facts";
pub(crate) const DELETE: &str = "delete";
pub(crate) const ADD: &str = "add";
/// Versions that are kept; the oldest that is not active goes first.
const MOST_VERSIONS: usize = 100;
/// Facts that are changed beside the sources.
const MOST_FACTS: usize = 100_000;

/// A knowledge base's state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Knowledge {
    /// 0: none.
    active: u64,
    /// The last number that was given.
    last: u64,
    versions: Vec<Version>,
    /// Facts in JSON, and whether they hold whatever the version says.
    facts: BTreeMap<String, bool>,
}

/// What was put at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Version {
    /// Counts from 1.
    version: u64,
    /// Milliseconds since 1970-01-01 UTC.
    created_ms: u64,
    sources: Vec<SourceText>,
}

/// Facts and rules as they were put.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SourceText {
    name: String,
    /// `text` or `structured`.
    format: String,
    text: String,
}

/// A knowledge base.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KnowledgeAnswer<'a> {
    /// Its name.
    name: &'a str,
    /// The version that is asked; null where none is.
    active: Option<u64>,
    /// The versions that are kept.
    versions: Vec<VersionAnswer>,
    /// Facts that were added or removed since, and still are.
    changed_facts: usize,
    /// Raised by one with every change.
    sequence: u64,
    /// Milliseconds since 1970-01-01 UTC.
    created_ms: u64,
    /// Milliseconds since 1970-01-01 UTC.
    updated_ms: u64,
}

/// A version, without its sources.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionAnswer {
    version: u64,
    created_ms: u64,
}

/// What was put.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PutAnswer {
    /// Its number.
    version: u64,
    /// The version that is asked now; null where none is.
    active: Option<u64>,
    /// What was noticed in the sources.
    warnings: Vec<Finding>,
    /// Facts that were added or removed of predicates that this version does not have.
    #[serde(skip_serializing_if = "is_zero")]
    dormant_facts: usize,
}

/// Which version is asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActivationAnswer {
    active: u64,
    /// Facts that were added or removed of predicates that this version does not have.
    #[serde(skip_serializing_if = "is_zero")]
    dormant_facts: usize,
}

/// Facts that were changed, each a predicate's name and its arguments.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangedFactsAnswer {
    /// They hold, whatever the version says.
    #[schema(value_type = Vec<Vec<Object>>)]
    added: Vec<()>,
    /// They do not.
    #[schema(value_type = Vec<Vec<Object>>)]
    removed: Vec<()>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives it so")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What came of a change of facts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactsAnswer {
    /// Facts that were not there before.
    added: u32,
    /// Facts that were there.
    removed: u32,
}

impl SourceText {
    fn of(source: &Source) -> Self {
        let format = match source.format {
            Format::Text => "text",
            Format::Structured => "structured",
        };
        Self {
            name: source.name.as_ref().to_owned(),
            format: format.to_owned(),
            text: source.text.as_ref().to_owned(),
        }
    }

    fn to_source(&self) -> Source {
        Source {
            name: self.name.as_str().into(),
            text: self.text.as_str().into(),
            format: match self.format.as_str() {
                "structured" => Format::Structured,
                _ => Format::Text,
            },
        }
    }
}

fn fact_text((name, arguments): &Fact) -> String {
    let mut all = Vec::with_capacity(arguments.len() + 1);
    all.push(assize_core::rules::Value::String(name.clone()));
    all.extend(arguments.iter().cloned());
    let mut text = String::new();
    write_values(&all, &mut text);
    text
}

fn fact_of(text: &str) -> Result<Fact, String> {
    let json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    read_fact(&json)
}

/// What is said where none is asked.
pub(crate) fn none_active(name: &str) -> Problem {
    Problem::conflict(format!(
        "no version of {name} is active: activate one first"
    ))
}

impl Knowledge {
    /// Whether there is something to show.
    pub(crate) fn exists(&self) -> bool {
        !self.versions.is_empty()
    }

    /// Nothing, as the event of a sequence leaves it, and that event's input: no version was numbered as high.
    pub(crate) fn anew(sequence: u64) -> (String, Self) {
        let state = Self {
            last: sequence,
            ..Self::default()
        };
        (sequence.to_string(), state)
    }

    pub(crate) fn version(&self, number: u64) -> Option<&Version> {
        let mut versions = self.versions.iter();
        versions.find(|version| version.version == number)
    }

    pub(crate) fn describe<'a>(&self, name: &'a str, place: Place<'_>) -> KnowledgeAnswer<'a> {
        let versions = self.versions.iter().map(|version| VersionAnswer {
            version: version.version,
            created_ms: version.created_ms,
        });
        KnowledgeAnswer {
            name,
            active: self.active(),
            versions: versions.collect(),
            changed_facts: self.facts.len(),
            sequence: place.sequence,
            created_ms: place.created_ms,
            updated_ms: place.updated_ms,
        }
    }

    pub(crate) fn active(&self) -> Option<u64> {
        (self.active > 0).then_some(self.active)
    }

    /// The active version with its facts, for whoever asks it.
    pub(crate) fn base(&self) -> Result<Option<RulesBase>, StoreError> {
        let version = self.version(self.active);
        version
            .map(|version| self.base_of(&version.sources))
            .transpose()
    }

    fn base_of(&self, sources: &[SourceText]) -> Result<RulesBase, StoreError> {
        let (mut remove, mut add) = (Vec::new(), Vec::new());
        for (text, holds) in &self.facts {
            let fact = fact_of(text).map_err(StoreError::Damaged)?;
            if *holds { &mut add } else { &mut remove }.push(fact);
        }
        Ok(RulesBase {
            sources: sources.iter().map(SourceText::to_source).collect(),
            remove,
            add,
        })
    }

    fn load_version(
        &self,
        engines: &dyn Engines,
        sources: &[SourceText],
    ) -> Result<(Box<dyn RulesHandle>, usize), Problem> {
        load_counting(engines, &self.base_of(sources)?)
    }

    /// Changes facts where that fits, and says how many changed.
    fn try_facts(
        &self,
        engines: &dyn Engines,
        remove: &[Fact],
        add: &[Fact],
    ) -> Result<FactsAnswer, Problem> {
        let facts = remove.iter().chain(add).map(fact_text);
        let new: BTreeSet<_> = facts
            .filter(|fact| !self.facts.contains_key(fact))
            .collect();
        if self.facts.len() + new.len() > MOST_FACTS {
            let message = format!(
                "at most {MOST_FACTS} facts can be changed beside the sources: put them into a version"
            );
            return Err(InvalidInput::single(FieldError::new("", message)).into());
        }
        let base = self.base()?.ok_or_else(|| none_active("it"))?;
        match load(engines, &base) {
            Ok(mut rules) => {
                let changed = rules.change_facts(remove, add)?;
                Ok(FactsAnswer {
                    added: changed.added,
                    removed: changed.removed,
                })
            }
            // What can't be loaded any more can be made smaller.
            Err(problem) if add.is_empty() && problem.is_refusal() => {
                let facts = remove.iter().map(fact_text);
                let held = facts.filter(|fact| self.facts.get(fact) == Some(&true));
                Ok(FactsAnswer {
                    added: 0,
                    removed: u32::try_from(held.count()).unwrap_or(u32::MAX),
                })
            }
            Err(problem) => Err(problem),
        }
    }

    /// Bytes of the facts that were changed.
    pub(crate) fn fact_bytes(&self) -> usize {
        self.facts.keys().map(String::len).sum()
    }

    /// The facts that were changed, as JSON.
    pub(crate) fn changed_facts(&self) -> String {
        let texts = |wanted: bool| {
            let facts = self.facts.iter().filter(|(_, holds)| **holds == wanted);
            facts
                .map(|(text, _)| text.as_str())
                .collect::<Vec<_>>()
                .join(",")
        };
        format!(
            "{{\"added\":[{}],\"removed\":[{}]}}",
            texts(true),
            texts(false)
        )
    }

    fn put(&mut self, request: &VersionRequest, now: u64) -> u64 {
        self.last += 1;
        self.versions.push(Version {
            version: self.last,
            created_ms: now,
            sources: request.sources.iter().map(SourceText::of).collect(),
        });
        if request.activate {
            self.active = self.last;
        }
        if self.versions.len() > MOST_VERSIONS {
            let active = self.active;
            let mut versions = self.versions.iter();
            if let Some(oldest) = versions.position(|version| version.version != active) {
                self.versions.remove(oldest);
            }
        }
        self.last
    }

    fn change(&mut self, remove: &[Fact], add: &[Fact]) {
        let facts = remove.iter().map(|fact| (fact, false));
        for (fact, holds) in facts.chain(add.iter().map(|fact| (fact, true))) {
            self.facts.insert(fact_text(fact), holds);
        }
    }

    fn known(&self, number: u64) -> Result<&Version, Problem> {
        self.version(number).ok_or_else(|| {
            let message = format!("there is no version {number}");
            InvalidInput::single(FieldError::new("/version", message)).into()
        })
    }
}

impl Fold for Knowledge {
    const ENGINE: &'static str = "rules:knowledge-base";
    const OPERATIONS: &'static [&'static str] = &[VERSION, ACTIVATE, FACTS, DELETE];

    fn perform(
        &mut self,
        engines: &dyn Engines,
        operation: &'static str,
        input: &str,
        place: Place<'_>,
    ) -> Result<String, Problem> {
        if operation != VERSION && !self.exists() {
            return Err(Problem::conflict("there is no version; put one first"));
        }
        let answer = match operation {
            VERSION => {
                let request = VersionRequest::read(input.as_bytes())?;
                let sources: Vec<_> = request.sources.iter().map(SourceText::of).collect();
                let (mut rules, dormant_facts) = if request.activate {
                    self.load_version(engines, &sources)?
                } else {
                    (engines.load_rules(&request.sources)?, 0)
                };
                let warnings = rules.warnings()?;
                let version = self.put(&request, place.updated_ms);
                return Ok(to_text(&PutAnswer {
                    version,
                    active: self.active(),
                    warnings,
                    dormant_facts,
                }));
            }
            ACTIVATE => {
                let active = read_activation(input.as_bytes())?;
                let (_, dormant_facts) =
                    self.load_version(engines, &self.known(active)?.sources)?;
                to_text(&ActivationAnswer {
                    active,
                    dormant_facts,
                })
            }
            FACTS => {
                let (remove, add) = read_facts_change(input.as_bytes())?;
                to_text(&self.try_facts(engines, &remove, &add)?)
            }
            _ => String::new(),
        };
        let applied = self.apply(operation, input, place);
        applied
            .map_err(|what| StoreError::Damaged(what).into())
            .map(|()| answer)
    }

    fn apply(&mut self, operation: &str, input: &str, place: Place<'_>) -> Result<(), String> {
        let input = input.as_bytes();
        match operation {
            VERSION => {
                let request = VersionRequest::read(input).map_err(|error| error.to_string())?;
                self.put(&request, place.updated_ms);
            }
            ACTIVATE => {
                self.active = read_activation(input).map_err(|error| error.to_string())?;
            }
            FACTS => {
                let (remove, add) = read_facts_change(input).map_err(|error| error.to_string())?;
                self.change(&remove, &add);
            }
            // What is put later goes on counting; from the input where the last number could not be read.
            DELETE => {
                let last = match input {
                    [] => self.last,
                    digits => serde_json::from_slice(digits).map_err(|error| error.to_string())?,
                };
                *self = Self {
                    last,
                    ..Self::default()
                };
            }
            other => return Err(format!("`{other}` is no operation")),
        }
        Ok(())
    }
}

/// Names of a tenant's knowledge bases, also of those that were deleted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Names(pub(crate) BTreeSet<String>);

impl Fold for Names {
    const ENGINE: &'static str = "rules:names";
    const OPERATIONS: &'static [&'static str] = &[ADD];

    fn perform(
        &mut self,
        _: &dyn Engines,
        operation: &'static str,
        input: &str,
        place: Place<'_>,
    ) -> Result<String, Problem> {
        let applied = self.apply(operation, input, place);
        applied.map_err(StoreError::Damaged)?;
        Ok(String::new())
    }

    fn apply(&mut self, operation: &str, input: &str, _: Place<'_>) -> Result<(), String> {
        if operation != ADD {
            return Err(format!("`{operation}` is no operation"));
        }
        let name = serde_json::from_str(input).map_err(|error| error.to_string())?;
        self.0.insert(name);
        Ok(())
    }
}
