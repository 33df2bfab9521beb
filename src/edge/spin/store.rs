//! Sessions and knowledge bases in `wasi:keyvalue`: one key for each, changed by compare-and-swap, so that of two
//! changes from the same state one is told to try again. Events that the key no longer holds have keys of their own.

use crate::platform::WasiPlatform;
use assize_edge::{check_size, is_knowledge};
use assize_service::{
    Append, Appended, Bundle, Platform, Store, StoreError, StoreFuture, Stored, ready,
};
use spin_sdk::experimental::wasi::keyvalue::atomics::{Cas, CasError, swap};
use spin_sdk::experimental::wasi::keyvalue::store::{Bucket, Error, open};
use std::time::Duration;

/// The store that `spin.toml` grants.
const STORE: &str = "default";
/// Loaded, rules take some 25 times their bytes.
const MOST_KNOWLEDGE_BYTES: usize = 8 * 1024 * 1024;
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

    fn append_now(append: Append) -> Result<Appended, StoreError> {
        check_size(&append, MOST_KNOWLEDGE_BYTES)?;
        let bucket = bucket()?;
        let chain = std::sync::Arc::clone(&append.head.chain);
        let key = key(&append.head.tenant, &chain);
        let handle = Cas::new(&bucket, &key).map_err(failed)?;
        let held = handle.current().map_err(failed)?;
        let held = held.map(|bytes| Bundle::from_bytes(&bytes)).transpose()?;
        if !append.follows(held.as_ref().map(|held| &held.head)) {
            return Ok(Appended::Changed);
        }
        let (bundle, first, moved) = Bundle::after(held, append);
        // They are part of what is stored already: whoever moves them writes the same.
        for (sequence, line) in (first..).zip(moved) {
            bucket
                .set(&event_key(&chain, sequence), line.as_bytes())
                .map_err(failed)?;
        }
        match swap(handle, &bundle.to_bytes()) {
            Ok(()) => Ok(Appended::Stored),
            Err(CasError::CasFailed(_)) => Ok(Appended::Changed),
            Err(CasError::StoreError(error)) => Err(failed(error)),
        }
    }

    fn load_now(&self, tenant: &str, chain: &str) -> Result<Option<Stored>, StoreError> {
        let bucket = bucket()?;
        let Some(bytes) = bucket.get(&key(tenant, chain)).map_err(failed)? else {
            return Ok(None);
        };
        let bundle = Bundle::from_bytes(&bytes)?;
        let idle = idle(&bundle);
        if idle > self.idle && !is_knowledge(&bundle.head) {
            // Who read it in time may be about to change it: it goes when nobody can be any more. If it can't be
            // deleted now, it is gone all the same.
            if idle > self.idle + GRACE {
                let _ = forget(&bucket, &bundle);
            }
            return Ok(None);
        }
        if bundle.head.closed || bundle.head.tenant.as_ref() != tenant {
            return Ok(None);
        }
        let from = bundle
            .snapshot
            .as_ref()
            .map_or(0, |(sequence, _)| sequence + 1);
        let mut moved = Vec::new();
        for sequence in from..bundle.first_recent() {
            moved.push(event(&bucket, chain, sequence)?);
        }
        Ok(Some(bundle.into_stored(moved)))
    }

    fn discard_now(tenant: &str, chain: &str) -> Result<bool, StoreError> {
        let bucket = bucket()?;
        let Some(bytes) = bucket.get(&key(tenant, chain)).map_err(failed)? else {
            return Ok(false);
        };
        if Bundle::from_bytes(&bytes).is_ok() {
            return Ok(false);
        }
        bucket.delete(&key(tenant, chain)).map_err(failed)?;
        Ok(true)
    }
}

fn event(bucket: &Bucket, chain: &str, sequence: u64) -> Result<String, StoreError> {
    let bytes = bucket.get(&event_key(chain, sequence)).map_err(failed)?;
    let line = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    line.ok_or_else(|| StoreError::Damaged(format!("its event {sequence} is missing")))
}

/// The session last: what is left of one that is forgotten half is forgotten with it the next time.
fn forget(bucket: &Bucket, bundle: &Bundle) -> Result<(), StoreError> {
    let chain = &bundle.head.chain;
    for sequence in 0..bundle.first_recent() {
        bucket.delete(&event_key(chain, sequence)).map_err(failed)?;
    }
    bucket
        .delete(&key(&bundle.head.tenant, chain))
        .map_err(failed)
}

/// How long ago a session was changed last.
fn idle(bundle: &Bundle) -> Duration {
    Duration::from_millis(
        WasiPlatform
            .unix_ms()
            .saturating_sub(bundle.head.updated_ms),
    )
}

/// A name is of one tenant, so that nobody reaches another's, be it damaged.
fn key(tenant: &str, chain: &str) -> String {
    format!("assize/session/{tenant}/{chain}")
}

fn event_key(chain: &str, sequence: u64) -> String {
    format!("assize/event/{chain}/{sequence}")
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

impl Store for KeyValueStore {
    fn append(&self, append: Append) -> StoreFuture<'_, Appended> {
        ready(Self::append_now(append))
    }

    fn load<'a>(&'a self, tenant: &'a str, chain: &'a str) -> StoreFuture<'a, Option<Stored>> {
        ready(self.load_now(tenant, chain))
    }

    fn discard<'a>(&'a self, tenant: &'a str, chain: &'a str) -> StoreFuture<'a, bool> {
        ready(Self::discard_now(tenant, chain))
    }

    fn count(&self) -> StoreFuture<'_, Option<u64>> {
        ready(Ok(None))
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        ready(bucket().map(drop))
    }
}
