//! Sessions in `wasi:keyvalue`: one key for each, changed by compare-and-swap, so that of two changes from the
//! same state one is told to try again.

use crate::platform::WasiPlatform;
use assize_service::{
    Platform, Replaced, SessionRecord, SessionStore, StoreError, StoreFuture, ready,
};
use spin_sdk::experimental::wasi::keyvalue::atomics::{Cas, CasError, swap};
use spin_sdk::experimental::wasi::keyvalue::store::{Bucket, Error, open};
use std::time::Duration;

/// The store that `spin.toml` grants.
const STORE: &str = "default";
/// Longer than any request takes.
const GRACE: Duration = Duration::from_secs(60 * 60);

#[derive(Debug)]
pub(crate) struct KeyValueStore {
    /// How long a session is kept after its last change.
    idle: Duration,
}

impl KeyValueStore {
    pub(crate) const fn new(idle: Duration) -> Self {
        Self { idle }
    }

    fn create_now(id: &str, record: &SessionRecord) -> Result<(), StoreError> {
        let bucket = bucket()?;
        if bucket.exists(&key(id)).map_err(failed)? {
            return Err(StoreError::Failed(format!("session `{id}` exists")));
        }
        bucket.set(&key(id), &record.to_bytes()).map_err(failed)
    }

    fn load_now(&self, id: &str) -> Result<Option<SessionRecord>, StoreError> {
        let bucket = bucket()?;
        let Some(bytes) = bucket.get(&key(id)).map_err(failed)? else {
            return Ok(None);
        };
        let record = SessionRecord::from_bytes(&bytes)?;
        let idle = idle(&record);
        if idle <= self.idle {
            return Ok(Some(record));
        }
        // Who read it in time may be about to change it: it goes when nobody can be any more. If it can't be
        // deleted now, it is gone all the same.
        if idle > self.idle + GRACE {
            let _ = bucket.delete(&key(id));
        }
        Ok(None)
    }

    fn replace_now(id: &str, record: &SessionRecord) -> Result<Replaced, StoreError> {
        let bucket = bucket()?;
        let handle = Cas::new(&bucket, &key(id)).map_err(failed)?;
        let Some(current) = handle.current().map_err(failed)? else {
            return Ok(Replaced::Missing);
        };
        let current = SessionRecord::from_bytes(&current)?;
        if current.sequence.checked_add(1) != Some(record.sequence) {
            return Ok(Replaced::Changed);
        }
        match swap(handle, &record.to_bytes()) {
            Ok(()) => Ok(Replaced::Stored),
            Err(CasError::CasFailed(_)) => Ok(Replaced::Changed),
            Err(CasError::StoreError(error)) => Err(failed(error)),
        }
    }

    /// Also of a session that is damaged; one that has expired is deleted, and was not there.
    fn delete_now(&self, id: &str) -> Result<bool, StoreError> {
        let bucket = bucket()?;
        let Some(bytes) = bucket.get(&key(id)).map_err(failed)? else {
            return Ok(false);
        };
        bucket.delete(&key(id)).map_err(failed)?;
        Ok(SessionRecord::from_bytes(&bytes).map_or(true, |record| idle(&record) <= self.idle))
    }
}

/// How long ago a session was changed last.
fn idle(record: &SessionRecord) -> Duration {
    Duration::from_millis(WasiPlatform.unix_ms().saturating_sub(record.updated_ms))
}

fn key(id: &str) -> String {
    format!("assize/session/{id}")
}

fn bucket() -> Result<Bucket, StoreError> {
    open(STORE).map_err(failed)
}

fn failed(error: Error) -> StoreError {
    match error {
        Error::NoSuchStore => StoreError::Failed(format!("the host has no store `{STORE}`")),
        Error::AccessDenied => StoreError::Failed(format!(
            "the component may not use the store `{STORE}`: grant it in the manifest"
        )),
        Error::Other(text) => StoreError::from_text(text),
    }
}

impl SessionStore for KeyValueStore {
    fn create<'a>(&'a self, id: &'a str, record: SessionRecord) -> StoreFuture<'a, ()> {
        ready(Self::create_now(id, &record))
    }

    fn load<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<SessionRecord>> {
        ready(self.load_now(id))
    }

    fn replace<'a>(&'a self, id: &'a str, record: SessionRecord) -> StoreFuture<'a, Replaced> {
        ready(Self::replace_now(id, &record))
    }

    fn delete<'a>(&'a self, id: &'a str) -> StoreFuture<'a, bool> {
        ready(self.delete_now(id))
    }

    fn count(&self) -> Option<u64> {
        None
    }
}
