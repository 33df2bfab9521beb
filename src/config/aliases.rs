//! Variables of the deployment guides, read as keys of today.

use crate::error::{ConfigError, Origin, Problem};
use crate::schema::Shape;
use crate::text;
use crate::tree::{Node, Table, Value, find, insert, join};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// How an alias's text becomes the key's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum As {
    Text,
    /// `DEBUG`, `WARNING`, `CRITICAL` and the like.
    Level,
    /// A port; the address stays.
    Port,
    /// Seconds, perhaps with a fraction, as whole seconds.
    Seconds,
    /// The same as milliseconds.
    Milliseconds,
    Mebibytes,
    SqlitePath,
    /// The second is the key's text where the alias is the first.
    If(bool, &'static str),
    /// `development`, `production` and the like.
    Profile,
    /// One of `auth.keys`.
    Key,
    /// Some of `auth.keys`, between commas.
    Keys,
    JwtSecret,
    /// Whose protocol a model speaks; `local_stub` is none.
    Backend,
    /// A model's name, where this is its provider.
    ModelOf(&'static str),
    /// A provider's key, where nothing says that somebody else is asked.
    ModelKeyOf(&'static str),
    /// The same for embeddings, where they are asked for.
    EmbeddingKey,
}

/// What the guides have a variable for. The first of those with the same key wins, but keys are taken together.
const ALIASES: [(&str, &str, As); 45] = [
    ("AI_SYSTEM_ENV", "profile", As::Profile),
    ("PRODUCTION_MODE", "profile", As::If(true, "prod")),
    ("API_PORT", "server.listen", As::Port),
    ("API_TIMEOUT", "server.request_seconds", As::Seconds),
    (
        "MLSDM_REQUEST_TIMEOUT",
        "server.request_seconds",
        As::Seconds,
    ),
    (
        "MLSDM_MAX_CONCURRENT",
        "server.max_concurrent_requests",
        As::Text,
    ),
    ("MLSDM_QUEUE_TIMEOUT", "server.queue_ms", As::Milliseconds),
    (
        "MAX_PAYLOAD_SIZE_MB",
        "server.max_body_bytes",
        As::Mebibytes,
    ),
    (
        "MAX_REQUEST_SIZE_MB",
        "server.max_body_bytes",
        As::Mebibytes,
    ),
    ("LOG_LEVEL", "log.filter", As::Level),
    ("THEOS_LOG_LEVEL", "log.filter", As::Level),
    ("SIAMESE_LOG_LEVEL", "log.filter", As::Level),
    ("LOG_FORMAT", "log.format", As::Text),
    ("JSON_LOGGING", "log.format", As::If(true, "json")),
    ("DATABASE_URL", "store.url", As::Text),
    ("REDIS_URL", "store.url", As::Text),
    ("SQLITE_DB_PATH", "store.url", As::SqlitePath),
    ("THEMIS_API_KEY", "auth.keys", As::Key),
    ("THEMIS_API_KEY_PREVIOUS", "auth.keys", As::Keys),
    ("THEMIS_API_KEYS", "auth.keys", As::Keys),
    ("API_KEY", "auth.keys", As::Key),
    ("ADMIN_API_KEY", "auth.keys", As::Key),
    ("JWT_SECRET", "auth.jwt.secret", As::JwtSecret),
    ("DISABLE_RATE_LIMIT", "limits.requests", As::If(true, "0")),
    ("RATELIMIT_ENABLED", "limits.requests", As::If(false, "0")),
    ("RATE_LIMIT_REQUESTS", "limits.requests", As::Text),
    ("RATE_LIMIT_WINDOW", "limits.window_seconds", As::Text),
    ("THEOS_MAX_CYCLES", "governor.max_cycles", As::Text),
    (
        "THEOS_SIMILARITY_THRESHOLD",
        "governor.similarity_threshold",
        As::Text,
    ),
    ("THEOS_RISK_THRESHOLD", "governor.risk_threshold", As::Text),
    (
        "THEOS_INITIAL_CONTRADICTION_BUDGET",
        "governor.initial_contradiction_budget",
        As::Text,
    ),
    (
        "THEOS_CONTRADICTION_BUDGET",
        "governor.initial_contradiction_budget",
        As::Text,
    ),
    (
        "THEOS_CONTRADICTION_DECAY_RATE",
        "governor.contradiction_decay_rate",
        As::Text,
    ),
    (
        "THEOS_QUALITY_IMPROVEMENT_THRESHOLD",
        "governor.quality_improvement_threshold",
        As::Text,
    ),
    ("MLSDM_DIM", "memory.dimension", As::Text),
    ("MLSDM_CAPACITY", "memory.capacity", As::Text),
    ("MLSDM_WAKE_DURATION", "gate.rhythm.wake_steps", As::Text),
    ("MLSDM_SLEEP_DURATION", "gate.rhythm.sleep_steps", As::Text),
    (
        "MLSDM_INITIAL_THRESHOLD",
        "gate.threshold.initial",
        As::Text,
    ),
    ("LLM_BACKEND", "model.provider", As::Backend),
    ("OPENAI_MODEL", "model.model", As::ModelOf("openai")),
    ("ANTHROPIC_MODEL", "model.model", As::ModelOf("anthropic")),
    ("OPENAI_API_KEY", "model.api_key", As::ModelKeyOf("openai")),
    (
        "ANTHROPIC_API_KEY",
        "model.api_key",
        As::ModelKeyOf("anthropic"),
    ),
    ("OPENAI_API_KEY", "embedding.api_key", As::EmbeddingKey),
];

/// Variables of the guides for what does not exist yet.
const NOT_YET: [&str; 6] = [
    "API_WORKERS",
    "CACHE_TTL_SECONDS",
    "CORS_ORIGINS",
    "LOG_PAYLOADS",
    "METRICS_ENABLED",
    "METRICS_PORT",
];
const NOT_YET_PREFIXES: [&str; 6] = [
    "AI_SYSTEM_",
    "API_KEY_",
    "MLSDM_",
    "SIAMESE_",
    "THEMIS_",
    "THEOS_",
];

/// Every alias and its key.
#[cfg(test)]
pub(crate) fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALIASES.iter().map(|(name, key, _)| (*name, *key))
}

/// A note for each variable of the guides that has no effect yet.
pub(crate) fn without_effect(environment: &BTreeMap<&str, &str>, notes: &mut Vec<String>) {
    for &name in environment.keys() {
        let is_alias = ALIASES.iter().any(|(alias, ..)| *alias == name);
        let of_a_guide = NOT_YET_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix));
        if !is_alias && (of_a_guide || NOT_YET.contains(&name)) {
            notes.push(format!("`{name}` has no effect yet"));
        }
    }
}

