//! Calls that rules make, as this host makes them.

use anyhow::{Context, Result, anyhow};
use assize_config::Settings;
use assize_core::rules::{ExternalAnswer, Value};
use assize_outbound::native::{NativeClock, NativeTransport};
use assize_outbound::{Outbound, OutboundError, OutboundSettings};
use assize_service::json::rules::{Need, read_plain, read_value, write_values};
use assize_service::{ExternalFuture, Externals};
use serde_json::{Map, Value as Json, json};
use std::time::Duration;

/// The settings of calls to other services, checked.
pub(crate) fn settings(settings: &Settings) -> Result<OutboundSettings> {
    let given = &settings.outbound;
    let mut externals = Map::new();
    for external in &given.externals {
        let known = json!({
            "url": external.url,
            "timeout_ms": external.timeout_ms,
            "cache_seconds": external.cache_seconds,
        });
        if externals
            .insert(external.predicate.clone(), known)
            .is_some()
        {
            let predicate = &external.predicate;
            return Err(anyhow!("outbound.externals: `{predicate}` occurs twice"));
        }
    }
    let outbound: OutboundSettings = serde_json::from_value(json!({
        "allow": given.allow,
        "allow_networks": given.allow_networks,
        "externals": externals,
        "call_timeout_ms": given.call_timeout_ms,
        "total_timeout_ms": given.total_timeout_ms,
        "max_body_bytes": given.max_body_bytes,
        "max_redirects": given.max_redirects,
        "cache_seconds": given.cache_seconds,
        "cache_entries": given.cache_entries,
        "cache_bytes": u64::from(given.cache_mib) << 20,
        "breaker_failures": given.breaker_failures,
        "breaker_open_seconds": given.breaker_open_seconds,
        "connections": given.connections,
        "connections_per_host": given.connections_per_host,
    }))
    .map_err(|error| anyhow!("outbound: {error}"))?;
    outbound.check()?;
    Ok(outbound)
}

/// Who answers calls of rules; none where nothing may be called.
pub(crate) fn start(given: &Settings) -> Result<Option<Calls>> {
    let settings = settings(given)?;
    if settings.allow.is_empty() && settings.externals.is_empty() {
        return Ok(None);
    }
    let connections = settings.connections;
    let transport = NativeTransport::new(connections).context("calls to other services")?;
    let outbound = Outbound::new(settings, transport, NativeClock::new())?;
    Ok(Some(Calls(outbound)))
}

/// Answers calls over HTTP.
#[derive(Debug)]
pub(crate) struct Calls(Outbound);

impl Externals for Calls {
    fn deadline(&self) -> Duration {
        self.0.deadline()
    }

    fn answer<'a>(&'a self, need: &'a Need, deadline: Duration) -> ExternalFuture<'a> {
        Box::pin(async move {
            let answer = match (need.name.as_ref(), need.arguments.as_slice()) {
                ("http_get_json", [url, _]) => self.read(url, deadline).await,
                (name, arguments) if self.0.has_external(name, arguments.len()) => {
                    self.solve(name, arguments, deadline).await
                }
                _ => return None,
            };
            Some(answer.unwrap_or_else(|error| failed(&error)))
        })
    }
}

/// What is in the way is for operators: rules are told which service it is.
fn failed(error: &OutboundError) -> ExternalAnswer {
    tracing::warn!(%error, "a call of rules has no answer");
    ExternalAnswer::Failed(match error {
        OutboundError::Unreachable { origin, .. } => format!("`{origin}` can't be reached"),
        error => error.to_string(),
    })
}

impl Calls {
    async fn read(&self, url: &Value, deadline: Duration) -> Result<ExternalAnswer, OutboundError> {
        let Value::String(text) = url else {
            return Ok(ExternalAnswer::Failed(
                "`http_get_json` takes a URL as text".to_owned(),
            ));
        };
        let text = self.0.get_json(text, deadline).await?;
        Ok(match serde_json::from_str(&text) {
            Ok(json) => ExternalAnswer::Solutions(vec![vec![url.clone(), read_plain(&json)]]),
            Err(error) => ExternalAnswer::Failed(format!("the answer is not JSON: {error}")),
        })
    }

    async fn solve(
        &self,
        name: &str,
        arguments: &[Value],
        deadline: Duration,
    ) -> Result<ExternalAnswer, OutboundError> {
        // Variables are numbered over all arguments in order: equal calls are equal texts.
        let mut list = String::new();
        write_values(arguments, &mut list);
        let text = self.0.call_external(name, &list, deadline).await?;
        Ok(match solutions(&text) {
            Ok(rows) => ExternalAnswer::Solutions(rows),
            Err(error) => {
                ExternalAnswer::Failed(format!("the answer to `{name}` can't be read: {error}"))
            }
        })
    }
}

fn solutions(text: &str) -> Result<Vec<Vec<Value>>, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let rows = json.get("solutions").and_then(Json::as_array);
    let rows = rows
        .ok_or_else(|| "it has no `solutions`".to_owned())?
        .iter();
    rows.map(|row| {
        let values = row.as_array().map(Vec::as_slice).unwrap_or_default().iter();
        values.map(read_value).collect()
    })
    .collect()
}
