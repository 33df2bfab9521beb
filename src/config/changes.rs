//! What a change of settings takes, and the mark of those that decisions depend on.

use crate::settings::Settings;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Keys, or sections, that apply without a restart.
pub(crate) const RELOADABLE: [&str; 10] = [
    "auth",
    "journal.retention_days",
    "journal.retention_mib",
    "limits",
    "log.filter",
    "server.max_body_bytes",
    "server.max_concurrent_requests",
    "server.max_queued_requests",
    "server.queue_ms",
    "server.trusted_proxies",
];

/// Keys that differ between two settings, in the order of the alphabet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Those that a running server takes over.
    pub reloadable: Vec<String>,
    /// Those that take a restart.
    pub restart: Vec<String>,
}

impl Settings {
    /// The keys that `new` changes.
    #[must_use]
    pub fn changes(old: &Self, new: &Self) -> Changes {
        let mut keys = BTreeSet::new();
        let [before, after] =
            [old, new].map(|settings| serde_json::to_value(settings).unwrap_or_default());
        compare(&before, &after, "", &mut keys);
        // What serializes as a mask looks the same.
        for (key, is_changed) in [
            ("auth.keys", old.auth.keys != new.auth.keys),
            ("auth.jwt.secret", secret(old) != secret(new)),
            ("model.api_key", model_key(old) != model_key(new)),
            (
                "embedding.api_key",
                embedding_key(old) != embedding_key(new),
            ),
            ("store.url", old.store.url != new.store.url),
        ] {
            if is_changed {
                keys.insert(key.to_owned());
            }
        }
        let (reloadable, restart) = keys.into_iter().partition(|key| is_reloadable(key));
        Changes {
            reloadable,
            restart,
        }
    }

    /// A mark of what decisions depend on: 64 hexadecimal digits, the same for settings that decide the same.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let governor = self.governor.cycle_settings();
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"assize settings 2\ngovernor\n");
        hasher.update(&governor.max_cycles.to_le_bytes());
        for number in [
            governor.similarity_threshold,
            governor.risk_threshold,
            governor.initial_contradiction_budget,
            governor.contradiction_decay_rate,
            governor.quality_improvement_threshold,
        ] {
            // 0 and -0 decide the same.
            hasher.update(&(number + 0.0).to_le_bytes());
        }
        let mut memory = serde_json::to_value(&self.memory).unwrap_or_default();
        if let Some(memory) = memory.as_object_mut() {
            // What is larger does not load.
            memory.remove("max_bytes");
        }
        let gate = serde_json::to_value(&self.gate).unwrap_or_default();
        let embedder = self.controller_settings().embedder.as_str();
        for (name, value) in [
            ("gate", gate),
            ("memory", memory),
            ("embedder", embedder.into()),
        ] {
            hash_text(name, &mut hasher);
            hash_value(&value, &mut hasher);
        }
        hasher.finalize().to_hex().to_string()
    }
}

fn hash_text(text: &str, hasher: &mut blake3::Hasher) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

/// Numbers of settings are below 2^53: a double float holds them.
fn hash_value(value: &Json, hasher: &mut blake3::Hasher) {
    match value {
        Json::Null => {
            hasher.update(b"-");
        }
        Json::Bool(boolean) => {
            hasher.update(if *boolean { b"t" } else { b"f" });
        }
        Json::Number(number) => {
            let number = number.as_f64().unwrap_or_default() + 0.0;
            hasher.update(b"#").update(&number.to_le_bytes());
        }
        Json::String(text) => {
            hasher.update(b"s");
            hash_text(text, hasher);
        }
        Json::Array(items) => {
            hasher
                .update(b"[")
                .update(&(items.len() as u64).to_le_bytes());
            items.iter().for_each(|item| hash_value(item, hasher));
        }
        Json::Object(members) => {
            hasher
                .update(b"{")
                .update(&(members.len() as u64).to_le_bytes());
            // In the order of the alphabet, whatever order the map has.
            for (key, value) in members.iter().collect::<BTreeMap<_, _>>() {
                hash_text(key, hasher);
                hash_value(value, hasher);
            }
        }
    }
}

fn model_key(settings: &Settings) -> Option<&crate::Secret> {
    settings.model.as_ref()?.api_key.as_ref()
}

fn embedding_key(settings: &Settings) -> Option<&crate::Secret> {
    settings.embedding.as_ref()?.api_key.as_ref()
}

fn secret(settings: &Settings) -> Option<&crate::Secret> {
    settings.auth.jwt.as_ref()?.secret.as_ref()
}

fn is_reloadable(key: &str) -> bool {
    RELOADABLE.iter().any(|reloadable| {
        let rest = key.strip_prefix(reloadable);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

fn compare(old: &Json, new: &Json, path: &str, changed: &mut BTreeSet<String>) {
    let empty = serde_json::Map::new();
    let (before, after) = match (old, new) {
        (Json::Object(before), Json::Object(after)) => (before, after),
        (Json::Object(before), Json::Null) => (before, &empty),
        (Json::Null, Json::Object(after)) => (&empty, after),
        _ => {
            if old != new {
                changed.insert(path.to_owned());
            }
            return;
        }
    };
    for key in before.keys().chain(after.keys()) {
        let value = |of: &serde_json::Map<String, Json>| of.get(key).cloned().unwrap_or_default();
        compare(
            &value(before),
            &value(after),
            &crate::tree::join(path, key),
            changed,
        );
    }
}
