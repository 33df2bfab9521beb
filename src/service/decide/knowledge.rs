//! Knowledge bases by name: versions of which one is active, and facts that were changed since.

use super::{Place, to_text};
use crate::engines::Engines;
use crate::journal::Fold;
use crate::problem::Problem;
use crate::rule_engines::{RulesError, RulesHandle};
use assize_core::rules::{Fact, Format, Source};
use assize_core::{FieldError, InvalidInput};
use assize_json::rules::{
    Finding, VersionRequest, read_activation, read_fact, read_facts_change, write_values,
};
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
}

/// Which version is asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActivationAnswer {
    active: u64,
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

impl Knowledge {
    /// Whether there is something to show.
    pub(crate) fn exists(&self) -> bool {
        !self.versions.is_empty()
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

    /// The active version with its facts, ready to be asked.
    pub(crate) fn load<'e>(
        &self,
        engines: &'e dyn Engines,
        name: &str,
    ) -> Result<Box<dyn RulesHandle + 'e>, Problem> {
        match self.version(self.active) {
            Some(version) => self.load_version(engines, &version.sources),
            None => Err(Problem::conflict(format!(
                "no version of {name} is active: activate one first"
            ))),
        }
    }

    fn load_version<'e>(
        &self,
        engines: &'e dyn Engines,
        sources: &[SourceText],
    ) -> Result<Box<dyn RulesHandle + 'e>, Problem> {
        let sources: Vec<_> = sources.iter().map(SourceText::to_source).collect();
        let mut rules = engines.load_rules(&sources)?;
        let (mut remove, mut add) = (Vec::new(), Vec::new());
        for (text, holds) in &self.facts {
            let fact = fact_of(text).map_err(assize_journal::StoreError::Damaged)?;
            if *holds { &mut add } else { &mut remove }.push(fact);
        }
        if remove.is_empty() && add.is_empty() {
            return Ok(rules);
        }
        match rules.change_facts(&remove, &add) {
            Ok(_) => Ok(rules),
            Err(RulesError::Engine(crate::EngineError::Refused(error))) => {
                Err(Problem::conflict(format!(
                    "facts that were added do not fit this version: {error}; remove them first"
                )))
            }
            Err(error) => Err(error.into()),
        }
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
                let mut rules = if request.activate {
                    self.load_version(engines, &sources)?
                } else {
                    engines.load_rules(&request.sources)?
                };
                let warnings = rules.warnings()?;
                let version = self.put(&request, place.updated_ms);
                return Ok(to_text(&PutAnswer {
                    version,
                    active: self.active(),
                    warnings,
                }));
            }
            ACTIVATE => {
                let active = read_activation(input.as_bytes())?;
                self.load_version(engines, &self.known(active)?.sources)?;
                to_text(&ActivationAnswer { active })
            }
            FACTS => {
                let (remove, add) = read_facts_change(input.as_bytes())?;
                let mut rules = self.load(engines, "it")?;
                let changed = rules.change_facts(&remove, &add)?;
                to_text(&FactsAnswer {
                    added: changed.added,
                    removed: changed.removed,
                })
            }
            _ => String::new(),
        };
        let applied = self.apply(operation, input, place);
        applied
            .map_err(|what| assize_journal::StoreError::Damaged(what).into())
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
            // What is put later goes on counting.
            DELETE => {
                *self = Self {
                    last: self.last,
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

    fn perform(
        &mut self,
        _: &dyn Engines,
        operation: &'static str,
        input: &str,
        place: Place<'_>,
    ) -> Result<String, Problem> {
        let applied = self.apply(operation, input, place);
        applied.map_err(assize_journal::StoreError::Damaged)?;
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
