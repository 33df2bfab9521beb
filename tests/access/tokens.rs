//! Tokens as issuers and attackers make them. The keys are those of RFC 7515, appendix A, and RFC 8037, appendix A.

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use rsa::signature::{SignatureEncoding, Signer};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const AUDIENCE: &str = "assize-tests";
/// Of HS256, as it stands in the settings.
pub(crate) const SECRET: &str = "a secret of more than thirty-two bytes";

const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
const RSA_D: &str = "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ";
const RSA_P: &str = "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc";
const RSA_Q: &str = "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc";
const EC_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const EC_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const EC_D: &str = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";
const ED_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const ED_D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

const RSA_PEM: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj
NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz
P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo
9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB
EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX
FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp
oQIDAQAB
-----END PUBLIC KEY-----
";
const EC_PEM: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7
6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
-----END PUBLIC KEY-----
";
const ED_PEM: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
";

/// An algorithm with its one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    HS256,
    RS256,
    ES256,
    EdDSA,
}
use Algorithm::{ES256, EdDSA, HS256, RS256};

/// Those whose key may be known to all.
pub(crate) const PUBLIC: [Algorithm; 3] = [RS256, ES256, EdDSA];

impl Algorithm {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            HS256 => "HS256",
            RS256 => "RS256",
            ES256 => "ES256",
            EdDSA => "EdDSA",
        }
    }

    pub(crate) const fn pem(self) -> &'static str {
        match self {
            HS256 => panic!("a secret is no public key"),
            RS256 => RSA_PEM,
            ES256 => EC_PEM,
            EdDSA => ED_PEM,
        }
    }

    /// The public key, with the algorithm's name as `kid`.
    pub(crate) fn jwk(self) -> Value {
        let mut jwk = match self {
            HS256 => panic!("a secret is no public key"),
            RS256 => json!({"kty": "RSA", "n": RSA_N, "e": "AQAB"}),
            ES256 => json!({"kty": "EC", "crv": "P-256", "x": EC_X, "y": EC_Y}),
            EdDSA => json!({"kty": "OKP", "crv": "Ed25519", "x": ED_X}),
        };
        jwk["kid"] = self.name().into();
        jwk
    }

    fn signature(self, message: &[u8]) -> Vec<u8> {
        match self {
            HS256 => hmac(SECRET.as_bytes(), message),
            RS256 => rsa::pkcs1v15::SigningKey::<Sha256>::new(rsa_key())
                .sign(message)
                .to_vec(),
            ES256 => {
                let key = p256::ecdsa::SigningKey::from_slice(&decoded(EC_D)).unwrap();
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            EdDSA => {
                let key = decoded(ED_D);
                let key = ed25519_dalek::SigningKey::from_bytes(key.as_array().unwrap());
                key.sign(message).to_bytes().to_vec()
            }
        }
    }

    pub(crate) fn header(self) -> Value {
        json!({"alg": self.name(), "kid": self.name(), "typ": "JWT"})
    }

    /// A token of these texts, signed with the algorithm's key whatever the header says.
    pub(crate) fn sign(self, header: &Value, claims: &Value) -> String {
        signed(header, claims, |message| self.signature(message))
    }

    /// A token with these claims that is as it should be.
    pub(crate) fn token(self, claims: &Value) -> String {
        self.sign(&self.header(), claims)
    }
}

/// A JWK Set.
pub(crate) fn key_set(keys: impl IntoIterator<Item = Value>) -> String {
    let keys: Vec<_> = keys.into_iter().collect();
    json!({ "keys": keys }).to_string()
}

pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// What is accepted.
pub(crate) fn good_claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "billing", "exp": now() + 3600, "nbf": now() - 5,
        "iat": now() - 5, "tenant": "acme", "scope": "openid evaluate sessions:write",
    })
}

/// The same with one claim changed, or without it where it becomes null.
pub(crate) fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = good_claims();
    let members = claims.as_object_mut().unwrap();
    members.insert(name.to_owned(), value);
    members.retain(|_, value| !value.is_null());
    claims
}

pub(crate) fn signed(
    header: &Value,
    claims: &Value,
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> String {
    let message = format!(
        "{}.{}",
        encoded(header.to_string()),
        encoded(claims.to_string())
    );
    let signature = sign(message.as_bytes());
    format!("{message}.{}", encoded(signature))
}

pub(crate) fn hmac(secret: &[u8], message: &[u8]) -> Vec<u8> {
    let keyed = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    keyed.chain_update(message).finalize().into_bytes().to_vec()
}

pub(crate) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

pub(crate) fn decoded(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

fn rsa_key() -> rsa::PrivateKey {
    let number = |text: &str| {
        let bytes = decoded(text);
        rsa::BoxedUint::from_be_slice(&bytes, u32::try_from(bytes.len() * 8).unwrap()).unwrap()
    };
    let primes = vec![number(RSA_P), number(RSA_Q)];
    rsa::PrivateKey::from_components(number(RSA_N), number("AQAB"), number(RSA_D), primes).unwrap()
}
