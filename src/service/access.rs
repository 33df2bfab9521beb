//! Who asks: from the headers of a request to a principal.

use crate::client::TrustedProxies;
use crate::platform::Platform;
use crate::quotas::Quotas;
use assize_access::{
    AccessError, Credential, JwtVerifier, KeyRecord, PresentedKey, Principal, Scopes, StaticKeys,
    TenantId,
};
use assize_journal::{Quota, StoreError, StoreFuture};
use http::HeaderMap;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// Records of API keys that are remembered.
const MOST_CACHED: usize = 10_000;
/// Keys that are not known, of one client.
const FAILURES: Quota = Quota {
    requests: 100,
    window_ms: 10_000,
};

/// Where API keys are kept.
pub trait KeySource: Send + Sync + 'static {
    /// The record of a key.
    fn key<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<KeyRecord>>;
}

/// How many requests a client may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// In which time; none where there is no limit.
    pub quota: Option<Quota>,
    /// Clients that are counted at one time where the store does not count; more push out the idle ones.
    pub most_clients: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            quota: None,
            most_clients: 100_000,
        }
    }
}

/// Who is admitted, and how often.
#[derive(Debug)]
pub struct AccessSettings {
    /// What callers may do that say nothing; none where everyone must.
    pub anonymous: Option<Scopes>,
    /// Keys of the configuration.
    pub static_keys: StaticKeys,
    /// Checks tokens, where they are accepted.
    pub tokens: Option<Arc<JwtVerifier>>,
    /// How long the record of an API key is believed: a revoked key is refused after so long at the latest.
    pub key_cache: Duration,
    /// How often a client may ask.
    pub limits: Limits,
    /// Who may say for whom it asks.
    pub proxies: TrustedProxies,
}

/// Everyone may do everything, as often as they like.
impl Default for AccessSettings {
    fn default() -> Self {
        Self {
            anonymous: Some(Scopes::ALL),
            static_keys: StaticKeys::default(),
            tokens: None,
            key_cache: Duration::from_millis(500),
            limits: Limits::default(),
            proxies: TrustedProxies::default(),
        }
    }
}

/// Why nobody is admitted.
pub(crate) enum Refusal {
    Access(AccessError),
    Store(StoreError),
    /// Too many keys of this client were not known; seconds until it is worth trying again.
    Guessing(u64),
}

impl From<AccessError> for Refusal {
    fn from(error: AccessError) -> Self {
        Self::Access(error)
    }
}

pub(crate) struct Access {
    settings: RwLock<Arc<AccessSettings>>,
    pub(crate) keys: Option<Arc<dyn KeySource>>,
    cache: Mutex<BTreeMap<String, Cached>>,
    /// Of keys that are not known, by address.
    failures: Quotas,
    wants_newer_keys: AtomicBool,
    /// Whose data the anonymous caller sees, and what the journal calls it.
    anonymous: (Arc<str>, Arc<str>),
}

impl Default for Access {
    fn default() -> Self {
        Self {
            settings: RwLock::default(),
            keys: None,
            cache: Mutex::default(),
            failures: Quotas::default(),
            wants_newer_keys: AtomicBool::new(false),
            anonymous: (TenantId::default().as_str().into(), "anonymous".into()),
        }
    }
}

struct Cached {
    until: Duration,
    record: Arc<KeyRecord>,
}

impl Access {
    pub(crate) fn set(&self, settings: AccessSettings) {
        let mut held = self
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *held = Arc::new(settings);
    }

    pub(crate) fn settings(&self) -> Arc<AccessSettings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn anonymous(&self) -> (Arc<str>, Arc<str>) {
        self.anonymous.clone()
    }

    pub(crate) fn take_wants_newer_keys(&self) -> bool {
        self.wants_newer_keys.swap(false, Ordering::Relaxed)
    }

    /// Who asks; none is the anonymous caller.
    pub(crate) async fn principal(
        &self,
        settings: &AccessSettings,
        platform: &dyn Platform,
        headers: &HeaderMap,
        address: &(dyn Fn() -> String + Sync),
    ) -> Result<Option<Principal>, Refusal> {
        let now = platform.unix_ms();
        let principal = match Credential::from_headers(headers)? {
            None if settings.anonymous.is_some() => return Ok(None),
            None => return Err(AccessError::Missing.into()),
            Some(Credential::ApiKey(key)) => {
                let record = self.record(settings, platform, &key, address).await?;
                let unknown = || AccessError::UnknownKey(key.id().clone());
                record.ok_or_else(unknown)?.check(&key, now)?
            }
            Some(Credential::StaticKey(text)) => settings.static_keys.check(text.expose())?,
            Some(Credential::Token(token)) => {
                let tokens = settings
                    .tokens
                    .as_ref()
                    .ok_or(AccessError::TokensNotAccepted)?;
                tokens.verify(token.expose(), now).inspect_err(|error| {
                    if error.may_need_newer_keys() {
                        self.wants_newer_keys.store(true, Ordering::Relaxed);
                    }
                })?
            }
        };
        Ok(Some(principal))
    }

    async fn record(
        &self,
        settings: &AccessSettings,
        platform: &dyn Platform,
        key: &PresentedKey,
        address: &(dyn Fn() -> String + Sync),
    ) -> Result<Option<Arc<KeyRecord>>, Refusal> {
        let Some(keys) = &self.keys else {
            return Ok(None);
        };
        let (id, now) = (key.id().as_str(), platform.monotonic());
        if let Some(cached) = self.cache().get(id)
            && cached.until > now
        {
            return Ok(Some(Arc::clone(&cached.record)));
        }
        // A lookup costs the store something: who only guesses gets no more of them.
        let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let address = address();
        let failed = self.failures.peek(&address, FAILURES, now_ms);
        if !failed.permitted {
            return Err(Refusal::Guessing(failed.reset_ms.div_ceil(1000)));
        }
        let record = keys.key(id).await.map_err(Refusal::Store)?.map(Arc::new);
        if record.is_none() {
            self.failures.take(&address, FAILURES, MOST_CACHED, now_ms);
            return Ok(None);
        }
        let mut cache = self.cache();
        if cache.len() >= MOST_CACHED {
            cache.retain(|_, cached| cached.until > now);
            // More than that are in use at once: all are looked up anew.
            if cache.len() >= MOST_CACHED {
                cache.clear();
            }
        }
        // From before the lookup: what is revoked meanwhile is not believed for longer.
        let until = now + settings.key_cache;
        if let Some(record) = &record {
            let record = Arc::clone(record);
            cache.insert(id.to_owned(), Cached { until, record });
        }
        Ok(record)
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Cached>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
