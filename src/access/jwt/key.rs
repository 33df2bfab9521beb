//! One key, usable for one algorithm only, so that no key can be tricked into another.

use super::algorithm::Algorithm;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa;
use rsa::BoxedUint;
use rsa::pkcs1v15;
use sha2::Sha256;
use std::fmt;

/// RFC 7518, section 3.2: as long as the hash.
const LEAST_SECRET_BYTES: usize = 32;
/// RFC 7518, section 3.3.
const LEAST_RSA_BITS: usize = 2048;
/// Longer ones only cost time.
const MOST_RSA_BITS: usize = 8192;

/// Why a key can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// It is no JSON object.
    #[error("it is not an object")]
    NotAnObject,
    /// A member is missing or not of its form.
    #[error("its member `{0}` is missing or malformed")]
    Member(&'static str),
    /// Its type (`kty`, or the algorithm of a PEM) is not offered.
    #[error("its type `{0}` is not offered")]
    Type(String),
    /// Its curve is not offered.
    #[error("its curve `{0}` is not offered")]
    Curve(String),
    /// It is for another algorithm than the one that its type has here.
    #[error("it is for the algorithm `{0}`")]
    Algorithm(String),
    /// `use` or `key_ops` say that it is not for checking signatures.
    #[error("it is not for checking signatures")]
    Use,
    /// It holds the private part, which is not needed here and should not be either.
    #[error("it is a private key; give the public one")]
    Private,
    /// An RSA modulus is too short or too long.
    #[error("it has {0} bits; {LEAST_RSA_BITS} to {MOST_RSA_BITS} are needed")]
    RsaBits(usize),
    /// A secret is too short.
    #[error("it has {0} bytes; {LEAST_SECRET_BYTES} are needed")]
    ShortSecret(usize),
    /// The numbers are no public key of the type.
    #[error("its numbers make no valid public key")]
    NotAKey,
    /// Another key of the set has its identifier and its algorithm.
    #[error("another key has its identifier and its algorithm")]
    RepeatedKeyId,
}

/// A key and its identifier.
#[derive(Clone)]
pub(super) struct Key {
    /// None if it stands for tokens with any `kid`.
    pub(super) key_id: Option<String>,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Hmac(Box<Hmac<Sha256>>),
    Rsa(Box<pkcs1v15::VerifyingKey<Sha256>>),
    P256(Box<ecdsa::VerifyingKey>),
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
}

impl Key {
    pub(super) fn hmac(secret: &[u8]) -> Result<Self, KeyProblem> {
        if secret.len() < LEAST_SECRET_BYTES {
            return Err(KeyProblem::ShortSecret(secret.len()));
        }
        let keyed = Hmac::new_from_slice(secret).map_err(|_| KeyProblem::NotAKey)?;
        Ok(Material::Hmac(Box::new(keyed)).into())
    }

    /// Big-endian numbers.
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyProblem> {
        let bits = bit_length(modulus);
        if !(LEAST_RSA_BITS..=MOST_RSA_BITS).contains(&bits) {
            return Err(KeyProblem::RsaBits(bits));
        }
        let number = |bytes: &[u8]| {
            let precision = u32::try_from(bytes.len().saturating_mul(8)).ok()?;
            BoxedUint::from_be_slice(bytes, precision).ok()
        };
        // What is longer than eight bytes is larger than any exponent that is accepted.
        let exponent = (bit_length(exponent) <= 64).then(|| number(exponent));
        let (Some(modulus), Some(exponent)) = (number(modulus), exponent.flatten()) else {
            return Err(KeyProblem::NotAKey);
        };
        let sizes = LEAST_RSA_BITS..=MOST_RSA_BITS;
        let key = rsa::PublicKey::new_with_size_limits(modulus, exponent, sizes)
            .map_err(|_| KeyProblem::NotAKey)?;
        Ok(Material::Rsa(Box::new(pkcs1v15::VerifyingKey::new(key))).into())
    }

    /// A point as in SEC 1, section 2.3.3.
    pub(super) fn p256(point: &[u8]) -> Result<Self, KeyProblem> {
        let key = ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(|_| KeyProblem::NotAKey)?;
        Ok(Material::P256(Box::new(key)).into())
    }

