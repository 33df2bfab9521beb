//! Who is admitted: settings as the service takes them, API keys from the store, key sets from where they are.

use anyhow::{Context, Result};
use assize_config::Settings;
use assize_config::settings::{JwtAlgorithm, JwtKey, JwtSettings, Scope};
use assize_journal::{Archive, Quota, StoreError, StoreFuture};
use assize_service::access_control::{
    self as control, Algorithm, Algorithms, JwtVerifier, KeyRecord, KeySet, Scopes, StaticKey,
    StaticKeys, TenantId,
};
use assize_service::{AccessSettings, KeySource, Limits, TrustedProxies};
use std::sync::Arc;
use std::time::Duration;

/// The largest key set that is fetched.
const MOST_KEY_SET_BYTES: u64 = 256 * 1024;
/// How long fetching one may take.
const FETCH: Duration = Duration::from_secs(10);

/// API keys in the store of the journal.
pub(crate) struct StoredKeys(pub(crate) Arc<dyn Archive>);

impl KeySource for StoredKeys {
    fn key<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<KeyRecord>> {
        Box::pin(async move {
            let record = self.0.key(id).await?;
            let read = |text: String| {
                serde_json::from_str(&text).map_err(|error| {
                    StoreError::Damaged(format!("the record of key {id}: {error}"))
                })
            };
            record.map(read).transpose()
        })
    }
}

/// Settings as the service takes them, with the keys that tokens are checked with read from where they are.
pub(crate) fn load(given: &Settings) -> Result<AccessSettings> {
    settings(given, read_keys(given)?)
}

/// `keys` are those that tokens are checked with.
fn settings(settings: &Settings, keys: Option<KeySet>) -> Result<AccessSettings> {
    let auth = &settings.auth;
    let limits = &settings.limits;
    let quota = (limits.requests > 0).then(|| Quota {
        requests: limits.requests,
        window_ms: limits.window_seconds.saturating_mul(1000),
    });
    let proxies = settings.server.trusted_proxies.clone();
    let tokens = match (&auth.jwt, keys) {
        (Some(jwt), Some(keys)) => Some(Arc::new(verifier(jwt, keys)?)),
        _ => None,
    };
    Ok(AccessSettings {
        anonymous: auth.anonymous.then(|| scopes(&auth.anonymous_scopes)),
        static_keys: static_keys(settings)?,
        tokens,
        key_cache: Duration::from_millis(auth.key_cache_ms),
        limits: Limits {
            quota,
            most_clients: limits.max_clients as usize,
        },
        proxies: TrustedProxies::new(move |address| {
            proxies.iter().any(|range| range.contains(address))
        }),
    })
}

fn scopes(given: &[Scope]) -> Scopes {
    given
        .iter()
        .map(|scope| match scope {
            Scope::Evaluate => control::Scope::Evaluate,
            Scope::SessionsRead => control::Scope::SessionsRead,
            Scope::SessionsWrite => control::Scope::SessionsWrite,
            Scope::RulesRead => control::Scope::RulesRead,
            Scope::RulesWrite => control::Scope::RulesWrite,
            Scope::Metrics => control::Scope::Metrics,
            Scope::All => control::Scope::All,
        })
        .collect()
}

fn static_keys(settings: &Settings) -> Result<StaticKeys> {
    let keys = settings.auth.keys.iter().map(|key| {
        Ok(StaticKey {
            name: key
                .name
                .parse()
                .with_context(|| format!("the key name `{}`", key.name))?,
            text: key
                .key
                .as_ref()
                .map(|key| key.expose().to_owned())
                .unwrap_or_default(),
            tenant: key
                .tenant
                .parse()
                .with_context(|| format!("the tenant `{}`", key.tenant))?,
            scopes: scopes(&key.scopes),
        })
    });
    let keys = keys.collect::<Result<Vec<_>>>()?;
    StaticKeys::new(keys).context("auth.keys")
}

fn verifier(jwt: &JwtSettings, keys: KeySet) -> Result<JwtVerifier> {
    let algorithms = jwt
        .accepted_algorithms()
        .iter()
        .map(|algorithm| match algorithm {
            JwtAlgorithm::HS256 => Algorithm::Hs256,
            JwtAlgorithm::RS256 => Algorithm::Rs256,
            JwtAlgorithm::ES256 => Algorithm::Es256,
            JwtAlgorithm::EdDSA => Algorithm::EdDsa,
        });
    let algorithms = Algorithms::new(algorithms).context("auth.jwt.algorithms is empty")?;
    let mut settings =
        control::JwtSettings::new(algorithms, jwt.issuer.clone(), jwt.audience.clone());
    settings.leeway_seconds = jwt.leeway_seconds;
    settings.tenant_claim.clone_from(&jwt.tenant_claim);
    settings.scope_claim.clone_from(&jwt.scope_claim);
    settings.default_tenant = (!jwt.require_tenant).then(TenantId::default);
    JwtVerifier::new(settings, keys).context("auth.jwt")
}

/// The keys that tokens are checked with, from where the settings say; none where tokens are not accepted.
fn read_keys(settings: &Settings) -> Result<Option<KeySet>> {
    let Some(jwt) = &settings.auth.jwt else {
        return Ok(None);
    };
    let read = |path: &std::path::Path| {
        std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))
    };
    let keys = match jwt.key().context("auth.jwt names no key")? {
        JwtKey::Secret(secret) => {
            KeySet::from_secret(secret.expose().as_bytes()).context("auth.jwt.secret")?
        }
        JwtKey::PublicKeyFile(path) => {
            KeySet::from_pem(&read(path)?).with_context(|| path.display().to_string())?
        }
        JwtKey::JwksFile(path) => {
            KeySet::from_jwks(&read(path)?).with_context(|| path.display().to_string())?
        }
        JwtKey::JwksUrl(url) => {
            KeySet::from_jwks(&fetch(url.as_str())?).with_context(|| url.as_str().to_owned())?
        }
    };
    for skipped in keys.skipped() {
        tracing::warn!(%skipped, "a key of the key set is passed over");
    }
    Ok(Some(keys))
}

/// Reads everything that a server reads of these settings at its start, but nothing from the network.
pub(crate) fn check(given: &Settings) -> Result<()> {
    let jwt = given.auth.jwt.as_ref();
    let is_elsewhere = jwt.is_some_and(|jwt| matches!(jwt.key(), Some(JwtKey::JwksUrl(_))));
    let keys = if is_elsewhere {
        None
    } else {
        read_keys(given)?
    };
    settings(given, keys).map(drop)
}

/// How often keys are to be read again; none where they do not change by themselves.
pub(crate) fn refresh(settings: &Settings) -> Option<Duration> {
    let jwt = settings.auth.jwt.as_ref()?;
    let changes = matches!(jwt.key()?, JwtKey::JwksFile(_) | JwtKey::JwksUrl(_));
    changes.then(|| Duration::from_secs(jwt.jwks_refresh_seconds))
}

fn fetch(url: &str) -> Result<String> {
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(FETCH))
        // A key set is where the settings say, and nowhere else.
        .max_redirects(0)
        .build()
        .new_agent();
    let answer = agent.get(url).header("accept", "application/json").call();
    let mut answer = answer.with_context(|| format!("the key set at {url} can't be fetched"))?;
    anyhow::ensure!(
        answer.status().is_success(),
        "{url} answers {}",
        answer.status()
    );
    let body = answer
        .body_mut()
        .with_config()
        .limit(MOST_KEY_SET_BYTES)
        .read_to_string();
    body.with_context(|| format!("the key set at {url} can't be read"))
}
