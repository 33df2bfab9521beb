//! Whether the settings of gate, memory and models are acceptable to those that are made of them.

use crate::check::report;
use crate::error::{ConfigError, Origin, Problem};
use crate::settings::Settings;
use crate::tree::{Node, Table, Value, join};
use crate::whole;
use assize_core::controller::ControllerConfig;
use assize_core::memory::MemoryConfig;
use assize_model::SettingsError;

const SECTIONS: [&str; 4] = ["gate", "memory", "model", "embedding"];

/// Keys that the core calls otherwise.
const NAMES: [(&str, &str); 9] = [
    ("gate/dimension", "memory.dimension"),
    ("synaptic/dimension", "memory.dimension"),
    ("synaptic/lambda/0", "memory.synaptic.lambda_l1"),
    ("synaptic/lambda/1", "memory.synaptic.lambda_l2"),
    ("synaptic/lambda/2", "memory.synaptic.lambda_l3"),
    ("synaptic/theta/0", "memory.synaptic.theta_l1"),
    ("synaptic/theta/1", "memory.synaptic.theta_l2"),
    ("synaptic/gating/0", "memory.synaptic.gating12"),
    ("synaptic/gating/1", "memory.synaptic.gating23"),
];

/// Adds an error for all that does not fit. Says nothing where these sections have errors already: others follow from
/// them.
pub(crate) fn check(table: &Table, errors: &mut Vec<ConfigError>) {
    if errors.iter().any(is_about_these) {
        return;
    }
    let part = SECTIONS.iter().filter_map(|name| {
        let node = table.get(*name)?;
        Some(((*name).to_owned(), node.clone()))
    });
    // What is no settings at all is said where all of them are read.
    let Ok(settings) = whole::settings(&part.collect()) else {
        return;
    };
    let mut fit = Fit { table, errors };
    fit.controller(&settings);
    fit.memory(&settings);
    let model = settings.model_settings().map(|model| model.check());
    fit.service("model", model);
    let embedder = settings
        .embedder_settings()
        .map(|embedder| embedder.check());
    fit.service("embedding", embedder);
    fit.together(&settings);
}

fn is_about_these(error: &ConfigError) -> bool {
    let overlaid = error.key.strip_prefix("overlay.");
    let key = overlaid.and_then(|rest| Some(rest.split_once('.')?.1));
    let section = key.unwrap_or(&error.key);
    let section = section.split(['.', '[']).next().unwrap_or_default();
    SECTIONS.contains(&section)
}

struct Fit<'f> {
    table: &'f Table,
    errors: &'f mut Vec<ConfigError>,
}

impl Fit<'_> {
    fn report(&mut self, path: &str, problem: String) {
        let place = Node::new(Value::Null, origin_of(self.table, path));
        report(self.errors, &place, path, Problem::Conflict(problem));
    }

    fn controller(&mut self, settings: &Settings) {
        let checked = ControllerConfig::new(settings.controller_settings());
        let found = checked.err().into_iter();
        for error in found.flat_map(assize_core::InvalidInput::into_errors) {
            self.report(&path_of(&error.pointer), error.message);
        }
    }

    fn memory(&mut self, settings: &Settings) {
        // What is out of its range was found with the controller.
        let Ok(memory) = MemoryConfig::new(settings.controller_settings().memory) else {
            return;
        };
        let (bytes, most) = (memory.bytes(), settings.memory.max_bytes);
        if bytes > most {
            let problem = format!(
                "takes {bytes} bytes with `memory.dimension` and `memory.text_bytes`, more than `memory.max_bytes`, {most}"
            );
            self.report("memory.capacity", problem);
        }
    }

    /// The service's own words, as in "`model.attempts` must be 1 to 10, not 11", with the section's name.
    fn service(&mut self, section: &str, checked: Option<Result<(), SettingsError>>) {
        let Some(Err(SettingsError(lines))) = checked else {
            return;
        };
        for line in lines {
            let named = line
                .strip_prefix('`')
                .and_then(|line| line.split_once("` "));
            match named.and_then(|(name, problem)| Some((name.split_once('.')?.1, problem))) {
                Some((key, problem)) => self.report(&join(section, key), problem.to_owned()),
                None => self.report(section, line),
            }
        }
    }

    fn together(&mut self, settings: &Settings) {
        let dimension = settings.memory.dimension;
        let embedding = settings.embedding.as_ref().and_then(|it| it.dimension);
        if let Some(other) = embedding.filter(|other| *other != dimension) {
            let problem = format!("must be `memory.dimension`, {dimension}, got {other}");
            self.report("embedding.dimension", problem);
        }
        let most = settings.model.as_ref().map(|model| model.max_tokens);
        let usual = settings.gate.max_tokens;
        if let Some(most) = most.filter(|most| usual > *most) {
            let problem = format!("must be at most `model.max_tokens`, {most}, got {usual}");
            self.report("gate.max_tokens", problem);
        }
    }
}

/// The key for a pointer of the core, as in `gate.lexicon.lists[0].words`.
fn path_of(pointer: &str) -> String {
    let pointer = pointer.trim_start_matches("/config/");
    if let Some((_, ours)) = NAMES.iter().find(|(core, _)| *core == pointer) {
        return (*ours).to_owned();
    }
    let add = |path: String, part: &str| match part.parse::<usize>() {
        Ok(index) => format!("{path}[{index}]"),
        Err(_) => join(&path, part),
    };
    pointer.split('/').fold(String::new(), add)
}

/// Where a key was said, or else what it stands in.
fn origin_of(table: &Table, path: &str) -> Origin {
    let mut origin = Origin::Whole;
    let mut inner = Some(table);
    for part in path.split('.') {
        let (key, index) = part.split_once('[').unwrap_or((part, ""));
        let Some(mut node) = inner.and_then(|table| table.get(key)) else {
            break;
        };
        let index = index.trim_end_matches(']').parse::<usize>();
        if let (Value::List(items), Ok(index)) = (&node.value, index) {
            node = items.get(index).unwrap_or(node);
        }
        origin = node.origin.clone();
        inner = node.as_table();
    }
    origin
}