    pub(super) fn ed25519(point: &[u8]) -> Result<Self, KeyProblem> {
        let key = point
            .as_array()
            .and_then(|point| ed25519_dalek::VerifyingKey::from_bytes(point).ok())
            .filter(|key| !key.is_weak())
            .ok_or(KeyProblem::NotAKey)?;
        Ok(Material::Ed25519(Box::new(key)).into())
    }

    pub(super) const fn algorithm(&self) -> Algorithm {
        match self.material {
            Material::Hmac(_) => Algorithm::Hs256,
            Material::Rsa(_) => Algorithm::Rs256,
            Material::P256(_) => Algorithm::Es256,
            Material::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Hmac(keyed) => {
                let keyed = Hmac::clone(keyed).chain_update(message);
                keyed.verify_slice(signature).is_ok()
            }
            Material::Rsa(key) => pkcs1v15::Signature::try_from(signature).is_ok_and(|signature| {
                rsa::signature::Verifier::verify(&**key, message, &signature).is_ok()
            }),
            Material::P256(key) => ecdsa::Signature::from_slice(signature).is_ok_and(|signature| {
                ecdsa::signature::Verifier::verify(&**key, message, &signature).is_ok()
            }),
            Material::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
        }
    }
}

impl From<Material> for Key {
    fn from(material: Material) -> Self {
        Self {
            key_id: None,
            material,
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Key")
            .field("key_id", &self.key_id)
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}

fn bit_length(number: &[u8]) -> usize {
    let mut rest = number.iter().skip_while(|byte| **byte == 0);
    match rest.next() {
        None => 0,
        Some(first) => rest.count() * 8 + (8 - first.leading_zeros() as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_from_the_first_that_is_set() {
        for (number, bits) in [
            (&[][..], 0),
            (&[0, 0], 0),
            (&[1], 1),
            (&[0, 0x80], 8),
            (&[1, 0, 1], 17),
        ] {
            assert_eq!(bit_length(number), bits, "{number:?}");
        }
    }

    #[test]
    fn short_secrets_and_moduli_are_refused() {
        assert_eq!(
            Key::hmac(&[1; 31]).unwrap_err(),
            KeyProblem::ShortSecret(31)
        );
        assert!(Key::hmac(&[1; 32]).is_ok());
        let modulus = |bytes: usize| vec![0xff; bytes];
        for bytes in [0, 1, 128, 255, 1025, 100_000] {
            assert_eq!(
                Key::rsa(&modulus(bytes), &[1, 0, 1]).unwrap_err(),
                KeyProblem::RsaBits(bytes * 8)
            );
        }
        assert!(Key::rsa(&modulus(256), &[1, 0, 1]).is_ok());
        assert!(Key::rsa(&modulus(1024), &[0, 0, 1, 0, 1]).is_ok());
    }

    #[test]
    fn exponents_that_undo_the_signature_are_refused() {
        let modulus = [0xff; 256];
        for exponent in [
            &[][..],
            &[0],
            &[1],
            &[2],
            &[1, 0, 0],
            &[0xff; 5],
            &[0xff; 256],
        ] {
            assert_eq!(
                Key::rsa(&modulus, exponent).unwrap_err(),
                KeyProblem::NotAKey,
                "{exponent:?}"
            );
        }
        let mut even = modulus;
        even[255] = 0xfe;
        assert_eq!(
            Key::rsa(&even, &[1, 0, 1]).unwrap_err(),
            KeyProblem::NotAKey
        );
    }

    #[test]
    fn points_off_the_curve_or_of_small_order_are_refused() {
        let mut point = [0; 65];
        point[0] = 4;
        for point in [&point[..], &[0], &[], &[4; 65], &[2; 10]] {
            assert_eq!(Key::p256(point).unwrap_err(), KeyProblem::NotAKey);
        }
        let mut identity = [0; 32];
        identity[0] = 1;
        for point in [&identity[..], &[0; 32], &[0; 31], &[]] {
            assert_eq!(Key::ed25519(point).unwrap_err(), KeyProblem::NotAKey);
        }
    }
}
