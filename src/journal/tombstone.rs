//! What is left of events that were removed because they were old.

use crate::checkpoint::{SigningKey, VerifyingKey};
use crate::event::Event;
use crate::hash::{FieldHasher, Hash};
use crate::store::StoreError;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

const CONTEXT: &str = "assize 2026-11 journal tombstone v1";

/// What stands where events were removed because they were old.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// The chain.
    pub chain: String,
    /// Of the last event that was removed.
    pub sequence: u64,
    /// Of the last event that was removed.
    pub hash: Hash,
    /// When it was removed.
    pub removed_ms: u64,
    /// The state after the last event that was removed, so that what follows can be replayed; base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// Ed25519 over all of the above, in base64; none where there was no key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl Tombstone {
    /// For a chain whose events up to `last` are removed; `state` is the one after it, where it is known.
    #[must_use]
    pub fn after(last: &Event, removed_ms: u64, state: Option<&[u8]>) -> Self {
        Self {
            chain: last.chain.to_string(),
            sequence: last.sequence,
            hash: last.hash,
            removed_ms,
            snapshot: state.map(|state| BASE64_STANDARD.encode(state)),
            signature: None,
        }
    }

    /// Signs it, so that nobody else can remove events and say that they were old.
    #[must_use]
    pub fn signed(mut self, key: Option<&SigningKey>) -> Self {
        self.signature = key.map(|key| key.sign(&self.computed_hash()));
        self
    }

    /// Whether `key` signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        let signature = self.signature.as_ref();
        signature.is_some_and(|signature| key.signed(&self.computed_hash(), signature))
    }

    /// The state after the last event that was removed, where it is known.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] if it can't be read.
    pub fn state(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let state = self
            .snapshot
            .as_ref()
            .map(|text| BASE64_STANDARD.decode(text));
        state
            .transpose()
            .map_err(|error| StoreError::Damaged(format!("a tombstone's state: {error}")))
    }

    fn computed_hash(&self) -> Hash {
        let mut hasher = FieldHasher::new(CONTEXT);
        hasher
            .text(&self.chain)
            .number(self.sequence)
            .hash(&self.hash)
            .number(self.removed_ms);
        hasher
            .text(self.snapshot.as_deref().unwrap_or_default())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::tests::KEY;

    #[test]
    fn signatures_are_of_one_key_and_one_tombstone() {
        let key = SigningKey::from_pem(KEY).unwrap();
        let tombstone = Tombstone {
            chain: "a".to_owned(),
            sequence: 7,
            hash: Hash::of(b"x"),
            removed_ms: 1,
            snapshot: Some("c3RhdGU=".to_owned()),
            signature: None,
        };
        assert_eq!(tombstone.state().unwrap().unwrap(), b"state");
        assert!(!tombstone.is_signed_by(&key.verifying_key()));
        let signed = tombstone.signed(Some(&key));
        assert!(signed.is_signed_by(&key.verifying_key()));
        for forged in [
            Tombstone {
                sequence: 8,
                ..signed.clone()
            },
            Tombstone {
                chain: "b".to_owned(),
                ..signed.clone()
            },
            Tombstone {
                hash: Hash::of(b"y"),
                ..signed.clone()
            },
            Tombstone {
                snapshot: None,
                ..signed.clone()
            },
        ] {
            assert!(!forged.is_signed_by(&key.verifying_key()), "{forged:?}");
        }
        assert!(
            Tombstone {
                snapshot: Some("!".to_owned()),
                ..signed
            }
            .state()
            .is_err()
        );
    }
}