/// Reads aliases into a table of their own.
pub(crate) struct AliasReader<'a> {
    pub(crate) environment: &'a BTreeMap<&'a str, &'a str>,
    pub(crate) settings: &'a Shape,
    /// What `ASSIZE_*` variables and flags say: it wins.
    pub(crate) above: &'a Table,
    pub(crate) notes: &'a mut Vec<String>,
    pub(crate) errors: &'a mut Vec<ConfigError>,
}

impl AliasReader<'_> {
    /// Only aliases of the key `profile`.
    pub(crate) fn profile(&mut self) -> Table {
        self.read(|key| key == "profile", &Table::new())
    }

    /// All others; `below` is what files say.
    pub(crate) fn others(&mut self, below: &Table) -> Table {
        self.read(|key| key != "profile", below)
    }

    fn read(&mut self, wanted: impl Fn(&str) -> bool, below: &Table) -> Table {
        let mut table = Table::new();
        let mut keys = Vec::new();
        for (name, key, how) in ALIASES.iter().filter(|(_, key, _)| wanted(key)) {
            let given = self
                .environment
                .get(name)
                .filter(|text| !text.trim().is_empty());
            let Some(&text) = given else { continue };
            // Most who set the key do not ask for embeddings.
            let is_asked = self.said("embedding", below, &table).is_some();
            if *how == As::EmbeddingKey && !is_asked {
                continue;
            }
            let origin = Origin::Variable((*name).to_owned());
            if let Some(reason) = self.blocked(key, *how, below, &table) {
                self.notes.push(format!("`{name}` is not read: {reason}"));
                continue;
            }
            match how {
                As::Key => keys.push(text::key(name, "key", text, &origin)),
                As::Keys => {
                    let item = |(index, part)| {
                        text::key(&format!("{name}-{}", index + 1), "key", part, &origin)
                    };
                    keys.extend(text::parts(text).enumerate().map(item));
                }
                _ => match converted(text, *how, below) {
                    Ok(None) => continue,
                    Ok(Some(text)) => {
                        if let Some(shape) = self.settings.find(key) {
                            insert(&mut table, key, text::value_of(&text, shape, &origin));
                        }
                    }
                    Err(expected) => {
                        let got = Some(format!("`{}`", crate::error::shown(text)));
                        let problem = Problem::Unacceptable {
                            expected: expected.to_owned(),
                            got,
                        };
                        self.errors.push(ConfigError {
                            origin,
                            key: (*key).to_owned(),
                            problem,
                        });
                        continue;
                    }
                },
            }
            self.notes.push(format!("`{name}` is read as `{key}`"));
        }
        self.insert_keys(keys, &mut table);
        table
    }

    /// One key under two names is one key.
    fn insert_keys(&self, keys: Vec<Node>, table: &mut Table) {
        let mut kept: Vec<Node> = Vec::new();
        let text_of = |node: &Node| Some(node.as_table()?.get("key")?.as_text()?.to_owned());
        for node in keys {
            if !kept.iter().any(|other| text_of(other) == text_of(&node)) {
                kept.push(node);
            }
        }
        if let Some(origin) = kept.first().map(|node| node.origin.clone()) {
            insert(table, "auth.keys", Node::new(Value::List(kept), origin));
        }
    }

    /// What any layer says, the highest first.
    fn said<'n>(&'n self, path: &str, below: &'n Table, table: &'n Table) -> Option<&'n Node> {
        let mut layers = [self.above, table, below].into_iter();
        layers.find_map(|layer| find(layer, path))
    }

    /// Why a provider's variable is not read. A key is not shown to whom it was not made for, and takes the place of no
    /// other.
    fn foreign(&self, key: &str, how: As, below: &Table, table: &Table) -> Option<String> {
        if let As::ModelOf(provider) | As::ModelKeyOf(provider) = how {
            let said = self.said("model.provider", below, table);
            if said.and_then(Node::as_text) != Some(provider) {
                return Some(format!("`model.provider` is not `{provider}`"));
            }
        }
        match how {
            As::ModelKeyOf(_) | As::EmbeddingKey => self.key_is_said(key, below, table),
            _ => None,
        }
    }

    fn key_is_said(&self, key: &str, below: &Table, table: &Table) -> Option<String> {
        let section = key.split('.').next().unwrap_or_default();
        let base_url = join(section, "base_url");
        if self.said(&base_url, below, table).is_some() {
            return Some(format!("`{base_url}` is set"));
        }
        let mut keys = [key.to_owned(), format!("{key}_file")].into_iter();
        let other = keys.find(|path| find(below, path).is_some());
        other.map(|other| format!("`{other}` is set"))
    }

    /// Why an alias is not read.
    fn blocked(&self, key: &str, how: As, below: &Table, table: &Table) -> Option<String> {
        if let Some(reason) = self.foreign(key, how, below, table) {
            return Some(reason);
        }
        let (section, last) = key.rsplit_once('.').unwrap_or(("", key));
        let names = match how {
            As::JwtSecret => crate::tree::EXCLUSIVE.iter().find(|(of, _)| *of == section),
            _ => None,
        };
        if how == As::JwtSecret {
            if [below, self.above]
                .iter()
                .all(|layer| find(layer, section).is_none())
            {
                return Some("`auth.jwt.issuer` and `auth.jwt.audience` are not set".to_owned());
            }
            let given = names.into_iter().flat_map(|(_, keys)| keys.iter());
            let mut given = given.map(|name| join(section, name));
            if let Some(other) = given.find(|path| find(below, path).is_some()) {
                return Some(format!("`{other}` is set"));
            }
        }
        let files =
            ["_file".to_owned(), String::new()].map(|end| join(section, &format!("{last}{end}")));
        let set = |path: &String| find(self.above, path).map(|node| &node.origin);
        if let Some(origin) = files.iter().find_map(set) {
            return Some(format!("`{origin}` is set"));
        }
        // What JWT_SECRET would stand beside was looked for in files only.
        let other = names.into_iter().flat_map(|(_, keys)| keys.iter());
        if let Some(origin) = other
            .map(|name| join(section, name))
            .find_map(|path| set(&path))
        {
            return Some(format!("`{origin}` is set"));
        }
        find(table, key).map(|node| format!("`{}` is set", node.origin))
    }
}

