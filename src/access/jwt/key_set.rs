//! The keys that tokens are checked with, and which of them a token means.

use super::algorithm::Algorithm;
use super::error::TokenError;
use super::jwks;
use super::key::{Key, KeyProblem};
use crate::text::shown;
use rsa::pkcs1::RsaPublicKeyRef;
use spki::der::{Decode, Document};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};
use std::fmt;

const PEM_LABEL: &str = "PUBLIC KEY";
const PEM_START: &[u8] = b"-----BEGIN ";

/// RFC 8017, appendix A.1.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// RFC 5480, section 2.1.1.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// RFC 8410, section 3.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Keys to check tokens with. Its `Debug` shows no key.
#[derive(Debug, Clone)]
pub struct KeySet {
    // INVARIANT: not empty, and no two keys with an identifier have the same identifier and algorithm.
    keys: Vec<Key>,
    skipped: Vec<SkippedKey>,
}

/// A key of a JWK Set that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedKey {
    /// Where it stands in `keys`, from 0.
    pub index: usize,
    /// Its `kid`, if it has one; shortened and without control characters.
    pub key_id: Option<String>,
    /// Why it can't be used.
    pub problem: KeyProblem,
}

impl fmt::Display for SkippedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "key {}", self.index)?;
        if let Some(key_id) = &self.key_id {
            write!(formatter, " (`{key_id}`)")?;
        }
        write!(formatter, ": {}", self.problem)
    }
}

