//! Quotas of clients where no store counts them: bounded, and of this process only.

use assize_journal::{Quota, Taken, Window};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

#[derive(Debug, Default)]
pub(crate) struct Quotas(Mutex<BTreeMap<String, Window>>);

impl Quotas {
    /// How a client would stand if it asked now.
    pub(crate) fn peek(&self, client: &str, quota: Quota, now_ms: u64) -> Taken {
        let clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut window = clients.get(client).cloned().unwrap_or_default();
        window.take(quota, now_ms)
    }

    /// Takes one request of a client. Where too many clients are counted, the idle ones are forgotten, and if none
    /// is, the one whose name comes first.
    pub(crate) fn take(&self, client: &str, quota: Quota, most: usize, now_ms: u64) -> Taken {
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = clients.get_mut(client) {
            return window.take(quota, now_ms);
        }
        if clients.len() >= most.max(1) {
            clients.retain(|_, window| !window.is_idle(quota, now_ms));
            while clients.len() >= most.max(1) {
                clients.pop_first();
            }
        }
        clients
            .entry(client.to_owned())
            .or_default()
            .take(quota, now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_counted_apart_and_their_number_is_bounded() {
        let quota = Quota {
            requests: 2,
            window_ms: 1000,
        };
        let quotas = Quotas::default();
        let permitted = |client: &str, now| quotas.take(client, quota, 3, now).permitted;
        assert_eq!(
            [1, 2, 3].map(|now| permitted("a", now)),
            [true, true, false]
        );
        assert!(permitted("b", 4));
        for client in ["c", "d", "e", "f"] {
            assert!(permitted(client, 5));
        }
        assert_eq!(quotas.0.lock().unwrap().len(), 3);
        // Time passes: all but the new one are idle.
        assert!(permitted("z", 10_000));
        assert_eq!(quotas.0.lock().unwrap().len(), 1);
    }
}