/// The key's text; none where the alias says that all stays as it is.
fn converted(text: &str, how: As, below: &Table) -> Result<Option<String>, &'static str> {
    let text = text.trim();
    let seconds = || match text.parse::<f64>() {
        Ok(seconds) if (0.0..=1e6).contains(&seconds) => Ok(seconds),
        _ => Err("a number of seconds"),
    };
    Ok(Some(match how {
        As::Text
        | As::Key
        | As::Keys
        | As::JwtSecret
        | As::ModelOf(_)
        | As::ModelKeyOf(_)
        | As::EmbeddingKey => text.to_owned(),
        As::Backend => match text {
            "local_stub" => return Ok(None),
            "openai" | "anthropic" => text.to_owned(),
            _ => return Err("`openai`, `anthropic` or `local_stub`"),
        },
        As::Level => level(text)?.to_owned(),
        As::Port => {
            let port: u16 = text.parse().map_err(|_| "a port from 0 to 65535")?;
            let listen = find(below, "server.listen").and_then(Node::as_text);
            let listen = listen.and_then(|listen| listen.parse().ok());
            let mut listen: SocketAddr =
                listen.unwrap_or_else(|| crate::settings::ServerSettings::default().listen);
            listen.set_port(port);
            listen.to_string()
        }
        As::Seconds => seconds()?.ceil().to_string(),
        As::Milliseconds => (seconds()? * 1000.0).round().to_string(),
        As::Mebibytes => {
            let mebibytes: u32 = text.parse().map_err(|_| "a whole number of MiB")?;
            (u64::from(mebibytes) * 1024 * 1024).to_string()
        }
        As::SqlitePath => format!("sqlite:{text}"),
        As::If(wanted, value) => {
            let given = text::boolean(text).ok_or("`true` or `false`")?;
            return Ok((given == wanted).then(|| value.to_owned()));
        }
        As::Profile => match text.to_ascii_lowercase().as_str() {
            "dev" | "development" => "dev",
            "staging" => "staging",
            "prod" | "production" => "prod",
            _ => return Err("`development`, `staging` or `production`"),
        }
        .to_owned(),
    }))
}

fn level(text: &str) -> Result<&'static str, &'static str> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "trace" => "trace",
        "debug" => "debug",
        "info" => "info",
        "warn" | "warning" => "warn",
        "error" | "critical" | "fatal" => "error",
        "off" => "off",
        _ => return Err("`debug`, `info`, `warning` or `error`"),
    })
}
