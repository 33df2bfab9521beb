//! Calls as the rule engine's host makes them: cached, and equal ones at once made only once.

use crate::answer::Expected;
use crate::cache::Cache;
use crate::calls::{Call, Caller};
use crate::error::OutboundError;
use crate::settings::{OutboundSettings, OutboundSettingsError, Predicate};
use crate::target::Target;
use crate::transport::{BoxFuture, Clock, Transport};
use bytes::Bytes;
use futures_util::future::{FutureExt, Shared, WeakShared};
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The predicate that reads a URL.
const HTTP_GET_JSON: &str = "http_get_json/2";

/// JSON text, or why there is none.
pub type OutboundAnswer = Result<Arc<str>, OutboundError>;

type Flight = BoxFuture<'static, OutboundAnswer>;

/// Makes the calls that rules ask for. Clones share everything: cache, circuit breakers, connections.
#[derive(Clone)]
pub struct Outbound {
    inner: Arc<Inner>,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Outbound")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

struct Inner {
    settings: OutboundSettings,
    caller: Caller,
    answers: Mutex<Answers>,
}

/// What is known and what is being asked, under one lock: a key is in neither only if nobody asks.
struct Answers {
    cache: Cache,
    /// Kept alive by those who wait: when the last one goes, the call ends.
    flights: BTreeMap<Arc<str>, (u64, WeakShared<Flight>)>,
    next_flight: u64,
}

impl Outbound {
    /// Calls under these settings.
    ///
    /// # Errors
    ///
    /// Every setting that is not acceptable.
    pub fn new(
        settings: OutboundSettings,
        transport: impl Transport,
        clock: impl Clock,
    ) -> Result<Self, OutboundSettingsError> {
        settings.check()?;
        let caller = Caller::new(&settings, Box::new(transport), Arc::new(clock));
        let max_bytes = usize::try_from(settings.cache_bytes).unwrap_or(usize::MAX);
        let answers = Answers {
            cache: Cache::new(settings.cache_entries, max_bytes),
            flights: BTreeMap::new(),
            next_flight: 0,
        };
        let inner = Inner {
            settings,
            caller,
            answers: Mutex::new(answers),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &OutboundSettings {
        &self.inner.settings
    }

    /// When the calls of a query that begins now must be done, on the host's monotonic clock.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        let total = Duration::from_millis(self.inner.settings.total_timeout_ms);
        self.inner.caller.now().saturating_add(total)
    }

    /// Whether a URL answers this external predicate.
    #[must_use]
    pub fn has_external(&self, name: &str, arity: usize) -> bool {
        Predicate::new(name, arity)
            .is_some_and(|predicate| self.inner.settings.externals.contains_key(&predicate))
    }

    /// The JSON text at a URL, by GET; an empty body is `null`.
    ///
    /// # Errors
    ///
    /// The URL is not allowed, or gives no answer within its bounds.
    pub async fn get_json(&self, url: &str, deadline: Duration) -> OutboundAnswer {
        let settings = &self.inner.settings;
        if settings.allow.is_empty() {
            return Err(OutboundError::Off);
        }
        let target = Target::parse(url)?;
        self.inner.caller.check_allowed(&target)?;
        let key = format!("{HTTP_GET_JSON}\n{}", target.as_str());
        let call = Call {
            target,
            body: None,
            expected: Expected::Document,
            timeout: Duration::from_millis(settings.call_timeout_ms),
        };
        let ttl = Duration::from_secs(settings.cache_seconds);
        self.answer(key.into(), call, ttl, deadline).await
    }

    /// The solutions of an external predicate: JSON text of an object whose `solutions` is a list of lists, each with
    /// a value for every argument; other members say nothing. `arguments` is JSON text of a list; how an unbound one is written is the caller's affair. Equal calls have
    /// equal text.
    ///
    /// # Errors
    ///
    /// No URL answers this predicate, the arguments are no list, or there is no answer within the bounds.
    pub async fn call_external(
        &self,
        name: &str,
        arguments: &str,
        deadline: Duration,
    ) -> OutboundAnswer {
        let values: Vec<IgnoredAny> =
            serde_json::from_str(arguments).map_err(|_| OutboundError::Arguments)?;
        let arguments = arguments.trim_ascii();
        let settings = &self.inner.settings;
        let predicate = Predicate::new(name, values.len());
        let found = predicate.and_then(|predicate| {
            let external = settings.externals.get(&predicate)?;
            Some((predicate, external))
        });
        let Some((predicate, external)) = found else {
            let predicate = format!("{name}/{}", values.len());
            return Err(OutboundError::NoExternal { predicate });
        };
        let name = serde_json::Value::from(name);
        let body = format!(r#"{{"name":{name},"arguments":{arguments}}}"#);
        let target = external.url.target().clone();
        if body.len() > settings.max_body_bytes {
            return Err(OutboundError::TooLarge {
                origin: target.origin().to_string(),
                limit: settings.max_body_bytes,
            });
        }
        let call = Call {
            target,
            body: Some(Bytes::from(body)),
            expected: Expected::Solutions(predicate.arity()),
            timeout: Duration::from_millis(external.timeout_ms.unwrap_or(settings.call_timeout_ms)),
        };
        let ttl = Duration::from_secs(external.cache_seconds.unwrap_or(settings.cache_seconds));
        let key = format!("{predicate}\n{arguments}");
        self.answer(key.into(), call, ttl, deadline).await
    }

    #[cfg(test)]
    pub(crate) fn remembered_failures(&self) -> usize {
        self.inner.caller.remembered_failures()
    }

    async fn answer(
        &self,
        key: Arc<str>,
        call: Call,
        ttl: Duration,
        deadline: Duration,
    ) -> OutboundAnswer {
        let flight = match self.join(key, call, ttl) {
            Joined::Known(answer) => return Ok(answer),
            Joined::Flight(flight) => flight,
        };
        let answer = self.inner.caller.before(deadline, flight).await;
        answer.unwrap_or(Err(OutboundError::Deadline))
    }

    fn join(&self, key: Arc<str>, call: Call, ttl: Duration) -> Joined {
        let now = self.inner.caller.now();
        let mut answers = self.inner.answers();
        if let Some(answer) = answers.cache.get(&key, now) {
            return Joined::Known(answer);
        }
        let flying = answers.flights.get(&key);
        if let Some(flight) = flying.and_then(|(_, flight)| flight.upgrade()) {
            return Joined::Flight(flight);
        }
        let number = answers.next_flight;
        answers.next_flight += 1;
        let landing = Landing {
            inner: Arc::clone(&self.inner),
            key: Arc::clone(&key),
            number,
        };
        let flight = fly(landing, call, ttl).boxed().shared();
        if let Some(weak) = flight.downgrade() {
            answers.flights.insert(key, (number, weak));
        }
        Joined::Flight(flight)
    }
}

enum Joined {
    Known(Arc<str>),
    Flight(Shared<Flight>),
}

impl Inner {
    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn fly(landing: Landing, call: Call, ttl: Duration) -> OutboundAnswer {
    let inner = &landing.inner;
    let answer = inner.caller.call(call).await?;
    if !ttl.is_zero() {
        let now = inner.caller.now();
        let mut answers = inner.answers();
        let kept = Arc::clone(&answer);
        answers.cache.insert(&landing.key, kept, ttl, now);
    }
    Ok(answer)
}

/// Takes a flight off the list when it ends, however it ends.
struct Landing {
    inner: Arc<Inner>,
    key: Arc<str>,
    number: u64,
}

impl Drop for Landing {
    fn drop(&mut self) {
        let mut answers = self.inner.answers();
        let number = answers.flights.get(&self.key).map(|(number, _)| *number);
        // After the last waiter went, another may have begun anew.
        if number == Some(self.number) {
            answers.flights.remove(&self.key);
        }
    }
}
