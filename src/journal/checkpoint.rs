//! Checkpoints: which chains there were and where they ended, signed where there is a key.

use crate::hash::{FieldHasher, Hash};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePublicKey};
use ed25519_dalek::{Signature, Signer};
use serde::{Deserialize, Serialize};

const CONTEXT: &str = "assize 2026-11 journal checkpoint v1";

/// Where a chain stood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// The chain.
    pub chain: String,
    /// Of its last event.
    pub sequence: u64,
    /// Of its last event.
    pub hash: Hash,
}

/// Where all chains stood that went on since the checkpoint before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// From 0.
    pub number: u64,
    /// Milliseconds since 1970-01-01 UTC.
    pub time_ms: u64,
    /// By chain.
    pub marks: Vec<Mark>,
    /// Hash of the checkpoint before it; [`Hash::ZERO`] for the first.
    pub previous: Hash,
    /// Hash of all of the above.
    pub hash: Hash,
    /// Ed25519 over the hash, in base64; none where there was no key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// Signs checkpoints.
pub struct SigningKey(ed25519_dalek::SigningKey);

/// Tells whether checkpoints were signed by a [`SigningKey`].
#[derive(Debug, Clone)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

/// A text that is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is no Ed25519 key in PEM: {0}")]
pub struct SigningKeyError(String);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SigningKey(..)")
    }
}

impl SigningKey {
    /// Reads a private key as `openssl genpkey -algorithm ed25519` writes it.
    ///
    /// # Errors
    ///
    /// What the text is not.
    pub fn from_pem(text: &str) -> Result<Self, SigningKeyError> {
        ed25519_dalek::SigningKey::from_pkcs8_pem(text)
            .map(Self)
            .map_err(|error| SigningKeyError(error.to_string()))
    }

    /// A signature over a hash, in base64.
    pub(crate) fn sign(&self, hash: &Hash) -> String {
        BASE64_STANDARD.encode(self.0.sign(hash.as_bytes()).to_bytes())
    }

    /// What tells its signatures.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }
}

impl VerifyingKey {
    /// Reads a public key as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    ///
    /// What the text is not.
    pub fn from_pem(text: &str) -> Result<Self, SigningKeyError> {
        ed25519_dalek::VerifyingKey::from_public_key_pem(text)
            .map(Self)
            .map_err(|error| SigningKeyError(error.to_string()))
    }

    /// Whether a signature in base64 is one over a hash.
    pub(crate) fn signed(&self, hash: &Hash, signature: &str) -> bool {
        let signature = BASE64_STANDARD.decode(signature).ok();
        let signature = signature.and_then(|bytes| Signature::from_slice(&bytes).ok());
        signature.is_some_and(|signature| self.0.verify_strict(hash.as_bytes(), &signature).is_ok())
    }

    /// In base64, as the DER of a public key (SPKI).
    #[must_use]
    pub fn to_text(&self) -> String {
        let der = self.0.to_public_key_der();
        der.map_or_else(
            |_| String::new(),
            |der| BASE64_STANDARD.encode(der.as_bytes()),
        )
    }
}

impl Checkpoint {
    /// Follows `last`, or is the first.
    #[must_use]
    pub fn after(
        last: Option<&Self>,
        time_ms: u64,
        mut marks: Vec<Mark>,
        key: Option<&SigningKey>,
    ) -> Self {
        marks.sort();
        let mut checkpoint = Self {
            number: last.map_or(0, |last| last.number.saturating_add(1)),
            time_ms,
            marks,
            previous: last.map_or(Hash::ZERO, |last| last.hash),
            hash: Hash::ZERO,
            signature: None,
        };
        checkpoint.hash = checkpoint.computed_hash();
        checkpoint.signature = key.map(|key| key.sign(&checkpoint.hash));
        checkpoint
    }

    /// What [`hash`](Self::hash) must be.
    #[must_use]
    pub fn computed_hash(&self) -> Hash {
        let mut hasher = FieldHasher::new(CONTEXT);
        hasher
            .number(self.number)
            .number(self.time_ms)
            .number(self.marks.len() as u64);
        for mark in &self.marks {
            hasher
                .text(&mark.chain)
                .number(mark.sequence)
                .hash(&mark.hash);
        }
        hasher.hash(&self.previous).finish()
    }

    /// Whether `key` signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        let signature = self.signature.as_ref();
        signature.is_some_and(|signature| key.signed(&self.hash, signature))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    // `openssl genpkey -algorithm ed25519`, for tests only.
    pub(crate) const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";

    #[test]
    fn signatures_are_of_one_key_and_one_checkpoint() {
        let key = SigningKey::from_pem(KEY).unwrap();
        let mark = |name: &str| Mark {
            chain: name.into(),
            sequence: 1,
            hash: Hash::of(name.as_bytes()),
        };
        let first = Checkpoint::after(None, 5, vec![mark("b"), mark("a")], Some(&key));
        assert_eq!(first.marks, [mark("a"), mark("b")]);
        assert!(first.is_signed_by(&key.verifying_key()));
        let second = Checkpoint::after(Some(&first), 6, Vec::new(), Some(&key));
        assert_eq!((second.number, second.previous), (1, first.hash));
        let forged = Checkpoint {
            signature: first.signature.clone(),
            ..second.clone()
        };
        assert!(!forged.is_signed_by(&key.verifying_key()));
        let unsigned = Checkpoint::after(Some(&first), 6, Vec::new(), None);
        assert_eq!(unsigned.hash, second.hash);
        assert!(!unsigned.is_signed_by(&key.verifying_key()));
        let text = serde_json::to_string(&first).unwrap();
        assert_eq!(serde_json::from_str::<Checkpoint>(&text).unwrap(), first);
    }

    #[test]
    fn what_is_no_key_is_refused_and_keys_are_not_shown() {
        assert!(SigningKey::from_pem("x").is_err());
        let key = SigningKey::from_pem(KEY).unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey(..)");
        assert!(
            key.verifying_key()
                .to_text()
                .starts_with("MCowBQYDK2VwAyEA")
        );
    }
}