/// Why there is no key set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// The one key can't be used.
    #[error("the key can't be used: {0}")]
    Key(#[from] KeyProblem),
    /// A secret begins as a PEM does. A public key as a shared secret would let anyone sign.
    #[error("the secret is a PEM; give it as a public key")]
    SecretIsPem,
    /// A text is no PEM of one public key; says what it is.
    #[error("the key must be one PEM with the label `{PEM_LABEL}`, and {0}")]
    Pem(String),
    /// A text is no JWK Set; says why.
    #[error("the key set can't be read: {0}")]
    Jwks(String),
    /// A JWK Set is larger than is read.
    #[error("the key set has more {unit} than {limit}")]
    TooLarge {
        /// What is counted: `bytes` or `keys`.
        unit: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// No key of the set can be used.
    #[error("no key of the set can be used{}", listed(.0))]
    NoUsableKey(Vec<SkippedKey>),
}

fn listed(skipped: &[SkippedKey]) -> String {
    let each = skipped.iter().map(|key| format!("; {key}"));
    each.collect()
}

impl KeySet {
    /// A shared secret for `HS256`, at least 32 bytes.
    ///
    /// # Errors
    ///
    /// [`KeySetError::Key`] if it is shorter, [`KeySetError::SecretIsPem`].
    pub fn from_secret(secret: &[u8]) -> Result<Self, KeySetError> {
        if secret.trim_ascii_start().starts_with(PEM_START) {
            return Err(KeySetError::SecretIsPem);
        }
        Ok(Self::of(Key::hmac(secret)?))
    }

    /// A public key as PEM (RFC 7468, section 13): RSA of 2048 to 8192 bits, P-256 or Ed25519. It is used whatever
    /// `kid` a token has.
    ///
    /// # Errors
    ///
    /// [`KeySetError::Pem`] if the text is not one such PEM, [`KeySetError::Key`] if the key in it can't be used.
    pub fn from_pem(text: &str) -> Result<Self, KeySetError> {
        let (label, document) = Document::from_pem(text.trim_ascii())
            .map_err(|error| KeySetError::Pem(format!("it can't be read: {error}")))?;
        if label.ends_with("PRIVATE KEY") {
            return Err(KeyProblem::Private.into());
        }
        if label != PEM_LABEL {
            let label = shown(label);
            return Err(KeySetError::Pem(format!("this one is a `{label}`")));
        }
        let info = SubjectPublicKeyInfoRef::from_der(document.as_bytes())
            .map_err(|error| KeySetError::Pem(format!("its content can't be read: {error}")))?;
        Ok(Self::of(public_key(&info)?))
    }

    /// A JWK Set (RFC 7517, RFC 8037) of at most 100 keys and 256 KiB. Keys that can't be used are skipped, see
    /// [`skipped`](Self::skipped).
    ///
    /// # Errors
    ///
    /// [`KeySetError::TooLarge`], [`KeySetError::Jwks`], and [`KeySetError::NoUsableKey`] with the reason for each.
    pub fn from_jwks(text: &str) -> Result<Self, KeySetError> {
        let mut keys: Vec<Key> = Vec::new();
        let mut skipped = Vec::new();
        for (index, read) in jwks::read(text)?.into_iter().enumerate() {
            let repeats = |key: &Key| {
                key.key_id.is_some()
                    && keys.iter().any(|other| {
                        other.key_id == key.key_id && other.algorithm() == key.algorithm()
                    })
            };
            let problem = match read.key {
                Ok(key) if repeats(&key) => KeyProblem::RepeatedKeyId,
                Ok(key) => {
                    keys.push(key);
                    continue;
                }
                Err(problem) => problem,
            };
            skipped.push(SkippedKey {
                index,
                key_id: read.key_id,
                problem,
            });
        }
        if keys.is_empty() {
            return Err(KeySetError::NoUsableKey(skipped));
        }
        Ok(Self { keys, skipped })
    }

    /// What of a JWK Set can't be used, and why, in its order.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// The algorithm of each key.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.keys.iter().map(Key::algorithm)
    }

    /// The key that a token means. Keys without an identifier stand for any `kid` that no other key has; without a
    /// `kid`, exactly one key must fit.
    pub(super) fn select(
        &self,
        key_id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<&Key, TokenError> {
        let Some(key_id) = key_id else {
            let fitting = self.keys.iter();
            let fitting = fitting.filter(|key| key.algorithm() == algorithm);
            return only(fitting, algorithm, || TokenError::NoKey(algorithm));
        };
        let mut named = self
            .keys
            .iter()
            .filter(|key| key.key_id.as_deref() == Some(key_id))
            .peekable();
        if named.peek().is_some() {
            let fitting = named.find(|key| key.algorithm() == algorithm);
            return fitting.ok_or_else(|| TokenError::KeyOfOtherAlgorithm {
                key_id: shown(key_id),
                algorithm,
            });
        }
        let unnamed = self
            .keys
            .iter()
            .filter(|key| key.key_id.is_none() && key.algorithm() == algorithm);
        only(unnamed, algorithm, || {
            TokenError::UnknownKeyId(shown(key_id))
        })
    }

    fn of(key: Key) -> Self {
        Self {
            keys: vec![key],
            skipped: Vec::new(),
        }
    }
}

fn only<'k>(
    mut keys: impl Iterator<Item = &'k Key>,
    algorithm: Algorithm,
    none: impl FnOnce() -> TokenError,
) -> Result<&'k Key, TokenError> {
    match (keys.next(), keys.next()) {
        (Some(key), None) => Ok(key),
        (Some(_), Some(_)) => Err(TokenError::AmbiguousKey(algorithm)),
        (None, _) => Err(none()),
    }
}

fn public_key(info: &SubjectPublicKeyInfoRef<'_>) -> Result<Key, KeyProblem> {
    let bytes = info
        .subject_public_key
        .as_bytes()
        .ok_or(KeyProblem::NotAKey)?;
    match info.algorithm.oid {
        RSA => {
            let key = RsaPublicKeyRef::from_der(bytes).map_err(|_| KeyProblem::NotAKey)?;
            Key::rsa(key.modulus.as_bytes(), key.public_exponent.as_bytes())
        }
        EC => match info.algorithm.parameters_oid() {
            Ok(P256) => Key::p256(bytes),
            Ok(curve) => Err(KeyProblem::Curve(curve.to_string())),
            Err(_) => Err(KeyProblem::Curve("explicit".to_owned())),
        },
        ED25519 => Key::ed25519(bytes),
        other => Err(KeyProblem::Type(other.to_string())),
    }
}
