//! `assize keys`: the API keys of a store.

use super::settings::{ConfigOptions, location, opening, runtime};
use super::{DONE, complain, print};
use crate::platform::now_ms;
use crate::storage::{Opened, open};
use anyhow::{Context, Result, bail};
use assize_journal::Archive;
use assize_service::access_control::{KeyRecord, KeySpec, Scopes};
use std::fmt::Write;
use std::sync::Arc;
use tokio::runtime::Runtime;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Look after the API keys of a store.
///
/// Servers that use the store take up changes within a second. A key is shown once, when it is made; only its hash is
/// kept.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a key, and print it. Several keys may have one name: make a new one, move its users, revoke the old one.
    #[command(
        after_help = "Example:\n  assize keys create billing --scopes evaluate,sessions:write --days 90"
    )]
    Create {
        /// Who uses it: it stands in the journal and in the log.
        name: String,
        /// Whose data it sees.
        #[arg(long, default_value = "default", value_name = "NAME")]
        tenant: String,
        /// What it permits, by commas: evaluate, sessions:read, sessions:write,
        /// rules:read, rules:write, metrics, or * for everything.
        #[arg(long, default_value = "*", value_name = "LIST")]
        scopes: String,
        /// For how many days [default: until it is revoked]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=36_500))]
        days: Option<u64>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigOptions,
    },
    /// List all keys, without what is secret.
    List {
        /// Print one JSON object on each line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigOptions,
    },
    /// Revoke a key for ever.
    Revoke {
        /// The key's identifier, as `list` shows it: the part between `assize_` and the next `_`.
        id: String,
        #[command(flatten)]
        config: ConfigOptions,
    },
}

pub(super) fn run(command: &Command) -> Result<u8> {
    super::start_log();
    match command {
        Command::Create {
            name,
            tenant,
            scopes,
            days,
            json,
            config,
        } => {
            let scopes: Scopes = scopes.replace(',', " ").parse().context("--scopes")?;
            anyhow::ensure!(
                !scopes.is_empty(),
                "a key without scopes permits nothing: say which with --scopes"
            );
            let now = now_ms();
            let spec = KeySpec {
                name: name
                    .parse()
                    .with_context(|| format!("`{name}` is no name"))?,
                tenant: tenant.parse().context("--tenant")?,
                scopes,
                expires_ms: days.map(|days| now.saturating_add(days.saturating_mul(DAY_MS))),
            };
            create(spec, now, *json, config)
        }
        Command::List { json, config } => list(*json, config),
        Command::Revoke { id, config } => revoke(id, config),
    }
}

fn store(config: &ConfigOptions) -> Result<(Runtime, Arc<dyn Archive>)> {
    let settings = config.load(&[])?.settings;
    let runtime = runtime()?;
    match runtime.block_on(open(&location(&settings)?, &opening(&settings)))? {
        Opened::Archive(store) => Ok((runtime, store)),
        Opened::Memory(_) => bail!("a store in memory keeps no keys: put them into `auth.keys`"),
    }
}

fn create(spec: KeySpec, now: u64, json: bool, config: &ConfigOptions) -> Result<u8> {
    let (runtime, store) = store(config)?;
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).context("the system has no randomness")?;
    let mut id = [0; 6];
    getrandom::fill(&mut id).context("the system has no randomness")?;
    let (record, key) = KeyRecord::issue(id, secret, spec, now);
    let id = record.id.as_str();
    anyhow::ensure!(
        runtime.block_on(store.key(id))?.is_none(),
        "the identifier {id} is taken: try again"
    );
    runtime.block_on(store.put_key(id, &serde_json::to_string(&record)?))?;
    if json {
        return print(format!("{}\n", serde_json::json!({"id": id, "key": key})).as_bytes());
    }
    complain(&format!(
        "{} for tenant {}: {}. It is not shown again:",
        record.name, record.tenant, record.scopes
    ));
    let unseen = || {
        format!("key {id} is made and could not be shown: revoke it with `assize keys revoke {id}`")
    };
    print(format!("{key}\n").as_bytes()).with_context(unseen)
}

fn records(runtime: &Runtime, store: &dyn Archive) -> Result<Vec<KeyRecord>> {
    let texts = runtime.block_on(store.keys())?;
    texts
        .iter()
        .map(|text| serde_json::from_str(text).context("a key's record is damaged"))
        .collect()
}

fn list(json: bool, config: &ConfigOptions) -> Result<u8> {
    let (runtime, store) = config.open_store()?;
    let mut text = String::new();
    let now = now_ms();
    let records = records(&runtime, store.as_ref())?;
    if json {
        for record in &records {
            let mut value = serde_json::to_value(record)?;
            if let Some(members) = value.as_object_mut() {
                members.remove("hash");
                members.insert("state".to_owned(), state(record, now).into());
            }
            writeln!(text, "{value}")?;
        }
        return print(text.as_bytes());
    }
    if records.is_empty() {
        complain("there are no keys; `assize keys create <name>` makes one");
        return Ok(DONE);
    }
    writeln!(
        text,
        "{:<14}{:<9}{:<12}{:<20}{:<16}SCOPES",
        "ID", "STATE", "EXPIRES", "NAME", "TENANT"
    )?;
    for record in &records {
        let KeyRecord {
            id,
            name,
            tenant,
            scopes,
            ..
        } = record;
        let (name, tenant) = (name.to_string(), tenant.to_string());
        writeln!(
            text,
            "{:<14}{:<9}{:<12}{name:<20}{tenant:<16}{scopes}",
            id.as_str(),
            state(record, now),
            expiry(record)
        )?;
    }
    print(text.as_bytes())
}

/// The day on which it expires.
fn expiry(record: &KeyRecord) -> String {
    let day = record
        .expires_ms
        .map(|expires| super::audit::time(expires).chars().take(10).collect());
    day.unwrap_or_else(|| "never".to_owned())
}

fn state(record: &KeyRecord, now: u64) -> &'static str {
    if record.revoked_ms.is_some() {
        "revoked"
    } else if record.expires_ms.is_some_and(|expires| expires <= now) {
        "expired"
    } else {
        "valid"
    }
}

fn revoke(id: &str, config: &ConfigOptions) -> Result<u8> {
    let (runtime, store) = config.open_store()?;
    let text = runtime.block_on(store.key(id))?;
    let text =
        text.with_context(|| format!("there is no key {id}; `assize keys list` shows all"))?;
    let mut record: KeyRecord =
        serde_json::from_str(&text).context("the key's record is damaged")?;
    if record.revoked_ms.is_none() {
        record.revoked_ms = Some(now_ms());
        runtime.block_on(store.put_key(id, &serde_json::to_string(&record)?))?;
    }
    print(format!("{id} ({}) is revoked\n", record.name).as_bytes())
}
