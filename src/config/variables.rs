//! `ASSIZE_*` variables.

use crate::error::{ConfigError, Origin, Problem, nearest};
use crate::schema::Shape;
use crate::text;
use crate::tree::{Node, Table, Value, find, insert};
use std::collections::BTreeMap;

const PREFIX: &str = "ASSIZE_";
/// Names a configuration file.
pub(crate) const CONFIG: &str = "ASSIZE_CONFIG";
/// Names files that hold a key each.
pub(crate) const KEYS_FILE: &str = "ASSIZE_AUTH_KEYS_FILE";

/// Names that are shorter than `ASSIZE_<SECTION>_<KEY>`.
pub(crate) const SHORT: [(&str, &str); 16] = [
    ("ASSIZE_LISTEN", "server.listen"),
    ("ASSIZE_DATA", "server.data"),
    ("ASSIZE_MAX_CONNECTIONS", "server.max_connections"),
    ("ASSIZE_READ_SECONDS", "server.read_seconds"),
    ("ASSIZE_SHUTDOWN_SECONDS", "server.shutdown_seconds"),
    ("ASSIZE_MAX_BODY_BYTES", "server.max_body_bytes"),
    ("ASSIZE_LOG", "log.filter"),
    ("ASSIZE_ENGINE", "engine.kind"),
    ("ASSIZE_COMPONENT", "engine.component"),
    ("ASSIZE_CACHE", "engine.cache"),
    ("ASSIZE_CALL_TIME_MS", "engine.call_time_ms"),
    ("ASSIZE_CALL_MEMORY_MIB", "engine.call_memory_mib"),
    ("ASSIZE_INSTANCES", "engine.instances"),
    ("ASSIZE_CALLS_PER_INSTANCE", "engine.calls_per_instance"),
    ("ASSIZE_MAX_SESSIONS", "store.max_sessions"),
    ("ASSIZE_MAX_SESSIONS_MIB", "store.max_sessions_mib"),
];

/// Variables of other hosts, which may be set for all of them.
const ELSEWHERE: [&str; 1] = ["ASSIZE_SESSION_IDLE_SECONDS"];

/// Variables of the project's own builds and tests, which start this host.
const BUILD: [&str; 14] = [
    "ASSIZE_CHROMIUM",
    "ASSIZE_CONFORMANCE",
    "ASSIZE_PACKAGE",
    "ASSIZE_PROGRAM",
    "ASSIZE_SCREENSHOTS",
    "ASSIZE_SPIN",
    "ASSIZE_SQLITE",
    "ASSIZE_STORAGE",
    "ASSIZE_TOOLS",
    "ASSIZE_VECTORS",
    "ASSIZE_WASI_HOST",
    "ASSIZE_WORKER",
    "ASSIZE_WRANGLER",
    "ASSIZE_WWW",
];

/// The variable of a key, as in `ASSIZE_SERVER_LISTEN`.
pub(crate) fn name_of(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "_"))
}

/// Every variable and its key.
pub(crate) fn known(settings: &Shape) -> BTreeMap<String, String> {
    let short = SHORT
        .iter()
        .map(|(name, key)| ((*name).to_owned(), (*key).to_owned()));
    let leaves = settings.leaves();
    let full = leaves.into_iter().map(|(key, _)| (name_of(&key), key));
    short.chain(full).collect()
}

/// What variables say, with notes about those that are not read.
pub(crate) fn read(
    environment: &BTreeMap<&str, &str>,
    settings: &Shape,
    notes: &mut Vec<String>,
    errors: &mut Vec<ConfigError>,
) -> Table {
    let known = known(settings);
    let mut table = Table::new();
    for (&name, &text) in environment {
        if !name.starts_with(PREFIX) || BUILD.contains(&name) || [CONFIG, KEYS_FILE].contains(&name)
        {
            continue;
        }
        if ELSEWHERE.contains(&name) {
            notes.push(format!("`{name}` has no effect on this host"));
            continue;
        }
        let origin = Origin::Variable(name.to_owned());
        let Some(key) = known.get(name) else {
            let nearest = nearest_to(name, &known);
            let problem = Problem::UnknownVariable { nearest };
            errors.push(ConfigError {
                origin,
                key: String::new(),
                problem,
            });
            continue;
        };
        let full = name_of(key);
        if name != full && environment.contains_key(full.as_str()) {
            notes.push(format!("`{name}` is not read: `{full}` is set"));
            continue;
        }
        if let Some(shape) = settings.find(key) {
            insert(&mut table, key, text::value_of(text, shape, &origin));
        }
    }
    read_key_files(environment, &mut table, notes);
    table
}

/// What all names begin with says nothing about their likeness.
fn nearest_to(name: &str, known: &BTreeMap<String, String>) -> Option<String> {
    let names = known.keys().map(String::as_str).chain([CONFIG, KEYS_FILE]);
    let names = names.filter_map(|name| name.strip_prefix(PREFIX));
    let found = nearest(name.strip_prefix(PREFIX)?, names)?;
    Some(format!("{PREFIX}{found}"))
}

fn read_key_files(environment: &BTreeMap<&str, &str>, table: &mut Table, notes: &mut Vec<String>) {
    let Some(paths) = environment.get(KEYS_FILE) else {
        return;
    };
    if find(table, "auth.keys").is_some() {
        notes.push(format!(
            "`{KEYS_FILE}` is not read: `ASSIZE_AUTH_KEYS` is set"
        ));
        return;
    }
    let origin = Origin::Variable(KEYS_FILE.to_owned());
    let item = |(index, path)| text::key(&format!("key-{}", index + 1), "key_file", path, &origin);
    let items = text::parts(paths).enumerate().map(item).collect();
    insert(
        table,
        "auth.keys",
        Node::new(Value::List(items), origin.clone()),
    );
}
