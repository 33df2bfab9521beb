//! Connections that are kept for the next exchange. Kept and used ones together are bounded.

use crate::address::AddressFilter;
use crate::target::Origin;
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::SendRequest;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a connection is kept unused. Servers close theirs after some time; shorter than most is right most often.
const KEPT: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(super) struct Pool {
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    used: usize,
    kept: BTreeMap<Origin, Vec<Kept>>,
}

#[derive(Debug)]
struct Kept {
    sender: SendRequest<Full<Bytes>>,
    address: IpAddr,
    since: Instant,
}

impl Kept {
    fn is_usable(&self) -> bool {
        !self.sender.is_closed() && self.since.elapsed() < KEPT
    }
}

/// A connection in use. Dropped, it is closed.
#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    address: IpAddr,
    lease: Lease,
}

impl Connection {
    pub(super) const fn new(
        sender: SendRequest<Full<Bytes>>,
        address: IpAddr,
        lease: Lease,
    ) -> Self {
        Self {
            sender,
            address,
            lease,
        }
    }

    pub(super) const fn sender(&mut self) -> &mut SendRequest<Full<Bytes>> {
        &mut self.sender
    }
}

/// Counts one connection in use.
#[derive(Debug)]
pub(super) struct Lease(Arc<Pool>);

impl Drop for Lease {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.used = state.used.saturating_sub(1);
    }
}

impl Pool {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more; where there are too many then, the one that was kept for longest is closed.
    pub(super) fn lease(self: &Arc<Self>) -> Lease {
        let mut state = self.state();
        state.used += 1;
        state.kept.retain(|_, kept| {
            kept.retain(Kept::is_usable);
            !kept.is_empty()
        });
        while state.used + state.kept.values().map(Vec::len).sum::<usize>() > self.most {
            let oldest = state.kept.iter().min_by_key(|(_, kept)| {
                // Those of one origin stand in the order in which they were put back.
                kept.first().map(|kept| kept.since)
            });
            let Some(origin) = oldest.map(|(origin, _)| origin.clone()) else {
                break;
            };
            if let Some(mut kept) = state.kept.remove(&origin) {
                kept.remove(0);
                if !kept.is_empty() {
                    state.kept.insert(origin, kept);
                }
            }
        }
        Lease(Arc::clone(self))
    }

    /// The connection to an origin that was used last, if its address may still be connected to.
    pub(super) fn take(
        self: &Arc<Self>,
        origin: &Origin,
        filter: &AddressFilter,
    ) -> Option<Connection> {
        let mut state = self.state();
        let kept = state.kept.get_mut(origin)?;
        kept.retain(|kept| kept.is_usable() && filter.permits(kept.address));
        let found = kept.pop();
        if kept.is_empty() {
            state.kept.remove(origin);
        }
        let Kept {
            sender, address, ..
        } = found?;
        state.used += 1;
        let lease = Lease(Arc::clone(self));
        Some(Connection::new(sender, address, lease))
    }

    /// Keeps a connection whose last answer was read to its end.
    pub(super) fn keep(&self, origin: &Origin, connection: Connection) {
        let Connection {
            sender,
            address,
            lease,
        } = connection;
        if sender.is_closed() {
            return;
        }
        let kept = Kept {
            sender,
            address,
            since: Instant::now(),
        };
        let mut state = self.state();
        state.kept.entry(origin.clone()).or_default().push(kept);
        drop(state);
        drop(lease);
    }
}
